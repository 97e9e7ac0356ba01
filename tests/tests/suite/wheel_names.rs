//! Wheel names as this project and Python's own `packaging` take them apart: the real package, from pip's index.
#![cfg(feature = "full")]

use std::path::Path;
use std::process::Command;

use manifest::WheelName;
use serde_json::{Value, json};

const NAMES: &str = include_str!("../../../manifest/tests/data/wheel_names.txt");

/// Newer ones refuse more, and so move towards what this project refuses.
const PACKAGING: &str = "packaging==26.3";

/// Reads a JSON array of names and prints, for each, its parts or null.
const PROGRAM: &str = r#"
import json, sys
from packaging.utils import parse_wheel_filename
def parts(name):
    try:
        distribution, version, build, tags = parse_wheel_filename(name)
    except ValueError:
        return None
    return [distribution, str(version), list(build), sorted(map(str, tags))]
json.dump([parts(name) for name in json.load(sys.stdin)], sys.stdout)
"#;

#[test]
fn packaging_agrees() {
    let rows: Vec<Value> =
        NAMES.lines().filter(|line| line.starts_with('[')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&Value> = rows.iter().map(|row| &row[0]).collect();
    let theirs = packaging(&json!(names).to_string());
    let mut agreeing = 0;
    for (row, theirs) in rows.iter().zip(&theirs) {
        let ours = WheelName::parse(row[0].as_str().unwrap()).map_or(Value::Null, |wheel| parts(&wheel));
        if row.get(2).is_some() {
            assert!(ours.is_null() && !theirs.is_null(), "{row} is no longer a difference: {theirs}");
        } else {
            assert_eq!(&ours, theirs, "{row}");
            agreeing += 1;
        }
    }
    assert!(agreeing >= 300, "{agreeing}");
}

/// What `packaging` returns: the build tag as a number and the rest, the tags as every combination, in lower case.
fn parts(wheel: &WheelName) -> Value {
    let build = wheel.build_tag().map_or_else(Vec::new, |tag| {
        let rest = tag.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let number: u64 = tag[..tag.len() - rest.len()].parse().unwrap();
        vec![json!(number), json!(rest)]
    });
    let mut tags = Vec::new();
    for python in wheel.python_tag().split('.') {
        for abi in wheel.abi_tag().split('.') {
            tags.extend(wheel.platform_tag().split('.').map(|platform| format!("{python}-{abi}-{platform}").to_lowercase()));
        }
    }
    tags.sort_unstable();
    json!([wheel.normalized_distribution(), wheel.parsed_version().to_string(), build, tags])
}

fn packaging(names: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let venv = folder.path().join("venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let names_file = folder.path().join("names.json");
    std::fs::write(&names_file, names).unwrap();
    succeed(Command::new(&tests::pythons()[0].path).args(["-m", "venv"]).arg(&venv));
    succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGING]));
    serde_json::from_str(&answer(&python, &names_file)).unwrap()
}

fn answer(python: &Path, names: &Path) -> String {
    let input = std::fs::File::open(names).unwrap();
    succeed(Command::new(python).args(["-c", PROGRAM]).stdin(input))
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
