//! The one door to programs. `ask` is for local questions that answer at once; `run` is for everything that may wait on a network, unpack or
//! build, `pour` for such a program whose output is an answer. All get an absolute program, a folder and what changes in the environment; nothing
//! of the tool itself changes for it.
#![allow(clippy::disallowed_methods, reason = "this is where programs are started")]

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duct::ReaderHandle;

mod follow;
mod lines;
mod paste;
mod stop;
#[cfg(test)]
mod tests;
mod timeouts;
mod tree;

use follow::{Halt, follow};
pub use paste::paste;
use stop::Running;
pub use stop::{is_stopping, listen, pause, run as run_id, settle};
pub use timeouts::{retry_pauses, scale_waits};
use tree::Tree;
pub use tree::{MARK, Usage, end_run};

/// A program to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// Absolute path.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder that it runs in, absolute.
    pub cwd: String,
    /// What it gets on top of the tool's own environment; a variable without a value is hidden from it.
    pub env: BTreeMap<String, Option<String>>,
    /// When it is ended, whatever it does.
    pub limits: Limits,
    /// The variables that say where it keeps temporary files, unless `env` has them; not part of what is shown.
    pub temporary: Vec<(&'static str, String)>,
}

/// When a program is ended, with all that it started. Without limits it may go on for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long it may print nothing.
    pub silence: Option<Duration>,
    /// How long it may print nothing and need no processor, it and all that it started. Only where `/proc` tells.
    pub stall: Option<Duration>,
    /// When it must have ended.
    pub until: Option<Instant>,
}

/// What there is to know of a program while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'a> {
    /// It printed a line.
    Line(&'a str),
    /// It uses so much, with all that it started. Told each second or so, where `/proc` tells.
    Usage(Usage),
}

impl Spawn {
    /// A program with these arguments and the tool's own environment.
    pub fn new(program: &str, args: &[&str], cwd: &str) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Spawn {
            program: program.to_owned(),
            args,
            cwd: cwd.to_owned(),
            env: BTreeMap::new(),
            limits: Limits::default(),
            temporary: Vec::new(),
        }
    }

    /// With these changes of the environment.
    pub fn env(mut self, changes: &[(&str, Option<&str>)]) -> Self {
        self.env.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))));
        self
    }

    /// Program and arguments, as messages name it.
    fn command(&self) -> String {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        paste::posix_words(&self.program, &args)
    }

    /// With a limit to its silence.
    pub fn silence(mut self, most: Duration) -> Self {
        self.limits.silence = Some(most);
        self
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code.
    Code(i32),
    /// Killed by this signal.
    Signal(i32),
}

impl Ended {
    /// Whether all went well.
    pub fn success(self) -> bool {
        self == Ended::Code(0)
    }

    fn of(status: ExitStatus) -> Self {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal: Option<i32> = None;
        match signal {
            Some(signal) => Ended::Signal(signal),
            None => Ended::Code(status.code().unwrap_or(-1)),
        }
    }
}

/// `exited with 3`, `was killed by signal 9`: what follows the program's name in a sentence.
impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ended::Code(code) => write!(f, "exited with {code}"),
            Ended::Signal(signal) => write!(f, "was killed by signal {signal}"),
        }
    }
}

/// Why a program gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcessError {
    /// It never ran.
    #[error("cannot start `{program}`: {cause}")]
    Start {
        /// Its path.
        program: String,
        /// What the operating system said.
        cause: String,
    },
    /// It ran, and did not succeed.
    #[error("`{command}` {}", end(*.ended, .stderr))]
    Failed {
        /// Program and arguments.
        command: String,
        /// How it ended.
        ended: Ended,
        /// All that it wrote to standard error.
        stderr: String,
    },
    /// What it printed is no text.
    #[error("`{command}` printed something that is not UTF-8")]
    NotText {
        /// Program and arguments.
        command: String,
    },
    /// It printed nothing for too long, and was ended.
    #[error("`{command}` printed nothing for {} s and was ended", .silence.as_secs())]
    Silent {
        /// Program and arguments.
        command: String,
        /// For how long.
        silence: Duration,
    },
    /// It did nothing for too long, and was ended.
    #[error("`{command}` printed nothing and used no processor for {} s and was ended", .stall.as_secs())]
    Stalled {
        /// Program and arguments.
        command: String,
        /// For how long.
        stall: Duration,
    },
    /// Somebody stopped it and did not let it go on for too long, and it was ended.
    #[error("`{command}` was stopped, by `kill -STOP` or the like, did not go on for {} s and was ended", .stall.as_secs())]
    Stopped {
        /// Program and arguments.
        command: String,
        /// For how long.
        stall: Duration,
    },
    /// Its time was over.
    #[error("`{command}` was ended because its time was over")]
    Late {
        /// Program and arguments.
        command: String,
    },
    /// The terminal stopped it, because it wanted to ask somebody.
    #[error("`{command}` wanted an answer from the terminal, where nobody is asked, and was ended")]
    Asking {
        /// Program and arguments.
        command: String,
    },
    /// The tool was asked to end, and it was ended with it, or not started any more.
    #[error("`{command}` was interrupted")]
    Interrupted {
        /// Program and arguments.
        command: String,
    },
    /// What it prints could not be read any more.
    #[error("lost what `{command}` prints: {cause}")]
    Lost {
        /// Program and arguments.
        command: String,
        /// What the operating system said.
        cause: String,
    },
}

/// How a program ended and why: `exited with 128: fatal: not a git repository`.
pub fn end(ended: Ended, stderr: &str) -> String {
    telling_line(stderr).map_or_else(|| ended.to_string(), |line| format!("{ended}: {line}"))
}

/// The line of an error output that says most. Warnings come before the one that complains and advice after it; a traceback ends with its
/// cause.
fn telling_line(stderr: &str) -> Option<&str> {
    const COMPLAINTS: [&str; 3] = ["fatal: ", "error: ", ": command not found"];
    let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines.clone().next_back();
    if stderr.contains("Traceback (most recent call last)") {
        return last;
    }
    lines.find(|line| COMPLAINTS.iter().any(|words| line.contains(words))).or(last)
}

/// What a program prints to standard output, without the white space around it. It must succeed. What it writes to standard error never gets
/// into the answer.
///
/// # Errors
/// If it cannot be started, ends badly, or prints what is no text.
pub fn ask(program: &str, args: &[&str], cwd: &str, env: &[(&str, Option<&str>)]) -> Result<String, ProcessError> {
    let shown = || paste::posix_words(program, args);
    let lost = |cause: xshell::Error| ProcessError::Lost { command: shown(), cause: cause.to_string() };
    // A shell of its own for each question: its folder and variables belong to nobody else.
    let shell = xshell::Shell::new().map_err(lost)?;
    shell.change_dir(cwd);
    let mut command = shell.cmd(program).args(args).quiet().ignore_status().env(MARK, stop::mark().1);
    for (name, value) in env {
        command = match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().map_err(|error| start_error(program, cwd, xshell_cause(&error.to_string())))?;
    let ended = Ended::of(output.status);
    if !ended.success() {
        return Err(ProcessError::Failed {
            command: shown(),
            ended,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    let text = String::from_utf8(output.stdout).map_err(|_| ProcessError::NotText { command: shown() })?;
    Ok(text.trim().to_owned())
}

/// Runs a program to its end, and gives each line that it prints to `on_line`, standard output and standard error in the order in which they
/// come. A very long line comes in pieces.
///
/// # Errors
/// If it cannot be started, its output cannot be read, or it was ended before its time. That it ends badly is no error here.
pub fn run(spawn: &Spawn, on_line: &mut dyn FnMut(&str)) -> Result<Ended, ProcessError> {
    watch(spawn, &mut |news| {
        if let News::Line(line) = news {
            on_line(line);
        }
    })
}

/// The same, and tells what it uses as well.
///
/// # Errors
/// As `run`.
pub fn watch(spawn: &Spawn, on_news: &mut dyn FnMut(News)) -> Result<Ended, ProcessError> {
    let (reader, running) = start(spawn, duct::Expression::stderr_to_stdout)?;
    let ended = follow(Arc::new(reader), &running, spawn.limits, on_news);
    let command = || spawn.command();
    match ended {
        // What ended well in spite of all has done its work.
        Ok(ended) if !ended.success() && is_stopping() => Err(ProcessError::Interrupted { command: command() }),
        Ok(ended) => Ok(ended),
        Err(Halt::Silent(silence)) => Err(ProcessError::Silent { command: command(), silence }),
        Err(Halt::Stalled(stall)) => Err(ProcessError::Stalled { command: command(), stall }),
        Err(Halt::Stopped(stall)) => Err(ProcessError::Stopped { command: command(), stall }),
        Err(Halt::Late) => Err(ProcessError::Late { command: command() }),
        Err(Halt::Asking) => Err(ProcessError::Asking { command: command() }),
        Err(Halt::Lost(cause)) => Err(ProcessError::Lost { command: command(), cause: cause.to_string() }),
    }
}

/// Starts a program in a process group of its own, marked as one of this run.
fn start(
    spawn: &Spawn,
    with_errors: impl FnOnce(&duct::Expression) -> duct::Expression,
) -> Result<(ReaderHandle, Running), ProcessError> {
    if is_stopping() {
        return Err(ProcessError::Interrupted { command: spawn.command() });
    }
    let (mark, marks) = stop::mark();
    let expression = duct::cmd(&spawn.program, &spawn.args).dir(&spawn.cwd).stdin_null().unchecked().env(MARK, marks);
    let expression = spawn.temporary.iter().fold(expression, |expression, (name, folder)| expression.env(name, folder));
    let expression = spawn.env.iter().fold(with_errors(&expression), |expression, (name, value)| match value {
        Some(value) => expression.env(name, value),
        None => expression.env_remove(name),
    });
    let started = in_own_group(expression).reader();
    let reader = started.map_err(|error| start_error(&spawn.program, &spawn.cwd, io_cause(&error)))?;
    let root = reader.pids().first().copied().unwrap_or_default();
    Ok((reader, Running::new(Tree::of_program(root, mark))))
}

#[cfg(unix)]
fn in_own_group(expression: duct::Expression) -> duct::Expression {
    expression.before_spawn(|command| {
        std::os::unix::process::CommandExt::process_group(command, 0);
        Ok(())
    })
}

/// What a program starts there ends with the tool, by the job object that the tool is in.
#[cfg(not(unix))]
fn in_own_group(expression: duct::Expression) -> duct::Expression {
    expression
}

/// Runs a program to its end and passes on all that it prints to standard output, as it comes. Returns how it ended and what it wrote to standard
/// error. It may be silent for as long as it likes: `aws` has limits of its own.
///
/// # Errors
/// If it cannot be started, or its output cannot be read or passed on. That it ends badly is no error here.
pub fn pour(spawn: &Spawn, target: &mut dyn Write) -> Result<(Ended, String), ProcessError> {
    let lost = |cause: io::Error| ProcessError::Lost { command: spawn.command(), cause: cause.to_string() };
    let mut complaints = tempfile::tempfile().map_err(lost)?;
    let theirs = complaints.try_clone().map_err(lost)?;
    let (reader, _running) = start(spawn, |expression| expression.stderr_file(theirs))?;
    io::copy(&mut &reader, target).map_err(lost)?;
    let output = reader.try_wait().map_err(lost)?.ok_or_else(|| lost(ErrorKind::BrokenPipe.into()))?;
    let ended = Ended::of(output.status);
    if !ended.success() && is_stopping() {
        return Err(ProcessError::Interrupted { command: spawn.command() });
    }
    let mut bytes = Vec::new();
    complaints.rewind().and_then(|()| complaints.read_to_end(&mut bytes)).map_err(lost)?;
    Ok((ended, String::from_utf8_lossy(&bytes).into_owned()))
}

fn start_error(program: &str, cwd: &str, cause: String) -> ProcessError {
    // The operating system says "no such file" of a missing folder, too.
    let folder = std::fs::metadata(cwd).is_ok_and(|seen| seen.is_dir());
    let cause = if folder { cause } else { format!("there is no folder `{cwd}` to run it in") };
    ProcessError::Start { program: program.to_owned(), cause }
}

fn io_cause(error: &io::Error) -> String {
    if error.kind() == ErrorKind::NotFound { "not found".to_owned() } else { error.to_string() }
}

/// xshell's errors are only text: ``command not found: `x` ``, or ``… `command`: cause``.
fn xshell_cause(text: &str) -> String {
    match text.rsplit_once("`: ") {
        _ if text.starts_with("command not found: ") => "not found".to_owned(),
        Some((_, cause)) => cause.to_owned(),
        None => text.to_owned(),
    }
}
