//! What the commands share: the files that were named, read, though they may be anybody's; and JSON that a terminal may show.

use std::io::ErrorKind;

use manifest::{Index, Manifest, ManifestError, shown};

use crate::command::{Code, Stop};
use crate::file::{self, FileError};
use crate::host::Host;
use crate::observe;
use crate::request::Problem;

/// A manifest as it was found.
pub(in crate::command) struct Read {
    pub(in crate::command) manifest: Manifest,
    pub(in crate::command) text: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// It cannot be read.
    #[error(transparent)]
    File(FileError),
    /// It is no text, or far too long for a manifest.
    #[error("cannot read `{path}`: {cause}")]
    NoText { path: String, cause: std::io::Error },
    /// It is something else.
    #[error("cannot read `{}`: {cause}", shown(path))]
    Manifest { path: String, cause: ManifestError },
}

impl ReadError {
    /// Whether a file was there, and it was the wrong one.
    pub(super) fn is_content(&self) -> bool {
        !matches!(self, Self::File(_))
    }

    pub(super) fn problem(&self) -> Problem {
        let hint = match self {
            Self::File(error) if error.cause.kind() == ErrorKind::NotFound => Some("look whether the path is right"),
            Self::File(error) if error.cause.kind() == ErrorKind::IsADirectory => Some("name the manifest, not its folder"),
            Self::File(error) => error.hint(),
            Self::NoText { .. } => Some("look whether the path is right: a manifest is JSON"),
            Self::Manifest { cause, .. } => cause.hint(),
        };
        Problem { text: self.to_string(), hint: hint.map(str::to_owned) }
    }
}

/// The path of a file that the user names, made absolute.
pub(in crate::command) fn path(host: &Host, what: &str, text: &str) -> Result<String, Problem> {
    let wrong = |error| Problem::new(format!("invalid value for {what}: {error}")).hint("give the path of a file or folder");
    host.absolute(text).map_err(wrong)
}

/// Reads a manifest.
pub(super) fn read(path: &str) -> Result<Read, ReadError> {
    let text = text(path)?;
    match Manifest::parse(&text) {
        Ok(manifest) => Ok(Read { manifest, text }),
        Err(cause) => Err(ReadError::Manifest { path: path.to_owned(), cause }),
    }
}

fn text(path: &str) -> Result<String, ReadError> {
    file::read_at_most(path, observe::MOST).map_err(|error| match error.cause.kind() {
        ErrorKind::InvalidData | ErrorKind::FileTooLarge => ReadError::NoText { path: error.path, cause: error.cause },
        _ => ReadError::File(error),
    })
}

/// The manifest in a file.
pub(super) fn manifest(path: &str) -> Result<Manifest, Problem> {
    read(path).map(|read| read.manifest).map_err(|error| error.problem())
}

/// The document in a file.
pub(super) fn document(path: &str) -> Result<Document, Problem> {
    let of_path = |cause| ReadError::Manifest { path: path.to_owned(), cause };
    text(path).and_then(|text| Document::parse(&text).map_err(of_path)).map_err(|error| error.problem())
}

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

/// The same JSON with nothing in it that a terminal would obey, or that would turn the direction of a line. JSON itself escapes the controls of
/// ASCII; all others can only stand in its strings, where each can be spelled by its number.
pub(in crate::command) fn harmless(json: &str) -> String {
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
