//! Uploads into a folder: order, repetition, other content, what changes meanwhile, and what is written where nothing should be.

use tests::{Sandbox, changes};

use crate::upload::{MANIFEST, WHEELS, keys, set, wheel, write_manifest};

fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text}\n")).collect()
}

#[test]
fn wheels_go_first_and_the_manifest_last() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    let before = sandbox.snapshot();
    let ended = sandbox.run(&["upload", MANIFEST, "dist", "--dest", "up"]).expect(0);
    let keys = keys("BOX/project/up");
    assert_eq!(sandbox.plain(&ended.stdout), lines(&keys));
    let notes: Vec<String> = keys.iter().map(|key| format!("        Note uploaded `{key}`")).collect();
    assert_eq!(sandbox.plain(&ended.stderr), lines(&notes));
    for (from, key) in WHEELS.iter().map(|start| format!("dist/{}", wheel(start))).chain([MANIFEST.to_owned()]).zip(&keys) {
        assert_eq!(sandbox.read(&from), sandbox.read(key.strip_prefix("BOX/project/").unwrap()));
    }
    // Nothing was left beside, and the folder of the wheels is as it was.
    let after = sandbox.snapshot();
    let made = changes(&before, &after).into_iter().filter(|path| path.is_file()).count();
    assert_eq!(made, 3);

    // Once more: nothing is written.
    let before = sandbox.snapshot();
    let again = sandbox.run(&["upload", "--dest", "up"]).expect(0);
    assert_eq!(again.stdout, ended.stdout);
    assert_eq!(
        sandbox.plain(&again.stderr),
        lines(&keys.iter().map(|key| format!("        Note already there: `{key}`")).collect::<Vec<_>>())
    );
    sandbox.assert_unchanged(&before);
}

#[test]
fn an_interrupted_upload_is_finished() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    let keys = keys("up");
    sandbox.write(&keys[0], "a wheel");
    sandbox.write(&format!("{}.x1.part", keys[1]), "a wh");
    let ended = sandbox.run(&["upload", "--dest", "up"]).expect(0);
    let said = sandbox.plain(&ended.stderr);
    assert_eq!(
        said,
        format!(
            "        Note already there: `BOX/project/{}`\n        Note uploaded `BOX/project/{}`\n        Note uploaded `BOX/project/{}`\n",
            keys[0], keys[1], keys[2]
        )
    );
    assert_eq!(sandbox.read(&keys[1]), "a wheel");
}

#[test]
fn other_content_stops_everything() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    let keys = keys("up");
    sandbox.write(&keys[1], "A wheel");
    sandbox.write(&keys[2], "{}");
    let before = sandbox.snapshot();
    for more in [&[][..], &["--dry-run"]] {
        let ended = sandbox.run(&[&["upload", "--dest", "up"], more].concat()).expect(5);
        let manifest = tests::finish(sandbox.command("sha256sum").arg(MANIFEST)).expect(0).stdout;
        assert_eq!(
            sandbox.plain(&ended.stderr),
            format!(
                "error: `BOX/project/{}` is there with other content: 7 bytes with SHA-256 {}; `BOX/project/dist/{}` has 7 bytes with SHA-256 {}\n\
                 hint: nothing is replaced: upload under another `--run-id`, or remove what is there\n\
                 error: `BOX/project/{}` is there with other content: 2 bytes with SHA-256 {}; `BOX/project/{MANIFEST}` has {} bytes with SHA-256 {}\n\
                 hint: nothing is replaced: upload under another `--run-id`, or remove what is there\n",
                keys[1],
                crate::upload::hash("A wheel"),
                wheel(WHEELS[1]),
                crate::upload::hash("a wheel"),
                keys[2],
                crate::upload::hash("{}"),
                sandbox.read(MANIFEST).len(),
                manifest.split(' ').next().unwrap()
            )
        );
        assert_eq!(ended.stdout, "");
    }
    sandbox.assert_unchanged(&before);
}

#[test]
fn a_dry_run_looks_and_writes_nothing() {
    let sandbox = Sandbox::new();
    set(&sandbox, "a wheel");
    let keys = keys("up");
    sandbox.write(&keys[0], "a wheel");
    let before = sandbox.snapshot();
    let mut command = sandbox.xtask();
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", sandbox.path("output"));
    let ended = tests::finish(command.args(["upload", "--dest", "up", "--dry-run", "--run-id", "12345"])).expect(0);
    assert_eq!(sandbox.plain(&ended.stdout), lines(&crate::upload::keys("BOX/project/up")));
    assert_eq!(
        sandbox.plain(&ended.stderr),
        format!(
            "        Note already there: `BOX/project/{}`\n\
             \x20       Note would upload `BOX/project/dist/{}` to `BOX/project/{}`\n\
             \x20       Note would upload `BOX/project/{MANIFEST}` to `BOX/project/{}`\n",
            keys[0],
            wheel(WHEELS[1]),
            keys[1],
            keys[2]
        )
    );
    sandbox.assert_unchanged(&before);
}

#[test]
fn flags_and_variables_decide_the_place() {
    let sandbox = Sandbox::new();
    let wheels: Vec<String> = [format!("gfx942/{}", wheel(WHEELS[0]))].into();
    sandbox.write(&format!("dist/{}", wheels[0]), "x");
    write_manifest(&sandbox, &wheels, |manifest| manifest.platform = Some("windows-amd64".to_owned()));
    let place = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = sandbox.xtask();
        command.envs(env.iter().copied()).args(["upload", "--dry-run", "--dest", "up"]).args(args);
        sandbox.plain(&tests::finish(&mut command).expect(0).stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let at = |run: &str, family: &str| {
        let base = format!("BOX/project/up/{run}-windows");
        vec![
            format!("{base}/python/{}", wheels[0]),
            format!("{base}/manifests/{family}/therock-manifest_torch_py3.12_release-2.9.json"),
        ]
    };
    assert_eq!(place(&[], &[]), at("12345", "gfx94X-dcgpu"));
    assert_eq!(place(&[], &[("GITHUB_RUN_ID", "7")]), at("12345", "gfx94X-dcgpu"));
    assert_eq!(place(&[], &[("GITHUB_RUN_ID", "7"), ("GITHUB_ACTIONS", "true")]), at("7", "gfx94X-dcgpu"));
    assert_eq!(
        place(&["--run-id", "9", "--family", "gfx1"], &[("GITHUB_RUN_ID", "7"), ("GITHUB_ACTIONS", "true")]),
        at("9", "gfx1")
    );
}
