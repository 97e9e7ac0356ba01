//! Which versions are made of what, and what is refused.

use std::fmt::Debug;

use super::*;

const COMMIT: &str = "515115ea2cb85a0b71b5507ce56a627d14c7ae73";

fn suffix(text: &str) -> Suffix {
    Suffix::parse(text).unwrap()
}

/// The message and, behind `hint: `, the advice.
fn refusal<T: Debug>(result: Result<T, VersionError>) -> String {
    let error = result.unwrap_err();
    match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    }
}

#[test]
fn normal_spelling_is_that_of_packaging() {
    let cases = [
        ("7.10.0", "7.10.0"),
        ("v7.10.0", "7.10.0"),
        ("V7.10.0", "7.10.0"),
        (" 07.10.00 ", "7.10.0"),
        ("\u{a0}7.10.0\u{2003}\n", "7.10.0"),
        ("0!7.0", "7.0"),
        ("01!7.0", "1!7.0"),
        ("7.0alpha", "7.0a0"),
        ("7.0_ALPHA_2", "7.0a2"),
        ("7.0.beta.3", "7.0b3"),
        ("7.0-c-4", "7.0rc4"),
        ("7.0pre5", "7.0rc5"),
        ("7.0preview", "7.0rc0"),
        ("7.0a-", "7.0a0"),
        ("7.0-1", "7.0.post1"),
        ("7.0rev2", "7.0.post2"),
        ("7.0-r", "7.0.post0"),
        ("7.0.post", "7.0.post0"),
        ("7.0a1.post2.dev3", "7.0a1.post2.dev3"),
        ("7.0DEV", "7.0.dev0"),
        ("7.0-dev-01", "7.0.dev1"),
        ("7.0+ABC-01_x.00", "7.0+abc.1.x.0"),
        ("7.0.dev0+0123456789012345678901234567890123456789", "7.0.dev0+123456789012345678901234567890123456789"),
        ("7.0+00000000000000000000000000000000000000000000", "7.0+0"),
        ("2024.01.02.03.04", "2024.1.2.3.4"),
    ];
    for (text, expected) in cases {
        assert_eq!(normalize(text).as_deref(), Ok(expected), "{text}");
    }
    for text in ["", "v", "7.", "7.x", "7.0+", "7.0+a..b", "7.*", "7.0 1", "7.0--1", "7.0-1-2", "1!", "7,0", "٧.0", "7.0+ä"] {
        assert!(normalize(text).is_err(), "{text}");
    }
}

/// The contract's table, and more spellings of the same.
#[test]
fn suffix_names_the_rocm_version() {
    let cases = [
        ("7.10.0", "+rocm7.10.0", "2.9.0+rocm7.10.0"),
        ("7.10.0a20251124", "+rocm7.10.0a20251124", "2.9.0+rocm7.10.0a20251124"),
        ("7.10.0rc1", "+rocm7.10.0rc1", "2.9.0+rocm7.10.0rc1"),
        ("7.10.0-rc1", "+rocm7.10.0rc1", "2.9.0+rocm7.10.0rc1"),
        ("7.10.0.rc.1", "+rocm7.10.0rc1", "2.9.0+rocm7.10.0rc1"),
        ("7.10.0c1", "+rocm7.10.0rc1", "2.9.0+rocm7.10.0rc1"),
        ("7.10.0alpha1", "+rocm7.10.0a1", "2.9.0+rocm7.10.0a1"),
        ("v7.10.0", "+rocm7.10.0", "2.9.0+rocm7.10.0"),
        (" 7.10.0 ", "+rocm7.10.0", "2.9.0+rocm7.10.0"),
        ("07.10.00", "+rocm7.10.0", "2.9.0+rocm7.10.0"),
        ("7.10.0.dev0+efed3c", "+devrocm7.10.0.dev0-efed3c", "2.9.0+devrocm7.10.0.dev0.efed3c"),
        ("7.10.0.dev", "+devrocm7.10.0.dev0", "2.9.0+devrocm7.10.0.dev0"),
        ("7.10.0.dev0+01234567", "+devrocm7.10.0.dev0-1234567", "2.9.0+devrocm7.10.0.dev0.1234567"),
        ("10.1.0a20260811+bkc.20260813", "+rocm10.1.0a20260811-bkc.20260813", "2.9.0+rocm10.1.0a20260811.bkc.20260813"),
        // The one row where TheRock's tools, which test the text as typed, say `+rocm…`.
        ("7.10.0.DEV0+ABC_DEF", "+devrocm7.10.0.dev0-abc.def", "2.9.0+devrocm7.10.0.dev0.abc.def"),
        ("7.10.0.post1", "+rocm7.10.0.post1", "2.9.0+rocm7.10.0.post1"),
        ("7.10.0-1", "+rocm7.10.0.post1", "2.9.0+rocm7.10.0.post1"),
        ("7.10.0+local-dev", "+devrocm7.10.0-local.dev", "2.9.0+devrocm7.10.0.local.dev"),
        ("7.0.0rc20250707", "+rocm7.0.0rc20250707", "2.9.0+rocm7.0.0rc20250707"),
    ];
    for (rocm, expected, wheel) in cases {
        let suffix = Suffix::derive(rocm).unwrap();
        assert_eq!(suffix.as_str(), expected, "{rocm}");
        let built = wheel_version("2.9.0", &suffix, None).unwrap();
        assert_eq!(normalize(&built).unwrap(), wheel, "{rocm}");
        assert_eq!(Suffix::parse(expected), Ok(suffix), "{rocm}");
    }
    let development = Suffix::derive(&format!("7.0.0.dev0+{COMMIT}")).unwrap();
    assert_eq!(development.to_string(), format!("+devrocm7.0.0.dev0-{COMMIT}"));
}

#[test]
fn versions_are_the_same_however_they_are_spelled() {
    for (a, b, same) in [
        ("2.9.0+devrocm7.10.0.dev0-efed3c", "2.9.0+devrocm7.10.0.dev0.efed3c", true),
        ("7.10", "7.10.0", true),
        ("none", "none", true),
        ("none", "other", false),
        ("none", "1", false),
    ] {
        assert_eq!(same_version(a, b), same, "{a} {b}");
    }
}

#[test]
fn suffixes_are_the_same_if_their_versions_are() {
    let cases = [
        ("+devrocm7.10.0.dev0-efed3c", "+devrocm7.10.0.dev0.EFED3C", true),
        ("+rocm7.10.0", "+rocm7.10.0", true),
        ("+rocm7.10.0", "+rocm7.10.00", true),
        ("+rocm7.10.0", "+rocm7.10", false),
        ("+rocm7.10.0", "+devrocm7.10.0", false),
    ];
    for (a, b, same) in cases {
        assert_eq!(same_suffix(&suffix(a), &suffix(b)), same, "{a} {b}");
    }
}

#[test]
fn wheel_version_is_base_commit_suffix() {
    let cases = [
        ("2.12.0a0", "+rocm7.10.0", None, "2.12.0a0+rocm7.10.0"),
        ("2.12.0a0\n", "+rocm7.10.0", Some("1a2b3c4d"), "2.12.0a0+git1a2b3c4d.rocm7.10.0"),
        ("2.12.0a0", "+rocm7.10.0", Some(COMMIT), "2.12.0a0+git515115ea.rocm7.10.0"),
        ("2.12.0a0", "+devrocm7.14.0.dev0-efed3c", Some("1a2b3c4d5"), "2.12.0a0+git1a2b3c4d.devrocm7.14.0.dev0-efed3c"),
        ("2.13.0", "+rocm10.1.0a20260811-bkc.20260813", None, "2.13.0+rocm10.1.0a20260811-bkc.20260813"),
    ];
    for (base, text, commit, expected) in cases {
        assert_eq!(wheel_version(base, &suffix(text), commit).as_deref(), Ok(expected));
    }
}

#[test]
fn newer_and_more_final_rocm_sorts_higher() {
    let wheel = |base: &str, text: &str| Version::from_str(&wheel_version(base, &suffix(text), None).unwrap()).unwrap();
    let descending = ["+rocm7.14.0", "+rocm7.14.0rc1", "+rocm7.14.0a20260811", "+devrocm7.14.0.dev0-1a2b3c4d"];
    for pair in descending.windows(2) {
        assert!(wheel("2.12.0a0", pair[0]) > wheel("2.12.0a0", pair[1]), "{pair:?}");
    }
    let ascending = ["+rocm10.1.0a20260811", "+rocm10.1.0a20260811-bkc.20260813", "+rocm10.1.0a20260812"];
    for pair in ascending.windows(2) {
        assert!(wheel("2.13.0", pair[0]) < wheel("2.13.0", pair[1]), "{pair:?}");
    }
    let rocm = ["7.0.0", "7.0.0rc1", "7.0.0a20251202", &format!("7.0.0.dev0+{COMMIT}")];
    for pair in rocm.map(|rocm| wheel("1", Suffix::derive(rocm).unwrap().as_str())).windows(2) {
        assert!(pair[0] > pair[1], "{pair:?}");
    }
    let known_issue = [wheel("2.12.0a0", "+rocm7.14.0a20260728"), wheel("2.12.0a0", "+rocm10.0.0a20260806")];
    assert!(known_issue[0] > known_issue[1], "words are compared letter by letter");
}

#[test]
fn python_versions() {
    let cases = [
        ("3.12", "3.12", "cp312-cp312", vec!["/opt/python/cp312-cp312"]),
        ("3.13t", "3.13t", "cp313t-cp313t", vec!["/opt/python/cp313-cp313t", "/opt/python/cp313t-cp313t"]),
        ("cp312", "3.12", "cp312-cp312", vec!["/opt/python/cp312-cp312"]),
        ("cp314t", "3.14t", "cp314t-cp314t", vec!["/opt/python/cp314-cp314t", "/opt/python/cp314t-cp314t"]),
        ("py3.10", "3.10", "cp310-cp310", vec!["/opt/python/cp310-cp310"]),
        ("3.9", "3.9", "cp39-cp39", vec!["/opt/python/cp39-cp39"]),
        ("2.7", "2.7", "cp27-cp27", vec!["/opt/python/cp27-cp27"]),
        ("3.0", "3.0", "cp30-cp30", vec!["/opt/python/cp30-cp30"]),
    ];
    for (text, shown, cp, dirs) in cases {
        let version = PythonVersion::parse(text).unwrap();
        assert_eq!(version.to_string(), shown);
        assert_eq!(version.cp_version(), cp);
        assert_eq!(version.opt_python_dirs(), dirs);
    }
    for (text, too_old) in [("2.7", true), ("3.9", true), ("3.10", false), ("3.13t", false), ("4.0", false)] {
        assert_eq!(PythonVersion::parse(text).unwrap().too_old(), too_old, "{text}");
    }
    let refused = ["", "t", "0", "3", "0.1", "10.1", "3.010", "3.12 ", "3.12\n", "3.12tt", "cp3", "cp", "cp3.12", "py312"];
    for text in refused.into_iter().chain(["cp3012", "3.+1", "3.-1", "3.", ".12", "3.999", "3.12.x.", "cpé12"]) {
        assert!(PythonVersion::parse(text).is_err(), "{text}");
    }
}

#[test]
fn release_types() {
    let tagged = ReleaseType::ALL.map(|known| (known.as_str(), known.tags_commit()));
    let expected =
        [("ci", false), ("dev", true), ("dev-bkc", true), ("nightly", false), ("nightly-bkc", false), ("prerelease", false)];
    assert_eq!(tagged, expected);
    assert_eq!(ReleaseType::default(), ReleaseType::Nightly);
}

#[test]
fn specifiers_stay_as_written() {
    for text in ["", " ", ">1.0", "==7.10.0", ">= 7.10, <8 ", "~=7.10", "==7.*", "!=7.0rc1", "===7.0", "==7.10.0.dev0+efed3c"] {
        assert_eq!(Specifier::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn refusals() {
    let cases = [
        (
            refusal(normalize("7.x")),
            "`7.x` is not a PEP 440 version: after parsing `7`, found `.x`, which is not part of a valid version\n\
             hint: versions look like `7.10.0` or `7.10.0a20251124`",
        ),
        (
            refusal(Suffix::derive("seven")),
            "`seven` is not a PEP 440 version: \
             expected version to start with a number, but no leading ASCII digits were found\n\
             hint: versions look like `7.10.0` or `7.10.0a20251124`",
        ),
        (
            refusal(Suffix::derive("1!7.0")),
            "ROCm version `1!7.0` cannot be named in a wheel's version: \
             after parsing `0+rocm1`, found `!7.0`, which is not part of a valid version\n\
             hint: name it with `--version-suffix`",
        ),
        (refusal(Suffix::parse("rocm7")), "version suffix `rocm7` does not start with `+`\nhint: write `+rocm7`"),
        (refusal(Suffix::parse("")), "version suffix `` does not start with `+`\nhint: write `+rocm7.10.0`"),
        (
            refusal(Suffix::parse("+rocm7 ")),
            "version suffix `+rocm7 ` is not a PEP 440 local version: it contains white space\n\
             hint: after `+` come letters and digits, divided by `.`, `-` or `_`: `+rocm7.10.0`",
        ),
        (
            refusal(Suffix::parse("++rocm7")),
            "version suffix `++rocm7` is not a PEP 440 local version: found a `+` indicating the start of \
             a local component in a version, but did not find any alphanumeric ASCII segment following the `+`\n\
             hint: after `+` come letters and digits, divided by `.`, `-` or `_`: `+rocm7.10.0`",
        ),
        (
            refusal(wheel_version("2.9.0+cpu", &suffix("+rocm7"), None)),
            "wheel version `2.9.0+cpu+rocm7` is not a PEP 440 version: \
             after parsing `2.9.0+cpu`, found `+rocm7`, which is not part of a valid version\n\
             hint: the source's `version.txt` must hold a version without `+`",
        ),
        (
            refusal(wheel_version("2.9.0", &suffix("+rocm7"), Some("1a2b3c4"))),
            "commit `1a2b3c4` is not eight or more hexadecimal digits",
        ),
        (
            refusal(wheel_version("2.9.0", &suffix("+rocm7"), Some("nightly-2026"))),
            "commit `nightly-2026` is not eight or more hexadecimal digits",
        ),
        (refusal(PythonVersion::parse("3")), "`3` is not a Python version\nhint: write `3.12`, `3.13t`, `cp312` or `py3.12`"),
        (
            refusal(PythonVersion::parse("3.12.1")),
            "Python version `3.12.1` is more exact than major and minor\nhint: write `3.12`",
        ),
        (
            refusal(ReleaseType::parse("release")),
            "unknown release type `release`: \
             expected `ci`, `dev`, `dev-bkc`, `nightly`, `nightly-bkc`, `prerelease`",
        ),
        (refusal(Specifier::parse("7.10.0")), "version specifier `7.10.0` has no operator\nhint: write `==7.10.0`"),
        (
            refusal(Specifier::parse(">1,=>2")),
            "`=>2` is not a PEP 440 version specifier: \
             no such comparison operator \"=>\", must be one of ~= == != <= >= < > ===\n\
             hint: write operators with versions, divided by commas: `>=7.10,<8`",
        ),
        (
            refusal(Specifier::parse(">1.0; os_name=='nt'")),
            "`>1.0; os_name=='nt'` is not a PEP 440 version specifier: \
             after parsing `1.0`, found `;`, which is not part of a valid version\n\
             hint: write operators with versions, divided by commas: `>=7.10,<8`",
        ),
    ];
    for (refusal, expected) in cases {
        assert_eq!(refusal, expected);
    }
}

#[test]
fn json_goes_through_the_parser() {
    let python: PythonVersion = serde_json::from_str("\"cp313t\"").unwrap();
    assert_eq!(serde_json::to_string(&python).unwrap(), "\"3.13t\"");
    let refused = serde_json::from_str::<PythonVersion>("\"3.12.1\"").unwrap_err();
    assert_eq!(refused.to_string(), "Python version `3.12.1` is more exact than major and minor");
}
