//! Which interpreter is used, and the job that makes the environment that builds.

use crate::facts::{Candidate, EnvironmentState, Facts, Python, Ready};
use crate::host::{Host, Platform};
use crate::request::{Problem, PythonWish, Request, Venv, venv_note, venv_notes, venv_python};
use crate::version::PythonVersion;

use super::pip::Pip;
use super::rocm::normalized;
use super::{Action, Command, Job, Step};

/// The name of the job that makes the environment.
pub const JOB: &str = "python";

/// Why an interpreter is not the one. As text, what it is or does: `is Python 3.11.2`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum Misfit {
    /// It could not be asked.
    #[error("does not run: {0}")]
    Silent(String),
    /// Another version than the one that was asked for.
    #[error("is {0}")]
    Other(String),
    /// No wheels are built for it any more.
    #[error("is {0}, older than {oldest}", oldest = PythonVersion::OLDEST)]
    TooOld(String),
    /// Another implementation.
    #[error("is {implementation} {version}, not CPython")]
    Implementation { implementation: String, version: String },
    /// It cannot make environments.
    #[error("cannot make environments with pip: it has no `ensurepip`")]
    NoEnsurepip,
}

/// The interpreter that was asked for: the first that fits.
///
/// # Errors
/// If none does; what was tried, and what is wrong with each.
pub fn choose<'a>(request: &Request, facts: &'a Facts) -> Result<&'a Python, Problem> {
    let mut misfits = Vec::new();
    for candidate in &facts.interpreters {
        match &candidate.answer {
            Err(cause) => misfits.push((candidate, Misfit::Silent(cause.clone()))),
            Ok(python) => match misfit(request, &facts.environment, python) {
                None => return Ok(python),
                Some(misfit) => misfits.push((candidate, misfit)),
            },
        }
    }
    Err(none_fits(request, &misfits))
}

/// What is wrong with an interpreter for this request, if anything is.
pub fn misfit(request: &Request, environment: &EnvironmentState, python: &Python) -> Option<Misfit> {
    let to_be_made = request.places.venv == Venv::Own && !matches!(environment, EnvironmentState::Ready(_));
    match request.python {
        PythonWish::Version(asked) if asked != python.series => Some(Misfit::Other(named(python))),
        _ => cannot_build(python).or_else(|| (to_be_made && !python.ensurepip).then_some(Misfit::NoEnsurepip)),
    }
}

fn cannot_build(python: &Python) -> Option<Misfit> {
    let Python { implementation, version, .. } = python;
    if python.series.too_old() {
        Some(Misfit::TooOld(named(python)))
    } else if !implementation.eq_ignore_ascii_case("cpython") {
        Some(Misfit::Implementation { implementation: implementation.clone(), version: version.clone() })
    } else {
        None
    }
}

fn named(python: &Python) -> String {
    let kind = if python.series.free_threaded { "free-threaded Python" } else { "Python" };
    format!("{kind} {}", python.version)
}

fn none_fits(request: &Request, misfits: &[(&Candidate, Misfit)]) -> Problem {
    let (wanted, version) = match &request.python {
        PythonWish::Version(version) => (format!("Python {version}"), version.to_string()),
        PythonWish::Path(path) => (format!("Python at `{path}`"), "3.12".to_owned()),
        PythonWish::Default => ("Python".to_owned(), "3.12".to_owned()),
    };
    let tried: Vec<String> = misfits.iter().map(|(candidate, misfit)| format!("`{}` {misfit}", candidate.path)).collect();
    let text = match tried.is_empty() {
        true => format!("no {wanted} is found"),
        false => format!("no {wanted} can be used: {}", tried.join("; ")),
    };
    let lacks_ensurepip = misfits.iter().filter(|(_, misfit)| *misfit == Misfit::NoEnsurepip);
    let almost = lacks_ensurepip.filter_map(|(candidate, _)| candidate.answer.as_ref().ok()).next();
    Problem::new(text).hint(match (almost, request.places.platform) {
        (None, _) => format!("install Python {version}, or name an interpreter with `--python PATH`"),
        (Some(python), Platform::Linux) => format!(
            "on Debian and Ubuntu it comes with `apt-get install python{}.{}-venv`; or build in an environment of your own with `--venv DIR`",
            python.series.major, python.series.minor
        ),
        (Some(_), Platform::Windows) => {
            "install Python with pip, or build in an environment of your own with `--venv DIR`".to_owned()
        }
    })
}

/// The folder of the environment that builds.
pub fn environment(request: &Request, python: &Python) -> String {
    match &request.places.venv {
        Venv::Own => request.places.own_venv(&python.series),
        Venv::At(dir) => dir.clone(),
        Venv::Interpreter => python.prefix.clone(),
    }
}

/// The job that makes the environment, or nothing if it is there.
///
/// # Errors
/// If no interpreter fits, or what is there cannot be used.
pub fn job(request: &Request, host: &Host, facts: &Facts) -> Result<Option<Job>, Problem> {
    let python = choose(request, facts)?;
    let dir = environment(request, python);
    match &facts.environment {
        state if request.places.venv == Venv::Interpreter => {
            usable_itself(python).and_then(|()| state.ready().map_or(Ok(None), |ready| mend(request, host, ready)))
        }
        EnvironmentState::Ready(ready) => usable(request, python, ready, &dir).and_then(|()| mend(request, host, ready)),
        EnvironmentState::Absent if request.places.venv == Venv::Own => Ok(Some(make(host, python, &dir))),
        // One that is named was looked at before; a shell may still say that one is active that somebody has removed.
        EnvironmentState::Absent => Err(Problem::new(format!("the active virtual environment `{dir}` is not there"))
            .hint("unset `VIRTUAL_ENV`, or give `--python` to build in an environment of the tool's own")),
        EnvironmentState::Unfinished if request.places.venv == Venv::Own => Ok(Some(make_again(host, python, &dir))),
        // Nothing is removed from a folder that the user named: who knows what else is there.
        EnvironmentState::Unfinished => Err(Problem::new(format!("the making of the environment `{dir}` was interrupted"))
            .hint("remove the folder, and it is made anew")),
        EnvironmentState::Foreign => Err(Problem::new(format!("`{dir}` is there, but the tool did not make it"))
            .hint(format!("remove the folder, or build in it as it is with `--venv {dir}`"))),
        EnvironmentState::Broken(cause) => {
            Err(Problem::new(format!("the environment `{dir}` does not answer: {cause}")).hint(anew(request)))
        }
    }
}

fn anew(request: &Request) -> &'static str {
    match request.places.venv {
        Venv::Own => "remove the folder, and it is made anew",
        _ => "repair it, or name another folder with `--venv`",
    }
}

fn usable_itself(python: &Python) -> Result<(), Problem> {
    if python.externally_managed && !python.is_virtual() {
        return Err(Problem::new(format!(
            "the operating system asks that nothing be installed into `{}` (PEP 668), and `--venv none` would",
            python.executable
        ))
        .hint(
            "leave `--venv none` out to build in an environment of the tool's own, or name another interpreter with `--python`",
        ));
    }
    has_pip(python)
}

fn usable(request: &Request, python: &Python, ready: &Ready, dir: &str) -> Result<(), Problem> {
    let inside = &ready.python;
    let asked = match (&request.python, &request.places.venv) {
        (PythonWish::Version(version), _) => Some(*version),
        (PythonWish::Default, Venv::At(_)) => None,
        _ => Some(python.series),
    };
    if let Some(asked) = asked.filter(|asked| *asked != inside.series) {
        let hint = match request.places.venv {
            Venv::Own => anew(request),
            _ => "leave `--python` out, or name an environment of that version with `--venv`",
        };
        let text = format!("`{dir}` is an environment of {}, but Python {asked} is asked for", named(inside));
        return Err(Problem::new(text).hint(hint));
    }
    if let Some(misfit) = cannot_build(inside) {
        return Err(Problem::new(format!("the environment `{dir}` cannot be used: its interpreter {misfit}")).hint(anew(request)));
    }
    has_pip(inside)
}

/// Some tools make environments without it.
fn has_pip(python: &Python) -> Result<(), Problem> {
    if python.installed("pip").is_some() {
        return Ok(());
    }
    let executable = &python.executable;
    Err(Problem::new(format!("`{executable}` has no pip")).hint(format!("install it with `{executable} -m ensurepip`")))
}

/// The folder of notes is made first and the note that all is done last: in between, the environment is known to be unfinished.
fn make(host: &Host, python: &Python, dir: &str) -> Job {
    let mut job = Job::new(JOB);
    job.why =
        vec![format!("no environment is in `{dir}` yet"), format!("it is made by `{}`, {}", python.executable, named(python))];
    let note = serde_json::json!({ "python": python.executable, "version": python.version });
    job.steps = vec![Step::new("marking the folder as the tool's", Action::MakeFolder(venv_notes(host.platform, dir)))];
    job.steps.extend(venv_with_pip(host, python, dir));
    job.steps.push(Step::new(
        "noting that it is whole",
        Action::Write { path: venv_note(host.platform, dir, "made"), text: format!("{note:#}\n") },
    ));
    job
}

/// Installs the pip that `ensurepip` would, but by an installed pip where there is one: `ensurepip` runs pip from its archive, uncompiled, and takes
/// twice as long. Before Python 3.12 it installs an old setuptools as well, which builds of torch replace anyway.
fn venv_with_pip(host: &Host, python: &Python, dir: &str) -> Vec<Step> {
    let make = |options: &[&str]| {
        let args = [&["-m", "venv"], options, &[dir]].concat();
        Step::run("making the environment", Command::new(&python.executable, &host.cwd, &args))
    };
    let (Ok(pip), Some(wheel)) = (Pip::choose(None, python), &python.bundled_pip) else { return vec![make(&[])] };
    let install = pip.command(host, &venv_python(host.platform, dir), &host.cwd);
    let options = ["--isolated", "--disable-pip-version-check", "install", "--no-index"];
    vec![make(&["--without-pip"]), Step::run("installing pip into it", install.args(options).arg(wheel.as_str()))]
}

/// Whose notes a folder among packages has, by the normalised name: `numpy` of `numpy-2.2.0.dist-info`.
pub fn distribution(notes: &str) -> Option<String> {
    let (name, _) = notes.strip_suffix(".dist-info")?.split_once('-')?;
    (!name.starts_with('~')).then(|| normalized(name))
}

/// The job that takes away what pip left half done, so that it installs that again. pip itself removes nothing whose notes are incomplete, and takes
/// what lacks a module for installed.
///
/// # Errors
/// If a distribution is half installed where the tool removes nothing that it was not told to.
fn mend(request: &Request, host: &Host, ready: &Ready) -> Result<Option<Job>, Problem> {
    let Python { site_packages, prefix, executable, .. } = &ready.python;
    let what = ready.interrupted.iter().cloned().collect::<Vec<_>>().join(", ");
    if request.places.venv != Venv::Own {
        let names: Vec<String> = ready.halves.iter().filter_map(|half| distribution(half)).collect();
        let text = format!("{} in `{prefix}` is only half there: an earlier run was interrupted at {what}", names.join(", "));
        let hint = format!("`{executable} -m pip install --ignore-installed {}`", names.join(" "));
        return if names.is_empty() { Ok(None) } else { Err(Problem::new(text).hint(hint)) };
    }
    let mut job = Job::new(JOB);
    job.why = vec![format!("`{prefix}` is mended: an earlier run was interrupted at {what}")];
    let remove = |half: &String| Step::new(format!("removing {half}"), Action::Remove(host.platform.join(site_packages, half)));
    job.steps = ready.halves.iter().map(remove).collect();
    Ok((!job.steps.is_empty()).then_some(job))
}

/// What an interrupted `ensurepip` left is not mended by another one. It is renamed before it is removed: a removal that is ended from outside may
/// have taken the folder of notes and left the rest, which nobody would know for the tool's any more.
fn make_again(host: &Host, python: &Python, dir: &str) -> Job {
    let mut job = make(host, python, dir);
    let aside = unfinished(dir);
    job.why[0] = format!("the environment in `{dir}` is made anew: an earlier run began it and did not finish");
    let remove = [
        Step::new("removing what an interrupted removal left", Action::Remove(aside.clone())),
        Step::new("putting the unfinished environment aside", Action::Rename { from: dir.to_owned(), to: aside.clone() }),
        Step::new("removing it", Action::Remove(aside)),
    ];
    job.steps.splice(0..0, remove);
    job
}

/// Where an environment of the tool's own is removed from: beside its place, in a folder that is the tool's, too.
fn unfinished(dir: &str) -> String {
    format!("{dir}.unfinished")
}

/// The interpreter of the environment, as it is or will be, and the folder that it lives in.
pub fn inside(request: &Request, host: &Host, facts: &Facts, python: &Python) -> (String, String) {
    match &facts.environment {
        EnvironmentState::Ready(ready) => (ready.python.executable.clone(), ready.python.prefix.clone()),
        _ if request.places.venv == Venv::Interpreter => (python.executable.clone(), python.prefix.clone()),
        _ => {
            let dir = environment(request, python);
            (venv_python(host.platform, &dir), dir)
        }
    }
}

#[cfg(test)]
mod tests;
