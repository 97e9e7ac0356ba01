//! Reads wheels: which there are below a folder, and of each, in one pass, its size, hash and metadata. All cores read side by side, and
//! each has one small buffer, however large the wheels are.

use manifest::FolderFile;

use crate::file;

/// A wheel that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Where it is, its size and hash.
    pub file: FolderFile,
    /// The `Requires-Dist` lines of its metadata, as written there; `None` where it has none that can be read.
    pub requires_dist: Option<Vec<String>>,
}

/// Something below a folder that is no wheel of a set.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// A file or folder that cannot be read.
    #[error(transparent)]
    File(#[from] file::FileError),
}
