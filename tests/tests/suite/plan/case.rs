//! From what is typed and seen to a plan, by the library's functions alone.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use xtask::cli::{Cli, Command};
use xtask::facts::{Facts, Looks};
use xtask::host::Host;
use xtask::plan::{self, Action, Plan};
use xtask::request::{Given, Places, Problem, Request};

/// A file's text, whatever git made of its line ends.
pub fn read(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}

/// What a case saw: the file that it extends, and then its own.
pub fn seen(path: &Path) -> Value {
    let mut own: Value = serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match own.as_object_mut().and_then(|own| own.remove("extends")) {
        Some(base) => merged(seen(&path.with_file_name(base.as_str().unwrap())), own),
        None => own,
    }
}

/// One of the bases with a patch.
pub fn base(name: &str, patch: Value) -> Value {
    merged(seen(&Path::new("cases/plans").join(name)), patch)
}

/// A JSON merge patch (RFC 7396): objects are merged, null removes, all else replaces.
pub fn merged(base: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut base = if let Value::Object(base) = base { base } else { serde_json::Map::new() };
    for (key, value) in patch {
        match value {
            Value::Null => drop(base.remove(&key)),
            value => {
                let old = base.remove(&key).unwrap_or(Value::Null);
                base.insert(key, merged(old, value));
            }
        }
    }
    Value::Object(base)
}

/// JSON as people read it: what fits on a line stands on one.
pub fn written(value: &Value, indent: &str) -> String {
    const WIDTH: usize = 140;
    let line = match value.as_array() {
        Some(items) => format!("[{}]", items.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")),
        None => value.to_string(),
    };
    let deeper = format!("{indent}  ");
    let items: Vec<String> = match value {
        Value::Array(items) if items.iter().any(Value::is_object) || line.len() > WIDTH => {
            items.iter().map(|item| written(item, &deeper)).collect()
        }
        Value::Object(items) if !items.is_empty() => {
            items.iter().map(|(key, item)| format!("{}: {}", Value::from(key.as_str()), written(item, &deeper))).collect()
        }
        _ => return line,
    };
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    format!("{open}\n{deeper}{}\n{indent}{close}", items.join(&format!(",\n{deeper}")))
}

/// The plan of these arguments of `build`.
pub fn plan_of(args: &[&str], seen: Value) -> Result<Plan, Vec<Problem>> {
    let part = |name: &str| seen.get(name).cloned().unwrap_or_else(|| serde_json::json!({}));
    let host: Host = serde_json::from_value(part("host")).unwrap();
    let looks: Looks = serde_json::from_value(part("looks")).unwrap();
    let facts: Facts = serde_json::from_value(part("facts")).unwrap();
    let words = ["xtask", "build"].iter().chain(args).map(|word| (*word).to_owned());
    let Command::Build(args) = Cli::read(words).unwrap_or_else(|error| panic!("{error}")).command else { unreachable!() };
    let places = Places::build(&args, &host)?;
    let request = Request::build(&args, &host, places, &looks, Given::default())?;
    plan::whole(&request, &host, &facts)
}

/// The job of this name.
pub fn job<'a>(plan: &'a Plan, name: &str) -> &'a plan::Job {
    plan.build.iter().find(|job| job.name.0 == name).unwrap_or_else(|| panic!("no job `{name}`"))
}

/// The command that builds a wheel: the last one before the wheel is taken.
pub fn build_command<'a>(plan: &'a Plan, name: &str) -> &'a plan::Command {
    let steps = &job(plan, name).steps;
    let taken = steps.iter().position(|step| matches!(step.action, Action::TakeWheel(_))).unwrap();
    match &steps[taken - 1].action {
        Action::Run(command) => command,
        other => panic!("{other:?}"),
    }
}

/// What a wheel's build gets on top of the inherited environment; holes by their names, hidden variables as `(hidden)`.
pub fn environment(plan: &Plan, name: &str) -> BTreeMap<String, String> {
    let shown = |value: &Option<plan::Value>| value.as_ref().map_or("(hidden)".to_owned(), ToString::to_string);
    build_command(plan, name).env.iter().map(|(key, value)| (key.clone(), shown(value))).collect()
}
