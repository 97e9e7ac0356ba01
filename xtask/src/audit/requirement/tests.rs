//! Requirements and markers, good and odd.

use super::*;

fn wheel(name: &str) -> WheelName {
    WheelName::parse(name).unwrap()
}

#[test]
fn requirements_are_taken_apart() {
    for (text, name, extras, versions, marker) in [
        ("torch", "torch", &[][..], "", None),
        ("Foo_Bar.baz", "foo-bar-baz", &[], "", None),
        ("rocm[libraries]==7.14.0", "rocm", &["libraries"], "==7.14.0", None),
        ("rocm [Device_gfx942, libraries] (>=7, <8)", "rocm", &["device-gfx942", "libraries"], ">=7, <8", None),
        (
            "triton==3.7.0+gita1b2c3d4; platform_system == 'Linux'",
            "triton",
            &[],
            "==3.7.0+gita1b2c3d4",
            Some("platform_system == 'Linux'"),
        ),
    ] {
        let found = Requirement::parse(text).unwrap();
        assert_eq!((found.name.as_str(), found.versions_text.as_str(), found.marker.as_deref()), (name, versions, marker));
        assert_eq!(found.extras, extras, "{text}");
        assert!(found.versions.is_some(), "{text}");
    }
    assert_eq!(Requirement::parse(" ; x == 'y'"), None);
    let address = Requirement::parse("torch @ https://example.org/torch.whl").unwrap();
    assert!(address.takes(&Version::new([1])));
}

#[test]
fn markers_hold_for_the_wheels_python_and_platform() {
    let linux = Markers::of(&wheel("torch-2.9-cp312-cp312-manylinux_2_28_x86_64.whl"));
    let windows = Markers::of(&wheel("torch-2.9-cp313-cp313t-win_amd64.whl"));
    let extras = ["libraries".to_owned(), "device-gfx942".to_owned()];
    for (marker, on_linux, on_windows) in [
        ("python_version >= '3.10'", Some(true), Some(true)),
        ("python_version < \"3.13\"", Some(true), Some(false)),
        ("python_full_version == '3.12.*'", Some(true), Some(false)),
        ("sys_platform == 'win32' or platform_machine == 'x86_64'", Some(true), Some(true)),
        ("platform_system == 'Linux' and (os_name == 'nt' or extra == 'libraries')", Some(true), Some(false)),
        ("platform_machine != 'AMD64'", Some(true), Some(false)),
        ("extra == 'Device_gfx942'", Some(true), Some(true)),
        ("extra == 'devel'", Some(false), Some(false)),
        ("'linux' in sys_platform", Some(true), Some(false)),
        ("sys_platform not in 'win32 cygwin'", Some(true), Some(false)),
        ("platform_release >= '6'", None, None),
        ("python_version", None, None),
        ("python_version >= '3' python", None, None),
        ("(python_version >= '3'", None, None),
        ("python_version >= '3", None, None),
        ("ü == '3'", None, None),
    ] {
        assert_eq!((linux.hold(marker, &extras), windows.hold(marker, &extras)), (on_linux, on_windows), "{marker}");
    }
    assert_eq!(linux.hold(&format!("{}os_name == 'posix'{}", "(".repeat(10_000), ")".repeat(10_000)), &[]), None);
}

#[test]
fn what_is_named_is_told_with_its_extras() {
    let markers = Markers::of(&wheel("torch-2.9-cp312-cp312-linux_x86_64.whl"));
    let lines = ["rocm[libraries]==7", "pywin32; os_name == 'nt'", "numpy; extra == 'all'", "odd; platform_release > '1'"]
        .map(str::to_owned);
    let name =
        |name: &str, extras: &[&str]| (name.to_owned(), extras.iter().map(|extra| (*extra).to_owned()).collect::<Vec<_>>());
    assert_eq!(named(&lines, &[], &markers), [name("rocm", &["libraries"]), name("odd", &[])]);
    assert_eq!(
        named(&lines, &["all".to_owned()], &markers),
        [name("rocm", &["libraries"]), name("numpy", &[]), name("odd", &[])]
    );
}

#[test]
fn versions_of_a_set_must_fit() {
    let torch = wheel("torch-2.9.0+rocm7.14.0a20260101-cp312-cp312-linux_x86_64.whl");
    let vision = wheel("torchvision-0.24.0+rocm7.14.0a20260101-cp312-cp312-linux_x86_64.whl");
    let triton = wheel("triton-3.7.0+gita1b2c3d4.rocm7.14.0a20260101-cp312-cp312-linux_x86_64.whl");
    let found = |torch_needs: &[&str], vision_needs: &[&str]| {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let (one, other) = (owned(torch_needs), owned(vision_needs));
        mismatches(&[(&torch, &one), (&vision, &other), (&triton, &[])], Some("7.14.0a20260101"))
    };
    let fits = ["rocm[libraries]==7.14.0a20260101", "triton==3.7.0+gita1b2c3d4-rocm7.14.0a20260101", "filelock"];
    assert_eq!(found(&fits, &["torch==2.9.0+rocm7.14.0a20260101"]), []);
    assert_eq!(found(&["rocm", "triton==3.6.0; sys_platform == 'win32'"], &["torch>=2", "torch @ file:///x"]), []);
    let one = |name: &WheelName, text: &str| vec![(name.to_string(), text.to_owned())];
    let text = "it requires `torch==2.8.0`, and the set has torch 2.9.0+rocm7.14.0a20260101";
    assert_eq!(found(&[], &["torch==2.8.0"]), one(&vision, text));
    let text = "it requires `rocm==7.13`, and the set has rocm 7.14.0a20260101";
    assert_eq!(found(&["rocm[libraries]==7.13"], &[]), one(&torch, text));
    let text = "it requires `triton==3.6.0`, and the set has triton 3.7.0+gita1b2c3d4.rocm7.14.0a20260101";
    assert_eq!(found(&["triton==3.6.0"], &[]), one(&torch, text));
}
