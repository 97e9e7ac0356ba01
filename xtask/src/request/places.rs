//! Where everything is: each path made absolute once, from the directory that the tool was started in.

use std::collections::BTreeMap;

use manifest::Project;

use super::Problem;
use crate::cli::{BuildArgs, InstallArgs, LockArgs};
use crate::host::{Host, Platform};
use crate::refs::is_folder;
use crate::version::PythonVersion;

/// Every folder of a request. Paths are absolute and spelled for the host's platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// How paths are spelled.
    pub platform: Platform,
    /// Sources, environment, records and logs.
    pub work: String,
    /// The finished wheels.
    pub output: String,
    /// The manifest.
    pub manifests: String,
    /// The environment that builds.
    pub venv: Venv,
    /// A TheRock checkout that was named.
    pub therock: Option<String>,
    /// A folder with wheels that was named where an address could stand.
    pub links: Option<String>,
    /// The folder of the checkouts.
    pub checkouts: String,
    projects: BTreeMap<Project, Place>,
}

/// A project's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder.
    pub dir: String,
    /// Who chose it.
    pub chosen: Chosen,
}

/// Who chose a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The tool.
    Default,
    /// The user, by `--<project>-dir`: what is in it is built as it is.
    Named,
}

/// The environment that builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Venv {
    /// `<work>/py3.12/venv`, made by the tool.
    Own,
    /// One that the user named or activated; used as it is.
    At(String),
    /// None: the interpreter itself.
    Interpreter,
}

/// The folder of the tool's own, by its name: in an environment it keeps the tool's notes and is made before the environment, so that a half-made
/// one is known as ours; among the checkouts it holds those that are being made.
const NOTES: &str = ".therock-xtask";

/// The folder for manifests, in that of the wheels.
pub const MANIFESTS: &str = "manifests";

impl Places {
    /// The folders of `build` and `plan`.
    pub fn build(args: &BuildArgs, host: &Host) -> Result<Self, Vec<Problem>> {
        let mut found = Finder { host, problems: Vec::new() };
        let mut places = found.common(&args.install, if args.demo { "build/demo" } else { "build" });
        // What the demo builds is no torch: it stays out of the environment that happens to be active.
        if args.demo && args.install.venv.is_none() {
            places.venv = Venv::Own;
        }
        let join = |base: &str, rest: &str| host.platform.join(base, rest);
        let src = found.path("--root-checkout-dir", &args.root_checkout_dir).unwrap_or_else(|| join(&places.work, "src"));
        let default_output = if args.demo { join(&places.work, "dist") } else { join(&host.cwd, "dist") };
        places.output = found.path("--output-dir", &args.output_dir).unwrap_or(default_output);
        places.manifests = found.path("--manifest-dir", &args.manifest_dir).unwrap_or_else(|| join(&places.output, MANIFESTS));
        places.therock = found.path("--therock-dir", &args.therock_dir);
        for (project, value) in project_dirs(args) {
            let place = match found.path(&dir_flag(project), value) {
                Some(dir) => Place { dir, chosen: Chosen::Named },
                None => Place { dir: join(&src, project.key()), chosen: Chosen::Default },
            };
            places.projects.insert(project, place);
        }
        places.checkouts = src;
        found.done(places)
    }

    /// The folders of `checkout`: those of a build, but for what it makes.
    pub fn checkout(args: &BuildArgs, host: &Host) -> Result<Self, Vec<Problem>> {
        Ok(Places { output: String::new(), manifests: String::new(), ..Places::build(args, host)? })
    }

    /// The folders of `install-rocm`.
    pub fn install(args: &InstallArgs, host: &Host) -> Result<Self, Vec<Problem>> {
        let mut found = Finder { host, problems: Vec::new() };
        let places = found.common(args, "build");
        found.done(places)
    }

    /// The folders of `lock`: nothing but where its manifests go, and TheRock.
    pub fn lock(args: &LockArgs, host: &Host) -> Result<Self, Vec<Problem>> {
        let mut found = Finder { host, problems: Vec::new() };
        let mut places = Places { work: String::new(), venv: Venv::Interpreter, ..found.common(&InstallArgs::default(), "") };
        let folder = found.path("--manifest-dir", &args.manifest_dir);
        let file = found.path("--output", &args.output);
        let parent = file.as_deref().and_then(|file| host.platform.parent(file)).map(str::to_owned);
        places.manifests = folder.or(parent).unwrap_or_default();
        places.therock = found.path("--therock-dir", &args.therock_dir);
        found.done(places)
    }

    /// A project's sources.
    pub fn project(&self, project: Project) -> &Place {
        // Every project is entered when the places of a build are made; an environment has no projects, and nobody asks.
        static NOWHERE: Place = Place { dir: String::new(), chosen: Chosen::Default };
        self.projects.get(&project).unwrap_or(&NOWHERE)
    }

    /// What belongs to one Python: `<work>/py3.12`.
    pub fn python(&self, python: &PythonVersion) -> String {
        self.platform.join(&self.work, &format!("py{python}"))
    }

    /// The record of a project's jobs for one Python.
    pub fn job_record(&self, python: &PythonVersion, project: Project) -> String {
        self.platform.join(&self.job_records(python), &format!("{}.json", project.key()))
    }

    /// The folder of those records for one Python.
    pub fn job_records(&self, python: &PythonVersion) -> String {
        self.platform.join(&self.python(python), "jobs")
    }

    /// The tool's own environment for one Python.
    pub fn own_venv(&self, python: &PythonVersion) -> String {
        self.platform.join(&self.python(python), "venv")
    }

    /// Where a checkout is made before it gets its place: a folder of the tool's own, so that whatever is left in it may go.
    pub fn unfinished_checkout(&self, project: Project) -> String {
        self.platform.join(&self.checkouts, &format!("{NOTES}/{}", project.key()))
    }

    /// The file that the run has which makes or moves checkouts.
    pub fn checkouts_lock(&self) -> String {
        checkouts_lock(self.platform, &self.checkouts)
    }

    /// The file that the run has which works in the work folder.
    pub fn work_lock(&self) -> String {
        self.platform.join(&self.work, &format!("{NOTES}/lock"))
    }

    /// The folder for temporary files of the run's programs.
    pub fn temporary(&self) -> String {
        self.platform.join(&self.work, &format!("{NOTES}/tmp"))
    }

    /// The miniature SDK and repositories of `--demo`: `sdk`, `origins`.
    pub fn demo(&self, what: &str) -> String {
        self.platform.join(&self.work, what)
    }

    /// Every path that must be looked at before anything is decided.
    pub fn to_look_at(&self) -> Vec<String> {
        let venv = match &self.venv {
            Venv::At(dir) => vec![dir.clone(), venv_python(self.platform, dir)],
            _ => Vec::new(),
        };
        let own = [&self.work, &self.output, &self.manifests].into_iter().filter(|path| !path.is_empty());
        let dirs = self.projects.values().map(|place| &place.dir);
        own.chain(dirs).chain(&self.therock).chain(&self.links).cloned().chain(venv).collect()
    }

    /// Every folder that must take new files.
    pub fn to_write_in(&self) -> Vec<String> {
        [&self.work, &self.output, &self.manifests].into_iter().filter(|path| !path.is_empty()).cloned().collect()
    }
}

/// The interpreter of a virtual environment.
pub fn venv_python(platform: Platform, venv: &str) -> String {
    match platform {
        Platform::Linux => platform.join(venv, "bin/python"),
        Platform::Windows => platform.join(venv, "Scripts/python.exe"),
    }
}

/// Where the tool keeps a note about an environment: `made`, `installing`, `rocm`.
pub fn venv_note(platform: Platform, prefix: &str, note: &str) -> String {
    platform.join(prefix, &format!("{NOTES}/{note}.json"))
}

/// The folder of those notes.
pub fn venv_notes(platform: Platform, prefix: &str) -> String {
    platform.join(prefix, NOTES)
}

/// The flag that names a project's sources: `--pytorch-audio-dir`.
pub fn dir_flag(project: Project) -> String {
    format!("--{}-dir", project.key().replace('_', "-"))
}

/// The file in a folder of checkouts that the run has which makes or moves them.
pub fn checkouts_lock(platform: Platform, checkouts: &str) -> String {
    platform.join(checkouts, &format!("{NOTES}/lock"))
}

/// What those flags say.
pub fn project_dirs(args: &BuildArgs) -> [(Project, &Option<String>); 5] {
    [
        (Project::Triton, &args.triton_dir),
        (Project::Pytorch, &args.pytorch_dir),
        (Project::PytorchAudio, &args.pytorch_audio_dir),
        (Project::PytorchVision, &args.pytorch_vision_dir),
        (Project::Apex, &args.apex_dir),
    ]
}

struct Finder<'a> {
    host: &'a Host,
    problems: Vec<Problem>,
}

impl Finder<'_> {
    fn common(&mut self, args: &InstallArgs, work: &str) -> Places {
        let platform = self.host.platform;
        let default = platform.join(&self.host.cwd, work);
        Places {
            platform,
            work: self.path("--work-dir", &args.work_dir).unwrap_or(default),
            output: String::new(),
            manifests: String::new(),
            venv: self.venv(args),
            therock: None,
            // What is wrong with an address is said when the options are read.
            links: args.find_links.as_deref().filter(|text| is_folder(text)).and_then(|text| self.host.absolute(text).ok()),
            checkouts: String::new(),
            projects: BTreeMap::new(),
        }
    }

    fn venv(&mut self, args: &InstallArgs) -> Venv {
        match args.venv.as_deref() {
            Some(text) if text.eq_ignore_ascii_case("none") => Venv::Interpreter,
            Some(_) => self.path("--venv", &args.venv).map_or(Venv::Own, Venv::At),
            None if args.python.is_some() => Venv::Own,
            None => self.host.var("VIRTUAL_ENV").map_or(Venv::Own, |dir| Venv::At(platform_spelled(self.host, dir))),
        }
    }

    fn path(&mut self, flag: &str, value: &Option<String>) -> Option<String> {
        match self.host.absolute(value.as_deref()?) {
            Ok(path) => Some(path),
            Err(error) => {
                self.problems
                    .push(Problem::new(format!("invalid value for `{flag}`: {error}")).hint("give the path of a folder"));
                None
            }
        }
    }

    fn done(self, places: Places) -> Result<Places, Vec<Problem>> {
        if self.problems.is_empty() { Ok(places) } else { Err(self.problems) }
    }
}

fn platform_spelled(host: &Host, dir: &str) -> String {
    host.absolute(dir).unwrap_or_else(|_| dir.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::host::{Environment, Memory, Terminal};

    #[test]
    fn the_demo_stays_out_of_the_active_environment() {
        let host = Host {
            platform: Platform::Linux,
            machine: String::new(),
            cwd: "/w".to_owned(),
            env: Environment([("VIRTUAL_ENV".to_owned(), "/active".to_owned())].into()),
            cpus: 1,
            memory: Memory::default(),
            terminal: Terminal::Dumb,
        };
        for (words, expected) in [
            (&["--demo"][..], Venv::Own),
            (&["--demo", "--venv", "mine"], Venv::At("/w/mine".to_owned())),
            (&["--demo", "--venv", "none"], Venv::Interpreter),
            (&["--venv", "NONE"], Venv::Interpreter),
            (&["--ref", "nightly"], Venv::At("/active".to_owned())),
            (&["--ref", "nightly", "--python", "3.12"], Venv::Own),
        ] {
            let Command::Build(args) = Cli::try_parse_from([&["xtask", "build"], words].concat()).unwrap().command else {
                panic!()
            };
            assert_eq!(Places::build(&args, &host).unwrap().venv, expected, "{words:?}");
        }
    }
}
