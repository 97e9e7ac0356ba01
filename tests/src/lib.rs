//! What the cases share: a sandbox for the real binary, fake programs, and the Pythons of this machine.

pub mod library;
pub mod miniature;
mod pythons;
mod sandbox;

pub use pythons::{Python, pythons};
pub use sandbox::{Ended, Sandbox, Snapshot, changes, finish, snapshot};

use std::path::{Path, PathBuf};

/// The project's folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
