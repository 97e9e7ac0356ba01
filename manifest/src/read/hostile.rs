//! Files that somebody made to do harm, class by class, with the text that each gets. None may panic, and none that names
//! a path outside of the folder may be read.

use serde_json::{Value, json};

use super::kind;
use crate::index::Index;
use crate::model::Manifest;

const BUILD: &str = include_str!("../../schema/examples/incomplete.json");
const INDEX: &str = include_str!("../../schema/examples/index.json");

fn refusal(text: &str) -> String {
    Manifest::parse(text).unwrap_err().to_string()
}

/// What becomes of a manifest with one artifact of this path: line 2 is nothing but the path.
fn path_refusal(path: &str) -> String {
    let path = json!(path).to_string();
    let text = format!(
        "{{\"artifacts\": [{{\"size_bytes\": 1, \"sha256\": \"{}\", \"labels\": {{\"framework\": \"\", \"build_variant\": \"\"}}, \"relative_path\":\n{path}}}]}}",
        "0".repeat(64)
    );
    let prefix = "manifest does not fit schema version 1: path `";
    let end = format!(" at line 2 column {}", path.len() + 1);
    let refusal = refusal(&text);
    let middle = refusal.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(&end));
    middle.unwrap_or_else(|| panic!("{refusal}")).replace("` is not a plain relative path: ", " | ")
}

#[test]
fn paths_upwards() {
    for path in [
        "..",
        "../",
        "../a.whl",
        "../../a.whl",
        "a/../../b.whl",
        "a/..",
        "./../a.whl",
        ".",
        "./a.whl",
        "a/./b.whl",
        "a/.../b.whl",
        "..../a.whl",
        ".. /a.whl",
        "a/.. ./b.whl",
        "../../../../etc/passwd",
    ] {
        let problem = if path == "../" { "a component is empty" } else { "a component ends in a dot or a blank" };
        assert_eq!(path_refusal(path), format!("{path} | {problem}"));
    }
    for path in [r"..\a.whl", r"a\..\b.whl", r"..\..\Windows\win.ini", r".\a.whl", r"a/..\b.whl"] {
        assert_eq!(path_refusal(path), format!("{path} | it holds a backslash"));
    }
}

#[test]
fn absolute_paths() {
    for path in [
        "/",
        "/a.whl",
        "//a.whl",
        "/etc/passwd",
        "/../a.whl",
        "//host/share/a.whl",
        "/dev/null",
        "/proc/self/mem",
        "/a:b",
        "/ a",
        "/\\a",
    ] {
        assert_eq!(path_refusal(path), format!("{path} | it is absolute"));
    }
    assert_eq!(path_refusal(""), " | it is empty");
}

#[test]
fn drives_devices_and_streams() {
    for path in [
        "C:",
        "C:a.whl",
        "C:/a.whl",
        "c:/Windows/win.ini",
        "Z:../a.whl",
        "a.whl:stream",
        "a.whl::$DATA",
        "file:a",
        "file:///etc/passwd",
        "http://x/a.whl",
        "a/b:c",
    ] {
        assert_eq!(path_refusal(path), format!("{path} | it holds a colon"));
    }
    for path in [r"\a.whl", r"\\host\share\a.whl", r"\\?\C:\a.whl", r"\\.\PhysicalDrive0", r"C:\a.whl", r"\??\C:\a"] {
        assert_eq!(path_refusal(path), format!("{path} | it holds a backslash"));
    }
    for path in [
        "NUL",
        "nul",
        "CON.whl",
        "aux.tar.gz",
        "a/PRN",
        "prn/a",
        "COM1",
        "com9.whl",
        "LPT0",
        "lpt³",
        "CONIN$",
        "conout$.x",
        "nul .whl",
    ] {
        assert_eq!(path_refusal(path), format!("{path} | a component is a device on Windows"));
    }
    for (path, shown) in
        [("a\0.whl", r"a\u{0}.whl"), ("a\n../b", r"a\n../b"), ("\u{1b}[2J", r"\u{1b}[2J"), ("a\u{85}b", r"a\u{85}b")]
    {
        assert_eq!(path_refusal(path), format!("{shown} | it holds a control character"));
    }
}

#[test]
fn deep_nesting() {
    const TOO_DEEP: &str = "manifest is not JSON: recursion limit exceeded at line 1 column ";
    let depth = 200_000;
    let table = [
        ("[".repeat(depth), 128),
        ("{\"a\":".repeat(depth), 636),
        (format!("{}{}", "[".repeat(depth), "]".repeat(depth)), 128),
        (format!("{{\"a\":{}{}}}", "[".repeat(128), "]".repeat(128)), 132),
        ("[{\"a\":".repeat(depth), 380),
        (format!("{{\"artifacts\":{}", "[".repeat(depth)), 140),
        (format!("{{\"pytorch\":{}", "{\"repo\":".repeat(depth)), 1020),
        (format!("{{\"ci\":{{\"matrix\":{}", "[".repeat(depth)), 142),
        (format!("{{\"options\":[{{\"value\":{}", "{\"\":".repeat(depth)), 518),
        (format!("{{\"schema_version\":{}", "[".repeat(depth)), 145),
        (format!("{{\"extra\":[{}", "[[],".repeat(depth)), 508),
        (format!("{}{{\"schema_version\":2}}", " ".repeat(depth) + &"[".repeat(depth)), depth + 128),
    ];
    for (text, column) in table {
        assert_eq!(refusal(&text), format!("{TOO_DEEP}{column}"));
    }
    let text = format!("{{\"a\":{}{}}}", "[".repeat(126), "]".repeat(126));
    assert_eq!(Manifest::parse(&text).unwrap().to_json().matches('[').count(), 126);
}

#[test]
fn huge_numbers() {
    let job = |end: &str| format!("{{\"jobs\": [{{\"project\": \"apex\", \"status\": \"built\", \"reason\": \"\", {end}}}]}}");
    let size = |size: &str| format!("{{\"artifacts\": [{{\"size_bytes\": {size}}}]}}");
    let fit = |cause: &str| format!("manifest does not fit schema version 1: {cause}");
    let json = |cause: &str| format!("manifest is not JSON: {cause}");
    let table = [
        (size("1e999"), json("number out of range at line 1 column 35")),
        (size("-1e999"), json("number out of range at line 1 column 36")),
        (size(&"9".repeat(400)), json("number out of range at line 1 column 430")),
        (size("1e20"), fit("invalid type: floating point `1e+20`, expected u64 at line 1 column 34")),
        (
            size("18446744073709551616"),
            fit("invalid type: floating point `1.8446744073709552e+19`, expected u64 at line 1 column 50"),
        ),
        (
            size("-9223372036854775809"),
            fit("invalid type: floating point `-9.223372036854776e+18`, expected u64 at line 1 column 50"),
        ),
        (size("-1"), fit("invalid value: integer `-1`, expected u64 at line 1 column 32")),
        (size("-0"), fit("invalid type: floating point `-0.0`, expected u64 at line 1 column 32")),
        (size("1.0"), fit("invalid type: floating point `1.0`, expected u64 at line 1 column 33")),
        (size("01"), json("invalid number at line 1 column 32")),
        (size("0x10"), json("expected `,` or `}` at line 1 column 32")),
        (size("Infinity"), json("expected value at line 1 column 31")),
        (
            job("\"seconds\": 1e300"),
            fit(
                "`seconds` is not a duration: cannot convert float seconds to Duration: value is either too big or NaN at line 1 column 80",
            ),
        ),
        (
            job("\"seconds\": -1e-300"),
            fit("`seconds` is not a duration: cannot convert float seconds to Duration: value is negative at line 1 column 82"),
        ),
        (job("\"peak_memory_bytes\": 1e19"), fit("invalid type: floating point `1e+19`, expected u64 at line 1 column 88")),
        (
            job("\"failure\": {\"exit_code\": 2147483648}"),
            fit("invalid value: integer `2147483648`, expected i32 at line 1 column 98"),
        ),
        (
            "{\"schema_version\": 1e0}".to_owned(),
            "unsupported `schema_version` `1.0`: this reader knows only the integer 1".to_owned(),
        ),
        (
            "{\"schema_version\": 18446744073709551617}".to_owned(),
            "unsupported `schema_version` `1.8446744073709552e+19`: this reader knows only the integer 1".to_owned(),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refusal(&text), expected, "{text}");
    }
    let manifest = Manifest::parse(r#"{"x": 18446744073709551615, "y": 1e-999, "z": 123456789012345678901234567890}"#).unwrap();
    assert_eq!(
        manifest.to_json(),
        "{\n  \"schema_version\": 1,\n  \"x\": 18446744073709551615,\n  \"y\": 0.0,\n  \"z\": 1.2345678901234568e+29\n}\n"
    );
}

#[test]
fn duplicate_keys() {
    let commit = "a".repeat(40);
    let entry = |fields: &str| format!("{{\"apex\": {{\"repo\": \"r\", \"commit\": \"{commit}\", {fields}}}}}");
    let twice = |key: &str, value: &str| format!("{{\"{key}\": {value}, \"{key}\": {value}}}");
    let source = format!("{{\"repo\": \"r\", \"commit\": \"{commit}\"}}");
    let table = [
        (twice("schema_version", "1"), "schema_version", 38),
        (twice("status", "\"failed\""), "status", 29),
        (twice("artifacts", "[]"), "artifacts", 29),
        (twice("pytorch", &source), "pytorch", 90),
        (twice("ci", "null"), "ci", 17),
        (twice("run_id", "\"1\""), "run_id", 24),
        (twice("jobs", "[]"), "jobs", 19),
        (twice("gfx_targets", "[]"), "gfx_targets", 33),
        (entry("\"repo\": \"s\""), "repo", 83),
        (entry("\"commit\": \"s\""), "", 0),
        (entry("\"dirty\": null, \"dirty\": null"), "dirty", 99),
        ("{\"missing\": [{\"project\": \"apex\", \"project\": \"apex\"}]}".to_owned(), "project", 42),
        ("{\"therock\": {\"ref\": \"a\", \"ref\": \"b\"}}".to_owned(), "ref", 30),
        ("{\"artifacts\": [{\"size_bytes\": 1, \"size_bytes\": 2}]}".to_owned(), "size_bytes", 45),
        ("{\"artifacts\": [{\"labels\": {\"version\": \"1\", \"version\": \"2\"}}]}".to_owned(), "version", 52),
    ];
    for (text, key, column) in table {
        let expected = match key {
            // The entries are looked at first, and there the last of two counts.
            "" => "manifest entry `apex`: commit `s` is not 40 or 64 lower-case hexadecimal digits".to_owned(),
            key => format!("manifest does not fit schema version 1: duplicate field `{key}` at line 1 column {column}"),
        };
        assert_eq!(refusal(&text), expected, "{text}");
    }
}

#[test]
fn truncated_at_every_byte() {
    let end = BUILD.trim_end().len();
    for (length, _) in BUILD.char_indices().take_while(|(length, _)| *length < end) {
        let text = refusal(&BUILD[..length]);
        assert!(text.starts_with("manifest is not JSON: EOF while parsing "), "{length}: {text}");
    }
    assert_eq!(refusal(&BUILD[..end - 1]), "manifest is not JSON: EOF while parsing an object at line 223 column 0");
    for length in 0..INDEX.trim_end().len() {
        let text = Index::parse(&INDEX[..length]).unwrap_err().to_string();
        assert!(text.starts_with("manifest is not JSON: EOF while parsing "), "{length}: {text}");
    }
}

/// Every value of a build's manifest, replaced by one of every other kind. Null may stand for what is absent.
#[test]
fn wrong_types() {
    let whole: Value = serde_json::from_str(BUILD).unwrap();
    let values = [json!(true), json!(7), json!(-7.5), json!("x"), json!(["x"]), json!({"x": "y"}), json!([[]])];
    let mut refused = 0;
    for pointer in pointers(&whole) {
        let expected = whole.pointer(&pointer).unwrap();
        // These take any JSON.
        if pointer.starts_with("/ci/matrix") || pointer.starts_with("/options/") && pointer.contains("/value") {
            continue;
        }
        for value in values.iter().filter(|value| kind(value) != kind(expected)) {
            let mut changed = whole.clone();
            *changed.pointer_mut(&pointer).unwrap() = value.clone();
            let text = refusal(&changed.to_string());
            let known = ["manifest does not fit schema version 1: ", "manifest entry `", "unsupported `schema_version` `"];
            assert!(known.iter().any(|start| text.starts_with(start)), "{pointer} {value}: {text}");
            refused += 1;
        }
    }
    assert!(refused > 1000, "{refused}");
}

/// A pointer to each value of a document.
fn pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (format!("/{key}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (format!("/{index}"), value)).collect(),
        _ => Vec::new(),
    };
    let below = |(key, value): (String, &Value)| {
        let deeper: Vec<String> = pointers(value).iter().map(|rest| format!("{key}{rest}")).collect();
        std::iter::once(key).chain(deeper).collect::<Vec<_>>()
    };
    inner.into_iter().flat_map(below).collect()
}

/// An index trusts the manifests in it as little, and is no easier to exhaust.
#[test]
fn indexes() {
    let refusal = |text: &str| Index::parse(text).unwrap_err().to_string();
    let of = |run: &str| format!("{{\"schema_version\": 1, \"runs\": [{run}], \"missing\": []}}");
    let source = |repo: &str, commit: &str| of(&json!({"apex": {"repo": repo, "commit": commit}}).to_string());
    let fit = |cause: &str| format!("manifest does not fit schema version 1: {cause}");
    let twice = "{\"schema_version\": 1, \"runs\": [], \"runs\": [], \"missing\": []}";
    let table = [
        ("[".repeat(100_000), "manifest is not JSON: recursion limit exceeded at line 1 column 128".to_owned()),
        ("{\"runs\":[".repeat(100_000), "manifest is not JSON: recursion limit exceeded at line 1 column 576".to_owned()),
        (of(&"[".repeat(100_000)), "manifest is not JSON: recursion limit exceeded at line 1 column 157".to_owned()),
        (of("{\"schema_version\": 1e999}"), "manifest is not JSON: number out of range at line 1 column 55".to_owned()),
        (
            of("{\"schema_version\": 2}"),
            "run 1: unsupported `schema_version` `2`: this reader knows only the integer 1".to_owned(),
        ),
        (
            source("--upload-pack=x", &"a".repeat(40)),
            "run 1: manifest entry `apex`: `repo` `--upload-pack=x` is not a repository".to_owned(),
        ),
        (
            source("r", "../x"),
            "run 1: manifest entry `apex`: commit `../x` is not 40 or 64 lower-case hexadecimal digits".to_owned(),
        ),
        (of("{\"status\": \"failed\", \"status\": \"failed\"}"), fit("duplicate field `status` at line 1 column 60")),
        (twice.to_owned(), fit("duplicate field `runs` at line 1 column 40")),
        (of("null"), fit("invalid type: null, expected struct Manifest at line 1 column 35")),
        (of("{\"gfx_targets\": \"gfx942\"}"), fit("invalid type: string \"gfx942\", expected a sequence at line 1 column 55")),
        (
            "{\"schema_version\": 1, \"runs\": {}, \"missing\": []}".to_owned(),
            fit("invalid type: map, expected a sequence at line 1 column 30"),
        ),
        (
            "{\"schema_version\": 1, \"runs\": [], \"missing\": [{\"platform\": 5}]}".to_owned(),
            fit("invalid type: integer `5`, expected a string at line 1 column 60"),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refusal(&text), expected);
    }
}
