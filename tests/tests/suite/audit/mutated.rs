//! What becomes of the pass over a wheel when the wheel's bytes are anything.

use proptest::prelude::*;
use tests::miniature::{Field, Header, patch};
use tests::{Sandbox, finish};
use xtask::audit::Code;

use crate::audit::put;
use crate::audit::wheels::{TORCH, torch};

/// How a wheel is changed.
#[derive(Clone, Debug)]
enum Change {
    /// A byte somewhere.
    Byte(prop::sample::Index, u8),
    /// A byte among the last ones, where the list of members and its end are.
    Late(prop::sample::Index, u8),
    /// Four bytes, as a size or an offset may be.
    Number(prop::sample::Index, u32),
    /// A field of a header of a member.
    Field(Field, Vec<u8>),
    /// Nothing from there on.
    Cut(prop::sample::Index),
    /// A part once more, somewhere else.
    Copy(prop::sample::Index, prop::sample::Index, u16),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let number = prop_oneof![any::<u32>(), Just(u32::MAX), Just(0), Just(0xffff), 0u32..100_000];
    let field = prop::sample::select(vec![Field::FLAGS, Field::METHOD, Field::CRC, Field::SIZES, Field::NAME]);
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Late(at, byte)),
        (at(), number).prop_map(|(at, number)| Change::Number(at, number)),
        (field, prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(field, bytes)| Change::Field(field, bytes)),
        at().prop_map(Change::Cut),
        (at(), at(), any::<u16>()).prop_map(|(from, to, size)| Change::Copy(from, to, size)),
    ]
}

/// The wheel after all changes.
fn changed(changes: Vec<Change>) -> Vec<u8> {
    let mut bytes = torch().pack();
    // Fields are found by their headers, so they come first.
    for change in &changes {
        if let Change::Field(field, value) = change {
            let known = torch().pack();
            let mut patched = known.clone();
            patch(&mut patched, "torch/cuda.py", Header::Both, *field, value);
            for (at, byte) in patched.iter().enumerate().filter(|(at, byte)| known[*at] != **byte) {
                bytes[at] = *byte;
            }
        }
    }
    for change in changes {
        if bytes.len() < 8 {
            break;
        }
        let size = bytes.len();
        match change {
            Change::Byte(at, byte) => bytes[at.index(size)] = byte,
            Change::Late(at, byte) => bytes[size - 1 - at.index(size.min(800))] = byte,
            Change::Number(at, number) => {
                let at = at.index(size - 4);
                bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
            }
            Change::Field(..) => {}
            Change::Cut(at) => bytes.truncate(at.index(size)),
            Change::Copy(from, to, count) => {
                let from = from.index(size);
                let part = bytes[from..size.min(from + usize::from(count))].to_vec();
                bytes.splice(to.index(size)..to.index(size), part);
            }
        }
    }
    bytes
}

proptest! {
    // Each case starts the tool.
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_read_or_it_is_a_finding(changes in prop::collection::vec(change(), 1..5)) {
        let good = torch().pack();
        let bytes = changed(changes);
        let sandbox = Sandbox::new();
        put(&sandbox, TORCH, &bytes);
        let ended = finish(sandbox.xtask().args(["audit", "dist", "--format", "json"]));
        let report: serde_json::Value = serde_json::from_str(&ended.stdout).map_err(|_| TestCaseError::fail(format!("{ended:?}")))?;
        let findings = report["findings"].as_array().unwrap();
        let codes: Vec<&str> = findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
        prop_assert!(codes.iter().all(|code| Code::parse(code).is_ok()), "{codes:?}");
        let fails = findings.iter().any(|finding| finding["severity"] == "error");
        prop_assert_eq!(ended.code, if fails { 5 } else { 0 }, "{}", ended.stderr);
        prop_assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        if bytes == good {
            prop_assert_eq!(codes, Vec::<&str>::new());
        }
    }
}
