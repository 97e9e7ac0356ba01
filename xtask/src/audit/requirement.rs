//! Requirements of packages on packages, as `Requires-Dist` spells them: name, extras, versions and when it counts.
//! Source: <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>

mod marker;

use std::str::FromStr;

use manifest::{WheelName, shown};
use pep440_rs::{Version, VersionSpecifiers};

pub use marker::Markers;

/// A requirement, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The distribution, in the form in which names are compared.
    pub name: String,
    /// Its extras, in that form, too.
    pub extras: Vec<String>,
    /// What is said of its version: empty for any, nothing if it is an address or cannot be read.
    pub versions: Option<VersionSpecifiers>,
    /// What is said of the version, as it is spelled.
    pub versions_text: String,
    /// When it counts, as it is spelled.
    pub marker: Option<String>,
}

impl Requirement {
    /// Takes a requirement apart; one without a name is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, marker) = match text.split_once(';') {
            Some((text, marker)) => (text, Some(marker.trim().to_owned())),
            None => (text, None),
        };
        let is_of_name = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        let text = text.trim();
        let (name, rest) = text.split_at(text.find(|character| !is_of_name(character)).unwrap_or(text.len()));
        let rest = rest.trim();
        let (extras, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((extras, rest)) => (extras, rest.trim()),
            None => ("", rest),
        };
        let extras = extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()).map(normalized).collect();
        let versions_text = rest.trim_start_matches('(').trim_end_matches(')').trim().to_owned();
        let versions = VersionSpecifiers::from_str(&versions_text).ok();
        (!name.is_empty()).then(|| Requirement { name: normalized(name), extras, versions, versions_text, marker })
    }

    /// Whether it counts for these extras of the package that has it. What cannot be read counts.
    pub fn applies(&self, extras: &[String], markers: &Markers) -> bool {
        self.marker.as_deref().is_none_or(|marker| markers.hold(marker, extras).unwrap_or(true))
    }

    /// Whether this version is one of those that are asked for; an address takes any. A pre-release that somebody built is one, too.
    pub fn takes(&self, version: &Version) -> bool {
        self.versions.as_ref().is_none_or(|versions| versions.contains(version))
    }
}

/// The distributions and their extras that these `Requires-Dist` lines name, of a package that was asked for with `extras`.
pub fn named(lines: &[String], extras: &[String], markers: &Markers) -> Vec<(String, Vec<String>)> {
    let parsed = lines.iter().filter_map(|line| Requirement::parse(line));
    parsed.filter(|found| found.applies(extras, markers)).map(|found| (found.name, found.extras)).collect()
}

/// A name in the form in which names are compared.
pub fn normalized(name: &str) -> String {
    let words: Vec<&str> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

/// Whether the wheels of a set ask for each other in versions that they have, and for this ROCm, if it is known.
pub fn mismatches(wheels: &[(&WheelName, &[String])], rocm: Option<&str>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let rocm = rocm.and_then(|version| Some(("rocm".to_owned(), Version::from_str(version).ok()?)));
    let others = wheels.iter().map(|(name, _)| (name.normalized_distribution(), name.parsed_version().clone()));
    let there: Vec<(String, Version)> = others.chain(rocm).collect();
    for (name, lines) in wheels {
        let markers = Markers::of(name);
        let asked = lines.iter().filter_map(|line| Requirement::parse(line)).filter(|one| one.applies(&[], &markers));
        for asked in asked {
            let mismatched = there.iter().find(|(name, version)| *name == asked.name && !asked.takes(version));
            if let Some((other, version)) = mismatched {
                let text = format!("it requires `{other}{}`, and the set has {other} {version}", shown(&asked.versions_text));
                found.push((name.to_string(), text));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
