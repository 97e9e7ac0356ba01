//! Files that several runs use.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{Outcome, failed, is_free, make_folder, make_parent, real, remove_all};

/// How often it is tried to lock what another run has.
const TRY: Duration = Duration::from_millis(100);

/// Opens a file that only one run has at a time, and waits for the run that has it, as long as `go_on` says, which is asked now and then. It is let go
/// with the value, or when the tool is killed.
///
/// # Errors
/// If it cannot be made or locked, or was not waited for.
pub fn lock(path: &str, go_on: &dyn Fn() -> bool) -> Outcome<File> {
    make_parent(path)?;
    let file = File::options().create(true).append(true).open(path).map_err(failed("open", path))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if go_on() => std::thread::sleep(TRY),
            Err(TryLockError::WouldBlock) => return Err(failed("lock", path)(io::Error::other("another run has it"))),
            Err(TryLockError::Error(error)) => return Err(failed("lock", path)(error)),
        }
    }
}

/// Who has a file for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The process.
    pub pid: u32,
    /// Its command, without secrets.
    pub command: String,
    /// What its programs are marked with.
    pub run: String,
    /// The file, without links: in a copy of its folder somebody else may still be at work.
    #[serde(default)]
    pub file: String,
}

/// A file that this process has for itself, until the value goes or the process ends.
#[derive(Debug)]
pub struct Held {
    file: File,
    /// Who had it and was killed, if it was not given back.
    pub left_by: Option<Owner>,
    /// When somebody else took it or gave it back last, as far as that is known; nothing of a new file.
    pub last_used: Option<SystemTime>,
}

impl Drop for Held {
    /// What is left in it says that somebody was killed.
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

/// A folder for temporary files, empty at first, that goes with the value.
#[derive(Debug)]
pub struct Temporary(pub String);

impl Temporary {
    /// Makes it, without what a run that was killed left in it. It must be in a folder that no other run has.
    ///
    /// # Errors
    /// If it cannot be emptied or made.
    pub fn new(path: String) -> Outcome<Self> {
        remove_all(&path)?;
        make_folder(&path)?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    /// What cannot be removed now is removed by the next run.
    fn drop(&mut self) {
        let _ = remove_all(&self.0);
    }
}

/// Who else has a file for himself now, as far as that can be read; nothing is made for that.
///
/// # Errors
/// If it cannot be opened or locked.
pub fn taken(path: &str) -> Outcome<Option<Option<Owner>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed("open", path))?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(owner(path))),
        Err(TryLockError::Error(error)) => Err(failed("lock", path)(error)),
    }
}

/// Who had a file for himself and was killed, if nobody has it now; nothing is made for that, and what cannot be read tells nothing.
pub fn left_by(path: &str) -> Option<Owner> {
    let file = File::open(path).ok()?;
    file.try_lock_shared().ok()?;
    owner(path).filter(|owner| owner.file == real(path))
}

fn owner(path: &str) -> Option<Owner> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// Takes a file for this process, and writes into it who that is; or tells who else has it, as far as that can be read.
///
/// # Errors
/// If it cannot be made or locked.
pub fn take_alone(path: &str, me: &Owner) -> Outcome<Result<Held, Option<Owner>>> {
    make_parent(path)?;
    // Whoever may write into the folder could lead elsewhere, and what is there would be emptied.
    if fs::symlink_metadata(path).is_ok_and(|seen| seen.is_symlink()) {
        return Err(failed("lock", path)(io::Error::other("it is a link")));
    }
    let is_new = is_free(path);
    let open = File::options().create(true).truncate(false).write(true).open(path);
    let mut file = open.map_err(failed("open", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Err(owner(path))),
        Err(TryLockError::Error(error)) => return Err(failed("lock", path)(error)),
    }
    let me = Owner { file: real(path), ..me.clone() };
    let left_by = owner(path).filter(|owner| owner.file == me.file);
    let last_used = file.metadata().and_then(|seen| seen.modified()).ok().filter(|_| !is_new);
    let text = serde_json::to_string(&me).unwrap_or_default();
    file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(failed("write", path))?;
    Ok(Ok(Held { file, left_by, last_used }))
}

/// Gives a file one more name, on the same disk.
///
/// # Errors
/// If the disk cannot, or it is another one.
pub fn link(from: &str, to: &str) -> Outcome<()> {
    fs::hard_link(from, to).map_err(failed("link", from))
}
