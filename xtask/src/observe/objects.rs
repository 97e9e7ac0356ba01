//! Files of a commit that is not checked out, read from a store of git objects that all runs share.

use std::collections::BTreeMap;
use std::rc::Rc;

use tempfile::TempDir;

use super::git::{self, Git};
use super::remote;
use super::shared::Filling;
use crate::file;
use crate::plan::sources::{shared_folder, store, store_name, stored_ref};
use crate::process::{self, ProcessError};
use crate::refs::RepoUrl;
use crate::request::Depth;

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
    /// Where the folder of what runs share cannot be written, the store goes with this value.
    scratch: Option<Rc<TempDir>>,
}

impl<'a> Objects<'a> {
    /// The store for a repository. It is made when something is fetched.
    pub(super) fn new(git: Git<'a>, repo: &'a RepoUrl) -> Result<Self, String> {
        let join = |base: &str, name: &str| git.host.platform.join(base, name);
        let name = store_name(&repo.redacted());
        let shared = shared_folder(git.host).map(|cache| join(&cache, &format!("git/{name}")));
        if let Some(dir) = shared.filter(|dir| file::takes_files(dir).is_ok()) {
            return Ok(Objects { git, repo, dir, scratch: None });
        }
        let scratch = file::scratch().map_err(|error| error.to_string())?;
        let dir = join(&scratch.path().to_string_lossy(), &name);
        Ok(Objects { git, repo, dir, scratch: Some(Rc::new(scratch)) })
    }

    /// The texts of these files at a commit; what the commit has not, or has as something else than a file, is left out.
    pub(super) fn read(&self, commit: &str, files: &[&str]) -> Result<BTreeMap<String, String>, Unread> {
        // A checkout may have brought all of it.
        if let Some(whole) = store(self.git.host, &self.repo.redacted(), Depth::default()).filter(|whole| *whole != self.dir) {
            let whole = Objects { dir: whole, scratch: self.scratch.clone(), ..*self };
            if whole.local(&["rev-parse", "--verify", "--quiet", &stored_ref(commit)]).is_ok() {
                return whole.read(commit, files);
            }
        }
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

    /// Another run may have fetched it while this one waited.
    fn fetch(&self, commit: &str) -> Result<(), String> {
        let _store = Filling::open(self.git, &self.dir, &|_| !process::is_stopping())?;
        if self.local(&["ls-tree", commit]).is_ok() {
            return Ok(());
        }
        let fetch = ["fetch", "--progress", "--no-tags", "--depth", "1", "--filter=blob:none", "origin", commit];
        self.network("git fetch", &fetch)
    }

    /// A file's content comes when it is first read.
    fn blob(&self, object: &str) -> Result<String, Unread> {
        let size = || self.local(&["cat-file", "-s", object]);
        let size = match size() {
            Ok(size) => size,
            Err(_) => {
                let _store = Filling::open(self.git, &self.dir, &|_| !process::is_stopping()).map_err(Unread::Repository)?;
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
        let args = [&["--git-dir", &self.dir, "-c", &origin], args].concat();
        remote::run(self.git, &args, &self.dir, what, self.repo).map(drop)
    }
}
