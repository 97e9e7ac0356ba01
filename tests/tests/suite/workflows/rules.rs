//! What no linter asks: the house's own rules for workflows.

use yaml_rust2::Yaml;

use crate::workflows::{Workflow, wheels, workflows};

/// The one step that must run in cmd: bash puts programs of its own before those of MSVC.
const IN_CMD: &str =
    "build_windows_pytorch_wheels.yml: Build | py ${{ matrix.python_version }} | torch ${{ matrix.pytorch_git_ref }}: Build";

#[test]
fn every_shell_is_bash_and_sees_inputs_only_through_variables() {
    let mut in_cmd = Vec::new();
    for workflow in workflows() {
        assert_eq!(workflow.yaml["defaults"]["run"]["shell"].as_str(), Some("bash"), "{}", workflow.name);
        for step in workflow.steps() {
            let Some(script) = step.run() else { continue };
            assert!(!script.contains("${{"), "{}: an expression in a script", step.place());
            assert!(step.job["defaults"].is_badvalue(), "{}", step.place());
            in_cmd.extend(step.yaml["shell"].as_str().map(|shell| (step.place(), shell.to_owned())));
        }
    }
    assert_eq!(in_cmd, [(IN_CMD.to_owned(), "cmd".to_owned())]);
}

#[test]
fn every_action_is_pinned_by_commit_and_names_its_version() {
    let mut pinned = 0;
    for workflow in workflows() {
        for line in workflow.text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let (reference, version) = action.split_once(" # v").unwrap_or_else(|| panic!("{}: {line}", workflow.name));
            let commit = reference.rsplit_once('@').unwrap().1;
            assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{}: {line}", workflow.name);
            assert_eq!(version.split('.').count(), 3, "{}: {line}", workflow.name);
            pinned += 1;
        }
        for step in workflow.steps().filter(|step| step.yaml["uses"].as_str().is_some_and(|uses| uses.contains("/checkout@"))) {
            assert_eq!(step.yaml["with"]["persist-credentials"].as_bool(), Some(false), "{}", step.place());
            let reference = &step.yaml["with"]["ref"];
            let foreign = !step.yaml["with"]["repository"].is_badvalue();
            assert!(!foreign || reference.as_str().is_some_and(|commit| commit.len() == 40), "{}", step.place());
        }
    }
    assert!(pinned > 20);
}

#[test]
fn permissions_are_the_least() {
    let granted = |workflow: &Workflow| -> Vec<String> {
        assert_eq!(workflow.yaml["permissions"].as_hash().map(|all| all.len()), Some(0), "{}", workflow.name);
        let of = |(name, job): (&str, &Yaml)| {
            let all = job["permissions"].as_hash().unwrap_or_else(|| panic!("{}: {name}", workflow.name));
            let each = all.iter().map(|(what, how)| format!("{}={}", what.as_str().unwrap(), how.as_str().unwrap()));
            format!("{name}: {}", each.collect::<Vec<_>>().join(" "))
        };
        workflow.jobs().map(of).collect()
    };
    for workflow in workflows() {
        let expected: &[&str] = match workflow.name.as_str() {
            "ci.yml" => &["linux: contents=read", "windows: contents=read"],
            _ => &[
                "matrix: contents=read",
                "build: contents=read id-token=write",
                "publish: id-token=write attestations=write",
                "index: ",
            ],
        };
        assert_eq!(granted(&workflow), expected, "{}", workflow.name);
    }
}

#[test]
fn every_job_ends_and_every_request_waits_for_its_like() {
    for workflow in workflows() {
        assert!(!workflow.yaml["concurrency"]["group"].is_badvalue(), "{}", workflow.name);
        for (name, job) in workflow.jobs() {
            assert!(job["timeout-minutes"].as_i64().is_some(), "{}: {name}", workflow.name);
        }
    }
}

#[test]
fn both_systems_take_the_same_inputs_either_way() {
    let names = |inputs: &Yaml| -> Vec<String> {
        inputs["inputs"].as_hash().unwrap().keys().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let expected = [
        "amdgpu_families",
        "rocm_version",
        "python_version",
        "pytorch_git_ref",
        "pytorch_gitrepo_origin",
        "rocm_package_index_url",
        "rocm_package_find_links_url",
        "release_type",
        "cache_type",
        "build_runs_on",
    ];
    for workflow in wheels() {
        for way in ["workflow_call", "workflow_dispatch"] {
            assert_eq!(names(&workflow.yaml["on"][way]), expected, "{}: {way}", workflow.name);
        }
    }
}

#[test]
fn every_workflow_compiles_with_the_same_rust() {
    let mut versions: Vec<String> = Vec::new();
    for workflow in workflows() {
        let lines = workflow.text.lines().filter_map(|line| line.trim().strip_prefix("RUSTUP_TOOLCHAIN: "));
        versions.extend(lines.map(str::to_owned));
    }
    assert_eq!(versions.len(), 3);
    versions.dedup();
    assert_eq!(versions.len(), 1, "{versions:?}");
}

#[cfg(feature = "full")]
#[test]
fn shellcheck_has_nothing_to_say() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    for workflow in workflows() {
        for step in workflow.steps().filter(|step| step.yaml["shell"].is_badvalue()) {
            let Some(script) = step.run() else { continue };
            let mut judge = Command::new("shellcheck")
                .args(["--shell=bash", "-"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            judge.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
            let output = judge.wait_with_output().unwrap();
            assert!(output.status.success(), "{}\n{}", step.place(), String::from_utf8_lossy(&output.stdout));
        }
    }
}
