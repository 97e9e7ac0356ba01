//! What is not known yet, and which job of the preparation will tell; or that nothing ever will.

use manifest::Project;

use super::sources::checkout_name;
use super::{JobName, Unknown, python, rocm};
use crate::facts::{Checkout, Facts, Owner, RocmState};
use crate::host::Host;
use crate::request::{Problem, Request, dir_flag};

/// The interpreter that builds.
pub fn interpreter() -> Unknown {
    Unknown { fact: "the interpreter of the environment".to_owned(), given_by: JobName(python::JOB.to_owned()) }
}

/// The SDK, if there is none that answers, or the one that does is about to be replaced.
pub fn sdk(request: &Request, host: &Host, facts: &Facts) -> Option<Unknown> {
    let replaced = matches!(rocm::job(request, host, facts), Ok(Some(job)) if !job.steps.is_empty());
    let fact = match &facts.rocm {
        RocmState::Ready(_) if !replaced => return None,
        RocmState::Broken(cause) => format!("the versions and folders of the ROCm SDK, which does not answer now: {cause}"),
        _ => "the versions and folders of the ROCm SDK".to_owned(),
    };
    Some(Unknown { fact, given_by: JobName(rocm::JOB.to_owned()) })
}

/// A project's sources: nothing is unknown if they are there, and at the commit that the build is held to.
///
/// # Errors
/// If they are not there and nobody fetches them.
pub fn sources(request: &Request, facts: &Facts, project: Project) -> Result<Option<Unknown>, Problem> {
    let name = project.distribution();
    let checkout = facts.checkouts.get(&project);
    let fact = match (checkout, facts.lock.get(&project)) {
        (Some(checkout), _) if !request.fetches(project) => {
            return if is_moving(checkout) { Err(unfinished(request, project)) } else { Ok(None) };
        }
        (None, _) if !request.fetches(project) => return Err(absent(request, project)),
        (_, None) => format!("the sources of {name}, whose commit is not known"),
        (None, Some(_)) => format!("the sources of {name}"),
        (Some(checkout), Some(locked)) => match &checkout.git {
            Some(git) if git.is_at(locked) => return Ok(None),
            _ => format!("the sources of {name} at commit {}", locked.commit),
        },
    };
    Ok(Some(Unknown { fact, given_by: checkout_name(project) }))
}

fn is_moving(checkout: &Checkout) -> bool {
    checkout.git.as_ref().is_some_and(|git| git.owner == Owner::Moving)
}

fn unfinished(request: &Request, project: Project) -> Problem {
    let (name, dir) = (project.distribution(), request.dir(project));
    Problem::new(format!(
        "the sources of {name} in `{dir}` are neither at one commit nor at another: a run that moved them did not finish"
    ))
    .hint("move them again with `--ref`, without a flag that names this folder; changes that are in it are kept")
}

fn absent(request: &Request, project: Project) -> Problem {
    let (name, flag) = (project.distribution(), dir_flag(project));
    Problem::new(format!("the sources of {name} are not in `{}`", request.dir(project)))
        .hint(format!("give `--ref` to check them out, or name their folder with `{flag}`"))
}
