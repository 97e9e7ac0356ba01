//! The ROCm SDK of an environment, asked only if that changes nothing.

use crate::facts::{Python, Rocm, RocmState, Seen};
use crate::file;
use crate::host::Host;
use crate::plan::env::SDK_FOLDERS;
use crate::process;

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

fn ready(host: &Host, python: &Python, version: &str) -> Result<Rocm, String> {
    // A question for a path may still link the files of device packages: no two of them at once before one has.
    let (sdk_version, root) = both(|| ask(python, &["version"]), || folder(host, python, "--root"));
    let (sdk_version, root) = (sdk_version?, root?);
    let (bin, cmake) = both(|| folder(host, python, "--bin"), || folder(host, python, "--cmake"));
    let is_there = |name: &&str| file::look(&host.platform.join(&root, name)) == Seen::Directory;
    let present = SDK_FOLDERS.into_iter().filter(is_there).map(str::to_owned).collect();
    Ok(Rocm { package_version: version.to_owned(), sdk_version, bin: bin?, cmake: cmake?, present, root })
}

fn both<T: Send>(one: impl FnOnce() -> T + Send, other: impl FnOnce() -> T) -> (T, T) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}

fn folder(host: &Host, python: &Python, which: &str) -> Result<String, String> {
    let path = ask(python, &["path", which])?;
    let fault = match file::look(&path) {
        _ if !host.platform.is_absolute(&path) => "which is not an absolute path",
        Seen::Missing => "which is not there",
        Seen::File => "which is not a folder",
        Seen::Directory => return Ok(path),
    };
    Err(format!("`rocm_sdk path {which}` prints `{path}`, {fault}"))
}

/// One line of standard output; what the module writes to standard error are warnings.
fn ask(python: &Python, question: &[&str]) -> Result<String, String> {
    let args = [&["-m", "rocm_sdk"], question].concat();
    let query = args[1..].join(" ");
    let text = process::ask(&python.executable, &args, &python.prefix, &[]).map_err(|error| match error {
        process::ProcessError::Failed { ended, stderr, .. } => format!("`{query}` {}", process::end(ended, &stderr)),
        _ => format!("`{query}`: {error}"),
    })?;
    match text.lines().count() {
        0 => Err(format!("`{query}` prints nothing")),
        1 => Ok(text),
        lines => Err(format!("`{query}` prints {lines} lines instead of one")),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
