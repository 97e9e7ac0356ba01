//! Sources that cannot be had: what does not need them is built all the same, where the request says so.

use manifest::{JobStatus, Manifest, Need, Project, Status};
use tests::{Sandbox, finish};

use crate::build::set::{check_complete, the_manifest};
use crate::environment::{newest, prepare};

const DIST: &str = "build/demo/dist";

/// What is missing of a set, and what became of apex.
fn apex(manifest: &Manifest) -> (Option<Status>, Vec<(Project, Need)>, JobStatus, &str) {
    let missing = manifest.missing.iter().map(|missing| (missing.project, missing.need)).collect();
    let job = manifest.jobs.iter().find(|job| job.project == Project::Apex).unwrap();
    (manifest.status, missing, job.status, &job.reason)
}

#[test]
fn sources_that_cannot_be_had_leave_out_only_what_needs_them() {
    let sandbox = Sandbox::new();
    prepare(&sandbox, "build/demo");
    let build = |wheels: &str, args: &[&str]| {
        let mut command = sandbox.xtask();
        command.args(["build", "--demo", "--python", &newest().path, "--no-audit-install", "--only", wheels]).args(args);
        finish(&mut command)
    };
    let wheels = "triton,pytorch,apex";
    build("triton", &[]).expect(0);
    let (there, gone) = (sandbox.path("build/demo/origins/apex"), sandbox.path("build/demo/origins/gone"));
    std::fs::rename(&there, &gone).unwrap();
    let skipped = "     Skipped apex: it needs checkout-apex, which failed\n";
    let reason = "it needs checkout-apex, which failed";
    let error = "error: checkout-apex: fetching apex exited with 128\n  first error: fatal: ";

    // With neither flag the run stops before anything is built.
    let ended = build(wheels, &[]).expect(4);
    assert!(!ended.stderr.contains("building torch") && ended.stderr.contains(error), "{}", ended.stderr);

    // A wheel that the set needs: the others are there for the next run.
    let ended = build(wheels, &["--keep-going"]).expect(4);
    assert!(ended.stderr.contains(skipped), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches(error).count(), 1, "{}", ended.stderr);
    let (path, manifest) = the_manifest(&sandbox, DIST);
    assert!(path.ends_with(".partial.json"), "{path}");
    let missing = |need| vec![(Project::Apex, need)];
    assert_eq!(apex(&manifest), (Some(Status::Failed), missing(Need::Required), JobStatus::Skipped, reason));

    // One that may be missing.
    let ended = build(wheels, &["--optional", "apex"]).expect(7);
    assert!(ended.stderr.contains(skipped), "{}", ended.stderr);
    assert!(ended.stderr.contains("       Fresh torch: reused: nothing changed\n"), "{}", ended.stderr);
    let told = format!("\nwarning: the set lacks wheels that are optional: apex\n{error}");
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    let (path, manifest) = the_manifest(&sandbox, DIST);
    assert!(!path.ends_with(".partial.json"), "{path}");
    assert_eq!(apex(&manifest), (Some(Status::Complete), missing(Need::Optional), JobStatus::Skipped, reason));

    std::fs::rename(&gone, &there).unwrap();
    let ended = build(wheels, &[]).expect(0);
    let apex_wheel = ended.stdout.lines().find(|line| line.contains("/apex-")).unwrap().to_owned();
    assert!(ended.stderr.contains("        Plan apex: built: never built here\n"), "{}", ended.stderr);
    check_complete(&sandbox, DIST, &[Project::Triton, Project::Pytorch, Project::Apex]);

    // Its wheel is of no use to the set once it cannot be built from what the others are built from.
    let mut command = sandbox.xtask();
    command.args(["build", "--demo", "--python", &newest().path, "--no-audit-install", "--only", wheels]);
    let ended = finish(command.args(["--optional", "apex", "--rebuild", "apex"]).env("DEMO_FAIL", "apex")).expect(7);
    let file = apex_wheel.rsplit('/').next().unwrap();
    let removed = format!("warning: `{file}` is of an earlier run and does not belong to this set, so it is removed\n");
    assert!(ended.stderr.contains(&removed) && !ended.stdout.contains("apex"), "{}\n{}", ended.stdout, ended.stderr);
    assert!(!sandbox.path(&format!("{DIST}/{file}")).exists() && !sandbox.read(&format!("{DIST}/SHA256SUMS")).contains("apex"));
    let (path, manifest) = the_manifest(&sandbox, DIST);
    let there: Vec<_> = manifest.artifacts.iter().filter_map(|artifact| artifact.source).collect();
    assert_eq!((there.len(), apex(&manifest).1), (2, missing(Need::Optional)));
    finish(sandbox.xtask().args(["manifest", "verify", &path])).expect(0);
}
