//! The ELF header of a code object for AMD GPUs.

use crate::audit::device::{Target, Wrong};

/// What every ELF file begins with.
pub(super) const MAGIC: &[u8] = b"\x7fELF";

/// The size of a header of 64-bit ELF.
pub(super) const HEADER: usize = 64;

/// `EM_AMDGPU`.
const AMDGPU: u16 = 224;

/// `ELFOSABI_AMDGPU_HSA`.
const HSA: u8 = 64;

/// The code object that begins with `bytes`, of which [`HEADER`] are needed; `None` if it is no ELF for AMD GPUs.
pub(super) fn read(bytes: &[u8]) -> Option<Elf> {
    let header = bytes.get(..HEADER)?;
    // 64 bits, the lower byte first, version 1; relocatable, executable or shared; the header has the size that it has.
    let is_ours = header.starts_with(MAGIC)
        && header[4..7] == [2, 1, 1]
        && (1..=3).contains(&half(header, 16))
        && half(header, 18) == AMDGPU
        && usize::from(half(header, 52)) == HEADER;
    // Other systems than HSA have flags as HSA had before version 4.
    let abi = if header[7] == HSA { header[8] } else { 1 };
    is_ours.then(|| Elf { flags: word(header, 48), abi, size: size(header) })
}

/// A code object's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Elf {
    pub(super) flags: u32,
    /// `EI_ABIVERSION` of HSA.
    pub(super) abi: u8,
    /// Where its table of sections ends, which stands last; `None` if there is none or it makes no sense.
    pub(super) size: Option<u64>,
}

impl Elf {
    /// What it was compiled for.
    ///
    /// # Errors
    /// If the machine is not known.
    pub(super) fn target(&self) -> Result<Target, Wrong> {
        Target::of_elf(self.flags, self.abi).ok_or(Wrong::Machine(self.flags))
    }
}

fn size(header: &[u8]) -> Option<u64> {
    let (offset, entry, count) = (long(header, 40), u64::from(half(header, 58)), u64::from(half(header, 60)));
    let is_table = offset >= HEADER as u64 && entry == 64 && count > 0;
    is_table.then(|| offset.checked_add(entry * count)).flatten()
}

/// The 16-bit number at `at`; 0 beyond the end.
pub(super) fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |number| u16::from_le_bytes([number[0], number[1]]))
}

/// The 32-bit number at `at`; 0 beyond the end.
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from(half(bytes, at)) | u32::from(half(bytes, at + 2)) << 16
}

/// The 64-bit number at `at`; 0 beyond the end.
pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}
