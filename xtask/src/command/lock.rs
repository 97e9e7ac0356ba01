//! `lock`: refs become commits, and those a manifest that says what is to be built.

use manifest::{Manifest, counted};

use super::{Code, Stop, result};
use crate::cli::LockArgs;
use crate::facts::{Facts, Seen};
use crate::host::Host;
use crate::record::{may_replace, planned};
use crate::report::{self, Report};
use crate::request::{Lock, Places, Problem};
use crate::{file, observe, plan};

/// Writes a manifest for each ref, or none if one of them cannot be locked.
///
/// # Errors
/// If the request is wrong, a commit cannot be found, or a file is somebody else's or cannot be written.
pub fn run(args: &LockArgs, host: &Host) -> Result<Code, Stop> {
    let started = std::time::Instant::now();
    let wrong = |problems| Stop::Problems(Code::Request, problems);
    let places = Places::lock(args, host).map_err(wrong)?;
    let looks = observe::looks(host, &places, None);
    let locks = Lock::all(args, host, places, &looks).map_err(wrong)?;
    let mut report = Report::new(args.messages, host.terminal);

    let (mut manifests, mut problems) = (Vec::new(), Vec::new());
    for lock in &locks {
        let facts = observe::lock(&lock.request, host, &looks);
        let found = plan::check::lock(&lock.request, host, &facts);
        let manifest = if found.is_empty() { Some(planned(lock, host, &facts)) } else { None };
        problems.extend(found);
        match manifest {
            Some(Ok(manifest)) => {
                problems.extend(check_file(&lock.file, &manifest).err());
                tell(lock, &facts, &mut report, args);
                manifests.push((lock, manifest));
            }
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
    }
    if !problems.is_empty() {
        problems.dedup();
        return Err(Stop::Problems(Code::World, problems));
    }

    if let Some((_, manifest)) = manifests.first()
        && manifest.therock.is_none()
        && manifest.rocm_sdk_version.is_some()
    {
        report.warn("no checkout of TheRock is known, so that the manifest has no entry `therock`");
    }
    for (lock, manifest) in &manifests {
        file::write_text(&lock.file, &manifest.to_json())?;
        result(&lock.file)?;
    }
    let count = counted(manifests.len() as u64, "manifest");
    report.end(&format!("{count} in {}", report::duration(started.elapsed().as_secs_f64())));
    Ok(Code::Done)
}

fn check_file(path: &str, manifest: &Manifest) -> Result<(), Problem> {
    match file::look(path) {
        Seen::Missing => Ok(()),
        Seen::Directory => Err(Problem::new(format!("`{path}` is a folder")).hint("name a file")),
        Seen::File => match file::read_text(path) {
            Ok(text) => may_replace(path, &text, manifest),
            Err(error) => Err(Problem::new(error.to_string())),
        },
    }
}

fn tell(lock: &Lock, facts: &Facts, report: &mut Report, args: &LockArgs) {
    for (project, locked) in facts.lock.iter().filter(|_| args.messages.verbose) {
        report.note(&lock.request.secrets.redact(&format!("{project}: {}: {}", locked.commit, locked.why)));
    }
}
