//! What a run has for itself: two runs in one folder would take each other's files away.

use manifest::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use super::{python, sources};
use crate::facts::Facts;
use crate::host::Host;
use crate::request::{Cache, Goal, Request, Venv, venv_note};

/// A folder that a run has for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// What it is for: `work folder`.
    pub what: &'static str,
    /// The folder.
    pub folder: String,
    /// The file that says so.
    pub lock: String,
    /// The flag that names another one.
    pub flag: &'static str,
}

/// The work folder, in which environments are made and removed.
pub fn work(request: &Request) -> Alone {
    let places = &request.places;
    Alone { what: "work folder", folder: places.work.clone(), lock: places.work_lock(), flag: "--work-dir" }
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

/// Every folder that a request must have for itself. The file is in the folder where that is the tool's, among the notes of an environment, and
/// for sources that the user named in the folder of what runs share, because nothing may be written there.
pub fn alone(request: &Request, host: &Host, facts: &Facts) -> Vec<Alone> {
    let places = &request.places;
    let join = |folder: &str, rest: &str| host.platform.join(folder, rest);
    let mut found = if makes_environment(request) { vec![work(request)] } else { Vec::new() };
    let mut add = |what, folder: &str, lock: String, flag| found.push(Alone { what, folder: folder.to_owned(), lock, flag });
    if request.selected.iter().any(|project| request.fetches(*project)) {
        add("checkouts", &places.checkouts, places.checkouts_lock(), "--root-checkout-dir");
    }
    if request.goal == Goal::Wheels {
        add("output folder", &places.output, join(&places.output, ".therock-xtask.lock"), "--output-dir");
    }
    let shared = sources::shared_folder(host);
    for project in request.selected.iter().filter(|project| !request.fetches(**project)) {
        let dir = &places.project(*project).dir;
        let digest = Sha256::from(<[u8; 32]>::from(Hasher::digest(dir.as_bytes())));
        if let Some(shared) = &shared {
            add("sources", dir, join(shared, &format!("locks/{digest:.16}")), "--work-dir");
        }
    }
    // The tool's own one is in the work folder. `--python` beside `--venv` names another one: that which environments are made with.
    let environment = match &places.venv {
        Venv::Own => None,
        Venv::At(folder) => Some(folder.clone()),
        Venv::Interpreter => python::choose(request, facts).ok().map(|python| python.prefix.clone()),
    };
    if let Some(prefix) = environment.filter(|_| makes_environment(request)) {
        add("environment", &prefix, venv_note(host.platform, &prefix, "lock"), "--venv");
    }
    found
}
