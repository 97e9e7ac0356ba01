//! The tool is asked to end, and is killed.

use manifest::JobStatus;

use crate::process_lifecycle::shared::{COMPILES, Trees, job, signal, trees};

/// The error of a run that was interrupted while torchaudio was built.
#[track_caller]
fn is_interrupted(trees: &Trees, stderr: &str) {
    let (before, message) = stderr.split_once("error: interrupted\n").unwrap_or_else(|| panic!("{stderr}"));
    let last = before.lines().last().unwrap_or_default();
    assert!(last.starts_with("     Stopped torchaudio after ") && last.ends_with(": building torchaudio: interrupted"), "{last}");
    let message = trees.sandbox.plain(message);
    let start = "  torchaudio: building torchaudio: interrupted; log: BOX/project/build/demo/py";
    assert!(message.starts_with(start), "{message}");
    assert!(
        message.ends_with("/torchaudio.log\nhint: the same command without `--rebuild` goes on where this one stopped\n"),
        "{message}"
    );
    let log = trees.partial(JobStatus::Interrupted);
    assert!(log.ends_with("-- building torchaudio: interrupted\n"), "{log}");
    assert_eq!(trees.living(), Vec::<String>::new());
}

#[test]
fn each_signal_ends_what_runs() {
    let trees = trees();
    for name in ["INT", "TERM", "HUP"] {
        trees.compiler("journal compiling\nsleep 600");
        let run = trees.start(&mut trees.rebuild(&[]));
        trees.wait_for("compiler", "compiling");
        run.signal(name);
        let ended = run.ended().expect(130);
        assert_eq!(ended.stdout, "");
        is_interrupted(&trees, &ended.stderr);
    }
    let ended = trees.completes(&mut trees.build(&[]));
    assert!(ended.stderr.contains("torchaudio: rebuilt: its last build was interrupted\n"), "{}", ended.stderr);
}

#[test]
fn before_anything_was_begun_there_is_nothing_to_go_on_with() {
    let trees = trees();
    // The compilers are asked for their versions first.
    std::fs::write(trees.sandbox.root().join("bin/compiler.script"), "journal asked\nsleep 600").unwrap();
    let run = trees.start(&mut trees.build(&[]));
    trees.wait_for("compiler", "asked");
    run.signal("TERM");
    let ended = run.ended().expect(130);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", "error: interrupted\n"));
    assert_eq!(trees.living(), Vec::<String>::new());
    trees.completes(&mut trees.build(&[]));
}

#[test]
fn who_does_not_listen_is_killed() {
    let trees = trees();
    // After the grace; and at once by a second signal, which is shown by a child that gets one signal only.
    for signals in [1, 2] {
        trees.compiler("stubborn\njournal compiling\nsleep 600\njournal survived");
        let run = trees.start(&mut trees.rebuild(&[]));
        trees.wait_for("compiler", "compiling");
        for _ in 0..signals {
            run.signal("TERM");
            trees.wait_for("compiler", "asked to end");
        }
        is_interrupted(&trees, &run.ended().expect(130).stderr);
        let journal = trees.sandbox.journal("compiler");
        assert!(journal.ends_with(&["compiling".to_owned(), "asked to end".to_owned()]), "{journal:?}");
    }
    trees.completes(&mut trees.build(&[]));
}

/// The one test that waits as long as users do: the others scale `THEROCK_XTASK_TIME_SCALE`.
#[cfg(feature = "full")]
#[test]
fn sigkill_follows_ten_seconds_after_sigterm() {
    let trees = trees();
    trees.compiler("stubborn\njournal compiling\nsleep 600\njournal survived");
    let run = trees.start(trees.rebuild(&[]).env_remove("THEROCK_XTASK_TIME_SCALE"));
    trees.wait_for("compiler", "compiling");
    let asked = std::time::Instant::now();
    run.signal("TERM");
    is_interrupted(&trees, &run.ended().expect(130).stderr);
    assert!(asked.elapsed() >= std::time::Duration::from_secs(10), "{:?}", asked.elapsed());
    trees.completes(&mut trees.build(&[]));
}

#[test]
fn a_run_that_was_killed_is_followed_by_one_that_ends_its_orphans() {
    let trees = trees();
    trees.compiler("stubborn\njournal compiling\nsleep 600\njournal survived");
    let run = trees.start(&mut trees.rebuild(&[]));
    trees.wait_for("compiler", "compiling");
    run.signal("KILL");
    run.ended().expect(-1);
    let orphans = trees.living();
    assert!(orphans.iter().any(|orphan| orphan.contains(" compiler ")), "{orphans:?}");

    // A plan does nothing, so it ends nothing.
    trees.sandbox.run(&["plan", "--demo", "--only", "pytorch_audio"]);
    assert_eq!(trees.living(), orphans);

    let ended = trees.completes(&mut trees.build(&[]));
    let note = format!("a run that was killed left {} programs running, which had to end first\n", orphans.len());
    let (before, after) = ended.stderr.split_once(&note).unwrap_or_else(|| panic!("{}", ended.stderr));
    assert!(!before.contains("Running") && after.contains("Running torchaudio: building torchaudio\n"), "{}", ended.stderr);
    // Once.
    let again = trees.run(&mut trees.build(&[])).expect(0);
    assert!(!again.stderr.contains("that was killed"), "{}", again.stderr);
}

/// Stops whatever was started in the sandbox but the tool itself.
fn stop(trees: &Trees, tool: u32) -> Vec<u32> {
    let pids = trees.living().into_iter().map(|shown| shown.split_once(' ').unwrap().0.parse().unwrap());
    let pids: Vec<u32> = pids.filter(|pid| *pid != tool).collect();
    pids.iter().for_each(|pid| signal(*pid, "STOP"));
    pids
}

#[test]
fn who_is_paused_goes_on_later() {
    let trees = trees();
    trees.compiler(&format!("journal compiling\nawait gate\n{COMPILES}"));
    let run = trees.start(&mut trees.rebuild(&[]));
    trees.wait_for("compiler", "compiling");
    let paused = stop(&trees, run.pid());
    assert!(paused.len() > 1, "{paused:?}");
    // As long as it takes to see that twice.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let gate = trees.sandbox.root().join("bin/gate");
    paused.iter().for_each(|pid| signal(*pid, "CONT"));
    std::fs::write(&gate, "").unwrap();
    run.ended().expect(0);
    trees.completes(&mut trees.build(&[]));
}

#[test]
fn who_is_paused_for_too_long_is_ended() {
    let trees = trees();
    trees.compiler("journal compiling\nsleep 600");
    let run = trees.start(trees.rebuild(&[]).env("THEROCK_XTASK_STALL_TIMEOUT", "3"));
    trees.wait_for("compiler", "compiling");
    stop(&trees, run.pid());
    let ended = run.ended().expect(4);
    let message = "error: torchaudio: building torchaudio: was stopped, by `kill -STOP` or the like, did not go on for 3.0s and was ended; \
                   `THEROCK_XTASK_STALL_TIMEOUT` gives it more time\n  kind: stall\n";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
    trees.partial(JobStatus::Failed);
    assert_eq!(trees.living(), Vec::<String>::new());
    trees.completes(&mut trees.build(&[]));
}

/// A job of a second or less, too, needs memory.
#[test]
fn the_memory_of_a_short_job_is_known() {
    let trees = trees();
    trees.compiler(COMPILES);
    trees.run(&mut trees.rebuild(&[])).expect(0);
    let (_, manifest) = trees.manifest();
    assert!(job(&manifest).peak_memory_bytes.is_some_and(|bytes| bytes > 1 << 20), "{:?}", job(&manifest));
}
