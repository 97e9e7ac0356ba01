//! The manifest of a lock: what is to be built from what, before anything is.

use std::collections::BTreeSet;

use manifest::{Commit, Extra, Manifest, Need, Source, Status, TheRock, shown};

use super::{ci, missing};
use crate::facts::{Facts, Locked};
use crate::host::Host;
use crate::plan::sources::THEROCK;
use crate::request::{Lock, Problem, PythonWish};

/// What a lock says. What was not asked for is left out of it.
///
/// # Errors
/// If something is said of TheRock, but not which commit of it.
pub fn planned(lock: &Lock, host: &Host, facts: &Facts) -> Result<Manifest, Problem> {
    let request = &lock.request;
    let variable = |name: &str| host.github_var(name).map(str::to_owned);
    let reference = request.reference.as_ref().map(ToString::to_string);
    let suffix = request.naming.suffix.as_ref().map(ToString::to_string);
    let mut manifest = Manifest {
        therock: therock(lock, facts)?,
        artifact_group: None,
        platform: Some(host.name_of(request.platform)),
        python_version: match &request.python {
            PythonWish::Version(version) => Some(version.to_string()),
            _ => None,
        },
        pytorch_git_ref: reference.clone(),
        amdgpu_family: (!request.gfx.families.is_empty()).then(|| request.gfx.families.join(";")),
        pytorch_rocm_arch: (!request.gfx.targets.is_empty()).then(|| request.gfx.commas()),
        gfx_targets: request.gfx.targets.clone(),
        rocm_sdk_version: lock.rocm_version.clone(),
        version_suffix: suffix.clone(),
        run_id: variable("GITHUB_RUN_ID"),
        job_id: variable("GITHUB_JOB"),
        ci: ci(host, &request.secrets),
        missing: request.selected.iter().map(|project| missing(*project, Need::Required)).collect(),
        options: request.options.clone(),
        ..Manifest::new(Status::Planned)
    };
    for (project, locked) in &facts.lock {
        *manifest.source_mut(*project) = source(locked, suffix.as_deref());
    }
    // Whoever checks out from it may ask whether this is the ref that was meant.
    if let Some(torch) = &mut manifest.pytorch {
        torch.branch = reference;
    }
    Ok(manifest)
}

fn source(locked: &Locked, suffix: Option<&str>) -> Option<Source> {
    Some(Source {
        repo: locked.repo.clone(),
        commit: Commit::parse(&locked.commit).ok()?,
        branch: locked.branch.clone(),
        version: locked.version.as_ref().and_then(|base| Some(format!("{base}{}", suffix?))),
        describe: None,
        dirty: None,
        extra: Extra::new(),
    })
}

fn therock(lock: &Lock, facts: &Facts) -> Result<Option<TheRock>, Problem> {
    let named = &lock.therock;
    let seen = facts.therock.as_ref().and_then(|seen| seen.as_ref().ok());
    let Some(commit) = named.commit.clone().or(seen.map(|seen| seen.commit.clone())) else {
        return match (&named.repo, &named.branch) {
            (None, None) => Ok(None),
            _ => Err(Problem::new("the commit of TheRock is not known: there is no checkout of it, and no CI that tells it")
                .hint("give `--therock-commit` or `--therock-dir`, or leave `--therock-repo` and `--therock-branch` out")),
        };
    };
    Ok(Some(TheRock {
        repo: named.repo.as_ref().map(ToString::to_string).or(seen.map(|seen| seen.repo.clone())).unwrap_or(THEROCK.to_owned()),
        commit,
        branch: named.branch.clone().or(seen.and_then(|seen| seen.branch.clone())),
        git_ref: seen.and_then(|seen| seen.reference.clone()),
        version: lock.rocm_version.clone(),
        extra: Extra::new(),
    }))
}

/// Whether a lock may take the place of the file `path` with this text: only of an earlier lock of the same.
///
/// # Errors
/// Whose file it is.
pub fn may_replace(path: &str, text: &str, manifest: &Manifest) -> Result<(), Problem> {
    let fault = match Manifest::parse(text) {
        Err(error) => format!("is no manifest: {error}"),
        Ok(there) if there.status != Some(Status::Planned) => "is a manifest, but no lock".to_owned(),
        Ok(there) if identity(&there) != identity(manifest) => format!("is the lock of something else: {}", described(&there)),
        Ok(_) => return Ok(()),
    };
    Err(Problem::new(format!("`{path}` {fault}"))
        .hint("nothing is overwritten that is not a lock of the same: name another file, or remove it"))
}

type Identity<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, BTreeSet<&'a str>);

/// As `Manifest::identity`, but with what is left open.
fn identity(manifest: &Manifest) -> Identity<'_> {
    let targets = manifest.gfx_targets.iter().map(String::as_str).collect();
    let Manifest { platform, pytorch_git_ref, python_version, .. } = manifest;
    (platform.as_deref(), pytorch_git_ref.as_deref(), python_version.as_deref(), targets)
}

fn described(manifest: &Manifest) -> String {
    let (platform, reference, python, targets) = identity(manifest);
    let python = python.map(|python| format!("Python {python}"));
    let targets = targets.into_iter().collect::<Vec<_>>().join(",");
    let parts = [platform.map(str::to_owned), python, reference.map(str::to_owned), Some(targets)];
    shown(&parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "))
}
