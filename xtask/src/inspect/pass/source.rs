//! A file that is read once, hashed on the way.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::file::{Meter, Stored};
use crate::process;

/// How much of the file is in memory.
const WINDOW: usize = 256 << 10;

/// A file and how far it was read.
pub(super) struct Source {
    file: File,
    meter: Meter,
    window: Vec<u8>,
    from: usize,
    to: usize,
    position: u64,
}

impl Source {
    pub(super) fn new(mut file: File) -> io::Result<Self> {
        // Where the list was read from, some systems have left the place.
        file.rewind()?;
        Ok(Source { file, meter: Meter::default(), window: vec![0; WINDOW], from: 0, to: 0, position: 0 })
    }

    /// The next byte's number.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next bytes; none at the end of the file.
    pub(super) fn ahead(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to {
            // All of a large wheel takes so long that whoever wants the tool to end should not have to wait.
            if process::is_stopping() {
                return Err(io::Error::other("interrupted"));
            }
            (self.from, self.to) = (0, self.file.read(&mut self.window)?);
            self.meter.write_all(&self.window[..self.to])?;
        }
        Ok(&self.window[self.from..self.to])
    }

    /// Goes on behind so many of them.
    pub(super) fn consume(&mut self, count: usize) {
        self.from += count;
        self.position += count as u64;
    }

    /// So many bytes, or all that are left.
    pub(super) fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            let missing = count - bytes.len();
            let ahead = self.ahead()?;
            let length = ahead.len().min(missing);
            if length == 0 {
                break;
            }
            bytes.extend_from_slice(&ahead[..length]);
            self.consume(length);
        }
        Ok(bytes)
    }

    /// Goes on at this byte, or at the end of the file if that is before it.
    pub(super) fn skip_to(&mut self, position: u64) -> io::Result<()> {
        while self.position < position {
            let missing = usize::try_from(position - self.position).unwrap_or(usize::MAX);
            let length = self.ahead()?.len().min(missing);
            if length == 0 {
                break;
            }
            self.consume(length);
        }
        Ok(())
    }

    /// Reads elsewhere in the file, which is neither hashed nor changes where this goes on.
    pub(super) fn aside<T>(&mut self, look: impl FnOnce(&mut File) -> T) -> io::Result<T> {
        let at = self.file.stream_position()?;
        let result = look(&mut self.file);
        self.file.seek(SeekFrom::Start(at))?;
        Ok(result)
    }

    /// The size and hash of all that was read.
    pub(super) fn stored(self) -> Stored {
        self.meter.stored()
    }
}
