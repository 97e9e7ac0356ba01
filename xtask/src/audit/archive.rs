//! What a wheel's archive lists, and what is wrong with that list; nothing is unpacked for it.

use std::collections::{BTreeSet, HashMap};

use super::{Code, Finding};

/// No wheel unpacks to more bytes. torch for all targets has some 10 GiB.
pub const MOST_BYTES: u64 = 64 << 30;

/// No wheel of more than [`MODEST`] bytes unpacks to so many times its own size. Device code that is stored several times over has a ratio of some 10.
pub const MOST_RATIO: u64 = 100;

/// What may unpack to any ratio: a disk has room for it.
const MODEST: u64 = 1 << 30;

/// Whether an archive is unpacked that would fill the disk of whoever unpacks it. What is unpacked here is thrown away, but it takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bombs {
    /// It is not.
    Refuse,
    /// It is: somebody says that the archive is no bomb.
    Unpack,
}

/// A member as the list at the archive's end has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, in the bytes that are there.
    pub name: Vec<u8>,
    /// Whether all who unpack it read that name.
    pub spelling: Spelling,
    /// What it is.
    pub kind: Kind,
    /// How it is packed.
    pub packing: Packing,
    /// The checksum of its content.
    pub crc: u32,
    /// The bytes that it takes in the archive.
    pub packed: u64,
    /// The bytes of its content.
    pub size: u64,
    /// Where its header begins, in bytes from the beginning of the file.
    pub offset: u64,
    /// Whether checksum and sizes stand behind the content and not in the header.
    pub is_described_behind: bool,
}

impl Entry {
    /// Its name as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }
}

/// Whether a member's name is the same for all who read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// It is ASCII, or marked as UTF-8.
    Plain,
    /// It is neither, so that most read it as code page 437.
    Unmarked,
    /// An extra field has another one, which some programs prefer.
    Elsewhere,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder, which has no content.
    Folder,
    /// A symbolic link, which no wheel may have.
    Link,
    /// A pipe, socket or device, which no wheel may have.
    Special,
}

/// How a member is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Stored,
    /// As nearly everything is.
    Deflated,
    /// With a password.
    Encrypted,
    /// By the method of this number.
    Other(u16),
}

/// What is wrong with the list of an archive of so many bytes.
pub fn faults(entries: &[Entry], file: u64) -> Vec<Finding> {
    let mut findings: Vec<Finding> = entries.iter().flat_map(entry).collect();
    findings.extend(twice(entries));
    findings.extend(bomb(entries, file));
    findings
}

fn entry(entry: &Entry) -> Vec<Finding> {
    let name = entry.text();
    let mut findings = Vec::new();
    let spelling = match entry.spelling {
        Spelling::Plain => None,
        Spelling::Unmarked => Some("is not marked as UTF-8"),
        Spelling::Elsewhere => Some("stands in an extra field once more"),
    };
    if let Some(fault) = name_fault(&entry.name).or(spelling) {
        findings.push(Finding::of_member(Code::ArchiveName, &name, format!("its name {fault}")));
    }
    let kind = match (entry.kind, entry.packing) {
        (Kind::Link, _) => Some("it is a symbolic link".to_owned()),
        (Kind::Special, _) => Some("it is a pipe, socket or device".to_owned()),
        (Kind::Folder, _) if entry.size > 0 => Some("it is a folder, and has content".to_owned()),
        (_, Packing::Encrypted) => Some("it is encrypted".to_owned()),
        (_, Packing::Other(method)) => {
            Some(format!("it is packed by method {method}, and wheels have only `store` (0) and `deflate` (8)"))
        }
        _ => None,
    };
    findings.extend(kind.map(|text| Finding::of_member(Code::ArchiveKind, &name, text)));
    findings
}

/// What is wrong with a member's name, as the rest of a sentence.
fn name_fault(name: &[u8]) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(name) else { return Some("is not UTF-8") };
    let parts: Vec<&str> = text.strip_suffix('/').unwrap_or(text).split('/').collect();
    let is_odd =
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().any(is_odd) {
        Some("has a control character")
    } else if text.starts_with('/') {
        Some("is an absolute path")
    } else if text.contains('\\') {
        Some("has a backslash")
    } else if text.contains(':') {
        Some("has a colon, as drives and streams of Windows have")
    } else if parts.contains(&"..") {
        Some("leads out of its folder")
    } else if parts.iter().any(|part| part.is_empty() || *part == ".") {
        Some("has an empty part")
    } else if text.len() > 1024 {
        Some("is longer than paths may be")
    } else {
        None
    }
}

/// Members that share a name, or names that Windows and macOS take for one.
fn twice(entries: &[Entry]) -> Vec<Finding> {
    let key = |name: &str| name.trim_end_matches('/').to_lowercase();
    let mut seen: HashMap<String, &Entry> = HashMap::new();
    let all: BTreeSet<String> = entries.iter().map(|entry| key(&entry.text())).collect();
    let mut findings = Vec::new();
    for entry in entries {
        let name = entry.text();
        let folded = key(&name);
        let folder = format!("{folded}/");
        let inside = all.range(folder.clone()..).next().filter(|other| entry.kind != Kind::Folder && other.starts_with(&folder));
        if let Some(other) = inside {
            let text = format!("it is a folder, too: `{}` is in it", manifest::shown(other));
            findings.push(Finding::of_member(Code::ArchiveTwice, &name, text));
        }
        match seen.insert(folded, entry) {
            Some(other) if other.name == entry.name => {
                findings.push(Finding::of_member(Code::ArchiveTwice, &name, "it is there twice"));
            }
            Some(other) => {
                let text = format!("it is the same file as `{}` where case does not count", manifest::shown(&other.text()));
                findings.push(Finding::of_member(Code::ArchiveTwice, &name, text));
            }
            None => {}
        }
    }
    findings
}

fn bomb(entries: &[Entry], file: u64) -> Option<Finding> {
    let total = entries.iter().fold(0, |total: u64, entry| total.saturating_add(entry.size));
    let text = if total > MOST_BYTES {
        format!("it unpacks to {}, and no wheel has more than {}", manifest::size(total), manifest::size(MOST_BYTES))
    } else if total > MODEST && total / MOST_RATIO > file {
        format!("it unpacks to {}, more than {MOST_RATIO} times its size", manifest::size(total))
    } else {
        return None;
    };
    Some(Finding::new(Code::ArchiveBomb, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry_of(name: &[u8], size: u64) -> Entry {
        Entry {
            name: name.to_vec(),
            spelling: Spelling::Plain,
            kind: Kind::File,
            packing: Packing::Deflated,
            crc: 0,
            packed: 1,
            size,
            offset: 0,
            is_described_behind: false,
        }
    }

    #[test]
    fn names() {
        for (name, fault) in [
            (&b"torch/lib/libtorch_hip.so"[..], None),
            ("torch/f\u{fc}nf.py".as_bytes(), None),
            (b"torch/", None),
            (b"", Some("has an empty part")),
            (b"/etc/passwd", Some("is an absolute path")),
            (b"torch/../../x", Some("leads out of its folder")),
            (b"torch//x", Some("has an empty part")),
            (b"./torch", Some("has an empty part")),
            (b"torch\\x", Some("has a backslash")),
            (b"C:/x", Some("has a colon, as drives and streams of Windows have")),
            (b"x\x1b[2J", Some("has a control character")),
            ("x\u{202e}y".as_bytes(), Some("has a control character")),
            (b"x\xff", Some("is not UTF-8")),
            (&[b'a'; 1025], Some("is longer than paths may be")),
        ] {
            assert_eq!(name_fault(name), fault, "{}", String::from_utf8_lossy(name));
        }
    }

    #[test]
    fn what_would_fill_a_disk() {
        for (sizes, file, code) in [
            (&[MODEST][..], 1, None),
            (&[MODEST + 1], 1, Some(Code::ArchiveBomb)),
            (&[10 << 30], 200 << 20, None),
            (&[40 << 30, 40 << 30], 10 << 30, Some(Code::ArchiveBomb)),
            (&[u64::MAX, u64::MAX], 10 << 30, Some(Code::ArchiveBomb)),
        ] {
            let entries: Vec<Entry> = sizes.iter().map(|size| entry_of(b"x", *size)).collect();
            assert_eq!(bomb(&entries, file).map(|finding| finding.code), code, "{sizes:?}");
        }
    }
}
