//! Demos that are built once and used by many tests.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use tests::{Ended, Python, Sandbox, finish};

use crate::environment;
pub use crate::environment::newest;
use crate::pool::{Lent, Pool};

/// A demo that was built whole.
pub struct Demo {
    /// Where; its `journal` has what the builds' back ends observed.
    pub sandbox: Sandbox,
    /// How.
    pub ended: Ended,
    /// With what.
    pub python: &'static Python,
}

/// A demo with the newest Python, whose environment was copied and whose set was not installed. The test has it for itself, and leaves the set in its
/// output directory whole.
pub fn demo() -> Lent<Demo> {
    static DEMOS: Pool<Demo> = Pool::new(|number| {
        let sandbox = kept(&format!("dämo {number}"));
        prepared(sandbox, &[])
    });
    DEMOS.lend()
}

/// The demo as a user builds it, from nothing to the audited set. Tests only read it.
pub fn whole_demo() -> &'static Demo {
    static WHOLE: LazyLock<Demo> = LazyLock::new(|| build(kept("the whole dämo"), newest()));
    &WHOLE
}

/// A static is never dropped, so its sandbox is a fixed directory that the next run empties.
fn kept(name: &str) -> Sandbox {
    Sandbox::kept(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
}

/// Builds a demo as a user does.
pub fn build(sandbox: Sandbox, python: &'static Python) -> Demo {
    let ended = finish(command(&sandbox, python).args(["--jobs", "3"])).expect(0);
    Demo { sandbox, ended, python }
}

/// Builds a demo in an environment that is copied, without installing its set.
pub fn prepared(sandbox: Sandbox, args: &[&str]) -> Demo {
    environment::prepare(&sandbox, "build/demo");
    let ended = finish(command(&sandbox, newest()).args(["--jobs", "3", "--no-audit-install"]).args(args)).expect(0);
    Demo { sandbox, ended, python: newest() }
}

fn command(sandbox: &Sandbox, python: &Python) -> Command {
    let mut command = sandbox.xtask();
    command.args(["build", "--demo", "--python", &python.path]).env("DEMO_JOURNAL", sandbox.path("journal"));
    command
}

impl Demo {
    /// `build --demo` in the shared directories, with more arguments. The set is not installed.
    pub fn again(&self, args: &[&str]) -> Command {
        let mut command = self.again_with_install_test(args);
        command.arg("--no-audit-install");
        command
    }

    /// The same, and the set is installed and imported.
    pub fn again_with_install_test(&self, args: &[&str]) -> Command {
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
