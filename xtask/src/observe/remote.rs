//! Repositories elsewhere: git commands that may wait on a network.

use super::git::{self, Git};
use crate::process::{self, Ended, Spawn};
use crate::redact::without_credentials;
use crate::refs::RepoUrl;

/// The refs of a repository that match `patterns`, or all branches and tags if there are none: as `git ls-remote` prints them.
pub(super) fn list(git: Git, repo: &RepoUrl, patterns: &[String]) -> Result<String, String> {
    let which: &[&str] = if patterns.is_empty() { &["--heads", "--tags"] } else { &[] };
    let patterns = patterns.iter().map(String::as_str);
    let args: Vec<&str> = ["ls-remote"].iter().chain(which).copied().chain(["--", repo.as_str()]).chain(patterns).collect();
    let said = run(git, &args, &git.host.cwd, "git ls-remote", repo)?;
    // Warnings come in between.
    let is_ref = |line: &&String| {
        line.split_once('\t').is_some_and(|(commit, _)| commit.len() >= 40 && commit.bytes().all(|c| c.is_ascii_hexdigit()))
    };
    Ok(said.iter().filter(is_ref).map(String::as_str).collect::<Vec<_>>().join("\n"))
}

/// Runs git to its end. `what` is the command as an error names it.
pub(super) fn run(git: Git, args: &[&str], cwd: &str, what: &str, repo: &RepoUrl) -> Result<Vec<String>, String> {
    let mut said = Vec::new();
    let spawn = Spawn::new(git.program, args, cwd).env(&git::env());
    let ended =
        process::run(&spawn, &mut |line| said.push(line.to_owned())).map_err(|error| without_credentials(&error.to_string()))?;
    match ended {
        Ended::Code(0) => Ok(said),
        _ => {
            let words = said.iter().filter(|line| !line.contains('\t')).map(String::as_str).collect::<Vec<_>>().join("\n");
            Err(without_credentials(&format!("`{what}` of {repo} {}", process::end(ended, &words))))
        }
    }
}
