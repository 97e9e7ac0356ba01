//! The second report: its messages, and which wheels and manifests stand in the way.

use std::collections::BTreeMap;

use super::fixture::{self, checkout, commit, facts, host, locked_facts, request, told};
use super::*;
use crate::facts::{GitState, Output, Owner, Unresolved};
use crate::host::Environment;

const OURS: &str = "linux-x86_64, Python 3.12, nightly, gfx942";
const NIGHTLY: &str = "therock-manifest_torch_py3.12_nightly.json";

fn linux() -> Host {
    host(Platform::Linux)
}

fn manifest(identity: Result<&str, &str>, wheels: &[&str]) -> Recorded {
    Recorded {
        identity: identity.map(str::to_owned).map_err(str::to_owned),
        wheels: wheels.iter().map(ToString::to_string).collect(),
        lock: BTreeMap::new(),
    }
}

/// A machine that is ready, with this in its output folder.
fn output(wheels: &[&str], manifests: &[(&str, Recorded)]) -> Facts {
    let manifests = manifests.iter().map(|(name, manifest)| (name.to_string(), manifest.clone())).collect();
    Facts { output: Output { wheels: wheels.iter().map(ToString::to_string).collect(), manifests }, ..locked_facts() }
}

fn report(words: &str, facts: &Facts) -> Vec<String> {
    told(&problems(&request(&linux(), words), &linux(), facts))
}

#[test]
fn a_ready_machine_has_no_problems() {
    assert_eq!(report("build --ref nightly --gfx gfx942", &locked_facts()), [""; 0]);
    assert_eq!(report("install-rocm", &facts()), [""; 0]);
    assert_eq!(tools(&request(&linux(), "build --demo"), &linux(), &facts()), []);
}

#[test]
fn everything_is_told_at_once_and_once() {
    let facts = Facts { interpreters: Vec::new(), ..output(&["torch-1-cp312-cp312-linux_x86_64.whl"], &[]) };
    let mut facts = Facts { tools: Default::default(), ..facts };
    let found = report("build --gfx gfx942 --only pytorch,triton --no-install-rocm", &facts);
    let expected = [
        "no Python is found\nhint: install Python 3.12, or name an interpreter with `--python PATH`",
        "no C compiler is found: no `cc` is on `PATH`\nhint: on Debian and Ubuntu `apt-get install build-essential` brings it",
        "no C++ compiler is found: no `c++` is on `PATH`\nhint: on Debian and Ubuntu `apt-get install build-essential` brings it",
        "`/w/build/src/triton` holds no sources of triton: it has no `setup.py`\n\
         hint: name a checkout of triton with `--triton-dir`, or give `--ref` to have one made",
        "`/w/build/src/pytorch` holds no sources of torch: it has no `version.txt` and no `pyproject.toml`\n\
         hint: name a checkout of torch with `--pytorch-dir`, or give `--ref` to have one made",
    ];
    assert_eq!(found, expected);
    let found = report("build --ref nightly --gfx gfx942 --only triton", &facts);
    assert_eq!(found[1], "`git` is not found\nhint: install it, on Debian and Ubuntu with `apt-get install git`");

    facts.interpreters = fixture::facts().interpreters;
    let found = report("build --ref nightly --gfx gfx942 --only pytorch --no-install-rocm", &facts);
    let expected = [
        "`--no-install-rocm` is given, but `/w/build/py3.12/venv` has no ROCm SDK that can be used: it is a new environment\n\
         hint: leave `--no-install-rocm` out, or name an environment that has one with `--venv`",
        "`git` is not found\nhint: install it, on Debian and Ubuntu with `apt-get install git`",
        expected[1],
        expected[2],
        "`/w/dist` holds wheels of the same projects that this build's manifest does not list: `torch-1-cp312-cp312-linux_x86_64.whl`\n\
         hint: let new wheels replace them with `--clean`, or name another `--output-dir`",
    ];
    assert_eq!(found, expected);
    let demo = tools(&request(&linux(), "build --demo"), &linux(), &facts);
    assert_eq!(told(&demo), expected[1..4]);
}

#[test]
fn compilers_must_run() {
    let hint = "on Debian and Ubuntu `apt-get install build-essential` brings it";
    let ask = |host: &Host, words: &str, facts: &Facts| {
        told(&problems(&request(host, &format!("build --ref nightly --gfx gfx942 --only triton {words}")), host, facts))
    };
    let mut silent = locked_facts();
    silent.tools.get_mut("c++").unwrap().version = Err("it exited with 1".to_owned());
    let mut none = locked_facts();
    none.tools.remove("cc");
    let mut named = linux();
    named.env = Environment([("CC".to_owned(), "clang-99 -m64".to_owned())].into());
    let mut found = none.clone();
    found.tools.insert("clang-99 -m64".to_owned(), fixture::tool("/usr/bin/clang-99"));
    let cases = [
        (&linux(), "", &silent, vec![format!("the C++ compiler `/usr/bin/c++` does not run: it exited with 1\nhint: {hint}")]),
        (&linux(), "", &none, vec![format!("no C compiler is found: no `cc` is on `PATH`\nhint: {hint}")]),
        (
            &named,
            "",
            &none,
            vec![format!("the C compiler `clang-99 -m64`, which the variable `CC` names, is not found\nhint: {hint}")],
        ),
        (&named, "", &found, vec![]),
        (&linux(), "--env CC=/x/clang", &none, vec![]),
    ];
    for (host, words, facts, expected) in cases {
        assert_eq!(ask(host, words, facts), expected);
    }
    assert_eq!(report("install-rocm", &none), [""; 0]);
}

#[test]
fn windows_has_its_own_needs() {
    let windows = host(Platform::Windows);
    let ask = |words: &str, facts: &Facts| {
        told(&problems(&request(&windows, &format!("build --ref nightly --gfx gfx942 {words}")), &windows, facts))
    };
    let mut facts = locked_facts();
    facts.tools.remove("cl");
    let compiler = "no C and C++ compiler is found: no `cl` is on `PATH`\n\
                    hint: start from a developer prompt of Visual Studio (`vcvars64.bat`)";
    let found = ask("", &facts);
    assert_eq!(found[0], compiler);
    // That one is told where torch is planned.
    assert!(found[1].starts_with("`libomp140.x86_64.dll`"), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn wheels_are_planned_to_find_their_problems() {
    let found = report("build --ref nightly --gfx gfx942 --only pytorch_audio", &locked_facts());
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("no torch to build torchaudio against"), "{found:?}");
}

#[test]
fn sources_must_be_sources() {
    let with = |project: Project, files: &[&str]| {
        let mut facts = facts();
        let there = Checkout { present: files.iter().map(ToString::to_string).collect(), ..Checkout::default() };
        facts.checkouts.insert(project, there);
        facts
    };
    let lacks = |dir: &str, name: &str, files: &str, flag: &str| {
        vec![format!(
            "`/w/build/src/{dir}` holds no sources of {name}: it has no {files}\n\
             hint: name a checkout of {name} with `{flag}`, or give `--ref` to have one made"
        )]
    };
    let cases = [
        (Project::Pytorch, vec!["version.txt", "pyproject.toml"], vec![]),
        (Project::Pytorch, vec!["version.txt"], lacks("pytorch", "torch", "`pyproject.toml`", "--pytorch-dir")),
        (Project::PytorchAudio, vec!["setup.py"], lacks("pytorch_audio", "torchaudio", "`version.txt`", "--pytorch-audio-dir")),
        (
            Project::PytorchVision,
            vec!["version.txt"],
            lacks("pytorch_vision", "torchvision", "`setup.py`", "--pytorch-vision-dir"),
        ),
        (Project::Apex, vec![], lacks("apex", "apex", "`version.txt` and no `setup.py`", "--apex-dir")),
        (Project::Triton, vec!["python/setup.py"], vec![]),
        (Project::Triton, vec!["setup.py"], vec![]),
        (Project::Triton, vec![], lacks("triton", "triton", "`setup.py`", "--triton-dir")),
    ];
    for (project, files, expected) in cases {
        assert_eq!(report(&format!("build --gfx gfx942 --only {project}"), &with(project, &files)), expected);
    }
    let windows = host(Platform::Windows);
    let request = request(&windows, "build --gfx gfx942 --only triton");
    let problem = problems(&request, &windows, &with(Project::Triton, &[]));
    assert_eq!(
        problem[0].hint.as_deref(),
        Some("name a checkout of triton (on Windows, of triton-windows) with `--triton-dir`, or give `--ref` to have one made")
    );
}

#[test]
fn sources_that_git_cannot_read_are_told() {
    let mut facts = facts();
    let there = Checkout { present: ["version.txt", "setup.py"].map(str::to_owned).into(), ..Checkout::default() };
    facts.checkouts.insert(Project::Apex, there);
    facts.environment = fixture::is_ready(fixture::ready(
        "/w/build/py3.12/venv",
        &[("torch", "2"), ("build", "1"), ("setuptools", "1"), ("wheel", "1")],
    ));
    let unresolved =
        |project| Unresolved { project, cause: "git says no".to_owned(), hint: Some("advice".to_owned()), told_of: None };
    facts.unresolved = vec![unresolved(Project::Pytorch), unresolved(Project::Apex)];
    let expected = [
        "the sources of torch in `/w/build/src/pytorch` cannot be read: git says no\nhint: advice",
        "the sources of apex in `/w/build/src/apex` cannot be read: git says no\nhint: advice",
    ];
    assert_eq!(report("build --gfx gfx942 --only apex", &facts), expected);
}

#[test]
fn manifests_of_other_builds_stay() {
    let hint = "name another `--output-dir`; or move the file away, and let new wheels replace its wheels with `--clean`";
    let partial = "therock-manifest_torch_py3.12_nightly.partial.json";
    let cases = [
        (NIGHTLY, manifest(Ok(OURS), &[]), vec![]),
        ("therock-manifest_torch_py3.11_nightly.json", manifest(Ok("linux-x86_64, Python 3.11, nightly, gfx942"), &[]), vec![]),
        (
            NIGHTLY,
            manifest(Ok("linux-x86_64, Python 3.12, nightly, gfx1100"), &[]),
            vec![format!(
                "`/w/dist/manifests/{NIGHTLY}` is the manifest of another build (linux-x86_64, Python 3.12, nightly, gfx1100), and this one \
                 ({OURS}) would replace it\nhint: {hint}"
            )],
        ),
        (
            partial,
            manifest(Err("no JSON"), &[]),
            vec![format!("`/w/dist/manifests/{partial}` cannot be read, and this build would replace it: no JSON\nhint: {hint}")],
        ),
    ];
    for (name, manifest, expected) in cases {
        assert_eq!(report("build --ref nightly --gfx gfx942", &output(&[], &[(name, manifest)])), expected);
    }
    // Of a manifest folder that was named, another output folder is no way out.
    let other = [(NIGHTLY, manifest(Ok("linux-x86_64, Python 3.12, nightly, gfx1100"), &[]))];
    let told = report("build --ref nightly --gfx gfx942 --manifest-dir /m --clean", &output(&[], &other));
    let both = hint.replace("`;", "` and another `--manifest-dir`;");
    assert!(told.len() == 1 && told[0].ends_with(&format!("would replace it\nhint: {both}")), "{told:?}");
}

#[test]
fn wheels_that_are_not_ours_stand_in_the_way() {
    let torch = "torch-2.12.0+rocm7.13.0-cp312-cp312-linux_x86_64.whl";
    let many = "torch-2.12.0-cp312-cp312-linux_x86_64.manylinux_2_28_x86_64.whl";
    let others = [
        "torch-2.12.0-cp311-cp311-linux_x86_64.whl",
        "torch-2.12.0-cp312-cp312-win_amd64.whl",
        "torch-2.12.0-cp312-cp312t-linux_x86_64.whl",
        "torchaudio-2.12.0-cp312-cp312-linux_x86_64.whl",
        "torch_scatter-2.12.0-cp312-cp312-linux_x86_64.whl",
        "torch.whl",
    ];
    let all: Vec<&str> = others.into_iter().chain([torch, many]).collect();
    let mine = [(NIGHTLY, manifest(Ok(OURS), &[torch, "torch-gone-cp312-cp312-linux_x86_64.whl"]))];
    let another =
        [("therock-manifest_torch_py3.12_main.json", manifest(Ok("linux-x86_64, Python 3.12, main, gfx942"), &[torch]))];
    let cases = [
        (output(&all, &[]), "", vec![torch, many], vec![]),
        (output(&[torch], &mine), "", vec![], vec![torch]),
        (output(&[torch], &another), "", vec![torch], vec![]),
        (output(&all, &mine), "", vec![many], vec![torch]),
        (output(&all, &mine), "--clean", vec![many], vec![many, torch]),
        (output(&others, &[]), "--clean", vec![], vec![]),
    ];
    for (facts, words, stale, replaced) in cases {
        let request = request(&linux(), &format!("build --ref nightly --gfx gfx942 --only pytorch {words}"));
        assert_eq!(stale_wheels(&request, &linux(), &facts), stale);
        let replaced: BTreeSet<String> = replaced.into_iter().map(str::to_owned).collect();
        assert_eq!(recorded(&request, &linux(), &facts), replaced);
        let refused = !stale.is_empty() && words.is_empty();
        assert_eq!(problems(&request, &linux(), &facts).len(), usize::from(refused));
    }
}

#[test]
fn the_manifest_is_named_after_a_ref() {
    let warning = |name: &str| {
        Some(format!("torch's sources do not tell which ref they are, so the manifest is named after `{name}`; `--ref` names it"))
    };
    let with = |change: &dyn Fn(&mut GitState)| {
        let mut facts = facts();
        let mut torch = checkout(Owner::User, &commit('a'), None);
        torch.git.iter_mut().for_each(change);
        facts.checkouts.insert(Project::Pytorch, torch);
        facts
    };
    let tracked = with(&|git| git.track = Some("release/2.13".to_owned()));
    let detached = with(&|git| git.upstream = commit('b'));
    let cases = [
        ("--ref nightly", tracked.clone(), "nightly".to_owned(), None),
        ("", tracked, "release/2.13".to_owned(), None),
        ("", detached, "b".repeat(12), warning("bbbbbbbbbbbb")),
        ("", facts(), "unknown".to_owned(), warning("unknown")),
    ];
    for (words, facts, name, warning) in cases {
        assert_eq!(track(&facts, &request(&linux(), &format!("build --gfx gfx942 {words}"))), (name, warning));
    }
}

#[test]
fn an_unfinished_run_holds_its_rerun_to_its_commits() {
    let name = "therock-manifest_torch_py3.12_nightly.partial.json";
    let identity = "linux-x86_64, Python 3.12, nightly, gfx942";
    let locked =
        |repo: &str| Locked { repo: repo.to_owned(), commit: "a".repeat(40), branch: None, why: String::new(), version: None };
    let recorded = |identity: &str, repo: &str| {
        let lock = BTreeMap::from([(Project::Pytorch, locked(repo)), (Project::Apex, locked(repo))]);
        let manifests = [(name.to_owned(), Recorded { lock, ..manifest(Ok(identity), &[]) })].into();
        Output { wheels: Vec::new(), manifests }
    };
    let held = |words: &str, output: &Output| {
        let request = request(&linux(), words);
        let facts = locked_facts();
        let python = python::choose(&request, &facts).unwrap();
        super::held(&request, &linux(), output, python).into_keys().collect::<Vec<_>>()
    };
    let words = "build --only pytorch,triton --gfx gfx942 --python 3.12 --ref nightly";
    let origin = "build --only pytorch,triton --gfx gfx942 --python 3.12 --ref nightly --origin pytorch=https://other/x";
    let other_ref = "build --only pytorch --gfx gfx942 --python 3.12 --ref main";
    assert_eq!(held(words, &recorded(identity, "https://h/x")), [Project::Pytorch]);
    assert_eq!(held(words, &recorded("linux-x86_64, Python 3.12, nightly, gfx1100", "https://h/x")), []);
    assert_eq!(held(origin, &recorded(identity, "https://h/x")), []);
    assert_eq!(held(origin, &recorded(identity, "https://other/x")), [Project::Pytorch]);
    assert_eq!(held(other_ref, &recorded(identity, "https://h/x")), []);
}

#[test]
fn a_checkout_of_therock_that_git_cannot_read_is_told() {
    let facts = Facts { therock: Some(Err("`git status` in `/t` exited with 128: fatal: x".to_owned())), ..locked_facts() };
    assert_eq!(
        report("build --gfx gfx942 --python 3.12 --ref nightly", &facts),
        ["the checkout of TheRock cannot be read: `git status` in `/t` exited with 128: fatal: x\n\
             hint: name another checkout with `--therock-dir`"]
    );
}
