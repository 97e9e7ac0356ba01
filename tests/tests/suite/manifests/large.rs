//! Large files and many files.

use std::time::{Duration, Instant};

use manifest::{FolderFile, Given, Manifest, Sha256};
#[cfg(feature = "full")]
use serde_json::json;
#[cfg(feature = "full")]
use tests::{Sandbox, finish};

#[cfg(feature = "full")]
use crate::manifests::wheels::{UNKNOWN, generate};

const BUILD: &str = include_str!("../../../../manifest/schema/examples/incomplete.json");

/// A debug build on a busy machine takes half a minute; a quadratic algorithm takes hours.
#[test]
fn a_hundred_thousand_artifacts() {
    let build = Manifest::parse(BUILD).unwrap();
    let wheel = |index: usize| FolderFile {
        path: format!("d{:02}/torch-2.{index}.0-cp312-cp312-linux_x86_64.whl", index % 100),
        size_bytes: index as u64,
        sha256: Sha256::parse(&format!("{index:064x}")).unwrap(),
    };
    let start = Instant::now();
    let wheels: Vec<FolderFile> = (0..100_000).map(wheel).collect();
    let manifest = manifest::generate(&wheels, Some(&build), Given::default(), "release").unwrap().manifest;
    let read = Manifest::parse(&manifest.to_json()).unwrap();
    assert_eq!(read.artifacts, manifest.artifacts);
    assert_eq!(read.verify(&wheels), []);
    assert_eq!(read.sha256sums().lines().count(), 100_000);
    assert!(start.elapsed() < Duration::from_secs(240), "{:?}", start.elapsed());
}

/// More than 32 bits can say. A hole takes no room on the disk.
#[cfg(feature = "full")]
#[test]
fn a_file_of_more_than_four_gibibytes() {
    let sandbox = Sandbox::new();
    let name = "torch-2.13.0-cp312-cp312-linux_x86_64.whl";
    let size = (4u64 << 30) + 1;
    sandbox.make_folder("dist");
    std::fs::File::create(sandbox.path("dist").join(name)).unwrap().set_len(size).unwrap();
    generate(&sandbox, &[]).expect(0);
    let artifact = sandbox.json(UNKNOWN)["artifacts"][0].clone();
    assert_eq!((&artifact["size_bytes"], &artifact["requires_dist"]), (&json!(size), &json!(null)));
    finish(sandbox.command("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(sandbox.path("dist"))).expect(0);
    let ended = sandbox.run(&["manifest", "verify", UNKNOWN]).expect(0);
    assert_eq!(ended.stdout, "1 wheel, 4.0 GiB: as the manifest says\n");
}

#[cfg(feature = "full")]
#[test]
fn a_hundred_thousand_wheels() {
    let sandbox = Sandbox::new();
    let name = |number: usize| format!("dist/{}/p{number}-1-py3-none-any.whl", number % 100);
    let count = 100_000;
    (0..100).for_each(|folder| sandbox.make_folder(&format!("dist/{folder}")));
    (0..count).for_each(|number| std::fs::write(sandbox.path(&name(number)), "text").unwrap());
    generate(&sandbox, &[]).expect(0);
    let manifest = "dist/manifests/therock-manifest_torch_py_unknown.json";
    let ended = sandbox.run(&["manifest", "verify", manifest]).expect(0);
    assert_eq!(ended.stdout, "100000 wheels, 390.6 KiB: as the manifest says\n");
    // What differs everywhere is told in a page.
    (0..count).step_by(2).for_each(|number| std::fs::remove_file(sandbox.path(&name(number))).unwrap());
    let ended = sandbox.run(&["manifest", "verify", manifest]).expect(5);
    assert_eq!(ended.stderr.lines().count(), 22, "{}", ended.stderr);
    assert!(ended.stderr.contains("error[missing]: and 49980 more\n"), "{}", ended.stderr);
}
