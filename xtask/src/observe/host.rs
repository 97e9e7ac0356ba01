//! The machine, the command line and the clock: read once, when the tool starts.
#![allow(clippy::disallowed_methods, reason = "this is where the environment is read")]

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::time::SystemTime;

use manifest::shown;

use super::memory;
use crate::host::{Environment, Host, NETWORK_TIMEOUT, Platform, STALL_TIMEOUT, TIME_SCALE, Terminal};
use crate::request::Problem;

/// The words of the command line, the program's own name first.
///
/// # Errors
/// If one is not UTF-8.
pub fn arguments() -> Result<Vec<String>, Problem> {
    std::env::args_os().map(|word| text("argument", &word)).collect()
}

/// The machine and the environment that the tool was started in.
///
/// # Errors
/// If the current directory cannot be told, or it or `PATH` is not UTF-8.
pub fn host() -> Result<Host, Problem> {
    let platform = if cfg!(windows) { Platform::Windows } else { Platform::Linux };
    let cwd = std::env::current_dir().map_err(|error| {
        Problem::new(format!("the current directory cannot be told: {error}")).hint("change to a directory that is there")
    })?;
    let terminal = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let host = Host {
        platform,
        machine: machine(platform, std::env::consts::ARCH).to_owned(),
        cwd: text("current directory", cwd.as_os_str())?,
        env: environment()?,
        cpus: std::thread::available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX)),
        memory: memory::memory(),
        terminal: if terminal { Terminal::Interactive } else { Terminal::Dumb },
    };
    for name in [NETWORK_TIMEOUT, STALL_TIMEOUT] {
        let text = host.var(name).unwrap_or("1");
        if !text.parse::<u32>().is_ok_and(|seconds| seconds > 0) {
            return Err(Problem::new(format!("invalid variable `{name}`: `{}` is not a number of seconds", shown(text)))
                .hint("give a whole number such as `300`, or unset it"));
        }
    }
    if host.time_scale().is_none() {
        let text = shown(host.var(TIME_SCALE).unwrap_or_default());
        return Err(Problem::new(format!("invalid variable `{TIME_SCALE}`: `{text}` is not a number from 0.01 to 1"))
            .hint("unset it; only tests need it"));
    }
    Ok(host)
}

/// Variables that are not UTF-8 reach the programs that the tool starts, but the tool itself decides nothing by them.
fn environment() -> Result<Environment, Problem> {
    let mut environment = Environment::default();
    for (name, value) in std::env::vars_os() {
        let is_path = name.eq_ignore_ascii_case("PATH");
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => drop(environment.0.insert(name, value)),
            (Ok(name), Err(value)) if is_path => drop(text(&format!("variable `{name}`"), &value)?),
            _ => {}
        }
    }
    Ok(environment)
}

fn text(what: &str, value: &OsStr) -> Result<String, Problem> {
    value.to_str().map(str::to_owned).ok_or_else(|| {
        let hint = "rename the folder or file so that its name is UTF-8; build scripts could not spell it either";
        Problem::new(format!("the {what} `{}` is not UTF-8", value.to_string_lossy())).hint(hint)
    })
}

/// The processor as the operating system calls it.
fn machine(platform: Platform, arch: &str) -> &str {
    match (platform, arch) {
        (Platform::Windows, "x86_64") => "amd64",
        (Platform::Windows, "aarch64") => "arm64",
        _ => arch,
    }
}

/// The time in UTC as part of a file's name: `20261122T170501Z`.
pub fn now() -> String {
    stamp(SystemTime::now())
}

fn stamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn this_machine_is_seen() {
        let host = host().unwrap();
        assert!(host.cpus >= 1);
        assert!(host.platform.is_absolute(&host.cwd), "{}", host.cwd);
        assert!(host.var("PATH").is_some());
        assert_eq!(host.platform == Platform::Windows, cfg!(windows));
        assert!(arguments().is_ok_and(|words| !words.is_empty()));
    }

    #[test]
    fn processors_have_the_names_of_their_system() {
        for (platform, arch, expected) in [
            (Platform::Linux, "x86_64", "x86_64"),
            (Platform::Linux, "aarch64", "aarch64"),
            (Platform::Windows, "x86_64", "amd64"),
            (Platform::Windows, "aarch64", "arm64"),
        ] {
            assert_eq!(machine(platform, arch), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_text_is_refused() {
        let latin: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"/w/\xfc");
        let problem = text("current directory", latin).unwrap_err();
        assert_eq!(problem.text, "the current directory `/w/\u{fffd}` is not UTF-8");
        let hint = "rename the folder or file so that its name is UTF-8; build scripts could not spell it either";
        assert_eq!(problem.hint.as_deref(), Some(hint));
    }

    #[test]
    fn times_are_spelled() {
        assert_eq!(stamp(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_367_101)), "20261122T170501Z");
    }
}
