//! What a checkout fetches, by way of the stores that all runs share.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::step::{JobRun, Outcome};
use crate::event::Event;
use crate::observe;
use crate::plan::{Action, Step, Store};

impl JobRun<'_> {
    /// Brings a commit and those of its submodules into their stores. Where they cannot be written, that is said, and nothing more.
    pub(super) fn store(&mut self, step: &Step, store: &Store) -> Outcome<()> {
        let (host, looks) = (self.world.host, self.world.looks);
        let (sender, name, limits, started) = (self.sender, self.name(), self.world.limits, self.started);
        let told = Mutex::new(BTreeSet::new());
        let waits = |dir: &str| {
            if told.lock().is_ok_and(|mut told| told.insert(dir.to_owned())) {
                let text = format!("another run is filling `{dir}`; waiting for it");
                // The receiver outlives every job.
                let _ = sender.send(Event::Said { job: name.clone(), text });
            }
            limits.cut_job(started).is_none()
        };
        let opened = observe::open_store(host, looks, &store.store, &waits);
        self.has_time(step)?;
        let writable = opened.is_ok();
        match opened {
            Ok(filling) if filling.has(&store.commit) => {
                self.write_log(&format!("{} is in {} already\n", store.commit, store.store));
            }
            Ok(_filling) => self.run_command(step, &store.fetch)?,
            Err(cause) => self.say(format!("what is fetched is shared with no other run: {cause}")),
        }
        let Some(submodules) = &store.submodules else { return Ok(()) };
        let stored = observe::store_submodules(host, looks, (&store.store, &store.commit), submodules, &waits);
        self.has_time(step)?;
        match stored {
            Err(cause) if writable => {
                self.say(format!("git fetches the submodules by itself, and shares them with no other run: {cause}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn has_time(&mut self, step: &Step) -> Outcome<()> {
        match self.world.limits.cut_job(self.started) {
            Some(cut) => Err(self.cut(&step.purpose, cut)),
            None => Ok(()),
        }
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
