//! What an index lists, what it misses, and what is refused as one.

use serde_json::json;

use super::Index;
use crate::identity::Identity;
use crate::model::Manifest;

const COMPLETE: &str = include_str!("../../schema/examples/complete.json");
const INDEX: &str = include_str!("../../schema/examples/index.json");

fn planned(pythons: &[&str]) -> Vec<Identity> {
    pythons.iter().map(|python| Identity::new("linux-x86_64", python, "nightly", &["gfx942"])).collect()
}

#[test]
fn runs_and_what_is_missing() {
    let manifest = Manifest::parse(COMPLETE).unwrap();
    let other = Manifest { python_version: Some("3.14".to_owned()), ..manifest.clone() };
    let index = Index::new(&planned(&["3.12", "3.13"]), vec![manifest.clone(), other.clone(), manifest.clone()]).unwrap();
    assert_eq!(index.runs, [manifest.clone(), other]);
    assert_eq!(index.missing, planned(&["3.13"]));
    let index = Index::new(&planned(&["3.12", "3.13"]), vec![manifest]).unwrap();
    assert_eq!(index.to_json(), INDEX);
    assert_eq!(Index::parse(INDEX).unwrap(), index);
    assert_eq!(Index::parse(INDEX).unwrap().to_json(), INDEX);
    let empty = Index::new(&[], Vec::new()).unwrap();
    assert_eq!(empty.to_json(), "{\n  \"schema_version\": 1,\n  \"runs\": [],\n  \"missing\": []\n}\n");
}

#[test]
fn manifests_that_cannot_be_listed() {
    let complete = Manifest::parse(COMPLETE).unwrap();
    assert_eq!(
        Index::new(&[], vec![complete.clone(), Manifest::default()]).unwrap_err().to_string(),
        "manifest 2 lacks its platform, Python version, ref or GPU targets"
    );
    let other = Manifest { version_suffix: Some("+x".to_owned()), ..complete.clone() };
    // The second of its build, and the third of all.
    let between = Manifest { python_version: Some("3.13".to_owned()), ..complete.clone() };
    assert_eq!(
        Index::new(&[], vec![complete, between, other]).unwrap_err().to_string(),
        "manifest 3 has another `version_suffix` than one before: `+x` is not `+rocm7.14.0a20260811`"
    );
}

#[test]
fn refusals() {
    let entry = |repo: &str| json!({"repo": repo, "commit": "a".repeat(40)});
    let table = [
        (json!([]), "Manifest root must be a JSON object, not an array"),
        (json!({"schema_version": 2, "runs": []}), "unsupported `schema_version` `2`: this reader knows only the integer 1"),
        (json!({"missing": []}), "manifest does not fit schema version 1: missing field `schema_version` at line 1 column 14"),
        (
            json!({"schema_version": 1, "missing": []}),
            "manifest does not fit schema version 1: missing field `runs` at line 1 column 33",
        ),
        (
            json!({"schema_version": 1, "runs": [{"apex": entry("r")}, {"apex": entry("--x")}], "missing": []}),
            "run 2: manifest entry `apex`: `repo` `--x` is not a repository",
        ),
        (
            json!({"schema_version": 1, "runs": [{"schema_version": 3}], "missing": []}),
            "run 1: unsupported `schema_version` `3`: this reader knows only the integer 1",
        ),
        (
            json!({"schema_version": 1, "runs": [[]], "missing": []}),
            "manifest does not fit schema version 1: invalid type: sequence, expected struct Manifest at line 1 column 28",
        ),
    ];
    for (value, expected) in table {
        assert_eq!(Index::parse(&value.to_string()).unwrap_err().to_string(), expected);
    }
    let error = Manifest::parse(INDEX).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        (
            "it is an index of several manifests, with `runs`, not one manifest",
            Some("take the one that you want out of its `runs`")
        )
    );
    let error = Index::parse(r#"{"runs": [{"schema_version": 3}]}"#).unwrap_err();
    assert_eq!(error.hint(), Some("a newer tool wrote it: update this one"));
}
