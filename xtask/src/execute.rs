//! Does a plan's jobs: each as soon as those it waits for are done, side by side where the plan lets them. It decides nothing that the plan
//! does not say; each retry and each tolerated failure is an event.

mod cache;
mod course;
mod log;
mod progress;
mod pulse;
mod rocm;
mod room;
mod step;
mod store;
mod wheel;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use course::{Course, Hindrance, INTERRUPTED, OUT_OF_TIME};
use manifest::{Project, WheelName, duration};

use crate::event::{Cut, Event, Failed, JobEnd};
use crate::facts::{Facts, Looks};
use crate::failure::Finding;
use crate::host::Host;
use crate::plan::{Action, Hole, Job, disk};
use crate::redact::Secrets;
use crate::request::OnFailure;
use crate::{file, process};
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
    /// The variables that tell programs where to keep temporary files.
    pub temporary: Vec<(&'static str, String)>,
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
    /// Each that the set needs is done.
    Done,
    /// At least one that the set needs failed, or was not started because another failed.
    Failed,
    /// None failed, and at least one was cut short or not started.
    Cut(Cut),
}

/// Does the jobs and emits what happens, in the order in which it happens. After a failure the jobs that already run go on to their end, what needs
/// the failed one is skipped, and the policy says whether another is started.
pub fn execute(jobs: &[Job], on_failure: OnFailure, wheels: &mut Wheels, world: &World, emit: &mut dyn FnMut(Event)) -> Verdict {
    let mut course = Course::new(jobs, on_failure);
    let mut pulse = Pulse::new(jobs, Instant::now());
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BACKLOG);
        loop {
            for job in course.start(&|job| hindrance(job, &world.limits)) {
                let (wheels, sender) = (wheels.clone(), sender.clone());
                scope.spawn(move || run_job(job, wheels, world, &sender));
            }
            course.skip().into_iter().for_each(&mut *emit);
            if !course.is_running() {
                break;
            }
            match receiver.recv_timeout(pulse.pause(Instant::now())) {
                Ok(event) => {
                    note(&event, jobs, wheels, world);
                    pulse.note(&event, Instant::now());
                    let said = course.note(&event);
                    emit(event);
                    said.into_iter().for_each(&mut *emit);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            pulse.beat(Instant::now()).into_iter().for_each(&mut *emit);
        }
    });
    course.verdict()
}

/// What keeps a job from being started now, or at all.
fn hindrance(job: &Job, limits: &Limits) -> Option<Hindrance> {
    let left = || limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    match limits.cut() {
        Some(cut @ Cut::OutOfTime) => Some(Hindrance { cut, why: OUT_OF_TIME.to_owned() }),
        Some(cut) => Some(Hindrance { cut, why: INTERRUPTED.to_owned() }),
        None => Some(Hindrance { cut: Cut::OutOfTime, why: left().and_then(|left| too_late(job, left))? }),
    }
}

/// Why a job cannot end in the time that is left, if earlier runs say so.
fn too_late(job: &Job, left: Duration) -> Option<String> {
    let before = Duration::from_secs(job.seconds_before?);
    let (before, left) = (before.as_secs_f64(), (before > left).then_some(left)?.as_secs_f64());
    Some(format!("{} took {} before, and `--time-budget` leaves {}", job.name, duration(before), duration(left)))
}

fn note(event: &Event, jobs: &[Job], wheels: &mut Wheels, world: &World) {
    if let Event::WheelTaken { project, artifact, job, .. } = event
        && let Some(taken) = wheel::taken(jobs, job, artifact.relative_path.file_name(), world)
    {
        wheels.insert(*project, taken);
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
    let (seconds, disk_bytes) = (started.elapsed().as_secs_f64(), left(job, world.host));
    let _ = sender.send(Event::JobEnded { job: job.name.clone(), end, seconds, peak_memory, disk_bytes });
}

/// What a build left in the sources of its wheel, in bytes.
fn left(job: &Job, host: &Host) -> Option<u64> {
    let sources = job.steps.iter().find_map(|step| match &step.action {
        Action::TakeWheel(take) => Some(&take.sources),
        _ => None,
    })?;
    Some(disk::parts(host, sources).iter().map(|part| file::held(part)).sum())
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
        let cause = cause.into();
        Box::new(Failed {
            purpose: purpose.to_owned(),
            finding: Finding::of_cause(&cause),
            cause,
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
