//! The one door to programs. `ask` is for local questions that answer at once; `run` is for everything that may wait on a network, unpack or
//! build, `pour` for such a program whose output is an answer. All get an absolute program, a folder and what changes in the environment; nothing
//! of the tool itself changes for it.
#![allow(clippy::disallowed_methods, reason = "this is where programs are started")]

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use duct::ReaderHandle;

mod lines;
mod paste;
#[cfg(test)]
mod tests;

use lines::Lines;
pub use paste::paste;

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
    /// How long it may print nothing; then it is ended. Without a limit it may be silent for ever.
    pub silence: Option<Duration>,
}

impl Spawn {
    /// A program with these arguments and the tool's own environment.
    pub fn new(program: &str, args: &[&str], cwd: &str) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Spawn { program: program.to_owned(), args, cwd: cwd.to_owned(), env: BTreeMap::new(), silence: None }
    }

    /// With these changes of the environment.
    pub fn env(mut self, changes: &[(&str, Option<&str>)]) -> Self {
        self.env.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))));
        self
    }

    /// With a limit to its silence.
    pub fn silence(mut self, most: Duration) -> Self {
        self.silence = Some(most);
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
    /// What it prints could not be read any more.
    #[error("lost what `{command}` prints: {cause}")]
    Lost {
        /// Program and arguments.
        command: String,
        /// What the operating system said.
        cause: String,
    },
}

/// The pauses before the second and the third try of a program that talks to a network.
pub const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];

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
    let mut command = shell.cmd(program).args(args).quiet().ignore_status();
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

/// How long a program that has ended may leave its output open without writing: a server that it started may hold it for ever.
const AFTERMATH: Duration = Duration::from_secs(1);

/// Runs a program to its end, and gives each line that it prints to `on_line`, standard output and standard error in the order in which they
/// come. A very long line comes in pieces.
///
/// # Errors
/// If it cannot be started, or its output cannot be read. That it ends badly is no error here.
pub fn run(spawn: &Spawn, on_line: &mut dyn FnMut(&str)) -> Result<Ended, ProcessError> {
    let expression = duct::cmd(&spawn.program, &spawn.args).dir(&spawn.cwd).stdin_null().stderr_to_stdout().unchecked();
    let reader =
        with(expression, &spawn.env).reader().map_err(|error| start_error(&spawn.program, &spawn.cwd, io_cause(&error)))?;
    follow(Arc::new(reader), spawn.silence, on_line).map_err(|cause| {
        let args: Vec<&str> = spawn.args.iter().map(String::as_str).collect();
        let command = paste::posix_words(&spawn.program, &args);
        match (cause.kind(), spawn.silence) {
            (ErrorKind::TimedOut, Some(silence)) => ProcessError::Silent { command, silence },
            _ => ProcessError::Lost { command, cause: cause.to_string() },
        }
    })
}

/// Runs a program to its end and passes on all that it prints to standard output, as it comes. Returns how it ended and what it wrote to standard
/// error. It may be silent for as long as it likes: `aws` has limits of its own.
///
/// # Errors
/// If it cannot be started, or its output cannot be read or passed on. That it ends badly is no error here.
pub fn pour(spawn: &Spawn, target: &mut dyn Write) -> Result<(Ended, String), ProcessError> {
    let args: Vec<&str> = spawn.args.iter().map(String::as_str).collect();
    let lost =
        |cause: io::Error| ProcessError::Lost { command: paste::posix_words(&spawn.program, &args), cause: cause.to_string() };
    let mut complaints = tempfile::tempfile().map_err(lost)?;
    let theirs = complaints.try_clone().map_err(lost)?;
    let expression = duct::cmd(&spawn.program, &spawn.args).dir(&spawn.cwd).stdin_null().stderr_file(theirs).unchecked();
    let reader =
        with(expression, &spawn.env).reader().map_err(|error| start_error(&spawn.program, &spawn.cwd, io_cause(&error)))?;
    io::copy(&mut &reader, target).map_err(lost)?;
    let output = reader.try_wait().map_err(lost)?.ok_or_else(|| lost(ErrorKind::BrokenPipe.into()))?;
    let mut bytes = Vec::new();
    complaints.rewind().and_then(|()| complaints.read_to_end(&mut bytes)).map_err(lost)?;
    Ok((Ended::of(output.status), String::from_utf8_lossy(&bytes).into_owned()))
}

fn with(expression: duct::Expression, env: &BTreeMap<String, Option<String>>) -> duct::Expression {
    env.iter().fold(expression, |expression, (name, value)| match value {
        Some(value) => expression.env(name, value),
        None => expression.env_remove(name),
    })
}

fn follow(reader: Arc<ReaderHandle>, silence: Option<Duration>, on_line: &mut dyn FnMut(&str)) -> io::Result<Ended> {
    let (sender, receiver) = mpsc::sync_channel(16);
    let thread = Arc::clone(&reader);
    std::thread::spawn(move || read_all(&thread, &sender));
    let mut lines = Lines::default();
    let mut heard = Instant::now();
    loop {
        match receiver.recv_timeout(AFTERMATH) {
            Ok(chunk) => {
                lines.push(&chunk?, on_line);
                heard = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) if reader.try_wait()?.is_none() => {
                if silence.is_some_and(|most| heard.elapsed() >= most) {
                    lines.end(on_line);
                    stop(&reader)?;
                    return Err(ErrorKind::TimedOut.into());
                }
            }
            Err(_) => break,
        }
    }
    lines.end(on_line);
    match reader.try_wait()? {
        Some(output) => Ok(Ended::of(output.status)),
        None => Err(ErrorKind::BrokenPipe.into()),
    }
}

/// How long a program that is asked to end may take to tidy up: git removes its lock files.
const LEAVE: Duration = Duration::from_secs(5);

/// Ends a program: it is asked, where that can be, and then it is made to. What it started itself loses whom it speaks to.
fn stop(reader: &ReaderHandle) -> io::Result<()> {
    #[cfg(unix)]
    for pid in reader.pids() {
        let _ = ask("/bin/kill", &["-TERM", &pid.to_string()], "/", &[]);
    }
    let asked = Instant::now();
    while cfg!(unix) && asked.elapsed() < LEAVE && reader.try_wait()?.is_none() {
        std::thread::sleep(Duration::from_millis(50));
    }
    reader.kill()
}

/// Sends on what a program prints, until it and everything that holds its output has ended, or nobody listens any more.
fn read_all(mut reader: &ReaderHandle, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let chunk = match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => Ok(buffer[..length].to_vec()),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = chunk.is_err();
        if sender.send(chunk).is_err() || failed {
            return;
        }
    }
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
