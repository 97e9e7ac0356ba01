//! `audit --device-code`: lists what any wheel, library or object file holds.

use manifest::shown;

use crate::audit::device::FileCode;
use crate::cli::PlanFormat;
use crate::command::manifest::read;
use crate::command::{Code, Stop, result};
use crate::file::FileError;
use crate::host::Host;
use crate::inspect::device::{Held, of_file};
use crate::request::Problem;

/// Lists the device code of files.
///
/// # Errors
/// If files cannot be read, all of them together and before anything is listed; and after the list if device code in them is broken, or
/// they are wheels that are not whole.
pub(super) fn run(files: &[String], format: PlanFormat, host: &Host) -> Result<Code, Stop> {
    let (mut listed, mut broken, mut problems) = (Vec::new(), String::new(), Vec::new());
    for name in files {
        let path = read::path(host, "`--device-code`", name).map_err(Stop::request)?;
        match of_file(&path) {
            Ok(Held { parts, faults }) => {
                let code = FileCode::new(name, parts);
                let fault = |text: String| format!("error: {}: {text}\n", shown(name));
                broken.extend(faults.into_iter().map(fault));
                broken.push_str(&code.errors());
                listed.push(code);
            }
            Err(error) => problems.push(unread(error)),
        }
    }
    if !problems.is_empty() {
        return Err(Stop::Problems(Code::World, problems));
    }
    result(&match format {
        PlanFormat::Text => listed.iter().map(FileCode::text).collect::<String>(),
        PlanFormat::Json => read::harmless(&serde_json::to_string_pretty(&listed).unwrap_or_default()),
    })?;
    if broken.is_empty() { Ok(Code::Done) } else { Err(Stop::Unproven(broken)) }
}

fn unread(error: FileError) -> Problem {
    use std::io::ErrorKind;
    let hint = match error.cause.kind() {
        ErrorKind::NotFound => Some("look whether the path is right"),
        ErrorKind::IsADirectory => {
            Some("name files: a wheel, a library, an object file; a folder of wheels is audited without `--device-code`")
        }
        _ => error.hint(),
    };
    Problem { text: error.to_string(), hint: hint.map(str::to_owned) }
}
