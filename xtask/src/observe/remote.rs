//! Repositories elsewhere: git commands that may wait on a network.

use std::time::Duration;

use super::git::{self, Git};
use crate::plan::sources::GUARDS;
use crate::process::{self, Ended, ProcessError, Spawn};
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
const PASSING: [&str; 12] = [
    "could not resolve",
    "connection ",
    "failed to connect",
    "couldn't connect",
    "timed out",
    "operation too slow",
    "early eof",
    "hung up unexpectedly",
    "unexpected disconnect",
    "returned error: 429",
    "returned error: 5",
    "temporary failure",
];

/// How long git may say nothing while it waits for a server. What it is asked here takes seconds, and of a fetch it tells the progress.
const SILENCE: u32 = 60;

/// The most bytes of what git prints that are kept: the names of half a million refs are fewer.
const MOST: usize = 64 << 20;

/// What ends git's own waiting for a web server a little earlier, and with git's words.
const STALLED: [&str; 4] = ["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=45"];

/// Runs git to its end, again where the network failed. `what` is the command as an error names it.
pub(super) fn run(git: Git, args: &[&str], cwd: &str, what: &str, repo: &RepoUrl) -> Result<Vec<String>, String> {
    let mut pauses = process::retry_pauses().into_iter();
    let silence = Duration::from_secs(git.host.silence(SILENCE).into());
    loop {
        match (once(git, args, cwd, what, repo, silence), pauses.next()) {
            (Err(Fault { words, .. }), Some(pause)) if may_pass(&words) => process::pause(pause),
            (result, _) => return result.map_err(|fault| fault.cause),
        }
    }
}

/// Why git failed, and all that it said.
struct Fault {
    cause: String,
    words: String,
}

fn once(git: Git, args: &[&str], cwd: &str, what: &str, repo: &RepoUrl, silence: Duration) -> Result<Vec<String>, Fault> {
    let (mut said, mut bytes) = (Vec::new(), 0);
    let args = [&GUARDS[..], &STALLED, args].concat();
    let spawn = Spawn::new(git.program, &args, cwd).env(&git::env()).silence(silence);
    let fault = |cause: String, words| Fault { cause: without_credentials(&repo.hidden_in(&cause)).into_owned(), words };
    let ended = process::run(&spawn, &mut |line| {
        bytes += line.len();
        if bytes <= MOST {
            said.push(line.to_owned());
        }
    });
    match ended {
        Ok(Ended::Code(0)) if bytes <= MOST => Ok(said),
        Ok(Ended::Code(0)) => Err(fault(format!("`{what}` of {repo} told more than {} MiB", MOST >> 20), String::new())),
        Err(ProcessError::Silent { silence, .. }) => {
            let cause = format!("`{what}` of {repo} got no answer for {} s and was ended", silence.as_secs());
            Err(fault(cause, "timed out".to_owned()))
        }
        Err(error) => Err(fault(error.to_string(), String::new())),
        Ok(ended) => {
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
            (
                "fatal: unable to access 'http://h/': Operation too slow. Less than 1 bytes/sec transferred the last 45 seconds",
                true,
            ),
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

    #[cfg(unix)]
    #[test]
    fn a_server_that_tells_without_end_fills_no_memory() {
        let world = crate::observe::tests::World::new();
        let program = world.program("git", &format!("head -c {} /dev/zero | tr '\\0' x", MOST + 1));
        let repo = RepoUrl::parse("https://host/x").unwrap();
        let listed = list(Git { program: &program, host: &world.host }, &repo, &[]);
        assert_eq!(listed, Err("`git ls-remote` of https://host/x told more than 64 MiB".to_owned()));
    }

    /// A server that takes a connection, says so much and then nothing.
    #[cfg(unix)]
    fn stalling(words: &'static [u8]) -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                std::io::Write::write_all(&mut connection, words).unwrap();
                held.push(connection);
            }
        });
        port
    }

    #[cfg(unix)]
    #[test]
    fn a_server_that_stalls_is_left() {
        let world = crate::observe::tests::World::new();
        let program = world.found("git");
        let git = Git { program: &program, host: &world.host };
        let body =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\nContent-Length: 9999\r\n\r\n001e#";
        let http = "http://user:secretpass@";
        for (scheme, words) in [("git://", &b""[..]), ("git://", b"000eversion 2\n"), (http, b""), (http, body)] {
            let repo = RepoUrl::parse(&format!("{scheme}127.0.0.1:{}/x", stalling(words))).unwrap();
            let args = ["ls-remote", "--", repo.as_str()];
            let ended = once(git, &args, &world.at(""), "git ls-remote", &repo, Duration::from_secs(1));
            let Fault { cause, words } = ended.err().unwrap();
            assert_eq!(cause, format!("`git ls-remote` of {repo} got no answer for 1 s and was ended"));
            assert!(may_pass(&words) && !cause.contains("secret"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_server_that_cuts_its_answer_short_or_refuses_is_told_of() {
        let world = crate::observe::tests::World::new();
        let program = world.found("git");
        let git = Git { program: &program, host: &world.host };
        let answering = |words: &'static [u8]| {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            std::thread::spawn(move || {
                for connection in listener.incoming() {
                    let mut connection = connection.unwrap();
                    let _ = std::io::Read::read(&mut connection, &mut [0; 4096]);
                    let _ = std::io::Write::write_all(&mut connection, words);
                    // A connection that is dropped with something unread in it is reset, and the answer may be lost with it.
                    let _ = connection.shutdown(std::net::Shutdown::Write);
                    let _ = std::io::copy(&mut connection, &mut std::io::sink());
                }
            });
            port
        };
        let none = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let page = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n<html>\n";
        let table: [(&str, &'static [u8], &str, bool); 4] = [
            ("git", b"00", "Could not read from remote repository", false),
            ("http", none, "not found", false),
            ("http", busy, "The requested URL returned error: 503", true),
            ("http", page, "not valid: is this a git repository?", false),
        ];
        for (scheme, words, expected, again) in table {
            let repo = RepoUrl::parse(&format!("{scheme}://127.0.0.1:{}/x", answering(words))).unwrap();
            let args = ["ls-remote", "--", repo.as_str()];
            let ended = once(git, &args, &world.at(""), "git ls-remote", &repo, Duration::from_secs(20));
            let Fault { cause, words } = ended.err().unwrap();
            assert!(cause.starts_with(&format!("`git ls-remote` of {repo} exited with 128: fatal: ")), "{cause}");
            assert!(cause.contains(expected), "{cause}");
            assert_eq!(may_pass(&words), again, "{words}");
        }
    }
}
