//! The Python version and platform that wheels' names tell.

use std::collections::BTreeSet;

use super::{Name, Warning};
use crate::model::Manifest;
use crate::wheel::WheelName;

/// Fills in what nobody gave, where all wheels that say anything agree. Tells where they do not.
pub(super) fn fill(manifest: &mut Manifest, names: &[Name]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let wheels = || names.iter().flatten();
    let values = [
        ("Pythons", &mut manifest.python_version, wheels().filter_map(python).collect::<BTreeSet<_>>()),
        ("platforms", &mut manifest.platform, wheels().filter_map(platform).collect()),
    ];
    for (what, value, found) in values.into_iter().filter(|(_, value, _)| value.is_none()) {
        match found.len() {
            0 | 1 => *value = found.into_iter().next(),
            _ => warnings.push(Warning::Several { what, found: found.into_iter().collect() }),
        }
    }
    warnings
}

/// What a wheel says that the manifest does not.
pub(super) fn others(manifest: &Manifest, path: &str, wheel: &WheelName) -> Vec<Warning> {
    let python = |version: &str| format!("Python {version}");
    let pairs = [
        (self::python(wheel).as_deref().map(python), manifest.python_version.as_deref().map(python)),
        (platform(wheel), manifest.platform.clone()),
    ];
    let both = pairs.into_iter().filter_map(|(found, expected)| found.zip(expected));
    let differing = both.filter(|(found, expected)| found != expected);
    differing.map(|(found, expected)| Warning::Other { path: path.to_owned(), found, expected }).collect()
}

/// `3.13t` of `cp313-cp313t`. A wheel for several Pythons says nothing.
fn python(wheel: &WheelName) -> Option<String> {
    let version = wheel.python_tag().strip_prefix("cp")?;
    let is_free_threaded = match wheel.abi_tag().strip_prefix("cp")?.strip_prefix(version)? {
        "" => false,
        "t" => true,
        _ => return None,
    };
    if version.len() < 2 || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (major, minor) = version.split_at(1);
    Some(format!("{major}.{minor}{}", if is_free_threaded { "t" } else { "" }))
}

/// `linux-x86_64` of `manylinux_2_28_x86_64`. Several tags of one wheel differ in the C library only.
fn platform(wheel: &WheelName) -> Option<String> {
    let tag = wheel.platform_tag().split('.').next()?;
    if let Some(machine) = tag.strip_prefix("win_") {
        return Some(format!("windows-{machine}"));
    }
    let machine = ["x86_64", "aarch64", "ppc64le", "s390x", "riscv64"].into_iter().find(|machine| tag.ends_with(machine))?;
    ["linux_", "manylinux"].iter().any(|system| tag.starts_with(system)).then(|| format!("linux-{machine}"))
}

#[cfg(test)]
mod tests {
    use super::{platform, python};
    use crate::wheel::WheelName;

    #[test]
    fn tags() {
        let table = [
            ("cp312-cp312-linux_x86_64", "3.12", "linux-x86_64"),
            ("cp313-cp313t-manylinux_2_28_x86_64.manylinux_2_34_x86_64", "3.13t", "linux-x86_64"),
            ("cp310-cp310-manylinux2014_aarch64", "3.10", "linux-aarch64"),
            ("cp39-cp39-win_amd64", "3.9", "windows-amd64"),
            ("cp39-abi3-musllinux_1_2_x86_64", "", ""),
            ("py3-none-any", "", ""),
            ("cp3-cp3-macosx_11_0_arm64", "", ""),
            ("cp312-cp312d-win32", "", ""),
            ("cp312.cp313-cp312-linux_armv7l", "", ""),
        ];
        for (tags, version, system) in table {
            let wheel = WheelName::parse(&format!("torch-1-{tags}.whl")).unwrap();
            assert_eq!(
                (python(&wheel).unwrap_or_default(), platform(&wheel).unwrap_or_default()),
                (version.to_owned(), system.to_owned())
            );
        }
    }
}
