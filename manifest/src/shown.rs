//! Foreign text in a message: nothing that a terminal would obey, and not megabytes of it.

/// How many characters of a foreign text a message shows.
const LIMIT: usize = 120;

/// `text` with every character but plain ASCII and letters escaped, cut after [`LIMIT`] characters.
pub(crate) fn shown(text: &str) -> String {
    let mut message = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == LIMIT {
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

#[cfg(test)]
mod tests {
    use super::shown;

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
