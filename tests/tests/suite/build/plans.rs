//! `plan` on the demo: it writes nothing, and what it saw can be planned from anywhere.

use serde_json::Value;
use tests::{Sandbox, finish, snapshot};

use crate::build::set::check_unchanged;
use crate::build::shared::{demo, newest};

#[test]
fn before_a_build_it_writes_nothing() {
    let sandbox = Sandbox::new();
    let before = sandbox.snapshot();
    let ended = sandbox.run(&["plan", "--demo", "--python", &newest().path]).expect(0);
    sandbox.assert_unchanged(&before);
    assert_eq!(ended.stderr, "");
    assert!(ended.stdout.contains("python"), "{}", ended.stdout);
}

#[test]
fn after_a_build_it_writes_nothing() {
    let demo = demo();
    let before = snapshot(&demo.sandbox.path("build"));
    let ended = demo.sandbox.run(&["plan", "--demo", "--rebuild", "triton", "--python", &demo.python.path]).expect(0);
    check_unchanged(&demo.sandbox.path("build"), &before);
    for wheel in ["triton", "torch", "torchaudio", "torchvision", "apex"] {
        assert!(ended.stdout.contains(&format!("building {wheel}")), "{}", ended.stdout);
    }
}

#[test]
fn facts_give_the_same_plan_elsewhere() {
    let demo = demo();
    let args = ["plan", "--demo", "--rebuild", "triton", "--python", &demo.python.path, "--format", "json"];
    let here = demo.sandbox.run(&args).expect(0).stdout;
    let elsewhere = Sandbox::new();
    elsewhere.write("facts.json", &here);
    let ended = finish(elsewhere.xtask().args(args).args(["--facts", "facts.json"])).expect(0);
    let said = "        Note with `--facts` no disk is looked at: whether there is room for this is not known\n";
    assert_eq!(ended.stderr, said);
    let there = ended.stdout;
    assert_eq!(serde_json::from_str::<Value>(&there).unwrap(), serde_json::from_str::<Value>(&here).unwrap());
    // As text, too, and there is something to be done in it.
    assert_eq!(there, here);
    assert!(here.contains("building torchvision"));
}
