//! Which ROCm packages are installed and when, and what a complete set of them is.

use std::collections::BTreeMap;
use std::str::FromStr;

use manifest::Sha256;
use pep440_rs::{Version, VersionSpecifiers};
use serde_json::Value;

use crate::cli::Wish;
use crate::facts::{EnvironmentState, Facts, Ready, RocmSet, RocmState};
use crate::host::Host;
use crate::request::{Problem, Request, RocmWish, venv_note};
use crate::version::{Specifier, same_version};

use super::{Action, CheckRocm, Command, Env, Job, Step, python};

/// The name of the job that installs the packages.
pub const JOB: &str = "rocm";

/// The package that the others hang on.
pub const ROCM: &str = "rocm";

/// The version of the packages on PyPI that hold nothing but the name.
const PLACEHOLDER: &str = "0.1.0";

/// What stands before the target in the name of an extra and of the package that it brings.
const DEVICE: (&str, &str) = ("device-", "rocm-sdk-device-");

/// Whether a distribution, by its normalised name, belongs to a ROCm SDK.
pub fn is_rocm(distribution: &str) -> bool {
    distribution == ROCM || distribution.starts_with("rocm-sdk-")
}

/// The requirement that pip is given: `rocm[libraries,devel,device-gfx942]>1.0`.
pub fn requirement(wish: &RocmWish) -> String {
    let extras = ["libraries", "devel"].into_iter().chain(wish.extras.iter().map(String::as_str));
    format!("{ROCM}[{}]{}", extras.collect::<Vec<_>>().join(","), wish.specifier)
}

/// The distributions that the requirement must bring, by normalised name. What an extra brings is known for devices only.
pub fn distributions(wish: &RocmWish) -> Vec<String> {
    let base = [ROCM, "rocm-sdk-core", "rocm-sdk-libraries", "rocm-sdk-devel"].map(str::to_owned);
    let targets = wish.extras.iter().filter_map(|extra| extra.strip_prefix(DEVICE.0));
    base.into_iter().chain(targets.map(|target| normalized(&format!("{}{target}", DEVICE.1)))).collect()
}

/// A distribution's name in its one spelling.
pub fn normalized(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// Looks whether all the `wanted` distributions are installed and of one version.
///
/// # Errors
/// What is missing, what is a placeholder, or which versions there are.
pub fn check_set(installed: &BTreeMap<String, String>, wanted: &[String], asked: &str) -> Result<RocmSet, Vec<Problem>> {
    let found: BTreeMap<String, String> =
        wanted.iter().filter_map(|name| Some((name.clone(), installed.get(name)?.clone()))).collect();
    let placeholders = found.iter().filter(|(_, version)| *version == PLACEHOLDER).map(|(name, _)| placeholder(name));
    let placeholders: Vec<Problem> = placeholders.collect();
    if !placeholders.is_empty() {
        // That extras are missing is no news then.
        return Err(placeholders);
    }
    let missing = wanted.iter().filter(|name| !found.contains_key(*name));
    let mut problems: Vec<Problem> = missing.map(|name| absent(name, installed)).collect();
    problems.extend(several_versions(&found));
    if problems.is_empty() {
        Ok(RocmSet { asked: asked.to_owned(), distributions: found, sha256: BTreeMap::new() })
    } else {
        Err(problems)
    }
}

/// Reads pip's installation report: the SHA-256 of the file that each of these distributions came from, by normalised name. A pip before 22.2
/// writes none, and one before 23.1 writes the hash as `sha256=…` under `hash`.
/// Source: <https://pip.pypa.io/en/stable/reference/installation-report/>
pub fn hashes(report: &str, distributions: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let report: Value = serde_json::from_str(report).unwrap_or_default();
    let installed = report["install"].as_array().into_iter().flatten();
    let hash = |entry: &Value| {
        let name = normalized(entry["metadata"]["name"].as_str()?);
        let same = distributions.get(&name).is_some_and(|version| entry["metadata"]["version"] == **version);
        let archive = &entry["download_info"]["archive_info"];
        let older = || archive["hash"].as_str()?.strip_prefix("sha256=");
        let sha256 = archive["hashes"]["sha256"].as_str().or_else(older)?;
        (same && Sha256::parse(sha256).is_ok()).then(|| (name, sha256.to_owned()))
    };
    installed.filter_map(hash).collect()
}

fn placeholder(name: &str) -> Problem {
    Problem::new(format!("`{name}` {PLACEHOLDER} is a placeholder without an SDK")).hint(
        "name ROCm's own index with `--index-url`; where it is only an `--extra-index-url` of pip's configuration, the placeholder may win",
    )
}

fn absent(name: &str, installed: &BTreeMap<String, String>) -> Problem {
    let text = format!("`{name}` is not installed");
    if !name.starts_with(DEVICE.1) {
        return Problem::new(text).hint("name an index that has all ROCm packages of one version with `--index-url`");
    }
    let others: Vec<String> =
        installed.keys().filter(|name| name.starts_with(DEVICE.1)).map(|name| format!("`{name}`")).collect();
    let others = match others.is_empty() {
        true => "no package of its kind is".to_owned(),
        false => format!("of its kind there are {}", others.join(", ")),
    };
    Problem::new(format!("{text}; {others}")).hint(
        "pip silently drops an extra that `rocm` does not have: choose targets that the index has with `--gfx`, or name the extras with \
         `--rocm-extras`",
    )
}

fn several_versions(found: &BTreeMap<String, String>) -> Option<Problem> {
    let mut versions = found.values();
    let first = versions.next()?;
    if versions.all(|version| same_version(first, version)) {
        return None;
    }
    let list: Vec<String> = found.iter().map(|(name, version)| format!("`{name}` {version}")).collect();
    let text = format!("the ROCm packages are of several versions: {}", list.join(", "));
    Some(Problem::new(text).hint("name one version with `--rocm-sdk-version`, and an index that has all of it"))
}

/// What the environment lacks of the SDK that is asked for.
fn lacks(request: &Request, facts: &Facts, ready: &Ready) -> Vec<Problem> {
    if ready.interrupted.contains(ROCM) {
        return vec![Problem::new("an installation of the ROCm packages was interrupted")];
    }
    let wish = &request.rocm;
    match check_set(&ready.python.distributions, &distributions(wish), "") {
        _ if ready.python.installed(ROCM).is_none() => vec![Problem::new("no ROCm SDK is installed")],
        Err(problems) => problems,
        Ok(set) => match &facts.rocm {
            RocmState::Broken(cause) => vec![Problem::new(format!("the installed ROCm SDK does not answer: {cause}"))],
            _ => other_version(&set, &wish.specifier).into_iter().collect(),
        },
    }
}

fn other_version(set: &RocmSet, specifier: &Specifier) -> Option<Problem> {
    let version = set.distributions.get(ROCM)?;
    let will_do = match (Version::from_str(version), VersionSpecifiers::from_str(specifier.as_str())) {
        (Ok(version), Ok(specifiers)) => specifiers.contains(&version),
        _ => true,
    };
    (!will_do).then(|| Problem::new(format!("`{ROCM}` {version} is installed, but `{specifier}` is asked for")))
}

/// Whether an installation on demand gave just what is there now.
fn intact(facts: &Facts, ready: &Ready, asked: &str) -> bool {
    let same = |set: &RocmSet| {
        set.asked == asked && set.distributions.iter().all(|(name, version)| ready.python.installed(name) == Some(version))
    };
    let broken = matches!(facts.rocm, RocmState::Broken(_)) || ready.interrupted.contains(ROCM);
    ready.rocm_set.as_ref().is_some_and(same) && !broken
}

/// Whether anything is installed, and why or why not.
enum Decision {
    Install(Vec<String>),
    Leave(String),
}

/// The job that installs the packages and unpacks them, or that says why nothing is to be done. It waits for the environment.
///
/// # Errors
/// If they must not be installed and are not there.
pub fn job(request: &Request, host: &Host, facts: &Facts) -> Result<Option<Job>, Vec<Problem>> {
    // What is wrong with Python is told where its environment is made.
    let (Ok(base), Ok(environment)) = (python::choose(request, facts), python::job(request, host, facts)) else {
        return Ok(None);
    };
    let (program, prefix) = python::inside(request, host, facts, base);
    let ready: Option<&Ready> = match &facts.environment {
        EnvironmentState::Ready(ready) => Some(ready),
        _ => None,
    };
    let installer = Installer { request, host, program, prefix };
    let mut job = Job::new(JOB);
    job.waits_for.extend(environment.map(|job| job.name));
    match installer.decide(facts, ready)? {
        Decision::Install(why) => {
            job.why = why;
            job.steps = installer.steps();
        }
        Decision::Leave(why) => {
            job.why = vec![why];
            if facts.rocm == RocmState::Packed {
                job.steps = vec![installer.unpack()];
            }
        }
    }
    Ok(Some(job))
}

struct Installer<'a> {
    request: &'a Request,
    host: &'a Host,
    program: String,
    prefix: String,
}

impl Installer<'_> {
    fn decide(&self, facts: &Facts, ready: Option<&Ready>) -> Result<Decision, Vec<Problem>> {
        let Some(ready) = ready else {
            return match self.request.rocm.install {
                Wish::No => Err(vec![self.forbidden("it is a new environment")]),
                _ => Ok(Decision::Install(vec!["the environment is new".to_owned()])),
            };
        };
        let version = ready.python.installed(ROCM);
        let has = format!("`{}` has ROCm {}", self.prefix, version.unwrap_or_default());
        let lacks: Vec<String> = lacks(self.request, facts, ready).into_iter().map(|problem| problem.text).collect();
        match self.request.rocm.install {
            Wish::Yes if intact(facts, ready, &self.asked()) => {
                Ok(Decision::Leave(format!("{has}: the same was installed on demand before, and it is intact")))
            }
            Wish::Yes => Ok(Decision::Install(vec!["it is asked for".to_owned()])),
            Wish::Unsaid if lacks.is_empty() => Ok(Decision::Leave(format!("{has}, which is what is asked for"))),
            Wish::Unsaid => Ok(Decision::Install(lacks)),
            // Whoever forbids it may have an SDK of other packages, but an SDK there must be.
            Wish::No if is_usable(facts, ready) => Ok(Decision::Leave(format!("{has}, and `--no-install-rocm` is given"))),
            Wish::No => Err(vec![self.forbidden(&lacks.join("; "))]),
        }
    }

    fn forbidden(&self, cause: &str) -> Problem {
        Problem::new(format!("`--no-install-rocm` is given, but `{}` has no ROCm SDK that can be used: {cause}", self.prefix))
            .hint("leave `--no-install-rocm` out, or name an environment that has one with `--venv`")
    }

    /// What pip is asked for, as one line without credentials.
    fn asked(&self) -> String {
        let wish = &self.request.rocm;
        self.request.secrets.redact(&[&[requirement(wish)][..], &from(wish)].concat().join(" ")).into_owned()
    }

    fn steps(&self) -> Vec<Step> {
        let wish = &self.request.rocm;
        let cache: Vec<&str> = wish.pip_cache_dir.as_deref().map_or(Vec::new(), |dir| vec!["--cache-dir", dir]);
        let note = |name| venv_note(self.host.platform, &self.prefix, name);
        let purge = self.command(&["-m", "pip", "cache", "remove", ROCM]).args(cache.iter().copied()).tolerated();
        let install = self.command(&["-m", "pip", "install", "--force-reinstall"]).args(from(wish)).args(cache);
        let install = install.changing(&note("installing"), ROCM);
        // As a variable: the arguments are those that workflows show, and a pip older than the report takes no notice.
        let report = note("report");
        let reporting = Env::from([("PIP_REPORT".to_owned(), Some(report.as_str().into()))]);
        let check = CheckRocm {
            python: self.program.clone(),
            distributions: distributions(wish),
            asked: self.asked(),
            record: note("rocm"),
            report: report.clone(),
        };
        vec![
            // `rocm` is an sdist: the wheel in the cache holds what was true when and where it was built.
            Step::ask("removing the wheel of rocm from pip's cache", purge),
            Step::run("installing the ROCm packages", install.arg(requirement(wish)).env(&reporting).network()),
            Step::new("looking whether all of them are there", Action::CheckRocm(check)),
            Step::ask("asking the SDK for its version", self.command(&["-m", "rocm_sdk", "version"])),
            self.unpack(),
        ]
    }

    /// The first question for a path unpacks the development files. Nothing else may run in the environment meanwhile.
    fn unpack(&self) -> Step {
        Step::run("unpacking the SDK's development files", self.command(&["-m", "rocm_sdk", "path", "--root"]))
    }

    fn command(&self, args: &[&str]) -> Command {
        Command::new(&self.program, &self.host.cwd, args)
    }
}

/// Where pip finds the packages, as its arguments; credentials included.
pub(super) fn from(wish: &RocmWish) -> Vec<String> {
    let pre = (wish.pre != Wish::No).then(|| vec!["--pre".to_owned()]);
    let pair = |flag: &str, value: &Option<String>| value.as_ref().map(|value| vec![flag.to_owned(), value.clone()]);
    let args = [pre, pair("--index-url", &wish.index_url), pair("--find-links", &wish.find_links)];
    args.into_iter().flatten().flatten().collect()
}

fn is_usable(facts: &Facts, ready: &Ready) -> bool {
    let version = ready.python.installed(ROCM);
    let broken = matches!(facts.rocm, RocmState::Broken(_)) || ready.interrupted.contains(ROCM);
    version.is_some_and(|version| version != PLACEHOLDER) && !broken
}

#[cfg(test)]
mod tests;
