//! `lock` with real git: what TheRock's scripts are tested for, what a ref may be, and whose place a file may take.

mod files;
mod hostile;
mod refs;

use crate::forge::{Forge, RELATED, version_1};
use serde_json::{Value, json};

const THEROCK: [&str; 6] =
    ["--therock-commit", COMMIT, "--therock-repo", "https://github.com/ROCm/TheRock", "--therock-branch", "main"];
const COMMIT: &str = "3333333333333333333333333333333333333333";

#[track_caller]
fn check_sources(manifest: &Value, expected: &Value) {
    // The order of the keys counts, too.
    assert_eq!(format!("{:#}", version_1(manifest)), format!("{expected:#}"));
}

#[test]
fn a_release_is_locked_by_its_pins() {
    let forge = Forge::whole();
    let rocm = "7.13.0a20260501";
    let words = [&["--ref", "release/2.10", "--platform", "linux", "--rocm-version", rocm], &THEROCK[..]].concat();
    let manifest = forge.locked(&words);
    let entry = |repository: &str, version: &str| {
        json!({
            "repo": format!("https://github.com/{repository}"),
            "commit": forge.head(repository),
            "version": format!("{version}+rocm{rocm}"),
        })
    };
    let torch = json!({
        "repo": "https://github.com/ROCm/pytorch",
        "commit": forge.head("ROCm/pytorch"),
        "branch": "release/2.10",
        "version": "2.10.0+rocm7.13.0a20260501",
    });
    let therock =
        json!({"repo": "https://github.com/ROCm/TheRock", "commit": COMMIT, "branch": "main", "version": "7.13.0a20260501"});
    let expected = json!({
        "schema_version": 1,
        "pytorch": torch,
        "pytorch_audio": entry("pytorch/audio", "2.10.0"),
        "pytorch_vision": entry("pytorch/vision", "0.25.0"),
        "triton": entry("ROCm/triton", "3.6.0"),
        "apex": entry("ROCm/apex", "1.10.0"),
        "therock": therock,
    });
    check_sources(&manifest, &expected);
    // And more beside.
    for (key, expected) in [
        ("status", json!("planned")),
        ("platform", json!(format!("linux-{}", if cfg!(windows) { "x86_64" } else { std::env::consts::ARCH }))),
        ("pytorch_git_ref", json!("release/2.10")),
        ("rocm_sdk_version", json!(rocm)),
        ("version_suffix", json!("+rocm7.13.0a20260501")),
        ("gfx_targets", json!([])),
        ("python_version", Value::Null),
        ("artifacts", json!([])),
    ] {
        assert_eq!(manifest[key], expected, "{key}");
    }
}

#[test]
fn nightly_is_locked_by_branches() {
    let forge = Forge::whole();
    let words = [&["--ref", "nightly", "--platform", "linux", "--rocm-version", "7.13.0.dev0+abc"], &THEROCK[..]].concat();
    let entry = |repository: &str, branch: &str, version: &str| {
        json!({
            "repo": format!("https://github.com/{repository}"),
            "commit": forge.head(repository),
            "branch": branch,
            "version": format!("{version}+devrocm7.13.0.dev0-abc"),
        })
    };
    let mut triton = entry("ROCm/triton", "", "3.6.0");
    triton.as_object_mut().unwrap().shift_remove("branch");
    let therock =
        json!({"repo": "https://github.com/ROCm/TheRock", "commit": COMMIT, "branch": "main", "version": "7.13.0.dev0+abc"});
    let expected = json!({
        "schema_version": 1,
        "pytorch": entry("pytorch/pytorch", "nightly", "2.12.0a0"),
        "pytorch_audio": entry("pytorch/audio", "nightly", "2.10.0"),
        "pytorch_vision": entry("pytorch/vision", "nightly", "0.25.0"),
        "triton": triton,
        "apex": entry("ROCm/apex", "master", "1.10.0"),
        "therock": therock,
    });
    check_sources(&forge.locked(&words), &expected);
}

#[test]
fn windows_has_three_projects_and_triton_of_nightly_only() {
    let forge = Forge::whole();
    let windows = |words: &[&str]| forge.locked(&[&["--platform", "windows"], words].concat());
    let projects = |manifest: &Value| version_1(manifest).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let release = windows(&["--ref", "release/2.10"]);
    assert_eq!(projects(&release), ["schema_version", "pytorch", "pytorch_audio", "pytorch_vision"]);
    assert_eq!(release["platform"], if cfg!(windows) { Value::Null } else { json!("windows-amd64") });

    // The pin stands in TheRock's checkout.
    let pin = "4444444444444444444444444444444444444444";
    forge.sandbox.write("therock/external-builds/pytorch/ci_commit_pins/triton-windows.txt", &format!("{pin}\n"));
    let all = ["--ref", "nightly", "--only", "pytorch pytorch_audio;pytorch_vision,triton", "--therock-dir", "therock"];
    let triton = json!({"repo": "https://github.com/triton-lang/triton-windows", "commit": pin});
    assert_eq!(windows(&all)["triton"], triton);
    let mut with_version = triton.clone();
    with_version["version"] = json!("3.6.0+x");
    // triton's version is torch's to say, whatever pins triton.
    forge.commit("pytorch/pytorch", &[(".ci/docker/triton_version.txt", "3.6.0\n")]);
    assert_eq!(windows(&[&all[..], &["--version-suffix", "+x"]].concat())["triton"], with_version);
    // Without a checkout of TheRock the branch is asked.
    let branch = windows(&["--ref", "nightly", "--only", "pytorch,triton"]);
    let expected = json!({
        "repo": "https://github.com/triton-lang/triton-windows",
        "commit": forge.head("triton-lang/triton-windows"),
        "branch": "main-windows",
    });
    assert_eq!(branch["triton"], expected);

    let words = ["--platform", "windows", "--ref", "release/2.10", "--only", "pytorch,triton"];
    assert_eq!(
        forge.refused(2, &words),
        "error: Windows Triton is pinned for PyTorch nightly only, not for `release/2.10`\n\
         hint: leave it out of `--only`, or give `--ref nightly`\n"
    );
    for (text, fault) in [
        ("", "`external-builds/pytorch/ci_commit_pins/triton-windows.txt` is empty"),
        (
            "main-windows",
            "`external-builds/pytorch/ci_commit_pins/triton-windows.txt` holds `main-windows`, which is not a full commit",
        ),
    ] {
        forge.sandbox.write("therock/external-builds/pytorch/ci_commit_pins/triton-windows.txt", text);
        let said = forge.refused(3, &[&["--platform", "windows"], &all[..]].concat());
        let expected = format!("error: the commit of `triton` for `--ref nightly` is not known: {fault}\nhint: ");
        assert!(said.starts_with(&expected), "{said}");
    }
}

#[test]
fn what_is_not_asked_for_is_not_looked_for() {
    let forge = Forge::new();
    // No pins, no version, no other repository: torch alone needs none of them.
    let torch = forge.repository("ROCm/pytorch", "release/2.10", &[("x", "")]);
    let manifest = forge.locked(&["--ref", "release/2.10", "--only", "pytorch"]);
    let entry = json!({"repo": "https://github.com/ROCm/pytorch", "commit": torch, "branch": "release/2.10"});
    check_sources(&manifest, &json!({"schema_version": 1, "pytorch": entry}));
    assert!(!forge.sandbox.root().join("cache/therock-xtask").exists(), "nothing is fetched");
}

#[test]
fn one_file_holds_just_what_is_asked_for() {
    let forge = Forge::whole();
    let words =
        ["--rocm-version", "7.13.0", "--platform", "linux", "--pytorch-git-refs", "release/2.10", "--projects", "pytorch;triton"];
    let entry = |repository: &str, version: &str| json!({"repo": format!("https://github.com/{repository}"), "commit": forge.head(repository), "version": version});
    let torch = json!({
        "repo": "https://github.com/ROCm/pytorch",
        "commit": forge.head("ROCm/pytorch"),
        "branch": "release/2.10",
        "version": "2.10.0+rocm7.13.0",
    });
    let therock = json!({"repo": "https://github.com/ROCm/TheRock", "commit": COMMIT, "branch": "main", "version": "7.13.0"});
    let expected = json!({
        "schema_version": 1, "pytorch": torch, "triton": entry("ROCm/triton", "3.6.0+rocm7.13.0"), "therock": therock,
    });
    check_sources(&forge.locked(&[&words[..], &THEROCK].concat()), &expected);
    // The operator that `build` wants, and a suffix of one's own.
    let given = forge.locked(&[&words[2..], &["--rocm-sdk-version", "==7.13.0", "--version-suffix", "+mine"]].concat());
    assert_eq!((&given["rocm_sdk_version"], &given["pytorch"]["version"]), (&json!("7.13.0"), &json!("2.10.0+mine")));
    // What the build will be for is recorded where it is known.
    let known = forge.locked(&[&words[2..], &["--python", "3.13t", "--gfx", "gfx942,gfx120X-all"]].concat());
    assert_eq!(known["python_version"], json!("3.13t"));
    assert_eq!(
        (&known["amdgpu_family"], &known["gfx_targets"]),
        (&json!("gfx120X-all"), &json!(["gfx942", "gfx1200", "gfx1201"]))
    );
}

#[test]
fn pins_that_are_wrong() {
    let forge = Forge::whole();
    let other = format!("centos|pytorch|torchvision|x|{}|https://github.com/pytorch/vision\n", "5".repeat(40));
    let vision = forge.head("pytorch/vision");
    let advice = "hint: mend `related_commits` in torch's repository, or give another `--ref`\n";
    let not_known = |project: &str| format!("error: the commit of `{project}` for `--ref release/2.10` is not known: ");
    let only_ubuntu = forge.pins("ubuntu");
    let mut cases = Vec::new();
    cases.push((
        String::new(),
        "pytorch,pytorch_audio",
        format!(
            "{}`related_commits` has no row for `torchaudio`\n\
             hint: leave the project out (`--only` names what is wanted), or name its `--origin`\n",
            not_known("pytorch_audio")
        ),
    ));
    cases.push((
        "centos|src|torchaudio\n".to_owned(),
        "pytorch,pytorch_audio",
        format!(
            "{}Malformed related_commits line: `centos|src|torchaudio`: it has 3 of 6 fields\n{advice}",
            not_known("pytorch_audio")
        ),
    ));
    cases.push((
        format!("{only_ubuntu}{other}"),
        // Nobody asked for the project that they differ in.
        "pytorch,pytorch_audio",
        format!(
            "{}Conflicting related_commits entries for 'torchvision': {vision} of https://github.com/pytorch/vision and \
             5555555555555555555555555555555555555555 of https://github.com/pytorch/vision\n{advice}",
            not_known("pytorch_audio")
        ),
    ));
    for (pins, only, expected) in cases {
        forge.commit("ROCm/pytorch", &[(RELATED, &pins)]);
        assert_eq!(forge.refused(3, &["--ref", "release/2.10", "--only", only]), expected);
        // With torch alone nobody reads them.
        forge.locked(&["--ref", "release/2.10", "--only", "pytorch"]);
    }
}

#[test]
fn versions_that_are_wrong() {
    let forge = Forge::whole();
    let hint = "hint: without `--rocm-version` and `--version-suffix` no version is looked for\n";
    for (text, fault) in [
        ("", "`version.txt` holds ``, which is not a version without `+`"),
        ("2.10.0+cpu", "`version.txt` holds `2.10.0+cpu`, which is not a version without `+`"),
        ("2.10.0\nmore", "`version.txt` holds `2.10.0\u{fffd}more`, which is not a version without `+`"),
        ("\u{1b}[2J", "`version.txt` holds `\u{fffd}[2J`, which is not a version without `+`"),
    ] {
        forge.commit("ROCm/pytorch", &[("version.txt", text)]);
        let said = forge.refused(3, &["--ref", "release/2.10", "--only", "pytorch", "--rocm-version", "7.13.0"]);
        assert_eq!(said, format!("error: the version of `pytorch` for `--ref release/2.10` is not known: {fault}\n{hint}"));
        forge.locked(&["--ref", "release/2.10", "--only", "pytorch"]);
    }
    forge.git("ROCm/pytorch", &["rm", "--quiet", "version.txt"]);
    let torch = forge.commit("ROCm/pytorch", &[]);
    let said = forge.refused(3, &["--ref", "release/2.10", "--only", "pytorch", "--version-suffix", "+x"]);
    let fault = format!("there is no `version.txt` in {torch}, which tells its version");
    assert_eq!(said, format!("error: the version of `pytorch` for `--ref release/2.10` is not known: {fault}\n{hint}"));
}
