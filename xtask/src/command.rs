//! The commands: what each looks at, plans and does, in that order; and how they end.

mod alone;
pub mod audit;
pub mod build;
pub mod checkout;
mod given;
pub mod install;
pub mod lock;
pub mod manifest;
pub mod matrix;
pub mod plan;
mod proof;
pub mod upload;

use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant, SystemTime};

use ::manifest::ExportError;

use crate::cli::{GfxArgs, InstallArgs, PlanFormat};
use crate::event::{Cut, Event, Failed, JobEnd};
use crate::execute::{self, Limits, Patience, Verdict, Wheels, World};
use crate::facts::{Facts, Looks};
use crate::failure::Class;
use crate::file::{FileError, Held, Temporary};
use crate::host::Host;
use crate::plan::{Job, JobName};
use crate::redact::{Secrets, for_terminal};
use crate::report::{Report, github};
use crate::request::{Problem, Request, Restart, limits};
use crate::{file, gfx as targets, observe, process};

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
    /// Stopped in time; the same command goes on.
    OutOfTime = 6,
    /// Done, but optional wheels are missing.
    Lacking = 7,
    /// Somebody asked it to end.
    Interrupted = 130,
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
    /// Jobs that were cut short, none having failed.
    Cut(Cut, Vec<(JobName, Box<Failed>)>),
    /// Jobs that were not begun, because they would not have ended in time, and why in words.
    Late(Vec<(JobName, String)>),
    /// A plan that should have no holes has one.
    Unknown(Vec<String>),
    /// Any of these, after something was done that the next run takes as it is, unless these flags are given again.
    Midway(Box<Stop>, Vec<&'static str>),
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

    /// It comes after something was done. What an audit found, or a mistake of the tool, will be there the next time, too.
    pub fn midway(self, request: &Request) -> Self {
        let flags = [("`--restart`", request.again.restart == Restart::Anew), ("`--rebuild`", !request.again.rebuild.is_empty())];
        match self {
            Stop::Unproven(_) | Stop::Unknown(_) | Stop::Midway(..) => self,
            stop => Stop::Midway(Box::new(stop), flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()),
        }
    }

    /// What went wrong after the tool was asked to end went wrong because of that.
    pub fn or_interrupted(self) -> Self {
        match self {
            _ if !process::is_stopping() => self,
            Stop::Cut(_, jobs) | Stop::Jobs(jobs) => Stop::Cut(Cut::Interrupted, jobs),
            Stop::Midway(stop, flags) => Stop::Midway(Box::new(stop.or_interrupted()), flags),
            _ => Stop::Cut(Cut::Interrupted, Vec::new()),
        }
    }

    /// Tells it on standard error, without secrets, and gives the exit code.
    pub fn tell(&self, secrets: &Secrets) -> Code {
        let mut text = self.text();
        text.extend(self.going_on());
        let _ = std::io::stderr().write_all(for_terminal(&secrets.redact(&text)).as_bytes());
        self.code()
    }

    fn text(&self) -> String {
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
            Stop::Cut(cut, jobs) => text = cut_short(*cut, jobs),
            Stop::Late(jobs) => text = late(jobs),
            Stop::Unknown(facts) => {
                text = format!(
                    "error: the plan still lacks: {}\nhint: this is a mistake of the tool; please report it\n",
                    facts.join("; ")
                );
            }
            Stop::Midway(stop, _) => return stop.text(),
        }
        text
    }

    /// How to go on, where something was done: the last line.
    fn going_on(&self) -> Option<String> {
        let flags = match self {
            Stop::Midway(_, flags) if !flags.is_empty() => format!(" without {}", flags.join(" and ")),
            Stop::Midway(..) | Stop::Jobs(_) | Stop::Late(_) => String::new(),
            Stop::Cut(_, jobs) if !jobs.is_empty() => String::new(),
            Stop::Cut(..) | Stop::Problems(..) | Stop::Unproven(_) | Stop::Unknown(_) => return None,
        };
        Some(format!("hint: the same command{flags} goes on where this one stopped\n"))
    }

    fn code(&self) -> Code {
        match self {
            Stop::Problems(code, _) => *code,
            Stop::Unproven(_) => Code::Unproven,
            Stop::Jobs(_) => Code::Job,
            Stop::Cut(Cut::OutOfTime, _) | Stop::Late(_) => Code::OutOfTime,
            Stop::Cut(..) => Code::Interrupted,
            Stop::Unknown(_) => Code::Bug,
            Stop::Midway(stop, _) => stop.code(),
        }
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Stop::world(error.into())
    }
}

fn cut_short(cut: Cut, jobs: &[(JobName, Box<Failed>)]) -> String {
    let mut text = match cut {
        Cut::OutOfTime => "error: the time that `--time-budget` gives is over\n".to_owned(),
        _ => "error: interrupted\n".to_owned(),
    };
    text.extend(jobs.iter().map(|(name, failed)| format!("  {name}: {}; log: {}\n", failed.sentence(), failed.log)));
    text
}

fn late(jobs: &[(JobName, String)]) -> String {
    let lines: String = jobs.iter().map(|(name, why)| format!("  {name}: {why}\n")).collect();
    format!("error: not all of it fits into the time that `--time-budget` leaves\n{lines}")
}

fn failure(name: &JobName, failed: &Failed) -> String {
    let mut text = format!("error: {name}: {}\n", failed.sentence());
    let finding = &failed.finding;
    text.extend(finding.error.iter().map(|error| format!("  first error: {error}\n")));
    text.extend(finding.target.iter().map(|target| format!("  while making: {target}\n")));
    text.extend(finding.command.iter().map(|command| format!("  by: {command}\n")));
    if finding.class != Class::Other {
        text.push_str(&format!("  kind: {}\n", finding.class));
    }
    if !failed.tail.is_empty() {
        text.push_str("  last lines:\n");
        failed.tail.iter().for_each(|line| text.push_str(&format!("    | {line}\n")));
    }
    text.extend(failed.command.iter().map(|command| format!("  command: {command}\n")));
    text.push_str(&format!("  log: {}\n", failed.log));
    text.extend(finding.hint().map(|hint| format!("hint: {hint}\n")));
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
    /// When it began to look at the world.
    looked_at: SystemTime,
    /// Jobs that failed, and whose wheels may be missing.
    lost: Vec<(JobName, Box<Failed>)>,
    /// Where its programs keep temporary files, if that is the run's own folder.
    temporary: Option<Temporary>,
    /// What keeps other runs away, as soon as something is done. It is let go last.
    alone: Vec<Held>,
}

impl<'a> Session<'a> {
    fn new(host: &'a Host, looks: Looks, request: Request, args: &InstallArgs) -> Self {
        let report = Report::new(args.messages, host.terminal);
        Session::reporting(host, looks, request, report)
    }

    fn reporting(host: &'a Host, looks: Looks, request: Request, report: Report) -> Self {
        let (logs, started, looked_at) = (String::new(), Instant::now(), SystemTime::now());
        Session { host, looks, request, report, logs, started, looked_at, lost: Vec::new(), temporary: None, alone: Vec::new() }
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
        patience: Patience,
        note: &mut dyn FnMut(&Event) -> Result<(), FileError>,
    ) -> Result<(), Stop> {
        // A job without steps only says why there is nothing to do, or lacks what was to be prepared for it.
        let jobs: Vec<Job> = jobs.iter().filter(|job| !job.steps.is_empty() || !job.unknown.is_empty()).cloned().collect();
        if jobs.is_empty() {
            return Ok(());
        }
        self.keep_others_away(facts)?;
        if self.logs.is_empty() {
            self.logs = self.logs_folder(facts)?;
        }
        let world = World {
            host: self.host,
            looks: &self.looks,
            secrets: &self.request.secrets,
            logs: self.logs.clone(),
            recorded: crate::plan::check::recorded(&self.request, self.host, facts),
            limits: self.limits(patience),
            temporary: self.temporary_variables(),
        };
        let (mut failures, mut late) = (Vec::new(), Vec::new());
        let mut unwritten = None;
        let report = &mut self.report;
        let verdict = execute::execute(&jobs, self.request.going.on_failure, wheels, &world, &mut |event| {
            report.draw(&event);
            if let Err(error) = note(&event) {
                unwritten.get_or_insert(error);
            }
            if let Event::JobEnded { job, end: JobEnd::Failed(failed), .. } = event {
                if self.host.on_github() {
                    report.command(&github::annotation(&job, &failed));
                }
                failures.push((job, failed));
            } else if let Event::JobEnded { job, end: JobEnd::NotStarted { why, .. }, .. } = event {
                late.push((job, why));
            }
        });
        match (verdict, unwritten) {
            (Verdict::Failed, _) => Err(Stop::Jobs(std::mem::take(&mut self.lost).into_iter().chain(failures).collect())),
            (Verdict::Cut(cut), _) => Err(Stop::Cut(cut, failures)),
            (Verdict::Late, _) => Err(Stop::Late(late)),
            (Verdict::Done, Some(error)) => Err(error.into()),
            (Verdict::Done, None) => {
                self.lost.extend(failures);
                Ok(())
            }
        }
    }

    fn temporary_variables(&self) -> Vec<(&'static str, String)> {
        let names = self.host.platform.temp_variables();
        let Some(Temporary(folder)) = &self.temporary else { return Vec::new() };
        names.iter().map(|name| (*name, folder.clone())).collect()
    }

    /// What cuts jobs short, whenever they begin.
    fn limits(&self, patience: Patience) -> Limits {
        let wish = &self.request.limits;
        let seconds = |seconds: u64| Duration::from_secs(seconds);
        let budget = wish.budget.map(|budget| seconds(budget - limits::reserve(budget)));
        Limits {
            stage: wish.stage.map(seconds),
            deadline: budget.and_then(|budget| self.started.checked_add(budget)),
            budget,
            stall: Some(seconds(self.host.stall().into())),
            patience,
        }
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
            if let Some(decision) = &job.decision {
                self.report.decided(job, &self.request.secrets.redact(&decision.to_string()));
            }
            let why: Vec<String> = job.why.iter().map(|why| self.request.secrets.redact(why).into_owned()).collect();
            self.report.reasons(job, &why);
        }
    }
}
