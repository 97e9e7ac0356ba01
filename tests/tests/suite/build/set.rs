//! What is true of every finished set of wheels.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use manifest::{JobStatus, Manifest, Project, Status};
use sha2::{Digest, Sha256};
use tests::{Sandbox, Snapshot, changes, snapshot};

/// The one manifest in a folder, by its path.
#[track_caller]
pub fn the_manifest(sandbox: &Sandbox, output: &str) -> (String, Manifest) {
    let folder = format!("{output}/manifests");
    let names = sandbox.files(&folder);
    let [name] = names.as_slice() else { panic!("one manifest is expected: {names:?}") };
    let path = format!("{folder}/{name}");
    let manifest = sandbox.manifest(&path);
    (path, manifest)
}

/// The wheels in a folder.
pub fn wheels(sandbox: &Sandbox, output: &str) -> Vec<String> {
    sandbox.files(output).into_iter().filter(|name| name.ends_with(".whl")).collect()
}

/// Checks a complete set: one manifest under its final name, and every wheel of these projects as it says.
#[track_caller]
pub fn check_complete(sandbox: &Sandbox, output: &str, projects: &[Project]) -> Manifest {
    let (path, manifest) = the_manifest(sandbox, output);
    assert!(!path.ends_with(".partial.json"), "{path}");
    assert_eq!(manifest.status, Some(Status::Complete));
    assert_eq!(manifest.missing, []);
    let sources: BTreeSet<Project> = manifest.artifacts.iter().filter_map(|artifact| artifact.source).collect();
    assert_eq!(sources, projects.iter().copied().collect());
    assert_eq!(manifest.artifacts.len(), projects.len());
    check_files(sandbox, output, &manifest);
    for job in &manifest.jobs {
        // A wheel that a run does not build is that of an earlier one.
        assert!(matches!(job.status, JobStatus::Built | JobStatus::Reused), "{}: {:?}", job.project, job.status);
        assert!(job.duration.is_some(), "{}", job.project);
    }
    manifest
}

/// Checks that the folder has just the manifest's wheels, with their sizes and hashes.
#[track_caller]
pub fn check_files(sandbox: &Sandbox, output: &str, manifest: &Manifest) {
    let listed: Vec<String> = manifest.artifacts.iter().map(|artifact| artifact.relative_path.as_str().to_owned()).collect();
    assert_eq!(listed, wheels(sandbox, output));
    for artifact in &manifest.artifacts {
        let bytes = std::fs::read(sandbox.path(output).join(artifact.relative_path.as_str())).unwrap();
        assert_eq!(artifact.size_bytes, bytes.len() as u64);
        let hash = manifest::Sha256::from(<[u8; 32]>::from(Sha256::digest(&bytes)));
        assert_eq!(artifact.sha256, hash);
        assert!(artifact.requires_dist.is_some(), "{}", artifact.relative_path);
    }
    let sums = std::fs::read_to_string(sandbox.path(output).join("SHA256SUMS")).ok();
    assert_eq!(sums, (manifest.status == Some(Status::Complete)).then(|| manifest.sha256sums()));
}

/// Checks that everything below a folder is as it was.
#[track_caller]
pub fn check_unchanged(folder: &Path, before: &Snapshot) {
    assert_eq!(changes(before, &snapshot(folder)), Vec::<PathBuf>::new());
}
