//! The set that was built is tried in an environment of its own.

use tests::Sandbox;

use crate::shared::newest;

const ONLY: [&str; 8] = ["build", "--demo", "--only", "pytorch,triton", "--jobs", "2", "--python", ""];

#[test]
fn a_torch_without_rocm_is_none() {
    let sandbox = Sandbox::new();
    let mut words = ONLY.to_vec();
    words[7] = &newest().path;
    let ended = sandbox.run(&[&words[..], &["--env", "pytorch:USE_ROCM=OFF"]].concat()).expect(5);
    assert!(ended.stderr.contains("error[no-hip]: `torch-2.13.0a0+rocm7.14.0a20261101-"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`torch.version.hip` is None: it is not built for ROCm\n"), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("error[").count(), 1, "{}", ended.stderr);
    // What is wrong does not become right by being built again.
    let again = sandbox.run(&[&words[..], &["--env", "pytorch:USE_ROCM=OFF"]].concat()).expect(5);
    assert!(again.stderr.contains("error[no-hip]"), "{}", again.stderr);
    let folder = format!("build/demo/py{}", newest().series);
    assert!(!sandbox.path(&folder).join("audit").exists());

    let ended = sandbox.run(&[&words[..], &["--env", "pytorch:USE_ROCM=OFF", "--no-audit-install"]].concat()).expect(0);
    assert!(!ended.stderr.contains("audit-"), "{}", ended.stderr);
    let ended = sandbox.run(&[&words[..], &["--smoke"]].concat()).expect(0);
    assert!(ended.stderr.contains("audit-torch"), "{}", ended.stderr);
}
