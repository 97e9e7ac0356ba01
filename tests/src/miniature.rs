//! Miniature wheels that are good in every way, to be broken in exactly one.

use sha2::{Digest, Sha256};

/// A wheel that is being made. Its `RECORD` is written when it is packed, unless somebody has set one.
#[derive(Clone, Debug)]
pub struct Miniature {
    /// Its file name.
    pub file: String,
    /// Its members but `RECORD`, in the order in which they are packed.
    pub members: Vec<(String, Vec<u8>)>,
    record: Option<String>,
}

/// Which of a member's two headers is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The one in front of its content.
    Local,
    /// The one in the list at the archive's end.
    Listed,
    /// Both.
    Both,
}

/// A field of both headers: where it is in the local one, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(usize);

/// The fields that cases change.
impl Field {
    /// Bit 0: encrypted; bit 3: sizes stand behind the content.
    pub const FLAGS: Field = Field(6);
    /// 0 is stored, 8 deflated.
    pub const METHOD: Field = Field(8);
    /// The checksum.
    pub const CRC: Field = Field(14);
    /// The packed size, and four bytes on the content's.
    pub const SIZES: Field = Field(18);
    /// The name itself.
    pub const NAME: Field = Field(30);
}

impl Miniature {
    /// A wheel of this name with these files, and with lines more in its `METADATA`.
    pub fn new(file: &str, files: &[(&str, &[u8])], metadata: &[&str]) -> Self {
        let mut fields = file.trim_end_matches(".whl").split('-');
        let (name, version) = (fields.next().unwrap(), fields.next().unwrap());
        let tags = fields.collect::<Vec<_>>().join("-");
        let mut members: Vec<(String, Vec<u8>)> =
            files.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect();
        let lines: String = metadata.iter().map(|line| format!("{line}\n")).collect();
        let text =
            format!("Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nRequires-Python: >=3.10\n{lines}\nA miniature.\n");
        members.push((format!("{name}-{version}.dist-info/METADATA"), text.into()));
        let text = format!("Wheel-Version: 1.0\nGenerator: miniature\nRoot-Is-Purelib: false\nTag: {tags}\n");
        members.push((format!("{name}-{version}.dist-info/WHEEL"), text.into()));
        Miniature { file: file.to_owned(), members, record: None }
    }

    /// The name of its file of this name in the folder of metadata.
    pub fn dist_info(&self, name: &str) -> String {
        let stem = self.file.split('-').take(2).collect::<Vec<_>>().join("-");
        format!("{stem}.dist-info/{name}")
    }

    /// Puts a file there, or other content into one.
    pub fn set(&mut self, name: &str, content: impl Into<Vec<u8>>) {
        self.members.retain(|(known, _)| known != name);
        self.members.push((name.to_owned(), content.into()));
    }

    /// Takes a file away.
    pub fn remove(&mut self, name: &str) {
        let count = self.members.len();
        self.members.retain(|(known, _)| known != name);
        assert_eq!(self.members.len(), count - 1, "{name}");
    }

    /// Replaces a text that is there in a file.
    pub fn edit(&mut self, name: &str, from: &str, to: &str) {
        let (_, content) = self.members.iter_mut().find(|(known, _)| known == name).unwrap();
        let text = String::from_utf8(std::mem::take(content)).unwrap();
        assert!(text.contains(from), "{text}");
        *content = text.replace(from, to).into();
    }

    /// Writes `RECORD` as it is right now; what is changed from here on is not in it.
    pub fn seal(&mut self) {
        self.record = Some(self.record());
    }

    /// Replaces a text in `RECORD`.
    pub fn edit_record(&mut self, from: &str, to: &str) {
        let text = self.record();
        assert!(text.contains(from), "{text}");
        self.record = Some(text.replace(from, to));
    }

    /// The `RECORD` of all members.
    pub fn record(&self) -> String {
        let line = |(name, content): &(String, Vec<u8>)| format!("{name},sha256={},{}\n", hash(content), content.len());
        self.members.iter().map(line).collect::<String>() + &self.dist_info("RECORD") + ",,\n"
    }

    /// The wheel's bytes; the same wheel gives the same.
    pub fn pack(&self) -> Vec<u8> {
        let mut members = self.members.clone();
        let record = self.record.clone().unwrap_or_else(|| self.record());
        members.push((self.dist_info("RECORD"), record.into()));
        zip(&members)
    }
}

/// A zip archive whose files are stored as they are.
pub fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = bytes.len() as u32;
        let size = content.len() as u32;
        // Version, flags, method, time, date; checksum and both sizes; lengths of name and extra field.
        let mut header: Vec<u8> = [20u16, 0, 0, 0, 33].iter().flat_map(|field| field.to_le_bytes()).collect();
        header.extend([crc32(content), size, size].iter().flat_map(|field| field.to_le_bytes()));
        header.extend([name.len() as u16, 0].iter().flat_map(|field| field.to_le_bytes()));
        bytes.extend([b"PK\x03\x04", header.as_slice(), name.as_bytes(), content].concat());
        // The directory has in addition who made it, a comment, disk, attributes and the offset.
        let attributes = 0o100_644u32 << 16;
        let rest = [&[0; 6], &attributes.to_le_bytes()[..], &offset.to_le_bytes()].concat();
        directory.extend([b"PK\x01\x02\x14\x03".as_slice(), &header, &rest, name.as_bytes()].concat());
    }
    let count = (files.len() as u16).to_le_bytes();
    let (size, offset) = ((directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &offset, &[0; 2]].concat());
    bytes
}

/// Where a member's header begins: the first one of that name.
pub fn header(bytes: &[u8], name: &str, which: Header) -> usize {
    let (magic, name_at) = if which == Header::Local { (b"PK\x03\x04", 30) } else { (b"PK\x01\x02", 46) };
    let is_it = |at: &usize| bytes[*at..].starts_with(magic) && bytes[*at + name_at..].starts_with(name.as_bytes());
    (0..bytes.len() - name_at).find(is_it).unwrap_or_else(|| panic!("{name}"))
}

/// Changes a field of a member.
pub fn patch(bytes: &mut [u8], name: &str, which: Header, field: Field, value: &[u8]) {
    let (local, listed) = (header(bytes, name, Header::Local), header(bytes, name, Header::Listed));
    let listed_field = if field == Field::NAME { 46 } else { field.0 + 2 };
    for (at, meant) in [(local + field.0, which != Header::Listed), (listed + listed_field, which != Header::Local)] {
        if meant {
            bytes[at..at + value.len()].copy_from_slice(value);
        }
    }
}

/// The checksum of zip archives.
pub fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// A hash as `RECORD` has it.
fn hash(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digest = Sha256::digest(bytes);
    let bits: String = digest.iter().map(|byte| format!("{byte:08b}")).collect::<String>() + "00";
    let six = |at: usize| usize::from_str_radix(&bits[at..at + 6], 2).unwrap();
    (0..bits.len()).step_by(6).map(|at| char::from(LETTERS[six(at)])).collect()
}
