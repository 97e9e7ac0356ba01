//! `manifest export`, judged by the programs that it is for.

use std::collections::BTreeMap;

use manifest::{FolderFile, Given, Manifest, Sha256, generate};
use serde_json::json;
use sha2::{Digest, Sha256 as Hasher};
use tests::{Ended, Sandbox, finish, pythons};

use crate::manifests::examples::{refused, sandbox, write_changed};

/// Makes installable wheels: a folder, then names.
const MAKE_WHEELS: &str = r#"
import base64, hashlib, sys, zipfile
from pathlib import Path
folder, *names = sys.argv[1:]
for name in names:
    distribution, version = name.split("-")[:2]
    info = f"{distribution}-{version}.dist-info"
    files = {
        f"{distribution}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\nRequires-Dist: not-there\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
"#;

/// Names that are spelled as builds spell them, not in normal form.
const WHEELS: [&str; 4] = [
    "amd_torch_device_gfx942-2.13.0+rocm7.14.0-py3-none-any.whl",
    "apex-1.11.0+git88b227e2.rocm7.14.0-py3-none-any.whl",
    "torch-2.13.0+rocm10.1.0a20260811_bkc.20260813-1-py3-none-any.whl",
    "triton-3.7.0-py3-none-any.whl",
];

/// Wheels in `dist` and their manifest in `dist/manifests/m.json`.
fn folder() -> Sandbox {
    let sandbox = sandbox();
    let python = &pythons()[0].path;
    finish(sandbox.command(python).args(["-c", MAKE_WHEELS, "dist"]).args(WHEELS)).expect(0);
    let file = |name: &str| {
        let bytes = std::fs::read(sandbox.path("dist").join(name)).unwrap();
        let sha256 = Sha256::from(<[u8; 32]>::from(Hasher::digest(&bytes)));
        FolderFile { path: name.to_owned(), size_bytes: bytes.len() as u64, sha256 }
    };
    let files: Vec<FolderFile> = WHEELS.into_iter().map(file).collect();
    let generated = generate(&files, None, Given::default(), "release").unwrap();
    sandbox.write("dist/manifests/m.json", &generated.manifest.to_json());
    sandbox
}

fn export(sandbox: &Sandbox, format: &str, output: &str) {
    let ended = sandbox.run(&["manifest", "export", "dist/manifests/m.json", "--format", format, "-o", output]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    if format != "github-output" {
        let printed = sandbox.run(&["manifest", "export", "dist/manifests/m.json", "--format", format]).expect(0).stdout;
        assert_eq!(printed, sandbox.read(output));
    }
}

#[cfg(unix)]
#[test]
fn sha256sum_is_satisfied() {
    let sandbox = folder();
    export(&sandbox, "sha256sums", "dist/SHA256SUMS");
    let check = || {
        let mut command = sandbox.command("sha256sum");
        finish(command.args(["--check", "--strict", "SHA256SUMS"]).current_dir(sandbox.path("dist")))
    };
    let ended = check().expect(0);
    assert_eq!(ended.stdout, WHEELS.map(|name| format!("{name}: OK\n")).concat());
    sandbox.write(&format!("dist/{}", WHEELS[3]), "something else");
    let ended = check().expect(1);
    assert!(ended.stdout.contains(&format!("{}: FAILED\n", WHEELS[3])), "{}", ended.stdout);
}

/// A list that is cut short would be taken for the whole one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let sandbox = folder();
    let mut command = sandbox.command("sh");
    command.args(["-c", "\"$0\" \"$@\" >/dev/full"]).arg(sandbox.xtask().get_program());
    let ended = finish(command.args(["manifest", "export", "dist/manifests/m.json", "--format", "sha256sums"])).expect(3);
    assert_eq!(
        ended.stderr,
        "error: cannot write `standard output`: No space left on device (os error 28)\nhint: free some space, or choose another folder\n"
    );
}

/// Nothing but the hashes that were exported lets pip take a wheel, and no index is asked.
#[test]
fn pip_installs_the_requirements() {
    let sandbox = folder();
    export(&sandbox, "requirements", "new/requirements.txt");
    export(&sandbox, "constraints", "new/constraints.txt");
    finish(sandbox.command(&pythons()[0].path).args(["-m", "venv", "venv"])).expect(0);
    let python = sandbox.path(if cfg!(windows) { "venv/Scripts/python.exe" } else { "venv/bin/python" });
    let pip = |args: &[&str]| -> Ended {
        let common = ["-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-index", "--find-links", "dist"];
        finish(sandbox.command(&python).args(common).args(args))
    };
    pip(&["--require-hashes", "-r", "new/requirements.txt"]).expect(0);
    let versions = "import importlib.metadata as m; print(*sorted(f'{d.name} {d.version}' for d in m.distributions() if d.name != 'pip' and d.name != 'setuptools'), sep='\\n')";
    let installed = finish(sandbox.command(&python).args(["-c", versions])).expect(0).stdout.replace('_', "-");
    let expected = "amd-torch-device-gfx942 2.13.0+rocm7.14.0\napex 1.11.0+git88b227e2.rocm7.14.0\n\
                    torch 2.13.0+rocm10.1.0a20260811-bkc.20260813\ntriton 3.7.0\n";
    assert_eq!(installed, expected);
    // The constraints allow just these versions.
    pip(&["--force-reinstall", "-c", "new/constraints.txt", "torch", "triton"]).expect(0);
    sandbox.write("new/constraints.txt", &sandbox.read("new/constraints.txt").replace("triton==3.7.0", "triton==3.8.0"));
    let ended = pip(&["--force-reinstall", "-c", "new/constraints.txt", "triton"]).expect(1);
    assert!(ended.stderr.contains("conflicting dependencies"), "{}", ended.stderr);
    // A wheel of the same name with other contents is not taken.
    let torch = std::fs::read(sandbox.path("dist").join(WHEELS[2])).unwrap();
    std::fs::write(sandbox.path("dist").join(WHEELS[2]), [&torch[..], b"x"].concat()).unwrap();
    let ended = pip(&["--force-reinstall", "--require-hashes", "-r", "new/requirements.txt"]).expect(1);
    assert!(ended.stderr.contains("THESE PACKAGES DO NOT MATCH THE HASHES"), "{}", ended.stderr);
}

/// The file that `GITHUB_OUTPUT` names, as the runner's documents describe it: `name=value`, or `name<<end`, lines, `end`.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.split_terminator('\n');
    while let Some(line) = lines.next() {
        let at = line.find(['=', '<']).unwrap_or_else(|| panic!("no output: {line}"));
        let (name, rest) = line.split_at(at);
        let value = match rest.strip_prefix("<<") {
            Some(end) => lines.by_ref().take_while(|line| *line != end).collect::<Vec<_>>().join("\n"),
            None => rest.strip_prefix('=').unwrap().to_owned(),
        };
        assert_eq!(outputs.insert(name.to_owned(), value), None, "{name} is there twice");
    }
    outputs
}

#[test]
fn outputs_of_a_step() {
    let sandbox = folder();
    sandbox.write("output", "other=1\n");
    export(&sandbox, "github-output", "output");
    export(&sandbox, "github-output", "new/folder/output");
    assert!(sandbox.read("output").ends_with(&sandbox.read("new/folder/output")));
    let path = sandbox.arg("dist/manifests/m.json");
    let expected = [
        ("other", "1"),
        ("torch_version", "2.13.0+rocm10.1.0a20260811_bkc.20260813"),
        ("triton_version", "3.7.0"),
        ("apex_version", "1.11.0+git88b227e2.rocm7.14.0"),
        ("manifest_path", path.as_str()),
    ];
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(outputs(&sandbox.read("output")), expected);
}

/// The path is the one foreign text among the outputs: versions are read off names that hold nothing else.
#[test]
fn a_path_stays_one_output() {
    let sandbox = folder();
    for name in [
        "a=b",
        "a<<EOF",
        "<<",
        "=",
        "%0Aevil=1",
        "::set-output name=evil::1",
        "$(evil)",
        "`evil`",
        "a b",
        "-o",
        "ü\u{2028}evil=1",
    ] {
        let name = format!("dist/{name}");
        sandbox.write(&name, &sandbox.read("dist/manifests/m.json"));
        let ended = sandbox.run(&["manifest", "export", &name, "--format", "github-output"]).expect(0);
        let outputs = outputs(&ended.stdout);
        assert_eq!(outputs["manifest_path"], sandbox.arg(&name));
        assert_eq!(outputs.keys().collect::<Vec<_>>(), ["apex_version", "manifest_path", "torch_version", "triton_version"]);
    }
    for name in ["a\nevil=1", "a\revil=1", "a\u{85}evil=1"] {
        let ended = sandbox.run(&["manifest", "export", name, "--format", "github-output"]).expect(2);
        assert_eq!(
            ended.stderr,
            format!(
                "error: invalid value for `FILE`: the path {name:?} has a control character in it\nhint: give the path of a file or folder\n"
            )
        );
    }
}

const FORMATS: [&str; 4] = ["sha256sums", "requirements", "constraints", "github-output"];

/// Refused in every format, and nothing written.
#[track_caller]
fn not_exported(sandbox: &Sandbox, file: &str, code: i32, expected: &str) {
    for format in FORMATS {
        refused(sandbox, code, &[(&["manifest", "export", file, "--format", format, "-o", "new/out"], expected)]);
    }
}

#[test]
fn only_a_complete_set_is_exported() {
    let sandbox = sandbox();
    write_changed(&sandbox, "complete.json", "planned.json", |manifest| manifest["status"] = json!("planned"));
    write_changed(&sandbox, "complete.json", "empty.json", |manifest| manifest["artifacts"] = json!([]));
    let hint = "hint: build what is missing; `cargo xtask manifest show` tells what that is";
    for (file, status) in [("incomplete.json", "incomplete"), ("planned.json", "planned"), ("sources.json", "none")] {
        let expected = format!("error: cannot export `{file}`: its status is not `complete` but `{status}`\n{hint}");
        not_exported(&sandbox, file, 5, &expected);
    }
    not_exported(&sandbox, "empty.json", 5, &format!("error: cannot export `empty.json`: it lists no wheel\n{hint}"));
    not_exported(
        &sandbox,
        "index.json",
        3,
        "error: cannot read `BOX/project/index.json`: it is an index of several manifests, with `runs`, not one manifest\n\
         hint: take the one that you want out of its `runs`",
    );
}

#[test]
fn a_set_that_contradicts_itself_is_not_exported() {
    let sandbox = sandbox();
    write_changed(&sandbox, "complete.json", "edited.json", |manifest| {
        let mut again = manifest["artifacts"][2].clone();
        again["sha256"] = json!("e".repeat(64));
        manifest["artifacts"].as_array_mut().unwrap().push(again);
        manifest["artifacts"][1]["labels"]["version"] = json!("1\nevil=1");
        manifest["missing"][0]["need"] = json!("required");
    });
    let edited = "hint: the manifest was edited: write it anew with `manifest generate`";
    let expected = format!(
        "error: cannot export `edited.json`: `triton-3.8.0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl` is listed twice\n{edited}\n\
         error: cannot export `edited.json`: label `version` of `torch-2.14.0a0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl` is \
         `1\\nevil=1`, and the name says `2.14.0a0+rocm7.14.0a20260811`\n{edited}\n\
         error: cannot export `edited.json`: the status is `complete`, and the wheel of `apex` is required and missing\n\
         hint: build the wheel, or make it `--optional`"
    );
    not_exported(&sandbox, "edited.json", 5, &expected);
}

#[test]
fn what_pip_could_not_install() {
    let sandbox = sandbox();
    let rename = |as_name: &str, to: &str| {
        write_changed(&sandbox, "complete.json", as_name, |manifest| {
            let wheel = &mut manifest["artifacts"][2];
            wheel["relative_path"] = json!(to);
            wheel["labels"] = json!({"framework": "pytorch", "build_variant": "release"});
            wheel.as_object_mut().unwrap().remove("planned_version");
        });
    };
    rename("odd.json", "odd.whl");
    let expected = "error: cannot export `odd.json`: `odd.whl` is not a wheel's file name: it has 1 of the 5 or 6 fields that dashes separate\n\
                    hint: give the file a wheel's name, or remove it, and write the manifest anew with `manifest generate`";
    for format in &FORMATS[1..] {
        refused(&sandbox, 3, &[(&["manifest", "export", "odd.json", "--format", format], expected)]);
    }
    // Checksums are of files, whatever they are called.
    let sums = sandbox.run(&["manifest", "export", "odd.json", "--format", "sha256sums"]).expect(0).stdout;
    assert!(sums.starts_with(&format!("{}  amd_torch_device", "b".repeat(64))) && sums.contains("c  odd.whl\n"), "{sums}");
}

#[test]
fn wrong_requests() {
    let sandbox = folder();
    let file = "dist/manifests/m.json";
    let itself = "error: invalid value for `--output`: it is the manifest itself\nhint: choose another name";
    refused(
        &sandbox,
        2,
        &[
            (&["manifest", "export", file, "--format", "sha256sums", "-o", "./dist/manifests/m.json"], itself),
            (
                &["manifest", "export", file, "--format", "sha256sums", "-o", ""],
                "error: invalid value for `--output`: the path is empty\nhint: give the path of a file or folder",
            ),
        ],
    );
    refused(
        &sandbox,
        3,
        &[(
            &["manifest", "export", file, "--format", "sha256sums", "-o", "dist"],
            "error: cannot write `BOX/project/dist`: Is a directory (os error 21)",
        )],
    );
    assert!(Manifest::parse(&sandbox.read(file)).is_ok());
    let ended: Ended = finish(sandbox.xtask().args(["manifest", "export", file])).expect(2);
    assert!(
        ended.stderr.starts_with("error: the following required arguments were not provided:\n  --format <FORMAT>"),
        "{}",
        ended.stderr
    );
}
