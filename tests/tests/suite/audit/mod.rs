//! `audit`: wheels that are good, and the same broken in exactly one way.

mod archives;
mod device;
mod every;
mod judges;
mod linkage;
mod mutated;
mod planned;
mod readers;
mod trial;
mod wheels;
mod zip64;

use serde_json::Value;
use tests::Sandbox;

/// The codes of what an audit of `dist` found, each once, and what it printed to standard error.
#[track_caller]
fn codes(sandbox: &Sandbox, words: &[&str]) -> (Vec<String>, Value) {
    let ended = sandbox.run(&[&["audit", "dist", "--format", "json"], words].concat());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    let findings = report["findings"].as_array().unwrap();
    let mut codes: Vec<String> = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
    codes.dedup();
    let errors = findings.iter().filter(|finding| finding["severity"] == "error").count();
    assert_eq!(ended.code, if errors > 0 { 5 } else { 0 }, "{report:#}");
    (codes, report)
}

/// Writes a wheel into `dist`.
fn put(sandbox: &Sandbox, file: &str, bytes: &[u8]) {
    sandbox.make_folder("dist");
    std::fs::write(sandbox.path("dist").join(file), bytes).unwrap();
}
