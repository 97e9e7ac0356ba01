//! Where sources come from: git refs and repositories, parsed or refused before git sees them.

use std::fmt;

use thiserror::Error;

use crate::redact::{HIDDEN, is_invisible};

#[cfg(test)]
mod tests;

/// The most bytes of a ref or an address. Whatever is longer is something else, and would fill the screen.
const LONGEST: usize = 2000;

/// What is said of more.
const TOO_LONG: &str = "it is longer than 2000 bytes";

/// How many characters of a refused text are repeated.
const SHOWN: usize = 200;

/// Why a text is refused as a git ref or a repository.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum RefError {
    /// Not a ref.
    #[error("git ref `{text}` is invalid: {fault}")]
    Ref { text: String, fault: &'static str },
    /// Not a repository. It may be a mistyped one, so `text` hides all that could be a password.
    #[error("repository `{text}` is invalid: {fault}")]
    Repo { text: String, fault: &'static str },
}

impl RefError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Ref { .. } => "name a branch, a tag or a full commit: `nightly`, `release/2.13`, `v2.9.0`",
            Self::Repo { .. } => {
                "write `https://github.com/ROCm/pytorch.git`, `git@github.com:ROCm/pytorch.git` or an absolute path"
            }
        };
        Some(hint.to_owned())
    }
}

/// A branch, tag or commit, by the rules of `git check-ref-format` and safe to stand in a
/// command line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitRef(String);

impl GitRef {
    /// Reads a ref; revision expressions such as `HEAD~1` are none.
    ///
    /// # Errors
    /// If git could not have a ref of that name, or would take it for an option.
    pub fn parse(text: &str) -> Result<Self, RefError> {
        let any_part = |test: fn(&str) -> bool| text.split('/').any(test);
        let faults = [
            (text.is_empty(), "it is empty"),
            (text.len() > LONGEST, TOO_LONG),
            (text.starts_with('-'), "it starts with `-` like an option"),
            (text.contains(|c: char| c.is_whitespace() || is_invisible(c)), "it contains a blank or a control character"),
            (text.contains(['~', '^', ':', '?', '*', '[', '\\']), "it contains one of `~ ^ : ? * [ \\`"),
            (text.contains("..") || text.contains("@{"), "it contains `..` or `@{`"),
            (text == "@", "`@` alone means `HEAD`"),
            (any_part(str::is_empty), "it starts or ends with `/`, or contains `//`"),
            (text.ends_with('.'), "it ends with `.`"),
            (any_part(|part| part.starts_with('.')), "a part of it starts with `.`"),
            (any_part(|part| part.ends_with(".lock")), "a part of it ends with `.lock`"),
        ];
        match faults.into_iter().find(|(found, _)| *found) {
            Some((_, fault)) => Err(RefError::Ref { text: printable(text), fault }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// As git spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a full SHA-1 commit.
    pub fn is_commit(&self) -> bool {
        self.0.len() == 40 && self.0.chars().all(|c| c.is_ascii_hexdigit())
    }

    /// Whether it is PyTorch's nightly branch, which is built from upstream without ROCm's pins.
    pub fn is_nightly(&self) -> bool {
        self.0 == "nightly"
    }
}

impl fmt::Display for GitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository that git can fetch from. Only `as_str` tells its credentials: `Display` and `Debug`
/// show it redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct RepoUrl(String);

impl RepoUrl {
    /// Reads a URL, ssh's short form `git@host:path`, or an absolute path of Linux or Windows.
    ///
    /// # Errors
    /// If it is anything else: a relative path, an option, a transport such as `ext::` that
    /// would run a program.
    pub fn parse(text: &str) -> Result<Self, RefError> {
        match repo_fault(text) {
            Some(fault) => Err(RefError::Repo { text: without_secrets(text), fault }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text for git's own eyes: it may hold a password.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text, such as the words of git or ssh, without the user and the password of this address.
    pub fn hidden_in(&self, text: &str) -> String {
        let login = self.0.split_once("://").and_then(|(_, rest)| authority(rest).rsplit_once('@'));
        match login.filter(|(user, _)| user.contains(':')) {
            Some((user, _)) => text.replace(&format!("{user}@"), "").replace(user, HIDDEN),
            None => text.to_owned(),
        }
    }

    /// The text for everyone's: without user and password, but for the user of a plain
    /// `git@host`, and without a web address's query.
    pub fn redacted(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return self.0.clone();
        };
        let (authority, path) = rest.split_at(authority(rest).len());
        let path = if scheme.starts_with("http") { path.split('?').next().unwrap_or_default() } else { path };
        let host = match authority.rsplit_once('@') {
            Some((user, host)) if scheme != "ssh" || user.contains(':') => host,
            _ => authority,
        };
        format!("{scheme}://{host}{path}")
    }
}

impl fmt::Display for RepoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for RepoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RepoUrl").field(&self.redacted()).finish()
    }
}

/// A refused text as it may be repeated: without all that could be a user, a password or a query, and without control characters, which
/// would reach the terminal.
pub fn without_secrets(text: &str) -> String {
    let (place, query) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let bad_port = |(_, rest): &(&str, &str)| port(authority(rest)).is_some_and(|port| !is_number(port));
    let place = match (place.rsplit_once('@'), place.split_once("://").filter(bad_port)) {
        // What looks like a query may be a part of a password.
        _ if query.contains('@') => return HIDDEN.to_owned(),
        (Some((_, place)), _) => format!("{HIDDEN}@{place}"),
        (None, Some((scheme, rest))) => format!("{scheme}://{}:{HIDDEN}", rest.split(':').next().unwrap_or_default()),
        (None, None) => place.to_owned(),
    };
    let query = if query.is_empty() { String::new() } else { format!("?{HIDDEN}") };
    printable(&(place + &query))
}

/// What pip is not to be given such an index, or page with links, for.
pub fn index_fault(text: &str) -> Option<&'static str> {
    if text.starts_with('-') {
        return Some("it starts with `-` like an option");
    }
    if text.contains(is_invisible) {
        return Some("it contains a control character");
    }
    if text.contains(char::is_whitespace) {
        return Some("it contains a blank");
    }
    match text.split_once("://") {
        Some((scheme @ ("https" | "http" | "file"), rest)) => url_fault(scheme, rest),
        Some(_) => Some("its scheme is none of `https`, `http`, `file`"),
        None => Some("it has no scheme"),
    }
}

/// Whether a text names a folder, where an address could stand as well. One with a password was to be an address.
pub fn is_folder(text: &str) -> bool {
    let has_password = text.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    is_absolute_path(text) || !(text.is_empty() || text.starts_with('-') || text.contains("://") || has_password)
}

/// What git is not to be asked about such a repository for.
fn repo_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > LONGEST {
        return Some(TOO_LONG);
    }
    if text.starts_with('-') {
        return Some("it starts with `-` like an option");
    }
    if text.contains(is_invisible) {
        return Some("it contains a control character");
    }
    if is_absolute_path(text) {
        return None;
    }
    if text.split_once("::").is_some_and(|(helper, _)| helper.chars().all(is_scheme_character)) {
        return Some("`::` would choose a program to run");
    }
    if text.contains(char::is_whitespace) {
        return Some("it contains a blank");
    }
    match text.split_once("://") {
        // git would take it for a part of the host, and tell it.
        Some(("git", rest)) if authority(rest).contains('@') => Some("`git://` takes no user and no password"),
        Some((scheme @ ("https" | "http" | "ssh" | "git" | "file"), rest)) => url_fault(scheme, rest),
        Some(_) => Some("its scheme is none of `https`, `http`, `ssh`, `git`, `file`"),
        None => scp_fault(text),
    }
}

fn is_absolute_path(text: &str) -> bool {
    let on_drive = matches!(text.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    text.starts_with('/') || text.starts_with(r"\\") || on_drive
}

fn is_scheme_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

fn url_fault(scheme: &str, rest: &str) -> Option<&'static str> {
    let authority = authority(rest);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = port(host);
    if [host, authority].into_iter().any(is_option) {
        Some("its host starts with `-` like an option")
    } else if host.is_empty() && scheme != "file" {
        Some("it has no host")
    } else if port.is_some_and(|port| !is_number(port)) {
        // Most often a password with a raw `/` in it.
        Some("its port is not a number; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`")
    } else if !authority.contains('@') && rest[authority.len()..].starts_with(['?', '#']) && rest.contains('@') {
        Some("an `@` follows its `?` or `#`; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`")
    } else if port.is_some() && !authority.contains('@') && rest.contains('@') {
        Some("an `@` follows its port; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`")
    } else {
        None
    }
}

/// Whether ssh would take a host, with the user before it or without, for an option. git undoes the `%2d` first.
fn is_option(host: &str) -> bool {
    host.starts_with('-') || host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2d"))
}

/// What stands before the path of an address whose scheme is already read.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// What follows the host's `:`; of a bracketed address, what follows its `]`.
fn port(host: &str) -> Option<&str> {
    host.rsplit(']').next()?.split_once(':').map(|(_, port)| port)
}

fn is_number(port: &str) -> bool {
    port.chars().all(|c| c.is_ascii_digit())
}

/// Checks `user@host:path` and `host:path`.
fn scp_fault(text: &str) -> Option<&'static str> {
    let neither = Some("it is neither a URL nor an absolute path");
    let Some((login, path)) = text.split_once(':') else {
        return neither;
    };
    let host = login.rsplit('@').next().unwrap_or_default();
    if is_option(host) {
        Some("its host starts with `-` like an option")
    } else if path.starts_with('-') {
        Some("its path starts with `-` like an option")
    } else if path.is_empty() || host.len() < 2 || login.contains(['/', '\\']) {
        // One letter is a Windows drive without a root.
        neither
    } else if host == login && path.contains('@') {
        Some("ssh takes no password in `user@host:path`")
    } else {
        None
    }
}

/// A text as it may be repeated: control characters would reach the terminal through messages, and a file that is none may be one long line.
pub fn printable(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
