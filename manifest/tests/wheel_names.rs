//! Real and hostile wheel names, each with what becomes of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use manifest::WheelName;
use serde_json::{Value, json};

const NAMES: &str = include_str!("data/wheel_names.txt");

fn rows() -> impl Iterator<Item = Value> {
    NAMES.lines().filter(|line| line.starts_with('[')).map(|line| serde_json::from_str(line).unwrap())
}

#[test]
fn every_name_has_its_parts_or_its_fault() {
    for row in rows() {
        let found = match WheelName::parse(row[0].as_str().unwrap()) {
            Ok(wheel) => {
                assert_eq!(wheel.to_string(), row[0].as_str().unwrap());
                let tags = format!("{}-{}-{}", wheel.python_tag(), wheel.abi_tag(), wheel.platform_tag());
                let version = wheel.parsed_version().to_string();
                json!([wheel.normalized_distribution(), version, wheel.build_tag().unwrap_or_default(), tags])
            }
            Err(error) => json!(error.fault.to_string()),
        };
        assert_eq!(found, row[1], "{}", row[0]);
    }
}

#[test]
fn there_are_enough_of_each_kind() {
    let sections: Vec<usize> =
        NAMES.split("\n\n").skip(1).map(|section| section.lines().filter(|line| line.starts_with('[')).count()).collect();
    assert_eq!(sections.len(), 14);
    assert!(sections.iter().all(|names| *names >= 10), "{sections:?}");
    let agreeing = rows().filter(|row| row.get(2).is_none()).count();
    assert!(agreeing >= 300 && sections[0] >= 150, "{agreeing} {sections:?}");
    let mut names: Vec<String> = rows().map(|row| row[0].to_string()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}
