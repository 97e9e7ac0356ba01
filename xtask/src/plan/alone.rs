//! What a run has for itself: two runs in one folder would take each other's files away.

use manifest::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use super::{python, sources};
use crate::facts::Facts;
use crate::host::Host;
use crate::request::{Cache, Goal, MANIFESTS, Request, Venv, checkouts_lock, dir_flag, venv_note};

/// The file that keeps other runs out, in a folder for what is made.
const LOCK: &str = ".therock-xtask.lock";

/// The same in the folder where git keeps what belongs to a checkout.
const CHECKOUT_LOCK: &str = "therock-xtask.run";

/// A folder that a run has for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// What it is for: `work folder`.
    pub what: &'static str,
    /// The folder.
    pub folder: String,
    /// The file that says so.
    pub lock: String,
    /// Whether that file is made.
    pub made: Made,
    /// The flag that names another one.
    pub flag: String,
}

/// Whether the file that keeps other runs out is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// By whoever comes first.
    First,
    /// Only by runs that the folder is a part of; it counts where it is there.
    Elsewhere,
}

/// Where sources are, however they were named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Their path, without links.
    pub real: String,
    /// The folder where git keeps what belongs to this checkout, if it is one.
    pub git: Option<String>,
}

/// The work folder, in which environments are made and removed.
pub fn work(request: &Request) -> Alone {
    let places = &request.places;
    let (folder, lock) = (places.work.clone(), places.work_lock());
    Alone { what: "work folder", folder, lock, made: Made::First, flag: "--work-dir".to_owned() }
}

/// Where the programs of a run keep temporary files: in the work folder, so that the next run removes those of a run that was killed. A server of
/// sccache that a compiler started would outlive the folder; with it the user's own is kept.
pub fn temporary(request: &Request) -> Option<String> {
    let has_work = makes_environment(request);
    (has_work && !matches!(request.cache, Cache::Sccache(..))).then(|| request.places.temporary())
}

fn makes_environment(request: &Request) -> bool {
    matches!(request.goal, Goal::Wheels | Goal::Environment)
}

/// Every folder that a request must have for itself; one may be there twice. The file is in the folder where that is the tool's, and among the notes
/// of an environment. Of sources it follows from where they are, so that whoever builds in them meets the others: in git's folder, because nothing of the
/// tool's may stand between the user's files, else in the folder of what runs share.
pub fn alone(request: &Request, host: &Host, facts: &Facts, whereabouts: &dyn Fn(&str) -> Whereabouts) -> Vec<Alone> {
    let places = &request.places;
    let join = |folder: &str, rest: &str| host.platform.join(folder, rest);
    let mut found = if makes_environment(request) { vec![work(request)] } else { Vec::new() };
    let mut add = |what, folder: &str, lock: String, made, flag: &str| {
        found.push(Alone { what, folder: folder.to_owned(), lock, made, flag: flag.to_owned() });
    };
    if request.selected.iter().any(|project| request.fetches(*project)) {
        add("checkouts", &places.checkouts, places.checkouts_lock(), Made::First, "--root-checkout-dir");
    }
    if request.goal == Goal::Wheels {
        add("output folder", &places.output, join(&places.output, LOCK), Made::First, "--output-dir");
        // Those of the output folder need no file of their own, but somebody may have named them from elsewhere.
        let is_own = places.manifests == join(&places.output, MANIFESTS);
        let made = if is_own { Made::Elsewhere } else { Made::First };
        add("folder of manifests", &places.manifests, join(&places.manifests, LOCK), made, "--manifest-dir");
        if let Some(output) = host.platform.parent(&places.manifests).filter(|_| !is_own) {
            add("output folder", output, join(output, LOCK), Made::Elsewhere, "--manifest-dir");
        }
    }
    let shared = sources::shared_folder(host);
    for project in &request.selected {
        let dir = request.dir(*project);
        let Whereabouts { real, git } = whereabouts(dir);
        let (what, folder, flag) = match request.fetches(*project) {
            true => ("checkouts", places.checkouts.as_str(), "--root-checkout-dir".to_owned()),
            false => ("sources", dir, dir_flag(*project)),
        };
        // Whoever makes checkouts has also those that he has not made yet.
        if let Some(checkouts) = host.platform.parent(&real) {
            add(what, folder, checkouts_lock(host.platform, checkouts), Made::Elsewhere, &flag);
        }
        let digest = || Sha256::from(<[u8; 32]>::from(Hasher::digest(real.as_bytes())));
        let lock = match git {
            Some(git) => Some(join(&git, CHECKOUT_LOCK)),
            // The file among the checkouts will do for what is still to be made.
            None if request.fetches(*project) => None,
            None => shared.as_deref().map(|shared| join(shared, &format!("locks/{:.16}", digest()))),
        };
        lock.into_iter().for_each(|lock| add(what, folder, lock, Made::First, &flag));
    }
    // The tool's own one is in the work folder. `--python` beside `--venv` names another one: that which environments are made with.
    let environment = match &places.venv {
        Venv::Own => None,
        Venv::At(folder) => Some(folder.clone()),
        Venv::Interpreter => python::choose(request, facts).ok().map(|python| python.prefix.clone()),
    };
    if let Some(prefix) = environment.filter(|_| makes_environment(request)) {
        add("environment", &prefix, venv_note(host.platform, &prefix, "lock"), Made::First, "--venv");
    }
    found
}
