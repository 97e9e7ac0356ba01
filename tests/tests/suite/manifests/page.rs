//! The examples of the page for consumers, run by real `jq` and Python. Those in Rust run as the crate's own documentation tests.
#![cfg(feature = "full")]

use std::process::Command;

use sha2::{Digest, Sha256};
use tests::{finish, project, pythons};

use crate::manifests::examples::{sandbox, text};

/// The fenced blocks of one language, in the page's order.
fn blocks(language: &str) -> Vec<String> {
    let page = std::fs::read_to_string(project().join("manifest/README.md")).unwrap();
    let fence = format!("\n```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split_once("\n```").unwrap().0.to_owned() + "\n").collect()
}

/// Every block is of a language that some test runs.
#[test]
fn no_block_is_left_out() {
    let page = std::fs::read_to_string(project().join("manifest/README.md")).unwrap();
    let fences = page.lines().filter(|line| line.starts_with("```")).count();
    let known: usize = ["sh", "python", "rust"].map(|language| blocks(language).len()).iter().sum();
    assert_eq!(fences, 2 * known);
    assert_eq!(blocks("rust").len(), 1);
}

#[test]
fn jq() {
    let folder = project().join("manifest/schema/examples");
    let wheel = |name: &str| format!("{name}-cp312-cp312-linux_x86_64.whl");
    let sums = [
        ("b", wheel("amd_torch_device_gfx942-2.14.0a0+rocm7.14.0a20260811")),
        ("a", wheel("torch-2.14.0a0+rocm7.14.0a20260811")),
        ("c", wheel("triton-3.8.0+rocm7.14.0a20260811")),
    ];
    let expected = [
        "2.14.0a0+rocm7.14.0a20260811\n".to_owned(),
        sums.map(|(digit, name)| format!("{}  {name}\n", digit.repeat(64))).concat(),
        format!(
            "pytorch https://github.com/pytorch/pytorch {}\ntriton https://github.com/ROCm/triton {}\n",
            "1".repeat(40),
            "2".repeat(40)
        ),
        "linux-x86_64 py3.13 nightly\n".to_owned(),
    ];
    let blocks = blocks("sh");
    assert_eq!(blocks.len(), expected.len());
    for (block, expected) in blocks.iter().zip(expected) {
        let ended = finish(Command::new("sh").args(["-euc", block]).current_dir(&folder));
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, expected.as_str(), ""), "{block}");
    }
    // Of a set that is not whole, the one that asks for that says nothing.
    let incomplete = blocks[1].replace("complete.json", "incomplete.json");
    let ended = finish(Command::new("sh").args(["-euc", &incomplete]).current_dir(&folder));
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
}

#[test]
fn python() {
    let [program] = &blocks("python")[..] else { panic!("the page has one example in Python") };
    let at_least_3_11 =
        |series: &str| series.trim_end_matches('t').strip_prefix("3.").is_some_and(|minor| minor.parse::<u32>().unwrap() >= 11);
    let python = pythons().iter().find(|python| at_least_3_11(&python.series)).expect("the example needs Python 3.11 or newer");
    let run = |sandbox: &tests::Sandbox| finish(sandbox.command(&python.path).args(["-I", "-c", program]));
    // As the page has it: there are no wheels beside the examples.
    let ended =
        finish(Command::new(&python.path).args(["-I", "-c", program]).current_dir(project().join("manifest/schema/examples")));
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "torch 2.14.0a0+rocm7.14.0a20260811\n", ""));
    // With a wheel that is as it should be, and one that is not.
    let sandbox = sandbox();
    let (torch, triton) = (
        "torch-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl",
        "triton-3.8.0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl",
    );
    sandbox.write(&format!("dist/{torch}"), "torch");
    sandbox.write(&format!("dist/{triton}"), "triton");
    let digest: String = Sha256::digest("triton").iter().map(|byte| format!("{byte:02x}")).collect();
    sandbox.write("complete.json", &text("complete.json").replace(&"c".repeat(64), &digest));
    let ended = run(&sandbox).expect(0);
    assert_eq!(ended.stdout, format!("torch 2.14.0a0+rocm7.14.0a20260811\n{torch} damaged\n{triton} intact\n"));
    // A newer format is refused.
    sandbox.write("complete.json", "{\"schema_version\": 2}");
    let ended = run(&sandbox).expect(1);
    assert_eq!(ended.stderr, "a newer tool wrote this manifest\n");
}
