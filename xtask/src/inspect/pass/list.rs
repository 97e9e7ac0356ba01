//! The list at an archive's end, and what `RECORD` says by which function its hashes are made.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use manifest::shown;
use rawzip::{CompressionMethod, FileReader, ZipArchive, ZipFileHeaderRecord};

use crate::audit::archive::{Entry, Kind, Packing};
use crate::audit::wheel::Function;
use crate::audit::{Code, Finding};
use crate::inspect::metadata::{BUFFER, MOST_FILES, unpack_any};

/// The most bytes of all names together. torch's have about one million.
const MOST_NAMES: usize = 16 << 20;

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
    listed.directory = Some(archive.directory_offset());
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
        listed.entries.push(ours);
    }
    let said = archive.entries_hint();
    if said != listed.entries.len() as u64 {
        listed.faults.push(Finding::new(
            Code::Archive,
            format!("its end says that it lists {said} members, and it lists {}", listed.entries.len()),
        ));
    }
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

fn of(entry: &ZipFileHeaderRecord) -> Entry {
    let packing = match entry.compression_method() {
        _ if entry.flags().is_encrypted() || entry.flags().has_strong_encryption() => Packing::Encrypted,
        CompressionMethod::STORE => Packing::Stored,
        CompressionMethod::DEFLATE => Packing::Deflated,
        other => Packing::Other(other.as_u16()),
    };
    let kind = if entry.mode().is_symlink() {
        Kind::Link
    } else if entry.is_dir() {
        Kind::Folder
    } else {
        Kind::File
    };
    Entry {
        name: entry.file_path().as_bytes().to_vec(),
        kind,
        packing,
        crc: entry.crc32(),
        packed: entry.compressed_size_hint(),
        size: entry.uncompressed_size_hint(),
        offset: entry.local_header_offset(),
        is_described_behind: entry.flags().has_data_descriptor(),
    }
}
