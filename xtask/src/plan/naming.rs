//! How wheels are called: the suffix that names ROCm, and the version that each build is told.

use manifest::Project;

use super::setting::Setting;
use crate::facts::Rocm;
use crate::request::{Mismatch, Naming, Problem, dir_flag};
use crate::version::{Suffix, VersionError, same_suffix, wheel_version};

/// The local version of a set of wheels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// With its `+`.
    pub suffix: Suffix,
    /// Where it comes from.
    pub why: String,
    /// What is to be said if it names another ROCm than the installed one.
    pub warning: Option<String>,
}

/// A wheel's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// What the build is told.
    pub told: String,
    /// What the wheel will be called, unless a variable of the user's decides it.
    pub planned: Option<String>,
    /// What it is made of.
    pub why: String,
    /// What is to be said of it.
    pub warning: Option<String>,
}

/// The suffix that was asked for, checked against the installed ROCm, or the one that this ROCm gives.
pub fn suffix(naming: &Naming, rocm: &Rocm) -> Result<Local, Problem> {
    let derived = Suffix::derive(&rocm.package_version);
    let Some(asked) = &naming.suffix else {
        let suffix = derived.map_err(|error| refused("no version suffix can be derived", error))?;
        let why = format!("suffix `{suffix}`: the ROCm packages are {}", rocm.package_version);
        return Ok(Local { suffix, why, warning: None });
    };
    let why = format!("suffix `{asked}`: `--version-suffix` says so");
    // A ROCm that no suffix can name leaves nothing to compare with, and its name is then the user's to find.
    let other = derived.ok().filter(|derived| !same_suffix(derived, asked));
    let found = other.map(|derived| {
        let installed = &rocm.package_version;
        format!("version suffix `{asked}` names another ROCm than the installed {installed}, whose suffix is `{derived}`")
    });
    match (found, naming.mismatch) {
        (Some(text), Mismatch::Refuse) => Err(Problem::new(text)
            .hint("leave `--version-suffix` out, install that ROCm, or accept the difference with `--allow-suffix-mismatch`")),
        (warning, _) => Ok(Local { suffix: asked.clone(), why, warning }),
    }
}

/// The version that a project's build is told. Triton composes its own.
pub fn version(setting: &Setting, project: Project) -> Result<Version, Problem> {
    let base = base(setting, project)?;
    let naming = &setting.request.naming;
    let tagged = naming.release_type.tags_commit() && project != Project::Apex;
    let locked = setting.facts.lock.get(&project);
    let commit = setting.checkout(project).git.as_ref().map(|git| git.public(locked)).filter(|_| tagged);
    let context = format!("the version of {}", project.distribution());
    let told = wheel_version(base, &setting.local.suffix, commit).map_err(|error| refused(&context, error))?;
    let mut why = format!("version `{told}`: `version.txt` says `{base}`; {}", setting.local.why);
    if commit.is_some() {
        why += &format!("; `{}` builds name their commit", naming.release_type);
    }
    let warning = (tagged && commit.is_none()).then(|| {
        let (name, kind) = (project.distribution(), naming.release_type);
        format!("{name}'s version names no commit, as those of `{kind}` builds do: its sources are no git checkout")
    });
    let overridden = setting.overridden(project, variable(project)).is_some();
    let planned = (!overridden).then(|| if project == Project::Pytorch { numbered(setting, &told) } else { told.clone() });
    Ok(Version { told, planned, why, warning })
}

/// The variable that tells a project's build its version.
pub fn variable(project: Project) -> &'static str {
    match project {
        Project::Pytorch => "PYTORCH_BUILD_VERSION",
        _ => "BUILD_VERSION",
    }
}

/// The variable that tells torch's build its number.
pub const BUILD_NUMBER: &str = "PYTORCH_BUILD_NUMBER";

/// torch, and only torch, puts a build number above 1 into its version.
fn numbered(setting: &Setting, told: &str) -> String {
    let number = match setting.overridden(Project::Pytorch, BUILD_NUMBER) {
        Some(value) => value.unwrap_or_default(),
        None => &setting.request.naming.build_number,
    };
    match number.trim().parse::<u32>() {
        Ok(number) if number > 1 => format!("{told}.post{number}"),
        _ => told.to_owned(),
    }
}

fn base<'a>(setting: &Setting<'a>, project: Project) -> Result<&'a str, Problem> {
    let text = setting.checkout(project).texts.get("version.txt").map(|text| text.trim()).unwrap_or_default();
    if !text.is_empty() {
        return Ok(text);
    }
    let (name, dir) = (project.distribution(), setting.dir(project));
    Err(Problem::new(format!("the sources of {name} in `{dir}` have no version: there is no text in `version.txt`"))
        .hint(format!("is `{dir}` a checkout of {name}? Otherwise name one with `{}`", dir_flag(project))))
}

fn refused(context: &str, error: VersionError) -> Problem {
    Problem { text: format!("{context}: {error}"), hint: error.hint() }
}
