//! The audit of wheels as one set.

use super::device::{WheelCode, compare, targets};
use super::expected::{self, Expected, ours};
use super::together::{self, Known};
use super::wheel::Wheel;
use super::{Code, Finding, content, requires, settled, single};

/// All findings, in the order in which they are told.
pub fn findings(wheels: &[Wheel], expected: &Expected, allowed: &[Code]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = wheels.iter().flat_map(single::findings).collect();
    // Of what could not be unpacked nothing more can be said.
    let is_whole = |wheel: &&Wheel| !wheel.faults.iter().any(|fault| matches!(fault.code, Code::Archive | Code::ArchiveBomb));
    let whole: Vec<Wheel> = wheels.iter().filter(is_whole).cloned().collect();
    for (project, name, wheel) in ours(&whole) {
        let mut found = expected::findings(wheel, &name, expected);
        found.extend(content::findings(wheel, project, &name, expected));
        findings.extend(found.into_iter().map(|finding| Finding { wheel: Some(wheel.file.path.clone()), ..finding }));
    }
    findings.extend(requires::findings(&whole, expected));
    let known = Known { asked: &expected.asked, rocm: expected.rocm.as_deref(), installed: None };
    findings.extend(together::findings(&whole, known));
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
