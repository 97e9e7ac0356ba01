//! Archives as Python makes them, and hostile ones.

use std::io::Write;

use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::{LIMIT, requires_dist, values};

const METADATA: &str = "Metadata-Version: 2.4\nName: torch\nVersion: 2.13.0\nRequires-Dist: filelock\nrequires-dist:  triton==3.7.0; \
                        platform_system == \"Linux\" \nRequires-Dist: sympy>=1.13.3\nProvides-Extra: a\n\nRequires-Dist: body\n";

const NAME: &str = "torch-2.13.0.dist-info/METADATA";

fn zip(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let (mut entry, config) = archive.new_file(*name).compression_method(method).start().unwrap();
        let packed = match method {
            CompressionMethod::DEFLATE => miniz_oxide::deflate::compress_to_vec(content, 6),
            _ => content.to_vec(),
        };
        let mut counted = config.wrap(std::io::sink());
        counted.write_all(content).unwrap();
        let (_, descriptor) = counted.finish().unwrap();
        entry.write_all(&packed).unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    requires_dist(file).map_err(|error| error.to_string())
}

/// The archive with one byte string replaced everywhere by another of the same length.
fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn wheels_differ_in_what_they_list() {
    let file = |files: &[(&str, &[u8])], method| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&zip(files, method)).unwrap();
        file
    };
    let one: &[(&str, &[u8])] = &[("same", b"x"), ("changed", b"1"), ("grown", b""), ("gone", b"")];
    let other: &[(&str, &[u8])] = &[("same", b"x"), ("grown", b"2"), ("changed", b"2"), ("new", b"")];
    let differing = |one, other| crate::inspect::members::differing(one, other).map_err(|error| error.to_string());
    let (store, deflate) = (CompressionMethod::STORE, CompressionMethod::DEFLATE);
    let expected = ["changed", "gone", "grown", "new"].map(str::to_owned).to_vec();
    assert_eq!(differing(file(one, store), file(other, deflate)), Ok(expected));
    assert_eq!(differing(file(one, store), file(one, deflate)), Ok(vec![]), "however they are packed");
    assert!(differing(file(one, store), tempfile::tempfile().unwrap()).unwrap_err().starts_with("it is no zip archive"));
}

#[test]
fn requirements_of_whole_wheels() {
    let expected = ["filelock", "triton==3.7.0; platform_system == \"Linux\"", "sympy>=1.13.3"].map(str::to_owned).to_vec();
    for method in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
        let files: &[(&str, &[u8])] = &[
            ("torch/a.dist-info/METADATA", b"Requires-Dist: vendored"),
            ("torch/__init__.py", b""),
            (NAME, METADATA.as_bytes()),
            ("torch-2.13.0.dist-info/RECORD", b""),
        ];
        assert_eq!(read(&zip(files, method)), Ok(expected.clone()));
        assert_eq!(read(&zip(&[(NAME, b"Name: torch\n")], method)), Ok(Vec::new()));
    }
}

#[test]
fn header_fields() {
    let table: [(&str, &[&str]); 6] = [
        ("", &[]),
        ("A: x\r\nB: y\r\n\r\nA: z", &["x"]),
        ("A: x\n  y\n\tz\nB: u\n v\nA:w", &["x y z", "w"]),
        (" A: x\nA", &[""]),
        ("a: 1\nA : 2\nAA: 3", &["1"]),
        ("A: x: y", &["x: y"]),
    ];
    for (text, expected) in table {
        assert_eq!(values(text, "a"), expected, "{text}");
    }
}

#[test]
fn hostile_archives() {
    let bomb = vec![b'x'; LIMIT as usize + 1];
    let plain = zip(&[(NAME, METADATA.as_bytes())], CompressionMethod::STORE);
    let packed = zip(&[(NAME, METADATA.as_bytes())], CompressionMethod::DEFLATE);
    let central = packed.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    let at = |offset: usize, value: &[u8]| {
        let mut bytes = packed.clone();
        bytes[central + offset..central + offset + value.len()].copy_from_slice(value);
        bytes
    };
    let no_zip = "it is no zip archive that can be read: ";
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("an empty file", Vec::new(), no_zip),
        ("no archive", b"<html>".repeat(1000), no_zip),
        ("cut short", packed[..packed.len() - 30].to_vec(), no_zip),
        ("an empty archive", zip(&[], CompressionMethod::STORE), "it has 0 files `*.dist-info/METADATA`, not one"),
        ("no metadata", zip(&[("x/METADATA", b"")], CompressionMethod::STORE), "it has 0 files `*.dist-info/METADATA`, not one"),
        (
            "the same file twice",
            zip(&[(NAME, b"A: x"), (NAME, b"A: y")], CompressionMethod::STORE),
            "it has 2 files `*.dist-info/METADATA`, not one",
        ),
        (
            "two packages",
            zip(&[(NAME, b"A: x"), ("b-1.dist-info/METADATA", b"A: y")], CompressionMethod::STORE),
            "it has 2 files `*.dist-info/METADATA`, not one",
        ),
        ("a bomb", zip(&[(NAME, &bomb)], CompressionMethod::DEFLATE), "its `METADATA` has more than 4194304 bytes"),
        ("a large one", zip(&[(NAME, &bomb)], CompressionMethod::STORE), "its `METADATA` has more than 4194304 bytes"),
        ("encrypted", at(8, &[9, 0]), "its `METADATA` is encrypted"),
        ("another method", at(10, &[93, 0]), "its `METADATA` is packed by a method other than deflate"),
        ("a wrong offset", at(42, &[200, 0, 0, 0]), no_zip),
        ("an offset beyond the end", at(42, &[0xf0, 0xff, 0xff, 0x7f]), no_zip),
        ("a size beyond the end", at(20, &[0xff, 0xff, 0x3f, 0]), "its `METADATA` cannot be unpacked"),
        ("a wrong size", at(24, &[1, 0, 0, 0]), "its `METADATA` is not what the archive says of it: "),
        ("a wrong checksum", at(16, &[1, 2, 3, 4]), "its `METADATA` is not what the archive says of it: "),
        ("a bomb that says it is none", liar(&bomb), "its `METADATA` cannot be unpacked"),
        ("another content", patched(&plain, b"filelock", b"evillock"), "its `METADATA` is not what the archive says of it: "),
        ("not UTF-8", zip(&[(NAME, b"Requires-Dist: \xff")], CompressionMethod::STORE), "its `METADATA` is not UTF-8"),
    ];
    for (what, bytes, expected) in table {
        let error = read(&bytes).expect_err(what);
        assert!(error.starts_with(expected), "{what}: {error}");
    }
}

/// A packed file whose header names a small size.
fn liar(content: &[u8]) -> Vec<u8> {
    let mut bytes = zip(&[(NAME, content)], CompressionMethod::DEFLATE);
    let central = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    bytes[central + 24..central + 28].copy_from_slice(&[1, 0, 0, 0]);
    bytes
}

/// Whatever a byte becomes, and wherever the file ends: an answer, and quickly.
#[test]
fn damaged_archives_never_panic() {
    let bytes = zip(&[("torch/__init__.py", b"x"), (NAME, METADATA.as_bytes())], CompressionMethod::DEFLATE);
    for at in 0..bytes.len() {
        let _ = read(&bytes[..at]);
        for value in [0, 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            let _ = read(&damaged);
        }
    }
}
