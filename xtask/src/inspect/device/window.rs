//! A stream that is read once, through a small window: what is behind is gone, and only a little ahead can be looked at.

use std::io::{self, BufRead, Read};

use memchr::memmem::Finder;

/// How far ahead can be looked, in bytes.
pub(super) const AHEAD: usize = 256 << 10;

/// The stream and its window. Memory is twice [`AHEAD`], whatever is read.
pub(super) struct Window<'a> {
    reader: &'a mut dyn BufRead,
    buffer: Vec<u8>,
    /// Where in the buffer the position is, and where what was read ends.
    start: usize,
    end: usize,
    position: u64,
    is_ended: bool,
}

impl<'a> Window<'a> {
    pub(super) fn new(reader: &'a mut dyn BufRead) -> Self {
        Window { reader, buffer: vec![0; 2 * AHEAD], start: 0, end: 0, position: 0, is_ended: false }
    }

    /// How much of the stream is behind, in bytes.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next `size` bytes, at most [`AHEAD`]; fewer only where the stream ends.
    pub(super) fn ahead(&mut self, size: usize) -> io::Result<&[u8]> {
        let size = size.min(AHEAD);
        if self.end - self.start < size && !self.is_ended {
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + size)])
    }

    /// Fills all of the buffer, so that looking ahead again and again moves no byte often.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.is_ended = true;
                    break;
                }
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Goes on by `size` bytes and returns by how many it did: fewer where the stream ends.
    pub(super) fn skip(&mut self, size: u64) -> io::Result<u64> {
        let buffered = size.min((self.end - self.start) as u64);
        self.start += buffered as usize;
        let mut skipped = buffered;
        while skipped < size && !self.is_ended {
            let read = match self.reader.fill_buf() {
                Ok(bytes) => (bytes.len() as u64).min(size - skipped),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.is_ended = read == 0;
            self.reader.consume(read as usize);
            skipped += read;
        }
        self.position += skipped;
        Ok(skipped)
    }

    /// Goes on to where the next needle begins, or `until` if that comes first, and says which needle it is.
    pub(super) fn seek<const N: usize>(&mut self, needles: &mut [Needle; N], until: Option<u64>) -> io::Result<Sought> {
        loop {
            let position = self.position;
            let seen = self.ahead(AHEAD)?;
            let nearest =
                needles.iter_mut().enumerate().filter_map(|(index, needle)| Some((needle.find(seen, position)?, index))).min();
            let (length, longest) = (seen.len(), needles.iter().map(|needle| needle.length).max().unwrap_or(1));
            if let Some(until) = until.filter(|until| nearest.is_none_or(|(at, _)| *until <= at))
                && until <= position + length as u64
            {
                self.skip(until.saturating_sub(position))?;
                // Where the stream ends before, nothing is there.
                return Ok(if self.ahead(1)?.is_empty() { Sought::End } else { Sought::Place });
            }
            match nearest {
                Some((at, needle)) => {
                    self.skip(at - position)?;
                    return Ok(Sought::Needle(needle));
                }
                None if length < AHEAD => {
                    self.skip(length as u64)?;
                    return Ok(Sought::End);
                }
                // A needle may begin in the last bytes.
                None => self.skip((length - (longest - 1)) as u64)?,
            };
        }
    }
}

/// What was found first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sought {
    /// The needle of this index begins here.
    Needle(usize),
    /// Here is the place.
    Place,
    /// There is no more.
    End,
}

/// Bytes to look for, and how far was looked already: many needles of one kind cost no second look for the others.
pub(super) struct Needle {
    finder: Finder<'static>,
    length: usize,
    /// Where it is, or else before which place it does not begin.
    found: Option<u64>,
    looked: u64,
}

impl Needle {
    pub(super) fn new(bytes: &'static [u8]) -> Self {
        Needle { finder: Finder::new(bytes), length: bytes.len(), found: None, looked: 0 }
    }

    /// Where it begins in `seen`, which begins at `position` of the stream.
    fn find(&mut self, seen: &[u8], position: u64) -> Option<u64> {
        if self.found.is_some_and(|found| found >= position) {
            return self.found;
        }
        let from = usize::try_from(self.looked.saturating_sub(position)).unwrap_or(usize::MAX).min(seen.len());
        self.found = self.finder.find(&seen[from..]).map(|at| position + (from + at) as u64);
        let end = position + (seen.len() + 1).saturating_sub(self.length) as u64;
        self.looked = self.found.map_or(end.max(self.looked), |found| found + 1);
        self.found
    }
}

impl Read for Window<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let seen = self.ahead(into.len())?;
        let size = seen.len();
        into[..size].copy_from_slice(seen);
        self.skip(size as u64)?;
        Ok(size)
    }
}
