//! Every command of the tool that a workflow starts, read by the tool's own command line.

use std::collections::BTreeSet;

use clap::CommandFactory;
use tests::Sandbox;
use xtask::cli::Cli;

use crate::workflows::{Step, wheels, workflows};

/// What stands for the tool in a workflow.
const TOOL: [&str; 3] = ["tool/xtask", "tool/xtask.exe", "tool\\xtask.exe"];

/// What variables could hold.
const VALUES: [(&str, &str); 19] = [
    ("RELEASE_TYPE", "dev"),
    ("FAMILIES", "gfx94X-dcgpu;gfx120X-all"),
    ("PYTHONS", "3.12,3.13t"),
    ("REFS", ""),
    ("WANTED_PYTHON", "3.12"),
    ("WANTED_REF", "release/2.13"),
    ("WANTED_FAMILIES", "gfx94X-dcgpu;gfx120X-all"),
    ("WANTED_ORIGIN", "--origin=pytorch=https://example.com/pytorch.git"),
    ("WANTED_ROCM", "==7.14.0"),
    ("WANTED_INDEX", ""),
    ("WANTED_LINKS", "https://example.com/rocm"),
    ("WANTED_RELEASE_TYPE", "dev"),
    ("WANTED_CACHE", "--use-sccache"),
    ("CHECKOUTS", "B:/src"),
    ("BUILT", "/w/dist/manifests/a.json"),
    ("manifest", "/w/wheels/manifests/a.json"),
    ("STREAM", "dev"),
    ("FAMILY", "multiarch"),
    ("PLANNED", "[]"),
];

/// The words behind the tool's name, of each command of a script.
fn commands(script: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ").replace("^\n", " ");
    joined.lines().map(words).filter_map(|words| after_tool(&words)).collect()
}

/// The words of a line that starts the tool, alone or as `name=$(…)`.
fn after_tool(words: &[String]) -> Option<Vec<String>> {
    let (first, rest) = words.split_first()?;
    let (program, captured) = first.split_once("=$(").map_or((first.as_str(), false), |(_, program)| (program, true));
    let mut rest = match (program, rest) {
        (program, rest) if TOOL.contains(&program) => rest.to_vec(),
        ("cargo", [xtask, rest @ ..]) if xtask == "xtask" => rest.to_vec(),
        _ => return None,
    };
    if let (Some(last), true) = (rest.last_mut(), captured) {
        *last = last.strip_suffix(')').unwrap_or_else(|| panic!("{words:?}")).to_owned();
    }
    Some(rest)
}

/// The words of a line as a shell would give them to a program, variables replaced.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![None::<String>], false);
    for c in replaced(line).chars() {
        let word = words.last_mut().unwrap();
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.push(None),
            c => word.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "{line}");
    words.into_iter().flatten().collect()
}

fn replaced(line: &str) -> String {
    let mut text = line.to_owned();
    for (name, value) in VALUES {
        for spelling in [format!("${{{name}:+\"${name}\"}}"), format!("\"${name}\""), format!("!{name}!")] {
            let value = if spelling.starts_with('"') { format!("\"{value}\"") } else { value.to_owned() };
            text = text.replace(&spelling, &value);
        }
        text = text.replace(&format!("${name}-"), &format!("{value}-"));
    }
    text
}

#[test]
fn every_command_is_one_of_the_tool() {
    let mut wrong = Vec::new();
    for workflow in wheels() {
        let mut started = BTreeSet::new();
        for step in workflow.steps() {
            let commands = step.run().map(commands).unwrap_or_default();
            let lines = step.run().unwrap_or_default().lines();
            let mentioned = lines.filter(|line| line.contains("xtask") && !line.starts_with("chmod ")).count();
            assert_eq!(commands.len(), mentioned, "{}: not every command was found", step.place());
            for words in commands {
                assert!(!words.iter().any(|word| word.contains(['$', '!'])), "{}: {words:?}", step.place());
                let all = std::iter::once("xtask".to_owned()).chain(words.iter().cloned());
                wrong.extend(Cli::read(all).err().map(|error| format!("{}: {error}", step.place())));
                started.insert(name(&words));
            }
        }
        let expected = ["build", "manifest generate", "manifest merge", "manifest verify", "matrix", "upload"];
        assert_eq!(started.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{}", workflow.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `manifest verify` of `manifest verify a.json`.
fn name(words: &[String]) -> String {
    let nested = Cli::command().find_subcommand(&words[0]).is_some_and(clap::Command::has_subcommands);
    words[..if nested { 2 } else { 1 }].join(" ")
}

#[test]
fn a_wrong_command_is_found() {
    for (script, found) in [
        ("tool/xtask gfx", true),
        ("x=$(tool/xtask manifest show \"$BUILT\")", true),
        ("tool/xtask build \\\n  --python \"$WANTED_PYTHON\" ${WANTED_CACHE:+\"$WANTED_CACHE\"}", true),
        ("cargo xtask matrix --platform plan9", false),
        ("tool\\xtask.exe build --python \"!WANTED_PYTHON!\" ^\n  --reff x", false),
        ("tool/xtask doctor", false),
    ] {
        let commands = commands(script);
        assert_eq!(commands.len(), 1, "{script}");
        let words = std::iter::once("xtask".to_owned()).chain(commands[0].iter().cloned());
        assert_eq!(Cli::read(words).is_ok(), found, "{script} {commands:?}");
    }
}

/// The one command that needs nothing but its words.
#[test]
fn the_matrix_of_each_workflow_is_made() {
    let sandbox = Sandbox::new();
    for workflow in wheels() {
        let of_matrix = |step: Step| step.run().map(commands).unwrap_or_default().into_iter().find(|words| words[0] == "matrix");
        let words = workflow.steps().find_map(of_matrix).unwrap();
        let ended = sandbox.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(rows.len(), 2 * 4, "{}", workflow.name);
    }
}

#[test]
fn every_variable_of_a_script_is_set() {
    for workflow in workflows() {
        for step in workflow.steps() {
            let script = step.run().unwrap_or_default();
            let (set, known) = (step.variables(), ["PATH", "PWD"]);
            let missing = variables(script).filter(|name| !set.contains(name) && !known.contains(name));
            assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new(), "{}", step.place());
        }
    }
}

/// The last manifest that is written is the one that is published.
#[test]
fn every_manifest_has_the_row_of_its_matrix() {
    for workflow in wheels() {
        let writes = |words: &Vec<String>| ["build", "manifest generate"].contains(&name(words).as_str());
        let steps: Vec<Step> =
            workflow.steps().filter(|step| step.run().map(commands).unwrap_or_default().iter().any(writes)).collect();
        assert_eq!(steps.len(), 2, "{}", workflow.name);
        for step in steps {
            assert!(step.variables().contains(&"THEROCK_MATRIX"), "{}", step.place());
        }
    }
}

/// Names in capitals: in bash behind `$` or `${`, in cmd between `!`. A script's own variables are in small letters.
fn variables(script: &str) -> impl Iterator<Item = &str> {
    let name = |c: char| c.is_ascii_uppercase() || c == '_';
    let bash = script.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
    let cmd = script.split('!').skip(1).step_by(2);
    bash.chain(cmd).map(move |rest| &rest[..rest.find(|c| !name(c)).unwrap_or(rest.len())]).filter(|name| !name.is_empty())
}
