//! Each code of a finding has a fixture, and its line in the README.

use std::path::{Path, PathBuf};

use tests::project;
use xtask::audit::Code;

/// All that is asserted of findings: of wheels, of builds, and of sets that are installed, whose programs ended in a known way.
fn asserted() -> String {
    let mut files = vec![project().join("tests/tests/suite/build/trial.rs")];
    sources(&project().join("tests/tests/suite/audit"), &mut files);
    let of_proof = read(&project().join("xtask/src/audit/proof.rs"));
    let (_, unit_tests) = of_proof.split_once("#[cfg(test)]").unwrap();
    files.iter().map(|file| read(file)).collect::<String>() + unit_tests
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, into),
            // This file names no code, but what it looks for must not be found in it.
            false if !path.ends_with("every.rs") => into.push(path),
            false => {}
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The codes of which this is not so.
fn without(is_so: impl Fn(Code) -> bool) -> Vec<&'static str> {
    Code::ALL.into_iter().filter(|code| !is_so(*code)).map(Code::name).collect()
}

#[test]
fn each_code_has_a_fixture() {
    let asserted = asserted();
    let is_there = |code: Code| {
        let spellings = [format!("\"{code}\""), format!("error[{code}]"), format!("Code::{code:?},")];
        spellings.iter().any(|spelling| asserted.contains(spelling))
    };
    assert_eq!(without(is_there), Vec::<&str>::new());
}

#[test]
fn the_readme_says_what_each_code_means() {
    let readme = read(&project().join("README.md"));
    let rows = |code: Code| readme.lines().filter(|line| line.starts_with(&format!("| `{code}` | "))).count();
    assert_eq!(without(|code| rows(code) == 1), Vec::<&str>::new());
}
