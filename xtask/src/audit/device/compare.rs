//! The targets that were found against those that were asked for.

use std::collections::BTreeSet;

use manifest::{Project, WheelName, shown};

use super::{CodeObject, Fault, Target};
use crate::audit::{Code, Finding, Severity};

/// Whether a project's wheel must have device code. It is the same on Linux and Windows: a project that is not built there (apex) has no
/// wheel there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// For every target that was asked for.
    All,
    /// For every target if for any.
    AllOrNone,
    /// It compiles for no GPU. What it holds was not asked for.
    Nothing,
}

/// What a project's wheel must have.
///
/// torch, torchvision (`FORCE_CUDA=1`) and apex (`--cuda_ext`) compile HIP for all of `PYTORCH_ROCM_ARCH`. torchaudio does so only in
/// versions to which its kernels were ported. triton compiles when a program runs. Images that torch packs for aotriton, and libraries
/// with kernels for some GPUs only, are part of torch's wheel, so only the union of a wheel is compared.
pub fn duty(project: Project) -> Duty {
    match project {
        Project::Pytorch | Project::PytorchVision | Project::Apex => Duty::All,
        Project::PytorchAudio => Duty::AllOrNone,
        Project::Triton => Duty::Nothing,
    }
}

/// The targets for which a wheel has device code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelCode {
    /// The wheel.
    pub name: WheelName,
    /// The targets of all its members.
    pub targets: BTreeSet<Target>,
}

/// Compares what wheels hold with what was asked for, which is targets as users type them: `gfx942`, `gfx90a:xnack+`. Wheels of other
/// projects than ours are not judged.
///
/// A target without features is there if it is there with any; one with features must be there with exactly these. A wheel that was
/// split is one with its device wheels (`amd_torch_device_gfx942`): they must be there for all targets together, and each may hold
/// only the target in its name.
pub fn compare(asked: &[Target], wheels: &[WheelCode]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for host in wheels {
        let Some(project) = host.name.project() else { continue };
        let parts: Vec<&WheelCode> = wheels.iter().filter(|wheel| is_part(&wheel.name, &host.name)).collect();
        let found: BTreeSet<&Target> = host.targets.iter().chain(parts.iter().flat_map(|part| &part.targets)).collect();
        let is_missing = |target: &&Target| !found.iter().any(|found| covers(found, target));
        let missing: Vec<&Target> = asked.iter().filter(is_missing).collect();
        let must = match duty(project) {
            Duty::All => true,
            Duty::AllOrNone => !found.is_empty(),
            Duty::Nothing => false,
        };
        if must && !missing.is_empty() {
            findings.push(lacks(&host.name, &missing, &found, &parts));
        }
        let is_asked = |target: &Target| must && asked.iter().any(|asked| asked.base() == target.base());
        findings.extend([host].into_iter().chain(parts.iter().copied()).filter_map(|wheel| surplus(wheel, is_asked)));
    }
    findings.extend(wheels.iter().filter_map(|part| strayed(part, wheels)));
    findings
}

/// The finding of device code in a wheel's member that is not whole.
pub fn broken(wheel: &str, member: &str, fault: &Fault) -> Finding {
    Finding {
        code: Code::DeviceCodeBroken,
        severity: Severity::Error,
        wheel: Some(wheel.to_owned()),
        member: Some(member.to_owned()),
        text: format!("its device code is broken: {fault}"),
        hint: Some("build the wheel again; a compiler cache or a full disk may have cut an object".to_owned()),
    }
}

/// The targets of code objects.
pub fn targets<'a>(objects: impl IntoIterator<Item = &'a CodeObject>) -> BTreeSet<Target> {
    objects.into_iter().map(|object| object.target.clone()).collect()
}

/// What names of device wheels have before and after the name of the wheel that was split.
const DEVICE: (&str, &str) = ("amd-", "-device-");

/// The project and the target (or family of targets) in the name of a device wheel.
fn device_wheel(name: &WheelName) -> Option<(String, String)> {
    let name = name.normalized_distribution();
    let (of, target) = name.strip_prefix(DEVICE.0)?.split_once(DEVICE.1)?;
    Some((of.to_owned(), target.to_owned()))
}

/// Whether a wheel holds device code that was split off the other one.
fn is_part(part: &WheelName, host: &WheelName) -> bool {
    let same = |of: &WheelName| (of.parsed_version().clone(), of.python_tag().to_owned(), of.platform_tag().to_owned());
    device_wheel(part).is_some_and(|(of, _)| of == host.normalized_distribution()) && same(part) == same(host)
}

fn covers(found: &Target, asked: &Target) -> bool {
    if asked.base() == asked.as_str() { found.base() == asked.base() } else { found == asked }
}

fn lacks(host: &WheelName, missing: &[&Target], found: &BTreeSet<&Target>, parts: &[&WheelCode]) -> Finding {
    let whole = if parts.is_empty() {
        String::new()
    } else {
        format!(" in it and its {}", manifest::counted(parts.len() as u64, "device wheel"))
    };
    let found = if found.is_empty() { "none".to_owned() } else { listed(found.iter().copied()) };
    let hint = match found.as_str() {
        "none" => {
            "it was built for the CPU, or its device code was left out: look in its log for the HIP compiler and the targets"
        }
        _ => "build it again for these targets, without a compiler cache: its key may not name the targets",
    };
    finding(
        Code::DeviceCodeMissing,
        host,
        format!("no device code{whole} for {}; found: {found}", listed(missing.iter().copied())),
        hint,
    )
}

fn surplus(wheel: &WheelCode, is_asked: impl Fn(&Target) -> bool) -> Option<Finding> {
    let extra: Vec<&Target> = wheel.targets.iter().filter(|target| !is_asked(target)).collect();
    let text = || format!("device code that was not asked for: {}", listed(extra.iter().copied()));
    let hint = "ask for these targets, or allow them with `--allow device-code-extra`";
    (!extra.is_empty()).then(|| finding(Code::DeviceCodeExtra, &wheel.name, text(), hint))
}

/// A device wheel that has nothing, is alone, or has code for another target than the one in its name. Names of families of targets say
/// too little to compare them.
fn strayed(part: &WheelCode, wheels: &[WheelCode]) -> Option<Finding> {
    let (of, named) = device_wheel(&part.name)?;
    let target = Target::parse(&named).filter(|_| crate::gfx::members(&named) == [named.as_str()]);
    let others: Vec<&Target> =
        part.targets.iter().filter(|found| target.as_ref().is_some_and(|target| target.base() != found.base())).collect();
    let text = if part.targets.is_empty() {
        format!("a device wheel for {} without device code", shown(&named))
    } else if !others.is_empty() {
        format!("a device wheel for {} with device code for {}", shown(&named), listed(others))
    } else if !wheels.iter().any(|host| is_part(&part.name, &host.name)) {
        format!("a device wheel of {}, of which there is no wheel with this version and these tags", shown(&of))
    } else {
        return None;
    };
    Some(finding(Code::DeviceCodeMissing, &part.name, text, "split the wheel again"))
}

fn finding(code: Code, wheel: &WheelName, text: String, hint: &str) -> Finding {
    Finding { code, severity: Severity::Error, wheel: Some(wheel.to_string()), member: None, text, hint: Some(hint.to_owned()) }
}

fn listed<'a>(targets: impl IntoIterator<Item = &'a Target>) -> String {
    targets.into_iter().map(|target| format!("`{target}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: &str = "cp312-cp312-linux_x86_64.whl";

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    fn wheel(name: &str, targets: &str) -> WheelCode {
        let targets = targets.split_whitespace().map(target).collect();
        WheelCode { name: WheelName::parse(&format!("{name}-{TAGS}")).unwrap(), targets }
    }

    /// Each finding as its code, the distribution and the text.
    fn findings(asked: &str, wheels: &[(&str, &str)]) -> Vec<String> {
        let asked: Vec<Target> = asked.split_whitespace().map(target).collect();
        let wheels: Vec<WheelCode> = wheels.iter().map(|(name, targets)| wheel(name, targets)).collect();
        let told = |finding: Finding| {
            assert_eq!(finding.severity, Severity::Error);
            assert!(finding.hint.is_some());
            let code = serde_json::to_value(finding.code).unwrap();
            let wheel = finding.wheel.unwrap();
            format!("{} {}: {}", code.as_str().unwrap(), wheel.split('-').next().unwrap(), finding.text)
        };
        compare(&asked, &wheels).into_iter().map(told).collect()
    }

    #[test]
    fn what_was_asked_for_must_be_there_and_nothing_else() {
        let none: &[&str] = &[];
        for (asked, wheels, expected) in [
            ("gfx942", &[("torch-2.0", "gfx942"), ("triton-3.0", ""), ("torchaudio-2.0", "")] as &[_], none),
            ("gfx942 gfx1100", &[("torch-2.0", "gfx1100 gfx942:xnack+")], none),
            ("gfx942:xnack+", &[("torch-2.0", "gfx942:xnack+ gfx942:xnack-")], none),
            ("gfx942", &[("jax_rocm7_plugin-1.0", "gfx900")], none),
            (
                "gfx942 gfx1100",
                &[("torchvision-2.0", "gfx942")],
                &["device-code-missing torchvision: no device code for `gfx1100`; found: `gfx942`"],
            ),
            ("gfx942", &[("apex-1.0", "")], &["device-code-missing apex: no device code for `gfx942`; found: none"]),
            (
                "gfx942:xnack+",
                &[("torch-2.0", "gfx942")],
                &["device-code-missing torch: no device code for `gfx942:xnack+`; found: `gfx942`"],
            ),
            (
                "gfx942 gfx950",
                &[("torchaudio-2.0", "gfx950")],
                &["device-code-missing torchaudio: no device code for `gfx942`; found: `gfx950`"],
            ),
            (
                "gfx942",
                &[("torch-2.0", "gfx1201 gfx90a:xnack- gfx942")],
                &["device-code-extra torch: device code that was not asked for: `gfx1201`, `gfx90a:xnack-`"],
            ),
            ("gfx942", &[("triton-3.0", "gfx942")], &["device-code-extra triton: device code that was not asked for: `gfx942`"]),
            // A generic target is code of its own: nobody asked for it.
            (
                "gfx1100",
                &[("torch-2.0", "gfx11-generic")],
                &[
                    "device-code-missing torch: no device code for `gfx1100`; found: `gfx11-generic`",
                    "device-code-extra torch: device code that was not asked for: `gfx11-generic`",
                ],
            ),
        ] {
            assert_eq!(findings(asked, wheels), expected, "{asked} {wheels:?}");
        }
    }

    #[test]
    fn a_wheel_that_was_split_is_one_with_its_device_wheels() {
        let none: &[&str] = &[];
        let (nine, eleven) = ("amd_torch_device_gfx942-2.0", "amd_torch_device_gfx1100-2.0");
        for (wheels, expected) in [
            (&[("torch-2.0", ""), (nine, "gfx942 gfx942:xnack+"), (eleven, "gfx1100")] as &[_], none),
            // The name of a family says too little.
            (&[("torch-2.0", "gfx942"), ("amd_torch_device_gfx11-2.0", "gfx1100")], none),
            (
                &[("torch-2.0", ""), (nine, "gfx942")],
                &["device-code-missing torch: no device code in it and its 1 device wheel for `gfx1100`; found: `gfx942`"],
            ),
            (
                &[("torch-2.0", ""), (nine, "gfx942 gfx1100"), (eleven, "gfx1100")],
                &["device-code-missing amd_torch_device_gfx942: a device wheel for gfx942 with device code for `gfx1100`"],
            ),
            (
                &[("torch-2.0", "gfx942 gfx1100"), (nine, "")],
                &["device-code-missing amd_torch_device_gfx942: a device wheel for gfx942 without device code"],
            ),
            (
                &[("torch-2.0", ""), (nine, "gfx942"), (eleven, "gfx1100"), ("amd_torch_device_gfx950-2.0", "gfx950")],
                &["device-code-extra amd_torch_device_gfx950: device code that was not asked for: `gfx950`"],
            ),
            (
                &[("torch-2.1", "gfx942 gfx1100"), (nine, "gfx942")],
                &[
                    "device-code-missing amd_torch_device_gfx942: a device wheel of torch, of which there is no wheel with this version and \
                   these tags",
                ],
            ),
        ] {
            assert_eq!(findings("gfx942 gfx1100", wheels), expected, "{wheels:?}");
        }
    }
}
