//! Windows' libraries: the section headers lead to the tables of imports, those to the names of DLLs.
//! Source: <https://learn.microsoft.com/en-us/windows/win32/debug/pe-format>

use super::sparse::{Sparse, number};
use super::{Lack, LinkageError, NAMES};
use crate::audit::linkage::{Format, Linkage, Machine};

/// Where the header may begin at the latest; before it is a program for DOS that nobody needs to be long.
const MOST_DOS: u64 = 1 << 20;

/// The most sections; true files have a dozen.
const MOST_SECTIONS: u64 = 1024;

/// The directories of imports that are loaded at once and on demand: their number, the size of an entry, where in it the name's address is.
const IMPORTS: [(u64, u64, usize); 2] = [(1, 20, 12), (13, 32, 4)];

/// A part of the file that is loaded: its address, its size, where it is in the file.
struct Section {
    address: u64,
    size: u64,
    offset: u64,
}

pub(super) fn read(bytes: &Sparse) -> Result<Option<Linkage>, Lack> {
    let Some((header, optional_size)) = header(bytes)? else { return Ok(None) };
    let (machine, count) = (number(header.bytes, 4, 2), number(header.bytes, 6, 2));
    let machine = match machine {
        0x8664 => Machine::X86_64,
        0xaa64 => Machine::Aarch64,
        other => Machine::Other(u16::try_from(other).unwrap_or(u16::MAX)),
    };
    if count > MOST_SECTIONS {
        return Err(LinkageError::TooMany { what: "the number of its sections", number: count, most: MOST_SECTIONS }.into());
    }
    let optional = bytes.get(header.start + 24, optional_size, "the end of its header")?;
    let directories = match number(optional, 0, 2) {
        0x10b => 96,
        0x20b => 112,
        _ => return Ok(None),
    };
    let sections = sections(bytes, header.start + 24 + optional_size, count)?;
    let mut needed = Vec::new();
    let mut wants = Vec::new();
    for (index, size, name) in IMPORTS {
        let there = index < number(optional, directories - 4, 4);
        let address = if there { number(optional, directories + 8 * index as usize, 4) } else { 0 };
        if address == 0 {
            continue;
        }
        match names(bytes, &sections, address, (size, name)) {
            Ok(names) => needed.extend(names),
            Err(Lack::Bytes(more)) => wants.extend(more),
            Err(fault) => return Err(fault),
        }
    }
    if !wants.is_empty() {
        return Err(Lack::Bytes(wants));
    }
    Ok(Some(Linkage { format: Format::Pe, machine, soname: None, needed, run_paths: Vec::new() }))
}

/// The header's first 24 bytes.
struct Header<'a> {
    start: u64,
    bytes: &'a [u8],
}

/// Two letters do not make a program: a text may begin with them, too.
fn header(bytes: &Sparse) -> Result<Option<(Header<'_>, u64)>, Lack> {
    let none_if_truncated = |found| match found {
        Err(Lack::Fault(LinkageError::Truncated(_))) => Ok(None),
        Ok(bytes) => Ok(Some(bytes)),
        Err(lack) => Err(lack),
    };
    let Some(dos) = none_if_truncated(bytes.get(0, 64, "its header"))? else { return Ok(None) };
    let start = number(dos, 0x3c, 4);
    if start > MOST_DOS {
        return Ok(None);
    }
    let Some(header) = none_if_truncated(bytes.get(start, 24, "its header"))? else { return Ok(None) };
    Ok(header.starts_with(b"PE\0\0").then(|| (Header { start, bytes: header }, number(header, 20, 2))))
}

fn sections(bytes: &Sparse, start: u64, count: u64) -> Result<Vec<Section>, Lack> {
    let table = bytes.get(start, count * 40, "the end of its section headers")?;
    let section = |entry: &[u8; 40]| Section {
        address: number(entry, 12, 4),
        // What is in memory only has no bytes to be read.
        size: number(entry, 16, 4),
        offset: number(entry, 20, 4),
    };
    Ok(table.as_chunks::<40>().0.iter().map(section).collect())
}

fn place(sections: &[Section], address: u64, what: &'static str) -> Result<(u64, u64), LinkageError> {
    let has = |section: &&Section| address >= section.address && address - section.address < section.size;
    let section = sections.iter().find(has).ok_or(LinkageError::Address(what))?;
    let within = address - section.address;
    Ok((section.offset + within, section.size - within))
}

/// The names in a table of imports, which an empty entry ends.
fn names(bytes: &Sparse, sections: &[Section], address: u64, (size, name): (u64, usize)) -> Result<Vec<String>, Lack> {
    let (start, room) = place(sections, address, "its table of imports")?;
    let most = (NAMES as u64 + 1) * size;
    let table = bytes.up_to(start, most.min(room), "the end of its table of imports")?;
    let mut starts = Vec::new();
    let mut ended = false;
    for entry in table.chunks_exact(size as usize) {
        let address = number(entry, name, 4);
        if address == 0 {
            ended = true;
            break;
        }
        starts.push(place(sections, address, "the name of a library")?.0);
    }
    match ended {
        true => bytes.texts(&starts, "the name of a library"),
        false if room < most => Err(LinkageError::Truncated("the end of its table of imports").into()),
        false => {
            let (what, most) = ("the number of libraries that it needs", NAMES as u64);
            Err(LinkageError::TooMany { what, number: most + 1, most }.into())
        }
    }
}
