//! What outlives the program that started it, and what one that was killed leaves.

use tests::finish;

#[cfg(feature = "full")]
use crate::process_lifecycle::shared::eventually;
use crate::process_lifecycle::shared::{COMPILES, Trees, trees};

/// Builds with a compiler that starts another program and succeeds, and checks that this one did not outlive the tool.
fn leaves(trees: &Trees, verb: &str, grandchild: &str) {
    trees.grandchild(grandchild);
    trees.compiler(&format!("{verb} grandchild\n{COMPILES}"));
    let ended = trees.run(&mut trees.rebuild(&[])).expect(0);
    assert!(ended.stderr.contains("Finished 1 wheel"), "{}", ended.stderr);
    let journal = trees.sandbox.journal("grandchild");
    assert!(journal.contains(&"lives".to_owned()) && !journal.contains(&"survived".to_owned()), "{journal:?}");
    assert_eq!(trees.living(), Vec::<String>::new());
}

#[test]
fn a_grandchild_goes_with_its_step() {
    let trees = trees();
    leaves(&trees, "start", "journal lives\nsleep 600\njournal survived");
    leaves(&trees, "start", "stubborn\njournal lives\nsleep 600\njournal survived");
    leaves(&trees, "start-bare", "journal lives\nsleep 600\njournal survived");
}

/// What has no mark and left its group is known by whom it descends from.
#[test]
fn a_grandchild_that_hides_goes_with_its_step_or_with_the_tool() {
    let trees = trees();
    for verb in ["start-bare-away", "lose"] {
        leaves(&trees, verb, "journal lives\nsleep 600\njournal survived");
    }
    trees.completes(&mut trees.build(&[]));
}

#[test]
fn a_grandchild_that_left_goes_with_the_tool() {
    let trees = trees();
    leaves(&trees, "start-away", "journal lives\nsleep 600\njournal survived");
    // As well if the tool is asked to end meanwhile.
    for verb in ["start-away", "start-bare", "start-bare-away", "lose"] {
        trees.grandchild("journal lives\nsleep 600");
        trees.compiler(&format!("{verb} grandchild\nsleep 600"));
        let run = trees.start(&mut trees.rebuild(&[]));
        trees.wait_for("grandchild", "lives");
        run.signal("INT");
        run.ended().expect(130);
        assert_eq!(trees.living(), Vec::<String>::new(), "{verb}");
    }
    trees.completes(&mut trees.build(&[]));
}

/// What pip leaves when it is killed while it replaces a distribution: the old one put aside, of the new one modules and a part of its notes.
#[test]
fn what_pip_left_half_done_is_mended() {
    let trees = trees();
    let python = trees.below("venv/bin/python");
    let packages = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let packages = finish(trees.sandbox.command(&python).args(["-c", packages])).expect(0).stdout;
    let site = std::path::Path::new(packages.trim_end());
    let names = || -> Vec<String> {
        std::fs::read_dir(site).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let notes = names().into_iter().find(|name| name.starts_with("setuptools-")).unwrap();
    std::fs::rename(site.join("setuptools"), site.join("~etuptools")).unwrap();
    std::fs::create_dir(site.join("setuptools")).unwrap();
    std::fs::write(site.join("setuptools/__init__.py"), "raise SystemExit('half')").unwrap();
    std::fs::remove_file(site.join(&notes).join("INSTALLER")).unwrap();
    std::fs::write(trees.below("venv/.therock-xtask/installing.json"), r#"["triton's requirements"]"#).unwrap();

    trees.compiler(COMPILES);
    let ended = trees.run(&mut trees.build_only("triton", &["-v", "--output-dir", "mended"])).expect(0);
    let mended = "is mended: an earlier run was interrupted at triton's requirements\n";
    assert!(ended.stderr.contains(mended), "{}", ended.stderr);
    assert!(names().contains(&notes) && !names().iter().any(|name| name.starts_with('~')), "{:?}", names());
    finish(trees.sandbox.command(&python).args(["-c", "from setuptools import setup"])).expect(0);
    let noted = std::fs::read_to_string(trees.below("venv/.therock-xtask/installing.json")).unwrap();
    assert_eq!(noted, "[]");
}

#[test]
fn temporary_files_of_what_was_killed_are_removed() {
    let trees = trees();
    let temporary = trees.sandbox.path("build/demo/.therock-xtask/tmp");
    trees.compiler("journal compiling\nsleep 600");
    let mut run = trees.start(&mut trees.rebuild(&[]));
    trees.wait_for("compiler", "compiling");
    let folder = format!("TMPDIR={}", temporary.display());
    let living = trees.living();
    let of = |shown: &String| Some(shown.split_once(" compiler ")?.0.to_owned());
    let pids: Vec<String> = living.iter().filter_map(of).collect();
    assert!(!pids.is_empty(), "{living:?}");
    for pid in pids {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        assert!(environment.split(|byte| *byte == 0).any(|variable| variable == folder.as_bytes()), "{pid}");
    }
    std::fs::write(temporary.join("pip-unpack"), "half a wheel").unwrap();
    run.kill();
    assert!(temporary.join("pip-unpack").exists());
    trees.completes(&mut trees.build(&[]));
    assert!(!temporary.exists());
}

/// The server of a compiler cache is shared: it serves other builds, too.
#[test]
#[cfg(feature = "full")]
fn the_server_of_sccache_stays() {
    let trees = trees();
    let server = |command: &mut std::process::Command| {
        command.envs([("SCCACHE_SERVER_PORT", "4298"), ("SCCACHE_IDLE_TIMEOUT", "60")]);
        command.env_remove("CC").env_remove("CXX").args(["--use-sccache", "--sccache-no-wrap"]);
        trees.run(command)
    };
    server(&mut trees.rebuild(&[])).expect(0);
    let living = trees.living();
    assert!(matches!(living.as_slice(), [one] if one.contains("sccache")), "{living:?}");
    // Its folder for temporary files outlives the run, too.
    let pid = living[0].split_once(' ').unwrap().0;
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    let folder = format!("TMPDIR={}", trees.sandbox.root().join("tmp").display());
    assert!(environment.split(|byte| *byte == 0).any(|variable| variable == folder.as_bytes()));
    trees.run(trees.sandbox.command("sccache").arg("--stop-server").env("SCCACHE_SERVER_PORT", "4298")).expect(0);
    eventually(|| trees.living().is_empty(), "the end of sccache's server");
    trees.completes(&mut trees.build(&[]));
}
