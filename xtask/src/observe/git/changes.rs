//! What differs in a checkout from its commits, each submodule asked from inside: the checkout tells git to ignore them.

use sha2::{Digest, Sha256};

use super::super::status::{self, Status};
use super::Git;
use crate::facts::{Listed, Seen};
use crate::file;

/// The local changes of a checkout, those of its submodules among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalChanges(Vec<Change>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    /// From the checkout on. That of a whole folder ends with a slash.
    path: String,
    /// A text that differs when the content does.
    content: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A file that git knows, or a submodule.
    Tracked,
    /// All else.
    Untracked,
}

impl LocalChanges {
    /// One SHA-256 over the names and contents of all changes; nothing where there are none.
    pub fn digest(&self) -> Option<String> {
        let texts: Vec<String> = self.0.iter().map(|change| format!("{}\0{}\0", change.path, change.content)).collect();
        (!texts.is_empty()).then(|| digest(&texts))
    }

    /// The paths of all changes.
    pub(super) fn listed(&self) -> Listed {
        Listed::of(self.0.iter().map(Change::shown))
    }

    /// The path of the change that was made last, as far as the file system tells.
    pub(super) fn last(&self, at: impl Fn(&str) -> String) -> Option<String> {
        self.0.iter().max_by_key(|change| file::modified(&at(&change.path))).map(Change::shown)
    }

    /// The files that git knows and that are not what they were `before`.
    pub fn tracked_since(&self, before: &LocalChanges) -> Listed {
        let differ = |one: &LocalChanges, other: &LocalChanges| -> Vec<String> {
            let new = one.0.iter().filter(|change| change.kind == Kind::Tracked && !other.0.contains(change));
            new.map(Change::shown).collect()
        };
        let mut paths = [differ(self, before), differ(before, self)].concat();
        paths.sort();
        paths.dedup();
        Listed::of(paths.into_iter())
    }
}

impl Change {
    fn shown(&self) -> String {
        self.path.trim_end_matches('/').to_owned()
    }
}

impl Git<'_> {
    /// The local changes in a checkout as it is now.
    pub(in crate::observe) fn local_changes(&self, dir: &str) -> Result<LocalChanges, String> {
        self.changes(dir, &self.status(dir)?)
    }

    /// The same, where it was asked already.
    pub(super) fn changes(&self, dir: &str, status: &Status) -> Result<LocalChanges, String> {
        let mut found = Vec::new();
        self.collect(dir, "", status, &mut found)?;
        found.sort();
        Ok(LocalChanges(found))
    }

    fn collect(&self, dir: &str, prefix: &str, status: &Status, found: &mut Vec<Change>) -> Result<(), String> {
        let join = |path: &str| self.host.platform.join(dir, path);
        let change = |path: &str, kind| {
            let content = file::fingerprint(&join(path)).map_err(|error| error.to_string())?;
            Ok::<_, String>(Change { path: format!("{prefix}{path}"), content, kind })
        };
        for path in &status.tracked {
            found.push(change(path, Kind::Tracked)?);
        }
        for path in &status.untracked {
            match path.strip_suffix('/') {
                Some(nested) if self.is_checkout(&join(nested)) => {
                    self.collect_nested(&join(nested), &format!("{prefix}{path}"), found)?;
                }
                _ => found.push(change(path, Kind::Untracked)?),
            }
        }
        if file::look(&join(".gitmodules")) == Seen::Missing {
            return Ok(());
        }
        for (path, commit) in status::links(&self.ask(dir, &["ls-files", "--stage", "-z"])?) {
            let (inside, prefix) = (join(&path), format!("{prefix}{path}/"));
            if self.is_checkout(&inside) {
                self.collect_submodule(&inside, &prefix, &commit, found)?;
            } else {
                found.extend(self.without_git(dir, &path, prefix)?);
            }
        }
        Ok(())
    }

    fn collect_submodule(&self, inside: &str, prefix: &str, commit: &str, found: &mut Vec<Change>) -> Result<(), String> {
        let status = self.status(inside)?;
        match &status.head {
            Some(head) if *head != commit && !self.is_translated(inside, head, commit)? => {
                found.push(Change { path: prefix.to_owned(), content: format!("commit {head}"), kind: Kind::Tracked });
            }
            _ => {}
        }
        self.collect(inside, prefix, &status, found)
    }

    /// What is in a repository that its parent does not know. The parent's git looks no further than its folder.
    fn collect_nested(&self, inside: &str, prefix: &str, found: &mut Vec<Change>) -> Result<(), String> {
        let status = self.status(inside)?;
        let from = found.len();
        let content = format!("commit {}", status.head.as_deref().unwrap_or("none"));
        found.push(Change { path: prefix.to_owned(), content, kind: Kind::Untracked });
        self.collect(inside, prefix, &status, found)?;
        found[from..].iter_mut().for_each(|change| change.kind = Kind::Untracked);
        Ok(())
    }

    /// The files of a submodule that is no checkout: every one is read because no git can tell which of them changed.
    fn without_git(&self, dir: &str, path: &str, prefix: String) -> Result<Option<Change>, String> {
        let content = file::folder_fingerprint(&self.host.platform.join(dir, path)).map_err(|error| error.to_string())?;
        Ok(content.map(|content| Change { path: prefix, content, kind: Kind::Untracked }))
    }
}

/// One SHA-256 over some texts, in hexadecimal digits.
pub(super) fn digest(texts: &[String]) -> String {
    let mut digest = Sha256::new();
    texts.iter().for_each(|text| digest.update(text));
    manifest::Sha256::from(<[u8; 32]>::from(digest.finalize())).to_string()
}
