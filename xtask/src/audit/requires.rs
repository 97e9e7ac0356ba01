//! What our wheels require of each other and of ROCm: exactly what they were built with.

use manifest::{Project, WheelName, shown};
use pep440_rs::{Operator, Version};

use super::expected::{Expected, ours};
use super::requirement::{Markers, Requirement};
use super::wheel::Wheel;
use super::{Code, Finding, metadata};

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
        let torch = version(Project::Pytorch);
        // A torch that was asked for without triton requires none, whichever another request left beside it.
        let triton = version(Project::Triton).filter(|_| !expected.alone.contains(&Project::Pytorch));
        match project {
            Project::Pytorch => {
                wrong(rocm(&requirements, expected.rocm.as_deref()));
                wrong(triton.and_then(|triton| pins(&requirements, triton)));
            }
            Project::PytorchVision => wrong(torch.and_then(|torch| pins(&requirements, torch))),
            // They need not name torch; whether one that they name is this one, the audit of the set tells.
            Project::PytorchAudio | Project::Apex | Project::Triton => {}
        }
    }
    findings
}

/// The requirements of a wheel, unless its metadata cannot be read, which is a finding of its own.
fn requirements(wheel: &Wheel, name: &WheelName) -> Option<Vec<Requirement>> {
    let lines = metadata::requires(wheel, name)?;
    let markers = Markers::of(name);
    // What counts elsewhere only, or for an extra, pins nothing here.
    Some(lines.iter().filter_map(|line| Requirement::parse(line)).filter(|one| one.applies(&[], &markers)).collect())
}

/// The version of ROCm that a torch requires, if it requires just one.
pub(super) fn rocm_of(wheel: &Wheel, name: &WheelName) -> Option<String> {
    let requirements = requirements(wheel, name)?;
    requirements.iter().find(|one| is_rocm(one)).and_then(exact).map(|version| version.to_string())
}

fn is_rocm(requirement: &Requirement) -> bool {
    requirement.name == "rocm" && requirement.extras.iter().any(|extra| extra == "libraries")
}

/// The one version that will do, if just one will.
fn exact(requirement: &Requirement) -> Option<&Version> {
    match &requirement.versions.as_ref()?[..] {
        [one] if matches!(one.operator(), Operator::Equal | Operator::ExactEqual) => Some(one.version()),
        _ => None,
    }
}

/// Why torch does not require the ROCm libraries in one version. Whether that is the right one, the audit of the set tells.
fn rocm(requirements: &[Requirement], built_with: Option<&str>) -> Option<String> {
    let should =
        built_with.map_or_else(|| "`rocm[libraries]==…`".to_owned(), |version| format!("`rocm[libraries]=={}`", shown(version)));
    match requirements.iter().find(|one| is_rocm(one)) {
        None => Some(format!("it does not require {should}")),
        Some(one) if exact(one).is_none() => {
            Some(format!("it requires `rocm[libraries]{}`, not {should}", shown(&one.versions_text)))
        }
        Some(_) => None,
    }
}

/// Why a wheel does not require this other wheel of the set in one version; whether in the right one, the audit of the set tells.
fn pins(requirements: &[Requirement], other: &WheelName) -> Option<String> {
    let name = other.normalized_distribution();
    let should = format!("`{name}=={}`, which is in the set", other.version());
    let Some(found) = requirements.iter().find(|one| one.name == name) else {
        return Some(format!("it does not require {should}"));
    };
    exact(found).is_none().then(|| format!("it requires `{name}{}`, not {should}", shown(&found.versions_text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_versions() {
        for (line, expected) in [
            ("filelock", None),
            ("rocm[libraries]==7.14.0a1", Some("7.14.0a1")),
            ("rocm[libraries, devel] == 7.14.0 ; platform_system == 'Linux'", Some("7.14.0")),
            ("torch (==2.13.0+rocm7)", Some("2.13.0+rocm7")),
            ("torch>=2.13", None),
            ("torch==2.13.*", None),
            ("torch==2.13,<3", None),
        ] {
            let found = Requirement::parse(line).unwrap();
            assert_eq!(exact(&found).map(ToString::to_string).as_deref(), expected, "{line}");
        }
    }
}
