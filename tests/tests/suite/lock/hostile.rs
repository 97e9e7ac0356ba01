//! What others wrote, pins first of all, is parsed before git sees it: whatever it says, nothing happens outside of the folders that are for it,
//! and everything that is refused is refused in words.

use crate::forge::{Forge, RELATED, TRITON_PIN};

const TORCH: &str = "ROCm/pytorch";
const FULL: &str = "1111111111111111111111111111111111111111";
const ADDRESS: &str = "https://host/x";

/// A repository of torch on `main`, and a proof that no program was started: whatever gets that far would make the file `owned`.
fn forge() -> Forge {
    let forge = Forge::new();
    forge.repository(TORCH, "main", &[("version.txt", "2.13.0")]);
    // Settings of the user's own that would let any transport start programs.
    let config = forge.sandbox.root().join("gitconfig");
    let allowed = "[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n[protocol \"fd\"]\n\tallow = always\n";
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + allowed).unwrap();
    forge
}

/// What is said of this text of a file that pins, with `BOX` for the sandbox.
#[track_caller]
fn said_of(forge: &Forge, file: &str, text: &[u8], project: &str) -> String {
    std::fs::create_dir_all(forge.sandbox.path(&format!("github/{TORCH}/{file}")).parent().unwrap()).unwrap();
    std::fs::write(forge.sandbox.path(&format!("github/{TORCH}/{file}")), text).unwrap();
    forge.commit(TORCH, &[]);
    forge.refused(3, &["--ref", "main", "--only", &format!("pytorch,{project}")])
}

#[test]
fn addresses_in_pins() {
    let forge = forge();
    let program = "`::` would choose a program to run";
    let option = "it starts with `-` like an option";
    let host = "its host starts with `-` like an option";
    let scheme = "its scheme is none of `https`, `http`, `ssh`, `git`, `file`";
    let neither = "it is neither a URL nor an absolute path";
    let control = "it contains a control character";
    let blank = "it contains a blank";
    let port = "its port is not a number; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`";
    let owned = forge.sandbox.arg("owned");
    // Each as it is, as it is shown unless it is shown as it is, and what is wrong with it.
    let table = [
        // Options.
        (format!("--upload-pack=touch {owned}"), None, option),
        ("-oProxyCommand=id".into(), None, option),
        ("-u./run".into(), None, option),
        ("--config=core.sshCommand=id".into(), None, option),
        ("ssh://-oProxyCommand=id/x".into(), None, host),
        ("ssh://-oProxyCommand=id@host/x".into(), Some("***@host/x"), host),
        ("ssh://%2doProxyCommand=id/x".into(), None, host),
        ("ssh://git@%2DoProxyCommand=id/x".into(), Some("***@%2DoProxyCommand=id/x"), host),
        ("ssh://git@-oProxyCommand=id/x".into(), Some("***@-oProxyCommand=id/x"), host),
        ("git://-host/x".into(), None, host),
        ("git@-oProxyCommand=id:x".into(), Some("***@-oProxyCommand=id:x"), host),
        ("git@host:-x".into(), Some("***@host:-x"), "its path starts with `-` like an option"),
        // Programs.
        (format!("ext::sh -c touch% {owned}"), None, program),
        ("ext::sh".into(), None, program),
        ("fd::17".into(), None, program),
        ("fd::0,1/x".into(), None, program),
        ("::x".into(), None, program),
        ("a-helper::x".into(), None, program),
        ("https::https://host/x".into(), None, program),
        ("file::/srv/x".into(), None, program),
        ("EXT::sh -c id".into(), None, program),
        ("ext.x::sh -c id".into(), None, program),
        ("git://user:secretpass@host/x".into(), Some("***@host/x"), "`git://` takes no user and no password"),
        // Other transports, and what is none.
        ("ext://sh".into(), None, scheme),
        ("ftp://host/x".into(), None, scheme),
        ("javascript://host/x".into(), None, scheme),
        ("git+ssh://host/x".into(), None, scheme),
        ("HTTPS://host/x".into(), None, scheme),
        ("../../etc".into(), None, neither),
        ("./run".into(), None, neither),
        ("etc/passwd".into(), None, neither),
        ("C:relative".into(), None, neither),
        ("~/x".into(), None, neither),
        ("".into(), None, "it is empty"),
        ("https:///x".into(), None, "it has no host"),
        // What a terminal would obey, or another reader of the line would take apart.
        ("https://host/\u{1b}[2Jx".into(), Some("https://host/\u{fffd}[2Jx"), control),
        ("https://host/\u{7f}x".into(), Some("https://host/\u{fffd}x"), control),
        ("https://host/\u{9b}2Jx".into(), Some("https://host/\u{fffd}2Jx"), control),
        ("https://host/\0x".into(), Some("https://host/\u{fffd}x"), control),
        ("https://host/\tx".into(), Some("https://host/\u{fffd}x"), control),
        ("https://host/a\u{b}b".into(), Some("https://host/a\u{fffd}b"), control),
        ("https://host/\u{202e}x".into(), Some("https://host/\u{fffd}x"), control),
        ("https://host/\u{200b}x".into(), Some("https://host/\u{fffd}x"), control),
        ("https://ho\u{2066}st/x".into(), Some("https://ho\u{fffd}st/x"), control),
        ("\u{feff}https://host/x".into(), Some("\u{fffd}https://host/x"), control),
        ("https://host/a b".into(), None, blank),
        // Passwords.
        ("https://user:secretpass@host:bad/x".into(), Some("***@host:bad/x"), port),
        ("https://user:sec/ret@host/x".into(), Some("***@host/x"), port),
        ("https://secrettoken@/x".into(), Some("***@/x"), "it has no host"),
        ("ftp://user:secretpass@host/x".into(), Some("***@host/x"), scheme),
        ("https://user:secretpass@host/a b".into(), Some("***@host/a b"), blank),
        ("ext::https://user:secretpass@host/x".into(), Some("***@host/x"), program),
        ("https://host/x?token=secretpass x".into(), Some("https://host/x?***"), blank),
        ("user:secretpass@host:x".into(), Some("***@host:x"), "ssh takes no password in `user@host:path`"),
        ("https://us er:secretpass@host/x".into(), Some("***@host/x"), blank),
        ("ssh://user:secretpass@-host/x".into(), Some("***@-host/x"), host),
    ];
    let mut wrong = Vec::new();
    for (address, shown, fault) in table {
        let said = said_of(&forge, RELATED, format!("ubuntu|s|torchaudio|b|{FULL}|{address}\n").as_bytes(), "pytorch_audio");
        let expected = format!(
            "error: the commit of `pytorch_audio` for `--ref main` is not known: Malformed related_commits line: \
             `ubuntu|s|torchaudio|b|{FULL}|{}`: repository `{}` is invalid: {fault}\n\
             hint: mend `related_commits` in torch's repository, or give another `--ref`\n",
            shown.unwrap_or(&address),
            shown.unwrap_or(&address)
        );
        let expected = forge.sandbox.plain(&expected);
        if said != expected {
            wrong.push(format!("{address:?}:\n{said}but should be\n{expected}"));
        }
        assert!(!said.contains("secret"), "{said}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!forge.sandbox.path("owned").exists());
}

#[test]
fn rows_that_are_none() {
    let forge = forge();
    let long = "x".repeat(3 << 20);
    let of_fields = |count: usize| format!("it has {count} of 6 fields");
    let commit = "its commit is not 40 hexadecimal digits";
    let row = |commit: &str| format!("ubuntu|s|torchaudio|b|{commit}|{ADDRESS}");
    let cut = |text: &str| format!("{}…", text.chars().take(200).collect::<String>());
    let address = format!("https://host/{}", "y".repeat(2000));
    let table = [
        // Commits.
        (row("--upload-pack=x"), None, commit.to_owned()),
        (row("-x"), None, commit.to_owned()),
        (row(""), None, commit.to_owned()),
        (row("main"), None, commit.to_owned()),
        (row("HEAD"), None, commit.to_owned()),
        (row("1111111"), None, commit.to_owned()),
        (row(&"1".repeat(39)), None, commit.to_owned()),
        (row(&"1".repeat(41)), None, commit.to_owned()),
        (row(&"g".repeat(40)), None, commit.to_owned()),
        (row(&format!("{}^{{}}", "1".repeat(37))), None, commit.to_owned()),
        (row(&format!("../../{}", "1".repeat(34))), None, commit.to_owned()),
        (row(&format!("{FULL}\u{200b}")), Some(row(&format!("{FULL}\u{fffd}"))), commit.to_owned()),
        (row(&format!(" {FULL}")), None, commit.to_owned()),
        (row("$(touch owned)"), None, commit.to_owned()),
        (row("refs/heads/main:refs/heads/x"), None, commit.to_owned()),
        // Rows.
        ("x".to_owned(), None, of_fields(1)),
        ("|||||".to_owned(), None, commit.to_owned()),
        ("||||||".to_owned(), None, of_fields(7)),
        (format!("{}|more", row(FULL)), None, of_fields(7)),
        ("|".repeat(500), Some(cut(&"|".repeat(500))), of_fields(501)),
        ("<html>\u{1b}[2J".to_owned(), Some("<html>\u{fffd}[2J".to_owned()), of_fields(1)),
        ("https://user:secretpass@host".to_owned(), Some("***@host".to_owned()), of_fields(1)),
        ("a|https://user:sec|retpass@host".to_owned(), Some("a|https://host".to_owned()), of_fields(3)),
        ("x".repeat(100_000), Some(cut(&"x".repeat(201))), of_fields(1)),
        (
            format!("ubuntu|s|torchaudio|b|{FULL}|{address}"),
            Some(cut(&format!("ubuntu|s|torchaudio|b|{FULL}|{address}"))),
            format!("repository `{}` is invalid: it is longer than 2000 bytes", cut(&address)),
        ),
    ];
    let mut wrong = Vec::new();
    let unknown = "error: the commit of `pytorch_audio` for `--ref main` is not known: ";
    for (text, shown, fault) in table {
        let said = said_of(&forge, RELATED, text.as_bytes(), "pytorch_audio");
        let expected = format!(
            "{unknown}Malformed related_commits line: `{}`: {fault}\n\
             hint: mend `related_commits` in torch's repository, or give another `--ref`\n",
            shown.unwrap_or(text)
        );
        if said != expected {
            wrong.push(format!("{said}but should be\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // What is no such file at all.
    for (text, fault) in [
        (&b"\x7fELF\xff\xfe\0\x80"[..], "it is not UTF-8"),
        (b"\xff\xfeu\0", "it is not UTF-8"),
        (long.as_bytes(), "it has 3145728 bytes, which is more than any pin or version"),
    ] {
        let said = said_of(&forge, RELATED, text, "pytorch_audio");
        let commit = forge.head(TORCH);
        // torch's own commit is of no use if what is pinned in it cannot be read.
        let unknown = unknown.replace("pytorch_audio", "pytorch");
        assert_eq!(said, format!("{unknown}`{RELATED}` of {commit} cannot be read: {fault}\n"));
    }
}

#[test]
fn names_in_pins_are_only_names() {
    let forge = forge();
    let audio = format!("ubuntu|s|torchaudio|b|{FULL}|{ADDRESS}\n");
    // Nobody asks for these, and nothing is called after them.
    let names = [
        "../../x",
        "/etc/passwd",
        "-x",
        "--help",
        "$(touch owned)",
        "a\\b",
        "C:\\x",
        "torchaudio/../x",
        "",
        ".",
        "\u{1b}[2J",
        "%00",
    ];
    let rows: String = names.iter().map(|name| format!("../../os|-source|{name}|--branch=x|{FULL}|{ADDRESS}\n")).collect();
    forge.commit(TORCH, &[(RELATED, &(rows + &audio))]);
    let before = forge.sandbox.snapshot();
    let manifest = forge.locked(&["--ref", "main", "--only", "pytorch,pytorch_audio"]);
    assert_eq!(manifest["pytorch_audio"], serde_json::json!({"repo": ADDRESS, "commit": FULL}));
    let store = forge.sandbox.root().join("cache/therock-xtask/git");
    let new = tests::changes(&before, &forge.sandbox.snapshot());
    let elsewhere = new.iter().filter(|path| !path.starts_with(&store) && !store.starts_with(path)).collect::<Vec<_>>();
    assert_eq!(elsewhere, Vec::<&std::path::PathBuf>::new());
    // One store, and the file by which it is locked.
    let mut names: Vec<_> = std::fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert!(names.len() == 2 && names[1].to_str() == Some(&format!("{}.lock", names[0].display())), "{names:?}");
    // A conflict of two such rows is told in words that a terminal shows.
    let other = format!("ubuntu|s|\u{1b}[2J|b|{}|{ADDRESS}\n", "2".repeat(40));
    let text = format!("ubuntu|s|\u{1b}[2J|b|{FULL}|{ADDRESS}\n{other}{audio}");
    let said = said_of(&forge, RELATED, text.as_bytes(), "pytorch_audio");
    let conflict = format!("entries for '\u{fffd}[2J': {FULL} of {ADDRESS} and {} of {ADDRESS}\n", "2".repeat(40));
    assert!(said.contains(&conflict), "{said}");
}

#[test]
fn pins_of_triton() {
    let forge = forge();
    let hint = "hint: leave triton out (`--only` names what is wanted), or name another repository of torch\n";
    for (text, shown) in [
        ("--upload-pack=x", "--upload-pack=x"),
        ("-x", "-x"),
        ("main", "main"),
        ("1111111", "1111111"),
        ("refs/heads/main", "refs/heads/main"),
        ("../../x", "../../x"),
        ("ext::sh -c id", "ext::sh -c id"),
        (
            "1111111111111111111111111111111111111111\n2222222222222222222222222222222222222222",
            "1111111111111111111111111111111111111111\u{fffd}2222222222222222222222222222222222222222",
        ),
        ("\u{1b}]0;x\u{7}", "\u{fffd}]0;x\u{fffd}"),
        ("https://user:secretpass@host/x", "***@host/x"),
        ("111111111111111111111111111111111111111\u{661}", "111111111111111111111111111111111111111\u{661}"),
    ] {
        let said = said_of(&forge, TRITON_PIN, text.as_bytes(), "triton");
        let fault = format!("`{TRITON_PIN}` holds `{shown}`, which is not a full commit");
        assert_eq!(said, format!("error: the commit of `triton` for `--ref main` is not known: {fault}\n{hint}"));
    }
    // A link is no file, wherever it leads.
    let pin = forge.sandbox.path(&format!("github/{TORCH}/{TRITON_PIN}"));
    std::fs::remove_file(&pin).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", &pin).unwrap();
    forge.commit(TORCH, &[]);
    let said = forge.refused(3, &["--ref", "main", "--only", "pytorch,triton"]);
    assert_eq!(said, format!("error: the commit of `triton` for `--ref main` is not known: there is no `{TRITON_PIN}`\n{hint}"));
}

#[test]
fn words_that_are_typed() {
    let forge = forge();
    let owned = forge.sandbox.arg("owned");
    let mut words: Vec<String> = Vec::new();
    let mut expected = String::new();
    let neither = "it is neither a URL nor an absolute path";
    for (address, shown, fault) in [
        (format!("--upload-pack=touch {owned}"), None, "it starts with `-` like an option"),
        (format!("ext::sh -c touch% {owned}"), None, "`::` would choose a program to run"),
        ("fd::17".to_owned(), None, "`::` would choose a program to run"),
        ("ssh://-oProxyCommand=id/x".to_owned(), None, "its host starts with `-` like an option"),
        ("git@host:--upload-pack=id".to_owned(), Some("***@host:--upload-pack=id"), "its path starts with `-` like an option"),
        (
            "https://host/x\u{1b}]0;x\u{7}".to_owned(),
            Some("https://host/x\u{fffd}]0;x\u{fffd}"),
            "it contains a control character",
        ),
        ("https://user:secretpass@host/a b".to_owned(), Some("***@host/a b"), "it contains a blank"),
        ("../../x".to_owned(), None, neither),
    ] {
        words.extend(["--origin".to_owned(), format!("apex={address}")]);
        let shown = forge.sandbox.plain(shown.unwrap_or(&address));
        expected += &format!(
            "error: invalid value for `--origin`: repository `{shown}` is invalid: {fault}\n\
             hint: write `https://github.com/ROCm/pytorch.git`, `git@github.com:ROCm/pytorch.git` or an absolute path\n"
        );
    }
    let known =
        "expected one of `pytorch` (`torch`), `pytorch_audio` (`torchaudio`), `pytorch_vision` (`torchvision`), `triton`, `apex`";
    for (name, shown) in [("../x", "../x"), ("-x", "-x"), ("/etc", "/etc"), ("a\u{1b}[2J", r"a\u{1b}[2J"), ("PyTorch", "PyTorch")]
    {
        words.push(format!("--only={name}"));
        expected += &format!("error: invalid value for `--only`: unknown project `{shown}`: {known}\n");
    }
    let option = "it starts with `-` like an option";
    let special = "it contains one of `~ ^ : ? * [ \\`";
    let long = "x".repeat(2001);
    let cut = format!("{}…", "x".repeat(200));
    for (reference, shown, fault) in [
        ("--upload-pack=id", None, option),
        ("-x", None, option),
        ("main:refs/heads/x", None, special),
        ("main^{commit}", None, special),
        ("HEAD~1", None, special),
        (":/message", None, special),
        ("refs/heads/*", None, special),
        ("a..b", None, "it contains `..` or `@{`"),
        ("@{-1}", None, "it contains `..` or `@{`"),
        ("../../x", None, "it contains `..` or `@{`"),
        ("@", None, "`@` alone means `HEAD`"),
        ("/etc/passwd", None, "it starts or ends with `/`, or contains `//`"),
        ("a.lock", None, "a part of it ends with `.lock`"),
        (".git/config", None, "a part of it starts with `.`"),
        ("a\u{1b}[2J", Some("a\u{fffd}[2J"), "it contains a blank or a control character"),
        ("a\u{202e}b", Some("a\u{fffd}b"), "it contains a blank or a control character"),
        ("a\u{7f}", Some("a\u{fffd}"), "it contains a blank or a control character"),
        (&long, Some(cut.as_str()), "it is longer than 2000 bytes"),
    ] {
        words.push(format!("--ref={reference}"));
        expected += &format!(
            "error: invalid value for `--ref`: git ref `{}` is invalid: {fault}\n\
             hint: name a branch, a tag or a full commit: `nightly`, `release/2.13`, `v2.9.0`\n",
            shown.unwrap_or(reference)
        );
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = forge.refused(2, &words);
    assert_eq!(said, expected);
    assert!(!forge.sandbox.path("owned").exists());
}

/// What a server says reaches the screen through git.
#[test]
fn words_of_a_server() {
    let forge = forge();
    forge.sandbox.fake("git", "print \u{1b}[2Jfatal: \u{202e}https://user:secretpass@host/x\nexit 128\n");
    let said = forge.refused(3, &["--ref", "main", "--only", "pytorch"]);
    let expected = format!(
        "error: the commit of `pytorch` for `--ref main` is not known: `git ls-remote` of https://github.com/{TORCH} exited with 128: \
         \u{fffd}[2Jfatal: \u{fffd}https://host/x"
    );
    assert!(said.lines().any(|line| line == expected), "{said}");
}
