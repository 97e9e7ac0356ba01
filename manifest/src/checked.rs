//! Texts that are right by construction: commits, hashes, and paths that stay inside a folder.
//!
//! A manifest may come from anywhere, and what it says ends in git's arguments and in paths that are opened, replaced
//! and removed. These types make sure of the form once, on the way in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::shown::shown;

/// A text that is not what it should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// Not a full commit hash.
    #[error("commit `{}` is not 40 or 64 lower-case hexadecimal digits", shown(.0))]
    Commit(String),
    /// Not a SHA-256 digest.
    #[error("SHA-256 `{}` is not 64 lower-case hexadecimal digits", shown(.0))]
    Sha256(String),
    /// Not a path that stays inside its folder, or one that means something else on another system.
    #[error("path `{}` is not a plain relative path: {problem}", shown(path))]
    RelativePath {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// A git commit: its full hash, 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = "^([0-9a-f]{40}|[0-9a-f]{64})$")))]
#[serde(try_from = "String")]
pub struct Commit(String);

impl Commit {
    /// The commit with this full hash.
    ///
    /// # Errors
    /// [`CheckError::Commit`] for anything else, abbreviated and upper-case hashes included.
    pub fn parse(text: &str) -> Result<Self, CheckError> {
        if matches!(text.len(), 40 | 64) && is_lower_hex(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CheckError::Commit(text.to_owned()))
        }
    }

    /// The hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A SHA-256 digest: 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = "^[0-9a-f]{64}$")))]
#[serde(try_from = "String")]
pub struct Sha256(String);

impl Sha256 {
    /// The digest with these digits.
    ///
    /// # Errors
    /// [`CheckError::Sha256`] for anything else.
    pub fn parse(text: &str) -> Result<Self, CheckError> {
        if text.len() == 64 && is_lower_hex(text) { Ok(Self(text.to_owned())) } else { Err(CheckError::Sha256(text.to_owned())) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path below some folder, with forward slashes, that names the same file on every system and cannot leave the folder.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = PATH_PATTERN)))]
#[serde(try_from = "String")]
pub struct RelativePath(String);

impl RelativePath {
    /// The path with this spelling, such as `torch-2.7.0-cp312-cp312-linux_x86_64.whl` or `gfx942/x.whl`.
    ///
    /// # Errors
    /// [`CheckError::RelativePath`] for an empty or absolute path, for a component that is empty or ends in a dot or
    /// a blank (`..` does, and Windows drops these) or is one of Windows' devices (`NUL`, `con.whl`), for a backslash, a
    /// colon (a Windows drive or stream) and for control characters.
    pub fn parse(text: &str) -> Result<Self, CheckError> {
        match path_problem(text) {
            None => Ok(Self(text.to_owned())),
            Some(problem) => Err(CheckError::RelativePath { path: text.to_owned(), problem }),
        }
    }

    /// The path, with forward slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component: the file's name.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.as_str(), |(_, name)| name)
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn path_problem(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.starts_with('/') {
        Some("it is absolute")
    } else if text.contains('\\') {
        Some("it holds a backslash")
    } else if text.contains(':') {
        Some("it holds a colon")
    } else if text.chars().any(char::is_control) {
        Some("it holds a control character")
    } else if text.split('/').any(str::is_empty) {
        Some("a component is empty")
    } else if text.split('/').any(|component| component.ends_with(['.', ' '])) {
        Some("a component ends in a dot or a blank")
    } else if text.split('/').any(is_device) {
        Some("a component is a device on Windows")
    } else {
        None
    }
}

/// Windows opens the device whatever the folder and whatever comes after the first dot.
fn is_device(component: &str) -> bool {
    let stem = component.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_numbered = |port: &str| {
        let number = stem.strip_prefix(port).unwrap_or_default();
        number.chars().count() == 1 && number.contains(|digit: char| digit.is_ascii_digit() || "¹²³".contains(digit))
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) || is_numbered("COM") || is_numbered("LPT")
}

/// The same as a regular expression for the schema, but for devices: components of what may be in one, with a last
/// character that is neither a dot nor a blank.
#[cfg(test)]
const PATH_PATTERN: &str = concat!(
    r"^([^/\\:\u0000-\u001f\u007f-\u009f]*[^/\\:\u0000-\u001f\u007f-\u009f. ]/)*",
    r"[^/\\:\u0000-\u001f\u007f-\u009f]*[^/\\:\u0000-\u001f\u007f-\u009f. ]$"
);

impl TryFrom<String> for Commit {
    type Error = CheckError;

    fn try_from(text: String) -> Result<Self, CheckError> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = CheckError;

    fn try_from(text: String) -> Result<Self, CheckError> {
        Self::parse(&text)
    }
}

impl From<[u8; 32]> for Sha256 {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl TryFrom<String> for RelativePath {
    type Error = CheckError;

    fn try_from(text: String) -> Result<Self, CheckError> {
        Self::parse(&text)
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Commit, RelativePath, Sha256};

    #[test]
    fn commits() {
        for text in ["0123456789abcdef0123456789abcdef01234567".to_owned(), "f".repeat(64)] {
            assert_eq!(Commit::parse(&text).unwrap().as_str(), text);
        }
        for text in ["", "unknown", "0123abc", "HEAD", &"g".repeat(40), &"A".repeat(40), &"a".repeat(41), &"é".repeat(20)] {
            assert_eq!(
                Commit::parse(text).unwrap_err().to_string(),
                format!("commit `{text}` is not 40 or 64 lower-case hexadecimal digits")
            );
        }
    }

    #[test]
    fn digests() {
        assert_eq!(Sha256::parse(&"0".repeat(64)).unwrap().to_string(), "0".repeat(64));
        for text in ["", "sha256:00", &"0".repeat(40), &"F".repeat(64)] {
            assert_eq!(
                Sha256::parse(text).unwrap_err().to_string(),
                format!("SHA-256 `{text}` is not 64 lower-case hexadecimal digits")
            );
        }
    }

    #[test]
    fn plain_paths() {
        let table = [
            ("a.whl", "a.whl"),
            ("gfx942/a b.whl", "a b.whl"),
            (".hidden/..a", "..a"),
            ("ü/x", "x"),
            ("com/com10/nul-1.whl", "nul-1.whl"),
        ];
        for (text, name) in table {
            let path = RelativePath::parse(text).unwrap();
            assert_eq!((path.as_str(), path.file_name()), (text, name));
        }
    }

    #[test]
    fn paths_that_are_refused() {
        let table = [
            ("", "it is empty"),
            ("/etc/passwd", "it is absolute"),
            ("//host/share", "it is absolute"),
            (r"..\a", "it holds a backslash"),
            (r"\\host\share", "it holds a backslash"),
            ("C:/a", "it holds a colon"),
            ("C:a", "it holds a colon"),
            ("a.whl:stream", "it holds a colon"),
            ("a//b", "a component is empty"),
            ("a/", "a component is empty"),
            (".", "a component ends in a dot or a blank"),
            ("..", "a component ends in a dot or a blank"),
            ("../a", "a component ends in a dot or a blank"),
            ("a/../b", "a component ends in a dot or a blank"),
            ("a/.. /b", "a component ends in a dot or a blank"),
            ("a/..", "a component ends in a dot or a blank"),
            ("a./b", "a component ends in a dot or a blank"),
            ("NUL", "a component is a device on Windows"),
            ("con.whl", "a component is a device on Windows"),
            ("a/Aux .tar.gz", "a component is a device on Windows"),
            ("lpt1/a", "a component is a device on Windows"),
            ("COM².whl", "a component is a device on Windows"),
        ];
        for (path, problem) in table {
            assert_eq!(
                RelativePath::parse(path).unwrap_err().to_string(),
                format!("path `{path}` is not a plain relative path: {problem}")
            );
        }
        assert_eq!(
            RelativePath::parse("a\0b\n").unwrap_err().to_string(),
            r"path `a\u{0}b\n` is not a plain relative path: it holds a control character"
        );
    }
}
