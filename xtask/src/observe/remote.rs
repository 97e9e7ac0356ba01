//! Repositories elsewhere: git commands that may wait on a network.

use super::git::{self, Git};
use crate::plan::sources::GUARDS;
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

/// What git says where another try may help. Its words are in English: `ENV` says so.
const PASSING: [&str; 11] = [
    "could not resolve",
    "connection ",
    "failed to connect",
    "couldn't connect",
    "timed out",
    "early eof",
    "hung up unexpectedly",
    "unexpected disconnect",
    "returned error: 429",
    "returned error: 5",
    "temporary failure",
];

/// Runs git to its end, again where the network failed. `what` is the command as an error names it.
pub(super) fn run(git: Git, args: &[&str], cwd: &str, what: &str, repo: &RepoUrl) -> Result<Vec<String>, String> {
    let mut pauses = process::PAUSES.iter();
    loop {
        match (once(git, args, cwd, what, repo), pauses.next()) {
            (Err(Fault { words, .. }), Some(pause)) if may_pass(&words) => std::thread::sleep(*pause),
            (result, _) => return result.map_err(|fault| fault.cause),
        }
    }
}

/// Why git failed, and all that it said.
struct Fault {
    cause: String,
    words: String,
}

fn once(git: Git, args: &[&str], cwd: &str, what: &str, repo: &RepoUrl) -> Result<Vec<String>, Fault> {
    let mut said = Vec::new();
    let args = [&GUARDS, args].concat();
    let spawn = Spawn::new(git.program, &args, cwd).env(&git::env());
    let fault = |cause: String, words| Fault { cause: without_credentials(&cause).into_owned(), words };
    let ended = process::run(&spawn, &mut |line| said.push(line.to_owned()));
    match ended.map_err(|error| fault(error.to_string(), String::new()))? {
        Ended::Code(0) => Ok(said),
        ended => {
            let words = said.iter().filter(|line| !line.contains('\t')).map(String::as_str).collect::<Vec<_>>().join("\n");
            Err(fault(format!("`{what}` of {repo} {}", process::end(ended, &words)), words))
        }
    }
}

fn may_pass(words: &str) -> bool {
    let words = words.to_lowercase();
    PASSING.iter().any(|passing| words.contains(passing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (words, expected) in [
            ("fatal: unable to access 'https://h/x/': Could not resolve host: h", true),
            ("ssh: connect to host h port 22: Connection timed out", true),
            (
                "fatal: unable to access 'https://h/x/': Failed to connect to h port 443 after 1 ms: Couldn't connect to server",
                true,
            ),
            ("fatal: unable to access 'https://h/x/': The requested URL returned error: 503", true),
            ("fatal: unable to access 'https://h/x/': The requested URL returned error: 403", false),
            ("error: RPC failed; curl 56 recv failure\nfatal: early EOF", true),
            ("remote: Repository not found.\nfatal: repository 'https://h/x/' not found", false),
            ("fatal: '/nowhere' does not appear to be a git repository", false),
            ("fatal: could not read Username for 'https://h': terminal prompts disabled", false),
        ] {
            assert_eq!(may_pass(words), expected, "{words}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_network_that_fails_once_is_asked_again() {
        let world = crate::observe::tests::World::new();
        let (tries, commit) = (world.at("tries"), "1".repeat(40));
        let script = format!(
            "[ -e '{tries}' ] && {{ printf '{commit}\\trefs/heads/main\\n'; exit; }}; >'{tries}'; echo 'fatal: early EOF' >&2; exit 128"
        );
        let program = world.program("git", &script);
        let repo = RepoUrl::parse("https://host/x").unwrap();
        let listed = list(Git { program: &program, host: &world.host }, &repo, &["main".to_owned()]);
        assert_eq!(listed, Ok(format!("{commit}\trefs/heads/main")));
    }
}
