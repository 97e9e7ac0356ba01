//! The manifest of a folder of wheels that something else built or changed.

use std::collections::{BTreeMap, BTreeSet};

mod read_off;

use crate::checked::{CheckError, RelativePath};
use crate::folder::{FolderFile, device_of, source};
use crate::model::{Artifact, Ci, Extra, Manifest, Missing, Need, Status};
use crate::name::plain_python;
use crate::project::Project;
use crate::shown::shown;
use crate::verify::same_version;
use crate::wheel::{WheelName, WheelNameError, normalized};

/// What cannot be read off wheels, as the user gives it. Each that is `Some` (or not empty) wins over the manifest that is
/// generated from; the fields are those of [`Manifest`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs, reason = "the manifest's fields have the words")]
pub struct Given {
    pub artifact_group: Option<String>,
    pub platform: Option<String>,
    pub python_version: Option<String>,
    pub pytorch_git_ref: Option<String>,
    pub amdgpu_family: Option<String>,
    pub pytorch_rocm_arch: Option<String>,
    pub gfx_targets: Vec<String>,
    pub rocm_sdk_version: Option<String>,
    pub version_suffix: Option<String>,
    pub release_type: Option<String>,
    pub ci: Option<Ci>,
}

/// A manifest of a folder, and what is odd about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The manifest.
    pub manifest: Manifest,
    /// What is odd, in the order of the paths.
    pub warnings: Vec<Warning>,
}

/// Why there is no manifest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GenerateError {
    /// An empty folder.
    #[error("there is no wheel")]
    NoWheels,
    /// A file that no manifest can list.
    #[error("{0}")]
    Path(#[from] CheckError),
}

impl GenerateError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoWheels => "name the folder that the `.whl` files are in",
            Self::Path(_) => "rename the file or remove it",
        }
    }
}

/// Something odd about a folder, which is listed all the same.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Warning {
    /// A name that is not a wheel's, or whose version is no version: it is listed without the labels that it does not give.
    #[error("{0}")]
    Name(WheelNameError),
    /// A wheel with another version than was planned.
    #[error("`{}` has version `{}`, and `{}` was planned", shown(path), shown(found), shown(planned))]
    Version {
        /// The file's path.
        path: String,
        /// The version that was planned.
        planned: String,
        /// The version in its name.
        found: String,
    },
    /// A wheel of one of the projects whose version does not end in the version suffix of the set.
    #[error("version `{}` of `{}` does not end in `{}`", shown(version), shown(path), shown(suffix))]
    Suffix {
        /// The file's path.
        path: String,
        /// Its version.
        version: String,
        /// The suffix that wheels of this set have.
        suffix: String,
    },
    /// A wheel for another Python or platform than the set.
    #[error("`{}` is for {}, and the set is for {}", shown(path), shown(found), shown(expected))]
    Other {
        /// The file's path.
        path: String,
        /// `Python 3.12` or a platform, as its name says.
        found: String,
        /// The same of the set.
        expected: String,
    },
    /// Wheels for several Pythons or platforms, and nobody said which of them the set is for.
    #[error("the wheels are for several {what}: {}; the manifest names none", shown(&found.join(", ")))]
    Several {
        /// `Pythons` or `platforms`.
        what: &'static str,
        /// What the names say, in alphabetical order.
        found: Vec<String>,
    },
    /// Wheels of one distribution in several versions.
    #[error("there are wheels of `{}` in several versions: {}", shown(distribution), shown(&versions.join(", ")))]
    Versions {
        /// The distribution in normalised form.
        distribution: String,
        /// The versions, in alphabetical order.
        versions: Vec<String>,
    },
    /// A wheel of device code without the wheel that the code belongs to.
    #[error("`{}` holds device code of `{}`, and no such wheel of this version and tags is there", shown(path), shown(host))]
    Host {
        /// The file's path.
        path: String,
        /// The distribution that it belongs to.
        host: String,
    },
}

/// Makes the manifest of a folder of wheels.
///
/// - `wheels`: the wheels below the folder, and nothing else.
/// - `from`: the manifest of the build that the wheels come from. It keeps what it says of the build; its artifacts are
///   replaced, and one whose hash is the same keeps what was found out about it.
/// - `given`: what the user says; it wins.
/// - `build_variant`: the label of that name.
///
/// A wheel of device code, such as `amd_torch_device_gfx942-…`, is `split_from` the wheel of the same version and tags; one for any
/// Python, from the only wheel of the same version and platform.
/// The set is [`Status::Complete`] unless `from` or its artifacts name a project whose wheel is required and not there.
/// Python version and platform are read off the names where nobody gives them.
///
/// # Errors
/// [`GenerateError`].
pub fn generate(
    wheels: &[FolderFile],
    from: Option<&Manifest>,
    given: Given,
    build_variant: &str,
) -> Result<Generated, GenerateError> {
    if wheels.is_empty() {
        return Err(GenerateError::NoWheels);
    }
    let new = Manifest::new(Status::Complete);
    let mut manifest = from.cloned().unwrap_or_else(|| new.clone());
    manifest.project.get_or_insert(new.project.unwrap_or_default());
    manifest.component.get_or_insert(new.component.unwrap_or_default());
    manifest.build_type.get_or_insert(new.build_type.unwrap_or_default());
    manifest.artifact_group = given.artifact_group.clone().or(manifest.artifact_group).or(new.artifact_group);
    let before = std::mem::take(&mut manifest.artifacts);
    let asked_before = asked(&manifest);
    manifest.extra.shift_remove("unhashed_artifacts");
    let known: BTreeMap<&str, &Artifact> = before.iter().map(|artifact| (artifact.relative_path.as_str(), artifact)).collect();
    for wheel in wheels {
        let artifact = wheel.artifact(RelativePath::parse(&wheel.path)?, build_variant);
        manifest.artifacts.push(with_what_is_known(artifact, known.get(wheel.path.as_str()).copied()));
    }
    manifest.artifacts.sort_by(|one, other| one.relative_path.cmp(&other.relative_path));
    let names: Vec<Name> =
        manifest.artifacts.iter().map(|artifact| WheelName::parse(artifact.relative_path.file_name())).collect();
    apply(&mut manifest, given);
    let several = read_off::fill(&mut manifest, &names);
    let unsplit = split(&mut manifest.artifacts, &names);
    if !is_audited(&manifest.artifacts, &before) || asked(&manifest) != asked_before {
        manifest.audit = None;
    }
    manifest.missing = missing(&manifest, &before);
    manifest.status = Some(status(&manifest));
    manifest.remove_credentials();
    let mut warnings = warnings(&manifest, names, &unsplit);
    warnings.extend(several);
    Ok(Generated { manifest, warnings })
}

/// What an audit compares wheels with.
fn asked(manifest: &Manifest) -> impl PartialEq + use<> {
    let Manifest { platform, python_version, gfx_targets, rocm_sdk_version, .. } = manifest;
    (platform.clone(), python_version.clone(), gfx_targets.clone(), rocm_sdk_version.clone())
}

/// Whether the wheels are just those that were there before, and so were audited if these were.
fn is_audited(now: &[Artifact], before: &[Artifact]) -> bool {
    let content = |artifacts: &[Artifact]| -> Vec<_> {
        let mut content: Vec<_> = artifacts.iter().map(|wheel| (wheel.relative_path.clone(), wheel.sha256.clone())).collect();
        content.sort_by(|one, other| one.0.cmp(&other.0));
        content
    };
    content(now) == content(before)
}

/// The name of an artifact's file; all are taken apart once, in the artifacts' order.
type Name = Result<WheelName, WheelNameError>;

/// A file that was changed is not what was looked into; a plan still holds for it.
fn with_what_is_known(mut artifact: Artifact, known: Option<&Artifact>) -> Artifact {
    let Some(known) = known else { return artifact };
    artifact.source = artifact.source.or(known.source);
    artifact.planned_version = known.planned_version.clone();
    if artifact.sha256 == known.sha256 {
        artifact.requires_dist = known.requires_dist.clone();
        artifact.gfx_targets = known.gfx_targets.clone();
        artifact.split_from = known.split_from.clone();
        artifact.extra = known.extra.clone();
    }
    artifact
}

fn apply(manifest: &mut Manifest, given: Given) {
    let texts = [
        (&mut manifest.platform, given.platform),
        (&mut manifest.python_version, given.python_version.map(|python| plain_python(&python).to_owned())),
        (&mut manifest.pytorch_git_ref, given.pytorch_git_ref),
        (&mut manifest.amdgpu_family, given.amdgpu_family),
        (&mut manifest.pytorch_rocm_arch, given.pytorch_rocm_arch),
        (&mut manifest.rocm_sdk_version, given.rocm_sdk_version),
        (&mut manifest.version_suffix, given.version_suffix),
        (&mut manifest.release_type, given.release_type),
    ];
    for (value, given) in texts {
        if given.is_some() {
            *value = given;
        }
    }
    if !given.gfx_targets.is_empty() {
        manifest.gfx_targets = given.gfx_targets;
    }
    if let Some(ci) = given.ci {
        manifest.run_id = ci.run_id.clone();
        manifest.job_id = ci.job.clone();
        manifest.ci = Some(ci);
    }
}

/// Finds the wheel that each wheel of device code was split from; returns the paths and hosts of those where it is not there.
fn split(artifacts: &mut [Artifact], names: &[Name]) -> BTreeMap<String, String> {
    let mut hosts: BTreeMap<_, Vec<&WheelName>> = BTreeMap::new();
    for wheel in names.iter().flatten() {
        hosts.entry((wheel.normalized_distribution(), wheel.parsed_version().clone())).or_default().push(wheel);
    }
    let mut without = BTreeMap::new();
    for (artifact, name) in artifacts.iter_mut().zip(names) {
        let Ok(wheel) = name else { continue };
        let distribution = wheel.normalized_distribution();
        let Some((host, _)) = device_of(&distribution) else { continue };
        let candidates = hosts.get(&(host.to_owned(), wheel.parsed_version().clone()));
        match candidates.and_then(|candidates| host_of(wheel, candidates)) {
            Some(host) => artifact.split_from = Some(host.to_string()),
            None => {
                without.insert(artifact.relative_path.as_str().to_owned(), host.to_owned());
            }
        }
    }
    without
}

/// The wheel with the same tags. Device code calls no Python, so its wheel may be for any; then that of its platform must be the only one.
fn host_of<'a>(device: &WheelName, hosts: &[&'a WheelName]) -> Option<&'a WheelName> {
    let tags = |wheel: &WheelName| [wheel.python_tag(), wheel.abi_tag(), wheel.platform_tag()].map(str::to_owned);
    if device.abi_tag() != "none" {
        // Of two builds of the same wheel the later one counts.
        return hosts.iter().rfind(|host| tags(host) == tags(device)).copied();
    }
    let mut of_platform = hosts.iter().filter(|host| host.platform_tag() == device.platform_tag());
    of_platform.next().filter(|_| of_platform.next().is_none()).copied()
}

/// What was missing and still is, and what was there and is not any more. A wheel of device code does not stand for its host.
fn missing(manifest: &Manifest, before: &[Artifact]) -> Vec<Missing> {
    let own = |artifact: &Artifact| match &artifact.labels.distribution {
        Some(distribution) => artifact.source.filter(|_| device_of(&normalized(distribution)).is_none()),
        None => artifact.source,
    };
    let there: BTreeSet<Project> = manifest.artifacts.iter().filter_map(own).collect();
    let mut missing: Vec<Missing> =
        manifest.missing.iter().filter(|missing| !there.contains(&missing.project)).cloned().collect();
    for project in before.iter().filter_map(own).collect::<BTreeSet<_>>() {
        if !there.contains(&project) && !missing.iter().any(|missing| missing.project == project) {
            missing.push(Missing { project, need: Need::Required, extra: Extra::new() });
        }
    }
    missing
}

fn status(manifest: &Manifest) -> Status {
    if manifest.missing.iter().all(|missing| missing.need == Need::Optional) {
        return Status::Complete;
    }
    match manifest.status {
        Some(Status::Failed) => Status::Failed,
        _ => Status::Incomplete,
    }
}

fn warnings(manifest: &Manifest, names: Vec<Name>, unsplit: &BTreeMap<String, String>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (artifact, name) in manifest.artifacts.iter().zip(names) {
        let path = artifact.relative_path.as_str();
        let wheel = match name {
            Ok(wheel) => wheel,
            Err(error) => {
                warnings.push(Warning::Name(error));
                continue;
            }
        };
        warnings.extend(unplanned(manifest, artifact, &wheel));
        warnings.extend(read_off::others(manifest, path, &wheel));
        if let Some(host) = unsplit.get(path) {
            warnings.push(Warning::Host { path: path.to_owned(), host: host.clone() });
        }
        let version = wheel.parsed_version().to_string();
        versions.entry(wheel.normalized_distribution()).or_default().insert(version);
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    warnings.extend(
        several.map(|(distribution, versions)| Warning::Versions { distribution, versions: versions.into_iter().collect() }),
    );
    warnings
}

/// The artifact's own plan is more exact than that of the project's source.
fn unplanned(manifest: &Manifest, artifact: &Artifact, wheel: &WheelName) -> Option<Warning> {
    let path = artifact.relative_path.as_str().to_owned();
    let project = source(wheel.distribution())?;
    let of_source = || manifest.source(project).and_then(|source| source.version.as_deref());
    if let Some(planned) = artifact.planned_version.as_deref().or_else(of_source) {
        let (planned, found) = (planned.to_owned(), wheel.version().to_owned());
        return (!same_version(&planned, &found)).then_some(Warning::Version { path, planned, found });
    }
    let suffix = manifest.version_suffix.as_deref()?;
    let local = suffix.trim_start_matches('+').replace(['-', '_'], ".").to_lowercase();
    let version = wheel.parsed_version().to_string();
    (!version.ends_with(&local)).then(|| Warning::Suffix { path, version, suffix: suffix.to_owned() })
}

#[cfg(test)]
mod tests;
