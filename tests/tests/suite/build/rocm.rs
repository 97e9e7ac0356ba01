//! The Python environment and the ROCm packages: installed alone, again, and with every fault that pip lets pass.

use std::path::Path;

use tests::{Ended, Sandbox, finish};

use crate::environment::{ROCM, make_sdk, newest, prepare_empty};

fn install(sandbox: &Sandbox, sdk: &str, args: &[&str]) -> Ended {
    finish(sandbox.xtask().args(["install-rocm", "--python", &newest().path, "--find-links", sdk]).args(args))
}

#[test]
fn it_installs_alone_and_once() {
    let sandbox = Sandbox::new();
    // The real package is a source distribution, and warns of a missing GPU.
    make_sdk(&sandbox, "sdk", &["--kind", "sdist", "--stderr-noise"]);
    let ended = install(&sandbox, "sdk", &["--gfx", "gfx942"]).expect(0);
    let python = sandbox.arg(&format!("build/py{}/venv/bin/python", newest().series));
    assert_eq!(ended.stdout, format!("{python}\n"));
    let installed = format!(
        "installed: rocm {ROCM}, rocm-sdk-core {ROCM}, rocm-sdk-devel {ROCM}, rocm-sdk-device-gfx942 {ROCM}, \
         rocm-sdk-libraries {ROCM}\n"
    );
    assert!(ended.stderr.contains(&installed), "{}", ended.stderr);
    let ended = finish(sandbox.command(Path::new(&python)).args(["-m", "rocm_sdk", "version"])).expect(0);
    assert_eq!(ended.stdout.trim(), ROCM);

    let ended = install(&sandbox, "sdk", &["--gfx", "gfx942"]).expect(0);
    assert_eq!(ended.stdout, format!("{python}\n"));
    let intact = format!(
        "       Fresh rocm: `BOX/project/build/py{}/venv` has ROCm {ROCM}: the same was installed on demand before, and it is intact\n",
        newest().series
    );
    assert_eq!(sandbox.plain(&ended.stderr), intact);

    // What the SDK says on standard error is no part of any answer.
    let args = ["plan", "--demo", "--work-dir", "build", "--find-links", "sdk", "--format", "json", "--python", &newest().path];
    let plan: serde_json::Value = serde_json::from_str(&sandbox.run(&args).expect(0).stdout).unwrap();
    let rocm = &plan["facts"]["rocm"]["what"];
    assert_eq!([&rocm["sdk_version"], &rocm["package_version"]], [ROCM, ROCM]);
    let root = Path::new(&python).parent().and_then(Path::parent).unwrap();
    assert!(rocm["root"].as_str().is_some_and(|path| Path::new(path).starts_with(root)), "{rocm}");
}

#[test]
fn what_pip_lets_pass_is_an_error() {
    let sandbox = Sandbox::new();
    make_sdk(&sandbox, "sdk", &[]);
    prepare_empty(&sandbox, "build");
    make_sdk(&sandbox, "placeholder", &["--placeholder"]);
    make_sdk(&sandbox, "mismatch", &["--mismatch", "rocm-sdk-device-gfx942=7.13.0"]);
    for (sdk, args, expected) in [
        (
            "sdk",
            &["--gfx", "gfx942,gfx950"][..],
            "rocm: looking whether all of them are there: `rocm-sdk-device-gfx950` is not installed; of its kind there are \
             `rocm-sdk-device-gfx942`\nhint: pip silently drops an extra that `rocm` does not have: choose targets that the index has with \
             `--gfx`, or name the extras with `--rocm-extras`",
        ),
        (
            "placeholder",
            &["--gfx", "gfx942", "--no-pre", "--rocm-sdk-version", ">=0.1"],
            "rocm: looking whether all of them are there: `rocm` 0.1.0 is a placeholder without an SDK\nhint: name ROCm's own index with \
             `--index-url`; where it is only an `--extra-index-url` of pip's configuration, the placeholder may win",
        ),
        (
            "mismatch",
            &["--gfx", "gfx942"],
            "rocm: looking whether all of them are there: the ROCm packages are of several versions: `rocm` 7.14.0a20261101, `rocm-sdk-core` \
             7.14.0a20261101, `rocm-sdk-devel` 7.14.0a20261101, `rocm-sdk-device-gfx942` 7.13.0, `rocm-sdk-libraries` 7.14.0a20261101\nhint: name \
             one version with `--rocm-sdk-version`, and an index that has all of it",
        ),
    ] {
        let ended = install(&sandbox, sdk, args).expect(4);
        assert_eq!(ended.stdout, "");
        let message = ended.stderr.split_once("error: ").unwrap_or_else(|| panic!("{}", ended.stderr)).1;
        assert_eq!(message.split("\n  log: ").next(), Some(expected));
    }
    // What failed is not believed: the next run installs again, and rightly.
    install(&sandbox, "sdk", &["--gfx", "gfx942"]).expect(0);
}

#[test]
fn an_environment_of_the_user_is_never_removed() {
    let sandbox = Sandbox::new();
    make_sdk(&sandbox, "sdk", &[]);
    let venv = format!("build/py{}/venv", newest().series);
    prepare_empty(&sandbox, "build");
    std::fs::remove_dir_all(sandbox.path(&format!("{venv}/.therock-xtask"))).unwrap();
    sandbox.write(&format!("{venv}/MY_FILE"), "mine");
    install(&sandbox, "sdk", &["--gfx", "gfx942", "--venv", &venv]).expect(0);
    // It stands where the tool would make its own, and now has notes of the tool in it.
    let ended = install(&sandbox, "sdk", &["--gfx", "gfx942"]).expect(3);
    let dir = format!("BOX/project/{venv}");
    let expected = format!(
        "error: `{dir}` is there, but the tool did not make it\nhint: remove the folder, or build in it as it is with `--venv {dir}`\n"
    );
    assert_eq!(sandbox.plain(&ended.stderr), expected);
    assert_eq!(sandbox.read(&format!("{venv}/MY_FILE")), "mine");
}

#[test]
fn what_runs_that_were_killed_left_of_an_environment_is_removed() {
    let sandbox = Sandbox::new();
    make_sdk(&sandbox, "sdk", &[]);
    let venv = format!("build/py{}/venv", newest().series);
    sandbox.make_folder(&format!("{venv}/.therock-xtask"));
    sandbox.write(&format!("{venv}/half.txt"), "of a run that was making it");
    sandbox.write(&format!("{venv}.unfinished/half.txt"), "of a run that was removing it");
    install(&sandbox, "sdk", &["--gfx", "gfx942"]).expect(0);
    assert!(!sandbox.path(&format!("{venv}/half.txt")).exists());
    assert!(!sandbox.path(&format!("{venv}.unfinished")).exists());
}
