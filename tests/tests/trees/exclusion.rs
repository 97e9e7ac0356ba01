//! Two runs at once: they are kept apart where they share a folder, and know nothing of each other where they do not.

use tests::snapshot;

use crate::shared::{COMPILES, trees};

const SLEEPS: &str = "journal compiling\nsleep 600";

#[test]
fn two_runs_share_no_folder() {
    let trees = trees();
    trees.compiler(SLEEPS);
    // It has each kind of folder: its work folder and output as ever, checkouts of others that are named.
    let run = trees.start(&mut trees.rebuild(&["--root-checkout-dir", "checkouts"]));
    trees.wait_for("compiler", "compiling");
    let before = snapshot(&trees.sandbox.path(""));
    let apart = |flags: &[&'static str]| flags.iter().flat_map(|flag| [*flag, "other"]).collect::<Vec<_>>();
    for (args, what, folder, flag) in [
        (apart(&["--root-checkout-dir", "--output-dir"]), "work folder", "build/demo", "--work-dir"),
        (
            [apart(&["--root-checkout-dir", "--work-dir"]), vec!["--output-dir", "build/demo/dist"]].concat(),
            "output folder",
            "build/demo/dist",
            "--output-dir",
        ),
        (
            [apart(&["--output-dir", "--work-dir"]), vec!["--root-checkout-dir", "checkouts"]].concat(),
            "checkouts",
            "checkouts",
            "--root-checkout-dir",
        ),
    ] {
        let ended = trees.run(&mut trees.build(&args)).expect(3);
        let error = trees.sandbox.plain(&ended.stderr);
        let start = format!("error: another run, process {} (`", run.pid());
        let end = format!(
            "`), is at work in the {what} `BOX/project/{folder}`\nhint: wait until it has ended, or name another one with `{flag}`\n"
        );
        assert!(error.starts_with(&start) && error.ends_with(&end), "{error}");
        assert!(error.contains(" build --demo --only triton "), "{error}");
        assert_eq!(ended.stdout, "");
    }
    assert_eq!(tests::changes(&before, &snapshot(&trees.sandbox.path(""))), Vec::<std::path::PathBuf>::new());

    // Whoever only plans disturbs nobody.
    trees.run(trees.sandbox.xtask().args(["plan", "--demo", "--only", "triton"])).expect(0);
    // Whoever shares nothing is done while the other one is still at work.
    trees.compiler(COMPILES);
    trees.run(&mut trees.build(&["--work-dir", "second"])).expect(0);
    assert!(trees.living().iter().any(|shown| shown.contains("compiler ")), "{:?}", trees.living());

    // A dead run keeps nobody away.
    run.signal("KILL");
    run.ended().expect(-1);
    trees.completes(&mut trees.build(&["--root-checkout-dir", "checkouts"]));
    trees.completes(&mut trees.rebuild(&[]));
}

#[test]
fn what_was_named_has_one_run_at_a_time() {
    let trees = trees();
    trees.compiler(SLEEPS);
    let sources = trees.sandbox.arg("build/demo/src/triton");
    let environment = trees.below("venv").into_os_string().into_string().unwrap();
    let run = trees.start(&mut trees.rebuild(&["--triton-dir", &sources, "--venv", &environment]));
    trees.wait_for("compiler", "compiling");
    let before = snapshot(&trees.sandbox.path(""));
    for (what, flag, folder) in [("sources", "--triton-dir", &sources), ("environment", "--venv", &environment)] {
        let ended = trees.run(&mut trees.build(&["--work-dir", "other", flag, folder])).expect(3);
        assert!(ended.stderr.starts_with(&format!("error: another run, process {} (`", run.pid())), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(&format!("`), is at work in the {what} `{folder}`\nhint: wait until ")),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(tests::changes(&before, &snapshot(&trees.sandbox.path(""))), Vec::<std::path::PathBuf>::new());
    run.signal("TERM");
    run.ended().expect(130);
    trees.completes(&mut trees.build(&[]));
}
