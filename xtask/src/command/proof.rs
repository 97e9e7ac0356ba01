//! Tries a set of wheels in an environment of its own, and makes findings of what fails.

use std::collections::BTreeSet;

use manifest::{Artifact, Manifest, Need, Project, WheelName};

use super::{Code, Session, Stop};
use crate::audit::proof::{Failure, conflicts, not_imported, not_installed};
use crate::audit::{Finding, Proven};
use crate::cli::{InstallArgs, TrialArgs};
use crate::event::{Cut, Event, Failed, JobEnd};
use crate::execute::{self, Limits, Patience, Verdict, Wheels, World};
use crate::facts::{Facts, Python};
use crate::host::Host;
use crate::plan::pip::Pip;
use crate::plan::proof::{self, Attempt, FOLDER, FORBIDDEN, Proof};
use crate::plan::{self, Job};
use crate::request::{OnFailure, Places, Problem, Request, RocmWish, Trial};
use crate::version::Specifier;
use crate::{file, observe};

/// Tries the set. The environment is removed afterwards.
///
/// # Errors
/// If it cannot be told what was installed, or the run is cut short.
fn prove(proof: &Proof, world: &World, draw: &mut dyn FnMut(&Event)) -> Result<Proven, Stop> {
    let mut proven = Proven::default();
    let mut is_installed = false;
    for (attempt, job) in proof.attempts() {
        let failed = match run(job, world, draw) {
            Ok(failed) => failed,
            Err(cut) => {
                let _ = run(proof.clean_up(), &tidying(world), draw);
                return Err(Stop::Cut(cut, Vec::new()));
            }
        };
        is_installed |= attempt == Attempt::Install && failed.is_none();
        if let Some(failed) = &failed {
            proven.findings.extend(findings(attempt, failed, proof.wheels));
        }
        if failed.is_some() && attempt.is_ground() {
            break;
        }
    }
    let (program, args) = proof.list();
    let installed = is_installed.then(|| observe::installed(&program, &args, &proof.dir)).transpose();
    let _ = run(proof.clean_up(), &tidying(world), draw);
    proven.installed = installed.map_err(|cause| Stop::world(Problem::new(cause)))?;
    Ok(proven)
}

impl Session<'_> {
    /// Why the set of a manifest is not tried, if that is so.
    ///
    /// # Errors
    /// If there is no interpreter for it.
    pub(super) fn untried(&self, facts: &Facts, manifest: &Manifest) -> Result<Option<String>, Stop> {
        let python = plan::python::choose(&self.request, facts).map_err(Stop::world)?;
        Ok(untried(self.request.trial, manifest, &wheels(manifest, str::to_owned), facts.environment.python(), python))
    }

    /// Tries the set of a manifest, which can be tried.
    ///
    /// # Errors
    /// If there is no interpreter for it.
    pub(super) fn try_set(&mut self, facts: &Facts, manifest: &Manifest) -> Result<Proven, Stop> {
        let (host, python) = (self.host, plan::python::choose(&self.request, facts).map_err(Stop::world)?);
        let wheels = wheels(manifest, |path| host.platform.join(&self.request.places.output, path));
        let is_alone = self.logs.is_empty();
        if is_alone {
            self.logs = self.logs_folder(facts)?;
        }
        let rocm = manifest.rocm_sdk_version.as_deref().and_then(|version| exactly(&self.request.rocm, version));
        let dir = host.platform.join(&self.request.places.python(&python.series), FOLDER);
        let trial = self.request.trial;
        let pip = Pip::choose(facts.environment.python(), python).map_err(|cause| Stop::world(Problem::new(cause)))?;
        let proof = Proof { host, python: &python.executable, pip, dir, rocm: rocm.as_ref(), wheels: &wheels, trial };
        let world = World {
            host,
            looks: &self.looks,
            secrets: &self.request.secrets,
            logs: self.logs.clone(),
            recorded: BTreeSet::new(),
            limits: self.limits(Patience::Interruptible),
            temporary: self.temporary_variables(),
        };
        let report = &mut self.report;
        let mut has_failed = false;
        let proven = prove(&proof, &world, &mut |event| {
            has_failed |= matches!(event, Event::JobEnded { end: JobEnd::Failed(_), .. });
            report.draw_part(event);
        })?;
        // Logs that nobody is pointed to would only pile up.
        if is_alone && !has_failed {
            file::remove_all(&std::mem::take(&mut self.logs))?;
        }
        Ok(proven)
    }
}

/// Tries the set of a manifest that somebody else may have written, whose wheels are in a folder; or tells why not.
///
/// # Errors
/// If the request is wrong, or there is no interpreter for it.
pub(super) fn of_manifest(
    args: &TrialArgs,
    host: &Host,
    manifest: &Manifest,
    folder: &str,
) -> Result<Result<Proven, String>, Stop> {
    let trial = Trial::of(&args.how);
    if trial == Trial::Skip {
        return Ok(Err(FORBIDDEN.to_owned()));
    }
    let recorded = manifest.rocm.as_ref().and_then(|rocm| rocm.index.clone());
    let recorded = recorded.filter(|_| args.index_url.is_none() && args.find_links.is_none());
    let (index, links): (Option<String>, Option<String>) = match recorded {
        Some(index) if index.contains("://") => (Some(index), None),
        folder => (None, folder),
    };
    let install = InstallArgs {
        python: manifest.python_version.clone(),
        gfx: manifest.gfx_targets.clone(),
        allow_unknown_gfx: true,
        venv: Some("none".to_owned()),
        index_url: args.index_url.clone().or(index),
        find_links: args.find_links.clone().or(links),
        work_dir: args.work_dir.clone(),
        ..InstallArgs::default()
    };
    let wrong = |problems| Stop::Problems(Code::Request, problems);
    let mut places = Places::install(&install, host).map_err(wrong)?;
    folder.clone_into(&mut places.output);
    let looks = observe::looks(host, &places, install.python.as_deref());
    let request = Request { trial, ..Request::install(&install, host, places, &looks).map_err(wrong)? };
    let mut session = Session::new(host, looks, request, &install);
    // Another audit, or a build, would take the environment away.
    session.keep_others_from_work()?;
    let facts = session.facts(None);
    match session.untried(&facts, manifest)? {
        Some(why) => Ok(Err(why)),
        None => session.try_set(&facts, manifest).map(Ok),
    }
}

/// The wheels of a manifest that are a project's, with their paths.
fn wheels(manifest: &Manifest, path: impl Fn(&str) -> String) -> Vec<(String, WheelName)> {
    let wheel = |artifact: &Artifact| {
        let below = artifact.relative_path.as_str();
        let name = WheelName::parse(below.rsplit('/').next()?).ok()?;
        Some((path(below), name))
    };
    manifest.artifacts.iter().filter_map(wheel).collect()
}

/// Why a set is not tried by itself, if that is so.
fn untried(
    trial: Trial,
    manifest: &Manifest,
    wheels: &[(String, WheelName)],
    environment: Option<&Python>,
    python: &Python,
) -> Option<String> {
    let set: Vec<Option<Project>> = wheels.iter().map(|(_, name)| name.project()).collect();
    let lacks = manifest.missing.iter().any(|missing| missing.need == Need::Required);
    if lacks && trial != Trial::Skip {
        Some("it is not complete".to_owned())
    } else {
        proof::untried(trial, &set, environment, python)
    }
}

/// The ROCm packages of exactly this version, from where the request has them.
fn exactly(wish: &RocmWish, version: &str) -> Option<RocmWish> {
    Some(RocmWish { specifier: Specifier::parse(&format!("=={version}")).ok()?, ..wish.clone() })
}

/// The same for what tidies up, whatever became of the rest.
fn tidying<'a>(world: &World<'a>) -> World<'a> {
    let limits = Limits { patience: Patience::ToTheEnd, ..world.limits };
    World { limits, logs: world.logs.clone(), recorded: BTreeSet::new(), temporary: world.temporary.clone(), ..*world }
}

/// Does one job; how it failed, if it did.
fn run(job: Job, world: &World, draw: &mut dyn FnMut(&Event)) -> Result<Option<Box<Failed>>, Cut> {
    let mut failure = None;
    let verdict = execute::execute(&[job], OnFailure::Stop, &mut Wheels::new(), world, &mut |event| {
        draw(&event);
        if let Event::JobEnded { end: JobEnd::Failed(failed), .. } = event {
            failure = Some(failed);
        }
    });
    if let Verdict::Cut(cut) = verdict { Err(cut) } else { Ok(failure) }
}

fn findings(attempt: Attempt, failed: &Failed, wheels: &[(String, WheelName)]) -> Vec<Finding> {
    let failure = Failure { cause: &failed.cause, exit_code: failed.exit_code, tail: &failed.tail, log: &failed.log };
    let of = |distribution: &str| wheels.iter().find(|(_, name)| name.normalized_distribution() == distribution);
    match attempt {
        Attempt::Environment => vec![not_installed("the set", failure)],
        Attempt::Rocm => vec![not_installed("the ROCm packages of the set", failure)],
        Attempt::Install => vec![not_installed("the wheels of the set", failure)],
        Attempt::Check => conflicts(failure, |distribution| of(distribution).map(|(_, name)| name.to_string())),
        Attempt::Import(project) => {
            let wheel = of(project.distribution());
            let tell =
                |(_, name): &(String, WheelName)| not_imported(project.distribution(), name.version(), name.to_string(), failure);
            wheel.map(tell).into_iter().collect()
        }
    }
}
