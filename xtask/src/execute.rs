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

use course::Course;
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
    /// How long all of them may take in a run that has all its time.
    pub budget: Option<Duration>,
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

    /// The same for a job that began then.
    fn cut_job(&self, began: Instant) -> Option<Cut> {
        let is_over = |stage: Duration| self.patience == Patience::Interruptible && began.elapsed() >= stage;
        self.cut().or_else(|| self.stage.is_some_and(is_over).then_some(Cut::TimedOut))
    }

    /// When a program of such a job is ended, which may print nothing for so long.
    fn of_program(&self, began: Instant, silence: Option<Duration>) -> process::Limits {
        if self.patience == Patience::ToTheEnd {
            return process::Limits { silence, ..process::Limits::default() };
        }
        let until = self.stage.and_then(|stage| began.checked_add(stage)).into_iter().chain(self.deadline).min();
        process::Limits { silence, stall: self.stall, until }
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
    /// None failed, and at least one was cut short, so no other was started.
    Cut(Cut),
    /// None failed, and at least one was not started, because it would not have ended in time.
    Late,
}

/// Does the jobs and emits what happens, in the order in which it happens. After a failure the jobs that already run go on to their end, what needs
/// the failed one is skipped, and the policy says whether another is started.
pub fn execute(jobs: &[Job], on_failure: OnFailure, wheels: &mut Wheels, world: &World, emit: &mut dyn FnMut(Event)) -> Verdict {
    let mut course = Course::new(jobs, on_failure);
    let mut pulse = Pulse::new(jobs, Instant::now());
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BACKLOG);
        loop {
            for job in course.start(&|| world.limits.cut(), &|job| too_late(job, &world.limits, Instant::now())) {
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

/// Why a job cannot end in the time that is left, if earlier runs say so. One that is too long for any run is begun all the same: each goes on where
/// the last one stopped.
fn too_late(job: &Job, limits: &Limits, now: Instant) -> Option<String> {
    let before = Duration::from_secs(job.seconds_before?);
    let left = limits.deadline?.saturating_duration_since(now);
    let fits_another_run = limits.budget.is_some_and(|budget| before <= budget);
    let times = [before, left].map(|time| duration(time.as_secs_f64()));
    (before > left && fits_another_run).then(|| format!("it took {} before, and `--time-budget` leaves {}", times[0], times[1]))
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
    fn a_job_waits_for_a_run_that_it_fits_into() {
        let now = Instant::now();
        for (before, budget, left, expected) in [
            (None, Some(100), 10, None),
            (Some(50), None, 10, None),
            (Some(50), Some(100), 50, None),
            (Some(51), Some(100), 50, Some("it took 51.0s before, and `--time-budget` leaves 50.0s")),
            (Some(100), Some(100), 0, Some("it took 1m40s before, and `--time-budget` leaves 0.0s")),
            (Some(101), Some(100), 50, None),
        ] {
            let job = Job { seconds_before: before, ..Job::new("triton") };
            let budget = budget.map(Duration::from_secs);
            let deadline = budget.map(|_| now + Duration::from_secs(left));
            let limits = Limits { budget, deadline, ..Limits::default() };
            assert_eq!(too_late(&job, &limits, now).as_deref(), expected, "{before:?}");
        }
    }

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
