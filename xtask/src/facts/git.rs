//! What git says of a checkout.

use serde::{Deserialize, Serialize};

use super::Locked;

/// What git says of a checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitState {
    /// The commit that is checked out.
    pub head: String,
    /// The public commit below it (`THEROCK_UPSTREAM_DIFFBASE`), else `head`.
    pub upstream: String,
    /// The remote `origin`, without credentials.
    #[serde(default)]
    pub origin: Option<String>,
    /// The branch, unless detached.
    #[serde(default)]
    pub branch: Option<String>,
    /// The name that `--ref` would have had to give: the branch, the ref that the tool made it for, `FETCH_HEAD`'s branch or an exact tag.
    #[serde(default)]
    pub track: Option<String>,
    /// `git describe --always --dirty`.
    #[serde(default)]
    pub describe: Option<String>,
    /// SHA-256 over the names and contents of all local changes, submodules included; absent where there are none.
    #[serde(default)]
    pub changes: Option<String>,
    /// SHA-256 over `head` and `changes`, where `head` is neither `upstream` nor hipify's commit on it: somebody's own commits are built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_commits: Option<String>,
    /// The paths of all local changes, submodules' included; of one that is at another commit its own path.
    #[serde(default, skip_serializing_if = "Listed::is_empty")]
    pub changed: Listed,
    /// The path of the local change that was made last, as far as the file system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_changed: Option<String>,
    /// Commits that no remote has and no tag names, newest first: a short hash and the subject.
    #[serde(default, skip_serializing_if = "Listed::is_empty")]
    pub unpushed: Listed,
    /// Whose changes they are.
    pub owner: Owner,
    /// What the tool made in it besides the files of its commit; absent where its note does not say, as of checkouts of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<Part>>,
    /// When the upstream commit was made, in seconds since 1970 (UTC).
    pub committed_at: i64,
}

impl GitState {
    /// Whether all of it is at this commit. One that was being moved may be there and lack the rest.
    pub fn is_at(&self, locked: &Locked) -> bool {
        self.owner != Owner::Moving && [&self.upstream, &self.head].contains(&&locked.commit)
    }

    /// The public commit that names what is built. A tag of an older one may be left where the user checked out the locked commit.
    pub fn public(&self, locked: Option<&Locked>) -> &str {
        if locked.is_some_and(|locked| locked.commit == self.head) { &self.head } else { &self.upstream }
    }

    /// The digest of what somebody else than the tool did to that commit.
    pub fn dirty(&self, locked: Option<&Locked>) -> Option<&str> {
        let committed = self.own_commits.as_deref().filter(|_| self.public(locked) != self.head);
        committed.or(self.changes.as_deref()).filter(|_| !self.owner.is_ours())
    }
}

/// What a checkout may have or lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The submodules, and theirs.
    Submodules,
    /// HIP in place of CUDA, or triton's version file.
    Translation,
}

/// The first ten of many names, as somebody else wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Ten at most.
    pub first: Vec<String>,
    /// How many there are.
    pub count: usize,
}

impl Listed {
    /// The first ten of these.
    pub fn of(names: impl ExactSizeIterator<Item = String>) -> Self {
        let count = names.len();
        Listed { first: names.take(10).collect(), count }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// They may reach a terminal so: `` `a`, `b` and 3 more ``.
impl std::fmt::Display for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.first.iter().map(|name| format!("`{}`", manifest::shown(name))).collect();
        f.write_str(&names.join(", "))?;
        match self.count - self.first.len().min(self.count) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Who made a checkout and its local changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The tool made it, and nothing changed it since.
    Tool,
    /// The tool made it, and what changed it since did so while it was built: the build, or somebody at that time.
    Built,
    /// The tool began to bring it to another commit and did not finish.
    Moving,
    /// The tool made it, and somebody changed it.
    Edited,
    /// It is the user's.
    User,
}

impl Owner {
    /// Whether no change in it was made by somebody else, as far as can be told.
    pub fn is_ours(self) -> bool {
        matches!(self, Owner::Tool | Owner::Built | Owner::Moving)
    }
}
