//! Foreign text in a message: nothing that a terminal would obey, and not megabytes of it.

use serde_json::Value;

/// How many characters of a foreign text a message shows.
const LIMIT: usize = 120;

/// `text` with every character but plain ASCII and letters escaped, cut after 120 characters: fit for a message.
pub fn shown(text: &str) -> String {
    cut(text, LIMIT)
}

/// The same of another crate's message, which may repeat foreign text, and is longer.
pub(crate) fn cause(error: &impl std::fmt::Display) -> String {
    cut(&error.to_string(), 3 * LIMIT)
}

fn cut(text: &str, limit: usize) -> String {
    let mut message = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == limit {
            message.push('…');
            break;
        }
        if character == ' ' || character.is_ascii_graphic() || character.is_alphanumeric() {
            message.push(character);
        } else {
            message.extend(character.escape_default());
        }
    }
    message
}

/// A value of JSON that is one of text's: `none` for null, the items of a list with commas between.
pub(crate) fn shown_value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => shown(text),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => shown(&values.iter().map(shown_value).collect::<Vec<_>>().join(",")),
        other => shown(&other.to_string()),
    }
}

/// A URL without the user name and password before its host. Of anything else nothing is taken: `git@host:path` has a name
/// that is no secret.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{shown, shown_value, without_credentials};

    #[test]
    fn a_value_is_never_shown_as_nothing() {
        for (value, expected) in [(json!(null), "none"), (json!([]), "none"), (json!(["a", "b"]), "a,b"), (json!(true), "true")] {
            assert_eq!(shown_value(&value), expected);
        }
    }

    #[test]
    fn urls_lose_their_credentials() {
        let table = [
            ("https://user:token@github.com/ROCm/pytorch.git", "https://github.com/ROCm/pytorch.git"),
            ("https://x-access-token:a@b@github.com/ROCm/apex", "https://github.com/ROCm/apex"),
            ("https://token@host", "https://host"),
            ("https://token@host?x=a@b", "https://host?x=a@b"),
            ("ssh://git@github.com:22/ROCm/pytorch", "ssh://github.com:22/ROCm/pytorch"),
            ("https://github.com/a@b/c", "https://github.com/a@b/c"),
            ("git@github.com:ROCm/pytorch", "git@github.com:ROCm/pytorch"),
            ("/srv/git/a@b", "/srv/git/a@b"),
        ];
        for (url, expected) in table {
            assert_eq!(without_credentials(url), expected);
        }
    }

    #[test]
    fn escapes_and_cuts() {
        let table = [
            ("torch-2.7.0.whl", "torch-2.7.0.whl"),
            (r"a\b 'c'", r"a\b 'c'"),
            ("fünf", "fünf"),
            ("a\u{1b}[31m\n", r"a\u{1b}[31m\n"),
            ("a\u{202e}b", r"a\u{202e}b"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown(&"x".repeat(120)), "x".repeat(120));
        assert_eq!(shown(&"x".repeat(121)), format!("{}…", "x".repeat(120)));
    }
}
