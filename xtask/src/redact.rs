//! Secrets: what they are, and how a text is freed of them before anybody sees it. Nothing is printed, logged or recorded around this room.

use crate::host::Environment;

/// Words that make a variable's value a secret, when one stands between underscores in its name.
const SECRET_WORDS: [&str; 8] = ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "CREDENTIALS", "KEY", "ACCESS"];

/// What stands where a secret was.
pub const HIDDEN: &str = "***";

/// A value shorter than this is not searched for in what programs print: `1` would be found everywhere.
const SHORTEST: usize = 8;

/// Values that must never be seen.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The secrets of an environment, and those in the `more` variables that a request adds.
    pub fn new<'a>(env: &'a Environment, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let inherited = env.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut values: Vec<String> = Vec::new();
        for (name, value) in inherited.chain(more) {
            if is_secret_name(name) && value.len() >= SHORTEST {
                values.push(value.to_owned());
            }
            // An index with a password may come by a variable whose name says nothing.
            values.extend(passwords(value).filter(|password| password.len() >= SHORTEST).map(str::to_owned));
        }
        // The longest first, or a secret that begins with another one would be hidden by half.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Secrets(values)
    }

    /// The same secrets and the credentials of these addresses.
    pub fn with_addresses<'a>(mut self, addresses: impl IntoIterator<Item = &'a str>) -> Self {
        for address in addresses {
            self.0.extend(passwords(address).filter(|password| password.len() >= SHORTEST).map(str::to_owned));
        }
        self.0.sort_by_key(|value| std::cmp::Reverse(value.len()));
        self
    }

    /// The text with every secret hidden, and the credentials of every address in it.
    pub fn redact(&self, text: &str) -> String {
        let mut text = without_credentials(text);
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        text
    }

    /// A variable as it may be shown.
    pub fn variable(&self, name: &str, value: &str) -> String {
        if is_secret_name(name) && !value.is_empty() { HIDDEN.to_owned() } else { self.redact(value) }
    }
}

/// Secrets do not show themselves.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

/// Whether a variable of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    !name.ends_with("_PREFIX") && name.split('_').any(|word| SECRET_WORDS.contains(&word))
}

/// The text without what stands between `//` and `@` in any address of it: user names are credentials too where a token is one.
pub fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        rest = match user_info(after) {
            Some(user) if before.ends_with("ssh://") && !user.contains(':') => after,
            Some(user) => &after[user.len() + 1..],
            None => after,
        };
    }
    clean.push_str(rest);
    clean
}

/// What stands before the `@` of an address whose scheme is already read.
fn user_info(after_scheme: &str) -> Option<&str> {
    let end = after_scheme.find(|c: char| c == '/' || c == '?' || c == '#' || c.is_whitespace() || c == '\'' || c == '"');
    let authority = &after_scheme[..end.unwrap_or(after_scheme.len())];
    authority.rfind('@').map(|at| &authority[..at])
}

/// The user names and passwords in the addresses of a text.
fn passwords(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("://")
        .filter_map(|(at, _)| user_info(&text[at + 3..]))
        .flat_map(|user| user.split(':'))
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("ssh://git@host/x", "ssh://git@host/x"),
            ("ssh://git:pw@host/x", "ssh://host/x"),
            ("no address", "no address"),
            ("https://host", "https://host"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
    }

    #[test]
    fn values_are_hidden_wherever_they_stand() {
        let env = |pairs: &[(&str, &str)]| Environment(pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect());
        let env = env(&[
            ("MY_TOKEN", "abcdefgh"),
            ("MY_KEY", "abcdefgh-longer"),
            ("A_KEY", "short"),
            ("PIP_INDEX_URL", "https://u:passw0rd@h/"),
        ]);
        let secrets = Secrets::new(&env, [("B_SECRET", "from-a-flag")]);
        assert_eq!(secrets.redact("x abcdefgh-longer abcdefgh short passw0rd from-a-flag"), "x *** *** short *** ***");
        assert_eq!(secrets.variable("A_KEY", "short"), "***");
        assert_eq!(secrets.variable("PATH", "/abcdefgh"), "/***");
        assert_eq!(format!("{secrets:?}"), "Secrets(4)");
    }
}
