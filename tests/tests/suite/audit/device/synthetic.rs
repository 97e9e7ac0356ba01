//! Writes what compilers write: bundles of device code in all forms, with nothing in it that a GPU could run.

/// `e_flags` of code objects of version 4 and later for these targets, as clang writes them.
pub const GFX942: u32 = 0x54c;
pub const GFX1100: u32 = 0x41;
pub const GFX90A_XNACK: u32 = 0x73f;

/// The host's entry in a bundle, as hipcc writes it.
pub const HOST: (&str, &[u8]) = ("host-x86_64-unknown-linux-gnu-", b"");

/// A code object: header, a little code, one section.
pub fn elf(flags: u32) -> Vec<u8> {
    elf_of(224, flags, 4, 300)
}

/// An ELF file of a machine, with `code` bytes between header and table of sections.
pub fn elf_of(machine: u16, flags: u32, abi: u8, code: u64) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\x40".to_vec();
    bytes.push(abi);
    bytes.resize(16, 0);
    bytes.extend([3, 0]);
    bytes.extend(machine.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend((64 + code).to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    for half in [64u16, 56, 0, 64, 1, 0] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend((0..code).map(|at| (at * 7 % 251) as u8));
    bytes.extend([0; 64]);
    bytes
}

/// The usual id of a target.
pub fn id(target: &str) -> String {
    format!("hipv4-amdgcn-amd-amdhsa--{target}")
}

/// An uncompressed bundle: the host's empty entry, and one for each target.
pub fn bundle(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<(String, Vec<u8>)> = entries.iter().map(|(target, code)| (id(target), code.clone())).collect();
    bundle_of(&[&[(HOST.0.to_owned(), HOST.1.to_owned())], &entries[..]].concat())
}

/// An uncompressed bundle of these ids and contents, each at the next multiple of 4096.
pub fn bundle_of(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut at, mut placed) = (4096, Vec::new());
    for (id, content) in entries {
        placed.push((at as u64, content.len() as u64, id.as_str()));
        at = (at + content.len()).next_multiple_of(4096);
    }
    let mut bytes = list(&placed);
    for (place, (_, content)) in placed.iter().zip(entries) {
        bytes.resize(place.0 as usize, 0);
        bytes.extend(content);
    }
    bytes
}

/// The beginning of a bundle: its magic and the list of offsets, sizes and ids.
pub fn list(entries: &[(u64, u64, &str)]) -> Vec<u8> {
    let mut bytes = b"__CLANG_OFFLOAD_BUNDLE__".to_vec();
    bytes.extend((entries.len() as u64).to_le_bytes());
    for (offset, size, id) in entries {
        for number in [*offset, *size, id.len() as u64] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(id.as_bytes());
    }
    bytes
}

/// A zstd frame whose blocks hold `block` bytes each, uncompressed.
pub fn zstd(content: &[u8], block: usize) -> Vec<u8> {
    // One segment, its size in eight bytes.
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    bytes.extend((content.len() as u64).to_le_bytes());
    let blocks: Vec<&[u8]> = content.chunks(block).collect();
    for (index, raw) in blocks.iter().enumerate() {
        let is_last = u32::from(index + 1 == blocks.len());
        bytes.extend(&((raw.len() as u32) << 3 | is_last).to_le_bytes()[..3]);
        bytes.extend(*raw);
    }
    bytes
}

/// A compressed bundle of version 1, 2 or 3.
pub fn compressed(version: u16, bundle: &[u8]) -> Vec<u8> {
    compressed_of(version, bundle.len() as u64, &zstd(bundle, 100_000))
}

/// A compressed bundle whose header says that `unpacked` bytes were compressed.
pub fn compressed_of(version: u16, unpacked: u64, frame: &[u8]) -> Vec<u8> {
    let mut bytes = b"CCOB".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    match version {
        1 => bytes.extend((unpacked as u32).to_le_bytes()),
        2 => [24 + frame.len() as u32, unpacked as u32].iter().for_each(|size| bytes.extend(size.to_le_bytes())),
        _ => [32 + frame.len() as u64, unpacked].iter().for_each(|size| bytes.extend(size.to_le_bytes())),
    }
    bytes.extend([0xab; 8]);
    bytes.extend(frame);
    bytes
}

/// A kpack archive with compressed code objects, from byte 16 or 64 on.
pub fn kpack(begin: usize, objects: &[Vec<u8>]) -> Vec<u8> {
    let mut blob = (objects.len() as u32).to_le_bytes().to_vec();
    for object in objects {
        let frame = zstd(object, 1000);
        blob.extend((frame.len() as u32).to_le_bytes());
        blob.extend(frame);
    }
    archive(begin, &blob)
}

/// A kpack archive with these bytes between its header and its table.
pub fn archive(begin: usize, blob: &[u8]) -> Vec<u8> {
    let mut bytes = b"KPAK\x01\0\0\0".to_vec();
    bytes.extend(((begin + blob.len()) as u64).to_le_bytes());
    bytes.resize(begin, 0);
    bytes.extend(blob);
    bytes.extend(b"\x81\xa3toc\x80");
    bytes
}

/// The parts one after the other, with some bytes between.
pub fn file(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = elf_of(62, 0, 0, 777);
    for part in parts {
        bytes.extend(*part);
        bytes.extend([0x5a; 100]);
    }
    bytes
}
