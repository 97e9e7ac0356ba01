//! What libraries need: a good wheel broken in exactly one way, and the code of that.

use tests::Sandbox;
use tests::library::elf;
use tests::miniature::Miniature;

use crate::wheels::{TORCH, torch};
use crate::{codes, put};

const OTHER: &str = "other-1.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";

fn with(library: impl Into<Vec<u8>>) -> Miniature {
    let mut wheel = torch();
    wheel.set("torch/lib/libtorch_cpu.so", library);
    wheel
}

#[test]
fn each_fault_of_a_library_has_its_code() {
    let mut broken = elf(62, &["libc.so.6"], None);
    broken[56..58].copy_from_slice(&u16::MAX.to_le_bytes());
    let lonely = elf(62, &["libamdhip64.so.7"], None);
    let lonely = Miniature::new(OTHER, &[("other/__init__.py", b""), ("other/_C.so", &lonely)], &[]);
    let cases: [(&str, Miniature); 7] = [
        ("linkage", with(broken)),
        ("linkage", with(&b"\x7fELF\x02\x01\x01\0\0"[..])),
        ("wrong-machine", with(elf(183, &["libc.so.6"], None))),
        ("run-path-outside", with(elf(62, &[], Some("$ORIGIN:/opt/rocm/lib")))),
        ("library-missing", lonely),
        ("library-of-system", with(elf(62, &["libgomp.so.1"], None))),
        ("library-unproven", with(elf(62, &["libamdhip64.so.7"], None))),
    ];
    for (code, wheel) in cases {
        let sandbox = Sandbox::new();
        put(&sandbox, &wheel.file, &wheel.pack());
        let (found, report) = codes(&sandbox, &[]);
        assert_eq!(found, [code], "{report:#}");
    }
}

fn other(requires: &[&str]) -> Miniature {
    let extension = elf(62, &["libtorch_hip.so"], None);
    Miniature::new(OTHER, &[("other/__init__.py", b""), ("other/_C.so", &extension)], requires)
}

#[test]
fn a_set_fits_together() {
    for (codes_expected, wheel) in [
        (&[][..], other(&["Requires-Dist: torch==2.13.0+rocm7.14.0"])),
        (&["set-mismatch"], other(&["Requires-Dist: torch==2.12.0"])),
        (&["library-undeclared"], other(&[])),
    ] {
        let sandbox = Sandbox::new();
        put(&sandbox, TORCH, &torch().pack());
        put(&sandbox, OTHER, &wheel.pack());
        let (found, report) = codes(&sandbox, &[]);
        assert_eq!(found, codes_expected, "{report:#}");
    }
    let sandbox = Sandbox::new();
    put(&sandbox, TORCH, &torch().pack());
    let elsewhere = OTHER.replace("7.14.0", "7.13.0");
    put(&sandbox, &elsewhere, &Miniature::new(&elsewhere, &[("other/__init__.py", b"")], &[]).pack());
    assert_eq!(codes(&sandbox, &[]).0, ["set-mismatch"]);
}
