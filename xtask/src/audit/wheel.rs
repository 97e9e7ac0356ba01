//! What was read of a wheel in one pass: all that its audit decides by.

use std::collections::BTreeMap;

use manifest::FolderFile;

use super::Finding;
use super::device::{CodeObject, Fault};
use super::linkage::Linkage;

/// A wheel that was read from its first byte to its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wheel {
    /// Where it is below its folder, its size and hash.
    pub file: FolderFile,
    /// Its members, in the order in which they are stored. Folders are not among them.
    pub members: Vec<Member>,
    /// The few members whose text counts, by their names.
    pub texts: BTreeMap<String, String>,
    /// The device code of the members that have any, and what is wrong with it.
    pub code: Vec<MemberCode>,
    /// Its libraries and programs, by their names, and what they link to.
    pub libraries: Vec<(String, Linkage)>,
    /// What is wrong with the archive.
    pub faults: Vec<Finding>,
}

impl Wheel {
    /// Its file name, without the folders that it is in.
    pub fn name(&self) -> &str {
        self.file.path.rsplit('/').next().unwrap_or_default()
    }

    /// The text of a member, if it is one of those that count and could be read.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }
}

/// A file in a wheel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name; what is not UTF-8 is replaced.
    pub name: String,
    /// The bytes of its content.
    pub size: u64,
    /// The hash of its content; absent if it could not be unpacked, which is a fault of its own.
    pub hash: Option<Hash>,
}

/// A hash as a `RECORD` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash {
    /// By which function.
    pub function: Function,
    /// What it gives.
    pub bytes: Vec<u8>,
}

/// The hash functions that a `RECORD` may use; older ones are no proof of anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Function {
    /// What every builder uses.
    #[default]
    Sha256,
    /// Allowed, and not in use.
    Sha384,
    /// Allowed, and not in use.
    Sha512,
}

impl Function {
    /// The function of this name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }
}

/// The device code of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCode {
    /// The member's name.
    pub member: String,
    /// Code for AMD GPUs, in the order of the file.
    pub objects: Vec<CodeObject>,
    /// What is device code and not as it should be.
    pub faults: Vec<Fault>,
}

/// Whether a member's text counts, and at most how many bytes of it are kept.
pub fn kept(name: &str) -> Option<u64> {
    let in_dist_info = name.split_once('/').filter(|(folder, _)| folder.ends_with(".dist-info")).map(|(_, rest)| rest);
    match (in_dist_info, name) {
        (Some("RECORD"), _) => Some(16 << 20),
        (Some("METADATA" | "WHEEL"), _) => Some(4 << 20),
        (_, "torch/_rocm_init.py") => Some(1 << 16),
        _ => None,
    }
}

/// Whether a member may hold device code: everything but texts, which programs never load as code.
pub fn may_hold_code(name: &str) -> bool {
    const TEXTS: [&str; 20] = [
        "py", "pyi", "pyc", "h", "hpp", "hxx", "cuh", "inl", "inc", "c", "cc", "cpp", "hip", "cu", "cmake", "txt", "md", "json",
        "yaml", "html",
    ];
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !ending.is_some_and(|ending| TEXTS.contains(&ending)) && !name.contains(".dist-info/")
}
