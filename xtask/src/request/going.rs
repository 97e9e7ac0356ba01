//! What a failure means for the rest of a build.

use std::collections::BTreeSet;

use manifest::{Need, Project};
use serde::Serialize;

use super::Request;
use super::said::Said;
use super::selection::projects;
use crate::cli::GoingArgs;

/// What is done after the failure of a wheel that the set needs. The failure of one that may be missing never stops another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// What runs goes on to its end, and nothing else is started.
    #[default]
    Stop,
    /// What does not depend on it is still built.
    KeepGoing,
}

/// Which wheels may fail, and what that means for others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Going {
    /// After a failure.
    pub on_failure: OnFailure,
    /// Wheels that may be missing; those that are not selected count for a set that had them.
    pub optional: BTreeSet<Project>,
}

impl Request {
    /// Whether the set is whole without a project's wheel.
    pub fn need(&self, project: Project) -> Need {
        if self.going.optional.contains(&project) { Need::Optional } else { Need::Required }
    }
}

pub(super) fn read(args: &GoingArgs, said: &mut Said) -> Going {
    let on_failure = if said.switch("keep-going", args.keep_going) { OnFailure::KeepGoing } else { OnFailure::Stop };
    let optional = projects("optional", &args.optional, said);
    Going { on_failure, optional: optional.into_iter().flatten().collect() }
}
