//! Reads wheels: which there are below a folder, and of each, in one pass, its size, hash and metadata. All cores read side by side, and
//! each has one small buffer, however large the wheels are.

pub mod device;
pub mod linkage;
mod members;
mod metadata;
mod pass;

use std::cmp::Reverse;
use std::path::{Component, Path};
use std::sync::atomic::{AtomicUsize, Ordering};

use manifest::{CheckError, FolderFile, RelativePath, shown};

use crate::audit::archive::Bombs;
use crate::audit::wheel::Wheel;
use crate::file::{self, Entry, FileError, Kind, Stamp, Stored};
use crate::request::Problem;

pub use metadata::MetadataError;

/// The wheels below a folder.
#[derive(Debug)]
pub struct Found {
    /// Those that were read, in the order of their paths.
    pub wheels: Vec<Inspected>,
    /// What was not looked into, in the order of the paths.
    pub passed_over: Vec<PassedOver>,
}

impl Found {
    /// Where the wheels are, their sizes and hashes.
    pub fn files(&self) -> Vec<FolderFile> {
        self.wheels.iter().map(|wheel| wheel.file.clone()).collect()
    }
}

/// A wheel that was read.
#[derive(Debug)]
pub struct Inspected {
    /// Where it is, its size and hash.
    pub file: FolderFile,
    /// The `Requires-Dist` lines of its metadata, as written there.
    pub requires_dist: Result<Vec<String>, MetadataError>,
}

/// A folder below the folder that was not looked into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassedOver {
    /// What is behind it may be anywhere.
    #[error("`{}` is a link to a folder, and is not followed", shown(.0))]
    Link(String),
    /// Where programs keep what is not finished, such as `.kpack_staging`.
    #[error("`{}` is not looked into, because its name begins with a dot", shown(.0))]
    Hidden(String),
}

/// Something that is called a wheel and cannot be one of a set, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// A file or folder that cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A link, wherever it leads.
    #[error("`{}` is a link, and what is behind it may be outside the folder", shown(.0))]
    Link(String),
    /// A folder, pipe or device with a wheel's name.
    #[error("`{}` is {what}, not a wheel", shown(path))]
    NoFile {
        /// Its path below the folder.
        path: String,
        /// What it is, with its article.
        what: &'static str,
    },
    /// A name that no manifest could list. What is not UTF-8 stands there as `\xff`.
    #[error("the name of `{}` is not UTF-8", shown(.0))]
    Name(String),
    /// A path that would mean something else on another system.
    #[error(transparent)]
    Path(#[from] CheckError),
    /// A file that somebody writes.
    #[error("`{}` changed while it was read", shown(.0))]
    Changed(String),
}

impl InspectError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::File(error) => error.hint(),
            Self::Link(_) => Some("put the file itself in its place"),
            Self::NoFile { .. } | Self::Name(_) | Self::Path(_) => Some("rename it or remove it"),
            Self::Changed(_) => Some("wait for whoever writes it, and try again"),
        }
    }
}

impl From<&InspectError> for Problem {
    fn from(error: &InspectError) -> Self {
        Problem { text: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

/// How many of many problems are told one by one.
const TOLD: usize = 20;

/// The errors as they are told: of many the first and how many more there are, and equal advice once.
pub fn problems(errors: &[InspectError]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = errors.iter().take(TOLD).map(Problem::from).collect();
    if errors.len() > TOLD {
        let hint = problems.last().and_then(|last| last.hint.clone());
        problems.push(Problem { text: format!("and {} more such files", errors.len() - TOLD), hint });
    }
    for index in 1..problems.len() {
        if problems[index - 1].hint == problems[index].hint {
            problems[index - 1].hint = None;
        }
    }
    problems
}

/// Reads every wheel below a folder: every file whose name ends in `.whl`. Links are not followed, and folders whose name begins with a dot
/// are not looked into.
///
/// # Errors
/// Everything that is wrong, in the order of the paths.
pub fn folder(path: &str) -> Result<Found, Vec<InspectError>> {
    let (listed, passed_over) = list(path)?;
    let read = side_by_side(&listed, |wheel| wheel.stamp.size, |wheel| read(path, wheel));
    let (mut wheels, mut errors) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(wheel) => wheels.push(wheel),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(Found { wheels, passed_over }) } else { Err(errors) }
}

/// Reads every wheel below a folder as [`folder`] does, and all that is in it.
///
/// # Errors
/// Everything that is wrong, in the order of the paths.
pub fn contents(path: &str, bombs: Bombs) -> Result<(Vec<Wheel>, Vec<PassedOver>), Vec<InspectError>> {
    let (listed, passed_over) = list(path)?;
    let files: Vec<(String, u64)> = listed.iter().map(|wheel| (wheel.path.to_string(), wheel.stamp.size)).collect();
    Ok((contents_of(path, &files, bombs)?, passed_over))
}

/// Reads these wheels of a folder, and all that is in them; their sizes are guesses by which large ones are begun first.
///
/// # Errors
/// Everything that is wrong, in the order given.
pub fn contents_of(folder: &str, files: &[(String, u64)], bombs: Bombs) -> Result<Vec<Wheel>, Vec<InspectError>> {
    let read = side_by_side(files, |(_, size)| *size, |(path, _)| read_whole(folder, path, bombs));
    let (wheels, errors): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    let errors: Vec<InspectError> = errors.into_iter().filter_map(Result::err).collect();
    if errors.is_empty() { Ok(wheels.into_iter().flatten().collect()) } else { Err(errors) }
}

/// The size and hash of each file, in the order given; `size` is a guess by which large ones are begun first.
pub fn measure(files: &[(String, u64)]) -> Vec<Result<Stored, FileError>> {
    side_by_side(files, |(_, size)| *size, |(path, _)| file::measure(path))
}

/// The `Requires-Dist` lines of one wheel.
///
/// # Errors
/// In words: why they cannot be read.
pub fn requires_dist(path: &str) -> Result<Vec<String>, String> {
    let file = file::open_to_read(path).map_err(|error| error.to_string())?;
    metadata::requires_dist(file).map_err(|error| error.to_string())
}

/// The paths of the files in which two wheels differ, sorted.
///
/// # Errors
/// In words: why one of them cannot be read.
pub fn differing(one: &str, other: &str) -> Result<Vec<String>, String> {
    let open = |path: &str| file::open_to_read(path).map_err(|error| error.to_string());
    members::differing(open(one)?, open(other)?).map_err(|error| error.to_string())
}

/// A wheel that is there and was not read yet.
struct Listed {
    path: RelativePath,
    stamp: Stamp,
}

/// What counts: everything that is called a wheel, and folders that are not entered.
fn list(folder: &str) -> Result<(Vec<Listed>, Vec<PassedOver>), Vec<InspectError>> {
    let all = |errors: Vec<FileError>| errors.into_iter().map(InspectError::File).collect::<Vec<_>>();
    let is_passed_over = |path: &Path, kind: &Kind| match kind {
        Kind::FolderLink => true,
        Kind::Folder => is_hidden(path),
        _ => false,
    };
    let wanted = |path: &Path, kind: &Kind| is_wheel(path) || is_passed_over(path, kind);
    let mut entries = file::walk(folder, |path| !is_hidden(path) && !is_wheel(path), wanted).map_err(all)?;
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    let (mut listed, mut passed_over, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        if !is_wheel(&entry.path) {
            let path = spelled(&entry.path);
            passed_over.push(if entry.kind == Kind::FolderLink { PassedOver::Link(path) } else { PassedOver::Hidden(path) });
            continue;
        }
        match wheel(entry) {
            Ok(wheel) => listed.push(wheel),
            Err(error) => errors.push(error),
        }
    }
    // By letters, as in the manifest: the order of paths is by folders.
    listed.sort_by(|one, other| one.path.cmp(&other.path));
    if errors.is_empty() { Ok((listed, passed_over)) } else { Err(errors) }
}

fn wheel(entry: Entry) -> Result<Listed, InspectError> {
    let path = spelled(&entry.path);
    let no_file = |what| Err(InspectError::NoFile { path: path.clone(), what });
    if entry.path.to_str().is_none() {
        return Err(InspectError::Name(path));
    }
    match entry.kind {
        Kind::File(stamp) => Ok(Listed { path: RelativePath::parse(&path)?, stamp }),
        Kind::Link | Kind::FolderLink => Err(InspectError::Link(path)),
        Kind::Folder => no_file("a folder"),
        Kind::Other => no_file("a pipe, socket or device"),
    }
}

fn is_wheel(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().ends_with(b".whl"))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// A path with forward slashes; bytes that are not UTF-8 are escaped.
fn spelled(path: &Path) -> String {
    let name = |component: Component| {
        let chunks = component.as_os_str().as_encoded_bytes().utf8_chunks();
        let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!(r"\x{byte:02x}")).collect::<String>();
        chunks.map(|chunk| chunk.valid().to_owned() + &escaped(chunk.invalid())).collect::<String>()
    };
    path.components().map(name).collect::<Vec<_>>().join("/")
}

/// Reads a wheel. One that is not what was listed, before or after, is no wheel that could be told anything of.
fn read(folder: &str, wheel: &Listed) -> Result<Inspected, InspectError> {
    let path = format!("{folder}/{}", wheel.path);
    let (stored, file) = file::measure_open(&path)?;
    let requires_dist = metadata::requires_dist(file);
    if stored.size != wheel.stamp.size || file::stamp(&path).as_ref() != Some(&wheel.stamp) {
        return Err(InspectError::Changed(wheel.path.to_string()));
    }
    let file = FolderFile { path: wheel.path.to_string(), size_bytes: stored.size, sha256: stored.sha256 };
    Ok(Inspected { file, requires_dist })
}

/// Reads a wheel and all that is in it.
fn read_whole(folder: &str, relative: &str, bombs: Bombs) -> Result<Wheel, InspectError> {
    let path = format!("{folder}/{relative}");
    let unread = |cause| InspectError::File(FileError { doing: "read", path: path.clone(), cause });
    let before = file::stamp(&path);
    let read = pass::read(file::open_to_read(&path)?, relative, bombs).map_err(unread)?;
    if before.is_none_or(|stamp| stamp.size != read.file.size_bytes || file::stamp(&path) != Some(stamp)) {
        return Err(InspectError::Changed(relative.to_owned()));
    }
    Ok(read)
}

/// Does something with each item, on as many threads as there are cores. The heaviest are begun first, so that none of them is alone at the
/// end; the results are in the items' order.
fn side_by_side<T: Sync, R: Send>(items: &[T], weight: impl Fn(&T) -> u64, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| Reverse(weight(&items[*index])));
    let next = AtomicUsize::new(0);
    let take = || order.get(next.fetch_add(1, Ordering::Relaxed)).copied();
    let one_thread = || std::iter::from_fn(take).map(|index| (index, work(&items[index]))).collect::<Vec<_>>();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.min(items.len())).map(|_| scope.spawn(one_thread)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests;
