//! Checkouts that are there and get another commit.

use super::{Checkout, note};
use crate::facts::{GitState, Locked, Owner};
use crate::plan::{Action, Mark, Step};

/// The files by which git locks a repository and its submodules.
const LOCKS: [&str; 6] =
    ["index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "THEROCK_UPSTREAM_DIFFBASE.lock", "shallow.lock"];
impl Checkout<'_> {
    /// The tool's own checkout stays in its place, and what git ignores, its build folder first of all, stays in it. Nothing in it changes before
    /// the new commit is there.
    pub(super) fn moved_checkout(&self, git: &GitState, locked: &Locked) -> Vec<Step> {
        let dir = self.dir();
        let mut steps: Vec<Step> = self.store(locked).into_iter().collect();
        // A run that was killed while it moved the checkout may have left any of them, one that fetched only the last.
        let names = if git.owner == Owner::Moving { &LOCKS[..] } else { &LOCKS[LOCKS.len() - 1..] };
        let unlock = Action::Unlock { dir: dir.to_owned(), names };
        steps.push(Step::new("removing the locks of a git that was killed", unlock));
        steps.push(self.fetch(dir, locked));
        steps.push(self.moving(git));
        steps.extend(match git.owner {
            Owner::Tool => self.undo(dir),
            _ => self.stash(dir, locked),
        });
        steps.push(self.name_origin(dir, locked));
        steps.extend(self.fill(dir, locked));
        steps
    }

    /// The new commit is there before anything of the old one goes. It becomes the tool's own, so that a run after one that was killed goes on.
    pub(super) fn given_checkout(&self, git: &GitState, locked: &Locked) -> Vec<Step> {
        let dir = self.dir();
        let mut steps: Vec<Step> = self.store(locked).into_iter().chain([self.fetch(dir, locked), self.moving(git)]).collect();
        steps.extend(self.undo(dir));
        steps.push(self.name_origin(dir, locked));
        steps.extend(self.fill(dir, locked));
        steps
    }

    fn moving(&self, git: &GitState) -> Step {
        note("noting that the checkout is being moved", self.dir(), Mark::Moving { changes: git.changes.clone() })
    }

    /// Whoever made the checkout may have called the remote otherwise.
    fn name_origin(&self, dir: &str, locked: &Locked) -> Step {
        self.step("naming its origin", dir, &["config", "--replace-all", "remote.origin.url", &locked.repo])
    }

    /// What the checkout itself changed is made again by the next one.
    fn undo(&self, dir: &str) -> Vec<Step> {
        let submodules = "git reset --hard && git clean -fd";
        vec![
            self.step("undoing the tool's changes", dir, &["reset", "--hard"]),
            self.step("removing the tool's files", dir, &["clean", "-fd"]),
            self.step("doing the same in the submodules", dir, &["submodule", "foreach", "--recursive", submodules]),
        ]
    }

    /// What may be somebody's is put where it can be had back from. A stash has an author, and not every user of git has said who that is.
    fn stash(&self, dir: &str, locked: &Locked) -> Vec<Step> {
        let message = format!("therock-xtask: what was changed here before it moved to {}", locked.commit);
        let stash = ["-c", "user.name=therock-xtask", "-c", "user.email=therock-xtask@localhost", "stash", "push"];
        let stash = [&stash[..], &["--include-untracked", "--message"]].concat();
        let submodules = format!("git {} '{message}'", stash.join(" "));
        vec![
            // Whoever made them should see where they are.
            Step::run("stashing changes", self.command(dir, &[&stash[..], &[&message]].concat())),
            self.step("doing the same in the submodules", dir, &["submodule", "foreach", "--recursive", &submodules]),
        ]
    }
}

/// What becomes of the changes in a checkout that is moved. The build's own cannot be told from those that somebody made while it ran.
pub(super) fn when_moved(git: &GitState) -> &'static str {
    match (git.owner, &git.changes) {
        (Owner::Moving, _) => {
            "was being moved when a run ended: it is moved again, and changes that are in it are kept, as `git stash list` shows there"
        }
        (Owner::Built, Some(_)) => {
            "was changed while it was built: it is moved, and those changes are kept, as `git stash list` shows there"
        }
        _ => "has no changes but the tool's own",
    }
}
