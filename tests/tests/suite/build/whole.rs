//! The demo as the README shows it: built whole, installed elsewhere, and what its builds saw.

use std::collections::BTreeMap;

use manifest::Project;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::{Sandbox, finish, project, pythons};

use crate::build::set::check_complete;
use crate::build::shared::{Demo, build, newest, whole_demo as demo};

const DIST: &str = "build/demo/dist";

#[test]
fn it_ends_with_five_wheels_and_a_complete_manifest() {
    check_whole(demo());
}

#[test]
fn it_builds_with_the_oldest_python() {
    let oldest = &pythons()[0];
    // On a machine with one Python, this is the shared demo.
    if oldest.path != newest().path {
        check_whole(&build(Sandbox::new(), oldest));
    }
}

#[cfg(feature = "full")]
#[test]
fn it_builds_with_every_python_between() {
    let pythons = pythons();
    for python in &pythons[1..pythons.len().max(2) - 1] {
        check_whole(&build(Sandbox::new(), python));
    }
}

fn check_whole(demo: &Demo) {
    let Demo { sandbox, ended, python } = demo;
    let manifest = check_complete(sandbox, DIST, &Project::ALL);
    assert_eq!(manifest.python_version.as_deref(), Some(python.series.as_str()));
    assert_eq!(manifest.gfx_targets, ["gfx942"]);
    let audit = manifest.audit.as_ref().unwrap();
    assert!(audit.installed && audit.findings.iter().all(|finding| finding.severity != "error"), "{audit:?}");
    for artifact in &manifest.artifacts {
        let expected: &[&str] = if artifact.source == Some(Project::Triton) { &[] } else { &["gfx942"] };
        assert_eq!(artifact.gfx_targets.as_deref().unwrap(), expected, "{artifact:?}");
    }
    assert_eq!(manifest.rocm_sdk_version.as_deref(), Some(xtask::request::DEMO_ROCM));
    assert_eq!(manifest.sources().count(), 5);
    assert!(manifest.sources().all(|(_, source)| source.dirty.is_none()), "{:?}", manifest.pytorch);

    // Results are on standard output, and nothing else is.
    let wheels = manifest.artifacts.iter().map(|artifact| sandbox.arg(&format!("{DIST}/{}", artifact.relative_path.as_str())));
    let mut expected: Vec<String> = wheels.chain([sandbox.arg(&demo.manifest())]).collect();
    let mut printed: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
    assert_eq!(printed.last(), expected.last());
    printed.sort();
    expected.sort();
    assert_eq!(printed, expected);
}

/// What is only noted has no line, and a part of the audit has one.
#[test]
fn a_run_tells_each_thing_once() {
    let stderr = &demo().ended.stderr;
    let of_job =
        |name: &str| stderr.lines().filter(|line| line.split(' ').any(|word| word.trim_end_matches(':') == name)).count();
    let expected = [("mark-checkouts", 0), ("audit-clean-up", 0), ("audit-torch", 1), ("audit-apex", 1), ("audit-install", 1)];
    assert_eq!(expected.map(|(name, _)| (name, of_job(name))), expected, "{stderr}");
    assert!(stderr.contains("        Note audit: 5 wheels, "), "{stderr}");
}

#[test]
fn the_manifest_names_the_toolchain() {
    let demo = demo();
    let toolchain = demo.sandbox.manifest(&demo.manifest()).toolchain.unwrap();
    let ask =
        "import platform; release = platform.freedesktop_os_release(); print(release['NAME'], release.get('VERSION_ID', ''))";
    let os = finish(demo.sandbox.command(&demo.python.path).args(["-c", ask])).expect(0).stdout;
    assert_eq!(toolchain.os.as_deref(), Some(os.trim()));
    let programs = [toolchain.interpreter, toolchain.pip, toolchain.build, toolchain.ninja];
    assert!(programs.iter().all(Option::is_some), "{programs:?}");
    // Nothing of the demo requires CMake, so the manifest has it where the machine does.
    let has_cmake = demo.sandbox.command("cmake").arg("--version").output().is_ok_and(|output| output.status.success());
    assert_eq!(toolchain.cmake.is_some(), has_cmake);
    assert!(!toolchain.compilers.is_empty());
}

#[test]
fn the_manifest_names_the_files_of_the_rocm_packages() {
    let demo = demo();
    let packages = demo.sandbox.manifest(&demo.manifest()).rocm.unwrap().packages;
    assert!(packages.len() >= 5, "{packages:?}");
    let mut sdk: Vec<String> = Vec::new();
    for name in demo.sandbox.files("build/demo/sdk") {
        let bytes = std::fs::read(demo.sandbox.path("build/demo/sdk").join(name)).unwrap();
        sdk.push(manifest::Sha256::from(<[u8; 32]>::from(Sha256::digest(&bytes))).to_string());
    }
    for package in packages {
        let sha256 = package.sha256.unwrap_or_else(|| panic!("{} has no hash", package.name));
        assert!(sdk.contains(&sha256.to_string()), "{}", package.name);
    }
    // The file that pip reported in may hold credentials.
    assert!(!demo.sandbox.path(&demo.below("venv/.therock-xtask/report.json")).exists());
}

#[test]
fn the_wheels_install_and_import_in_a_fresh_environment() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    // The README says `python3`, which may be another one than the demo was built with.
    sandbox.fake("python3", &format!("become {}\n", demo.python.path));
    let line = readme_line("--no-index");
    // The two folders alone must do.
    let mut command = sandbox.command("sh");
    command.args(["-euc", &line]);
    for elsewhere in ["PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"] {
        command.env_remove(elsewhere);
    }
    let ended = finish(&mut command).expect(0);
    let torch = check_complete(sandbox, DIST, &Project::ALL).pytorch.and_then(|source| source.version).unwrap();
    assert_eq!(ended.stdout.lines().last(), Some(torch.as_str()));

    // One more look than the README takes: the compiled parts answer, and the set belongs together.
    let python = sandbox.path("build/demo/try/bin/python");
    let check = "
import amp_C, apex, apex_C, torch, torchaudio, torchvision, triton
assert torchvision.ops.nms(torch.tensor([[0., 0., 1., 1.], [0., 0., 1., 1.]]), torch.tensor([.9, .8]), .5).tolist() == [0]
assert apex_C.dot((1., 2.), (3., 4.)) == 11. and triton.next_power_of_2(5) == 8 and torch.version.hip
";
    finish(sandbox.command(&python).args(["-c", check])).expect(0);
    finish(sandbox.command(&python).args(["-m", "pip", "check"])).expect(0);
}

/// The command in the README that has this word.
fn readme_line(word: &str) -> String {
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let mut commands = readme.lines().filter_map(|line| line.strip_prefix("    "));
    commands.find(|line| line.contains(word)).unwrap_or_else(|| panic!("README.md has no command with `{word}`")).to_owned()
}

/// What each wheel's back end observed.
fn observed(demo: &Demo) -> BTreeMap<String, Value> {
    let lines = demo.sandbox.read("journal");
    let entry = |line: &str| serde_json::from_str(line).map(|value: Value| (value["wheel"].as_str().unwrap().to_owned(), value));
    lines.lines().map(entry).collect::<Result<_, _>>().unwrap()
}

#[test]
fn builds_see_the_libraries_of_rocm_and_pip_does_not() {
    let demo = demo();
    let observed = observed(demo);
    for (wheel, entry) in &observed {
        let env = &entry["env"];
        let root = env["ROCM_HOME"].as_str().unwrap_or_else(|| panic!("{wheel} has no ROCM_HOME"));
        let expected = match wheel.as_str() {
            "triton" => [Value::Null, Value::Null],
            _ => ["lib", "lib/pkgconfig"].map(|folder| format!("{root}/lib/rocm_sysdeps/{folder}").into()),
        };
        assert_eq!([env["LD_LIBRARY_PATH"].clone(), env["PKG_CONFIG_PATH"].clone()], expected, "{wheel}");
    }
    assert_eq!(observed.keys().collect::<Vec<_>>(), ["apex", "torch", "torchaudio", "torchvision", "triton"]);

    let installs = commands(demo).into_iter().filter(|(_, line)| line.contains(" -m pip ") || line.contains(".whl/pip "));
    let with_libraries: Vec<_> = installs.clone().filter(|(_, line)| line.contains("LD_LIBRARY_PATH")).collect();
    assert_eq!(with_libraries, []);
    assert!(installs.count() >= 5);
}

/// Every command of the first run's logs, with the log's name.
fn commands(demo: &Demo) -> Vec<(String, String)> {
    let logs = demo.below("logs");
    let first = format!("{logs}/{}", demo.sandbox.files(&logs)[0]);
    let names = demo.sandbox.files(&first).into_iter();
    let of = |name: String| {
        let text = demo.sandbox.read(&format!("{first}/{name}"));
        let lines = text.lines().filter(|line| line.starts_with("$ ")).map(str::to_owned);
        lines.map(|line| (name.clone(), line)).collect::<Vec<_>>()
    };
    names.flat_map(of).collect()
}

#[test]
fn builds_side_by_side_share_the_compilers() {
    let demo = demo();
    let jobs: BTreeMap<String, Value> =
        observed(demo).into_iter().map(|(wheel, entry)| (wheel, entry["env"]["MAX_JOBS"].clone())).collect();
    let expected = [("apex", "1"), ("torch", "3"), ("torchaudio", "1"), ("torchvision", "1"), ("triton", "3")];
    assert_eq!(jobs, expected.map(|(wheel, jobs)| (wheel.to_owned(), jobs.into())).into());

    // All three have begun before any of them has ended.
    let line = |text: String| {
        demo.ended.stderr.lines().position(|line| line.trim_start().starts_with(&text)).unwrap_or_else(|| panic!("no `{text}`"))
    };
    let dependants = ["torchaudio", "torchvision", "apex"];
    let begun = dependants.map(|name| line(format!("Running {name}: building {name}")));
    let ended = dependants.map(|name| line(format!("Finished {name} in")));
    assert!(begun.iter().max() < ended.iter().min(), "{}", demo.ended.stderr);
}

#[test]
fn torchvision_alone_is_told_the_version_of_torch() {
    let demo = demo();
    let torch = demo.sandbox.manifest(&demo.manifest());
    let torch = torch.pytorch.and_then(|source| source.version).unwrap();
    for (wheel, entry) in observed(demo) {
        let expected = if wheel == "torchvision" { torch.as_str().into() } else { Value::Null };
        assert_eq!(entry["env"]["PYTORCH_VERSION"], expected, "{wheel}");
    }
}

#[test]
fn each_job_has_a_log_of_its_own() {
    let demo = demo();
    let logs = demo.below("logs");
    let names = demo.sandbox.files(&format!("{logs}/{}", demo.sandbox.files(&logs)[0]));
    assert_eq!(
        names,
        [
            "apex.log",
            "audit-apex.log",
            "audit-check.log",
            "audit-clean-up.log",
            "audit-environment.log",
            "audit-install.log",
            "audit-rocm.log",
            "audit-torch.log",
            "audit-torchaudio.log",
            "audit-torchvision.log",
            "audit-triton.log",
            "checkout-apex.log",
            "checkout-pytorch.log",
            "checkout-pytorch_audio.log",
            "checkout-pytorch_vision.log",
            "checkout-triton.log",
            "demo.log",
            "mark-checkouts.log",
            "python.log",
            "rocm.log",
            "torch.log",
            "torchaudio.log",
            "torchvision.log",
            "triton.log",
        ]
    );
    // The manifest names them relative to the work folder.
    for job in demo.sandbox.manifest(&demo.manifest()).jobs {
        let log = demo.sandbox.read(&format!("build/demo/{}", job.log.unwrap()));
        assert!(log.contains(&format!("== building {}\n$ cd ", job.project.distribution())), "{log}");
    }
}
