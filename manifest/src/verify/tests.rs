//! Every kind of difference, with its code, text and hint.

use super::Difference;
use crate::checked::Sha256;
use crate::folder::FolderFile;
use crate::model::Manifest;
use crate::project::Project;

const BUILD: &str = include_str!("../../schema/examples/incomplete.json");
const DEVICE: &str = "gfx942/amd_torch_device_gfx942-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";
const TORCH: &str = "torch-2.13.0+rocm7.14.0-1-cp312-cp312-linux_x86_64.whl";

fn file(path: &str, size_bytes: u64, digit: &str) -> FolderFile {
    FolderFile { path: path.to_owned(), size_bytes, sha256: Sha256::parse(&digit.repeat(64)).unwrap() }
}

fn told(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(|difference| format!("{}: {difference} | {}", difference.code(), difference.hint())).collect()
}

#[test]
fn as_it_should_be() {
    let manifest = Manifest::parse(BUILD).unwrap();
    let files = [file(TORCH, 1000, "a"), file(DEVICE, 2000, "b")];
    assert_eq!(told(&manifest.verify(&files)), [""; 0]);
}

#[test]
fn files_that_differ() {
    let manifest = Manifest::parse(BUILD).unwrap();
    let verify = |files: &[FolderFile]| told(&manifest.verify(files));
    assert_eq!(
        verify(&[file(TORCH, 1000, "a")]),
        [format!(
            "missing: `{DEVICE}` is in the manifest and not in the folder | copy the folder again, or build the wheel again"
        )]
    );
    assert_eq!(
        verify(&[file(TORCH, 1000, "a"), file(DEVICE, 2000, "b"), file("a\n.whl", 0, "c"), file("z.whl", 0, "c")]),
        [
            r"extra: `a\n.whl` is in the folder and not in the manifest | remove the file, or write the manifest anew with `manifest generate`",
            "extra: `z.whl` is in the folder and not in the manifest | remove the file, or write the manifest anew with `manifest generate`",
        ]
    );
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    assert_eq!(
        verify(&[file(TORCH, 1001, "a"), file(DEVICE, 2000, "a")]),
        [
            format!(
                "hash: `{DEVICE}` has SHA-256 {a}, and the manifest says {b} | the file was damaged or replaced: copy it again, or build the wheel again"
            ),
            format!(
                "size: `{TORCH}` has 1001 bytes, and the manifest says 1000 | the file was cut short or replaced: copy it again, or build the wheel again"
            ),
        ]
    );
}

#[test]
fn a_manifest_that_contradicts_itself() {
    let mut manifest = Manifest::parse(BUILD).unwrap();
    let torch = &mut manifest.artifacts[1];
    torch.labels.version = Some("2.12.0".to_owned());
    torch.labels.build_tag = None;
    torch.planned_version = Some("2.13.0+rocm7.13.0".to_owned());
    let torch = torch.clone();
    manifest.artifacts.push(torch);
    manifest.status = Some(crate::model::Status::Complete);
    const EDITED: &str = "the manifest was edited: write it anew with `manifest generate`";
    let of_torch = [
        format!("label: label `version` of `{TORCH}` is `2.12.0`, and the name says `2.13.0+rocm7.14.0` | {EDITED}"),
        format!("label: label `build_tag` of `{TORCH}` is absent, and the name says `1` | {EDITED}"),
        format!(
            "version: `{TORCH}` has version `2.13.0+rocm7.14.0`, and `2.13.0+rocm7.13.0` was planned | look in the job's log for what gave the wheel its version"
        ),
    ];
    let mut expected = vec![format!("twice: `{TORCH}` is listed twice | {EDITED}")];
    expected.extend(of_torch.clone());
    expected.extend(of_torch);
    expected.push(
        "incomplete: the status is `complete`, and the wheel of `triton` is required and missing | build the wheel, or make it `--optional`"
            .to_owned(),
    );
    assert_eq!(told(&manifest.check()), expected);
    assert_eq!(manifest.missing[1].project, Project::Apex);
}

#[test]
fn spelling_of_versions_does_not_matter() {
    let mut manifest = Manifest::parse(BUILD).unwrap();
    for planned in ["2.13.0+rocm7.14.0", "2.13.0+ROCm7-14-0", "v2.13+rocm7.14.0"] {
        manifest.artifacts[1].planned_version = Some(planned.to_owned());
        assert_eq!(told(&manifest.check()), [""; 0]);
    }
}

/// A file whose name is no wheel's has labels of its own; nothing else may be said of it.
#[test]
fn labels_of_an_odd_name() {
    let mut manifest = Manifest::parse(BUILD).unwrap();
    let odd = file("odd.whl", 1, "c");
    manifest.artifacts = vec![odd.artifact(crate::checked::RelativePath::parse(&odd.path).unwrap(), "release")];
    assert_eq!(told(&manifest.verify(&[odd])), [""; 0]);
    manifest.artifacts[0].labels.python_tag = Some("cp312".to_owned());
    assert_eq!(manifest.check()[0].to_string(), "label `python_tag` of `odd.whl` is `cp312`, and the name says absent");
}
