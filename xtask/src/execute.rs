//! Does a plan's jobs: each as soon as those it waits for are done, side by side where the plan lets them. It decides nothing that the plan
//! does not say; each retry and each tolerated failure is an event.

mod cache;
mod log;
mod progress;
mod pulse;
mod step;
mod store;
mod wheel;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use manifest::{Project, WheelName, duration};

use crate::event::{Cut, Event, Failed, JobEnd};
use crate::facts::{Facts, Looks};
use crate::host::Host;
use crate::plan::{Hole, Job, JobName};
use crate::process;
use crate::redact::Secrets;
use pulse::Pulse;

/// How many events may wait to be drawn. A program that prints faster than that has to wait itself, and the memory stays as it is.
const BACKLOG: usize = 64;

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
    /// What cuts jobs short.
    pub limits: Limits,
}

/// What cuts jobs short.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// How long a job may take.
    pub stage: Option<Duration>,
    /// When all of them must have ended.
    pub deadline: Option<Instant>,
    /// How long a program may do nothing.
    pub stall: Option<Duration>,
    /// Whether whoever wants the tool to end has to wait for them.
    pub patience: Patience,
}

/// Whether jobs are cut short when the tool is asked to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// They are.
    #[default]
    Interruptible,
    /// They note what was done, and take no time.
    ToTheEnd,
}

impl Limits {
    /// What keeps jobs from being started, or from going on, now.
    fn cut(&self) -> Option<Cut> {
        match self {
            Limits { patience: Patience::ToTheEnd, .. } => None,
            _ if process::is_stopping() => Some(Cut::Interrupted),
            Limits { deadline: Some(deadline), .. } if Instant::now() >= *deadline => Some(Cut::OutOfTime),
            _ => None,
        }
    }
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

/// The wheels of earlier runs that a plan takes as they are.
pub fn reused(jobs: &[Job], facts: &Facts, host: &Host, output: &str) -> Wheels {
    let taken = |project: Project| {
        let path = &facts.records.wheel(project)?.artifact.relative_path;
        let name = WheelName::parse(path.file_name()).ok()?;
        Some((project, Taken { path: host.platform.join(output, path.as_str()), name }))
    };
    jobs.iter().filter(|job| job.is_reused()).filter_map(|job| taken(job.project?)).collect()
}

/// How all jobs together ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Each is done.
    Done,
    /// At least one failed.
    Failed,
    /// None failed, and at least one was cut short or not started.
    Cut(Cut),
}

/// Does the jobs and emits what happens, in the order in which it happens. After a failure the jobs that already run go on to their end, and no
/// other is started.
pub fn execute(jobs: &[Job], wheels: &mut Wheels, world: &World, emit: &mut dyn FnMut(Event)) -> Verdict {
    let mut states: BTreeMap<&JobName, State> = jobs.iter().map(|job| (&job.name, State::Waiting)).collect();
    let mut culprit: Option<Culprit> = None;
    let mut pulse = Pulse::new(jobs, Instant::now());
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BACKLOG);
        loop {
            if culprit.is_none() {
                culprit = start_ready(scope, jobs, &mut states, wheels, world, &sender);
            }
            if !states.values().any(|state| *state == State::Running) {
                break;
            }
            match receiver.recv_timeout(pulse.pause(Instant::now())) {
                Ok(event) => {
                    note(&event, jobs, &mut states, wheels, world, &mut culprit);
                    pulse.note(&event, Instant::now());
                    emit(event);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            pulse.beat(Instant::now()).into_iter().for_each(&mut *emit);
        }
    });
    let Some(culprit) = culprit else {
        return Verdict::Done;
    };
    for job in jobs.iter().filter(|job| states.get(&job.name) == Some(&State::Waiting)) {
        emit(Event::JobEnded { job: job.name.clone(), end: culprit.of_others(), seconds: 0.0, peak_memory: None });
    }
    culprit.cut.map_or(Verdict::Failed, Verdict::Cut)
}

/// Why no more jobs are started.
struct Culprit {
    /// The job that failed, was cut short, or could not be started.
    job: JobName,
    /// What cut it short; a job that failed by itself, or was too slow, has none.
    cut: Option<Cut>,
    /// Why it was not started.
    why: Option<String>,
}

impl Culprit {
    /// How the jobs end that are not started because of it.
    fn of_others(&self) -> JobEnd {
        let why = match (&self.cut, &self.why) {
            (None, _) => return JobEnd::Skipped { because_of: self.job.clone() },
            (Some(_), Some(why)) => why.clone(),
            (Some(Cut::OutOfTime), None) => "the time that `--time-budget` gives is over".to_owned(),
            (Some(_), None) => "the run was interrupted".to_owned(),
        };
        JobEnd::NotStarted { why, cut: self.cut.unwrap_or(Cut::Interrupted) }
    }
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
    sender: &SyncSender<Event>,
) -> Option<Culprit> {
    for job in jobs {
        // A job of an earlier phase is not in this list, and is done.
        let done = |name: &JobName| states.get(name).is_none_or(|state| *state == State::Done);
        if states.get(&job.name) != Some(&State::Waiting) || !job.waits_for.iter().all(done) {
            continue;
        }
        if let Some(cut) = world.limits.cut() {
            return Some(Culprit { job: job.name.clone(), cut: Some(cut), why: None });
        }
        let left = world.limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if let Some(why) = left.and_then(|left| too_late(job, left)) {
            return Some(Culprit { job: job.name.clone(), cut: Some(Cut::OutOfTime), why: Some(why) });
        }
        states.insert(&job.name, State::Running);
        let (wheels, sender) = (wheels.clone(), sender.clone());
        scope.spawn(move || run_job(job, wheels, world, &sender));
    }
    None
}

/// Why a job cannot end in the time that is left, if earlier runs say so.
fn too_late(job: &Job, left: Duration) -> Option<String> {
    let before = Duration::from_secs(job.seconds_before?);
    let (before, left) = (before.as_secs_f64(), (before > left).then_some(left)?.as_secs_f64());
    Some(format!("{} took {} before, and `--time-budget` leaves {}", job.name, duration(before), duration(left)))
}

fn note<'a>(
    event: &Event,
    jobs: &'a [Job],
    states: &mut BTreeMap<&'a JobName, State>,
    wheels: &mut Wheels,
    world: &World,
    culprit: &mut Option<Culprit>,
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
            if let (JobEnd::Failed(failed), None) = (end, &culprit) {
                let cut = failed.cut.filter(|cut| matches!(cut, Cut::Interrupted | Cut::OutOfTime));
                *culprit = Some(Culprit { job: job.name.clone(), cut, why: None });
            }
        }
        _ => {}
    }
}

fn run_job(job: &Job, wheels: Wheels, world: &World, sender: &SyncSender<Event>) {
    let started = Instant::now();
    let peak = AtomicU64::new(0);
    let end = match ended(|| step::JobRun::start(job, wheels, world, sender, (started, &peak))?.steps()) {
        JobEnd::Failed(failed) => JobEnd::Failed(Box::new(failed.redacted(world.secrets))),
        end => end,
    };
    let peak_memory = Some(peak.into_inner()).filter(|bytes| *bytes > 0);
    // The receiver outlives every job: it is dropped when all have ended.
    let _ = sender.send(Event::JobEnded { job: job.name.clone(), end, seconds: started.elapsed().as_secs_f64(), peak_memory });
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
            cut: None,
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
