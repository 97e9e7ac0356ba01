//! Whether pip can get packages on this machine, from wherever it is configured to look.

use std::time::{Duration, Instant};

use crate::facts::Python;
use crate::file;
use crate::host::Host;
use crate::plan::pip::Pip;
use crate::process::{self, Ended, ProcessError, Spawn};
use crate::redact::without_credentials;

/// How long pip may take before the question is given up. It gives a server 10 s, and tries twice.
const LIMIT: Duration = Duration::from_secs(60);

/// Downloads requirements into a directory that is removed again. Nothing is installed. A pip that gives no answer in time is no reason to refuse.
///
/// # Errors
/// pip's first error, in words.
pub(super) fn can_download(host: &Host, python: &Python, requirements: &[&str]) -> Result<(), String> {
    let pip = match Pip::choose(None, python)? {
        Pip::Of(_) => vec!["-m".to_owned(), "pip".to_owned()],
        Pip::Bundled(wheel) => vec![host.platform.join(&wheel, "pip")],
    };
    let scratch = file::scratch().map_err(|error| error.to_string())?;
    let dest = scratch.path().to_string_lossy();
    let options = ["download", "--no-input", "--disable-pip-version-check", "--no-deps", "--retries", "1", "--timeout", "10"];
    let pip = pip.iter().map(String::as_str).chain(options).chain(["--dest", &dest]).chain(requirements.iter().copied());
    let args: Vec<&str> = ["-I"].into_iter().chain(pip).collect();
    // Builds install into an environment, so what the user forbids outside of one does not matter.
    let env = [("PIP_REQUIRE_VIRTUALENV", None)];
    let mut spawn = Spawn::new(&python.executable, &args, &host.temp_dir()).env(&env);
    spawn.limits.until = Instant::now().checked_add(LIMIT);
    let mut errors = Vec::new();
    let ended = process::run(&spawn, &mut |line| {
        let error = line.trim_start().strip_prefix("ERROR: ").filter(|error| !error.starts_with("Ignored the following"));
        errors.extend(error.map(|error| without_credentials(error).into_owned()));
    });
    match ended {
        Ok(Ended::Code(0)) | Err(ProcessError::Late { .. }) => Ok(()),
        Ok(ended) => Err(errors.into_iter().next().unwrap_or_else(|| format!("pip {ended}"))),
        Err(error) => Err(error.to_string()),
    }
}
