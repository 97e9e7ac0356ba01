//! A plan as people read it.

use std::fmt::Write;

use super::{Action, Command, Failure, Job, Plan, Retry, Step, When};
use crate::redact::Secrets;

/// The plan as text, free of secrets.
pub fn text(plan: &Plan, secrets: &Secrets) -> String {
    let mut text = String::new();
    let parts = [("prepare", &plan.prepare), ("build", &plan.build), ("finally", &plan.finally), ("audit", &plan.audit)];
    for (title, jobs) in parts {
        if !jobs.is_empty() {
            let _ = writeln!(text, "{title}");
            jobs.iter().for_each(|job| write_job(&mut text, job, secrets));
        }
    }
    for warning in &plan.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    secrets.redact(&text).into_owned()
}

fn write_job(text: &mut String, job: &Job, secrets: &Secrets) {
    let waits: Vec<_> = job.waits_for.iter().chain(&job.follows).map(ToString::to_string).collect();
    let after = if waits.is_empty() { String::new() } else { format!(" (after {})", waits.join(", ")) };
    let _ = writeln!(text, "  {}{after}", job.name);
    for why in job.decision.iter().map(ToString::to_string).chain(job.why.iter().cloned()) {
        let _ = writeln!(text, "    - {why}");
    }
    for unknown in &job.unknown {
        let _ = writeln!(text, "    ? {}: known after `{}`", unknown.fact, unknown.given_by);
    }
    for (number, step) in (1..).zip(&job.steps) {
        write_step(text, number, step, secrets);
    }
}

fn write_step(text: &mut String, number: usize, step: &Step, secrets: &Secrets) {
    let when = match &step.when {
        When::Always => String::new(),
        When::Exists(path) => format!(" if `{path}` is there"),
    };
    let _ = writeln!(text, "    {number}. {}{when}", step.purpose);
    match &step.action {
        Action::Run(command) => write_command(text, command, secrets),
        Action::Write { path, .. } => write_detail(text, &format!("write {path}")),
        Action::WriteFiles { folder, files } => write_detail(text, &format!("write {} files in {folder}", files.len())),
        Action::Copy { from, to } => write_detail(text, &format!("copy {from} to {to}")),
        Action::Rename { from, to } => write_detail(text, &format!("rename {from} to {to}")),
        Action::Remove(path) => write_detail(text, &format!("remove {path}")),
        Action::RemoveWheels { folder, distribution } => {
            write_detail(text, &format!("remove {distribution}-*.whl from {folder}"));
        }
        Action::MakeFolder(path) => write_detail(text, &format!("make {path}")),
        Action::TakeWheel(take) => write_detail(text, &format!("{}-*.whl from {} to {}", take.distribution, take.from, take.to)),
        Action::CheckRocm(check) => write_detail(text, &check.distributions.join(" ")),
        Action::Store(store) => {
            write_detail(text, &format!("into {}, unless {} is there:", store.store, store.commit));
            write_command(text, &store.fetch, secrets);
            if let Some(modules) = &store.submodules {
                write_detail(
                    text,
                    &format!("and its submodules into theirs, {} at once; {} leads there", modules.jobs, modules.config),
                );
            }
        }
        Action::TakeStored { store, linked, stored, origin, .. } => {
            if linked.is_some() {
                write_detail(text, &format!("link the objects of {store}, or"));
            }
            write_command(text, stored, secrets);
            write_detail(text, "or, where that cannot be written,");
            write_command(text, origin, secrets);
        }
        Action::CheckCheckout { commit, .. } => write_detail(text, commit),
        Action::Unlock { names, .. } => write_detail(text, &names.join(" ")),
        Action::CommitTranslated { .. }
        | Action::IgnoreSubmodules { .. }
        | Action::MarkCheckout { .. }
        | Action::ReadCache(_) => {}
    }
}

fn write_command(text: &mut String, command: &Command, secrets: &Secrets) {
    let args: Vec<_> = command.args.iter().map(ToString::to_string).collect();
    let mut notes = Vec::new();
    if command.failure == Failure::Tolerated {
        notes.push("a failure is tolerated");
    }
    if command.retry == Retry::Network {
        notes.push("tried three times");
    }
    if command.retry == Retry::HalfTheJobs {
        notes.push("tried again with half the compilers if memory runs out");
    }
    let notes = if notes.is_empty() { String::new() } else { format!("   ({})", notes.join(", ")) };
    write_detail(text, &format!("$ {} {}{notes}", command.program, args.join(" ")));
    write_detail(text, &format!("  in {}", command.cwd));
    for (key, value) in &command.env {
        match value {
            Some(value) => write_detail(text, &format!("  {key}={}", secrets.variable(key, &value.to_string()))),
            None => write_detail(text, &format!("  {key} is hidden")),
        }
    }
}

fn write_detail(text: &mut String, line: &str) {
    let _ = writeln!(text, "       {line}");
}
