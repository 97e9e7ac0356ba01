//! What outlives the program that started it.

#[cfg(feature = "full")]
use crate::shared::eventually;
use crate::shared::{COMPILES, Trees, trees};

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
}

#[test]
fn a_grandchild_that_left_goes_with_the_tool() {
    let trees = trees();
    leaves(&trees, "start-away", "journal lives\nsleep 600\njournal survived");
    trees.grandchild("journal lives\nsleep 600");
    // As well if the tool is asked to end meanwhile.
    trees.compiler("start-away grandchild\nsleep 600");
    let run = trees.start(&mut trees.rebuild(&[]));
    trees.wait_for("grandchild", "lives");
    run.signal("INT");
    run.ended().expect(130);
    assert_eq!(trees.living(), Vec::<String>::new());
    trees.completes(&mut trees.build(&[]));
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
    trees.run(trees.sandbox.command("sccache").arg("--stop-server").env("SCCACHE_SERVER_PORT", "4298")).expect(0);
    eventually(|| trees.living().is_empty(), "the end of sccache's server");
    trees.completes(&mut trees.build(&[]));
}
