//! `audit`: proves what wheels hold, without a GPU. The same is a stage of `build`.

mod device;

use manifest::{Artifact, Audit, AuditFinding, Extra, Manifest, Status, counted};
use serde::Serialize;

use super::manifest::{read as named, verify};
use super::{Code, Session, Stop, aside, result};
use crate::audit::archive::Bombs;
use crate::audit::expected::{Expected, difference, is_covered, subject};
use crate::audit::wheel::Wheel;
use crate::audit::{self, Finding, Proven, Severity};
use crate::cli::{AllowArgs, AuditArgs, PlanFormat};
use crate::facts::{Facts, Seen};
use crate::host::Host;
use crate::inspect::{self, InspectError, PassedOver};
use crate::record::Record;
use crate::redact::Secrets;
use crate::request::{MANIFESTS, Problem, Trial};
use crate::version::{PythonVersion, VersionError, normalize};
use crate::{file, gfx};

/// What an audit found, as JSON has it.
#[derive(Clone, Debug, Serialize)]
struct Report<'a> {
    findings: &'a [Finding],
    /// What nothing is said of, and why.
    unchecked: Vec<String>,
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

/// What is audited.
struct Subject {
    folder: String,
    manifest: Option<Manifest>,
}

/// Audits a folder of wheels, or what a manifest lists.
///
/// # Errors
/// If the request is wrong, or the wheels cannot be read.
pub fn run(args: &AuditArgs, host: &Host) -> Result<Code, Stop> {
    if !args.device_code.is_empty() {
        return device::run(&args.device_code, args.format, host);
    }
    let secrets = Secrets::default().and(&host.env);
    let path = named::path(host, "`DIR|MANIFEST`", args.what.as_deref().unwrap_or("dist"));
    let (path, allowed, given) = match (path, allowed(&args.allow), given(args)) {
        (Ok(path), Ok(allowed), Ok(given)) => (path, allowed, given),
        (path, allowed, given) => {
            let problems =
                path.err().into_iter().chain(allowed.err().into_iter().flatten()).chain(given.err().into_iter().flatten());
            return Err(Stop::Problems(Code::Request, problems.collect()));
        }
    };
    let subject = look(&path, host, &secrets)?;
    let (wheels, passed_over) = inspect::contents(&subject.folder, bombs(&allowed)).map_err(unreadable)?;
    passed_over.iter().for_each(|folder: &PassedOver| aside(&format!("warning: {folder}"), &secrets));
    if wheels.is_empty() {
        let problem = Problem::new(format!("there is no wheel in `{}`", subject.folder))
            .hint("name the folder that the `.whl` files are in");
        return Err(Stop::Problems(Code::Unproven, vec![problem]));
    }
    let expected = expected(&subject, given, &wheels, &secrets);
    let tried = || match &subject.manifest {
        Some(manifest) => super::proof::of_manifest(&args.trial, host, manifest, &subject.folder),
        None => Ok(Err("no manifest tells what belongs to it".to_owned())),
    };
    let (findings, untried) = all_findings(&wheels, &expected, &allowed, tried)?;
    let unchecked = unchecked(&expected, untried);
    match args.format {
        PlanFormat::Json => {
            let report = Report { wheels: wheels.iter().map(audited).collect(), findings: &findings, unchecked };
            result(&named::harmless(&serde_json::to_string_pretty(&report).unwrap_or_default()))?;
        }
        PlanFormat::Text => {
            result(&(lines(&findings) + &sum(&findings, &wheels)))?;
            unchecked.iter().try_for_each(|what| result(&format!("not checked: {what}")))?;
        }
    }
    Ok(if findings.iter().any(Finding::is_error) { Code::Unproven } else { Code::Done })
}

/// The codes that are allowed.
///
/// # Errors
/// Every name that is none.
pub(super) fn allowed(args: &AllowArgs) -> Result<Vec<audit::Code>, Vec<Problem>> {
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
    if problems.is_empty() { Ok(codes) } else { Err(problems) }
}

/// What is allowed must be looked into as all else is.
fn bombs(allowed: &[audit::Code]) -> Bombs {
    if allowed.contains(&audit::Code::ArchiveBomb) { Bombs::Unpack } else { Bombs::Refuse }
}

/// What the flags say of the wheels.
fn given(args: &AuditArgs) -> Result<Expected, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut wrong = |flag: &str, text: String, hint: Option<String>| {
        problems.push(Problem { text: format!("invalid value for `--{flag}`: {text}"), hint });
    };
    let unknown = if args.allow_unknown_gfx { gfx::Unknown::Allow } else { gfx::Unknown::Refuse };
    let selection = (!args.gfx.is_empty()).then(|| gfx::select(&args.gfx, unknown)).transpose();
    let selection = selection.map_err(|error| wrong("gfx", error.to_string(), error.hint())).unwrap_or_default();
    let of_version = |error: VersionError| (error.to_string(), error.hint());
    let python = args.python.as_deref().map(PythonVersion::parse).transpose().map_err(of_version);
    let python = python.map_err(|(text, hint)| wrong("python", text, hint)).unwrap_or_default();
    let rocm = args.rocm_sdk_version.as_deref().map(normalize).transpose().map_err(of_version);
    let rocm = rocm.map_err(|(text, hint)| wrong("rocm-sdk-version", text, hint)).unwrap_or_default();
    let expected = Expected { gfx: selection.map(|all| all.targets).unwrap_or_default(), python, rocm, ..Expected::default() };
    if problems.is_empty() { Ok(expected) } else { Err(problems) }
}

/// A manifest and its folder, or a folder and its manifest if it has just one.
fn look(path: &str, host: &Host, secrets: &Secrets) -> Result<Subject, Stop> {
    match file::look(path) {
        Seen::Missing => {
            Err(Stop::world(Problem::new(format!("there is no `{path}`")).hint("name a folder with wheels, or a manifest")))
        }
        Seen::Directory => {
            let manifests = host.platform.join(path, MANIFESTS);
            let mut names = file::list(&manifests).unwrap_or_default();
            names.retain(|name| name.starts_with("therock-manifest_") && name.ends_with(".json"));
            let manifest = match &names[..] {
                [] => None,
                [name] => Some(verify::manifest(&host.platform.join(&manifests, name))?.manifest),
                several => {
                    let number = several.len();
                    aside(
                        &format!("note: there are {number} manifests in `{manifests}`; name one, to audit its set by it"),
                        secrets,
                    );
                    None
                }
            };
            Ok(Subject { folder: path.to_owned(), manifest })
        }
        _ if path.ends_with(".whl") => Err(Stop::request(
            Problem::new(format!("invalid value for `DIR|MANIFEST`: `{path}` is a wheel"))
                .hint("name its folder, or its manifest"),
        )),
        _ => Ok(Subject { folder: verify::folder_of(host, path), manifest: Some(verify::manifest(path)?.manifest) }),
    }
}

/// What the wheels should be: what flags say, then what the manifest says, whose wheels these must be.
fn expected(subject: &Subject, given: Expected, wheels: &[Wheel], secrets: &Secrets) -> Expected {
    let Some(manifest) = &subject.manifest else { return given };
    if let Some(status) = manifest.status.filter(|status| *status != Status::Complete) {
        aside(&format!("note: the set is not complete: its status is `{status}`"), secrets);
    }
    let files: Vec<_> = wheels.iter().map(|wheel| wheel.file.clone()).collect();
    // Whether versions are those that were planned is looked at for each wheel.
    let differences = manifest.verify(&files).into_iter().filter(|found| found.code() != "version");
    let said = Expected::of(manifest);
    Expected {
        gfx: if given.gfx.is_empty() { said.gfx.clone() } else { given.gfx },
        python: given.python.or(said.python),
        rocm: given.rocm.or(said.rocm.clone()),
        differences: differences.map(|found| difference(&found)).collect(),
        ..said
    }
}

/// What is wrong with the wheels, and why they were not tried in a clean environment, if they were not. Nothing of a set is run that is known to be
/// wrong.
fn all_findings(
    wheels: &[Wheel],
    expected: &Expected,
    allowed: &[audit::Code],
    tried: impl FnOnce() -> Result<Result<Proven, String>, Stop>,
) -> Result<(Vec<Finding>, Option<String>), Stop> {
    let findings = audit::findings(wheels, expected, &Proven::default(), allowed);
    if findings.iter().any(Finding::is_error) {
        return Ok((findings, Some("it is known to be wrong".to_owned())));
    }
    Ok(match tried()? {
        Ok(proven) => (audit::findings(wheels, expected, &proven, allowed), None),
        Err(why) => (findings, Some(why)),
    })
}

/// What an audit says nothing of.
fn unchecked(expected: &Expected, untried: Option<String>) -> Vec<String> {
    let unsaid = |what: &str, flag: &str| format!("{what}: neither a manifest nor `--{flag}` says which they are for");
    let mut unchecked = Vec::new();
    if expected.gfx.is_empty() {
        unchecked.push(unsaid("whether the wheels have code for their GPU targets, and no other", "gfx"));
    }
    if expected.python.is_none() {
        unchecked.push(unsaid("whether the wheels are for one Python", "python"));
    }
    if expected.rocm.is_none() {
        unchecked.push(unsaid("whether the wheels are for one ROCm", "rocm-sdk-version"));
    }
    unchecked.extend(untried.map(|why| format!("whether the set can be installed and imported: {why}")));
    unchecked
}

fn unreadable(errors: Vec<InspectError>) -> Stop {
    let unread = errors.iter().any(|error| matches!(error, InspectError::File(_)));
    Stop::Problems(if unread { Code::World } else { Code::Unproven }, inspect::problems(&errors))
}

fn audited(wheel: &Wheel) -> Audited {
    Audited {
        path: wheel.file.path.clone(),
        size_bytes: wheel.file.size_bytes,
        sha256: wheel.file.sha256.clone(),
        gfx_targets: targets(wheel),
    }
}

fn targets(wheel: &Wheel) -> Vec<String> {
    let targets = audit::device::targets(wheel.code.iter().flat_map(|code| &code.objects));
    targets.iter().map(|target| target.as_str().to_owned()).collect()
}

/// The findings, one by one.
fn lines<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> String {
    findings.into_iter().map(|finding| format!("{finding}\n")).collect()
}

/// One line for all of it.
fn sum(findings: &[Finding], wheels: &[Wheel]) -> String {
    let size = wheels.iter().map(|wheel| wheel.file.size_bytes).sum();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let (errors, warnings, allowed) = (count(Severity::Error), count(Severity::Warning), count(Severity::Allowed));
    let parts =
        [(errors, counted(errors, "error")), (warnings, counted(warnings, "warning")), (allowed, format!("{allowed} allowed"))];
    let parts: Vec<String> = parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text).collect();
    let parts = if parts.is_empty() { "nothing is wrong".to_owned() } else { parts.join(", ") };
    format!("{}, {}: {parts}", counted(wheels.len() as u64, "wheel"), manifest::size(size))
}

/// The stage of `build`: audits the wheels that the manifest lists, unless an earlier run audited just these, and writes down what it found.
///
/// # Errors
/// If there are errors among the findings, or a wheel cannot be read.
pub(super) fn stage(session: &mut Session, facts: &Facts, record: &mut Record, args: &AllowArgs) -> Result<(), Stop> {
    let allowed = allowed(args).map_err(|problems| Stop::Problems(Code::Request, problems))?;
    let manifest = record.manifest();
    // A set that lacks a wheel is not whole, which is said elsewhere and no fault of those that are there.
    let expected = Expected { asked: Vec::new(), ..Expected::of(manifest) };
    let untried = session.untried(facts, manifest)?;
    // What cannot be tried now is tried by the next run that can.
    let trial = if untried.is_some() { Trial::Skip } else { session.request.trial };
    if manifest.artifacts.is_empty() || is_covered(manifest, &expected, trial, &allowed) {
        return Ok(());
    }
    let files: Vec<(String, u64)> =
        manifest.artifacts.iter().map(|wheel| (wheel.relative_path.as_str().to_owned(), wheel.size_bytes)).collect();
    let wheels = inspect::contents_of(&session.request.places.output, &files, bombs(&allowed)).map_err(unreadable)?;
    let tried = || untried.map_or_else(|| session.try_set(facts, manifest).map(Ok), |why| Ok(Err(why)));
    let (findings, untried) = all_findings(&wheels, &expected, &allowed, tried)?;
    let written = Audit {
        subject: subject(&manifest.artifacts, &expected, trial, &allowed),
        findings: findings.iter().map(|finding| recorded(finding, session)).collect(),
        allowed: allowed.iter().map(|code| code.name().to_owned()).collect(),
        installed: untried.is_none() && !findings.iter().any(|finding| finding.code == audit::Code::NotInstallable),
        extra: Extra::new(),
    };
    let found = |artifact: &Artifact| {
        let wheel = wheels
            .iter()
            .find(|wheel| wheel.file.path == artifact.relative_path.as_str() && wheel.file.sha256 == artifact.sha256);
        wheel.map(targets)
    };
    record.audited(written, found)?;
    let (errors, others): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.is_error());
    others.iter().for_each(|finding| session.warn(&finding.to_string()));
    if !errors.is_empty() {
        return Err(Stop::Unproven(lines(errors)));
    }
    session.report.note(&format!("audit: {}", sum(&findings, &wheels)));
    untried.iter().for_each(|why| session.report.note(&format!("the set is not tried in a clean environment: {why}")));
    Ok(())
}

/// A finding as manifests have it, without secrets.
fn recorded(finding: &Finding, session: &Session) -> AuditFinding {
    AuditFinding {
        code: finding.code.name().to_owned(),
        severity: finding.severity.name().to_owned(),
        wheel: finding.wheel.clone(),
        member: finding.member.clone(),
        text: session.request.secrets.redact(&finding.text).into_owned(),
        extra: Extra::new(),
    }
}
