//! A member that is unpacked, hashed and checked while somebody reads it.

use std::io::{self, BufRead, Read};

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use rawzip::Crc32;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::source::Source;
use crate::audit::archive::Entry;
use crate::audit::wheel::Function;

/// How much unpacked content is in memory.
const WINDOW: usize = 128 << 10;

/// A member that is being read.
pub(super) struct Unpacking<'a> {
    source: &'a mut Source,
    /// Absent for what is stored as it is.
    inflate: Option<Box<InflateState>>,
    /// The packed bytes that are still to be read.
    left: u64,
    crc: u32,
    declared: u64,
    window: Vec<u8>,
    from: usize,
    to: usize,
    size: u64,
    sum: Crc32,
    hasher: Hasher,
    kept: Option<Vec<u8>>,
    most_kept: u64,
    fault: Option<String>,
    ended: bool,
}

/// A member that was read to its end.
pub(super) struct Unpacked {
    /// The bytes of its content.
    pub(super) size: u64,
    /// Their hash.
    pub(super) hash: Option<Vec<u8>>,
    /// The content itself, where that was asked for and it is not larger.
    pub(super) kept: Option<Vec<u8>>,
    /// What is wrong with it.
    pub(super) fault: Option<String>,
}

enum Hasher {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl<'a> Unpacking<'a> {
    pub(super) fn new(source: &'a mut Source, entry: &Entry, deflated: bool, function: Function, kept: Option<u64>) -> Self {
        Unpacking {
            source,
            inflate: deflated.then(|| InflateState::new_boxed(DataFormat::Raw)),
            left: entry.packed,
            crc: entry.crc,
            declared: entry.size,
            // A member that is smaller needs no more, and one byte more than it should have tells that it lies.
            window: vec![0; WINDOW.min(usize::try_from(entry.size).unwrap_or(WINDOW).saturating_add(1))],
            from: 0,
            to: 0,
            size: 0,
            sum: Crc32::new(),
            hasher: match function {
                Function::Sha256 => Hasher::Sha256(Sha256::new()),
                Function::Sha384 => Hasher::Sha384(Sha384::new()),
                Function::Sha512 => Hasher::Sha512(Sha512::new()),
            },
            kept: kept.map(|_| Vec::new()),
            most_kept: kept.unwrap_or_default(),
            fault: None,
            ended: false,
        }
    }

    /// Unpacks the next bytes into the window.
    fn next(&mut self) -> io::Result<()> {
        (self.from, self.to) = (0, 0);
        while self.to == 0 && !self.ended {
            let ahead = self.source.ahead()?;
            let length = ahead.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let (read, written, ended) = match &mut self.inflate {
                Some(state) => {
                    let result = inflate(state, &ahead[..length], &mut self.window, MZFlush::None);
                    match result.status {
                        Ok(MZStatus::StreamEnd) => (result.bytes_consumed, result.bytes_written, true),
                        Ok(_) if result.bytes_consumed + result.bytes_written > 0 => {
                            (result.bytes_consumed, result.bytes_written, false)
                        }
                        _ if length == 0 => {
                            self.fault = Some("it ends in the middle".to_owned());
                            (0, 0, true)
                        }
                        _ => {
                            self.fault = Some("it cannot be unpacked: it is not what `deflate` packs".to_owned());
                            (0, 0, true)
                        }
                    }
                }
                None => {
                    let length = length.min(self.window.len());
                    self.window[..length].copy_from_slice(&ahead[..length]);
                    (length, length, length == 0)
                }
            };
            self.source.consume(read);
            self.left -= read as u64;
            self.ended = ended;
            self.take(written);
        }
        Ok(())
    }

    /// Takes note of what is in the window now.
    fn take(&mut self, length: usize) {
        let room = usize::try_from(self.declared - self.size).unwrap_or(usize::MAX);
        if length > room {
            // What should not be there is shown to nobody, however much it is.
            self.fault = Some(format!("it has more than the {} bytes that the archive says", self.declared));
            self.ended = true;
        }
        self.to = length.min(room);
        let bytes = &self.window[..self.to];
        self.size += bytes.len() as u64;
        self.sum.update(bytes);
        match &mut self.hasher {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha384(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
        if self.size > self.most_kept && self.kept.take().is_some() {
            self.fault.get_or_insert_with(|| format!("it has more than {} bytes", self.most_kept));
        }
    }

    /// Reads what nobody read, and compares it with what the archive says.
    pub(super) fn finish(mut self) -> io::Result<Unpacked> {
        while !self.fill_buf()?.is_empty() {
            self.consume(self.to - self.from);
        }
        self.source.skip_to(self.source.position().saturating_add(self.left))?;
        if self.fault.is_none() {
            self.fault = if self.size < self.declared {
                Some(format!("it has {} bytes, and the archive says {}", self.size, self.declared))
            } else if self.left > 0 {
                Some(format!("{} packed bytes stand behind its end", self.left))
            } else if self.sum.checksum() != self.crc {
                Some(format!("its checksum is {:08x}, and the archive says {:08x}", self.sum.checksum(), self.crc))
            } else {
                None
            };
        }
        let hash = match self.hasher {
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha384(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha512(hasher) => hasher.finalize().to_vec(),
        };
        Ok(Unpacked { size: self.size, hash: Some(hash), kept: self.kept, fault: self.fault })
    }
}

impl BufRead for Unpacking<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to {
            self.next()?;
        }
        Ok(&self.window[self.from..self.to])
    }

    fn consume(&mut self, count: usize) {
        self.from += count;
    }
}

impl Read for Unpacking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
