//! What a command has for itself while it works.

use std::collections::BTreeSet;

use super::{Code, Session, Stop};
use crate::facts::{Facts, Seen};
use crate::file::{self, Owner, Temporary};
use crate::plan::alone::{Alone, Made, alone, temporary, work};
use crate::request::Problem;
use crate::{observe, process};

impl Session<'_> {
    /// Takes every folder that must be this run's alone, or tells of each who has it. What a killed run left running is ended first.
    ///
    /// # Errors
    /// If another run has one of them, or it cannot be said.
    pub(super) fn keep_others_away(&mut self, facts: &Facts) -> Result<(), Stop> {
        let whereabouts = |dir: &str| observe::whereabouts(self.host, &self.looks, dir);
        self.take(alone(&self.request, self.host, facts, &whereabouts))
    }

    /// The same for the work folder only.
    ///
    /// # Errors
    /// As `keep_others_away`.
    pub(super) fn keep_others_from_work(&mut self) -> Result<(), Stop> {
        self.take(vec![work(&self.request)])
    }

    fn take(&mut self, folders: Vec<Alone>) -> Result<(), Stop> {
        if !self.alone.is_empty() {
            return Ok(());
        }
        let words = observe::arguments().unwrap_or_default();
        let command = self.request.secrets.redact(&words.join(" ")).into_owned();
        let owner = Owner { pid: std::process::id(), command, run: process::run_id().to_owned() };
        let (mut held, mut problems) = (Vec::new(), Vec::new());
        // Whoever is refused has left nothing in the folders that he could have had.
        let folders = each_once(folders);
        for folder in &folders {
            problems.extend(file::taken(&folder.lock)?.map(|other| refusal(folder, other)));
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
            // Several files may keep others out of one folder.
            let mut told = Vec::new();
            problems.retain(|problem| {
                !told.contains(problem) && {
                    told.push(problem.clone());
                    true
                }
            });
            return Err(Stop::Problems(Code::World, problems));
        }
        let mut runs: Vec<&str> = held.iter().filter_map(|held| Some(held.left_by.as_ref()?.run.as_str())).collect();
        runs.sort_unstable();
        runs.dedup();
        let ended: usize = runs.iter().map(|run| process::end_run(run)).sum();
        if ended > 0 {
            let programs = manifest::counted(ended as u64, "program");
            self.report.note(&format!("a run that was killed left {programs} running, which had to end first"));
        }
        self.alone = held;
        self.temporary = temporary(&self.request).map(Temporary::new).transpose()?;
        Ok(())
    }
}

/// The folders by whose files others are kept out, each file once, whichever way it was found.
fn each_once(folders: Vec<Alone>) -> Vec<Alone> {
    let mut known = BTreeSet::new();
    let counts = |folder: &Alone| folder.made == Made::First || file::look(&folder.lock) == Seen::File;
    folders.into_iter().filter(|folder| counts(folder) && known.insert(file::real(&folder.lock))).collect()
}

fn refusal(folder: &Alone, other: Option<Owner>) -> Problem {
    let who = other.map(|other| format!(", process {} (`{}`),", other.pid, other.command)).unwrap_or_default();
    let text = format!("another run{who} is at work in the {} `{}`", folder.what, folder.folder);
    Problem::new(text).hint(format!("wait until it has ended, or name another one with `{}`", folder.flag))
}
