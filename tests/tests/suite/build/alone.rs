//! Parts of the demo: one project at a time, jobs that fail, and outputs that hold something already.

use std::collections::BTreeSet;

use manifest::{JobStatus, Manifest, Need, Origin, Project, Status};
use tests::{Sandbox, finish};

use crate::build::set::{check_complete, check_files, check_unchanged, the_manifest, wheels};
use crate::build::shared::demo;
use crate::environment::{newest, prepare};

const DIST: &str = "build/demo/dist";

#[test]
fn each_project_alone_replaces_its_wheel() {
    let demo = demo();
    for project in Project::ALL {
        if project == Project::Apex {
            // Then the wheel of the output folder is what it is built against.
            finish(demo.sandbox.command(demo.venv_python()).args(["-m", "pip", "uninstall", "--yes", "torch"])).expect(0);
        }
        let ended = finish(&mut demo.again(&["--only", project.key(), "--rebuild", project.key()])).expect(0);
        let built = wheels_named(&ended.stderr);
        assert_eq!(built.len(), 1, "{}", ended.stderr);
        assert!(built.iter().all(|name| name.starts_with(&format!("{}-", project.distribution()))), "{built:?}");
        let manifest = check_complete(&demo.sandbox, DIST, &Project::ALL);
        // What the first build left in the sources is no change of the user's.
        assert!(manifest.sources().all(|(_, source)| source.dirty.is_none()), "{}", demo.sandbox.read(&demo.manifest()));
    }
}

/// The wheels that a run says it has made.
fn wheels_named(stderr: &str) -> BTreeSet<String> {
    let names = stderr.lines().filter_map(|line| line.trim_start().strip_prefix("Wheel "));
    names.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn without_torch_there_is_nothing_to_build_against() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    finish(sandbox.command(demo.venv_python()).args(["-m", "pip", "uninstall", "--yes", "torch"])).expect(0);
    let ended = finish(&mut demo.again(&["--only", "apex", "--output-dir", "empty"])).expect(3);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: no torch to build apex against: it is not selected, `BOX/project/empty` has no recorded wheel of it, and the environment has \
         none\nhint: build torch too: `--only pytorch,apex`\n"
    );
    assert_eq!(ended.stdout, "");
    assert!(!sandbox.path("empty").exists());
}

#[test]
fn a_job_that_fails_leaves_the_others_and_says_why() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    let args = ["--output-dir", "failed", "--jobs", "3"];
    let ended = finish(demo.again(&args).env("DEMO_FAIL", "torchvision")).expect(4);
    assert_eq!(ended.stdout, "");

    let (path, manifest) = the_manifest(sandbox, "failed");
    assert!(path.ends_with("_release-2.13.partial.json"), "{path}");
    assert_eq!(manifest.status, Some(Status::Failed));
    assert_eq!(manifest.missing.iter().map(|missing| missing.project).collect::<Vec<_>>(), [Project::PytorchVision]);
    check_files(sandbox, "failed", &manifest);
    assert_eq!(wheels(sandbox, "failed").len(), 4);
    for job in &manifest.jobs {
        let failure = job.failure.as_ref();
        let expected = if job.project == Project::PytorchVision { JobStatus::Failed } else { JobStatus::Built };
        assert_eq!((job.status, failure.is_some()), (expected, expected == JobStatus::Failed), "{}", job.project);
        assert_eq!(failure.and_then(|failure| failure.exit_code), failure.map(|_| 1));
    }

    // The message names the purpose, the exit code, the first error, the last lines, the command and the log, and the log has it all.
    let vision = manifest.jobs.iter().find(|job| job.project == Project::PytorchVision).unwrap();
    let log = format!("build/demo/{}", vision.log.as_deref().unwrap());
    let message = ended.stderr.split("error: torchvision: ").nth(1).unwrap_or_else(|| panic!("{}", ended.stderr));
    let failure = vision.failure.as_ref().unwrap();
    let error = failure.first_error.as_deref().unwrap();
    assert!(error.contains("demo_fail.cpp:1:2: error: #error \"DEMO_FAIL names this wheel\""), "{error}");
    assert_eq!((failure.class.as_deref(), failure.hint.as_deref()), (Some("compile"), None));
    let command = failure.command.as_deref().unwrap();
    let start = format!("building torchvision exited with 1\n  first error: {error}\n  by: {command}\n");
    assert!(message.starts_with(&start), "{message}\n{start}");
    assert!(message.contains("\n  kind: compile\n  last lines:\n    | "), "{message}");
    assert!(message.contains("DEMO_FAIL names this wheel"), "{message}");
    assert!(message.contains("\n  command: cd "), "{message}");
    assert!(
        message.ends_with(&format!("\n  log: {}\nhint: the same command goes on where this one stopped\n", sandbox.arg(&log))),
        "{message}"
    );
    assert!(sandbox.read(&log).contains("DEMO_FAIL names this wheel"));

    // The missing wheel alone makes the set whole.
    finish(&mut demo.again(&["--output-dir", "failed", "--only", "torchvision"])).expect(0);
    check_complete(sandbox, "failed", &Project::ALL);
}

#[test]
fn what_waits_for_a_failed_job_is_not_started() {
    let demo = demo();
    let args = ["--output-dir", "skipped", "--only", "pytorch,pytorch_audio,apex", "--rebuild", "torch"];
    let ended = finish(demo.again(&args).env("DEMO_FAIL", "torch")).expect(4);
    let (_, manifest) = the_manifest(&demo.sandbox, "skipped");
    let statuses: Vec<_> = manifest.jobs.iter().map(|job| (job.project, job.status, job.reason.as_str())).collect();
    assert_eq!(
        statuses,
        [
            (Project::Pytorch, JobStatus::Failed, "`--rebuild` says so"),
            (Project::PytorchAudio, JobStatus::Skipped, "it needs torch, which failed"),
            (Project::Apex, JobStatus::Skipped, "it needs torch, which failed"),
        ]
    );
    assert_eq!(wheels(&demo.sandbox, "skipped"), Vec::<String>::new());
    assert!(ended.stderr.contains("Skipped apex: it needs torch, which failed\n"), "{}", ended.stderr);
    finish(&mut demo.again(&["--only", "pytorch"])).expect(0);
}

/// Whichever wheel is built next, a set that lacks another one is not called complete.
#[test]
fn a_set_that_lacks_a_wheel_stays_partial() {
    let demo = demo();
    let args = ["--output-dir", "lacking", "--only", "pytorch_vision,apex", "--jobs", "2"];
    finish(demo.again(&args).env("DEMO_FAIL", "torchvision,apex")).expect(4);
    let ended = finish(&mut demo.again(&["--output-dir", "lacking", "--only", "apex"])).expect(0);
    let warning = "warning: the set still lacks torchvision, so its manifest stays a partial one\n";
    assert!(ended.stderr.contains(warning), "{}", ended.stderr);
    let (path, manifest) = the_manifest(&demo.sandbox, "lacking");
    assert!(path.ends_with(".partial.json"), "{path}");
    assert_eq!(manifest.status, Some(Status::Incomplete));
    assert_eq!(manifest.missing.iter().map(|missing| missing.project).collect::<Vec<_>>(), [Project::PytorchVision]);
    finish(&mut demo.again(&["--output-dir", "lacking", "--only", "torchvision"])).expect(0);
    check_complete(&demo.sandbox, "lacking", &[Project::PytorchVision, Project::Apex]);
}

/// A wheel that could not be built again is not what its commit says, though its file is there.
#[test]
fn an_older_wheel_does_not_make_a_set_complete() {
    let demo = demo();
    let only = |wheels: &'static str| ["--output-dir", "older", "--only", wheels];
    finish(&mut demo.again(&only("pytorch_audio,apex"))).expect(0);
    finish(demo.again(&only("apex")).args(["--rebuild", "apex"]).env("DEMO_FAIL", "apex")).expect(4);
    finish(&mut demo.again(&only("pytorch_audio"))).expect(0);
    let (path, manifest) = the_manifest(&demo.sandbox, "older");
    assert!(path.ends_with(".partial.json"), "{path}");
    assert_eq!(manifest.missing.iter().map(|missing| missing.project).collect::<Vec<_>>(), [Project::Apex]);
    assert_eq!(manifest.artifacts.len(), 2);
    finish(&mut demo.again(&only("apex"))).expect(0);
    check_complete(&demo.sandbox, "older", &[Project::PytorchAudio, Project::Apex]);
}

/// A file that somebody changed is not the wheel that was recorded.
#[test]
fn a_wheel_that_was_changed_is_missing() {
    let demo = demo();
    let only = |wheels: &'static str| ["--output-dir", "changed", "--only", wheels];
    finish(&mut demo.again(&only("pytorch_audio,apex"))).expect(0);
    let apex = wheels(&demo.sandbox, "changed").into_iter().find(|name| name.starts_with("apex-")).unwrap();
    demo.sandbox.write(&format!("changed/{apex}"), "no wheel");
    finish(&mut demo.again(&only("pytorch_audio"))).expect(0);
    let (path, manifest) = the_manifest(&demo.sandbox, "changed");
    assert!(path.ends_with(".partial.json"), "{path}");
    assert_eq!(manifest.missing.iter().map(|missing| missing.project).collect::<Vec<_>>(), [Project::Apex]);
    assert_eq!(manifest.artifacts.len(), 1);
}

/// The suffix of a development build has a `-`, and the wheel's name a `.` in its place.
#[test]
fn a_suffix_is_compared_as_versions_are() {
    let demo = demo();
    let suffix = "+devrocm7.14.0.dev0-01ab";
    let args = ["--output-dir", "suffix", "--only", "apex", "--version-suffix", suffix, "--allow-suffix-mismatch"];
    finish(&mut demo.again(&args)).expect(0);
    let (_, manifest) = the_manifest(&demo.sandbox, "suffix");
    assert_eq!(manifest.version_suffix.as_deref(), Some(suffix));
    assert_eq!(manifest.artifacts[0].planned_version.as_deref(), Some("1.11.0+devrocm7.14.0.dev0-01ab"));
    assert_eq!(manifest.artifacts[0].labels.version.as_deref(), Some("1.11.0+devrocm7.14.0.dev0.01ab"));
}

#[test]
fn wheels_of_other_versions_are_replaced_if_they_are_ours() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    let build = |more: &[&str]| finish(demo.again(&["--only", "triton", "--output-dir", "versions"]).args(more));
    build(&[]).expect(0);
    let old = only_wheel(&check_complete(sandbox, "versions", &[Project::Triton]));
    let ended = build(&["--version-suffix", "+rocm7.99", "--allow-suffix-mismatch"]).expect(0);
    let new = only_wheel(&check_complete(sandbox, "versions", &[Project::Triton]));
    assert!(new.contains("rocm7.99") && !old.contains("rocm7.99"), "{old} -> {new}");
    assert!(ended.stderr.contains(&format!(" in place of {old}\n")), "{}", ended.stderr);

    // Somebody else's is not.
    let tag = format!("cp{}", demo.python.series.replace('.', ""));
    let theirs = format!("triton-1.0-{tag}-{tag}-linux_x86_64.whl");
    sandbox.write(&format!("versions/{theirs}"), "not ours");
    sandbox.write("versions/numpy-1.0-py3-none-any.whl", "of no interest");
    let before = tests::snapshot(&sandbox.path("versions"));
    let ended = build(&[]).expect(3);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        format!(
            "error: `BOX/project/versions` holds wheels of the same projects that this build's manifest does not list: `{theirs}`\nhint: let new \
             wheels replace them with `--clean`, or name another `--output-dir`\n"
        )
    );
    check_unchanged(&sandbox.path("versions"), &before);
    build(&["--clean"]).expect(0);
    let names = wheels(sandbox, "versions");
    assert_eq!(names, ["numpy-1.0-py3-none-any.whl", &old]);
}

fn only_wheel(manifest: &Manifest) -> String {
    manifest.artifacts[0].relative_path.as_str().to_owned()
}

#[test]
fn relative_folders_work_from_anywhere() {
    let sandbox = Sandbox::new();
    prepare(&sandbox, "sub folder/w");
    let mut command = sandbox.xtask();
    command.current_dir(sandbox.path("sub folder")).args(["build", "--demo", "--only", "triton,pytorch,torchvision"]);
    command.args(["--work-dir", "w", "--output-dir", "./out", "--root-checkout-dir", "../src", "--python", &newest().path]);
    command.arg("--no-audit-install");
    finish(&mut command).expect(0);
    check_complete(&sandbox, "sub folder/out", &[Project::Triton, Project::Pytorch, Project::PytorchVision]);
    assert_eq!(sandbox.files("sub folder"), ["out", "w"]);
    assert_eq!(sandbox.files("src"), [".therock-xtask", "pytorch", "pytorch_vision", "triton"]);
    // What keeps a second run out stays; what was being made there is gone.
    assert_eq!(sandbox.files("src/.therock-xtask"), ["lock"]);
}

/// A step of a workflow can name what was built, and its page shows it; outside of GitHub the variables mean nothing.
#[test]
fn github_is_told_what_was_built() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    let run = |output: &str, actions: &str| {
        let mut command = demo.again(&["--output-dir", output, "--only", "apex"]);
        let file = |name: &str| sandbox.path(&format!("{output}.{name}"));
        command.env("GITHUB_ACTIONS", actions).env("GITHUB_OUTPUT", file("output")).env("GITHUB_STEP_SUMMARY", file("summary"));
        finish(&mut command).expect(0);
    };
    run("outside", "false");
    assert!(!sandbox.path("outside.output").exists() && !sandbox.path("outside.summary").exists());
    run("github", "true");
    let (path, manifest) = the_manifest(sandbox, "github");
    let version = manifest.artifacts[0].labels.version.as_deref().unwrap();
    let expected = format!("apex_version={version}\nmanifest_path={}\n", sandbox.arg(&path));
    assert_eq!(sandbox.read("github.output"), expected);
    let summary = sandbox.read("github.summary");
    assert!(summary.starts_with("### PyTorch wheels: complete\n"), "{summary}");
    assert!(summary.contains(manifest.artifacts[0].sha256.as_str()), "{summary}");
}

/// With one compiler, wheels that need nothing of each other are built one after the other, and one that fails stops none of the others.
#[test]
fn what_needs_no_failed_wheel_is_still_built() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    let args = |dir: &'static str| ["--output-dir", dir, "--only", "pytorch_audio,pytorch_vision,apex", "--jobs", "1"];
    let missing =
        |manifest: &Manifest| -> Vec<_> { manifest.missing.iter().map(|missing| (missing.project, missing.need)).collect() };
    let note = |why: &str| format!("        Note torchaudio: what does not need it is still built: {why}\n");

    let ended = finish(demo.again(&args("kept")).arg("--keep-going").env("DEMO_FAIL", "torchaudio")).expect(4);
    assert!(ended.stderr.contains(&note("`--keep-going` says so")), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let (path, manifest) = the_manifest(sandbox, "kept");
    assert!(path.ends_with(".partial.json"), "{path}");
    assert_eq!((manifest.status, missing(&manifest)), (Some(Status::Failed), vec![(Project::PytorchAudio, Need::Required)]));
    assert_eq!(wheels(sandbox, "kept").len(), 2);

    // Without it, nothing else is started.
    let ended = finish(demo.again(&args("stopped")).env("DEMO_FAIL", "torchaudio")).expect(4);
    assert_eq!(wheels(sandbox, "stopped"), Vec::<String>::new());
    let stopped = "the run stopped when torchaudio failed, as `--keep-going` was not given";
    assert!(ended.stderr.contains(&format!("     Skipped apex: {stopped}\n")), "{}", ended.stderr);
    let (_, manifest) = the_manifest(sandbox, "stopped");
    let skipped: Vec<_> = manifest.jobs.iter().filter(|job| job.status == JobStatus::Skipped).collect();
    assert_eq!(skipped.iter().map(|job| job.project).collect::<Vec<_>>(), [Project::PytorchVision, Project::Apex]);
    assert!(skipped.iter().all(|job| job.reason == stopped), "{skipped:?}");

    // A wheel that may be missing leaves the set complete; what went wrong is told all the same, and on GitHub the page says what is missing.
    let (output, page) = (sandbox.path("output.txt"), sandbox.path("page.md"));
    let mut command = demo.again(&args("lacking optional"));
    command.args(["--optional", "torchaudio"]).env("DEMO_FAIL", "torchaudio").env("GITHUB_ACTIONS", "true");
    let ended = finish(command.env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &page)).expect(7);
    let told = [
        note("its wheel is optional").as_str(),
        "\nwarning: the set lacks wheels that are optional: torchaudio\nerror: torchaudio: building torchaudio exited with 1\n  first error: ",
        "\n::error title=torchaudio%3A building torchaudio exited with 1::",
    ]
    .map(|text| ended.stderr.contains(text));
    assert_eq!(told, [true; 3], "{}", ended.stderr);
    let (path, manifest) = the_manifest(sandbox, "lacking optional");
    assert!(!path.ends_with(".partial.json") && ended.stdout.ends_with(&format!("{path}\n")), "{path}\n{}", ended.stdout);
    assert_eq!((manifest.status, missing(&manifest)), (Some(Status::Complete), vec![(Project::PytorchAudio, Need::Optional)]));
    assert_eq!(wheels(sandbox, "lacking optional").len(), 2);
    let page = sandbox.read("page.md");
    assert!(page.contains("| <code>torchaudio</code> | | | | failed, and optional |\n"), "{page}");
    assert!(sandbox.read("output.txt").contains("missing=torchaudio"), "{}", sandbox.read("output.txt"));

    // It stays optional for whoever builds another wheel of the set, until it is there.
    let only = |wheel: &'static str| ["--output-dir", "lacking optional", "--only", wheel];
    finish(&mut demo.again(&only("apex"))).expect(7);
    finish(&mut demo.again(&only("torchaudio"))).expect(0);
    check_complete(sandbox, "lacking optional", &[Project::PytorchAudio, Project::PytorchVision, Project::Apex]);
}

/// A compiler that is killed above two at once: the job is tried once more with half of four, and what was compiled stays.
#[test]
fn a_job_that_runs_out_of_memory_is_tried_again_with_half_the_compilers() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    let compiler = |most: u32| format!("die above {most}\nbecome g++\n");
    sandbox.fake("hungry-g++", &compiler(2));
    let args = |dir: &'static str, jobs: &'static str| ["--output-dir", dir, "--only", "pytorch_audio", "--jobs", jobs];
    let ended = finish(demo.again(&args("hungry", "4")).env("CXX", "hungry-g++")).expect(0);
    let note = "        Note torchaudio: building torchaudio exited with 1, as memory ran out with 4 compilers at once; once more with 2\n";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    let (_, manifest) = the_manifest(sandbox, "hungry");
    let job = &manifest.jobs[0];
    let retried = "; memory ran out with 4 compilers at once, so it was tried again with 2";
    assert!(job.status == JobStatus::Built && job.reason.ends_with(retried), "{job:?}");
    assert!(manifest.options.iter().any(|option| option.name == "jobs" && option.value == 4));

    // What `auto` came to is said, and recorded with its sum.
    let ended = finish(&mut demo.again(&args("hungry", "auto"))).expect(0);
    let (_, manifest) = the_manifest(sandbox, "hungry");
    let option = manifest.options.iter().find(|option| option.name == "jobs").unwrap();
    let why = option.extra["why"].as_str().unwrap();
    assert!(option.origin == Origin::Detected && option.value.as_u64().unwrap() > 0 && why.contains("processor"), "{option:?}");
    assert!(ended.stderr.contains(&format!("        Note compilers at once: {}: {why}\n", option.value)), "{}", ended.stderr);

    // Once, and never with less than one.
    for (most, jobs, tries) in [("0", "4", 2), ("0", "1", 1)] {
        sandbox.fake("hungry-g++", &compiler(most.parse().unwrap()));
        let ended = finish(demo.again(&args("hungry", jobs)).arg("--rebuild=pytorch_audio").env("CXX", "hungry-g++")).expect(4);
        assert_eq!(ended.stderr.matches("as memory ran out").count(), tries - 1, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("\n  kind: memory\n") && ended.stderr.contains("\nhint: fewer compilers"),
            "{}",
            ended.stderr
        );
        let (_, manifest) = the_manifest(sandbox, "hungry");
        assert_eq!(manifest.jobs[0].failure.as_ref().unwrap().class.as_deref(), Some("memory"));
    }
}
