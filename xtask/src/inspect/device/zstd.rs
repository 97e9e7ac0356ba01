//! A zstd frame in a stream: its beginning is unpacked, and of the rest only the headers of its blocks are read, which proves that it is whole.

use std::io::{self, Read};

use ruzstd::decoding::FrameDecoder;

use super::window::Window;

/// What a frame begins with.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// So many blocks are unpacked: a list of entries and the first code object's header are in them. Each is unpacked to at most 128 KiB.
const UNPACKED_BLOCKS: usize = 2;

/// No block is larger, packed or unpacked.
const LARGEST_BLOCK: u64 = 128 << 10;

/// A frame that is whole.
#[derive(Debug)]
pub(super) struct Frame {
    /// Its first bytes, unpacked.
    pub(super) beginning: Vec<u8>,
    /// Its size unpacked, if it says so.
    pub(super) content: Option<u64>,
    /// Its own size.
    pub(super) size: u64,
}

/// Walks over the frame that begins here. `limit` is the most bytes that it may have; each block is added to `work`, of which there may be
/// [`super::MOST_WORK`].
///
/// # Errors
/// The inner one says what is wrong with the frame.
pub(super) fn walk(window: &mut Window<'_>, limit: u64, work: &mut u64) -> io::Result<Result<Frame, &'static str>> {
    let from = window.position();
    let seen = window.ahead(LONGEST_HEADER)?;
    let Some(header) = Header::read(seen) else { return Ok(Err("its header makes no sense")) };
    if header.size > limit {
        return Ok(Err("it is longer than its container says"));
    }
    window.skip(header.size)?;
    // A frame of its own: what it copies from is no further back than what is unpacked.
    let mut first = [&MAGIC[..], &[0, WINDOW_1_MIB]].concat();
    let (mut blocks, mut last_header, mut is_done) = (0, 0, false);
    while !is_done {
        let Some(block) = Block::read(window.ahead(3)?) else { return Ok(Err(ENDS)) };
        let size = 3 + block.size;
        if block.size > LARGEST_BLOCK || window.position() - from + size + header.checksum > limit {
            return Ok(Err("it is longer than its container says"));
        }
        let done = if blocks < UNPACKED_BLOCKS as u64 {
            last_header = first.len();
            window.by_ref().take(size).read_to_end(&mut first)? as u64
        } else {
            window.skip(size)?
        };
        if done < size {
            return Ok(Err(ENDS));
        }
        blocks += 1;
        *work += 1;
        if *work > super::MOST_WORK {
            return Ok(Err("it has too many blocks"));
        }
        is_done = block.is_last;
    }
    if window.skip(header.checksum)? < header.checksum {
        return Ok(Err(ENDS));
    }
    // The last of those that are unpacked is the last of all.
    first[last_header] |= 1;
    let size = window.position() - from;
    Ok(unpacked(&first).map(|beginning| Frame { beginning, content: header.content, size }))
}

const ENDS: &str = "it ends before its last block";

fn unpacked(frame: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut decoder = FrameDecoder::new();
    let mut bytes = Vec::with_capacity(UNPACKED_BLOCKS * LARGEST_BLOCK as usize);
    let mut source = frame;
    let done =
        decoder.init(&mut source).and_then(|()| decoder.decode_blocks(&mut source, ruzstd::decoding::BlockDecodingStrategy::All));
    done.map_err(|_| "its first blocks are damaged")?;
    decoder.collect_to_writer(&mut bytes).map_err(|_| "its first blocks are damaged")?;
    Ok(bytes)
}

/// The descriptor of a window of 1 MiB.
const WINDOW_1_MIB: u8 = 10 << 3;

/// No frame's header is longer, its magic included.
const LONGEST_HEADER: usize = 18;

/// What a frame's header says.
struct Header {
    size: u64,
    content: Option<u64>,
    /// The size of the checksum behind the last block.
    checksum: u64,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        let descriptor = *bytes.strip_prefix(&MAGIC)?.first()?;
        // Dictionaries are told apart from us, and a reserved bit is none.
        if descriptor & 0b1011 != 0 {
            return None;
        }
        let is_single = descriptor & 0b10_0000 != 0;
        let width = match descriptor >> 6 {
            0 => usize::from(is_single),
            wide => 1 << wide,
        };
        let at = MAGIC.len() + 1 + usize::from(!is_single);
        let field = bytes.get(at..at + width)?;
        let value = field.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
        // Two bytes begin where one ends.
        let content = (width > 0).then(|| if width == 2 { value + 256 } else { value });
        Some(Header { size: (at + width) as u64, content, checksum: if descriptor & 0b100 == 0 { 0 } else { 4 } })
    }
}

/// What a block's header says.
struct Block {
    is_last: bool,
    /// Its size in the stream, without the header.
    size: u64,
}

impl Block {
    fn read(bytes: &[u8]) -> Option<Block> {
        let [one, two, three] = *bytes else { return None };
        let header = u32::from_le_bytes([one, two, three, 0]);
        let size = match header >> 1 & 3 {
            // One byte, repeated.
            1 => 1,
            3 => return None,
            _ => u64::from(header >> 3),
        };
        Some(Block { is_last: header & 1 == 1, size })
    }
}
