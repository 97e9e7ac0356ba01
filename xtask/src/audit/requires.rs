//! What our wheels require of each other and of ROCm: exactly what they were built with.

use std::str::FromStr;

use manifest::{Project, WheelName, shown};
use pep440_rs::Version;

use super::expected::{Expected, ours};
use super::wheel::Wheel;
use super::{Code, Finding, metadata};

/// A line `Requires-Dist`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    /// The distribution, in the form in which names are compared.
    name: String,
    extras: Vec<String>,
    /// The one version that will do, if just one will.
    exact: Option<Version>,
    text: String,
}

impl Requirement {
    fn parse(line: &str) -> Self {
        let text = line.split(';').next().unwrap_or_default().trim();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let (extras, versions) = match rest.trim().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((extras, versions)) => (extras.split(',').map(|extra| extra.trim().to_owned()).collect(), versions),
            None => (Vec::new(), rest),
        };
        let versions = versions.trim().trim_start_matches('(').trim_end_matches(')');
        let exact = versions.strip_prefix("===").or_else(|| versions.strip_prefix("=="));
        let name = name.split(['-', '_', '.']).collect::<Vec<_>>().join("-").to_ascii_lowercase();
        Requirement {
            name,
            extras,
            exact: exact.and_then(|version| Version::from_str(version.trim()).ok()),
            text: text.to_owned(),
        }
    }
}

/// What is wrong with what our wheels require.
pub fn findings(wheels: &[Wheel], expected: &Expected) -> Vec<Finding> {
    let ours = ours(wheels);
    let version = |project| {
        let mut found = ours.iter().filter(|(known, ..)| *known == project).map(|(_, name, _)| name);
        found.next().filter(|_| found.next().is_none())
    };
    let mut findings = Vec::new();
    for (project, name, wheel) in &ours {
        let Some(requirements) = requirements(wheel, name) else { continue };
        let mut wrong = |text: Option<String>| {
            findings
                .extend(text.map(|text| Finding { wheel: Some(wheel.file.path.clone()), ..Finding::new(Code::Requires, text) }));
        };
        let (torch, triton) = (version(Project::Pytorch), version(Project::Triton));
        match project {
            Project::Pytorch => {
                wrong(rocm(&requirements, expected.rocm.as_deref()));
                wrong(triton.and_then(|triton| pins(&requirements, triton)));
            }
            Project::PytorchVision => wrong(torch.and_then(|torch| pins(&requirements, torch))),
            // They need not name torch; one that they name must be this one.
            Project::PytorchAudio | Project::Apex | Project::Triton => {
                let named = torch.filter(|torch| {
                    requirements.iter().any(|one| one.name == torch.normalized_distribution() && one.exact.is_some())
                });
                wrong(named.and_then(|torch| pins(&requirements, torch)));
            }
        }
    }
    findings
}

/// The requirements of a wheel, unless its metadata cannot be read, which is a finding of its own.
fn requirements(wheel: &Wheel, name: &WheelName) -> Option<Vec<Requirement>> {
    let folder = metadata::dist_info(wheel, name).ok()?;
    let lines = metadata::values(wheel.text(&format!("{folder}/METADATA"))?, "Requires-Dist");
    Some(lines.iter().map(|line| Requirement::parse(line)).collect())
}

/// The version of ROCm that a torch requires, if it requires just one.
pub(super) fn rocm_of(wheel: &Wheel, name: &WheelName) -> Option<String> {
    let requirements = requirements(wheel, name)?;
    requirements.into_iter().find(|one| is_rocm(one)).and_then(|one| one.exact).map(|version| version.to_string())
}

fn is_rocm(requirement: &Requirement) -> bool {
    requirement.name == "rocm" && requirement.extras.iter().any(|extra| extra == "libraries")
}

/// Why torch does not require the ROCm libraries in exactly the version that it was built with.
fn rocm(requirements: &[Requirement], built_with: Option<&str>) -> Option<String> {
    let wanted = built_with.and_then(|version| Version::from_str(version).ok());
    let pin = requirements.iter().find(|one| is_rocm(one));
    let should =
        built_with.map_or_else(|| "`rocm[libraries]==…`".to_owned(), |version| format!("`rocm[libraries]=={}`", shown(version)));
    match pin {
        None => Some(format!("it does not require {should}")),
        Some(one) if one.exact.is_none() || wanted.is_some_and(|wanted| one.exact != Some(wanted)) => {
            Some(format!("it requires `{}`, not {should}", shown(&one.text)))
        }
        Some(_) => None,
    }
}

/// Why a wheel does not require this other wheel of the set in exactly its version.
fn pins(requirements: &[Requirement], other: &WheelName) -> Option<String> {
    let name = other.normalized_distribution();
    let should = format!("`{name}=={}`, which is in the set", other.version());
    let Some(found) = requirements.iter().find(|one| one.name == name) else {
        return Some(format!("it does not require {should}"));
    };
    (found.exact.as_ref() != Some(other.parsed_version())).then(|| format!("it requires `{}`, not {should}", shown(&found.text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (line, name, extras, exact) in [
            ("filelock", "filelock", "", None),
            ("rocm[libraries]==7.14.0a1", "rocm", "libraries", Some("7.14.0a1")),
            ("rocm[libraries, devel] == 7.14.0 ; platform_system == 'Linux'", "rocm", "libraries,devel", Some("7.14.0")),
            ("Torch (==2.13.0+rocm7)", "torch", "", Some("2.13.0+rocm7")),
            ("rocm_sdk.core>=7,<8", "rocm-sdk-core", "", None),
            ("torch==2.13.*", "torch", "", None),
            ("torch==2.13,<3", "torch", "", None),
            ("", "", "", None),
        ] {
            let found = Requirement::parse(line);
            let exact = exact.map(|version| Version::from_str(version).unwrap());
            assert_eq!((found.name.as_str(), found.extras.join(",").as_str(), found.exact), (name, extras, exact), "{line}");
        }
    }
}
