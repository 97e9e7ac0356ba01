//! Files that somebody made to do harm, given to every command that reads one: an error, nothing written, never a panic.

use serde_json::{Value, json};
use tests::{Sandbox, finish};

use crate::manifests::examples::text;

/// Every way to have a file read. Where two are wanted, the other is in order.
const COMMANDS: [&[&str]; 7] = [
    &["show", "bad"],
    &["show", "bad", "--format", "json"],
    &["diff", "good.json", "bad"],
    &["diff", "bad", "good.json"],
    &["merge", "good.json", "bad", "-o", "out.json"],
    &["merge", "--index", "bad", "-o", "out.json"],
    &["export", "bad", "--format", "requirements", "-o", "out"],
];

/// What the commands say of these bytes; they say it alike, and do nothing else.
#[track_caller]
fn refusal(sandbox: &Sandbox, bytes: &[u8]) -> String {
    std::fs::write(sandbox.path("bad"), bytes).unwrap();
    let before = sandbox.snapshot();
    let mut said = Vec::new();
    for command in COMMANDS {
        let ended = finish(sandbox.xtask().arg("manifest").args(command));
        assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{command:?}\n{}", ended.stderr);
        said.push(sandbox.plain(&ended.stderr));
    }
    sandbox.assert_unchanged(&before);
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    let first = said[0].lines().next().unwrap();
    first.strip_prefix("error: cannot read `BOX/project/bad`: ").unwrap_or_else(|| panic!("{first}")).to_owned()
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("good.json", &text("complete.json"));
    sandbox
}

/// The complete build with one artifact's path.
fn with_path(path: &str) -> String {
    let mut manifest: Value = serde_json::from_str(&text("complete.json")).unwrap();
    manifest["artifacts"][0]["relative_path"] = json!(path);
    manifest.to_string()
}

#[test]
fn bytes_that_are_no_text() {
    let sandbox = sandbox();
    let complete = text("complete.json").into_bytes();
    let mut cases: Vec<Vec<u8>> = [
        &b"\xff"[..],
        b"\xfe\xff\0{\0}",
        b"\xff\xfe{\0}\0",
        b"{\"a\": \"\xc3\x28\"}",
        b"{\"a\": \"\xe2\x82\"}",
        b"{\"a\": \"\xed\xa0\x80\"}",
        b"{\"a\": \"\xf4\x90\x80\x80\"}",
        b"{\"a\": \"\xc0\xaf\"}",
        b"{\"\x80\": 1}",
        b"{}\xa0",
        b"\x1f\x8b\x08\0\0\0\0\0",
    ]
    .map(<[u8]>::to_vec)
    .into();
    cases.push([&complete[..], b"\xff"].concat());
    cases.push(complete.iter().map(|byte| if *byte == b':' { 0xba } else { *byte }).collect());
    for bytes in cases {
        assert_eq!(refusal(&sandbox, &bytes), "stream did not contain valid UTF-8", "{bytes:?}");
    }
}

#[test]
fn truncated_files() {
    let sandbox = sandbox();
    let complete = text("complete.json");
    for part in 0..12 {
        let said = refusal(&sandbox, &complete.as_bytes()[..complete.len() * part / 12]);
        assert!(said.starts_with("manifest is not JSON: EOF while parsing "), "{said}");
    }
}

#[test]
fn deep_nesting_and_huge_numbers() {
    let sandbox = sandbox();
    for open in ["[", "{\"a\":", "[{\"a\":", "{\"artifacts\":[", "{\"runs\":[{\"runs\":["] {
        let said = refusal(&sandbox, open.repeat(100_000).as_bytes());
        assert!(said.starts_with("manifest is not JSON: recursion limit exceeded at line 1 column "), "{said}");
    }
    let large = format!("{{\"a\": {}}}", "9".repeat(1 << 20));
    assert_eq!(refusal(&sandbox, large.as_bytes()), "manifest is not JSON: number out of range at line 1 column 1048582");
    assert_eq!(
        refusal(&sandbox, br#"{"artifacts": [{"size_bytes": 18446744073709551616}]}"#),
        "manifest does not fit schema version 1: invalid type: floating point `1.8446744073709552e+19`, expected u64 at line 1 column 50"
    );
}

#[test]
fn paths_that_leave_the_folder() {
    let sandbox = sandbox();
    for (path, problem) in [
        ("../../etc/passwd", "a component ends in a dot or a blank"),
        ("a/../../b.whl", "a component ends in a dot or a blank"),
        ("/etc/passwd", "it is absolute"),
        ("//host/share", "it is absolute"),
        ("C:/Windows/win.ini", "it holds a colon"),
        ("C:x", "it holds a colon"),
        (r"\\host\share\x", "it holds a backslash"),
        (r"..\x", "it holds a backslash"),
        ("NUL", "a component is a device on Windows"),
        ("a\n../b", "it holds a control character"),
    ] {
        let said = refusal(&sandbox, with_path(path).as_bytes());
        let shown = path.replace('\n', "\\n");
        let expected = format!(
            "manifest does not fit schema version 1: path `{shown}` is not a plain relative path: {problem} at line 1 column "
        );
        assert!(said.starts_with(&expected), "{said}");
        // The same in an index.
        let index = format!("{{\"schema_version\": 1, \"missing\": [], \"runs\": [{}]}}", with_path(path));
        std::fs::write(sandbox.path("index"), index).unwrap();
        let ended = sandbox.run(&["manifest", "show", "index"]).expect(3);
        assert!(ended.stderr.contains(&format!("path `{shown}` is not a plain relative path: {problem}")), "{}", ended.stderr);
    }
}
