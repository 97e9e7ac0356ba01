//! Programs that are asked for their version: whoever does not answer does not run.

use std::collections::BTreeMap;

use crate::facts::{Looks, Tool};
use crate::host::{Host, Platform};
use crate::process::{self, Ended, Spawn};

/// What builds use, by the names under which plans look for them; and what the user chose to compile with.
pub(super) fn tools(host: &Host, looks: &Looks) -> BTreeMap<String, Tool> {
    let names: &[&str] = match host.platform {
        Platform::Linux => &["git", "cmake", "ninja", "cc", "c++"],
        Platform::Windows => &["git", "cmake", "ninja", "cl"],
    };
    let names = names.iter().copied().chain(["CC", "CXX"].iter().filter_map(|variable| host.var(variable)));
    asked(host, looks, names)
}

/// These programs, asked side by side.
pub(super) fn asked<'a>(host: &Host, looks: &Looks, names: impl Iterator<Item = &'a str>) -> BTreeMap<String, Tool> {
    let found = names.filter_map(|name| Some((name.to_owned(), looks.programs.get(name)?.clone())));
    std::thread::scope(|scope| {
        let asked = found.map(|(name, path)| {
            let version = {
                let (name, path) = (name.clone(), path.clone());
                scope.spawn(move || version(&name, &path, &host.cwd))
            };
            (name, path, version)
        });
        let asked: Vec<_> = asked.collect();
        asked.into_iter().map(|(name, path, version)| (name, Tool { path, version: super::joined(version) })).collect()
    })
}

fn version(name: &str, path: &str, cwd: &str) -> Result<String, String> {
    // Microsoft's compiler has no flag for it: started with nothing to do, it names itself on standard error.
    let text = if name == "cl" { everything(path, cwd) } else { process::ask(path, &["--version"], cwd, &[]) };
    let text = text.map_err(|error| match error {
        process::ProcessError::Failed { ended, stderr, .. } => format!("it {}", process::end(ended, &stderr)),
        _ => error.to_string(),
    })?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.map(str::to_owned).ok_or_else(|| "it does not say its version".to_owned())
}

fn everything(path: &str, cwd: &str) -> Result<String, process::ProcessError> {
    let mut said = String::new();
    let ended = process::run(&Spawn::new(path, &[], cwd), &mut |line| {
        said.push_str(line);
        said.push('\n');
    })?;
    match ended {
        Ended::Code(0) => Ok(said),
        _ => Err(process::ProcessError::Failed { command: path.to_owned(), ended, stderr: said }),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_first_lines() {
        let fake = tempfile::tempdir().unwrap();
        let program = |name: &str, script: &str| {
            let path = fake.path().join(name).to_str().unwrap().to_owned();
            crate::file::write_text(&path, &format!("#!/bin/sh\n{script}\n")).unwrap();
            process::ask("/bin/chmod", &["+x", &path], "/", &[]).unwrap();
            path
        };
        let cases = [
            ("cc", program("cc", "echo; echo \" cc $1 1.2\"; echo more"), Ok("cc --version 1.2")),
            ("cl", program("cl", "echo \"Version 19\" >&2; echo usage"), Ok("Version 19")),
            ("cl", program("cl2", "echo bad; exit 2"), Err("it exited with 2: bad")),
            ("git", program("git", "echo oh >&2; exit 1"), Err("it exited with 1: oh")),
            ("git", program("mute", "exit 0"), Err("it does not say its version")),
            ("git", "/none".to_owned(), Err("cannot start `/none`: not found")),
        ];
        for (name, path, expected) in cases {
            assert_eq!(version(name, &path, "/"), expected.map(str::to_owned).map_err(str::to_owned), "{path}");
        }
    }
}
