//! Folders, with and without the manifest that their wheels come from.

use serde_json::json;

use super::{GenerateError, Generated, Given, generate};
use crate::checked::Sha256;
use crate::folder::FolderFile;
use crate::model::{Ci, Manifest, Need, Status};
use crate::project::Project;

const BUILD: &str = include_str!("../../schema/examples/incomplete.json");
const COMPLETE: &str = include_str!("../../schema/examples/complete.json");

fn wheel(path: &str, digit: &str) -> FolderFile {
    FolderFile { path: path.to_owned(), size_bytes: 5, sha256: Sha256::parse(&digit.repeat(64)).unwrap() }
}

fn wheels(paths: &[&str]) -> Vec<FolderFile> {
    paths.iter().map(|path| wheel(path, "0")).collect()
}

fn told(generated: &Generated) -> Vec<String> {
    generated.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_folder_and_nothing_else() {
    let generated =
        generate(&wheels(&["torch-2.7.0-cp312-cp312-manylinux_2_28_x86_64.whl"]), None, Given::default(), "release").unwrap();
    assert_eq!(told(&generated), [""; 0]);
    let expected = r#"{
  "schema_version": 1,
  "status": "complete",
  "project": "TheRock",
  "component": "pytorch",
  "build_type": "external",
  "artifact_group": "pytorch-wheels",
  "platform": "linux-x86_64",
  "python_version": "3.12",
  "amdgpu_family": null,
  "gfx_targets": [],
  "run_id": null,
  "job_id": null,
  "ci": null,
  "artifacts": [
    {
      "relative_path": "torch-2.7.0-cp312-cp312-manylinux_2_28_x86_64.whl",
      "size_bytes": 5,
      "sha256": "0000000000000000000000000000000000000000000000000000000000000000",
      "source": "pytorch",
      "labels": {
        "framework": "pytorch",
        "build_variant": "release",
        "distribution": "torch",
        "version": "2.7.0",
        "python_tag": "cp312",
        "abi_tag": "cp312",
        "platform_tag": "manylinux_2_28_x86_64"
      }
    }
  ],
  "missing": [],
  "options": [],
  "jobs": []
}
"#;
    assert_eq!(generated.manifest.to_json(), expected);
}

#[test]
fn what_is_given_wins() {
    let text = |text: &str| Some(text.to_owned());
    let given = Given {
        artifact_group: text("group"),
        platform: text("linux-x86_64"),
        python_version: text("py3.12"),
        pytorch_git_ref: text("nightly"),
        amdgpu_family: text("gfx950-dcgpu"),
        pytorch_rocm_arch: text("gfx950"),
        gfx_targets: vec!["gfx950".to_owned()],
        rocm_sdk_version: text("7.15.0"),
        version_suffix: text("+rocm7.15.0"),
        release_type: text("dev"),
        ci: Some(Ci { run_id: text("9"), job: text("split"), ..Ci::default() }),
    };
    let from = Manifest::parse(BUILD).unwrap();
    for from in [None, Some(&from)] {
        let folder = wheels(&["torch-2.13.0+rocm7.14.0-1-cp312-cp312-linux_x86_64.whl"]);
        let manifest = generate(&folder, from, given.clone(), "asan").unwrap().manifest;
        let json = serde_json::to_value(&manifest).unwrap();
        for (key, value) in [
            ("artifact_group", json!("group")),
            ("platform", json!("linux-x86_64")),
            ("python_version", json!("3.12")),
            ("pytorch_git_ref", json!("nightly")),
            ("amdgpu_family", json!("gfx950-dcgpu")),
            ("pytorch_rocm_arch", json!("gfx950")),
            ("gfx_targets", json!(["gfx950"])),
            ("rocm_sdk_version", json!("7.15.0")),
            ("version_suffix", json!("+rocm7.15.0")),
            ("release_type", json!("dev")),
            ("run_id", json!("9")),
            ("job_id", json!("split")),
        ] {
            assert_eq!(json[key], value, "{key}");
        }
        assert_eq!(manifest.artifacts[0].labels.build_variant, "asan");
    }
}

/// The split moves torch's device code into a wheel of its own; triton stays as it was.
#[test]
fn a_split_set() {
    let from = Manifest::parse(COMPLETE).unwrap();
    let [device, torch, triton] = [0, 1, 2].map(|index: usize| from.artifacts[index].relative_path.as_str());
    let mut fat = from.clone();
    fat.artifacts.remove(0);
    let folder = [wheel(torch, "1"), wheel(triton, "c"), wheel(device, "2")];
    let generated = generate(&folder, Some(&fat), Given::default(), "release").unwrap();
    assert_eq!(told(&generated), [""; 0]);
    let manifest = generated.manifest;
    let [new_device, new_torch, new_triton] = &manifest.artifacts[..] else { panic!("three wheels") };
    assert_eq!((new_device.split_from.as_deref(), new_device.source), (Some(torch), Some(Project::Pytorch)));
    assert_eq!(new_torch.planned_version, from.artifacts[1].planned_version);
    assert_eq!(new_torch.requires_dist, None);
    assert_eq!(new_torch.sha256.as_str(), "1".repeat(64));
    assert_eq!(new_triton.planned_version, from.artifacts[2].planned_version);
    let rest = |manifest: &Manifest| Manifest { artifacts: Vec::new(), ..manifest.clone() };
    assert_eq!(rest(&manifest), rest(&from));
}

/// Each line: the wheels of torch beside one of device code, and that which it was split from.
#[test]
fn device_code_for_any_python() {
    let device = "amd_torch_device_gfx942-2.7.0-py3-none-linux_x86_64.whl";
    let [cp312, cp313, windows, older] = [
        "torch-2.7.0-cp312-cp312-linux_x86_64.whl",
        "torch-2.7.0-cp313-cp313-linux_x86_64.whl",
        "torch-2.7.0-cp312-cp312-win_amd64.whl",
        "torch-2.6.0-cp312-cp312-linux_x86_64.whl",
    ];
    for (hosts, expected) in
        [(&[cp312][..], Some(cp312)), (&[cp312, windows, older], Some(cp312)), (&[cp312, cp313], None), (&[windows, older], None)]
    {
        let manifest = generate(&wheels(&[hosts, &[device]].concat()), None, Given::default(), "release").unwrap().manifest;
        assert_eq!(manifest.artifacts[0].split_from.as_deref(), expected, "{hosts:?}");
    }
}

#[test]
fn several_pythons_and_platforms_are_told() {
    let folder = wheels(&["apex-1-cp312-cp312-linux_x86_64.whl", "torch-1-cp313-cp313-win_amd64.whl"]);
    let told_of = |given| told(&generate(&folder, None, given, "release").unwrap());
    assert_eq!(
        told_of(Given::default()),
        [
            "the wheels are for several Pythons: 3.12, 3.13; the manifest names none",
            "the wheels are for several platforms: linux-x86_64, windows-amd64; the manifest names none",
        ]
    );
    // What was said wins, and each wheel that differs is told.
    let given = Given { python_version: Some("3.12".to_owned()), platform: Some("linux-x86_64".to_owned()), ..Given::default() };
    assert_eq!(told_of(given).len(), 2);
}

#[test]
fn an_unchanged_wheel_keeps_what_is_known() {
    let from = Manifest::parse(BUILD).unwrap();
    let folder: Vec<FolderFile> = from
        .artifacts
        .iter()
        .map(|artifact| FolderFile {
            path: artifact.relative_path.to_string(),
            size_bytes: artifact.size_bytes,
            sha256: artifact.sha256.clone(),
        })
        .collect();
    let mut generated = generate(&folder, Some(&from), Given::default(), "release").unwrap();
    // The wheel of device code has no build tag here, and still is torch's.
    assert_eq!(told(&generated), [""; 0]);
    generated.manifest.artifacts.sort_by(|one, other| one.relative_path.cmp(&other.relative_path));
    assert_eq!(generated.manifest, from);
}

#[test]
fn what_is_missing() {
    let complete = Manifest::parse(COMPLETE).unwrap();
    let torch = "torch-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl";
    let manifest = generate(&wheels(&[torch]), Some(&complete), Given::default(), "release").unwrap().manifest;
    let missing: Vec<_> = manifest.missing.iter().map(|missing| (missing.project, missing.need)).collect();
    assert_eq!(missing, [(Project::Apex, Need::Optional), (Project::Triton, Need::Required)]);
    assert_eq!(manifest.status, Some(Status::Incomplete));

    let failed = Manifest { status: Some(Status::Failed), ..manifest.clone() };
    let again = generate(&wheels(&[torch]), Some(&failed), Given::default(), "release").unwrap().manifest;
    assert_eq!(again.status, Some(Status::Failed));

    let triton = "triton-3.8.0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl";
    let whole = generate(&wheels(&[torch, triton]), Some(&failed), Given::default(), "release").unwrap().manifest;
    assert_eq!((whole.status, whole.missing.len()), (Some(Status::Complete), 1));

    let device = "amd_torch_device_gfx942-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl";
    let lost = generate(&wheels(&[device, triton]), Some(&complete), Given::default(), "release").unwrap();
    assert_eq!(lost.manifest.missing[1].project, Project::Pytorch);
    assert_eq!(
        told(&lost),
        [format!("`{device}` holds device code of `torch`, and no such wheel of this version and tags is there")]
    );
}

#[test]
fn a_source_manifest_and_an_older_one_tell_the_sources() {
    for text in [
        include_str!("../../schema/examples/sources.json"),
        include_str!("../../schema/examples/flattened.json"),
        include_str!("../read/artifacts.json"),
    ] {
        let from = Manifest::parse(text).unwrap();
        let folder = wheels(&["torch-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl"]);
        let manifest = generate(&folder, Some(&from), Given::default(), "release").unwrap().manifest;
        assert_eq!(manifest.pytorch, from.pytorch);
        assert_eq!((manifest.status, manifest.component.as_deref()), (Some(Status::Complete), Some("pytorch")));
        assert_eq!((manifest.artifacts.len(), manifest.extra.len()), (1, 0));
        assert_eq!(Manifest::parse(&manifest.to_json()).unwrap(), manifest);
    }
}

/// A remote as git knows it in CI; the new manifest, the merged one and what is told of them have no token.
#[test]
fn no_token_goes_on() {
    let mut from = Manifest::parse(COMPLETE).unwrap();
    from.pytorch.as_mut().unwrap().repo = "https://x-access-token:ghs_secret@github.com/pytorch/pytorch.git".to_owned();
    from.rocm.as_mut().unwrap().index = Some("https://user:ghs_secret@host/simple".to_owned());
    let generated = generate(&wheels(&["torch-1-py3-none-any.whl"]), Some(&from), Given::default(), "release").unwrap().manifest;
    assert_eq!(generated.pytorch.as_ref().unwrap().repo, "https://github.com/pytorch/pytorch.git");
    assert_eq!(generated.rocm.as_ref().unwrap().index.as_deref(), Some("https://host/simple"));
    let merged = crate::merge::merge(&[from.clone(), from.clone()]).unwrap();
    let other = Manifest { pytorch: None, rocm: None, ..from.clone() };
    let diff = crate::diff::Diff::new(&from, &other);
    let mut changed = from.clone();
    changed.pytorch.as_mut().unwrap().commit = crate::checked::Commit::parse(&"9".repeat(40)).unwrap();
    let refusal = crate::merge::merge(&[from, changed]).unwrap_err().to_string();
    for text in [generated.to_json(), merged.to_json(), diff.to_string(), serde_json::to_string(&diff).unwrap(), refusal] {
        assert!(!text.contains("ghs_secret"), "{text}");
    }
}

#[test]
fn oddities_are_told_and_listed() {
    let given = Given {
        version_suffix: Some("+rocm7.14.0-x".to_owned()),
        python_version: Some("3.12".to_owned()),
        platform: Some("linux-x86_64".to_owned()),
        ..Given::default()
    };
    let folder = wheels(&[
        "amd_torch_device_gfx942-2.0+rocm7.14.0.x-py3-none-any.whl",
        "apex-1.0_rocm-cp312-cp312-linux_x86_64.whl",
        "numpy-1.0-cp312-cp312-linux_x86_64.whl",
        "odd.whl",
        "torch-1.0+rocm7.13.0-cp312-cp312-linux_x86_64.whl",
        "torch-1.1+rocm7.14.0.x-cp311-cp311-win_amd64.whl",
    ]);
    let generated = generate(&folder, None, given, "release").unwrap();
    assert_eq!(
        told(&generated),
        [
            "`amd_torch_device_gfx942-2.0+rocm7.14.0.x-py3-none-any.whl` holds device code of `torch`, and no such wheel of this version and tags is there",
            "`apex-1.0_rocm-cp312-cp312-linux_x86_64.whl` is not a wheel's file name: version `1.0_rocm` is not a PEP 440 version",
            "`odd.whl` is not a wheel's file name: it has 1 of the 5 or 6 fields that dashes separate",
            "version `1.0+rocm7.13.0` of `torch-1.0+rocm7.13.0-cp312-cp312-linux_x86_64.whl` does not end in `+rocm7.14.0-x`",
            "`torch-1.1+rocm7.14.0.x-cp311-cp311-win_amd64.whl` is for Python 3.11, and the set is for Python 3.12",
            "`torch-1.1+rocm7.14.0.x-cp311-cp311-win_amd64.whl` is for windows-amd64, and the set is for linux-x86_64",
            "there are wheels of `torch` in several versions: 1.0+rocm7.13.0, 1.1+rocm7.14.0.x",
        ]
    );
    let labels = |index: usize| serde_json::to_value(&generated.manifest.artifacts[index].labels).unwrap();
    assert_eq!(
        labels(1),
        json!({"framework": "pytorch", "build_variant": "release", "distribution": "apex", "python_tag": "cp312",
               "abi_tag": "cp312", "platform_tag": "linux_x86_64"})
    );
    assert_eq!(labels(3), json!({"framework": "pytorch", "build_variant": "release"}));
    assert_eq!(generated.manifest.artifacts[1].source, Some(Project::Apex));
    assert_eq!(generated.manifest.artifacts.len(), 6);
}

#[test]
fn a_version_that_was_not_planned() {
    let from = Manifest::parse(COMPLETE).unwrap();
    let folder =
        wheels(&["torch-2.14.0a0-cp312-cp312-linux_x86_64.whl", "triton-3.8.0+ROCm7.14.0a20260811-cp312-cp312-linux_x86_64.whl"]);
    assert_eq!(
        told(&generate(&folder, Some(&from), Given::default(), "release").unwrap()),
        ["`torch-2.14.0a0-cp312-cp312-linux_x86_64.whl` has version `2.14.0a0`, and `2.14.0a0+rocm7.14.0a20260811` was planned"]
    );
}

#[test]
fn refusals() {
    let table = [
        (wheels(&[]), "there is no wheel | name the folder that the `.whl` files are in"),
        (
            wheels(&["a\nb.whl"]),
            r"path `a\nb.whl` is not a plain relative path: it holds a control character | rename the file or remove it",
        ),
        (
            wheels(&["../b.whl"]),
            "path `../b.whl` is not a plain relative path: a component ends in a dot or a blank | rename the file or remove it",
        ),
    ];
    for (folder, expected) in table {
        let error: GenerateError = generate(&folder, None, Given::default(), "release").unwrap_err();
        assert_eq!(format!("{error} | {}", error.hint()), expected);
    }
}
