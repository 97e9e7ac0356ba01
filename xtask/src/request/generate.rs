//! What `manifest generate` is asked for: where the wheels are, and what cannot be read off them.

use manifest::Given;

use super::options::artifact_group;
use super::said::Said;
use super::{Problem, places};
use crate::cli::GenerateArgs;
use crate::gfx::{self, Selection};
use crate::host::Host;
use crate::refs::{GitRef, RefError};
use crate::version::{PythonVersion, ReleaseType, Suffix, VersionError, normalize};

/// A checked request for the manifest of a folder. Paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generate {
    /// The folder with the wheels.
    pub folder: String,
    /// The manifest of the build that they come from.
    pub from: Option<String>,
    /// The folder for the manifest.
    pub manifests: String,
    /// What the flags say of the wheels.
    pub given: Given,
}

impl Generate {
    /// The request that the flags make.
    ///
    /// # Errors
    /// Every problem.
    pub fn new(args: &GenerateArgs, host: &Host) -> Result<Self, Vec<Problem>> {
        let mut said = Said::new(host);
        let folder = path("the folder `DIR`", "give the path of a folder", Some(&args.folder), &mut said).unwrap_or_default();
        let from = path("`--from-manifest`", "give the path of a manifest", args.from_manifest.as_ref(), &mut said);
        let manifests = path("`--manifest-dir`", "give the path of a folder", args.manifest_dir.as_ref(), &mut said);
        let manifests = manifests.unwrap_or_else(|| host.platform.join(&folder, places::MANIFESTS));
        let given = given(args, &mut said);
        said.done().map(|_| Generate { folder, from, manifests, given })
    }
}

fn path(what: &str, hint: &str, value: Option<&String>, said: &mut Said) -> Option<String> {
    let wrong = |error| Problem::new(format!("invalid value for {what}: {error}")).hint(hint);
    said.host.absolute(value?).map_err(|error| said.problem(wrong(error))).ok()
}

fn given(args: &GenerateArgs, said: &mut Said) -> Given {
    let gfx = selection(args, said);
    let python = value("python", &args.python, PythonVersion::parse, VersionError::hint, said);
    let reference = value("ref", &args.reference, GitRef::parse, RefError::hint, said);
    let suffix = value("version-suffix", &args.version_suffix, Suffix::parse, VersionError::hint, said);
    let release_type = value("release-type", &args.release_type, ReleaseType::parse, VersionError::hint, said);
    let no_platform = |_: &String| Some("write `linux-x86_64` or `windows-amd64`".to_owned());
    Given {
        artifact_group: value("artifact-group", &args.artifact_group, artifact_group, |_| None, said),
        platform: value("platform", &args.platform, platform, no_platform, said),
        python_version: python.map(|python| python.to_string()),
        pytorch_git_ref: reference.map(|reference| reference.to_string()),
        amdgpu_family: gfx.as_ref().and_then(Selection::named_families),
        pytorch_rocm_arch: gfx.as_ref().map(Selection::commas),
        gfx_targets: gfx.map(|gfx| gfx.targets).unwrap_or_default(),
        rocm_sdk_version: value("rocm-sdk-version", &args.rocm_sdk_version, normalize, VersionError::hint, said),
        version_suffix: suffix.map(|suffix| suffix.to_string()),
        release_type: release_type.map(|release_type| release_type.to_string()),
        ci: None,
    }
}

fn selection(args: &GenerateArgs, said: &mut Said) -> Option<Selection> {
    let unknown = if args.allow_unknown_gfx { gfx::Unknown::Allow } else { gfx::Unknown::Refuse };
    if args.gfx.is_empty() {
        return None;
    }
    gfx::select(&args.gfx, unknown).map_err(|error| said.refuse("gfx", &error, error.hint())).ok()
}

fn value<T, E: std::fmt::Display>(
    name: &str,
    flag: &Option<String>,
    parse: impl Fn(&str) -> Result<T, E>,
    hint: impl Fn(&E) -> Option<String>,
    said: &mut Said,
) -> Option<T> {
    parse(flag.as_deref()?).map_err(|error| said.refuse(name, &error, hint(&error))).ok()
}

/// A system and a machine, as `Host::platform_name` spells them.
fn platform(text: &str) -> Result<String, String> {
    let is_machine = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match text.split_once('-') {
        Some(("linux" | "windows", machine)) if is_machine(machine) => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not the name of a platform")),
    }
}

#[cfg(test)]
mod tests {
    use super::platform;

    #[test]
    fn platforms() {
        for text in ["linux-x86_64", "windows-amd64", "linux-aarch64"] {
            assert_eq!(platform(text), Ok(text.to_owned()));
        }
        for text in ["", "linux", "linux-", "macos-arm64", "linux-x86_64-gnu", "linux-x\n", "Linux-x86_64"] {
            assert_eq!(platform(text), Err(format!("`{text}` is not the name of a platform")));
        }
    }
}
