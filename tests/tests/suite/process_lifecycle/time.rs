//! Limits to time: what reaches one is ended, and nothing else is. How long that takes is not measured.

use std::path::Path;

use manifest::JobStatus;
use serde_json::{Value, json};

use crate::environment::prepare;
use crate::process_lifecycle::shared::{COMPILES, Trees, trees};

const SLEEPS: &str = "journal compiling\nsleep 600";

/// What the tool said of how torchaudio's job ended, with `LOG` in place of the log's path.
#[track_caller]
fn error(trees: &Trees, stderr: &str) -> String {
    let at = stderr.find("error: ").unwrap_or_else(|| panic!("{stderr}"));
    let text = trees.sandbox.plain(&stderr[at..]);
    let log = text.split_whitespace().find(|word| word.ends_with("/torchaudio.log")).unwrap_or("no log").to_owned();
    text.replace(&log, "LOG")
}

#[test]
fn a_stalled_program_is_ended_and_one_that_works_is_not() {
    let trees = trees();
    trees.compiler(&format!("print the last word\n{SLEEPS}"));
    let ended = trees.run(trees.rebuild(&[]).env("THEROCK_XTASK_STALL_TIMEOUT", "2")).expect(4);
    let error = error(&trees, &ended.stderr);
    let start = "error: torchaudio: building torchaudio: printed nothing and used no processor for 2.0s, it and all that it started, and was ended; \
                 `THEROCK_XTASK_STALL_TIMEOUT` gives it more time\n  kind: stall\n  last lines:\n";
    assert!(error.starts_with(start) && error.contains("    | the last word\n  command: cd "), "{error}");
    assert!(trees.partial(JobStatus::Failed).ends_with("the last word\n"));
    assert_eq!(trees.living(), Vec::<String>::new());

    // Two files are compiled, each for longer than the limit.
    trees.compiler(&format!("spin 3\n{COMPILES}"));
    trees.run(trees.build(&[]).env("THEROCK_XTASK_STALL_TIMEOUT", "2")).expect(0);
}

#[test]
fn a_job_that_takes_too_long_has_failed() {
    let trees = trees();
    // Whoever goes on to print and to work is no exception.
    trees.compiler("journal compiling\nprint working\nspin 600");
    let ended = trees.run(&mut trees.rebuild(&["--stage-timeout", "4s"])).expect(4);
    let expected = "error: torchaudio: building torchaudio: stopped, because the job took longer than the 4.0s of `--stage-timeout`\n  kind: timeout\n  \
                    log: LOG\nhint: look at the end of the log for what it waited for\n\
                    hint: the same command without `--rebuild` goes on where this one stopped\n";
    assert_eq!(error(&trees, &ended.stderr), expected);
    let log = trees.partial(JobStatus::TimedOut);
    assert!(log.ends_with("the job took longer than the 4.0s of `--stage-timeout`\n"), "{log}");
    assert_eq!(trees.living(), Vec::<String>::new());
    trees.completes(&mut trees.build(&["--stage-timeout", "10m"]));
}

#[test]
fn a_budget_ends_what_runs_and_the_same_command_goes_on() {
    let trees = trees();
    // A first build: nobody knows how long it takes.
    std::fs::remove_dir_all(trees.below("jobs")).unwrap();
    trees.compiler(SLEEPS);
    let run = trees.start(&mut trees.build(&["--time-budget", "7s"]));
    trees.wait_for("compiler", "compiling");
    let kept = trees.sandbox.path("build/demo/src/pytorch_audio/build/kept.o");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, "").unwrap();
    let ended = run.ended().expect(6);
    let expected = "error: the time that `--time-budget` gives is over\n  torchaudio: building torchaudio: stopped, because the time that \
                    `--time-budget` gives is over; log: LOG\nhint: the same command goes on where this one stopped\n";
    assert_eq!(error(&trees, &ended.stderr), expected);
    trees.partial(JobStatus::Interrupted);
    assert_eq!(trees.living(), Vec::<String>::new());
    // However long it took to be stopped, it goes on.
    took(&trees, 7200.0);
    trees.completes(&mut trees.build(&["--time-budget", "1h"]));
    assert!(kept.exists());
}

/// Writes down how long the last job of torchaudio took, in seconds.
fn took(trees: &Trees, seconds: f64) {
    took_in(&trees.below("jobs/pytorch_audio.json"), seconds);
}

fn took_in(path: &Path, seconds: f64) {
    let mut record: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    record["seconds"] = json!(seconds);
    std::fs::write(path, record.to_string()).unwrap();
}

#[test]
fn what_is_too_long_for_any_run_is_begun_again_and_again() {
    let trees = trees();
    trees.completes(&mut trees.build(&[]));
    took(&trees, 7200.0);
    for _ in 0..2 {
        trees.compiler(SLEEPS);
        let ended = trees.run(&mut trees.build(&["--rebuild", "pytorch_audio", "--time-budget", "7s"])).expect(6);
        assert!(
            error(&trees, &ended.stderr).starts_with("error: the time that `--time-budget` gives is over\n"),
            "{}",
            ended.stderr
        );
        assert!(trees.sandbox.journal("compiler").contains(&"compiling".to_owned()));
        // That it was stopped does not make it longer or shorter.
        let record: Value =
            serde_json::from_str(&std::fs::read_to_string(trees.below("jobs/pytorch_audio.json")).unwrap()).unwrap();
        assert_eq!(record["seconds"], 7200.0);
    }
    trees.completes(&mut trees.build(&[]));
}

/// A run that did something leaves the rest to the next one, which has all its time.
#[test]
fn what_cannot_end_in_time_is_left_to_the_next_run() {
    let trees = trees();
    let both = |args: &[&str]| {
        let mut command = trees.build(&["--work-dir", "both", "--output-dir", "both/dist"]);
        command.args(["--only", "pytorch"]).args(args);
        command
    };
    trees.compiler(COMPILES);
    prepare(&trees.sandbox, "both");
    trees.run(&mut both(&[])).expect(0);
    let series = trees.below("").file_name().unwrap().to_str().unwrap().to_owned();
    let record = trees.sandbox.path(&format!("both/{series}/jobs/pytorch_audio.json"));
    // What a run of an hour has, but for what it keeps for itself.
    took_in(&record, 3528.0);
    let ended = trees.run(&mut both(&["--rebuild", "pytorch,pytorch_audio", "--time-budget", "1h"])).expect(6);
    let error = error(&trees, &ended.stderr);
    let start = "error: not all of it fits into the time that `--time-budget` leaves\n  torchaudio: it took 58m48s before, and \
                 `--time-budget` leaves ";
    let end = "\nhint: the same command without `--rebuild` goes on where this one stopped\n";
    assert!(error.starts_with(start) && error.ends_with(end), "{error}");
    let ended = trees.run(&mut both(&["--rebuild", "pytorch_audio", "--time-budget", "61m"])).expect(0);
    assert!(ended.stderr.contains("Running torchaudio: building torchaudio\n"), "{}", ended.stderr);
}
