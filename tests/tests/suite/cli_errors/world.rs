//! The second report: what programs answered, and what is where it must not be. Nothing is fetched or written before it.

use std::process::Command;

use tests::{Sandbox, finish, pythons};

use crate::cli_errors::check;

/// What a Python says of itself; a fake one says whatever is wanted.
fn answer(path: &str, version: &str, implementation: &str, ensurepip: bool) -> String {
    let series = version.rsplit_once('.').unwrap().0;
    serde_json::json!({
        "executable": path, "version": version, "series": series, "implementation": implementation, "prefix": "/usr", "base_prefix": "/usr",
        "site_packages": "/usr/lib/python3/dist-packages", "platform_tag": "linux_x86_64", "ensurepip": ensurepip,
        "externally_managed": true, "distributions": {},
    })
    .to_string()
}

#[test]
fn pythons_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    for (name, version, implementation, ensurepip) in
        [("python3.98", "3.98.1", "cpython", false), ("old", "3.9.18", "cpython", true), ("pypy", "3.11.4", "pypy", true)]
    {
        sandbox.fake(name, &format!("print {}\n", answer(&format!("/fake/{name}"), version, implementation, ensurepip)));
    }
    sandbox.fake("python3.97", "warn pyenv: python3.97: command not found\nexit 127\n");
    sandbox.fake("silent", "");
    sandbox.fake("python3", &format!("print {}\n", answer("/fake/python3", "3.12.1", "cpython", true)));
    sandbox.write("plain-file", "#!/bin/sh\n");
    check(&sandbox, "pythons.txt", 3);
}

#[test]
fn environments_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    sandbox.write("build/py3.98/venv/somebody", "else's");
    sandbox.fake("python3.98", &format!("print {}\n", answer("/fake/python3.98", "3.98.1", "cpython", true)));
    sandbox.write("theirs/bin/python", "no program");
    check(&sandbox, "environments.txt", 3);
}

/// A repository with a branch `main`, and the arguments that make it everybody's origin.
fn repository(sandbox: &Sandbox) {
    let git = |words: &[&str]| {
        let mut command: Command = sandbox.command("git");
        command.args(["-c", "user.name=User", "-c", "user.email=user@example.invalid", "-C", &sandbox.arg("origin")]).args(words);
        finish(&mut command).expect(0);
    };
    sandbox.write("origin/version.txt", "2.13.0\n");
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "All"]);
}

#[test]
fn refs_and_repositories_that_are_not_there() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    sandbox.write("origin/broken/.git", "gitdir: nowhere\n");
    sandbox.fake("python3", &format!("become {}\n", pythons().last().unwrap().path));
    check(&sandbox, "sources.txt", 3);
}

#[test]
fn programs_that_are_missing() {
    let sandbox = Sandbox::new();
    sandbox.fake("python3", &format!("become {}\n", pythons().last().unwrap().path));
    check(&sandbox, "programs.txt", 3);
}

#[test]
fn the_demo_is_refused_without_a_package_index() {
    let sandbox = Sandbox::new();
    let before = sandbox.snapshot();
    let mut command = sandbox.xtask();
    command
        .args(["build", "--demo", "--python", &pythons().last().unwrap().path])
        .env("PIP_NO_INDEX", "1")
        .env_remove("PIP_FIND_LINKS");
    let ended = finish(&mut command).expect(3);
    assert_eq!(ended.stdout, "");
    assert_eq!(
        ended.stderr,
        "error: pip cannot download `ninja` and `setuptools>=70.2`, which the demo's builds require: Could not find a version that satisfies \
         the requirement ninja (from versions: none)\n\
         hint: the demo needs pip's package index: connect this machine to it, or name a mirror or a folder of wheels in pip's configuration \
         (`PIP_INDEX_URL`, `PIP_FIND_LINKS`)\n"
    );
    sandbox.assert_unchanged(&before);
}
