//! The list of entries that a bundle of clang's begins with, and the header of a compressed one.

use super::elf::{half, long, word};
use crate::audit::device::{Form, Id, Wrong};

/// What an uncompressed bundle begins with.
pub(super) const MAGIC: &[u8] = b"__CLANG_OFFLOAD_BUNDLE__";

/// What a compressed bundle begins with.
pub(super) const COMPRESSED: &[u8] = b"CCOB";

/// No list of entries is longer. One for every GPU has 3 KiB.
pub(super) const LONGEST_LIST: usize = 16 << 10;

/// No id is longer.
const LONGEST_ID: u64 = 128;

/// An entry of a bundle.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: Id,
    /// Where it begins, counted from the beginning of the bundle.
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// The entries of the bundle that begins with `bytes`, and where their list ends. `None` if it is no list: the magic stands there by
/// chance, as in programs that look for it.
pub(super) fn entries(bytes: &[u8]) -> Option<(Vec<Entry>, u64)> {
    let bytes = &bytes[..bytes.len().min(LONGEST_LIST)];
    let rest = bytes.strip_prefix(MAGIC)?;
    let count = rest.get(..8).map(|count| long(count, 0)).filter(|count| *count > 0)?;
    let mut at = MAGIC.len() + 8;
    let mut entries = Vec::new();
    for _ in 0..count {
        let header = bytes.get(at..at + 24)?;
        let length = Some(long(header, 16)).filter(|length| (1..=LONGEST_ID).contains(length))? as usize;
        let id = std::str::from_utf8(bytes.get(at + 24..at + 24 + length)?).ok()?;
        entries.push(Entry { id: id.to_owned(), kind: Id::parse(id)?, offset: long(header, 0), size: long(header, 8) });
        at += 24 + length;
    }
    Some((entries, at as u64))
}

/// The header of a compressed bundle.
#[derive(Debug)]
pub(super) struct Compressed {
    pub(super) form: Form,
    /// The size of the header itself, in bytes.
    pub(super) header: u64,
    /// The size of the bundle with its header, if this version says it.
    pub(super) size: Option<u64>,
    /// The size of the bundle that was compressed.
    pub(super) unpacked: u64,
}

/// The most bytes that [`compressed`] looks at.
pub(super) const COMPRESSED_AHEAD: usize = 40;

/// The header of the compressed bundle that begins with `bytes`; `None` if the four bytes stand there by chance.
///
/// # Errors
/// If it is a bundle that we cannot read.
pub(super) fn compressed(bytes: &[u8]) -> Option<Result<Compressed, Wrong>> {
    const ZLIB: u16 = 0;
    const ZSTD: u16 = 1;
    let (version, method) = (half(bytes, 4), half(bytes, 6));
    let (form, header, size, unpacked) = match version {
        1 => (Form::CompressedBundleV1, 20, None, u64::from(word(bytes, 8))),
        2 => (Form::CompressedBundleV2, 24, Some(u64::from(word(bytes, 8))), u64::from(word(bytes, 12))),
        3 => (Form::CompressedBundleV3, 32, Some(long(bytes, 8)), long(bytes, 16)),
        // A later version would be laid out otherwise; two of its bytes say that it is none by chance.
        4..=16 if method == ZSTD => return Some(Err(Wrong::Version { what: "a compressed bundle", version: version.into() })),
        _ => return None,
    };
    let payload = bytes.get(header..)?;
    match method {
        ZSTD if payload.starts_with(&super::zstd::MAGIC) => Some(Ok(Compressed { form, header: header as u64, size, unpacked })),
        // 0x78 is what all streams of zlib begin with, and the first two bytes are a multiple of 31.
        ZLIB if payload.len() > 1 && payload[0] == 0x78 && u16::from_be_bytes([payload[0], payload[1]]).is_multiple_of(31) => {
            Some(Err(Wrong::Zlib))
        }
        _ => None,
    }
}
