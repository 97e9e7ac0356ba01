//! `manifest show`: for people and as the tool itself would write it.

use manifest::Manifest;
use serde_json::json;
use tests::project;

use crate::manifests::examples::{NAMES, refused, sandbox, text, write_changed};

#[test]
fn for_people() {
    let sandbox = sandbox();
    let ended = sandbox.run(&["manifest", "show", "complete.json"]).expect(0);
    let expected = "\
build    linux-x86_64, Python 3.12, nightly, gfx942 (gfx94X-dcgpu)
status   complete
missing  apex (optional)
release  nightly
ROCm     7.14.0a20260811, suffix +rocm7.14.0a20260811, from https://nightly.repo.amd.com/rocm/whl-next
CI       123456
wheels
  amd_torch_device_gfx942-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl  2.0 KiB  bbbbbbbbbbbb
  torch-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl                    1.0 KiB  aaaaaaaaaaaa
  triton-3.8.0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl                      0.3 KiB  cccccccccccc
  3 wheels                                                                           3.2 KiB
sources
  pytorch  111111111111  https://github.com/pytorch/pytorch  2.14.0a0+rocm7.14.0a20260811, nightly
  triton   222222222222  https://github.com/ROCm/triton      3.8.0+rocm7.14.0a20260811
ROCm packages
  rocm  7.14.0a20260811
options
  jobs  16  (detected)
jobs
  triton   built   10m01s  no wheel yet
  pytorch  reused          nothing changed
";
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (expected, ""));
    let index = sandbox.run(&["manifest", "show", "index.json"]).expect(0).stdout;
    assert!(index.starts_with("index of 1 run, 1 missing\nruns\n  linux-x86_64, Python 3.12, nightly, gfx942"), "{index}");
}

/// What the tool wrote comes out as it is; what others wrote, in the tool's format.
#[test]
fn as_json() {
    let sandbox = sandbox();
    for name in NAMES {
        let shown = sandbox.run(&["manifest", "show", name, "--format", "json"]).expect(0).stdout;
        let expected = if name == "flattened.json" { Manifest::parse(&text(name)).unwrap().to_json() } else { text(name) };
        assert_eq!(shown, expected, "{name}");
    }
}

/// The first format has no hashes, and its remotes are as git knew them.
#[test]
fn the_oldest_format() {
    let sandbox = sandbox();
    let oldest = std::fs::read_to_string(project().join("manifest/src/read/artifacts.json")).unwrap();
    sandbox.write("oldest.json", &oldest.replace("https://github.com/", "https://user:password@github.com/"));
    let shown = sandbox.run(&["manifest", "show", "oldest.json"]).expect(0).stdout;
    assert!(shown.contains("other keys  unhashed_artifacts\n") && shown.contains("https://github.com/ROCm/"), "{shown}");
    let json = sandbox.run(&["manifest", "show", "oldest.json", "--format", "json"]).expect(0).stdout;
    assert!(Manifest::parse(&json).unwrap().extra.contains_key("unhashed_artifacts"), "{json}");
    assert!(!shown.contains("password") && !json.contains("password"), "{shown}{json}");
}

#[test]
fn a_terminal_gets_nothing_that_it_would_obey() {
    const EVIL: &str = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{7f}\nstatus   complete";
    let sandbox = sandbox();
    write_changed(&sandbox, "incomplete.json", "evil.json", |manifest| {
        manifest["pytorch_git_ref"] = json!(EVIL);
        manifest["jobs"][0]["reason"] = json!(EVIL);
        manifest["options"][0]["value"] = json!([EVIL]);
        manifest[EVIL] = json!(EVIL);
    });
    for (format, text) in
        [("text", r"\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{7f}\nstatus   complete"), ("json", r"\u009b2J\u202e\u007f\nstatus")]
    {
        let shown = sandbox.run(&["manifest", "show", "evil.json", "--format", format]).expect(0).stdout;
        assert!(shown.chars().all(|c| c == '\n' || c == ' ' || c.is_ascii_graphic()), "{shown}");
        assert!(shown.contains(text) && !shown.contains("\nstatus   complete"), "{shown}");
    }
    // Read again it is the same.
    let json = sandbox.run(&["manifest", "show", "evil.json", "--format", "json"]).stdout;
    assert_eq!(Manifest::parse(&json).unwrap(), sandbox.manifest("evil.json"));
}

#[test]
fn refusals() {
    let sandbox = sandbox();
    sandbox.write("page.json", "<html>");
    sandbox.write("newer.json", "{\"schema_version\": 2}");
    sandbox.write("index-newer.json", "{\"schema_version\": 1, \"runs\": [{\"schema_version\": 3}], \"missing\": []}");
    sandbox.make_folder("folder");
    refused(
        &sandbox,
        3,
        &[
            (
                &["manifest", "show", "none.json"],
                "error: cannot read `BOX/project/none.json`: No such file or directory (os error 2)\nhint: look whether the path is right",
            ),
            (
                &["manifest", "show", "folder"],
                "error: cannot read `BOX/project/folder`: Is a directory (os error 21)\nhint: name the manifest, not its folder",
            ),
            (
                &["manifest", "show", "page.json"],
                "error: cannot read `BOX/project/page.json`: manifest is not JSON: expected value at line 1 column 1\n\
                 hint: the file may be cut short, or be something else, such as an error page",
            ),
            (
                &["manifest", "show", "newer.json"],
                "error: cannot read `BOX/project/newer.json`: unsupported `schema_version` `2`: this reader knows only the integer 1\n\
                 hint: a newer tool wrote it: update this one",
            ),
            (
                &["manifest", "show", "index-newer.json"],
                "error: cannot read `BOX/project/index-newer.json`: run 1: unsupported `schema_version` `3`: this reader knows only the \
                 integer 1\nhint: a newer tool wrote it: update this one",
            ),
        ],
    );
    refused(
        &sandbox,
        2,
        &[
            (
                &["manifest", "show", ""],
                "error: invalid value for `FILE`: the path is empty\nhint: give the path of a file or folder",
            ),
            (
                &["manifest", "show", "a\nb"],
                "error: invalid value for `FILE`: the path \"a\\nb\" has a control character in it\nhint: give the path of a file or folder",
            ),
        ],
    );
}
