//! What libraries need: a good wheel broken in exactly one way, and the code of that.

use tests::Sandbox;
use tests::library::elf;
use tests::miniature::Miniature;

use crate::audit::wheels::{TORCH, apex, audio, torch, vision};
use crate::audit::{codes, put};

const EXTRA: &str = "extra-1.0-cp312-cp312-linux_x86_64.whl";

fn with(library: impl Into<Vec<u8>>) -> Miniature {
    let mut wheel = torch();
    wheel.set("torch/lib/libtorch_cpu.so", library);
    wheel
}

#[test]
fn each_fault_of_a_library_has_its_code() {
    let mut broken = elf(62, &["libc.so.6"], None);
    broken[56..58].copy_from_slice(&u16::MAX.to_le_bytes());
    let nothing_required = Miniature::new(EXTRA, &[("extra/x.so", &elf(62, &["libamdhip64.so.7"], None))], &[]);
    let cases: [(&str, Miniature); 7] = [
        ("linkage", with(broken)),
        ("linkage", with(&b"\x7fELF\x02\x01\x01\0\0"[..])),
        ("wrong-machine", with(elf(183, &["libc.so.6"], None))),
        ("run-path-outside", with(elf(62, &[], Some("$ORIGIN:/opt/rocm/lib")))),
        ("library-missing", nothing_required),
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

#[test]
fn a_set_fits_together() {
    let mut other_torch = vision();
    other_torch.edit(&other_torch.dist_info("METADATA"), "torch==2.13.0", "torch==2.12.0");
    let mut undeclared = audio();
    undeclared.set("torchaudio/lib/libtorchaudio.so", elf(62, &["libtorch_hip.so"], None));
    let other = "apex-1.11.0+rocm7.13.0-cp312-cp312-linux_x86_64.whl";
    for (codes_expected, wheel) in [
        (&[][..], vision()),
        (&["set-mismatch"], other_torch),
        (&["library-undeclared"], undeclared),
        (&["set-mismatch"], apex(other, &[])),
    ] {
        let sandbox = Sandbox::new();
        put(&sandbox, TORCH, &torch().pack());
        put(&sandbox, &wheel.file, &wheel.pack());
        let (found, report) = codes(&sandbox, &[]);
        assert_eq!(found, codes_expected, "{report:#}");
    }
}
