//! What a checkout fetches, by way of the stores that all runs share.

use super::Failed;
use super::step::{JobRun, Outcome};
use crate::observe;
use crate::plan::{Action, Step, Store};

impl JobRun<'_> {
    /// Brings a commit and those of its submodules into their stores.
    pub(super) fn store(&mut self, step: &Step, store: &Store) -> Outcome<()> {
        let (host, looks) = (self.world.host, self.world.looks);
        let failed = |cause: &str, log: &str| Failed::of(&step.purpose, cause, log);
        let filling = observe::open_store(host, looks, &store.store).map_err(|cause| failed(&cause, &self.log_path))?;
        if filling.has(&store.commit) {
            self.write_log(&format!("{} is in {} already\n", store.commit, store.store));
        } else {
            self.run_command(step, &store.fetch)?;
        }
        drop(filling);
        let Some(submodules) = &store.submodules else { return Ok(()) };
        if let Err(cause) = observe::store_submodules(host, looks, &store.store, &store.commit, submodules) {
            self.say(format!("git fetches the submodules by itself, and shares them with no other run: {cause}"));
        }
        Ok(())
    }

    /// Gives a new checkout its commit.
    pub(super) fn take_stored(&mut self, step: &Step) -> Outcome<()> {
        let Action::TakeStored { store, dir, commit, depth, otherwise } = &step.action else { return Ok(()) };
        match observe::link_stored(self.world.host, store, dir, commit, *depth) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.write_log(&format!("{error}\n"));
                self.run_command(step, otherwise)
            }
        }
    }
}
