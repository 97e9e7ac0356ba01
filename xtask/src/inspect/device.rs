//! Finds the device code in a file, of whatever kind the file is: what bundles, compressed bundles, code objects and kpack archives begin
//! with is looked for in all of its bytes. They are read once, from the first to the last, through a small window.

mod bundle;
mod elf;
mod held;
mod kpack;
mod window;
mod zstd;

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use bundle::{Compressed, Entry};
use window::{Needle, Sought, Window};

pub use held::{Held, of_file};

use crate::audit::device::{CodeObject, Fault, Form, Id, Target, Wrong};

/// What was found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Code for AMD GPUs, in the order of the file.
    pub objects: Vec<CodeObject>,
    /// What is device code and not as it should be, in the order in which it was noticed.
    pub faults: Vec<Fault>,
}

/// No more code objects of one wheel are kept. torch's largest library has some tens of thousands.
const MOST_OBJECTS: usize = 1 << 18;

/// No more faults of one file are kept: who reads the first hundred knows enough.
const MOST_FAULTS: usize = 100;

/// No more entries of bundles can be ahead at a time.
const MOST_AHEAD: usize = 1 << 14;

/// How much work one wheel may be. A place where something could begin is one, and each block of a frame that is walked over.
const MOST_WORK: u64 = 1 << 24;

/// What it is to read a list of entries, or to unpack the beginning of a frame, in the same unit.
const COSTLY: u64 = 128;

/// What was spent on the files of a wheel so far. Its limits are those of the wheel, so that it gains nothing by having many files.
#[derive(Debug, Default)]
pub struct Spent {
    work: u64,
    objects: usize,
}

/// Reads a file to its end and tells the device code in it. Memory and time are bounded for all files of a wheel together, whatever they claim.
///
/// # Errors
/// Only if reading fails: everything that is wrong with the device code is a fault.
pub fn scan(reader: &mut dyn BufRead, spent: &mut Spent) -> io::Result<Scanned> {
    let mut scan = Scan {
        window: Window::new(reader),
        found: Scanned::default(),
        ahead: BTreeMap::new(),
        count_ahead: 0,
        table: None,
        spent,
        bare: Form::Embedded,
    };
    if scan.window.ahead(kpack::MAGIC.len())? == kpack::MAGIC {
        scan.kpack()?;
    }
    let mut needles = [Needle::new(bundle::MAGIC), Needle::new(bundle::COMPRESSED), Needle::new(elf::MAGIC)];
    while !scan.is_too_much() {
        let until = scan.ahead.first_key_value().map(|(at, _)| *at);
        match scan.window.seek(&mut needles, until)? {
            Sought::Needle(0) => scan.bundle()?,
            Sought::Needle(1) => scan.compressed_bundle()?,
            Sought::Needle(_) => scan.code_object()?,
            Sought::Place => scan.entry()?,
            Sought::End => break,
        }
    }
    // Whoever hashes the file on the way sees all of it.
    scan.window.skip(u64::MAX)?;
    Ok(scan.finish())
}

/// A scan under way.
struct Scan<'a> {
    window: Window<'a>,
    found: Scanned,
    /// The entries of uncompressed bundles that are still ahead, by the places where they begin.
    ahead: BTreeMap<u64, Vec<Expected>>,
    count_ahead: usize,
    /// Where the table of a kpack archive begins.
    table: Option<u64>,
    spent: &'a mut Spent,
    /// What a code object is that no bundle announced.
    bare: Form,
}

/// An entry of an uncompressed bundle.
struct Expected {
    id: String,
    target: Target,
    size: u64,
}

impl Scan<'_> {
    fn fault(&mut self, offset: u64, wrong: Wrong) {
        if self.found.faults.len() < MOST_FAULTS {
            self.found.faults.push(Fault { offset, wrong });
        }
    }

    fn object(&mut self, target: Target, form: Form, size: u64, offset: u64) {
        self.spent.objects += 1;
        self.found.objects.push(CodeObject { target, form, size, offset });
    }

    fn is_too_much(&mut self) -> bool {
        let is = self.spent.work > MOST_WORK || self.spent.objects > MOST_OBJECTS || self.count_ahead > MOST_AHEAD;
        if is && self.found.faults.last().is_none_or(|last| last.wrong != Wrong::TooMuch) {
            // It is told even if there is no place for more.
            self.found.faults.truncate(MOST_FAULTS - 1);
            self.fault(self.window.position(), Wrong::TooMuch);
        }
        is
    }

    /// The magic of an uncompressed bundle is here.
    fn bundle(&mut self) -> io::Result<()> {
        let at = self.window.position();
        let listed = bundle::entries(self.window.ahead(bundle::LONGEST_LIST)?);
        self.spent.work += COSTLY;
        self.window.skip(bundle::MAGIC.len() as u64)?;
        let Some((entries, end)) = listed else { return Ok(()) };
        for entry in entries {
            let Some((target, entry)) = self.ours(at, entry) else { continue };
            self.spent.work += 1;
            if entry.offset < end {
                self.fault(at, Wrong::Overlaps(entry.id));
                continue;
            }
            let begin = at.saturating_add(entry.offset);
            self.ahead.entry(begin).or_default().push(Expected { id: entry.id, target, size: entry.size });
            self.count_ahead += 1;
        }
        Ok(())
    }

    /// The entry's target if it is code for an AMD GPU and has content.
    fn ours(&mut self, bundle: u64, entry: Entry) -> Option<(Target, Entry)> {
        match entry.kind.clone() {
            Id::Host | Id::Foreign => {}
            Id::Nameless => self.fault(bundle, Wrong::NoTarget(entry.id)),
            Id::Amd(_) if entry.size == 0 => self.fault(bundle, Wrong::Empty(entry.id)),
            Id::Amd(target) => return Some((target, entry)),
        }
        None
    }

    /// Entries that a bundle announced begin here.
    fn entry(&mut self) -> io::Result<()> {
        let at = self.window.position();
        let Some((begin, entries)) = self.ahead.pop_first() else { return Ok(()) };
        self.count_ahead -= entries.len();
        let mut is_elf = false;
        for Expected { id, target, size } in entries {
            self.spent.work += 1;
            let seen = if begin == at { self.window.ahead(elf::HEADER)? } else { &[] };
            is_elf |= elf::read(seen).is_some();
            match content(&id, &target, size, seen) {
                Ok(Content::Intermediate) => continue,
                Ok(Content::Code) => {}
                Err(wrong) => self.fault(begin, wrong),
            }
            self.object(target, Form::Bundle, size, begin);
        }
        // It is no code object without a bundle.
        self.window.skip(u64::from(is_elf))?;
        Ok(())
    }

    /// The magic of an ELF file is here.
    fn code_object(&mut self) -> io::Result<()> {
        let at = self.window.position();
        let code = elf::read(self.window.ahead(elf::HEADER)?);
        self.spent.work += 1;
        self.window.skip(1)?;
        match code.map(|code| (code.target(), code.size)) {
            None => {}
            Some((_, None)) => self.fault(at, Wrong::Elf),
            Some((Err(wrong), _)) => self.fault(at, wrong),
            Some((Ok(target), Some(size))) => self.object(target, self.bare, size, at),
        }
        Ok(())
    }

    /// The magic of a compressed bundle is here.
    fn compressed_bundle(&mut self) -> io::Result<()> {
        let at = self.window.position();
        self.spent.work += 1;
        match bundle::compressed(self.window.ahead(bundle::COMPRESSED_AHEAD)?) {
            None => self.window.skip(bundle::COMPRESSED.len() as u64)?,
            Some(Err(wrong)) => {
                self.fault(at, wrong);
                self.window.skip(bundle::COMPRESSED.len() as u64)?
            }
            Some(Ok(header)) => {
                self.window.skip(header.header)?;
                self.frame_of_bundle(at, &header)?;
                0
            }
        };
        Ok(())
    }

    fn frame_of_bundle(&mut self, at: u64, header: &Compressed) -> io::Result<()> {
        const WHAT: &str = "a compressed bundle";
        self.spent.work += COSTLY;
        let limit = header.size.map_or(u64::MAX, |size| size.saturating_sub(header.header));
        let frame = match zstd::walk(&mut self.window, limit, &mut self.spent.work)? {
            Ok(frame) => frame,
            Err(why) => {
                self.fault(at, Wrong::Packed { what: WHAT, why });
                return Ok(());
            }
        };
        if header.size.is_some() && frame.size != limit {
            self.fault(at, Wrong::Packed { what: WHAT, why: "it is shorter than its header says" });
        }
        if frame.content.is_some_and(|content| content != header.unpacked) {
            self.fault(at, Wrong::Packed { what: WHAT, why: "its header and its frame disagree about its size" });
        }
        let Some((entries, end)) = bundle::entries(&frame.beginning) else {
            self.fault(at, Wrong::NoList);
            return Ok(());
        };
        for entry in entries {
            let Some((target, entry)) = self.ours(at, entry) else { continue };
            if entry.offset < end {
                self.fault(at, Wrong::Overlaps(entry.id));
            } else if entry.offset.checked_add(entry.size).is_none_or(|end| end > header.unpacked) {
                self.fault(at, Wrong::Outside { id: entry.id, size: header.unpacked });
            } else {
                let begin = usize::try_from(entry.offset).unwrap_or(usize::MAX).min(frame.beginning.len());
                let seen = &frame.beginning[begin..];
                // What was not unpacked is believed.
                let is_seen = seen.len() >= elf::HEADER;
                match is_seen.then(|| content(&entry.id, &target, entry.size, seen)) {
                    Some(Ok(Content::Intermediate)) => continue,
                    Some(Err(wrong)) => self.fault(at, wrong),
                    Some(Ok(Content::Code)) | None => {}
                }
                self.object(target, header.form, entry.size, at);
            }
        }
        Ok(())
    }

    /// The file has been read to its end: what goes beyond it is cut off.
    fn finish(mut self) -> Scanned {
        let file = self.window.position();
        for (begin, entries) in std::mem::take(&mut self.ahead) {
            for Expected { id, target, size } in entries {
                if begin < file {
                    self.fault(begin, Wrong::NoCode(id));
                }
                self.object(target, Form::Bundle, size, begin);
            }
        }
        if self.table.is_some_and(|table| table >= file) {
            self.fault(0, Wrong::Packed { what: kpack::ARCHIVE, why: "its end is missing" });
        }
        let mut objects = std::mem::take(&mut self.found.objects);
        for object in &mut objects {
            let what = match object.form {
                Form::Bundle => "a bundle's entry",
                Form::Embedded | Form::CodeObject => "a code object",
                _ => continue,
            };
            if object.offset.checked_add(object.size).is_none_or(|end| end > file) {
                self.fault(object.offset, Wrong::Beyond { what, size: object.size, file });
            }
            if object.form == Form::Embedded && object.offset == 0 {
                object.form = Form::CodeObject;
            }
        }
        objects.sort_by_key(|object| object.offset);
        self.found.objects = objects;
        self.found
    }
}

/// What a bundle's entry holds.
enum Content {
    /// What a GPU can run, or HIP can compile when it is loaded.
    Code,
    /// What must be linked before: it is device code in objects, and in a library none.
    Intermediate,
}

/// What an entry of this id holds. Of its content the first bytes are needed.
fn content(id: &str, target: &Target, size: u64, content: &[u8]) -> Result<Content, Wrong> {
    const BITCODE: &[u8] = b"BC\xc0\xde";
    const SPIRV: &[u8] = &[0x03, 0x02, 0x23, 0x07];
    let id = id.to_owned();
    if content.starts_with(BITCODE) {
        return Ok(Content::Intermediate);
    }
    if target.is_spirv() {
        return if content.starts_with(SPIRV) { Ok(Content::Code) } else { Err(Wrong::NoCode(id)) };
    }
    let Some(code) = elf::read(content) else { return Err(Wrong::NoCode(id)) };
    match (code.target(), code.size) {
        (Ok(found), _) if !target.admits(&found, code.abi) => Err(Wrong::Disagrees { id, found: found.to_string() }),
        (_, None) => Err(Wrong::Elf),
        (_, Some(code)) if code > size => Err(Wrong::Cut { id, size, code }),
        // A machine that is not in our table may be what the id says.
        _ => Ok(Content::Code),
    }
}
