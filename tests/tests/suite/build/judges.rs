//! What other programs think of a build's manifest.
#![cfg(feature = "full")]

use std::path::Path;
use std::process::Command;

use tests::{Ended, finish, project};

use crate::build::shared::demo;

/// Asks `check-jsonschema`, which knows nothing of this project.
fn judge(manifests: &[&Path]) -> Ended {
    let schema = project().join("manifest/schema/manifest.schema.json");
    finish(Command::new("check-jsonschema").arg("--schemafile").arg(schema).args(manifests))
}

#[test]
fn a_manifest_is_valid_by_its_schema() {
    let shared = demo();
    let manifest = shared.sandbox.path(&shared.manifest());
    let ended = judge(&[&manifest]).expect(0);
    assert_eq!(ended.stdout.trim(), "ok -- validation done");

    let text = shared.sandbox.read(&shared.manifest());
    for (right, wrong) in [("\"status\": \"complete\"", "\"status\": \"done\""), ("\"size_bytes\": ", "\"size_bytes\": -")] {
        assert!(text.contains(right), "{text}");
        shared.sandbox.write("wrong.json", &text.replace(right, wrong));
        judge(&[&shared.sandbox.path("wrong.json")]).expect(1);
    }
}

#[test]
fn every_example_is_valid_by_the_schema() {
    let entries = std::fs::read_dir(project().join("manifest/schema/examples")).unwrap();
    let examples: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(examples.len() >= 5, "{examples:?}");
    judge(&examples.iter().map(AsRef::as_ref).collect::<Vec<_>>()).expect(0);
}
