//! What `show`, `diff`, `merge` and `export` share: the files that were named, read; and JSON that a terminal may show.

use manifest::{Index, Manifest, ManifestError};

use crate::command::{Code, Stop};
use crate::file::{self, FileError};
use crate::host::Host;
use crate::request::Problem;

/// What a file of ours holds.
pub(super) enum Document {
    /// The manifest of one build, or a list of sources.
    Manifest(Box<Manifest>),
    /// The index of a matrix.
    Index(Index),
}

impl Document {
    /// Reads either.
    pub(super) fn parse(text: &str) -> Result<Self, ManifestError> {
        match Manifest::parse(text) {
            Ok(manifest) => Ok(Document::Manifest(Box::new(manifest))),
            Err(ManifestError::Index) => Index::parse(text).map(Document::Index),
            Err(error) => Err(error),
        }
    }

    /// As the tool itself writes it. A file of another tool may have addresses with passwords in them; they go.
    pub(super) fn into_json(self) -> String {
        match self {
            Document::Manifest(mut manifest) => {
                manifest.remove_credentials();
                manifest.to_json()
            }
            Document::Index(mut index) => {
                index.runs.iter_mut().for_each(Manifest::remove_credentials);
                index.to_json()
            }
        }
    }
}

/// The absolute path of a file that was named.
///
/// # Errors
/// If it is no path: the request is wrong.
pub(super) fn path(flag: &str, name: &str, host: &Host) -> Result<String, Problem> {
    host.absolute(name).map_err(|error| Problem::new(format!("invalid value for `{flag}`: {error}")))
}

/// The document in a file.
pub(super) fn document(path: &str) -> Result<Document, Problem> {
    let text = file::read_text(path).map_err(|error| of_file(&error))?;
    Document::parse(&text).map_err(|error| of_manifest(path, &error))
}

/// The manifest in a file.
pub(super) fn manifest(path: &str) -> Result<Manifest, Problem> {
    let text = file::read_text(path).map_err(|error| of_file(&error))?;
    Manifest::parse(&text).map_err(|error| of_manifest(path, &error))
}

/// All of them, or every problem.
pub(super) fn all<T>(results: impl IntoIterator<Item = Result<T, Problem>>, code: Code) -> Result<Vec<T>, Stop> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => found.push(one),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(Stop::Problems(code, problems)) }
}

/// Both of two, or every problem.
pub(super) fn both<T>([one, other]: [Result<T, Problem>; 2], code: Code) -> Result<(T, T), Stop> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => Err(Stop::Problems(code, [one.err(), other.err()].into_iter().flatten().collect())),
    }
}

fn of_manifest(path: &str, error: &ManifestError) -> Problem {
    let problem = Problem::new(format!("cannot read `{path}`: {error}"));
    match error.hint() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A file that cannot be read or written, as a problem.
pub(super) fn of_file(error: &FileError) -> Problem {
    let problem = Problem::new(error.to_string());
    match error.hint() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// The same JSON with nothing in it that a terminal would obey, or that would turn the direction of a line. JSON itself escapes the controls of
/// ASCII; all others can only stand in its strings, where each can be spelled by its number.
pub(super) fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' || c.is_alphanumeric() {
            text.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::harmless;

    #[test]
    fn json_stays_what_it_is_and_loses_what_a_terminal_obeys() {
        for (text, expected) in [
            ("fünf 五 \"\\ \n", r#""fünf 五 \"\\ \n""#),
            ("\u{1b}[2J", r#""\u001b[2J""#),
            ("\u{7f}\u{9b}1m\u{202e}\u{feff}", r#""\u007f\u009b1m\u202e\ufeff""#),
            ("\u{1f600}", r#""\ud83d\ude00""#),
        ] {
            let safe = harmless(&json!(text).to_string());
            assert_eq!(safe, expected);
            assert_eq!(serde_json::from_str::<Value>(&safe).unwrap(), json!(text));
        }
    }
}
