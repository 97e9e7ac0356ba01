//! What Python's `zipfile`, `packaging`, `pip` and `check-wheel-contents` think of the same wheels, where they check the same thing.
#![cfg(feature = "full")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tests::{Sandbox, finish, project};

use crate::audit::archives::broken;
use crate::audit::wheels::{TORCH, torch};

const GOOD: &str = "a good wheel";

const ZIPFILE: &str = "zipfile";
const PACKAGING: &str = "packaging";
const PIP: &str = "pip";
const CONTENTS: &str = "check-wheel-contents";

/// Who must refuse which of the broken wheels. Who is not named looks elsewhere, and may think of it what it likes.
const REFUSED: &[(&str, &[&str])] = &[
    ("200 kB of zeros", &[ZIPFILE, PACKAGING, PIP, CONTENTS]),
    ("METADATA of the future", &[PACKAGING]),
    ("a WHEEL of the future", &[PIP]),
    ("a content size that is too small", &[ZIPFILE, PIP]),
    ("a file that is a folder, too", &[PIP, CONTENTS]),
    ("a file that is called otherwise", &[PACKAGING, PIP, CONTENTS]),
    ("a line that is none", &[CONTENTS]),
    ("a line twice", &[CONTENTS]),
    ("a list shorter than is said", &[ZIPFILE, PACKAGING, PIP, CONTENTS]),
    ("a list that begins elsewhere than is said", &[ZIPFILE, PACKAGING, PIP, CONTENTS]),
    ("a member that is a file elsewhere", &[PIP, CONTENTS]),
    ("a method that no installer knows", &[ZIPFILE, PIP]),
    ("a range that is none", &[PACKAGING]),
    ("an absolute member", &[PIP, CONTENTS]),
    ("an empty file", &[ZIPFILE, PACKAGING, PIP, CONTENTS]),
    ("an encrypted member", &[ZIPFILE, PIP]),
    ("another Python", &[PACKAGING, PIP]),
    ("another checksum", &[ZIPFILE, PIP]),
    ("another name", &[PACKAGING]),
    ("another name in the header", &[ZIPFILE, PIP]),
    ("another version", &[PACKAGING]),
    ("bytes between its list and its end", &[ZIPFILE, PACKAGING, PIP, CONTENTS]),
    ("content that changed", &[ZIPFILE, PIP]),
    ("cut short", &[ZIPFILE, PACKAGING, PIP, CONTENTS]),
    ("members that overlap", &[ZIPFILE, PIP]),
    ("metadata of two wheels", &[PIP, CONTENTS]),
    ("no METADATA", &[PACKAGING, PIP]),
    ("no RECORD", &[PIP, CONTENTS]),
    ("no WHEEL", &[PACKAGING, PIP, CONTENTS]),
    ("no archive", &[ZIPFILE, PACKAGING, PIP, CONTENTS]),
    ("no header where one should be", &[ZIPFILE, PIP]),
    ("no version", &[PACKAGING, PIP]),
    ("no word on where it goes", &[CONTENTS]),
    ("other tags", &[PACKAGING]),
    ("stored, and said to be deflated", &[ZIPFILE, PIP]),
];

/// The interpreter that `check-wheel-contents` and `packaging` are installed for.
fn interpreter() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut folders = std::env::split_paths(&path);
    let program = folders.find_map(|folder| folder.join("check-wheel-contents").canonicalize().ok());
    program.expect("`check-wheel-contents` is not on PATH").with_file_name("python3")
}

#[test]
fn others_refuse_what_is_refused_here() {
    let sandbox = Sandbox::new();
    let broken: BTreeMap<&str, Vec<u8>> = broken().into_iter().collect();
    let named = |what: &str| broken.get(what).unwrap_or_else(|| panic!("there is no such case: {what}"));
    let wheels = REFUSED.iter().map(|(what, _)| (*what, named(what).clone())).chain([(GOOD, torch().pack())]);
    for (what, bytes) in wheels {
        sandbox.make_folder(&format!("wheels/{what}"));
        std::fs::write(sandbox.path("wheels").join(what).join(TORCH), bytes).unwrap();
    }
    let script = project().join("tests/tests/suite/audit/judges.py");
    let ended = finish(sandbox.command(interpreter()).arg("-B").arg(script).arg(sandbox.path("wheels"))).expect(0);
    let refused: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(refused[GOOD], BTreeMap::new());
    for (what, judges) in REFUSED {
        let by: BTreeSet<&str> = refused[*what].keys().map(String::as_str).collect();
        let silent: Vec<&&str> = judges.iter().filter(|judge| !by.contains(**judge)).collect();
        assert!(silent.is_empty(), "{what}: {silent:?} do not mind; others say {:?}", refused[*what]);
    }
}
