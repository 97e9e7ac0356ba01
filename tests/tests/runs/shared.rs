//! One demo that is built once and used by many cases.

use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tests::{Ended, Python, Sandbox, finish, pythons};

/// A demo that was built whole.
pub struct Demo {
    /// Where; its `journal` has what the builds' back ends observed.
    pub sandbox: Sandbox,
    /// How.
    pub ended: Ended,
    /// With what.
    pub python: &'static Python,
}

/// The shared demo, built with the newest Python. Whoever holds it is alone with it, and leaves the set in its output folder whole.
pub fn demo() -> MutexGuard<'static, Demo> {
    static DEMO: LazyLock<Mutex<Demo>> = LazyLock::new(|| {
        // Nothing drops a static, so this sandbox has a place of its own and is emptied by the next run.
        let sandbox = Sandbox::kept(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("the shared dämo"));
        Mutex::new(build(sandbox, newest()))
    });
    DEMO.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Builds a demo.
pub fn build(sandbox: Sandbox, python: &'static Python) -> Demo {
    let journal = sandbox.path("journal");
    let ended =
        finish(sandbox.xtask().args(["build", "--demo", "--jobs", "3", "--python", &python.path]).env("DEMO_JOURNAL", journal));
    Demo { sandbox, ended: ended.expect(0), python }
}

/// The newest Python of this machine.
pub fn newest() -> &'static Python {
    pythons().last().unwrap()
}

impl Demo {
    /// `build --demo` in the shared folders, with more arguments.
    pub fn again(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.xtask();
        command.args(["build", "--demo", "--python", &self.python.path]).args(args);
        command
    }

    /// A path below the folder of this Python's environment and logs, relative to the sandbox's project.
    pub fn below(&self, relative: &str) -> String {
        format!("build/demo/py{}/{relative}", self.python.series)
    }

    /// The manifest of the set, relative to the sandbox's project.
    pub fn manifest(&self) -> String {
        format!("build/demo/dist/manifests/therock-manifest_torch_py{}_release-2.13.json", self.python.series)
    }

    /// The interpreter of the environment that builds.
    pub fn venv_python(&self) -> String {
        self.sandbox.arg(&self.below("venv/bin/python"))
    }
}
