//! The stores of git objects that all runs share, being filled. Each is locked meanwhile, and what a run that was killed left in it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Mutex;

use super::git::{self, Git};
use super::remote;
use crate::facts::Seen;
use crate::file::{self, FileError};
use crate::host::Platform;
use crate::plan::StoreSubmodules;
use crate::plan::sources::{CACHE, store, store_args, store_config, stored_ref, submodule_address};
use crate::process;
use crate::refs::RepoUrl;
use crate::request::Depth;

/// Asked now and then, with the store, while another run fills it: whether to go on waiting. Several threads may ask.
pub type GoOn<'a> = &'a (dyn Fn(&str) -> bool + Sync);

/// A store that nobody else fills as long as this value lives.
pub struct Filling<'a> {
    git: Git<'a>,
    dir: String,
    _lock: File,
}

impl<'a> Filling<'a> {
    /// Makes the store, if it is not there; waits for another run that fills it, as long as `go_on` says.
    pub(super) fn open(git: Git<'a>, dir: &str, go_on: GoOn) -> Result<Self, String> {
        // Not every disk can lock, nor is every one writable.
        let elsewhere = |error: FileError| format!("{error}; `{CACHE}` names another folder for what runs share");
        let lock = file::lock(&format!("{dir}.lock"), &|| go_on(dir)).map_err(elsewhere)?;
        file::make_folder(dir).map_err(|error| error.to_string())?;
        repair(git, dir)?;
        let store = Filling { git, dir: dir.to_owned(), _lock: lock };
        store.ask(&["init", "--quiet", "--bare", "--template=", dir])?;
        Ok(store)
    }

    /// Whether all of a commit is there.
    pub fn has(&self, commit: &str) -> bool {
        has(self.git, &self.dir, commit)
    }

    fn ask(&self, args: &[&str]) -> Result<String, String> {
        ask(self.git, &self.dir, args)
    }

    /// The submodules of a commit that is there.
    fn submodules(&self, parent: &str, commit: &str) -> Result<Vec<Module>, String> {
        let Ok(blob) = self.ask(&["rev-parse", "--verify", "--quiet", &format!("{commit}:.gitmodules")]) else {
            return Ok(Vec::new());
        };
        let listed = self.ask(&["config", "-z", "--blob", &blob, "--list"])?;
        let mut modules: BTreeMap<&str, [Option<&str>; 2]> = BTreeMap::new();
        for (key, value) in listed.split('\0').filter_map(|entry| entry.split_once('\n')) {
            let Some((name, key)) = key.strip_prefix("submodule.").and_then(|rest| rest.rsplit_once('.')) else { continue };
            match key {
                "path" => modules.entry(name).or_default()[0] = Some(value),
                "url" => modules.entry(name).or_default()[1] = Some(value),
                _ => {}
            }
        }
        let complete = modules.into_values().filter_map(|[path, address]| path.zip(address));
        let mut found = Vec::new();
        for (path, address) in complete {
            let entry = self.ask(&["ls-tree", commit, "--", path])?;
            // What is no submodule of this commit is not looked for by git, either.
            if let ["160000", "commit", commit, ..] = entry.split_whitespace().collect::<Vec<_>>()[..] {
                found.push(Module { address: submodule_address(parent, address), commit: commit.to_owned() });
            }
        }
        Ok(found)
    }
}

/// Whether all of a commit is in a store that somebody else may fill or own.
pub(super) fn has(git: Git, dir: &str, commit: &str) -> bool {
    ask(git, dir, &["rev-parse", "--verify", "--quiet", &stored_ref(commit)]).is_ok_and(|found| found == commit)
}

fn ask(git: Git, dir: &str, args: &[&str]) -> Result<String, String> {
    // A submodule's path is a path, whatever git would read into it.
    let args = [&["--literal-pathspecs", "--git-dir", dir], args].concat();
    process::ask(git.program, &args, dir, &git::env()).map_err(|error| error.to_string())
}

/// Gives a new checkout the packs of a store, and notes in it that its commit has no parents, as far as is known. Another run may fill the store
/// meanwhile: of a pack that is not whole, the index is not there yet, and so it comes last here, too.
pub(super) fn link(platform: Platform, store: &str, dir: &str, commit: &str, depth: Depth) -> Result<(), FileError> {
    let [from, to] = [platform.join(store, "objects/pack"), platform.join(dir, ".git/objects/pack")];
    for index in file::list(&from)?.iter().filter(|name| name.starts_with("pack-") && name.ends_with(".idx")) {
        let name = index.trim_end_matches("idx");
        for file in [format!("{name}pack"), format!("{name}rev"), index.clone()] {
            let whole = platform.join(&from, &file);
            // Not every git writes the second one.
            if file::look(&whole) == Seen::File {
                file::link(&whole, &platform.join(&to, &file))?;
            }
        }
    }
    match depth {
        Depth::Commits(_) => file::write_text(&platform.join(dir, ".git/shallow"), &format!("{commit}\n")),
        Depth::Full => Ok(()),
    }
}

/// A submodule somewhere below a commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Module {
    address: String,
    commit: String,
}

/// Removes what a git that was killed left in a store: files that lock what nobody holds, and packs that are not whole. A git whose tool was killed
/// may still be there: it ends with the next line of its progress, which nobody reads, and at the latest when it finds its pack gone.
fn repair(git: Git, dir: &str) -> Result<(), String> {
    // A folder, how names begin there, and how they end.
    let left = [
        ("", "", ".lock"),
        ("refs/therock", "", ".lock"),
        ("objects", "tmp_", ""),
        ("objects/pack", "tmp_", ""),
        ("objects/pack", ".tmp", ""),
    ];
    for (folder, start, end) in left {
        let folder = git.host.platform.join(dir, folder);
        let names = file::list(&folder).map_err(|error| error.to_string())?;
        for name in names.iter().filter(|name| name.starts_with(start) && name.ends_with(end)) {
            file::remove_all(&git.host.platform.join(&folder, name)).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Brings all submodules of a commit, and theirs, into their stores, and writes the configuration that leads there. Without all of them it leads
/// nowhere; the cause is returned.
pub(super) fn submodules(git: Git, dir: &str, commit: &str, wanted: &StoreSubmodules, go_on: GoOn) -> Result<(), String> {
    // One store is held at a time: a repository may be its own submodule, or two runs may want the same ones in another order.
    let found = Filling::open(git, dir, go_on).and_then(|store| store.submodules(&wanted.parent, commit));
    let stores = found.and_then(|found| fill_all(git, found, wanted, go_on));
    let text = store_config(stores.as_deref().unwrap_or_default());
    file::write_text(&wanted.config, &text).map_err(|error| error.to_string())?;
    stores.map(drop)
}

/// Addresses with the stores that were filled. Submodules of one depth go side by side.
fn fill_all(git: Git, mut found: Vec<Module>, wanted: &StoreSubmodules, go_on: GoOn) -> Result<Vec<(String, String)>, String> {
    let (mut seen, mut stores) = (BTreeSet::new(), BTreeMap::new());
    while !found.is_empty() {
        found.sort();
        found.retain(|module| seen.insert(module.clone()));
        let waiting = Mutex::new(found.into_iter());
        let next = || waiting.lock().ok()?.next();
        let work = || -> Result<Vec<(Module, String, Vec<Module>)>, String> {
            let mut done = Vec::new();
            while let Some(module) = next() {
                let (store, below) = fill(git, &module, wanted, go_on)?;
                done.push((module, store, below));
            }
            Ok(done)
        };
        let filled = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..wanted.jobs).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(super::joined).collect::<Result<Vec<_>, _>>()
        })?;
        found = Vec::new();
        for (module, store, below) in filled.into_iter().flatten() {
            stores.insert(module.address, store);
            found.extend(below);
        }
    }
    Ok(stores.into_iter().collect())
}

/// Brings one submodule into its store; returns the store, and the submodules of the submodule.
fn fill(git: Git, module: &Module, wanted: &StoreSubmodules, go_on: GoOn) -> Result<(String, Vec<Module>), String> {
    let Module { address, commit } = module;
    let repo = RepoUrl::parse(address).map_err(|error| error.to_string())?;
    let dir = store(git.host, &repo.redacted(), wanted.depth).ok_or_else(|| format!("{repo} is on this machine"))?;
    let filling = Filling::open(git, &dir, go_on)?;
    if !filling.has(commit) {
        let args = store_args(wanted.depth, address, commit);
        let args: Vec<&str> = ["--git-dir", &dir].into_iter().chain(args.iter().map(String::as_str)).collect();
        remote::run(git, &args, &dir, "git fetch", &repo)?;
    }
    let below = filling.submodules(address, commit)?;
    Ok((dir, below))
}
