//! Libraries that a linker wrote, and those that none would.

use std::io::{BufReader, Read};
use std::path::Path;
use std::process::Command;

use super::*;
use crate::audit::linkage::{Format, Machine};

/// What is learned of a file, and how often it was looked at again.
fn learned(bytes: &[u8]) -> Result<(Option<Linkage>, usize), LinkageError> {
    let mut capture = Capture::new(BufReader::with_capacity(3000, bytes));
    io::copy(&mut capture, &mut io::sink())?;
    let mut learned = capture.into_parts().1.end()?;
    let mut looks = 0;
    loop {
        learned = match learned {
            Learned::Nothing => return Ok((None, looks)),
            Learned::Linkage(linkage) => return Ok((Some(*linkage), looks)),
            Learned::Again(again) => again.look(&mut &bytes[..])?,
        };
        looks += 1;
    }
}

fn linkage(bytes: &[u8]) -> Linkage {
    learned(bytes).unwrap().0.unwrap()
}

#[allow(clippy::disallowed_methods, reason = "a compiler makes what is read")]
fn gcc(folder: &Path, name: &str, source: &str, args: &[&str]) -> Vec<u8> {
    let (input, output) = (folder.join("source.c"), folder.join(name));
    std::fs::write(&input, source).unwrap();
    let mut command = Command::new("gcc");
    command.args(["-shared", "-fPIC", "-o"]).arg(&output).arg(&input).arg("-L").arg(folder).args(args);
    assert!(command.status().unwrap().success());
    std::fs::read(output).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "a judge is asked")]
fn readelf(path: &Path) -> (Vec<String>, Vec<String>, Option<String>) {
    let output = Command::new("readelf").args(["-dW"]).arg(path).env("LC_ALL", "C").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let of = |tag: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains(tag));
        lines.map(|line| line.split_once('[').unwrap().1.trim_end_matches(']').to_owned()).collect()
    };
    let paths = [of("(RPATH)"), of("(RUNPATH)")].concat();
    (of("(NEEDED)"), paths.iter().flat_map(|path| path.split(':')).map(str::to_owned).collect(), of("(SONAME)").pop())
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_linker_wrote_is_read_as_readelf_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    gcc(folder, "libinner.so", "int inner(void) { return 1; }", &["-Wl,-soname,libinner.so.4"]);
    let source = "int inner(void); int outer(void) { return inner(); }";
    // Larger than what is kept of the beginning, before the table of names and after it.
    let large = format!("{source} const char data[3000000] = {{1}}; char zeros[100] = {{2}};");
    let cases: [(&str, &str, &[&str]); 5] = [
        ("plain.so", source, &["-linner"]),
        ("rpath.so", source, &["-linner", "-Wl,--disable-new-dtags,-rpath,$ORIGIN/lib:/opt/rocm/lib"]),
        ("runpath.so", source, &["-linner", "-Wl,--enable-new-dtags,-rpath,$ORIGIN"]),
        ("alone.so", "int alone;", &["-nostdlib"]),
        ("large.so", &large, &["-linner", "-lm", "-Wl,--no-as-needed,-rpath,/build/lib"]),
    ];
    for (name, source, args) in cases {
        let (found, looks) = learned(&gcc(folder, name, source, args)).unwrap();
        let found = found.unwrap();
        assert_eq!((found.needed, found.run_paths, found.soname), readelf(&folder.join(name)), "{name}");
        assert_eq!((found.format, looks), (Format::Elf, 0), "{name}");
    }
}

/// A 64-bit little-endian library whose table of names is at `strings`, and whose dynamic section is at `dynamic`.
fn elf(machine: u16, strings: usize, dynamic: usize, size: usize) -> Vec<u8> {
    let names = b"\0libneeded.so.1\0$ORIGIN:/opt/lib\0libself.so\0";
    let mut file = vec![0; size];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &3u16.to_le_bytes());
    put(18, &machine.to_le_bytes());
    put(32, &64u64.to_le_bytes());
    put(54, &56u16.to_le_bytes());
    put(56, &2u16.to_le_bytes());
    let base = 0x1000u64;
    for (index, kind, offset, length) in [(0, 1u32, 0, size), (1, 2, dynamic, 6 * 16)] {
        let at = 64 + 56 * index;
        put(at, &kind.to_le_bytes());
        put(at + 8, &(offset as u64).to_le_bytes());
        put(at + 16, &(base + offset as u64).to_le_bytes());
        put(at + 32, &(length as u64).to_le_bytes());
    }
    let entries = [(1u64, 1u64), (5, base + strings as u64), (10, names.len() as u64), (29, 16), (14, 33), (0, 0)];
    for (index, (tag, value)) in entries.iter().enumerate() {
        put(dynamic + 16 * index, &tag.to_le_bytes());
        put(dynamic + 16 * index + 8, &value.to_le_bytes());
    }
    put(strings, names);
    file
}

#[test]
fn names_are_found_wherever_they_are() {
    const MIB: usize = 1 << 20;
    for (strings, dynamic, looks) in [
        (0x400, 0x800, 0),
        (0x400, 3 * MIB, 0),
        (3 * MIB, 0x400, 0),
        (2 * MIB, 3 * MIB, 1),
        (3 * MIB, 2 * MIB, 0),
        (3 * MIB, MIB - 20, 2),
        (MIB - 5, 0x400, 1),
        (4 * MIB - 44, 2 * MIB, 0),
    ] {
        let (found, looked) = learned(&elf(62, strings, dynamic, 4 * MIB)).unwrap();
        let expected = Linkage {
            format: Format::Elf,
            machine: Machine::X86_64,
            soname: Some("libself.so".to_owned()),
            needed: vec!["libneeded.so.1".to_owned()],
            run_paths: vec!["$ORIGIN".to_owned(), "/opt/lib".to_owned()],
        };
        assert_eq!((found, looked), (Some(expected), looks), "{strings:#x} {dynamic:#x}");
    }
}

#[test]
fn machines_are_told_apart_and_those_of_gpus_passed_over() {
    assert_eq!(linkage(&elf(183, 0x400, 0x800, 0x1000)).machine, Machine::Aarch64);
    assert_eq!(linkage(&elf(21, 0x400, 0x800, 0x1000)).machine, Machine::Other(21));
    for bytes in [&elf(224, 0x400, 0x800, 0x1000)[..], b"MZ is how this text begins", b"", b"M", b"\x7fE", b"import torch\n"] {
        assert_eq!(learned(bytes).unwrap(), (None, 0));
    }
    let mut object = elf(62, 0x400, 0x800, 0x1000);
    object[16] = 1;
    assert_eq!(learned(&object).unwrap(), (None, 0));
}

#[test]
fn absurd_headers_are_errors() {
    let with = |at: usize, bytes: &[u8]| {
        let mut file = elf(62, 0x400, 0x800, 0x1000);
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let most = &u64::MAX.to_le_bytes()[..];
    let cases = [
        (b"\x7fELF\x02\x01".to_vec(), "it ends before the ELF header"),
        (elf(62, 0x400, 0x800, 0x1000)[..0x810].to_vec(), "it ends before the end of its dynamic section"),
        (with(56, &[0xff, 0xff]), "the number of its program headers is 65535, more than the 512 that are read"),
        (with(54, &[0xff, 0xff]), "a program header has 65535 bytes, not 56"),
        (with(32, most), "the end of its program headers is at an address that the file does not have"),
        (with(64 + 56 + 32, most), "the size of its dynamic section is 18446744073709551615, more than the 65536 that are read"),
        (with(64 + 56 + 8, most), "the end of its dynamic section is at an address that the file does not have"),
        (with(0x808, most), "a name in its dynamic section is at an address that the file does not have"),
        (with(0x818, most), "the table of names is at an address that the file does not have"),
        (with(0x401, &[0xff]), "a name in its dynamic section is no text"),
    ];
    for (file, expected) in cases {
        assert_eq!(learned(&file).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_file_that_is_broken_off_says_so() {
    let mut broken = BufReader::new(elf(62, 2 << 20, 3 << 20, 4 << 20).leak().chain(Broken));
    let mut capture = Capture::new(&mut broken);
    assert!(io::copy(&mut capture, &mut io::sink()).is_err());
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::InvalidData.into())
    }
}
