//! What earlier builds left in the output folder.

use std::collections::BTreeMap;

use manifest::{Finished, Job, JobStatus, Manifest, Project, Source, Status};

use crate::facts::{CARRIED_OVER, Locked, NO_REPOSITORY, Output, Recorded};
use crate::file;
use crate::host::Host;
use crate::plan::torch::{LIBUV, LIBUV_ROOT, OPENMP, OPENMP_ROOT};
use crate::refs::RepoUrl;
use crate::request::Places;

/// The wheels and manifests that are there. A folder that cannot be read holds nothing that could be replaced.
pub(super) fn output(host: &Host, places: &Places) -> Output {
    let mut wheels = file::list(&places.output).unwrap_or_default();
    wheels.retain(|name| name.ends_with(".whl"));
    let names = file::list(&places.manifests).unwrap_or_default();
    let ours = names.into_iter().filter(|name| name.starts_with("therock-manifest_") && name.ends_with(".json"));
    let manifests = ours.map(|name| {
        let recorded = recorded(&host.platform.join(&places.manifests, &name));
        (name, recorded)
    });
    Output { manifests: manifests.collect(), wheels }
}

fn recorded(path: &str) -> Recorded {
    match read(path) {
        Err(cause) => Recorded { identity: Err(cause), wheels: Vec::new(), lock: BTreeMap::new() },
        Ok((manifest, lock)) => Recorded {
            identity: manifest
                .identity()
                .map(|identity| identity.to_string())
                .ok_or_else(|| "it does not say what build it is of".to_owned()),
            wheels: manifest.artifacts.iter().map(|artifact| artifact.relative_path.as_str().to_owned()).collect(),
            lock,
        },
    }
}

/// A manifest, and the commits that it holds a rerun to, if it is an unfinished run's.
fn read(path: &str) -> Result<(Manifest, BTreeMap<Project, Locked>), String> {
    let text = file::read_text(path).map_err(|error| error.to_string())?;
    let manifest = Manifest::parse(&text).map_err(|error| error.to_string())?;
    let mut lock = BTreeMap::new();
    if manifest.status.and_then(Status::finished) == Some(Finished::Partial) {
        let fetched = |(_, source): &(Project, &Source)| source.repo != NO_REPOSITORY;
        for (project, source) in manifest.sources().filter(|(project, _)| is_begun(&manifest, *project)).filter(fetched) {
            // It ends in git's arguments, and anybody may have written it.
            let repo = RepoUrl::parse(&source.repo).map_err(|error| format!("manifest entry `{project}`: {error}"))?;
            lock.insert(project, locked(&repo, source, path));
        }
    }
    Ok((manifest, lock))
}

/// Whether the unfinished run selected a project. What it took over from a whole set is no concern of a rerun.
fn is_begun(manifest: &Manifest, project: Project) -> bool {
    let is_carried_over = |job: &Job| job.status == JobStatus::Reused && job.reason == CARRIED_OVER;
    let selected = |job: &Job| job.project == project && !is_carried_over(job);
    manifest.missing.iter().any(|missing| missing.project == project) || manifest.jobs.iter().any(selected)
}

fn locked(repo: &RepoUrl, source: &Source, path: &str) -> Locked {
    Locked {
        repo: repo.redacted(),
        commit: source.commit.as_str().to_owned(),
        branch: source.branch.clone(),
        why: format!("the commit of the unfinished run in `{path}`"),
        version: None,
    }
}

/// The libraries outside the sources that a Windows build copies into torch.
pub(super) fn libraries(host: &Host) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if let Some(root) = host.var(OPENMP_ROOT) {
        found.extend(file::find(root, OPENMP).into_iter().next().map(|path| (OPENMP.to_owned(), path)));
    }
    if let Some(root) = host.var(LIBUV_ROOT) {
        let path = host.platform.join(root, &format!("bin/{LIBUV}"));
        found.extend((file::look(&path) == crate::facts::Seen::File).then(|| (LIBUV.to_owned(), path)));
    }
    found
}

#[cfg(test)]
mod tests;
