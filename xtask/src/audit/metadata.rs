//! `WHEEL` and `METADATA`: whether they are there, say what they must, and agree with the file's name.

use std::collections::BTreeSet;
use std::str::FromStr;

use manifest::{WheelName, shown};
use pep440_rs::{Version, VersionSpecifiers};

use super::requirement::normalized;
use super::wheel::Wheel;
use super::{Code, Finding};

/// The versions of the format of `METADATA` that there are.
const VERSIONS: [&str; 8] = ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"];

/// The values of a header field, in the order of their lines. A line that begins with a blank goes on with the one before.
pub fn values(text: &str, field: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let mut is_ours = false;
    for line in text.lines().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let (true, Some(value)) = (is_ours, values.last_mut()) {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        is_ours = name.eq_ignore_ascii_case(field);
        if is_ours {
            values.push(value.trim().to_owned());
        }
    }
    values
}

/// The one folder of metadata, which must be called as the file is.
///
/// # Errors
/// What is wrong with it.
pub fn dist_info(wheel: &Wheel, name: &WheelName) -> Result<String, Finding> {
    let folders: BTreeSet<&str> = wheel
        .members
        .iter()
        .filter_map(|member| member.name.split_once('/'))
        .map(|(folder, _)| folder)
        .filter(|folder| folder.ends_with(".dist-info"))
        .collect();
    let list = || folders.iter().map(|folder| format!("`{}`", shown(folder))).collect::<Vec<_>>().join(", ");
    let [folder] = Vec::from_iter(&folders)[..] else {
        let text = if folders.is_empty() {
            "it has no `.dist-info` folder".to_owned()
        } else {
            format!("it has {}, not one folder of metadata", list())
        };
        return Err(Finding::new(Code::Name, text));
    };
    let stem = folder.trim_end_matches(".dist-info");
    let is_same = stem.rsplit_once('-').is_some_and(|(distribution, version)| {
        same_name(distribution, name) && Version::from_str(version).is_ok_and(|version| version == *name.parsed_version())
    });
    if is_same {
        return Ok((*folder).to_owned());
    }
    let text = format!("its folder of metadata is {}, and not that of {} {}", list(), name.distribution(), name.version());
    Err(Finding::new(Code::Name, text))
}

fn same_name(distribution: &str, name: &WheelName) -> bool {
    normalized(distribution) == name.normalized_distribution()
}

/// The requirements of a wheel, as written in its metadata; nothing if that cannot be read, which is a finding of its own.
pub(super) fn requires(wheel: &Wheel, name: &WheelName) -> Option<Vec<String>> {
    let folder = dist_info(wheel, name).ok()?;
    Some(values(wheel.text(&format!("{folder}/METADATA"))?, "Requires-Dist"))
}

/// What is wrong with `WHEEL` and `METADATA` in the folder of metadata.
pub fn findings(wheel: &Wheel, dist_info: &str, name: &WheelName) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, code, check) in [
        ("WHEEL", Code::WheelFile, wheel_file as fn(&Wheel, &str, &str, &WheelName) -> Vec<Finding>),
        ("METADATA", Code::Metadata, metadata),
    ] {
        let path = format!("{dist_info}/{file}");
        match wheel.text(&path) {
            Some(text) => findings.extend(check(wheel, &path, text, name)),
            // What is there and could not be read is told already.
            None if wheel.members.iter().any(|member| member.name == path) => {}
            None => findings.push(Finding::new(code, format!("there is no `{}`", shown(&path)))),
        }
    }
    findings
}

fn wheel_file(wheel: &Wheel, path: &str, text: &str, name: &WheelName) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |code: Code, text: String| findings.push(Finding::of_member(code, path, text));
    match &values(text, "Wheel-Version")[..] {
        [version] if version.split_once('.').is_some_and(|(major, minor)| major == "1" && minor.parse::<u32>().is_ok()) => {}
        others => wrong(Code::WheelFile, format!("its `Wheel-Version` is {}, not one of 1.x", listed(others))),
    }
    let is_compiled = |name: &str| name.ends_with(".pyd") || name.ends_with(".so");
    match &values(text, "Root-Is-Purelib")[..] {
        [value] if value.eq_ignore_ascii_case("false") => {}
        [value] if value.eq_ignore_ascii_case("true") => {
            if let Some(member) = wheel.members.iter().find(|member| is_compiled(&member.name)) {
                wrong(Code::WheelFile, format!("`Root-Is-Purelib` is `true`, and `{}` is compiled", shown(&member.name)));
            }
        }
        others => wrong(Code::WheelFile, format!("its `Root-Is-Purelib` is {}, not `true` or `false`", listed(others))),
    }
    let said: BTreeSet<String> = values(text, "Tag").into_iter().collect();
    let expected = tags(name);
    if said != expected {
        let list = |tags: &BTreeSet<String>| listed(&tags.iter().cloned().collect::<Vec<_>>());
        wrong(Code::Tags, format!("its tags are {}, and the file's name says {}", list(&said), list(&expected)));
    }
    let build = values(text, "Build");
    if build.first().map(String::as_str) != name.build_tag() || build.len() > 1 {
        let named = name.build_tag().map(str::to_owned);
        wrong(Code::Tags, format!("its build tag is {}, and the file's name says {}", listed(&build), listed(named.as_slice())));
    }
    findings
}

/// Every combination of the tags in a file's name.
fn tags(name: &WheelName) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    for python in name.python_tag().split('.') {
        for abi in name.abi_tag().split('.') {
            tags.extend(name.platform_tag().split('.').map(|platform| format!("{python}-{abi}-{platform}")));
        }
    }
    tags
}

fn metadata(_: &Wheel, path: &str, text: &str, name: &WheelName) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut wrong = |code: Code, text: String| findings.push(Finding::of_member(code, path, text));
    match &values(text, "Metadata-Version")[..] {
        [version] if VERSIONS.contains(&version.as_str()) => {}
        others => wrong(Code::Metadata, format!("its `Metadata-Version` is {}, which no installer knows", listed(others))),
    }
    match &values(text, "Name")[..] {
        [value] if same_name(value, name) => {}
        [value] => wrong(Code::Name, format!("its `Name` is `{}`, and the file's is `{}`", shown(value), name.distribution())),
        others => wrong(Code::Metadata, format!("its `Name` is {}, not one name", listed(others))),
    }
    match &values(text, "Version")[..] {
        [value] => match Version::from_str(value) {
            Ok(version) if version == *name.parsed_version() => {}
            Ok(_) => wrong(Code::Version, format!("its `Version` is `{}`, and the file's is `{}`", shown(value), name.version())),
            Err(_) => wrong(Code::Metadata, format!("its `Version`, `{}`, is not a PEP 440 version", shown(value))),
        },
        others => wrong(Code::Metadata, format!("its `Version` is {}, not one version", listed(others))),
    }
    match &values(text, "Requires-Python")[..] {
        [] => {}
        [value] => {
            if let Some(fault) = python_fault(value, name) {
                wrong(Code::PythonRange, fault);
            }
        }
        _ => wrong(Code::Metadata, "it has several `Requires-Python`".to_owned()),
    }
    findings
}

/// What is wrong with the Pythons that a wheel admits: it must admit those that its name says.
fn python_fault(range: &str, name: &WheelName) -> Option<String> {
    let Ok(specifiers) = VersionSpecifiers::from_str(range) else {
        return Some(format!("its `Requires-Python`, `{}`, is not a PEP 440 version specifier", shown(range)));
    };
    let refused = name.python_tag().split('.').find(|tag| !admits(&specifiers, tag))?;
    Some(format!("its `Requires-Python`, `{}`, excludes `{refused}`, which it is built for", shown(range)))
}

/// Whether a range admits some release of the Python that a tag names; a tag without a minor version names none.
fn admits(specifiers: &VersionSpecifiers, tag: &str) -> bool {
    let digits = tag.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let Some((major, minor)) = digits.split_at_checked(1).filter(|(_, minor)| !minor.is_empty()) else { return true };
    let (Ok(major), Ok(minor)) = (major.parse::<u64>(), minor.parse::<u64>()) else { return true };
    // A range may begin at a later fix.
    [0, 99].into_iter().any(|patch| specifiers.contains(&Version::new([major, minor, patch])))
}

fn listed(values: &[String]) -> String {
    match values {
        [] => "absent".to_owned(),
        values => values.iter().map(|value| format!("`{}`", shown(value))).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons() {
        let name = |tag: &str| WheelName::parse(&format!("x-1-{tag}-none-any.whl")).unwrap();
        for (range, tag, fault) in [
            (">=3.10", "cp312", None),
            (">=3.12.4", "cp312", None),
            (">=3.10,<3.15", "cp312", None),
            (">=3.10", "py3", None),
            (">=3", "py2.py3", None),
            (">=3.13", "cp312", Some("its `Requires-Python`, `>=3.13`, excludes `cp312`, which it is built for")),
            ("3.12", "cp312", Some("its `Requires-Python`, `3.12`, is not a PEP 440 version specifier")),
            ("<3.14", "cp314", Some("its `Requires-Python`, `<3.14`, excludes `cp314`, which it is built for")),
        ] {
            assert_eq!(python_fault(range, &name(tag)).as_deref(), fault, "{range} {tag}");
        }
    }
}
