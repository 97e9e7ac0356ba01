//! How wheels are called: suffixes, commits, build numbers.

use serde_json::{Value, json};

use crate::plan::case::{base, environment, job, plan_of};

fn machine(rocm: &str, base_version: &str) -> Value {
    let checkouts = json!({"pytorch": {"texts": {"version.txt": base_version}}});
    base("linux.json", json!({"facts": {"rocm": {"what": {"package_version": rocm}}, "checkouts": checkouts}}))
}

fn planned(plan: &xtask::plan::Plan, name: &str) -> Option<String> {
    job(plan, name).steps.iter().find_map(|step| match &step.action {
        xtask::plan::Action::TakeWheel(take) => Some(take.version.clone()),
        _ => None,
    })?
}

/// What torchvision requires is spelled as wheels are.
#[test]
fn the_suffix_reaches_every_build() {
    let args = ["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--only=pytorch,pytorch_vision"];
    let plan = plan_of(&args, machine("7.10.0.DEV0+ABC_DEF", "2.9.0")).unwrap();
    let told = "2.9.0+devrocm7.10.0.dev0-abc.def";
    assert_eq!(plan.suffix.as_deref(), Some("+devrocm7.10.0.dev0-abc.def"));
    assert_eq!(environment(&plan, "torch")["PYTORCH_BUILD_VERSION"], told);
    assert_eq!(planned(&plan, "torch").as_deref(), Some(told));
    assert_eq!(environment(&plan, "torchvision")["PYTORCH_VERSION"], "2.9.0+devrocm7.10.0.dev0.abc.def");
}

#[test]
fn versions_by_release_type_and_suffix() {
    let commit = "2.12.0a0+git1a2b3c4d.rocm7.10.0";
    let dev = "2.12.0a0+git1a2b3c4d.devrocm7.14.0.dev0-efed3c";
    for (rocm, flags, expected, post) in [
        ("7.10.0", "--release-type=ci", "2.12.0a0+rocm7.10.0", ""),
        ("7.10.0", "--release-type=nightly", "2.12.0a0+rocm7.10.0", ""),
        ("7.10.0", "--release-type=prerelease", "2.12.0a0+rocm7.10.0", ""),
        ("7.10.0", "--release-type=nightly-bkc", "2.12.0a0+rocm7.10.0", ""),
        ("7.10.0", "--release-type=dev", commit, ""),
        ("7.10.0", "--release-type=dev-bkc", commit, ""),
        ("7.14.0.dev0+efed3c", "--release-type=dev", dev, ""),
        ("7.14.0", "--version-suffix=+ROCM7.14.0", "2.12.0a0+ROCM7.14.0", ""),
        ("7.14.0", "--version-suffix=", "2.12.0a0+rocm7.14.0", ""),
        ("7.14.0", "--pytorch-build-number=1", "2.12.0a0+rocm7.14.0", ""),
        ("7.14.0", "--pytorch-build-number=3", "2.12.0a0+rocm7.14.0", ".post3"),
        ("7.14.0", "--env=PYTORCH_BUILD_NUMBER=2", "2.12.0a0+rocm7.14.0", ".post2"),
        ("7.14.0", "--env=pytorch:PYTORCH_BUILD_NUMBER=1", "2.12.0a0+rocm7.14.0", ""),
        ("7.14.0", "--env=PYTORCH_BUILD_NUMBER=1", "2.12.0a0+rocm7.14.0", ""),
    ] {
        let args = ["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--only=pytorch", flags];
        let plan = plan_of(&args, machine(rocm, "2.12.0a0")).unwrap();
        assert_eq!(environment(&plan, "torch")["PYTORCH_BUILD_VERSION"], expected, "{flags}");
        assert_eq!(planned(&plan, "torch"), Some(format!("{expected}{post}")), "{flags}");
    }
}

/// Each of torch, torchaudio and torchvision names its own commit; apex names none.
#[test]
fn development_versions_name_the_public_commit() {
    let hipified = json!({"facts": {"checkouts": {"pytorch": {"git": {"head": "9".repeat(40)}}}}});
    let args = ["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--release-type=dev", "--no-build-triton"];
    let plan = plan_of(&args, base("linux.json", hipified)).unwrap();
    let versions = ["torch", "torchaudio", "torchvision", "apex"].map(|name| planned(&plan, name).unwrap());
    assert_eq!(
        versions,
        [
            "2.13.0a0+git1a2b3c4d.rocm7.14.0a20260811",
            "2.11.0a0+git2a2b3c4d.rocm7.14.0a20260811",
            "0.27.0a0+git3a2b3c4d.rocm7.14.0a20260811",
            "1.12.0+rocm7.14.0a20260811",
        ]
    );
}

#[test]
fn without_git_a_development_version_names_no_commit() {
    let seen =
        base("linux.json", json!({"looks": {"paths": {"/t": "directory"}}, "facts": {"checkouts": {"pytorch": {"git": null}}}}));
    let args = [
        "--python=3.12",
        "--gfx=gfx942",
        "--release-type=dev",
        "--pytorch-dir=/t",
        "--only=pytorch",
        "--no-enable-pytorch-flash-attention",
    ];
    let plan = plan_of(&args, seen).unwrap();
    assert_eq!(planned(&plan, "torch").unwrap(), "2.13.0a0+rocm7.14.0a20260811");
    let version = "torch's version names no commit, as those of `dev` builds do: its sources are no git checkout";
    let manifest = "the sources of torch in `/t` are no git checkout: the manifest cannot say what they are";
    assert_eq!(plan.warnings, [version, manifest]);
    assert!(!environment(&plan, "torch").contains_key("SOURCE_DATE_EPOCH"));
}

/// Who tells the build its version by hand decides what the wheel is called, and what torchvision requires.
#[test]
fn a_version_of_the_users_is_not_second_guessed() {
    let args = [
        "--python=3.12",
        "--ref=nightly",
        "--gfx=gfx942",
        "--only=pytorch,pytorch_vision",
        "--env=pytorch:PYTORCH_BUILD_VERSION=3",
    ];
    let plan = plan_of(&args, base("linux.json", json!({}))).unwrap();
    assert_eq!(environment(&plan, "torch")["PYTORCH_BUILD_VERSION"], "3");
    assert_eq!(planned(&plan, "torch"), None);
    assert_eq!(environment(&plan, "torchvision")["PYTORCH_VERSION"], "{torch.version}");
}

#[test]
fn a_suffix_of_another_rocm_is_taken_only_if_that_is_meant() {
    let args = |more: &'static [&'static str]| {
        [&["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--only=triton", "--version-suffix=+rocm7.15.0"], more].concat()
    };
    let text = "version suffix `+rocm7.15.0` names another ROCm than the installed 7.14.0a20260811, whose suffix is `+rocm7.14.0a20260811`";
    let problems = plan_of(&args(&[]), base("linux.json", json!({}))).unwrap_err();
    let hint = "leave `--version-suffix` out, install that ROCm, or accept the difference with `--allow-suffix-mismatch`";
    assert_eq!(problems, [xtask::request::Problem::new(text).hint(hint)]);
    let plan = plan_of(&args(&["--allow-suffix-mismatch"]), base("linux.json", json!({}))).unwrap();
    assert_eq!(plan.warnings, [text]);
    assert_eq!(environment(&plan, "triton")["TRITON_WHEEL_VERSION_SUFFIX"], "+rocm7.15.0");
}

/// What the build is told its distribution is called is what is removed, taken and installed.
#[test]
fn triton_is_looked_for_under_the_name_that_its_build_is_told() {
    let inherited = json!({"host": {"env": {"TRITON_WHEEL_NAME": "inherited"}}});
    let said = json!({"facts": {"checkouts": {"triton": {"texts": {"build_env.json": "{\"TRITON_WHEEL_NAME\": \"a-b\"}"}}}}});
    for (patch, flag, name, told) in [
        (json!({}), "--no-clean", "triton", None),
        (inherited, "--no-clean", "triton", Some("(hidden)")),
        (said.clone(), "--no-clean", "a_b", Some("a-b")),
        (said.clone(), "--env=triton:TRITON_WHEEL_NAME=mine", "mine", Some("mine")),
        (said, "--unset-env=TRITON_WHEEL_NAME", "triton", Some("(hidden)")),
    ] {
        let args = ["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--only=triton", flag];
        let plan = plan_of(&args, base("linux.json", patch)).unwrap();
        let taken = job(&plan, "triton").steps.iter().find_map(|step| match &step.action {
            xtask::plan::Action::TakeWheel(take) => Some(take.distribution.as_str()),
            _ => None,
        });
        assert_eq!(taken, Some(name));
        assert_eq!(environment(&plan, "triton").get("TRITON_WHEEL_NAME").map(String::as_str), told);
    }
}
