//! Wheels against their plan: a good set with its manifest, broken in exactly one way, and the code of that.

use serde_json::{Value, json};
use tests::miniature::Miniature;
use tests::{Ended, Sandbox};

use crate::audit::device::synthetic::{GFX942, GFX1100, bundle, elf};
use crate::audit::put;
use crate::audit::wheels::{others, torch};

const MANIFEST: &str = "dist/manifests/therock-manifest_torch_py3.12_nightly.json";
const FLAGS: &[&str] = &["manifest", "generate", "dist", "--ref", "nightly", "--gfx", "gfx942", "--rocm-sdk-version", "7.14.0"];

/// Breaks a wheel of the set, or its manifest.
type Damage = fn(&mut [Miniature; 5], &mut Value);

const TORCH_AT: usize = 0;
const VISION_AT: usize = 1;
const AUDIO_AT: usize = 2;
const TRITON_AT: usize = 3;

const CASES: &[(&str, &str, Damage)] = &[
    ("a version that was not planned", "version-planned", |_, manifest| {
        manifest["artifacts"][1]["planned_version"] = json!("2.13.1+rocm7.14.0")
    }),
    ("another Python", "tags-planned", |_, manifest| manifest["python_version"] = json!("3.13")),
    ("another platform", "tags-planned", |_, manifest| manifest["platform"] = json!("linux-aarch64")),
    ("a torch that takes any ROCm", "requires", |wheels, _| {
        edit(&mut wheels[TORCH_AT], "rocm[libraries]==7.14.0", "rocm[libraries]>=7")
    }),
    ("a torch that takes ROCm for an extra only", "requires", |wheels, _| {
        edit(&mut wheels[TORCH_AT], "rocm[libraries]==7.14.0", "rocm[libraries]==7.14.0; extra == 'rocm'")
    }),
    ("a torch that takes triton on Windows only", "requires", |wheels, _| {
        edit(&mut wheels[TORCH_AT], "triton==3.7.0+rocm7.14.0", "triton==3.7.0+rocm7.14.0; sys_platform == 'win32'")
    }),
    ("a torch without ROCm", "requires", |wheels, _| edit(&mut wheels[TORCH_AT], "rocm[libraries]", "rocm")),
    ("a torch without triton", "requires", |wheels, _| edit(&mut wheels[TORCH_AT], "triton==3.7.0+rocm7.14.0", "numpy")),
    ("a torchvision for any torch", "requires", |wheels, _| edit(&mut wheels[VISION_AT], "torch==2.13.0+rocm7.14.0", "torch")),
    ("a torch for another ROCm", "set-mismatch", |wheels, _| edit(&mut wheels[TORCH_AT], "==7.14.0", "==7.13.0")),
    ("another triton", "set-mismatch", |wheels, _| edit(&mut wheels[TORCH_AT], "triton==3.7.0", "triton==3.6.0")),
    ("nothing that loads ROCm", "content", |wheels, _| wheels[TORCH_AT].remove("torch/_rocm_init.py")),
    ("an empty extension", "content", |wheels, _| wheels[TRITON_AT].set("triton/_C/libtriton.so", "")),
    ("a torchaudio without extension", "content", |wheels, _| wheels[AUDIO_AT].remove("torchaudio/lib/libtorchaudio.so")),
    ("a check for another ROCm", "rocm-init", |wheels, _| wheels[TORCH_AT].edit("torch/_rocm_init.py", "7.14.0", "7.13.0")),
    ("a library that is not loaded", "rocm-init", |wheels, _| wheels[TORCH_AT].edit("torch/_rocm_init.py", "'rccl', ", "")),
    ("a target that is missing", "device-code-missing", |wheels, _| {
        wheels[VISION_AT].set("torchvision/_C.so", tests::library::elf(62, &["libc.so.6"], None));
    }),
    ("a target that nobody asked for", "device-code-extra", |wheels, _| {
        let device = bundle(&[("gfx942", elf(GFX942)), ("gfx1100", elf(GFX1100))]);
        wheels[VISION_AT].set("torchvision/_C.so", [tests::library::elf(62, &["libc.so.6"], None), device].concat());
    }),
    ("device code that is cut short", "device-code-broken", |wheels, _| {
        let mut device = bundle(&[("gfx942", elf(GFX942)), ("gfx942", elf(GFX942))]);
        device.truncate(device.len() - 100);
        wheels[VISION_AT].set("torchvision/_C.so", [tests::library::elf(62, &["libc.so.6"], None), device].concat());
    }),
];

fn edit(wheel: &mut Miniature, from: &str, to: &str) {
    wheel.edit(&wheel.dist_info("METADATA"), from, to);
}

fn whole() -> [Miniature; 5] {
    let [vision, audio, triton, apex] = others();
    [torch(), vision, audio, triton, apex]
}

fn lay_out(sandbox: &Sandbox, wheels: &[Miniature]) {
    wheels.iter().for_each(|wheel| put(sandbox, &wheel.file, &wheel.pack()));
    sandbox.run(FLAGS).expect(0);
}

/// The codes of an audit by the manifest, each once.
#[track_caller]
fn audited(sandbox: &Sandbox, words: &[&str]) -> (Ended, Vec<String>) {
    // Miniatures cannot be imported.
    let ended = sandbox.run(&[&["audit", "--no-audit-install", "--format", "json"], words].concat());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    let mut codes: Vec<String> =
        report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes.dedup();
    (ended, codes)
}

#[test]
fn a_good_set() {
    let sandbox = Sandbox::new();
    lay_out(&sandbox, &whole());
    for words in [&[MANIFEST][..], &["dist"], &[], &["--gfx", "gfx942", "--python", "3.12", "--rocm-sdk-version", "7.14.0"]] {
        let (ended, codes) = audited(&sandbox, words);
        assert_eq!((ended.code, codes), (0, Vec::new()), "{words:?} {}", ended.stdout);
    }
    // All but what is not wanted was checked.
    let ended = sandbox.run(&["audit", "--no-audit-install"]).expect(0);
    let untried = "not checked: whether the set can be installed and imported: `--no-audit-install` is given\n";
    assert!(ended.stdout.ends_with(&format!(": nothing is wrong\n{untried}")), "{}", ended.stdout);
    // Flags win over the manifest.
    for (words, code) in [(["--gfx", "gfx1100"], "device-code-missing"), (["--python", "3.13"], "tags-planned")] {
        assert!(audited(&sandbox, &words).1.contains(&code.to_owned()), "{words:?}");
    }
}

#[test]
fn each_fault_has_its_code() {
    for (what, code, damage) in CASES {
        let sandbox = Sandbox::new();
        let mut wheels = whole();
        damage(&mut wheels, &mut json!({"artifacts": [{}, {}, {}, {}, {}]}));
        lay_out(&sandbox, &wheels);
        let mut manifest = sandbox.json(MANIFEST);
        damage(&mut whole(), &mut manifest);
        sandbox.write(MANIFEST, &manifest.to_string());
        let (ended, codes) = audited(&sandbox, &[MANIFEST]);
        assert_eq!((ended.code, codes), (5, vec![(*code).to_owned()]), "{what}: {}", ended.stdout);
        let (ended, _) = audited(&sandbox, &[MANIFEST, "--allow", code]);
        assert_eq!(ended.code, 0, "{what}");
    }
}

#[test]
fn of_several_manifests_none_is_taken() {
    let sandbox = Sandbox::new();
    lay_out(&sandbox, &whole());
    sandbox.write(&MANIFEST.replace("nightly", "other"), &sandbox.json(MANIFEST).to_string());
    let (ended, codes) = audited(&sandbox, &["dist", "--gfx", "gfx942"]);
    assert_eq!((ended.code, codes), (0, Vec::new()), "{}", ended.stdout);
    let folder = sandbox.path("dist/manifests");
    let note = format!("note: there are 2 manifests in `{}`; name one, to audit its set by it\n", folder.display());
    assert_eq!(ended.stderr, note);
}

/// What `manifest verify` tells is among the findings, and does not keep others from being found.
#[test]
fn wheels_that_are_not_those_of_the_manifest() {
    let sandbox = Sandbox::new();
    lay_out(&sandbox, &whole());
    let [apex, torch, audio] = [0, 1, 2].map(|at| sandbox.json(MANIFEST)["artifacts"][at].clone());
    let path = |artifact: &Value| artifact["relative_path"].as_str().unwrap().to_owned();
    std::fs::remove_file(sandbox.path("dist").join(path(&apex))).unwrap();
    std::fs::copy(sandbox.path("dist").join(path(&audio)), sandbox.path("dist/torchaudio-9-py3-none-any.whl")).unwrap();
    let mut manifest = sandbox.json(MANIFEST);
    manifest["artifacts"][1]["sha256"] = audio["sha256"].clone();
    manifest["artifacts"][2]["size_bytes"] = json!(7);
    manifest["artifacts"][2]["labels"]["version"] = json!("1");
    sandbox.write(MANIFEST, &manifest.to_string());
    let ended = sandbox.run(&["audit", "--no-audit-install"]).expect(5);
    let field = |artifact: &Value, name: &str| artifact[name].to_string().trim_matches('"').to_owned();
    let version = field(&audio["labels"], "version");
    for expected in [
        format!("error[manifest]: label `version` of `{}` is `1`, and the name says `{version}`\n", path(&audio)),
        format!("error[manifest-missing]: `{}`: it is in the manifest and not in the folder\n", path(&apex)),
        "error[manifest-extra]: `torchaudio-9-py3-none-any.whl`: it is in the folder and not in the manifest\n".to_owned(),
        format!(
            "error[manifest-content]: `{}`: its SHA-256 is {}, and the manifest says {}\n\
             hint: the file was damaged or replaced: copy it again, or build the wheel again\n",
            path(&torch),
            field(&torch, "sha256"),
            field(&audio, "sha256")
        ),
        format!(
            "error[manifest-content]: `{}`: its size is {} bytes, and the manifest says 7\n",
            path(&audio),
            field(&audio, "size_bytes")
        ),
        "error[name]: `torchaudio-9-py3-none-any.whl`: ".to_owned(),
    ] {
        assert!(ended.stdout.contains(&expected), "{expected}\n{}", ended.stdout);
    }
    let (_, codes) = audited(&sandbox, &[]);
    assert!(
        ["manifest", "manifest-content", "manifest-extra", "manifest-missing"]
            .iter()
            .all(|code| codes.contains(&(*code).to_owned()))
    );
}

#[test]
fn a_set_is_not_tried_where_another_run_is_at_work() {
    let sandbox = Sandbox::new();
    lay_out(&sandbox, &whole());
    sandbox.write("work/.therock-xtask/lock", "");
    let other = std::fs::File::open(sandbox.path("work/.therock-xtask/lock")).unwrap();
    other.lock().unwrap();
    let before = sandbox.snapshot();
    let ended = sandbox.run(&["audit", "--work-dir", "work"]).expect(3);
    let text = format!(
        "error: another run is at work in the work folder `{}`\n\
         hint: wait until it has ended, or name another one with `--work-dir`\n",
        sandbox.path("work").display()
    );
    assert_eq!(ended.stderr, text);
    sandbox.assert_unchanged(&before);
}

#[test]
fn a_set_that_lacks_a_wheel() {
    let sandbox = Sandbox::new();
    lay_out(&sandbox, &whole()[..4]);
    let mut manifest = sandbox.json(MANIFEST);
    manifest["status"] = json!("incomplete");
    manifest["missing"] = json!([{"project": "apex", "need": "required"}]);
    std::fs::remove_file(sandbox.path(MANIFEST)).unwrap();
    let partial = MANIFEST.replace(".json", ".partial.json");
    sandbox.write(&partial, &manifest.to_string());
    let (ended, codes) = audited(&sandbox, &[&partial]);
    assert_eq!((ended.code, codes), (5, vec!["set-incomplete".to_owned()]), "{}", ended.stdout);
}

#[test]
fn wrong_requests_are_told_together() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["audit", "--allow", "tag,record-hashes", "--python", "3", "--gfx", "gfx94"]).expect(2);
    assert_eq!(
        ended.stderr,
        "error: invalid value for `--allow`: there is no code `tag`\n\
         hint: did you mean `tags`?\n\
         error: invalid value for `--allow`: there is no code `record-hashes`\n\
         hint: did you mean `record-hash`?\n\
         error: invalid value for `--gfx`: not a GPU target or family: `gfx94` (nearest: `gfx942`)\n\
         hint: `cargo xtask gfx` lists all names; `--allow-unknown-gfx` admits a target that is newer than the list\n\
         error: invalid value for `--python`: `3` is not a Python version\n\
         hint: write `3.12`, `3.13t`, `cp312` or `py3.12`\n"
    );
    let ended = sandbox.run(&["audit", "nowhere"]).expect(3);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: there is no `BOX/project/nowhere`\nhint: name a folder with wheels, or a manifest\n"
    );
    sandbox.write("one.whl", "");
    let ended = sandbox.run(&["audit", "one.whl"]).expect(2);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: invalid value for `DIR|MANIFEST`: `BOX/project/one.whl` is a wheel\nhint: name its folder, or its manifest\n"
    );
    sandbox.make_folder("dist");
    let ended = sandbox.run(&["audit"]).expect(5);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: there is no wheel in `BOX/project/dist`\nhint: name the folder that the `.whl` files are in\n"
    );
}
