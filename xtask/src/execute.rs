//! Does a plan's jobs: each as soon as those it waits for are done, side by side where the plan lets them. It decides nothing that the plan
//! does not say; each retry and each tolerated failure is an event.

mod cache;
mod step;
mod store;
mod wheel;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::Instant;

use manifest::{Project, WheelName};

use crate::event::{Event, Failed, JobEnd};
use crate::facts::Looks;
use crate::host::Host;
use crate::plan::{Hole, Job, JobName};
use crate::redact::Secrets;

/// What jobs need of the world beside their steps.
pub struct World<'a> {
    /// The machine.
    pub host: &'a Host,
    /// Where programs are.
    pub looks: &'a Looks,
    /// What must never be seen.
    pub secrets: &'a Secrets,
    /// The folder of this run's logs.
    pub logs: String,
    /// Wheels in the output folder that an earlier run of the same request recorded; a new wheel replaces those of its distribution.
    pub recorded: BTreeSet<String>,
}

/// A wheel that is in the output folder.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its absolute path.
    pub path: String,
    /// Its name, parsed.
    pub name: WheelName,
}

/// The wheels that this run has made: what fills a plan's holes.
pub type Wheels = BTreeMap<Project, Taken>;

/// How all jobs together ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Each is done.
    Done,
    /// At least one failed.
    Failed,
}

/// Does the jobs and emits what happens, in the order in which it happens. After a failure the jobs that already run go on to their end, and no
/// other is started.
pub fn execute(jobs: &[Job], wheels: &mut Wheels, world: &World, emit: &mut dyn FnMut(Event)) -> Verdict {
    let mut states: BTreeMap<&JobName, State> = jobs.iter().map(|job| (&job.name, State::Waiting)).collect();
    let mut failed: Option<JobName> = None;
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        loop {
            if failed.is_none() {
                start_ready(scope, jobs, &mut states, wheels, world, &sender);
            }
            if !states.values().any(|state| *state == State::Running) {
                break;
            }
            let Some(event) = next(&receiver) else { break };
            note(&event, jobs, &mut states, wheels, world, &mut failed);
            emit(event);
        }
    });
    let Some(culprit) = failed else {
        return Verdict::Done;
    };
    for job in jobs.iter().filter(|job| states.get(&job.name) == Some(&State::Waiting)) {
        emit(Event::JobEnded { job: job.name.clone(), end: JobEnd::Skipped { because_of: culprit.clone() }, seconds: 0.0 });
    }
    Verdict::Failed
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
    Failed,
}

fn start_ready<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    jobs: &'env [Job],
    states: &mut BTreeMap<&'env JobName, State>,
    wheels: &Wheels,
    world: &'env World,
    sender: &Sender<Event>,
) {
    for job in jobs {
        // A job of an earlier phase is not in this list, and is done.
        let done = |name: &JobName| states.get(name).is_none_or(|state| *state == State::Done);
        if states.get(&job.name) == Some(&State::Waiting) && job.waits_for.iter().all(done) {
            states.insert(&job.name, State::Running);
            let (wheels, sender) = (wheels.clone(), sender.clone());
            scope.spawn(move || run_job(job, wheels, world, &sender));
        }
    }
}

/// The next event. Jobs always end with one, so the channel is never silent for good while one runs.
fn next(receiver: &Receiver<Event>) -> Option<Event> {
    receiver.recv().ok()
}

fn note<'a>(
    event: &Event,
    jobs: &'a [Job],
    states: &mut BTreeMap<&'a JobName, State>,
    wheels: &mut Wheels,
    world: &World,
    failed: &mut Option<JobName>,
) {
    match event {
        Event::WheelTaken { project, artifact, job, .. } => {
            if let Some(taken) = wheel::taken(jobs, job, artifact.relative_path.file_name(), world) {
                wheels.insert(*project, taken);
            }
        }
        Event::JobEnded { job, end, .. } => {
            let Some(job) = jobs.iter().find(|known| known.name == *job) else { return };
            let state = if *end == JobEnd::Done { State::Done } else { State::Failed };
            states.insert(&job.name, state);
            if state == State::Failed && failed.is_none() {
                *failed = Some(job.name.clone());
            }
        }
        _ => {}
    }
}

fn run_job(job: &Job, wheels: Wheels, world: &World, sender: &Sender<Event>) {
    let started = Instant::now();
    let end = match ended(|| step::JobRun::start(job, wheels, world, sender)?.steps()) {
        JobEnd::Failed(failed) => JobEnd::Failed(Box::new(failed.redacted(world.secrets))),
        end => end,
    };
    // The receiver outlives every job: it is dropped when all have ended.
    let _ = sender.send(Event::JobEnded { job: job.name.clone(), end, seconds: started.elapsed().as_secs_f64() });
}

/// How a job ended. Whoever waits for its end gets one even if the tool makes a mistake in it.
fn ended(job: impl FnOnce() -> Result<(), Box<Failed>>) -> JobEnd {
    // Nothing that the job changed is looked at again.
    match catch_unwind(AssertUnwindSafe(job)) {
        Ok(end) => end.map_or_else(JobEnd::Failed, |()| JobEnd::Done),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            let cause = format!("a mistake of the tool; please report it: {}", text.unwrap_or("it panicked"));
            JobEnd::Failed(Failed::of("doing its steps", cause, "none"))
        }
    }
}

/// What a hole is filled with, once the wheel is there.
fn fill(wheels: &Wheels, hole: Hole) -> Option<String> {
    let taken = |project: Project| wheels.get(&project);
    match hole {
        Hole::Wheel(project) => taken(project).map(|wheel| wheel.path.clone()),
        Hole::Version(project) => taken(project).map(|wheel| wheel.name.version().to_owned()),
        Hole::Requirement(project) => {
            taken(project).map(|wheel| format!("{}=={}", wheel.name.normalized_distribution(), wheel.name.version()))
        }
    }
}

impl Failed {
    fn of(purpose: &str, cause: impl Into<String>, log: &str) -> Box<Self> {
        Box::new(Failed {
            purpose: purpose.to_owned(),
            cause: cause.into(),
            command: None,
            exit_code: None,
            signal: None,
            tail: Vec::new(),
            log: log.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_panics_has_failed() {
        assert_eq!(ended(|| Ok(())), JobEnd::Done);
        for (job, cause) in [
            ((|| panic!("no {}", "luck")) as fn() -> Result<(), Box<Failed>>, "a mistake of the tool; please report it: no luck"),
            (|| panic!("plain"), "a mistake of the tool; please report it: plain"),
            (|| std::panic::panic_any(1), "a mistake of the tool; please report it: it panicked"),
        ] {
            assert_eq!(ended(job), JobEnd::Failed(Failed::of("doing its steps", cause, "none")));
        }
    }
}
