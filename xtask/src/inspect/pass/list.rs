//! The list at an archive's end, and what `RECORD` says by which function its hashes are made.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use manifest::shown;
use rawzip::extra_fields::ExtraFieldId;
use rawzip::{CompressionMethod, FileReader, ReaderAt, ZipArchive, ZipFileHeaderRecord};

use super::end::{self, Extent};
use crate::audit::archive::{Entry, Kind, Packing, Spelling};
use crate::audit::wheel::Function;
use crate::audit::{Code, Finding};
use crate::inspect::metadata::{BUFFER, MOST_FILES, unpack_any};

/// The most bytes of all names together. torch's have about one million.
const MOST_NAMES: usize = 16 << 20;

/// The fixed part of a member's header in the list.
const HEADER: usize = 46;

/// What is known before the pass.
pub(super) struct Listed {
    /// The members, in the order of the list.
    pub(super) entries: Vec<Entry>,
    /// Where each begins, sorted.
    offsets: Vec<u64>,
    /// Where the list begins, if there is one.
    pub(super) directory: Option<u64>,
    /// The hash functions of members for which `RECORD` has another than usual.
    pub(super) functions: BTreeMap<String, Function>,
    /// What is wrong with the list.
    pub(super) faults: Vec<Finding>,
}

impl Listed {
    /// Where what follows a member begins.
    pub(super) fn next(&self, offset: u64) -> u64 {
        let after = self.offsets.partition_point(|other| *other <= offset);
        self.offsets.get(after).copied().or(self.directory).unwrap_or(u64::MAX)
    }
}

/// Reads the list, and gives the file back.
pub(super) fn list(file: File) -> io::Result<(Listed, File)> {
    let mut listed =
        Listed { entries: Vec::new(), offsets: Vec::new(), directory: None, functions: BTreeMap::new(), faults: Vec::new() };
    let copy = file.try_clone()?;
    let mut buffer = vec![0; BUFFER];
    match ZipArchive::from_file(file, &mut buffer) {
        Ok(archive) => {
            if let Err(text) = fill(&mut listed, &archive, copy.metadata()?.len(), &mut buffer) {
                listed.faults.push(Finding::new(Code::Archive, text));
            }
        }
        Err(error) => listed
            .faults
            .push(Finding::new(Code::Archive, format!("it is no zip archive that can be read: {}", shown(&error.to_string())))),
    }
    listed.offsets = listed.entries.iter().map(|entry| entry.offset).collect();
    listed.offsets.sort_unstable();
    Ok((listed, copy))
}

fn fill(listed: &mut Listed, archive: &ZipArchive<FileReader>, length: u64, buffer: &mut [u8]) -> Result<(), String> {
    let start = archive.directory_offset();
    listed.directory = Some(start);
    let mut list = Extent { start, end: start, count: 0 };
    let unreadable = |error: rawzip::Error| format!("its list cannot be read: {}", shown(&error.to_string()));
    let (mut names, mut record) = (0, None);
    let mut entries = archive.entries(buffer);
    while let Some(entry) = entries.next_entry().map_err(unreadable)? {
        let ours = of(&entry);
        names += ours.name.len();
        if listed.entries.len() >= MOST_FILES || names > MOST_NAMES {
            return Err(format!("it lists more than {MOST_FILES} members, or their names have more than {MOST_NAMES} bytes"));
        }
        if ours.name.ends_with(b".dist-info/RECORD") {
            record = Some(entry.wayfinder()).map(|wayfinder| (wayfinder, entry.compression_method()));
        }
        let extra = entry.extra_fields().remaining_bytes().len();
        list.end =
            entry.central_directory_offset() + (HEADER + ours.name.len() + extra + entry.comment().as_bytes().len()) as u64;
        list.count += 1;
        listed.entries.push(ours);
    }
    let fault = end_fault(archive, list).map_err(|error| format!("its end cannot be read: {error}"))?;
    listed.faults.extend(fault.map(|text| Finding::new(Code::Archive, text)));
    if archive.end_offset() != length {
        let text = format!("{} bytes stand behind its end", length.saturating_sub(archive.end_offset()));
        listed.faults.push(Finding::new(Code::Archive, text));
    }
    // Whatever is wrong with the file is told when it goes by.
    if let Some(Ok(text)) = record.map(|(wayfinder, method)| unpack_any(archive, wayfinder, method, 16 << 20)) {
        listed.functions = crate::audit::record::functions(&text);
    }
    Ok(())
}

/// What is wrong with what stands behind the list.
fn end_fault(archive: &ZipArchive<FileReader>, list: Extent) -> io::Result<Option<String>> {
    let length = (archive.eocd_offset() + 22).saturating_sub(list.end);
    let mut bytes = [0; end::LONGEST];
    let Some(bytes) = usize::try_from(length).ok().and_then(|length| bytes.get_mut(..length)) else {
        return Ok(Some(format!("{length} bytes stand between its list and its end")));
    };
    archive.get_ref().read_exact_at(bytes, list.end)?;
    Ok(end::fault(list, bytes))
}

fn of(entry: &ZipFileHeaderRecord) -> Entry {
    let packing = match entry.compression_method() {
        _ if entry.flags().is_encrypted() || entry.flags().has_strong_encryption() => Packing::Encrypted,
        CompressionMethod::STORE => Packing::Stored,
        CompressionMethod::DEFLATE => Packing::Deflated,
        other => Packing::Other(other.as_u16()),
    };
    // Installers look at these bits whichever system the archive names, so the library's own reading of them will not do.
    let kind = match entry.external_attributes() >> 28 {
        0o12 => Kind::Link,
        0o1 | 0o2 | 0o6 | 0o14 => Kind::Special,
        _ if entry.is_dir() => Kind::Folder,
        _ => Kind::File,
    };
    let name = entry.file_path().as_bytes().to_vec();
    let spelling = if entry.extra_fields().any(|(id, _)| id == ExtraFieldId::INFO_ZIP_UNICODE_PATH) {
        Spelling::Elsewhere
    } else if name.is_ascii() || entry.flags().is_utf8() {
        Spelling::Plain
    } else {
        Spelling::Unmarked
    };
    Entry {
        name,
        spelling,
        kind,
        packing,
        crc: entry.crc32(),
        packed: entry.compressed_size_hint(),
        size: entry.uncompressed_size_hint(),
        offset: entry.local_header_offset(),
        is_described_behind: entry.flags().has_data_descriptor(),
    }
}
