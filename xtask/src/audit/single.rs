//! The audit of one wheel by what it says of itself.

use manifest::WheelName;

use super::device::broken;
use super::wheel::Wheel;
use super::{Code, Finding, metadata, record};

/// Whether what is missing in a wheel says something: not where its archive was not unpacked to the end, which is an error. Where that is allowed,
/// it must not hide all else.
pub fn is_whole(wheel: &Wheel, allowed: &[Code]) -> bool {
    let hides = |code: Code| matches!(code, Code::Archive | Code::ArchiveBomb) && !allowed.contains(&code);
    !wheel.faults.iter().any(|fault| hides(fault.code))
}

/// What is wrong with a wheel, whatever it was built for.
pub fn findings(wheel: &Wheel, allowed: &[Code]) -> Vec<Finding> {
    let path = &wheel.file.path;
    let mut findings = wheel.faults.clone();
    match WheelName::parse(wheel.name()) {
        Err(error) => findings.push(Finding::new(Code::Name, format!("it is called as no wheel is: {}", error.fault))),
        Ok(name) if is_whole(wheel, allowed) => match metadata::dist_info(wheel, &name) {
            Err(finding) => findings.push(finding),
            Ok(folder) => {
                findings.extend(record::findings(wheel, &folder));
                findings.extend(metadata::findings(wheel, &folder, &name));
            }
        },
        Ok(_) => {}
    }
    for finding in &mut findings {
        finding.wheel = Some(path.clone());
    }
    let code = wheel.code.iter().flat_map(|code| code.faults.iter().map(|fault| broken(path, &code.member, fault)));
    findings.extend(code);
    findings
}
