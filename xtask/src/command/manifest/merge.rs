//! `manifest merge`: the parts of one build, or the builds of a matrix.

use manifest::{Identity, Index, MergeError, Misfit, merge, shown};
use serde_json::Value;

use super::read::{self, Document};
use crate::cli::MergeArgs;
use crate::command::{Code, Stop, aside, result};
use crate::file;
use crate::gfx::{self, Unknown};
use crate::host::{Host, Platform};
use crate::redact::Secrets;
use crate::request::Problem;

pub(super) fn run(args: &MergeArgs, host: &Host) -> Result<Code, Stop> {
    if args.manifests.is_empty() && args.planned.is_none() {
        let hint = "name at least one file; an index of runs that all failed needs `--index --planned`";
        return Err(Stop::request(Problem::new("there is no manifest to merge").hint(hint)));
    }
    let names = args.manifests.iter().map(|name| ("`FILE`", name)).chain(args.output.iter().map(|name| ("`--output`", name)));
    let mut paths = read::all(names.map(|(what, name)| read::path(host, what, name)), Code::Request)?;
    let platform = host.name_of(args.platform.map_or(host.platform, Platform::from));
    let planned = args.planned.as_deref().map(|json| planned(json, &platform)).transpose();
    let planned = planned.map_err(|problems| Stop::Problems(Code::Request, problems))?.unwrap_or_default();
    let output = paths.split_off(args.manifests.len()).pop();
    let manifests = read::all(paths.iter().map(|path| read::manifest(path)), Code::World)?;
    let wrong = |error: MergeError| misfit(&error, &args.manifests);
    let merged = match args.index {
        true => Document::Index(Index::new(&planned, manifests).map_err(wrong)?),
        false => Document::Manifest(Box::new(merge(&manifests).map_err(wrong)?)),
    };
    if let Document::Index(index) = &merged {
        for run in &index.missing {
            let text = format!("warning: none of the manifests is of `{}`, which was planned", shown(&run.to_string()));
            aside(&text, &Secrets::default().and(&host.env));
        }
    }
    match output {
        Some(path) => write(&path, merged)?,
        None => result(&read::harmless(&merged.into_json()))?,
    }
    Ok(Code::Done)
}

/// What builds the rows of a matrix are, each once.
fn planned(json: &str, platform: &str) -> Result<Vec<Identity>, Vec<Problem>> {
    let hint = "give what `cargo xtask matrix` printed";
    let wrong = |what: String| Problem::new(format!("invalid value for `--planned`: {what}"));
    let rows: Vec<Value> =
        serde_json::from_str(json).map_err(|error| vec![wrong(format!("it is no JSON array: {error}")).hint(hint)])?;
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (number, row) in (1..).zip(&rows) {
        match identity(row, platform) {
            Ok(identity) if found.contains(&identity) => {}
            Ok(identity) => found.push(identity),
            Err(problem) => problems
                .push(wrong(format!("row {number}: {}", problem.text)).hint(problem.hint.unwrap_or_else(|| hint.to_owned()))),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn identity(row: &Value, platform: &str) -> Result<Identity, Problem> {
    let text = |key: &str| {
        let value = row.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        value.ok_or_else(|| Problem::new(format!("`{key}` is missing or no text")))
    };
    let (python, reference, families) = (text("python_version")?, text("pytorch_git_ref")?, text("amdgpu_families")?);
    let selection = gfx::select(&[families.to_owned()], Unknown::Allow);
    let selection = selection.map_err(|error| Problem::new(error.to_string()).hint("`cargo xtask gfx` lists all names"))?;
    Ok(Identity::new(platform, python, reference, &selection.targets))
}

/// Which file does not fit, and why. Files that are of no build, or of several, are the wrong files; parts that contradict each other are a
/// verification that failed.
fn misfit(error: &MergeError, names: &[String]) -> Stop {
    let (text, code) = match error {
        MergeError::Nothing => (error.to_string(), Code::Request),
        MergeError::Part { position, misfit } => {
            let name = names.get(position - 1).map_or("", String::as_str);
            let code = match misfit {
                Misfit::NoIdentity | Misfit::Identity { .. } => Code::World,
                Misfit::Source { .. } | Misfit::Value { .. } | Misfit::File { .. } => Code::Unproven,
            };
            (format!("`{name}` {misfit}"), code)
        }
    };
    Stop::Problems(code, vec![Problem::new(text).hint(error.hint())])
}

/// Writes a file that is new, or that is an index where an index is written, or of the same build.
fn write(path: &str, merged: Document) -> Result<(), Stop> {
    let there = file::read_if_there(path)?;
    if let Some(text) = there
        && !may_replace(&text, &merged)
    {
        let what = match merged {
            Document::Index(_) => "an index",
            Document::Manifest(_) => "a manifest of the same build",
        };
        let problem = format!("`{path}` is there and is not {what}, so it is not replaced");
        return Err(Stop::world(Problem::new(problem).hint("remove it, or choose another name")));
    }
    Ok(file::write_text(path, &merged.into_json())?)
}

fn may_replace(there: &str, merged: &Document) -> bool {
    match (Document::parse(there), merged) {
        (Ok(Document::Index(_)), Document::Index(_)) => true,
        (Ok(Document::Manifest(there)), Document::Manifest(merged)) => {
            there.identity().is_some() && there.identity() == merged.identity()
        }
        _ => false,
    }
}
