//! Makes the schema from the types and holds the committed one to it.
//!
//! `UPDATE_SCHEMA=1 cargo test -p manifest schema` writes it anew; read the difference before you believe it.
#![allow(clippy::disallowed_methods, reason = "the update switch is a variable, and what it updates a file")]

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

use super::SCHEMA;
use crate::index::Index;
use crate::model::Manifest;

/// An index is what has `runs`; anything else is a manifest, and errors are told of the one that was meant.
fn generated() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let (index, manifest) = (generator.subschema_for::<Index>(), generator.subschema_for::<Manifest>());
    let mut schema = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Manifest of a set of PyTorch wheels for ROCm",
        "type": "object",
        "if": {"required": ["runs"]},
        "then": index,
        "else": manifest,
    });
    schema.insert("$defs".to_owned(), Value::Object(generator.take_definitions(true)));
    Plain.transform(&mut schema);
    format!("{:#}\n", schema.to_value())
}

/// Takes away what only Rust's own pages and tools have a use for: links between types, defaults and integer formats.
#[derive(Clone)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        for key in ["default", "format"] {
            schema.remove(key);
        }
        if let Some(Value::String(text)) = schema.get_mut("description") {
            *text = without_links(text);
        }
        transform_subschemas(self, schema);
    }
}

/// Leaves of each Markdown link what is in its brackets, and of line breaks those between paragraphs.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("[`") {
        let (name, after) = link.split_once("`]").unwrap();
        plain.extend([before, "`", name.rsplit_once("::").map_or(name, |(_, last)| last), "`"]);
        rest = after.strip_prefix('(').and_then(|target| target.split_once(')')).map_or(after, |(_, after)| after);
    }
    (plain + rest).replace("\n\n", "\0").replace('\n', " ").replace('\0', "\n\n")
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let schema = generated();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/manifest.schema.json"), &schema).unwrap();
    } else {
        assert_eq!(
            difference(SCHEMA, &schema),
            None,
            "run `UPDATE_SCHEMA=1 cargo test -p manifest schema` and read the difference"
        );
    }
}

/// The first line that differs, with its number: what stands there and what should. How lines end does not matter.
fn difference(committed: &str, made: &str) -> Option<String> {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (committed, made) = (lines(committed), lines(made));
    let line = (0..committed.len().max(made.len())).find(|line| committed.get(*line) != made.get(*line))?;
    let at = |lines: &[String]| lines.get(line).map_or_else(|| "nothing".to_owned(), |line| format!("`{}`", line.trim()));
    Some(format!("line {} of the schema is {}, and the types say {}", line + 1, at(&committed), at(&made)))
}

#[test]
fn differences_are_found() {
    for (committed, made, expected) in [
        ("a\nb\n", "a\r\nb\r\n", None),
        ("a\nb\n", "a\n c\n", Some("line 2 of the schema is `b`, and the types say `c`")),
        ("a\n", "a\nb\n", Some("line 2 of the schema is nothing, and the types say `b`")),
        ("a\nb", "a", Some("line 2 of the schema is `b`, and the types say nothing")),
    ] {
        assert_eq!(difference(committed, made).as_deref(), expected);
    }
}

#[test]
fn links_become_words() {
    let table = [
        ("a [`status`](Self::status)\nb", "a `status` b"),
        ("[`Status::Complete`]; [`x`]\n\ny", "`Complete`; `x`\n\ny"),
        ("`cp39[x]`", "`cp39[x]`"),
    ];
    for (text, plain) in table {
        assert_eq!(without_links(text), plain);
    }
}

/// Every field has its words, and nothing of Rust is left in them.
#[test]
fn everything_is_described() {
    fn visit(path: &str, value: &Value, faults: &mut Vec<String>) {
        if let Some(Value::Object(properties)) = value.get("properties") {
            for (name, property) in properties {
                let path = format!("{path}.{name}");
                if property.get("description").is_none() {
                    faults.push(path.clone());
                }
                visit(&path, property, faults);
            }
        }
    }
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut faults = Vec::new();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        if definition.get("description").is_none() {
            faults.push(name.clone());
        }
        visit(name, definition, &mut faults);
    }
    assert_eq!(faults, [""; 0]);
    assert_eq!(["::", "](", "[`"].map(|sign| SCHEMA.contains(sign)), [false; 3]);
}

/// What a build's manifest always has, its readers may rely on.
#[test]
fn a_build_has_its_keys() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let manifest = &schema["$defs"]["Manifest"];
    assert_eq!(manifest["if"], json!({"required": ["status"]}));
    assert_eq!(manifest["then"]["required"], json!(crate::write::BUILD_KEYS));
    assert_eq!(schema["$defs"]["SchemaVersion"]["const"], json!(1));
    assert_eq!(schema["$defs"]["Index"]["required"], json!(["schema_version", "runs", "missing"]));
}
