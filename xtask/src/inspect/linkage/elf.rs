//! ELF: the program headers lead to the dynamic section, that to the names of libraries.
//! Source: <https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html>

use super::sparse::{Sparse, number};
use super::{Lack, LinkageError, NAMES, TABLE};
use crate::audit::linkage::{Format, Linkage, Machine};

/// Linked and loaded as it is; position-independent code and libraries.
const LOADED: [u64; 2] = [2, 3];

/// Code objects of GPUs and the like, which the dynamic linker never sees: AMDGPU, CUDA, BPF, VE.
const DEVICES: [u64; 4] = [224, 190, 247, 251];

/// The most program headers; true files have a dozen.
const MOST_HEADERS: u64 = 512;

/// The size of a program header.
const HEADER: u64 = 56;

const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;

const NEEDED: u64 = 1;
const STRINGS: u64 = 5;
const STRINGS_SIZE: u64 = 10;
const SONAME: u64 = 14;
const RPATH: u64 = 15;
const RUNPATH: u64 = 29;

/// A part of the file that is loaded: its address, where it is in the file, its size there.
struct Segment {
    address: u64,
    offset: u64,
    size: u64,
}

pub(super) fn read(bytes: &Sparse) -> Result<Option<Linkage>, Lack> {
    let start = bytes.get(0, 20, "the ELF header")?;
    let is_64_bit_little_endian = start[4] == 2 && start[5] == 1;
    let both = |at: usize| if start[5] == 2 { number(&[start[at + 1], start[at]], 0, 2) } else { number(start, at, 2) };
    let (kind, machine) = (both(16), both(18));
    if !LOADED.contains(&kind) || DEVICES.contains(&machine) {
        return Ok(None);
    }
    let machine = match machine {
        62 if start[4] == 2 => Machine::X86_64,
        183 if is_64_bit_little_endian => Machine::Aarch64,
        other => Machine::Other(u16::try_from(other).unwrap_or(u16::MAX)),
    };
    let mut linkage = Linkage { format: Format::Elf, machine, soname: None, needed: Vec::new(), run_paths: Vec::new() };
    if !is_64_bit_little_endian {
        return Ok(Some(linkage));
    }
    let (loads, dynamic) = segments(bytes)?;
    let Some(dynamic) = dynamic else { return Ok(Some(linkage)) };
    limited("the size of its dynamic section", dynamic.size, TABLE)?;
    let table = bytes.get(dynamic.offset, dynamic.size, "the end of its dynamic section")?;
    let entries: Vec<(u64, u64)> =
        table.as_chunks::<16>().0.iter().map(|entry| (number(entry, 0, 8), number(entry, 8, 8))).collect();
    let entries = entries.split(|(tag, _)| *tag == 0).next().unwrap_or_default();
    let strings = Strings::of(entries, &loads)?;
    let needed = strings.starts(entries, NEEDED)?;
    limited("the number of libraries that it needs", needed.len() as u64, NAMES as u64)?;
    let named = [SONAME, RPATH, RUNPATH].map(|tag| strings.starts(entries, tag));
    let [soname, rpath, runpath] = named;
    // If there is a RUNPATH, the RPATH is not looked at; both are read, because another linker may.
    let (soname, paths) = (soname?, [rpath?, runpath?].concat());
    let all: Vec<u64> = needed.iter().chain(&soname).chain(&paths).copied().collect();
    limited("the number of names in its dynamic section", all.len() as u64, NAMES as u64 + 16)?;
    let mut texts = bytes.texts(&all, "a name in its dynamic section")?;
    let run_paths = texts.split_off(needed.len() + soname.len());
    linkage.soname = texts.split_off(needed.len()).pop();
    linkage.needed = texts;
    linkage.run_paths = run_paths.iter().flat_map(|paths| paths.split(':')).map(str::to_owned).collect();
    Ok(Some(linkage))
}

/// What is loaded, and the dynamic section.
fn segments(bytes: &Sparse) -> Result<(Vec<Segment>, Option<Segment>), Lack> {
    let header = bytes.get(0, 64, "the end of its header")?;
    let (offset, size, count) = (number(header, 32, 8), number(header, 54, 2), number(header, 56, 2));
    limited("the number of its program headers", count, MOST_HEADERS)?;
    if count > 0 && size != HEADER {
        return Err(LinkageError::Size { what: "a program header", size, expected: HEADER }.into());
    }
    let (mut loads, mut dynamic) = (Vec::new(), None);
    let table = bytes.get(offset, HEADER * count, "the end of its program headers")?;
    for entry in table.as_chunks::<{ HEADER as usize }>().0 {
        let segment = Segment { address: number(entry, 16, 8), offset: number(entry, 8, 8), size: number(entry, 32, 8) };
        match number(entry, 0, 4) {
            LOAD => loads.push(segment),
            DYNAMIC => dynamic = Some(segment),
            _ => {}
        }
    }
    Ok((loads, dynamic))
}

/// The table of names.
struct Strings {
    offset: u64,
    size: u64,
}

impl Strings {
    fn of(entries: &[(u64, u64)], loads: &[Segment]) -> Result<Self, Lack> {
        let value = |wanted| entries.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let (address, size) = (value(STRINGS).unwrap_or_default(), value(STRINGS_SIZE).unwrap_or_default());
        let has = |load: &&Segment| address >= load.address && address - load.address < load.size;
        let Some(load) = loads.iter().find(has) else {
            // Without names there is nothing to look up.
            return if size == 0 { Ok(Strings { offset: 0, size }) } else { Err(LinkageError::Address(NAMES_TABLE).into()) };
        };
        let offset = load.offset.checked_add(address - load.address).ok_or(LinkageError::Address(NAMES_TABLE))?;
        Ok(Strings { offset, size })
    }

    /// Where in the file the names of these entries begin.
    fn starts(&self, entries: &[(u64, u64)], wanted: u64) -> Result<Vec<u64>, Lack> {
        let values = entries.iter().filter(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let start = |value: u64| {
            let start = self.offset.checked_add(value).filter(|_| value < self.size);
            start.ok_or_else(|| LinkageError::Address("a name in its dynamic section").into())
        };
        values.map(start).collect()
    }
}

const NAMES_TABLE: &str = "the table of names";

fn limited(what: &'static str, number: u64, most: u64) -> Result<(), LinkageError> {
    if number > most { Err(LinkageError::TooMany { what, number, most }) } else { Ok(()) }
}
