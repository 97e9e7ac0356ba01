//! Real interpreters, and scripts that pass for one.
#![cfg(unix)]

use super::*;
use crate::observe::tests::World;

/// An interpreter of this machine that runs.
fn real(world: &World) -> Python {
    let (request, looks) = world.request(&["--only", "pytorch", "--ref", "nightly"]);
    candidates(&request, &world.host, &looks).into_iter().find_map(|candidate| candidate.answer.ok()).unwrap()
}

#[test]
fn an_interpreter_says_who_it_is() {
    let world = World::new();
    let python = real(&world);
    assert!(python.version.starts_with(&format!("{}.{}.", python.series.major, python.series.minor)), "{python:?}");
    assert_eq!(python.implementation, "cpython");
    assert_eq!(file::look(&python.executable), Seen::File);
    assert_eq!(file::look(&python.prefix), Seen::Directory);
    assert!(python.platform_tag.starts_with("linux_") || python.platform_tag.starts_with("macosx_"), "{}", python.platform_tag);
    assert_eq!(ask(&python.executable, "/"), Ok(python));
}

#[test]
fn what_is_installed_has_one_spelling() {
    let world = World::new();
    let venv = world.at("venv");
    process::ask(&real(&world).executable, &["-m", "venv", "--without-pip", &venv], "/", &[]).unwrap();
    let interpreter = venv_python(world.host.platform, &venv);
    let site = ask(&interpreter, "/").unwrap().site_packages;
    let install = |folder: &str, name: &str, text: &str| file::write_text(&format!("{site}/{folder}/{name}"), text).unwrap();
    install(
        "Rocm_SDK.core-7.14.0a1.dist-info",
        "METADATA",
        "Metadata-Version: 2.1\nName: Rocm_SDK.core\nVersion: 7.14.0a1\n\nName: no\n",
    );
    install("old.egg-info", "PKG-INFO", "Name: old\r\nVersion: 1\r\n");
    install("~ip-1.dist-info", "METADATA", "Name: pip\nVersion: 1\n");
    install("broken-1.dist-info", "RECORD", "");
    // What lies in the current directory must not pass for a module of the standard library.
    world.write("json.py", "raise SystemExit('taken from the current directory')");
    let python = ask(&interpreter, &world.at("")).unwrap();
    let expected = [("rocm-sdk-core", "7.14.0a1"), ("old", "1")].map(|(name, version)| (name.to_owned(), version.to_owned()));
    assert_eq!(python.distributions, expected.into());
    assert!(python.is_virtual() && !python.externally_managed);
    assert_eq!((python.prefix, python.executable), (venv, interpreter));
}

#[test]
fn the_probe_is_understood_by_old_interpreters() {
    let world = World::new();
    let probe = world.write("probe.py", PROBE);
    let script = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 4))";
    process::ask(&real(&world).executable, &["-c", script, &probe], "/", &[]).unwrap();
}

#[test]
fn what_does_not_answer_says_why() {
    let world = World::new();
    let shim = "echo 'pyenv: python3.12: command not found' >&2; echo >&2; echo 'Note: see pyenv help' >&2; exit 127";
    let traceback = "echo 'Traceback (most recent call last):' >&2; echo '  File x' >&2; echo 'ImportError: no json' >&2; exit 1";
    let cases = [
        (world.program("shim", shim), "it exited with 127: pyenv: python3.12: command not found"),
        (world.program("broken", traceback), "it exited with 1: ImportError: no json"),
        (world.program("mute", "exit 9"), "it exited with 9"),
        (world.program("killed", "kill -9 $$"), "it was killed by signal 9"),
        (world.program("other", "echo hello"), "it does not say who it is: expected value at line 1 column 1"),
        (world.program("latin", r"printf '\377'"), "it printed something that is not UTF-8"),
    ];
    for (program, expected) in cases {
        assert_eq!(ask(&program, "/"), Err(expected.to_owned()), "{program}");
    }
    assert_eq!(ask("/none", "/"), Err("cannot start `/none`: not found".to_owned()));
}

#[test]
fn a_launcher_is_told_the_version() {
    let world = World::new();
    let launcher = world.program("py.exe", "echo \"$1 $2 $3 $4 $5\" >&2; exit 3");
    assert_eq!(ask(&format!("{launcher} -3.13t"), "/"), Err("it exited with 3: -3.13t -E -s -B -c".to_owned()));
    for (candidate, expected) in [
        (r"C:\Windows\py.exe -3", Some((r"C:\Windows\py.exe", Some("-3")))),
        (r"C:\My -x folder\PY.EXE -3.12", Some((r"C:\My -x folder\PY.EXE", Some("-3.12")))),
        (r"C:\py.exe -x\python.exe", None),
        (r"C:\Python -3.12", None),
        ("/usr/bin/python3", None),
    ] {
        assert_eq!(super::launcher(candidate), expected, "{candidate}");
    }
}

#[test]
fn a_path_may_hold_what_looks_like_a_flag() {
    let world = World::new();
    for path in ["a -x/python", "b -3.12/python", "python -3.12"] {
        let program = world.program(path, "echo \"$1 $2 $3 $4\" >&2; exit 3");
        assert_eq!(ask(&program, "/"), Err("it exited with 3: -E -s -B -c".to_owned()), "{path}");
    }
}

#[test]
fn candidates_are_asked_until_one_fits() {
    let mut world = World::new();
    let real = real(&world);
    let says = |series: &str, implementation: &str| {
        let mut python = real.clone();
        python.series = PythonVersion::parse(series).unwrap();
        python.implementation = implementation.to_owned();
        format!("echo '{}'", serde_json::to_string(&python).unwrap())
    };
    let shim = world.program("a/python3.12", "exit 127");
    let pypy = world.program("b/python3.12", &says("3.12", "pypy"));
    let old = world.program("a/python3", &says("3.9", "cpython"));
    let fits = world.program("b/python3", &says("3.12", "cpython"));
    world.program("b/python", &says("3.12", "cpython"));
    let path = format!("{}:{}:/usr/bin:/bin", world.at("a"), world.at("b"));
    world.host.env.0.insert("PATH".to_owned(), path);
    world.host.env.0.insert("PYENV_ROOT".to_owned(), world.at("none"));
    let asked = |flags: &[&str]| {
        let (request, looks) = world.request(&[&["--only", "pytorch", "--ref", "nightly"], flags].concat());
        candidates(&request, &world.host, &looks).into_iter().map(|candidate| candidate.path).collect::<Vec<_>>()
    };
    assert_eq!(asked(&["--python", "3.12"]), [&shim, &pypy, &old, &fits].map(String::as_str));
    assert_eq!(asked(&[]), [&old, &fits].map(String::as_str));
    assert_eq!(asked(&["--python", &old]), [old.as_str()]);
}

#[test]
fn environments_are_told_apart() {
    let world = World::new();
    let venv = |dir: &str| {
        process::ask(&real(&world).executable, &["-m", "venv", "--without-pip", &world.at(dir)], "/", &[]).unwrap();
    };
    let state = |dir: &str, maker| in_folder(&world.host, &world.at(dir), maker);
    let note = |dir: &str, note: &str, text: &str| {
        file::write_text(&venv_note(world.host.platform, &world.at(dir), note), text).unwrap()
    };
    let is_ready = |state| matches!(state, EnvironmentState::Ready(_));

    for maker in [Maker::Tool, Maker::User] {
        assert_eq!(state("none", maker), EnvironmentState::Absent);
        file::make_folder(&world.at("empty")).unwrap();
        assert_eq!(state("empty", maker), EnvironmentState::Absent);
        file::make_folder(&venv_notes(world.host.platform, &world.at("begun"))).unwrap();
        assert_eq!(state("begun", maker), EnvironmentState::Unfinished);
        note("begun", "made", "{}");
        let made = venv_note(world.host.platform, &world.at("begun"), "made");
        file::rename(&made, &format!("{made}.1.part")).unwrap();
        assert_eq!(state("begun", maker), EnvironmentState::Unfinished, "the note was being written");
    }
    world.write("file", "");
    assert_eq!(
        state("file", Maker::User),
        EnvironmentState::Broken(format!("cannot list `{}`: Not a directory (os error 20)", world.at("file")))
    );
    world.write("other/x", "");
    let missing = venv_python(world.host.platform, &world.at("other"));
    assert_eq!(state("other", Maker::User), EnvironmentState::Broken(format!("cannot start `{missing}`: not found")));
    assert_eq!(state("other", Maker::Tool), EnvironmentState::Foreign);

    venv("venv");
    assert_eq!(state("venv", Maker::Tool), EnvironmentState::Foreign);
    assert!(is_ready(state("venv", Maker::User)));
    note("venv", "installing", r#"["rocm"]"#);
    assert_eq!(
        state("venv", Maker::Tool),
        EnvironmentState::Foreign,
        "an environment of the user is no unfinished one of the tool"
    );
    assert!(is_ready(state("venv", Maker::User)), "notes are kept in an environment of the user, too");
    note("venv", "made", "{}");
    note("venv", "rocm", r#"{"asked": "rocm", "distributions": {"rocm": "7.1"}}"#);
    let EnvironmentState::Ready(ready) = state("venv", Maker::Tool) else { panic!() };
    assert_eq!(ready.interrupted, ["rocm".to_owned()].into());
    assert_eq!(
        ready.rocm_set,
        Some(RocmSet {
            asked: "rocm".to_owned(),
            distributions: [("rocm".to_owned(), "7.1".to_owned())].into(),
            sha256: [].into()
        })
    );
    note("venv", "rocm", "{");
    let path = venv_note(world.host.platform, &world.at("venv"), "rocm");
    let cause = format!("`{path}` is not what the tool wrote: EOF while parsing an object at line 1 column 1");
    assert_eq!(state("venv", Maker::Tool), EnvironmentState::Broken(cause));
}

#[test]
fn notes_are_kept_by_jobs_side_by_side() {
    let world = World::new();
    let path = world.at("venv/.therock-xtask/installing.json");
    let read = || read_note::<Vec<String>>(&path).unwrap().unwrap_or_default();
    let package = |number: usize| format!("package{number}");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = &path;
            scope.spawn(move || note_change(path, &package(number)).unwrap());
        }
    });
    assert_eq!(read().len(), 8);
    (1..8).for_each(|number| change_done(&path, &package(number)).unwrap());
    assert_eq!(read(), ["package0"]);
    let set = RocmSet {
        asked: "rocm[devel]>1.0".to_owned(),
        distributions: [("rocm".to_owned(), "7.1".to_owned())].into(),
        sha256: [].into(),
    };
    keep_rocm_set(&world.at("venv/rocm.json"), &set).unwrap();
    assert_eq!(read_note::<RocmSet>(&world.at("venv/rocm.json")), Ok(Some(set)));
}
