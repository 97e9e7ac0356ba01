//! A member that is unpacked again, up to where somebody stops reading.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

/// Where a member's packed bytes are in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    pub(super) begin: u64,
    pub(super) size: u64,
    pub(super) deflated: bool,
}

/// Reads a member from its beginning. It was checked when it went by.
pub(super) fn reader(file: &mut File, packed: Packed) -> io::Result<Box<dyn Read + '_>> {
    file.seek(SeekFrom::Start(packed.begin))?;
    let bytes = BufReader::new(file.take(packed.size));
    Ok(match packed.deflated {
        true => Box::new(Inflating { bytes, state: InflateState::new_boxed(DataFormat::Raw) }),
        false => Box::new(bytes),
    })
}

struct Inflating<R> {
    bytes: R,
    state: Box<InflateState>,
}

impl<R: BufRead> Read for Inflating<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            let ahead = self.bytes.fill_buf()?;
            let result = inflate(&mut self.state, ahead, target, MZFlush::None);
            let (read, written) = (result.bytes_consumed, result.bytes_written);
            self.bytes.consume(read);
            match result.status {
                _ if written > 0 || target.is_empty() => return Ok(written),
                Ok(MZStatus::StreamEnd) => return Ok(0),
                Ok(_) if read > 0 => {}
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}
