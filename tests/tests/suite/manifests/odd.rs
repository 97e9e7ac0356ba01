//! Folders that hold more, or something else, than plain wheels.

use serde_json::json;
use tests::Sandbox;

use crate::manifests::wheels::{DEVICE, FLAGS, NIGHTLY, UNKNOWN, generate, set, wheel};

#[test]
fn odd_wheels_are_told_and_listed() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    wheel(&sandbox, "dist/sub/torch-2.12.0-cp311-cp311-win_amd64.whl", &[]);
    wheel(&sandbox, "dist/torch-2.7.0_rocm-cp312-cp312-linux_x86_64.whl", &[]);
    wheel(&sandbox, &format!("dist/{}", DEVICE.replace("2.13.0", "2.14.0")), &[]);
    sandbox.write("dist/torch.whl", "text");
    sandbox.write("dist/.cache/x.whl", "text");
    sandbox.write("dist/README.txt", "text");
    sandbox.write("dist/torch-2.7.0-cp312-cp312-linux_x86_64.whl.77.part", "text");
    let ended = generate(&sandbox, &["--python", "3.12", "--platform", "linux-x86_64"]).expect(0);
    assert_eq!(ended.stdout, format!("{}\n", sandbox.arg(UNKNOWN)));
    let expected = [
        "`.cache` is not looked into, because its name begins with a dot",
        "`amd_torch_device_gfx942-2.14.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl` holds device code of `torch`, and no such wheel of this \
         version and tags is there",
        "`sub/torch-2.12.0-cp311-cp311-win_amd64.whl` is for Python 3.11, and the set is for Python 3.12",
        "`sub/torch-2.12.0-cp311-cp311-win_amd64.whl` is for windows-amd64, and the set is for linux-x86_64",
        "`torch-2.7.0_rocm-cp312-cp312-linux_x86_64.whl` is not a wheel's file name: version `2.7.0_rocm` is not a PEP 440 version",
        "`torch.whl` is not a wheel's file name: it has 1 of the 5 or 6 fields that dashes separate",
        "there are wheels of `torch` in several versions: 2.12.0, 2.13.0+rocm7.14.0",
        "the requirements of `torch.whl` are not known: it is no zip archive that can be read: Missing end of central directory",
    ];
    assert_eq!(ended.stderr, expected.map(|line| format!("warning: {line}\n")).concat());
    let manifest = sandbox.json(UNKNOWN);
    let labels: Vec<&serde_json::Value> = manifest["artifacts"].as_array().unwrap().iter().map(|it| &it["labels"]).collect();
    assert_eq!(labels.len(), 6);
    assert_eq!(labels[4], &json!({"framework": "pytorch", "build_variant": "release"}));
}

/// Two sets may share a folder: each manifest lists all wheels that are there, and neither takes the other's place.
#[test]
fn two_identities_in_one_folder() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    generate(&sandbox, &FLAGS).expect(0);
    let first = sandbox.read(NIGHTLY);
    generate(&sandbox, &["--ref", "release/2.13", "--gfx", "gfx1201"]).expect(0);
    assert_eq!(sandbox.read(NIGHTLY), first);
    assert_eq!(
        sandbox.files("dist/manifests"),
        ["therock-manifest_torch_py3.12_nightly.json", "therock-manifest_torch_py3.12_release-2.13.json"]
    );
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tests::{Sandbox, finish, pythons};

    use crate::manifests::wheels::{TORCH, check_refused, generate, set};

    #[test]
    fn what_is_called_a_wheel_and_is_none() {
        let sandbox = Sandbox::new();
        set(&sandbox);
        let at = |name: &str| sandbox.path("dist").join(name);
        sandbox.write("secret.whl", "outside");
        sandbox.make_folder("dist/folder.whl");
        symlink("../secret.whl", at("link-out.whl")).unwrap();
        symlink(TORCH, at("link.whl")).unwrap();
        symlink("/", at("root.whl")).unwrap();
        // Whoever opened it to read would wait for ever.
        finish(sandbox.command("mkfifo").arg(at("pipe.whl"))).expect(0);
        sandbox.write("dist/a\nerror: b.whl", "text");
        sandbox.write("dist/c\u{1b}[2J.whl", "text");
        std::fs::write(sandbox.path("dist").join(OsStr::from_bytes(b"d\xff.whl")), "text").unwrap();
        sandbox.write("dist/nul/e.whl", "text");
        let expected = [
            (r"path `a\nerror: b.whl` is not a plain relative path: it holds a colon", "rename it or remove it"),
            (r"path `c\u{1b}[2J.whl` is not a plain relative path: it holds a control character", "rename it or remove it"),
            (r"the name of `d\xff.whl` is not UTF-8", "rename it or remove it"),
            ("`folder.whl` is a folder, not a wheel", "rename it or remove it"),
            ("`link-out.whl` is a link, and what is behind it may be outside the folder", "put the file itself in its place"),
            ("`link.whl` is a link, and what is behind it may be outside the folder", "put the file itself in its place"),
            ("path `nul/e.whl` is not a plain relative path: a component is a device on Windows", "rename it or remove it"),
            ("`pipe.whl` is a pipe, socket or device, not a wheel", "rename it or remove it"),
            ("`root.whl` is a link, and what is behind it may be outside the folder", "put the file itself in its place"),
        ];
        let lines = expected.iter().enumerate().map(|(index, (text, hint))| {
            let last = expected.get(index + 1).is_none_or(|(_, next)| next != hint);
            format!("error: {text}\n{}", if last { format!("hint: {hint}\n") } else { String::new() })
        });
        let expected: String = lines.collect();
        check_refused(&sandbox, generate(&sandbox, &[]), 3, &expected);
        assert!(!sandbox.path("dist/manifests").exists() && !sandbox.path("dist/SHA256SUMS").exists());
    }

    #[test]
    fn links_to_folders_are_passed_over() {
        let sandbox = Sandbox::new();
        set(&sandbox);
        symlink("..", sandbox.path("dist/up")).unwrap();
        let ended = generate(&sandbox, &[]).expect(0);
        assert_eq!(ended.stderr, "warning: `up` is a link to a folder, and is not followed\n");
        // The folder itself may be named by a link.
        symlink("dist", sandbox.path("linked")).unwrap();
        sandbox.run(&["manifest", "generate", "linked"]).expect(0);
    }

    /// Nothing is unreadable to root, unless it gives that right away.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_cannot_be_read_or_written() {
        let sandbox = Sandbox::new();
        set(&sandbox);
        sandbox.make_folder("dist/closed");
        let mode = |path: &str, mode: u32| {
            std::fs::set_permissions(sandbox.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        // `PR_CAPBSET_DROP` of `CAP_DAC_OVERRIDE` and `CAP_DAC_READ_SEARCH`.
        let demote = "import ctypes, os, sys\nlibc = ctypes.CDLL(None)\nif os.getuid() == 0: \
                      assert libc.prctl(24, 1, 0, 0, 0) == 0 == libc.prctl(24, 2, 0, 0, 0)\nos.execv(sys.argv[1], sys.argv[1:])";
        let run = || {
            let mut command = sandbox.command(&pythons()[0].path);
            finish(command.args(["-c", demote]).arg(sandbox.xtask().get_program()).args(["manifest", "generate", "dist"]))
        };
        let denied = "Permission denied (os error 13)\nhint: make it readable, or choose another folder\n";
        mode("dist/closed", 0o000);
        check_refused(&sandbox, run(), 3, &format!("error: cannot list `BOX/project/dist/closed`: {denied}"));
        mode("dist/closed", 0o755);
        mode(&format!("dist/{TORCH}"), 0o000);
        check_refused(&sandbox, run(), 3, &format!("error: cannot read `BOX/project/dist/{TORCH}`: {denied}"));
        mode(&format!("dist/{TORCH}"), 0o644);
        mode("dist", 0o555);
        let expected = "error: cannot make the folder `BOX/project/dist/manifests`: Permission denied (os error 13)\n\
                        hint: make it writable, or choose another folder\n";
        check_refused(&sandbox, run(), 3, expected);
        mode("dist", 0o755);
    }

    #[test]
    fn a_hundred_links_are_told_in_a_page() {
        let sandbox = Sandbox::new();
        sandbox.make_folder("dist");
        (100..200).for_each(|number| symlink("x", sandbox.path(&format!("dist/{number}.whl"))).unwrap());
        let ended = generate(&sandbox, &[]).expect(3);
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 22, "{}", ended.stderr);
        assert_eq!(lines[19], "error: `119.whl` is a link, and what is behind it may be outside the folder");
        assert_eq!(lines[20..], ["error: and 80 more such files", "hint: put the file itself in its place"]);
    }
}
