//! The proof that a set can be used: its wheels are installed into an environment that is made for it and has nothing else, pip looks whether what
//! is there fits together, and each wheel is imported by a process of its own.

mod foretold;

use manifest::{Project, WheelName};

pub use foretold::{FORBIDDEN, foretold, untried};

use super::pip::{Pip, isolated};
use super::rocm;
use super::{Action, Command, Job, Step};
use crate::host::Host;
use crate::request::{RocmWish, Trial, venv_python};

/// The folder of the trial, below that of the Python.
pub const FOLDER: &str = "audit";

/// The order in which wheels are imported. torch comes first: what is wrong with it is wrong with all that is built on it.
const IMPORTED: [Project; 5] = [Project::Pytorch, Project::Triton, Project::PytorchAudio, Project::PytorchVision, Project::Apex];

/// How long pip may be silent, in seconds: it unpacks gigabytes without a word.
const SILENCE: u32 = 1800;

/// The script that tries a wheel, and the one that lists an environment; they are written beside it.
const TRY_WHEEL: (&str, &str) = ("try_wheel.py", include_str!("proof/try_wheel.py"));
const LIST_INSTALLED: (&str, &str) = ("list_installed.py", include_str!("proof/list_installed.py"));

/// A set that is to be tried.
#[derive(Debug)]
pub struct Proof<'a> {
    /// The machine.
    pub host: &'a Host,
    /// The interpreter that makes the environment.
    pub python: &'a str,
    /// The pip that installs into it.
    pub pip: Pip,
    /// The folder that is made for it, and removed with all that is in it.
    pub dir: String,
    /// The ROCm packages that the set is for: their exact version, and where pip finds them.
    pub rocm: Option<&'a RocmWish>,
    /// The wheels: absolute paths and names.
    pub wheels: &'a [(String, WheelName)],
    /// How far they are tried.
    pub trial: Trial,
}

/// What a job tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Whether an environment can be made at all.
    Environment,
    /// Whether ROCm's packages can be installed.
    Rocm,
    /// Whether the wheels can be installed.
    Install,
    /// Whether what is installed fits together.
    Check,
    /// Whether a project's wheel can be imported.
    Import(Project),
}

impl Attempt {
    /// Whether nothing else can be tried if this fails.
    pub fn is_ground(self) -> bool {
        matches!(self, Attempt::Environment | Attempt::Rocm | Attempt::Install)
    }

    fn job(self) -> Job {
        Job::new(match self {
            Attempt::Environment => "audit-environment".to_owned(),
            Attempt::Rocm => "audit-rocm".to_owned(),
            Attempt::Install => "audit-install".to_owned(),
            Attempt::Check => "audit-check".to_owned(),
            Attempt::Import(project) => format!("audit-{}", project.distribution()),
        })
    }
}

impl Proof<'_> {
    /// What is tried, in this order; each job is done by itself, because what follows a failure may be as telling.
    pub fn attempts(&self) -> Vec<(Attempt, Job)> {
        let mut attempts = vec![self.attempt(Attempt::Environment, self.make())];
        if let Some(wish) = self.rocm {
            attempts.push(self.attempt(Attempt::Rocm, vec![self.install_rocm(wish)]));
        }
        attempts.push(self.attempt(Attempt::Install, vec![self.install()]));
        let check = self.pip(&["check"]);
        attempts.push(self.attempt(Attempt::Check, vec![Step::run("asking pip whether all fits together", check)]));
        let of = |project: Project| self.wheels.iter().find(|(_, name)| name.project() == Some(project));
        attempts.extend(IMPORTED.into_iter().filter_map(|project| {
            let (_, name) = of(project)?;
            Some(self.attempt(Attempt::Import(project), vec![self.import(project, name)]))
        }));
        attempts
    }

    /// Removes the environment.
    pub fn clean_up(&self) -> Job {
        let mut job = Job::new("audit-clean-up");
        job.steps = vec![Step::new("removing the environment that was made for the audit", Action::Remove(self.dir.clone()))];
        job
    }

    /// The program and arguments that list what is installed, as [`crate::facts::Installed`].
    pub fn list(&self) -> (String, Vec<String>) {
        (self.interpreter(), vec!["-I".to_owned(), self.join(LIST_INSTALLED.0)])
    }

    fn attempt(&self, attempt: Attempt, steps: Vec<Step>) -> (Attempt, Job) {
        (attempt, Job { steps, ..attempt.job() })
    }

    fn make(&self) -> Vec<Step> {
        let write = |(name, text): (&str, &str)| Action::Write { path: self.join(name), text: text.to_owned() };
        let args = ["-m", "venv", "--without-pip", &self.join("venv")];
        let venv = isolated(self.host, self.python, &self.host.temp_dir(), &args);
        vec![
            Step::new("removing what an earlier audit left", Action::Remove(self.dir.clone())),
            Step::new("writing what tries a wheel", write(TRY_WHEEL)),
            Step::new("writing what lists an environment", write(LIST_INSTALLED)),
            Step::run("making a clean environment", venv),
        ]
    }

    /// As for the build, but in exactly the version that the set is for.
    fn install_rocm(&self, wish: &RocmWish) -> Step {
        let cache = wish.pip_cache_dir.as_deref().map_or(Vec::new(), |dir| vec!["--cache-dir", dir]);
        let install = self.pip_install().args(rocm::from(wish)).args(cache);
        let requirement = format!("rocm[libraries]{}", wish.specifier);
        Step::run("installing the ROCm packages into it", install.arg(requirement))
    }

    /// Their files, so that no other wheel of these versions is taken; what else they require comes from where pip looks by itself.
    fn install(&self) -> Step {
        let cache = self.rocm.and_then(|wish| wish.pip_cache_dir.as_deref()).map_or(Vec::new(), |dir| vec!["--cache-dir", dir]);
        let paths = self.wheels.iter().map(|(path, _)| path.as_str());
        Step::run("installing the wheels into it", self.pip_install().args(cache).args(paths))
    }

    fn pip_install(&self) -> Command {
        self.pip(&["install", "--no-input", "--disable-pip-version-check"]).network().talking(self.host.silence(SILENCE))
    }

    fn pip(&self, args: &[&str]) -> Command {
        self.pip.command(self.host, &self.interpreter(), &self.dir).args(args.iter().copied())
    }

    fn import(&self, project: Project, name: &WheelName) -> Step {
        let distribution = project.distribution();
        let script = self.join(TRY_WHEEL.0);
        let args = ["-B", &script, distribution, name.version()];
        let mut command = isolated(self.host, &self.interpreter(), &self.dir, &args);
        if self.trial == Trial::Smoke {
            command = command.arg("--smoke");
        }
        Step::run(format!("importing {distribution}"), command)
    }

    fn interpreter(&self) -> String {
        venv_python(self.host.platform, &self.join("venv"))
    }

    fn join(&self, name: &str) -> String {
        self.host.platform.join(&self.dir, name)
    }
}

#[cfg(test)]
mod tests;
