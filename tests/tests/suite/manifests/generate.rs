//! `manifest generate`: what it writes, and what it never replaces.

use serde_json::json;
use tests::{Sandbox, finish};

use crate::manifests::wheels::{AUDIO, DEVICE, FLAGS, NIGHTLY, PARTIAL, TORCH, UNKNOWN, check_refused, generate, set, wheel};

const SUMS: &str = "dist/SHA256SUMS";

#[test]
fn a_folder_of_wheels() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let ended = generate(&sandbox, &[]).expect(0);
    assert_eq!((ended.stdout, ended.stderr), (format!("{}\n", sandbox.arg(UNKNOWN)), String::new()));
    let manifest = sandbox.json(UNKNOWN);
    assert_eq!(manifest["status"], "complete");
    assert_eq!((&manifest["platform"], &manifest["python_version"]), (&json!("linux-x86_64"), &json!("3.12")));
    assert_eq!((&manifest["ci"], &manifest["run_id"], &manifest["missing"]), (&json!(null), &json!(null), &json!([])));
    let torch = &manifest["artifacts"][0];
    assert_eq!((&torch["relative_path"], &torch["source"]), (&json!(TORCH), &json!("pytorch")));
    assert_eq!(torch["size_bytes"], std::fs::metadata(sandbox.path("dist").join(TORCH)).unwrap().len());
    assert_eq!(torch["requires_dist"], json!(["filelock", "sympy>=1.13.3"]));
    assert_eq!(manifest["artifacts"][1]["requires_dist"], json!(["torch==2.13.0+rocm7.14.0"]));

    let checked = finish(sandbox.command("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(sandbox.path("dist"))).expect(0);
    assert_eq!((checked.stdout, checked.stderr), (format!("{TORCH}: OK\n{AUDIO}: OK\n"), String::new()));

    // The same folder gives the same bytes.
    let before = sandbox.snapshot();
    generate(&sandbox, &[]).expect(0);
    sandbox.assert_unchanged(&before);
}

#[test]
fn what_flags_say() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let flags = "--python py3.12 --ref release/2.13 --gfx gfx942 --gfx gfx94X-all;gfx1201 --rocm-sdk-version 7.14.0A20261101 \
                 --version-suffix +rocm7.14.0 --release-type prerelease --artifact-group group --platform linux-x86_64 --manifest-dir other/new";
    let mut command = sandbox.xtask();
    command.args(["manifest", "generate", "dist"]).args(flags.split_whitespace()).env("BUILD_VARIANT", "asan");
    let ended = finish(&mut command).expect(0);
    let name = "other/new/therock-manifest_torch_py3.12_release-2.13.json";
    assert_eq!((ended.stdout, ended.stderr), (format!("{}\n", sandbox.arg(name)), String::new()));
    let manifest = sandbox.json(name);
    for (key, value) in [
        ("artifact_group", json!("group")),
        ("platform", json!("linux-x86_64")),
        ("python_version", json!("3.12")),
        ("pytorch_git_ref", json!("release/2.13")),
        ("amdgpu_family", json!("gfx94X-all")),
        ("pytorch_rocm_arch", json!("gfx942,gfx1201")),
        ("gfx_targets", json!(["gfx942", "gfx1201"])),
        ("rocm_sdk_version", json!("7.14.0a20261101")),
        ("version_suffix", json!("+rocm7.14.0")),
        ("release_type", json!("prerelease")),
    ] {
        assert_eq!(manifest[key], value, "{key}");
    }
    assert_eq!(manifest["artifacts"][0]["labels"]["build_variant"], "asan");
    // The checksums are those of the wheels, wherever the manifest is.
    assert!(sandbox.path(SUMS).exists());
}

#[test]
fn what_flags_cannot_say() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let before = sandbox.snapshot();
    let flags = "--from-manifest= --manifest-dir= --python 3.12.1 --ref --x --gfx gfx943 --rocm-sdk-version ==7.14 --version-suffix rocm7 \
                 --release-type weekly --artifact-group ../x --platform macos-arm64";
    check_refused(
        &sandbox,
        generate(&sandbox, &flags.split_whitespace().collect::<Vec<_>>()),
        2,
        "error: invalid value for `--from-manifest`: the path is empty\n\
         hint: give the path of a manifest\n\
         error: invalid value for `--manifest-dir`: the path is empty\n\
         hint: give the path of a folder\n\
         error: invalid value for `--gfx`: not a GPU target or family: `gfx943` (nearest: `gfx942`)\n\
         hint: `cargo xtask gfx` lists all names; `--allow-unknown-gfx` admits a target that is newer than the list\n\
         error: invalid value for `--python`: Python version `3.12.1` is more exact than major and minor\n\
         hint: write `3.12`\n\
         error: invalid value for `--ref`: git ref `--x` is invalid: it starts with `-` like an option\n\
         hint: name a branch, a tag or a full commit: `nightly`, `release/2.13`, `v2.9.0`\n\
         error: invalid value for `--version-suffix`: version suffix `rocm7` does not start with `+`\n\
         hint: write `+rocm7`\n\
         error: invalid value for `--release-type`: unknown release type `weekly`: expected `ci`, `dev`, `dev-bkc`, `nightly`, `nightly-bkc`, `prerelease`\n\
         error: invalid value for `--artifact-group`: `../x` is not a name of letters, digits, `.`, `-` and `_`\n\
         error: invalid value for `--platform`: `macos-arm64` is not the name of a platform\n\
         hint: write `linux-x86_64` or `windows-amd64`\n\
         error: invalid value for `--rocm-sdk-version`: `==7.14` is not a PEP 440 version: expected version to start with a number, but no leading ASCII digits were found\n\
         hint: versions look like `7.10.0` or `7.10.0a20251124`\n",
    );
    sandbox.assert_unchanged(&before);
    generate(&sandbox, &["--gfx", "gfx943", "--allow-unknown-gfx"]).expect(0);
}

#[test]
fn no_wheels_and_no_folder() {
    let sandbox = Sandbox::new();
    sandbox.make_folder("empty/below");
    sandbox.write("file", "text");
    let before = sandbox.snapshot();
    let hint = "hint: name the folder that the `.whl` files are in\n";
    for (folder, expected) in [
        ("empty", "error: no manifest can be written of `BOX/project/empty`: there is no wheel\n"),
        ("missing", "error: there is no folder `BOX/project/missing`\n"),
        ("file", "error: there is no folder `BOX/project/file`\n"),
    ] {
        check_refused(&sandbox, sandbox.run(&["manifest", "generate", folder]), 3, &format!("{expected}{hint}"));
    }
    check_refused(
        &sandbox,
        sandbox.run(&["manifest", "generate", ""]),
        2,
        "error: invalid value for the folder `DIR`: the path is empty\nhint: give the path of a folder\n",
    );
    sandbox.assert_unchanged(&before);
}

/// A build's manifest, then the wheels are split, then one is lost.
#[test]
fn from_the_manifest_of_a_build() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let source = json!({"repo": "https://github.com/pytorch/pytorch", "commit": "a".repeat(40)});
    generate(&sandbox, &FLAGS).expect(0);
    let mut build = sandbox.json(NIGHTLY);
    build["pytorch"] = source.clone();
    build["artifacts"][0]["planned_version"] = json!("2.13.0+rocm7.14.0");
    build["unknown"] = json!({"kept": 1});
    for index in [0, 1] {
        build["artifacts"][index]["labels"]["build_variant"] = json!("asan");
    }
    sandbox.write("build.json", &build.to_string());

    wheel(&sandbox, &format!("dist/{TORCH}"), &["amd-torch-device-gfx942"]);
    wheel(&sandbox, &format!("dist/{DEVICE}"), &[]);
    let ended = generate(&sandbox, &["--from-manifest", "build.json"]).expect(0);
    assert_eq!((ended.stdout, ended.stderr), (format!("{}\n", sandbox.arg(NIGHTLY)), String::new()));
    let manifest = sandbox.json(NIGHTLY);
    assert_eq!(
        (&manifest["pytorch"], &manifest["unknown"], &manifest["gfx_targets"]),
        (&source, &build["unknown"], &json!(["gfx942"]))
    );
    let [device, torch] = [0, 1].map(|index| &manifest["artifacts"][index]);
    assert_eq!(device["labels"]["build_variant"], "asan");
    assert_eq!((&device["relative_path"], &device["split_from"]), (&json!(DEVICE), &json!(TORCH)));
    assert_eq!(
        (&torch["planned_version"], &torch["requires_dist"]),
        (&json!("2.13.0+rocm7.14.0"), &json!(["amd-torch-device-gfx942"]))
    );
    assert_eq!(sandbox.read(SUMS), sandbox.manifest(NIGHTLY).sha256sums());

    // What is not whole any more has neither a complete manifest nor checksums.
    std::fs::remove_file(sandbox.path("dist").join(AUDIO)).unwrap();
    let ended = generate(&sandbox, &["--from-manifest", "build.json"]).expect(0);
    assert_eq!(ended.stdout, format!("{}\n", sandbox.arg(PARTIAL)));
    let manifest = sandbox.json(PARTIAL);
    assert_eq!((&manifest["status"], &manifest["missing"][0]["project"]), (&json!("incomplete"), &json!("pytorch_audio")));
    assert!(!sandbox.path(SUMS).exists() && !sandbox.path(NIGHTLY).exists());

    // And the other way round.
    set(&sandbox);
    generate(&sandbox, &["--from-manifest", "build.json"]).expect(0);
    assert!(sandbox.path(SUMS).exists() && sandbox.path(NIGHTLY).exists() && !sandbox.path(PARTIAL).exists());
}

#[test]
fn from_something_that_is_no_manifest() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    sandbox.write("cut.json", "{\"schema_version\": 1,");
    sandbox.write("index.json", "{\"runs\": []}");
    sandbox.write("new.json", "{\"schema_version\": 2}");
    std::fs::write(sandbox.path("bytes.json"), b"{\"\xff\": 1}").unwrap();
    std::fs::File::create(sandbox.path("large.json")).unwrap().set_len((128 << 20) + 1).unwrap();
    let before = sandbox.snapshot();
    let table = [
        (
            "none.json",
            "cannot read `BOX/project/none.json`: No such file or directory (os error 2)\nhint: look whether the path is right",
        ),
        (
            "cut.json",
            "cannot read `BOX/project/cut.json`: manifest is not JSON: EOF while parsing a value at line 1 column 21\n\
             hint: the file may be cut short, or be something else, such as an error page",
        ),
        (
            "index.json",
            "cannot read `BOX/project/index.json`: it is an index of several manifests, with `runs`, not one manifest\n\
             hint: take the one that you want out of its `runs`",
        ),
        (
            "new.json",
            "cannot read `BOX/project/new.json`: unsupported `schema_version` `2`: this reader knows only the integer 1\n\
             hint: a newer tool wrote it: update this one",
        ),
        (
            "bytes.json",
            "cannot read `BOX/project/bytes.json`: stream did not contain valid UTF-8\nhint: look whether the path is right: a manifest is JSON",
        ),
        (
            "large.json",
            "cannot read `BOX/project/large.json`: it has more than 128 MiB\nhint: look whether the path is right: a manifest is JSON",
        ),
    ];
    for (file, expected) in table {
        check_refused(&sandbox, generate(&sandbox, &["--from-manifest", file]), 3, &format!("error: {expected}\n"));
    }
    // With a folder that is not there, both are told.
    let ended = sandbox.run(&["manifest", "generate", "none", "--from-manifest", "none.json"]);
    assert_eq!(ended.stderr.matches("error: ").count(), 2, "{}", ended.stderr);
    sandbox.assert_unchanged(&before);
}

/// Each line: what stands where the manifest would be written, and what is said of it.
#[test]
fn manifests_that_are_not_replaced() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    generate(&sandbox, &FLAGS).expect(0);
    let own = sandbox.json(NIGHTLY);
    let other = |key: &str, value: serde_json::Value| {
        let mut manifest = own.clone();
        manifest[key] = value;
        manifest.to_string()
    };
    let of = |whose: &str| {
        format!("`BOX/project/{NIGHTLY}` is {whose}, and this one (linux-x86_64, Python 3.12, nightly, gfx942) would replace it")
    };
    let build = |parts: &str| of(&format!("the manifest of another build ({parts})"));
    let table = [
        (other("gfx_targets", json!(["gfx942", "gfx1201"])), build("linux-x86_64, Python 3.12, nightly, gfx942,gfx1201")),
        (other("platform", json!("windows-amd64")), build("windows-amd64, Python 3.12, nightly, gfx942")),
        (other("pytorch_git_ref", json!("Nightly\u{1b}[2J")), build(r"linux-x86_64, Python 3.12, Nightly\u{1b}[2J, gfx942")),
        (other("python_version", json!(null)), build("linux-x86_64, no Python, nightly, gfx942")),
        (other("gfx_targets", json!([])), build("linux-x86_64, Python 3.12, nightly, no targets")),
        (other("status", json!(null)), of("a list of sources")),
        ("{}".to_owned(), of("a list of sources")),
        (
            "<html>".to_owned(),
            format!(
                "cannot read `BOX/project/{NIGHTLY}`: manifest is not JSON: expected value at line 1 column 1, \
                 and this manifest would replace it"
            ),
        ),
    ];
    for (text, expected) in table {
        sandbox.write(NIGHTLY, &text);
        let before = sandbox.snapshot();
        let expected = format!("error: {expected}\nhint: name another `--manifest-dir`, or move the file away\n");
        check_refused(&sandbox, generate(&sandbox, &FLAGS), 3, &expected);
        sandbox.assert_unchanged(&before);
    }
    // Somebody else's under the other name stays, too.
    std::fs::remove_file(sandbox.path(NIGHTLY)).unwrap();
    sandbox.write(PARTIAL, &other("platform", json!("windows-amd64")));
    generate(&sandbox, &FLAGS).expect(0);
    assert!(sandbox.path(PARTIAL).exists());
}

#[test]
fn a_manifest_without_identity_is_replaced_by_its_like_only() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    generate(&sandbox, &[]).expect(0);
    wheel(&sandbox, &format!("dist/{AUDIO}"), &["another"]);
    generate(&sandbox, &[]).expect(0);
    assert_eq!(sandbox.json(UNKNOWN)["artifacts"][1]["requires_dist"], json!(["another"]));
    let before = sandbox.snapshot();
    check_refused(
        &sandbox,
        generate(&sandbox, &["--gfx", "gfx942"]),
        3,
        &format!(
            "error: `BOX/project/{UNKNOWN}` is the manifest of another build (linux-x86_64, Python 3.12, no ref, no targets), and this one \
             (linux-x86_64, Python 3.12, no ref, gfx942) would replace it\n\
             hint: name another `--manifest-dir`, or move the file away\n"
        ),
    );
    sandbox.assert_unchanged(&before);
}

#[test]
fn checksums_of_somebody_else_stay() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let line = format!("{}  torch-2.13.0.tar.gz\n", "0".repeat(64));
    sandbox.write(SUMS, &line);
    let ended = generate(&sandbox, &[]).expect(0);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "warning: `BOX/project/dist/SHA256SUMS` lists something else than wheels, so it stays as it is, and the wheels' checksums are not \
         written\n"
    );
    assert_eq!(sandbox.read(SUMS), line);

    // A list of wheels is ours, whoever wrote it, and is not true any more.
    sandbox.write(SUMS, &line.replace(".tar.gz", ".whl"));
    generate(&sandbox, &[]).expect(0);
    assert_eq!(sandbox.read(SUMS), sandbox.manifest(UNKNOWN).sha256sums());
}

#[test]
fn the_ci_run_only_on_github() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let variables = [
        ("GITHUB_RUN_ID", "123456"),
        ("GITHUB_JOB", "build"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "ROCm/TheRock"),
        ("GITHUB_REF", "refs/heads/main"),
        ("THEROCK_MATRIX", r#"{"python_version": "3.12"}"#),
    ];
    let run = |actions: &str| {
        let mut command = sandbox.xtask();
        command.args(["manifest", "generate", "dist"]).envs(variables).env("GITHUB_ACTIONS", actions);
        finish(&mut command).expect(0);
        sandbox.json(UNKNOWN)
    };
    let manifest = run("true");
    assert_eq!((&manifest["run_id"], &manifest["job_id"]), (&json!("123456"), &json!("build")));
    assert_eq!(manifest["ci"]["run_url"], "https://github.com/ROCm/TheRock/actions/runs/123456");
    assert_eq!(manifest["ci"]["ref"], "refs/heads/main");
    assert_eq!(manifest["ci"]["matrix"], json!({"python_version": "3.12"}));
    let manifest = run("false");
    assert_eq!((&manifest["run_id"], &manifest["job_id"], &manifest["ci"]), (&json!(null), &json!(null), &json!(null)));
}

#[test]
fn the_ci_run_holds_no_secret() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let mut command = sandbox.xtask();
    command.args(["manifest", "generate", "dist"]).envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://user:password-word@host"),
        ("GITHUB_REPOSITORY", "ROCm/TheRock"),
        ("GITHUB_RUN_ID", "1"),
        ("GITHUB_REF", "refs/heads/long-secret-token"),
        ("MY_TOKEN", "long-secret-token"),
    ]);
    finish(&mut command).expect(0);
    let ci = &sandbox.json(UNKNOWN)["ci"];
    assert_eq!(ci["server"], "https://host");
    assert_eq!(ci["run_url"], "https://host/ROCm/TheRock/actions/runs/1");
    assert_eq!(ci["ref"], "refs/heads/***");
}
