//! Secrets: what they are, and how a text is freed of them before anybody sees it. Nothing is printed, logged or recorded around this room.

use std::borrow::Cow;

use serde_json::Value;

use crate::host::Environment;

/// Words that make a variable's value a secret, when one stands between underscores in its name.
const SECRET_WORDS: [&str; 8] = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "CREDENTIALS", "KEY", "ACCESS"];

/// What stands where a secret was.
pub const HIDDEN: &str = "***";

/// A value shorter than this is not searched for in what programs print: `1` would be found everywhere.
const SHORTEST: usize = 8;

/// Texts that must never be seen.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The secrets of an environment, and those of words that were `typed`: `--index-url=https://user:password@host`, `MY_TOKEN=value`.
    pub fn new<'a>(env: &Environment, typed: impl IntoIterator<Item = &'a str>) -> Self {
        let mut secrets = Secrets::default();
        for word in typed {
            secrets.add_assigned(word);
            secrets.add_addresses(word);
        }
        secrets.and(env)
    }

    /// The same secrets and those of an environment.
    pub fn and(mut self, env: &Environment) -> Self {
        for (name, value) in &env.0 {
            if is_secret_name(name) {
                self.add(value);
            }
            // An index with a password may come by a variable whose name says nothing.
            self.add_addresses(value);
        }
        // The longest first, or a secret that begins with another one would be hidden by half.
        self.0.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.0.dedup();
        self
    }

    /// A secret as it is, and as it looks in an address, in JSON and in a shell's line. Programs print one of several lines line by line.
    fn add(&mut self, value: &str) {
        let decoded = decoded(value);
        let whole = [value, &decoded];
        for text in whole.into_iter().chain(value.lines()) {
            let in_json = text.replace('\\', r"\\").replace('"', r#"\""#);
            let spellings = [text.to_owned(), encoded(text), in_json, text.replace('\'', r"'\''")];
            self.0.extend(spellings.into_iter().filter(|spelling| spelling.len() >= SHORTEST));
        }
    }

    /// The value in `NAME=value`, and where that is too short to be searched for, at least all of it.
    fn add_assigned(&mut self, word: &str) {
        let named = word.match_indices('=').find_map(|(at, _)| {
            let name = word[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
            is_secret_name(name).then(|| (&word[at - name.len()..], &word[at + 1..]))
        });
        if let Some((assignment, value)) = named.filter(|(_, value)| !value.is_empty()) {
            self.add(value);
            self.0.push(assignment.to_owned());
        }
    }

    /// The user names, passwords and queries in the addresses of a text.
    fn add_addresses(&mut self, text: &str) {
        for (at, _) in text.match_indices("://") {
            let address = &text[at + 3..];
            let user = user_info(address).unwrap_or_default();
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            self.add(name);
            self.add(password);
            let end = address.find(|c: char| c == '#' || c.is_whitespace()).unwrap_or(address.len());
            let query = address[..end].find('?').map(|at| &address[at..end]);
            let Some(query) = query else { continue };
            if query.contains('=') {
                self.0.push(query.to_owned());
            }
            // Elsewhere a value may stand alone, and a token needs no name.
            query[1..].split('&').for_each(|pair| self.add(pair.split_once('=').map_or(pair, |(_, value)| value)));
        }
    }

    /// The text with every secret hidden, and without the credentials of any address in it.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), HIDDEN));
            }
        }
        let clean = match without_credentials(&text) {
            Cow::Owned(clean) => Some(clean),
            Cow::Borrowed(_) => None,
        };
        clean.map_or(text, Cow::Owned)
    }

    /// A variable as it may be shown.
    pub fn variable<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        if is_secret_name(name) && !value.is_empty() { Cow::Borrowed(HIDDEN) } else { self.redact(value) }
    }

    /// The value with every text in it redacted before it is escaped; below a key `env` stand variables.
    pub fn json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(&text).into_owned()),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.json(item)).collect()),
            Value::Object(items) => {
                let item = |(key, item): (String, Value)| match item {
                    Value::Object(variables) if key == "env" => {
                        (key, variables.into_iter().map(|it| self.json_variable(it)).collect())
                    }
                    item => (self.redact(&key).into_owned(), self.json(item)),
                };
                Value::Object(items.into_iter().map(item).collect())
            }
            other => other,
        }
    }

    fn json_variable(&self, (name, value): (String, Value)) -> (String, Value) {
        let value = match value {
            Value::String(text) => Value::String(self.variable(&name, &text).into_owned()),
            other => self.json(other),
        };
        (name, value)
    }
}

/// Secrets do not show themselves.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

/// Whether a terminal obeys a character instead of showing it: what moves the cursor, and what turns the direction of a text or hides in it.
pub fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text with nothing in it that a terminal would obey, but for the ends of lines. What programs print is in part what servers say.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| is_invisible(c) && !matches!(c, '\n' | '\t');
    if text.contains(obeyed) { Cow::Owned(text.replace(obeyed, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Whether a variable of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    !name.ends_with("_PREFIX") && name.split('_').any(|word| SECRET_WORDS.contains(&word))
}

/// The text without what stands between `//` and `@` in any address of it: user names are credentials too where a token is one.
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut copied = 0;
    for (at, separator) in text.match_indices("://") {
        let start = at + separator.len();
        let word = text[start..].split(char::is_whitespace).next().unwrap_or_default();
        let Some(user) = user_info(word).filter(|user| user.contains(':') || !text[..at].ends_with("ssh")) else { continue };
        if start >= copied {
            clean.push_str(&text[copied..start]);
            copied = start + user.len() + 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[copied..]);
    Cow::Owned(clean)
}

/// What stands before the `@` of an address whose scheme is already read. A quote may be part of a password.
fn user_info(address: &str) -> Option<&str> {
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    let at = authority.rfind('@').or_else(|| {
        // What is no port is the begin of a password with a raw `/` in it.
        let (_, port) = authority.rsplit(']').next()?.split_once(':')?;
        address.rfind('@').filter(|_| !port.bytes().all(|byte| byte.is_ascii_digit()))
    })?;
    Some(&address[..at])
}

/// With `%XX` for all that could mean something in an address.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// With the characters that each `%XX` stands for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let hex = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let length = if hex.is_some() { 3 } else { 1 };
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(hex.unwrap_or(b'%'));
        rest = &rest[at + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Environment {
        Environment(pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
    }

    #[test]
    fn terminals_obey_nothing_of_it() {
        for (text, expected) in [
            ("a\tb\nü\n", "a\tb\nü\n"),
            ("\u{1b}[2J\u{9b}31m\r", "\u{fffd}[2J\u{fffd}31m\u{fffd}"),
            ("a\u{202e}b\u{200b}\u{feff}", "a\u{fffd}b\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(for_terminal(text), expected);
        }
    }

    #[test]
    fn names_that_hold_secrets() {
        let secret = ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "TWINE_PASSWORD", "aws_access_key_id", "KEY", "X_CREDENTIALS"];
        let open = ["SCCACHE_S3_KEY_PREFIX", "PATH", "MONKEY", "TOKENIZERS_PARALLELISM", "KEYBOARD"];
        assert!(secret.iter().all(|name| is_secret_name(name)));
        assert!(!open.iter().any(|name| is_secret_name(name)));
    }

    #[test]
    fn credentials_leave_addresses() {
        for (text, expected) in [
            ("https://user:pw@host/simple", "https://host/simple"),
            (
                "pip --index-url https://tok@host/x --find-links http://h/a@b",
                "pip --index-url https://host/x --find-links http://h/a@b",
            ),
            ("https://a:p@ss@host/", "https://host/"),
            ("https://a:p's\"s@host/", "https://host/"),
            ("https://a:p/s@host/", "https://host/"),
            ("https://host:8080/a@b", "https://host:8080/a@b"),
            ("https://[::1]/a@b", "https://[::1]/a@b"),
            ("https://a:b@c/?next=https://d:e@f", "https://c/?next=https://f"),
            ("ssh://git@host/x", "ssh://git@host/x"),
            ("ssh://git:pw@host/x", "ssh://host/x"),
            ("no address", "no address"),
            ("https://host", "https://host"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
        assert!(matches!(Secrets::default().redact("https://host"), Cow::Borrowed(_)));
    }

    #[test]
    fn values_are_hidden_wherever_they_stand() {
        let env = env(&[
            ("MY_TOKEN", "abcdefgh"),
            ("MY_KEY", "abcdefgh-longer"),
            ("A_KEY", "short"),
            ("PIP_INDEX_URL", "https://u:passw0rd@h/"),
        ]);
        let secrets = Secrets::new(&env, ["B_SECRET=from-a-flag"]);
        assert_eq!(secrets.redact("x abcdefgh-longer abcdefgh short passw0rd from-a-flag"), "x *** *** short *** ***");
        assert_eq!(secrets.variable("A_KEY", "short"), "***");
        assert_eq!(secrets.variable("PATH", "/abcdefgh"), "/***");
        assert_eq!(format!("{secrets:?}"), "Secrets(5)");
    }

    #[test]
    fn what_was_typed_is_hidden() {
        for (typed, text, expected) in [
            ("https://h/x?long-token&b=c", "https://h/x?long-token&b=c, long-token", "https://h/x***, ***"),
            ("A_KEY=short", "found 'A_KEY=short', short", "found '***', short"),
            ("--env=apex:A_KEY=long-value", "X=long-value", "X=***"),
            ("--index-url=https://user:pa'ss w\"rd@host/x", "in https://user:pa'ss w\"rd@host/x", "in https://host/x"),
            ("https://user:pa%2Fssword@host", "pa%2Fssword or pa/ssword", "*** or ***"),
            ("https://user:pa'ssword@host", r"pa'ssword, pa%27ssword, 'pa'\''ssword'", "***, ***, '***'"),
            ("https://user:pass/word@host", "pass/word", "***"),
            ("apex=http://h/x?a=S#f", "cannot access 'http://h/x?a=S/'", "cannot access 'http://h/x***/'"),
            ("A_KEY=first-line\nsecond-line", "a second-line", "a ***"),
            ("A_KEY=", "A_KEY=", "A_KEY="),
        ] {
            assert_eq!(Secrets::new(&Environment::default(), [typed]).redact(text), expected);
        }
    }

    #[test]
    fn values_of_json_are_redacted_before_they_are_escaped() {
        let secrets = Secrets::new(&env(&[("A_TOKEN", "ab\"cd\\ef")]), []);
        let value = serde_json::json!({"why": ["is ab\"cd\\ef"], "env": {"A_KEY": "short", "B": "x", "C": null}, "n": 1});
        let expected = r#"{"why":["is ***"],"env":{"A_KEY":"***","B":"x","C":null},"n":1}"#;
        assert_eq!(secrets.json(value.clone()).to_string(), expected);
        assert_eq!(secrets.redact(&value["why"].to_string()), r#"["is ***"]"#);
    }
}
