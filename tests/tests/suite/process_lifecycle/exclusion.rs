//! Two runs at once: they are kept apart where they share a folder, and know nothing of each other where they do not.

use tests::{finish, snapshot};

use crate::environment::{newest, prepare};
use crate::process_lifecycle::shared::{COMPILES, trees};

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
        assert!(error.contains(" build --demo --only pytorch_audio "), "{error}");
        assert_eq!(ended.stdout, "");
    }
    assert_eq!(tests::changes(&before, &snapshot(&trees.sandbox.path(""))), Vec::<std::path::PathBuf>::new());

    // Whoever only plans disturbs nobody.
    trees.run(trees.sandbox.xtask().args(["plan", "--demo", "--only", "pytorch_audio", "--python", &newest().path])).expect(0);
    // Whoever shares nothing is done while the other one is still at work.
    trees.compiler(COMPILES);
    prepare(&trees.sandbox, "second");
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
    prepare(&trees.sandbox, "other");
    trees.compiler(SLEEPS);
    let sources = trees.sandbox.arg("build/demo/src/pytorch_audio");
    let environment = trees.below("venv").into_os_string().into_string().unwrap();
    let run = trees.start(&mut trees.rebuild(&["--pytorch-audio-dir", &sources, "--venv", &environment]));
    trees.wait_for("compiler", "compiling");
    let before = snapshot(&trees.sandbox.path(""));
    for (what, flag, folder) in [("sources", "--pytorch-audio-dir", &sources), ("environment", "--venv", &environment)] {
        let ended = trees.run(&mut trees.build(&["--work-dir", "other", "--clean", flag, folder])).expect(3);
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

/// Whoever names a folder, and however he does, meets the one who is at work in it.
#[test]
fn sources_have_one_run_at_a_time_however_they_are_named() {
    let trees = trees();
    let sandbox = &trees.sandbox;
    prepare(sandbox, "other");
    let own = sandbox.arg("build/demo/src/pytorch_audio");
    let (linked, copy) = (sandbox.arg("linked"), sandbox.arg("copied"));
    let _ = std::fs::remove_file(&linked);
    std::os::unix::fs::symlink(&own, &linked).unwrap();
    let _ = std::fs::remove_dir_all(&copy);
    sandbox.copy("build/demo/src/pytorch_audio", "copied");
    trees.run(sandbox.command("git").args(["-C", &own, "worktree", "prune"])).expect(0);
    let tree = sandbox.arg("worktree");
    let _ = std::fs::remove_dir_all(&tree);
    trees.run(sandbox.command("git").args(["-C", &own, "worktree", "add", "--force", "--detach", &tree])).expect(0);
    let elsewhere = sandbox.root().join("elsewhere").into_os_string().into_string().unwrap();
    for (first, second) in [(None, &own), (None, &linked), (Some(&linked), &own), (Some(&tree), &tree), (Some(&copy), &copy)] {
        trees.compiler(SLEEPS);
        let named = first.map(|dir| ["--clean", "--pytorch-audio-dir", dir.as_str()]);
        let run = trees.start(&mut trees.rebuild(named.as_ref().map_or(&[][..], |named| named)));
        trees.wait_for("compiler", "compiling");
        let before = snapshot(&sandbox.path(""));
        let mut other = trees.build(&["--work-dir", "other", "--clean", "--pytorch-audio-dir", second]);
        // What runs share need not be the same.
        let ended = trees.run(other.env("THEROCK_XTASK_CACHE", &elsewhere).env("HOME", &elsewhere)).expect(3);
        let (start, end) = ended.stderr.split_once("`), is at work in the ").unwrap_or_else(|| panic!("{}", ended.stderr));
        assert!(start.starts_with(&format!("error: another run, process {} (`", run.pid())), "{start}");
        let hint = "hint: wait until it has ended, or name another one with `--pytorch-audio-dir`";
        assert_eq!(end, format!("sources `{second}`\n{hint}\n"));
        assert_eq!(tests::changes(&before, &snapshot(&sandbox.path(""))), Vec::<std::path::PathBuf>::new());
        run.signal("TERM");
        run.ended().expect(130);
    }
    // A run in the checkout of another work directory keeps that one's runs out.
    trees.compiler(SLEEPS);
    let mut run = trees.start(&mut trees.rebuild(&["--work-dir", "other", "--clean", "--pytorch-audio-dir", &own]));
    trees.wait_for("compiler", "compiling");
    let ended = trees.run(&mut trees.build(&[])).expect(3);
    let told = "is at work in the checkouts `BOX/project/build/demo/src`\nhint: wait until it has ended, or name another one with \
                `--root-checkout-dir`\n";
    assert!(sandbox.plain(&ended.stderr).ends_with(told), "{}", ended.stderr);
    run.kill();
    // Nothing was written among the files of the sources.
    let changed = |dir: &str| finish(sandbox.command("git").args(["-C", dir, "status", "--porcelain"])).expect(0).stdout;
    assert!(!changed(&tree).contains("lock"), "{}", changed(&tree));
    trees.completes(&mut trees.build(&[]));
}

#[test]
fn manifests_have_one_run_at_a_time() {
    let trees = trees();
    prepare(&trees.sandbox, "other");
    trees.compiler(SLEEPS);
    let mut run = trees.start(&mut trees.rebuild(&["--manifest-dir", "manifests"]));
    trees.wait_for("compiler", "compiling");
    let apart = ["--work-dir", "other", "--root-checkout-dir", "other/src", "--output-dir", "other/dist", "--manifest-dir"];
    for (manifests, what, folder) in
        [("manifests", "folder of manifests", "manifests"), ("build/demo/dist/manifests", "output folder", "build/demo/dist")]
    {
        let ended = trees.run(trees.build(&apart).arg(manifests)).expect(3);
        let told = format!(
            "`), is at work in the {what} `BOX/project/{folder}`\nhint: wait until it has ended, or name another one with `--manifest-dir`\n"
        );
        assert!(trees.sandbox.plain(&ended.stderr).ends_with(&told), "{}", ended.stderr);
    }
    run.kill();
    trees.completes(&mut trees.build(&[]));
}

/// What was looked at before the folders were this run's may not be so any more.
#[test]
fn who_comes_second_sees_what_the_first_one_made() {
    let trees = trees();
    let (bin, dist) = (trees.sandbox.root().join("bin"), "build/demo/dist");
    let wheel = trees.sandbox.files(dist).into_iter().find(|name| name.ends_with(".whl")).unwrap();
    std::fs::remove_file(trees.sandbox.path(&format!("{dist}/{wheel}"))).unwrap();
    let _ = std::fs::remove_file(bin.join("compiler.journal"));
    // It is asked for its version while the wheel is not there yet.
    std::fs::write(bin.join("compiler.script"), format!("journal asked\nawait go\n{COMPILES}")).unwrap();
    let second = trees.start(&mut trees.build(&[]));
    trees.wait_for("compiler", "asked");
    trees.compiler(COMPILES);
    let first = trees.run(&mut trees.build(&[])).expect(0);
    assert!(first.stderr.contains("torchaudio: rebuilt: "), "{}", first.stderr);
    std::fs::write(bin.join("go"), "").unwrap();
    let second = second.ended().expect(0);
    std::fs::remove_file(bin.join("go")).unwrap();
    assert!(second.stderr.contains("torchaudio: reused: nothing changed\n"), "{}", second.stderr);
}
