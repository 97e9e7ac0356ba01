//! Draws events for people and for machines, on standard error: bars on a terminal, lines elsewhere, JSON where a program reads along.

mod bars;
pub mod github;

use std::collections::BTreeSet;
use std::io::Write;

use manifest::Artifact;
pub use manifest::{duration, size};

use crate::cli::{LogStyle, MessageArgs};
use crate::event::{Cut, Event, JobEnd};
use crate::host::Terminal;
use crate::plan::{Job, JobName, Pace};
use crate::redact::for_terminal;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// Warnings and errors.
    Quiet,
    /// What is done.
    Normal,
    /// Commands, and what programs print.
    Verbose,
}

impl Detail {
    fn of(messages: MessageArgs) -> Self {
        match (messages.quiet, messages.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Verbose,
            _ => Detail::Normal,
        }
    }
}

/// Draws what happens.
pub struct Report {
    drawing: Drawing,
    detail: Detail,
    /// The jobs that run, and did something that takes a while. That the others ended is worth no line.
    lasting: BTreeSet<JobName>,
}

enum Drawing {
    Bars(bars::Bars),
    Lines,
    Json,
}

impl Report {
    /// A report in the style that was asked for; bars need a terminal unless they were asked for by name.
    pub fn new(messages: MessageArgs, terminal: Terminal) -> Self {
        let detail = Detail::of(messages);
        let drawing = match (messages.log_style.unwrap_or_default(), terminal) {
            (LogStyle::Fancy, _) | (LogStyle::Auto, Terminal::Interactive) if detail != Detail::Quiet => {
                Drawing::Bars(bars::Bars::new())
            }
            (LogStyle::Json, _) => Drawing::Json,
            _ => Drawing::Lines,
        };
        Report { drawing, detail, lasting: BTreeSet::new() }
    }

    /// Draws one event.
    pub fn draw(&mut self, event: &Event) {
        if let Drawing::Json = self.drawing {
            if let Ok(line) = serde_json::to_string(event)
                && (self.detail == Detail::Verbose
                    || !matches!(event, Event::Printed { .. } | Event::Progressed { .. } | Event::Used { .. }))
            {
                print_line(&line);
            }
            return;
        }
        if let Drawing::Bars(bars) = &mut self.drawing {
            bars.update(event);
        }
        if let Event::StepStarted { job, pace: Pace::Lasting, .. } = event {
            self.lasting.insert(job.clone());
        }
        if let Some(line) = self.line(event) {
            self.say(&line);
        }
        if let Event::JobEnded { job, .. } = event {
            self.lasting.remove(job);
        }
    }

    /// Draws one event of a job that is a part of something which is told as a whole when all of it is done.
    pub fn draw_part(&mut self, event: &Event) {
        if let Event::JobEnded { job, .. } = event {
            self.lasting.remove(job);
        }
        self.draw(event);
    }

    /// Why a job is what it is. The log of the job has it, too, and `plan` tells it beforehand; of a job that has nothing to do nobody else tells.
    pub fn reasons(&mut self, job: &Job, why: &[String]) {
        let name = &job.name;
        let is_fresh = job.steps.is_empty() && job.unknown.is_empty() && !why.is_empty();
        match (&self.drawing, self.detail) {
            (Drawing::Json, _) => {
                let line = |why| serde_json::json!({"event": "reason", "job": name, "text": why}).to_string();
                why.iter().map(line).for_each(|line| print_line(&line));
            }
            (_, Detail::Verbose) => why.iter().for_each(|why| self.say(&format!("{:>12} {name}: {why}", "Plan"))),
            (_, Detail::Normal) if is_fresh => self.say(&format!("{:>12} {name}: {}", "Fresh", why.join("; "))),
            _ => {}
        }
    }

    /// Whether the wheel of an earlier run is taken, and why.
    pub fn decided(&mut self, job: &Job, decision: &str) {
        let label = if job.is_reused() { "Fresh" } else { "Plan" };
        match (&self.drawing, self.detail) {
            (_, Detail::Quiet) => {}
            (Drawing::Json, _) => {
                print_line(&serde_json::json!({"event": "decided", "job": job.name, "text": decision}).to_string());
            }
            _ => self.say(&format!("{label:>12} {}: {decision}", job.name)),
        }
    }

    /// Something that is said once, of no job.
    pub fn note(&mut self, text: &str) {
        match (&self.drawing, self.detail) {
            (_, Detail::Quiet) => {}
            (Drawing::Json, _) => print_line(&serde_json::json!({"event": "note", "text": text}).to_string()),
            _ => self.say(&format!("{:>12} {text}", "Note")),
        }
    }

    /// A command to the runner of GitHub Actions, which reads it off a line of its own.
    pub fn command(&self, line: &str) {
        match &self.drawing {
            Drawing::Bars(bars) => bars.above(line),
            _ => print_line(line),
        }
    }

    /// How the whole run ended.
    pub fn end(&mut self, text: &str) {
        match (&self.drawing, self.detail) {
            (_, Detail::Quiet) => {}
            (Drawing::Json, _) => print_line(&serde_json::json!({"event": "ended", "text": text}).to_string()),
            _ => self.say(&format!("{:>12} {text}", "Finished")),
        }
    }

    /// Something that users should know.
    pub fn warn(&mut self, text: &str) {
        match &self.drawing {
            Drawing::Json => print_line(&serde_json::json!({"event": "warning", "text": text}).to_string()),
            _ => self.say(&format!("warning: {text}")),
        }
    }

    fn say(&self, line: &str) {
        let line = for_terminal(line);
        match &self.drawing {
            Drawing::Bars(bars) => bars.above(&line),
            _ => print_line(&line),
        }
    }

    fn line(&self, event: &Event) -> Option<String> {
        let bars = matches!(self.drawing, Drawing::Bars(_));
        match (event, self.detail) {
            // What failed is told once more at the end, with all that is known of it.
            (_, Detail::Quiet) => None,
            (Event::JobEnded { job, end: JobEnd::Failed(failed), seconds, .. }, _) => {
                // One that was ended from outside did nothing wrong.
                let is_cut = matches!(failed.cut, Some(Cut::Interrupted | Cut::OutOfTime));
                let label = if is_cut { "Stopped" } else { "Failed" };
                Some(format!("{label:>12} {job} after {}: {}", duration(*seconds), failed.sentence()))
            }
            (Event::StepStarted { job, command: Some(command), .. }, Detail::Verbose) => Some(format!("{job} $ {command}")),
            (Event::StepStarted { job, purpose, pace, .. }, detail)
                if !bars && (*pace == Pace::Lasting || detail == Detail::Verbose) =>
            {
                Some(format!("{:>12} {job}: {purpose}", "Running"))
            }
            (Event::Printed { job, line }, Detail::Verbose) => Some(format!("{job} | {line}")),
            (Event::Halved { job, from, to, cause }, _) => {
                let text = format!("{cause}, as memory ran out with {from} compilers at once; once more with {to}");
                Some(format!("{:>12} {job}: {text}", "Note"))
            }
            (Event::Said { job, text }, _) => Some(format!("{:>12} {job}: {text}", "Note")),
            (Event::WheelTaken { artifact, replaced, .. }, _) => Some(format!("{:>12} {}", "Wheel", wheel(artifact, replaced))),
            (Event::Lives { job, purpose, seconds, progress, remaining, memory }, _) if !bars => {
                let mut text = format!("{:>12} {job}: {purpose}, {}", "Running", duration(*seconds));
                text.extend(progress.iter().map(|progress| format!(", {progress}")));
                text.extend(remaining.iter().map(|remaining| format!(", about {} left", duration(*remaining))));
                text.extend(memory.iter().map(|memory| format!(", {} of memory", size(*memory))));
                Some(text)
            }
            (Event::JobEnded { job, end, seconds, .. }, detail) => match end {
                JobEnd::NotStarted { why, .. } => Some(format!("{:>12} {job}: {why}", "Skipped")),
                JobEnd::Skipped { because_of, link } => Some(format!("{:>12} {job}: {}", "Skipped", link.sentence(because_of))),
                _ => {
                    let is_told = self.lasting.contains(job) || detail == Detail::Verbose;
                    is_told.then(|| format!("{:>12} {job} in {}", "Finished", duration(*seconds)))
                }
            },
            _ => None,
        }
    }
}

fn wheel(artifact: &Artifact, replaced: &[String]) -> String {
    let instead = match replaced {
        [] => String::new(),
        old => format!(" in place of {}", old.join(", ")),
    };
    format!("{} ({}){instead}", artifact.relative_path.file_name(), size(artifact.size_bytes))
}

fn print_line(line: &str) {
    // Nobody may be reading; that is no reason to stop a build.
    let _ = writeln!(std::io::stderr(), "{line}");
}
