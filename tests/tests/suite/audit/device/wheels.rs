//! Wheels that others published, pinned by hash: what we list, and what clang's bundler lists of the same bytes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use tests::{Sandbox, finish, pythons};

/// Each with its hash. Together 55 MB.
const PINNED: [(&str, &str); 3] = [
    ("jax-rocm7-plugin==0.12.0", "56ea9cb8b20b2155307da1c7f81941d6811954d8ce3431ffe8d56aa251b725de"),
    ("jax-rocm60-plugin==0.5.0", "c2bc3c6f78a63d1c04d10ed3279807fd83e19e2ed495cc6717d5e443fefa551f"),
    ("bitsandbytes==0.50.2", "55348a9a4a21bfd99cf8c7b32fe67b4030ae5c2a05738e03c1747f65fa6ec283"),
];

/// Where they are kept from one run of the tests to the next: pip takes what is there if its hash is right.
static DOWNLOADED: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wheels");
    std::fs::create_dir_all(&folder).unwrap();
    let lines: String = PINNED.iter().map(|(name, hash)| format!("{name} --hash=sha256:{hash}\n")).collect();
    std::fs::write(folder.join("requirements.txt"), lines).unwrap();
    let mut pip = Command::new(&pythons().last().unwrap().path);
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--python-version",
        "3.12",
    ]);
    for tag in ["manylinux_2_24_x86_64", "manylinux_2_27_x86_64", "manylinux_2_28_x86_64"] {
        pip.args(["--platform", tag]);
    }
    finish(pip.args(["--requirement", "requirements.txt", "--dest", "."]).current_dir(&folder)).expect(0);
    folder
});

fn wheel(prefix: &str) -> PathBuf {
    let entries = std::fs::read_dir(&*DOWNLOADED).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix)).unwrap()
}

/// A member's name, the form of its code objects, and their targets.
type Listed = (String, String, BTreeSet<String>);

/// What the tool lists of a wheel: all targets, and each member.
fn listed(prefix: &str) -> (Vec<String>, Vec<Listed>) {
    let path = wheel(prefix);
    let ended = Sandbox::new().run(&["audit", "--device-code", path.to_str().unwrap(), "--format", "json"]).expect(0);
    let value: Value = serde_json::from_str(&ended.stdout).unwrap();
    let [file] = value.as_array().unwrap().as_slice() else { panic!("{value}") };
    assert_eq!(file["faults"], Value::Array(vec![]));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut members: Vec<Listed> = Vec::new();
    for object in file["objects"].as_array().unwrap() {
        let (member, form, target) = (text(&object["member"]), text(&object["form"]), text(&object["target"]));
        match members.iter_mut().find(|known| known.0 == member && known.1 == form) {
            Some(known) => drop(known.2.insert(target)),
            None => members.push((member, form, [target].into())),
        }
    }
    members.sort();
    (file["gfx_targets"].as_array().unwrap().iter().map(text).collect(), members)
}

/// The targets that clang's bundler lists of all bundles in a wheel's members; it is told where they might begin, and judges that itself.
fn judged(prefix: &str) -> Vec<(String, BTreeSet<String>)> {
    let sandbox = Sandbox::new();
    finish(sandbox.command(&pythons().last().unwrap().path).args(["-m", "zipfile", "-e"]).arg(wheel(prefix)).arg("out"))
        .expect(0);
    let mut found = Vec::new();
    for package in sandbox.files("out").iter().filter(|name| !name.ends_with(".dist-info")) {
        for name in sandbox.files(&format!("out/{package}")).iter().filter(|name| name.ends_with(".so")) {
            let member = format!("{package}/{name}");
            let bytes = std::fs::read(sandbox.path(&format!("out/{member}"))).unwrap();
            let targets: BTreeSet<String> = bundles(&bytes).into_iter().flat_map(|bundle| targets(&sandbox, bundle)).collect();
            if !targets.is_empty() {
                found.push((member, targets));
            }
        }
    }
    found.sort();
    found
}

fn bundles(bytes: &[u8]) -> Vec<&[u8]> {
    let number = |at: usize, size: usize| {
        bytes.get(at..at + size).map_or(0, |field| field.iter().rev().fold(0, |sum, byte| sum << 8 | *byte as usize))
    };
    let mut found = Vec::new();
    for at in (0..bytes.len()).filter(|at| bytes[*at] == b'_' || bytes[*at] == b'C') {
        if bytes[at..].starts_with(b"__CLANG_OFFLOAD_BUNDLE__") {
            found.push(&bytes[at..]);
        } else if bytes[at..].starts_with(b"CCOB") {
            let size = if number(at + 4, 2) == 2 { number(at + 8, 4) } else { number(at + 8, 8) };
            found.extend(at.checked_add(size).and_then(|end| bytes.get(at..end)));
        }
    }
    found
}

fn targets(sandbox: &Sandbox, bundle: &[u8]) -> Vec<String> {
    std::fs::write(sandbox.path("bundle"), bundle).unwrap();
    let ended = finish(sandbox.command("clang-offload-bundler-22").args(["-list", "-type=bc", "-input=bundle"]));
    ended.stdout.lines().filter_map(|id| id.split_once("amdhsa--")).map(|(_, target)| target.to_owned()).collect()
}

/// What we list is what the bundler lists, in these forms, and nothing else.
#[track_caller]
fn assert_listed(prefix: &str, expected: &[(&str, &str, usize)]) -> Vec<String> {
    let (all, members) = listed(prefix);
    let counts: Vec<_> = members.iter().map(|(member, form, targets)| (member.as_str(), form.as_str(), targets.len())).collect();
    assert_eq!(counts, expected);
    let ours: Vec<_> = members.into_iter().map(|(member, _, targets)| (member, targets)).collect();
    assert_eq!(ours, judged(prefix));
    all
}

#[test]
fn compressed_bundles_of_version_3() {
    let form = "compressed-bundle-v3";
    let members = ["_linalg", "_prng", "_solver"].map(|name| format!("jax_rocm7_plugin/{name}.so"));
    let all = assert_listed("jax_rocm7_plugin-0.12.0", &members.each_ref().map(|member| (member.as_str(), form, 27)));
    assert_eq!(all.len(), 27);
    for target in ["gfx1250", "gfx942", "gfx900"] {
        assert!(all.iter().any(|found| found == target), "{all:?}");
    }
}

#[test]
fn uncompressed_bundles() {
    let members = ["_blas", "_linalg", "_prng", "_solver"].map(|name| format!("jax_rocm60_plugin/{name}.so"));
    let all = assert_listed("jax_rocm60_plugin-0.5.0", &members.each_ref().map(|member| (member.as_str(), "bundle", 11)));
    let expected =
        ["gfx1030", "gfx1100", "gfx1200", "gfx1201", "gfx900", "gfx906", "gfx908", "gfx90a", "gfx940", "gfx941", "gfx942"];
    assert_eq!(all, expected);
}

/// Six libraries for ROCm, of which two are of version 2; seven for CUDA and two for SYCL have none of it.
#[test]
fn libraries_for_other_makers_hold_nothing() {
    let (two, three) = ("compressed-bundle-v2", "compressed-bundle-v3");
    let libraries =
        [("64", two, 14), ("70", two, 15), ("71", three, 15), ("714", three, 25), ("715", three, 25), ("72", three, 15)];
    let members = libraries.map(|(version, form, count)| (format!("bitsandbytes/libbitsandbytes_rocm{version}.so"), form, count));
    let all =
        assert_listed("bitsandbytes-0.50.2", &members.each_ref().map(|(member, form, count)| (member.as_str(), *form, *count)));
    assert_eq!(all.len(), 25);
}
