//! The translation of CUDA to HIP, and who needs it.

use manifest::Project;

use super::Checkout;
use crate::cli::Wish;
use crate::host::Platform;
use crate::plan::{Action, Command, Step};
use crate::request::Request;

/// Whether an interpreter is needed: one of these projects has its CUDA translated.
pub fn translates(request: &Request) -> bool {
    request.checkout.hipify != Wish::No && request.selected.iter().any(|project| *project != Project::Triton)
}

impl Checkout<'_> {
    /// What turns public sources into those that are built here. It is never committed.
    pub(super) fn hipify(&self, dir: &str) -> Option<Step> {
        let wish = self.request.checkout.hipify;
        match self.project {
            _ if wish == Wish::No => None,
            Project::Apex if wish != Wish::Yes => None,
            Project::Pytorch | Project::PytorchAudio | Project::PytorchVision | Project::Apex => {
                let script = self.host.platform.join(dir, "tools/amd_build/build_amd.py");
                Some(Step::run("translating CUDA to HIP", Command::new(self.python, dir, &[&script])).if_exists(script))
            }
            Project::Triton if self.host.platform == Platform::Linux => {
                let path = self.host.platform.join(dir, "build_env.json");
                // An empty suffix, to which the build adds its own; triton composes the rest of its version itself.
                let text = "{\n  \"TRITON_WHEEL_VERSION_SUFFIX\": \"\"\n}".to_owned();
                Some(Step::new("writing the environment of its build", Action::Write { path, text }))
            }
            Project::Triton => None,
        }
    }
}
