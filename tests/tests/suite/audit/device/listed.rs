//! `cargo xtask audit --device-code`, as users run it.

use serde_json::{Value, json};
use tests::{Ended, Sandbox, finish, pythons};

use super::synthetic::*;

/// A sandbox with a library, an object file without device code, a code object and a wheel of all of them.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let two = bundle(&[("gfx942", elf(GFX942)), ("gfx1100", elf(GFX1100))]);
    for (name, bytes) in [
        ("tree/torch/lib/libtorch_hip.so", file(&[&two, &compressed(3, &two)])),
        ("tree/torch/lib/libc10.so", file(&[b"__CLANG_OFFLOAD_BUNDLE__", b"CCOB"])),
        ("tree/torch/lib/kernel.hsaco", elf(GFX90A_XNACK)),
        ("cut.so", file(&[&two])[..9000].to_vec()),
        ("zeros.whl", vec![0; 200_000]),
    ] {
        sandbox.write(name, "");
        std::fs::write(sandbox.path(name), bytes).unwrap();
    }
    zip(&sandbox, "w-1.0-py3-none-any.whl");
    sandbox
}

/// Packs the tree as Python does.
fn zip(sandbox: &Sandbox, name: &str) {
    let mut python = sandbox.command(&pythons()[0].path);
    finish(python.args(["-m", "zipfile", "-c", name, "tree/torch"])).expect(0);
}

fn list(sandbox: &Sandbox, args: &[&str]) -> Ended {
    let before = sandbox.snapshot();
    let ended = sandbox.run(&[&["audit", "--device-code"], args].concat());
    sandbox.assert_unchanged(&before);
    Ended { stdout: sandbox.plain(&ended.stdout), stderr: sandbox.plain(&ended.stderr), ..ended }
}

#[test]
fn files_and_members_are_listed_with_targets_forms_and_sizes() {
    let sandbox = sandbox();
    let files =
        ["tree/torch/lib/libtorch_hip.so", "tree/torch/lib/libc10.so", "tree/torch/lib/kernel.hsaco", "w-1.0-py3-none-any.whl"];
    let ended = list(&sandbox, &files).expect(0);
    assert_eq!(ended.stderr, "");
    assert_eq!(
        ended.stdout,
        "tree/torch/lib/libtorch_hip.so: device code for 2 targets: gfx1100, gfx942
    gfx1100  bundle                1 object, 0.4 KiB
    gfx1100  compressed-bundle-v3  1 object, 0.4 KiB
    gfx942   bundle                1 object, 0.4 KiB
    gfx942   compressed-bundle-v3  1 object, 0.4 KiB
tree/torch/lib/libc10.so: no device code
tree/torch/lib/kernel.hsaco: device code for 1 target: gfx90a:xnack+
    gfx90a:xnack+  code-object           1 object, 0.4 KiB
w-1.0-py3-none-any.whl: device code for 3 targets: gfx1100, gfx90a:xnack+, gfx942
  torch/lib/kernel.hsaco
    gfx90a:xnack+  code-object           1 object, 0.4 KiB
  torch/lib/libtorch_hip.so
    gfx1100        bundle                1 object, 0.4 KiB
    gfx1100        compressed-bundle-v3  1 object, 0.4 KiB
    gfx942         bundle                1 object, 0.4 KiB
    gfx942         compressed-bundle-v3  1 object, 0.4 KiB
"
    );
    let ended = list(&sandbox, &["w-1.0-py3-none-any.whl", "tree/torch/lib/libc10.so", "--format", "json"]).expect(0);
    let value: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(value[0]["gfx_targets"], json!(["gfx1100", "gfx90a:xnack+", "gfx942"]));
    assert_eq!(value[0]["objects"].as_array().unwrap().len(), 5);
    let kernel =
        json!({"member": "torch/lib/kernel.hsaco", "target": "gfx90a:xnack+", "form": "code-object", "size": 428, "offset": 0});
    assert!(value[0]["objects"].as_array().unwrap().contains(&kernel), "{value}");
    assert_eq!(value[1], json!({"file": "tree/torch/lib/libc10.so", "gfx_targets": [], "objects": [], "faults": []}));
}

#[test]
fn broken_device_code_is_told_after_the_list() {
    let sandbox = sandbox();
    let ended = list(&sandbox, &["cut.so"]).expect(5);
    assert!(ended.stdout.starts_with("cut.so: device code for 2 targets: gfx1100, gfx942\n"), "{}", ended.stdout);
    let begin = file(&[]).len() + 8192;
    let text = format!(
        "error: cut.so: its device code is broken: at byte {begin}: a bundle's entry of 428 bytes goes beyond the end of the file, which has \
         9000\n"
    );
    assert_eq!(ended.stderr, text);

    std::fs::copy(sandbox.path("cut.so"), sandbox.path("tree/torch/lib/cut.so")).unwrap();
    zip(&sandbox, "cut.whl");
    let ended = list(&sandbox, &["cut.whl"]).expect(5);
    assert_eq!(ended.stderr, text.replace("cut.so:", "cut.whl: torch/lib/cut.so:"));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let sandbox = sandbox();
    let ended = list(&sandbox, &["missing.so", "tree/torch/lib/libc10.so", "tree"]).expect(3);
    assert_eq!(ended.stdout, "");
    assert_eq!(
        ended.stderr,
        "error: cannot read `BOX/project/missing.so`: No such file or directory (os error 2)
hint: look whether the path is right
error: cannot read `BOX/project/tree`: is a directory
hint: name files: a wheel, a library, an object file; a folder of wheels is audited without `--device-code`
"
    );
    let ended = list(&sandbox, &["zeros.whl"]).expect(5);
    assert_eq!(ended.stdout, "zeros.whl: no device code\n");
    assert!(ended.stderr.starts_with("error: zeros.whl: it is no zip archive that can be read"), "{}", ended.stderr);
    list(&sandbox, &[]).expect(2);
}
