//! What a wheel depends on, as named parts: equal parts mean an equal wheel, and the first part that differs is the reason to build it again.

use std::collections::{BTreeMap, BTreeSet};

use manifest::{Project, Sha256};
use sha2::{Digest, Sha256 as Hasher};

use super::rocm::is_rocm;
use super::setting::Setting;
use super::{Action, Command, Job, Step, inherited};
use crate::facts::{GitState, Key, RecordedWheel};
use crate::host::Platform;

const PYTHON: &str = "Python";
const INTERPRETER: &str = "interpreter";
const TARGETS: &str = "gfx targets";
const ROCM: &str = "ROCm";
const SDK: &str = "ROCm SDK";
const PACKAGE: &str = "package ";
const COMPILER: &str = "compiler ";
const COMMIT: &str = "commit";
const CHANGES: &str = "local changes";
/// How the names of those parts begin that are other wheels.
pub const WHEEL: &str = "wheel ";
const COMMANDS: &str = "commands";
const COMMAND: &str = "command for ";
const VARIABLE: &str = "variable ";
const INHERITED: &str = "inherited variable ";

/// In the order in which a difference is told: what explains most comes first.
const ORDER: [&str; 14] =
    [PYTHON, INTERPRETER, TARGETS, ROCM, SDK, PACKAGE, COMPILER, COMMIT, CHANGES, VARIABLE, INHERITED, COMMAND, COMMANDS, WHEEL];

/// How long a value may be to stand in a key as it is.
const LONGEST: usize = 200;

/// How a digest begins.
const DIGEST: &str = "sha256:";

/// The key of a project's job, given those of the wheels that it is built with. Of sources that are no git checkout it says nothing.
pub fn key(setting: &Setting, project: Project, job: &Job, with: &BTreeMap<Project, Key>) -> Key {
    let mut key = machine(setting);
    if let Some(git) = &setting.checkout(project).git {
        key.insert(COMMIT.to_owned(), git.head.clone());
        let changes = canonical(git, setting.facts.records.wheel(project));
        key.insert(CHANGES.to_owned(), changes.unwrap_or_else(|| "none".to_owned()));
    }
    for (project, part) in with {
        key.insert(format!("{WHEEL}{}", project.distribution()), digest(&listed(part)));
    }
    key.extend(commands(setting, job));
    key.extend(variables(setting, job));
    key
}

/// Whether a key says which sources are built.
pub fn names_sources(key: &Key) -> bool {
    key.contains_key(COMMIT)
}

/// Those parts of a key that a build folder is configured for.
pub fn configuration(key: &Key) -> Key {
    let counts = |name: &str| [PYTHON, INTERPRETER, TARGETS, ROCM, SDK].contains(&name);
    key.iter().filter(|(name, _)| counts(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Python, ROCm and the compilers.
pub fn machine(setting: &Setting) -> Key {
    let Setting { python, rocm, request, host, facts, .. } = setting;
    let threads = if python.series.free_threaded { "t" } else { "" };
    let mut key = Key::from([
        (PYTHON.to_owned(), format!("{}{threads}", python.version)),
        (INTERPRETER.to_owned(), python.base_prefix.clone()),
        (TARGETS.to_owned(), request.gfx.commas()),
        (ROCM.to_owned(), rocm.package_version.clone()),
        (SDK.to_owned(), rocm.sdk_version.clone()),
    ]);
    let set = facts.environment.ready().and_then(|ready| ready.rocm_set.as_ref());
    for (name, version) in python.distributions.iter().filter(|(name, _)| is_rocm(name)) {
        let same = set.filter(|set| set.distributions.get(name) == Some(version));
        let file = same.and_then(|set| set.sha256.get(name)).map(|hash| format!(" {DIGEST}{hash}")).unwrap_or_default();
        key.insert(format!("{PACKAGE}{name}"), format!("{version}{file}"));
    }
    let replaced = |name: &str| match name {
        "cc" => host.var("CC").is_some(),
        "c++" => host.var("CXX").is_some(),
        name => ["git", "cmake", "ninja"].contains(&name),
    };
    for (name, tool) in facts.tools.iter().filter(|(name, _)| !replaced(name)) {
        let version = tool.version.as_ref().map_or("does not run", String::as_str);
        key.insert(format!("{COMPILER}{name}"), short(version.to_owned()));
    }
    key
}

/// The digest of the changes in the sources. What the last build saw or left is what it was built from.
fn canonical(git: &GitState, recorded: Option<&RecordedWheel>) -> Option<String> {
    let built = recorded.and_then(|wheel| Some((wheel, wheel.key.as_ref()?)));
    let same = built.filter(|(wheel, key)| key.get(COMMIT) == Some(&git.head) && wheel.changes.contains(&git.changes));
    match same.and_then(|(_, key)| key.get(CHANGES)) {
        Some(known) => Some(known.clone()).filter(|known| known != "none"),
        None => git.changes.clone(),
    }
}

/// Each step's command by its purpose; and all of them in their order.
fn commands(setting: &Setting, job: &Job) -> Key {
    let (mut named, mut all) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
    for (step, command) in job.steps.iter().filter_map(|step| Some((step, command(setting, step)?))) {
        let purpose = setting.request.secrets.redact(&step.purpose);
        named.entry(format!("{COMMAND}{purpose}")).or_default().push(command.clone());
        all.push(command);
    }
    named.insert(COMMANDS.to_owned(), all);
    named.into_iter().map(|(name, commands)| (name, digest(&commands.join("\n")))).collect()
}

/// What a step does to the wheel, with holes by their names; nothing of what only cleans up or takes notes.
fn command(setting: &Setting, step: &Step) -> Option<String> {
    match &step.action {
        // What runs there installs or tries what is built, or makes room for it.
        Action::Run(command) if command.cwd == setting.host.temp_dir() => None,
        Action::Run(command) => Some(format!("{}\0{}", command.cwd, words(command).join("\0"))),
        Action::Write { path, text } => Some(format!("write\0{path}\0{text}")),
        Action::Copy { from, to } => Some(format!("copy\0{from}\0{to}")),
        Action::TakeWheel(take) => Some(format!("take\0{}\0{}", take.distribution, take.version.as_deref().unwrap_or_default())),
        _ => None,
    }
}

/// Where pip keeps its downloads changes nothing.
fn words(command: &Command) -> Vec<String> {
    let mut words = vec![command.program.clone()];
    let mut args = command.args.iter().map(ToString::to_string);
    while let Some(arg) = args.next() {
        if arg == "--cache-dir" {
            args.next();
        } else {
            words.push(arg);
        }
    }
    words
}

/// The variables that the job adds, and those that it lets its builds inherit.
fn variables(setting: &Setting, job: &Job) -> Key {
    let secrets = &setting.request.secrets;
    let mut added = BTreeMap::new();
    for step in &job.steps {
        if let Action::Run(command) = &step.action {
            added.extend(command.env.iter().map(|(name, value)| (spelled(setting, name), value)));
        }
    }
    let mut key = Key::new();
    for (name, value) in added.iter().filter(|(name, _)| inherited::has_effect(name)) {
        let text = match value {
            None => "hidden".to_owned(),
            // What follows an added folder is inherited.
            Some(value) => {
                let value = value.to_string();
                let inherited = setting.host.raw_var(name).filter(|old| !old.is_empty() && *name == "LD_LIBRARY_PATH");
                inherited.and_then(|old| value.strip_suffix(old)).map_or(value.clone(), str::to_owned)
            }
        };
        key.insert(format!("{VARIABLE}{name}"), short(secrets.redact(&text).into_owned()));
    }
    let taken: BTreeSet<&String> = added.keys().collect();
    for (name, value) in &setting.host.env.0 {
        let name = spelled(setting, name);
        if inherited::is_read_by_builds(&name) && inherited::has_effect(&name) && !taken.contains(&name) {
            key.insert(format!("{INHERITED}{name}"), short(secrets.redact(value).into_owned()));
        }
    }
    key
}

fn spelled(setting: &Setting, name: &str) -> String {
    match setting.host.platform {
        Platform::Linux => name.to_owned(),
        Platform::Windows => name.to_ascii_uppercase(),
    }
}

/// A value that is no longer than people read.
fn short(value: String) -> String {
    if value.chars().count() > LONGEST { digest(&value) } else { value }
}

fn digest(text: &str) -> String {
    format!("{DIGEST}{}", Sha256::from(<[u8; 32]>::from(Hasher::digest(text))))
}

fn listed(key: &Key) -> String {
    key.iter().map(|(name, value)| format!("{name}\0{value}\n")).collect()
}

/// The first difference between what a wheel was built from and what it would be built from now, in words. Where the sources differ, the file
/// that was `changed` last is told.
pub fn difference(old: &Key, new: &Key, changed: Option<&str>) -> Option<String> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut differ: Vec<&String> = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).collect();
    differ.sort_by_key(|name| rank(name));
    match *differ.first()? {
        name if name == CHANGES => Some(sources_changed(changed)),
        name => Some(told(name, old.get(name), new.get(name))),
    }
}

fn rank(name: &str) -> usize {
    let is_part = |part: &&str| if part.ends_with(' ') { name.starts_with(*part) } else { name == *part };
    ORDER.iter().position(is_part).unwrap_or(ORDER.len())
}

/// What builds leave in the sources is among their local changes, too; what was changed since is newer.
fn sources_changed(last: Option<&str>) -> String {
    let last = last.map(|path| format!(", last `{}`", manifest::shown(path)));
    format!("its sources were changed{}", last.unwrap_or_default())
}

fn told(name: &str, old: Option<&String>, new: Option<&String>) -> String {
    let quoted = |value: &str| format!("`{}`", manifest::shown(value));
    let subject = match name.split_once(' ') {
        _ if ORDER.contains(&name) => name.to_owned(),
        // `variable `CXXFLAGS``
        _ => match ORDER.iter().find_map(|part| Some((*part, name.strip_prefix(part)?))) {
            Some((part, rest)) => format!("{part}{}", quoted(rest)),
            None => quoted(name),
        },
    };
    let is_plain = |value: &String| !value.contains(DIGEST);
    match (name, old, new) {
        (PYTHON | ROCM | SDK, Some(old), Some(new)) => format!("{name} {} -> {}", manifest::shown(old), manifest::shown(new)),
        (TARGETS, Some(old), Some(new)) => format!("{name} changed {} -> {}", manifest::shown(old), manifest::shown(new)),
        (COMMIT, Some(old), Some(new)) => format!("{name} {} -> {}", first(old), first(new)),
        (COMMANDS, ..) => "its commands changed".to_owned(),
        (_, Some(_), Some(_)) if name.starts_with(WHEEL) => format!("the {} that it is built with changed", &name[WHEEL.len()..]),
        (_, Some(old), Some(new)) if is_plain(old) && is_plain(new) => format!("{subject} {} -> {}", quoted(old), quoted(new)),
        (_, Some(_), Some(_)) => format!("{subject} changed"),
        (_, None, _) => format!("{subject} is new"),
        (_, _, None) => format!("{subject} is gone"),
    }
}

/// Enough of a commit to know it by.
fn first(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
