//! What happened, as values: `execute` emits them, `record` folds them into the manifest and `report` draws them. Neither asks the other.

use manifest::{Artifact, Project};
use serde::Serialize;

use crate::failure::Finding;
use crate::plan::{JobName, Pace};
use crate::redact::Secrets;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// A job starts.
    JobStarted {
        /// Which.
        job: JobName,
        /// The file that keeps what its programs print.
        log: String,
        /// How many steps it has.
        steps: usize,
    },
    /// A step starts.
    StepStarted {
        /// Whose.
        job: JobName,
        /// Which, from 1.
        step: usize,
        /// Why it is done.
        purpose: String,
        /// How long it may take.
        pace: Pace,
        /// The command, as a line that can be pasted; absent for what the tool does itself.
        command: Option<String>,
    },
    /// A program printed a line.
    Printed {
        /// Whose.
        job: JobName,
        /// The line, free of secrets.
        line: String,
    },
    /// A program told how far it is.
    Progressed {
        /// Whose.
        job: JobName,
        /// What it does, and the percentage: `Receiving objects: 43%`. Empty once there is nothing more to count.
        text: String,
    },
    /// A command is tried once more with fewer compilers, because there was not enough memory.
    Halved {
        /// Whose.
        job: JobName,
        /// How many compilers ran at once.
        from: u32,
        /// How many run now.
        to: u32,
        /// How it ended: `building torch exited with 1`.
        cause: String,
    },
    /// What a job's programs use now.
    Used {
        /// Whose.
        job: JobName,
        /// Their memory, in bytes.
        memory: u64,
    },
    /// A job still runs: told now and then to whoever watches no bars.
    Lives {
        /// Which.
        job: JobName,
        /// The step that it is at.
        purpose: String,
        /// For how long it has run, in seconds.
        seconds: f64,
        /// What a program last said of how far it is: `345/4000`, `Receiving objects: 43%`.
        progress: Option<String>,
        /// How much longer it takes if it takes as long as in an earlier run, in seconds.
        remaining: Option<f64>,
        /// The memory of its programs, in bytes.
        memory: Option<u64>,
    },
    /// The tool has something to say about a job: a retry, a failure that is tolerated, a difference that it measured.
    Said {
        /// Whose.
        job: JobName,
        /// What.
        text: String,
    },
    /// A wheel is in the output folder under its own name.
    WheelTaken {
        /// Whose.
        job: JobName,
        /// The project.
        project: Project,
        /// The wheel.
        artifact: Box<Artifact>,
        /// Names of the wheels of the same distribution that it replaced.
        replaced: Vec<String>,
        /// The digest of the local changes in the sources now that they are built, if git could tell.
        changes: Vec<Option<String>>,
        /// What the file is like.
        stamp: Option<String>,
    },
    /// A job ended.
    JobEnded {
        /// Which.
        job: JobName,
        /// How.
        end: JobEnd,
        /// How long it took, in seconds.
        seconds: f64,
        /// The most memory that its programs used together, in bytes, where that could be measured.
        peak_memory: Option<u64>,
        /// What its build left in the sources, in bytes, if it makes a wheel.
        disk_bytes: Option<u64>,
    },
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "end")]
pub enum JobEnd {
    /// Every step is done.
    Done,
    /// A step failed.
    Failed(Box<Failed>),
    /// It was not started, because this job failed.
    Skipped {
        /// The job that failed.
        because_of: JobName,
        /// What that job is to it.
        link: Link,
    },
    /// It was not started, and could not have ended in time, or the tool was asked to end.
    NotStarted {
        /// Why, in words.
        why: String,
        /// What would have cut it short.
        cut: Cut,
    },
}

/// Why the failure of one job keeps another from being started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The other needs it, or needs what needs it.
    Needed,
    /// The other has nothing to do with it, but without `--keep-going` the run stops at the first failure.
    Stopped,
}

impl Link {
    /// The same in words, after the name of the job that was not started.
    pub fn sentence(self, because_of: &JobName) -> String {
        match self {
            Link::Needed => format!("it needs {because_of}, which failed"),
            Link::Stopped => format!("the run stopped when {because_of} failed, as `--keep-going` was not given"),
        }
    }
}

/// What ends a job before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// Ctrl-C, or another signal to the tool.
    Interrupted,
    /// `--time-budget`.
    OutOfTime,
    /// `--stage-timeout`.
    TimedOut,
    /// It did nothing for too long.
    Stalled,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failed {
    /// Why the step was done.
    pub purpose: String,
    /// What went wrong.
    pub cause: String,
    /// The command, as a line that can be pasted, directory included.
    pub command: Option<String>,
    /// What cut it short, if something did.
    pub cut: Option<Cut>,
    /// The exit code, if a program ended with one.
    pub exit_code: Option<i32>,
    /// The signal, if one ended a program.
    pub signal: Option<i32>,
    /// What is read off all that the program printed.
    pub finding: Finding,
    /// The last lines that the program printed.
    pub tail: Vec<String>,
    /// The file that has all of them.
    pub log: String,
}

impl Failed {
    /// Without secrets. The command and the last lines have lost theirs already.
    pub fn redacted(self, secrets: &Secrets) -> Self {
        let clean = |text: &str| secrets.redact(text).into_owned();
        Failed { purpose: clean(&self.purpose), cause: clean(&self.cause), ..self }
    }

    /// What failed and how, as one fragment: `building torch exited with 1`, `taking torch's wheel: no wheel …`.
    pub fn sentence(&self) -> String {
        let between = if self.exit_code.is_some() || self.signal.is_some() { " " } else { ": " };
        format!("{}{between}{}", self.purpose, self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Environment;

    #[test]
    fn failures_are_told_without_secrets() {
        let failed = Failed {
            purpose: "reading it with long-value".to_owned(),
            cause: r"lost what `git fetch 'https://u:pa'\''ssword@host/x'` prints: broken pipe".to_owned(),
            command: None,
            cut: None,
            exit_code: None,
            signal: None,
            finding: Finding::default(),
            tail: Vec::new(),
            log: String::new(),
        };
        let secrets = Secrets::new(&Environment::default(), ["A_KEY=long-value", "https://u:pa'ssword@host/x"]);
        let expected = "reading it with ***: lost what `git fetch 'https://host/x'` prints: broken pipe";
        assert_eq!(failed.redacted(&secrets).sentence(), expected);
    }
}
