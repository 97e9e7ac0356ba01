//! `manifest merge`: parts of one build, and the index of a matrix.

use manifest::{Identity, Index, Status};
use serde_json::json;
use tests::Sandbox;

use crate::manifests::examples::{refused, sandbox, text, write_changed};

/// The complete build in two parts, another build, and parts that do not fit.
fn parts() -> Sandbox {
    let sandbox = sandbox();
    let part = |name: &str, wheels: std::ops::Range<usize>, changes: &[(&str, &str)]| {
        write_changed(&sandbox, "complete.json", name, |manifest| {
            let all = manifest["artifacts"].as_array().unwrap();
            manifest["artifacts"] = json!(all[wheels]);
            for (pointer, value) in changes {
                *manifest.pointer_mut(pointer).unwrap() = json!(value);
            }
        });
    };
    part("torch.json", 0..2, &[]);
    part("triton.json", 2..3, &[]);
    part("py3.14.json", 0..3, &[("/python_version", "3.14")]);
    part("changed.json", 0..1, &[("/artifacts/0/sha256", &"e".repeat(64))]);
    part("commit.json", 0..3, &[("/triton/commit", &"9".repeat(40))]);
    part("suffix.json", 0..3, &[("/version_suffix", "+x")]);
    sandbox
}

#[test]
fn parts_of_one_build() {
    let sandbox = parts();
    let ended = sandbox.run(&["manifest", "merge", "torch.json", "triton.json"]).expect(0);
    assert_eq!((ended.stdout, ended.stderr.as_str()), (text("complete.json"), ""));
    let ended = sandbox.run(&["manifest", "merge", "torch.json", "triton.json", "-o", "new/folder/whole.json"]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_eq!(sandbox.read("new/folder/whole.json"), text("complete.json"));
    // A part may be what is replaced.
    sandbox.run(&["manifest", "merge", "torch.json", "triton.json", "--output", "torch.json"]).expect(0);
    assert_eq!(sandbox.read("torch.json"), text("complete.json"));
    assert!(sandbox.files("").iter().all(|name| name.ends_with(".json") || name == "new"), "{:?}", sandbox.files(""));
}

#[test]
fn builds_of_a_matrix() {
    let sandbox = parts();
    let ended =
        sandbox.run(&["manifest", "merge", "--index", "torch.json", "py3.14.json", "triton.json", "-o", "all.json"]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let index = Index::parse(&sandbox.read("all.json")).unwrap();
    assert_eq!(index.runs, [sandbox.manifest("complete.json"), sandbox.manifest("py3.14.json")]);
    assert_eq!(index.missing, []);
    // An index replaces an index.
    sandbox.run(&["manifest", "merge", "--index", "complete.json", "-o", "all.json"]).expect(0);
    assert_eq!(Index::parse(&sandbox.read("all.json")).unwrap().runs.len(), 1);
}

/// A row as `cargo xtask matrix` prints it.
fn row(python: &str, families: &str) -> String {
    json!({"python_version": python, "pytorch_git_ref": "nightly", "amdgpu_families": families, "test_amdgpu_families": "auto"})
        .to_string()
}

#[test]
fn what_is_missing_is_named() {
    let sandbox = parts();
    let planned = format!(
        "[{},{},{}]",
        row("3.12", "gfx94X-dcgpu"),
        row("3.13", "gfx94X-dcgpu;gfx120X-all"),
        row("3.13", "gfx120X-all;gfx942")
    );
    let args = ["manifest", "merge", "--index", "--platform", "linux", "--planned", &planned];
    let missing = "linux-x86_64, Python 3.13, nightly, gfx1200,gfx1201,gfx942";
    let warning = |run: &str| format!("warning: none of the manifests is of `{run}`, which was planned\n");
    let ended = sandbox.run(&[&args[..], &["complete.json"]].concat()).expect(0);
    let index = Index::parse(&ended.stdout).unwrap();
    assert_eq!((index.runs.len(), index.runs[0].status), (1, Some(Status::Complete)));
    assert_eq!(index.missing, [Identity::new("linux-x86_64", "3.13", "nightly", &["gfx942", "gfx1200", "gfx1201"])]);
    assert_eq!(ended.stderr, warning(missing));

    // Every run failed: an index all the same.
    let ended = sandbox.run(&args).expect(0);
    assert_eq!(Index::parse(&ended.stdout).unwrap().runs, []);
    assert_eq!(ended.stderr, warning("linux-x86_64, Python 3.12, nightly, gfx942") + &warning(missing));

    // Of the other system nothing is there.
    let planned = format!("[{}]", row("3.12", "gfx94X-dcgpu"));
    let ended =
        sandbox.run(&["manifest", "merge", "--index", "--platform", "windows", "--planned", &planned, "complete.json"]).expect(0);
    assert_eq!(ended.stderr, warning("windows-amd64, Python 3.12, nightly, gfx942"));

    // An empty matrix was planned, too.
    assert_eq!(
        Index::parse(&sandbox.run(&["manifest", "merge", "--index", "--planned", "[]"]).expect(0).stdout).unwrap().missing,
        []
    );
}

#[test]
fn parts_that_do_not_fit() {
    let sandbox = parts();
    let several = "error: `py3.14.json` is of another build than the first: `linux-x86_64, Python 3.14, nightly, gfx942` is not \
                   `linux-x86_64, Python 3.12, nightly, gfx942`\nhint: manifests of several builds make an index: `manifest merge --index`";
    let none = "error: `sources.json` lacks its platform, Python version, ref or GPU targets\n\
                hint: a list of sources is no part of a build: leave it out";
    refused(
        &sandbox,
        3,
        &[
            (&["manifest", "merge", "torch.json", "py3.14.json"], several),
            (&["manifest", "merge", "torch.json", "sources.json"], none),
            (&["manifest", "merge", "--index", "torch.json", "sources.json"], none),
            (
                &["manifest", "merge", "none.json", "torch.json", "index.json"],
                "error: cannot read `BOX/project/none.json`: No such file or directory (os error 2)\nhint: look whether the path is right\n\
                 error: cannot read `BOX/project/index.json`: it is an index of several manifests, with `runs`, not one manifest\n\
                 hint: take the one that you want out of its `runs`",
            ),
        ],
    );
    let hint = "hint: the parts were not built from the same: build them from one locked manifest";
    let contents = format!(
        "error: `changed.json` has other contents of `amd_torch_device_gfx942-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl` than \
         one before: SHA-256 {} is not {}\n{hint}",
        "e".repeat(64),
        "b".repeat(64)
    );
    let commit = format!(
        "error: `commit.json` has other sources of `triton` than one before: `https://github.com/ROCm/triton` at {} is not \
         `https://github.com/ROCm/triton` at {}\n{hint}",
        "9".repeat(40),
        "2".repeat(40)
    );
    let suffix =
        format!("error: `suffix.json` has another `version_suffix` than one before: `+x` is not `+rocm7.14.0a20260811`\n{hint}");
    refused(
        &sandbox,
        5,
        &[
            (&["manifest", "merge", "torch.json", "changed.json"], &contents),
            // The second of its build, and the third of all.
            (&["manifest", "merge", "--index", "torch.json", "py3.14.json", "changed.json", "-o", "out.json"], &contents),
            (&["manifest", "merge", "triton.json", "commit.json"], &commit),
            (&["manifest", "merge", "triton.json", "suffix.json"], &suffix),
        ],
    );
}

#[test]
fn what_is_there_and_something_else_is_not_replaced() {
    let sandbox = parts();
    sandbox.write("notes.txt", "mine");
    let not = |name: &str, what: &str| {
        format!(
            "error: `BOX/project/{name}` is there and is not {what}, so it is not replaced\nhint: remove it, or choose another name"
        )
    };
    let (manifest, index) = ("a manifest of the same build", "an index");
    refused(
        &sandbox,
        3,
        &[
            (&["manifest", "merge", "torch.json", "-o", "notes.txt"], &not("notes.txt", manifest)),
            (&["manifest", "merge", "torch.json", "-o", "index.json"], &not("index.json", manifest)),
            (&["manifest", "merge", "torch.json", "-o", "py3.14.json"], &not("py3.14.json", manifest)),
            (&["manifest", "merge", "torch.json", "-o", "sources.json"], &not("sources.json", manifest)),
            (&["manifest", "merge", "torch.json", "--index", "-o", "notes.txt"], &not("notes.txt", index)),
            (&["manifest", "merge", "torch.json", "--index", "-o", "torch.json"], &not("torch.json", index)),
        ],
    );
}

#[test]
fn wrong_requests() {
    let sandbox = parts();
    let nothing = "error: there is no manifest to merge\nhint: name at least one file; an index of runs that all failed needs `--index --planned`";
    refused(&sandbox, 2, &[(&["manifest", "merge"], nothing), (&["manifest", "merge", "--index"], nothing)]);
    let matrix = "hint: give what `cargo xtask matrix` printed";
    let table = [
        ("", format!("it is no JSON array: EOF while parsing a value at line 1 column 0\n{matrix}")),
        ("{}", format!("it is no JSON array: invalid type: map, expected a sequence at line 1 column 0\n{matrix}")),
        ("[1]", format!("row 1: `python_version` is missing or no text\n{matrix}")),
        (r#"[{"python_version": 3.12}]"#, format!("row 1: `python_version` is missing or no text\n{matrix}")),
        (
            r#"[{"python_version": "3.12", "pytorch_git_ref": ""}]"#,
            format!("row 1: `pytorch_git_ref` is missing or no text\n{matrix}"),
        ),
        (
            r#"[{"python_version": "3.12", "pytorch_git_ref": "nightly"}]"#,
            format!("row 1: `amdgpu_families` is missing or no text\n{matrix}"),
        ),
    ];
    for (planned, expected) in table {
        let flag = format!("--planned={planned}");
        let expected = format!("error: invalid value for `--planned`: {expected}");
        refused(&sandbox, 2, &[(&["manifest", "merge", "--index", &flag], &expected)]);
    }
    // All rows are looked at.
    let planned = format!("[{},{{}},{}]", row("3.12", "gfx94X-dcpu"), row("3.12", "gfx942"));
    let expected = format!(
        "error: invalid value for `--planned`: row 1: not a GPU target or family: `gfx94X-dcpu` (nearest: `gfx94X-all`, `gfx94X-dcgpu`)\n\
         hint: `cargo xtask gfx` lists all names\n\
         error: invalid value for `--planned`: row 2: `python_version` is missing or no text\n{matrix}"
    );
    refused(&sandbox, 2, &[(&["manifest", "merge", "--index", "--planned", &planned], &expected)]);
    for args in [&["--planned", "[]"][..], &["--index", "--platform", "linux"]] {
        let ended = sandbox.run(&[&["manifest", "merge", "torch.json"], args].concat()).expect(2);
        assert!(ended.stderr.starts_with("error: the following required arguments were not provided:"), "{}", ended.stderr);
    }
}
