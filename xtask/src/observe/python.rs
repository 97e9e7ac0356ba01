//! Python interpreters: each candidate is executed and asked once who it is.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::halves::halves;
use super::rocm;
use crate::facts::{Candidate, EnvironmentState, Looks, Python, Ready, RocmSet, RocmState, Seen};
use crate::file;
use crate::host::Host;
use crate::plan::python::{Misfit, misfit};
use crate::plan::rocm::{ROCM, is_rocm};
use crate::process::{self, ProcessError};
use crate::request::{Request, Venv, venv_note, venv_notes, venv_python};
use crate::version::PythonVersion;

/// What an interpreter is asked.
const PROBE: &str = include_str!("probe.py");

/// Isolated from variables and from the user's own packages, and without traces on disk. `-I` would say this shorter, and Python 2 would not
/// understand it.
const FLAGS: [&str; 4] = ["-E", "-s", "-B", "-c"];

/// Asks an interpreter who it is: a path, or the path of Windows' launcher with the version to start, `C:\Windows\py.exe -3.12`.
///
/// # Errors
/// In words: why it does not answer.
pub fn ask(candidate: &str, cwd: &str) -> Result<Python, String> {
    let (program, version) = launcher(candidate).unwrap_or((candidate, None));
    let args: Vec<&str> = version.into_iter().chain(FLAGS).chain([PROBE]).collect();
    let answer = process::ask(program, &args, cwd, &[]).map_err(|error| cause(&error))?;
    read(&answer)
}

/// Windows' launcher and its flag. A path of another program may have a blank and a dash in it, too.
fn launcher(candidate: &str) -> Option<(&str, Option<&str>)> {
    let (program, flag) = candidate.split_at(candidate.rfind(" -")?);
    let (flag, name) = (flag.trim_start(), program.rsplit(['/', '\\']).next()?);
    let version = flag.strip_prefix('-')?;
    let starts = name.eq_ignore_ascii_case("py.exe") && (version == "3" || PythonVersion::parse(version).is_ok());
    starts.then_some((program, Some(flag)))
}

/// Children of an interpreter may print, too: its own answer is the last line.
fn read(answer: &str) -> Result<Python, String> {
    let line = answer.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| format!("it does not say who it is: {error}"))
}

/// Without the arguments, which hold a whole program.
fn cause(error: &ProcessError) -> String {
    match error {
        ProcessError::Failed { ended, stderr, .. } => format!("it {}", process::end(*ended, stderr)),
        ProcessError::NotText { .. } => "it printed something that is not UTF-8".to_owned(),
        ProcessError::Lost { cause, .. } => cause.clone(),
        _ => error.to_string(),
    }
}

/// The interpreters, the environment that builds, and the SDK in it. Each of them can only be asked once the one before is known.
pub(super) fn seen(request: &Request, host: &Host, asked: Vec<Candidate>) -> (Vec<Candidate>, EnvironmentState, RocmState) {
    let answers = asked.iter().filter_map(|candidate| candidate.answer.as_ref().ok());
    let environment = environment(request, host, answers.into_iter().find(|python| fits(request, host, python)));
    let rocm = environment.python().map_or(RocmState::Absent, |python| rocm::state(host, python));
    (asked, environment, rocm)
}

/// Asks the candidates in order, until one fits what is wished.
pub(super) fn candidates(request: &Request, host: &Host, looks: &Looks) -> Vec<Candidate> {
    let mut asked = Vec::new();
    for path in &looks.interpreters {
        let answer = ask(path, &host.cwd);
        let fits = answer.as_ref().is_ok_and(|python| fits(request, host, python));
        asked.push(Candidate { path: path.clone(), answer });
        if fits {
            break;
        }
    }
    asked
}

fn fits(request: &Request, host: &Host, python: &Python) -> bool {
    match misfit(request, &EnvironmentState::Absent, python) {
        None => true,
        // That matters only if there is no environment yet, which takes another question to know.
        Some(Misfit::NoEnsurepip) => misfit(request, &environment(request, host, Some(python)), python).is_none(),
        Some(_) => false,
    }
}

/// The environment that builds run in, as it is now, given the interpreter that fits.
fn environment(request: &Request, host: &Host, chosen: Option<&Python>) -> EnvironmentState {
    match (&request.places.venv, chosen) {
        (Venv::At(dir), _) => in_folder(host, dir, Maker::User),
        (Venv::Own, Some(python)) => in_folder(host, &request.places.own_venv(&python.series), Maker::Tool),
        (Venv::Interpreter, Some(python)) => ready(host, &python.executable, &python.prefix),
        (Venv::Own | Venv::Interpreter, None) => EnvironmentState::Absent,
    }
}

/// Who makes the environment that is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Tool,
    User,
}

fn in_folder(host: &Host, dir: &str, maker: Maker) -> EnvironmentState {
    match file::list(dir) {
        Ok(names) if names.is_empty() => return EnvironmentState::Absent,
        Ok(_) => {}
        Err(error) => return EnvironmentState::Broken(error.to_string()),
    }
    let notes = venv_notes(host.platform, dir);
    let made = file::look(&venv_note(host.platform, dir, "made")) == Seen::File;
    let begun = file::look(&notes) == Seen::Directory;
    // In an environment of the user there are notes, too, once something was installed; a folder for them without any is the tool's beginning.
    let unfinished = || begun && !made && file::list(&notes).is_ok_and(|names| names.iter().all(|name| file::is_partial(name)));
    match maker {
        _ if unfinished() => EnvironmentState::Unfinished,
        Maker::Tool if !made => EnvironmentState::Foreign,
        _ => ready(host, &venv_python(host.platform, dir), dir),
    }
}

fn ready(host: &Host, interpreter: &str, prefix: &str) -> EnvironmentState {
    let note = |name: &str| venv_note(host.platform, prefix, name);
    let state = || {
        let python = ask(interpreter, prefix)?;
        let interrupted: BTreeSet<String> = read_note(&note("installing"))?.unwrap_or_default();
        // Packages of ROCm unpack themselves and change.
        let counts = |distribution: &str| interrupted.contains(ROCM) || !is_rocm(distribution);
        let halves = match interrupted.is_empty() {
            true => BTreeSet::new(),
            false => halves(host.platform, &python.site_packages, &counts).map_err(|error| error.to_string())?,
        };
        Ok(Ready { python, interrupted, halves, rocm_set: read_note(&note("rocm"))? })
    };
    state().map_or_else(EnvironmentState::Broken, |ready| EnvironmentState::Ready(Box::new(ready)))
}

fn read_note<T: for<'a> Deserialize<'a>>(path: &str) -> Result<Option<T>, String> {
    let Some(text) = file::read_if_there(path).map_err(|error| error.to_string())? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| format!("`{path}` is not what the tool wrote: {error}"))
}

/// Notes that something in the environment is about to be changed: what is noted and not taken back is not believed.
///
/// # Errors
/// In words: if the note cannot be read or written.
pub fn note_change(notes: &str, what: &str) -> Result<(), String> {
    change_note(notes, |noted| {
        noted.insert(what.to_owned());
    })
}

/// Takes the note back: that was done.
///
/// # Errors
/// In words: if the note cannot be read or written.
pub fn change_done(notes: &str, what: &str) -> Result<(), String> {
    change_note(notes, |noted| {
        noted.remove(what);
    })
}

/// Jobs that run side by side note their packages in one file.
static NOTES: Mutex<()> = Mutex::new(());

fn change_note(path: &str, change: impl FnOnce(&mut BTreeSet<String>)) -> Result<(), String> {
    let _alone = NOTES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut noted: BTreeSet<String> = read_note(path)?.unwrap_or_default();
    change(&mut noted);
    write_note(path, &noted)
}

/// Keeps what an installation of ROCm was asked for and what it gave.
///
/// # Errors
/// In words: if it cannot be written.
pub fn keep_rocm_set(path: &str, set: &RocmSet) -> Result<(), String> {
    write_note(path, set)
}

fn write_note(path: &str, note: &impl Serialize) -> Result<(), String> {
    let text = serde_json::to_string_pretty(note).map_err(|error| error.to_string())?;
    file::write_text(path, &text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
