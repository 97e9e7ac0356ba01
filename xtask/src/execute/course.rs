//! Which job may start, which is skipped, and whether a failure stops the others: the one place that follows the plan's policy.

use std::collections::BTreeMap;

use manifest::Need;

use super::Verdict;
use crate::event::{Cut, Event, JobEnd, Link};
use crate::plan::{Job, JobName};
use crate::request::OnFailure;

/// How far each job is.
pub(super) struct Course<'a> {
    jobs: &'a [Job],
    on_failure: OnFailure,
    states: BTreeMap<&'a JobName, State<'a>>,
    /// Why nothing else is started.
    stopped_by: Option<Stopper<'a>>,
    /// Jobs that could not have ended in time, and why, as far as nobody was told.
    late: Vec<(&'a Job, String)>,
}

#[derive(Clone, Copy, Debug)]
enum Stopper<'a> {
    /// The failure of this job.
    Failure(&'a JobName),
    /// No job's fault.
    Cut(Cut),
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
        Course { jobs, on_failure, states, stopped_by: None, late: Vec::new() }
    }

    /// The jobs that start now: none any more after something `cut` this run short. One that `late` tells of could not end in time, so it is left to
    /// the next run; unless this one has nothing else to do, or it would be left for ever.
    pub(super) fn start(&mut self, cut: &dyn Fn() -> Option<Cut>, late: &dyn Fn(&Job) -> Option<String>) -> Vec<&'a Job> {
        let mut started = Vec::new();
        // Whoever follows one that is not started may be ready then.
        while self.stopped_by.is_none() {
            let ready = self.ready();
            if ready.is_empty() {
                break;
            }
            self.stopped_by = cut().map(Stopper::Cut);
            if self.stopped_by.is_some() {
                break;
            }
            let (mut next, left): (Vec<&Job>, Vec<&Job>) = ready.into_iter().partition(|job| late(job).is_none());
            if next.is_empty() && !self.is_of_use() {
                next.extend(left.first());
            } else {
                self.late.extend(left.iter().filter_map(|job| Some((*job, late(job)?))));
                self.states.extend(left.iter().map(|job| (&job.name, State::Cut)));
            }
            self.states.extend(next.iter().map(|job| (&job.name, State::Running)));
            started.extend(next);
        }
        started
    }

    /// The jobs whose turn it is.
    fn ready(&self) -> Vec<&'a Job> {
        // A job of an earlier phase is not among these, and is done.
        let done = |name: &JobName| self.states.get(name).is_none_or(|state| *state == State::Done);
        let ended = |name: &JobName| self.states.get(name).is_none_or(|state| !matches!(state, State::Waiting | State::Running));
        let ready = |job: &&Job| {
            self.is_waiting(job) && job.unknown.is_empty() && job.waits_for.iter().all(done) && job.follows.iter().all(ended)
        };
        self.jobs.iter().filter(ready).collect()
    }

    /// Whether this run does or did something that the next one need not do again.
    fn is_of_use(&self) -> bool {
        self.states.values().any(|state| matches!(state, State::Running | State::Done))
    }

    /// The jobs that will never start, as what they wait for failed, or as nothing is started any more.
    pub(super) fn skip(&mut self) -> Vec<Event> {
        let not_started = |job: &Job, why: &str, cut| ended(job, JobEnd::NotStarted { why: why.to_owned(), cut });
        let mut events: Vec<Event> = self.late.drain(..).map(|(job, why)| not_started(job, &why, Cut::OutOfTime)).collect();
        if let Some(Stopper::Cut(cut)) = self.stopped_by {
            let waiting = self.jobs.iter().filter(|job| self.is_waiting(job));
            events.extend(waiting.map(|job| not_started(job, why(cut), cut)));
            self.states.values_mut().filter(|state| **state == State::Waiting).for_each(|state| *state = State::Cut);
        }
        while let Some((job, name)) =
            self.jobs.iter().filter(|job| self.is_waiting(job)).find_map(|job| Some((job, self.lacks(job)?)))
        {
            events.push(not_started(job, &format!("it needs {name}, which was not begun"), Cut::OutOfTime));
            self.states.insert(&job.name, State::Cut);
        }
        loop {
            let next = self.jobs.iter().filter(|job| self.is_waiting(job)).find_map(|job| Some((job, self.culprit(job)?)));
            let Some((job, culprit)) = next else { return events };
            self.states.insert(&job.name, State::Skipped(culprit));
            let (because_of, link) = (culprit.0.clone(), culprit.1);
            events.push(ended(job, JobEnd::Skipped { because_of, link }));
        }
    }

    /// What a waiting job needs and this run does not begin.
    fn lacks(&self, job: &'a Job) -> Option<&'a JobName> {
        job.waits_for.iter().find(|name| self.states.get(name) == Some(&State::Cut))
    }

    /// The failure for which a waiting job will never start.
    fn culprit(&self, job: &'a Job) -> Option<Culprit<'a>> {
        let stopped = match self.stopped_by {
            Some(Stopper::Failure(job)) => Some((job, Link::Stopped)),
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
            self.stopped_by = Some(Stopper::Cut(cut));
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
            Some(Stopper::Cut(cut)) => Verdict::Cut(*cut),
            _ if self.states.values().any(|state| *state == State::Cut) => Verdict::Late,
            _ => Verdict::Done,
        }
    }

    fn is_waiting(&self, job: &Job) -> bool {
        self.states.get(&job.name) == Some(&State::Waiting)
    }
}

/// The end of a job that took no time.
fn ended(job: &Job, end: JobEnd) -> Event {
    Event::JobEnded { job: job.name.clone(), end, seconds: 0.0, peak_memory: None, disk_bytes: None }
}

/// Why jobs are not started any more.
fn why(cut: Cut) -> &'static str {
    if cut == Cut::OutOfTime { "the time that `--time-budget` gives is over" } else { "the run was interrupted" }
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
            let started = course.start(&|| None, &|_| None);
            if started.is_empty() {
                break;
            }
            for job in started {
                let failed = failing.contains(&job.name.0.as_str());
                let end = if failed { JobEnd::Failed(Failed::of("", "", "")) } else { JobEnd::Done };
                let said = course.note(&ended(job, end));
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
            let started: Vec<_> = course.start(&|| None, &|_| None).iter().map(|job| job.name.0.clone()).collect();
            assert_eq!(started, ["triton"]);
            let skipped = course.skip().into_iter().map(|event| match event {
                Event::JobEnded { job, end: JobEnd::Skipped { because_of, link }, .. } => (job.0, link.sentence(&because_of)),
                event => panic!("{event:?}"),
            });
            let why = "it needs checkout, which failed".to_owned();
            assert_eq!(skipped.collect::<Vec<_>>(), ["torch", "audio", "apex"].map(|name| (name.to_owned(), why.clone())));
            course.note(&ended(&jobs[0], JobEnd::Done));
            assert_eq!(course.verdict(), verdict);
        }
    }

    /// What starts when some jobs could not end in time, and each that starts ends well; then what does not, and why.
    fn in_time(jobs: &[(&str, &[&str], &[&str])], late: &[&str]) -> (String, Vec<String>, Verdict) {
        let names = |names: &[&str]| names.iter().map(|name| JobName((*name).to_owned())).collect();
        let job = |(name, waits_for, follows): &(&str, &[&str], &[&str])| Job {
            waits_for: names(waits_for),
            follows: names(follows),
            ..Job::new(*name)
        };
        let jobs: Vec<Job> = jobs.iter().map(job).collect();
        let mut course = Course::new(&jobs, OnFailure::Stop);
        let (mut started, mut not_started) = (Vec::new(), Vec::new());
        loop {
            let now = course.start(&|| None, &|job| late.contains(&job.name.0.as_str()).then(|| format!("{} is slow", job.name)));
            started.push(now.iter().map(|job| job.name.0.as_str()).collect::<Vec<_>>().join(" "));
            not_started.extend(course.skip().into_iter().map(|event| match event {
                Event::JobEnded { job, end: JobEnd::NotStarted { why, cut: Cut::OutOfTime }, .. } => format!("{job}: {why}"),
                event => panic!("{event:?}"),
            }));
            if !course.is_running() {
                return (started.join(", ").trim_end_matches(", ").to_owned(), not_started, course.verdict());
            }
            for job in now {
                course.note(&ended(job, JobEnd::Done));
            }
        }
    }

    #[test]
    fn what_cannot_end_in_time_is_left_to_a_run_that_has_nothing_else_to_do() {
        let none: &[&str] = &[];
        let chain =
            [("triton", none, none), ("torch", &["triton"], none), ("audio", &["torch"], none), ("apex", none, &["torch"])];
        let apart = [("torch", none, none), ("triton", none, none), ("audio", &["torch"], none)];
        for (jobs, late, started, not_started, verdict) in [
            (&chain[..], &[][..], "triton, torch, audio apex", &[][..], Verdict::Done),
            // Another run would be no better off.
            (&chain, &["triton"], "triton, torch, audio apex", &[], Verdict::Done),
            (
                &chain,
                &["torch"],
                "triton, apex",
                &["torch: torch is slow", "audio: it needs torch, which was not begun"],
                Verdict::Late,
            ),
            (&chain, &["audio"], "triton, torch, apex", &["audio: audio is slow"], Verdict::Late),
            (
                &apart,
                &["torch"],
                "triton",
                &["torch: torch is slow", "audio: it needs torch, which was not begun"],
                Verdict::Late,
            ),
            (&apart, &["torch", "triton"], "torch, audio", &["triton: triton is slow"], Verdict::Late),
        ] {
            let expected = (started.to_owned(), not_started.iter().map(|text| (*text).to_owned()).collect(), verdict);
            assert_eq!(in_time(jobs, late), expected, "{late:?}");
        }
    }

    #[test]
    fn nothing_starts_after_the_end() {
        let jobs = [Job::new("triton"), Job::new("torch")];
        for (cut, why) in
            [(Cut::OutOfTime, "the time that `--time-budget` gives is over"), (Cut::Interrupted, "the run was interrupted")]
        {
            let mut course = Course::new(&jobs, OnFailure::Stop);
            assert!(course.start(&|| Some(cut), &|_| Some(String::new())).is_empty());
            let ends: Vec<JobEnd> = course
                .skip()
                .into_iter()
                .filter_map(|event| match event {
                    Event::JobEnded { end, .. } => Some(end),
                    _ => None,
                })
                .collect();
            assert_eq!(ends, [(); 2].map(|()| JobEnd::NotStarted { why: why.to_owned(), cut }));
            assert_eq!(course.verdict(), Verdict::Cut(cut));
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
