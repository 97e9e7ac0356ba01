//! What is taken from a manifest, what is not, and what is refused.

use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn typed(words: &str) -> BuildArgs {
    match Cli::try_parse_from(["xtask", "build"].into_iter().chain(words.split_whitespace())).unwrap().command {
        Command::Build(args) => args,
        _ => unreachable!(),
    }
}

fn filled(words: &str, manifest: &str) -> (BuildArgs, Given) {
    let mut args = typed(words);
    let given = Given::fill(&mut args, &Manifest::parse(manifest).unwrap(), "m.json", "linux-x86_64");
    (args, given)
}

/// A build's manifest with these keys and options, the latter given by a flag.
fn manifest(keys: &str, options: &str) -> String {
    format!(
        r#"{{"pytorch": {{"repo": "https://h/pytorch", "commit": "{COMMIT}", "branch": "release/2.13"}}, "status": "complete",
        "platform": "linux-x86_64", "python_version": "3.12", "pytorch_git_ref": "release/2.13", "amdgpu_family": null,
        "gfx_targets": ["gfx942", "gfx1201"], "run_id": null, "job_id": null, "ci": null, "artifacts": [], "missing": [],
        "rocm_sdk_version": "7.14.0", "version_suffix": "+rocm7.14.0", "release_type": "dev", {keys} "options": [{options}],
        "jobs": [{{"project": "pytorch", "status": "built", "reason": "", "key": {{}}}}]}}"#
    )
}

fn option(name: &str, value: &str, origin: &str) -> String {
    format!(r#"{{"name": "{name}", "value": {value}, "origin": "{origin}"}}"#)
}

#[test]
fn what_nobody_typed_comes_from_the_manifest() {
    let (args, given) = filled("", &manifest("", ""));
    let install = &args.install;
    let expected = ["3.12", "gfx942 gfx1201", "==7.14.0", "release/2.13", "+rocm7.14.0", "dev", "pytorch"].map(str::to_owned);
    let got = [
        install.python.clone(),
        Some(install.gfx.join(" ")),
        install.rocm_sdk_version.clone(),
        args.reference.clone(),
        args.version_suffix.clone(),
        args.release_type.clone(),
        Some(args.only.join(" ")),
    ];
    assert_eq!(got.map(Option::unwrap), expected);
    let flags: Vec<&str> = given.flags.into_iter().collect();
    assert_eq!(flags, ["gfx", "only", "python", "ref", "release-type", "rocm-sdk-version", "version-suffix"]);
    let torch = &given.lock[&Project::Pytorch];
    assert_eq!((torch.repo.as_str(), torch.commit.as_str()), ("https://h/pytorch", COMMIT));
    assert_eq!((torch.branch.as_deref(), torch.why.as_str()), (Some("release/2.13"), "the commit in `m.json`"));
    assert_eq!(given.problems, []);
}

#[test]
fn what_is_typed_wins() {
    let typed = "--python 3.13 --gfx gfx90a --rocm-sdk-version ==7.15.0 --version-suffix +rocm7.15.0 --release-type nightly --only triton";
    let (args, given) = filled(typed, &manifest("", ""));
    assert_eq!(args.install.python.as_deref(), Some("3.13"));
    assert_eq!(args.install.gfx, ["gfx90a"]);
    assert_eq!(args.only, ["triton"]);
    assert_eq!(given.flags.into_iter().collect::<Vec<_>>(), ["ref"]);
    assert_eq!(given.lock.len(), 1);

    // Another ref has other commits; the same one typed again has these.
    assert!(filled("--ref release/2.12", &manifest("", "")).1.lock.is_empty());
    assert_eq!(filled("--ref release/2.13", &manifest("", "")).1.lock.len(), 1);
}

#[test]
fn options_that_somebody_chose_are_taken() {
    let chosen = [
        option("index-url", r#""https://h/simple""#, "flag"),
        option("pre", "false", "flag"),
        option("gfx", r#""gfx942 gfx1201""#, "variable"),
        option("enable-pytorch-flash-attention", "true", "manifest"),
        option("pytorch-build-number", r#""3""#, "flag"),
        option("env", r#""pytorch:USE_X=1""#, "flag"),
        option("env", r#""Y=2""#, "flag"),
        option("unset-env", r#""Z""#, "flag"),
        // The machine's own affairs, and what was only a default.
        option("jobs", "7", "flag"),
        option("work-dir", r#""/elsewhere""#, "flag"),
        option("use-ccache", "true", "flag"),
        option("find-links", r#""/links""#, "default"),
    ];
    let (args, _) = filled("", &manifest("", &chosen.join(", ")));
    assert_eq!(args.install.index_url.as_deref(), Some("https://h/simple"));
    assert_eq!((args.install.pre, args.install.no_pre), (false, true));
    assert_eq!(args.install.gfx, ["gfx942 gfx1201"]);
    assert!(args.enable_pytorch_flash_attention && !args.no_enable_pytorch_flash_attention);
    assert_eq!(args.pytorch_build_number.as_deref(), Some("3"));
    assert_eq!(args.env, ["pytorch:USE_X=1", "Y=2"]);
    assert_eq!(args.unset_env, ["Z"]);
    assert_eq!((args.jobs, args.install.work_dir, args.use_ccache, args.install.find_links), (None, None, false, None));
    let (args, _) = filled("--pre --no-enable-pytorch-flash-attention", &manifest("", &chosen.join(", ")));
    assert_eq!((args.install.pre, args.install.no_pre), (true, false));
    assert!(!args.enable_pytorch_flash_attention && args.no_enable_pytorch_flash_attention);
}

#[test]
fn a_family_that_means_other_targets_now_is_not_taken() {
    let (args, _) = filled("", &manifest("", &option("gfx", r#""gfx110X-all""#, "flag")));
    assert_eq!(args.install.gfx, ["gfx942", "gfx1201"]);
}

#[test]
fn a_list_of_sources_is_enough() {
    let text = format!(
        r#"{{"pytorch": {{"repo": "https://h/p", "commit": "{COMMIT}"}}, "triton": {{"repo": "https://h/t", "commit": "{COMMIT}"}},
        "therock": {{"repo": "https://h/r", "commit": "{COMMIT}", "version": "7.13.0"}}}}"#
    );
    let (args, given) = filled("--gfx gfx942", &text);
    assert_eq!(args.only, ["pytorch", "triton"]);
    assert_eq!(args.reference.as_deref(), Some(COMMIT));
    assert_eq!(args.install.rocm_sdk_version.as_deref(), Some("==7.13.0"));
    assert_eq!(given.lock.len(), 2);
}

#[test]
fn what_cannot_be_built_is_refused() {
    let told = |words: &str, text: &str| -> Vec<String> {
        let problems = filled(words, text).1.problems.into_iter();
        problems.map(|problem| format!("{} | {}", problem.text, problem.hint.unwrap_or_default())).collect()
    };
    let windows = manifest("", "").replace("linux-x86_64", "windows-amd64");
    assert_eq!(
        told("", &windows),
        ["`m.json` is the manifest of a build for `windows-amd64`, and this machine is `linux-x86_64` | \
          build it on a machine of that platform"]
    );
    for (repo, fault) in [
        ("ext::sh -c touch% /x", "`::` would choose a program to run"),
        ("ssh://-oProxyCommand=x/y", "its host starts with `-` like an option"),
        ("../elsewhere", "it is neither a URL nor an absolute path"),
        ("https://h/a b", "it contains a blank"),
        ("ftp://h/x", "its scheme is none of `https`, `http`, `ssh`, `git`, `file`"),
    ] {
        let expected = format!(
            "`m.json`: the source of `pytorch`: repository `{repo}` is invalid: {fault} | name its repository with `--origin pytorch=URL`"
        );
        let text = manifest("", "").replace("https://h/pytorch", repo);
        assert_eq!(told("", &text), [expected]);
        assert_eq!(told("--origin torch=https://h/p", &text), Vec::<String>::new());
    }
    let hidden = manifest("", &option("index-url", r#""https://***@h/simple""#, "flag"));
    let expected = "`m.json` hides a part of what `--index-url` was given, because it was a secret | give `--index-url` again";
    assert_eq!(told("", &hidden), [expected]);
    assert_eq!(told("--index-url https://h/simple", &hidden), Vec::<String>::new());
}
