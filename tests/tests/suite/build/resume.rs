//! Runs that go on where an earlier one ended: what they build, what they take as it is, and what they say of it.

use std::collections::BTreeMap;
use std::process::Command;

use manifest::{Artifact, JobStatus, Manifest, Project};
use tests::{Sandbox, finish};

use crate::build::set::{check_complete, the_manifest, wheels};
use crate::build::shared::{Demo, newest, prepared};
use crate::environment::{make_sdk, prepare};

const DIST: &str = "build/demo/dist";

/// What a run said of each wheel: `reused: nothing changed`.
fn said(stderr: &str) -> BTreeMap<String, String> {
    let lines = stderr.lines().map(str::trim_start).filter_map(|line| line.strip_prefix("Fresh ").or(line.strip_prefix("Plan ")));
    let decisions = lines.filter_map(|line| line.split_once(": "));
    let is_decision = |text: &str| ["reused: ", "built: ", "rebuilt: "].iter().any(|verdict| text.starts_with(verdict));
    decisions.filter(|(_, text)| is_decision(text)).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// All reused but these.
fn expected(rebuilt: &[(&str, &str)]) -> BTreeMap<String, String> {
    let all = Project::ALL.map(|project| (project.distribution(), "reused: nothing changed"));
    all.iter().chain(rebuilt).map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// Runs to a good end, and checks what was said, what was built and what was recorded of it.
#[track_caller]
fn check(sandbox: &Sandbox, command: &mut Command, rebuilt: &[(&str, &str)]) -> Manifest {
    let ended = finish(command).expect(0);
    assert_eq!(said(&ended.stderr), expected(rebuilt), "{}", ended.stderr);
    let manifest = check_complete(sandbox, DIST, &Project::ALL);
    for job in &manifest.jobs {
        let reason = rebuilt.iter().find(|(name, _)| *name == job.project.distribution());
        let (status, reason) = match reason.and_then(|(_, text)| text.split_once(": ")) {
            Some((_, reason)) => (JobStatus::Built, reason),
            None => (JobStatus::Reused, "nothing changed"),
        };
        assert_eq!((job.status, job.reason.as_str()), (status, reason), "{}", job.project);
        assert!(job.key.contains_key("commit") && job.log.is_some(), "{}", job.project);
    }
    // A wheel that is reused is not even touched, and one that is built is told once.
    let taken = ended.stderr.lines().filter(|line| line.trim_start().starts_with("Wheel ")).count();
    assert_eq!(taken, rebuilt.len(), "{}", ended.stderr);
    manifest
}

/// A demo whose last wheel could not be built.
fn failed() -> Demo {
    let (sandbox, python) = (Sandbox::new(), newest());
    prepare(&sandbox, "build/demo");
    let mut command = sandbox.xtask();
    command.args(["build", "--demo", "--jobs", "1", "--python", &python.path, "--no-audit-install"]).env("DEMO_FAIL", "apex");
    let ended = finish(&mut command).expect(4);
    Demo { sandbox, ended, python }
}

#[test]
fn a_rerun_builds_what_is_missing_and_then_nothing() {
    let demo = failed();
    let sandbox = &demo.sandbox;
    let records = demo.below("jobs");
    assert_eq!(
        sandbox.files(&records),
        ["apex.json", "pytorch.json", "pytorch_audio.json", "pytorch_vision.json", "triton.json"]
    );
    let (path, partial) = the_manifest(sandbox, DIST);
    assert!(path.ends_with(".partial.json"), "{path}");

    // `plan` says it beforehand, of the same run.
    let plan = sandbox.run(&["plan", "--demo", "--python", &demo.python.path]).expect(0).stdout;
    assert!(plan.contains("  torch\n    - reused: nothing changed\n"), "{plan}");
    // pip notes what a local wheel was since 23.1. Without that note torch is installed once more before apex is built with it.
    let noted =
        ["-c", "import importlib.metadata as m; print('sha256' in (m.distribution('torch').read_text('direct_url.json') or ''))"];
    let noted = finish(sandbox.command(demo.venv_python()).args(noted)).expect(0).stdout == "True\n";
    assert_eq!(plan.contains("  install-torch"), !noted, "{plan}");
    let apex = if noted { "  apex\n" } else { "  apex (after install-torch)\n" };
    assert!(plan.contains(&format!("{apex}    - built: its last build failed: building apex exited with 1\n")), "{plan}");

    let manifest = check(sandbox, &mut demo.again(&[]), &[("apex", "built: its last build failed: building apex exited with 1")]);
    for artifact in &partial.artifacts {
        // What the audit found in it is new: an unfinished set is not audited.
        let mut now = manifest.artifacts.iter().map(|now| Artifact { gfx_targets: None, ..now.clone() });
        assert!(now.any(|now| now == *artifact), "{}", artifact.relative_path);
    }
    let before = wheels(sandbox, DIST);
    check(sandbox, &mut demo.again(&[]), &[]);
    assert_eq!(wheels(sandbox, DIST), before);

    // Each thing is told in one line, and of what there is to know, all.
    let said = finish(&mut demo.again(&[])).expect(0).stderr;
    let fresh: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("       Fresh ")).collect();
    assert_eq!((fresh.len(), said.lines().count()), (11, 12), "{said}");
    let apex = sandbox.manifest(&demo.manifest()).apex.unwrap().commit.to_string();
    let src = sandbox.arg("build/demo/src/apex");
    let expected = format!("checkout-apex: {apex}: `apex` in torch's `related_commits`; `{src}` is at this commit already");
    assert!(fresh.contains(&expected.as_str()), "{said}");

    // A damaged wheel and a lost one are built again, and nothing that is built with them.
    let wheel = |name: &str| before.iter().find(|file| file.starts_with(&format!("{name}-"))).unwrap();
    sandbox.write(&format!("{DIST}/{}", wheel("torch")), "no wheel");
    std::fs::remove_file(sandbox.path(&format!("{DIST}/{}", wheel("triton")))).unwrap();
    let lost = [("torch", "rebuilt: its wheel no longer has its recorded hash"), ("triton", "rebuilt: its wheel is gone")];
    check(sandbox, &mut demo.again(&[]), &lost);

    // Another torch in the environment is not the one that is reused: the wheel is installed before something is built with it.
    finish(sandbox.command(demo.venv_python()).args(["-m", "pip", "uninstall", "--yes", "torch"])).expect(0);
    let vision = [("torchvision", "rebuilt: `--rebuild` says so")];
    check(sandbox, &mut demo.again(&["--rebuild", "pytorch_vision"]), &vision);
    let version = ["-c", "import torch; print(torch.__version__)"];
    finish(sandbox.command(demo.venv_python()).args(version)).expect(0);
}

#[test]
fn a_change_rebuilds_what_depends_on_it() {
    let demo = prepared(Sandbox::new(), &[]);
    let sandbox = &demo.sandbox;
    let src = |path: &str| format!("build/demo/src/{path}");
    let dependants = ["torchaudio", "torchvision", "apex"];
    let with_torch = |reason: &'static str| {
        let changed = dependants.map(|name| (name, "rebuilt: the torch that it is built with changed"));
        [[("torch", reason)].as_slice(), &changed].concat()
    };

    // The build itself wrote into its sources, and into the submodule.
    check(sandbox, &mut demo.again(&[]), &[]);
    // An edit is seen, also inside of a submodule; and taken back, it is no change.
    sandbox.write(&src("pytorch_audio/mine.txt"), "mine");
    check(sandbox, &mut demo.again(&[]), &[("torchaudio", "rebuilt: its sources were changed, last `mine.txt`")]);
    sandbox.write(&src("pytorch/third_party/fakelib/mine.txt"), "mine");
    check(sandbox, &mut demo.again(&[]), &with_torch("rebuilt: its sources were changed, last `third_party/fakelib/mine.txt`"));
    check(sandbox, &mut demo.again(&[]), &[]);
    // A repository of somebody's among the sources, one edit after another.
    sandbox.write(&src("apex/an own/a.txt"), "1");
    finish(sandbox.command("git").args(["init", "--quiet", &sandbox.arg(&src("apex/an own"))])).expect(0);
    for text in ["2", "3"] {
        sandbox.write(&src("apex/an own/a.txt"), text);
        check(sandbox, &mut demo.again(&[]), &[("apex", "rebuilt: its sources were changed, last `an own/a.txt`")]);
        check(sandbox, &mut demo.again(&[]), &[]);
    }
    // What is edited while it is built may be in the wheel, or not.
    let setup = sandbox.read(&src("pytorch_vision/setup.py"));
    let edit = "Path('torchvision/__init__.py').open('a').write('# edited\\n')\n";
    sandbox.write(&src("pytorch_vision/setup.py"), &format!("{setup}\n{edit}"));
    let ended = finish(&mut demo.again(&[])).expect(0);
    assert_eq!(
        said(&ended.stderr),
        expected(&[("torchvision", "rebuilt: its sources were changed, last `setup.py`")]),
        "{}",
        ended.stderr
    );
    let told = "        Note torchvision: changed in the sources while they were built: `torchvision/__init__.py`; if that was not the build \
                itself, the wheel may lack it, and reruns take the wheel as it is: `--rebuild pytorch_vision` builds with it\n";
    assert_eq!(ended.stderr.matches("changed in the sources while they were built").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    check(sandbox, &mut demo.again(&[]), &[]);

    // A variable of one build, and a variable of all that they inherit.
    let switch = ["--env", "apex:MY_SWITCH=1"];
    check(sandbox, &mut demo.again(&switch), &[("apex", "rebuilt: variable `MY_SWITCH` is new")]);
    check(sandbox, demo.again(&switch).env("MAX_JOBS", "2").env("EDITOR", "vi"), &[]);
    let planned = |command: &mut Command| said(&finish(command).expect(4).stderr);
    let flags = "rebuilt: inherited variable `CFLAGS` is new";
    let all = Project::ALL.map(|project| (project.distribution(), flags));
    assert_eq!(planned(demo.again(&switch).env("CFLAGS", "-O1").env("DEMO_FAIL", "triton")), expected(&all));
    // What could not be built for that is still what it was.
    check(sandbox, &mut demo.again(&switch), &[]);

    // Another ROCm; what is compiled for the old one is no use.
    make_sdk(sandbox, "newer", &["--version", "7.15.0"]);
    sandbox.write(&src("triton/build/kept.o"), "for ROCm 7.14");
    let newer = ["--find-links", "newer", "--rocm-sdk-version", "==7.15.0"];
    let all = Project::ALL.map(|project| (project.distribution(), "rebuilt: ROCm 7.14.0a20261101 -> 7.15.0"));
    let ended = finish(demo.again(&switch).args(newer).env("DEMO_FAIL", "triton")).expect(4);
    assert_eq!(said(&ended.stderr), expected(&all), "{}", ended.stderr);
    let removed = "removing the build folder: ROCm 7.14.0a20261101 -> 7.15.0\n";
    let (_, manifest) = the_manifest(sandbox, DIST);
    let triton = manifest.jobs.iter().find(|job| job.project == Project::Triton).unwrap();
    let log = sandbox.read(&format!("build/demo/{}", triton.log.as_deref().unwrap()));
    assert!(log.contains(&format!("== {removed}")), "{log}");
    assert!(!sandbox.path(&src("triton/build/kept.o")).exists());

    // Whoever wants everything anew gets it, and a run that was ended meanwhile does not forget that.
    let all = Project::ALL.map(|project| (project.distribution(), "rebuilt: `--restart` says so"));
    assert_eq!(planned(demo.again(&switch).args(newer).arg("--restart").env("DEMO_FAIL", "triton")), expected(&all));
    let plan = ["plan", "--demo", "--python", &demo.python.path];
    let plan = finish(sandbox.xtask().args(plan).args(switch).args(newer)).expect(0).stdout;
    assert!(plan.contains("  triton\n    - rebuilt: its last build failed: building triton exited with 1\n"), "{plan}");
    assert_eq!(plan.matches("    - rebuilt: an earlier run was to build it again, and ended before\n").count(), 4, "{plan}");
}
