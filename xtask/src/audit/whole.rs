//! The audit of wheels as one set.

use super::device::{WheelCode, compare, targets};
use super::expected::{self, Expected, ours};
use super::together::{self, Known};
use super::wheel::Wheel;
use super::{Code, Finding, content, requires, settled, single};
use crate::facts::Installed;

/// What a trial of the set gave.
#[derive(Clone, Debug, Default)]
pub struct Proven {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is installed in the clean environment, if all could be installed.
    pub installed: Option<Installed>,
}

/// All findings, in the order in which they are told.
pub fn findings(wheels: &[Wheel], expected: &Expected, proven: &Proven, allowed: &[Code]) -> Vec<Finding> {
    let mut findings = expected.differences.clone();
    findings.extend(wheels.iter().flat_map(|wheel| single::findings(wheel, allowed)));
    // Of what could not be unpacked nothing more can be said.
    let whole: Vec<Wheel> = wheels.iter().filter(|wheel| single::is_whole(wheel, allowed)).cloned().collect();
    for (project, name, wheel) in ours(&whole) {
        let mut found = expected::findings(wheel, &name, expected);
        found.extend(content::findings(wheel, project, &name, expected));
        findings.extend(found.into_iter().map(|finding| Finding { wheel: Some(wheel.file.path.clone()), ..finding }));
    }
    findings.extend(requires::findings(&whole, expected));
    let known = Known { asked: &expected.asked, rocm: expected.rocm.as_deref(), installed: proven.installed.as_ref() };
    for found in together::findings(&whole, known).into_iter().chain(proven.findings.iter().cloned()) {
        // What does not pin what it must is told already.
        let is_told = |told: &Finding| told.code == Code::Requires && told.wheel == found.wheel;
        if found.code != Code::SetMismatch || !findings.iter().any(is_told) {
            findings.push(found);
        }
    }
    if !expected.gfx.is_empty() {
        findings.extend(compare(&expected.targets(), &codes(&whole)));
    }
    settled(findings, allowed)
}

fn codes(wheels: &[Wheel]) -> Vec<WheelCode> {
    let code = |wheel: &Wheel| {
        let name = manifest::WheelName::parse(wheel.name()).ok()?;
        Some(WheelCode { name, targets: targets(wheel.code.iter().flat_map(|code| &code.objects)) })
    };
    wheels.iter().filter_map(code).collect()
}
