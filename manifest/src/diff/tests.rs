//! A build and the next one: the whole text, the JSON, the gate.

use serde_json::{Value, json};

use super::Diff;
use crate::checked::{Commit, RelativePath, Sha256};
use crate::model::Manifest;

const BUILD: &str = include_str!("../../schema/examples/incomplete.json");

fn builds() -> (Manifest, Manifest) {
    let before = Manifest::parse(BUILD).unwrap();
    let mut after = before.clone();
    let pytorch = after.pytorch.as_mut().unwrap();
    pytorch.commit = Commit::parse(&"9".repeat(40)).unwrap();
    pytorch.repo = "git@github.com:rocm/pytorch.git".to_owned();
    pytorch.dirty = None;
    after.pytorch_audio.as_mut().unwrap().commit = Commit::parse(&"8".repeat(40)).unwrap();
    after.triton.as_mut().unwrap().version = Some("3.8.0\u{1b}[31m".to_owned());
    after.apex = None;
    after.rocm_sdk_version = Some("7.15.0".to_owned());
    after.gfx_targets.push("gfx950".to_owned());
    let rocm = after.rocm.as_mut().unwrap();
    rocm.packages[0].version = "7.15.0".to_owned();
    rocm.packages.remove(1);
    let toolchain = after.toolchain.as_mut().unwrap();
    toolchain.cmake = None;
    toolchain.compilers.insert("gcc".to_owned(), "gcc 14.1.0".to_owned());
    after.options[0].value = json!(8);
    after.options[1].origin = crate::model::Origin::Manifest;
    let torch = &mut after.artifacts[1];
    torch.relative_path = RelativePath::parse("torch-2.13.0+rocm7.15.0-1-cp312-cp312-linux_x86_64.whl").unwrap();
    torch.labels.version = Some("2.13.0+rocm7.15.0".to_owned());
    torch.size_bytes = 1100;
    torch.sha256 = Sha256::parse(&"e".repeat(64)).unwrap();
    after.artifacts[0].sha256 = Sha256::parse(&"f".repeat(64)).unwrap();
    (before, after)
}

#[test]
fn as_text() {
    let (before, after) = builds();
    let (ones, nines, twos, eights) = ("1".repeat(40), "9".repeat(40), "2".repeat(40), "8".repeat(40));
    let expected = format!(
        r"sources
  pytorch: https://github.com/ROCm/pytorch -> git@github.com:rocm/pytorch.git, {ones} -> {nines}, local changes {} -> none, https://github.com/rocm/pytorch/compare/{ones}...{nines}
  pytorch_audio: {twos} -> {eights}, https://github.com/pytorch/audio/compare/{twos}...{eights}
  triton: version 3.7.0+rocm7.14.0 -> 3.8.0\u{{1b}}[31m
  apex: removed, https://github.com/ROCm/apex at {}
build
  gfx_targets: gfx942,gfx1201 -> gfx942,gfx1201,gfx950
  rocm_sdk_version: 7.14.0 -> 7.15.0
wheels
  amd-torch-device-gfx942: other contents
  torch: 2.13.0+rocm7.14.0 -> 2.13.0+rocm7.15.0, 1000 -> 1100 bytes (+10.0 %), other contents
rocm
  rocm: 7.14.0 -> 7.15.0
  rocm-sdk-core: 7.14.0 -> none
toolchain
  cmake: 3.29.2 -> none
  gcc: gcc 13.3.1 -> gcc 14.1.0
options
  jobs: 16 -> 8
",
        "d".repeat(64),
        "5".repeat(40),
    );
    assert_eq!(Diff::new(&before, &after).to_string(), expected);
}

#[test]
fn as_json() {
    let (before, after) = builds();
    let json = serde_json::to_value(Diff::new(&before, &after)).unwrap();
    assert_eq!(json["sources"][0]["project"], json!("pytorch"));
    assert_eq!(json["sources"][0]["before"]["commit"], json!("1".repeat(40)));
    assert_eq!(json["sources"][3]["after"], Value::Null);
    assert_eq!(json["values"][1], json!({"name": "rocm_sdk_version", "before": "7.14.0", "after": "7.15.0"}));
    assert_eq!(json["toolchain"][0], json!({"name": "cmake", "before": "3.29.2", "after": null}));
    assert_eq!(
        json["wheels"][1]["after"],
        json!({
            "relative_path": "torch-2.13.0+rocm7.15.0-1-cp312-cp312-linux_x86_64.whl", "version": "2.13.0+rocm7.15.0",
            "size_bytes": 1100, "sha256": "e".repeat(64),
        })
    );
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["sources", "values", "wheels", "rocm", "toolchain", "options"]);
}

#[test]
fn nothing_differs_from_itself() {
    let (before, _) = builds();
    let diff = Diff::new(&before, &before);
    assert_eq!((diff.is_empty(), diff.to_string()), (true, "no difference\n".to_owned()));
    assert!(Diff::new(&Manifest::default(), &Manifest::default()).is_empty());
}

#[test]
fn wheels_come_and_go() {
    let (before, mut after) = builds();
    after = Manifest { artifacts: after.artifacts.split_off(1), ..before.clone() };
    after.artifacts[0] = before.artifacts[0].clone();
    assert_eq!(
        Diff::new(&before, &after).to_string(),
        "wheels\n  torch: removed, torch-2.13.0+rocm7.14.0-1-cp312-cp312-linux_x86_64.whl, 1000 bytes\n"
    );
    assert_eq!(
        Diff::new(&after, &before).to_string(),
        "wheels\n  torch: added, torch-2.13.0+rocm7.14.0-1-cp312-cp312-linux_x86_64.whl, 1000 bytes\n"
    );
}

#[test]
fn the_gate() {
    let (before, after) = builds();
    let grown = |max: &str| {
        Diff::new(&before, &after).growth_beyond(max.parse().unwrap()).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(grown("10%"), [""; 0]);
    assert_eq!(grown("9.999%"), ["`torch` grew from 1000 to 1100 bytes, +10.0 %, and 9.999 % is allowed"]);
}
