//! Folds events into the manifest and keeps it on disk: true after every step, under its partial name until every wheel is there.

mod audited;
mod ci;
mod jobs;
mod sums;

use std::collections::BTreeMap;
use std::time::Duration;

pub use ci::ci;
pub use jobs::JobRecords;
pub use sums::Sums;

use manifest::{
    Artifact, Commit, Extra, Failure, Finished, Job, JobStatus, Manifest, Missing, Need, Project, Rocm, RocmPackage, Sha256,
    Source, Status, TheRock, Toolchain, file_name,
};

use crate::event::{Event, Failed, JobEnd};
use crate::facts::{Facts, NO_REPOSITORY, Python, Upstream};
use crate::file::{self, FileError};
use crate::host::Host;
use crate::inspect;
use crate::plan::{self, Plan, rocm::is_rocm};
use crate::request::Request;

mod planned;

pub use planned::{may_replace, planned};

/// The manifest of a run, on disk.
pub struct Record {
    manifest: Manifest,
    partial: String,
    complete: String,
    sums: Sums,
    jobs: Vec<(String, Project)>,
    records: JobRecords,
    work: String,
}

/// How a run ended for its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every job is done.
    Done,
    /// A job failed.
    Failed,
}

impl Record {
    /// The manifest of a run that begins: its commits, and what an earlier run of the same request left in the output folder.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn begin(request: &Request, host: &Host, facts: &Facts, track: &str) -> Result<Self, FileError> {
        let series = plan::python::choose(request, facts).map(|python| python.series).ok();
        let python = series.map(|series| series.to_string()).unwrap_or_default();
        let manifest = first(request, host, facts, track, &python);
        let identity = manifest.identity().map(|identity| identity.to_string()).unwrap_or_default();
        let path = |finished| host.platform.join(&request.places.manifests, &file_name(&python, track, finished));
        let mut record = Record {
            manifest,
            records: JobRecords::of(request, facts, series, identity),
            partial: path(Finished::Partial),
            complete: path(Finished::Complete),
            sums: Sums::of(host, &request.places.output),
            jobs: Vec::new(),
            work: request.places.work.clone(),
        };
        record.carry_over(request, host);
        record.save()?;
        Ok(record)
    }

    /// Takes note of what will be built from what. From here on wheels may be replaced, so a manifest that says that all are there must go.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn plan(&mut self, request: &Request, facts: &Facts, plan: &Plan) -> Result<(), FileError> {
        for project in &request.selected {
            *self.manifest.source_mut(*project) = source(*project, facts);
        }
        let sdk = facts.rocm.ready();
        self.manifest.rocm_sdk_version = sdk.map(|rocm| rocm.sdk_version.clone());
        self.manifest.version_suffix = plan.suffix.clone();
        self.manifest.rocm = Some(rocm(request, facts));
        self.manifest.toolchain = Some(toolchain(facts.environment.python(), facts));
        self.manifest.therock = facts.therock.as_ref().and_then(|seen| Some(therock(seen.as_ref().ok()?, facts)));
        self.records.plan(facts, plan);
        self.jobs = plan.build.iter().filter_map(|job| Some((job.name.to_string(), job.project?))).collect();
        let others = std::mem::take(&mut self.manifest.jobs);
        self.manifest.jobs = self.jobs.iter().map(|(_, project)| job(*project)).collect();
        self.manifest.jobs.extend(others);
        self.save()?;
        self.sums.remove()?;
        file::remove_all(&self.complete)
    }

    /// Takes note of the environment as the builds left it: they install what they need as their first steps.
    pub fn built_in(&mut self, python: &Python, facts: &Facts) {
        self.manifest.toolchain = Some(toolchain(Some(python), facts));
    }

    /// What the user should know about a `SHA256SUMS` that is somebody else's.
    pub fn warning(&self) -> Option<String> {
        self.sums.warning()
    }

    /// Takes note of what happened; writes the manifest where that changed it.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn note(&mut self, event: &Event) -> Result<(), FileError> {
        // The job records come first: what they know of a wheel, a rerun need not build.
        self.records.note(event)?;
        match event {
            Event::WheelTaken { project, artifact, .. } => {
                self.manifest.artifacts.retain(|known| known.source != Some(*project));
                self.manifest.artifacts.push(Artifact::clone(artifact));
                self.manifest.audit = None;
                self.manifest.missing.retain(|missing| missing.project != *project);
                let version = artifact.labels.version.clone();
                if let Some(source) = self.manifest.source_mut(*project) {
                    source.version = version;
                }
                self.save()
            }
            Event::JobStarted { job, log, .. } => {
                let log = log.strip_prefix(&self.work).map(|rest| rest.trim_start_matches(['/', '\\']).replace('\\', "/"));
                if let Some(entry) = self.job(&job.0) {
                    entry.log = log;
                }
                Ok(())
            }
            Event::JobEnded { job, end, seconds } => {
                let Some(entry) = self.job(&job.0) else { return Ok(()) };
                entry.duration = (*seconds > 0.0).then(|| Duration::from_secs_f64(*seconds));
                match end {
                    JobEnd::Done => entry.status = JobStatus::Built,
                    JobEnd::Skipped { because_of } => {
                        entry.status = JobStatus::Skipped;
                        entry.reason = format!("{because_of} failed");
                    }
                    JobEnd::Failed(failed) => {
                        entry.status = JobStatus::Failed;
                        entry.failure = Some(failure(failed));
                    }
                }
                self.save()
            }
            _ => Ok(()),
        }
    }

    /// Ends the manifest: complete under its final name if every wheel is there, partial otherwise. Returns it and its path.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn end(mut self, end: End) -> Result<(Manifest, String), FileError> {
        let required = self.manifest.missing.iter().any(|missing| missing.need == Need::Required);
        let status = match end {
            End::Failed => Status::Failed,
            End::Done if required => Status::Incomplete,
            End::Done => Status::Complete,
        };
        self.manifest.status = Some(status);
        self.manifest.artifacts.sort_by(|one, other| one.relative_path.cmp(&other.relative_path));
        self.save()?;
        if status != Status::Complete {
            return Ok((self.manifest, self.partial));
        }
        self.sums.write(&self.manifest)?;
        file::rename(&self.partial, &self.complete)?;
        Ok((self.manifest, self.complete))
    }

    fn save(&self) -> Result<(), FileError> {
        file::write_text(&self.partial, &self.manifest.to_json())
    }

    fn job(&mut self, name: &str) -> Option<&mut Job> {
        let project = self.jobs.iter().find(|(known, _)| known == name)?.1;
        self.manifest.jobs.iter_mut().find(|job| job.project == project)
    }

    /// What an earlier run of the same identity left: its wheels, as long as they are what it wrote. A wheel of a project that this run builds
    /// is missing until it is built again, even where an older one is there; one that this run does not build belongs to the set as it is.
    fn carry_over(&mut self, request: &Request, host: &Host) {
        let Some(earlier) = self.earlier() else { return };
        let kept = |project: Project| !request.builds(project);
        let path = |artifact: &Artifact| host.platform.join(&request.places.output, artifact.relative_path.as_str());
        let mut lost: Vec<Project> = earlier.missing.iter().map(|missing| missing.project).collect();
        for (artifact, intact) in intact(&earlier.artifacts, path) {
            match artifact.source {
                _ if intact => self.manifest.artifacts.push(artifact.clone()),
                Some(project) => lost.push(project),
                None => {}
            }
        }
        // An audit of wheels that are not all there any more says nothing.
        self.manifest.audit = earlier.audit.clone().filter(|_| self.manifest.artifacts.len() == earlier.artifacts.len());
        // A set that lacks a wheel stays a partial one, whichever other wheel is built next.
        lost.sort_unstable();
        lost.dedup();
        self.manifest.missing.extend(lost.iter().copied().filter(|project| kept(*project)).map(missing));
        let there: Vec<Project> = self.manifest.artifacts.iter().filter_map(|artifact| artifact.source).collect();
        let belongs = |project: Project| lost.contains(&project) || there.contains(&project);
        let sources: Vec<_> = earlier.sources().filter(|(project, _)| kept(*project) && belongs(*project)).collect();
        for (project, source) in sources {
            self.manifest.source_mut(project).get_or_insert_with(|| source.clone());
        }
        // What an unfinished run built is held to its commit like the rest of that run; what a whole set brought is not.
        for job in earlier.jobs.iter().filter(|job| kept(job.project) && belongs(job.project)) {
            self.manifest.jobs.push(match earlier.status {
                Some(Status::Complete) => {
                    Job { status: JobStatus::Reused, reason: "its wheel is that of an earlier run".to_owned(), ..job.clone() }
                }
                _ => job.clone(),
            });
        }
    }

    fn earlier(&self) -> Option<Manifest> {
        let read = |path: &str| Manifest::parse(&file::read_text(path).ok()?).ok();
        let earlier = [&self.partial, &self.complete].into_iter().find_map(|path| read(path))?;
        (earlier.identity() == self.manifest.identity()).then_some(earlier)
    }
}

/// Reads wheels, and tells of each whether it is what was written down. What cannot be read is not.
fn intact(artifacts: &[Artifact], path: impl Fn(&Artifact) -> String) -> impl Iterator<Item = (&Artifact, bool)> {
    let files: Vec<_> = artifacts.iter().map(|artifact| (path(artifact), artifact.size_bytes)).collect();
    artifacts.iter().zip(inspect::measure(&files)).map(|(artifact, measured)| {
        let same = measured.is_ok_and(|found| found.size == artifact.size_bytes && found.sha256 == artifact.sha256);
        (artifact, same)
    })
}

fn first(request: &Request, host: &Host, facts: &Facts, track: &str, python: &str) -> Manifest {
    let ci = ci(host, &request.secrets);
    let mut manifest = Manifest {
        artifact_group: Some(request.naming.artifact_group.clone()),
        platform: Some(host.platform_name()),
        python_version: Some(python.to_owned()),
        pytorch_git_ref: Some(track.to_owned()),
        amdgpu_family: request.gfx.named_families(),
        pytorch_rocm_arch: Some(request.gfx.commas()),
        gfx_targets: request.gfx.targets.clone(),
        release_type: Some(request.naming.release_type.to_string()),
        run_id: ci.as_ref().and_then(|ci| ci.run_id.clone()),
        job_id: ci.as_ref().and_then(|ci| ci.job.clone()),
        ci,
        missing: request.selected.iter().map(|project| missing(*project)).collect(),
        options: request.options.clone(),
        ..Manifest::new(Status::Running)
    };
    for project in &request.selected {
        *manifest.source_mut(*project) = source(*project, facts);
    }
    manifest
}

fn missing(project: Project) -> Missing {
    Missing { project, need: Need::Required, extra: Extra::new() }
}

/// The entry of a job that has not ended: should nobody come to say otherwise, it was interrupted.
fn job(project: Project) -> Job {
    Job {
        project,
        status: JobStatus::Interrupted,
        reason: "selected by this request".to_owned(),
        key: BTreeMap::new(),
        duration: None,
        peak_memory_bytes: None,
        log: None,
        failure: None,
        extra: Extra::new(),
    }
}

fn failure(failed: &Failed) -> Failure {
    Failure { exit_code: failed.exit_code, signal: failed.signal, first_error: Some(failed.cause.clone()), ..Failure::default() }
}

/// What is built: the checkout if it is there, else the commit that it will have.
fn source(project: Project, facts: &Facts) -> Option<Source> {
    let locked = facts.lock.get(&project);
    let git = facts.checkouts.get(&project).and_then(|checkout| checkout.git.as_ref());
    // One that is still to be moved says nothing of what is built, nor should a rerun be held to its commit.
    let git = git.filter(|git| locked.is_none_or(|locked| git.is_at(locked)));
    let commit = git.map(|git| git.public(locked)).or(locked.map(|locked| locked.commit.as_str()))?;
    let repo = locked.map(|locked| &locked.repo).or(git.and_then(|git| git.origin.as_ref()));
    Some(Source {
        repo: repo.cloned().unwrap_or_else(|| NO_REPOSITORY.to_owned()),
        commit: Commit::parse(commit).ok()?,
        branch: locked.and_then(|locked| locked.branch.clone()).or_else(|| git.and_then(|git| git.branch.clone())),
        version: None,
        describe: git.and_then(|git| git.describe.clone()),
        dirty: git.and_then(|git| git.dirty(locked)).and_then(|digest| Sha256::parse(digest).ok()),
        extra: Extra::new(),
    })
}

fn therock(upstream: &Upstream, facts: &Facts) -> TheRock {
    TheRock {
        repo: upstream.repo.clone(),
        commit: upstream.commit.clone(),
        branch: upstream.branch.clone(),
        git_ref: upstream.reference.clone(),
        version: facts.rocm.ready().map(|rocm| rocm.package_version.clone()),
        extra: Extra::new(),
    }
}

fn rocm(request: &Request, facts: &Facts) -> Rocm {
    let index = request.rocm.index_url.as_ref().or(request.rocm.find_links.as_ref());
    let distributions = facts.environment.python().map(|python| python.distributions.clone()).unwrap_or_default();
    // What was installed on demand, and not replaced by anybody since.
    let set = facts.environment.ready().and_then(|ready| ready.rocm_set.as_ref());
    let sha256 = |name: &str, version: &str| {
        let set = set.filter(|set| set.distributions.get(name).is_some_and(|installed| installed == version))?;
        Sha256::parse(set.sha256.get(name)?).ok()
    };
    let package =
        |(name, version): (String, String)| RocmPackage { sha256: sha256(&name, &version), name, version, extra: Extra::new() };
    Rocm {
        index: index.map(|index| request.secrets.redact(index).into_owned()),
        packages: distributions.into_iter().filter(|(name, _)| is_rocm(name)).map(package).collect(),
        extra: Extra::new(),
    }
}

/// The programs of the environment come before those of the machine, because builds find them first.
fn toolchain(python: Option<&Python>, facts: &Facts) -> Toolchain {
    let installed = |name: &str| python.and_then(|python| python.installed(name)).map(str::to_owned);
    let tool = |name: &str| facts.tools.get(name).and_then(|tool| tool.version.clone().ok());
    let compilers = facts.tools.keys().filter(|name| !["git", "cmake", "ninja"].contains(&name.as_str()));
    Toolchain {
        interpreter: python.map(|python| format!("{} {}", python.implementation, python.version)),
        pip: installed("pip"),
        build: installed("build"),
        cmake: installed("cmake").or_else(|| tool("cmake")),
        ninja: installed("ninja").or_else(|| tool("ninja")),
        compilers: compilers.filter_map(|name| Some((name.clone(), tool(name)?))).collect(),
        os: python.and_then(|python| python.operating_system.clone()),
        extra: Extra::new(),
    }
}
