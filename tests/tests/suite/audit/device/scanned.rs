//! What the scanner tells of files that were made for it, each whole or wrong in one way.

use std::io::{BufReader, Read};

use xtask::audit::device::Form;
use xtask::inspect::device::{Scanned, Spent, scan};

use super::synthetic::*;

/// What is found, however the file is cut into pieces on its way.
pub fn scanned(bytes: &[u8]) -> Scanned {
    let whole = scan(&mut &bytes[..], &mut Spent::default()).unwrap();
    for capacity in [1000, 4096, 65_536] {
        assert_eq!(
            scan(&mut BufReader::with_capacity(capacity, Trickle(bytes)), &mut Spent::default()).unwrap(),
            whole,
            "{capacity}"
        );
    }
    whole
}

/// Gives less than it is asked for.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let size = into.len().min(1 + self.0.len() % 977);
        self.0.read(&mut into[..size])
    }
}

/// Each object as `target form size`, and each fault's text.
pub fn told(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let found = scanned(bytes);
    let object = |object: &xtask::audit::device::CodeObject| format!("{} {} {}", object.target, object.form.name(), object.size);
    (found.objects.iter().map(object).collect(), found.faults.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn assert_whole(bytes: &[u8], expected: &[&str]) {
    assert_eq!(told(bytes), (expected.iter().map(|&text| text.to_owned()).collect(), Vec::new()));
}

#[track_caller]
fn assert_wrong(bytes: &[u8], objects: usize, expected: &[&str]) {
    let (found, faults) = told(bytes);
    assert_eq!(faults, expected);
    assert_eq!(found.len(), objects, "{found:?}");
}

fn two() -> Vec<u8> {
    bundle(&[("gfx942", elf(GFX942)), ("gfx1100", elf(GFX1100))])
}

#[test]
fn every_form_is_found() {
    assert_whole(&file(&[]), &[]);
    assert_whole(b"", &[]);
    assert_whole(&file(&[&two()]), &["gfx942 bundle 428", "gfx1100 bundle 428"]);
    for version in 1..=3 {
        let form = format!("compressed-bundle-v{version}");
        let expected = [format!("gfx942 {form} 428"), format!("gfx1100 {form} 428")];
        let found = told(&file(&[&compressed(version, &two())]));
        assert_eq!(found, (expected.to_vec(), vec![]));
    }
    assert_whole(&elf(GFX942), &["gfx942 code-object 428"]);
    assert_whole(&file(&[&elf(GFX942), &elf(GFX1100)]), &["gfx942 embedded 428", "gfx1100 embedded 428"]);
    for begin in [16, 64] {
        assert_whole(&kpack(begin, &[elf(GFX942), elf(GFX90A_XNACK)]), &["gfx942 kpack 428", "gfx90a:xnack+ kpack 428"]);
    }
    assert_whole(&archive(64, &[elf(GFX942), elf(GFX1100)].concat()), &["gfx942 kpack 428", "gfx1100 kpack 428"]);
}

#[test]
fn one_file_holds_many_of_all_kinds() {
    let big = bundle(&[("gfx942", elf_of(224, GFX942, 4, 1_000_000))]);
    let parts = [two(), compressed(3, &big), elf(GFX1100), compressed(2, &two()), big.clone(), compressed(3, &two())];
    let found = scanned(&file(&parts.each_ref().map(Vec::as_slice)));
    assert_eq!(found.faults, []);
    let forms: Vec<Form> = found.objects.iter().map(|object| object.form).collect();
    let (v2, v3) = (Form::CompressedBundleV2, Form::CompressedBundleV3);
    assert_eq!(forms, [Form::Bundle, Form::Bundle, v3, Form::Embedded, v2, v2, Form::Bundle, v3, v3]);
    let offsets: Vec<u64> = found.objects.iter().map(|object| object.offset).collect();
    assert!(offsets.is_sorted());
    // A thousand of them, with nothing between.
    let many = two().repeat(1000);
    assert_eq!(scanned(&many).objects.len(), 2000);
    assert_eq!(scanned(&many).faults, []);
}

#[test]
fn features_and_older_ids_are_read() {
    let named = |id: &str, code: Vec<u8>| told(&file(&[&bundle_of(&[(id.to_owned(), code)])]));
    for (id, flags, abi, expected) in [
        ("hipv4-amdgcn-amd-amdhsa--gfx90a:xnack+", GFX90A_XNACK, 4, "gfx90a:xnack+ bundle 428"),
        ("hip-amdgcn-amd-amdhsa--gfx942:xnack-:sramecc+", 0xe4c, 3, "gfx942:sramecc+:xnack- bundle 428"),
        ("hip-amdgcn-amd-amdhsa-gfx803", 0x2a, 0, "gfx803 bundle 428"),
        ("hip-amdgcn-amd-amdhsa--gfx906+xnack", 0x12f, 1, "gfx906:xnack+ bundle 428"),
        ("hipv4-amdgcn-amd-amdhsa--gfx9-4-generic", 0x100_055f, 4, "gfx9-4-generic bundle 428"),
    ] {
        assert_eq!(named(id, elf_of(224, flags, abi, 300)), (vec![expected.to_owned()], vec![]), "{id}");
    }
    // What is no code of AMD's is not listed, nor what must be linked before a GPU can run it.
    let others = bundle_of(&[
        ("host-x86_64-pc-windows-msvc-".to_owned(), b"MZ".to_vec()),
        ("openmp-nvptx64-nvidia-cuda--sm_70".to_owned(), elf_of(190, 0, 7, 10)),
        ("hip-amdgcn-amd-amdhsa--gfx942".to_owned(), [b"BC\xc0\xde".as_slice(), &[0; 96]].concat()),
        ("hip-spirv64-amd-amdhsa--amdgcnspirv".to_owned(), [[3, 2, 0x23, 7].as_slice(), &[0; 96]].concat()),
    ]);
    assert_whole(&file(&[&others]), &["amdgcnspirv bundle 100"]);
    assert_whole(&file(&[&compressed(3, &others)]), &["amdgcnspirv compressed-bundle-v3 100"]);
}

#[test]
fn a_magic_by_chance_is_no_device_code() {
    let magic = b"__CLANG_OFFLOAD_BUNDLE__";
    let beyond = [&magic[..], &u64::MAX.to_le_bytes(), &[0xff; 64]].concat();
    let strange = list(&[(4096, 10, "something-else")]);
    let control = list(&[(4096, 10, "hip-amdgcn-amd-amdhsa--gfx\u{7}942")]);
    let cut = &two()[..90];
    let later = [b"CCOB\x03\0\x02\0".as_slice(), &[7; 60]].concat();
    let other = [b"CCOB\x03\0\x01\0".as_slice(), &[7; 60]].concat();
    for bytes in [
        magic.as_slice(),
        &beyond,
        &strange,
        &control,
        cut,
        b"CCOB",
        b"CCOB\x03\0\x01\0",
        b"CCOB\0__CLANG_OFFLOAD_BUNDLE__\0CCOBCCOB",
        &later,
        &other,
        b"\x7fELF",
        &elf_of(62, GFX942, 4, 10),
        &elf_of(190, GFX942, 7, 10),
        b"KPA",
    ] {
        assert_whole(bytes, &[]);
        assert_whole(&file(&[bytes, bytes]), &[]);
        // What follows is found all the same.
        assert_whole(&file(&[bytes, &elf(GFX942)]), &["gfx942 embedded 428"]);
    }
}

#[test]
fn a_bundle_that_is_not_as_it_says_is_a_fault() {
    let id = id("gfx942");
    let begin = file(&[]).len();
    let whole = bundle(&[("gfx942", elf(GFX942))]);
    let at = |text: &str| format!("at byte {begin}: {text}");
    let inner = |text: &str| format!("at byte {}: {text}", begin + 4096);
    let placed = |offset: u64, size: u64| file(&[&[list(&[(offset, size, &id)]), vec![0; 8192]].concat()]);

    assert_wrong(
        &file(&[&bundle(&[("gfx942", elf(GFX1100))])]),
        1,
        &[&inner(&format!("the bundle's entry `{id}` holds code for `gfx1100`"))],
    );
    assert_wrong(
        &file(&[&bundle(&[("gfx942:xnack+", elf(GFX942))])]),
        1,
        &[&inner("the bundle's entry `hipv4-amdgcn-amd-amdhsa--gfx942:xnack+` holds code for `gfx942`")],
    );
    assert_wrong(&placed(4096, 100), 1, &[&inner(&format!("the bundle's entry `{id}` holds no code object for an AMD GPU"))]);
    assert_wrong(&file(&[&bundle(&[("gfx942", vec![])])]), 0, &[&at(&format!("the bundle's entry `{id}` is empty"))]);
    assert_wrong(&placed(0, 4096), 0, &[&at(&format!("the bundle's entry `{id}` overlaps the list of entries"))]);
    for (offset, size) in [(1 << 40, 10), (u64::MAX, 10), (u64::MAX, u64::MAX)] {
        let bytes = placed(offset, size);
        let place = (begin as u64).saturating_add(offset);
        let text = format!(
            "at byte {place}: a bundle's entry of {size} bytes goes beyond the end of the file, which has {}",
            bytes.len()
        );
        assert_wrong(&bytes, 1, &[&text]);
    }
    let nameless = list(&[(4096, 10, "hipv4-amdgcn-amd-amdhsa--")]);
    assert_wrong(&file(&[&nameless]), 0, &[&at("the bundle's entry `hipv4-amdgcn-amd-amdhsa--` names no GPU target")]);
    let mut cut = whole.clone();
    let size = cut.windows(8).position(|bytes| bytes == 428u64.to_le_bytes()).unwrap();
    cut[size..size + 8].copy_from_slice(&300u64.to_le_bytes());
    assert_wrong(&file(&[&cut]), 1, &[&inner(&format!("the bundle's entry `{id}` has 300 bytes, but its code object 428"))]);
    let end = file(&[&whole]).len() - 200;
    let text = format!("a bundle's entry of 428 bytes goes beyond the end of the file, which has {end}");
    assert_wrong(&file(&[&whole])[..end], 1, &[&inner(&text)]);
}

#[test]
fn a_code_object_that_is_not_as_it_says_is_a_fault() {
    let whole = elf(GFX942);
    assert_wrong(&whole[..400], 1, &["at byte 0: a code object of 428 bytes goes beyond the end of the file, which has 400"]);
    let mut header = whole.clone();
    header[58] = 63;
    assert_wrong(&header, 0, &["at byte 0: the ELF header of a code object for AMD GPUs makes no sense"]);
    header[40..48].fill(0xff);
    header[58] = 64;
    assert_wrong(&header, 0, &["at byte 0: the ELF header of a code object for AMD GPUs makes no sense"]);
    let unknown = "at byte 0: a code object for an AMD GPU that is not known: its `e_flags` are 0x5fe";
    assert_wrong(&elf_of(224, 0x5fe, 4, 10), 0, &[unknown]);
}

#[test]
fn a_compressed_bundle_that_is_not_as_it_says_is_a_fault() {
    let whole = two();
    let frame = zstd(&whole, 1000);
    let length = whole.len() as u64;
    let made = |unpacked: u64, frame: &[u8]| compressed_of(3, unpacked, frame);
    let packed = |why: &str| format!("at byte 0: a compressed bundle cannot be unpacked: {why}");
    let id = id("gfx1100");

    // Where a frame ends too early, what follows is looked at as if it were something else.
    let first = |bytes: &[u8]| told(bytes).1[0].clone();
    let cut = made(length, &frame);
    assert_eq!(first(&cut[..cut.len() - 1]), packed("it ends before its last block"));
    assert_eq!(first(&made(length, &frame[..frame.len() - 1])), packed("it is longer than its container says"));
    assert_wrong(&made(length, &[&frame[..], b"more"].concat()), 2, &[&packed("it is shorter than its header says")]);
    assert_wrong(&made(length + 1, &frame), 2, &[&packed("its header and its frame disagree about its size")]);
    assert_wrong(
        &made(8200, &frame),
        1,
        &[
            &packed("its header and its frame disagree about its size"),
            &format!("at byte 0: the bundle's entry `{id}` ends beyond the 8200 bytes of the bundle"),
        ],
    );
    assert_wrong(&made(5, &zstd(b"bytes", 5)), 0, &["at byte 0: a compressed bundle holds no list of entries"]);
    let dictionary = [&frame[..4], &[frame[4] | 1], &frame[5..]].concat();
    assert_eq!(first(&made(length, &dictionary)), packed("its header makes no sense"));
    let mut damaged = zstd(&whole, 100_000);
    // A block that says it is compressed, and is not.
    damaged[13] |= 4;
    assert_wrong(&made(length, &damaged), 0, &[&packed("its first blocks are damaged")]);
    let text = "at byte 0: the bundle's entry `hipv4-amdgcn-amd-amdhsa--gfx942` holds code for `gfx1100`";
    assert_wrong(&compressed(2, &bundle(&[("gfx942", elf(GFX1100))])), 1, &[text]);

    let mut later = compressed(3, &whole);
    later[4] = 4;
    let text = "at byte 0: a compressed bundle of version 4, which is not known";
    assert_eq!(first(&later), text);
    let mut zlib = compressed(3, &whole);
    zlib[6] = 0;
    zlib[32..34].copy_from_slice(&[0x78, 0x9c]);
    assert_eq!(first(&zlib), "at byte 0: a bundle that is compressed by zlib, which is not read");
}

#[test]
fn a_kpack_archive_that_is_not_whole_is_a_fault() {
    let whole = kpack(64, &[elf(GFX942), elf(GFX1100)]);
    let packed = "a code object of a kpack archive cannot be unpacked";
    let missing = "at byte 0: a kpack archive cannot be unpacked: its end is missing";
    let table = whole.len() - 6;
    assert_wrong(&whole[..table], 2, &[missing]);
    let second = 64 + 4 + 4 + zstd(&elf(GFX942), 1000).len() + 4;
    assert_wrong(&whole[..table - 1], 1, &[&format!("at byte {second}: {packed}: it ends before its last block"), missing]);
    let mut version = whole.clone();
    version[4] = 2;
    assert_eq!(told(&version).1[0], "at byte 0: a kpack archive of version 2, which is not known");
    let foreign = kpack(64, &[b"no code object, but some text that is long enough to be one if it were".to_vec()]);
    assert_wrong(&foreign, 0, &["at byte 72: the ELF header of a code object for AMD GPUs makes no sense"]);
}

#[test]
fn absurd_files_come_to_an_end() {
    // As many bundles as fit, each with the longest list, all of their entries far ahead.
    let entries: Vec<(u64, u64, String)> = (0..200).map(|index| ((1 << 40) + index, 1, id("gfx942"))).collect();
    let entries: Vec<(u64, u64, &str)> = entries.iter().map(|(offset, size, id)| (*offset, *size, id.as_str())).collect();
    let ahead = list(&entries).repeat(100);
    // Frames of which each unpacks to much more than it is.
    let block = [&(131_072u32 << 3 | 1 << 1 | 1).to_le_bytes()[..3], b"_"].concat();
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0x58][..], &block].concat();
    let bombs = compressed_of(3, 131_072, &frame).repeat(140_000);
    // Blocks that hold nothing.
    let empty = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0x58][..], &vec![0; 51 << 20][..]].concat();
    for (name, bytes) in
        [("ahead", ahead), ("bombs", bombs), ("empty", compressed_of(3, 10, &empty)), ("magics", b"CCOB".repeat(17 << 20))]
    {
        let (mut reader, mut spent) = (&bytes[..], Spent::default());
        let found = scan(&mut reader, &mut spent).unwrap();
        assert!(reader.is_empty(), "{name}: it is read to its end");
        assert!(found.objects.len() < 300_000 && found.faults.len() <= 200, "{name}");
        let texts: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
        let too_much = "more device code than is looked at in one wheel; the rest was not looked at";
        let is_told = texts.iter().any(|text| text.ends_with(too_much));
        assert!(is_told, "{name}: {:?}", texts.last());
        // Another file of the same wheel is not looked at anew, if it was work, and is told as well.
        if name != "ahead" {
            let next = scan(&mut &b"CCOB"[..], &mut spent).unwrap();
            let texts: Vec<String> = next.faults.iter().map(ToString::to_string).collect();
            assert_eq!(texts, [format!("at byte 0: {too_much}")], "{name}");
        }
    }
}
