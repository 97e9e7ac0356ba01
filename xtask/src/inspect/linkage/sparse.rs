//! A file of which only some bytes are known.

use std::ops::Range;

use super::{Lack, LinkageError, NAME};

/// The known bytes of a file.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    /// From byte 0.
    beginning: Vec<u8>,
    /// Further pieces, by where they begin.
    pieces: Vec<(u64, Vec<u8>)>,
    /// The file's size, once it is known.
    end: Option<u64>,
}

impl Sparse {
    pub(super) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// The first four bytes, or fewer if that is all.
    pub(super) fn begins_with(&self) -> &[u8] {
        &self.beginning[..self.beginning.len().min(4)]
    }

    pub(super) fn extend_beginning(&mut self, bytes: &[u8]) {
        self.beginning.extend_from_slice(bytes);
    }

    /// A piece in one go.
    pub(super) fn add(&mut self, start: u64, bytes: Vec<u8>) {
        self.pieces.push((start, bytes));
    }

    /// Bytes that continue a piece, or begin a new one.
    pub(super) fn append(&mut self, start: u64, bytes: &[u8]) {
        match self.pieces.iter_mut().find(|(from, piece)| from + piece.len() as u64 == start) {
            Some((_, piece)) => piece.extend_from_slice(bytes),
            None => self.add(start, bytes.to_vec()),
        }
    }

    pub(super) fn end_at(&mut self, size: u64) {
        self.end = Some(size);
    }

    /// All that is known from `start` on without a gap.
    fn from(&self, start: u64) -> &[u8] {
        let beginning = std::iter::once((0, &self.beginning));
        let pieces = beginning.chain(self.pieces.iter().map(|(from, piece)| (*from, piece)));
        let rest = pieces.filter_map(|(from, piece)| piece.get(usize::try_from(start.checked_sub(from)?).ok()?..));
        rest.max_by_key(|rest| rest.len()).unwrap_or_default()
    }

    /// Exactly `length` bytes; `what` they are.
    pub(super) fn get(&self, start: u64, length: u64, what: &'static str) -> Result<&[u8], Lack> {
        let bytes = self.up_to(start, length, what)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(LinkageError::Truncated(what).into()) }
    }

    /// `most` bytes, or fewer where the file ends.
    pub(super) fn up_to(&self, start: u64, most: u64, what: &'static str) -> Result<&[u8], Lack> {
        let end = start.checked_add(most).ok_or(LinkageError::Address(what))?;
        let bytes = self.from(start);
        if bytes.len() as u64 >= most {
            return Ok(&bytes[..most as usize]);
        }
        match self.end {
            Some(size) if start >= size && most > 0 => Err(LinkageError::Truncated(what).into()),
            Some(size) if start + bytes.len() as u64 == size => Ok(bytes),
            Some(size) => Err(wanted(start..end.min(size))),
            None => Err(wanted(start..end)),
        }
    }

    /// A text that a zero ends.
    pub(super) fn text(&self, start: u64, what: &'static str) -> Result<String, Lack> {
        let known = self.from(start);
        let known = &known[..known.len().min(NAME as usize)];
        let known = if known.contains(&0) { known } else { self.up_to(start, NAME, what)? };
        let length = known.iter().position(|byte| *byte == 0).ok_or(LinkageError::Text(what))?;
        String::from_utf8(known[..length].to_vec()).map_err(|_| LinkageError::Text(what).into())
    }

    /// Many texts; of those that are not known all are told at once.
    pub(super) fn texts(&self, starts: &[u64], what: &'static str) -> Result<Vec<String>, Lack> {
        let (mut texts, mut wants) = (Vec::new(), Vec::new());
        for start in starts {
            match self.text(*start, what) {
                Ok(text) => texts.push(text),
                Err(Lack::Bytes(more)) => wants.extend(more),
                Err(fault) => return Err(fault),
            }
        }
        if wants.is_empty() { Ok(texts) } else { Err(Lack::Bytes(wants)) }
    }
}

fn wanted(bytes: Range<u64>) -> Lack {
    Lack::Bytes(std::iter::once(bytes).collect())
}

/// The same bytes as ranges in order that do not meet.
pub(super) fn merged(mut wants: Vec<Range<u64>>) -> Vec<Range<u64>> {
    wants.sort_by_key(|want| want.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for want in wants {
        match merged.last_mut() {
            Some(last) if want.start <= last.end => last.end = last.end.max(want.end),
            _ => merged.push(want),
        }
    }
    merged
}

/// A little-endian number at `at`; beyond the end it is 0.
pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    let bytes = bytes.get(at..at.saturating_add(length)).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
