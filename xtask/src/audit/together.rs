//! The wheels of a set, looked at together.

use manifest::{Project, WheelName};

use super::linkage::{self, Linked};
use super::wheel::Wheel;
use super::{Finding, metadata, set};
use crate::facts::Installed;

/// What is known of a set beside its wheels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The projects that were asked for.
    pub asked: &'a [Project],
    /// The version of the ROCm packages that the set is for.
    pub rocm: Option<&'a str>,
    /// What is installed where the set is used.
    pub installed: Option<&'a Installed>,
}

/// What is wrong with the wheels as a set: what they need of each other and of what is installed beside them. Those whose names or metadata cannot
/// be read are left out: that is told of each by itself.
pub fn findings(wheels: &[Wheel], known: Known) -> Vec<Finding> {
    let read: Vec<(&Wheel, WheelName, Vec<String>)> = wheels.iter().filter_map(read).collect();
    let linked: Vec<Linked> = read
        .iter()
        .map(|(wheel, name, requires)| Linked { path: &wheel.file.path, name, requires, libraries: &wheel.libraries })
        .collect();
    let required: Vec<(&WheelName, &[String])> = read.iter().map(|(_, name, requires)| (name, requires.as_slice())).collect();
    let mut findings = set::check(known.asked, &required, known.rocm);
    // They know names only, and the rest of the audit calls wheels by their paths.
    for finding in &mut findings {
        let path = read.iter().find(|(wheel, ..)| finding.wheel.as_deref() == Some(wheel.name()));
        finding.wheel = path.map(|(wheel, ..)| wheel.file.path.clone());
    }
    findings.extend(linkage::check(&linked, known.installed));
    findings
}

fn read(wheel: &Wheel) -> Option<(&Wheel, WheelName, Vec<String>)> {
    let name = WheelName::parse(wheel.name()).ok()?;
    let folder = metadata::dist_info(wheel, &name).ok()?;
    let requires = metadata::values(wheel.text(&format!("{folder}/METADATA"))?, "Requires-Dist");
    Some((wheel, name, requires))
}
