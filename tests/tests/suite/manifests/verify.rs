//! `manifest verify`: nothing in the file is believed.

use serde_json::{Value, json};
use tests::{Ended, Sandbox, finish};

use crate::manifests::wheels::{AUDIO, FLAGS, NIGHTLY, PARTIAL, TORCH, check_refused, generate, set, wheel};

fn verified(sandbox: &Sandbox, words: &[&str]) -> Ended {
    sandbox.run(&[&["manifest", "verify"], words].concat())
}

/// A set with its manifest, and the manifest.
fn whole() -> (Sandbox, Value) {
    let sandbox = Sandbox::new();
    set(&sandbox);
    generate(&sandbox, &FLAGS).expect(0);
    let manifest = sandbox.json(NIGHTLY);
    (sandbox, manifest)
}

const GOOD: &str = "2 wheels, 0.9 KiB: as the manifest says\n";

#[test]
fn a_whole_folder() {
    let (sandbox, _) = whole();
    let before = sandbox.snapshot();
    sandbox.copy("dist/manifests", "elsewhere");
    let moved = "elsewhere/therock-manifest_torch_py3.12_nightly.json";
    sandbox.copy("elsewhere", "flat");
    sandbox.copy("dist", "flat");
    for words in [&[NIGHTLY][..], &[NIGHTLY, "dist"], &[moved, "dist"], &["flat/therock-manifest_torch_py3.12_nightly.json"]] {
        let ended = verified(&sandbox, words).expect(0);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (GOOD, ""), "{words:?}");
    }
    // Started in the folder of the manifest, whose name says nothing then.
    let mut command = sandbox.xtask();
    command
        .args(["manifest", "verify", "therock-manifest_torch_py3.12_nightly.json"])
        .current_dir(sandbox.path("dist/manifests"));
    assert_eq!(finish(&mut command).expect(0).stdout, GOOD);
    std::fs::remove_dir_all(sandbox.path("elsewhere")).unwrap();
    std::fs::remove_dir_all(sandbox.path("flat")).unwrap();
    sandbox.assert_unchanged(&before);
}

#[test]
fn a_manifest_far_from_its_wheels() {
    let (sandbox, _) = whole();
    sandbox.copy("dist/manifests", "elsewhere");
    check_refused(
        &sandbox,
        verified(&sandbox, &["elsewhere/therock-manifest_torch_py3.12_nightly.json"]),
        5,
        "error: there is no wheel in `BOX/project/elsewhere`\nhint: name the folder with the wheels after the manifest\n",
    );
}

#[test]
fn every_difference_is_told() {
    let (sandbox, mut manifest) = whole();
    let torch = sandbox.path("dist").join(TORCH);
    let mut bytes = std::fs::read(&torch).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&torch, bytes).unwrap();
    std::fs::remove_file(sandbox.path("dist").join(AUDIO)).unwrap();
    wheel(&sandbox, "dist/sub/triton-3.7.0-cp312-cp312-linux_x86_64.whl", &[]);
    manifest["artifacts"][0]["labels"]["abi_tag"] = json!("abi3");
    manifest["artifacts"][0]["planned_version"] = json!("2.14.0");
    manifest["missing"] = json!([{"project": "triton", "need": "required"}, {"project": "apex", "need": "optional"}]);
    sandbox.write(NIGHTLY, &manifest.to_string());
    let listed = manifest["artifacts"][0]["sha256"].as_str().unwrap();
    let found = finish(sandbox.command("sha256sum").arg(&torch)).expect(0).stdout;
    let expected = format!(
        "error[extra]: `sub/triton-3.7.0-cp312-cp312-linux_x86_64.whl` is in the folder and not in the manifest\n\
         hint: remove the file, or write the manifest anew with `manifest generate`\n\
         error[hash]: `{TORCH}` has SHA-256 {}, and the manifest says {listed}\n\
         hint: the file was damaged or replaced: copy it again, or build the wheel again\n\
         error[missing]: `{AUDIO}` is in the manifest and not in the folder\n\
         hint: copy the folder again, or build the wheel again\n\
         error[label]: label `abi_tag` of `{TORCH}` is `abi3`, and the name says `cp312`\n\
         hint: the manifest was edited: write it anew with `manifest generate`\n\
         error[version]: `{TORCH}` has version `2.13.0+rocm7.14.0`, and `2.14.0` was planned\n\
         hint: look in the job's log for what gave the wheel its version\n\
         error[incomplete]: the status is `complete`, and the wheel of `triton` is required and missing\n\
         hint: build the wheel, or make it `--optional`\n",
        &found[..64]
    );
    check_refused(&sandbox, verified(&sandbox, &[NIGHTLY]), 5, &expected);
}

#[test]
fn a_file_that_was_cut_short() {
    let (sandbox, manifest) = whole();
    std::fs::write(sandbox.path("dist").join(TORCH), "short").unwrap();
    let size = &manifest["artifacts"][0]["size_bytes"];
    let expected = format!(
        "error[size]: `{TORCH}` has 5 bytes, and the manifest says {size}\n\
         hint: the file was cut short or replaced: copy it again, or build the wheel again\n"
    );
    check_refused(&sandbox, verified(&sandbox, &[NIGHTLY]), 5, &expected);
}

#[test]
fn a_set_that_is_not_complete_is_what_it_says() {
    let (sandbox, mut manifest) = whole();
    for status in ["planned", "running", "failed", "incomplete"] {
        manifest["status"] = json!(status);
        sandbox.write(PARTIAL, &manifest.to_string());
        let ended = verified(&sandbox, &[PARTIAL]).expect(0);
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr),
            (GOOD, format!("note: the set is not complete: its status is `{status}`\n"))
        );
    }
}

#[test]
fn files_that_are_no_manifest_of_wheels() {
    let (sandbox, manifest) = whole();
    let source =
        json!({"schema_version": 1, "pytorch": {"repo": "https://github.com/pytorch/pytorch", "commit": "a".repeat(40)}});
    let mut lacking = manifest.clone();
    lacking.as_object_mut().unwrap().retain(|key, _| !["artifacts", "ci"].contains(&key.as_str()));
    let hint = "hint: write a manifest of the wheels with `manifest generate`";
    let no = "cannot read `BOX/project/dist/manifests/x.json`:";
    let table = [
        (
            source.to_string(),
            format!("`BOX/project/dist/manifests/x.json` is a list of sources: it says nothing of wheels\n{hint}"),
        ),
        ("{}".to_owned(), format!("`BOX/project/dist/manifests/x.json` is a list of sources: it says nothing of wheels\n{hint}")),
        (
            lacking.to_string(),
            "`BOX/project/dist/manifests/x.json` is no whole manifest of wheels: it lacks `ci`, `artifacts`\n\
             hint: write it anew with `manifest generate`"
                .to_owned(),
        ),
        (
            json!({"runs": [manifest]}).to_string(),
            format!(
                "{no} it is an index of several manifests, with `runs`, not one manifest\nhint: take the one that you want out of its `runs`"
            ),
        ),
        (
            "[]".to_owned(),
            format!(
                "{no} Manifest root must be a JSON object, not an array\n\
                 hint: the file may be cut short, or be something else, such as an error page"
            ),
        ),
    ];
    for (text, expected) in table {
        sandbox.write("dist/manifests/x.json", &text);
        check_refused(&sandbox, verified(&sandbox, &["dist/manifests/x.json"]), 5, &format!("error: {expected}\n"));
    }
}

#[test]
fn what_is_not_there() {
    let (sandbox, _) = whole();
    check_refused(
        &sandbox,
        verified(&sandbox, &["none.json"]),
        3,
        "error: cannot read `BOX/project/none.json`: No such file or directory (os error 2)\nhint: look whether the path is right\n",
    );
    check_refused(
        &sandbox,
        verified(&sandbox, &[NIGHTLY, "none"]),
        3,
        "error: there is no folder `BOX/project/none`\nhint: name the folder with the wheels after the manifest\n",
    );
    check_refused(
        &sandbox,
        verified(&sandbox, &["", ""]),
        2,
        "error: invalid value for the manifest `FILE`: the path is empty\nhint: give the path of a file or folder\n\
         error: invalid value for the folder `DIR`: the path is empty\nhint: give the path of a file or folder\n",
    );
}

/// Each class, at least ten of each: an error of the manifest, never of a file that it names, and never a panic.
#[test]
fn hostile_manifests() {
    let (sandbox, manifest) = whole();
    let text = manifest.to_string();
    let secret = sandbox.arg("secret.whl");
    sandbox.write("secret.whl", "secret");
    let with = |key: &str, value: &str| text.replacen(&format!("\"{key}\":"), &format!("\"{key}\":{value},\"was\":"), 1);
    let mut hostile: Vec<String> = Vec::new();
    // Cut short.
    hostile.extend((1..=20).map(|part| text[..text.len() * part / 21].to_owned()));
    // Nested deeply.
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for depth in [128, 129, 1000, 10_000, 1_000_000] {
        hostile.push(nested("[", "]", depth));
        hostile.push(with("options", &nested("{\"a\":", "}", depth)));
        hostile.push("[".repeat(depth));
    }
    // Numbers.
    for number in ["18446744073709551616", "-1", "1e999", "1.5", "1e3", "-0", "0x10", "01", "\"1\"", "9".repeat(10_000).as_str()]
    {
        hostile.push(with("size_bytes", number));
        hostile.push(with("schema_version", number));
    }
    // Keys twice.
    for key in [
        "schema_version",
        "status",
        "platform",
        "artifacts",
        "missing",
        "jobs",
        "options",
        "gfx_targets",
        "ci",
        "run_id",
        "relative_path",
    ] {
        hostile.push(text.replacen(&format!("\"{key}\":"), &format!("\"{key}\":null,\"{key}\":"), 1));
    }
    // Texts for a terminal.
    for key in
        ["status", "source", "schema_version", "sha256", "relative_path", "size_bytes", "gfx_targets", "options", "jobs", "ci"]
    {
        hostile.push(with(key, &json!("\u{1b}[2J\nerror: x").to_string()));
        hostile.push(with(key, &json!("\u{1b}x".repeat(10_000)).to_string()));
    }
    // Paths.
    for path in [
        "../secret.whl",
        "sub/../../secret.whl",
        "..",
        ".",
        "",
        "/etc/passwd",
        "//host/share/x.whl",
        &secret,
        r"..\secret.whl",
        r"C:\x.whl",
        "C:/x.whl",
        "C:x.whl",
        r"\\?\C:\x.whl",
        "x.whl:stream",
        "a//b.whl",
        "a/./b.whl",
        "nul",
        "con.whl",
        "x.whl\n",
        "x.whl\0",
        "x.whl ",
        "x.whl.",
    ] {
        hostile.push(with("relative_path", &json!(path).to_string()));
    }
    assert!(hostile.len() > 80);
    for text in hostile {
        let shown: String = text.chars().take(200).collect();
        sandbox.write("dist/manifests/x.json", &text);
        let ended = verified(&sandbox, &["dist/manifests/x.json"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{shown}\n{}", ended.stderr);
        assert!(ended.stderr.starts_with("error: "), "{shown}\n{}", ended.stderr);
        assert!(ended.stderr.len() < 2000 && !ended.stderr.contains("panicked"), "{shown}\n{}", ended.stderr);
        assert!(
            ended.stderr.lines().count() <= 2 && !ended.stderr.replace('\n', "").contains(char::is_control),
            "{}",
            ended.stderr
        );
    }
}

#[cfg(unix)]
#[test]
fn a_listed_wheel_that_is_a_link_is_not_followed() {
    let (sandbox, _) = whole();
    let torch = sandbox.path("dist").join(TORCH);
    std::fs::rename(&torch, sandbox.path("outside.whl")).unwrap();
    std::os::unix::fs::symlink("../outside.whl", &torch).unwrap();
    let expected = format!(
        "error: `{TORCH}` is a link, and what is behind it may be outside the folder\nhint: put the file itself in its place\n"
    );
    check_refused(&sandbox, verified(&sandbox, &[NIGHTLY]), 5, &expected);
}
