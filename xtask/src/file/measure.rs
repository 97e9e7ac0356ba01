//! Sizes and hashes, taken while a file passes by.

use std::fs::File;
use std::io::{self, Read, Write};

use manifest::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use crate::process;

use super::{Outcome, failed, open};

/// How much of a file is in memory. What was read is still in the processor's cache when it is hashed.
const BUFFER: u64 = 256 << 10;

/// A file's size and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// In bytes.
    pub size: u64,
    /// What it holds.
    pub sha256: Sha256,
}

/// A file's size and hash, read in one pass.
///
/// # Errors
/// If it cannot be read.
pub fn measure(path: &str) -> Outcome<Stored> {
    Ok(measure_open(path)?.0)
}

/// The same, and the file, still open.
///
/// # Errors
/// If it cannot be read.
pub fn measure_open(path: &str) -> Outcome<(Stored, File)> {
    let (mut source, _) = open(path)?;
    let stored = hash(&mut source, &mut io::sink()).map_err(failed("read", path))?;
    Ok((stored, source))
}

/// A file of more bytes takes so long that whoever wants the tool to end should not have to wait.
const LARGE: u64 = 64 << 20;

/// Opens a file to be read.
///
/// # Errors
/// If it cannot be opened.
pub fn open_to_read(path: &str) -> Outcome<File> {
    Ok(open(path)?.0)
}

/// Passes everything on and hashes it on the way.
pub(super) fn hash(source: &mut File, target: &mut impl Write) -> io::Result<Stored> {
    let room = source.metadata()?.len().clamp(1 << 12, BUFFER);
    let (mut hasher, mut size, mut buffer) = (Hasher::new(), 0, vec![0; room as usize]);
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            _ if size > LARGE && process::is_stopping() => return Err(io::Error::other("interrupted")),
            length => {
                hasher.update(&buffer[..length]);
                target.write_all(&buffer[..length])?;
                size += length as u64;
            }
        }
    }
    Ok(Stored { size, sha256: Sha256::from(<[u8; 32]>::from(hasher.finalize())) })
}

/// Takes the size and hash of all that is written to it, and keeps none of it.
#[derive(Default)]
pub struct Meter {
    hasher: Hasher,
    size: u64,
}

impl Meter {
    /// Of all that was written.
    pub fn stored(self) -> Stored {
        Stored { size: self.size, sha256: Sha256::from(<[u8; 32]>::from(self.hasher.finalize())) }
    }
}

/// The size and hash of these bytes.
pub fn stored(bytes: &[u8]) -> Stored {
    Stored { size: bytes.len() as u64, sha256: Sha256::from(<[u8; 32]>::from(Hasher::digest(bytes))) }
}

impl Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
