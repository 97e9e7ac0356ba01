//! Whether pip can get packages on this machine, from wherever it is configured to look.

use std::time::{Duration, Instant};

use crate::facts::Python;
use crate::file;
use crate::host::Host;
use crate::plan::pip::Pip;
use crate::process::{self, Ended, Spawn};

/// How long pip may take. It gives a server 5 s and asks once.
const LIMIT: Duration = Duration::from_secs(20);

/// Downloads a requirement into a directory that is removed again. Nothing is installed.
///
/// # Errors
/// pip's first error, in words.
pub(super) fn can_download(host: &Host, python: &Python, requirement: &str) -> Result<(), String> {
    let pip = match Pip::choose(None, python)? {
        Pip::Of(_) => vec!["-m".to_owned(), "pip".to_owned()],
        Pip::Bundled(wheel) => vec![host.platform.join(&wheel, "pip")],
    };
    let scratch = file::scratch().map_err(|error| error.to_string())?;
    let dest = scratch.path().to_string_lossy();
    let options = ["download", "--no-input", "--disable-pip-version-check", "--no-deps", "--retries", "0", "--timeout", "5"];
    let pip = pip.iter().map(String::as_str).chain(options).chain(["--dest", &dest, requirement]);
    let args: Vec<&str> = ["-I"].into_iter().chain(pip).collect();
    let mut spawn = Spawn::new(&python.executable, &args, &host.temp_dir());
    spawn.limits.until = Instant::now().checked_add(LIMIT);
    let mut errors = Vec::new();
    let ended = process::run(&spawn, &mut |line| {
        if let Some(error) = line.trim_start().strip_prefix("ERROR: ") {
            errors.push(error.to_owned());
        }
    });
    match ended.map_err(|error| error.to_string())? {
        Ended::Code(0) => Ok(()),
        ended => Err(errors.into_iter().next().unwrap_or_else(|| format!("pip {ended}"))),
    }
}
