//! The set that was built is tried in an environment of its own.

use std::path::Path;

use manifest::Status;
use tests::{Sandbox, finish};

use crate::build::set::the_manifest;
use crate::environment::{newest, prepare};

const DIST: &str = "build/demo/dist";

const ONLY: [&str; 8] = ["build", "--demo", "--only", "pytorch", "--jobs", "2", "--python", ""];

#[test]
fn a_torch_without_rocm_is_none() {
    let sandbox = Sandbox::new();
    prepare(&sandbox, "build/demo");
    let mut words = ONLY.to_vec();
    words[7] = &newest().path;
    let ended = sandbox.run(&[&words[..], &["--env", "pytorch:USE_ROCM=OFF"]].concat()).expect(5);
    assert!(ended.stderr.contains("error[no-hip]: `torch-2.13.0a0+rocm7.14.0a20261101-"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`torch.version.hip` is None: it is not built for ROCm\n"), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("error[").count(), 1, "{}", ended.stderr);
    let partial = the_manifest(&sandbox, DIST);
    assert!(partial.0.ends_with(".partial.json"), "{}", partial.0);
    assert_eq!((partial.1.status, findings(&sandbox, &partial.0)), (Some(Status::Failed), told("error")));
    // What is wrong does not become right by being built again.
    let again = sandbox.run(&[&words[..], &["--env", "pytorch:USE_ROCM=OFF"]].concat()).expect(5);
    assert!(again.stderr.contains("error[no-hip]"), "{}", again.stderr);
    let folder = format!("build/demo/py{}", newest().series);
    assert!(!sandbox.path(&folder).join("audit").exists());

    sandbox.run(&[&words[..], &["--env", "pytorch:USE_ROCM=OFF", "--allow", "no-hip"]].concat()).expect(0);
    let (path, whole) = the_manifest(&sandbox, DIST);
    assert!(!path.ends_with(".partial.json"), "{path}");
    assert_eq!((whole.status, findings(&sandbox, &path)), (Some(Status::Complete), told("allowed")));

    let ended = sandbox.run(&[&words[..], &["--env", "pytorch:USE_ROCM=OFF", "--no-audit-install"]].concat()).expect(0);
    assert!(!ended.stderr.contains("Running audit-"), "{}", ended.stderr);
    let ended = sandbox.run(&[&words[..], &["--smoke"]].concat()).expect(0);
    assert!(ended.stderr.contains("audit-torch"), "{}", ended.stderr);
}

#[test]
fn an_audit_keeps_the_logs_of_what_failed_only() {
    let sandbox = Sandbox::new();
    prepare(&sandbox, "build/demo");
    sandbox.run(&["build", "--demo", "--only", "triton", "--python", &newest().path, "--no-audit-install"]).expect(0);
    let (path, _) = the_manifest(&sandbox, DIST);
    let logs = format!("build/py{}/logs", newest().series);
    // It looks for the Python that the manifest names.
    let own = Path::new(&newest().path).parent().unwrap().to_owned();
    let paths = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let paths = std::env::join_paths(std::iter::once(own).chain(paths)).unwrap();
    let audit = |words: &[&str]| finish(sandbox.xtask().args(["audit", &path]).args(words).env("PATH", &paths));
    let ended = audit(&[]).expect(0);
    assert!(ended.stderr.contains("audit-triton") && !ended.stdout.contains("not checked: whether the set"), "{ended:?}");
    assert!(sandbox.files(&logs).is_empty());

    sandbox.write("none/empty", "");
    let ended = audit(&["--find-links", "none"]).expect(5);
    let log = sandbox.path(&format!("{logs}/{}/audit-rocm.log", sandbox.files(&logs)[0]));
    assert!(ended.stdout.contains("error[not-installable]: ") && log.exists(), "{ended:?}");
    assert!(ended.stdout.contains(log.file_name().unwrap().to_str().unwrap()), "{ended:?}");
}

/// Codes and severities of the findings that a manifest records, but for warnings.
fn findings(sandbox: &Sandbox, manifest: &str) -> Vec<(String, String)> {
    let manifest = sandbox.json(manifest);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let all = manifest["audit"]["findings"].as_array().unwrap().iter();
    all.map(|found| (text(&found["code"]), text(&found["severity"]))).filter(|(_, severity)| severity != "warning").collect()
}

fn told(severity: &str) -> Vec<(String, String)> {
    vec![("no-hip".to_owned(), severity.to_owned())]
}
