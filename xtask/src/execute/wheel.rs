//! The wheel that a build left: looked at, and taken into the output folder.

use manifest::{Artifact, Extra, Project, RelativePath, WheelName, glob_prefix};

use super::step::JobRun;
use super::{Taken, World};
use crate::event::Event;
use crate::file::{self, FileError};
use crate::observe::LocalChanges;
use crate::plan::{Action, Job, JobName, Step, TakeWheel};
use crate::version::same_version;
use crate::{inspect, observe};

impl JobRun<'_> {
    pub(super) fn take_wheel(&mut self, take: &TakeWheel) -> Result<(), String> {
        let name = one_wheel(take)?;
        let wheel = WheelName::parse(&name).map_err(|error| error.to_string())?;
        if let Some(planned) = &take.version
            && !same_version(planned, wheel.version())
        {
            return Err(format!("`{name}` has version `{}`, but `{planned}` was planned", wheel.version()));
        }
        let join = |folder: &str, name: &str| self.world.host.platform.join(folder, name);
        let path = join(&take.to, &name);
        // From here on nothing takes long, so that hardly a moment is left in which a wheel is there and nobody knows of it.
        let changes = self.changes(take);
        self.tell_of_changes(take.project, changes.as_ref());
        let changes = changes.iter().map(LocalChanges::digest).collect();
        let stored = file::take(&join(&take.from, &name), &take.to).map_err(|error| error.to_string())?;
        let requires_dist = match inspect::requires_dist(&path) {
            Ok(lines) => Some(lines.iter().map(|line| self.world.secrets.redact(line).into_owned()).collect()),
            Err(cause) => {
                self.say(format!("the requirements of `{name}` are not known: {cause}"));
                None
            }
        };
        let mut replaced = Vec::new();
        for old in self.world.recorded.iter().filter(|old| **old != name && same_slot(old, &wheel)) {
            file::remove_all(&join(&take.to, old)).map_err(|error| error.to_string())?;
            replaced.push(old.clone());
        }
        let variant = self.world.host.var("BUILD_VARIANT").unwrap_or("release");
        let artifact = Artifact {
            relative_path: RelativePath::parse(&name).map_err(|error| error.to_string())?,
            size_bytes: stored.size,
            sha256: stored.sha256,
            source: Some(take.project),
            labels: wheel.labels(variant),
            planned_version: take.version.clone(),
            requires_dist,
            gfx_targets: None,
            split_from: None,
            extra: Extra::new(),
        };
        self.wheels.insert(take.project, Taken { path: path.clone(), name: wheel });
        let (job, project, artifact) = (self.name(), take.project, Box::new(artifact));
        let stamp = file::stamp(&path).map(|stamp| stamp.to_string());
        self.emit(Event::WheelTaken { job, project, artifact, replaced, changes, stamp });
        Ok(())
    }

    /// Before the step that builds a wheel: what is changed in its sources.
    pub(super) fn look_at_sources(&mut self, next: Option<&Step>) {
        if let Some(Action::TakeWheel(take)) = next.map(|step| &step.action) {
            self.sources = self.changes(take);
        }
    }

    /// What is changed in the sources of a wheel. If git cannot tell, a rerun will build the wheel again, which is no reason to lose it now.
    fn changes(&mut self, take: &TakeWheel) -> Option<LocalChanges> {
        match observe::changes(self.world.host, self.world.looks, &take.sources) {
            Ok(changes) => Some(changes),
            Err(cause) => {
                self.say(format!("what the build wrote into its sources is not known: {cause}"));
                None
            }
        }
    }

    /// Files that were changed during a build may have been so by the build itself, as some builds do, or by somebody. Nobody can tell which, nor
    /// whether a compiler had read them by then; so whoever did it is told.
    fn tell_of_changes(&mut self, project: Project, after: Option<&LocalChanges>) {
        let Some((before, after)) = self.sources.take().zip(after) else { return };
        let changed = after.tracked_since(&before);
        if !changed.is_empty() {
            self.say(format!(
                "changed in the sources while they were built: {changed}; if that was not the build itself, the wheel may lack it, and reruns \
                 take the wheel as it is: `--rebuild {project}` builds with it"
            ));
        }
    }
}

/// The wheels of a distribution that are in a folder.
pub(super) fn wheels(folder: &str, distribution: &str) -> Result<Vec<String>, FileError> {
    let prefix = glob_prefix(distribution);
    let mut names = file::list(folder)?;
    names.retain(|name| name.starts_with(&prefix) && name.ends_with(".whl"));
    Ok(names)
}

/// The one wheel of the distribution that a build left.
fn one_wheel(take: &TakeWheel) -> Result<String, String> {
    let prefix = glob_prefix(&take.distribution);
    let mut found = wheels(&take.from, &take.distribution).map_err(|error| error.to_string())?.into_iter();
    match (found.next(), found.next()) {
        (Some(name), None) => Ok(name),
        (None, _) => Err(format!("no wheel `{prefix}*.whl` in `{}`", take.from)),
        (Some(_), Some(_)) => Err(format!("several wheels `{prefix}*.whl` in `{}`", take.from)),
    }
}

/// Whether a wheel that stands in the output folder is what a new one takes the place of: same distribution, Python and platform.
fn same_slot(old: &str, new: &WheelName) -> bool {
    WheelName::parse(old).is_ok_and(|old| {
        old.normalized_distribution() == new.normalized_distribution()
            && old.python_tag() == new.python_tag()
            && old.platform_tag() == new.platform_tag()
    })
}

/// The wheel that a job took under this name.
pub(super) fn taken(jobs: &[Job], job: &JobName, name: &str, world: &World) -> Option<Taken> {
    let job = jobs.iter().find(|known| known.name == *job)?;
    let folder = job.steps.iter().find_map(|step| match &step.action {
        Action::TakeWheel(take) => Some(&take.to),
        _ => None,
    })?;
    Some(Taken { path: world.host.platform.join(folder, name), name: WheelName::parse(name).ok()? })
}
