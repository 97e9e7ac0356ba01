//! Files that several runs use.

use std::fs::{self, File, TryLockError};
use std::io::Write;

use super::{Outcome, failed, make_parent};

/// Opens a file that only one run has at a time, and waits for the run that has it. It is let go with the value, or when the tool is killed.
///
/// # Errors
/// If it cannot be made or locked.
pub fn lock(path: &str) -> Outcome<File> {
    make_parent(path)?;
    let file = File::options().create(true).append(true).open(path).map_err(failed("open", path))?;
    file.lock().map_err(failed("lock", path))?;
    Ok(file)
}

/// Takes a file for this process, and writes its id into it; or tells what another process that has it wrote, as far as that can be read. It is let
/// go with the value, or when the tool is killed.
///
/// # Errors
/// If it cannot be made or locked.
pub fn take_alone(path: &str) -> Outcome<Result<File, String>> {
    make_parent(path)?;
    let open = File::options().create(true).truncate(false).write(true).open(path);
    let mut file = open.map_err(failed("open", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Err(fs::read_to_string(path).unwrap_or_default())),
        Err(TryLockError::Error(error)) => return Err(failed("lock", path)(error)),
    }
    file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed("write", path))?;
    Ok(Ok(file))
}

/// Gives a file one more name, on the same disk.
///
/// # Errors
/// If the disk cannot, or it is another one.
pub fn link(from: &str, to: &str) -> Outcome<()> {
    fs::hard_link(from, to).map_err(failed("link", from))
}
