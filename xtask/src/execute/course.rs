//! Which job may start, which is skipped, and whether a failure stops the others: the one place that follows the plan's policy.

use std::collections::BTreeMap;

use manifest::Need;

use super::Verdict;
use crate::event::{Cut, Event, JobEnd, Link};
use crate::plan::{Job, JobName};
use crate::request::OnFailure;

/// Why jobs are not started after the time is over.
pub(super) const OUT_OF_TIME: &str = "the time that `--time-budget` gives is over";

/// Why jobs are not started after the tool was asked to end.
pub(super) const INTERRUPTED: &str = "the run was interrupted";

/// How far each job is.
pub(super) struct Course<'a> {
    jobs: &'a [Job],
    on_failure: OnFailure,
    states: BTreeMap<&'a JobName, State<'a>>,
    /// Why nothing else is started.
    stopped_by: Option<Stopper<'a>>,
}

#[derive(Clone, Debug)]
enum Stopper<'a> {
    /// The failure of this job.
    Failure(&'a JobName),
    /// No job's fault.
    Hindrance(Hindrance),
}

/// What keeps jobs from being started, or from going on, through no fault of theirs.
#[derive(Clone, Debug)]
pub(super) struct Hindrance {
    /// What it is.
    pub cut: Cut,
    /// The same in words.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State<'a> {
    Waiting,
    Running,
    Done,
    Failed,
    /// Through no fault of its own.
    Cut,
    /// Because another job failed.
    Skipped(Culprit<'a>),
}

/// A job that failed, and what it is to one that therefore never starts.
type Culprit<'a> = (&'a JobName, Link);

impl<'a> Course<'a> {
    pub(super) fn new(jobs: &'a [Job], on_failure: OnFailure) -> Self {
        let states = jobs.iter().map(|job| (&job.name, State::Waiting)).collect();
        Course { jobs, on_failure, states, stopped_by: None }
    }

    /// The jobs that start now, unless something hinders one; then nothing is started any more.
    pub(super) fn start(&mut self, hindrance: &dyn Fn(&Job) -> Option<Hindrance>) -> Vec<&'a Job> {
        if self.stopped_by.is_some() {
            return Vec::new();
        }
        // A job of an earlier phase is not among these, and is done.
        let done = |name: &JobName| self.states.get(name).is_none_or(|state| *state == State::Done);
        let ended = |name: &JobName| self.states.get(name).is_none_or(|state| !matches!(state, State::Waiting | State::Running));
        let ready = |job: &&Job| {
            self.is_waiting(job) && job.unknown.is_empty() && job.waits_for.iter().all(done) && job.follows.iter().all(ended)
        };
        let ready: Vec<&Job> = self.jobs.iter().filter(ready).collect();
        if let Some(hindrance) = ready.iter().find_map(|job| hindrance(job)) {
            self.stopped_by = Some(Stopper::Hindrance(hindrance));
            return Vec::new();
        }
        self.states.extend(ready.iter().map(|job| (&job.name, State::Running)));
        ready
    }

    /// The jobs that will never start, as what they wait for failed, or as nothing is started any more.
    pub(super) fn skip(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let ended =
            |job: &Job, end| Event::JobEnded { job: job.name.clone(), end, seconds: 0.0, peak_memory: None, disk_bytes: None };
        if let Some(Stopper::Hindrance(Hindrance { cut, why })) = self.stopped_by.clone() {
            for job in self.jobs.iter().filter(|job| self.is_waiting(job)) {
                events.push(ended(job, JobEnd::NotStarted { why: why.clone(), cut }));
            }
            self.states.values_mut().filter(|state| **state == State::Waiting).for_each(|state| *state = State::Cut);
        }
        loop {
            let next = self.jobs.iter().filter(|job| self.is_waiting(job)).find_map(|job| Some((job, self.culprit(job)?)));
            let Some((job, culprit)) = next else { return events };
            self.states.insert(&job.name, State::Skipped(culprit));
            let (because_of, link) = (culprit.0.clone(), culprit.1);
            events.push(ended(job, JobEnd::Skipped { because_of, link }));
        }
    }

    /// The failure for which a waiting job will never start.
    fn culprit(&self, job: &'a Job) -> Option<Culprit<'a>> {
        let stopped = match &self.stopped_by {
            Some(Stopper::Failure(job)) => Some((*job, Link::Stopped)),
            _ => None,
        };
        self.lost(job).map(|lost| (lost, Link::Needed)).or(stopped)
    }

    /// The failure of what a job needs, directly or not; one of the preparation is named by the job itself, which lacks what that would have told.
    fn lost(&self, job: &'a Job) -> Option<&'a JobName> {
        let unprepared = job.unknown.first().map(|unknown| &unknown.given_by);
        unprepared.or_else(|| {
            job.waits_for.iter().find_map(|name| match self.states.get_key_value(name)? {
                (name, State::Failed) => Some(*name),
                (_, State::Skipped((culprit, Link::Needed))) => Some(*culprit),
                (name, State::Waiting) => self.lost(self.jobs.iter().find(|job| job.name == **name)?),
                _ => None,
            })
        })
    }

    /// Takes note of what happened, and says so where a failure does not stop the others.
    pub(super) fn note(&mut self, event: &Event) -> Option<Event> {
        let Event::JobEnded { job, end, .. } = event else { return None };
        let job = self.jobs.iter().find(|known| known.name == *job)?;
        if let JobEnd::Failed(failed) = end
            && let Some(cut @ (Cut::Interrupted | Cut::OutOfTime)) = failed.cut
        {
            self.states.insert(&job.name, State::Cut);
            let why = if cut == Cut::OutOfTime { OUT_OF_TIME } else { INTERRUPTED };
            self.stopped_by = Some(Stopper::Hindrance(Hindrance { cut, why: why.to_owned() }));
            return None;
        }
        let failed = *end != JobEnd::Done;
        self.states.insert(&job.name, if failed { State::Failed } else { State::Done });
        if !failed {
            return None;
        }
        let why = match (job.need, self.on_failure) {
            (Need::Optional, _) => "its wheel is optional",
            (Need::Required, OnFailure::KeepGoing) => "`--keep-going` says so",
            (Need::Required, OnFailure::Stop) => {
                self.stopped_by.get_or_insert(Stopper::Failure(&job.name));
                return None;
            }
        };
        let others = self.jobs.iter().any(|job| self.is_waiting(job) && self.culprit(job).is_none());
        let text = format!("what does not need it is still built: {why}");
        others.then(|| Event::Said { job: job.name.clone(), text })
    }

    pub(super) fn is_running(&self) -> bool {
        self.states.values().any(|state| *state == State::Running)
    }

    pub(super) fn verdict(&self) -> Verdict {
        let state = |job: &Job| self.states.get(&job.name).copied();
        let lost = |job: &Job| job.need == Need::Required && !matches!(state(job), Some(State::Done | State::Cut));
        match &self.stopped_by {
            _ if self.jobs.iter().any(lost) => Verdict::Failed,
            Some(Stopper::Hindrance(Hindrance { cut, .. })) => Verdict::Cut(*cut),
            _ => Verdict::Done,
        }
    }

    fn is_waiting(&self, job: &Job) -> bool {
        self.states.get(&job.name) == Some(&State::Waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Failed;
    use crate::plan::Unknown;

    /// Plays a course: each job that starts ends at once, badly if it is among those named. What happens is one word for each.
    fn play(jobs: &[(&str, &[&str], &[&str], Need)], on_failure: OnFailure, failing: &[&str]) -> (String, Verdict) {
        let names = |names: &[&str]| names.iter().map(|name| JobName((*name).to_owned())).collect();
        let job = |(name, waits_for, follows, need): &(&str, &[&str], &[&str], Need)| Job {
            waits_for: names(waits_for),
            follows: names(follows),
            need: *need,
            ..Job::new(*name)
        };
        let jobs: Vec<Job> = jobs.iter().map(job).collect();
        let mut course = Course::new(&jobs, on_failure);
        let mut told = Vec::new();
        loop {
            for event in course.skip() {
                if let Event::JobEnded { job, end: JobEnd::Skipped { because_of, link }, .. } = event {
                    told.push(format!("{job}{}{because_of}", if link == Link::Needed { '~' } else { '|' }));
                }
            }
            let started = course.start(&|_| None);
            if started.is_empty() {
                break;
            }
            for job in started {
                let failed = failing.contains(&job.name.0.as_str());
                let end = if failed { JobEnd::Failed(Failed::of("", "", "")) } else { JobEnd::Done };
                let said = course.note(&Event::JobEnded {
                    job: job.name.clone(),
                    end,
                    seconds: 0.0,
                    peak_memory: None,
                    disk_bytes: None,
                });
                told.push(format!("{}{}{}", job.name, if failed { "!" } else { "" }, if said.is_some() { "+" } else { "" }));
            }
        }
        assert!(!course.is_running());
        (told.join(" "), course.verdict())
    }

    #[test]
    fn what_was_not_prepared_is_skipped_with_what_needs_it() {
        let lacking = |name: &str, waits_for: &[&str]| {
            let given_by = JobName("checkout".to_owned());
            let mut job = Job::new(name);
            job.unknown = vec![Unknown { fact: "the sources".to_owned(), given_by }];
            job.waits_for = waits_for.iter().map(|name| JobName((*name).to_owned())).collect();
            job
        };
        let mut audio = Job::new("audio");
        audio.waits_for.push(JobName("torch".to_owned()));
        for (need, verdict) in [(Need::Required, Verdict::Failed), (Need::Optional, Verdict::Done)] {
            let all = [Job::new("triton"), lacking("torch", &["triton"]), audio.clone(), lacking("apex", &[])];
            let jobs = all.map(|job| Job { need: if job.name.0 == "triton" { Need::Required } else { need }, ..job });
            let mut course = Course::new(&jobs, OnFailure::Stop);
            let started: Vec<_> = course.start(&|_| None).iter().map(|job| job.name.0.clone()).collect();
            assert_eq!(started, ["triton"]);
            let skipped = course.skip().into_iter().map(|event| match event {
                Event::JobEnded { job, end: JobEnd::Skipped { because_of, link }, .. } => (job.0, link.sentence(&because_of)),
                event => panic!("{event:?}"),
            });
            let why = "it needs checkout, which failed".to_owned();
            assert_eq!(skipped.collect::<Vec<_>>(), ["torch", "audio", "apex"].map(|name| (name.to_owned(), why.clone())));
            let (job, end) = (JobName("triton".to_owned()), JobEnd::Done);
            course.note(&Event::JobEnded { job, end, seconds: 0.0, peak_memory: None, disk_bytes: None });
            assert_eq!(course.verdict(), verdict);
        }
    }

    #[test]
    fn a_failure_stops_what_the_policy_says() {
        use Need::{Optional as O, Required as R};
        use OnFailure::{KeepGoing, Stop};
        let five = |triton, torch, audio, vision, apex| {
            [
                ("triton", &[] as &[&str], &[] as &[&str], triton),
                ("torch", &["triton"], &[], torch),
                ("audio", &["torch"], &[], audio),
                ("vision", &["torch"], &["audio"], vision),
                ("apex", &["torch"], &["vision"], apex),
            ]
        };
        let needed = five(R, R, R, R, R);
        for (jobs, policy, failing, told, verdict) in [
            (needed, Stop, &[] as &[&str], "triton torch audio vision apex", Verdict::Done),
            (needed, Stop, &["audio"], "triton torch audio! vision|audio apex|audio", Verdict::Failed),
            (needed, Stop, &["triton"], "triton! torch~triton audio~triton vision~triton apex~triton", Verdict::Failed),
            (needed, KeepGoing, &["audio"], "triton torch audio!+ vision apex", Verdict::Failed),
            (needed, KeepGoing, &["apex"], "triton torch audio vision apex!", Verdict::Failed),
            (needed, KeepGoing, &["audio", "apex"], "triton torch audio!+ vision apex!", Verdict::Failed),
            (needed, KeepGoing, &["torch"], "triton torch! audio~torch vision~torch apex~torch", Verdict::Failed),
            (needed, KeepGoing, &["triton"], "triton! torch~triton audio~triton vision~triton apex~triton", Verdict::Failed),
            (five(R, R, O, R, R), Stop, &["audio"], "triton torch audio!+ vision apex", Verdict::Done),
            (five(R, R, R, R, O), Stop, &["apex"], "triton torch audio vision apex!", Verdict::Done),
            (five(R, R, R, R, O), Stop, &["vision"], "triton torch audio vision! apex|vision", Verdict::Failed),
            (five(R, R, O, O, O), Stop, &["audio", "vision", "apex"], "triton torch audio!+ vision!+ apex!", Verdict::Done),
            (
                five(O, R, R, R, R),
                Stop,
                &["triton"],
                "triton! torch~triton audio~triton vision~triton apex~triton",
                Verdict::Failed,
            ),
            (
                five(O, O, O, O, O),
                Stop,
                &["triton"],
                "triton! torch~triton audio~triton vision~triton apex~triton",
                Verdict::Done,
            ),
        ] {
            assert_eq!(play(&jobs, policy, failing), (told.to_owned(), verdict), "{policy:?} {failing:?}");
        }
    }
}
