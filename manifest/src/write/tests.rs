//! The file's exact text, and that nothing is lost on the way there and back.

use serde_json::{Value, json};

use crate::checked::{Commit, RelativePath, Sha256};
use crate::model::{Artifact, Extra, Labels, Manifest, Source, Status};
use crate::wheel::WheelName;

const SOURCES: &str = include_str!("../../schema/examples/sources.json");
const BUILD: &str = include_str!("../../schema/examples/incomplete.json");

#[test]
fn files_come_out_as_they_went_in() {
    for text in [SOURCES, BUILD] {
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(manifest.to_json(), text);
        assert_eq!(Manifest::parse(&manifest.to_json()).unwrap(), manifest);
    }
}

/// The fixture has every field, so none is in `extra` for want of being known.
#[test]
fn the_fixture_is_known() {
    let manifest = Manifest::parse(BUILD).unwrap();
    let extras = [
        &manifest.extra,
        &manifest.pytorch.as_ref().unwrap().extra,
        &manifest.therock.as_ref().unwrap().extra,
        &manifest.ci.as_ref().unwrap().extra,
        &manifest.artifacts[0].extra,
        &manifest.artifacts[0].labels.extra,
        &manifest.missing[0].extra,
        &manifest.rocm.as_ref().unwrap().extra,
        &manifest.rocm.as_ref().unwrap().packages[0].extra,
        &manifest.toolchain.as_ref().unwrap().extra,
        &manifest.options[0].extra,
        &manifest.jobs[0].extra,
        &manifest.jobs[1].failure.as_ref().unwrap().extra,
    ];
    assert_eq!(extras, [&Extra::new(); 13]);
}

/// Puts an unknown field first into every object, keys of maps excepted, and returns how many there are.
fn mark(value: &mut Value) -> usize {
    match value {
        Value::Array(values) => values.iter_mut().map(mark).sum(),
        Value::Object(fields) => {
            let open = ["key", "compilers", "matrix"];
            let inner: usize =
                fields.iter_mut().filter(|(key, _)| !open.contains(&key.as_str())).map(|(_, value)| mark(value)).sum();
            fields.shift_insert(0, "x_later".to_owned(), json!({"b": [1, null, -2.5], "a": "ü"}));
            inner + 1
        }
        _ => 0,
    }
}

#[test]
fn unknown_fields_survive_after_the_known_ones() {
    let mut marked: Value = serde_json::from_str(BUILD).unwrap();
    let objects = mark(&mut marked);
    assert_eq!(objects, 28);
    let written = Manifest::parse(&marked.to_string()).unwrap().to_json();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), marked);
    assert_eq!(Manifest::parse(&written).unwrap().to_json(), written);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let pytorch = &serde_json::from_str::<Value>(&written).unwrap()["pytorch"];
    assert_eq!(keys(pytorch), ["repo", "commit", "branch", "version", "describe", "dirty", "x_later"]);
}

fn artifact(name: &str) -> Artifact {
    Artifact {
        relative_path: RelativePath::parse(name).unwrap(),
        size_bytes: 1,
        sha256: Sha256::parse(&"0".repeat(64)).unwrap(),
        source: None,
        labels: WheelName::parse(name).map_or_else(|_| Labels::new("release"), |wheel| wheel.labels("release")),
        planned_version: None,
        requires_dist: None,
        gfx_targets: None,
        split_from: None,
        extra: Extra::new(),
    }
}

#[test]
fn a_new_manifest() {
    let source = Source {
        repo: "https://github.com/ROCm/apex".to_owned(),
        commit: Commit::parse(&"a".repeat(40)).unwrap(),
        branch: Some("zweig/ü".to_owned()),
        version: None,
        describe: None,
        dirty: None,
        extra: Extra::new(),
    };
    let manifest = Manifest { apex: Some(source), artifacts: vec![artifact("odd.whl")], ..Manifest::new(Status::Running) };
    let expected = r#"{
  "schema_version": 1,
  "apex": {
    "repo": "https://github.com/ROCm/apex",
    "commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "branch": "zweig/ü"
  },
  "status": "running",
  "project": "TheRock",
  "component": "pytorch",
  "build_type": "external",
  "artifact_group": "pytorch-wheels",
  "amdgpu_family": null,
  "gfx_targets": [],
  "run_id": null,
  "job_id": null,
  "ci": null,
  "artifacts": [
    {
      "relative_path": "odd.whl",
      "size_bytes": 1,
      "sha256": "0000000000000000000000000000000000000000000000000000000000000000",
      "labels": {
        "framework": "pytorch",
        "build_variant": "release"
      }
    }
  ],
  "missing": [],
  "options": [],
  "jobs": []
}
"#;
    assert_eq!(manifest.to_json(), expected);
    assert_eq!(manifest.to_string(), expected);
}

#[test]
fn artifacts_are_sorted_by_path() {
    let names = ["b-1-py3-none-any.whl", "a-2-py3-none-any.whl", "a-10-py3-none-any.whl", "A-1-py3-none-any.whl"];
    let manifest = Manifest { artifacts: names.map(artifact).to_vec(), ..Manifest::new(Status::Complete) };
    let written = Manifest::parse(&manifest.to_json()).unwrap();
    let paths: Vec<_> = written.artifacts.iter().map(|artifact| artifact.relative_path.as_str()).collect();
    assert_eq!(paths, [names[3], names[2], names[1], names[0]]);
}

/// Only what is empty in every source manifest is left out; what somebody put in is not.
#[test]
fn a_source_manifest_keeps_what_it_holds() {
    let text = r#"{"run_id": "7", "artifacts": [], "x": null, "options": [{"name": "a", "value": null, "origin": "flag"}]}"#;
    let expected = r#"{
  "schema_version": 1,
  "run_id": "7",
  "options": [
    {
      "name": "a",
      "value": null,
      "origin": "flag"
    }
  ],
  "x": null
}
"#;
    assert_eq!(Manifest::parse(text).unwrap().to_json(), expected);
}
