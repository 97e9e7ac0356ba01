//! Files of a commit that is not checked out, read from a store of git objects that all runs share.

use std::collections::BTreeMap;
use std::time::Duration;

use manifest::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use super::git::{self, Git};
use super::remote;
use crate::file;
use crate::host::{Host, Platform};
use crate::process::{self, ProcessError};
use crate::redact::without_credentials;
use crate::refs::RepoUrl;

/// The variable that names the folder of what runs share.
const CACHE: &str = "THEROCK_XTASK_CACHE";

/// The pauses before another git is expected to have ended. A fetch of one commit takes seconds.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];

/// The most bytes of a file that is read.
const LARGEST: u64 = 1 << 20;

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The repository did not answer.
    Repository(String),
    /// It did, but the file is not what can be read.
    File(String),
}

/// A bare repository with single commits of one repository, without its history and, until they are read, without its files.
pub(super) struct Objects<'a> {
    git: Git<'a>,
    repo: &'a RepoUrl,
    pub(super) dir: String,
}

impl<'a> Objects<'a> {
    /// The store for a repository. It is made when something is fetched.
    pub(super) fn new(git: Git<'a>, repo: &'a RepoUrl) -> Result<Self, String> {
        let cache = folder(git.host).ok_or_else(|| format!("there is no folder for what runs share: set `{CACHE}`"))?;
        let dir = git.host.platform.join(&cache, &format!("git/{}", name(&repo.redacted())));
        Ok(Objects { git, repo, dir })
    }

    /// The texts of these files at a commit; what the commit has not, or has as something else than a file, is left out.
    pub(super) fn read(&self, commit: &str, files: &[&str]) -> Result<BTreeMap<String, String>, Unread> {
        if self.local(&["ls-tree", commit]).is_err() {
            self.fetch(commit).map_err(Unread::Repository)?;
        }
        let mut texts = BTreeMap::new();
        for file in files {
            let entry = self.local(&["ls-tree", commit, "--", file]).map_err(Unread::Repository)?;
            // `MODE TYPE OBJECT <tab> PATH`
            if let ["100644" | "100755", "blob", object, ..] = entry.split_whitespace().collect::<Vec<_>>()[..] {
                let text = self.blob(object).map_err(|unread| match unread {
                    Unread::File(cause) => Unread::File(format!("`{file}` of {commit} cannot be read: {cause}")),
                    other => other,
                })?;
                texts.insert((*file).to_owned(), text);
            }
        }
        Ok(texts)
    }

    /// Another run that fetches meanwhile makes this one fail, as git locks its store; what counts is that the commit is there.
    fn fetch(&self, commit: &str) -> Result<(), String> {
        file::make_folder(&self.dir).map_err(|error| error.to_string())?;
        let fetch = ["fetch", "--progress", "--no-tags", "--depth", "1", "--filter=blob:none", "origin", commit];
        let mut pauses = PAUSES.iter();
        loop {
            let fetched = self.local(&["init", "--quiet", "--bare"]).and_then(|_| self.network("git fetch", &fetch));
            let Err(cause) = fetched else { return Ok(()) };
            if self.local(&["ls-tree", commit]).is_ok() {
                return Ok(());
            }
            match pauses.next() {
                Some(pause) if is_taken(&cause) => std::thread::sleep(*pause),
                _ => return Err(cause),
            }
        }
    }

    /// A file's content comes when it is first read.
    fn blob(&self, object: &str) -> Result<String, Unread> {
        let size = || self.local(&["cat-file", "-s", object]);
        let size = match size() {
            Ok(size) => size,
            Err(_) => {
                self.network("git cat-file", &["cat-file", "-e", object]).map_err(Unread::Repository)?;
                size().map_err(Unread::Repository)?
            }
        };
        match size.parse::<u64>() {
            Ok(bytes) if bytes <= LARGEST => self.local(&["cat-file", "blob", object]).map_err(Unread::File),
            _ => Err(Unread::File(format!("it has {size} bytes, which is more than any pin or version"))),
        }
    }

    fn local(&self, args: &[&str]) -> Result<String, String> {
        let args = [&["--git-dir", &self.dir], args].concat();
        let mut env = git::env();
        env.push(("GIT_NO_LAZY_FETCH", Some("1")));
        process::ask(self.git.program, &args, &self.dir, &env).map_err(|error| match error {
            ProcessError::NotText { .. } => "it is not UTF-8".to_owned(),
            _ => error.to_string(),
        })
    }

    fn network(&self, what: &str, args: &[&str]) -> Result<(), String> {
        // The address is given anew each time, so that its credentials are not written down.
        let origin = format!("remote.origin.url={}", self.repo.as_str());
        let args = [&["--git-dir", &self.dir, "-c", &origin, "-c", "gc.auto=0"], args].concat();
        remote::run(self.git, &args, &self.dir, what, self.repo).map(drop)
    }
}

/// Whether git failed because of another one that is writing in the same store.
fn is_taken(cause: &str) -> bool {
    ["File exists", "could not lock", "has changed since we read it"].iter().any(|words| cause.contains(words))
}

/// The folder of what runs share.
fn folder(host: &Host) -> Option<String> {
    let join = |base: &str, rest: &str| host.platform.join(base, rest);
    if let Some(named) = host.var(CACHE) {
        return host.absolute(named).ok();
    }
    let base = match host.platform {
        Platform::Linux => host.var("XDG_CACHE_HOME").map(str::to_owned).or_else(|| host.home().map(|home| join(home, ".cache"))),
        Platform::Windows => host.var("LOCALAPPDATA").map(str::to_owned),
    };
    base.map(|base| join(&base, "therock-xtask"))
}

/// The name of a repository's store: readable, and different for different addresses.
fn name(address: &str) -> String {
    let address = without_credentials(address);
    let last = address.trim_end_matches(['/', '\\']).rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let digest = Sha256::from(<[u8; 32]>::from(Hasher::digest(address.as_bytes())));
    format!("{}-{digest:.8}.git", last.strip_suffix(".git").unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Environment, Memory, Terminal};

    #[test]
    fn stores_have_names_of_their_own() {
        for (address, expected) in [
            ("https://github.com/ROCm/pytorch", "pytorch-"),
            ("https://github.com/ROCm/pytorch.git", "pytorch-"),
            ("git@host:x.git", "x-"),
            (r"C:\origins\apex\", "apex-"),
        ] {
            let name = name(address);
            assert!(name.starts_with(expected) && name.ends_with(".git") && name.len() == expected.len() + 12, "{name}");
        }
        assert_eq!(name("https://u:p@h/x"), name("https://h/x"));
        assert_ne!(name("https://h/x"), name("https://i/x"));
    }

    #[test]
    fn the_cache_is_where_its_system_keeps_caches() {
        let host = |platform, env: &[(&str, &str)]| Host {
            platform,
            machine: String::new(),
            cwd: "/w".to_owned(),
            env: Environment(env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()),
            cpus: 1,
            memory: Memory::default(),
            terminal: Terminal::Dumb,
        };
        let cases: [(_, &[(&str, &str)], _); 5] = [
            (Platform::Linux, &[("HOME", "/h")], Some("/h/.cache/therock-xtask")),
            (Platform::Linux, &[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")], Some("/c/therock-xtask")),
            (Platform::Linux, &[("HOME", "/h"), (CACHE, "own")], Some("/w/own")),
            (Platform::Linux, &[], None),
            (Platform::Windows, &[("LOCALAPPDATA", r"C:\u\Local")], Some(r"C:\u\Local\therock-xtask")),
        ];
        for (platform, env, expected) in cases {
            assert_eq!(folder(&host(platform, env)).as_deref(), expected);
        }
    }
}
