//! Manifests that may be anybody's.

use std::io::ErrorKind;

use manifest::{Manifest, ManifestError, shown};

use crate::file::{self, FileError};
use crate::host::Host;
use crate::request::Problem;

/// A file of more bytes is not taken in. A hundred thousand wheels need some ninety million.
const LIMIT: u64 = 128 << 20;

/// A manifest as it was found.
pub(in crate::command) struct Read {
    pub(in crate::command) manifest: Manifest,
    pub(in crate::command) text: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// It cannot be read.
    #[error(transparent)]
    File(FileError),
    /// It is no text, or far too long for a manifest.
    #[error("`{path}` is no manifest: {cause}")]
    NoText { path: String, cause: std::io::Error },
    /// It is something else.
    #[error("`{}` is no manifest that can be read: {cause}", shown(path))]
    Manifest { path: String, cause: ManifestError },
}

impl ReadError {
    /// Whether a file was there, and it was the wrong one.
    pub(super) fn is_content(&self) -> bool {
        !matches!(self, Self::File(_))
    }

    pub(super) fn problem(&self) -> Problem {
        let hint = match self {
            Self::File(error) if error.cause.kind() == ErrorKind::NotFound => Some("look whether the path is right"),
            Self::File(error) => error.hint(),
            Self::NoText { .. } => Some("look whether the path is right: a manifest is JSON"),
            Self::Manifest { cause, .. } => cause.hint(),
        };
        Problem { text: self.to_string(), hint: hint.map(str::to_owned) }
    }
}

/// The path of a file that the user names, made absolute.
pub(in crate::command) fn path(host: &Host, what: &str, text: &str) -> Result<String, Problem> {
    let wrong = |error| Problem::new(format!("invalid value for {what}: {error}")).hint("give the path of a file or folder");
    host.absolute(text).map_err(wrong)
}

/// Reads a manifest.
pub(super) fn read(path: &str) -> Result<Read, ReadError> {
    let text = file::read_at_most(path, LIMIT).map_err(|error| match error.cause.kind() {
        ErrorKind::InvalidData | ErrorKind::FileTooLarge => ReadError::NoText { path: error.path, cause: error.cause },
        _ => ReadError::File(error),
    })?;
    match Manifest::parse(&text) {
        Ok(manifest) => Ok(Read { manifest, text }),
        Err(cause) => Err(ReadError::Manifest { path: path.to_owned(), cause }),
    }
}
