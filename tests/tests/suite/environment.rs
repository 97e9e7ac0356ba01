//! Python environments that are copied instead of made: `ensurepip` and pip take 10 s for what a copy does in 0.3 s.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tests::{Python, Sandbox, finish, project, pythons};

/// The version of the demo's ROCm.
pub const ROCM: &str = xtask::request::DEMO_ROCM;

/// The newest Python of this machine.
pub fn newest() -> &'static Python {
    pythons().last().unwrap()
}

/// Writes a miniature SDK for gfx942 into a directory of the sandbox.
pub fn make_sdk(sandbox: &Sandbox, dir: &str, args: &[&str]) {
    let mut command = sandbox.command(&newest().path);
    command.arg("-B").arg(project().join("xtask/demo/make_sdk.py")).args(["--output", dir, "--targets", "gfx942"]);
    command.args(if args.contains(&"--version") { &[][..] } else { &["--version", ROCM] }).args(args);
    finish(&mut command).expect(0);
}

/// The environment that the tool itself makes for the newest Python, with all that a build of torch leaves there.
static TEMPLATE: LazyLock<PathBuf> = LazyLock::new(|| {
    let sandbox = Sandbox::kept(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("environment"));
    sandbox.run(&["build", "--demo", "--python", &newest().path, "--only", "pytorch", "--no-audit-install"]).expect(0);
    sandbox.path(&venv("build/demo"))
});

fn venv(work_dir: &str) -> String {
    format!("{work_dir}/py{}/venv", newest().series)
}

/// The directory of this environment's programs.
pub fn bin() -> OsString {
    TEMPLATE.join("bin").into_os_string()
}

/// Puts an environment with ROCm, torch and its requirements where builds in this work directory expect their own.
pub fn prepare(sandbox: &Sandbox, work_dir: &str) {
    copy(&TEMPLATE, &sandbox.path(&venv(work_dir)));
}

/// The same, with an environment that has no packages but pip.
pub fn prepare_empty(sandbox: &Sandbox, work_dir: &str) {
    prepare(sandbox, work_dir);
    let venv = sandbox.path(&venv(work_dir));
    let pip = |words: &[&str]| finish(sandbox.command(venv.join("bin/python")).args(["-m", "pip"]).args(words)).expect(0).stdout;
    let installed = pip(&["list", "--format=freeze", "--exclude=pip"]);
    let names: Vec<&str> = installed.lines().filter_map(|line| line.split("==").next()).collect();
    pip(&[&["uninstall", "--yes"][..], &names].concat());
    // The tool's notes of what it installed go as well; that it made the environment stays.
    for note in std::fs::read_dir(venv.join(".therock-xtask")).unwrap().map(|entry| entry.unwrap().path()) {
        if !note.ends_with("made.json") {
            std::fs::remove_file(note).unwrap();
        }
    }
}

/// Copies an environment, unless an earlier test in this sandbox did.
fn copy(from: &Path, to: &Path) {
    if to.exists() {
        return;
    }
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    let new = to.with_extension("new");
    finish(Command::new("cp").args(["--recursive", "--no-dereference", "--preserve=timestamps"]).args([from, &new])).expect(0);
    std::fs::rename(new, to).unwrap();
}
