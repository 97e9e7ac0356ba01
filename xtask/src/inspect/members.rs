//! The files in a wheel, as its list says: enough to tell in which of them two wheels differ.

use std::collections::BTreeMap;
use std::fs::File;

use rawzip::ZipArchive;

use super::metadata::{BUFFER, MOST_FILES, MetadataError};

/// What a file in an archive holds: its checksum and its size.
type Content = (u32, u64);

/// What a wheel lists, by path. What is not UTF-8 in a path is replaced.
fn members(file: File) -> Result<BTreeMap<String, Content>, MetadataError> {
    let mut buffer = vec![0; BUFFER];
    let archive = ZipArchive::from_file(file, &mut buffer)?;
    let mut entries = archive.entries(&mut buffer);
    let mut found = BTreeMap::new();
    while let Some(entry) = entries.next_entry()? {
        if found.len() >= MOST_FILES {
            return Err(MetadataError::TooManyFiles);
        }
        let path = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        found.insert(path, (entry.crc32(), entry.uncompressed_size_hint()));
    }
    Ok(found)
}

/// The paths of what is in only one of two wheels, or not the same in both, sorted.
///
/// # Errors
/// If one of them cannot be read.
pub(super) fn differing(one: File, other: File) -> Result<Vec<String>, MetadataError> {
    let (one, other) = (members(one)?, members(other)?);
    let all = one.keys().chain(other.keys().filter(|path| !one.contains_key(*path)));
    let mut paths: Vec<String> = all.filter(|path| one.get(*path) != other.get(*path)).cloned().collect();
    paths.sort();
    Ok(paths)
}
