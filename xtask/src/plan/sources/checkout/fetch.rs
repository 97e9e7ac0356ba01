//! What a checkout fetches: from its repository, or by way of the stores that all runs share.

use super::{Checkout, SILENCE, UPSTREAM_TAG, words};
use crate::facts::Locked;
use crate::plan::sources::{store, store_args};
use crate::plan::{Action, Command, Pace, Step, Store, StoreSubmodules};
use crate::refs::RepoUrl;
use crate::request::{Depth, Sources, Submodules};

impl Checkout<'_> {
    /// What brings the commit, and those of its submodules, to this machine, where runs share what they fetch.
    pub(super) fn store(&self, locked: &Locked) -> Option<Step> {
        let wish = &self.request.checkout;
        let store = self.store_of(locked)?;
        let args = store_args(wish.depth, self.address(locked), &locked.commit);
        let fetch = self.command(&store, &words(&args)).network().talking(self.host.silence(SILENCE));
        let submodules = (wish.submodules == Submodules::All).then(|| StoreSubmodules {
            parent: locked.repo.clone(),
            depth: wish.depth,
            jobs: self.jobs(),
            config: self.config(),
        });
        let action = Action::Store(Store { store, commit: locked.commit.clone(), fetch, submodules });
        Some(Step { pace: Pace::Lasting, ..Step::new(format!("fetching {}", self.project.distribution()), action) })
    }

    fn store_of(&self, locked: &Locked) -> Option<String> {
        store(self.host, &locked.repo, self.request.checkout.depth)
    }

    /// By its address and not by the name of the remote, whose address has no credentials.
    fn address<'l>(&'l self, locked: &'l Locked) -> &'l str {
        self.request.origin(self.project).map_or(locked.repo.as_str(), RepoUrl::as_str)
    }

    /// The file of git's configuration that leads to the submodules' stores.
    fn config(&self) -> String {
        format!("{}.gitconfig", self.request.places.unfinished_checkout(self.project))
    }

    fn jobs(&self) -> u32 {
        self.request.checkout.jobs.unwrap_or(10)
    }

    pub(super) fn fetch_new(&self, dir: &str, locked: &Locked) -> Step {
        self.fetch_linked(dir, locked, Some(self.request.checkout.depth))
    }

    pub(super) fn fetch(&self, dir: &str, locked: &Locked) -> Step {
        self.fetch_linked(dir, locked, None)
    }

    fn fetch_linked(&self, dir: &str, locked: &Locked, linked: Option<Depth>) -> Step {
        let origin = self.fetch_from(dir, self.address(locked), &locked.commit).network().talking(self.host.silence(SILENCE));
        let Some(store) = self.store_of(locked) else {
            return Step::run(format!("fetching {}", self.project.distribution()), origin);
        };
        let stored = self.fetch_from(dir, &store, &locked.commit);
        let action = Action::TakeStored { store, dir: dir.to_owned(), commit: locked.commit.clone(), linked, stored, origin };
        Step { pace: Pace::Lasting, ..Step::new("taking it from what runs share", action) }
    }

    fn fetch_from(&self, dir: &str, address: &str, commit: &str) -> Command {
        let depth = self.request.checkout.depth.args();
        let fetch = [&["fetch", "--progress"][..], &words(&depth), &["--no-recurse-submodules", "--", address, commit]].concat();
        self.command(dir, &fetch)
    }

    pub(super) fn submodules(&self, dir: &str, locked: &Locked) -> Vec<Step> {
        let stored = self.store_of(locked).map(|_| format!("include.path={}", self.config()));
        let local = match &stored {
            Some(include) => vec!["-c", include],
            // Git takes no submodule from this machine's own disk, which is where the demo's one is.
            None if self.request.sources == Sources::Demo => vec!["-c", "protocol.file.allow=always"],
            None => Vec::new(),
        };
        let (depth, jobs) = (self.request.checkout.depth.args(), self.jobs().to_string());
        let update = ["submodule", "update", "--init", "--recursive", "--progress"];
        let update = [&local[..], &update, &words(&depth), &["-j", &jobs]].concat();
        let tag = format!("git tag -f {UPSTREAM_TAG} --no-sign");
        vec![
            Step::run("fetching its submodules", self.command(dir, &update).network().talking(self.host.silence(SILENCE))),
            self.step("tagging their commits", dir, &["submodule", "foreach", "--recursive", &tag]),
            Step::new("making git ignore changes in submodules", Action::IgnoreSubmodules { dir: dir.to_owned() }),
        ]
    }
}
