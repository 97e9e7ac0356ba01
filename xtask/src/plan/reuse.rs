//! Wheels of earlier runs in a plan: which are known to be reused, and how they come into the environment of those that are built.

use std::collections::BTreeMap;

use manifest::Project;

use super::again::built_with;
use super::against::{self, Torch};
use super::setting::Setting;
use super::{Decision, Hole, Job, JobName, Verdict, torch};
use crate::facts::{Key, RecordedWheel};
use crate::host::Platform;
use crate::request::Request;

/// What was decided about wheels, with their keys.
#[derive(Default)]
pub struct Known(BTreeMap<Project, (Decision, Key)>);

impl Known {
    /// Takes note of what was decided.
    pub fn settle(&mut self, project: Project, decision: Decision, key: Key) {
        self.0.insert(project, (decision, key));
    }

    /// Whether every wheel is built.
    pub fn is_none_reused(&self) -> bool {
        self.0.values().all(|(decision, _)| decision.verdict != Verdict::Reused)
    }

    /// The decision to reuse a project's wheel, if that was made.
    pub fn reused(&self, project: Project) -> Option<&(Decision, Key)> {
        self.0.get(&project).filter(|(decision, _)| decision.verdict == Verdict::Reused)
    }

    /// The projects of a request whose wheels are built, as far as is known.
    pub fn built(&self, request: &Request) -> Vec<Project> {
        request.selected.iter().copied().filter(|project| self.reused(*project).is_none()).collect()
    }

    /// The keys of the wheels that a project is built with. Of a torch that this request does not build, its record's.
    pub fn built_with(&self, setting: &Setting, project: Project, torch: &Torch) -> BTreeMap<Project, Key> {
        if let Some(with) = built_with(setting.request, project) {
            return self.0.get(&with).map(|(_, key)| (with, key.clone())).into_iter().collect();
        }
        let version = match torch {
            Torch::Wheel { version, .. } | Torch::Installed { version } if against::imports_torch(project) => version,
            _ => return BTreeMap::new(),
        };
        let recorded = setting.facts.records.wheel(Project::Pytorch);
        let same = recorded.filter(|wheel| wheel.artifact.labels.version.as_ref() == Some(version));
        let foreign = || Key::from([("version".to_owned(), version.clone())]);
        BTreeMap::from([(Project::Pytorch, same.and_then(|wheel| wheel.key.clone()).unwrap_or_else(foreign))])
    }
}

/// The name of the job that installs a project's wheel of an earlier run.
pub fn install_job(project: Project) -> JobName {
    JobName(format!("install-{}", project.distribution()))
}

/// The job that installs a reused wheel where a wheel that is built needs it and the environment has another one, or none.
pub fn installed(setting: &Setting, project: Project, known: &Known) -> Option<Job> {
    known.reused(project)?;
    let built = known.built(setting.request);
    let dependants: Vec<Project> = built.iter().copied().filter(|project| against::imports_torch(*project)).collect();
    let is_needed = match project {
        Project::Triton => setting.host.platform == Platform::Linux && !built.is_empty(),
        _ => !dependants.is_empty(),
    };
    let wheel = setting.facts.records.wheel(project).filter(|_| is_needed)?;
    let name = wheel.artifact.labels.distribution.clone().unwrap_or_else(|| project.distribution().to_owned()).replace('_', "-");
    let lacks_tools = || dependants.iter().any(|project| against::missing_tool(*project, setting.python).is_some());
    let why = match is_from(setting, project, &name, wheel) {
        false => format!("the environment lacks the {name} that is reused"),
        true if project == Project::Pytorch && lacks_tools() => "the environment lacks what builds need".to_owned(),
        true => return None,
    };
    let mut job = Job::new(install_job(project).0);
    job.why.push(why);
    if project == Project::Pytorch {
        job.steps = torch::reinstalled(setting);
    } else {
        job.steps.push(setting.pip_uninstall(&name, &setting.host.temp_dir()));
        job.steps.push(setting.install(&name, Hole::Wheel(project), &[]));
    }
    Some(job)
}

/// Whether what is installed under a name is just this wheel, and whole. A build that did not end may have begun to remove it.
fn is_from(setting: &Setting, project: Project, name: &str, wheel: &RecordedWheel) -> bool {
    let ready = setting.facts.environment.ready();
    let is_touched = setting.facts.records.jobs.get(&project).is_none_or(|record| record.attempt.is_some());
    let is_whole = !is_touched && ready.is_some_and(|ready| !ready.interrupted.contains(name));
    is_whole && setting.python.installed_from.get(name).map(String::as_str) == Some(wheel.artifact.sha256.as_str())
}
