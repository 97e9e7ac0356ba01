//! From text to values: this crate's own files, source manifest v1, and the flat list of sources that came before it.

use serde_json::Value;

use crate::checked::Commit;
use crate::model::{Manifest, SchemaVersion};
use crate::project::Project;
use crate::shown::shown;

/// A text that is not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON at all.
    #[error("manifest is not JSON: {0}")]
    Json(serde_json::Error),
    /// JSON, but not an object.
    #[error("manifest root must be a JSON object, not {0}")]
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
    /// Anything else that does not fit; the cause has the line and column.
    #[error("manifest does not fit schema version 1: {0}")]
    Schema(serde_json::Error),
}

impl ManifestError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Json(_) | Self::Root(_) => Some("the file may be cut short, or be something else, such as an error page"),
            Self::SchemaVersion(_) => Some("a newer tool wrote it: update this one"),
            Self::Entry { .. } | Self::Schema(_) => None,
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
    /// # Errors
    /// [`ManifestError`]. The version is looked at before, and the projects' entries before everything else.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let root: Value = serde_json::from_str(text).map_err(ManifestError::Json)?;
        let Value::Object(keys) = &root else { return Err(ManifestError::Root(kind(&root))) };
        SchemaVersion::try_from(keys.get("schema_version").cloned().unwrap_or_default())?;
        for project in Project::ALL {
            if let Some(entry) = keys.get(project.key()) {
                check_entry(entry).map_err(|problem| ManifestError::Entry { project, problem })?;
            }
        }
        // From the text again, not from `root`: only so do errors know their line, and equal keys are still there.
        serde_json::from_str(text).map_err(ManifestError::Schema)
    }
}

/// Says what is wrong in words that name the field, which serde's would not.
fn check_entry(entry: &Value) -> Result<(), String> {
    if !entry.is_object() {
        return Err(format!("it must be a JSON object, not {}", kind(entry)));
    }
    let repo = required(entry, "repo")?;
    if repo.starts_with('-') || repo.contains(char::is_control) {
        return Err(format!("`repo` `{}` is not a repository", shown(repo)));
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
mod tests;
