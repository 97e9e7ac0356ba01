//! The commands: what each looks at, plans and does, in that order; and how they end.

pub mod audit;
pub mod build;
pub mod checkout;
mod given;
pub mod install;
pub mod lock;
pub mod manifest;
pub mod matrix;
pub mod plan;
pub mod upload;

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::time::Instant;

use ::manifest::ExportError;

use crate::cli::{GfxArgs, InstallArgs, PlanFormat};
use crate::event::{Event, Failed, JobEnd};
use crate::execute::{self, Verdict, Wheels, World};
use crate::facts::{Facts, Looks};
use crate::file::FileError;
use crate::host::Host;
use crate::plan::{Job, JobName};
use crate::redact::{Secrets, for_terminal};
use crate::report::Report;
use crate::request::{Problem, Request};
use crate::{file, gfx as targets, observe};

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Done.
    Done = 0,
    /// Our own mistake.
    Bug = 1,
    /// The request is wrong; no program was started.
    Request = 2,
    /// The world is not ready.
    World = 3,
    /// A job failed.
    Job = 4,
    /// A verification failed.
    Unproven = 5,
}

/// Why a command ends before its time.
#[derive(Debug)]
pub enum Stop {
    /// Problems that were found before anything was done.
    Problems(Code, Vec<Problem>),
    /// A verification failed; what differs, line by line.
    Unproven(String),
    /// Jobs that failed.
    Jobs(Vec<(JobName, Box<Failed>)>),
    /// A plan that should have no holes has one.
    Unknown(Vec<String>),
}

impl Stop {
    /// The request is wrong.
    pub fn request(problem: Problem) -> Self {
        Stop::Problems(Code::Request, vec![problem])
    }

    /// The world is not ready.
    pub fn world(problem: Problem) -> Self {
        Stop::Problems(Code::World, vec![problem])
    }

    /// Tells it on standard error, without secrets, and gives the exit code.
    pub fn tell(&self, secrets: &Secrets) -> Code {
        let mut text = String::new();
        match self {
            Stop::Problems(_, problems) => {
                for problem in problems {
                    text.push_str(&format!("error: {}\n", problem.text));
                    text.extend(problem.hint.iter().map(|hint| format!("hint: {hint}\n")));
                }
            }
            Stop::Unproven(lines) => text.clone_from(lines),
            Stop::Jobs(jobs) => jobs.iter().for_each(|(name, failed)| text.push_str(&failure(name, failed))),
            Stop::Unknown(facts) => {
                text = format!(
                    "error: the plan still lacks: {}\nhint: this is a mistake of the tool; please report it\n",
                    facts.join("; ")
                );
            }
        }
        let _ = std::io::stderr().write_all(for_terminal(&secrets.redact(&text)).as_bytes());
        match self {
            Stop::Problems(code, _) => *code,
            Stop::Unproven(_) => Code::Unproven,
            Stop::Jobs(_) => Code::Job,
            Stop::Unknown(_) => Code::Bug,
        }
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Stop::world(error.into())
    }
}

fn failure(name: &JobName, failed: &Failed) -> String {
    let mut text = format!("error: {name}: {}\n", failed.sentence());
    if !failed.tail.is_empty() {
        text.push_str("  last lines:\n");
        failed.tail.iter().for_each(|line| text.push_str(&format!("    | {line}\n")));
    }
    text.extend(failed.command.iter().map(|command| format!("  command: {command}\n")));
    text.push_str(&format!("  log: {}\n", failed.log));
    text
}

/// A line on standard output, where results go. Nobody may be reading any more, and that is no reason to fail; a file that is cut short is one.
fn result(text: &str) -> Result<(), FileError> {
    match writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n')) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            Err(FileError { doing: "write", path: "standard output".to_owned(), cause })
        }
        _ => Ok(()),
    }
}

/// Appends to a file that GitHub Actions reads: `GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY`. Elsewhere nothing is written.
fn append_for_github(host: &Host, variable: &str, text: &str) -> Result<(), FileError> {
    match host.github_var(variable) {
        Some(file) => file::append(file, text),
        None => Ok(()),
    }
}

/// The same, with a report. What cannot be told there is no reason to fail.
fn tell_github(host: &Host, report: &mut Report, variable: &str, text: Result<String, ExportError>) {
    let told = text.map_err(|error| error.to_string());
    let told = told.and_then(|text| append_for_github(host, variable, &text).map_err(|error| error.to_string()));
    if let Err(cause) = told {
        report.warn(&format!("`{variable}` is not told: {cause}"));
    }
}

/// A line on standard error, beside the results.
fn aside(text: &str, secrets: &Secrets) {
    let _ = writeln!(std::io::stderr(), "{}", secrets.redact(text));
}

/// `gfx`: prints the table of targets.
///
/// # Errors
/// If standard output cannot be written.
pub fn gfx(args: &GfxArgs) -> Result<Code, Stop> {
    match args.format {
        PlanFormat::Text => result(&targets::table())?,
        PlanFormat::Json => result(&format!("{:#}", targets::table_json()))?,
    }
    Ok(Code::Done)
}

/// A checked request at work: what was seen, and where everything goes.
struct Session<'a> {
    host: &'a Host,
    looks: Looks,
    request: Request,
    report: Report,
    logs: String,
    started: Instant,
    /// What keeps other runs away from the folder of the checkouts, as soon as something is done.
    alone: Option<File>,
}

impl<'a> Session<'a> {
    fn new(host: &'a Host, looks: Looks, request: Request, args: &InstallArgs) -> Self {
        let report = Report::new(args.messages, host.terminal);
        Session::reporting(host, looks, request, report)
    }

    fn reporting(host: &'a Host, looks: Looks, request: Request, report: Report) -> Self {
        Session { host, looks, request, report, logs: String::new(), started: Instant::now(), alone: None }
    }

    /// Looks at what programs answer; what `before` already knows of commits is kept.
    fn facts(&self, before: Option<Facts>) -> Facts {
        observe::facts(&self.request, self.host, &self.looks, before)
    }

    /// Does jobs; logs go into a folder of this run, beside those of other runs.
    fn execute(
        &mut self,
        jobs: &[Job],
        facts: &Facts,
        wheels: &mut Wheels,
        note: &mut dyn FnMut(&Event) -> Result<(), FileError>,
    ) -> Result<(), Stop> {
        // A job without steps only says why there is nothing to do.
        let jobs: Vec<Job> = jobs.iter().filter(|job| !job.steps.is_empty()).cloned().collect();
        if jobs.is_empty() {
            return Ok(());
        }
        self.keep_others_away()?;
        if self.logs.is_empty() {
            self.logs = self.logs_folder(facts)?;
        }
        let world = World {
            host: self.host,
            looks: &self.looks,
            secrets: &self.request.secrets,
            logs: self.logs.clone(),
            recorded: crate::plan::check::recorded(&self.request, self.host, facts),
        };
        let mut failures = Vec::new();
        let mut unwritten = None;
        let report = &mut self.report;
        let verdict = execute::execute(&jobs, wheels, &world, &mut |event| {
            report.draw(&event);
            if let Err(error) = note(&event) {
                unwritten.get_or_insert(error);
            }
            if let Event::JobEnded { job, end: JobEnd::Failed(failed), .. } = event {
                failures.push((job, failed));
            }
        });
        match (verdict, unwritten) {
            (Verdict::Failed, _) => Err(Stop::Jobs(failures)),
            (Verdict::Done, Some(error)) => Err(error.into()),
            (Verdict::Done, None) => Ok(()),
        }
    }

    /// Two runs that make checkouts in one folder would take each other's away.
    fn keep_others_away(&mut self) -> Result<(), Stop> {
        let places = &self.request.places;
        if self.alone.is_some() || !self.request.selected.iter().any(|project| self.request.fetches(*project)) {
            return Ok(());
        }
        let owner = match file::take_alone(&places.checkouts_lock())? {
            Ok(file) => {
                self.alone = Some(file);
                return Ok(());
            }
            Err(owner) => owner,
        };
        let process = owner.parse::<u32>().map(|id| format!(", process {id},")).unwrap_or_default();
        let text = format!("another run{process} is at work in `{}`", places.checkouts);
        let hint = "wait until it has ended, or name another folder with `--work-dir` or `--root-checkout-dir`";
        Err(Stop::world(Problem::new(text).hint(hint)))
    }

    fn logs_folder(&self, facts: &Facts) -> Result<String, Stop> {
        let join = |base: &str, rest: &str| self.host.platform.join(base, rest);
        let python = crate::plan::python::choose(&self.request, facts).map(|python| self.request.places.python(&python.series));
        let logs = join(&python.unwrap_or_else(|_| self.request.places.work.clone()), &format!("logs/{}", observe::now()));
        Ok(file::make_new_folder(&logs)?)
    }

    fn warn(&mut self, text: &str) {
        self.report.warn(&self.request.secrets.redact(text));
    }

    /// How long the command has been at work.
    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn tell_reasons(&mut self, jobs: &[Job]) {
        for job in jobs {
            for why in &job.why {
                self.report.reason(job, &self.request.secrets.redact(why));
            }
        }
    }
}
