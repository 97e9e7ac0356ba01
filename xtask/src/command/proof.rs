//! Tries a set of wheels in an environment of its own, and makes findings of what fails.

use manifest::WheelName;

use crate::audit::Finding;
use crate::audit::proof::{Failure, conflicts, not_imported, not_installed};
use crate::event::{Event, Failed, JobEnd};
use crate::execute::{self, Wheels, World};
use crate::facts::Installed;
use crate::observe;
use crate::plan::Job;
use crate::plan::proof::{Attempt, Proof};

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
/// In words: if it cannot be told what was installed.
pub(super) fn prove(proof: &Proof, world: &World, draw: &mut dyn FnMut(&Event)) -> Result<Proven, String> {
    let mut proven = Proven::default();
    let mut is_installed = false;
    for (attempt, job) in proof.attempts() {
        let failed = run(job, world, draw);
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
    run(proof.clean_up(), world, draw);
    proven.installed = installed?;
    Ok(proven)
}

/// Does one job; how it failed, if it did.
fn run(job: Job, world: &World, draw: &mut dyn FnMut(&Event)) -> Option<Box<Failed>> {
    let mut failure = None;
    execute::execute(&[job], &mut Wheels::new(), world, &mut |event| {
        draw(&event);
        if let Event::JobEnded { end: JobEnd::Failed(failed), .. } = event {
            failure = Some(failed);
        }
    });
    failure
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
