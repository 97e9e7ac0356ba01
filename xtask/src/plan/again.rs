//! Which wheels of earlier runs are taken as they are, and why the others are built: decided from what was recorded.

use std::collections::BTreeMap;

use manifest::{Project, WheelName};
use serde::Serialize;

use super::{check, key};
use crate::facts::{Facts, JobRecord, Key, WheelState};
use crate::host::Host;
use crate::refs::printable;
use crate::request::{Request, Restart};

/// What is done about a wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The recorded one is taken.
    Reused,
    /// It is built, and no earlier run made one.
    Built,
    /// It is built once more.
    Rebuilt,
}

/// What is done about a wheel, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Why, for people: `nothing changed`, `ROCm 7.13.0 -> 7.14.0`.
    pub reason: String,
}

/// As it is told: `reused: nothing changed`.
impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = match self.verdict {
            Verdict::Reused => "reused",
            Verdict::Built => "built",
            Verdict::Rebuilt => "rebuilt",
        };
        write!(f, "{verdict}: {}", self.reason)
    }
}

/// What is decided about the wheels of a request.
pub type Decisions = BTreeMap<Project, Decision>;

/// Why a wheel is built of which nothing is recorded.
const NEVER: &str = "never built here";

/// Why a wheel is not taken that an earlier run was told to build again, if that run ended before it began to.
const DEMANDED: &str = "an earlier run was to build it again, and ended before";

/// What is done about a project's wheel, which depends on what its `key` says.
pub fn decide(request: &Request, host: &Host, facts: &Facts, project: Project, key: &Key) -> Decision {
    let verdict = if is_made(facts, project) { Verdict::Rebuilt } else { Verdict::Built };
    match demanded(request, project).or_else(|| changed(request, host, facts, project, key)) {
        Some(reason) => Decision { verdict, reason },
        None => Decision { verdict: Verdict::Reused, reason: "nothing changed".to_owned() },
    }
}

/// Whether an earlier run made a wheel, even if its record cannot be read.
fn is_made(facts: &Facts, project: Project) -> bool {
    let stands = || {
        facts.output.wheels.iter().filter_map(|name| WheelName::parse(name).ok()).any(|wheel| wheel.project() == Some(project))
    };
    facts.records.wheel(project).is_some() || facts.records.unreadable.contains_key(&project) && stands()
}

/// Whether the user wants it built, or one that it is built with, whatever there is.
pub fn is_demanded(request: &Request, project: Project) -> bool {
    let again = &request.again;
    let with = || built_with(request, project).is_some_and(|with| is_demanded(request, with));
    again.restart == Restart::Anew || again.rebuild.contains(&project) || with()
}

/// The wheel of this request that a project is built with.
pub fn built_with(request: &Request, project: Project) -> Option<Project> {
    let with = match project {
        Project::Triton => return None,
        Project::Pytorch => Project::Triton,
        Project::PytorchAudio | Project::PytorchVision | Project::Apex => Project::Pytorch,
    };
    request.builds(with).then_some(with)
}

fn demanded(request: &Request, project: Project) -> Option<String> {
    if request.again.restart == Restart::Anew {
        return Some("`--restart` says so".to_owned());
    }
    if request.again.rebuild.contains(&project) {
        return Some("`--rebuild` says so".to_owned());
    }
    let with = built_with(request, project).filter(|with| is_demanded(request, *with))?;
    Some(format!("{} is built again", with.distribution()))
}

fn changed(request: &Request, host: &Host, facts: &Facts, project: Project, key: &Key) -> Option<String> {
    let records = &facts.records;
    if let Some(cause) = records.unreadable.get(&project) {
        return Some(format!("its record cannot be read: {cause}"));
    }
    let Some(record) = records.jobs.get(&project) else {
        return Some(NEVER.to_owned());
    };
    let Some(wheel) = &record.wheel else {
        return Some(unfinished(record).unwrap_or_else(|| NEVER.to_owned()));
    };
    let Some(old) = &wheel.key else {
        return Some(unfinished(record).unwrap_or_else(|| DEMANDED.to_owned()));
    };
    if !key::names_sources(key) {
        return Some("its sources are no git checkout, so nobody knows whether they changed".to_owned());
    }
    let git = facts.checkouts.get(&project).and_then(|checkout| checkout.git.as_ref());
    if let Some(difference) = key::difference(old, key, git.and_then(|git| git.last_changed.as_deref())) {
        return Some(difference);
    }
    if Some(&record.identity) != check::identity(request, host, facts).as_ref() {
        return Some(format!("the recorded wheel is that of another build ({})", record.identity));
    }
    match records.wheels.get(&project) {
        Some(WheelState::Intact) => None,
        _ if wheel.folder != request.places.output => Some(format!("its last wheel was put into `{}`", wheel.folder)),
        Some(WheelState::Damaged) => Some("its wheel no longer has its recorded hash".to_owned()),
        Some(WheelState::Gone) | None => Some("its wheel is gone".to_owned()),
    }
}

/// How the last build ended, if it made no wheel to be used.
fn unfinished(record: &JobRecord) -> Option<String> {
    Some(printable(&record.last.as_ref()?.ended.sentence()?))
}
