//! `manifest diff`: what changed, and the gate.

use serde_json::{Value, json};
use tests::Sandbox;

use crate::manifests::examples::{refused, sandbox, write_changed};

/// Two builds: torch grew by a tenth and triton by a third; torch has another commit.
fn builds() -> Sandbox {
    let sandbox = sandbox();
    write_changed(&sandbox, "complete.json", "next.json", |manifest| {
        manifest["pytorch"]["commit"] = json!("9".repeat(40));
        for (wheel, size, digit) in [(1, 1100, "d"), (2, 400, "e")] {
            manifest["artifacts"][wheel]["size_bytes"] = json!(size);
            manifest["artifacts"][wheel]["sha256"] = json!(digit.repeat(64));
        }
    });
    sandbox
}

#[test]
fn as_text_and_json() {
    let sandbox = builds();
    let text = sandbox.run(&["manifest", "diff", "complete.json", "next.json"]).expect(0);
    let (ones, nines) = ("1".repeat(40), "9".repeat(40));
    let expected = format!(
        "sources\n  pytorch: {ones} -> {nines}, https://github.com/pytorch/pytorch/compare/{ones}...{nines}\n\
         wheels\n  torch: 1000 -> 1100 bytes (+10.0 %), other contents\n  triton: 300 -> 400 bytes (+33.3 %), other contents\n"
    );
    assert_eq!((text.stdout.as_str(), text.stderr.as_str()), (expected.as_str(), ""));
    let json = sandbox.run(&["manifest", "diff", "complete.json", "next.json", "--format", "json"]).expect(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["sources"][0]["compare_url"], json!(format!("https://github.com/pytorch/pytorch/compare/{ones}...{nines}")));
    assert_eq!((&json["wheels"][1]["name"], &json["wheels"][1]["after"]["size_bytes"]), (&json!("triton"), &json!(400)));
    assert_eq!(json["options"], json!([]));
}

#[test]
fn nothing_differs() {
    let sandbox = builds();
    let same = ["manifest", "diff", "next.json", "next.json", "--max-size-growth", "0"];
    assert_eq!(sandbox.run(&same).expect(0).stdout, "no difference\n");
    let json = sandbox.run(&[&same[..], &["--format", "json"]].concat()).expect(0).stdout;
    let nothing = json!({"sources": [], "values": [], "wheels": [], "rocm": [], "toolchain": [], "options": []});
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), nothing);
}

/// The differences are told all the same; every wheel that grew too much is an error.
#[test]
fn the_gate() {
    let sandbox = builds();
    let hint = "hint: find out what made it larger, or allow more by `--max-size-growth`\n";
    let torch = |max: &str| format!("error: `torch` grew from 1000 to 1100 bytes, +10.0 %, and {max} is allowed\n");
    let triton = |max: &str| format!("error: `triton` grew from 300 to 400 bytes, +33.3 %, and {max} is allowed\n");
    for (max, code, expected) in [
        ("5%", 5, torch("5 %") + &triton("5 %") + hint),
        ("9.999", 5, torch("9.999 %") + &triton("9.999 %") + hint),
        ("10%", 5, triton("10 %") + hint),
        ("33.334%", 0, String::new()),
    ] {
        for format in ["text", "json"] {
            let ended =
                sandbox.run(&["manifest", "diff", "complete.json", "next.json", "--max-size-growth", max, "--format", format]);
            let ended = ended.expect(code);
            assert_eq!(ended.stderr, expected);
            assert!(ended.stdout.contains("triton"), "{}", ended.stdout);
        }
    }
    // The other way round everything became smaller.
    sandbox.run(&["manifest", "diff", "next.json", "complete.json", "--max-size-growth", "0%"]).expect(0);
}

#[test]
fn refusals() {
    let sandbox = builds();
    let percentage = "is not a percentage from 0 up with at most three decimals, such as `5%` or `2.5%`";
    for max in ["", "five", "-5%", "1e9", "NaN", "5%%"] {
        let flag = format!("--max-size-growth={max}");
        // Told before any file is looked at.
        let expected = format!("error: invalid value for `--max-size-growth`: `{max}` {percentage}");
        refused(&sandbox, 2, &[(&["manifest", "diff", "none", "none", &flag], &expected)]);
    }
    refused(
        &sandbox,
        2,
        &[(
            &["manifest", "diff", "", "a\tb"],
            "error: invalid value for `A`: the path is empty\nhint: give the path of a file or folder\n\
             error: invalid value for `B`: the path \"a\\tb\" has a control character in it\nhint: give the path of a file or folder",
        )],
    );
    refused(
        &sandbox,
        3,
        &[(
            &["manifest", "diff", "none.json", "index.json"],
            "error: cannot read `BOX/project/none.json`: No such file or directory (os error 2)\nhint: look whether the path is right\n\
             error: cannot read `BOX/project/index.json`: it is an index of several manifests, with `runs`, not one manifest\n\
             hint: take the one that you want out of its `runs`",
        )],
    );
}
