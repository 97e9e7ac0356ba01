//! What the audit found, in the manifest.

use manifest::{Artifact, Audit, Manifest};

use super::Record;
use crate::file::FileError;

impl Record {
    /// The manifest as it is now.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Takes note of an audit, and of the GPU targets that it found in each wheel.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn audited(&mut self, audit: Audit, targets: impl Fn(&Artifact) -> Option<Vec<String>>) -> Result<(), FileError> {
        for artifact in &mut self.manifest.artifacts {
            artifact.gfx_targets = targets(artifact);
        }
        self.manifest.audit = Some(audit);
        self.save()
    }
}
