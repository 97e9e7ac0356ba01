//! The house's rules, checked: who may use whom, where the world may be touched, and what the documents must name.

mod source;

use std::collections::BTreeSet;
use std::process::Command;

use clap::CommandFactory;
use source::{code, paths, without_tests};
use tests::project;

/// The first room that touches the world.
const WATERLINE: &str = "process";

/// What nothing above the waterline may name.
const WORLD: [&str; 8] = ["std::fs", "std::process", "std::env", "std::net", "std::time", "xshell", "duct", "indicatif"];

/// How code would depend on the platform that it is compiled for.
const PLATFORM: [&str; 5] = ["cfg!", "cfg(windows", "cfg(unix", "cfg(target", "cfg(not("];

/// Every file that is or will be committed, relative, with `/`.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(project())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    let there = |name: &&str| !name.is_empty() && project().join(name).exists();
    names.split('\0').filter(there).map(str::to_owned).collect()
}

fn rust_files() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter(|name| name.ends_with(".rs")).map(|name| {
        let text = read(&name);
        (name, text)
    })
}

fn read(name: &str) -> String {
    std::fs::read_to_string(project().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The rooms, in the order of `lib.rs`.
fn rooms() -> Vec<String> {
    let text = code(&read("xtask/src/lib.rs"));
    let name = |line: &str| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned);
    let rooms: Vec<String> = text.lines().filter_map(name).collect();
    assert!(rooms.iter().any(|room| room == WATERLINE));
    rooms
}

/// The room that a file belongs to, with how many modules below the crate the file is. `lib.rs` and `main.rs` belong to none.
fn room_of(name: &str) -> Option<(String, usize)> {
    let inside = name.strip_prefix("xtask/src/")?.strip_suffix(".rs")?;
    let room = inside.split('/').next().unwrap_or_default();
    (!["lib", "main"].contains(&room)).then(|| (room.to_owned(), inside.split('/').count()))
}

#[test]
fn rooms_use_only_those_above_them() {
    let rooms = rooms();
    let place = |room: &str| rooms.iter().position(|known| known == room);
    let mut wrong = Vec::new();
    for (name, text) in rust_files() {
        let Some((room, depth)) = room_of(&name) else { continue };
        let own = place(&room).unwrap_or_else(|| panic!("{name} belongs to no room of lib.rs"));
        let text = code(&text);
        let mut used = paths(&text, "crate");
        // From a file so many modules deep, so many `super` reach the crate. In its tests that would be one module less.
        used.extend(paths(&without_tests(&text), &vec!["super"; depth].join("::")));
        for other in used {
            if place(&other).is_some_and(|other| other > own) {
                wrong.push(format!("{name}: `{room}` uses `{other}`, which stands below it in lib.rs"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_above_the_waterline_touches_the_world() {
    let rooms = rooms();
    let above: Vec<&String> = rooms.iter().take_while(|room| *room != WATERLINE).collect();
    let mut wrong = Vec::new();
    for (name, text) in rust_files() {
        if name.ends_with("/tests.rs") || !room_of(&name).is_some_and(|(room, _)| above.contains(&&room)) {
            continue;
        }
        let text = without_tests(&code(&text));
        let named: BTreeSet<String> = paths(&text, "std").into_iter().map(|module| format!("std::{module}")).collect();
        let crates = WORLD.iter().filter(|world| !world.contains("::") && text.contains(&format!("{world}::")));
        let modules = WORLD.iter().filter(|world| named.contains(**world));
        let platforms = PLATFORM.iter().filter(|platform| text.contains(**platform));
        wrong.extend(crates.chain(modules).chain(platforms).map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "above the waterline:\n{}", wrong.join("\n"));
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    let mut wrong = Vec::new();
    for (name, text) in rust_files() {
        if !text.starts_with("//! ") {
            wrong.push(format!("{name} does not open with a `//!` line"));
        }
        let most = if name.starts_with("tests/") || name.ends_with("/tests.rs") { 700 } else { 400 };
        let lines = text.lines().count();
        if lines > most {
            wrong.push(format!("{name} has {lines} lines; the most is {most}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_big_and_nothing_built_is_kept() {
    for name in files() {
        let size = project().join(&name).metadata().unwrap().len();
        assert!(size <= 1 << 20, "{name} has {size} bytes");
        assert!(!name.ends_with(".whl"), "{name} is a wheel");
    }
}

#[test]
fn the_demo_is_kept_as_it_is_carried() {
    let text = read("xtask/src/demo.rs");
    let list = text.split_once("carried![").unwrap().1.split_once("];").unwrap().0;
    let carried: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(|name| format!("xtask/demo/{name}")).collect();
    // The demo's own `.gitignore` files count here: what they name is not committed, and a clone would not compile.
    let kept: BTreeSet<String> = files().into_iter().filter(|name| name.starts_with("xtask/demo/")).collect();
    assert_eq!(carried, kept);
}

#[test]
fn the_readme_names_every_command_and_flag() {
    let readme = read("README.md");
    let mut missing = Vec::new();
    for (name, command) in commands(&xtask::cli::Cli::command(), "cargo xtask") {
        // The row of `manifest` names all that can be done with one.
        let (above, last) = name.rsplit_once(' ').unwrap();
        let cell = |line: &str| line.split(" | ").next().is_some_and(|cell| names_word(cell, last));
        let row = |line: &&str| line.starts_with(&format!("| `{above} "));
        if !readme.lines().filter(row).any(cell) {
            missing.push(name.clone());
        }
        let flags =
            command.get_arguments().filter_map(|arg| Some((arg.get_long()?, arg.get_visible_aliases().unwrap_or_default())));
        let names = flags.flat_map(|(long, aliases)| [long].into_iter().chain(aliases));
        missing.extend(names.map(|name| format!("--{name}")).filter(|flag| !names_flag(&readme, flag)));
    }
    missing.dedup();
    assert!(missing.is_empty(), "README.md does not name {}", missing.join(", "));
}

/// Every command with what is typed to reach it, those that only group others included.
fn commands(command: &clap::Command, typed: &str) -> Vec<(String, clap::Command)> {
    let mut found = Vec::new();
    for inner in command.get_subcommands() {
        let typed = format!("{typed} {}", inner.get_name());
        found.extend(commands(inner, &typed));
        found.push((typed, inner.clone()));
    }
    found
}

/// Whether a text names just this word: `show-all` does not name `show`.
fn names_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|named| named == word)
}

/// Whether a text names just this flag: `--build-triton` does not name `--build`.
fn names_flag(text: &str, flag: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    text.match_indices(flag).any(|(at, _)| ends(&text[at + flag.len()..]))
}

#[test]
fn the_readme_names_every_exit_code() {
    let readme = read("README.md");
    let text = code(&read("xtask/src/command.rs"));
    let body = text.split_once("enum Code {").unwrap().1.split_once('}').unwrap().0;
    let codes: Vec<&str> = body.split(',').filter_map(|variant| Some(variant.split_once('=')?.1.trim())).collect();
    assert!(codes.len() >= 5);
    for code in codes {
        let row = |line: &str| line.starts_with(&format!("| {code} |")) || line.starts_with(&format!("| `{code}` |"));
        assert!(readme.lines().any(row), "README.md has no row for exit code {code}");
    }
}

#[test]
fn the_readme_names_every_variable() {
    let readme = read("README.md");
    let mut missing = BTreeSet::new();
    for (name, text) in rust_files() {
        if room_of(&name).is_some() && !name.ends_with("/tests.rs") {
            missing.extend(variables(&without_tests(&text)).filter(|variable| !readme.contains(&format!("`{variable}`"))));
        }
    }
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
}

/// The variables of the environment that code reads by name: `host.var("HOME")`, `raw_var`, `variable`.
fn variables(text: &str) -> impl Iterator<Item = String> {
    let calls = ["var(\"", "variable(\""].into_iter().flat_map(|call| text.split(call).skip(1));
    let names = calls.filter_map(|rest| rest.split_once("\")")).map(|(name, _)| name);
    names
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .map(str::to_owned)
}

#[test]
fn the_map_names_every_room() {
    let map = read("ARCHITECTURE.md");
    for room in rooms() {
        let spellings = [format!("`{room}`"), format!("{room}.rs"), format!("{room}/")];
        assert!(spellings.iter().any(|spelling| map.contains(spelling)), "ARCHITECTURE.md does not name `{room}`");
    }
}
