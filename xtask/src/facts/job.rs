//! What the jobs of earlier runs left behind: one record for each project, in `<work>/py3.12/jobs/<project>.json`.

use std::collections::{BTreeMap, BTreeSet};

use manifest::{Artifact, Project};
use serde::{Deserialize, Serialize};

/// The named parts of what a wheel depends on, free of secrets; equal parts mean an equal wheel. What is long or private is there as a digest.
pub type Key = BTreeMap<String, String>;

/// What is known of a project's jobs: the wheel that the last good one made, and what jobs of it have taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    /// Whose wheel.
    pub project: Project,
    /// The build that it belongs to: `manifest::Identity` as text.
    pub identity: String,
    /// The last wheel that was made, unless no job ever made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wheel: Option<RecordedWheel>,
    /// The key of an attempt that began after that wheel and is not known to have ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Key>,
    /// The last build, whatever became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastBuild>,
    /// How long a job took, in seconds. After a failure: the longest since a wheel was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The most memory that its processes used together, in bytes, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// What its build left in the sources (`build`, `dist`, and both in `python`), in bytes: what else changed on the disk meanwhile may be somebody else's. After a
    /// failure: the most since a wheel was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// The log of the job that made the wheel, or of the attempt, from the work directory on, with forward slashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// When this was written: `20261122T231500Z`.
    pub when: String,
}

/// A wheel that a job made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedWheel {
    /// What it depended on; absent where it is to be built again whatever it depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The digests of the local changes in its sources before and after its build. What the build itself wrote is no change.
    pub changes: Vec<Option<String>>,
    /// The folder that it was put into.
    pub folder: String,
    /// Its entry in the manifest.
    pub artifact: Artifact,
    /// What the file was like when it was hashed: whoever looks like this still holds the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<String>,
}

/// A build, by what it left in its sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBuild {
    /// The folder of the sources.
    pub sources: String,
    /// The parts of its key that its build folder was configured for.
    pub configured: Key,
    /// How it ended.
    pub ended: Ended,
}

/// How a build ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It made a wheel.
    Well,
    /// It was ended from outside. This stands here from its beginning on, as a run that is killed records nothing more.
    Interrupted,
    /// The time that `--time-budget` gives was over.
    OutOfTime,
    /// It took longer than `--stage-timeout` gives it.
    TimedOut,
    /// It failed, on one line: `building torch exited with 1`.
    Failed(String),
}

impl Ended {
    /// As it is told of a build that made no wheel to be used; nothing of one that did.
    pub fn sentence(&self) -> Option<String> {
        Some(match self {
            Ended::Well => return None,
            Ended::Interrupted => "its last build was interrupted".to_owned(),
            Ended::OutOfTime => "its last build was stopped by `--time-budget`".to_owned(),
            Ended::TimedOut => "its last build was stopped by `--stage-timeout`".to_owned(),
            Ended::Failed(what) => format!("its last build failed: {what}"),
        })
    }
}

/// What became of a recorded wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WheelState {
    /// It is in the output folder, and holds what was recorded.
    Intact,
    /// It is there and holds something else.
    Damaged,
    /// It is not there.
    Gone,
}

/// The job records of one Python.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Records {
    /// Those that could be read.
    pub jobs: BTreeMap<Project, JobRecord>,
    /// Those that could not, with the cause.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<Project, String>,
    /// What became of the recorded wheels.
    pub wheels: BTreeMap<Project, WheelState>,
    /// The last build of each project in this work directory, whichever Python it was for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub last: BTreeMap<Project, LastBuild>,
    /// Intact wheels that had to be read to know that. Their records say now what they are like.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub read: BTreeSet<Project>,
}

impl Records {
    /// Whether no job of this Python ever ran.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.unreadable.is_empty()
    }

    /// The wheel of a project that an earlier job made.
    pub fn wheel(&self, project: Project) -> Option<&RecordedWheel> {
        self.jobs.get(&project)?.wheel.as_ref()
    }

    /// Whether the recorded wheel of a project is in the output folder as it was made.
    pub fn is_intact(&self, project: Project) -> bool {
        self.wheels.get(&project) == Some(&WheelState::Intact)
    }
}
