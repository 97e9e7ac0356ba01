//! `upload`: into folders, and with `--features full` into buckets of a real S3 API on this machine, through the real `aws`.

mod folder;
mod refusals;
#[cfg(feature = "full")]
mod s3;

use manifest::{Artifact, Extra, Finished, Manifest, RelativePath, Sha256, Status, WheelName, file_name};
use sha2::{Digest, Sha256 as Hasher};
use tests::Sandbox;

/// The wheels of a set: the first half of their names.
const WHEELS: [&str; 2] = ["torch-2.9.0", "triton-3.5.0"];

/// The name of a wheel, by the first half of it.
fn wheel(start: &str) -> String {
    format!("{start}-cp312-cp312-linux_x86_64.whl")
}

/// The path of the manifest that [`set`] writes.
const MANIFEST: &str = "dist/manifests/therock-manifest_torch_py3.12_release-2.9.json";

/// A folder `dist` with wheels, each of which holds this text, and their manifest.
fn set(sandbox: &Sandbox, text: &str) {
    let wheels = WHEELS.map(wheel);
    wheels.iter().for_each(|name| sandbox.write(&format!("dist/{name}"), text));
    write_manifest(sandbox, &wheels, |_| ());
}

/// Writes the manifest of wheels that are there, changed by `change`.
fn write_manifest(sandbox: &Sandbox, wheels: &[String], change: impl FnOnce(&mut Manifest)) {
    let artifact = |name: &String| {
        let content = std::fs::read(sandbox.path(&format!("dist/{name}"))).unwrap();
        let path = RelativePath::parse(name).unwrap();
        Artifact {
            size_bytes: content.len() as u64,
            sha256: Sha256::from(<[u8; 32]>::from(Hasher::digest(&content))),
            source: None,
            labels: WheelName::parse(path.file_name()).unwrap().labels("release"),
            planned_version: None,
            requires_dist: None,
            gfx_targets: None,
            split_from: None,
            extra: Extra::new(),
            relative_path: path,
        }
    };
    let mut manifest = Manifest {
        platform: Some("linux-x86_64".to_owned()),
        python_version: Some("3.12".to_owned()),
        pytorch_git_ref: Some("release/2.9".to_owned()),
        amdgpu_family: Some("gfx94X-dcgpu".to_owned()),
        run_id: Some("12345".to_owned()),
        artifacts: wheels.iter().map(artifact).collect(),
        ..Manifest::new(Status::Complete)
    };
    change(&mut manifest);
    let finished = manifest.status.and_then(Status::finished).unwrap_or(Finished::Complete);
    sandbox.write(&format!("dist/manifests/{}", file_name("3.12", "release/2.9", finished)), &manifest.to_json());
}

/// The keys of a set's objects, in the order in which they are uploaded, below `12345-linux`.
fn keys(base: &str) -> Vec<String> {
    let wheels = WHEELS.iter().map(|start| format!("{base}/12345-linux/python/{}", wheel(start)));
    let manifest = format!("{base}/12345-linux/manifests/gfx94X-dcgpu/{}", MANIFEST.rsplit_once('/').unwrap().1);
    wheels.chain([manifest]).collect()
}

/// The SHA-256 of a text.
fn hash(text: &str) -> Sha256 {
    Sha256::from(<[u8; 32]>::from(Hasher::digest(text)))
}
