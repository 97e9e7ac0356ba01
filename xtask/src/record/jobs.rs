//! Folds events into the job records, each written as soon as something of it is true.

use std::collections::BTreeMap;

use manifest::Project;

use crate::event::{Cut, Event, JobEnd};
use crate::facts::{Ended, Facts, JobRecord, Key, LastBuild, RecordedWheel};
use crate::file::{self, FileError};
use crate::observe;
use crate::plan::{self, JobName, Plan};
use crate::request::Request;
use crate::version::PythonVersion;

/// The job records of one Python, on disk.
pub struct JobRecords {
    identity: String,
    output: String,
    work: String,
    paths: BTreeMap<Project, String>,
    records: BTreeMap<Project, JobRecord>,
    planned: BTreeMap<JobName, Planned>,
}

/// What a job that makes a wheel is about.
#[derive(Clone, Debug)]
struct Planned {
    project: Project,
    key: Key,
    sources: String,
    /// The digests of changes in the sources that mean no change.
    changes: Vec<Option<String>>,
    /// Whether an attempt before this one did not end well.
    goes_on: bool,
    /// Whether this attempt's wheel is there.
    is_taken: bool,
}

impl JobRecords {
    /// What earlier runs left. Without a Python nothing is ever written.
    pub fn of(request: &Request, facts: &Facts, python: Option<PythonVersion>, identity: String) -> Self {
        let path = |project| Some((project, request.places.job_record(&python?, project)));
        JobRecords {
            identity,
            output: request.places.output.clone(),
            work: request.places.work.clone(),
            paths: Project::ALL.into_iter().filter_map(path).collect(),
            records: facts.records.jobs.clone(),
            planned: BTreeMap::new(),
        }
    }

    /// Takes note of what each job makes from what. What somebody wants built again is no longer reused, even if this run is ended from outside;
    /// and a wheel that was read is known by its looks from now on.
    ///
    /// # Errors
    /// If a record cannot be written.
    pub fn plan(&mut self, request: &Request, facts: &Facts, plan: &Plan) -> Result<(), FileError> {
        for project in &facts.records.read {
            self.write(Some(*project))?;
        }
        for job in &plan.build {
            let Some(project) = job.project else { continue };
            let wheel = self.records.get_mut(&project).and_then(|record| record.wheel.as_mut());
            if plan::again::is_demanded(request, project) && wheel.is_some_and(|wheel| wheel.key.take().is_some()) {
                self.write(Some(project))?;
            }
            if !job.is_reused() {
                let git = facts.checkouts.get(&project).and_then(|checkout| checkout.git.as_ref());
                let changes = git.map(|git| git.changes.clone()).into_iter().collect();
                let (key, sources) = (job.key.clone(), request.dir(project).to_owned());
                let planned = Planned { project, key, sources, changes, goes_on: false, is_taken: false };
                self.planned.insert(job.name.clone(), planned);
            }
        }
        Ok(())
    }

    /// Takes note of what happened.
    ///
    /// # Errors
    /// If a record cannot be written.
    pub fn note(&mut self, event: &Event) -> Result<(), FileError> {
        let (Event::JobStarted { job, .. } | Event::WheelTaken { job, .. } | Event::JobEnded { job, .. }) = event else {
            return Ok(());
        };
        if matches!(event, Event::JobEnded { end: JobEnd::Skipped { .. } | JobEnd::NotStarted { .. }, .. }) {
            // Nothing was begun, so nothing is other than it was.
            return Ok(());
        }
        let Some(planned) = self.planned.get_mut(job) else { return Ok(()) };
        let record = self.records.entry(planned.project).or_insert_with(|| nothing(planned.project));
        record.identity.clone_from(&self.identity);
        match event {
            Event::JobStarted { log, .. } => {
                record.log = super::below(&self.work, log);
                planned.goes_on = record.attempt.is_some();
                record.attempt = Some(planned.key.clone());
                let (sources, configured) = (planned.sources.clone(), plan::key::configuration(&planned.key));
                record.last = Some(LastBuild { sources, configured, ended: Ended::Interrupted });
            }
            Event::WheelTaken { artifact, changes, stamp, .. } => {
                let mut known = planned.changes.clone();
                known.extend(changes.iter().cloned());
                known.sort();
                known.dedup();
                let (key, artifact) = (Some(planned.key.clone()), (**artifact).clone());
                let (folder, stamp) = (self.output.clone(), stamp.clone());
                record.wheel = Some(RecordedWheel { key, changes: known, folder, artifact, stamp });
                record.attempt = None;
                record.last.iter_mut().for_each(|last| last.ended = Ended::Well);
                planned.is_taken = true;
            }
            Event::JobEnded { end, seconds, peak_memory, disk_bytes, .. } => {
                record.peak_memory_bytes = peak_memory.or(record.peak_memory_bytes);
                // One that did not end well left less than it needs.
                let known = record.disk_bytes.filter(|_| *end != JobEnd::Done);
                record.disk_bytes = (*disk_bytes).max(known).or(record.disk_bytes);
                ended(record, planned, end, *seconds);
            }
            _ => {}
        }
        self.write(planned_project(&self.planned, job))
    }

    fn write(&mut self, project: Option<Project>) -> Result<(), FileError> {
        let record = project.and_then(|project| self.records.get_mut(&project));
        let path = project.and_then(|project| self.paths.get(&project));
        let (Some(record), Some(path)) = (record, path) else { return Ok(()) };
        record.when = observe::now();
        file::write_text(path, &format!("{:#}\n", serde_json::to_value(&*record).unwrap_or_default()))
    }
}

fn planned_project(planned: &BTreeMap<JobName, Planned>, job: &JobName) -> Option<Project> {
    planned.get(job).map(|planned| planned.project)
}

fn nothing(project: Project) -> JobRecord {
    JobRecord {
        project,
        identity: String::new(),
        wheel: None,
        attempt: None,
        last: None,
        seconds: None,
        peak_memory_bytes: None,
        disk_bytes: None,
        log: None,
        when: String::new(),
    }
}

fn ended(record: &mut JobRecord, planned: &Planned, end: &JobEnd, seconds: f64) {
    let longest = record.seconds.unwrap_or_default().max(seconds);
    match end {
        JobEnd::Done => {
            // A build that went on where another one stopped says little of how long a whole one takes.
            record.seconds = Some(if planned.goes_on { longest } else { seconds });
        }
        JobEnd::Failed(failed) => {
            record.seconds = Some(longest);
            let ended = match failed.cut {
                Some(Cut::Interrupted) => Ended::Interrupted,
                Some(Cut::OutOfTime) => Ended::OutOfTime,
                Some(Cut::TimedOut) => Ended::TimedOut,
                Some(Cut::Stalled) | None => Ended::Failed(failed.sentence().lines().next().unwrap_or_default().to_owned()),
            };
            let is_ended_from_outside = matches!(ended, Ended::Interrupted | Ended::OutOfTime);
            if planned.is_taken && is_ended_from_outside {
                // The wheel is whole, and only not installed yet.
                return;
            }
            record.last.iter_mut().for_each(|last| last.ended = ended.clone());
            // A wheel that cannot be installed or imported is none to be reused.
            if let Some(wheel) = record.wheel.as_mut().filter(|_| planned.is_taken) {
                wheel.key = None;
                record.attempt = Some(planned.key.clone());
            }
        }
        JobEnd::Skipped { .. } | JobEnd::NotStarted { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use manifest::{Artifact, Extra, RelativePath, Sha256, WheelName};

    use super::*;
    use crate::event::Failed;
    use crate::plan::check::fixture;
    use crate::plan::{Action, Job, Step};

    fn artifact() -> Artifact {
        let name = "torch-2.13.0-cp312-cp312-linux_x86_64.whl";
        Artifact {
            relative_path: RelativePath::parse(name).unwrap(),
            size_bytes: 7,
            sha256: Sha256::from([7; 32]),
            source: Some(Project::Pytorch),
            labels: WheelName::parse(name).unwrap().labels("release"),
            planned_version: None,
            requires_dist: None,
            gfx_targets: None,
            split_from: None,
            extra: Extra::new(),
        }
    }

    #[test]
    fn a_record_says_what_is_true_at_each_moment() {
        let folder = tempfile::tempdir().unwrap();
        let host = fixture::host(crate::host::Platform::Linux);
        let request = fixture::request(&host, &format!("build --gfx gfx942 --work-dir {}", folder.path().display()));
        let mut facts = fixture::facts();
        let checkout = fixture::checkout(crate::facts::Owner::Tool, &fixture::commit('1'), Some("before"));
        facts.checkouts.insert(Project::Pytorch, checkout);
        let mut job = Job::new("torch");
        job.project = Some(Project::Pytorch);
        job.key = Key::from([("gfx".to_owned(), "gfx942".to_owned())]);
        job.steps.push(Step::new("nothing", Action::MakeFolder("/".to_owned())));
        let plan = Plan { build: vec![job.clone()], ..Plan::default() };
        let python = PythonVersion::parse("3.12").unwrap();
        let path = request.places.job_record(&python, Project::Pytorch);
        let read = || serde_json::from_str::<JobRecord>(&file::read_text(&path).unwrap()).unwrap();

        let name = || job.name.clone();
        let started = Event::JobStarted { job: name(), log: String::new(), steps: 1 };
        let ended_so = |seconds: f64, cut| {
            let failed = Failed {
                purpose: "building torch".to_owned(),
                cause: "exited with 1\nor so".to_owned(),
                command: None,
                cut,
                exit_code: Some(1),
                signal: None,
                finding: crate::failure::Finding::default(),
                tail: Vec::new(),
                log: String::new(),
            };
            Event::JobEnded {
                job: name(),
                end: JobEnd::Failed(Box::new(failed)),
                seconds,
                peak_memory: None,
                disk_bytes: Some(seconds as u64),
            }
        };
        let failed = |seconds| ended_so(seconds, None);
        let done = |seconds: f64| Event::JobEnded {
            job: name(),
            end: JobEnd::Done,
            seconds,
            peak_memory: None,
            disk_bytes: Some(seconds as u64),
        };
        let taken = || Event::WheelTaken {
            job: name(),
            project: Project::Pytorch,
            artifact: Box::new(artifact()),
            replaced: Vec::new(),
            changes: vec![Some("after".to_owned())],
            stamp: Some("7 1".to_owned()),
        };
        let skipped = |end: JobEnd| Event::JobEnded { job: name(), end, seconds: 0.0, peak_memory: None, disk_bytes: None };
        let stopped = || skipped(JobEnd::NotStarted { why: String::new(), cut: Cut::Interrupted });
        // What happens in one run; then the key of the wheel, whether an attempt did not end well, the seconds, and how the last build ended.
        let (key, none) = (Some(job.key.clone()), None);
        let (failure, well) = (Ended::Failed("building torch exited with 1".to_owned()), Ended::Well);
        for (events, wheel, unfinished, seconds, last) in [
            (vec![started.clone()], None, true, None, &Ended::Interrupted),
            (vec![started.clone(), failed(5.0)], None, true, Some(5.0), &failure),
            (vec![started.clone(), failed(3.0)], None, true, Some(5.0), &failure),
            (vec![started.clone(), ended_so(2.0, Some(Cut::OutOfTime))], None, true, Some(5.0), &Ended::OutOfTime),
            (vec![started.clone(), ended_so(2.0, Some(Cut::TimedOut))], None, true, Some(5.0), &Ended::TimedOut),
            // What is not begun is as it was.
            (vec![stopped()], None, true, Some(5.0), &Ended::TimedOut),
            (vec![started.clone(), taken(), failed(6.0)], Some(&none), true, Some(6.0), &failure),
            // One that was ended from outside is only not installed yet.
            (vec![started.clone(), taken(), ended_so(5.0, Some(Cut::Interrupted))], Some(&key), false, Some(6.0), &well),
            (vec![started.clone(), taken(), done(4.0)], Some(&key), false, Some(4.0), &well),
            (vec![started.clone(), taken()], Some(&key), false, Some(4.0), &well),
            (vec![started.clone(), taken(), done(4.0)], Some(&key), false, Some(4.0), &well),
            // A later failure leaves the wheel as it was.
            (vec![started.clone(), failed(9.0)], Some(&key), true, Some(9.0), &failure),
        ] {
            let earlier = file::read_if_there(&path).unwrap().map(|text| serde_json::from_str::<JobRecord>(&text).unwrap());
            facts.records.jobs = earlier.map(|record| (Project::Pytorch, record)).into_iter().collect();
            let mut records = JobRecords::of(&request, &facts, Some(python), "a build".to_owned());
            records.plan(&request, &facts, &plan).unwrap();
            events.iter().for_each(|event| records.note(event).unwrap());
            let record = read();
            let told = (record.wheel.as_ref().map(|wheel| &wheel.key), record.attempt.is_some(), record.seconds);
            assert_eq!(told, (wheel, unfinished, seconds), "{events:?}");
            assert_eq!(&record.last.unwrap().ended, last, "{events:?}");
            // The events above say as many bytes as seconds.
            assert_eq!(record.disk_bytes, seconds.map(|seconds| seconds as u64), "{events:?}");
            assert_eq!(record.identity, "a build");
        }
        let wheel = read().wheel.unwrap();
        assert_eq!(wheel.changes, [Some("after".to_owned()), Some("before".to_owned())]);
        assert_eq!((wheel.artifact, wheel.stamp.as_deref()), (artifact(), Some("7 1")));
        facts.records.jobs.clear();
        file::remove_all(&path).unwrap();
        let mut records = JobRecords::of(&request, &facts, Some(python), "a build".to_owned());
        records.plan(&request, &facts, &plan).unwrap();
        records.note(&stopped()).unwrap();
        assert_eq!(file::read_if_there(&path).unwrap(), None);
    }
}
