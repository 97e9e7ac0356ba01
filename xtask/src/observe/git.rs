//! git, asked about checkouts that are there. What it cannot answer is an error with its words, never an empty text.

mod changes;
mod note;
mod translated;

pub use self::changes::LocalChanges;
use self::changes::digest;
use self::note::Note;
use super::status::{self, Status};
use crate::facts::{GitState, Listed, Owner, Seen};
use crate::file;
use crate::host::{Host, Platform};
use crate::plan::sources::{FOREIGN_GIT, HIPIFY_TAG, UPSTREAM_TAG, in_checkouts};
use crate::process::{self, ProcessError};
use crate::redact::without_credentials;
use crate::refs::RepoUrl;

/// What questions to git add to the environment. Nobody is there to answer, and reading must not write. A git that started the tool must not lead
/// these questions into its own repository.
pub(super) fn env() -> Vec<(&'static str, Option<&'static str>)> {
    let set = [("GIT_TERMINAL_PROMPT", "0"), ("GIT_OPTIONAL_LOCKS", "0"), ("LC_ALL", "C")];
    let set = set.into_iter().map(|(name, value)| (name, Some(value)));
    set.chain(FOREIGN_GIT.into_iter().map(|name| (name, None))).collect()
}

/// The message of the commit of hipify's changes that other tools make.
const HIPIFY: &str = "DO NOT SUBMIT: HIPIFY";

/// The git of this machine.
#[derive(Clone, Copy)]
pub(super) struct Git<'a> {
    pub program: &'a str,
    pub host: &'a Host,
}

impl Git<'_> {
    /// What git prints about a checkout. It is asked even if the checkout belongs to another user, as folders do that are mounted in a container.
    pub(super) fn ask(&self, dir: &str, args: &[&str]) -> Result<String, String> {
        let spelled = if self.host.platform == Platform::Windows { dir.replace('\\', "/") } else { dir.to_owned() };
        let safe = format!("safe.directory={spelled}");
        // A monitor of the file system would be a program of the checkout's choice.
        let command = args.first().copied().unwrap_or_default();
        let args = [&["-c", &safe, "-c", "core.fsmonitor=false"][..], &in_checkouts(self.host.platform), args].concat();
        process::ask(self.program, &args, dir, &env()).map_err(|error| match error {
            ProcessError::Failed { ended, stderr, .. } => format!("`git {command}` in `{dir}` {}", process::end(ended, &stderr)),
            _ => error.to_string(),
        })
    }

    /// Whether a folder is the top of a checkout.
    pub(super) fn is_checkout(&self, dir: &str) -> bool {
        file::look(&self.host.platform.join(dir, ".git")) != Seen::Missing
    }

    /// What git says of a checkout; nothing of one that has no commit yet.
    pub(super) fn state(&self, dir: &str) -> Result<Option<GitState>, String> {
        let status = self.status(dir)?;
        let Some(head) = status.head.clone() else { return Ok(None) };
        let tag =
            self.ask(dir, &["for-each-ref", "--format=%(*objectname) %(objectname)", &format!("refs/tags/{UPSTREAM_TAG}")])?;
        let upstream = tag.split_whitespace().next().unwrap_or(&head).to_owned();
        let folder = self.folder(dir)?;
        let mut describe = self.ask(dir, &["describe", "--always"])?;
        if !status.tracked.is_empty() {
            describe.push_str("-dirty");
        }
        let origin = self.ask(dir, &["config", "--default", "", "--get", "remote.origin.url"])?;
        let found = self.changes(dir, &status)?;
        let changes = found.digest();
        let own_commits = self.has_own_commits(dir, &head, &upstream)?.then(|| {
            let changes = changes.as_deref().unwrap_or_default();
            digest(&[format!("{head}\0"), changes.to_owned()])
        });
        let note = self.note(&folder)?;
        let reference = note.as_ref().and_then(|note| note.reference_of(&head));
        let track = match status.branch.clone().or(reference) {
            Some(name) => Some(name),
            None => self.track(dir, &folder, &upstream)?,
        };
        Ok(Some(GitState {
            parts: note.as_ref().and_then(Note::parts),
            owner: note.map_or(Owner::User, |note| note.owner(&head, &changes)),
            track,
            committed_at: self.committed_at(dir, &upstream)?,
            origin: Some(shown(&origin)).filter(|origin| !origin.is_empty()),
            changed: found.listed(),
            last_changed: found.last(|path| self.host.platform.join(dir, path)),
            unpushed: self.unpushed(dir)?,
            branch: status.branch,
            describe: Some(describe),
            head,
            upstream,
            changes,
            own_commits,
        }))
    }

    /// The commit that is checked out, the branch and the address of `origin`: all that a manifest says of a repository.
    pub(super) fn identity(&self, dir: &str) -> Result<(String, Option<String>, String), String> {
        // Nobody named this checkout, and another user may have put it there: nothing is asked that would run the filters of its configuration.
        self.folder(dir)?;
        let head = self.ask(dir, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
        let head = head.map_err(|_| format!("the checkout `{dir}` has no commit"))?;
        let branch = self.ask(dir, &["symbolic-ref", "--quiet", "--short", "HEAD"]).ok();
        let origin = self.ask(dir, &["config", "--default", "", "--get", "remote.origin.url"])?;
        Ok((head, branch, shown(&origin)))
    }

    fn status(&self, dir: &str) -> Result<Status, String> {
        // Each submodule is asked from inside: checkouts tell git to ignore them.
        let args = [
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=all",
            "--ignore-submodules=all",
            "--no-renames",
            "--no-ahead-behind",
        ];
        Ok(status::parse(&self.ask(dir, &args)?))
    }

    /// The folder where git keeps what belongs to this checkout.
    fn folder(&self, dir: &str) -> Result<String, String> {
        self.ask(dir, &["rev-parse", "--absolute-git-dir"])
    }

    fn committed_at(&self, dir: &str, commit: &str) -> Result<i64, String> {
        let line = self.ask(dir, &["rev-list", "--no-walk", "--timestamp", commit])?;
        let seconds = line.split_whitespace().next().and_then(|seconds| seconds.parse().ok());
        seconds.ok_or_else(|| format!("git does not tell when `{commit}` was made, but `{line}`"))
    }

    /// The name that `--ref` would have had, where nothing says it outright: what was fetched, else a tag.
    fn track(&self, dir: &str, folder: &str, upstream: &str) -> Result<Option<String>, String> {
        let fetched = file::read_if_there(&self.host.platform.join(folder, "FETCH_HEAD")).map_err(|error| error.to_string())?;
        let fetched = status::fetched(fetched.as_deref().unwrap_or_default());
        let is_tag_of = |object: &str| self.ask(dir, &["rev-parse", &format!("{object}^{{commit}}")]).as_deref() == Ok(upstream);
        let same = fetched.iter().find(|(object, _)| *object == upstream);
        // There may be thousands; a single one that was asked for stands first.
        if let Some((_, name)) = same.or_else(|| fetched.first().filter(|(object, _)| is_tag_of(object))) {
            return Ok(Some((*name).to_owned()));
        }
        let tags =
            self.ask(dir, &["for-each-ref", "--format=%(refname:strip=2)", &format!("--points-at={upstream}"), "refs/tags"])?;
        Ok(tags.lines().find(|tag| !tag.starts_with("THEROCK_")).map(str::to_owned))
    }

    /// Whether something is committed above the public commit that hipify did not make.
    fn has_own_commits(&self, dir: &str, head: &str, upstream: &str) -> Result<bool, String> {
        if head == upstream {
            return Ok(false);
        }
        let parents_and_message = self.ask(dir, &["log", "-1", "--no-show-signature", "--no-color", "--format=%P%n%s", head])?;
        Ok(parents_and_message.trim_end() != format!("{upstream}\n{HIPIFY}"))
    }

    /// Whether a submodule has nothing above the commit that its parent wants but what hipify changed. Somebody's changes may have been added to
    /// that commit; its tag stays where it was then.
    fn is_translated(&self, dir: &str, head: &str, commit: &str) -> Result<bool, String> {
        let tag = self.ask(dir, &["for-each-ref", "--format=%(objectname)", &format!("refs/tags/{HIPIFY_TAG}")])?;
        Ok(tag == head && !self.has_own_commits(dir, head, commit)?)
    }

    /// The commits of this checkout that nobody else may have.
    fn unpushed(&self, dir: &str) -> Result<Listed, String> {
        let which = ["HEAD", "--branches", "--not", "--remotes", "--tags"];
        let count = self.ask(dir, &[&["rev-list", "--count"], &which[..]].concat())?;
        let log = ["log", "-z", "--max-count=10", "--no-show-signature", "--no-color", "--format=%h %s"];
        let log = self.ask(dir, &[&log[..], &which].concat())?;
        let count = count.parse().map_err(|_| format!("git counts `{count}` commits"))?;
        Ok(Listed { first: log.split_terminator('\0').map(str::to_owned).collect(), count })
    }

    /// Makes git look away from the submodules, whose commits hipify may move. A checkout without any is left alone.
    pub(super) fn ignore_submodules(&self, dir: &str) -> Result<(), String> {
        let modules = file::read_if_there(&self.host.platform.join(dir, ".gitmodules")).map_err(|error| error.to_string())?;
        if modules.is_none_or(|text| !text.contains("[submodule")) {
            return Ok(());
        }
        let listed = self.ask(dir, &["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"])?;
        let modules: Vec<(&str, &str)> = listed.split('\0').filter_map(|entry| entry.split_once('\n')).collect();
        for (key, _) in &modules {
            let key = key.strip_suffix("path").unwrap_or(key);
            self.ask(dir, &["config", &format!("{key}ignore"), "all"])?;
        }
        let paths: Vec<&str> = modules.iter().map(|(_, path)| *path).collect();
        self.ask(dir, &[&["update-index", "--skip-worktree", "--"], paths.as_slice()].concat()).map(drop)
    }
}

/// A repository's address as it may be seen, even if it is none that the tool would take.
fn shown(origin: &str) -> String {
    RepoUrl::parse(origin).map_or_else(|_| without_credentials(origin).into_owned(), |repo| repo.redacted())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
