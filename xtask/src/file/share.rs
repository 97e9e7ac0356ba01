//! Files that several runs use.

use std::fs::{self, File};

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

/// Gives a file one more name, on the same disk.
///
/// # Errors
/// If the disk cannot, or it is another one.
pub fn link(from: &str, to: &str) -> Outcome<()> {
    fs::hard_link(from, to).map_err(failed("link", from))
}
