//! What the wheels of one request share, once the environment and the ROCm SDK answer.

use std::collections::BTreeMap;

use manifest::Project;

use super::naming::{self, Local};
use super::{Command, Step, Value};
use crate::facts::{Checkout, Facts, Python, Rocm};
use crate::host::{Host, Platform};
use crate::request::{Chosen, Problem, Request, Venv, venv_note};

/// The ground that every wheel's plan stands on.
pub struct Setting<'a> {
    /// What is asked for.
    pub request: &'a Request,
    /// The machine.
    pub host: &'a Host,
    /// What was seen.
    pub facts: &'a Facts,
    /// The interpreter that builds.
    pub python: &'a Python,
    /// The SDK.
    pub rocm: &'a Rocm,
    /// The suffix of the wheels' versions.
    pub local: Local,
    /// What triton's sources add to every build's environment (`build_env.json`); nothing if there are no such sources.
    pub triton_env: Option<BTreeMap<String, String>>,
}

impl<'a> Setting<'a> {
    /// Checks what does not depend on a single wheel.
    pub fn new(
        request: &'a Request,
        host: &'a Host,
        facts: &'a Facts,
        python: &'a Python,
        rocm: &'a Rocm,
    ) -> Result<Self, Vec<Problem>> {
        let local = naming::suffix(&request.naming, rocm);
        let triton_env = triton_env(request, facts);
        let libraries = system_libraries(request, host.platform, rocm);
        match (local, triton_env, libraries) {
            (Ok(local), Ok(triton_env), Ok(())) => Ok(Setting { request, host, facts, python, rocm, local, triton_env }),
            (local, triton_env, libraries) => {
                Err([local.err(), triton_env.err(), libraries.err()].into_iter().flatten().collect())
            }
        }
    }

    /// `base` and then `rest`, as the platform spells it.
    pub fn join(&self, base: &str, rest: &str) -> String {
        self.host.platform.join(base, rest)
    }

    /// The folder of a project's sources.
    pub fn dir(&self, project: Project) -> &'a str {
        self.request.dir(project)
    }

    /// What was seen in it.
    pub fn checkout(&self, project: Project) -> &'a Checkout {
        static NOTHING: Checkout =
            Checkout { git: None, present: std::collections::BTreeSet::new(), texts: BTreeMap::new(), scikit_build_core: false };
        self.facts.checkouts.get(&project).unwrap_or(&NOTHING)
    }

    /// A folder of the SDK, if it has it.
    pub fn sdk(&self, folder: &str) -> Option<String> {
        self.rocm.present.contains(folder).then(|| self.join(&self.rocm.root, folder))
    }

    /// What the user said of a variable of a project's build: `Some(None)` is hidden. What names the project wins.
    pub fn overridden(&self, project: Project, key: &str) -> Option<Option<&'a str>> {
        let same = |name: &str| match self.host.platform {
            Platform::Linux => name == key,
            Platform::Windows => name.eq_ignore_ascii_case(key),
        };
        let of = |whose| self.request.overrides.iter().rfind(|o| o.project == whose && same(&o.key));
        of(Some(project)).or_else(|| of(None)).map(|o| o.value.as_deref())
    }

    /// A run of the interpreter.
    pub fn run(&self, cwd: &str, args: &[&str]) -> Command {
        Command::new(&self.python.executable, cwd, args)
    }

    /// A run of pip that changes the environment.
    fn pip(&self, what: &str, cwd: &str, args: &[&str]) -> Command {
        let notes = venv_note(self.host.platform, &self.python.prefix, "installing");
        self.run(cwd, &["-m", "pip"]).args(args.iter().copied()).changing(&notes, what)
    }

    /// The step that installs what the arguments name from an index.
    pub fn pip_install(&self, what: &str, cwd: &str, args: &[&str]) -> Step {
        let command = self.pip(what, cwd, &["install"]).args(args.iter().copied()).args(self.pip_cache());
        Step::run(format!("installing {what}"), command.network())
    }

    /// `--cache-dir`, if pip was given one.
    fn pip_cache(&self) -> Vec<&'a str> {
        self.request.rocm.pip_cache_dir.as_deref().map_or(Vec::new(), |dir| vec!["--cache-dir", dir])
    }

    /// Removes a distribution. It runs where no folder can be mistaken for a module.
    pub fn pip_uninstall(&self, name: &str, cwd: &str) -> Step {
        Step::ask(format!("removing the installed {name}"), self.pip(name, cwd, &["uninstall", name, "-y"]))
    }

    /// What is to be said before a distribution is removed from an environment that is the user's.
    pub fn loss(&self, name: &str) -> Option<String> {
        let version = self.python.installed(name).filter(|_| self.request.places.venv != Venv::Own)?;
        Some(format!("{name} {version} is removed from the environment `{}`", self.python.prefix))
    }

    /// Installs a wheel.
    pub fn install(&self, name: &str, wheel: impl Into<Value>, args: &[&str]) -> Step {
        let command = self.pip(name, &self.host.temp_dir(), &["install"]).args(args.iter().copied()).arg(wheel);
        Step::run(format!("installing {name}"), command.network())
    }
}

/// Triton's sources count even if triton is not built: whoever has them builds everything in their environment.
fn triton_env(request: &Request, facts: &Facts) -> Result<Option<BTreeMap<String, String>>, Problem> {
    let Some(checkout) = facts.checkouts.get(&Project::Triton) else {
        let named = request.places.project(Project::Triton).chosen == Chosen::Named;
        return Ok(named.then(BTreeMap::new));
    };
    let Some(text) = checkout.texts.get("build_env.json") else {
        return Ok(Some(BTreeMap::new()));
    };
    let path = request.places.platform.join(request.dir(Project::Triton), "build_env.json");
    serde_json::from_str(text).map(Some).map_err(|error| {
        Problem::new(format!("`{path}` is not an object of texts: {error}"))
            .hint("it must look like `{\"TRITON_WHEEL_VERSION_SUFFIX\": \"\"}`")
    })
}

/// The bundled libraries that everything but triton is compiled with on Linux.
fn system_libraries(request: &Request, platform: Platform, rocm: &Rocm) -> Result<(), Problem> {
    let needed = platform == Platform::Linux && request.selected.iter().any(|project| *project != Project::Triton);
    if !needed || rocm.present.contains("lib/rocm_sysdeps") {
        return Ok(());
    }
    let folder = platform.join(&rocm.root, "lib/rocm_sysdeps");
    Err(Problem::new(format!("the ROCm SDK has no folder `{folder}`, whose libraries the wheels are compiled with"))
        .hint("install the `devel` package of this ROCm completely: `--install-rocm`"))
}
