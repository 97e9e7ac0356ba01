//! What wheels should be, as the plan or flags say it, and whether they are.

use std::collections::BTreeMap;

use manifest::{Artifact, Difference, Job, Manifest, Need, Project, WheelName, shown};
use serde::Serialize;
use sha2::{Digest, Sha256 as Hasher};

use super::device::Target;
use super::wheel::Wheel;
use super::{Code, Finding};
use crate::host::Platform;
use crate::plan::key;
use crate::request::Trial;
use crate::version::{PythonVersion, same_version};

/// What is known of wheels beside themselves; what nobody says is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// What they run on, as manifests spell it: `linux-x86_64`.
    pub platform: Option<String>,
    /// The Python that they are built for.
    pub python: Option<PythonVersion>,
    /// The GPU targets that were asked for, as typed.
    pub gfx: Vec<String>,
    /// The version of the ROCm SDK that they are built with.
    pub rocm: Option<String>,
    /// Whether torch was told to have flash attention; if nobody said, the targets decide.
    pub flash_attention: Option<bool>,
    /// The projects whose wheels must be there.
    pub asked: Vec<Project>,
    /// The projects that were built without any other wheel of the set; without a job that tells, nobody knows.
    pub alone: Vec<Project>,
    /// The versions that were planned, by the paths of the wheels.
    pub versions: BTreeMap<String, String>,
    /// Where wheels are not those of their manifest.
    pub differences: Vec<Finding>,
}

impl Expected {
    /// What a manifest says.
    pub fn of(manifest: &Manifest) -> Self {
        let option = |name: &str| manifest.options.iter().find(|option| option.name == name);
        let planned = |wheel: &Artifact| Some((wheel.relative_path.as_str().to_owned(), wheel.planned_version.clone()?));
        Expected {
            platform: manifest.platform.clone(),
            python: manifest.python_version.as_deref().and_then(|text| PythonVersion::parse(text).ok()),
            gfx: manifest.gfx_targets.clone(),
            rocm: manifest.rocm_sdk_version.clone(),
            flash_attention: option("enable-pytorch-flash-attention").and_then(|option| option.value.as_bool()),
            asked: manifest
                .missing
                .iter()
                .filter(|missing| missing.need == Need::Required)
                .map(|missing| missing.project)
                .collect(),
            alone: manifest.jobs.iter().filter(is_alone).map(|job| job.project).collect(),
            versions: manifest.artifacts.iter().filter_map(planned).collect(),
            differences: Vec::new(),
        }
    }

    /// The targets that can be compared with those of device code.
    pub fn targets(&self) -> Vec<Target> {
        self.gfx.iter().filter_map(|target| Target::parse(target)).collect()
    }
}

/// What a difference between a folder and its manifest is to an audit.
pub fn difference(difference: &Difference) -> Finding {
    let of = |path: &str, code, text: String| Finding {
        wheel: Some(path.to_owned()),
        hint: Some(difference.hint().to_owned()),
        ..Finding::new(code, text)
    };
    let listed = |found: String, expected: String| format!("its {found}, and the manifest says {expected}");
    match difference {
        Difference::Missing { path } => of(path, Code::ManifestMissing, "it is in the manifest and not in the folder".to_owned()),
        Difference::Extra { path } => of(path, Code::ManifestExtra, "it is in the folder and not in the manifest".to_owned()),
        Difference::Size { path, expected, found } => {
            of(path, Code::ManifestContent, listed(format!("size is {found} bytes"), expected.to_string()))
        }
        Difference::Hash { path, expected, found } => {
            of(path, Code::ManifestContent, listed(format!("SHA-256 is {found}"), expected.clone()))
        }
        Difference::Version { .. } => Finding::new(Code::VersionPlanned, difference.to_string()),
        Difference::Twice { .. } | Difference::Label { .. } | Difference::Incomplete { .. } => {
            Finding { hint: Some(difference.hint().to_owned()), ..Finding::new(Code::Manifest, difference.to_string()) }
        }
    }
}

/// Whether the key of a job tells that it built with no other wheel.
fn is_alone(job: &&Job) -> bool {
    !job.key.is_empty() && !job.key.keys().any(|part| part.starts_with(key::WHEEL))
}

/// What an audit of these wheels is an audit of: their content, what they should be, what is allowed, and what is looked for. Two audits of
/// one subject find the same.
pub fn subject(artifacts: &[Artifact], expected: &Expected, trial: Trial, allowed: &[Code]) -> manifest::Sha256 {
    let mut wheels: Vec<String> =
        artifacts.iter().map(|wheel| format!("{} {}", wheel.sha256, wheel.relative_path.as_str())).collect();
    wheels.sort();
    let looked_for = (env!("CARGO_PKG_VERSION"), Code::ALL.map(Code::name).join(" "));
    let text =
        serde_json::json!({"wheels": wheels, "expected": expected, "allowed": allowed, "tool": looked_for, "trial": trial})
            .to_string();
    manifest::Sha256::from(<[u8; 32]>::from(Hasher::digest(text)))
}

/// Whether a recorded audit is one of just these wheels and expectations, so that nothing need be read again. A failed one is no reason not to
/// look again.
pub fn is_covered(manifest: &Manifest, expected: &Expected, trial: Trial, allowed: &[Code]) -> bool {
    let is_known = manifest.artifacts.iter().all(|wheel| wheel.gfx_targets.is_some());
    let passed = |audit: &&manifest::Audit| audit.findings.iter().all(|finding| finding.severity != "error");
    // What could not be installed, and was allowed, may be installed the next time.
    let recorded = manifest.audit.as_ref().filter(passed).filter(|audit| audit.installed || trial == Trial::Skip);
    is_known && recorded.is_some_and(|audit| audit.subject == subject(&manifest.artifacts, expected, trial, allowed))
}

/// What the name of one of our wheels says that was not planned.
pub fn findings(wheel: &Wheel, name: &WheelName, expected: &Expected) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(planned) = expected.versions.get(&wheel.file.path)
        && !same_version(planned, name.version())
    {
        let text = format!("its version is `{}`, and `{}` was planned", name.version(), shown(planned));
        findings.push(Finding::new(Code::VersionPlanned, text));
    }
    let mut wrong = |text: String| findings.push(Finding::new(Code::TagsPlanned, text));
    if let Some(python) = expected.python.filter(|python| !is_for(name, *python)) {
        wrong(format!("its tags `{}-{}` are not those of Python {python}", name.python_tag(), name.abi_tag()));
    }
    if let Some(platform) = expected.platform.as_ref().filter(|platform| !runs_on(name, platform)) {
        wrong(format!("its platform tag `{}` is not one of `{}`", name.platform_tag(), shown(platform)));
    }
    findings
}

/// Whether a wheel is for this Python: built for just it, for its stable interface, or for any.
fn is_for(name: &WheelName, python: PythonVersion) -> bool {
    let abi = python.abi_tag();
    let tag = abi.trim_end_matches('t');
    let is_stable = |tag: &str| {
        let minor = tag.strip_prefix("cp3").and_then(|minor| minor.parse::<u8>().ok());
        !python.free_threaded && python.major == 3 && minor.is_some_and(|minor| minor <= python.minor)
    };
    let pythons: Vec<&str> = name.python_tag().split('.').collect();
    name.abi_tag().split('.').any(|found| match found {
        "abi3" => pythons.iter().any(|tag| is_stable(tag)),
        "none" => pythons.iter().any(|found| *found == tag || *found == format!("py{}", python.major)),
        found => found == abi && pythons.contains(&tag),
    })
}

/// Whether every platform tag is one of the platform, which manifests spell `linux-x86_64`.
fn runs_on(name: &WheelName, platform: &str) -> bool {
    let (system, machine) = platform.split_once('-').unwrap_or((platform, ""));
    name.platform_tag().split('.').all(|tag| match tag.strip_suffix(machine).map(|rest| rest.trim_end_matches('_')) {
        Some(rest) if system == Platform::Windows.name() => rest == "win",
        Some(rest) => rest == "linux" || rest.starts_with("manylinux") || rest.starts_with("musllinux"),
        None => false,
    })
}

/// The platform that a wheel's name says.
pub fn platform(name: &WheelName) -> Platform {
    if name.platform_tag().starts_with("win") { Platform::Windows } else { Platform::Linux }
}

/// Our wheels among these, with their names.
pub fn ours(wheels: &[Wheel]) -> Vec<(Project, WheelName, &Wheel)> {
    let ours = |wheel| {
        let name = WheelName::parse(Wheel::name(wheel)).ok()?;
        Some((name.project()?, name, wheel))
    };
    wheels.iter().filter_map(ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(tags: &str) -> WheelName {
        WheelName::parse(&format!("torch-1-{tags}.whl")).unwrap()
    }

    #[test]
    fn tags_of_a_python() {
        for (tags, python, expected) in [
            ("cp312-cp312-linux_x86_64", "3.12", true),
            ("cp312-cp312-linux_x86_64", "3.13", false),
            ("cp313-cp313t-linux_x86_64", "3.13t", true),
            ("cp313-cp313t-linux_x86_64", "3.13", false),
            ("cp313-cp313-linux_x86_64", "3.13t", false),
            ("cp310-abi3-linux_x86_64", "3.12", true),
            ("cp313-abi3-linux_x86_64", "3.12", false),
            ("cp310-abi3-linux_x86_64", "3.13t", false),
            ("py3-none-linux_x86_64", "3.13t", true),
            ("py2-none-linux_x86_64", "3.12", false),
        ] {
            assert_eq!(is_for(&name(tags), PythonVersion::parse(python).unwrap()), expected, "{tags} {python}");
        }
    }

    #[test]
    fn tags_of_a_platform() {
        for (tag, platform, expected) in [
            ("linux_x86_64", "linux-x86_64", true),
            ("manylinux_2_27_x86_64.manylinux_2_28_x86_64", "linux-x86_64", true),
            ("linux_aarch64", "linux-x86_64", false),
            ("linux_x86_64.linux_aarch64", "linux-x86_64", false),
            ("win_amd64", "linux-x86_64", false),
            ("win_amd64", "windows-amd64", true),
            ("linux_x86_64", "windows-amd64", false),
            ("any", "linux-x86_64", false),
        ] {
            assert_eq!(runs_on(&name(&format!("cp312-cp312-{tag}")), platform), expected, "{tag} {platform}");
        }
    }
}
