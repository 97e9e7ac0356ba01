//! Device code: what a code object is, what is wrong with one, and whether a set of wheels has it for the targets that were asked for.

mod compare;
mod listed;
mod target;

use serde::Serialize;

pub use compare::{Duty, WheelCode, broken, compare, duty, targets};
pub use listed::{FaultText, FileCode, Held};
pub use target::{Id, Target, machine};

/// Code for one GPU target, wherever it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeObject {
    /// What it was compiled for.
    pub target: Target,
    /// How it is stored.
    pub form: Form,
    /// Its size in bytes, unpacked; as its container says, which was checked against the container's own size.
    pub size: u64,
    /// Where it begins in the file that holds it, in bytes; of one that is compressed, where its bundle or frame begins.
    pub offset: u64,
}

/// How a code object is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// An entry of an uncompressed bundle, as in the section `.hip_fatbin`, or `.hipFatB` on Windows.
    Bundle,
    /// An entry of a compressed bundle, version 1.
    CompressedBundleV1,
    /// An entry of a compressed bundle, version 2.
    CompressedBundleV2,
    /// An entry of a compressed bundle, version 3.
    CompressedBundleV3,
    /// The file is the code object: `.hsaco`, `.co`.
    CodeObject,
    /// A code object somewhere in a file, without a bundle around it.
    Embedded,
    /// A compressed code object of a kpack archive, as in the device wheels of a split wheel.
    Kpack,
}

impl Form {
    /// Its name, as JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::CompressedBundleV1 => "compressed-bundle-v1",
            Self::CompressedBundleV2 => "compressed-bundle-v2",
            Self::CompressedBundleV3 => "compressed-bundle-v3",
            Self::CodeObject => "code-object",
            Self::Embedded => "embedded",
            Self::Kpack => "kpack",
        }
    }
}

/// Something that is device code beyond doubt, and is not whole or not what its container says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {wrong}")]
pub struct Fault {
    /// Where it begins in the file.
    pub offset: u64,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with device code. Text from the file is fit for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Its end is missing.
    #[error("{what} of {size} bytes goes beyond the end of the file, which has {file}")]
    Beyond {
        /// What it is, with its article.
        what: &'static str,
        /// Its size in bytes, as its header says.
        size: u64,
        /// The file's size in bytes.
        file: u64,
    },
    /// An entry that is partly in front of the bundle, or within its list of entries.
    #[error("the bundle's entry `{0}` overlaps the list of entries")]
    Overlaps(String),
    /// An entry that ends beyond the bundle that was compressed.
    #[error("the bundle's entry `{id}` ends beyond the {size} bytes of the bundle")]
    Outside {
        /// The entry's id.
        id: String,
        /// The size of the bundle in bytes, unpacked.
        size: u64,
    },
    /// An entry without content.
    #[error("the bundle's entry `{0}` is empty")]
    Empty(String),
    /// An entry for an AMD GPU that does not say for which.
    #[error("the bundle's entry `{0}` names no GPU target")]
    NoTarget(String),
    /// Something else where an id promises a code object.
    #[error("the bundle's entry `{0}` holds no code object for an AMD GPU")]
    NoCode(String),
    /// A code object of another target than its id says.
    #[error("the bundle's entry `{id}` holds code for `{found}`")]
    Disagrees {
        /// The entry's id.
        id: String,
        /// What its ELF header says.
        found: String,
    },
    /// A code object that is larger than its entry.
    #[error("the bundle's entry `{id}` has {size} bytes, but its code object {code}")]
    Cut {
        /// The entry's id.
        id: String,
        /// The entry's size in bytes.
        size: u64,
        /// The code object's size in bytes.
        code: u64,
    },
    /// A header that nobody writes.
    #[error("the ELF header of a code object for AMD GPUs makes no sense")]
    Elf,
    /// A GPU that is not in our table.
    #[error("a code object for an AMD GPU that is not known: its `e_flags` are {0:#x}")]
    Machine(u32),
    /// A format that is not ours yet.
    #[error("{what} of version {version}, which is not known")]
    Version {
        /// What it is, with its article.
        what: &'static str,
        /// Its version.
        version: u32,
    },
    /// A compressed bundle that was made without zstd.
    #[error("a bundle that is compressed by zlib, which is not read")]
    Zlib,
    /// A frame that cannot be unpacked, or that is not as long as its container says.
    #[error("{what} cannot be unpacked: {why}")]
    Packed {
        /// What it is, with its article.
        what: &'static str,
        /// Why, in words.
        why: &'static str,
    },
    /// What is compressed is something else.
    #[error("a compressed bundle holds no list of entries")]
    NoList,
    /// A file that would take long to read, or much memory.
    #[error("more device code than is looked at in one wheel; the rest was not looked at")]
    TooMuch,
}
