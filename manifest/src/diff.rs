//! What changed from one manifest to another.

mod github;
mod growth;
mod pairs;
mod text;

pub use growth::{Growth, MaxGrowth, MaxGrowthError};

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Artifact, Manifest, Source};
use crate::project::Project;
use crate::shown::without_credentials;

/// What changed from one manifest to another. As text with [`Display`](std::fmt::Display), as JSON with `serde_json`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Diff {
    /// The sources whose repository, commit, version or local changes differ, in the fixed order of the projects.
    pub sources: Vec<SourceChange>,
    /// The values of the whole build that differ: status, platform, Python, ref, GPU targets, ROCm version, suffix, ….
    pub values: Vec<Change>,
    /// The wheels that differ, in the order of their names.
    pub wheels: Vec<WheelChange>,
    /// The ROCm packages whose version differs, and the index if that does.
    pub rocm: Vec<Change>,
    /// The programs whose version differs.
    pub toolchain: Vec<Change>,
    /// The options whose value differs; what decided it does not matter.
    pub options: Vec<Change>,
}

/// A value with a name that differs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change {
    /// What it is called.
    pub name: String,
    /// The value before; null where there is none.
    pub before: Value,
    /// The value after; null where there is none.
    pub after: Value,
}

/// One project's source in both manifests.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SourceChange {
    /// Whose source.
    pub project: Project,
    /// What it was; `None` where there was no entry.
    pub before: Option<Source>,
    /// What it is; `None` where there is no entry.
    pub after: Option<Source>,
    /// The page that shows the commits between both, where they are of one repository on GitHub.
    pub compare_url: Option<String>,
}

/// One wheel in both manifests.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct WheelChange {
    /// The distribution in normalised form, or the file's name where that is no wheel's.
    pub name: String,
    /// What it was; `None` for a new wheel.
    pub before: Option<WheelFile>,
    /// What it is; `None` for a wheel that is gone.
    pub after: Option<WheelFile>,
}

/// A wheel's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct WheelFile {
    /// The file, from the output directory on.
    pub relative_path: String,
    /// The version that its name says.
    pub version: Option<String>,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

impl Diff {
    /// What changed from `before` to `after`.
    ///
    /// A wheel is the same wheel if it has the same path; else the same folder, distribution and tags; else the same
    /// folder and distribution, where each side has one such wheel. Jobs, CI context and `therock` are not compared: they
    /// differ in any two builds.
    pub fn new(before: &Manifest, after: &Manifest) -> Self {
        Self {
            sources: Project::ALL.into_iter().filter_map(|project| source(project, before, after)).collect(),
            values: changes(values(before), values(after)),
            wheels: pairs::pairs(&before.artifacts, &after.artifacts).into_iter().filter_map(wheel).collect(),
            rocm: changes(rocm(before), rocm(after)),
            toolchain: changes(toolchain(before), toolchain(after)),
            options: changes(options(before), options(after)),
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        let changes = [&self.values, &self.rocm, &self.toolchain, &self.options];
        self.sources.is_empty() && self.wheels.is_empty() && changes.iter().all(|changes| changes.is_empty())
    }

    /// The wheels that grew by more than they may. One that is new has grown by nothing.
    pub fn growth_beyond(&self, max: MaxGrowth) -> Vec<Growth> {
        self.wheels.iter().filter_map(|wheel| growth::beyond(wheel, max)).collect()
    }
}

fn source(project: Project, before: &Manifest, after: &Manifest) -> Option<SourceChange> {
    let plain = |source: &Source| Source { repo: without_credentials(&source.repo), ..source.clone() };
    let (before, after) = (before.source(project).map(plain), after.source(project).map(plain));
    let compared = |source: &Source| (source.repo.clone(), source.commit.clone(), source.version.clone(), source.dirty.clone());
    if before.as_ref().map(compared) == after.as_ref().map(compared) {
        return None;
    }
    let compare_url = before.as_ref().zip(after.as_ref()).and_then(|(before, after)| github::compare_url(before, after));
    Some(SourceChange { project, before, after, compare_url })
}

fn wheel((before, after): (Option<&Artifact>, Option<&Artifact>)) -> Option<WheelChange> {
    let file = |artifact: &Artifact| WheelFile {
        relative_path: artifact.relative_path.as_str().to_owned(),
        version: artifact.labels.version.clone(),
        size_bytes: artifact.size_bytes,
        sha256: artifact.sha256.to_string(),
    };
    let name = pairs::name(after.or(before)?);
    let (before, after) = (before.map(file), after.map(file));
    (before != after).then_some(WheelChange { name, before, after })
}

type Named = BTreeMap<String, Value>;

fn changes(before: Named, mut after: Named) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, before) in before {
        let after = after.remove(&name).unwrap_or_default();
        if before != after {
            changes.push(Change { name, before, after });
        }
    }
    changes.extend(after.into_iter().map(|(name, after)| Change { name, before: Value::Null, after }));
    changes.retain(|change| change.before != change.after);
    changes.sort_by(|one, other| one.name.cmp(&other.name));
    changes
}

fn values(manifest: &Manifest) -> Named {
    let named = [
        ("status", json!(manifest.status)),
        ("platform", json!(manifest.platform)),
        ("python_version", json!(manifest.python_version)),
        ("pytorch_git_ref", json!(manifest.pytorch_git_ref)),
        ("amdgpu_family", json!(manifest.amdgpu_family)),
        ("gfx_targets", json!(manifest.gfx_targets)),
        ("rocm_sdk_version", json!(manifest.rocm_sdk_version)),
        ("version_suffix", json!(manifest.version_suffix)),
        ("release_type", json!(manifest.release_type)),
    ];
    named.map(|(name, value)| (name.to_owned(), value)).into()
}

fn rocm(manifest: &Manifest) -> Named {
    let Some(rocm) = &manifest.rocm else { return Named::new() };
    let index = ("index".to_owned(), json!(rocm.index.as_deref().map(without_credentials)));
    rocm.packages.iter().map(|package| (package.name.clone(), json!(package.version))).chain([index]).collect()
}

fn toolchain(manifest: &Manifest) -> Named {
    let Some(toolchain) = &manifest.toolchain else { return Named::new() };
    toolchain.programs().map(|(name, version)| (name.to_owned(), json!(version))).collect()
}

fn options(manifest: &Manifest) -> Named {
    manifest.options.iter().map(|option| (option.name.clone(), option.value.clone())).collect()
}

#[cfg(test)]
mod tests;
