//! Chooses the pip that installs into an environment without a pip, which saves the 3 to 6 s of `ensurepip`.

use std::str::FromStr;

use pep440_rs::Version;

use super::{Command, Env};
use crate::facts::Python;
use crate::host::Host;

/// Variables that would add modules to the clean environment, or lead pip elsewhere. `pip --python` starts the environment's interpreter without
/// `-I`, so the `PYTHON*` variables are hidden as well.
const HIDDEN: [&str; 14] = [
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "PIP_CONSTRAINT",
    "PIP_DRY_RUN",
    "PIP_NO_DEPS",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "VIRTUAL_ENV",
];

/// A pip that can install into another environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pip {
    /// The pip of this interpreter, 22.3 or newer, run with `--python ENVIRONMENT`.
    Of(String),
    /// The wheel that the interpreter carries for `ensurepip`, run by the environment's own interpreter.
    Bundled(String),
}

impl Pip {
    /// Chooses a pip: that of the build environment, else that of the interpreter, else the bundled wheel.
    ///
    /// # Errors
    /// If there is none, in words.
    pub fn choose(environment: Option<&Python>, python: &Python) -> Result<Self, String> {
        let mut installed = environment.into_iter().chain([python]);
        let capable = installed.find(|python| python.installed("pip").is_some_and(installs_elsewhere));
        match (capable, &python.bundled_pip) {
            (Some(python), _) => Ok(Pip::Of(python.executable.clone())),
            (None, Some(wheel)) => Ok(Pip::Bundled(wheel.clone())),
            (None, None) => Err(format!("`{}` has neither pip 22.3 or newer nor `ensurepip`", python.executable)),
        }
    }

    /// `pip` for the environment of this interpreter, without its arguments.
    pub fn command(&self, host: &Host, interpreter: &str, cwd: &str) -> Command {
        match self {
            Pip::Of(python) => isolated(host, python, cwd, &["-m", "pip", "--python", interpreter]),
            Pip::Bundled(wheel) => isolated(host, interpreter, cwd, &[&host.platform.join(wheel, "pip")]),
        }
    }
}

/// Whether a pip of this version has `--python`.
/// Source: <https://pip.pypa.io/en/stable/news/#v22-3>
fn installs_elsewhere(version: &str) -> bool {
    Version::from_str(version).is_ok_and(|version| version >= Version::new([22, 3]))
}

/// An interpreter that ignores variables, the user's packages and the directory that it runs in.
pub fn isolated(host: &Host, interpreter: &str, cwd: &str, args: &[&str]) -> Command {
    let there = HIDDEN.into_iter().filter(|name| host.raw_var(name).is_some());
    let hidden: Env = there.map(|name| (name.to_owned(), None)).collect();
    Command::new(interpreter, cwd, &[&["-I"], args].concat()).env(&hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::check::fixture::python;

    #[test]
    fn the_newest_capable_pip_is_chosen() {
        let with = |pip: Option<&str>| {
            let mut python = python("/py/bin/python3.12", "3.12.1");
            python.distributions = pip.map(|version| ("pip".to_owned(), version.to_owned())).into_iter().collect();
            python
        };
        let venv = |pip: &str| Python { executable: "/venv/bin/python".to_owned(), ..with(Some(pip)) };
        let bundled = || Ok(Pip::Bundled("/usr/share/python-wheels/pip-25.0-py3-none-any.whl".to_owned()));
        let of = |python: &str| Ok(Pip::Of(python.to_owned()));
        for (environment, interpreter, expected) in [
            (Some(venv("22.3")), with(Some("25.0")), of("/venv/bin/python")),
            (Some(venv("22.2.2")), with(Some("22.3.1")), of("/py/bin/python3.12")),
            (None, with(Some("25.0")), of("/py/bin/python3.12")),
            (None, with(Some("22.2.2")), bundled()),
            (Some(venv("21.2.4")), with(None), bundled()),
            (
                Some(venv("not a version")),
                Python { bundled_pip: None, ..with(None) },
                Err("`/py/bin/python3.12` has neither pip 22.3 or newer nor `ensurepip`".to_owned()),
            ),
        ] {
            assert_eq!(Pip::choose(environment.as_ref(), &interpreter), expected);
        }
    }
}
