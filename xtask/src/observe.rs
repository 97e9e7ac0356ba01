//! The only reader of the world: the machine, then what stands on its disks, then what programs answer. What cannot be read is said in words,
//! never left empty.

mod disk;
mod download;
mod git;
mod halves;
mod host;
mod index;
mod installed;
mod lock;
mod looks;
mod memory;
mod objects;
mod output;
mod python;
mod records;
mod remote;
mod rocm;
mod shared;
mod sources;
mod status;
mod therock;
mod tools;

#[cfg(test)]
mod tests;

use std::thread::ScopedJoinHandle;

pub use disk::rooms;
pub use download::{MOST, download};
pub use git::LocalChanges;
pub use host::{arguments, host, now};
pub use installed::installed;
pub use looks::{looks, program};
pub use memory::memory_kills;
pub use python::{change_done, keep_rocm_set, note_change};
pub use shared::{Filling, GoOn};

use crate::facts::{Facts, Looks, Python, Records};
use crate::file::FileError;
use crate::host::{Host, Platform};
use crate::plan::alone::Whereabouts;
use crate::plan::{self, Mark, StoreSubmodules};
use crate::request::{Depth, Goal, Request, Submodules};
use git::Git;

/// What programs and checkouts answer. Of what was seen `before`, the interpreters, the tools and the commits are kept: they are held to.
pub fn facts(request: &Request, host: &Host, looks: &Looks, before: Option<Facts>) -> Facts {
    let git = git(host, looks);
    let (known, kept, records) = match before {
        Some(before) => (before.lock, Some((before.interpreters, before.tools)), before.records),
        None => (request.lock.clone(), None, Records::default()),
    };
    let (interpreters, tools) = kept.unzip();
    let output = output::output(host, &request.places);
    let ask = || python::candidates(request, host, looks);
    // Whose unfinished runs these are only the interpreter tells; without any of them it can be asked side by side with the rest.
    let unfinished = known.is_empty() && output.manifests.values().any(|recorded| !recorded.lock.is_empty());
    let interpreters = interpreters.or_else(|| unfinished.then(ask));
    let known = match interpreters.as_ref().and_then(|asked| asked.last()).map(|candidate| &candidate.answer) {
        // The last one asked is the one that fits.
        Some(Ok(python)) if unfinished => plan::check::held(request, host, &output, python),
        _ => known,
    };
    let mut facts = Facts { output, ..Facts::default() };
    // Each question takes as long as a program takes to start, or a repository to answer: those that need no other's answer go side by side.
    std::thread::scope(|scope| {
        let python = scope.spawn(|| python::seen(request, host, interpreters.unwrap_or_else(ask)));
        if request.goal == Goal::Wheels {
            let tools = scope.spawn(|| tools.unwrap_or_else(|| tools::tools(host, looks)));
            let fetched = scope.spawn(|| {
                let folder = therock::folder(request, host);
                (lock::lock(request, git, folder.as_deref(), known), therock::upstream(host, git, folder.as_deref()))
            });
            if host.platform == Platform::Windows {
                facts.libraries = output::libraries(host);
            }
            let (checkouts, unreadable) = sources::checkouts(request, host, git);
            ((facts.lock, facts.unresolved), facts.therock) = joined(fetched);
            facts.unresolved.extend(unreadable);
            (facts.checkouts, facts.tools) = (checkouts, joined(tools));
        }
        (facts.interpreters, facts.environment, facts.rocm) = joined(python);
    });
    let python = facts.environment.python().or_else(|| facts.interpreters.last()?.answer.as_ref().ok());
    if let Some(series) = python.filter(|_| request.goal == Goal::Wheels).map(|python| python.series) {
        facts.records = records::records(request, host, &series, records);
    }
    facts
}

/// The commits of a request to lock, the versions of their sources where a suffix will follow them, and TheRock. No program but git is asked.
pub fn lock(request: &Request, host: &Host, looks: &Looks) -> Facts {
    let git = git(host, looks);
    let folder = therock::folder(request, host);
    let (lock, unresolved) = lock::with_versions(request, git, folder.as_deref());
    let therock = therock::upstream(host, git, folder.as_deref());
    Facts { lock, unresolved, therock, tools: tools::asked(host, looks, ["git"].into_iter()), ..Facts::default() }
}

/// What stands where sources are to be checked out, their commits, and who translates them.
pub fn sources(request: &Request, host: &Host, looks: &Looks) -> Facts {
    let git = git(host, looks);
    let mut facts = Facts::default();
    std::thread::scope(|scope| {
        let python = scope.spawn(|| python::candidates(request, host, looks));
        let tools = scope.spawn(|| tools::asked(host, looks, ["git"].into_iter()));
        let folder = therock::folder(request, host);
        let locked = scope.spawn(move || lock::lock(request, git, folder.as_deref(), request.lock.clone()));
        let (checkouts, unreadable) = sources::checkouts(request, host, git);
        (facts.lock, facts.unresolved) = joined(locked);
        facts.unresolved.extend(unreadable);
        facts.checkouts = checkouts;
        (facts.interpreters, facts.tools) = (joined(python), joined(tools));
    });
    facts
}

/// Where a folder of sources is, however it was named.
pub fn whereabouts(host: &Host, looks: &Looks, dir: &str) -> Whereabouts {
    sources::whereabouts(git(host, looks), dir)
}

/// A store of git objects, to be filled; it is made if it is not there.
///
/// # Errors
/// In words: if it cannot be made or locked.
pub fn open_store<'a>(host: &'a Host, looks: &'a Looks, dir: &str, go_on: GoOn) -> Result<Filling<'a>, String> {
    Filling::open(git(host, looks).ok_or_else(no_git)?, dir, go_on)
}

/// Whether all of a commit is in a store, which need not be there.
pub fn has_stored(host: &Host, looks: &Looks, store: &str, commit: &str) -> bool {
    git(host, looks).is_some_and(|git| shared::has(git, store, commit))
}

/// Brings the submodules of a commit that is in a store into stores of their own.
///
/// # Errors
/// In words: why one of them is in none. Git may be able to fetch it all the same.
pub fn store_submodules(
    host: &Host,
    looks: &Looks,
    (store, commit): (&str, &str),
    wanted: &StoreSubmodules,
    go_on: GoOn,
) -> Result<(), String> {
    shared::submodules(git(host, looks).ok_or_else(no_git)?, store, commit, wanted, go_on)
}

/// Gives a new checkout the objects of a store, as further names of the same files: whoever removes the store takes nothing from the checkout.
///
/// # Errors
/// If the disk cannot do that.
pub fn link_stored(host: &Host, store: &str, dir: &str, commit: &str, depth: Depth) -> Result<(), FileError> {
    shared::link(host.platform, store, dir, commit, depth)
}

/// Commits what the translation of CUDA to HIP changed in a checkout and, unless they are left alone, its submodules.
///
/// # Errors
/// In words: what git said.
pub fn commit_translated(host: &Host, looks: &Looks, dir: &str, submodules: Submodules) -> Result<(), String> {
    git(host, looks).ok_or_else(no_git)?.commit_translated(dir, submodules)
}

/// Looks whether a checkout is at its commit, and each of its submodules at that which it is recorded with.
///
/// # Errors
/// In words: what is elsewhere.
pub fn check_checkout(host: &Host, looks: &Looks, dir: &str, commit: &str, submodules: Submodules) -> Result<(), String> {
    git(host, looks).ok_or_else(no_git)?.check_checkout(dir, commit, submodules)
}

/// Asks one interpreter who it is and what is installed in its environment.
///
/// # Errors
/// In words: why it does not answer.
pub fn ask_python(interpreter: &str) -> Result<Python, String> {
    // Where it is asked makes no difference to an interpreter, and its own folder is there.
    let here = std::path::Path::new(interpreter).parent().map(|folder| folder.to_string_lossy());
    python::ask(interpreter, &here.unwrap_or_default())
}

/// Looks whether pip can download requirements from wherever it is configured to look; nothing is installed.
///
/// # Errors
/// pip's first error, in words.
pub fn can_download(host: &Host, python: &Python, requirements: &[&str]) -> Result<(), String> {
    index::can_download(host, python, requirements)
}

/// Notes in the tool's own checkout what is done with it.
///
/// # Errors
/// In words: if git cannot read it, or the note cannot be written.
pub fn mark_checkout(host: &Host, looks: &Looks, dir: &str, mark: &Mark) -> Result<(), String> {
    git(host, looks).ok_or_else(no_git)?.mark_checkout(dir, mark)
}

/// All local changes in a folder of sources; none of one that is no checkout.
///
/// # Errors
/// In words: what git said.
pub fn changes(host: &Host, looks: &Looks, dir: &str) -> Result<LocalChanges, String> {
    match git(host, looks).filter(|git| git.is_checkout(dir)) {
        Some(git) => git.local_changes(dir),
        None => Ok(LocalChanges::default()),
    }
}

/// Makes git look away from the submodules of a checkout, whose commits hipify may move.
///
/// # Errors
/// In words: what git said. Then it merely shows more than it must.
pub fn ignore_submodules(host: &Host, looks: &Looks, dir: &str) -> Result<(), String> {
    git(host, looks).ok_or_else(no_git)?.ignore_submodules(dir)
}

fn git<'a>(host: &'a Host, looks: &'a Looks) -> Option<Git<'a>> {
    looks.programs.get("git").map(|program| Git { program, host })
}

fn no_git() -> String {
    "`git` is not found".to_owned()
}

/// What a thread found; if it panicked, so does this one.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
