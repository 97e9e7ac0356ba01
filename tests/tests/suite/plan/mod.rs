//! Plans as data. A case is a folder: `args` is what is typed, an argument a line; `facts.json` is what was seen, as `plan --facts` reads it;
//! `plan.json` is what must come of it. A `facts.json` may hold only what differs from the file that its `extends` names.
//!
//! `UPDATE_PLANS=1 cargo test --test suite plan::` writes every `plan.json` anew; read the difference before you believe it.

#![allow(clippy::disallowed_methods, reason = "cases are read from files")]

mod again;
mod case;
mod environment;
mod refusals;
mod versions;

use std::path::Path;

use self::case::{plan_of, read, seen, written};
use serde_json::Value;

#[test]
fn every_case() {
    let mut names: Vec<_> = std::fs::read_dir("cases/plans").unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.is_dir());
    names.sort();
    let wrong: Vec<String> = names.iter().filter_map(|case| check(case).err()).collect();
    assert!(!names.is_empty() && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Wherever pip changes an environment, that is noted first: it may be killed midway.
fn unnoted(plan: &Value) -> Vec<&Value> {
    let parts: Vec<&Value> = match plan {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return Vec::new(),
    };
    let is_change = |words: &[Value]| matches!(words, [m, pip, verb, ..] if m == "-m" && pip == "pip" && verb != "cache");
    let found = plan["args"].as_array().filter(|words| is_change(words) && plan["changes"].is_null());
    found.map(|_| plan).into_iter().chain(parts.into_iter().flat_map(unnoted)).collect()
}

fn check(case: &Path) -> Result<(), String> {
    let args = read(&case.join("args"));
    let args: Vec<&str> = args.lines().collect();
    let plan = plan_of(&args, seen(&case.join("facts.json")));
    let plan = match plan {
        Ok(plan) => serde_json::to_value(plan).unwrap(),
        Err(problems) => serde_json::json!({ "problems": problems }),
    };
    if let [command, ..] = unnoted(&plan).as_slice() {
        return Err(format!("{}: changes an environment without a note: {command}", case.display()));
    }
    let plan = written(&plan, "") + "\n";
    let file = case.join("plan.json");
    if std::env::var_os("UPDATE_PLANS").is_some() {
        std::fs::write(&file, plan).unwrap();
        return Ok(());
    }
    let expected = if file.exists() { read(&file) } else { String::new() };
    let mut lines = expected.lines().zip(plan.lines()).enumerate();
    match lines.find(|(_, (expected, line))| expected != line) {
        Some((at, (expected, line))) => Err(format!("{}:{}: expected\n{expected}\nbut it is\n{line}", file.display(), at + 1)),
        None if expected.len() != plan.len() => Err(format!("{}: has not as many lines as the plan", file.display())),
        None => Ok(()),
    }
}
