//! From text to values: this crate's own files, source manifest v1, and the formats that came before it.

mod older;

use serde_json::{Map, Value};

use crate::checked::Commit;
use crate::index::Index;
use crate::model::{Manifest, SchemaVersion};
use crate::project::Project;
use crate::shown::{cause, shown, without_credentials};

/// A text that is not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON at all.
    #[error("manifest is not JSON: {}", cause(.0))]
    Json(serde_json::Error),
    /// JSON, but not an object.
    #[error("Manifest root must be a JSON object, not {0}")]
    Root(&'static str),
    /// A version that this crate cannot read; the value as JSON.
    #[error("unsupported `schema_version` `{}`: this reader knows only the integer 1", shown(.0))]
    SchemaVersion(String),
    /// A project's entry that no checkout could be made from.
    #[error("manifest entry `{project}`: {problem}")]
    Entry {
        /// Whose entry.
        project: Project,
        /// What is wrong with it.
        problem: String,
    },
    /// An index of several manifests, where one is wanted.
    #[error("it is an index of several manifests, with `runs`, not one manifest")]
    Index,
    /// A manifest in an index.
    #[error("run {number}: {cause}")]
    Run {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        cause: Box<ManifestError>,
    },
    /// The format with `sources` that came before version 1, in a form that nobody wrote.
    #[error("manifest with `sources`: {0}")]
    Older(String),
    /// Anything else that does not fit; the cause has the line and column.
    #[error("manifest does not fit schema version 1: {}", cause(.0))]
    Schema(serde_json::Error),
}

impl ManifestError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Json(_) | Self::Root(_) => Some("the file may be cut short, or be something else, such as an error page"),
            Self::SchemaVersion(_) => Some("a newer tool wrote it: update this one"),
            Self::Index => Some("take the one that you want out of its `runs`"),
            Self::Run { cause, .. } => cause.hint(),
            Self::Entry { .. } | Self::Older(_) | Self::Schema(_) => None,
        }
    }
}

impl Manifest {
    /// Reads a manifest. Nothing in it is trusted: a commit is a full hash, a path stays inside its folder, a repository
    /// is not empty and cannot be taken for an option. Whether it lists anything at all is the caller's question.
    ///
    /// A missing or null `schema_version` is taken for 1. Null stands for an absent optional value. An object may have
    /// no known field twice.
    ///
    /// Two older formats are read too: the flat list of sources without `schema_version`, and the one with `sources` and
    /// `artifacts`. The latter has no hashes, and an [`Artifact`](crate::Artifact) without one could not be trusted, so its
    /// wheels are kept as they were under the unknown key `unhashed_artifacts`.
    ///
    /// # Errors
    /// [`ManifestError`]. The version is looked at before, and the projects' entries before everything else.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut keys = object(text)?;
        if older::is_older(&keys) {
            older::modernize(&mut keys)?;
            check(&keys)?;
            return serde_json::from_value(Value::Object(keys)).map_err(ManifestError::Schema);
        }
        check(&keys)?;
        if keys.contains_key("runs") {
            return Err(ManifestError::Index);
        }
        // From the text again, not from `keys`: only so do errors know their line, and equal keys are still there.
        serde_json::from_str(text).map_err(ManifestError::Schema)
    }
}

impl Index {
    /// Reads an index; its manifests are trusted as little as [`Manifest::parse`] trusts them.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let keys = object(text)?;
        check(&keys)?;
        let runs = keys.get("runs").and_then(Value::as_array).into_iter().flatten();
        for (index, run) in runs.enumerate().filter_map(|(index, run)| Some((index, run.as_object()?))) {
            check(run).map_err(|cause| ManifestError::Run { number: index + 1, cause: Box::new(cause) })?;
        }
        serde_json::from_str(text).map_err(ManifestError::Schema)
    }
}

fn object(text: &str) -> Result<Map<String, Value>, ManifestError> {
    match serde_json::from_str(text).map_err(ManifestError::Json)? {
        Value::Object(keys) => Ok(keys),
        other => Err(ManifestError::Root(kind(&other))),
    }
}

/// The version and the projects' entries.
fn check(keys: &Map<String, Value>) -> Result<(), ManifestError> {
    SchemaVersion::try_from(keys.get("schema_version").cloned().unwrap_or_default())?;
    for project in Project::ALL {
        if let Some(entry) = keys.get(project.key()) {
            check_entry(entry).map_err(|problem| ManifestError::Entry { project, problem })?;
        }
    }
    Ok(())
}

/// Says what is wrong in words that name the field, which serde's would not.
fn check_entry(entry: &Value) -> Result<(), String> {
    if !entry.is_object() {
        return Err(format!("it must be a JSON object, not {}", kind(entry)));
    }
    let repo = required(entry, "repo")?;
    if repo.starts_with('-') || repo.contains(char::is_control) {
        return Err(format!("`repo` `{}` is not a repository", shown(&without_credentials(repo))));
    }
    Commit::parse(required(entry, "commit")?).map_err(|error| error.to_string())?;
    Ok(())
}

fn required<'entry>(entry: &'entry Value, field: &str) -> Result<&'entry str, String> {
    match entry.get(field) {
        None => Err(format!("`{field}` is missing")),
        Some(Value::String(text)) if text.is_empty() => Err(format!("`{field}` is empty")),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(format!("`{field}` must be a string, not {}", kind(other))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
