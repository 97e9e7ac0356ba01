//! Files that were changed at random: the scanner comes to an end without a panic, and what it tells lies within the file.

use proptest::prelude::*;
use xtask::inspect::device::Scanned;

use super::scanned::scanned;
use super::synthetic::*;

/// A file with everything in it.
fn everything() -> Vec<u8> {
    let two = bundle(&[("gfx942", elf(GFX942)), ("gfx1100", elf(GFX1100))]);
    let compressed_ones =
        [compressed(1, &two), compressed(2, &two), compressed_of(3, two.len() as u64, &zstd(&two, 700))].concat();
    file(&[&two, &elf(GFX942), &compressed_ones, &kpack(16, &[elf(GFX1100)]), b"__CLANG_OFFLOAD_BUNDLE__CCOB\x7fELF"])
}

/// Some bytes, put where a header is as often as anywhere.
#[derive(Clone, Debug)]
pub struct Change {
    at: prop::sample::Index,
    near: Option<prop::sample::Index>,
    bytes: Vec<u8>,
}

/// Any change.
pub fn change() -> impl Strategy<Value = Change> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..9),
        Just(vec![0xff; 8]),
        Just(vec![0; 8]),
        Just(b"CCOB\x03\0\x01\0".to_vec()),
        Just(b"__CLANG_OFFLOAD_BUNDLE__\x01\0\0\0\0\0\0\0".to_vec()),
        Just(b"\x7fELF\x02\x01\x01\x40".to_vec()),
    ];
    (any::<prop::sample::Index>(), any::<Option<prop::sample::Index>>(), bytes).prop_map(|(at, near, bytes)| Change {
        at,
        near,
        bytes,
    })
}

/// The bytes after these changes, and cut.
pub fn changed(mut bytes: Vec<u8>, changes: &[Change], cut: Option<prop::sample::Index>) -> Vec<u8> {
    let magics = [&b"__CLANG"[..], b"CCOB", b"\x7fELF", b"KPAK", &[0x28, 0xb5, 0x2f, 0xfd]];
    let headers: Vec<usize> = (0..bytes.len())
        .filter(|at| magics.iter().any(|magic| bytes[*at..].starts_with(magic)))
        .flat_map(|at| at..at + 100)
        .collect();
    for change in changes {
        let at = change.near.map_or_else(|| change.at.index(bytes.len()), |near| headers[near.index(headers.len())]);
        for (offset, byte) in change.bytes.iter().enumerate() {
            if let Some(place) = bytes.get_mut(at + offset) {
                *place = *byte;
            }
        }
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

/// Every object lies in the file, or is told to be wrong.
pub fn assert_inside(found: &Scanned, file: u64) {
    for object in &found.objects {
        let is_told = found.faults.iter().any(|fault| fault.offset == object.offset);
        assert!(is_told || found.faults.len() >= 100 || object.offset < file, "{object:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn changed_files_are_read_to_their_end(
        is_archive: bool,
        changes in prop::collection::vec(change(), 0..6),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let whole = if is_archive { kpack(64, &[elf(GFX942), elf(GFX1100)]) } else { everything() };
        let bytes = changed(whole, &changes, cut);
        let found = scanned(&bytes);
        assert_inside(&found, bytes.len() as u64);
    }

    #[test]
    fn noise_holds_nothing(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert_eq!(scanned(&bytes).objects.len(), 0);
    }
}
