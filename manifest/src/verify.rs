//! Whether a folder holds what its manifest says, and whether the manifest agrees with itself.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use crate::folder::FolderFile;
use crate::model::{Artifact, Labels, Manifest, Need, Status};
use crate::project::Project;
use crate::shown::shown;
use crate::wheel::WheelName;
use crate::write::BUILD_KEYS;

/// One thing that is not as the manifest says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Difference {
    /// A file that is not there.
    #[error("`{}` is in the manifest and not in the folder", shown(path))]
    Missing {
        /// Its path.
        path: String,
    },
    /// A file that nobody listed.
    #[error("`{}` is in the folder and not in the manifest", shown(path))]
    Extra {
        /// Its path.
        path: String,
    },
    /// A file of another size. Nothing is said of its hash then.
    #[error("`{}` has {found} bytes, and the manifest says {expected}", shown(path))]
    Size {
        /// Its path.
        path: String,
        /// The manifest's figure, in bytes.
        expected: u64,
        /// The folder's, in bytes.
        found: u64,
    },
    /// A file with other contents.
    #[error("`{}` has SHA-256 {found}, and the manifest says {expected}", shown(path))]
    Hash {
        /// Its path.
        path: String,
        /// The manifest's digest.
        expected: String,
        /// The folder's.
        found: String,
    },
    /// A path that two artifacts of the manifest have.
    #[error("`{}` is listed twice", shown(path))]
    Twice {
        /// The path.
        path: String,
    },
    /// A label that the file's name contradicts.
    #[error("label `{label}` of `{}` is {}, and the name says {}", shown(path), quoted(found.as_deref()), quoted(expected.as_deref()))]
    Label {
        /// The file's path.
        path: String,
        /// The label's key.
        label: &'static str,
        /// What the name says, if it says anything.
        expected: Option<String>,
        /// What the manifest says, if it says anything.
        found: Option<String>,
    },
    /// A wheel whose version is not that which it was planned to have.
    #[error("`{}` has version `{}`, and `{}` was planned", shown(path), shown(found), shown(planned))]
    Version {
        /// The file's path.
        path: String,
        /// The version that was planned.
        planned: String,
        /// The version in its name.
        found: String,
    },
    /// A set that calls itself complete and lacks a wheel that it needs.
    #[error("the status is `complete`, and the wheel of `{project}` is required and missing")]
    Incomplete {
        /// Whose wheel.
        project: Project,
    },
}

impl Difference {
    /// A word that stays the same when the text does not: `missing`, `extra`, `size`, `hash`, `twice`, `label`, `version`,
    /// `incomplete`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Extra { .. } => "extra",
            Self::Size { .. } => "size",
            Self::Hash { .. } => "hash",
            Self::Twice { .. } => "twice",
            Self::Label { .. } => "label",
            Self::Version { .. } => "version",
            Self::Incomplete { .. } => "incomplete",
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "copy the folder again, or build the wheel again",
            Self::Extra { .. } => "remove the file, or write the manifest anew with `manifest generate`",
            Self::Size { .. } => "the file was cut short or replaced: copy it again, or build the wheel again",
            Self::Hash { .. } => "the file was damaged or replaced: copy it again, or build the wheel again",
            Self::Twice { .. } | Self::Label { .. } => "the manifest was edited: write it anew with `manifest generate`",
            Self::Version { .. } => "look in the job's log for what gave the wheel its version",
            Self::Incomplete { .. } => "build the wheel, or make it `--optional`",
        }
    }
}

fn quoted(value: Option<&str>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| format!("`{}`", shown(value)))
}

impl Manifest {
    /// The keys that a build's manifest always has and this text has not. [`Manifest::parse`] takes them for empty, but
    /// whoever wrote the file did not write a manifest of wheels.
    pub fn lacking(text: &str) -> Vec<&'static str> {
        let keys: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).unwrap_or_default();
        BUILD_KEYS.into_iter().filter(|key| !keys.contains_key(*key)).collect()
    }

    /// Every difference between the manifest and the files of the folder that it describes, in the order of the paths, and
    /// after them what [`Manifest::check`] finds. `files` is what counts as part of the set: all wheels below the folder.
    pub fn verify(&self, files: &[FolderFile]) -> Vec<Difference> {
        let found: BTreeMap<&str, &FolderFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
        let listed: BTreeMap<&str, &Artifact> =
            self.artifacts.iter().map(|artifact| (artifact.relative_path.as_str(), artifact)).collect();
        let mut paths: Vec<&str> = found.keys().chain(listed.keys()).copied().collect();
        paths.sort_unstable();
        paths.dedup();
        let mut differences: Vec<Difference> =
            paths.into_iter().filter_map(|path| compare(path, listed.get(path).copied(), found.get(path).copied())).collect();
        differences.extend(self.check());
        differences
    }

    /// What in the manifest contradicts the rest of it: paths listed twice, labels that are not what the names say, versions
    /// that are not those planned, a set called complete that is not.
    pub fn check(&self) -> Vec<Difference> {
        let artifacts = self.artifacts_by_path();
        let twice = artifacts.windows(2).filter(|pair| pair[0].relative_path == pair[1].relative_path);
        let twice = twice.map(|pair| Difference::Twice { path: pair[0].relative_path.as_str().to_owned() });
        let mut differences: Vec<Difference> = twice.collect();
        for artifact in artifacts {
            differences.extend(labels(artifact));
            differences.extend(version(artifact));
        }
        if self.status == Some(Status::Complete) {
            let required = self.missing.iter().filter(|missing| missing.need == Need::Required);
            differences.extend(required.map(|missing| Difference::Incomplete { project: missing.project }));
        }
        differences
    }
}

fn compare(path: &str, listed: Option<&Artifact>, found: Option<&FolderFile>) -> Option<Difference> {
    let path = path.to_owned();
    match (listed, found) {
        (Some(_), None) => Some(Difference::Missing { path }),
        (None, Some(_)) => Some(Difference::Extra { path }),
        (Some(listed), Some(found)) if listed.size_bytes != found.size_bytes => {
            Some(Difference::Size { path, expected: listed.size_bytes, found: found.size_bytes })
        }
        (Some(listed), Some(found)) if listed.sha256 != found.sha256 => {
            Some(Difference::Hash { path, expected: listed.sha256.to_string(), found: found.sha256.to_string() })
        }
        _ => None,
    }
}

fn labels(artifact: &Artifact) -> impl Iterator<Item = Difference> {
    let (expected, _) = Labels::of_name(artifact.relative_path.file_name(), &artifact.labels.build_variant);
    let found = &artifact.labels;
    let pairs = [
        ("distribution", expected.distribution, &found.distribution),
        ("version", expected.version, &found.version),
        ("build_tag", expected.build_tag, &found.build_tag),
        ("python_tag", expected.python_tag, &found.python_tag),
        ("abi_tag", expected.abi_tag, &found.abi_tag),
        ("platform_tag", expected.platform_tag, &found.platform_tag),
    ];
    pairs.into_iter().filter(|(_, expected, found)| expected != *found).map(|(label, expected, found)| Difference::Label {
        path: artifact.relative_path.as_str().to_owned(),
        label,
        expected,
        found: found.clone(),
    })
}

fn version(artifact: &Artifact) -> Option<Difference> {
    let wheel = WheelName::parse(artifact.relative_path.file_name()).ok()?;
    let planned = artifact.planned_version.as_deref()?;
    if same_version(planned, wheel.version()) {
        return None;
    }
    let path = artifact.relative_path.as_str().to_owned();
    Some(Difference::Version { path, planned: planned.to_owned(), found: wheel.version().to_owned() })
}

/// Whether two texts are one version, however it is spelled; what is no version is compared as text.
pub(crate) fn same_version(one: &str, other: &str) -> bool {
    let parsed = |text: &str| text.parse::<pep440_rs::Version>().ok();
    match (parsed(one), parsed(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests;
