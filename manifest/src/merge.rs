//! Several manifests of one build made into one.

use std::collections::BTreeMap;

use crate::identity::Identity;
use crate::model::{Artifact, Job, JobStatus, Manifest, Missing, Need, Source, Status};
use crate::project::Project;
use crate::shown::{shown, without_credentials};

/// Manifests that are not parts of one whole.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MergeError {
    /// No manifest at all.
    #[error("there is no manifest to merge")]
    Nothing,
    /// One that does not fit those before it.
    #[error("manifest {position} {misfit}")]
    Part {
        /// Which one, counted from 1.
        position: usize,
        /// Why not.
        misfit: Misfit,
    },
}

/// Why a manifest is no part of the whole: what follows its name in a sentence.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Misfit {
    /// It does not say what it is the manifest of.
    #[error("lacks its platform, Python version, ref or GPU targets")]
    NoIdentity,
    /// It is of a different build.
    #[error("is of another build than the first: `{}` is not `{}`", shown(&found.to_string()), shown(&first.to_string()))]
    Identity {
        /// What the first is of.
        first: Box<Identity>,
        /// What this one is of.
        found: Box<Identity>,
    },
    /// A project was built from different sources.
    #[error("has other sources of `{project}` than one before: {found} is not {first}")]
    Source {
        /// Whose sources.
        project: Project,
        /// Repository and commit in a manifest before.
        first: String,
        /// Repository and commit in this one.
        found: String,
    },
    /// A value that wheels of one set share.
    #[error("has another `{key}` than one before: `{}` is not `{}`", shown(found), shown(first))]
    Value {
        /// The value's key.
        key: &'static str,
        /// The value in a manifest before.
        first: String,
        /// The value in this one.
        found: String,
    },
    /// One file with two contents.
    #[error("has other contents of `{}` than one before: SHA-256 {found} is not {first}", shown(path))]
    File {
        /// The file's path.
        path: String,
        /// The digest in a manifest before.
        first: String,
        /// The digest in this one.
        found: String,
    },
}

impl MergeError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Nothing => "name at least one file",
            Self::Part { misfit: Misfit::NoIdentity, .. } => "a list of sources is no part of a build: leave it out",
            Self::Part { misfit: Misfit::Identity { .. }, .. } => {
                "manifests of several builds make an index: `manifest merge --index`"
            }
            Self::Part { misfit: Misfit::Source { .. } | Misfit::Value { .. } | Misfit::File { .. }, .. } => {
                "the parts were not built from the same: build them from one locked manifest"
            }
        }
    }

    /// The same of manifests that are some of a longer list: where each stands there, counted from 1.
    pub(crate) fn among(self, positions: &[usize]) -> Self {
        match self {
            Self::Part { position, misfit } => Self::Part { position: positions[position - 1], misfit },
            Self::Nothing => self,
        }
    }
}

/// Joins manifests of one identity into the manifest of all their wheels.
///
/// Sources, ROCm version, version suffix and release type must agree, and so must the hash of a file that several list.
/// A wheel is missing if none has it. Of two jobs for one wheel the one that made it stays. What may differ between parts
/// of one build, such as the CI job, the toolchain, an option, stays where all agree.
///
/// # Errors
/// [`MergeError`], with the first thing that does not fit.
pub fn merge(manifests: &[Manifest]) -> Result<Manifest, MergeError> {
    let first = manifests.first().ok_or(MergeError::Nothing)?;
    let identity = first.identity().ok_or(MergeError::Part { position: 1, misfit: Misfit::NoIdentity })?;
    let mut merged = first.clone();
    let mut artifacts: BTreeMap<String, Artifact> = BTreeMap::new();
    for (position, part) in (1..).zip(manifests) {
        let wrong = |misfit| MergeError::Part { position, misfit };
        let found = part.identity().ok_or(wrong(Misfit::NoIdentity))?;
        if found != identity {
            return Err(wrong(Misfit::Identity { first: Box::new(identity), found: Box::new(found) }));
        }
        join_values(&mut merged, part).map_err(wrong)?;
        join_sources(&mut merged, part).map_err(wrong)?;
        join_artifacts(&mut artifacts, part).map_err(wrong)?;
        join_jobs(&mut merged.jobs, &part.jobs);
        for (key, value) in &part.extra {
            merged.extra.entry(key).or_insert_with(|| value.clone());
        }
    }
    merged.artifacts = artifacts.into_values().collect();
    merged.missing = missing(manifests, &merged.artifacts);
    merged.status = status(manifests, &merged.missing);
    keep_what_all_agree_on(&mut merged, manifests);
    merged.remove_credentials();
    Ok(merged)
}

fn join_values(merged: &mut Manifest, part: &Manifest) -> Result<(), Misfit> {
    let values = [
        ("rocm_sdk_version", &mut merged.rocm_sdk_version, &part.rocm_sdk_version),
        ("version_suffix", &mut merged.version_suffix, &part.version_suffix),
        ("release_type", &mut merged.release_type, &part.release_type),
    ];
    for (key, first, found) in values {
        match (first.as_ref(), found) {
            (Some(first), Some(found)) if first != found => {
                return Err(Misfit::Value { key, first: first.clone(), found: found.clone() });
            }
            (None, Some(found)) => *first = Some(found.clone()),
            _ => {}
        }
    }
    Ok(())
}

fn join_sources(merged: &mut Manifest, part: &Manifest) -> Result<(), Misfit> {
    for (project, found) in part.sources() {
        let builds = part.artifacts.iter().any(|artifact| artifact.source == Some(project));
        match merged.source_mut(project) {
            Some(first) if told(first) != told(found) => {
                return Err(Misfit::Source { project, first: told(first), found: told(found) });
            }
            // The part that has the wheel knows more of the source than that which only planned it.
            first if builds || first.is_none() => *first = Some(found.clone()),
            _ => {}
        }
    }
    Ok(())
}

fn told(source: &Source) -> String {
    let repo = without_credentials(&source.repo);
    let repo = repo.trim_end_matches('/');
    let changes = source.dirty.as_ref().map(|digest| format!(" with changes {digest}")).unwrap_or_default();
    format!("`{}` at {}{changes}", shown(repo.strip_suffix(".git").unwrap_or(repo)), source.commit)
}

fn join_artifacts(artifacts: &mut BTreeMap<String, Artifact>, part: &Manifest) -> Result<(), Misfit> {
    for artifact in &part.artifacts {
        let path = artifact.relative_path.as_str();
        let known = artifacts.entry(path.to_owned()).or_insert_with(|| artifact.clone());
        if known.sha256 != artifact.sha256 {
            let (first, found) = (known.sha256.to_string(), artifact.sha256.to_string());
            return Err(Misfit::File { path: path.to_owned(), first, found });
        }
    }
    Ok(())
}

fn join_jobs(merged: &mut Vec<Job>, part: &[Job]) {
    let rank = |job: &Job| match job.status {
        JobStatus::Built => 0,
        JobStatus::Reused => 1,
        JobStatus::Failed | JobStatus::Skipped | JobStatus::Interrupted | JobStatus::TimedOut => 2,
    };
    for job in part {
        match merged.iter_mut().find(|known| known.project == job.project) {
            None => merged.push(job.clone()),
            Some(known) if rank(job) < rank(known) => *known = job.clone(),
            Some(_) => {}
        }
    }
}

fn missing(manifests: &[Manifest], artifacts: &[Artifact]) -> Vec<Missing> {
    let mut merged: Vec<Missing> = Vec::new();
    for missing in manifests.iter().flat_map(|part| &part.missing) {
        if artifacts.iter().any(|artifact| artifact.source == Some(missing.project)) {
            continue;
        }
        match merged.iter_mut().find(|known| known.project == missing.project) {
            None => merged.push(missing.clone()),
            Some(known) if missing.need == Need::Required => known.need = Need::Required,
            Some(_) => {}
        }
    }
    merged
}

fn status(manifests: &[Manifest], missing: &[Missing]) -> Option<Status> {
    let any = |status| manifests.iter().any(|part| part.status == Some(status));
    if manifests.iter().all(|part| part.status == Some(Status::Planned)) {
        Some(Status::Planned)
    } else if missing.iter().all(|missing| missing.need == Need::Optional) {
        Some(Status::Complete)
    } else {
        [Status::Failed, Status::Running].into_iter().find(|status| any(*status)).or(Some(Status::Incomplete))
    }
}

fn keep_what_all_agree_on(merged: &mut Manifest, manifests: &[Manifest]) {
    for part in manifests {
        drop_unlike(&mut merged.artifact_group, &part.artifact_group);
        drop_unlike(&mut merged.amdgpu_family, &part.amdgpu_family);
        drop_unlike(&mut merged.pytorch_rocm_arch, &part.pytorch_rocm_arch);
        drop_unlike(&mut merged.therock, &part.therock);
        drop_unlike(&mut merged.run_id, &part.run_id);
        drop_unlike(&mut merged.job_id, &part.job_id);
        drop_unlike(&mut merged.ci, &part.ci);
        drop_unlike(&mut merged.rocm, &part.rocm);
        // An audit of some wheels is none of all.
        drop_unlike(&mut merged.audit, &part.audit);
        drop_unlike(&mut merged.toolchain, &part.toolchain);
        merged.options.retain(|option| part.options.contains(option));
    }
}

fn drop_unlike<T: PartialEq>(merged: &mut Option<T>, part: &Option<T>) {
    if merged != part {
        *merged = None;
    }
}

#[cfg(test)]
mod tests;
