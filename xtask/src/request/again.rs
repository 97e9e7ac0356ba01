//! What of earlier runs is done once more.

use manifest::Project;

use super::said::Said;
use super::selection::projects;
use crate::cli::AgainArgs;

/// What of earlier runs is done once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Wheels that are built although nothing changed; those that are built with them are, too.
    pub rebuild: Vec<Project>,
    /// Whether what earlier runs did counts at all.
    pub restart: Restart,
}

/// Whether what earlier runs did counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// It does: a run goes on where the last one ended.
    #[default]
    Resumed,
    /// It does not.
    Anew,
}

/// What the flags say. A wheel that is not built at all cannot be built again.
pub(super) fn read(args: &AgainArgs, selected: &[Project], said: &mut Said) -> Again {
    let rebuild = projects("rebuild", &args.rebuild, said).unwrap_or_default();
    let restart = if said.switch("restart", args.restart) { Restart::Anew } else { Restart::Resumed };
    for project in rebuild.iter().filter(|project| !selected.contains(project)) {
        let hint = "select it, too, or leave it out of `--rebuild`".to_owned();
        said.refuse("rebuild", format!("`{project}` is not among the wheels of this request"), Some(hint));
    }
    Again { rebuild, restart }
}
