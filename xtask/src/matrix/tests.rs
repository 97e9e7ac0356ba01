//! The matrix: what each release builds, what is left out, what is refused.

use super::*;

fn args(release: &str, families: &str, pythons: &str, refs: &str) -> MatrixArgs {
    MatrixArgs {
        platform: None,
        release_type: release.to_owned(),
        amdgpu_families: families.to_owned(),
        python_versions: pythons.to_owned(),
        pytorch_git_refs: refs.to_owned(),
    }
}

/// The matrix as JSON with its warnings, or the problems with their hints; one line each.
fn lines(platform: Platform, args: &MatrixArgs) -> Vec<String> {
    match plan(args, platform) {
        Ok(matrix) => {
            let rows = matrix.rows.iter().map(|row| serde_json::to_string(row).unwrap());
            rows.chain(matrix.warnings.iter().map(|warning| format!("warning: {warning}"))).collect()
        }
        Err(problems) => {
            let line = |problem: &Problem| format!("{} | {}", problem.text, problem.hint.as_deref().unwrap_or_default());
            problems.iter().map(line).collect()
        }
    }
}

fn row(python: &str, reference: &str, families: &str, tested: &str) -> String {
    format!(
        r#"{{"python_version":"{python}","pytorch_git_ref":"{reference}","amdgpu_families":"{families}","test_amdgpu_families":"{tested}"}}"#
    )
}

const EMPTY: &str = "warning: the matrix is empty: `--amdgpu-families` names nothing that these refs build for";

#[test]
fn rows_are_those_of_the_release() {
    use Platform::{Linux, Windows};
    let bringup = "users/alice/gfx125x-bringup";
    let cases = [
        (
            Linux,
            args("ci", "gfx94X-dcgpu", "", ""),
            vec![row("3.12", "release/2.12", "gfx94X-dcgpu", "auto"), row("3.12", "release/2.13", "gfx94X-dcgpu", "auto")],
        ),
        (Windows, args("ci", "gfx110X-all", "", ""), vec![row("3.12", "release/2.12", "gfx110X-all", "auto")]),
        (Linux, args("nightly", "gfx942", "3.13", "nightly"), vec![row("3.13", "nightly", "gfx942", "auto")]),
        (
            Linux,
            args("dev", "gfx125X-dcgpu;gfx90c", "cp312", "release/2.13,release/2.14"),
            vec![row("3.12", "release/2.13", "gfx125X-dcgpu", "auto"), row("3.12", "release/2.14", "gfx125X-dcgpu", "auto")],
        ),
        (
            Linux,
            args("dev", " gfx90c ;", "3.12", "release/2.12 release/2.13"),
            vec![row("3.12", "release/2.12", "gfx90c", "auto")],
        ),
        (Windows, args("dev", "gfx90c", "3.12", "release/2.12; nightly"), vec![row("3.12", "nightly", "gfx90c", "auto")]),
        (Linux, args("dev", "gfx125X-dcgpu;gfx90c", "3.12", bringup), vec![row("3.12", bringup, "gfx125X-dcgpu;gfx90c", "auto")]),
        (
            Windows,
            args("nightly", "gfx1151", "3.13 3.14 3.14t", "nightly"),
            vec![
                row("3.13", "nightly", "gfx1151", "auto"),
                row("3.14", "nightly", "gfx1151", "none"),
                row("3.14t", "nightly", "gfx1151", "auto"),
            ],
        ),
        (Linux, args("nightly", "gfx942", "3.14", "nightly"), vec![row("3.14", "nightly", "gfx942", "auto")]),
        (Windows, args("nightly", "gfx942", "3.14", "release/2.13"), vec![row("3.14", "release/2.13", "gfx942", "auto")]),
        // One job each, however often and in whichever spelling it is asked for.
        (Linux, args("ci", "gfx942", "3.12,cp312", "main,main"), vec![row("3.12", "main", "gfx942", "auto")]),
        (Linux, args("nightly", "", "", ""), vec![EMPTY.to_owned()]),
        (Linux, args("nightly", " ; ", "", ""), vec![EMPTY.to_owned()]),
        (Linux, args("nightly", "gfx90c", "3.12", "release/2.13"), vec![EMPTY.to_owned()]),
    ];
    for (platform, args, expected) in cases {
        assert_eq!(lines(platform, &args), expected, "{platform:?} {args:?}");
    }
}

#[test]
fn every_release_has_its_defaults() {
    let five = ["3.10", "3.11", "3.12", "3.13", "3.14"];
    let three = ["release/2.12", "release/2.13", "release/2.14"];
    let four = ["release/2.12", "release/2.13", "release/2.14", "nightly"];
    for release in ReleaseType::ALL {
        for platform in [Platform::Linux, Platform::Windows] {
            let (pythons, refs): (&[&str], &[&str]) = match (release, platform) {
                (ReleaseType::Ci, Platform::Linux) => (&["3.12"], &three[..2]),
                (ReleaseType::Ci, Platform::Windows) => (&["3.12"], &three[..1]),
                (ReleaseType::Prerelease, _) => (&five, &three),
                _ => (&five, &four),
            };
            let tested = |python: &str, reference: &str| match (platform, python, reference) {
                (Platform::Windows, "3.14", "nightly") => "none",
                _ => "auto",
            };
            let rows = |python| refs.iter().map(move |reference| row(python, reference, "gfx942", tested(python, reference)));
            let expected: Vec<String> = pythons.iter().flat_map(|python| rows(python)).collect();
            assert_eq!(lines(platform, &args(release.as_str(), "gfx942", " ,;", "")), expected, "{release} {platform:?}");
        }
    }
}

#[test]
fn a_family_that_brings_an_excluded_target_back_is_told_once_for_each_ref() {
    let warning = |reference: &str, family: &str| {
        format!("warning: `{reference}` does not build for `gfx90c` on linux, but `{family}`, which has it, stays in the matrix")
    };
    let rows = |python| ["release/2.13", "nightly"].map(|reference| row(python, reference, "igpu-all;gfx90c-igpu", "auto"));
    let mut expected: Vec<String> = ["3.12", "3.13"].into_iter().flat_map(rows).collect();
    expected.extend(["igpu-all", "gfx90c-igpu"].map(|family| warning("release/2.13", family)));
    let args = args("dev", "igpu-all;gfx90c-igpu", "3.12 3.13", "release/2.13 nightly");
    assert_eq!(lines(Platform::Linux, &args), expected);
}

#[test]
fn all_problems_are_told_together() {
    let wrong = args("release", "gfx120X-dgpu;gfx942;GFX90C", "3.9,3.12.1,x", "release/2.13,-x,a..b");
    let expected = [
        "invalid value for `--release-type`: unknown release type `release`: expected `ci`, `dev`, `dev-bkc`, `nightly`, `nightly-bkc`, `prerelease` | ",
        "invalid value for `--amdgpu-families`: not a GPU target or family: `gfx120X-dgpu` (nearest: `gfx120X-all`), `GFX90C` (nearest: `gfx90c`) | `cargo xtask gfx` lists all names",
        "invalid value for `--python-versions`: Python 3.9 is too old | give 3.10 or newer",
        "invalid value for `--python-versions`: Python version `3.12.1` is more exact than major and minor | write `3.12`",
        "invalid value for `--python-versions`: `x` is not a Python version | write `3.12`, `3.13t`, `cp312` or `py3.12`",
        "invalid value for `--pytorch-git-refs`: git ref `-x` is invalid: it starts with `-` like an option | name a branch, a tag or a full commit: `nightly`, `release/2.13`, `v2.9.0`",
        "invalid value for `--pytorch-git-refs`: git ref `a..b` is invalid: it contains `..` or `@{` | name a branch, a tag or a full commit: `nightly`, `release/2.13`, `v2.9.0`",
    ];
    assert_eq!(lines(Platform::Linux, &wrong), expected);
    let commas = args("dev", "gfx942,gfx1100", "", "");
    let expected =
        ["invalid value for `--amdgpu-families`: not a GPU target or family: `gfx942,gfx1100` | separate families by `;`"];
    assert_eq!(lines(Platform::Linux, &commas), expected);
}
