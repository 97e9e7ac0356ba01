//! What a command has for itself while it works.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::{Code, Session, Stop};
use crate::facts::{self, Facts};
use crate::file::{self, FileError, Held, Owner, Temporary};
use crate::plan::alone::{Alone, Made, alone, temporary, work};
use crate::request::{Goal, Problem};
use crate::version::PythonVersion;
use crate::{observe, process};

/// Clocks of files stand still for so long.
const TICK: Duration = Duration::from_millis(20);

/// Whether what was looked at is still as it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nobody was at work there since.
    AsItIs,
    /// Another run was.
    Outdated,
}

impl Session<'_> {
    /// Takes every folder that must be this run's alone, or tells of each who has it. What a killed run left running is ended first. Nothing is written
    /// before it is known that a run can begin, so another one may have been at work meanwhile.
    ///
    /// # Errors
    /// If another run has one of them, or it cannot be said.
    pub(super) fn keep_others_away(&mut self, facts: &Facts) -> Result<Seen, Stop> {
        if !self.alone.is_empty() {
            return Ok(Seen::AsItIs);
        }
        let whereabouts = |dir: &str| observe::whereabouts(self.host, &self.looks, dir);
        let seen = self.take(alone(&self.request, self.host, facts, &whereabouts))?;
        for folder in self.results()? {
            file::remove_partial(&folder)?;
        }
        Ok(seen)
    }

    /// The folders that a build writes its results and records into.
    fn results(&self) -> Result<Vec<String>, FileError> {
        let places = &self.request.places;
        if self.request.goal != Goal::Wheels {
            return Ok(Vec::new());
        }
        let names = file::list(&places.work)?;
        let pythons = names.iter().filter_map(|name| PythonVersion::parse(name.strip_prefix("py")?).ok());
        let jobs = pythons.map(|python| places.job_records(&python));
        Ok([places.output.clone(), places.manifests.clone()].into_iter().chain(jobs).collect())
    }

    /// The same for the work folder only.
    ///
    /// # Errors
    /// As `keep_others_away`.
    pub(super) fn keep_others_from_work(&mut self) -> Result<(), Stop> {
        self.take(vec![work(&self.request)]).map(drop)
    }

    fn take(&mut self, folders: Vec<Alone>) -> Result<Seen, Stop> {
        let words = observe::arguments().unwrap_or_default();
        let command = self.request.secrets.redact(&words.join(" ")).into_owned();
        let owner = Owner { pid: std::process::id(), command, run: process::run_id().to_owned(), ..Owner::default() };
        let (mut held, mut problems) = (Vec::new(), Vec::new());
        // Whoever is refused has left nothing in the folders that he could have had.
        let folders = each_once(folders);
        for folder in &folders {
            let problem = file::taken(&folder.lock)?.map(|other| refusal(folder, other));
            // Several files may keep others out of one folder.
            problems.extend(problem.filter(|problem| !problems.contains(problem)));
        }
        for folder in &folders {
            if !problems.is_empty() {
                break;
            }
            match file::take_alone(&folder.lock, &owner)? {
                Ok(file) => held.push(file),
                Err(other) => problems.push(refusal(folder, other)),
            }
        }
        if !problems.is_empty() {
            return Err(Stop::Problems(Code::World, problems));
        }
        self.end_runs(held.iter().filter_map(|held| held.left_by.as_ref()));
        let seen = if held.iter().any(|held| self.is_outdated(held)) { Seen::Outdated } else { Seen::AsItIs };
        self.alone = held;
        self.temporary = temporary(&self.request).map(Temporary::new).transpose()?;
        Ok(seen)
    }

    /// Ends what a run that was killed left at work in the folders of this one, before these are looked at.
    pub(super) fn end_left_over(&mut self) {
        let places = &self.request.places;
        let left = [places.work_lock(), places.checkouts_lock()].map(|lock| file::left_by(&lock));
        self.end_runs(left.iter().flatten());
    }

    fn end_runs<'a>(&mut self, owners: impl Iterator<Item = &'a Owner>) {
        let runs: BTreeSet<&str> = owners.map(|owner| owner.run.as_str()).collect();
        let ended: usize = runs.into_iter().map(process::end_run).sum();
        if ended > 0 {
            let programs = manifest::counted(ended as u64, "program");
            self.report.note(&format!("a run that was killed left {programs} running, which had to end first"));
        }
    }

    /// Whether another run was at work since this one began to look. One that was killed did not say until when it was.
    fn is_outdated(&self, held: &Held) -> bool {
        let since = |used: SystemTime| used.checked_add(TICK).is_none_or(|used| used >= self.looked_at);
        held.left_by.is_some() || held.last_used.is_some_and(since)
    }
}

/// The folders by whose files others are kept out, each file once, whichever way it was found.
fn each_once(folders: Vec<Alone>) -> Vec<Alone> {
    let mut known = BTreeSet::new();
    let counts = |folder: &Alone| folder.made == Made::First || file::look(&folder.lock) == facts::Seen::File;
    folders.into_iter().filter(|folder| counts(folder) && known.insert(file::real(&folder.lock))).collect()
}

fn refusal(folder: &Alone, other: Option<Owner>) -> Problem {
    let who = other.map(|other| format!(", process {} (`{}`),", other.pid, other.command)).unwrap_or_default();
    let text = format!("another run{who} is at work in the {} `{}`", folder.what, folder.folder);
    Problem::new(text).hint(format!("wait until it has ended, or name another one with `{}`", folder.flag))
}
