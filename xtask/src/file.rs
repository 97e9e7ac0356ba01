//! Files: written beside and then renamed, so that a file that exists is true. Every error names its path.
#![allow(clippy::disallowed_methods, reason = "this is where files are changed")]

use std::fs::{self, File, FileTimes};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use crate::facts::Seen;
use crate::request::Problem;

mod content;
mod fresh;
mod measure;
mod partial;
mod share;
#[cfg(test)]
mod tests;
mod walk;

pub use content::{folder_fingerprint, modified};
pub use fresh::{Copied, copy_new};
use measure::hash;
pub use measure::{Meter, Stored, measure, measure_open, open_to_read, stored};
use partial::beside;
pub use partial::{is_partial, remove_partial};
pub use share::{Held, Owner, Temporary, left_by, link, lock, take_alone, taken};
pub use walk::{Entry, Kind, Stamp, held, stamp, walk};

/// Something that could not be done with a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{path}`: {cause}")]
pub struct FileError {
    /// What was tried: `read`, `write`, `rename`.
    pub doing: &'static str,
    /// The file or folder.
    pub path: String,
    /// What the operating system said.
    pub cause: io::Error,
}

impl FileError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<&'static str> {
        match self.cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some("free some space, or choose another folder"),
            ErrorKind::PermissionDenied if matches!(self.doing, "read" | "list") => {
                Some("make it readable, or choose another folder")
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Some("make it writable, or choose another folder"),
            ErrorKind::NotADirectory => Some("a folder in this path is a file: choose another folder"),
            _ => None,
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        Problem { text: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

type Outcome<T> = Result<T, FileError>;

fn failed<'a>(doing: &'static str, path: &'a str) -> impl Fn(io::Error) -> FileError + 'a {
    move |cause| FileError { doing, path: path.to_owned(), cause }
}

/// What stands at a path. Symbolic links are followed; what cannot be looked at counts as missing.
pub fn look(path: &str) -> Seen {
    match fs::metadata(path) {
        Ok(seen) if seen.is_dir() => Seen::Directory,
        Ok(_) => Seen::File,
        Err(_) => Seen::Missing,
    }
}

/// Whether a file is there that the operating system would start.
pub fn is_program(path: &str) -> bool {
    let Ok(seen) = fs::metadata(path) else { return false };
    #[cfg(unix)]
    let executable = std::os::unix::fs::PermissionsExt::mode(&seen.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let executable = true;
    seen.is_file() && executable
}

/// The text of a file.
///
/// # Errors
/// If it cannot be read, or is not UTF-8.
pub fn read_text(path: &str) -> Outcome<String> {
    fs::read_to_string(path).map_err(failed("read", path))
}

/// A folder for files that nobody needs afterwards; it goes with the value.
///
/// # Errors
/// If there is no place for it.
pub fn scratch() -> Outcome<tempfile::TempDir> {
    tempfile::tempdir().map_err(failed("make the folder", "for temporary files"))
}

/// The text of a file, if it is there.
///
/// # Errors
/// If it is there and cannot be read, or is not UTF-8.
pub fn read_if_there(path: &str) -> Outcome<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// The text of a file that may be anybody's: one that is larger than `limit` bytes is not taken in.
///
/// # Errors
/// If it cannot be read, is too large, or is not UTF-8.
pub fn read_at_most(path: &str, limit: u64) -> Outcome<String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(failed("read", path)(error)),
        Ok(length) if length as u64 > limit => {
            let cause = format!("it has more than {} MiB", limit >> 20);
            Err(failed("read", path)(io::Error::new(ErrorKind::FileTooLarge, cause)))
        }
        Ok(_) => Ok(text),
    }
}

/// An absolute path without links, as far as it is there; of what is not there yet, `..` takes back the name before.
pub fn real(path: &str) -> String {
    let mut real = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            part => {
                real.push(part);
                real = fs::canonicalize(&real).unwrap_or(real);
            }
        }
    }
    real.to_str().unwrap_or(path).to_owned()
}

/// Whether nothing stands at a path, not even a link.
pub fn is_free(path: &str) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| is_missing(&error))
}

/// The names in a folder, sorted; none if there is no such folder. Names that are not UTF-8 are left out: nothing of ours has one.
///
/// # Errors
/// If it is there and cannot be read.
pub fn list(path: &str) -> Outcome<Vec<String>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", path)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed("list", path))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Makes a folder and those above it.
///
/// # Errors
/// If it cannot be made, or a file stands in its place.
pub fn make_folder(path: &str) -> Outcome<()> {
    fs::create_dir_all(path).map_err(failed("make the folder", path))
}

/// Makes a folder that nobody else has, and those above it: `path`, or `path-2`, `path-3` and so on where that is taken. Returns its path.
///
/// # Errors
/// If it cannot be made.
pub fn make_new_folder(path: &str) -> Outcome<String> {
    make_parent(path)?;
    let mut made = path.to_owned();
    for number in 2.. {
        match fs::create_dir(&made) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => made = format!("{path}-{number}"),
            result => return result.map(|()| made.clone()).map_err(failed("make the folder", &made)),
        }
    }
    Ok(made)
}

/// Opens a new file to be written bit by bit, its folder included; one that is there is emptied.
///
/// # Errors
/// If it cannot be made.
pub fn create(path: &str) -> Outcome<File> {
    make_parent(path)?;
    File::create(path).map_err(failed("write", path))
}

/// Writes a whole file, its folder included.
///
/// # Errors
/// If it cannot be written; what was there stays.
pub fn write_text(path: &str, text: &str) -> Outcome<()> {
    place(path, |file| file.write_all(text.as_bytes()))
}

/// Adds lines at the end of a file that others write to as well; makes it if it is not there. A line that somebody left without its end is ended.
///
/// # Errors
/// If it cannot be written.
pub fn append(path: &str, text: &str) -> Outcome<()> {
    let open = || File::options().append(true).create(true).open(path);
    let text = if last_byte(path).is_some_and(|byte| byte != b'\n') { format!("\n{text}") } else { text.to_owned() };
    open().and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed("write", path))
}

/// The last byte of a file that can be read and has one. A pipe would wait for its writer.
fn last_byte(path: &str) -> Option<u8> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let (mut file, mut byte) = (File::open(path).ok()?, [0]);
    file.seek(SeekFrom::End(-1)).ok()?;
    file.read_exact(&mut byte).ok()?;
    Some(byte[0])
}

/// Copies a file with its time, its new folder included.
///
/// # Errors
/// If it cannot be read, or the copy cannot be written.
pub fn copy(from: &str, to: &str) -> Outcome<()> {
    let (mut source, times) = open(from)?;
    place(to, |file| {
        io::copy(&mut source, file)?;
        file.set_times(times)
    })
}

/// Copies a file under its own name into a folder, and reads its size and hash on the way.
///
/// # Errors
/// If it cannot be read, or the copy cannot be written.
pub fn take(from: &str, folder: &str) -> Outcome<Stored> {
    let name = Path::new(from).file_name().unwrap_or_default();
    let to = Path::new(folder).join(name).to_string_lossy().into_owned();
    let (mut source, times) = open(from)?;
    place(&to, |file| {
        let stored = hash(&mut source, file)?;
        file.set_times(times).map(|()| stored)
    })
}

/// What a file or folder is, as a text that changes when its content does: of a link its target, of a folder no more than that it is one.
///
/// # Errors
/// If it is there and cannot be read.
pub fn fingerprint(path: &str) -> Outcome<String> {
    match fs::symlink_metadata(path) {
        Ok(seen) if seen.is_dir() => Ok("folder".to_owned()),
        Ok(seen) if seen.is_symlink() => {
            let target = fs::read_link(path).map_err(failed("read", path))?;
            Ok(format!("link {}", target.to_string_lossy()))
        }
        Ok(_) => Ok(format!("file {}", measure(path)?.sha256)),
        Err(error) if is_missing(&error) => Ok("missing".to_owned()),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Every file of this name in a folder and those below it, in the order of their paths. Links to folders are not followed, and what cannot be
/// read holds nothing.
pub fn find(folder: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) if entry.file_name() == name => found.push(entry.path()),
                _ => {}
            }
        }
    }
    // By folders and not by letters: `a/x` stands before `a-b/x`.
    found.sort();
    found.into_iter().filter_map(|path| path.into_os_string().into_string().ok()).collect()
}

/// Renames a file or a folder; the folder above the new name is made.
///
/// # Errors
/// If it cannot be renamed.
pub fn rename(from: &str, to: &str) -> Outcome<()> {
    make_parent(to)?;
    fs::rename(from, to).map_err(failed("rename", from))
}

/// Removes a file, or a folder with all that is in it. What is not there is removed already; a symbolic link goes, what it names stays.
///
/// # Errors
/// If something of it cannot be removed.
pub fn remove_all(path: &str) -> Outcome<()> {
    let remove = || match fs::symlink_metadata(path) {
        Ok(seen) if seen.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    let gone = remove().or_else(|error| match error.kind() {
        // git's objects are read-only, and Windows removes no such file.
        ErrorKind::PermissionDenied => {
            make_writable(Path::new(path));
            remove()
        }
        _ => Err(error),
    });
    match gone {
        Err(error) if !is_missing(&error) => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Lets the owner remove a file, or a folder with all that is in it. Where that fails, so will the removal, and it says why.
fn make_writable(path: &Path) {
    let Ok(seen) = fs::symlink_metadata(path) else { return };
    if seen.is_symlink() {
        return;
    }
    let mut permissions = seen.permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, if seen.is_dir() { 0o700 } else { 0o600 });
    #[cfg(not(unix))]
    #[allow(clippy::permissions_set_readonly_false, reason = "only on Unix does that let everybody write")]
    permissions.set_readonly(false);
    let _ = fs::set_permissions(path, permissions);
    if seen.is_dir() {
        fs::read_dir(path).into_iter().flatten().flatten().for_each(|entry| make_writable(&entry.path()));
    }
}

/// Whether a folder, or the nearest one above it that is there, takes new files. Nothing is left behind.
///
/// # Errors
/// In words: why it does not.
pub fn takes_files(folder: &str) -> Result<(), String> {
    let there = |path: &&Path| fs::symlink_metadata(path).is_ok();
    let Some(nearest) = Path::new(folder).ancestors().find(there) else { return Err("there is no such folder".to_owned()) };
    if !nearest.is_dir() {
        return Err(format!("`{}` is not a folder", nearest.display()));
    }
    match tempfile::tempfile_in(nearest) {
        Ok(_) => Ok(()),
        // `tempfile` names the path as well, and the caller says it already.
        Err(error) => {
            Err(error.get_ref().and_then(|inner| inner.source()).map_or_else(|| error.to_string(), ToString::to_string))
        }
    }
}

/// Fills a file beside `path` and renames it. The name beside is this process's own, so that no two write one file.
fn place<T>(path: &str, fill: impl FnOnce(&mut File) -> io::Result<T>) -> Outcome<T> {
    make_parent(path)?;
    let beside = beside(path);
    let filled = File::create(&beside).and_then(|mut file| fill(&mut file));
    let done = filled.and_then(|what| fs::rename(&beside, path).map(|()| what));
    done.map_err(|cause| {
        // What went wrong first is what matters.
        let _ = fs::remove_file(&beside);
        failed("write", path)(cause)
    })
}

fn make_parent(path: &str) -> Outcome<()> {
    match Path::new(path).parent() {
        Some(parent) => make_folder(&parent.to_string_lossy()),
        None => Ok(()),
    }
}

fn open(path: &str) -> Outcome<(File, FileTimes)> {
    let file = File::open(path).map_err(failed("read", path))?;
    let seen = file.metadata().and_then(|seen| seen.modified()).map_err(failed("read", path))?;
    Ok((file, FileTimes::new().set_modified(seen)))
}
