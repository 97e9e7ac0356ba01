//! Rules, pins and refs: which commit is asked for, and what is refused. The jobs are tested in `checkout`.

use super::*;
use crate::host::Platform::{Linux, Windows};
use crate::plan::check::fixture::{commit, host, request};

fn url(text: &str) -> RepoUrl {
    RepoUrl::parse(text).unwrap()
}

fn reference(text: &str) -> GitRef {
    GitRef::parse(text).unwrap()
}

/// A rule as one line.
fn shown(rule: Result<Rule, SourceError>) -> String {
    let place = |repo: &RepoUrl, reference: &GitRef| format!("{repo}@{reference}");
    match rule {
        Ok(Rule::Ref { repo, reference }) => place(&repo, &reference),
        Ok(Rule::Related { key, repo, otherwise }) => {
            let repo = repo.map(|repo| format!(" in {repo}")).unwrap_or_default();
            let otherwise = otherwise.map(|(repo, reference)| format!(", else {}", place(&repo, &reference))).unwrap_or_default();
            format!("pin {key}{repo}{otherwise}")
        }
        Ok(Rule::TorchPin { repo }) => format!("torch's pin in {repo}"),
        Ok(Rule::TheRockPin { repo, otherwise }) => format!("TheRock's pin in {repo}, else {otherwise}"),
        Err(error) => format!("{error}\nhint: {}", error.hint().unwrap_or_default()),
    }
}

#[test]
fn each_project_has_its_rule() {
    use Project::*;
    let full = commit('a');
    let cases = [
        (Linux, "nightly", "", Pytorch, "https://github.com/pytorch/pytorch@nightly"),
        (Linux, "nightly", "", PytorchAudio, "https://github.com/pytorch/audio@nightly"),
        (Linux, "nightly", "", PytorchVision, "https://github.com/pytorch/vision@nightly"),
        (Linux, "nightly", "", Apex, "https://github.com/ROCm/apex@master"),
        (Linux, "nightly", "", Triton, "torch's pin in https://github.com/ROCm/triton"),
        (Windows, "nightly", "", Pytorch, "https://github.com/pytorch/pytorch@nightly"),
        (Windows, "nightly", "", Triton, "TheRock's pin in https://github.com/triton-lang/triton-windows, else main-windows"),
        (Linux, "release/2.13", "", Pytorch, "https://github.com/ROCm/pytorch@release/2.13"),
        (Linux, "main", "", Pytorch, "https://github.com/ROCm/pytorch@main"),
        (Linux, &full, "", Pytorch, &format!("https://github.com/ROCm/pytorch@{full}")),
        (Linux, "release/nightly", "", PytorchAudio, "pin torchaudio"),
        (Linux, "release/2.13", "", PytorchVision, "pin torchvision"),
        (Linux, "release/2.13", "", Apex, "pin apex"),
        (Linux, "release/2.13", "", Triton, "torch's pin in https://github.com/ROCm/triton"),
        (Windows, "release/2.13", "", PytorchVision, "pin torchvision"),
        (
            Windows,
            "release/2.13",
            "",
            Triton,
            "Windows Triton is pinned for PyTorch nightly only, not for `release/2.13`\n\
             hint: leave it out with `--no-build-triton`, or give `--ref nightly`",
        ),
        // An origin changes the repository, and neither the ref nor the pin.
        (Linux, "nightly", "--origin apex=https://h/a", Apex, "https://h/a@master"),
        (Linux, "nightly", "--origin torch=https://h/a", Pytorch, "https://h/a@nightly"),
        (Linux, "nightly", "--origin pytorch=https://h/t", PytorchAudio, "https://github.com/pytorch/audio@nightly"),
        (Linux, "v1", "--origin pytorch=https://u:pw@h/a", Pytorch, "https://h/a@v1"),
        (Linux, "v1", "--origin triton=https://h/t", Triton, "torch's pin in https://h/t"),
        (Windows, "nightly", "--origin triton=https://h/t", Triton, "TheRock's pin in https://h/t, else main-windows"),
        (
            Linux,
            "v1",
            "--origin pytorch_audio=https://h/a",
            PytorchAudio,
            "pin torchaudio in https://h/a, else https://h/a@nightly",
        ),
        (
            Linux,
            "v1",
            "--origin pytorch=https://h/t",
            PytorchAudio,
            "pin torchaudio, else https://github.com/pytorch/audio@nightly",
        ),
        (Linux, "v1", "--origin pytorch=https://h/t", Apex, "pin apex, else https://github.com/ROCm/apex@master"),
    ];
    for (platform, name, flags, project, expected) in cases {
        let host = host(platform);
        let request = request(&host, &format!("build --ref nightly --gfx gfx942 {flags}"));
        assert_eq!(shown(rule(&request, platform, &reference(name), project)), expected, "{project} of {name} {flags}");
    }
}

/// Rows as ROCm's release branches have them; two systems, one commit.
fn related_commits() -> String {
    let rows = [
        ("ubuntu", "torchvision", '3', "https://github.com/pytorch/vision"),
        ("centos", "torchvision", '3', "https://github.com/pytorch/vision"),
        ("ubuntu", "torchaudio", '2', "https://github.com/pytorch/audio"),
        ("ubuntu", "torchdata", '9', "https://github.com/pytorch/data"),
    ];
    let rows = rows.map(|(os, project, digit, origin)| format!("{os}|pytorch|{project}|release/2.10|{}|{origin}", commit(digit)));
    format!("# pins\n\n  {}  \r\n", rows.join("\n"))
}

#[test]
fn related_commits_are_read() {
    let related = parse_related_commits(&related_commits()).unwrap();
    let pin = |digit, origin| Some(Pin { commit: commit(digit), origin: url(origin) });
    assert_eq!(related.pin("torchvision").cloned(), pin('3', "https://github.com/pytorch/vision"));
    assert_eq!(related.pin("torchaudio").cloned(), pin('2', "https://github.com/pytorch/audio"));
    assert_eq!(related.pin("apex"), None);
    assert_eq!(parse_related_commits("\n# nothing\n"), Ok(Related::default()));
    let upper = format!("ubuntu|pytorch|apex|master|{}|git@github.com:ROCm/apex", commit('A'));
    assert_eq!(parse_related_commits(&upper).unwrap().pin("apex").map(|pin| pin.commit.clone()), Some(commit('a')));
}

#[test]
fn related_commits_are_refused() {
    let full = commit('1');
    let row = |commit: &str, origin: &str| format!("ubuntu|pytorch|torchvision|main|{commit}|{origin}");
    let cases = [
        ("centos|src|torchaudio".to_owned(), "Malformed related_commits line: `centos|src|torchaudio`: it has 3 of 6 fields".to_owned()),
        (
            format!("{}|more", row(&full, "https://h/v")),
            format!("Malformed related_commits line: `{}|more`: it has 7 of 6 fields", row(&full, "https://h/v")),
        ),
        (
            row("1234567", "https://h/v"),
            "Malformed related_commits line: `ubuntu|pytorch|torchvision|main|1234567|https://h/v`: its commit is not 40 hexadecimal digits"
                .to_owned(),
        ),
        (
            row("--upload-pack=touch x", "https://h/v"),
            "Malformed related_commits line: `ubuntu|pytorch|torchvision|main|--upload-pack=touch x|https://h/v`: its commit is not 40 \
             hexadecimal digits"
                .to_owned(),
        ),
        (
            row(&full, "--upload-pack=x"),
            format!(
                "Malformed related_commits line: `{}`: repository `--upload-pack=x` is invalid: it starts with `-` like an option",
                row(&full, "--upload-pack=x")
            ),
        ),
        (
            row(&full, "ext::sh -c x"),
            format!("Malformed related_commits line: `{}`: repository `ext::sh -c x` is invalid: `::` would choose a program to run", row(&full, "ext::sh -c x")),
        ),
        (
            row(&full, "https://h/v\u{1b}[2J"),
            format!(
                "Malformed related_commits line: `{}`: repository `https://h/v\u{fffd}[2J` is invalid: it contains a control character",
                row(&full, "https://h/v\u{fffd}[2J")
            ),
        ),
        (
            format!("{}\n{}", row(&full, "https://h/v"), row(&commit('2'), "https://h/v").replace("ubuntu", "centos")),
            format!("Conflicting related_commits entries for 'torchvision': {full} of https://h/v and {} of https://h/v", commit('2')),
        ),
        (
            format!("{}\n{}", row(&full, "https://h/v"), row(&full, "https://u:p@h/w")),
            format!("Conflicting related_commits entries for 'torchvision': {full} of https://h/v and {full} of https://h/w"),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_related_commits(&text).unwrap_err().to_string(), expected);
    }
    let secret = parse_related_commits(&row("1", "https://user:pa55word@h/v")).unwrap_err().to_string();
    assert!(!secret.contains("pa55word"), "{secret}");
}

#[test]
fn pins_lead_to_commits() {
    let related = related_commits();
    let to = |repo: &str, digit, why: &str| {
        Ok(Pinned::To(Locked { repo: repo.to_owned(), commit: commit(digit), branch: None, why: why.to_owned(), version: None }))
    };
    let ask = |repo: &str, name: &str| Ok(Pinned::Ask(Rule::Ref { repo: url(repo), reference: reference(name) }));
    let rule = |key, repo: Option<&str>, otherwise: Option<(&str, &str)>| Rule::Related {
        key,
        repo: repo.map(url),
        otherwise: otherwise.map(|(repo, name)| (url(repo), reference(name))),
    };
    let triton = Rule::TorchPin { repo: url("https://u:p@h/t") };
    let windows = Rule::TheRockPin { repo: url("https://h/t"), otherwise: reference("main-windows") };
    let torchs = "torch's `.ci/docker/ci_commit_pins/triton.txt`";
    let therocks = "TheRock's `external-builds/pytorch/ci_commit_pins/triton-windows.txt`";
    let pin = format!(" {}\n", commit('4'));
    let cases = [
        (
            rule("torchaudio", None, None),
            Some(&related),
            to("https://github.com/pytorch/audio", '2', "`torchaudio` in torch's `related_commits`"),
        ),
        (
            rule("torchaudio", Some("https://u:p@h/a"), Some(("https://u:p@h/a", "nightly"))),
            Some(&related),
            to("https://h/a", '2', "`torchaudio` in torch's `related_commits`"),
        ),
        (rule("apex", Some("https://h/a"), Some(("https://h/a", "master"))), Some(&related), ask("https://h/a", "master")),
        (rule("apex", None, Some(("https://h/a", "master"))), None, ask("https://h/a", "master")),
        (rule("apex", None, None), Some(&related), Err(SourceError::NoRow("apex"))),
        (rule("apex", None, None), None, Err(SourceError::NoFile("related_commits"))),
        (triton.clone(), Some(&pin), to("https://h/t", '4', torchs)),
        (triton.clone(), None, Err(SourceError::NoFile(".ci/docker/ci_commit_pins/triton.txt"))),
        (windows.clone(), Some(&pin), to("https://h/t", '4', therocks)),
        (windows.clone(), None, ask("https://h/t", "main-windows")),
        (windows, Some(&String::new()), Err(SourceError::EmptyFile("external-builds/pytorch/ci_commit_pins/triton-windows.txt"))),
        (Rule::Ref { repo: url("https://h/t"), reference: reference("x") }, None, ask("https://h/t", "x")),
    ];
    for (rule, text, expected) in cases {
        assert_eq!(rule.pinned(text.map(String::as_str)), expected, "{rule:?}");
    }
}

#[test]
fn files_hold_full_commits() {
    assert_eq!(pinned_commit("f", &format!("\n{}\r\n", commit('B'))), Ok(commit('b')));
    for (text, expected) in [
        (" \n", "`f` is empty".to_owned()),
        ("main", "`f` holds `main`, which is not a full commit".to_owned()),
        ("1234567", "`f` holds `1234567`, which is not a full commit".to_owned()),
        (
            &format!("{} {}", commit('1'), commit('2')),
            format!("`f` holds `{} {}`, which is not a full commit", commit('1'), commit('2')),
        ),
    ] {
        assert_eq!(pinned_commit("f", text).unwrap_err().to_string(), expected);
    }
}

#[test]
fn git_is_asked_for_branch_and_tag() {
    let full = commit('a');
    let cases: [(&str, &[&str]); 5] = [
        ("release/2.13", &["refs/heads/release/2.13", "refs/tags/release/2.13", "refs/tags/release/2.13^{}"]),
        ("refs/heads/x", &["refs/heads/x"]),
        ("refs/tags/x", &["refs/tags/x", "refs/tags/x^{}"]),
        ("refs/pull/1/head", &["refs/pull/1/head"]),
        (&full, &[]),
    ];
    for (name, patterns) in cases {
        assert_eq!(remote_patterns(&reference(name)), patterns);
    }
}

#[test]
fn refs_are_picked() {
    let lines = [
        ('1', "refs/heads/main"),
        ('2', "refs/heads/both"),
        ('3', "refs/tags/both"),
        ('4', "refs/tags/plain"),
        ('5', "refs/tags/annotated"),
        ('6', "refs/tags/annotated^{}"),
        ('7', "refs/heads/release/2.12"),
        ('8', "refs/heads/release/2.13"),
        ('9', "refs/pull/1/head"),
        ('a', "refs/heads/x/refs/heads/deep"),
    ];
    let lines: String = lines.iter().map(|(digit, name)| format!("{}\t{name}\n", commit(*digit))).collect();
    let upper = commit('C');
    let missing = |name: &str| {
        format!("no branch or tag is called `{name}`\nhint: name a branch, a tag or a full commit of this repository")
    };
    let cases = [
        ("main", Ok(('1', Some("main")))),
        ("release/2.13", Ok(('8', Some("release/2.13")))),
        ("plain", Ok(('4', Some("plain")))),
        ("annotated", Ok(('6', Some("annotated")))),
        ("refs/heads/main", Ok(('1', Some("main")))),
        ("refs/heads/both", Ok(('2', Some("both")))),
        ("refs/tags/both", Ok(('3', Some("both")))),
        ("refs/tags/annotated", Ok(('6', Some("annotated")))),
        ("refs/pull/1/head", Ok(('9', Some("refs/pull/1/head")))),
        (&upper, Ok(('c', None))),
        ("both", Err("`both` is both a branch and a tag\nhint: write `refs/heads/both` or `refs/tags/both`".to_owned())),
        (
            "releas/2.13",
            Err("no branch or tag is called `releas/2.13` (nearest: `release/2.13`, `release/2.12`)\n\
                 hint: name a branch, a tag or a full commit of this repository"
                .to_owned()),
        ),
        ("deep", Err(missing("deep"))),
        ("refs/heads/plain", Err(missing("refs/heads/plain").replace("plain`", "plain` (nearest: `plain`)"))),
        ("1234567", Err("no branch or tag is called `1234567`\nhint: a commit is given in full, with its 40 digits".to_owned())),
    ];
    for (name, expected) in cases {
        let found = pick_remote(&lines, &reference(name));
        let expected = expected.map(|(digit, branch)| Picked { commit: commit(digit), branch: branch.map(str::to_owned) });
        assert_eq!(found.map_err(|error| format!("{error}\nhint: {}", error.hint().unwrap_or_default())), expected);
    }
    let odd = pick_remote("ref: refs/heads/main\tHEAD\n", &reference("main")).unwrap_err();
    assert_eq!(odd.to_string(), "`git ls-remote` printed `ref: refs/heads/main\u{fffd}HEAD`, which is no commit with a ref");
}

#[test]
fn the_lock_says_where_it_comes_from() {
    let picked = Picked { commit: commit('1'), branch: Some("main".to_owned()) };
    let locked = locked_ref(&url("https://u:p@h/t"), &reference("main"), picked);
    let expected = Locked {
        repo: "https://h/t".to_owned(),
        commit: commit('1'),
        branch: Some("main".to_owned()),
        why: "`main` of https://h/t".to_owned(),
        version: None,
    };
    assert_eq!(locked, expected);
    let picked = Picked { commit: commit('a'), branch: None };
    assert_eq!(locked_ref(&url("https://h/t"), &reference(&commit('a')), picked).why, "the commit that was asked for");
}

#[test]
fn names_of_a_repository_are_shown_as_a_terminal_shows_them() {
    let lines = format!("{0}\trefs/heads/main\u{1b}\n{0}\trefs/heads/\u{202e}main", commit('1'));
    let error = pick_remote(&lines, &GitRef::parse("main").unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "no branch or tag is called `main` (nearest: `main\u{fffd}`, `\u{fffd}main`)");
}

#[test]
fn faults_come_with_advice() {
    let cases = [
        (
            SourceError::NoRow("apex"),
            "`related_commits` has no row for `apex`\nhint: leave the project out (`--only` names what is wanted), or name its `--origin`",
        ),
        (
            SourceError::NoFile(RELATED_COMMITS),
            "there is no `related_commits`\nhint: leave the project out (`--only` names what is wanted), or name its `--origin`",
        ),
        (
            SourceError::NoFile(TRITON_PIN),
            "there is no `.ci/docker/ci_commit_pins/triton.txt`\n\
             hint: leave triton out (`--only` names what is wanted), or name another repository of torch",
        ),
        (
            SourceError::NotACommit { file: TRITON_PIN, text: "main".to_owned() },
            "`.ci/docker/ci_commit_pins/triton.txt` holds `main`, which is not a full commit\n\
             hint: leave triton out (`--only` names what is wanted), or name another repository of torch",
        ),
        (
            SourceError::EmptyFile(WINDOWS_TRITON_PIN),
            "`external-builds/pytorch/ci_commit_pins/triton-windows.txt` is empty\n\
             hint: name a complete checkout of TheRock with `--therock-dir`",
        ),
    ];
    for (error, expected) in cases {
        assert_eq!(format!("{error}\nhint: {}", error.hint().unwrap_or_default()), expected);
    }
}
