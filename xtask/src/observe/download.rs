//! One text from an address, through `curl`: no TLS of our own is compiled for that. It is bounded in size and in time.

use crate::file;
use crate::host::Host;
use crate::process::{self, Ended, Spawn};
use crate::redact::without_credentials;
use crate::request::Problem;

/// The most bytes that are taken: a manifest of a hundred thousand wheels has some ninety million.
pub const MOST: u64 = 128 << 20;

/// The most seconds that it may take, retries included.
const SECONDS: &str = "120";

/// Curl's own settings are those of whoever logs in here; a download that may be repeated has none.
const FLAGS: [&str; 9] =
    ["--disable", "--silent", "--show-error", "--fail", "--location", "--globoff", "--max-redirs", "5", "--proto"];

/// The text at an address in which `refs::index_fault` finds nothing: `https://…`, `http://…` or `file://…`.
///
/// # Errors
/// If it cannot be had.
pub fn download(host: &Host, address: &str) -> Result<String, Problem> {
    let shown = without_credentials(address);
    let failed = |cause: String| Problem::new(format!("cannot download `{shown}`: {}", without_credentials(&cause)));
    let Some(curl) = super::looks::program(host, "curl") else {
        return Err(failed("`curl` is not found".to_owned()).hint("install it, or download the file yourself and name that"));
    };
    let folder = file::scratch().map_err(|error| failed(error.to_string()))?;
    let path = folder.path().join("manifest").to_string_lossy().into_owned();
    // Whoever answers may lead elsewhere, but to no file of this machine.
    let protocols = if address.starts_with("file:") { "=file" } else { "=https,http" };
    let bounds =
        ["--proto-redir", "=https,http", "--connect-timeout", "20", "--max-time", SECONDS, "--retry", "2", "--retry-max-time"];
    let most = MOST.to_string();
    let args =
        [&FLAGS[..], &[protocols], &bounds, &[SECONDS, "--max-filesize", &most, "--output", &path, "--url", address]].concat();
    let mut said = Vec::new();
    let ended = process::run(&Spawn::new(&curl, &args, &host.cwd), &mut |line| said.push(line.to_owned()));
    match ended.map_err(|error| failed(error.to_string()))? {
        Ended::Code(0) => file::read_at_most(&path, MOST).map_err(|error| failed(error.cause.to_string())),
        ended => Err(failed(format!("`curl` {}", process::end(ended, &said.join("\n"))))
            .hint("does `curl` get it here? A file can be named as well")),
    }
}
