//! What stands below a folder. Nothing is followed: a link is told as a link.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use manifest::shown;

use super::{FileError, Outcome, failed};

/// What tells whether a file is still the one that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// In bytes.
    pub size: u64,
    modified: Option<SystemTime>,
    inode: Option<(u64, u64)>,
    /// When anything of it last changed, its times included: seconds and nanoseconds.
    changed: Option<(i64, i64)>,
}

/// As one word for each of its parts, to be compared with a later one.
impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let since = self.modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).unwrap_or_default();
        let ((device, inode), (seconds, nanos)) = (self.inode.unwrap_or_default(), self.changed.unwrap_or_default());
        write!(f, "{} {} {device}:{inode} {seconds}.{nanos:09}", self.size, since.as_nanos())
    }
}

impl Stamp {
    fn of(seen: &Metadata) -> Self {
        #[cfg(unix)]
        let (inode, changed) = {
            use std::os::unix::fs::MetadataExt;
            (Some((seen.dev(), seen.ino())), Some((seen.ctime(), seen.ctime_nsec())))
        };
        #[cfg(not(unix))]
        let (inode, changed) = (None, None);
        Stamp { size: seen.len(), modified: seen.modified().ok(), inode, changed }
    }
}

/// What something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file with content.
    File(Stamp),
    /// A folder.
    Folder,
    /// A link to a folder.
    FolderLink,
    /// A link to anything else, or to nothing.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// Something below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From that folder on.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
}

/// What a file is like now; `None` if there is no file, or something else stands in its place.
pub fn stamp(path: &str) -> Option<Stamp> {
    let seen = fs::symlink_metadata(path).ok()?;
    seen.is_file().then(|| Stamp::of(&seen))
}

/// Looks through a folder and those below it, and returns what `wanted` of it, in no order. Links are not followed, and folders for which
/// `enter` says no are not looked into.
///
/// # Errors
/// For each folder that cannot be read.
pub fn walk(
    folder: &str,
    enter: impl Fn(&Path) -> bool,
    wanted: impl Fn(&Path, &Kind) -> bool,
) -> Result<Vec<Entry>, Vec<FileError>> {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        if let Err(error) = list(folder, &inside, &mut |path, kind| {
            if kind == Kind::Folder && enter(&path) {
                folders.push(path.clone());
            }
            if wanted(&path, &kind) {
                found.push(Entry { path, kind });
            }
        }) {
            errors.push(error);
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

/// How much a file, or all files below a folder, hold, in bytes; nothing where nothing stands. What cannot be read is not counted.
pub fn held(path: &str) -> u64 {
    let (mut bytes, mut folders) = (stamp(path).map_or(0, |stamp| stamp.size), Vec::new());
    folders.extend(fs::symlink_metadata(path).ok().filter(Metadata::is_dir).map(|_| PathBuf::new()));
    while let Some(inside) = folders.pop() {
        let _ = list(path, &inside, &mut |path, kind| match kind {
            Kind::Folder => folders.push(path),
            Kind::File(stamp) => bytes += stamp.size,
            Kind::FolderLink | Kind::Link | Kind::Other => {}
        });
    }
    bytes
}

fn list(folder: &str, inside: &Path, each: &mut dyn FnMut(PathBuf, Kind)) -> Outcome<()> {
    let name = match inside.as_os_str().is_empty() {
        true => folder.to_owned(),
        false => format!("{folder}/{}", shown(&inside.to_string_lossy())),
    };
    for entry in fs::read_dir(Path::new(folder).join(inside)).map_err(failed("list", &name))? {
        let entry = entry.map_err(failed("list", &name))?;
        // What vanished in the meantime was no part of the folder.
        if let Some(kind) = kind(&entry.path()) {
            each(inside.join(entry.file_name()), kind);
        }
    }
    Ok(())
}

fn kind(path: &Path) -> Option<Kind> {
    let seen = fs::symlink_metadata(path).ok()?;
    Some(if seen.is_symlink() {
        let is_folder = fs::metadata(path).is_ok_and(|behind| behind.is_dir());
        if is_folder { Kind::FolderLink } else { Kind::Link }
    } else if seen.is_dir() {
        Kind::Folder
    } else if seen.is_file() {
        Kind::File(Stamp::of(&seen))
    } else {
        Kind::Other
    })
}
