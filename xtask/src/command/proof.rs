//! Tries a set of wheels in an environment of its own, and makes findings of what fails.

use std::collections::BTreeSet;

use manifest::{Artifact, Manifest, Need, Project, WheelName};

use super::{Session, Stop};
use crate::audit::Finding;
use crate::audit::proof::{Failure, conflicts, not_imported, not_installed};
use crate::event::{Cut, Event, Failed, JobEnd};
use crate::execute::{self, Limits, Patience, Verdict, Wheels, World};
use crate::facts::{Facts, Installed, Python};
use crate::plan::proof::{Attempt, Proof};
use crate::plan::{self, Job};
use crate::request::{OnFailure, Problem, RocmWish, Trial};
use crate::version::Specifier;
use crate::{file, observe};

/// What a trial gave.
#[derive(Debug, Default)]
pub(super) struct Proven {
    /// What is wrong.
    pub(super) findings: Vec<Finding>,
    /// What is installed in the clean environment, if all could be installed.
    pub(super) installed: Option<Installed>,
}

/// Tries the set. The environment is removed afterwards.
///
/// # Errors
/// If it cannot be told what was installed, or the run is cut short.
pub(super) fn prove(proof: &Proof, world: &World, draw: &mut dyn FnMut(&Event)) -> Result<Proven, Stop> {
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
    /// Tries the set that was built; false if it cannot be tried or nobody wants it.
    ///
    /// # Errors
    /// If something is wrong with it.
    pub(super) fn try_set(&mut self, facts: &Facts, manifest: &Manifest) -> Result<bool, Stop> {
        if self.request.trial == Trial::Skip {
            return Ok(false);
        }
        let (host, python) = (self.host, plan::python::choose(&self.request, facts).map_err(Stop::world)?);
        let wheels = wheels(manifest, |path| host.platform.join(&self.request.places.output, path));
        if let Some(why) = untried(manifest, &wheels, python) {
            self.report.note(&format!("the set is not tried in a clean environment: {why}"));
            return Ok(false);
        }
        let (note, key) =
            (host.platform.join(&self.request.places.python(&python.series), "tried"), key(manifest, self.request.trial));
        if file::read_if_there(&note)?.is_some_and(|tried| tried == key) {
            self.report.note("the set was tried in a clean environment already, and nothing of it changed");
            return Ok(true);
        }
        if self.logs.is_empty() {
            self.logs = self.logs_folder(facts)?;
        }
        let rocm = facts.rocm.ready().and_then(|rocm| exactly(&self.request.rocm, &rocm.package_version));
        let dir = host.platform.join(&self.request.places.python(&python.series), "audit");
        let proof =
            Proof { host, python: &python.executable, dir, rocm: rocm.as_ref(), wheels: &wheels, trial: self.request.trial };
        let world = World {
            host,
            looks: &self.looks,
            secrets: &self.request.secrets,
            logs: self.logs.clone(),
            recorded: BTreeSet::new(),
            limits: self.limits(Patience::Interruptible),
        };
        let report = &mut self.report;
        let proven = prove(&proof, &world, &mut |event| report.draw(event))?;
        if proven.findings.is_empty() {
            file::write_text(&note, &key)?;
            return Ok(true);
        }
        Err(Stop::Unproven(proven.findings.iter().map(|finding| format!("{finding}\n")).collect()))
    }
}

/// What a trial depends on: the wheels, the ROCm packages, and how far they are tried.
fn key(manifest: &Manifest, trial: Trial) -> String {
    let mut wheels: Vec<String> =
        manifest.artifacts.iter().map(|one| format!("{} {}\n", one.sha256, one.relative_path)).collect();
    wheels.sort();
    let rocm = manifest.rocm_sdk_version.as_deref().unwrap_or("unknown");
    format!("{trial:?}\nrocm {rocm}\n{}", wheels.concat())
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

/// Why a set cannot be tried by itself, if that is so.
fn untried(manifest: &Manifest, wheels: &[(String, WheelName)], python: &Python) -> Option<String> {
    let has = |project| wheels.iter().any(|(_, name)| name.project() == Some(project));
    if manifest.missing.iter().any(|missing| missing.need == Need::Required) {
        Some("it is not complete".to_owned())
    } else if !has(Project::Pytorch) && !wheels.iter().all(|(_, name)| name.project() == Some(Project::Triton)) {
        Some("it has no torch, and torch of another set is not what its wheels are for".to_owned())
    } else if !python.ensurepip {
        Some(format!("`{}` cannot make environments with pip, because it has no `ensurepip`", python.executable))
    } else {
        None
    }
}

/// The ROCm packages of exactly this version, from where the request has them.
fn exactly(wish: &RocmWish, version: &str) -> Option<RocmWish> {
    Some(RocmWish { specifier: Specifier::parse(&format!("=={version}")).ok()?, ..wish.clone() })
}

/// The same for what tidies up, whatever became of the rest.
fn tidying<'a>(world: &World<'a>) -> World<'a> {
    let limits = Limits { patience: Patience::ToTheEnd, ..world.limits };
    World { limits, logs: world.logs.clone(), recorded: BTreeSet::new(), ..*world }
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
