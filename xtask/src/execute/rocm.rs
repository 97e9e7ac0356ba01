//! What an installation of the ROCm packages gave.

use super::step::JobRun;
use crate::facts::Python;
use crate::plan::CheckRocm;
use crate::plan::rocm::{check_set, hashes};
use crate::{file, observe};

impl JobRun<'_> {
    /// Looks whether the set is whole, and keeps it.
    pub(super) fn check_rocm(&mut self, check: &CheckRocm) -> Result<(), String> {
        let python: Python = observe::ask_python(&check.python)?;
        let mut set = check_set(&python.distributions, &check.distributions, &check.asked).map_err(|problems| {
            let texts = problems.iter().map(|problem| match &problem.hint {
                Some(hint) => format!("{}\nhint: {hint}", problem.text),
                None => problem.text.clone(),
            });
            texts.collect::<Vec<_>>().join("\n")
        })?;
        let list = set.distributions.iter().map(|(name, version)| format!("{name} {version}"));
        self.say(format!("installed: {}", list.collect::<Vec<_>>().join(", ")));
        let report = file::read_if_there(&check.report).map_err(|error| error.to_string())?;
        set.sha256 = hashes(&report.unwrap_or_default(), &set.distributions);
        file::remove_all(&check.report).map_err(|error| error.to_string())?;
        observe::keep_rocm_set(&check.record, &set).map_err(|error| error.to_string())
    }
}
