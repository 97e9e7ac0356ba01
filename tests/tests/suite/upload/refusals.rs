//! What is not uploaded at all, with all that is said of it. Nothing is written.

use manifest::{Manifest, Status};
use tests::Sandbox;

use crate::upload::{MANIFEST, WHEELS, hash, set, wheel, write_manifest};

/// Runs `upload` and expects this exit code and this on standard error, with nothing written.
#[track_caller]
fn refused(sandbox: &Sandbox, args: &[&str], code: i32, expected: &str) {
    let before = sandbox.snapshot();
    let ended = sandbox.run(&[&["upload"], args].concat()).expect(code);
    assert_eq!(sandbox.plain(&ended.stderr), expected);
    assert_eq!(ended.stdout, "");
    sandbox.assert_unchanged(&before);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    refused(
        &sandbox,
        &["--dest", "https://user:secret-word@host/x", "--run-id", "../../etc", "--family", "a\u{1b}[31m\n/b"],
        2,
        "error: `--dest https://host/x`: it is neither `s3://BUCKET[/PREFIX]` nor a folder\n\
         hint: give `--dest s3://BUCKET`, `--dest s3://BUCKET/PREFIX` or a folder\n\
         error: run id `../../etc` cannot be part of a key: it begins with `.`\n\
         hint: give another one with `--run-id`\n\
         error: family `a\\u{1b}[31m\\n/b` cannot be part of a key: a name is 1 to 128 letters, digits and `-_.+`\n\
         hint: give another one with `--family`\n",
    );
    refused(
        &sandbox,
        &["--dest=-x", "--run-id=--dry-run", "--family="],
        2,
        "error: `--dest -x`: it looks like an option\n\
         hint: a folder of that name is `./-x`\n\
         error: run id `--dry-run` cannot be part of a key: it begins with `-`\n\
         hint: give another one with `--run-id`\n\
         error: family `` cannot be part of a key: a name is 1 to 128 letters, digits and `-_.+`\n\
         hint: give another one with `--family`\n",
    );
    refused(
        &sandbox,
        &["--dest", "dist/up"],
        2,
        "error: `BOX/project/dist/up` is the folder of the wheels, or in it\n\
         hint: choose a folder beside it: what is in it counts as part of the set\n",
    );
}

/// A link is another way to the same folder, and so is one back from a folder that is not there yet.
#[cfg(unix)]
#[test]
fn a_link_into_the_folder_of_the_wheels() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    std::os::unix::fs::symlink("dist", sandbox.path("link")).unwrap();
    for dest in ["link", "link/up", "new/../dist/up", "new/../link"] {
        let expected = format!(
            "error: `BOX/project/{dest}` is the folder of the wheels, or in it\n\
             hint: choose a folder beside it: what is in it counts as part of the set\n"
        );
        refused(&sandbox, &["--dest", dest], 2, &expected);
    }
}

#[cfg(unix)]
#[test]
fn places_that_cannot_be_looked_at() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    sandbox.write("file", "x");
    let key = &crate::upload::keys("up")[0];
    sandbox.make_folder(key.rsplit_once('/').unwrap().0);
    std::os::unix::fs::symlink("nowhere", sandbox.path(key)).unwrap();
    let through = crate::upload::keys("file")[0].clone();
    let expected = format!(
        "error: cannot read `BOX/project/{through}`: Not a directory (os error 20)\n\
         hint: a folder in this path is a file: choose another folder\n"
    );
    refused(&sandbox, &["--dest", "file"], 3, &expected);
    let expected = format!("error: cannot read `BOX/project/{key}`: No such file or directory (os error 2)\n");
    refused(&sandbox, &["--dest", "up"], 3, &expected);
}

#[test]
fn manifests_that_are_not_there() {
    let sandbox = Sandbox::new();
    refused(
        &sandbox,
        &["--dest", "up"],
        3,
        "error: there is no manifest in `BOX/project/dist/manifests`\nhint: name it: `cargo xtask upload FILE --dest …`\n",
    );
    refused(
        &sandbox,
        &["none.json", "--dest", "up"],
        3,
        "error: cannot read `BOX/project/none.json`: No such file or directory (os error 2)\n\
         hint: look whether the path is right\n",
    );
    set(&sandbox, "a wheel");
    sandbox.write("dist/manifests/therock-manifest_torch_py3.13_nightly.json", "{}");
    refused(
        &sandbox,
        &["--dest", "up"],
        2,
        "error: there are several manifests in `BOX/project/dist/manifests`: `therock-manifest_torch_py3.12_release-2.9.json`, \
         `therock-manifest_torch_py3.13_nightly.json`\n\
         hint: name one: `cargo xtask upload FILE --dest …`\n",
    );
    refused(
        &sandbox,
        &["dist/manifests/therock-manifest_torch_py3.13_nightly.json", "--dest", "up"],
        5,
        "error: `BOX/project/dist/manifests/therock-manifest_torch_py3.13_nightly.json` is a list of sources: it says nothing of wheels\n\
         hint: write a manifest of the wheels with `manifest generate`\n",
    );
}

#[test]
fn sets_that_are_not_whole() {
    for (status, name) in [(Status::Running, "running"), (Status::Failed, "failed"), (Status::Incomplete, "incomplete")] {
        let sandbox = Sandbox::new();
        sandbox.write(&format!("dist/{}", wheel(WHEELS[0])), "a wheel");
        write_manifest(&sandbox, &[wheel(WHEELS[0])], |manifest| manifest.status = Some(status));
        let partial = MANIFEST.replace(".json", ".partial.json");
        refused(
            &sandbox,
            &["--dest", "up"],
            3,
            "error: there is no manifest of a whole set in `BOX/project/dist/manifests`, only \
             `therock-manifest_torch_py3.12_release-2.9.partial.json`\n\
             hint: finish the build: `build` renames it when every wheel is there\n",
        );
        // Nor under another name.
        std::fs::rename(sandbox.path(&partial), sandbox.path("m.json")).unwrap();
        refused(
            &sandbox,
            &["m.json", "dist", "--dest", "up"],
            3,
            &format!(
                "error: `BOX/project/m.json` is not the manifest of a whole set: its status is `{name}`\n\
                 hint: finish the build: only whole sets are uploaded\n"
            ),
        );
    }
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    std::fs::rename(sandbox.path(MANIFEST), sandbox.path("m.partial.json")).unwrap();
    refused(
        &sandbox,
        &["m.partial.json", "dist", "--dest", "up"],
        3,
        "error: `BOX/project/m.partial.json` is not the manifest of a whole set: it is named as one that is not whole\n\
         hint: finish the build: only whole sets are uploaded\n",
    );
    write_manifest(&sandbox, &[], |_| ());
    refused(
        &sandbox,
        &["--dest", "up"],
        3,
        &format!(
            "error: `BOX/project/{MANIFEST}` is not the manifest of a whole set: it lists no wheel\n\
             hint: finish the build: only whole sets are uploaded\n"
        ),
    );
}

#[test]
fn wheels_that_are_not_what_the_manifest_says() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    let [torch, triton] = WHEELS.map(wheel);
    sandbox.write(&format!("dist/{torch}"), "A wheel");
    std::fs::rename(sandbox.path(&format!("dist/{triton}")), sandbox.path("dist/apex-1-py3-none-any.whl")).unwrap();
    refused(
        &sandbox,
        &["--dest", "up"],
        5,
        &format!(
            "error[extra]: `apex-1-py3-none-any.whl` is in the folder and not in the manifest\n\
             hint: remove the file, or write the manifest anew with `manifest generate`\n\
             error[hash]: `{torch}` has SHA-256 {}, and the manifest says {}\n\
             hint: the file was damaged or replaced: copy it again, or build the wheel again\n\
             error[missing]: `{triton}` is in the manifest and not in the folder\n\
             hint: copy the folder again, or build the wheel again\n",
            hash("A wheel"),
            hash("a wheel"),
        ),
    );
    refused(
        &sandbox,
        &[MANIFEST, "nowhere", "--dest", "up"],
        3,
        "error: there is no folder `BOX/project/nowhere`\nhint: name the folder with the wheels after the manifest\n",
    );
}

/// A set whose manifest was changed.
fn changed(change: impl FnOnce(&mut Manifest)) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(&format!("dist/{}", wheel(WHEELS[0])), "a wheel");
    write_manifest(&sandbox, &[wheel(WHEELS[0])], change);
    sandbox
}

#[test]
fn what_manifests_say_is_no_path() {
    let sandbox = changed(|manifest| {
        manifest.run_id = Some("1/../../x".to_owned());
        manifest.amdgpu_family = Some("a;b".to_owned());
        manifest.platform = Some("../linux".to_owned());
    });
    refused(
        &sandbox,
        &["--dest", "up"],
        2,
        "error: run id `1/../../x` cannot be part of a key: a name is 1 to 128 letters, digits and `-_.+`\n\
         hint: give another one with `--run-id`\n\
         error: no family to file the manifest under: the manifest names several: a, b\n\
         hint: give `--family FAMILY`\n\
         error: the manifest's platform is `../linux`, and wheels are filed under linux and windows\n\
         hint: write the manifest anew with `manifest generate --platform NAME`\n",
    );
    let sandbox = changed(|manifest| (manifest.run_id, manifest.amdgpu_family) = (None, None));
    refused(
        &sandbox,
        &["--dest", "up"],
        2,
        "error: no run to file the wheels under: this is no run of GitHub Actions, and the manifest names none\n\
         hint: give `--run-id ID`\n\
         error: no family to file the manifest under: the manifest names none\n\
         hint: give `--family FAMILY`\n",
    );
}

#[test]
fn a_bucket_needs_aws() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    let mut command = sandbox.xtask();
    command.env("PATH", sandbox.root().join("bin")).args(["upload", "--dest", "s3://bucket"]);
    let ended = tests::finish(&mut command).expect(3);
    let expected = "error: `aws` is not on `PATH`\nhint: install the AWS command line, version 1.34.2, 2.17.34 or newer\n";
    assert_eq!(ended.stderr, expected);
}

#[test]
fn a_bucket_that_cannot_be_listed_gets_nothing() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    sandbox.fake("aws", "warn An error occurred (403) when calling the ListObjectsV2 operation: long-secret-key\nexit 254\n");
    let mut command = sandbox.xtask();
    command.env("AWS_SECRET_ACCESS_KEY", "long-secret-key").args(["upload", "--dest", "s3://bucket"]);
    let ended = tests::finish(&mut command).expect(3);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: cannot list `s3://bucket/12345-linux/python/`: `aws` exited with 254\n\
         \x20 last lines:\n\
         \x20   | An error occurred (403) when calling the ListObjectsV2 operation: ***\n\
         \x20 command: cd 'BOX/project' && AWS_CLI_AUTO_PROMPT=off AWS_PAGER='' 'BOX/bin/aws' s3api list-objects-v2 --bucket=bucket \
         --prefix=12345-linux/python/ --output=json --cli-connect-timeout=10 --cli-read-timeout=60\n"
    );
    assert_eq!(sandbox.journal("aws").len(), 1);
}
