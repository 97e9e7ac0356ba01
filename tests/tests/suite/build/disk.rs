//! Small disks of memory: what has no room is refused with figures, and what fills up is recognised. Mounting them needs root.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use manifest::{JobStatus, Project};
use serde_json::json;
use tests::{Sandbox, finish};

use crate::build::set::the_manifest;
use crate::build::shared::newest;

/// A disk that goes when this does.
struct Disk(PathBuf);

impl Disk {
    fn mount(sandbox: &Sandbox, megabytes: u32) -> Self {
        sandbox.make_folder("disk");
        let disk = Disk(sandbox.path("disk"));
        let size = format!("size={megabytes}m");
        finish(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&disk.0)).expect(0);
        disk
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn demo(sandbox: &Sandbox, args: &[&str]) -> Command {
    on_disk(sandbox, "build", args)
}

fn on_disk(sandbox: &Sandbox, command: &str, args: &[&str]) -> Command {
    let mut xtask = sandbox.xtask();
    xtask.args([command, "--demo", "--jobs", "1", "--python", &newest().path]);
    xtask.args(["--work-dir", "disk/work", "--output-dir", "disk/dist"]).args(args);
    xtask
}

const HINT: &str = "hint: make room, or put the folders on another disk with `--work-dir` and `--output-dir`\n";

#[test]
fn a_disk_that_is_too_small_is_refused_before_anything_is_written() {
    let sandbox = Sandbox::new();
    let _disk = Disk::mount(&sandbox, 512);
    let ended = finish(&mut demo(&sandbox, &[])).expect(3);
    // `plan` says the same.
    assert_eq!(finish(&mut on_disk(&sandbox, "plan", &[])).expect(3).stderr, ended.stderr);
    let expected = "error: too little room on the disk of `BOX/project/disk/work`, `BOX/project/disk/dist`: 512.0 MiB are free, \
                    and at least 1.0 GiB are needed\n";
    assert_eq!(sandbox.plain(&ended.stderr), format!("{expected}{HINT}"));
    assert_eq!(std::fs::read_dir(sandbox.path("disk")).unwrap().count(), 0);
}

/// A compiler that leaves only so much room, in MiB, on the disk that `FILL` names.
const COMPILER: &str = r#"#!/bin/sh
case " $* " in *" -c "*)
    if [ -n "$FILL" ] && [ ! -e "$FILL/full" ]; then
        free=$(df --output=avail -BM "$FILL" | tail -n 1 | tr -dc 0-9)
        head -c "$((free - ROOM))M" /dev/zero > "$FILL/full"
    fi
esac
PATH=${PATH#*:} exec "${0##*/}" "$@"
"#;

#[test]
fn earlier_builds_say_what_is_needed_and_a_disk_that_fills_up_is_recognised() {
    let sandbox = Sandbox::new();
    let disk = Disk::mount(&sandbox, 1300);
    for name in ["cc", "gcc", "c++", "g++"] {
        let path = sandbox.root().join("bin").join(name);
        std::fs::write(&path, COMPILER).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }
    let full = sandbox.arg("disk");
    let status = || the_manifest(&sandbox, "disk/dist").1.jobs;

    // It fills up while triton is compiled.
    let ended = finish(demo(&sandbox, &["--only", "triton,pytorch"]).env("FILL", &full).env("ROOM", "0")).expect(4);
    assert!(ended.stderr.contains("No space left on device") && ended.stderr.contains("  kind: disk\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains(HINT), "{}", ended.stderr);
    std::fs::remove_file(disk.0.join("full")).unwrap();
    finish(&mut demo(&sandbox, &["--only", "triton,pytorch"])).expect(0);
    assert!(status().iter().all(|job| job.status == JobStatus::Built));

    // What was measured is small; another time it may have been more.
    let record = format!("disk/work/py{}/jobs/pytorch.json", newest().series);
    let mut value = sandbox.json(&record);
    let measured = value["disk_bytes"].as_u64().unwrap();
    assert!(measured > 0, "{value}");
    let mut needs = |bytes: u64| {
        value["disk_bytes"] = json!(bytes);
        sandbox.write(&record, &value.to_string());
    };
    needs((5 << 30) + measured);
    let before = std::fs::read(sandbox.path(&record)).unwrap();
    let rebuild = ["--only", "triton,pytorch", "--rebuild", "pytorch"];
    let ended = finish(&mut demo(&sandbox, &rebuild)).expect(3);
    assert_eq!(finish(&mut on_disk(&sandbox, "plan", &rebuild)).expect(3).stderr, ended.stderr);
    let said = sandbox.plain(&ended.stderr);
    assert!(said.contains("are free, and earlier builds say that 5.0 GiB are needed\nhint: make room"), "{said}");
    assert_eq!(std::fs::read(sandbox.path(&record)).unwrap(), before);
    // What is reused needs no room.
    finish(&mut demo(&sandbox, &["--only", "triton,pytorch"])).expect(0);

    // There is room when the run begins, and none any more when torch's turn comes.
    needs((500 << 20) + measured);
    let mut command = demo(&sandbox, &["--only", "triton,pytorch", "--rebuild", "triton,pytorch"]);
    let ended = finish(command.env("FILL", &full).env("ROOM", "100")).expect(4);
    let said = sandbox.plain(&ended.stderr);
    assert!(said.contains("error: torch: looking for room on the disks: too little room on the disk of "), "{said}");
    assert!(said.contains("and earlier builds say that 500.0 MiB are needed\n  kind: disk\n"), "{said}");
    let failed: Vec<Project> = status().iter().filter(|job| job.status == JobStatus::Failed).map(|job| job.project).collect();
    assert_eq!(failed, [Project::Pytorch]);
}
