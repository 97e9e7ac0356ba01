//! What the cases share: a sandbox for the real binary, fake programs, and the Pythons of this machine.

pub mod library;
pub mod miniature;
mod pythons;
mod sandbox;

pub use pythons::{Python, pythons};
pub use sandbox::{Ended, Sandbox, Snapshot, changes, finish, snapshot};

use std::path::{Path, PathBuf};

/// Sends a signal such as `TERM` to a process, or with a minus sign before its number to a process group. It is the shell's own `kill`, in POSIX's
/// form: a minimal system has no program of that name, and dash knows no other form with `--`.
pub fn kill(signal: &str, pid: &str) -> std::process::ExitStatus {
    std::process::Command::new("sh").args(["-c", &format!("kill -s {signal} -- {pid}")]).status().unwrap()
}

/// The project's folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
