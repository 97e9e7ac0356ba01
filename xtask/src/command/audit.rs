//! `audit`: proves what wheels hold, without a GPU.

mod device;

use manifest::counted;
use serde::Serialize;

use super::manifest::read;
use super::{Code, Stop, aside, result};
use crate::audit::device::targets;
use crate::audit::together::{self, Known};
use crate::audit::{self, Finding, Severity, settled, single, wheel::Wheel};
use crate::cli::{AllowArgs, AuditArgs, PlanFormat};
use crate::facts::Seen;
use crate::file;
use crate::host::Host;
use crate::inspect::{self, InspectError};
use crate::redact::Secrets;
use crate::request::Problem;

/// What an audit found.
#[derive(Clone, Debug, Serialize)]
struct Report {
    findings: Vec<Finding>,
    wheels: Vec<Audited>,
}

/// A wheel that was audited.
#[derive(Clone, Debug, Serialize)]
struct Audited {
    path: String,
    size_bytes: u64,
    sha256: manifest::Sha256,
    gfx_targets: Vec<String>,
}

/// Audits a folder of wheels.
///
/// # Errors
/// If the request is wrong, or the wheels cannot be read.
pub fn run(args: &AuditArgs, host: &Host) -> Result<Code, Stop> {
    if !args.device_code.is_empty() {
        return device::run(&args.device_code, args.format, host);
    }
    let secrets = Secrets::default().and(&host.env);
    let allowed = allowed(&args.allow)?;
    let folder = read::path(host, "`DIR|MANIFEST`", args.what.as_deref().unwrap_or("dist")).map_err(Stop::request)?;
    if file::look(&folder) != Seen::Directory {
        let hint = "name a folder with wheels, or a manifest";
        return Err(Stop::world(Problem::new(format!("there is no folder `{folder}`")).hint(hint)));
    }
    let wheels = wheels(&folder, &secrets)?;
    let mut findings: Vec<Finding> = wheels.iter().flat_map(single::findings).collect();
    findings.extend(together::findings(&wheels, Known::default()));
    let findings = settled(findings, &allowed);
    let code = if findings.iter().any(Finding::is_error) { Code::Unproven } else { Code::Done };
    let report = Report { wheels: wheels.iter().map(audited).collect(), findings };
    match args.format {
        PlanFormat::Json => result(&read::harmless(&serde_json::to_string_pretty(&report).unwrap_or_default()))?,
        PlanFormat::Text => result(&text(&report))?,
    }
    Ok(code)
}

/// The codes that are allowed, or every name that is none.
pub(super) fn allowed(args: &AllowArgs) -> Result<Vec<audit::Code>, Stop> {
    let names = args.allow.iter().flat_map(|names| names.split(',')).map(str::trim).filter(|name| !name.is_empty());
    let (mut codes, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        match audit::Code::parse(name) {
            Ok(code) => codes.push(code),
            Err(error) => problems.push(Problem::new(format!("invalid value for `--allow`: {error}")).hint(error.hint())),
        }
    }
    codes.sort_unstable();
    codes.dedup();
    if problems.is_empty() { Ok(codes) } else { Err(Stop::Problems(Code::Request, problems)) }
}

fn wheels(folder: &str, secrets: &Secrets) -> Result<Vec<Wheel>, Stop> {
    let (wheels, passed_over) = inspect::contents(folder).map_err(|errors| {
        let unread = errors.iter().any(|error| matches!(error, InspectError::File(_)));
        Stop::Problems(if unread { Code::World } else { Code::Unproven }, inspect::problems(&errors))
    })?;
    passed_over.iter().for_each(|folder| aside(&format!("warning: {folder}"), secrets));
    if wheels.is_empty() {
        let problem =
            Problem::new(format!("there is no wheel in `{folder}`")).hint("name the folder that the `.whl` files are in");
        return Err(Stop::Problems(Code::Unproven, vec![problem]));
    }
    Ok(wheels)
}

fn audited(wheel: &Wheel) -> Audited {
    let targets = targets(wheel.code.iter().flat_map(|code| &code.objects));
    Audited {
        path: wheel.file.path.clone(),
        size_bytes: wheel.file.size_bytes,
        sha256: wheel.file.sha256.clone(),
        gfx_targets: targets.iter().map(|target| target.as_str().to_owned()).collect(),
    }
}

/// The findings, one by one, and a line that sums them up.
fn text(report: &Report) -> String {
    let mut text = String::new();
    report.findings.iter().for_each(|finding| text.push_str(&format!("{finding}\n")));
    let size = report.wheels.iter().map(|wheel| wheel.size_bytes).sum();
    text.push_str(&format!("{}, {}: ", counted(report.wheels.len() as u64, "wheel"), manifest::size(size)));
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let (errors, warnings, allowed) = (count(Severity::Error), count(Severity::Warning), count(Severity::Allowed));
    let parts =
        [(errors, counted(errors, "error")), (warnings, counted(warnings, "warning")), (allowed, format!("{allowed} allowed"))];
    let parts: Vec<String> = parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text).collect();
    text.push_str(&if parts.is_empty() { "nothing is wrong".to_owned() } else { parts.join(", ") });
    text
}
