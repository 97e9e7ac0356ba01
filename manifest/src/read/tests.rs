//! What is read, and the full text of each refusal.

use serde_json::{Value, json};

use super::ManifestError;
use crate::model::{JobStatus, Manifest, Origin, Status};
use crate::project::Project;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The refusal of a text, its hint after a bar.
fn refusal(text: &str) -> String {
    let error = Manifest::parse(text).unwrap_err();
    match error.hint() {
        Some(hint) => format!("{error} | {hint}"),
        None => error.to_string(),
    }
}

#[test]
fn not_a_manifest() {
    const HINT: &str = "the file may be cut short, or be something else, such as an error page";
    let table = [
        ("", "manifest is not JSON: EOF while parsing a value at line 1 column 0"),
        ("<html>", "manifest is not JSON: expected value at line 1 column 1"),
        ("\u{feff}{}", "manifest is not JSON: expected value at line 1 column 1"),
        ("{\"status\": \"run", "manifest is not JSON: EOF while parsing a string at line 1 column 15"),
        ("{} {}", "manifest is not JSON: trailing characters at line 1 column 4"),
        ("{\"a\": NaN}", "manifest is not JSON: expected value at line 1 column 7"),
        ("{\"a\": 1e999}", "manifest is not JSON: number out of range at line 1 column 11"),
        (r#"{"a": "\ud800"}"#, "manifest is not JSON: unexpected end of hex escape at line 1 column 14"),
        ("[]", "Manifest root must be a JSON object, not an array"),
        ("null", "Manifest root must be a JSON object, not null"),
        ("true", "Manifest root must be a JSON object, not a boolean"),
        ("1", "Manifest root must be a JSON object, not a number"),
        ("\"{}\"", "Manifest root must be a JSON object, not a string"),
    ];
    for (text, expected) in table {
        assert_eq!(refusal(text), format!("{expected} | {HINT}"));
    }
    let depth = 100_000;
    for text in ["[".repeat(depth), format!("{}{}", "{\"a\":".repeat(depth), "}".repeat(depth))] {
        let column = if text.starts_with('[') { 128 } else { 636 };
        let expected = format!("manifest is not JSON: recursion limit exceeded at line 1 column {column}");
        assert_eq!(refusal(&text), format!("{expected} | {HINT}"));
    }
}

#[test]
fn schema_versions() {
    for text in ["{}", r#"{"schema_version": null}"#, r#"{"schema_version": 1}"#] {
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(manifest, Manifest::default());
        assert_eq!(manifest.to_json(), "{\n  \"schema_version\": 1\n}\n");
    }
    for found in ["2", "0", "-1", "1.0", "true", "\"1\"", "[1]", "{}"] {
        assert_eq!(
            // The rest of a newer file may be anything, and its version is what is told.
            refusal(&format!(r#"{{"pytorch": 5, "status": {{}}, "schema_version": {found}}}"#)),
            format!(
                "unsupported `schema_version` `{found}`: this reader knows only the integer 1 | a newer tool wrote it: update this one"
            )
        );
    }
    let text = serde_json::from_str::<Manifest>(r#"{"schema_version": 2}"#).unwrap_err().to_string();
    assert_eq!(text, "unsupported `schema_version` `2`: this reader knows only the integer 1 at line 1 column 21");
}

#[test]
fn entries_that_nothing_can_be_checked_out_from() {
    let table = [
        (json!(null), "it must be a JSON object, not null"),
        (json!([]), "it must be a JSON object, not an array"),
        (json!("https://github.com/pytorch/pytorch"), "it must be a JSON object, not a string"),
        (json!({"commit": COMMIT}), "`repo` is missing"),
        (json!({"repo": "", "commit": COMMIT}), "`repo` is empty"),
        (json!({"repo": 5, "commit": COMMIT}), "`repo` must be a string, not a number"),
        (json!({"repo": "--upload-pack=x", "commit": COMMIT}), "`repo` `--upload-pack=x` is not a repository"),
        (json!({"repo": "a\nb", "commit": COMMIT}), r"`repo` `a\nb` is not a repository"),
        (json!({"repo": "r"}), "`commit` is missing"),
        (json!({"repo": "r", "commit": null}), "`commit` must be a string, not null"),
        (json!({"repo": "r", "commit": false}), "`commit` must be a string, not a boolean"),
        (json!({"repo": "r", "commit": {}}), "`commit` must be a string, not an object"),
        (json!({"repo": "r", "commit": ""}), "`commit` is empty"),
        (json!({"repo": "r", "commit": "main"}), "commit `main` is not 40 or 64 lower-case hexadecimal digits"),
    ];
    for project in Project::ALL {
        for (entry, problem) in &table {
            assert_eq!(refusal(&json!({project.key(): entry}).to_string()), format!("manifest entry `{project}`: {problem}"));
        }
    }
}

#[test]
fn values_that_do_not_fit() {
    let sha256 = "0".repeat(64);
    let artifact = |path: &str, size: &str, source: &str| {
        format!(
            "{{\"artifacts\": [\n{{\"relative_path\": \"{path}\", \"size_bytes\": {size}, \"sha256\": \"{sha256}\", \"source\": \"{source}\", \"labels\": {{}}}}]}}"
        )
    };
    let job = |end: &str| format!("{{\"jobs\": [\n{{\"project\": \"apex\", \"status\": \"built\", {end}}}]}}");
    let table = [
        (
            format!("{{\"apex\": {{\"repo\": \"r\", \"commit\": \"{COMMIT}\", \"branch\": 5}}}}"),
            "invalid type: integer `5`, expected a string at line 1 column 88",
        ),
        (r#"{"therock": {"repo": "r"}}"#.to_owned(), "missing field `commit` at line 1 column 25"),
        (r#"{"therock": "main"}"#.to_owned(), "invalid type: string \"main\", expected struct TheRock at line 1 column 18"),
        (
            r#"{"status": "done"}"#.to_owned(),
            "unknown variant `done`, expected one of `planned`, `running`, `failed`, `incomplete`, `complete` at line 1 column 17",
        ),
        (r#"{"run_id": 5}"#.to_owned(), "invalid type: integer `5`, expected a string at line 1 column 12"),
        (r#"{"artifacts": null}"#.to_owned(), "invalid type: null, expected a sequence at line 1 column 18"),
        (r#"{"artifacts": [[]]}"#.to_owned(), "invalid type: sequence, expected struct Artifact at line 1 column 15"),
        (
            artifact("../torch.whl", "1", "pytorch"),
            "path `../torch.whl` is not a plain relative path: a component ends in a dot or a blank at line 2 column 32",
        ),
        (artifact("a.whl", "-1", "pytorch"), "invalid value: integer `-1`, expected u64 at line 2 column 43"),
        (artifact("a.whl", "1.5", "pytorch"), "invalid type: floating point `1.5`, expected u64 at line 2 column 44"),
        (
            artifact("a.whl", "1", "torch"),
            "unknown variant `torch`, expected one of `pytorch`, `pytorch_audio`, `pytorch_vision`, `triton`, `apex` at line 2 column 139",
        ),
        (artifact("a.whl", "1", "apex"), "missing field `framework` at line 2 column 152"),
        (job("\"reason\": \"\", \"seconds\": -1"), {
            "`seconds` is not a duration: cannot convert float seconds to Duration: value is negative at line 2 column 67"
        }),
        (job("\"reason\": \"\", \"key\": {\"a\": 1}"), "invalid type: integer `1`, expected a string at line 2 column 67"),
        (job("\"log\": \"\""), "missing field `reason` at line 2 column 49"),
        (r#"{"jobs": [{"project": "torch"}]}"#.to_owned(), {
            "unknown variant `torch`, expected one of `pytorch`, `pytorch_audio`, `pytorch_vision`, `triton`, `apex` at line 1 column 29"
        }),
    ];
    for (text, expected) in table {
        assert_eq!(refusal(&text), format!("manifest does not fit schema version 1: {expected}"));
    }
}

#[test]
fn known_keys_may_not_repeat_and_of_unknown_ones_the_last_stays() {
    let table = [
        (r#"{"status": "failed", "status": "complete"}"#.to_owned(), "duplicate field `status` at line 1 column 29"),
        (
            format!(r#"{{"apex": {{"repo": "a", "commit": "{COMMIT}", "repo": "b"}}}}"#),
            "duplicate field `repo` at line 1 column 83",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refusal(&text), format!("manifest does not fit schema version 1: {expected}"));
    }
    let manifest = Manifest::parse(r#"{"x": 1, "y": 2, "x": 3}"#).unwrap();
    assert_eq!(Value::Object(manifest.extra), json!({"x": 3, "y": 2}));
}

#[test]
fn null_is_absent() {
    let entry = json!({"repo": "r", "commit": COMMIT, "branch": null, "dirty": null});
    let text = json!({"pytorch": entry, "therock": null, "status": null, "ci": null, "rocm": null}).to_string();
    let manifest = Manifest::parse(&text).unwrap();
    let expected = json!({"schema_version": 1, "pytorch": {"repo": "r", "commit": COMMIT}});
    assert_eq!(serde_json::from_str::<Value>(&manifest.to_json()).unwrap(), expected);
}

#[test]
fn flat_list_of_sources_without_a_version() {
    let text = json!({
        "triton": {"commit": COMMIT, "repo": "https://github.com/ROCm/triton.git"},
        "pytorch": {"commit": COMMIT, "repo": "https://github.com/ROCm/pytorch.git", "branch": "release/2.7"},
        "therock": {"commit": "unknown", "repo": "unknown", "branch": "unknown"},
    });
    let manifest = Manifest::parse(&text.to_string()).unwrap();
    let found: Vec<_> = manifest.sources().map(|(project, source)| (project, source.branch.as_deref())).collect();
    assert_eq!(found, [(Project::Pytorch, Some("release/2.7")), (Project::Triton, None)]);
    assert_eq!(manifest.therock.unwrap().commit, "unknown");
    assert_eq!((manifest.status, manifest.extra.len()), (None, 0));
}

#[test]
fn every_enum_is_spelled_in_snake_case() {
    use JobStatus::{Built, Failed, Interrupted, Reused, Skipped, TimedOut};
    let jobs = [Built, Reused, Failed, Skipped, Interrupted, TimedOut].map(|status| serde_json::to_value(status).unwrap());
    assert_eq!(Value::from(jobs.to_vec()), json!(["built", "reused", "failed", "skipped", "interrupted", "timed_out"]));
    use Origin::{Default, Detected, Flag, Variable};
    let origins = [Flag, Variable, Origin::Manifest, Default, Detected].map(|origin| serde_json::to_value(origin).unwrap());
    assert_eq!(Value::from(origins.to_vec()), json!(["flag", "variable", "manifest", "default", "detected"]));
    assert!(matches!(Manifest::parse(r#"{"status": "Running"}"#), Err(ManifestError::Schema(_))));
    assert_eq!(Manifest::parse(r#"{"status": "running"}"#).unwrap().status, Some(Status::Running));
}
