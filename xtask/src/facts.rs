//! What was seen of the world, as plain values: first what the file system shows, then what programs answer. Everything is serialisable, so
//! that a plan can be repeated on another machine from what was seen on this one.

mod disk;
mod git;
mod installed;
mod job;

use std::collections::{BTreeMap, BTreeSet};

use manifest::Project;
use serde::{Deserialize, Serialize};

pub use disk::Room;
pub use git::{GitState, Listed, Owner, Part};
pub use installed::{Distribution, Installed};
pub use job::{Ended, JobRecord, Key, LastBuild, RecordedWheel, Records, WheelState};

use crate::version::PythonVersion;

/// What the file system shows without a child process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Looks {
    /// What stands at each path that the request names or implies.
    pub paths: BTreeMap<String, Seen>,
    /// Folders that must take new files but cannot, with the operating system's words.
    pub unwritable: BTreeMap<String, String>,
    /// Programs by name, with the absolute path where they were found.
    pub programs: BTreeMap<String, String>,
    /// Python interpreters that may be the one asked for, most likely first.
    pub interpreters: Vec<String>,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen {
    /// Nothing.
    Missing,
    /// A file, or anything else that is not a folder.
    File,
    /// A folder.
    Directory,
}

impl Looks {
    /// What stands at `path`; a path that nobody looked at counts as missing.
    pub fn at(&self, path: &str) -> Seen {
        self.paths.get(path).copied().unwrap_or(Seen::Missing)
    }
}

/// What programs and checkouts answered. What is not there yet is absent, never guessed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Interpreters in the order in which they were asked; the last one asked is the first that fits.
    pub interpreters: Vec<Candidate>,
    /// The environment that builds, as it is now.
    pub environment: EnvironmentState,
    /// Programs that were asked for their version.
    pub tools: BTreeMap<String, Tool>,
    /// The commit of each project whose sources are fetched.
    pub lock: BTreeMap<Project, Locked>,
    /// What could not be resolved, each with its cause.
    pub unresolved: Vec<Unresolved>,
    /// The sources that are there.
    pub checkouts: BTreeMap<Project, Checkout>,
    /// The ROCm SDK in the environment.
    pub rocm: RocmState,
    /// What the output folder holds.
    pub output: Output,
    /// The TheRock repository that the tool is used from, or why its checkout cannot be read.
    pub therock: Option<Result<Upstream, String>>,
    /// Libraries outside the sources that a Windows build copies: file name -> path.
    pub libraries: BTreeMap<String, String>,
    /// What earlier jobs left behind.
    #[serde(skip_serializing_if = "Records::is_empty")]
    pub records: Records,
}

/// An interpreter that was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The path that was executed.
    pub path: String,
    /// Who it said it is, or why it could not.
    pub answer: Result<Python, String>,
}

/// What one interpreter says of itself (`probe.py`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Python {
    /// Absolute path of the interpreter, as it calls itself.
    pub executable: String,
    /// The full version, `3.12.1`.
    pub version: String,
    /// Major, minor and whether it runs without the global lock.
    pub series: PythonVersion,
    /// `cpython`, `pypy`.
    pub implementation: String,
    /// Where this environment lives, and the interpreter below it; they differ in a virtual environment.
    pub prefix: String,
    /// The prefix of the interpreter that the environment was made from.
    pub base_prefix: String,
    /// Where packages are installed (`purelib`).
    pub site_packages: String,
    /// The platform part of wheel names: `linux_x86_64`, `win_amd64`.
    pub platform_tag: String,
    /// Whether `python -m venv` can give its environments a pip.
    pub ensurepip: bool,
    /// Absolute path of the pip wheel that `ensurepip` installs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundled_pip: Option<String>,
    /// Whether the operating system asks that nothing be installed into it (PEP 668).
    pub externally_managed: bool,
    /// The operating system that it runs on, where that says what it is: `AlmaLinux 8.10`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    /// Installed distributions: normalised name -> version.
    pub distributions: BTreeMap<String, String>,
    /// The SHA-256 of the file that a distribution was installed from, by its normalised name, where pip noted it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub installed_from: BTreeMap<String, String>,
}

impl Python {
    /// The version of an installed distribution, by its normalised name.
    pub fn installed(&self, distribution: &str) -> Option<&str> {
        self.distributions.get(distribution).map(String::as_str)
    }

    /// Whether this is an environment of its own.
    pub fn is_virtual(&self) -> bool {
        self.prefix != self.base_prefix
    }
}

/// The environment that builds run in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state", content = "what")]
pub enum EnvironmentState {
    /// Nothing is there.
    #[default]
    Absent,
    /// The tool began to make it and did not finish.
    Unfinished,
    /// It stands where the tool would make its own, but has not the tool's mark.
    Foreign,
    /// It is there but its interpreter does not answer; the cause.
    Broken(String),
    /// It is there and answers.
    Ready(Box<Ready>),
}

/// An environment that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Its interpreter.
    pub python: Python,
    /// What was being installed or removed and is not known to have been: a distribution, or other words.
    #[serde(default)]
    pub interrupted: BTreeSet<String>,
    /// Where something was interrupted: what is not whole in the folder of packages. `~x` was put aside by pip to be removed, `x-1.dist-info`
    /// belongs to a distribution that is half installed, or half removed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub halves: BTreeSet<String>,
    /// The ROCm set that was last installed on demand: requirement -> the distributions that it gave.
    #[serde(default)]
    pub rocm_set: Option<RocmSet>,
}

/// What an installation of ROCm was asked for and what it gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RocmSet {
    /// The requirement and where it came from, as one line without credentials.
    pub asked: String,
    /// The distributions of the set: normalised name -> version.
    pub distributions: BTreeMap<String, String>,
    /// The SHA-256 of the file that each was installed from, by normalised name, where pip told it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sha256: BTreeMap<String, String>,
}

impl EnvironmentState {
    /// The environment, if it answers.
    pub fn ready(&self) -> Option<&Ready> {
        match self {
            EnvironmentState::Ready(ready) => Some(ready),
            _ => None,
        }
    }

    /// Its interpreter.
    pub fn python(&self) -> Option<&Python> {
        self.ready().map(|ready| &ready.python)
    }
}

/// A program that was asked for its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Absolute path.
    pub path: String,
    /// The first line it printed, or why it printed none.
    pub version: Result<String, String>,
}

/// What a manifest says of the repository of a checkout that names none.
pub const NO_REPOSITORY: &str = "unknown";

/// What a manifest says of a job that is none of its run: it took the wheel over from a whole set, and was not asked for it.
pub const CARRIED_OVER: &str = "its wheel is that of an earlier run";

/// A commit that a build is held to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The repository, without credentials.
    pub repo: String,
    /// The full commit.
    pub commit: String,
    /// The branch it was resolved from; absent for a pin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Where the commit comes from, in words.
    pub why: String,
    /// The version that the sources say at this commit, without a suffix; only a lock asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A project whose commit could not be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unresolved {
    /// The project.
    pub project: Project,
    /// Why.
    pub cause: String,
    /// What to do.
    pub hint: Option<String>,
    /// The other project whose fault is the cause. It is told there, and not again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_of: Option<Project>,
}

/// A source folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkout {
    /// What git says of it, if it is a checkout.
    pub git: Option<GitState>,
    /// Files of interest that are there, relative, with `/`.
    pub present: BTreeSet<String>,
    /// The contents of the small ones, trimmed.
    pub texts: BTreeMap<String, String>,
    /// Whether `pyproject.toml` names `scikit_build_core.build`.
    pub scikit_build_core: bool,
}

/// The ROCm SDK of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state", content = "what")]
pub enum RocmState {
    /// No `rocm` distribution is installed.
    #[default]
    Absent,
    /// It is installed, but its development files are still packed; asking for a path would unpack them.
    Packed,
    /// It is installed but does not answer; the query and its cause.
    Broken(String),
    /// It answers.
    Ready(Rocm),
}

impl RocmState {
    /// The SDK, if it answers.
    pub fn ready(&self) -> Option<&Rocm> {
        match self {
            RocmState::Ready(rocm) => Some(rocm),
            _ => None,
        }
    }
}

/// An SDK that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rocm {
    /// The version of the `rocm` distribution; names wheels.
    pub package_version: String,
    /// What `rocm_sdk version` prints; pins torch's requirement.
    pub sdk_version: String,
    /// `rocm_sdk path --root`.
    pub root: String,
    /// `rocm_sdk path --bin`.
    pub bin: String,
    /// `rocm_sdk path --cmake`.
    pub cmake: String,
    /// Folders of interest below the root that are there, relative, with `/`.
    pub present: BTreeSet<String>,
}

/// What the output folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Output {
    /// File names ending in `.whl`, sorted.
    pub wheels: Vec<String>,
    /// Manifests, by file name.
    pub manifests: BTreeMap<String, Recorded>,
}

/// A manifest that stands in the manifest folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Whose it is: `manifest::Identity` as text, or why the file cannot be read.
    pub identity: Result<String, String>,
    /// The wheels that it lists, by relative path.
    pub wheels: Vec<String>,
    /// The commits of what an unfinished run selected, if it is the manifest of one: a rerun is held to them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lock: BTreeMap<Project, Locked>,
}

/// The TheRock repository, for the manifest and for its pin of triton on Windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// The repository, without credentials.
    pub repo: String,
    /// The full commit.
    pub commit: String,
    /// The branch, if on one.
    #[serde(default)]
    pub branch: Option<String>,
    /// The ref that CI was started for.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
}
