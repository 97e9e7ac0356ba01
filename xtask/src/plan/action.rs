//! What a step does: programs that are run, and what the tool does itself.

use std::collections::BTreeMap;

use manifest::Project;
use serde::Serialize;

use crate::request::{Depth, Submodules};

use super::{Mark, Value, is_default};

/// Variables that a command gets on top of the inherited ones; one without a value hides the inherited one.
pub type Env = BTreeMap<String, Option<Value>>;

/// One program run: everything about it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Absolute path of the program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<Value>,
    /// The directory it runs in.
    pub cwd: String,
    /// What it gets on top of the tool's own environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: Env,
    /// Whether a failure ends the job.
    #[serde(skip_serializing_if = "is_default")]
    pub failure: Failure,
    /// How often it is tried.
    #[serde(skip_serializing_if = "is_default")]
    pub retry: Retry,
    /// How many seconds it may print nothing before it is ended; without a limit, for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<u32>,
    /// What it changes in an environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}

/// What a command installs or removes. It is noted before the command begins, and the note is taken back once it succeeded: what stays noted is
/// not believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The file that keeps the notes.
    pub notes: String,
    /// A distribution, or other words that no distribution is called by.
    pub what: String,
}

/// What a failing command means for its job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// The job has failed.
    #[default]
    Fatal,
    /// It is said and the job goes on.
    Tolerated,
}

/// Whether a command that failed is tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// One try.
    #[default]
    Never,
    /// It talks to a network: three tries, with a growing pause between them.
    Network,
    /// It compiles: if there was not enough memory, once more with half the compilers of `MAX_JOBS`, its build folder kept. A number that
    /// the user gave is halved, too: that it is too high is then no guess.
    HalfTheJobs,
}

impl Command {
    /// A command in `cwd` that must succeed at the first try and adds nothing to the environment.
    pub fn new(program: &str, cwd: &str, args: &[&str]) -> Self {
        Command {
            program: program.to_owned(),
            args: args.iter().map(|arg| Value::text(*arg)).collect(),
            cwd: cwd.to_owned(),
            env: Env::new(),
            failure: Failure::Fatal,
            retry: Retry::Never,
            silence: None,
            changes: None,
        }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<Value>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// More arguments.
    pub fn args<I: IntoIterator>(mut self, args: I) -> Self
    where
        I::Item: Into<Value>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// With these variables.
    pub fn env(mut self, env: &Env) -> Self {
        self.env.extend(env.iter().map(|(key, value)| (key.clone(), value.clone())));
        self
    }

    /// A failure is said and does not end the job.
    pub fn tolerated(mut self) -> Self {
        self.failure = Failure::Tolerated;
        self
    }

    /// It tells its progress, and is ended when it tells nothing for so many seconds.
    pub fn talking(mut self, silence: u32) -> Self {
        self.silence = Some(silence);
        self
    }

    /// It changes an environment.
    pub fn changing(mut self, notes: &str, what: &str) -> Self {
        self.changes = Some(Changes { notes: notes.to_owned(), what: what.to_owned() });
        self
    }

    /// It compiles, and may take too much memory.
    pub fn compiling(mut self) -> Self {
        self.retry = Retry::HalfTheJobs;
        self
    }

    /// It talks to a network.
    pub fn network(mut self) -> Self {
        self.retry = Retry::Network;
        self
    }
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Runs a program.
    Run(Command),
    /// Makes a folder and those above it.
    MakeFolder(String),
    /// Writes a text file, its folder included.
    Write {
        /// Absolute path.
        path: String,
        /// The whole content.
        text: String,
    },
    /// Writes the files that the tool carries.
    WriteFiles {
        /// Absolute path of the folder that gets them.
        folder: String,
        /// Their paths in it, with `/`, and their texts.
        #[serde(skip)]
        files: &'static [(&'static str, &'static str)],
    },
    /// Copies a file, its new folder included.
    Copy {
        /// Absolute path of what is there.
        from: String,
        /// Absolute path of the copy.
        to: String,
    },
    /// Renames a file or folder.
    Rename {
        /// Absolute path of what is there.
        from: String,
        /// Absolute path that it gets.
        to: String,
    },
    /// Removes a file or a folder with all that is in it, if it is there.
    Remove(String),
    /// Removes the wheels of one distribution from a folder that may hold other files, too.
    RemoveWheels {
        /// The folder.
        folder: String,
        /// The name that their files begin with, normalised (`_` for `-`).
        distribution: String,
    },
    /// Brings a commit into the store of git objects that all runs share.
    Store(Store),
    /// Gives a checkout a commit of a store, or fetches it where the store has it not, because it cannot be written.
    TakeStored {
        /// The store.
        store: String,
        /// The checkout.
        dir: String,
        /// The commit.
        commit: String,
        /// How much of its history; only of a new checkout, which has the store's files under further names where the disk has such.
        linked: Option<Depth>,
        /// What fetches it from the store.
        stored: Command,
        /// What fetches it from its repository.
        origin: Command,
    },
    /// Tells git to look away from submodules, whose pointers hipify moves.
    IgnoreSubmodules {
        /// The checkout.
        dir: String,
    },
    /// Removes the files by which a git that was killed keeps every other one out of the tool's own checkout.
    Unlock {
        /// The checkout.
        dir: String,
        /// Their names.
        names: &'static [&'static str],
    },
    /// Notes in the tool's own checkout what is done with it.
    MarkCheckout {
        /// The checkout.
        dir: String,
        /// What is noted.
        mark: Mark,
    },
    /// Looks whether a checkout and its submodules are at their commits.
    CheckCheckout {
        /// The checkout.
        dir: String,
        /// Its commit.
        commit: String,
        /// Whether the submodules count.
        submodules: Submodules,
    },
    /// Commits what the translation of CUDA to HIP changed.
    CommitTranslated {
        /// The checkout.
        dir: String,
        /// Whether the submodules' changes are committed, too.
        submodules: Submodules,
    },
    /// Looks whether every ROCm distribution that was asked for is installed, in one version, and keeps the set.
    CheckRocm(CheckRocm),
    /// Takes the one wheel that a build left, under its own name, into the output folder.
    TakeWheel(TakeWheel),
    /// Reads the compiler cache's statistics; the second reading is shown as its difference from the first.
    ReadCache(ReadCache),
}

/// What `Action::Store` brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Store {
    /// The store of the repository.
    pub store: String,
    /// The commit.
    pub commit: String,
    /// What fetches it, in the store, unless it is there.
    pub fetch: Command,
    /// The commit's submodules, which are fetched alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submodules: Option<StoreSubmodules>,
}

/// The submodules that `Action::Store` brings into stores of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreSubmodules {
    /// What their relative addresses are relative to.
    pub parent: String,
    /// How much of their history is fetched.
    pub depth: Depth,
    /// How many are fetched at once.
    pub jobs: u32,
    /// The file of git's configuration that leads to the stores. It is empty where one of them could not be filled: then git fetches all by itself.
    pub config: String,
}

/// What `Action::ReadCache` reads. Statistics are shared with other builds, so they are never set to zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadCache {
    /// Absolute path of the cache's program.
    pub program: String,
    /// Which cache it is.
    pub kind: CacheKind,
    /// Whether the builds are still to come.
    pub moment: Moment,
}

/// A compiler cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheKind {
    /// ccache: `--print-stats`.
    Ccache,
    /// sccache: `--show-stats --stats-format=json`.
    Sccache,
}

/// When something is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// Before the builds.
    Before,
    /// After them.
    After,
}

/// What `Action::CheckRocm` looks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckRocm {
    /// The interpreter whose environment is looked at.
    pub python: String,
    /// Distributions that must be there.
    pub distributions: Vec<String>,
    /// What was asked for, as one line.
    pub asked: String,
    /// The file that keeps the set.
    pub record: String,
    /// The file in which pip reported what it installed, and from which files. It is removed then: addresses in it may hold credentials.
    pub report: String,
}

/// What `Action::TakeWheel` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakeWheel {
    /// Whose wheel it is.
    pub project: Project,
    /// The name that its file begins with, normalised (`_` for `-`).
    pub distribution: String,
    /// The folder where the build leaves it.
    pub from: String,
    /// The output folder.
    pub to: String,
    /// The version that it must have, where the plan decides it; compared normalised.
    pub version: Option<String>,
    /// The folder of the sources, where the build may have written, too.
    #[serde(skip)]
    pub sources: String,
}

/// An action with its purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Why it is done, as a short present participle: `installing the ROCm packages`.
    pub purpose: String,
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// Whether it is done.
    #[serde(skip_serializing_if = "is_default")]
    pub when: When,
    /// How long it may take.
    #[serde(skip)]
    pub pace: Pace,
}

/// How long a step may take: whether somebody who waits wants to be told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Over at once.
    Brief,
    /// Seconds to hours.
    Lasting,
}

/// When a step is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Always.
    #[default]
    Always,
    /// If this file is there by then.
    Exists(String),
}

impl Step {
    /// A step that is always done.
    pub fn new(purpose: impl Into<String>, action: Action) -> Self {
        Step { purpose: purpose.into(), action, when: When::Always, pace: Pace::Brief }
    }

    /// A step that runs a program.
    pub fn run(purpose: impl Into<String>, command: Command) -> Self {
        Step { pace: Pace::Lasting, ..Step::new(purpose, Action::Run(command)) }
    }

    /// A step that runs a program which answers at once.
    pub fn ask(purpose: impl Into<String>, command: Command) -> Self {
        Step::new(purpose, Action::Run(command))
    }

    /// A step that is done only if a file is there by then.
    pub fn if_exists(mut self, path: impl Into<String>) -> Self {
        self.when = When::Exists(path.into());
        self
    }
}
