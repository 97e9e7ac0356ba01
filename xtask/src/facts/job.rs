//! What the jobs of earlier runs left behind: one record for each project, in `<work>/py3.12/jobs/<project>.json`.

use std::collections::BTreeMap;

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
    /// How long a job took, in seconds. After a failure: the longest since a wheel was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The most memory that its processes used together, in bytes, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// How much room it took on the disk, in bytes, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
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
    /// Its entry in the manifest.
    pub artifact: Artifact,
    /// What the file was like when it was hashed: whoever looks like this still holds the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<String>,
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
