//! What a checkout fetches, by way of the stores that all runs share.

use super::step::{JobRun, Outcome};
use crate::observe;
use crate::plan::{Action, Step, Store};

impl JobRun<'_> {
    /// Brings a commit and those of its submodules into their stores. Where they cannot be written, that is said, and nothing more.
    pub(super) fn store(&mut self, step: &Step, store: &Store) -> Outcome<()> {
        let (host, looks) = (self.world.host, self.world.looks);
        let opened = observe::open_store(host, looks, &store.store);
        let writable = opened.is_ok();
        match opened {
            Ok(filling) if filling.has(&store.commit) => {
                self.write_log(&format!("{} is in {} already\n", store.commit, store.store));
            }
            Ok(_filling) => self.run_command(step, &store.fetch)?,
            Err(cause) => self.say(format!("what is fetched is shared with no other run: {cause}")),
        }
        let Some(submodules) = &store.submodules else { return Ok(()) };
        match observe::store_submodules(host, looks, &store.store, &store.commit, submodules) {
            Err(cause) if writable => {
                self.say(format!("git fetches the submodules by itself, and shares them with no other run: {cause}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives a checkout its commit.
    pub(super) fn take_stored(&mut self, step: &Step) -> Outcome<()> {
        let Action::TakeStored { store, dir, commit, linked, stored, origin } = &step.action else { return Ok(()) };
        let (host, looks) = (self.world.host, self.world.looks);
        if !observe::has_stored(host, looks, store, commit) {
            return self.run_command(step, origin);
        }
        let Some(depth) = linked else { return self.run_command(step, stored) };
        match observe::link_stored(host, store, dir, commit, *depth) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.write_log(&format!("{error}\n"));
                self.run_command(step, stored)
            }
        }
    }
}
