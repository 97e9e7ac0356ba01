//! Archives, `RECORD`, and what a wheel says of itself: a good wheel broken in exactly one way, and the code of that.

use serde_json::json;
use tests::Sandbox;
use tests::miniature::{Field, Header, Miniature, header, patch};

use crate::audit::wheels::{TORCH, torch};
use crate::audit::{codes, put};

const INIT: &str = "torch/cuda.py";
const RECORD: &str = "torch-2.13.0+rocm7.14.0.dist-info/RECORD";

#[test]
fn a_good_wheel() {
    let sandbox = Sandbox::new();
    put(&sandbox, TORCH, &torch().pack());
    let before = sandbox.snapshot();
    let (found, report) = codes(&sandbox, &[]);
    assert_eq!(found, Vec::<String>::new(), "{report:#}");
    assert_eq!(report["wheels"][0]["path"], TORCH);
    assert_eq!(report["wheels"][0]["gfx_targets"], json!(["gfx942"]));
    let ended = sandbox.run(&["audit"]).expect(0);
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        (
            "1 wheel, 7.4 KiB: nothing is wrong\n\
             not checked: whether the wheels have code for their GPU targets, and no other: neither a manifest nor `--gfx` says which \
             they are for\n\
             not checked: whether the wheels are for one Python: neither a manifest nor `--python` says which they are for\n\
             not checked: whether the wheels are for one ROCm: neither a manifest nor `--rocm-sdk-version` says which they are for\n\
             not checked: whether the set can be installed and imported: no manifest tells what belongs to it\n",
            ""
        )
    );
    sandbox.assert_unchanged(&before);
}

/// Breaks the wheel before it is packed.
type Before = fn(&mut Miniature);

/// What is wrong with members, `RECORD` and metadata.
const CONTENTS: &[(&str, &str, Before)] = &[
    ("a member that is a file elsewhere", "archive-name", |wheel| wheel.set("torch/../../x.py", "")),
    ("an absolute member", "archive-name", |wheel| wheel.set("/x.py", "")),
    ("a backslash", "archive-name", |wheel| wheel.set("torch\\x.py", "")),
    ("a drive", "archive-name", |wheel| wheel.set("c:x.py", "")),
    ("an escape sequence", "archive-name", |wheel| wheel.set("torch/\u{1b}[2J.py", "")),
    ("names that differ in case only", "archive-twice", |wheel| wheel.set("Torch/__init__.py", "")),
    ("the same name twice", "archive-twice", |wheel| {
        wheel.seal();
        wheel.members.push(wheel.members[0].clone());
    }),
    ("a file that is a folder, too", "archive-twice", |wheel| wheel.set("torch/__init__.py/x.py", "")),
    ("a name that is not marked as UTF-8", "archive-name", |wheel| wheel.set("torch/f\u{fc}nf.py", "")),
    ("no RECORD line", "record-unlisted", |wheel| {
        wheel.seal();
        wheel.set("torch/new.py", "");
    }),
    ("a file that went", "record-absent", |wheel| {
        wheel.set("torch/more.py", "");
        wheel.seal();
        wheel.remove("torch/more.py");
    }),
    ("a file that changed", "record-hash", |wheel| {
        wheel.seal();
        wheel.edit(INIT, "from", "FROM");
    }),
    ("a size that is not so", "record-hash", |wheel| wheel.edit_record(",17\n", ",18\n")),
    ("a hash that proves nothing", "record-hash", |wheel| wheel.edit_record("cuda.py,sha256=", "cuda.py,md5=")),
    ("a file without hash", "record-hash", |wheel| {
        let line = wheel.record().lines().next().unwrap().to_owned();
        wheel.edit_record(&line, "torch/cuda.py,,");
    }),
    ("a line twice", "record", |wheel| {
        let line = wheel.record().lines().next().unwrap().to_owned() + "\n";
        wheel.edit_record(&line, &line.repeat(2));
    }),
    ("a line that is none", "record", |wheel| wheel.edit_record(",17\n", "\n")),
    ("no WHEEL", "wheel-file", |wheel| wheel.remove(&wheel.dist_info("WHEEL"))),
    ("a WHEEL of the future", "wheel-file", |wheel| wheel.edit(&wheel.dist_info("WHEEL"), "1.0", "2.0")),
    ("a compiled wheel that says it is none", "wheel-file", |wheel| wheel.edit(&wheel.dist_info("WHEEL"), "false", "true")),
    ("no word on where it goes", "wheel-file", |wheel| wheel.edit(&wheel.dist_info("WHEEL"), "Root-Is-Purelib: false\n", "")),
    ("other tags", "tags", |wheel| wheel.edit(&wheel.dist_info("WHEEL"), "linux_x86_64", "manylinux_2_28_x86_64")),
    ("a build tag", "tags", |wheel| wheel.edit(&wheel.dist_info("WHEEL"), "Tag:", "Build: 1\nTag:")),
    ("no METADATA", "metadata", |wheel| wheel.remove(&wheel.dist_info("METADATA"))),
    ("METADATA of the future", "metadata", |wheel| wheel.edit(&wheel.dist_info("METADATA"), "Version: 2.4", "Version: 3.0")),
    ("no version", "metadata", |wheel| wheel.edit(&wheel.dist_info("METADATA"), "\nVersion: 2.13.0+rocm7.14.0", "")),
    ("another name", "name", |wheel| wheel.edit(&wheel.dist_info("METADATA"), "Name: torch", "Name: touch")),
    ("another version", "version", |wheel| wheel.edit(&wheel.dist_info("METADATA"), "2.13.0", "2.13.1")),
    ("another Python", "python-range", |wheel| wheel.edit(&wheel.dist_info("METADATA"), ">=3.10", ">=3.13")),
    ("a range that is none", "python-range", |wheel| wheel.edit(&wheel.dist_info("METADATA"), ">=3.10", "3.10 or so")),
    ("metadata of two wheels", "name", |wheel| wheel.set("other-1.dist-info/METADATA", "")),
    ("a file that is called otherwise", "name", |wheel| {
        wheel.seal();
        let mut other = Miniature::new("torch-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl", &[], &[]);
        other.members =
            wheel.members.iter().map(|(name, content)| (name.replace("torch-2.13.0", "torch-2.12.0"), content.clone())).collect();
        *wheel = other;
    }),
];

#[test]
fn each_fault_of_what_is_in_a_wheel_has_its_code() {
    for (what, code, damage) in CONTENTS {
        let sandbox = Sandbox::new();
        let mut wheel = torch();
        damage(&mut wheel);
        put(&sandbox, TORCH, &wheel.pack());
        let (found, report) = codes(&sandbox, &[]);
        assert_eq!(found, [*code], "{what}: {report:#}");
        assert_eq!(codes(&sandbox, &["--allow", code]).1["findings"][0]["severity"], "allowed", "{what}");
    }
}

/// Breaks the wheel's bytes.
type After = fn(&mut Vec<u8>);

/// What is wrong with the archive itself.
const ARCHIVES: &[(&str, &str, After)] = &[
    ("no archive", "archive", |bytes| *bytes = b"no archive".to_vec()),
    ("an empty file", "archive", Vec::clear),
    ("200 kB of zeros", "archive", |bytes| *bytes = vec![0; 200_000]),
    ("cut short", "archive", |bytes| bytes.truncate(bytes.len() - 30)),
    ("bytes behind its end", "archive", |bytes| bytes.extend(b"more")),
    ("bytes before its beginning", "archive", |bytes| drop(bytes.splice(0..0, *b"#!/bin/sh\n"))),
    ("another name in the header", "archive", |bytes| patch(bytes, INIT, Header::Local, Field::NAME, b"T")),
    ("another size in the header", "archive", |bytes| patch(bytes, INIT, Header::Local, Field::SIZES, &[16])),
    ("no header where one should be", "archive", |bytes| {
        let at = header(bytes, INIT, Header::Local);
        bytes[at] = b'p';
    }),
    ("members that overlap", "archive", |bytes| {
        let at = header(bytes, "torch/_rocm_init.py", Header::Listed) + 42;
        bytes[at..at + 4].copy_from_slice(&[5, 0, 0, 0]);
    }),
    ("sizes said to stand behind the content", "archive", |bytes| patch(bytes, INIT, Header::Both, Field::FLAGS, &[8])),
    ("a member less than is said", "archive", |bytes| {
        let end = bytes.len() - 22;
        bytes[end + 8] += 1;
        bytes[end + 10] += 1;
    }),
    ("a list shorter than is said", "archive", |bytes| end(bytes, 12)),
    ("a list that begins elsewhere than is said", "archive", |bytes| end(bytes, 16)),
    ("a second disk", "archive", |bytes| end(bytes, 4)),
    ("members on this disk that are not all", "archive", |bytes| end(bytes, 8)),
    ("bytes between its list and its end", "archive", |bytes| {
        let at = bytes.len() - 22;
        bytes.splice(at..at, *b"hidden");
    }),
    ("content that changed", "archive-content", |bytes| {
        let at = header(bytes, INIT, Header::Local) + 30 + INIT.len();
        bytes[at] ^= 1;
    }),
    ("another checksum", "archive-content", |bytes| patch(bytes, INIT, Header::Both, Field::CRC, &[1, 2, 3, 4])),
    ("a content size that is too small", "archive-content", |bytes| lie(bytes, INIT, 5)),
    ("a content size that is too large", "archive-content", |bytes| lie(bytes, INIT, 1000)),
    ("stored, and said to be deflated", "archive-content", |bytes| patch(bytes, INIT, Header::Both, Field::METHOD, &[8])),
    ("an encrypted member", "archive-kind", |bytes| patch(bytes, INIT, Header::Both, Field::FLAGS, &[1])),
    ("a method that no installer knows", "archive-kind", |bytes| patch(bytes, INIT, Header::Both, Field::METHOD, &[93])),
    ("a symbolic link", "archive-kind", |bytes| {
        let at = header(bytes, INIT, Header::Listed) + 38;
        bytes[at..at + 4].copy_from_slice(&(0o120_777u32 << 16).to_le_bytes());
    }),
    ("a symbolic link, made on Windows", "archive-kind", |bytes| {
        let at = header(bytes, INIT, Header::Listed);
        bytes[at + 5] = 0;
        bytes[at + 38..at + 42].copy_from_slice(&(0o120_777u32 << 16).to_le_bytes());
    }),
    ("a pipe", "archive-kind", |bytes| {
        let at = header(bytes, INIT, Header::Listed) + 38;
        bytes[at..at + 4].copy_from_slice(&(0o010_644u32 << 16).to_le_bytes());
    }),
    ("more than a disk has", "archive-bomb", |bytes| lie(bytes, INIT, 0xffff_fffe)),
    ("no RECORD", "record", |bytes| patch(bytes, RECORD, Header::Both, Field::NAME, b"torch-2.13.0+rocm7.14.0.dist-info/RECORX")),
];

/// Changes the byte of the archive's end that stands there.
fn end(bytes: &mut [u8], at: usize) {
    let end = bytes.len() - 22;
    bytes[end + at] ^= 1;
}

#[test]
fn a_fault_of_the_archive_that_is_allowed_hides_nothing() {
    let sandbox = Sandbox::new();
    let mut wheel = torch();
    wheel.remove("torch/_rocm_init.py");
    wheel.edit_record(",17\n", ",18\n");
    let mut bytes = wheel.pack();
    bytes.extend(b"more");
    put(&sandbox, TORCH, &bytes);
    assert_eq!(codes(&sandbox, &[]).0, ["archive"]);
    let (found, report) = codes(&sandbox, &["--allow", "archive"]);
    assert_eq!(found, ["record-hash", "content", "archive"], "{report:#}");
    let mut bytes = wheel.pack();
    lie(&mut bytes, INIT, 0xffff_fffe);
    put(&sandbox, TORCH, &bytes);
    assert_eq!(codes(&sandbox, &[]).0, ["archive-bomb"]);
    let (found, report) = codes(&sandbox, &["--allow", "archive-bomb"]);
    assert_eq!(found, ["archive-content", "content", "archive-bomb"], "{report:#}");
}

/// Says in both headers that a member's content has so many bytes.
fn lie(bytes: &mut [u8], name: &str, size: u32) {
    for (which, at) in [(Header::Local, 22), (Header::Listed, 24)] {
        let at = header(bytes, name, which) + at;
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }
}

#[test]
fn each_fault_of_an_archive_has_its_code() {
    for (what, code, damage) in ARCHIVES {
        let sandbox = Sandbox::new();
        let mut bytes = torch().pack();
        damage(&mut bytes);
        put(&sandbox, TORCH, &bytes);
        let (found, report) = codes(&sandbox, &[]);
        assert_eq!(found, [*code], "{what}: {report:#}");
    }
}

/// All broken wheels, by what is wrong with them.
#[cfg(feature = "full")]
pub fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let contents = CONTENTS.iter().map(|(what, _, damage)| {
        let mut wheel = torch();
        damage(&mut wheel);
        (*what, wheel.pack())
    });
    let archives = ARCHIVES.iter().map(|(what, _, damage)| {
        let mut bytes = torch().pack();
        damage(&mut bytes);
        (*what, bytes)
    });
    contents.chain(archives).collect()
}
