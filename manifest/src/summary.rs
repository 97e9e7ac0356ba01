//! What a manifest says, for people: a few aligned lines instead of some hundred.

use std::fmt::Write;

use serde::Serialize;

use crate::figures::{counted, duration, size};
use crate::index::Index;
use crate::model::{Artifact, Ci, Failure, Job, Manifest, Missing, Need, Origin, Source, Toolchain};
use crate::shown::{shown, shown_value};

/// How many digits of a hash tell one from another.
const SHORT: usize = 12;

impl Manifest {
    /// What it says, for people: which build, how far it is, its wheels, sources, ROCm packages, programs, the options that are
    /// not the default, the jobs. What is not there has no line. Foreign text is escaped, so a terminal may show it; addresses
    /// lose their user names and passwords.
    pub fn summary(&self) -> String {
        let mut manifest = self.clone();
        manifest.remove_credentials();
        let mut text = columns("", &manifest.head());
        section(&mut text, "wheels", &manifest.wheels());
        section(&mut text, "sources", &manifest.source_rows());
        let packages = manifest.rocm.iter().flat_map(|rocm| &rocm.packages);
        section(&mut text, "ROCm packages", &packages.map(|package| pair(&package.name, &package.version)).collect::<Vec<_>>());
        section(&mut text, "toolchain", &manifest.toolchain.as_ref().map(programs).unwrap_or_default());
        let chosen = manifest.options.iter().filter(|option| option.origin != Origin::Default);
        let option = |name: &str, value, origin| vec![shown(name), shown_value(value), format!("({})", spelled(origin))];
        let options: Vec<Row> = chosen.map(|chosen| option(&chosen.name, &chosen.value, chosen.origin)).collect();
        section(&mut text, "options", &options);
        section(&mut text, "jobs", &manifest.jobs.iter().map(job).collect::<Vec<_>>());
        text
    }

    fn head(&self) -> Vec<Row> {
        let missing: Vec<String> = self.missing.iter().map(missing).collect();
        let index = self.rocm.as_ref().and_then(|rocm| rocm.index.as_deref()).map(|index| format!("from {}", shown(index)));
        let suffix = self.version_suffix.as_deref().map(|suffix| format!("suffix {}", shown(suffix)));
        let rocm = [self.rocm_sdk_version.as_deref().map(shown), suffix, index];
        let others: Vec<String> = self.extra.keys().map(|key| shown(key)).collect();
        let rows = [
            ("build", self.build()),
            ("status", self.status.map_or_else(|| "none: a list of sources".to_owned(), |status| status.to_string())),
            ("missing", missing.join(", ")),
            ("release", self.release_type.as_deref().map(shown).unwrap_or_default()),
            ("ROCm", list(rocm)),
            ("CI", self.run()),
            ("other keys", others.join(", ")),
        ];
        rows.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| vec![name.to_owned(), value]).collect()
    }

    /// The four parts of the identity, as far as they are there, and the families that the targets are of.
    fn build(&self) -> String {
        let python = self.python_version.as_deref().map(|python| format!("Python {}", shown(python)));
        let targets = (!self.gfx_targets.is_empty()).then(|| shown(&self.gfx_targets.join(",")));
        let build = list([self.platform.as_deref().map(shown), python, self.pytorch_git_ref.as_deref().map(shown), targets]);
        match &self.amdgpu_family {
            Some(families) => format!("{build} ({})", shown(families)),
            None => build,
        }
    }

    fn run(&self) -> String {
        match &self.ci {
            Some(ci) => run(ci),
            None => list([self.run_id.as_deref(), self.job_id.as_deref()].map(|id| id.map(shown))),
        }
    }

    fn wheels(&self) -> Vec<Row> {
        let wheel = |artifact: &Artifact| {
            vec![shown(artifact.relative_path.as_str()), size(artifact.size_bytes), short(artifact.sha256.as_str())]
        };
        let mut rows: Vec<Row> = self.artifacts_by_path().into_iter().map(wheel).collect();
        if rows.len() > 1 {
            rows.push(vec![counted(rows.len() as u64, "wheel"), self.total_size()]);
        }
        rows
    }

    fn total_size(&self) -> String {
        size(self.artifacts.iter().fold(0, |sum: u64, artifact| sum.saturating_add(artifact.size_bytes)))
    }

    fn source_rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.sources().map(|(project, entry)| source(project.key(), entry)).collect();
        if let Some(therock) = &self.therock {
            let found = [&therock.version, &therock.branch].map(|value| value.as_deref().map(shown));
            rows.push(vec!["therock".to_owned(), shown(&short(&therock.commit)), shown(&therock.repo), list(found)]);
        }
        rows
    }
}

impl Index {
    /// What it says, for people: one line for each run, and one for each that is missing. As in [`Manifest::summary`] nothing
    /// foreign is left as it is.
    pub fn summary(&self) -> String {
        let mut text = format!("index of {}, {} missing\n", counted(self.runs.len() as u64, "run"), self.missing.len());
        let run = |run: &Manifest| {
            let lacks: Vec<String> = run.missing.iter().map(missing).collect();
            let lacks = if lacks.is_empty() { String::new() } else { format!("lacks {}", lacks.join(", ")) };
            let status = run.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            let build = Some(run.build()).filter(|build| !build.is_empty()).unwrap_or_else(|| "unknown".to_owned());
            vec![build, status, counted(run.artifacts.len() as u64, "wheel"), run.total_size(), lacks]
        };
        section(&mut text, "runs", &self.runs.iter().map(run).collect::<Vec<_>>());
        section(&mut text, "missing", &self.missing.iter().map(|run| vec![shown(&run.to_string())]).collect::<Vec<_>>());
        text
    }
}

type Row = Vec<String>;

fn pair(name: &str, value: &str) -> Row {
    vec![shown(name), shown(value)]
}

/// What is there of these, with commas between.
fn list<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A value of an enum as it is spelled in JSON, in words.
fn spelled(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().replace('_', " ")
}

fn short(digits: &str) -> String {
    digits.chars().take(SHORT).collect()
}

fn missing(missing: &Missing) -> String {
    match missing.need {
        Need::Required => missing.project.to_string(),
        Need::Optional => format!("{} (optional)", missing.project),
    }
}

fn run(ci: &Ci) -> String {
    let job = ci.job.as_deref().map(|job| format!("job {}", shown(job)));
    let attempt =
        ci.run_attempt.as_deref().filter(|attempt| *attempt != "1").map(|attempt| format!("attempt {}", shown(attempt)));
    let page = ci.run_url.as_deref().or(ci.run_id.as_deref());
    list([ci.repository.as_deref().map(shown), ci.workflow.as_deref().map(shown), job, attempt, page.map(shown)])
}

fn source(name: &str, source: &Source) -> Row {
    let changes = source.dirty.as_ref().map(|_| "changed".to_owned());
    let about = list([source.version.as_deref().map(shown), source.branch.as_deref().map(shown), changes]);
    vec![name.to_owned(), short(source.commit.as_str()), shown(&source.repo), about]
}

fn programs(toolchain: &Toolchain) -> Vec<Row> {
    toolchain.programs().map(|(name, version)| pair(name, version)).collect()
}

fn job(job: &Job) -> Row {
    let time = job.duration.map(|time| duration(time.as_secs_f64())).unwrap_or_default();
    let failure = job.failure.as_ref().map(failure).unwrap_or_default();
    vec![job.project.to_string(), spelled(job.status), time, shown(&job.reason), failure]
}

fn failure(failure: &Failure) -> String {
    let exit = failure.exit_code.map(|code| format!("exit code {code}"));
    let signal = failure.signal.map(|signal| format!("signal {signal}"));
    let words = [&failure.class, &failure.first_error].map(|text| text.as_deref().map(shown));
    let [class, first_error] = words;
    list([exit, signal, class, first_error])
}

fn section(text: &mut String, title: &str, rows: &[Row]) {
    if !rows.is_empty() {
        let _ = write!(text, "{title}\n{}", columns("  ", rows));
    }
}

/// Lines whose cells stand below each other, two blanks apart.
fn columns(indent: &str, rows: &[Row]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let line = cells.map(|(cell, width)| format!("{cell:width$}")).collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{indent}{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests;
