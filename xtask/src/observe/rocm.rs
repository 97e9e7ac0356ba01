//! The ROCm SDK of an environment, asked only if that changes nothing.

use serde::Deserialize;

use crate::facts::{Python, Rocm, RocmState, Seen};
use crate::file;
use crate::host::Host;
use crate::plan::env::SDK_FOLDERS;
use crate::process::{self, Ended, ProcessError};

/// What the module prints about itself.
pub(super) fn state(host: &Host, python: &Python) -> RocmState {
    let Some(version) = python.installed("rocm") else { return RocmState::Absent };
    if is_packed(host, python) {
        return RocmState::Packed;
    }
    ready(host, python, version).map_or_else(RocmState::Broken, RocmState::Ready)
}

/// The development files come as a tar beside the package. The first question for a path unpacks it, and removes it last.
fn is_packed(host: &Host, python: &Python) -> bool {
    let folder = host.platform.join(&python.site_packages, "rocm_sdk_devel");
    file::list(&folder).is_ok_and(|names| names.iter().any(|name| name.starts_with("_devel.tar")))
}

/// The questions, in the order in which they are asked. The first for a path may still link the files of device packages.
const QUESTIONS: [&str; 4] = ["version", "path --root", "path --bin", "path --cmake"];

fn ready(host: &Host, python: &Python, version: &str) -> Result<Rocm, String> {
    let answers = ask(python)?;
    let mut lines = QUESTIONS.into_iter().zip(answers).map(|(question, answer)| answer.line(question));
    let mut next = || lines.next().unwrap_or_else(|| Err("`rocm_sdk` answers too few questions".to_owned()));
    let (sdk_version, root, bin, cmake) = (next(), next(), next(), next());
    let sdk_version = sdk_version?;
    let root = dir(host, "--root", root?)?;
    let is_there = |name: &&str| file::look(&host.platform.join(&root, name)) == Seen::Directory;
    let present = SDK_FOLDERS.into_iter().filter(is_there).map(str::to_owned).collect();
    let (bin, cmake) = (dir(host, "--bin", bin?)?, dir(host, "--cmake", cmake?)?);
    Ok(Rocm { package_version: version.to_owned(), sdk_version, bin, cmake, present, root })
}

/// Checks that a path which the module prints is an absolute one of a directory.
fn dir(host: &Host, which: &str, path: String) -> Result<String, String> {
    let fault = match file::look(&path) {
        _ if !host.platform.is_absolute(&path) => "which is not an absolute path",
        Seen::Missing => "which is not there",
        Seen::File => "which is not a folder",
        Seen::Directory => return Ok(path),
    };
    Err(format!("`rocm_sdk path {which}` prints `{path}`, {fault}"))
}

/// What `python -m rocm_sdk QUESTION` prints and exits with.
#[derive(Deserialize)]
struct Answer {
    code: i32,
    stdout: String,
    /// Warnings, unless the code is not 0.
    stderr: String,
}

impl Answer {
    /// The one line of standard output.
    fn line(self, question: &str) -> Result<String, String> {
        let text = self.stdout.trim();
        match text.lines().count() {
            _ if self.code != 0 => Err(format!("`rocm_sdk {question}` {}", process::end(Ended::Code(self.code), &self.stderr))),
            0 => Err(format!("`rocm_sdk {question}` prints nothing")),
            1 => Ok(text.to_owned()),
            lines => Err(format!("`rocm_sdk {question}` prints {lines} lines instead of one")),
        }
    }
}

fn ask(python: &Python) -> Result<Vec<Answer>, String> {
    let args = [&["-c", include_str!("ask_rocm_sdk.py")][..], &QUESTIONS].concat();
    let text = process::ask(&python.executable, &args, &python.prefix, &[]).map_err(|error| match error {
        ProcessError::Failed { ended, stderr, .. } => format!("`rocm_sdk` {}", process::end(ended, &stderr)),
        ProcessError::NotText { .. } => "`rocm_sdk` prints something that is not UTF-8".to_owned(),
        error => error.to_string(),
    })?;
    serde_json::from_str(text.lines().last().unwrap_or_default()).map_err(|error| format!("`rocm_sdk` cannot be asked: {error}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
