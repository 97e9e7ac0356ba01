//! What cannot be planned: every message in full.

use serde_json::{Value, json};
use xtask::request::Problem;

use crate::plan::case::{base, plan_of};

fn refused(machine: &str, args: &[&str], patch: Value) -> Vec<(String, String)> {
    let args = [&["--python=3.12", "--ref=nightly", "--gfx=gfx942"], args].concat();
    let told = |Problem { text, hint }| (text, hint.unwrap_or_default());
    plan_of(&args, base(machine, patch)).unwrap_err().into_iter().map(told).collect()
}

#[test]
fn every_refusal() {
    let checkouts = |patch: Value| json!({"facts": {"checkouts": patch}});
    let rocm = |patch: Value| json!({"facts": {"rocm": {"what": patch}}});
    let src = "/home/me/w/build/src";
    let commit = "6fe895f6b494b2ffc688e1e552dc2d4a8b5ae3b3";
    let rows: Vec<(&str, &[&str], Value, String, &str)> = vec![
        (
            "linux.json",
            &["--only=pytorch"],
            json!({"host": {"env": {"MAX_JOBS": "many"}}}),
            "variable `MAX_JOBS` is not a positive number: `many`".to_owned(),
            "unset it, or say how many compilers may run at once with `--jobs`",
        ),
        (
            "linux.json",
            &["--only=pytorch"],
            rocm(json!({"package_version": "1!7.0"})),
            "no version suffix can be derived: ROCm version `1!7.0` cannot be named in a wheel's version: after parsing \
             `0+rocm1`, found `!7.0`, which is not part of a valid version"
                .to_owned(),
            "name it with `--version-suffix`",
        ),
        (
            "linux.json",
            &["--only=pytorch_audio,pytorch"],
            rocm(json!({"present": ["lib/host-math"]})),
            "the ROCm SDK has no folder `/sdk/lib/rocm_sysdeps`, whose libraries the wheels are compiled with".to_owned(),
            "install the `devel` package of this ROCm completely: `--install-rocm`",
        ),
        (
            "linux.json",
            &["--only=triton"],
            checkouts(json!({"triton": {"texts": {"build_env.json": "{\"A\": 1}"}}})),
            format!("`{src}/triton/build_env.json` is not an object of texts: invalid type: integer `1`, expected a string at line 1 column 7"),
            "it must look like `{\"TRITON_WHEEL_VERSION_SUFFIX\": \"\"}`",
        ),
        (
            "linux.json",
            &["--only=triton"],
            checkouts(json!({"triton": {"present": []}})),
            format!("the sources of triton in `{src}/triton` have no `setup.py`, neither there nor in `python`"),
            "is `/home/me/w/build/src/triton` a checkout of triton? Otherwise name one with `--triton-dir`",
        ),
        (
            "linux.json",
            &["--only=pytorch,pytorch_vision"],
            checkouts(json!({"pytorch_vision": {"texts": {"version.txt": " "}}})),
            format!("the sources of torchvision in `{src}/pytorch_vision` have no version: there is no text in `version.txt`"),
            "is `/home/me/w/build/src/pytorch_vision` a checkout of torchvision? Otherwise name one with `--pytorch-vision-dir`",
        ),
        (
            "linux.json",
            &["--only=pytorch,pytorch_vision"],
            checkouts(json!({"pytorch": {"texts": {"version.txt": "two"}}})),
            "the version of torch: wheel version `two+rocm7.14.0a20260811` is not a PEP 440 version: expected version to start with a \
             number, but no leading ASCII digits were found"
                .to_owned(),
            "the source's `version.txt` must hold a version without `+`",
        ),
        (
            "linux.json",
            &["--only=pytorch"],
            checkouts(json!({"pytorch": {"present": ["setup.py"]}})),
            format!("the sources of torch in `{src}/pytorch` have no `pyproject.toml`"),
            "is `/home/me/w/build/src/pytorch` a checkout of torch? Otherwise name one with `--pytorch-dir`",
        ),
        (
            "windows.json",
            &["--only=pytorch"],
            json!({"facts": {"libraries": null}}),
            "`libomp140.x86_64.dll`, which torch needs, is not below `C:\\vs\\redist\\`".to_owned(),
            "install the redistributable files of Visual Studio's C++ tools",
        ),
        (
            "windows.json",
            &["--only=pytorch"],
            json!({"host": {"env": {"VCToolsRedistDir": ""}}, "facts": {"libraries": null}}),
            "`libomp140.x86_64.dll`, which torch needs, cannot be found: the variable `VCToolsRedistDir` is not set".to_owned(),
            "start from a developer prompt of Visual Studio (`vcvars64.bat`)",
        ),
        (
            "windows.json",
            &["--only=pytorch"],
            json!({"host": {"env": {"libuv_ROOT": "C:\\uv"}}}),
            "there is no `bin\\uv.dll` in `C:\\uv`, which the variable `libuv_ROOT` names".to_owned(),
            "unset `libuv_ROOT`, or let it name the folder of libuv",
        ),
        (
            "windows.json",
            &["--only=triton"],
            json!({"facts": {
                "lock": {"triton": {"repo": "https://github.com/triton-lang/triton-windows", "commit": commit, "why": "pinned by TheRock"}},
                "checkouts": {"triton": {
                    "git": {"head": commit, "upstream": commit, "owner": "tool", "committed_at": 1},
                    "texts": {"cmake/llvm-hash.txt": "..\\..\\x"},
                }},
            }}),
            "`B:\\w\\build\\src\\triton\\cmake\\llvm-hash.txt`, which names the LLVM that triton is compiled with, holds no commit: \
             `..\\..\\x`"
                .to_owned(),
            "is `B:\\w\\build\\src\\triton` a checkout of triton-windows? Otherwise name one with `--triton-dir`",
        ),
    ];
    for (machine, args, patch, text, hint) in rows {
        assert_eq!(refused(machine, args, patch), [(text, hint.to_owned())], "{args:?}");
    }
}

#[test]
fn torch_must_come_from_somewhere() {
    let text = |names: &str| {
        format!(
            "no torch to build {names} against: it is not selected, `/home/me/w/dist` has no recorded wheel of it, and the environment has \
             none"
        )
    };
    let tools = json!({"build": "1.3.0", "setuptools": "80.9.0", "wheel": "0.45.1"});
    let env = json!({"facts": {"environment": {"what": {"python": {"distributions": tools}}}}});
    let hint = "build torch too: `--only pytorch,pytorch_audio,pytorch_vision,apex`".to_owned();
    let found = refused("linux.json", &["--only=pytorch_audio,pytorch_vision,apex"], env.clone());
    assert_eq!(found, [(text("torchaudio, torchvision and apex"), hint)]);
    // One whose installation was interrupted is as good as none; nor will an environment that is still to be made have one.
    let interrupted = json!({"facts": {"environment": {"what": {
        "python": {"distributions": {"torch": "2.13.0", "setuptools": "80.9.0", "wheel": "0.45.1"}},
        "interrupted": ["torch"],
    }}}});
    let absent = json!({"facts": {"environment": {"state": "absent", "what": null}}});
    for patch in [interrupted, absent] {
        let hint = "build torch too: `--only pytorch,pytorch_audio`".to_owned();
        assert_eq!(refused("linux.json", &["--only=pytorch_audio"], patch), [(text("torchaudio"), hint)]);
    }
}

#[test]
fn tools_must_be_there_if_torch_is_not_built() {
    let python = "/home/me/w/build/py3.12/venv/bin/python";
    let has = |more: Value| json!({"facts": {"environment": {"what": {"python": {"distributions": more}}}}});
    let text = |name: &str, what: &str| {
        format!(
            "{name} cannot be built without {what} in the environment of `{python}`, where torch's build would have installed them"
        )
    };
    let hint = |what: &str| format!("`{python} -m pip install {what}`");
    let only = ["--only=pytorch_audio,apex"];
    assert_eq!(
        refused("linux.json", &only, has(json!({"torch": "2.13.0"}))),
        [
            (text("torchaudio", "`setuptools` and `wheel`"), hint("setuptools wheel")),
            (text("apex", "`build`, `setuptools` and `wheel`"), hint("build setuptools wheel")),
        ]
    );
    // Since 70.1 setuptools makes wheels by itself.
    let old = json!({"torch": "2.13.0", "build": "1.3.0", "setuptools": "70.0.0"});
    let wheel = |name| (text(name, "`wheel`"), hint("wheel"));
    assert_eq!(refused("linux.json", &only, has(old)), [wheel("torchaudio"), wheel("apex")]);
    let most = json!({"torch": "2.13.0", "setuptools": "80.9.0"});
    assert_eq!(refused("linux.json", &only, has(most)), [(text("apex", "`build`"), hint("build"))]);
}

/// What several wheels have in common is refused once.
#[test]
fn problems_are_told_together_and_once() {
    let patch = json!({
        "host": {"env": {"MAX_JOBS": "0"}},
        "facts": {"checkouts": {"pytorch": {"texts": {"version.txt": null}, "present": []}}},
    });
    let texts: Vec<String> =
        refused("linux.json", &["--only=pytorch,pytorch_vision"], patch).into_iter().map(|(text, _)| text).collect();
    assert_eq!(
        texts,
        [
            "variable `MAX_JOBS` is not a positive number: `0`",
            "the sources of torch in `/home/me/w/build/src/pytorch` have no version: there is no text in `version.txt`",
            "the sources of torch in `/home/me/w/build/src/pytorch` have no `pyproject.toml`",
        ]
    );
}
