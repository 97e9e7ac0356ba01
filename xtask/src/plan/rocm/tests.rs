//! What pip is asked for, when, and what is said of what it gave.

use super::*;
use crate::host::Platform;
use crate::plan::check::fixture::{facts, host, is_ready, lines, ready, request, told};
use crate::request::DEFAULT_INDEX;

/// An SDK in one version.
const SDK: [(&str, &str); 5] = [
    ("rocm", "7.14.0"),
    ("rocm-sdk-core", "7.14.0"),
    ("rocm-sdk-libraries", "7.14.0"),
    ("rocm-sdk-devel", "7.14.0"),
    ("rocm-sdk-device-gfx942", "7.14.0"),
];

const ASKED: &str = "rocm[libraries,devel,device-gfx942]>1.0 --pre --index-url https://h/simple";

/// The job of a request for gfx942 from `https://h/simple`, as `build` or `install-rocm` makes it.
fn plan(command: &str, facts: &Facts) -> Result<Job, Vec<String>> {
    let host = host(Platform::Linux);
    let request = request(&host, &format!("{command} --gfx gfx942 --index-url https://u:secret-pw@h/simple"));
    match job(&request, &host, facts) {
        Ok(job) => Ok(job.unwrap()),
        Err(problems) => Err(told(&problems)),
    }
}

fn with(ready: Ready) -> Facts {
    Facts { environment: is_ready(ready), rocm: RocmState::Absent, ..facts() }
}

#[test]
fn the_packages_are_installed() {
    let job = plan("install-rocm", &facts()).unwrap();
    assert_eq!(job.name.0, "rocm");
    assert_eq!(job.waits_for.iter().map(ToString::to_string).collect::<Vec<_>>(), ["python"]);
    assert_eq!(job.why, ["the environment is new"]);
    let py = "[/w] /w/build/py3.12/venv/bin/python";
    let notes = "/w/build/py3.12/venv/.therock-xtask";
    let expected = [
        format!("{py} -m pip cache remove rocm Tolerated Never"),
        format!(
            "[/w] PIP_REPORT={notes}/report.json /w/build/py3.12/venv/bin/python -m pip install --force-reinstall --pre --index-url \
             https://u:secret-pw@h/simple rocm[libraries,devel,device-gfx942]>1.0 Fatal Network"
        ),
        format!(
            "CheckRocm(CheckRocm {{ python: \"/w/build/py3.12/venv/bin/python\", distributions: [\"rocm\", \"rocm-sdk-core\", \
             \"rocm-sdk-libraries\", \"rocm-sdk-devel\", \"rocm-sdk-device-gfx942\"], asked: \"{ASKED}\", record: \"{notes}/rocm.json\", \
             report: \"{notes}/report.json\" }})"
        ),
        format!("{py} -m rocm_sdk version"),
        format!("{py} -m rocm_sdk path --root"),
    ];
    assert_eq!(lines(&job), expected);
}

#[test]
fn pip_gets_its_arguments_in_order() {
    let commands = |words: &str| {
        let host = host(Platform::Windows);
        let job = job(&request(&host, &format!("install-rocm {words}")), &host, &facts()).unwrap().unwrap();
        let pip = lines(&job).into_iter().filter_map(|line| Some(line.split_once("-m pip ")?.1.to_owned()));
        pip.collect::<Vec<_>>()
    };
    let index = format!("--index-url {DEFAULT_INDEX}");
    let cases = [
        (
            "",
            "cache remove rocm Tolerated Never".to_owned(),
            format!("install --force-reinstall --pre {index} rocm[libraries,devel]>1.0 Fatal Network"),
        ),
        (
            "--no-pre --index-url=https://h/i --find-links https://h/l --pip-cache-dir cache --rocm-sdk-version ==7.10.0 --rocm-extras \
             device-gfx942,device-gfx1201",
            "cache remove rocm --cache-dir C:\\w\\cache Tolerated Never".to_owned(),
            "install --force-reinstall --index-url https://h/i --find-links https://h/l --cache-dir C:\\w\\cache \
             rocm[libraries,devel,device-gfx942,device-gfx1201]==7.10.0 Fatal Network"
                .to_owned(),
        ),
        (
            "--rocm-sdk-version= --find-links sdk --index-url=",
            "cache remove rocm Tolerated Never".to_owned(),
            "install --force-reinstall --pre --find-links C:\\w\\sdk rocm[libraries,devel] Fatal Network".to_owned(),
        ),
    ];
    for (words, purge, install) in cases {
        assert_eq!(commands(words), [purge, install]);
    }
}

#[test]
fn the_decision_has_its_reason() {
    let has = "`/v` has ROCm 7.14.0";
    let lacking = |name: &str| {
        let kept: Vec<(&str, &str)> = SDK.into_iter().filter(|(known, _)| *known != name).collect();
        with(ready("/v", &kept))
    };
    let asked_before = |asked: &str, version: &str| {
        let mut ready = ready("/v", &SDK);
        let distributions = SDK.map(|(name, _)| (name.to_owned(), version.to_owned())).into();
        ready.rocm_set = Some(RocmSet { asked: asked.to_owned(), distributions, sha256: BTreeMap::new() });
        with(ready)
    };
    let interrupted = || {
        let mut ready = ready("/v", &SDK);
        ready.interrupted.insert("rocm".to_owned());
        with(ready)
    };
    let broken = Facts { rocm: RocmState::Broken("`version` exited with 1".to_owned()), ..with(ready("/v", &SDK)) };
    let leave = |why: &str| (false, format!("{has}{why}"));
    let install = |why: &str| (true, why.to_owned());
    let cases = [
        ("build", with(ready("/v", &SDK)), leave(", which is what is asked for")),
        ("build --rocm-sdk-version ==7.14.0", with(ready("/v", &SDK)), leave(", which is what is asked for")),
        ("build --rocm-sdk-version=", with(ready("/v", &SDK)), leave(", which is what is asked for")),
        ("build", with(ready("/v", &[])), install("no ROCm SDK is installed")),
        ("build", lacking("rocm-sdk-devel"), install("`rocm-sdk-devel` is not installed")),
        (
            "build",
            lacking("rocm-sdk-device-gfx942"),
            install("`rocm-sdk-device-gfx942` is not installed; no package of its kind is"),
        ),
        (
            "build --rocm-sdk-version ~=7.15.0",
            with(ready("/v", &SDK)),
            install("`rocm` 7.14.0 is installed, but `~=7.15.0` is asked for"),
        ),
        ("build", interrupted(), install("an installation of the ROCm packages was interrupted")),
        ("build", broken, install("the installed ROCm SDK does not answer: `version` exited with 1")),
        ("build", with(ready("/v", &[("rocm", "0.1.0")])), install("`rocm` 0.1.0 is a placeholder without an SDK")),
        ("build --install-rocm", with(ready("/v", &SDK)), install("it is asked for")),
        ("install-rocm", with(ready("/v", &SDK)), install("it is asked for")),
        (
            "build --install-rocm",
            asked_before(ASKED, "7.14.0"),
            leave(": the same was installed on demand before, and it is intact"),
        ),
        ("install-rocm", asked_before(ASKED, "7.14.0"), leave(": the same was installed on demand before, and it is intact")),
        ("install-rocm", asked_before(ASKED, "7.13.0"), install("it is asked for")),
        ("install-rocm", asked_before("rocm[libraries,devel]>1.0 --pre", "7.14.0"), install("it is asked for")),
        ("build --no-install-rocm", with(ready("/v", &SDK)), leave(", and `--no-install-rocm` is given")),
        ("build --no-install-rocm", lacking("rocm-sdk-device-gfx942"), leave(", and `--no-install-rocm` is given")),
    ];
    for (command, facts, (installs, why)) in cases {
        let job = plan(command, &facts).unwrap();
        assert_eq!((job.steps.len() > 1, &job.why[..]), (installs, &[why][..]), "{command}");
        assert_eq!(job.waits_for, []);
    }
}

#[test]
fn packed_development_files_are_unpacked() {
    let packed = Facts { rocm: RocmState::Packed, ..with(ready("/v", &SDK)) };
    for command in ["build", "build --no-install-rocm"] {
        assert_eq!(lines(&plan(command, &packed).unwrap()), ["[/w] /v/bin/python -m rocm_sdk path --root"]);
    }
}

#[test]
fn what_is_forbidden_must_not_be_needed() {
    let mut interrupted = ready("/v", &SDK);
    interrupted.interrupted.insert("rocm".to_owned());
    let broken = Facts { rocm: RocmState::Broken("`version` exited with 1".to_owned()), ..with(ready("/v", &SDK)) };
    let cases = [
        (facts(), "/w/build/py3.12/venv", "it is a new environment"),
        (with(ready("/v", &[])), "/v", "no ROCm SDK is installed"),
        (with(ready("/v", &[("rocm", "0.1.0")])), "/v", "`rocm` 0.1.0 is a placeholder without an SDK"),
        (with(interrupted), "/v", "an installation of the ROCm packages was interrupted"),
        (broken, "/v", "the installed ROCm SDK does not answer: `version` exited with 1"),
    ];
    for (facts, prefix, cause) in cases {
        let expected = format!(
            "`--no-install-rocm` is given, but `{prefix}` has no ROCm SDK that can be used: {cause}\n\
             hint: leave `--no-install-rocm` out, or name an environment that has one with `--venv`"
        );
        assert_eq!(plan("build --no-install-rocm", &facts).unwrap_err(), [expected]);
    }
}

#[test]
fn python_comes_first() {
    let host = host(Platform::Linux);
    let request = request(&host, "install-rocm");
    let broken = Facts { environment: EnvironmentState::Broken(String::new()), ..facts() };
    assert_eq!(job(&request, &host, &broken), Ok(None));
    assert_eq!(job(&request, &host, &Facts::default()), Ok(None));
}

#[test]
fn hashes_are_those_of_the_set() {
    let sha256 = "a".repeat(64);
    let entry = |name: &str, version: &str, hash: &str| {
        serde_json::json!({
            "metadata": {"name": name, "version": version},
            "download_info": {"archive_info": {"hashes": {"sha256": hash}}},
        })
    };
    let entries = [
        entry("rocm", "7.14.0", &sha256),
        entry("ROCm_SDK.core", "7.14.0", &sha256),
        entry("rocm-sdk-devel", "7.13.0", &sha256),
        entry("rocm-sdk-libraries", "7.14.0", "md5"),
        entry("numpy", "2.0", &sha256),
        serde_json::json!({"metadata": {"name": "rocm"}}),
        serde_json::json!({
            "metadata": {"name": "rocm-sdk-device-gfx942", "version": "7.14.0"},
            "download_info": {"archive_info": {"hash": format!("sha256={sha256}")}},
        }),
    ];
    let installed = ["rocm", "rocm-sdk-core", "rocm-sdk-devel", "rocm-sdk-device-gfx942", "rocm-sdk-libraries"];
    let installed = installed.map(|name| (name.to_owned(), "7.14.0".to_owned())).into();
    let report = serde_json::json!({"version": "1", "install": entries}).to_string();
    let expected = ["rocm", "rocm-sdk-core", "rocm-sdk-device-gfx942"].map(|name| (name.to_owned(), sha256.clone()));
    assert_eq!(hashes(&report, &installed), expected.into());
    for report in ["", "[]", "{", r#"{"install": 1}"#] {
        assert_eq!(hashes(report, &installed), BTreeMap::new(), "{report}");
    }
}

#[test]
fn a_set_is_checked() {
    let wanted: Vec<String> = SDK.map(|(name, _)| name.to_owned()).to_vec();
    let installed = |changes: &[(&str, &str)]| {
        let mut all: BTreeMap<String, String> = SDK.map(|(name, version)| (name.to_owned(), version.to_owned())).into();
        for (name, version) in changes {
            all.remove(*name);
            if !version.is_empty() {
                all.insert(name.to_string(), version.to_string());
            }
        }
        all
    };
    let set = check_set(&installed(&[("torch", "2.13.0"), ("rocm-sdk-device-gfx1100", "7.13.0")]), &wanted, "rocm").unwrap();
    assert_eq!(set, RocmSet { asked: "rocm".to_owned(), distributions: installed(&[]), sha256: BTreeMap::new() });
    assert!(check_set(&installed(&[("rocm", "7.14")]), &wanted, "rocm").is_ok(), "`7.14` is `7.14.0`");

    let index = "name an index that has all ROCm packages of one version with `--index-url`";
    let dropped = "pip silently drops an extra that `rocm` does not have: choose targets that the index has with `--gfx`, or name the extras \
                   with `--rocm-extras`";
    let placeholder = "name ROCm's own index with `--index-url`; where it is only an `--extra-index-url` of pip's configuration, the \
                       placeholder may win";
    type Changes = &'static [(&'static str, &'static str)];
    let cases: [(Changes, Vec<String>); 5] = [
        (
            &[("rocm-sdk-device-gfx942", ""), ("rocm-sdk-device-gfx1100", "7.14.0"), ("rocm-sdk-device-gfx1201", "7.14.0")],
            vec![format!(
                "`rocm-sdk-device-gfx942` is not installed; of its kind there are `rocm-sdk-device-gfx1100`, `rocm-sdk-device-gfx1201`\n\
                 hint: {dropped}"
            )],
        ),
        (
            &[("rocm-sdk-device-gfx942", ""), ("rocm-sdk-devel", "")],
            vec![
                format!("`rocm-sdk-devel` is not installed\nhint: {index}"),
                format!("`rocm-sdk-device-gfx942` is not installed; no package of its kind is\nhint: {dropped}"),
            ],
        ),
        (
            &[("rocm", "0.1.0"), ("rocm-sdk-core", "0.1.0"), ("rocm-sdk-devel", ""), ("rocm-sdk-libraries", "")],
            vec![
                format!("`rocm` 0.1.0 is a placeholder without an SDK\nhint: {placeholder}"),
                format!("`rocm-sdk-core` 0.1.0 is a placeholder without an SDK\nhint: {placeholder}"),
            ],
        ),
        (
            &[("rocm-sdk-core", "7.14.0a20260101")],
            vec![
                "the ROCm packages are of several versions: `rocm` 7.14.0, `rocm-sdk-core` 7.14.0a20260101, `rocm-sdk-devel` 7.14.0, \
                 `rocm-sdk-device-gfx942` 7.14.0, `rocm-sdk-libraries` 7.14.0\n\
                 hint: name one version with `--rocm-sdk-version`, and an index that has all of it"
                    .to_owned(),
            ],
        ),
        (&[("rocm", "")], vec![format!("`rocm` is not installed\nhint: {index}")]),
    ];
    for (changes, expected) in cases {
        assert_eq!(told(&check_set(&installed(changes), &wanted, "rocm").unwrap_err()), expected);
    }
}

#[test]
fn distributions_are_named_as_pip_compares_them() {
    let host = host(Platform::Linux);
    let names = |words: &str| distributions(&request(&host, &format!("install-rocm {words}")).rocm)[4..].to_vec();
    assert_eq!(names("--gfx gfx942,gfx1201"), ["rocm-sdk-device-gfx942", "rocm-sdk-device-gfx1201"]);
    assert_eq!(names("--rocm-extras device-GFX94X_all,profiler"), ["rocm-sdk-device-gfx94x-all"]);
    assert_eq!(names("--rocm-extras="), [""; 0]);
    assert!(is_rocm("rocm") && is_rocm("rocm-sdk-devel") && !is_rocm("rocm-docs") && !is_rocm("torch"));
}
