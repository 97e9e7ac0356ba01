//! `cargo xtask matrix` by the real binary, and what workflows read of it.

use std::collections::BTreeSet;

use tests::{Sandbox, finish};

use crate::workflows::workflows;

#[test]
fn rows_are_printed_in_one_line() {
    let row = |python: &str, reference: &str, families: &str, tested: &str| {
        format!(
            r#"{{"python_version":"{python}","pytorch_git_ref":"{reference}","amdgpu_families":"{families}","test_amdgpu_families":"{tested}"}}"#
        )
    };
    let alice = "users/alice/gfx125x-bringup";
    let both = "gfx125X-dcgpu;gfx90c";
    #[rustfmt::skip]
    let cases: [(&[&str], Vec<String>); 9] = [
        (&["--platform", "linux", "--release-type", "ci", "--amdgpu-families", "gfx94X-dcgpu"],
            vec![row("3.12", "release/2.12", "gfx94X-dcgpu", "auto"), row("3.12", "release/2.13", "gfx94X-dcgpu", "auto")]),
        (&["--platform", "windows", "--release-type", "ci", "--amdgpu-families", "gfx110X-all"],
            vec![row("3.12", "release/2.12", "gfx110X-all", "auto")]),
        (&["--platform", "linux", "--release-type", "nightly", "--amdgpu-families", "gfx94X-dcgpu", "--python-versions", "3.13",
            "--pytorch-git-refs", "nightly"], vec![row("3.13", "nightly", "gfx94X-dcgpu", "auto")]),
        (&["--platform", "linux", "--amdgpu-families", both, "--python-versions", "3.12", "--pytorch-git-refs", "release/2.13"],
            vec![row("3.12", "release/2.13", "gfx125X-dcgpu", "auto")]),
        (&["--platform", "linux", "--amdgpu-families", both, "--python-versions", "3.12", "--pytorch-git-refs", "release/2.14"],
            vec![row("3.12", "release/2.14", "gfx125X-dcgpu", "auto")]),
        (&["--platform", "linux", "--amdgpu-families", both, "--python-versions", "3.12", "--pytorch-git-refs", alice],
            vec![row("3.12", alice, both, "auto")]),
        (&["--platform", "windows", "--amdgpu-families", "gfx110X-all", "--python-versions", "3.14,3.13", "--pytorch-git-refs",
            "nightly"], vec![row("3.14", "nightly", "gfx110X-all", "none"), row("3.13", "nightly", "gfx110X-all", "auto")]),
        (&["--platform", "windows", "--amdgpu-families", "gfx110X-all", "--python-versions", "3.14", "--pytorch-git-refs",
            "release/2.13"], vec![row("3.14", "release/2.13", "gfx110X-all", "auto")]),
        (&["--platform", "linux", "--amdgpu-families", "gfx94X-dcgpu", "--python-versions", "3.14", "--pytorch-git-refs",
            "nightly"], vec![row("3.14", "nightly", "gfx94X-dcgpu", "auto")]),
    ];
    let sandbox = Sandbox::new();
    for (args, rows) in cases {
        let ended = finish(sandbox.xtask().arg("matrix").args(args)).expect(0);
        assert_eq!((ended.stdout, ended.stderr), (format!("[{}]\n", rows.join(",")), String::new()), "{args:?}");
    }
}

#[test]
fn an_empty_matrix_is_told() {
    let ended = Sandbox::new().run(&["matrix", "--platform", "linux"]).expect(0);
    let warning = "warning: the matrix is empty: `--amdgpu-families` names nothing that these refs build for\n";
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("[]\n", warning));
}

#[test]
fn github_is_told_and_nobody_else() {
    let sandbox = Sandbox::new();
    sandbox.write("output", "before=1\n");
    let args = ["matrix", "--platform", "linux", "--release-type", "ci", "--amdgpu-families", "igpu-all"];
    let told = || finish(sandbox.xtask().args(args).env("GITHUB_OUTPUT", sandbox.path("output")).env("GITHUB_ACTIONS", "true"));
    let untold = finish(sandbox.xtask().args(args).env("GITHUB_OUTPUT", sandbox.path("output"))).expect(0);
    assert_eq!(sandbox.read("output"), "before=1\n");
    let ended = told().expect(0);
    let warning =
        "warning: `release/2.13` does not build for `gfx90c` on linux, but `igpu-all`, which has it, stays in the matrix\n";
    assert_eq!((&ended.stdout, ended.stderr.as_str()), (&untold.stdout, warning));
    assert_eq!(sandbox.read("output"), format!("before=1\npytorch_matrix={}", ended.stdout));
    std::fs::remove_file(sandbox.path("output")).unwrap();
    sandbox.make_folder("output");
    let ended = told().expect(3);
    assert_eq!(ended.stdout, "");
    let cause = sandbox.plain(&ended.stderr);
    assert!(cause.contains("error: cannot write `BOX/project/output`: "), "{cause}");
}

#[test]
fn a_wrong_request_is_refused_whole() {
    let sandbox = Sandbox::new();
    let args = ["matrix", "--release-type", "x", "--amdgpu-families", "gfx120X-dgpu", "--python-versions", "3.12.1"];
    let ended = finish(sandbox.xtask().args(args).args(["--pytorch-git-refs", "a..b"])).expect(2);
    let expected = "error: invalid value for `--release-type`: unknown release type `x`: expected `ci`, `dev`, `dev-bkc`, `nightly`, \
                    `nightly-bkc`, `prerelease`\n\
                    error: invalid value for `--amdgpu-families`: not a GPU target or family: `gfx120X-dgpu` (nearest: `gfx120X-all`)\n\
                    hint: `cargo xtask gfx` lists all names\n\
                    error: invalid value for `--python-versions`: Python version `3.12.1` is more exact than major and minor\n\
                    hint: write `3.12`\n\
                    error: invalid value for `--pytorch-git-refs`: git ref `a..b` is invalid: it contains `..` or `@{`\n\
                    hint: name a branch, a tag or a full commit: `nightly`, `release/2.13`, `v2.9.0`\n";
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", expected));
}

#[test]
fn a_row_has_every_key_that_workflows_use() {
    let ended = Sandbox::new().run(&["matrix", "--amdgpu-families", "gfx942"]).expect(0);
    let rows: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let keys: BTreeSet<&str> = rows[0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut used = BTreeSet::new();
    for workflow in workflows() {
        let text = workflow.text.clone();
        // `needs.matrix.outputs` and `steps.matrix.outputs` are a job and a step.
        for (at, dot) in text.match_indices("matrix.").filter(|(at, _)| !text[..*at].ends_with(['.', '_'])) {
            let rest = &text[at + dot.len()..];
            used.insert(rest[..rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap()].to_owned());
        }
    }
    let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
    assert!(used.len() >= 3 && used.is_subset(&keys), "{used:?} {keys:?}");
}
