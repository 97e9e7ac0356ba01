//! Folds events into the manifest and keeps it on disk: true after every step, under its partial name until every wheel is there.

mod audited;
mod ci;
mod jobs;
mod planned;
mod seen;
mod sums;

use std::time::Duration;

pub use ci::ci;
pub use jobs::JobRecords;
pub use planned::{may_replace, planned};
use seen::{rocm, source, therock, toolchain};
pub use sums::Sums;

use manifest::{
    Artifact, Extra, Failure, Finished, Job, JobStatus, Manifest, Missing, Need, OptionValue, Origin, Project, Status, file_name,
};

use crate::event::{Cut, Event, Failed, JobEnd};
use crate::facts::{CARRIED_OVER, Facts, Python, Records};
use crate::file::{self, FileError};
use crate::host::Host;
use crate::inspect;
use crate::plan::{self, Plan};
use crate::request::{Jobs, Request};

/// The manifest of a run, on disk.
pub struct Record {
    manifest: Manifest,
    partial: String,
    complete: String,
    sums: Sums,
    jobs: Vec<(String, Project)>,
    records: JobRecords,
    /// The wheels that the manifest listed before this run.
    earlier: Vec<Artifact>,
    work: String,
}

/// How a run ended for its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every job is done.
    Done,
    /// A job failed.
    Failed,
    /// None failed, but they were cut short.
    Cut,
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
            earlier: Vec::new(),
            work: request.places.work.clone(),
        };
        record.carry_over(request, host, facts);
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
        self.jobs = plan.build.iter().filter_map(|job| Some((job.name.to_string(), job.project?))).collect();
        let others = std::mem::take(&mut self.manifest.jobs);
        self.manifest.jobs = plan.build.iter().filter_map(|planned| job(planned, facts)).collect();
        self.manifest.jobs.extend(others);
        for project in plan.build.iter().filter(|job| job.is_reused()).filter_map(|job| job.project) {
            self.take_reused(project, facts);
        }
        self.save()?;
        if plan.built().any(|job| job.project.is_some()) || !self.manifest.missing.is_empty() {
            self.sums.remove()?;
            file::remove_all(&self.complete)?;
        }
        self.records.plan(request, facts, plan)
    }

    /// The wheel of an earlier run belongs to this one as it is.
    fn take_reused(&mut self, project: Project, facts: &Facts) {
        let Some(wheel) = facts.records.wheel(project) else { return };
        self.manifest.artifacts.retain(|known| known.source != Some(project));
        // What was found out about it since it was made stands in the manifest.
        let told = self.earlier.iter().find(|artifact| is_same(artifact, &wheel.artifact));
        self.manifest.artifacts.push(told.unwrap_or(&wheel.artifact).clone());
        self.manifest.missing.retain(|missing| missing.project != project);
        if let Some(source) = self.manifest.source_mut(project) {
            source.version = wheel.artifact.labels.version.clone();
        }
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
                let log = below(&self.work, log);
                let Some(entry) = self.job(&job.0) else { return Ok(()) };
                // Of a run that is killed, the jobs that ran are known by it from those that were never begun.
                entry.log = log;
                self.save()
            }
            Event::Halved { job, from, to, .. } => {
                let Some(entry) = self.job(&job.0) else { return Ok(()) };
                entry.reason.push_str(&plan::jobs::retried(*from, *to));
                self.save()
            }
            Event::JobEnded { job, end, seconds, peak_memory, .. } => {
                let Some(entry) = self.job(&job.0) else { return Ok(()) };
                entry.peak_memory_bytes = *peak_memory;
                entry.duration = (*seconds > 0.0).then(|| Duration::from_secs_f64(*seconds));
                match end {
                    JobEnd::Done => entry.status = JobStatus::Built,
                    JobEnd::Skipped { because_of, link } => {
                        entry.status = JobStatus::Skipped;
                        entry.reason = link.sentence(because_of);
                    }
                    JobEnd::NotStarted { why, .. } => {
                        entry.status = JobStatus::Interrupted;
                        entry.reason.clone_from(why);
                    }
                    JobEnd::Failed(failed) => match failed.cut {
                        Some(Cut::Interrupted | Cut::OutOfTime) => {
                            entry.status = JobStatus::Interrupted;
                            entry.reason = failed.sentence();
                        }
                        cut => {
                            entry.status = if cut == Some(Cut::TimedOut) { JobStatus::TimedOut } else { JobStatus::Failed };
                            entry.failure = Some(failure(failed));
                        }
                    },
                }
                self.save()
            }
            _ => Ok(()),
        }
    }

    /// Leaves out of a set that lacks nothing else, and removes, the optional wheels of an earlier run that could not be built again; returns their
    /// paths in `output`. They belong to other sources or another torch than the rest.
    ///
    /// # Errors
    /// If one cannot be removed, or the manifest not be written.
    pub fn leave_out_lacking(&mut self, host: &Host, output: &str) -> Result<Vec<String>, FileError> {
        if self.manifest.missing.iter().any(|missing| missing.need == Need::Required) {
            return Ok(Vec::new());
        }
        let missing: Vec<Project> = self.manifest.missing.iter().map(|missing| missing.project).collect();
        let lacking = |artifact: &Artifact| artifact.source.is_some_and(|project| missing.contains(&project));
        let (stale, others) = std::mem::take(&mut self.manifest.artifacts).into_iter().partition(lacking);
        self.manifest.artifacts = others;
        let stale: Vec<Artifact> = stale;
        let paths: Vec<String> = stale.iter().map(|artifact| artifact.relative_path.as_str().to_owned()).collect();
        paths.iter().try_for_each(|path| file::remove_all(&host.platform.join(output, path)))?;
        if !paths.is_empty() {
            self.manifest.audit = None;
            self.save()?;
        }
        Ok(paths)
    }

    /// Ends the manifest: complete under its final name if every wheel is there, partial otherwise. Returns it and its path.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn end(mut self, end: End) -> Result<(Manifest, String), FileError> {
        let required = self.manifest.missing.iter().any(|missing| missing.need == Need::Required);
        let status = match end {
            End::Failed => Status::Failed,
            End::Cut => Status::Incomplete,
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
    fn carry_over(&mut self, request: &Request, host: &Host, facts: &Facts) {
        let Some(earlier) = self.earlier() else { return };
        let kept = |project: Project| !request.builds(project);
        let path = |artifact: &Artifact| host.platform.join(&request.places.output, artifact.relative_path.as_str());
        let need = |project: Project| {
            let said = earlier.missing.iter().find(|missing| missing.project == project).map(|missing| missing.need);
            if request.need(project) == Need::Optional { Need::Optional } else { said.unwrap_or(Need::Required) }
        };
        let mut lost: Vec<Project> = earlier.missing.iter().map(|missing| missing.project).collect();
        for (artifact, intact) in intact(&earlier.artifacts, path, &facts.records) {
            match artifact.source {
                _ if intact => self.manifest.artifacts.push(artifact.clone()),
                Some(project) => lost.push(project),
                None => {}
            }
        }
        self.earlier.clone_from(&earlier.artifacts);
        // An audit of wheels that are not all there any more says nothing.
        self.manifest.audit = earlier.audit.clone().filter(|_| self.manifest.artifacts.len() == earlier.artifacts.len());
        // A set that lacks a wheel stays a partial one, whichever other wheel is built next.
        lost.sort_unstable();
        lost.dedup();
        self.manifest
            .missing
            .extend(lost.iter().copied().filter(|project| kept(*project)).map(|project| missing(project, need(project))));
        let there: Vec<Project> = self.manifest.artifacts.iter().filter_map(|artifact| artifact.source).collect();
        let belongs = |project: Project| lost.contains(&project) || there.contains(&project);
        let sources: Vec<_> = earlier.sources().filter(|(project, _)| kept(*project) && belongs(*project)).collect();
        for (project, source) in sources {
            self.manifest.source_mut(project).get_or_insert_with(|| source.clone());
        }
        // What an unfinished run built is held to its commit like the rest of that run; what a whole set brought is not.
        for job in earlier.jobs.iter().filter(|job| kept(job.project) && belongs(job.project)) {
            self.manifest.jobs.push(match earlier.status {
                Some(Status::Complete) => Job { status: JobStatus::Reused, reason: CARRIED_OVER.to_owned(), ..job.clone() },
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

/// Tells of each wheel whether it is what was written down; reads those of which that is not known already. What cannot be read is not.
fn intact<'a>(
    artifacts: &'a [Artifact],
    path: impl Fn(&Artifact) -> String,
    records: &Records,
) -> impl Iterator<Item = (&'a Artifact, bool)> {
    let is_known = |artifact: &&Artifact| {
        let same = |project| {
            records.is_intact(project) && records.wheel(project).is_some_and(|wheel| is_same(&wheel.artifact, artifact))
        };
        artifact.source.is_some_and(same)
    };
    let (known, unsure): (Vec<&Artifact>, Vec<&Artifact>) = artifacts.iter().partition(is_known);
    let files: Vec<_> = unsure.iter().map(|artifact| (path(artifact), artifact.size_bytes)).collect();
    let measured = unsure.into_iter().zip(inspect::measure(&files)).map(|(artifact, measured)| {
        let same = measured.is_ok_and(|found| found.size == artifact.size_bytes && found.sha256 == artifact.sha256);
        (artifact, same)
    });
    known.into_iter().map(|artifact| (artifact, true)).chain(measured)
}

fn is_same(one: &Artifact, other: &Artifact) -> bool {
    (&one.relative_path, &one.sha256) == (&other.relative_path, &other.sha256)
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
        missing: request.selected.iter().map(|project| missing(*project, request.need(*project))).collect(),
        options: options(request, host),
        ..Manifest::new(Status::Running)
    };
    for project in &request.selected {
        *manifest.source_mut(*project) = source(*project, facts);
    }
    manifest
}

/// The options, with what `auto` came to.
fn options(request: &Request, host: &Host) -> Vec<OptionValue> {
    let mut options = request.options.clone();
    let budget = plan::jobs::budget(request, host).ok().filter(|_| request.jobs == Jobs::Auto);
    if let (Some(budget), Some(jobs)) = (budget, options.iter_mut().find(|option| option.name == "jobs")) {
        jobs.value = budget.compilers.into();
        jobs.origin = Origin::Detected;
        jobs.extra.insert("why".to_owned(), budget.why.into());
    }
    options
}

/// A path from a folder on, with forward slashes.
fn below(folder: &str, path: &str) -> Option<String> {
    Some(path.strip_prefix(folder)?.trim_start_matches(['/', '\\']).replace('\\', "/"))
}

fn missing(project: Project, need: Need) -> Missing {
    Missing { project, need, extra: Extra::new() }
}

/// The entry of a job that makes a wheel. Of one that has not ended, should nobody come to say otherwise, that it was interrupted.
fn job(planned: &plan::Job, facts: &Facts) -> Option<Job> {
    let project = planned.project?;
    let record = facts.records.jobs.get(&project).filter(|_| planned.is_reused());
    let reason = planned.decision.as_ref().map(|decision| decision.reason.clone());
    Some(Job {
        project,
        status: if planned.is_reused() { JobStatus::Reused } else { JobStatus::Interrupted },
        reason: reason.unwrap_or_else(|| "selected by this request".to_owned()),
        key: planned.key.clone(),
        duration: record.and_then(|record| record.seconds).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        peak_memory_bytes: record.and_then(|record| record.peak_memory_bytes),
        log: record.and_then(|record| record.log.clone()),
        failure: None,
        extra: Extra::new(),
    })
}

fn failure(failed: &Failed) -> Failure {
    let finding = &failed.finding;
    Failure {
        exit_code: failed.exit_code,
        signal: failed.signal,
        class: Some(finding.class.name().to_owned()),
        command: finding.command.as_ref().or(failed.command.as_ref()).cloned(),
        first_error: Some(finding.error.as_ref().unwrap_or(&failed.cause).clone()),
        hint: finding.hint().map(str::to_owned),
        extra: Extra::new(),
    }
}
