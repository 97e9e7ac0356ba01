//! Manifests that want something of the machine: each is refused before anything is made, or does nothing but what it may.

use serde_json::{Value, json};
use tests::finish;

use crate::checkout::repositories::Repositories;

/// What is said of a manifest whose torch has this repository and commit.
fn said(all: &Repositories, entry: &Value) -> (i32, String) {
    let sandbox = &all.forge.sandbox;
    sandbox.write("hostile.json", &json!({"pytorch": entry}).to_string());
    let before = sandbox.snapshot();
    let mut command = sandbox.xtask();
    command.args(["checkout", "--from-manifest", "hostile.json", "--no-hipify"]);
    let ended = finish(command.env("GIT_SSH_COMMAND", "touch pwned; false"));
    sandbox.assert_unchanged(&before);
    assert_eq!(ended.stdout, "");
    (ended.code, sandbox.plain(&ended.stderr))
}

#[test]
fn hostile_addresses_and_commits_reach_no_git() {
    let all = Repositories::new();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    for repo in [
        "ext::sh -c touch% pwned",
        "EXT::sh -c id",
        "fd::17/x",
        "--upload-pack=touch pwned",
        "-oProxyCommand=touch",
        "ssh://-oProxyCommand=touch/x",
        "-x@host:path",
        "https://h/x\u{1b}]0;pwned\u{7}",
        "https://h/x\ny",
        "../elsewhere",
        "ftp://h/x",
        "",
    ] {
        let (code, stderr) = said(&all, &json!({"repo": repo, "commit": commit}));
        assert_eq!(code, 2, "{repo}: {stderr}");
        assert!(stderr.starts_with("error: ") && !stderr.contains('\u{1b}') && !stderr.contains('\u{7}'), "{repo}: {stderr}");
    }
    for commit in [
        "--upload-pack=touch pwned",
        "-x",
        "HEAD",
        "refs/heads/main",
        "+refs/heads/*:refs/heads/*",
        "0123456789abcdef0123456789abcdef0123456",
        "0123456789abcdef0123456789abcdef01234567:refs/heads/x",
        "0123456789abcdef0123456789abcdef0123456g",
        "0123456789abcdef0123456789abcdef01234567 --force",
        "../../../x",
        "\u{1b}[2J",
    ] {
        let (code, stderr) = said(&all, &json!({"repo": "https://github.com/pytorch/pytorch", "commit": commit}));
        assert_eq!(code, 2, "{commit}: {stderr}");
        assert!(stderr.starts_with("error: ") && !stderr.contains('\u{1b}'), "{commit}: {stderr}");
    }
}

#[test]
fn hostile_projects_and_branches_lead_nowhere() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    let torch = json!({"repo": "https://github.com/pytorch/pytorch", "commit": all.forge.head("pytorch/pytorch")});
    let mut manifest = json!({"schema_version": 1, "pytorch": torch});
    // What is no project is not looked at, whatever it is called.
    for name in ["../../escaped", "/tmp/escaped", "..", "pytorch/../../escaped", "-x", "\u{1b}[2J"] {
        manifest[name] = torch.clone();
    }
    manifest["pytorch"]["branch"] = "--upload-pack=touch pwned".into();
    sandbox.write("hostile.json", &manifest.to_string());
    let outside = || {
        let mut found = sandbox.snapshot();
        let ours = [sandbox.path("build"), sandbox.root().join("cache"), sandbox.root().join("tmp")];
        found.retain(|path, _| !ours.iter().any(|folder| path.starts_with(folder)));
        found
    };
    let before = outside();
    let mut command = sandbox.xtask();
    let ended = finish(command.args(["checkout", "--from-manifest", "hostile.json", "--no-hipify"]));
    assert_eq!(tests::changes(&before, &outside()), Vec::<std::path::PathBuf>::new());
    assert!(!ended.stderr.contains('\u{1b}'));
    let made: Vec<String> = sandbox.files("build/src").into_iter().filter(|name| name != ".therock-xtask").collect();
    match ended.code {
        0 => assert_eq!(made, ["pytorch"]),
        code => assert_eq!((code, made.len()), (2, 0), "{}", ended.stderr),
    }
}

// Windows has no such names.
#[cfg(unix)]
#[test]
fn a_path_that_git_may_read_otherwise_hides_no_folder_of_this_machine() {
    let all = Repositories::new();
    all.forge.repository("o/secret", "main", &[("x", "secret\n")]);
    let (secret, path) = (all.forge.sandbox.arg("github/o/secret"), ":(top)evil");
    all.forge.git("pytorch/pytorch", &["clone", "--quiet", &secret, path]);
    for (key, value) in [("path", path), ("url", &secret)] {
        all.forge.git("pytorch/pytorch", &["config", "--file", ".gitmodules", &format!("submodule.evil.{key}"), value]);
    }
    all.forge.commit("pytorch/pytorch", &[]);
    let ended = finish(&mut all.checkout(&["--ref", "nightly", "--no-hipify"])).expect(4);
    assert!(ended.stderr.contains(&format!("shares them with no other run: {secret} is on this machine\n")), "{}", ended.stderr);
    assert!(ended.stderr.contains("fatal: transport 'file' not allowed"), "{}", ended.stderr);
}

#[cfg(feature = "full")]
#[test]
fn hostile_submodules_lead_nowhere() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    sandbox.write("secret/x", "x");
    all.forge.repository("o/evil", "main", &[("x", "x\n")]);
    let lib = all.forge.head("o/lib");
    // Addresses and paths that somebody wrote into torch's commit.
    for (number, (key, value)) in [
        ("url", "ext::sh -c touch% pwned"),
        ("url", "--upload-pack=touch pwned"),
        ("url", "../../../../../../secret"),
        ("url", "file:///etc"),
        ("path", "../escaped"),
        ("path", "-x"),
        ("update", "!touch pwned"),
    ]
    .into_iter()
    .enumerate()
    {
        all.forge.git("pytorch/pytorch", &["reset", "--quiet", "--hard", "HEAD"]);
        all.forge
            .git("pytorch/pytorch", &["config", "--file", ".gitmodules", &format!("submodule.third_party/lib.{key}"), value]);
        let commit = all.forge.commit("pytorch/pytorch", &[]);
        let folder = format!("work{number}");
        let outside = || {
            let mut found = sandbox.snapshot();
            let ours = [sandbox.path(&folder), sandbox.root().join("cache"), sandbox.root().join("tmp")];
            found.retain(|path, _| !ours.iter().any(|folder| path.starts_with(folder)));
            found
        };
        let before = outside();
        let words = ["--ref", &commit, "--origin", "pytorch=https://github.com/pytorch/pytorch", "--no-hipify"];
        let ended = finish(all.checkout(&words).args(["--work-dir", &folder]).env("GIT_SSH_COMMAND", "false"));
        assert_eq!(tests::changes(&before, &outside()), Vec::<std::path::PathBuf>::new(), "{key} {value}");
        assert!(!sandbox.path(&format!("{folder}/src/pytorch")).exists() || ended.code == 0, "{key} {value}: {}", ended.stderr);
        let pwned =
            tests::snapshot(&sandbox.path("")).into_keys().find(|path| path.ends_with("pwned") || path.ends_with("escaped"));
        assert_eq!(pwned, None, "{key} {value}");
        assert_ne!(ended.code, 1, "{key} {value}: {}", ended.stderr);
        all.forge.git(
            "pytorch/pytorch",
            &["config", "--file", ".gitmodules", "submodule.third_party/lib.url", "https://github.com/o/lib"],
        );
        all.forge
            .git("pytorch/pytorch", &["config", "--file", ".gitmodules", "submodule.third_party/lib.path", "third_party/lib"]);
        if key == "update" {
            all.forge.git("pytorch/pytorch", &["config", "--file", ".gitmodules", "--unset", "submodule.third_party/lib.update"]);
        }
        all.forge.commit("pytorch/pytorch", &[]);
    }
    assert_eq!(all.forge.head("o/lib"), lib);
}
