//! What libraries link to, read by us and by others; and what becomes of the readers when the bytes are anything.

use proptest::prelude::*;
use tests::library::{elf, pe};
use xtask::audit::linkage::{Format, Linkage, Machine};
use xtask::inspect::linkage::{Learned, Learner, LinkageError};

/// What is learned of a file that passes in pieces of this size.
fn learned(bytes: &[u8], piece: usize) -> Result<Option<Linkage>, LinkageError> {
    let mut learner = Learner::default();
    bytes.chunks(piece.max(1)).for_each(|piece| learner.saw(piece));
    let mut learned = learner.end()?;
    for _ in 0..3 {
        learned = match learned {
            Learned::Nothing => return Ok(None),
            Learned::Linkage(linkage) => return Ok(Some(*linkage)),
            Learned::Again(again) => again.look(&mut &bytes[..])?,
        };
    }
    panic!("it is looked at for ever");
}

#[test]
fn names_of_dlls_are_read() {
    for gap in [0, 100, 3 << 20] {
        let found = learned(&pe(0x8664, &["KERNEL32.dll", "c10.dll"], &["amdhip64_7.dll"], gap), 4096).unwrap().unwrap();
        assert_eq!((found.format, found.machine), (Format::Pe, Machine::X86_64));
        assert_eq!(found.needed, ["KERNEL32.dll", "c10.dll", "amdhip64_7.dll"]);
    }
    let found = learned(&pe(0xaa64, &[], &[], 0), 7).unwrap().unwrap();
    assert_eq!((found.machine, found.needed), (Machine::Aarch64, Vec::new()));
}

#[test]
fn absurd_tables_of_imports_are_errors() {
    let good = pe(0x8664, &["a.dll"], &[], 0);
    for (at, bytes, expected) in [
        (0x40 + 6, &[0xff, 0xff][..], "the number of its sections is 65535, more than the 1024 that are read"),
        (0x40 + 24 + 112 + 8, &[0xff; 4], "its table of imports is at an address that the file does not have"),
        (0x40 + 20, &[0xff, 0xff], "it ends before the end of its header"),
    ] {
        let mut bad = good.clone();
        bad[at..at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(learned(&bad, 64).unwrap_err().to_string(), expected);
    }
    assert_eq!(learned(&good[..good.len() - 4], 64).unwrap_err().to_string(), "the name of a library is no text");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_is_read_or_refused(
        is_elf: bool,
        gap in prop_oneof![Just(0usize), Just(1 << 20), Just(3 << 20)],
        changes in prop::collection::vec((0usize..700, any::<u8>()), 0..6),
        cut in prop::option::of(0usize..1000),
        piece in 1usize..100_000,
    ) {
        let mut bytes = if is_elf {
            elf(62, &["libc.so.6", "libamdhip64.so.7"], Some("$ORIGIN:/opt"))
        } else {
            pe(0x8664, &["KERNEL32.dll"], &["c10.dll"], gap)
        };
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(bytes.len().saturating_sub(cut));
        }
        if let Ok(Some(linkage)) = learned(&bytes, piece) {
            prop_assert!(linkage.needed.len() <= 512);
            prop_assert!(linkage.needed.iter().all(|name| name.len() <= 4096));
        }
    }

    #[test]
    fn how_it_is_cut_into_pieces_changes_nothing(piece in 1usize..5000, gap in 0usize..3000) {
        let bytes = pe(0x8664, &["KERNEL32.dll"], &["c10.dll"], gap);
        prop_assert_eq!(learned(&bytes, piece).unwrap(), learned(&bytes, usize::MAX).unwrap());
    }
}

/// What a linker for Windows wrote, as `objdump` reads it.
#[cfg(feature = "full")]
#[test]
fn what_mingw_links_is_read_as_objdump_reads_it() {
    use std::process::Command;

    use tests::{Sandbox, finish};

    let sandbox = Sandbox::new();
    sandbox.write("one.c", "__declspec(dllexport) int one(void) { return 1; }");
    sandbox.write(
        "two.c",
        "#include <stdio.h>\nint one(void);\n__declspec(dllexport) int two(void) { return puts(\"x\") + one(); }",
    );
    let gcc = |words: &[&str]| {
        let folder = sandbox.path("one.c");
        finish(Command::new("x86_64-w64-mingw32-gcc").current_dir(folder.parent().unwrap()).args(words)).expect(0);
    };
    gcc(&["-shared", "-o", "One.DLL", "one.c"]);
    gcc(&["-shared", "-o", "two.dll", "two.c", "One.DLL", "-lws2_32"]);
    let path = sandbox.path("two.dll");
    let dump = finish(Command::new("x86_64-w64-mingw32-objdump").arg("-p").arg(&path)).expect(0).stdout;
    let expected: Vec<&str> = dump.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: ")).collect();
    let found = learned(&std::fs::read(path).unwrap(), 4096).unwrap().unwrap();
    assert_eq!(found.needed, expected);
    assert!(expected.contains(&"One.DLL") && expected.contains(&"KERNEL32.dll"), "{expected:?}");
}
