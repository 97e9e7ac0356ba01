//! What a library or program links to, learned while its bytes pass by on their way to another reader: the beginning is kept, and of the rest only
//! what its headers lead to. What had passed before anybody knew that it is needed is looked at again.

mod elf;
mod pe;
mod sparse;

use std::io::{self, BufRead, Read};
use std::ops::Range;

use crate::audit::linkage::Linkage;
use sparse::Sparse;

/// How many bytes of a file's beginning are kept: most libraries have everything in them.
const BEGINNING: usize = 1 << 20;

/// The most bytes of a dynamic section or a table of imports.
const TABLE: u64 = 64 << 10;

/// The longest name or list of run paths.
const NAME: u64 = 32 << 10;

/// The most libraries that one file may need.
const NAMES: usize = 256;

/// How often a file is looked at again.
const LOOKS: u8 = 2;

/// Why it is not known what a file links to.
#[derive(Debug, thiserror::Error)]
pub enum LinkageError {
    /// What the operating system or the archive said.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A file that ends before what its headers promise.
    #[error("it ends before {0}")]
    Truncated(&'static str),
    /// A number that no true file has.
    #[error("{what} is {number}, more than the {most} that are read")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many the header says.
        number: u64,
        /// The limit.
        most: u64,
    },
    /// A structure of another size than the format gives it.
    #[error("{what} has {size} bytes, not {expected}")]
    Size {
        /// What.
        what: &'static str,
        /// Its size, as the file says.
        size: u64,
        /// As the format says.
        expected: u64,
    },
    /// An address that no part of the file is loaded to.
    #[error("{0} is at an address that the file does not have")]
    Address(&'static str),
    /// A text that does not end, or is none.
    #[error("{0} is no text")]
    Text(&'static str),
    /// Headers that lead back and forth.
    #[error("its headers lead from one place to another too often")]
    Scattered,
}

/// Why a look at some of a file's bytes gives no answer yet.
enum Lack {
    /// These bytes are needed.
    Bytes(Vec<Range<u64>>),
    /// The file is damaged.
    Fault(LinkageError),
}

impl From<LinkageError> for Lack {
    fn from(error: LinkageError) -> Self {
        Lack::Fault(error)
    }
}

/// What was learned of a file.
#[derive(Debug)]
pub enum Learned {
    /// It is no library and no program of a machine that Python runs on.
    Nothing,
    /// What it links to.
    Linkage(Box<Linkage>),
    /// It must be looked at again.
    Again(Again),
}

/// What another look at a file is for.
#[derive(Debug)]
pub struct Again {
    bytes: Sparse,
    wants: Vec<Range<u64>>,
    looks: u8,
}

impl Again {
    /// Reads the file once more, from its beginning to the last byte that is wanted.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged.
    pub fn look(mut self, file: &mut dyn Read) -> Result<Learned, LinkageError> {
        let mut at = 0;
        for want in &self.wants {
            let skipped = io::copy(&mut (&mut *file).take(want.start.saturating_sub(at)), &mut io::sink())?;
            at += skipped;
            let mut piece = Vec::new();
            (&mut *file).take(want.end - want.start).read_to_end(&mut piece)?;
            let start = at;
            at += piece.len() as u64;
            if start == want.start {
                self.bytes.add(start, piece);
            }
        }
        conclude(self.bytes, self.looks)
    }
}

/// What is known once a whole file was seen.
fn conclude(bytes: Sparse, looks: u8) -> Result<Learned, LinkageError> {
    match learn(&bytes) {
        Ok(None) => Ok(Learned::Nothing),
        Ok(Some(linkage)) => Ok(Learned::Linkage(Box::new(linkage))),
        Err(Lack::Fault(error)) => Err(error),
        Err(Lack::Bytes(_)) if looks == 0 => Err(LinkageError::Scattered),
        Err(Lack::Bytes(wants)) => Ok(Learned::Again(Again { bytes, wants: sparse::merged(wants), looks: looks - 1 })),
    }
}

fn learn(bytes: &Sparse) -> Result<Option<Linkage>, Lack> {
    match bytes.begins_with() {
        [0x7f, b'E', b'L', b'F'] => elf::read(bytes),
        [b'M', b'Z', ..] => pe::read(bytes),
        _ => Ok(None),
    }
}

/// Learns from the bytes of a file as they pass.
#[derive(Debug)]
pub struct Learner {
    bytes: Sparse,
    position: u64,
    /// What is to be kept of what is still to come.
    wants: Vec<Range<u64>>,
    watching: Watching,
}

/// What a learner waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watching {
    /// The first bytes, which tell what the file is.
    Beginning,
    /// Those that are wanted.
    Wanted,
    /// Nothing: all is known, or only another look can tell.
    Nothing,
}

impl Default for Learner {
    fn default() -> Self {
        Learner { bytes: Sparse::default(), position: 0, wants: Vec::new(), watching: Watching::Beginning }
    }
}

impl Learner {
    /// The next bytes of the file.
    pub fn saw(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let most = match self.watching {
                Watching::Nothing => bytes.len(),
                Watching::Beginning => BEGINNING - self.bytes.beginning().len(),
                // What follows what is wanted may be what is wanted next.
                Watching::Wanted => usize::try_from(self.wanted_to() - self.position).unwrap_or(usize::MAX),
            };
            let (now, later) = bytes.split_at(most.min(bytes.len()));
            let start = self.position;
            self.position += now.len() as u64;
            match self.watching {
                Watching::Nothing => {}
                Watching::Beginning => self.begin(now),
                Watching::Wanted => self.keep(start, now),
            }
            bytes = later;
        }
    }

    fn begin(&mut self, bytes: &[u8]) {
        self.bytes.extend_beginning(bytes);
        if !may_be_interesting(self.bytes.begins_with()) {
            self.watching = Watching::Nothing;
            self.bytes = Sparse::default();
        } else if self.bytes.beginning().len() == BEGINNING {
            self.think();
        }
    }

    fn keep(&mut self, start: u64, bytes: &[u8]) {
        let end = start + bytes.len() as u64;
        for want in &self.wants {
            let (from, to) = (want.start.max(start), want.end.min(end));
            if from < to {
                self.bytes.append(from, &bytes[(from - start) as usize..(to - start) as usize]);
            }
        }
        if self.wanted_to() == self.position {
            self.think();
        }
    }

    /// The end of all that is wanted.
    fn wanted_to(&self) -> u64 {
        self.wants.last().map_or(self.position, |last| last.end)
    }

    /// What is wanted next. What has passed already only another look brings back.
    fn think(&mut self) {
        self.wants = match learn(&self.bytes) {
            Err(Lack::Bytes(wants)) => sparse::merged(wants),
            _ => Vec::new(),
        };
        let comes = self.wants.first().is_some_and(|first| first.start >= self.position);
        self.watching = if comes { Watching::Wanted } else { Watching::Nothing };
    }

    /// What was learned, once the whole file has passed.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn end(mut self) -> Result<Learned, LinkageError> {
        self.bytes.end_at(self.position);
        conclude(self.bytes, LOOKS)
    }
}

/// Whether a file that begins so may be a library. With fewer than four bytes that may not be known yet.
fn may_be_interesting(begins: &[u8]) -> bool {
    [&b"\x7fELF"[..], b"MZ"].iter().any(|magic| magic.starts_with(begins) || begins.starts_with(magic))
}

/// A reader that shows a [`Learner`] what another one reads.
#[derive(Debug)]
pub struct Capture<R> {
    inner: R,
    learner: Learner,
}

impl<R: BufRead> Capture<R> {
    /// Before anything was read.
    pub fn new(inner: R) -> Self {
        Capture { inner, learner: Learner::default() }
    }

    /// Reads what nobody else wants to read.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn drain(&mut self) -> io::Result<()> {
        loop {
            match self.fill_buf()?.len() {
                0 => return Ok(()),
                length => self.consume(length),
            }
        }
    }

    /// The reader and what was learned, once all was read.
    pub fn into_parts(self) -> (R, Learner) {
        (self.inner, self.learner)
    }
}

impl<R: BufRead> Read for Capture<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(target)?;
        self.learner.saw(&target[..length]);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Capture<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed is in the buffer, so nothing is read here.
        if let Ok(bytes) = self.inner.fill_buf() {
            self.learner.saw(&bytes[..amount.min(bytes.len())]);
        }
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests;
