//! Each refusal with all that it says, its exit code, and nothing written. The cases stand in the `.txt` files: a command, and what it prints to
//! standard error. `UPDATE_CASES=1 cargo test --test suite cli_errors` writes down what is printed now; the difference is to be read.

mod request;
mod secrets;
mod world;

use std::path::PathBuf;
use std::process::Command;

use tests::{Sandbox, changes, finish, project};

/// Runs the cases of a file, one after the other, in a sandbox that they must leave as it is.
#[track_caller]
fn check(sandbox: &Sandbox, file: &str, code: i32) {
    let path = project().join("tests/tests/suite/cli_errors").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    // To read pins, objects are fetched into the cache that git's repositories share. The first report does not even do that.
    let unshared = || {
        let mut found = sandbox.snapshot();
        found.retain(|path, _| code == 2 || !path.starts_with(sandbox.root().join("cache/therock-xtask")));
        found
    };
    let before = unshared();
    let (mut now, mut wrong) = (Vec::new(), Vec::new());
    for part in parts(&text) {
        let Some((line, _)) = part.strip_prefix("$ ").map(|case| case.split_once('\n').unwrap_or((case, ""))) else {
            now.push(part);
            continue;
        };
        let ended = finish(&mut typed(sandbox, line));
        let said = format!("$ {line}\n{}", sandbox.plain(&ended.stderr).trim_end());
        if (&said, ended.code, ended.stdout.as_str()) != (&part, code, "") {
            wrong.push(format!(
                "{part}\n-- but, with exit code {}:\n{}{}",
                ended.code,
                ended.stdout,
                sandbox.plain(&ended.stderr)
            ));
        }
        now.push(said);
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(&path, now.join("\n\n") + "\n").unwrap();
    }
    assert!(wrong.is_empty(), "{file}:\n\n{}", wrong.join("\n"));
    assert_eq!(changes(&before, &unshared()), Vec::<PathBuf>::new());
}

/// Comments and cases: each begins with `# ` or `$ ` behind a blank line. What a case says may have blank lines in it.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut behind_blank = true;
    for line in text.lines() {
        if behind_blank && (line.starts_with("# ") || line.starts_with("$ ")) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            *part += line;
            part.push('\n');
        }
        behind_blank = line.is_empty();
    }
    parts.iter().map(|part| part.trim_end().to_owned()).collect()
}

/// `NAME=value build --flag 'two words'`: the binary with such variables and arguments; `\n` and `\t` are what they are in Rust.
fn typed(sandbox: &Sandbox, line: &str) -> Command {
    let mut command = sandbox.xtask();
    let mut arguments = false;
    for word in words(line) {
        let word = word.replace("BOX", sandbox.root().to_str().unwrap());
        match word.split_once('=') {
            Some((name, value)) if !arguments && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                command.env(name, value)
            }
            _ => {
                arguments = true;
                command.arg(word)
            }
        };
    }
    command
}

/// The words of a line; blanks between `'` are part of a word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![None::<String>], false);
    for c in line.replace("\\n", "\n").replace("\\t", "\t").chars() {
        let word = words.last_mut().unwrap();
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.push(None),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.into_iter().flatten().collect()
}
