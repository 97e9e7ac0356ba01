//! Wheel names that parse, and the full text of each refusal.

use serde_json::json;

use super::{WheelName, glob_prefix};
use crate::project::Project;

#[test]
fn parts_of_names() {
    let table = [
        ("torch-2.7.0-cp312-cp312-manylinux_2_28_x86_64.whl", ["torch", "2.7.0", "", "cp312", "cp312", "manylinux_2_28_x86_64"]),
        (
            "torch-2.7.0+rocm7.10.0a20251120-1-cp312-cp312-win_amd64.whl",
            ["torch", "2.7.0+rocm7.10.0a20251120", "1", "cp312", "cp312", "win_amd64"],
        ),
        (
            "triton-3.7.0+git88b227e2.rocm7.14.0-cp313-cp313t-manylinux_2_34_x86_64.manylinux_2_36_x86_64.whl",
            ["triton", "3.7.0+git88b227e2.rocm7.14.0", "", "cp313", "cp313t", "manylinux_2_34_x86_64.manylinux_2_36_x86_64"],
        ),
        ("six-1.16.0-py2.py3-none-any.whl", ["six", "1.16.0", "", "py2.py3", "none", "any"]),
        ("a-1!2.0.dev3-2_x.y-cp39.cp310-abi3.cp310-any.whl", ["a", "1!2.0.dev3", "2_x.y", "cp39.cp310", "abi3.cp310", "any"]),
    ];
    for (name, [distribution, version, build_tag, python_tag, abi_tag, platform_tag]) in table {
        let wheel = WheelName::parse(name).unwrap();
        assert_eq!(wheel.distribution(), distribution);
        assert_eq!(wheel.version(), version);
        assert_eq!(wheel.build_tag().unwrap_or_default(), build_tag);
        assert_eq!(wheel.python_tag(), python_tag);
        assert_eq!(wheel.abi_tag(), abi_tag);
        assert_eq!(wheel.platform_tag(), platform_tag);
        assert_eq!(wheel.to_string(), name);
    }
}

#[test]
fn projects_and_normalised_names() {
    let table = [
        ("torch", "torch", "torch-", Some(Project::Pytorch)),
        ("torchaudio", "torchaudio", "torchaudio-", Some(Project::PytorchAudio)),
        ("TorchVision", "torchvision", "torchvision-", Some(Project::PytorchVision)),
        ("triton", "triton", "triton-", Some(Project::Triton)),
        ("apex", "apex", "apex-", Some(Project::Apex)),
        ("triton_windows", "triton-windows", "triton_windows-", None),
        ("amd_torch_device_gfx942", "amd-torch-device-gfx942", "amd_torch_device_gfx942-", None),
        ("Zope.Interface", "zope-interface", "zope_interface-", None),
        ("pytorch", "pytorch", "pytorch-", None),
    ];
    for (distribution, normalized, prefix, project) in table {
        let wheel = WheelName::parse(&format!("{distribution}-1.0-py3-none-any.whl")).unwrap();
        assert_eq!(wheel.normalized_distribution(), normalized);
        assert_eq!(wheel.project(), project);
        assert_eq!(glob_prefix(normalized), prefix);
        assert_eq!(glob_prefix(distribution), prefix);
    }
    assert_eq!(glob_prefix("a--b__c"), "a_b_c-");
}

#[test]
fn versions_are_values() {
    let version = |text: &str| WheelName::parse(&format!("torch-{text}-cp312-cp312-any.whl")).unwrap().parsed_version().clone();
    assert_eq!(version("2.13.0+rocm10.1.0a20260811_bkc.20260813").to_string(), "2.13.0+rocm10.1.0a20260811.bkc.20260813");
    assert!(version("2.13.0") > version("2.13.0a0+rocm7.14.0"));
}

#[test]
fn labels() {
    let labels = |name: &str| serde_json::to_string(&WheelName::parse(name).unwrap().labels("release")).unwrap();
    assert_eq!(
        labels("torch-2.7.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
        r#"{"framework":"pytorch","build_variant":"release","distribution":"torch","version":"2.7.0","python_tag":"cp312","abi_tag":"cp312","platform_tag":"manylinux_2_28_x86_64"}"#
    );
    assert_eq!(
        labels("torch-2.7.0+rocm7.10.0a20251120-1-cp312-cp312-win_amd64.whl"),
        r#"{"framework":"pytorch","build_variant":"release","distribution":"torch","version":"2.7.0+rocm7.10.0a20251120","build_tag":"1","python_tag":"cp312","abi_tag":"cp312","platform_tag":"win_amd64"}"#
    );
    let nameless = crate::model::Labels::new("asan");
    assert_eq!(serde_json::to_value(nameless).unwrap(), json!({"framework": "pytorch", "build_variant": "asan"}));
}

#[test]
fn refusals() {
    let table = [
        ("", "it does not end in `.whl`"),
        (".whl", "it has 1 of the 5 or 6 fields that dashes separate"),
        ("README.txt", "it does not end in `.whl`"),
        ("torch-2.7.0-cp312-cp312-any.tar.gz", "it does not end in `.whl`"),
        ("torch-2.7.0-cp312-cp312-any.zip", "it does not end in `.whl`"),
        ("torch-2.7.0-cp312-cp312-any.WHL", "it does not end in `.whl`"),
        ("torch-2.7.0-cp312-cp312-any.whl.metadata", "it does not end in `.whl`"),
        ("torch-2.7.0.whl", "it has 2 of the 5 or 6 fields that dashes separate"),
        ("torch-2.7.0-cp312-cp312.whl", "it has 4 of the 5 or 6 fields that dashes separate"),
        ("a-b-1.0-1-py3-none-any.whl", "it has 7 of the 5 or 6 fields that dashes separate"),
        ("-1.0-py3-none-any.whl", "distribution `` is not letters and digits with single `_` or `.` between them"),
        ("a__b-1.0-py3-none-any.whl", "distribution `a__b` is not letters and digits with single `_` or `.` between them"),
        ("_a-1.0-py3-none-any.whl", "distribution `_a` is not letters and digits with single `_` or `.` between them"),
        ("a+b-1.0-py3-none-any.whl", "distribution `a+b` is not letters and digits with single `_` or `.` between them"),
        ("torch--py3-none-any.whl", "version `` is not a PEP 440 version"),
        ("torch-x-py3-none-any.whl", "version `x` is not a PEP 440 version"),
        ("torch-1.0+-py3-none-any.whl", "version `1.0+` is not a PEP 440 version"),
        ("torch-1.0-x1-py3-none-any.whl", "build tag `x1` is not a digit and then letters, digits, `_` or `.`"),
        ("torch-1.0--py3-none-any.whl", "build tag `` is not a digit and then letters, digits, `_` or `.`"),
        ("torch-1.0-1+b-py3-none-any.whl", "build tag `1+b` is not a digit and then letters, digits, `_` or `.`"),
        ("torch-1.0--none-any.whl", "Python tag `` is not one or several words joined by dots"),
        ("torch-1.0-py3.-none-any.whl", "Python tag `py3.` is not one or several words joined by dots"),
        ("torch-1.0-3-none-any.whl", "Python tag `3` is not one or several words joined by dots"),
        ("torch-1.0-py3--any.whl", "ABI tag `` is not one or several words joined by dots"),
        ("torch-1.0-py3-none+x-any.whl", "ABI tag `none+x` is not one or several words joined by dots"),
        ("torch-1.0-py3-none-.whl", "platform tag `` is not one or several words joined by dots"),
        ("torch-1.0-py3-none-any!.whl", "platform tag `any!` is not one or several words joined by dots"),
        ("torch-1.0-py3-none-any..whl", "it holds `..`"),
        ("..-1.0-py3-none-any.whl", "it holds `..`"),
        ("torch-1.0-py3-none-linux..x86.whl", "it holds `..`"),
    ];
    for (name, fault) in table {
        assert_eq!(WheelName::parse(name).unwrap_err().to_string(), format!("`{name}` is not a wheel's file name: {fault}"));
    }
}

#[test]
fn characters_that_are_refused() {
    let table = [
        ("dist/torch-1.0-py3-none-any.whl", "dist/torch-1.0-py3-none-any.whl", "/"),
        (r"dist\torch-1.0-py3-none-any.whl", r"dist\torch-1.0-py3-none-any.whl", r"\"),
        ("C:torch-1.0-py3-none-any.whl", "C:torch-1.0-py3-none-any.whl", ":"),
        ("torch-1.0 -py3-none-any.whl", "torch-1.0 -py3-none-any.whl", " "),
        ("torch-*-py3-none-any.whl", "torch-*-py3-none-any.whl", "*"),
        ("torch-1.0-py3-none-any.whl\n", r"torch-1.0-py3-none-any.whl\n", r"\n"),
        ("torch\0-1.0-py3-none-any.whl", r"torch\u{0}-1.0-py3-none-any.whl", r"\u{0}"),
        ("t\u{1b}[2J-1.0-py3-none-any.whl", r"t\u{1b}[2J-1.0-py3-none-any.whl", r"\u{1b}"),
        ("törch-1.0-py3-none-any.whl", "törch-1.0-py3-none-any.whl", "ö"),
        ("torch-1.٣-py3-none-any.whl", "torch-1.٣-py3-none-any.whl", "٣"),
    ];
    for (name, shown, character) in table {
        assert_eq!(
            WheelName::parse(name).unwrap_err().to_string(),
            format!(
                "`{shown}` is not a wheel's file name: it holds `{character}`, and only ASCII letters, digits and `-_.+!` may be there"
            )
        );
    }
}
