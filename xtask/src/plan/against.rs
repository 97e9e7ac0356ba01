//! The torch that torchaudio, torchvision and apex are built against when the same request does not build it.

use std::str::FromStr;

use manifest::{Identity, Project, WheelName};
use pep440_rs::Version;

use super::check::track;
use super::setting::Setting;
use super::{Job, Unknown, unknown};
use crate::facts::{EnvironmentState, Facts, Python, Ready, RecordedWheel};
use crate::host::Host;
use crate::request::{Problem, Request};
use crate::version::same_version;

/// The job that installs a recorded torch.
pub const INSTALL: &str = "install-torch";

/// Where torch comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Torch {
    /// Nothing that is built needs it, or this request builds it.
    Own,
    /// A wheel in the output folder that is to be installed.
    Wheel {
        /// Its absolute path.
        path: String,
        /// Its version.
        version: String,
    },
    /// The environment has it.
    Installed {
        /// Its version.
        version: String,
    },
    /// The environment will tell.
    Unknown(Unknown),
}

/// The output's recorded wheel, else what the environment has.
pub fn torch(request: &Request, host: &Host, facts: &Facts) -> Result<Torch, Problem> {
    let dependants = dependants(request);
    if dependants.is_empty() || request.builds(Project::Pytorch) {
        return Ok(Torch::Own);
    }
    let recorded = recorded(request, host, facts);
    let ready = match &facts.environment {
        EnvironmentState::Ready(ready) => Some(ready),
        _ => None,
    };
    let installed = ready.and_then(|ready| installed(ready));
    match (recorded, installed) {
        (Some(_), _) if ready.is_none() => Ok(Torch::Unknown(unknown::interpreter())),
        (Some((path, version)), Some(has)) if same_version(&version, has) && !is_other(host, facts, &path) => {
            Ok(Torch::Installed { version })
        }
        (Some((path, version)), _) => Ok(Torch::Wheel { path, version }),
        (None, Some(version)) => Ok(Torch::Installed { version: version.to_owned() }),
        // An environment that is still to be made will have no torch; one that does not answer may have one.
        (None, None) => match facts.environment {
            EnvironmentState::Foreign | EnvironmentState::Broken(_) => Ok(Torch::Unknown(unknown::interpreter())),
            _ => Err(none(request, &dependants)),
        },
    }
}

/// The projects of this request that import torch while they are built.
pub fn dependants(request: &Request) -> Vec<Project> {
    request.selected.iter().copied().filter(|project| imports_torch(*project)).collect()
}

/// Whether a project imports torch while it is built.
pub fn imports_torch(project: Project) -> bool {
    matches!(project, Project::PytorchAudio | Project::PytorchVision | Project::Apex)
}

/// The torch wheel of this request's manifest, with its version, if the file is still there.
fn recorded(request: &Request, host: &Host, facts: &Facts) -> Option<(String, String)> {
    let asked = || facts.interpreters.last().and_then(|candidate| candidate.answer.as_ref().ok());
    let python = facts.environment.python().or_else(asked)?;
    let (reference, _) = track(facts, request);
    let identity = Identity::new(&host.platform_name(), &python.series.to_string(), &reference, &request.gfx.targets).to_string();
    let ours = facts.output.manifests.values().filter(|manifest| manifest.identity.as_ref() == Ok(&identity));
    let mut wheels = ours.flat_map(|manifest| &manifest.wheels);
    wheels.find_map(|path| {
        let file = path.rsplit('/').next()?;
        let name = WheelName::parse(file).ok().filter(|name| name.project() == Some(Project::Pytorch))?;
        let there = facts.output.wheels.iter().any(|wheel| wheel == file);
        there.then(|| (host.platform.join(&request.places.output, path), name.version().to_owned()))
    })
}

/// Whether the installed torch is known to come from another file than the recorded wheel at this path.
fn is_other(host: &Host, facts: &Facts, path: &str) -> bool {
    let is_it = |wheel: &&RecordedWheel| host.platform.join(&wheel.folder, wheel.artifact.relative_path.as_str()) == path;
    let recorded = facts.records.wheel(Project::Pytorch).filter(is_it);
    let installed = facts.environment.python().and_then(|python| python.installed_from.get("torch"));
    recorded.zip(installed).is_some_and(|(wheel, installed)| wheel.artifact.sha256.as_str() != installed)
}

/// A torch whose installation was interrupted is not there.
fn installed(ready: &Ready) -> Option<&str> {
    ready.python.installed("torch").filter(|_| !ready.interrupted.contains("torch"))
}

fn none(request: &Request, dependants: &[Project]) -> Problem {
    let names: Vec<&str> = dependants.iter().map(|project| project.distribution()).collect();
    let keys: Vec<&str> = dependants.iter().map(|project| project.key()).collect();
    Problem::new(format!(
        "no torch to build {} against: it is not selected, `{}` has no recorded wheel of it, and the environment has none",
        listed(&names),
        request.places.output
    ))
    .hint(format!("build torch too: `--only pytorch,{}`", keys.join(",")))
}

/// What torch's build would have installed and these builds need.
pub fn missing_tools(request: &Request, facts: &Facts) -> Vec<Problem> {
    match facts.environment.python() {
        Some(python) if !request.builds(Project::Pytorch) => {
            dependants(request).into_iter().filter_map(|project| missing_tool(project, python)).collect()
        }
        _ => Vec::new(),
    }
}

pub fn missing_tool(project: Project, python: &Python) -> Option<Problem> {
    let needs: &[&str] = if project == Project::Apex { &["build", "setuptools", "wheel"] } else { &["setuptools", "wheel"] };
    let there = |name: &str| python.installed(name).is_some() || name == "wheel" && makes_wheels(python);
    let missing: Vec<&str> = needs.iter().copied().filter(|name| !there(name)).collect();
    if missing.is_empty() {
        return None;
    }
    let quoted: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    let python = &python.executable;
    let text = format!(
        "{} cannot be built without {} in the environment of `{python}`, where torch's build would have installed them",
        project.distribution(),
        listed(&quoted)
    );
    Some(Problem::new(text).hint(format!("`{python} -m pip install {}`", missing.join(" "))))
}

/// Whether setuptools has the command `bdist_wheel` itself, as it has since 70.1.
fn makes_wheels(python: &Python) -> bool {
    let version = python.installed("setuptools").and_then(|version| Version::from_str(version).ok());
    version.is_some_and(|version| version >= Version::new([70, 1]))
}

/// `a`, `a and b`, `a, b and c`.
fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [names @ .., last] if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        names => names.concat(),
    }
}

/// Fills the job that installs a recorded torch. The triton that it is pinned to may stand beside it, and on no index.
pub fn install(setting: &Setting, path: &str, version: &str, job: &mut Job) {
    let has = setting.python.installed("torch").map_or("none".to_owned(), |has| format!("torch {has}"));
    job.why.push(format!("torch {version} is recorded in the output, and the environment has {has}"));
    // pip would leave one of the same version as it is, whichever file it is from.
    let other = setting.python.installed("torch").map(|_| setting.pip_uninstall("torch", &setting.host.temp_dir()));
    job.steps = other.into_iter().collect();
    job.steps.push(setting.install("torch", path, &["--find-links", &setting.request.places.output]));
}
