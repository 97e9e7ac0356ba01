//! One job, step by step, with its log.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use manifest::duration;

use super::log::Log;
use super::progress::{Kept, progress};
use super::wheel::wheels;
use super::{Wheels, World, fill};

use crate::event::{Cut, Event, Failed};
use crate::facts::Seen;
use crate::failure::{Class, Watch};
use crate::host::{NETWORK_TIMEOUT, STALL_TIMEOUT};
use crate::observe::LocalChanges;
use crate::plan::jobs::halved;
use crate::plan::{Action, Changes, Command, Failure, Job, JobName, Retry, Step, When};
use crate::process::{Ended, News, ProcessError, Spawn};
use crate::{file, observe, process};

use super::cache;

/// How many of a program's last lines a failure shows.
const TAIL: usize = 30;

/// The exit code by which a shell says that the kernel killed its program: 128 and the number of the signal.
const KILLED: i32 = 137;

/// A job that runs.
pub(super) struct JobRun<'a> {
    pub(super) job: &'a Job,
    pub(super) wheels: Wheels,
    pub(super) world: &'a World<'a>,
    pub(super) sender: &'a SyncSender<Event>,
    pub(super) log_path: String,
    log: Log,
    tail: VecDeque<String>,
    watch: Watch,
    /// How far a program last said it is.
    pub(super) progress: String,
    /// What was changed in the sources before they were built.
    pub(super) sources: Option<LocalChanges>,
    pub(super) started: Instant,
    /// The most memory that its programs used together, in bytes.
    peak: &'a AtomicU64,
}

/// The job's failure, boxed because it carries a log's last lines.
pub(super) type Outcome<T> = Result<T, Box<Failed>>;

impl<'a> JobRun<'a> {
    /// `clock` has the moment at which the job began, and takes the most memory that its programs used.
    pub(super) fn start(
        job: &'a Job,
        wheels: Wheels,
        world: &'a World<'a>,
        sender: &'a SyncSender<Event>,
        clock: (Instant, &'a AtomicU64),
    ) -> Outcome<Self> {
        let log_path = world.host.platform.join(&world.logs, &format!("{}.log", job.name));
        let log = file::create(&log_path).map_err(|error| Failed::of("opening the log", error.to_string(), &log_path))?;
        let run = JobRun {
            job,
            wheels,
            world,
            sender,
            log_path,
            log: Log::new(log),
            tail: VecDeque::new(),
            watch: Watch::default(),
            progress: String::new(),
            sources: None,
            started: clock.0,
            peak: clock.1,
        };
        run.emit(Event::JobStarted { job: run.name(), log: run.log_path.clone(), steps: job.steps.len() });
        Ok(run)
    }

    pub(super) fn steps(&mut self) -> Outcome<()> {
        let job = self.job;
        for why in &job.why {
            let why = format!("-- {}\n", self.world.secrets.redact(why));
            self.write_log(&why);
        }
        self.has_room()?;
        for (index, step) in job.steps.iter().enumerate() {
            if let When::Exists(path) = &step.when
                && file::look(path) == Seen::Missing
            {
                continue;
            }
            if let Some(cut) = self.world.limits.cut() {
                return Err(self.cut(&step.purpose, cut));
            }
            self.look_at_sources(job.steps.get(index + 1));
            let spawn = match &step.action {
                Action::Run(command) => Some(self.spawn(step, command)?),
                _ => None,
            };
            let command = spawn.as_ref().map(|spawn| self.shown(spawn));
            let purpose = self.world.secrets.redact(&step.purpose).into_owned();
            self.write_log(&format!("== {purpose}\n"));
            if let Some(command) = &command {
                self.write_log(&format!("$ {command}\n"));
            }
            self.emit(Event::StepStarted { job: self.name(), step: index + 1, purpose, pace: step.pace, command });
            self.act(step, spawn)?;
        }
        let _ = self.log.flush();
        Ok(())
    }

    fn act(&mut self, step: &Step, spawn: Option<Spawn>) -> Outcome<()> {
        let log = self.log_path.clone();
        let failed = |error: &dyn std::fmt::Display| Failed::of(&step.purpose, error.to_string(), &log);
        match &step.action {
            Action::Run(command) => match spawn {
                Some(spawn) => self.run(step, command, &spawn),
                None => Ok(()),
            },
            Action::MakeFolder(path) => file::make_folder(path).map_err(|error| failed(&error)),
            Action::Write { path, text } => file::write_text(path, text).map_err(|error| failed(&error)),
            Action::WriteFiles { folder, files } => files.iter().try_for_each(|(path, text)| {
                file::write_text(&self.world.host.platform.join(folder, path), text).map_err(|error| failed(&error))
            }),
            Action::Copy { from, to } => file::copy(from, to).map_err(|error| failed(&error)),
            Action::Rename { from, to } => file::rename(from, to).map_err(|error| failed(&error)),
            Action::Remove(path) => file::remove_all(path).map_err(|error| failed(&error)),
            Action::RemoveWheels { folder, distribution } => {
                let mut wheels = wheels(folder, distribution).map_err(|error| failed(&error))?.into_iter();
                let remove = |name: String| file::remove_all(&self.world.host.platform.join(folder, &name));
                wheels.try_for_each(remove).map_err(|error| failed(&error))
            }
            Action::Unlock { dir, names } => {
                let git = self.world.host.platform.join(dir, ".git");
                let left = names.iter().flat_map(|name| file::find(&git, name)).collect::<Vec<_>>();
                left.iter().try_for_each(|path| file::remove_all(path)).map_err(|error| failed(&error))
            }
            Action::Store(store) => self.store(step, store),
            Action::TakeStored { .. } => self.take_stored(step),
            Action::IgnoreSubmodules { dir } => {
                // What goes wrong here is harmless: git then shows more than it must. An empty `.gitmodules` is such a case.
                if let Err(cause) = observe::ignore_submodules(self.world.host, self.world.looks, dir) {
                    self.say(format!("submodules are not ignored: {cause}"));
                }
                Ok(())
            }
            Action::MarkCheckout { dir, mark } => {
                observe::mark_checkout(self.world.host, self.world.looks, dir, mark).map_err(|cause| failed(&cause))
            }
            Action::CheckCheckout { dir, commit, submodules } => {
                let World { host, looks, .. } = self.world;
                observe::check_checkout(host, looks, dir, commit, *submodules).map_err(|cause| failed(&cause))
            }
            Action::CommitTranslated { dir, submodules } => {
                let World { host, looks, .. } = self.world;
                observe::commit_translated(host, looks, dir, *submodules).map_err(|cause| failed(&cause))
            }
            Action::CheckRocm(check) => self.check_rocm(check).map_err(|cause| failed(&cause)),
            Action::TakeWheel(take) => self.take_wheel(take).map_err(|cause| failed(&cause)),
            Action::ReadCache(read) => {
                match cache::read(read, &self.world.logs) {
                    Ok(text) => self.say(text),
                    Err(cause) => self.say(format!("no cache statistics: {cause}")),
                }
                Ok(())
            }
        }
    }

    /// Runs a command that is a part of a step.
    pub(super) fn run_command(&mut self, step: &Step, command: &Command) -> Outcome<()> {
        let spawn = self.spawn(step, command)?;
        let shown = self.shown(&spawn);
        self.write_log(&format!("$ {shown}\n"));
        self.run(step, command, &spawn)
    }

    /// Runs a command; what it changes is noted before, and the note taken back when it succeeded.
    fn run(&mut self, step: &Step, command: &Command, spawn: &Spawn) -> Outcome<()> {
        let log = self.log_path.clone();
        let failed = |cause: String| Failed::of(&step.purpose, cause, &log);
        if let Some(Changes { notes, what }) = &command.changes {
            observe::note_change(notes, what).map_err(failed)?;
        }
        self.run_patiently(step, command, spawn)?;
        match &command.changes {
            Some(Changes { notes, what }) => observe::change_done(notes, what).map_err(failed),
            None => Ok(()),
        }
    }

    fn run_patiently(&mut self, step: &Step, command: &Command, spawn: &Spawn) -> Outcome<()> {
        let mut pauses = process::retry_pauses().into_iter().filter(|_| command.retry == Retry::Network);
        let mut spawn = spawn.clone();
        let mut retry = command.retry;
        loop {
            let failed = match self.run_once(step, &spawn) {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            if failed.cut.is_some() {
                return Err(failed);
            }
            if command.failure == Failure::Tolerated {
                self.say(format!("{}: {}; going on", step.purpose, failed.cause));
                return Ok(());
            }
            if retry == Retry::HalfTheJobs
                && failed.finding.class == Class::Memory
                && let Some(Some(jobs)) = spawn.env.get_mut("MAX_JOBS")
                && let Some((from, to)) = halved(jobs)
            {
                *jobs = to.to_string();
                retry = Retry::Never;
                let cause = failed.redacted(self.world.secrets).sentence();
                self.write_log(&format!("-- memory ran out with {from} compilers at once; once more with {to}\n"));
                self.emit(Event::Halved { job: self.name(), from, to, cause });
                continue;
            }
            let Some(pause) = pauses.next() else {
                return Err(failed);
            };
            self.say(format!("{}: {}; trying again in {} s", step.purpose, failed.cause, pause.as_secs_f64()));
            process::pause(pause);
        }
    }

    fn run_once(&mut self, step: &Step, spawn: &Spawn) -> Outcome<()> {
        self.tail.clear();
        self.watch = Watch::default();
        let kills = observe::memory_kills();
        let ended = process::watch(spawn, &mut |news| match news {
            News::Line(line) => self.printed(line),
            News::Usage(usage) => self.used(usage.memory),
        });
        self.progressed("");
        let _ = self.log.flush();
        let silent =
            matches!(ended, Err(ProcessError::Silent { .. } | ProcessError::Stalled { .. } | ProcessError::Stopped { .. }));
        let (cause, exit_code, signal, cut) = match ended {
            Ok(Ended::Code(0)) => return Ok(()),
            Ok(Ended::Code(code)) => (format!("exited with {code}"), Some(code), None, None),
            Ok(Ended::Signal(signal)) => (format!("was ended by signal {signal}"), None, Some(signal), None),
            // The command is shown below.
            Err(ProcessError::Silent { silence, .. }) => {
                let seconds = silence.as_secs();
                (
                    format!("printed nothing for {seconds} s and was ended; `{NETWORK_TIMEOUT}` gives it more time"),
                    None,
                    None,
                    None,
                )
            }
            Err(ProcessError::Stalled { stall, .. }) => {
                let limit = duration(stall.as_secs_f64());
                let cause = format!(
                    "printed nothing and used no processor for {limit}, it and all that it started, and was ended; `{STALL_TIMEOUT}` gives it more time"
                );
                (cause, None, None, Some(Cut::Stalled))
            }
            Err(ProcessError::Stopped { stall, .. }) => {
                let limit = duration(stall.as_secs_f64());
                let cause = format!(
                    "was stopped, by `kill -STOP` or the like, did not go on for {limit} and was ended; `{STALL_TIMEOUT}` gives it more time"
                );
                (cause, None, None, Some(Cut::Stalled))
            }
            Err(ProcessError::Late { .. }) => {
                return Err(self.cut(&step.purpose, self.world.limits.cut().unwrap_or(Cut::TimedOut)));
            }
            Err(ProcessError::Interrupted { .. }) => return Err(self.cut(&step.purpose, Cut::Interrupted)),
            Err(error) => (error.to_string(), None, None, None),
        };
        let command = Some(self.shown(spawn));
        let tail = self.tail.iter().cloned().collect();
        let finding = self.watch.finding(exit_code == Some(KILLED) || signal == Some(KILLED - 128));
        let finding = match finding.class {
            _ if silent => finding.classed(Class::Stall),
            // What the kernel kills does not always tell, nor does whoever started it.
            Class::Other | Class::Crash if observe::memory_kills() > kills => finding.classed(Class::Memory),
            _ => finding,
        };
        Err(Box::new(Failed {
            command,
            cut,
            exit_code,
            signal,
            finding,
            tail,
            ..*Failed::of(&step.purpose, cause, &self.log_path)
        }))
    }

    /// The job ends here, through no fault of its own.
    pub(super) fn cut(&mut self, purpose: &str, cut: Cut) -> Box<Failed> {
        let cause = match cut {
            Cut::Interrupted => "interrupted".to_owned(),
            Cut::OutOfTime => "stopped, because the time that `--time-budget` gives is over".to_owned(),
            Cut::TimedOut | Cut::Stalled => {
                let limit = self.world.limits.stage.map(|limit| duration(limit.as_secs_f64())).unwrap_or_default();
                format!("stopped, because the job took longer than the {limit} of `--stage-timeout`")
            }
        };
        self.write_log(&format!("-- {purpose}: {cause}\n"));
        let _ = self.log.flush();
        let failed = Failed::of(purpose, cause, &self.log_path);
        let finding = failed.finding.clone().classed(Class::Timeout);
        Box::new(Failed { cut: Some(cut), finding, ..*failed })
    }

    /// What the job's programs use now.
    fn used(&mut self, memory: u64) {
        self.peak.fetch_max(memory, Ordering::Relaxed);
        self.emit(Event::Used { job: self.name(), memory });
    }

    /// A line that a program printed: without secrets in the log, the tail and the event.
    fn printed(&mut self, line: &str) {
        let line = self.world.secrets.redact(line).into_owned();
        if let Some((text, kept)) = progress(&line) {
            self.progressed(text);
            if kept == Kept::Nowhere {
                return;
            }
        }
        self.watch.line(&line);
        self.write_log(&format!("{line}\n"));
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line.clone());
        self.emit(Event::Printed { job: self.name(), line });
    }

    fn spawn(&self, step: &Step, command: &Command) -> Outcome<Spawn> {
        let text = |value: &crate::plan::Value| {
            value
                .filled(|hole| fill(&self.wheels, hole))
                .map_err(|hole| Failed::of(&step.purpose, format!("{} is not known", hole.name()), &self.log_path))
        };
        let args = command.args.iter().map(text).collect::<Outcome<_>>()?;
        let env = command.env.iter().map(|(key, value)| Ok((key.clone(), value.as_ref().map(text).transpose()?)));
        Ok(Spawn {
            program: command.program.clone(),
            args,
            cwd: command.cwd.clone(),
            env: env.collect::<Outcome<_>>()?,
            limits: self
                .world
                .limits
                .of_program(self.started, command.silence.map(|seconds| Duration::from_secs(seconds.into()))),
            temporary: self.world.temporary.clone(),
        })
    }

    fn shown(&self, spawn: &Spawn) -> String {
        let mut safe = spawn.clone();
        for (key, value) in &mut safe.env {
            *value = value.as_ref().map(|value| self.world.secrets.variable(key, value).into_owned());
        }
        // Before quotes are put around them, too: a secret may have one in it.
        safe.args.iter_mut().for_each(|arg| *arg = self.world.secrets.redact(arg).into_owned());
        self.world.secrets.redact(&process::paste(&safe, self.world.host.platform)).into_owned()
    }

    pub(super) fn write_log(&mut self, text: &str) {
        // A log that cannot be written is no reason to lose a build; the same lines are shown.
        let _ = self.log.write_all(text.as_bytes());
    }

    pub(super) fn say(&mut self, text: String) {
        let text = self.world.secrets.redact(&text).into_owned();
        self.write_log(&format!("-- {text}\n"));
        self.emit(Event::Said { job: self.name(), text });
    }

    pub(super) fn name(&self) -> JobName {
        self.job.name.clone()
    }

    pub(super) fn emit(&self, event: Event) {
        // The receiver outlives every job.
        let _ = self.sender.send(event);
    }
}
