//! What is reused and what is built again, and the reason: each part of what wheels depend on, changed alone and with others.

use std::collections::{BTreeMap, BTreeSet};

use manifest::WheelName;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};
use xtask::plan::Plan;

use crate::plan::case::{base, job, merged, plan_of};

const ARGS: [&str; 3] = ["--python=3.12", "--ref=nightly", "--gfx=gfx942"];

const WHEELS: [&str; 5] = ["triton", "torch", "torchaudio", "torchvision", "apex"];

const KEYS: [&str; 5] = ["triton", "pytorch", "pytorch_audio", "pytorch_vision", "apex"];

/// What the wheels that are built with each one are.
const WITH: [&[&str]; 5] =
    [&WHEELS, &["torch", "torchaudio", "torchvision", "apex"], &["torchaudio"], &["torchvision"], &["apex"]];

fn file(project: &str) -> String {
    format!("{project}-1.0+rocm7.14.0a20260811-cp312-cp312-linux_x86_64.whl")
}

const TORCH_VERSION: &str = "1.0+rocm7.14.0a20260811";

fn sha256(at: usize) -> String {
    format!("{at}").repeat(64)
}

/// The nightly's machine, with compilers and one of the variables that builds inherit.
fn fresh() -> Value {
    let compiler = |path: &str, version: &str| json!({"path": path, "version": {"Ok": version}});
    let seen = base(
        "linux.json",
        json!({
            "host": {"env": {"CFLAGS": "-O2", "MAX_JOBS": "4", "LD_LIBRARY_PATH": "/opt/lib"}},
            "facts": {"tools": {"cc": compiler("/usr/bin/cc", "gcc 13.2.0"), "c++": compiler("/usr/bin/c++", "g++ 13.2.0")}},
        }),
    );
    merged(seen, rocm_set("d"))
}

/// The same after a build that ended well: its records, its wheels, and what it left in the environment.
fn built() -> Value {
    let plan = plan_of(&ARGS, fresh()).unwrap();
    let (mut records, mut wheels, mut states) = (Map::new(), Vec::new(), Map::new());
    for (at, (name, key)) in WHEELS.iter().zip(KEYS).enumerate() {
        let labels = WheelName::parse(&file(name)).unwrap().labels("release");
        let artifact =
            json!({"relative_path": file(name), "size_bytes": 7, "sha256": sha256(at), "source": key, "labels": labels});
        let record = json!({
            "project": key,
            "identity": "linux-x86_64, Python 3.12, nightly, gfx942",
            "wheel": {"key": job(&plan, name).key, "changes": [null, "what its build wrote"], "folder": "/home/me/w/dist", "artifact": artifact, "stamp": "s"},
            "seconds": 60.0,
            "when": "20261122T120000Z",
        });
        records.insert(key.to_owned(), record);
        states.insert(key.to_owned(), json!("intact"));
        wheels.push(file(name));
    }
    let installed = json!({"triton": "1.0", "torch": "1.0", "setuptools": "80.9.0", "wheel": "0.45.1", "build": "1.3.0"});
    let from = json!({"triton": sha256(0), "torch": sha256(1)});
    let patch = json!({"facts": {
        "records": {"jobs": records, "wheels": states},
        "output": {"wheels": wheels},
        "environment": {"what": {"python": {"distributions": installed, "installed_from": from}}},
    }});
    merged(fresh(), patch)
}

/// One change, the wheels that are built again because of it, and the reason of the first and of the others.
struct Change {
    patch: Value,
    args: &'static [&'static str],
    from: usize,
    first: &'static str,
    others: [&'static str; 4],
}

/// The wheels that are built with triton, and those that are built with torch, changed.
const TRITON: [&str; 4] = ["rebuilt: the triton that it is built with changed", TORCH[0], TORCH[1], TORCH[2]];
const TORCH: [&str; 4] = ["rebuilt: the torch that it is built with changed"; 4];

fn all(text: &'static str) -> [&'static str; 4] {
    [text; 4]
}

fn change(patch: Value, from: usize, first: &'static str, others: [&'static str; 4]) -> Change {
    Change { patch, args: &[], from, first, others }
}

fn with(args: &'static [&'static str], from: usize, first: &'static str, others: [&'static str; 4]) -> Change {
    Change { args, ..change(json!({}), from, first, others) }
}

fn everything(patch: Value, reason: &'static str) -> Change {
    change(patch, 0, reason, all(reason))
}

fn python(patch: &Value) -> Value {
    json!({"facts": {"environment": {"what": {"python": patch}}}})
}

fn git(project: &str, patch: &Value) -> Value {
    json!({"facts": {"checkouts": {project: {"git": patch}}}})
}

fn record(project: &str, patch: &Value) -> Value {
    json!({"facts": {"records": {"jobs": {project: patch}}}})
}

fn wheel(project: &str, state: &str) -> Value {
    json!({"facts": {"records": {"wheels": {project: state}}}})
}

const ROCM: &str = "rebuilt: ROCm 7.14.0a20260811 -> 7.14.0a20260812";

const GFX: &str = "rebuilt: gfx targets changed gfx942 -> gfx942,gfx1201";

/// The ROCm packages were installed from a file with this hash.
fn rocm_set(digit: &str) -> Value {
    let set = json!({"asked": "rocm", "distributions": {"rocm": "7.14.0a20260811"}, "sha256": {"rocm": digit.repeat(64)}});
    json!({"facts": {"environment": {"what": {"rocm_set": set}}}})
}

/// Each part of what a wheel depends on, changed alone.
fn changes() -> Vec<Change> {
    let other = "9".repeat(40);
    let moved = json!({"lock": {"pytorch_audio": {"commit": other}}, "checkouts": {"pytorch_audio": {"git": {"head": other, "upstream": other}}}});
    vec![
        everything(python(&json!({"version": "3.12.12"})), "rebuilt: Python 3.12.11 -> 3.12.12"),
        everything(python(&json!({"base_prefix": "/opt/python"})), "rebuilt: interpreter `/usr` -> `/opt/python`"),
        everything(
            python(&json!({"distributions": {"rocm-sdk-profiler": "7.14.0"}})),
            "rebuilt: package `rocm-sdk-profiler` is new",
        ),
        everything(json!({"facts": {"rocm": {"what": {"package_version": "7.14.0a20260812"}}}}), ROCM),
        everything(
            json!({"facts": {"rocm": {"what": {"sdk_version": "7.14.0"}}}}),
            "rebuilt: ROCm SDK 7.14.0a20260811 -> 7.14.0",
        ),
        everything(rocm_set("e"), "rebuilt: package `rocm` changed"),
        everything(
            json!({"facts": {"tools": {"cc": {"version": {"Ok": "gcc 14.1.0"}}}}}),
            "rebuilt: compiler `cc` `gcc 13.2.0` -> `gcc 14.1.0`",
        ),
        everything(json!({"host": {"env": {"CFLAGS": "-O3"}}}), "rebuilt: inherited variable `CFLAGS` `-O2` -> `-O3`"),
        everything(json!({"host": {"env": {"CFLAGS": null}}}), "rebuilt: inherited variable `CFLAGS` is gone"),
        everything(json!({"host": {"env": {"USE_XNNPACK": "0"}}}), "rebuilt: inherited variable `USE_XNNPACK` is new"),
        everything(json!({"host": {"env": {"DEBUG": "1"}}}), "rebuilt: inherited variable `DEBUG` is new"),
        everything(json!({"host": {"env": {"GCC_EXEC_PREFIX": "/x/"}}}), "rebuilt: inherited variable `GCC_EXEC_PREFIX` is new"),
        change(json!({"facts": moved}), 2, "rebuilt: commit 2a2b3c4d5e6f -> 999999999999", all("")),
        change(git("triton", &json!({"changes": "an edit"})), 0, "rebuilt: its sources were changed", TRITON),
        change(
            git("pytorch", &json!({"changes": "an edit", "last_changed": "third party/x\u{1b}.cpp"})),
            1,
            "rebuilt: its sources were changed, last `third party/x\\u{1b}.cpp`",
            TORCH,
        ),
        change(
            git("apex", &json!({"changes": "an edit", "last_changed": "setup.py"})),
            4,
            "rebuilt: its sources were changed, last `setup.py`",
            all(""),
        ),
        with(&["--env=torchvision:MY_SWITCH=1"], 3, "rebuilt: variable `MY_SWITCH` is new", all("")),
        with(&["--env=pytorch:USE_GLOO=OFF"], 1, "rebuilt: variable `USE_GLOO` `ON` -> `OFF`", TORCH),
        with(&["--gfx=gfx1201"], 0, GFX, all(GFX)),
        with(&["--rebuild=pytorch_vision"], 3, "rebuilt: `--rebuild` says so", all("")),
        with(&["--rebuild=torch"], 1, "rebuilt: `--rebuild` says so", all("rebuilt: torch is built again")),
        with(&["--restart"], 0, "rebuilt: `--restart` says so", all("rebuilt: `--restart` says so")),
    ]
}

/// A change, the arguments with it, and the one wheel that is built because of it, with its reason.
type Alone = (Value, &'static [&'static str], Option<(&'static str, &'static str)>);

/// A build that ended so.
fn last(ended: &Value) -> Value {
    json!({"sources": "/home/me/w/build/src/apex", "configured": {}, "ended": ended})
}

/// What is no change, and what is one of a single wheel's file or record: nothing that is built with it is built again.
fn alone() -> Vec<Alone> {
    vec![
        (json!({}), &[], None),
        (git("pytorch", &json!({"changes": "what its build wrote"})), &[], None),
        (json!({"host": {"env": {"MAX_JOBS": "9", "MAKEFLAGS": "-j9", "SOURCE_DATE_EPOCH": "1", "BUILD_URL": "x"}}}), &[], None),
        (json!({"host": {"env": {"PATH": "/elsewhere", "LD_LIBRARY_PATH": "/other", "TMPDIR": "/scratch"}}}), &[], None),
        (json!({"host": {"env": {"PYTORCH_TOKEN": "secret", "EDITOR": "vi"}}}), &[], None),
        (json!({"host": {"cpus": 2}}), &["--use-ccache", "--jobs=3", "--pip-cache-dir=/pip", "--clean"], None),
        (wheel("pytorch", "damaged"), &[], Some(("torch", "rebuilt: its wheel no longer has its recorded hash"))),
        (
            wheel("triton", "gone"),
            &["--output-dir=elsewhere"],
            Some(("triton", "rebuilt: its last wheel was put into `/home/me/w/dist`")),
        ),
        (wheel("pytorch", "gone"), &[], Some(("torch", "rebuilt: its wheel is gone"))),
        (
            record("triton", &json!({"wheel": {"key": null}})),
            &[],
            Some(("triton", "rebuilt: an earlier run was to build it again, and ended before")),
        ),
        (
            record(
                "triton",
                &json!({"wheel": {"key": null}, "last": last(&json!({"failed": "importing triton exited\u{1b} with 1"}))}),
            ),
            &[],
            Some(("triton", "rebuilt: its last build failed: importing triton exited\u{fffd} with 1")),
        ),
        (
            record("apex", &json!({"wheel": null, "last": last(&json!("interrupted"))})),
            &[],
            Some(("apex", "built: its last build was interrupted")),
        ),
        (
            record("apex", &json!({"wheel": null, "last": last(&json!("out-of-time"))})),
            &[],
            Some(("apex", "built: its last build was stopped by `--time-budget`")),
        ),
        (
            record("apex", &json!({"wheel": null, "last": last(&json!("timed-out"))})),
            &[],
            Some(("apex", "built: its last build was stopped by `--stage-timeout`")),
        ),
        (
            record("apex", &json!({"wheel": {"key": {"commands": "sha256:0"}}})),
            &[],
            Some(("apex", "rebuilt: its commands changed")),
        ),
        (record("apex", &json!({"wheel": null})), &[], Some(("apex", "built: never built here"))),
        (json!({"facts": {"records": {"jobs": {"pytorch": null}}}}), &[], Some(("torch", "built: never built here"))),
        (
            json!({"facts": {"records": {"jobs": {"apex": null}, "unreadable": {"apex": "`x` is empty"}}}}),
            &[],
            Some(("apex", "rebuilt: its record cannot be read: `x` is empty")),
        ),
        (
            json!({"facts": {"records": {"jobs": {"apex": null}, "unreadable": {"apex": "`x` is empty"}}, "output": {"wheels": []}}}),
            &[],
            Some(("apex", "built: its record cannot be read: `x` is empty")),
        ),
        (
            record("apex", &json!({"identity": "another"})),
            &["--clean"],
            Some(("apex", "rebuilt: the recorded wheel is that of another build (another)")),
        ),
    ]
}

fn decisions(plan: &Plan) -> BTreeMap<String, String> {
    let jobs = plan.build.iter().filter_map(|job| Some((job.name.0.clone(), job.decision.as_ref()?.to_string())));
    jobs.collect()
}

/// The plan once these changes were made one after another.
fn replan(patches: &[&Value], args: &[&str]) -> Plan {
    let seen = patches.iter().fold(built(), |seen, patch| merged(seen, (*patch).clone()));
    plan_of(&[&ARGS, args].concat(), seen).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn reused() -> BTreeMap<String, String> {
    WHEELS.iter().map(|name| ((*name).to_owned(), "reused: nothing changed".to_owned())).collect()
}

#[test]
fn each_part_changed_alone_rebuilds_what_depends_on_it() {
    for Change { patch, args, from, first, others } in changes() {
        let mut expected = reused();
        for (reason, name) in [first].iter().chain(&others).zip(WITH[from]) {
            expected.insert((*name).to_owned(), (*reason).to_owned());
        }
        assert_eq!(decisions(&replan(&[&patch], args)), expected, "{patch} {args:?}");
    }
}

#[test]
fn what_has_no_effect_is_no_change_and_a_lost_wheel_is_no_other() {
    for (patch, args, rebuilt) in alone() {
        let mut expected = reused();
        expected.extend(rebuilt.map(|(name, reason)| (name.to_owned(), reason.to_owned())));
        let plan = replan(&[&patch], args);
        assert_eq!(decisions(&plan), expected, "{patch} {args:?}");
        let built: BTreeSet<&str> = plan.built().filter(|job| job.project.is_some()).map(|job| job.name.0.as_str()).collect();
        assert_eq!(built, rebuilt.iter().map(|(name, _)| *name).collect(), "{patch}");
        // Where nothing is built nothing is done, not even by a compiler cache.
        assert_eq!(plan.built().next().is_some() || !plan.finally.is_empty(), rebuilt.is_some(), "{patch}");
    }
}

#[test]
fn wheels_that_are_reused_are_installed_for_those_that_are_built() {
    let lost = json!({"facts": {"environment": {"what": {"python": {"installed_from": {"torch": sha256(9)}}}}}});
    let both = json!({"facts": {"environment": {"what": {"python": {"installed_from": {"torch": "none", "triton": "none"}}}}}});
    let edited = git("apex", &json!({"changes": "an edit"}));
    for (patch, jobs) in [
        (json!({}), vec!["apex"]),
        (lost, vec!["install-torch", "apex"]),
        (both, vec!["install-triton", "install-torch", "apex"]),
        (json!({"facts": {"environment": {"what": {"interrupted": ["triton"]}}}}), vec!["install-triton", "apex"]),
        // What torch's build would have installed is needed, too.
        (
            json!({"facts": {"environment": {"what": {"python": {"distributions": {"setuptools": null}}}}}}),
            vec!["install-torch", "apex"],
        ),
    ] {
        let plan = replan(&[&edited, &patch], &[]);
        let names: Vec<&str> = plan.built().map(|job| job.name.0.as_str()).collect();
        assert_eq!(names, jobs);
        // Each waits for the one before, and the one wheel that is built has all compilers.
        for pair in names.windows(2) {
            assert!(job(&plan, pair[1]).waits_for.iter().any(|name| name.0 == pair[0]), "{pair:?}");
        }
        assert_eq!(crate::plan::case::environment(&plan, "apex")["MAX_JOBS"], "4");
    }
}

/// The torch of the output, built by an earlier request, counts as if this one had built it.
#[test]
fn a_wheel_alone_is_reused_and_built_against_the_recorded_torch() {
    let manifest = json!({
        "identity": {"Ok": "linux-x86_64, Python 3.12, nightly, gfx942"},
        "wheels": WHEELS.map(file),
    });
    let listed = json!({"facts": {"output": {"manifests": {"therock-manifest_torch_py3.12_nightly.json": manifest}}}});
    let version = |from: String| python(&json!({"distributions": {"torch": TORCH_VERSION}, "installed_from": {"torch": from}}));
    for (patch, args, jobs) in [
        (version(sha256(1)), &[][..], &[][..]),
        (version(sha256(9)), &[], &[]),
        (version(sha256(1)), &["--rebuild=pytorch_audio"], &["torchaudio"]),
        (version(sha256(9)), &["--rebuild=pytorch_audio"], &["install-torch", "torchaudio"]),
    ] {
        let plan = replan(&[&listed, &patch], &[&["--only=pytorch_audio"], args].concat());
        let names: Vec<&str> = plan.built().map(|job| job.name.0.as_str()).collect();
        assert_eq!(names, jobs, "{patch} {args:?} {:?}", decisions(&plan));
    }
}

/// A torch that nobody built here is known by its version alone.
#[test]
fn another_version_of_a_torch_from_elsewhere_is_a_change() {
    let only = ["--only=pytorch_audio"];
    let version = |version: &str| python(&json!({"distributions": {"torch": version}}));
    let forgotten = json!({"facts": {"records": {"jobs": {"pytorch": null}}}});
    let before = merged(merged(built(), forgotten), version("2.0"));
    let plan = plan_of(&[&ARGS[..], &only].concat(), before.clone()).unwrap();
    let before = merged(before, record("pytorch_audio", &json!({"wheel": {"key": job(&plan, "torchaudio").key}})));
    for (patch, decision) in
        [(version("2.0"), "reused: nothing changed"), (version("2.1"), "rebuilt: the torch that it is built with changed")]
    {
        let plan = plan_of(&[&ARGS[..], &only].concat(), merged(before.clone(), patch)).unwrap();
        assert_eq!(decisions(&plan), [("torchaudio".to_owned(), decision.to_owned())].into());
    }
}

#[test]
fn secrets_do_not_reach_a_key() {
    let patch =
        json!({"host": {"env": {"CFLAGS": format!("-DX={}", "y".repeat(300)), "TORCH_URL": "https://me:pass-word@host/x"}}});
    let plan = replan(&[&patch], &["--env=PYTORCH_TOKEN=very-secret", "--env=INDEX=https://you:hidden-word@host/x"]);
    for name in WHEELS {
        let text = format!("{:?}", job(&plan, name).key);
        assert!(!text.contains("pass-word") && !text.contains("secret") && !text.contains("hidden-word"), "{text}");
        assert!(!text.contains("yyyyyyyyyyyyyyyy") && text.contains("variable CFLAGS\": \"sha256:"), "{text}");
    }
}

#[test]
fn a_build_folder_is_kept_unless_it_is_of_something_else() {
    let last = |rocm: &str, ended: &str| {
        let configured = json!({
            "Python": "3.12.11", "interpreter": "/usr", "gfx targets": "gfx942", "ROCm": rocm, "ROCm SDK": "7.14.0a20260811",
        });
        json!({"facts": {
            "checkouts": {"apex": {"present": ["build", "pyproject.toml", "setup.py"]}},
            "records": {"last": {"apex": {"sources": "/home/me/w/build/src/apex", "configured": configured, "ended": ended}}},
        }})
    };
    let unknown = json!({"facts": {"checkouts": {"apex": {"present": ["build", "pyproject.toml", "setup.py"]}}}});
    let (same, other) = ("7.14.0a20260811", "7.13.0");
    let moved = "removing the build folder: ROCm 7.13.0 -> 7.14.0a20260811";
    let kept = "build folder kept: `--clean` cleans before a first attempt, and the last one did not end well";
    for (args, patch, step, why) in [
        (&[][..], last(same, "well"), None, false),
        (&[], last(same, "interrupted"), None, false),
        (&[], last(other, "interrupted"), Some(moved), false),
        (&[], unknown, Some("removing the build folder: no record says what it was configured for"), false),
        (&["--clean"], last(same, "well"), Some("removing the build folder"), false),
        (&["--clean"], last(same, "interrupted"), None, true),
        (&["--clean"], last(other, "interrupted"), Some(moved), false),
        (&["--clean"], json!({}), Some("removing the build folder"), false),
    ] {
        let plan = replan(&[&patch], &[&["--rebuild=apex"], args].concat());
        let apex = job(&plan, "apex");
        let purposes = apex.steps.iter().map(|step| step.purpose.as_str());
        assert_eq!(purposes.into_iter().find(|purpose| purpose.contains("build folder")), step, "{args:?} {patch}");
        assert_eq!(apex.why.iter().any(|text| text == kept), why, "{args:?} {patch}");
    }
}

/// The same value with the entries of every object turned round.
fn turned(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().rev().map(|(name, value)| (name, turned(value))).collect(),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(2547), ..ProptestConfig::with_cases(64) })]

    /// Several changes rebuild what each of them does, each wheel for the reason of one of them; the order in which things were seen is none.
    #[test]
    fn changes_add_up(chosen in prop::collection::btree_set(0..changes().len(), 0..5), harmless in 0..6_usize) {
        let (mut seen, mut args) = (merged(built(), alone().swap_remove(harmless).0), Vec::new());
        let mut expected: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (_, change) in changes().into_iter().enumerate().filter(|(at, _)| chosen.contains(at)) {
            seen = merged(seen, change.patch);
            args.extend(change.args);
            for (reason, name) in [change.first].iter().chain(&change.others).zip(WITH[change.from]) {
                expected.entry(name).or_default().push(reason);
            }
        }
        let plan = plan_of(&[&ARGS, args.as_slice()].concat(), seen.clone()).unwrap();
        prop_assert_eq!(&decisions(&plan), &decisions(&plan_of(&[&ARGS, args.as_slice()].concat(), turned(seen)).unwrap()));
        for (name, decision) in decisions(&plan) {
            match expected.get(name.as_str()) {
                Some(reasons) => prop_assert!(decision.starts_with("rebuilt: ") && (reasons.contains(&decision.as_str()) || decision.contains("is built with changed")), "{name}: {decision}"),
                None => prop_assert_eq!(decision, "reused: nothing changed"),
            }
        }
    }
}
