//! Which texts are git refs and repositories, what is shown of them, and what is refused.

use super::*;

const COMMIT: &str = "515115ea2cb85a0b71b5507ce56a627d14c7ae73";

#[test]
fn refs() {
    let cases = [
        ("nightly", false, true),
        ("release/2.13", false, false),
        ("users/me/a-b_c", false, false),
        ("v2.9.0-rc1", false, false),
        ("release/nightly", false, false),
        ("refs/heads/main", false, false),
        ("a@b", false, false),
        ("zweig/größe", false, false),
        (COMMIT, true, false),
        (&COMMIT[1..], false, false),
    ];
    for (text, is_commit, is_nightly) in cases {
        let parsed = GitRef::parse(text).unwrap();
        assert_eq!(parsed.as_str(), text);
        assert_eq!((parsed.is_commit(), parsed.is_nightly()), (is_commit, is_nightly), "{text}");
    }
}

#[test]
fn refused_refs() {
    let blank = "it contains a blank or a control character";
    let special = "it contains one of `~ ^ : ? * [ \\`";
    let dots = "it contains `..` or `@{`";
    let slashes = "it starts or ends with `/`, or contains `//`";
    let cases = [
        ("", "", "it is empty"),
        ("--upload-pack=x", "--upload-pack=x", "it starts with `-` like an option"),
        ("a b", "a b", blank),
        ("a\n", "a\u{fffd}", blank),
        ("a\u{7f}b", "a\u{fffd}b", blank),
        ("HEAD~1", "HEAD~1", special),
        ("v1^{commit}", "v1^{commit}", special),
        ("main:file", "main:file", special),
        ("a?", "a?", special),
        ("a*", "a*", special),
        ("a[b", "a[b", special),
        ("a\\b", "a\\b", special),
        ("a..b", "a..b", dots),
        ("main@{1}", "main@{1}", dots),
        ("@", "@", "`@` alone means `HEAD`"),
        ("/a", "/a", slashes),
        ("a/", "a/", slashes),
        ("a//b", "a//b", slashes),
        ("a.", "a.", "it ends with `.`"),
        (".a", ".a", "a part of it starts with `.`"),
        ("a/.b", "a/.b", "a part of it starts with `.`"),
        ("a.lock", "a.lock", "a part of it ends with `.lock`"),
        ("a.lock/b", "a.lock/b", "a part of it ends with `.lock`"),
    ];
    for (text, shown, fault) in cases {
        let error = GitRef::parse(text).unwrap_err();
        assert_eq!(error.to_string(), format!("git ref `{shown}` is invalid: {fault}"));
        let hint = "name a branch, a tag or a full commit: `nightly`, `release/2.13`, `v2.9.0`";
        assert_eq!(error.hint().as_deref(), Some(hint));
    }
}

#[test]
fn repositories_are_shown_without_credentials() {
    let cases = [
        ("https://github.com/ROCm/pytorch.git", "https://github.com/ROCm/pytorch.git"),
        ("https://token@github.com/ROCm/pytorch", "https://github.com/ROCm/pytorch"),
        ("https://user:pass@host:8443/a@b", "https://host:8443/a@b"),
        ("https://user:p@ss@host/a", "https://host/a"),
        ("https://user:pass@host", "https://host"),
        ("https://host/a?token=secret", "https://host/a"),
        ("https://user:pass@host?token=secret", "https://host"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://user:pass@[::1]/a", "http://[::1]/a"),
        ("ssh://git@github.com/ROCm/pytorch", "ssh://git@github.com/ROCm/pytorch"),
        ("ssh://git:pass@host:22/a", "ssh://host:22/a"),
        ("git://host:9/a", "git://host:9/a"),
        ("file:///srv/a@b", "file:///srv/a@b"),
        ("file:///C:/a", "file:///C:/a"),
        ("git@github.com:ROCm/pytorch.git", "git@github.com:ROCm/pytorch.git"),
        ("git@host:a@b:c", "git@host:a@b:c"),
        ("host:a", "host:a"),
        ("/srv/a b", "/srv/a b"),
        ("C:\\src\\a b", "C:\\src\\a b"),
        ("c:/src/a", "c:/src/a"),
        ("\\\\server\\share", "\\\\server\\share"),
    ];
    for (text, redacted) in cases {
        let parsed = RepoUrl::parse(text).unwrap();
        assert_eq!(parsed.as_str(), text);
        assert_eq!(parsed.redacted(), redacted);
        assert_eq!(parsed.to_string(), redacted);
        assert_eq!(format!("{parsed:?}"), format!("RepoUrl({redacted:?})"));
    }
}

#[test]
fn refused_repositories() {
    let option = "it starts with `-` like an option";
    let host_option = "its host starts with `-` like an option";
    let program = "`::` would choose a program to run";
    let scheme = "its scheme is none of `https`, `http`, `ssh`, `git`, `file`";
    let neither = "it is neither a URL nor an absolute path";
    let port = "its port is not a number; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`";
    let slash = "an `@` follows its port; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`";
    let cases = [
        ("https://user:12/34@host/a", "***@host/a", slash),
        ("", "", "it is empty"),
        ("--upload-pack=x", "--upload-pack=x", option),
        ("https://host/a\nb", "https://host/a\u{fffd}b", "it contains a control character"),
        ("/srv/\u{1b}[0m", "/srv/\u{fffd}[0m", "it contains a control character"),
        ("https://host/a b", "https://host/a b", "it contains a blank"),
        (" https://host/a", " https://host/a", "it contains a blank"),
        ("ext::sh", "ext::sh", program),
        ("ext::sh -c id", "ext::sh -c id", program),
        ("fd::17", "fd::17", program),
        ("https::https://user:pass@host/a", "***@host/a", program),
        ("::a", "::a", program),
        ("git://user:pass@host/a", "***@host/a", "`git://` takes no user and no password"),
        ("ftp://user:pass@host/a", "***@host/a", scheme),
        ("HTTPS://host/a", "HTTPS://host/a", scheme),
        ("://host", "://host", scheme),
        ("https://", "https://", "it has no host"),
        ("https:///a", "https:///a", "it has no host"),
        ("https://user:pass@/a", "***@/a", "it has no host"),
        ("ssh://-oProxyCommand=id/a", "ssh://-oProxyCommand=id/a", host_option),
        ("ssh://git@-oProxyCommand=id/a", "***@-oProxyCommand=id/a", host_option),
        ("git@-oProxyCommand=id:a", "***@-oProxyCommand=id:a", host_option),
        ("https://user:p/ss@host/a", "***@host/a", port),
        ("https://host:https/a", "https://host:***", port),
        ("user:pass@host:a", "***@host:a", "ssh takes no password in `user@host:path`"),
        ("ROCm/pytorch", "ROCm/pytorch", neither),
        ("../pytorch", "../pytorch", neither),
        ("pytorch", "pytorch", neither),
        ("C:pytorch", "C:pytorch", neither),
        ("dir/a:b", "dir/a:b", neither),
        ("git@host:", "***@host:", neither),
        (":a", ":a", neither),
    ];
    for (text, shown, fault) in cases {
        let error = RepoUrl::parse(text).unwrap_err();
        assert_eq!(error.to_string(), format!("repository `{shown}` is invalid: {fault}"));
        let hint = "write `https://github.com/ROCm/pytorch.git`, `git@github.com:ROCm/pytorch.git` or an absolute path";
        assert_eq!(error.hint().as_deref(), Some(hint));
    }
}

#[test]
fn refused_addresses_are_repeated_without_secrets() {
    for (text, shown) in [
        ("user:PW@host/x", "***@host/x"),
        ("https://user:P W@host/x?token=PW", "***@host/x?***"),
        ("https://user:P#W@host/x", "***"),
        ("https://user@x:P?W@host/x", "***"),
        ("https://user:PW/x", "https://user:***"),
        ("https://[::1]:8080/x y", "https://[::1]:8080/x y"),
        ("https:/host/x?token=PW", "https:/host/x?***"),
        ("host/\u{1b}[0m", "host/\u{fffd}[0m"),
    ] {
        assert_eq!(without_secrets(text), shown);
    }
}

#[test]
fn indexes() {
    for text in ["https://host/a@b", "http://user:p'w@127.0.0.1:80/x?token=y", "https://[::1]:8080/simple", "file:///srv/x"] {
        assert_eq!(index_fault(text), None, "{text}");
    }
    let port = "its port is not a number; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`";
    for (text, fault) in [
        ("-x", "it starts with `-` like an option"),
        ("https://host/\n", "it contains a control character"),
        ("https://host/a b", "it contains a blank"),
        ("user:PW@host/simple", "it has no scheme"),
        ("git://host/simple", "its scheme is none of `https`, `http`, `file`"),
        ("https://user:PW#x@h/s", port),
        ("https://user:P?W@h/s", port),
        (
            "https://token#x@h/s",
            "an `@` follows its `?` or `#`; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`",
        ),
        ("https://user:12/x@h/s", "an `@` follows its port; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`"),
    ] {
        assert_eq!(index_fault(text), Some(fault), "{text}");
    }
}

#[test]
fn folders_and_addresses() {
    for folder in ["wheels", "../wheels", "/srv/a:b@c", "C:\\srv\\a@b", "a@b", "host/simple"] {
        assert!(is_folder(folder), "{folder}");
    }
    for address in ["", "-x", "https://host/", "user:PW@host/simple", "user:P/W@host"] {
        assert!(!is_folder(address), "{address}");
    }
}

#[test]
fn a_password_is_hidden_in_what_is_said_of_its_repository() {
    for (address, text, expected) in [
        ("ssh://user:pass@host/a", "user:pass@host: Permission denied", "host: Permission denied"),
        ("ssh://user:pass@host/a", "the user 'user:pass' is unknown", "the user '***' is unknown"),
        ("ssh://git@host/a", "git@host: Permission denied", "git@host: Permission denied"),
        ("/srv/x", "a b", "a b"),
    ] {
        assert_eq!(RepoUrl::parse(address).unwrap().hidden_in(text), expected);
    }
}
