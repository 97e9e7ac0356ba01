//! What a release builds: which Pythons, refs of PyTorch and GPU families, one row for each job of a workflow.

use serde::Serialize;

use crate::cli::MatrixArgs;
use crate::gfx;
use crate::host::Platform;
use crate::refs::GitRef;
use crate::request::Problem;
use crate::version::{PythonVersion, ReleaseType};

#[cfg(test)]
mod tests;

/// The rows of a release, and what its maker should know of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Python by Python, in each ref by ref.
    pub rows: Vec<Row>,
    /// Sentences.
    pub warnings: Vec<String>,
}

/// A job, as workflows read it: its fields are their `matrix.*` keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `3.12`
    pub python_version: PythonVersion,
    /// `release/2.13`
    pub pytorch_git_ref: String,
    /// What wheels are built for, separated by semicolons.
    pub amdgpu_families: String,
    /// What they are tested on: `auto` is every family that they are built for and that has a machine.
    pub test_amdgpu_families: &'static str,
}

/// The rows that the flags ask for.
///
/// # Errors
/// Every value that cannot be.
pub fn plan(args: &MatrixArgs, here: Platform) -> Result<Matrix, Vec<Problem>> {
    let mut problems = Vec::new();
    let platform = args.platform.map_or(here, Platform::from);
    let release = ReleaseType::parse(&args.release_type).unwrap_or_else(|error| {
        problems.push(refusal("release-type", &error, error.hint()));
        ReleaseType::default()
    });
    let families = gfx::named(&args.amdgpu_families).unwrap_or_else(|error| {
        let hint =
            if args.amdgpu_families.contains(',') { "separate families by `;`" } else { "`cargo xtask gfx` lists all names" };
        problems.push(refusal("amdgpu-families", &error, Some(hint.to_owned())));
        Vec::new()
    });
    let pythons = each(&args.python_versions, default_pythons(release), |word| match PythonVersion::parse(word) {
        Ok(version) if version.too_old() => {
            let hint = format!("give {} or newer", PythonVersion::OLDEST);
            Err(refusal("python-versions", &format!("Python {version} is too old"), Some(hint)))
        }
        parsed => parsed.map_err(|error| refusal("python-versions", &error, error.hint())),
    });
    let refs = each(&args.pytorch_git_refs, default_refs(platform, release), |word| {
        GitRef::parse(word).map_err(|error| refusal("pytorch-git-refs", &error, error.hint()))
    });
    match (pythons, refs) {
        (Ok(pythons), Ok(refs)) if problems.is_empty() => Ok(matrix(platform, &pythons, &refs, &families)),
        (pythons, refs) => {
            problems.extend(pythons.err().into_iter().chain(refs.err()).flatten());
            Err(problems)
        }
    }
}

fn matrix(platform: Platform, pythons: &[PythonVersion], refs: &[GitRef], families: &[&str]) -> Matrix {
    let built: Vec<(&GitRef, Vec<&str>)> = refs
        .iter()
        .map(|reference| (reference, families.iter().copied().filter(|family| !excluded(platform, reference).contains(family))))
        .map(|(reference, families)| (reference, families.collect()))
        .collect();
    let mut rows = Vec::new();
    for python in pythons {
        for (reference, families) in built.iter().filter(|(_, families)| !families.is_empty()) {
            rows.push(Row {
                python_version: *python,
                pytorch_git_ref: reference.to_string(),
                amdgpu_families: families.join(";"),
                test_amdgpu_families: tested(platform, *python, reference),
            });
        }
    }
    let mut warnings: Vec<String> =
        built.iter().flat_map(|(reference, families)| contradictions(platform, reference, families)).collect();
    if rows.is_empty() {
        warnings.push("the matrix is empty: `--amdgpu-families` names nothing that these refs build for".to_owned());
    }
    Matrix { rows, warnings }
}

/// An exclusion names one target; a family of several may bring it back.
fn contradictions(platform: Platform, reference: &GitRef, families: &[&str]) -> Vec<String> {
    let excluded = excluded(platform, reference);
    let mut found = Vec::new();
    for family in families {
        for target in gfx::members(family).into_iter().filter(|target| excluded.contains(target)) {
            found.push(format!(
                "`{reference}` does not build for `{target}` on {}, but `{family}`, which has it, stays in the matrix",
                platform.name()
            ));
        }
    }
    found
}

/// The Pythons of a release that names none.
fn default_pythons(release: ReleaseType) -> &'static [&'static str] {
    match release {
        ReleaseType::Ci => &["3.12"],
        _ => &["3.10", "3.11", "3.12", "3.13", "3.14"],
    }
}

/// The refs of a release that names none.
fn default_refs(platform: Platform, release: ReleaseType) -> &'static [&'static str] {
    match (release, platform) {
        (ReleaseType::Ci, Platform::Linux) => &["release/2.12", "release/2.13"],
        (ReleaseType::Ci, Platform::Windows) => &["release/2.12"],
        (ReleaseType::Prerelease, _) => &["release/2.12", "release/2.13", "release/2.14"],
        _ => &["release/2.12", "release/2.13", "release/2.14", "nightly"],
    }
}

/// The families, each of one target, that a ref does not build for.
fn excluded(platform: Platform, reference: &GitRef) -> &'static [&'static str] {
    match (platform, reference.as_str()) {
        (_, "release/2.13" | "release/2.14") | (Platform::Windows, "release/2.12") => &["gfx90c"],
        _ => &[],
    }
}

/// Whether tests run.
fn tested(platform: Platform, python: PythonVersion, reference: &GitRef) -> &'static str {
    const UNTESTED: PythonVersion = PythonVersion { major: 3, minor: 14, free_threaded: false };
    if platform == Platform::Windows && reference.is_nightly() && python == UNTESTED { "none" } else { "auto" }
}

/// The words of a flag, or those that stand for none, each once and as what they mean.
fn each<T: PartialEq>(text: &str, default: &[&str], parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Vec<T>, Vec<Problem>> {
    let separator = |c: char| matches!(c, ',' | ';') || c.is_whitespace();
    let typed: Vec<&str> = text.split(separator).filter(|word| !word.is_empty()).collect();
    let (mut items, mut problems) = (Vec::new(), Vec::new());
    for word in if typed.is_empty() { default } else { &typed } {
        match parse(word) {
            Ok(item) if items.contains(&item) => {}
            Ok(item) => items.push(item),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(items) } else { Err(problems) }
}

fn refusal(flag: &str, cause: &impl std::fmt::Display, hint: Option<String>) -> Problem {
    Problem { text: format!("invalid value for `--{flag}`: {cause}"), hint }
}
