//! Whether what stands at the folders of a request is what they are for.

use manifest::Origin;

use super::said::Said;
use super::{Places, Problem, Request, Venv, dir_flag, project_dirs, venv_python};
use crate::cli::{BuildArgs, InstallArgs};
use crate::facts::{Looks, Seen};

/// Where everything is, for the record.
pub(super) fn note_places(args: &BuildArgs, places: &Places, said: &mut Said) {
    let install = &args.install;
    let source = |given: &Option<String>| if given.is_some() { Origin::Flag } else { Origin::Default };
    said.note("work-dir", places.work.as_str(), source(&install.work_dir));
    said.note("output-dir", places.output.as_str(), source(&args.output_dir));
    said.note("manifest-dir", places.manifests.as_str(), source(&args.manifest_dir));
    for (project, given) in project_dirs(args) {
        let origin = if given.is_none() && args.root_checkout_dir.is_some() { Origin::Flag } else { source(given) };
        said.note(dir_flag(project).trim_start_matches('-'), places.project(project).dir.as_str(), origin);
    }
    match &places.venv {
        Venv::Own => said.note("venv", serde_json::Value::Null, Origin::Default),
        Venv::Interpreter => said.note("venv", "none", Origin::Flag),
        Venv::At(dir) if install.venv.is_some() => said.note("venv", dir.as_str(), Origin::Flag),
        Venv::At(dir) => said.note("venv", dir.as_str(), Origin::Variable),
    }
    if let Some(dir) = &places.therock {
        said.note("therock-dir", dir.as_str(), Origin::Flag);
    }
    said.switch("demo", args.demo);
}

/// An environment that a flag names is one: a mistyped name would make another.
pub(super) fn check_venv(args: &InstallArgs, request: &Request, looks: &Looks, said: &mut Said) {
    let (Some(_), Venv::At(dir)) = (&args.venv, &request.places.venv) else { return };
    let python = venv_python(request.places.platform, dir);
    let fault = match looks.at(dir) {
        Seen::Missing => "does not exist".to_owned(),
        Seen::File => "is not a folder".to_owned(),
        Seen::Directory if looks.at(&python) == Seen::Missing => format!("is not a Python environment: `{python}` is not there"),
        Seen::Directory => return,
    };
    let advice = match looks.at(dir) {
        Seen::File => "name the folder of an environment".to_owned(),
        _ => format!("make it with `python -m venv {dir}`"),
    };
    let hint = format!("{advice}, or leave `--venv` out: the tool makes its own");
    said.problem(Problem::new(format!("`--venv`: `{dir}` {fault}")).hint(hint));
}

/// Folders that are files, and folders that take no files.
pub(super) fn check_folders(request: &Request, looks: &Looks, said: &mut Said) {
    let places = &request.places;
    let named = [("--work-dir", &places.work), ("--output-dir", &places.output), ("--manifest-dir", &places.manifests)];
    let mut refused: Vec<&str> = Vec::new();
    for (flag, path) in named.into_iter().filter(|(_, path)| !path.is_empty()) {
        // What is wrong with a folder is wrong with those below it, too.
        if refused.iter().any(|above| path.strip_prefix(above).is_some_and(|rest| rest.starts_with(places.platform.separator())))
        {
            continue;
        }
        let Some(problem) = folder_fault(flag, path, looks) else { continue };
        said.problem(problem);
        refused.push(path);
    }
    check_therock(places, looks, said);
}

/// Why nothing can be put into a folder that `flag` names.
pub(super) fn folder_fault(flag: &str, path: &str, looks: &Looks) -> Option<Problem> {
    match looks.unwritable.get(path) {
        _ if looks.at(path) == Seen::File => {
            Some(Problem::new(format!("`{flag}`: `{path}` is not a folder")).hint("name a folder, or one that is not there yet"))
        }
        Some(cause) => Some(
            Problem::new(format!("`{flag}`: nothing can be written in `{path}`: {cause}"))
                .hint(format!("make it writable, or name another folder with `{flag}`")),
        ),
        None => None,
    }
}

/// Whether a checkout of TheRock that is named is there.
pub(super) fn check_therock(places: &Places, looks: &Looks, said: &mut Said) {
    if let Some(dir) = &places.therock
        && looks.at(dir) != Seen::Directory
    {
        said.problem(Problem::new(format!("`--therock-dir`: `{dir}` is not a folder")).hint("name a checkout of TheRock"));
    }
}
