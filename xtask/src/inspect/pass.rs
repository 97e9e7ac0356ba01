//! The one pass over a wheel: its list first, then every byte from the first to the last, through a window. Each member is unpacked as it
//! goes by, and what it holds is hashed, searched for device code and thrown away.

mod again;
mod end;
mod list;
mod member;
mod source;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use manifest::{FolderFile, shown};

use self::again::Packed;
use self::list::Listed;
use self::member::Unpacking;
use self::source::Source;
use super::device::{self, Spent};
use super::linkage::{Capture, Learned, Learner};
use crate::audit::archive::{self, Bombs, Entry, Kind, Packing};
use crate::audit::wheel::{Hash, Member, MemberCode, Wheel, kept, may_hold_code};
use crate::audit::{Code, Finding};

/// The fixed part of the header before a member, and what it begins with.
const HEADER: usize = 30;
/// The most bytes of names of libraries; torch's have some 20 thousand.
const MOST_LINKED: usize = 16 << 20;

const HEADER_MAGIC: [u8; 4] = *b"PK\x03\x04";

/// Reads a wheel, which the folder's owner calls by this path.
///
/// # Errors
/// Only if the file cannot be read: all else is a fault of the wheel.
pub(super) fn read(file: File, path: &str, bombs: Bombs) -> io::Result<Wheel> {
    let length = file.metadata()?.len();
    let (listed, file) = list::list(file)?;
    let mut pass =
        Pass { source: Source::new(file)?, listed, wheel: empty(path), quiet: false, names: 0, spent: Spent::default() };
    pass.wheel.faults.append(&mut pass.listed.faults);
    pass.wheel.faults.extend(archive::faults(&pass.listed.entries, length));
    // What cannot be unpacked safely is hashed all the same: a manifest may want to know which file it was.
    let is_bomb = pass.wheel.faults.iter().any(|fault| fault.code == Code::ArchiveBomb);
    if !is_bomb || bombs == Bombs::Unpack {
        pass.members()?;
    }
    pass.source.skip_to(u64::MAX)?;
    let Pass { source, mut wheel, .. } = pass;
    let stored = source.stored();
    (wheel.file.size_bytes, wheel.file.sha256) = (stored.size, stored.sha256);
    for fault in &mut wheel.faults {
        fault.wheel = Some(path.to_owned());
    }
    Ok(wheel)
}

fn empty(path: &str) -> Wheel {
    let file = FolderFile { path: path.to_owned(), size_bytes: 0, sha256: crate::file::stored(b"").sha256 };
    Wheel { file, members: Vec::new(), texts: BTreeMap::new(), code: Vec::new(), libraries: Vec::new(), faults: Vec::new() }
}

struct Pass {
    source: Source,
    listed: Listed,
    wheel: Wheel,
    /// Whether the order of the members is lost, so that what stands between them says nothing any more.
    quiet: bool,
    /// How many bytes are kept of what libraries link to.
    names: usize,
    /// What it cost to look for device code.
    spent: Spent,
}

impl Pass {
    fn fault(&mut self, text: String) {
        if !self.quiet {
            self.wheel.faults.push(Finding::new(Code::Archive, text));
        }
    }

    fn content_fault(&mut self, entry: &Entry, text: String) {
        self.wheel.faults.push(Finding::of_member(Code::ArchiveContent, &entry.text(), text));
    }

    /// All members, in the order in which they are stored.
    fn members(&mut self) -> io::Result<()> {
        let mut entries = std::mem::take(&mut self.listed.entries);
        entries.sort_by_key(|entry| entry.offset);
        for entry in &entries {
            let name = shown(&entry.text());
            if entry.offset < self.source.position() {
                self.fault(format!("`{name}` begins before the member in front of it ends"));
                self.quiet = true;
                continue;
            }
            self.gap(entry.offset, &format!("before `{name}`"))?;
            if !self.member(entry)? {
                self.quiet = true;
            }
        }
        let Some(directory) = self.listed.directory else { return Ok(()) };
        if self.source.position() > directory {
            self.fault("its last member goes on beyond the beginning of its list".to_owned());
            return Ok(());
        }
        self.gap(directory, "before its list")
    }

    /// Reads on to where the next part should begin; bytes in between belong to nothing.
    fn gap(&mut self, to: u64, place: &str) -> io::Result<()> {
        let from = self.source.position();
        if to > from {
            self.source.skip_to(to)?;
            self.fault(format!("{} bytes {place}, from byte {from} on, belong to no member", to - from));
        }
        Ok(())
    }

    /// A member: its header, content, and what stands behind that. False if nobody knows where it ends.
    fn member(&mut self, entry: &Entry) -> io::Result<bool> {
        if let Err(text) = self.header(entry)? {
            self.wheel.faults.push(Finding::of_member(Code::Archive, &entry.text(), text));
            return Ok(false);
        }
        let deflated = match entry.packing {
            Packing::Stored => false,
            Packing::Deflated => true,
            // That is a fault already.
            Packing::Encrypted | Packing::Other(_) => {
                self.wheel.members.push(Member { name: entry.text(), size: entry.size, hash: None });
                self.source.skip_to(self.source.position().saturating_add(entry.packed))?;
                return Ok(!entry.is_described_behind);
            }
        };
        self.content(entry, deflated)?;
        Ok(!entry.is_described_behind || self.described(entry)?)
    }

    fn content(&mut self, entry: &Entry, deflated: bool) -> io::Result<()> {
        let name = entry.text();
        let function = self.listed.functions.get(&name).copied().unwrap_or_default();
        let begin = self.source.position();
        let unpacking = Unpacking::new(&mut self.source, entry, deflated, function, kept(&name));
        let mut capture = Capture::new(unpacking);
        let scanned = match entry.kind == Kind::File && may_hold_code(&name) {
            true => device::scan(&mut capture, &mut self.spent)?,
            false => device::Scanned::default(),
        };
        capture.drain()?;
        let (unpacking, learner) = capture.into_parts();
        let unpacked = unpacking.finish()?;
        if unpacked.fault.is_none() && entry.kind == Kind::File {
            self.linkage(&name, learner, Packed { begin, size: entry.packed, deflated })?;
        }
        if !scanned.objects.is_empty() || !scanned.faults.is_empty() {
            self.wheel.code.push(MemberCode { member: name.clone(), objects: scanned.objects, faults: scanned.faults });
        }
        if let Some(text) = &unpacked.fault {
            self.content_fault(entry, text.clone());
        }
        if entry.kind == Kind::Folder {
            return Ok(());
        }
        if let Some(kept) = unpacked.kept {
            match String::from_utf8(kept) {
                Ok(text) => drop(self.wheel.texts.insert(name.clone(), text)),
                Err(_) => self.content_fault(entry, "it is not UTF-8".to_owned()),
            }
        }
        let hash = unpacked.hash.filter(|_| unpacked.fault.is_none()).map(|bytes| Hash { function, bytes });
        self.wheel.members.push(Member { name, size: unpacked.size, hash });
        Ok(())
    }

    /// What a member links to; where its names had passed before it was known that they are names, it is unpacked again.
    fn linkage(&mut self, name: &str, learner: Learner, packed: Packed) -> io::Result<()> {
        let mut learned = learner.end();
        while let Ok(Learned::Again(again)) = learned {
            learned = self.source.aside(|file| again.look(&mut *again::reader(file, packed)?))?;
        }
        match learned {
            Ok(Learned::Linkage(linkage)) if self.names + linkage.names() > MOST_LINKED => {
                let text = format!("the wheel's libraries name more others than {MOST_LINKED} bytes can hold");
                self.wheel.faults.push(Finding::of_member(Code::Linkage, name, text));
            }
            Ok(Learned::Linkage(linkage)) => {
                self.names += linkage.names();
                self.wheel.libraries.push((name.to_owned(), *linkage));
            }
            Ok(_) => {}
            Err(error) => {
                let text = format!("what it links to cannot be read: {error}");
                self.wheel.faults.push(Finding::of_member(Code::Linkage, name, text));
            }
        }
        Ok(())
    }

    /// The header before a member, which must say what the list says.
    fn header(&mut self, entry: &Entry) -> io::Result<Result<(), String>> {
        let fixed = self.source.take(HEADER)?;
        if fixed.len() < HEADER || fixed[..4] != HEADER_MAGIC {
            return Ok(Err("there is no header where the list says that it begins".to_owned()));
        }
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let name = self.source.take(short(26).into())?;
        let extra = self.source.take(short(28).into())?;
        if name != entry.name {
            let text = format!("its header has another name, `{}`", shown(&String::from_utf8_lossy(&name)));
            return Ok(Err(text));
        }
        let method = match entry.packing {
            Packing::Stored => Some(0),
            Packing::Deflated => Some(8),
            Packing::Encrypted => None,
            Packing::Other(method) => Some(method),
        };
        if method.is_some_and(|method| method != short(8)) || (short(6) & 8 != 0) != entry.is_described_behind {
            return Ok(Err("its header says that it is packed otherwise than the list says".to_owned()));
        }
        let sizes = wide(&extra, [long(22), long(18)]);
        let is_same = sizes == Some([entry.size, entry.packed]) && long(14) == entry.crc;
        // Whoever writes these behind the content leaves them out, or is not believed here.
        Ok(if is_same || entry.is_described_behind {
            Ok(())
        } else {
            Err("its header has another size or checksum than the list".to_owned())
        })
    }

    /// Checksum and sizes behind the content, whose form nobody says: with a magic or without, in four bytes each or eight.
    fn described(&mut self, entry: &Entry) -> io::Result<bool> {
        let next = self.listed.next(entry.offset);
        let length = next.saturating_sub(self.source.position());
        let text = "what stands behind its content is not its size and checksum".to_owned();
        if !matches!(length, 12 | 16 | 20 | 24) {
            self.wheel.faults.push(Finding::of_member(Code::Archive, &entry.text(), text));
            return Ok(false);
        }
        let bytes = self.source.take(length as usize)?;
        let narrow = |value: u64| (value as u32).to_le_bytes().to_vec();
        let wide = |value: u64| value.to_le_bytes().to_vec();
        let size = |form: &dyn Fn(u64) -> Vec<u8>| [narrow(entry.crc.into()), form(entry.packed), form(entry.size)].concat();
        let expected = [size(&narrow), size(&wide)];
        let is_same = expected.iter().any(|form| bytes == *form || bytes.strip_prefix(b"PK\x07\x08") == Some(form));
        if !is_same {
            self.wheel.faults.push(Finding::of_member(Code::Archive, &entry.text(), text));
        }
        Ok(is_same)
    }
}

/// Content size and packed size of a header: where the short fields are full, they stand in the extra field for large files.
fn wide(extra: &[u8], sizes: [u32; 2]) -> Option<[u64; 2]> {
    let mut rest = extra;
    let mut large: &[u8] = &[];
    while let [a, b, c, d, tail @ ..] = rest {
        let (id, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let (field, after) = tail.split_at_checked(length)?;
        if id == 1 {
            large = field;
        }
        rest = after;
    }
    let mut size = |short: u32| {
        if short != u32::MAX {
            return Some(u64::from(short));
        }
        let (value, after) = large.split_first_chunk::<8>()?;
        large = after;
        Some(u64::from_le_bytes(*value))
    };
    Some([size(sizes[0])?, size(sizes[1])?])
}
