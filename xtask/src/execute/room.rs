//! Room on the disks, looked at once more before a job begins: others may have filled them since the run did.

use super::step::{JobRun, Outcome};
use crate::event::Failed;
use crate::failure::Class;
use crate::{observe, plan};

impl JobRun<'_> {
    /// Fails where a disk has less room than the job is known to need.
    pub(super) fn has_room(&self) -> Outcome<()> {
        let needs: Vec<_> = self.job.room.iter().collect();
        let rooms = observe::rooms(self.world.host, needs.iter().map(|need| need.path.as_str()));
        let shortages = plan::disk::shortages(&needs, &rooms, 0);
        if shortages.is_empty() {
            return Ok(());
        }
        let causes: Vec<String> = shortages.into_iter().map(|problem| problem.text).collect();
        let mut failed = Failed::of("looking for room on the disks", causes.join("; "), &self.log_path);
        failed.finding.class = Class::Disk;
        Err(failed)
    }
}
