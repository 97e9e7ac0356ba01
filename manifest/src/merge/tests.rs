//! Parts that make a whole, and parts that do not.

use serde_json::json;

use super::merge;
use crate::checked::{Commit, Sha256};
use crate::model::{JobStatus, Manifest, Need, Status};
use crate::project::Project;

const COMPLETE: &str = include_str!("../../schema/examples/complete.json");

/// A complete build as two CI jobs would have done it: torch in one, the rest in another.
fn parts() -> (Manifest, Manifest) {
    let whole = Manifest::parse(COMPLETE).unwrap();
    let mut torch = whole.clone();
    torch.artifacts.retain(|artifact| artifact.source == Some(Project::Pytorch));
    torch.jobs.retain(|job| job.project == Project::Pytorch);
    torch.job_id = Some("torch".to_owned());
    torch.missing = Vec::new();
    let mut rest = whole;
    rest.artifacts.retain(|artifact| artifact.source != Some(Project::Pytorch));
    rest.jobs.retain(|job| job.project != Project::Pytorch);
    (torch, rest)
}

#[test]
fn parts_make_the_whole() {
    let (torch, rest) = parts();
    let whole = Manifest::parse(COMPLETE).unwrap();
    let merged = merge(&[torch.clone(), rest.clone()]).unwrap();
    assert_eq!(merged.artifacts, whole.artifacts);
    assert_eq!(merged.sources().collect::<Vec<_>>(), whole.sources().collect::<Vec<_>>());
    assert_eq!(merged.jobs.iter().map(|job| job.project).collect::<Vec<_>>(), [Project::Pytorch, Project::Triton]);
    assert_eq!((merged.status, merged.missing.len()), (Some(Status::Complete), 1));
    assert_eq!((merged.run_id, merged.job_id), (whole.run_id.clone(), None));
    assert_eq!((merged.rocm, merged.options), (whole.rocm.clone(), whole.options.clone()));
    assert_eq!(merge(std::slice::from_ref(&whole)).unwrap(), whole);
    assert_eq!(merge(&[whole.clone(), whole.clone()]).unwrap(), whole);
}

#[test]
fn what_one_lacks_another_has() {
    let (mut torch, mut rest) = parts();
    torch.status = Some(Status::Failed);
    torch.missing = serde_json::from_value(json!([
        {"project": "triton", "need": "required"}, {"project": "apex", "need": "required"},
    ]))
    .unwrap();
    rest.version_suffix = None;
    let mut failed = rest.jobs[0].clone();
    failed.status = JobStatus::Failed;
    torch.jobs.push(failed);
    torch.options.clear();
    torch.extra.insert("x".to_owned(), json!(1));
    let merged = merge(&[rest.clone(), torch.clone()]).unwrap();
    let missing: Vec<_> = merged.missing.iter().map(|missing| (missing.project, missing.need)).collect();
    assert_eq!(missing, [(Project::Apex, Need::Required)]);
    assert_eq!(merged.status, Some(Status::Failed));
    assert_eq!(merged.version_suffix, torch.version_suffix);
    assert_eq!(merged.jobs.iter().find(|job| job.project == Project::Triton).unwrap().status, JobStatus::Built);
    assert_eq!((merged.options.len(), &merged.extra["x"]), (0, &json!(1)));
    torch.status = Some(Status::Running);
    assert_eq!(merge(&[rest.clone(), torch.clone()]).unwrap().status, Some(Status::Running));
    torch.status = Some(Status::Incomplete);
    assert_eq!(merge(&[rest, torch.clone()]).unwrap().status, Some(Status::Incomplete));
    torch.status = Some(Status::Planned);
    assert_eq!(merge(&[torch]).unwrap().status, Some(Status::Planned));
}

/// The text and hint of the refusal to merge a part of a build with a changed one.
fn refusal(change: impl FnOnce(&mut Manifest)) -> String {
    let (torch, mut rest) = parts();
    change(&mut rest);
    let error = merge(&[torch.clone(), torch, rest]).unwrap_err();
    format!("{error} | {}", error.hint())
}

#[test]
fn refusals() {
    const LOCK: &str = "the parts were not built from the same: build them from one locked manifest";
    let (ones, nines) = ("1".repeat(40), "9".repeat(40));
    assert_eq!(
        refusal(|part| part.platform = None),
        "manifest 3 lacks its platform, Python version, ref or GPU targets | a list of sources is no part of a build: leave it out"
    );
    assert_eq!(
        refusal(|part| part.python_version = Some("3.13".to_owned())),
        "manifest 3 is of another build than the first: `linux-x86_64, Python 3.13, nightly, gfx942` is not `linux-x86_64, Python 3.12, nightly, gfx942` | manifests of several builds make an index: `manifest merge --index`"
    );
    let pytorch = "manifest 3 has other sources of `pytorch` than one before: `https://github.com/pytorch/pytorch` at";
    assert_eq!(
        refusal(|part| part.pytorch.as_mut().unwrap().commit = Commit::parse(&nines).unwrap()),
        format!("{pytorch} {nines} is not `https://github.com/pytorch/pytorch` at {ones} | {LOCK}")
    );
    assert_eq!(
        refusal(|part| part.pytorch.as_mut().unwrap().dirty = Sha256::parse(&"d".repeat(64)).ok()),
        format!(
            "{pytorch} {ones} with changes {} is not `https://github.com/pytorch/pytorch` at {ones} | {LOCK}",
            "d".repeat(64)
        )
    );
    assert_eq!(
        refusal(|part| part.rocm_sdk_version = Some("7.15.0".to_owned())),
        format!("manifest 3 has another `rocm_sdk_version` than one before: `7.15.0` is not `7.14.0a20260811` | {LOCK}")
    );
    assert_eq!(
        refusal(|part| {
            part.artifacts = parts().0.artifacts;
            part.artifacts[0].sha256 = Sha256::parse(&"e".repeat(64)).unwrap();
        }),
        format!(
            "manifest 3 has other contents of `amd_torch_device_gfx942-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl` than one before: SHA-256 {} is not {} | {LOCK}",
            "e".repeat(64),
            "b".repeat(64)
        )
    );
    let error = merge(&[]).unwrap_err();
    assert_eq!(format!("{error} | {}", error.hint()), "there is no manifest to merge | name at least one file");
}

#[test]
fn a_repository_has_several_spellings() {
    let (torch, mut rest) = parts();
    rest.pytorch.as_mut().unwrap().repo = "https://github.com/pytorch/pytorch.git".to_owned();
    assert_eq!(merge(&[torch, rest]).unwrap().pytorch.unwrap().repo, "https://github.com/pytorch/pytorch");
}
