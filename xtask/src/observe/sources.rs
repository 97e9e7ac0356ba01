//! Source folders: what is in them, and what git says of them.

use std::collections::BTreeMap;

use manifest::Project;

use super::git::Git;
use crate::facts::{Checkout, Seen, Unresolved};
use crate::file;
use crate::host::Host;
use crate::plan::alone::Whereabouts;
use crate::plan::folder::FOLDERS;
use crate::plan::triton::{LLVM_MARK, LLVM_PIN, llvm_dir};
use crate::request::{Request, dir_flag};

/// Files whose being there matters to plans.
const PRESENT: [&str; 4] = ["requirements-build.txt", PROJECT_FILE, "setup.py", "python/setup.py"];

/// Small files whose text matters to plans.
const TEXTS: [&str; 3] = ["version.txt", "build_env.json", LLVM_PIN];

/// Where a project names what builds it.
const PROJECT_FILE: &str = "pyproject.toml";

/// The folders of the selected projects; torch's in any case, because it tells the ref, and triton's, because its sources add to every build's
/// environment. What git cannot read comes with its words.
pub(super) fn checkouts(request: &Request, host: &Host, git: Option<Git>) -> (BTreeMap<Project, Checkout>, Vec<Unresolved>) {
    let always = [Project::Pytorch, Project::Triton];
    let projects = Project::ALL.into_iter().filter(|project| always.contains(project) || request.builds(*project));
    let (mut checkouts, mut unreadable) = (BTreeMap::new(), Vec::new());
    std::thread::scope(|scope| {
        let look = |project| (project, scope.spawn(move || checkout(host, git, project, request.dir(project))));
        for (project, thread) in projects.map(look).collect::<Vec<_>>() {
            if let Some((checkout, unresolved)) = super::joined(thread) {
                checkouts.insert(project, checkout);
                unreadable.extend(unresolved);
            }
        }
    });
    (checkouts, unreadable)
}

/// What stands in a project's source folder, and what of it could not be told; nothing if there is no folder, or an empty one.
fn checkout(host: &Host, git: Option<Git>, project: Project, dir: &str) -> Option<(Checkout, Option<Unresolved>)> {
    if file::list(dir).is_ok_and(|names| names.is_empty()) {
        return None;
    }
    let mut checkout = Checkout::default();
    let fault = |hint| move |cause| Unresolved { project, cause, hint, told_of: None };
    let known = fill(&mut checkout, host, project, dir).map_err(fault(None)).and_then(|()| {
        let Some(git) = git.filter(|git| git.is_checkout(dir)) else { return Ok(()) };
        let hint = format!("repair the checkout, or name other sources with `{}`", dir_flag(project));
        checkout.git = git.state(dir).map_err(fault(Some(hint)))?;
        Ok(())
    });
    Some((checkout, known.err()))
}

/// Where sources are, so that two runs that name one folder in two ways meet. What git does not know is no checkout.
pub(super) fn whereabouts(git: Option<Git>, dir: &str) -> Whereabouts {
    let git = git.filter(|git| git.is_checkout(dir)).and_then(|git| git.folder(dir).ok());
    Whereabouts { real: file::real(dir), git }
}

fn fill(checkout: &mut Checkout, host: &Host, project: Project, dir: &str) -> Result<(), String> {
    let path = |name: &str| host.platform.join(dir, name);
    let read = |path: &str| file::read_if_there(path).map_err(|error| error.to_string());
    let is_there = |name: &&str| file::look(&path(name)) != Seen::Missing;
    checkout.present = PRESENT.into_iter().filter(is_there).map(str::to_owned).collect();
    let is_folder = |name: &&str| file::look(&path(name)) == Seen::Directory;
    checkout.present.extend(FOLDERS.into_iter().filter(is_folder).map(str::to_owned));
    for name in TEXTS {
        if let Some(text) = read(&path(name))? {
            checkout.texts.insert(name.to_owned(), text.trim().to_owned());
        }
    }
    let backend = |text: &str| text.contains("scikit_build_core.build");
    checkout.scikit_build_core = read(&path(PROJECT_FILE))?.is_some_and(|text| backend(&text));
    if let (Project::Triton, Some(pin)) = (project, checkout.texts.get(LLVM_PIN)) {
        let mark = host.platform.join(&llvm_dir(host.platform, dir, pin), ".llvm-hash");
        checkout.texts.extend(read(&mark)?.map(|text| (LLVM_MARK.to_owned(), text.trim().to_owned())));
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
