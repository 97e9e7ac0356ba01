//! A wheel's own metadata: the file `METADATA` in its `.dist-info` folder. The archive may be anybody's, so everything about it is bounded.

use std::fs::File;
use std::io::{self, Read};

use rawzip::{CompressionMethod, FileReader, ZipArchive, ZipArchiveEntryWayfinder, ZipFileHeaderRecord, ZipVerification};

use crate::audit::metadata::values;

/// The most bytes of a `METADATA`, packed and unpacked. torch's has some 30 thousand.
const LIMIT: u64 = 4 << 20;

/// The most files of an archive. torch has some 15 thousand.
pub(super) const MOST_FILES: usize = 1 << 20;

/// A file's header with its longest name, extra field and comment fits into it.
pub(super) const BUFFER: usize = 256 << 10;

/// Why a wheel's metadata cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// What the operating system said.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A file that is something else, or damaged.
    #[error("it is no zip archive that can be read: {0}")]
    Zip(rawzip::Error),
    /// A list of files that would take long to read.
    #[error("it lists more than {MOST_FILES} files")]
    TooManyFiles,
    /// A file that is no wheel, or two in one.
    #[error("it has {0} files `*.dist-info/METADATA`, not one")]
    NotOne(usize),
    /// A file that nobody could read without a password.
    #[error("its `METADATA` is encrypted")]
    Encrypted,
    /// A way to pack files that Python does not use for wheels.
    #[error("its `METADATA` is packed by a method other than deflate")]
    Method,
    /// A file that is no description of a wheel.
    #[error("its `METADATA` has more than {LIMIT} bytes")]
    TooLarge,
    /// A damaged file.
    #[error("its `METADATA` cannot be unpacked")]
    Packed,
    /// A damaged file.
    #[error("its `METADATA` is not what the archive says of it: {0}")]
    Content(rawzip::Error),
    /// Not the encoding of metadata.
    #[error("its `METADATA` is not UTF-8")]
    Encoding,
}

impl From<rawzip::Error> for MetadataError {
    fn from(error: rawzip::Error) -> Self {
        MetadataError::Zip(error)
    }
}

/// The `Requires-Dist` lines of a wheel, as written there.
///
/// # Errors
/// [`MetadataError`]: nothing is half read.
pub fn requires_dist(file: File) -> Result<Vec<String>, MetadataError> {
    let mut buffer = vec![0; BUFFER];
    let archive = ZipArchive::from_file(file, &mut buffer)?;
    let wayfinder = find(&archive, &mut buffer)?;
    let text = unpack(&archive, wayfinder)?;
    Ok(values(&text, "Requires-Dist"))
}

/// What must be known of the one `METADATA` to unpack it.
struct Packed {
    wayfinder: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
}

fn find(archive: &ZipArchive<FileReader>, buffer: &mut [u8]) -> Result<Packed, MetadataError> {
    let mut entries = archive.entries(buffer);
    let (mut seen, mut count, mut found) = (0, 0, None);
    while let Some(entry) = entries.next_entry()? {
        seen += 1;
        if seen > MOST_FILES {
            return Err(MetadataError::TooManyFiles);
        }
        if is_metadata(entry.file_path().as_bytes()) {
            count += 1;
            found = Some(checked(&entry));
        }
    }
    match (count, found) {
        (1, Some(entry)) => entry,
        _ => Err(MetadataError::NotOne(count)),
    }
}

fn is_metadata(path: &[u8]) -> bool {
    path.strip_suffix(b".dist-info/METADATA").is_some_and(|name| !name.is_empty() && !name.contains(&b'/'))
}

fn checked(entry: &ZipFileHeaderRecord) -> Result<Packed, MetadataError> {
    if entry.flags().is_encrypted() {
        return Err(MetadataError::Encrypted);
    }
    if ![CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(&entry.compression_method()) {
        return Err(MetadataError::Method);
    }
    if entry.compressed_size_hint().max(entry.uncompressed_size_hint()) > LIMIT {
        return Err(MetadataError::TooLarge);
    }
    Ok(Packed { wayfinder: entry.wayfinder(), method: entry.compression_method() })
}

fn unpack(archive: &ZipArchive<FileReader>, packed: Packed) -> Result<String, MetadataError> {
    unpack_any(archive, packed.wayfinder, packed.method, LIMIT)
}

/// The text of a file of which at most so many bytes are read, packed and unpacked.
pub(super) fn unpack_any(
    archive: &ZipArchive<FileReader>,
    wayfinder: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    limit: u64,
) -> Result<String, MetadataError> {
    let entry = archive.get_entry(wayfinder)?;
    let reader = entry.reader();
    let claim = reader.claim_verifier();
    let mut bytes = Vec::new();
    reader.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != wayfinder.compressed_size_hint() {
        return Err(MetadataError::Packed);
    }
    if method == CompressionMethod::DEFLATE {
        let unpacked = miniz_oxide::inflate::decompress_to_vec_with_limit(&bytes, limit as usize);
        bytes = unpacked.map_err(|_| MetadataError::Packed)?;
    }
    let content = ZipVerification { crc: rawzip::crc32(&bytes), uncompressed_size: bytes.len() as u64 };
    claim.valid(content).map_err(MetadataError::Content)?;
    String::from_utf8(bytes).map_err(|_| MetadataError::Encoding)
}

#[cfg(test)]
mod tests;
