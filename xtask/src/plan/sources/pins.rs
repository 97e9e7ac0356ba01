//! The files that pin commits, read strictly: what they say ends in git's arguments.

use std::collections::BTreeMap;

use super::{SourceError, repeated};
use crate::refs::RepoUrl;
use crate::version::normalize;

/// What `related_commits` says, by project. Its rows are `os|source|project|branch|commit|origin`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related(BTreeMap<String, Pin>);

/// A row of `related_commits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The full commit, in lower case.
    pub commit: String,
    /// The repository that has it.
    pub origin: RepoUrl,
}

impl Related {
    /// The row of a project, named as it is in the file: `torchaudio`.
    pub fn pin(&self, project: &str) -> Option<&Pin> {
        self.0.get(project)
    }
}

/// Reads `related_commits`. Rows for several systems must agree, because one build serves all of them.
///
/// # Errors
/// If a row is not what it should be, or two rows of one project differ; rows that nobody asks for count too.
pub fn parse_related_commits(text: &str) -> Result<Related, SourceError> {
    let mut related = Related::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (project, pin) = row(line).map_err(|fault| SourceError::Malformed { line: repeated(line), fault })?;
        match related.0.get(project) {
            Some(known) if *known != pin => {
                let project = repeated(project);
                return Err(SourceError::Conflict { project, first: shown(known), second: shown(&pin) });
            }
            Some(_) => {}
            None => drop(related.0.insert(project.to_owned(), pin)),
        }
    }
    Ok(related)
}

fn row(line: &str) -> Result<(&str, Pin), String> {
    let fields: Vec<&str> = line.split('|').collect();
    let [_os, _source, project, _branch, commit, origin] = fields[..] else {
        return Err(format!("it has {} of 6 fields", fields.len()));
    };
    let commit = full_commit(commit).ok_or("its commit is not 40 hexadecimal digits")?;
    let origin = RepoUrl::parse(origin).map_err(|error| error.to_string())?;
    Ok((project, Pin { commit, origin }))
}

fn shown(pin: &Pin) -> String {
    format!("{} of {}", pin.commit, pin.origin)
}

/// The commit that `file` holds and nothing else.
///
/// # Errors
/// If it holds nothing, or not a full commit: anything shorter could mean another one tomorrow.
pub fn pinned_commit(file: &'static str, text: &str) -> Result<String, SourceError> {
    match text.trim() {
        "" => Err(SourceError::EmptyFile(file)),
        text => full_commit(text).ok_or_else(|| SourceError::NotACommit { file, text: repeated(text) }),
    }
}

/// The version in the text of a file of sources, as it is written there.
///
/// # Errors
/// If there is no such file, or it holds no version.
pub fn source_version(file: &'static str, commit: &str, text: Option<&str>) -> Result<String, SourceError> {
    let Some(text) = text else { return Err(SourceError::NoVersion { file, commit: commit.to_owned() }) };
    match text.trim() {
        text if is_version(text) => Ok(text.to_owned()),
        text => Err(SourceError::NotAVersion { file, text: repeated(text) }),
    }
}

fn is_version(text: &str) -> bool {
    !text.contains('+') && normalize(text).is_ok()
}

/// 40 hexadecimal digits, in lower case.
pub(super) fn full_commit(text: &str) -> Option<String> {
    let is_full = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_full.then(|| text.to_ascii_lowercase())
}
