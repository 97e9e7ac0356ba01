//! Which interpreter is taken, what becomes of its environment, and what is refused.

use super::*;
use crate::host::Environment;
use crate::plan::check::fixture::{candidate, facts, host, is_ready, lines, python, ready, request, told};

fn linux() -> Host {
    host(Platform::Linux)
}

fn silent(path: &str, cause: &str) -> Candidate {
    Candidate { path: path.to_owned(), answer: Err(cause.to_owned()) }
}

/// `python`, changed.
fn odd(path: &str, version: &str, change: impl Fn(&mut Python)) -> Candidate {
    let mut python = python(path, version);
    change(&mut python);
    candidate(python)
}

#[test]
fn the_first_that_fits_is_taken() {
    let cases = [
        (
            "--python 3.12",
            vec![silent("/shims/python3.12", "exited with 127"), candidate(python("/usr/bin/python3", "3.12.1"))],
            "/usr/bin/python3",
        ),
        (
            "--python 3.12",
            vec![candidate(python("/a", "3.11.2")), candidate(python("/b", "3.12.9")), candidate(python("/c", "3.12.1"))],
            "/b",
        ),
        ("", vec![candidate(python("/a", "3.9.2")), candidate(python("/b", "3.14.0"))], "/b"),
        ("--python /x/python", vec![candidate(python("/x/python", "3.10.0"))], "/x/python"),
        ("--python 3.12", vec![odd("/a", "3.12.1", |python| python.ensurepip = false), candidate(python("/b", "3.12.1"))], "/b"),
        ("--python 3.12 --venv none", vec![odd("/a", "3.12.1", |python| python.ensurepip = false)], "/a"),
        ("--python 3.13t", vec![odd("/t", "3.13.1", |python| python.series.free_threaded = true)], "/t"),
    ];
    for (words, interpreters, expected) in cases {
        let facts = Facts { interpreters, ..Facts::default() };
        let request = request(&linux(), &format!("install-rocm {words}"));
        assert_eq!(choose(&request, &facts).map(|python| python.executable.as_str()), Ok(expected), "{words}");
    }
}

#[test]
fn an_environment_that_is_there_needs_no_ensurepip() {
    let interpreters = vec![odd("/a", "3.12.1", |python| python.ensurepip = false)];
    let there = is_ready(ready("/v", &[]));
    for (words, environment, fits) in [
        ("", EnvironmentState::Absent, false),
        ("", there.clone(), true),
        ("--venv /v", EnvironmentState::Broken(String::new()), true),
        ("--venv /v", there, true),
    ] {
        let facts = Facts { interpreters: interpreters.clone(), environment, ..Facts::default() };
        assert_eq!(choose(&request(&linux(), &format!("install-rocm {words}")), &facts).is_ok(), fits, "{words}");
    }
}

#[test]
fn what_was_tried_is_told() {
    let install = "install Python 3.12, or name an interpreter with `--python PATH`";
    let no_pip = || odd("/usr/bin/python3.12", "3.12.1", |python| python.ensurepip = false);
    let debian = odd("/usr/bin/python3", "3.11.2", |python| python.ensurepip = false);
    let cases = [
        ("--python 3.12", vec![], format!("no Python 3.12 is found\nhint: {install}")),
        ("", vec![], format!("no Python is found\nhint: {install}")),
        (
            "--python 3.13t",
            vec![],
            "no Python 3.13t is found\nhint: install Python 3.13t, or name an interpreter with `--python PATH`".to_owned(),
        ),
        (
            "--python 3.12",
            vec![
                candidate(python("/usr/bin/python3", "3.11.2")),
                silent("/shims/python3.12", "exited with 127: pyenv: python3.12: command not found"),
                odd("/usr/bin/pypy3", "3.12.4", |python| python.implementation = "pypy".to_owned()),
            ],
            format!(
                "no Python 3.12 can be used: `/usr/bin/python3` is Python 3.11.2; `/shims/python3.12` does not run: exited with 127: pyenv: \
                 python3.12: command not found; `/usr/bin/pypy3` is pypy 3.12.4, not CPython\nhint: {install}"
            ),
        ),
        (
            "--python 3.13",
            vec![odd("/t", "3.13.1", |python| python.series.free_threaded = true)],
            "no Python 3.13 can be used: `/t` is free-threaded Python 3.13.1\n\
             hint: install Python 3.13, or name an interpreter with `--python PATH`"
                .to_owned(),
        ),
        (
            "--python /x/python3",
            vec![candidate(python("/x/python3", "3.9.2"))],
            format!("no Python at `/x/python3` can be used: `/x/python3` is Python 3.9.2, older than 3.10\nhint: {install}"),
        ),
        (
            "",
            vec![silent("/shims/python3", "exited with 127"), debian],
            "no Python can be used: `/shims/python3` does not run: exited with 127; `/usr/bin/python3` cannot make environments with pip: it \
             has no `ensurepip`\n\
             hint: on Debian and Ubuntu it comes with `apt-get install python3.11-venv`; or build in an environment of your own with \
             `--venv DIR`"
                .to_owned(),
        ),
        (
            "--python 3.12",
            vec![no_pip()],
            "no Python 3.12 can be used: `/usr/bin/python3.12` cannot make environments with pip: it has no `ensurepip`\n\
             hint: on Debian and Ubuntu it comes with `apt-get install python3.12-venv`; or build in an environment of your own with \
             `--venv DIR`"
                .to_owned(),
        ),
    ];
    for (words, interpreters, expected) in cases {
        let facts = Facts { interpreters, ..Facts::default() };
        let problem = choose(&request(&linux(), &format!("install-rocm {words}")), &facts).unwrap_err();
        assert_eq!(told(&[problem]), [expected]);
    }
    let facts = Facts { interpreters: vec![no_pip()], ..Facts::default() };
    let windows = choose(&request(&host(Platform::Windows), "install-rocm"), &facts).unwrap_err();
    assert_eq!(
        windows.hint.as_deref(),
        Some("install Python with pip, or build in an environment of your own with `--venv DIR`")
    );
}

#[test]
fn an_environment_is_made() {
    let job = job(&request(&linux(), "install-rocm"), &linux(), &facts()).unwrap().unwrap();
    assert_eq!(job.name.0, "python");
    assert_eq!(
        job.why,
        ["no environment is in `/w/build/py3.12/venv` yet", "it is made by `/usr/bin/python3.12`, Python 3.12.1"]
    );
    let expected = [
        "MakeFolder(\"/w/build/py3.12/venv/.therock-xtask\")",
        "[/w] /usr/bin/python3.12 -m venv --without-pip /w/build/py3.12/venv",
        "[/w] /usr/bin/python3.12 -I -m pip --python /w/build/py3.12/venv/bin/python --isolated --disable-pip-version-check install --no-index \
         /usr/share/python-wheels/pip-25.0-py3-none-any.whl",
        "Write { path: \"/w/build/py3.12/venv/.therock-xtask/made.json\", text: \"{\\n  \\\"python\\\": \
         \\\"/usr/bin/python3.12\\\",\\n  \\\"version\\\": \\\"3.12.1\\\"\\n}\\n\" }",
    ];
    assert_eq!(lines(&job), expected);
}

#[test]
fn an_unfinished_environment_is_made_anew() {
    let windows = host(Platform::Windows);
    let facts = Facts { environment: EnvironmentState::Unfinished, ..facts() };
    let job = job(&request(&windows, "install-rocm"), &windows, &facts).unwrap().unwrap();
    let dir = r"C:\w\build\py3.12\venv";
    assert_eq!(job.why[0], format!("the environment in `{dir}` is made anew: an earlier run began it and did not finish"));
    let aside = format!("{dir}.unfinished");
    let first = [
        format!("Remove({aside:?})"),
        format!("Rename {{ from: {dir:?}, to: {aside:?} }}"),
        format!("Remove({aside:?})"),
        format!("MakeFolder({:?})", format!(r"{dir}\.therock-xtask")),
    ];
    assert_eq!(lines(&job)[..4], first);
}

#[test]
fn an_environment_that_answers_is_used() {
    for words in ["", "--python 3.12", "--venv /v", "--venv /v --python 3.12", "--venv none"] {
        let facts = Facts { environment: is_ready(ready("/v", &[])), ..facts() };
        assert_eq!(job(&request(&linux(), &format!("install-rocm {words}")), &linux(), &facts), Ok(None), "{words}");
    }
}

#[test]
fn environments_are_refused() {
    let ready = |change: &dyn Fn(&mut Python)| {
        let mut ready = ready("/v", &[]);
        change(&mut ready.python);
        is_ready(ready)
    };
    let other = |python: &mut Python| {
        python.version = "3.11.2".to_owned();
        python.series.minor = 11;
    };
    let cases = [
        (
            "",
            EnvironmentState::Foreign,
            "`/w/build/py3.12/venv` is there, but the tool did not make it\n\
             hint: remove the folder, or build in it as it is with `--venv /w/build/py3.12/venv`",
        ),
        (
            "",
            EnvironmentState::Broken("exited with 127".to_owned()),
            "the environment `/w/build/py3.12/venv` does not answer: exited with 127\nhint: remove the folder, and it is made anew",
        ),
        (
            "--venv /v",
            EnvironmentState::Unfinished,
            "the making of the environment `/v` was interrupted\nhint: remove the folder, and it is made anew",
        ),
        (
            "--venv /v",
            EnvironmentState::Broken("exited with 127".to_owned()),
            "the environment `/v` does not answer: exited with 127\nhint: repair it, or name another folder with `--venv`",
        ),
        (
            "--venv /v --python 3.12",
            ready(&other),
            "`/v` is an environment of Python 3.11.2, but Python 3.12 is asked for\n\
             hint: leave `--python` out, or name an environment of that version with `--venv`",
        ),
        (
            "--python /usr/bin/python3.12",
            ready(&other),
            "`/w/build/py3.12/venv` is an environment of Python 3.11.2, but Python 3.12 is asked for\n\
             hint: remove the folder, and it is made anew",
        ),
        (
            "--venv /v",
            ready(&|python| {
                python.version = "3.9.2".to_owned();
                python.series.minor = 9;
            }),
            "the environment `/v` cannot be used: its interpreter is Python 3.9.2, older than 3.10\n\
             hint: repair it, or name another folder with `--venv`",
        ),
        (
            "--venv /v",
            ready(&|python| python.distributions.clear()),
            "`/v/bin/python` has no pip\nhint: install it with `/v/bin/python -m ensurepip`",
        ),
    ];
    for (words, environment, expected) in cases {
        let facts = Facts { environment, ..facts() };
        let problem = job(&request(&linux(), &format!("install-rocm {words}")), &linux(), &facts).unwrap_err();
        assert_eq!(told(&[problem]), [expected]);
    }
    // Its own version counts where none is asked for.
    let facts = Facts { environment: ready(&other), ..facts() };
    assert_eq!(job(&request(&linux(), "install-rocm --venv /v"), &linux(), &facts), Ok(None));
}

#[test]
fn an_active_environment_must_be_there() {
    let mut host = linux();
    host.env = Environment([("VIRTUAL_ENV".to_owned(), "/v".to_owned())].into());
    let problem = job(&request(&host, "install-rocm"), &host, &facts()).unwrap_err();
    let expected = "the active virtual environment `/v` is not there\n\
                    hint: unset `VIRTUAL_ENV`, or give `--python` to build in an environment of the tool's own";
    assert_eq!(told(&[problem]), [expected]);
    assert!(job(&request(&host, "install-rocm --python 3.12"), &host, &facts()).is_ok_and(|job| job.is_some()));
}

#[test]
fn the_interpreter_itself_must_be_free_to_use() {
    let managed = odd("/usr/bin/python3", "3.12.1", |python| python.externally_managed = true);
    let bare = odd("/usr/bin/python3", "3.12.1", |python| python.distributions.clear());
    let cases = [
        (
            managed,
            "the operating system asks that nothing be installed into `/usr/bin/python3` (PEP 668), and `--venv none` would\n\
             hint: leave `--venv none` out to build in an environment of the tool's own, or name another interpreter with `--python`",
        ),
        (bare, "`/usr/bin/python3` has no pip\nhint: install it with `/usr/bin/python3 -m ensurepip`"),
    ];
    for (candidate, expected) in cases {
        let facts = Facts { interpreters: vec![candidate], ..Facts::default() };
        let problem = job(&request(&linux(), "install-rocm --venv none"), &linux(), &facts).unwrap_err();
        assert_eq!(told(&[problem]), [expected]);
    }
}

#[test]
fn what_is_half_there_goes_or_is_told() {
    let half = |halves: &[&str]| {
        let mut ready = ready("/v", &[]);
        ready.interrupted = ["torch".to_owned(), "what builds torch".to_owned()].into();
        ready.halves = halves.iter().map(|half| (*half).to_owned()).collect();
        Facts { environment: is_ready(ready), ..facts() }
    };
    let job = |words: &str, halves: &[&str]| job(&request(&linux(), &format!("install-rocm {words}")), &linux(), &half(halves));
    let site = "/usr/lib/python3/dist-packages";
    let halves = ["torch-2.13.0.dist-info", "~orch"];

    let mend = job("", &halves).unwrap().unwrap();
    assert_eq!(lines(&mend), [format!("Remove(\"{site}/torch-2.13.0.dist-info\")"), format!("Remove(\"{site}/~orch\")")]);
    assert_eq!(mend.why, ["`/v` is mended: an earlier run was interrupted at torch, what builds torch"]);
    assert_eq!(job("", &[]), Ok(None));
    // What is not the tool's is not tidied up, but must not be built in.
    assert_eq!(job("--venv /v", &["~orch"]), Ok(None));
    let problem = job("--venv /v", &halves).unwrap_err();
    assert_eq!(
        told(&[problem]),
        ["torch in `/v` is only half there: an earlier run was interrupted at torch, what builds torch\n\
          hint: `/v/bin/python -m pip install --ignore-installed torch`"]
    );
}
