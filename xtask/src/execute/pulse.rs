//! Signs of life: each minute, what runs and how far it is. Where bars are drawn nobody needs them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::event::Event;
use crate::plan::{Job, JobName};

/// How often a job that runs is told of.
const PERIOD: Duration = Duration::from_secs(60);

/// The jobs that run.
pub(super) struct Pulse {
    next: Instant,
    running: BTreeMap<JobName, Running>,
    /// How long jobs took in earlier runs, in seconds.
    before: BTreeMap<JobName, u64>,
}

struct Running {
    since: Instant,
    purpose: String,
    progress: Option<String>,
    memory: Option<u64>,
}

impl Pulse {
    pub(super) fn new(jobs: &[Job], now: Instant) -> Self {
        let before = jobs.iter().filter_map(|job| Some((job.name.clone(), job.seconds_before?))).collect();
        Pulse { next: now + PERIOD, running: BTreeMap::new(), before }
    }

    /// How long it is until the next sign.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// Takes note of what happened.
    pub(super) fn note(&mut self, event: &Event, now: Instant) {
        match event {
            Event::JobStarted { job, .. } => {
                let running = Running { since: now, purpose: String::new(), progress: None, memory: None };
                self.running.insert(job.clone(), running);
            }
            Event::StepStarted { job, purpose, .. } => {
                if let Some(running) = self.running.get_mut(job) {
                    running.purpose.clone_from(purpose);
                    running.progress = None;
                }
            }
            Event::Progressed { job, text } => {
                if let Some(running) = self.running.get_mut(job) {
                    running.progress = Some(text.clone()).filter(|text| !text.is_empty());
                }
            }
            Event::Used { job, memory } => {
                if let Some(running) = self.running.get_mut(job) {
                    running.memory = Some(*memory);
                }
            }
            Event::JobEnded { job, .. } => drop(self.running.remove(job)),
            _ => {}
        }
    }

    /// The signs that are due.
    pub(super) fn beat(&mut self, now: Instant) -> Vec<Event> {
        if now < self.next {
            return Vec::new();
        }
        self.next = now + PERIOD;
        let sign = |(job, running): (&JobName, &Running)| {
            let seconds = now.duration_since(running.since).as_secs_f64();
            Event::Lives {
                job: job.clone(),
                purpose: running.purpose.clone(),
                seconds,
                progress: running.progress.clone(),
                remaining: self.before.get(job).map(|before| *before as f64 - seconds).filter(|remaining| *remaining > 0.0),
                memory: running.memory,
            }
        };
        self.running.iter().map(sign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::JobEnd;
    use crate::plan::Pace;

    #[test]
    fn each_minute_tells_of_what_runs() {
        let (start, job) = (Instant::now(), JobName("torch".to_owned()));
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut planned = Job::new("torch");
        planned.seconds_before = Some(100);
        let mut pulse = Pulse::new(&[planned], start);
        let note = |pulse: &mut Pulse, seconds, event: Event| pulse.note(&event, at(seconds));
        note(&mut pulse, 10, Event::JobStarted { job: job.clone(), log: String::new(), steps: 2 });
        let step = |purpose: &str| Event::StepStarted {
            job: job.clone(),
            step: 1,
            purpose: purpose.to_owned(),
            pace: Pace::Lasting,
            command: None,
        };
        note(&mut pulse, 11, step("building torch"));
        note(&mut pulse, 20, Event::Progressed { job: job.clone(), text: "1/2".to_owned() });
        note(&mut pulse, 21, Event::Used { job: job.clone(), memory: 7 });
        assert_eq!((pulse.pause(at(59)), pulse.beat(at(59))), (Duration::from_secs(1), Vec::new()));
        let sign = |purpose: &str, seconds, progress: Option<&str>, remaining| Event::Lives {
            job: job.clone(),
            purpose: purpose.to_owned(),
            seconds,
            progress: progress.map(str::to_owned),
            remaining,
            memory: Some(7),
        };
        assert_eq!(pulse.beat(at(60)), [sign("building torch", 50.0, Some("1/2"), Some(50.0))]);
        assert_eq!((pulse.pause(at(60)), pulse.beat(at(60))), (PERIOD, Vec::new()));
        note(&mut pulse, 65, Event::Progressed { job: job.clone(), text: String::new() });
        assert_eq!(pulse.beat(at(120)), [sign("building torch", 110.0, None, None)]);
        note(&mut pulse, 121, Event::Progressed { job: job.clone(), text: "2/3".to_owned() });
        note(&mut pulse, 130, step("taking torch's wheel"));
        assert_eq!(pulse.beat(at(190)), [sign("taking torch's wheel", 180.0, None, None)]);
        note(
            &mut pulse,
            200,
            Event::JobEnded { job: job.clone(), end: JobEnd::Done, seconds: 190.0, peak_memory: None, disk_bytes: None },
        );
        assert_eq!(pulse.beat(at(250)), []);
    }
}
