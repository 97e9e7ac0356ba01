//! What a whole folder holds, as one text; and when something was last written.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use manifest::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use super::{FileError, Kind, Outcome, fingerprint, walk};

/// What all files and links in a folder and those below it are, as a text that changes when one of them does; nothing where there is none. What
/// git keeps of itself does not count, nor do names that are not UTF-8.
///
/// # Errors
/// If something of it cannot be read.
pub fn folder_fingerprint(folder: &str) -> Outcome<Option<String>> {
    if super::look(folder) != super::Seen::Directory {
        return Ok(None);
    }
    let is_content = |path: &Path| path.file_name() != Some(OsStr::new(".git"));
    let wanted = |path: &Path, kind: &Kind| is_content(path) && !matches!(kind, Kind::Folder | Kind::Other);
    let first = |errors: Vec<FileError>| errors.into_iter().next();
    let entries = match walk(folder, is_content, wanted) {
        Ok(entries) => entries,
        Err(errors) => return first(errors).map_or(Ok(None), Err),
    };
    let mut paths: Vec<&str> = entries.iter().filter_map(|entry| entry.path.to_str()).collect();
    paths.sort_unstable();
    let mut hasher = Hasher::new();
    for path in &paths {
        let content = fingerprint(&Path::new(folder).join(path).to_string_lossy())?;
        hasher.update(format!("{path}\0{content}\0"));
    }
    Ok((!paths.is_empty()).then(|| format!("folder {}", Sha256::from(<[u8; 32]>::from(hasher.finalize())))))
}

/// When a file or folder was last written; of one that is gone, its folder.
pub fn modified(path: &str) -> Option<SystemTime> {
    let path = Path::new(path);
    let seen = fs::symlink_metadata(path).or_else(|_| fs::symlink_metadata(path.parent().unwrap_or(path)));
    seen.and_then(|seen| seen.modified()).ok()
}
