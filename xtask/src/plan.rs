//! A plan is everything that will be done and why, as data. It is printed by `plan` and done by `build`; it holds no choice that is still to
//! be made, only holes for texts that are born on the way, such as the version that triton gives itself.

mod action;
pub mod again;
mod against;
pub mod alone;
pub mod apex;
pub mod audio;
mod cache;
pub mod check;
pub mod disk;
pub mod env;
pub mod folder;
mod inherited;
pub mod jobs;
pub mod key;
mod mark;
mod naming;
pub mod pip;
pub mod proof;
pub mod python;
mod reuse;
pub mod rocm;
mod setting;
pub mod sources;
pub mod text;
pub mod torch;
pub mod triton;
mod unknown;
mod value;
pub mod vision;
pub mod wheel;

use manifest::{Need, Project};
use serde::Serialize;

pub use action::{
    Action, CacheKind, Changes, CheckRocm, Command, Env, Failure, Moment, Pace, ReadCache, Retry, Step, Store, StoreSubmodules,
    TakeWheel, When,
};
pub use again::{Decision, Verdict};
pub use mark::Mark;
pub use value::{Hole, Value};

use crate::facts::{Facts, Key};
use crate::host::Host;
use crate::request::{Goal, OnFailure, Problem, Request};

/// The name of a job: what its log is called and what others wait for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct JobName(pub String);

impl std::fmt::Display for JobName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A list of steps that are done in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Job {
    /// Its name.
    pub name: JobName,
    /// The project whose wheel it builds, if it builds one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
    /// The jobs that must have ended well before it starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<JobName>,
    /// The jobs that must have ended, well or not, before it starts: it takes over their compilers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<JobName>,
    /// Whether the set is whole without it.
    #[serde(skip_serializing_if = "is_required")]
    pub need: Need,
    /// What is done about its wheel, once all that counts is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What its wheel depends on, once that is known. Long, and in the manifest once the job has run.
    #[serde(skip)]
    pub key: Key,
    /// Each choice that shaped it, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// What is not known yet, and which job will tell. A job with unknowns has no steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Unknown>,
    /// How long it took in an earlier run, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_before: Option<u64>,
    /// The room that it needs on the disks, by what earlier jobs left there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub room: Vec<disk::Need>,
    /// What is done.
    pub steps: Vec<Step>,
}

impl Job {
    /// Whether the wheel that it is about is one of an earlier run.
    pub fn is_reused(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.verdict == Verdict::Reused)
    }

    /// A job of its own: it waits for nothing.
    pub fn new(name: impl Into<String>) -> Self {
        let name = JobName(name.into());
        Job {
            name,
            project: None,
            waits_for: Vec::new(),
            follows: Vec::new(),
            need: Need::Required,
            decision: None,
            key: Key::new(),
            why: Vec::new(),
            unknown: Vec::new(),
            seconds_before: None,
            room: Vec::new(),
            steps: Vec::new(),
        }
    }
}

/// A fact that is not there yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unknown {
    /// What is missing, in words.
    pub fact: String,
    /// The job that will tell.
    pub given_by: JobName,
}

/// What will be done, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Sources, Python environment, ROCm: done first, because the build's facts depend on them.
    pub prepare: Vec<Job>,
    /// The wheels.
    pub build: Vec<Job>,
    /// Done at the end, whatever became of the wheels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finally: Vec<Job>,
    /// What the finished set goes through, in words: its steps are planned when it is there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audit: Vec<Job>,
    /// What is done after a failure.
    #[serde(skip_serializing_if = "is_default")]
    pub on_failure: OnFailure,
    /// What is appended to the versions of the wheels, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// What users should know but need not act on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Plan {
    /// The jobs of the wheels that no earlier run made, and those that bring wheels into the environment.
    pub fn built(&self) -> impl Iterator<Item = &Job> {
        self.build.iter().filter(|job| !job.is_reused())
    }
}

/// Everything that a request needs done, from what was seen. What is not there yet leaves jobs without steps, with what they lack.
///
/// # Errors
/// Every reason why the request cannot be fulfilled in the world as it was seen.
pub fn whole(request: &Request, host: &Host, facts: &Facts) -> Result<Plan, Vec<Problem>> {
    let mut plan = Plan { on_failure: request.going.on_failure, ..Plan::default() };
    let mut problems = Vec::new();
    match python::job(request, host, facts) {
        Ok(job) => plan.prepare.extend(job),
        Err(problem) => problems.push(problem),
    }
    match rocm::job(request, host, facts) {
        Ok(job) => plan.prepare.extend(job),
        Err(found) => problems.extend(found),
    }
    let (checkouts, found) = sources::checkout_jobs(request, host, facts);
    plan.prepare.extend(checkouts);
    problems.extend(found);
    if request.goal == Goal::Wheels && problems.is_empty() {
        match wheel::jobs(request, host, facts) {
            Ok(wheels) => {
                plan = Plan { prepare: plan.prepare, on_failure: plan.on_failure, ..wheels };
                let built: Vec<Project> = plan.built().filter_map(|job| job.project).collect();
                plan.finally.extend(sources::mark_job(request, facts, &built));
                plan.audit.push(proof::foretold(request, host, facts));
                plan.warnings.extend(sources::without_git(request, facts));
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
}

fn is_required(need: &Need) -> bool {
    *need == Need::Required
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
