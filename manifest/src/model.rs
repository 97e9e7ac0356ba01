//! The manifest: its keys in the order in which they are written.

mod artifact;
mod audit;
mod environment;
mod job;
mod source;

pub use artifact::{Artifact, Labels, Missing, Need};
pub use audit::{Audit, AuditFinding};
pub use environment::{Ci, OptionValue, Origin, Rocm, RocmPackage, Toolchain};
pub use job::{Failure, Job, JobStatus};
pub use source::{Source, TheRock};

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::name::Finished;
use crate::project::Project;
use crate::read::ManifestError;
use crate::shown::without_credentials;

/// The fields of an object that this version does not know, in the file's order.
pub type Extra = serde_json::Map<String, Value>;

/// A manifest: what is or was built from what, and what came of it.
///
/// With a [`status`](Self::status) it is the manifest of a build, made with [`Manifest::new`]; without, it is a source
/// manifest v1, which has nothing between `therock` and the end. Absent optional keys are not written, but for the four
/// documented as *or null*; lists are always written. Nothing in it may hold a secret: whoever fills it in removes user
/// names, passwords and tokens from URLs, and names no path outside the work and output directories.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend(
    "if" = serde_json::json!({"required": ["status"]}),
    "then" = serde_json::json!({"required": crate::write::BUILD_KEYS}),
)))]
#[serde(default)]
pub struct Manifest {
    /// Always 1.
    pub schema_version: SchemaVersion,
    /// PyTorch's source. A project that was not looked at, or that is no git checkout, has no entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Source"))]
    pub pytorch: Option<Source>,
    /// torchaudio's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Source"))]
    pub pytorch_audio: Option<Source>,
    /// torchvision's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Source"))]
    pub pytorch_vision: Option<Source>,
    /// triton's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Source"))]
    pub triton: Option<Source>,
    /// apex's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Source"))]
    pub apex: Option<Source>,
    /// The TheRock checkout that the build belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub therock: Option<TheRock>,
    /// How far the build is; absent in a source manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// `TheRock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// `pytorch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// `external`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_type: Option<String>,
    /// The group that an upload files the wheels under: `pytorch-wheels` unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_group: Option<String>,
    /// What the wheels run on: `linux-x86_64`, `windows-amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The Python version that the wheels are for: `3.12`, `3.13t`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python_version: Option<String>,
    /// The ref of PyTorch's repository as it was asked for: `nightly`, `release/2.13`, a branch, tag or commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pytorch_git_ref: Option<String>,
    /// The GPU families as they were typed, joined by `;`, or null where only targets were.
    pub amdgpu_family: Option<String>,
    /// The GPU targets as PyTorch's build takes them, joined by commas: `gfx942,gfx1201`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pytorch_rocm_arch: Option<String>,
    /// The GPU targets, one by one: `gfx942`.
    pub gfx_targets: Vec<String>,
    /// The version of the ROCm SDK that the wheels are built with: `7.14.0a20260811`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rocm_sdk_version: Option<String>,
    /// What is appended to each project's own version: `+rocm7.14.0a20260811`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_suffix: Option<String>,
    /// The kind of release: `dev`, `nightly`, `prerelease`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_type: Option<String>,
    /// `GITHUB_RUN_ID` on GitHub Actions, or null.
    pub run_id: Option<String>,
    /// `GITHUB_JOB` on GitHub Actions, or null.
    pub job_id: Option<String>,
    /// The CI job that built the wheels, or null.
    pub ci: Option<Ci>,
    /// The wheels that are there; written in the order of their paths, whatever the order here.
    #[serde(serialize_with = "sorted_by_path")]
    pub artifacts: Vec<Artifact>,
    /// The wheels that were selected and are not there. Empty says that the set is whole, once the status is
    /// [`Status::Complete`]; a complete set may lack optional wheels only.
    pub missing: Vec<Missing>,
    /// What an audit of these wheels found; absent where nobody audited just these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Audit"))]
    pub audit: Option<Audit>,
    /// The ROCm packages that the wheels are built with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rocm: Option<Rocm>,
    /// The programs that built the wheels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolchain: Option<Toolchain>,
    /// Every option of the build, with what decided it.
    pub options: Vec<OptionValue>,
    /// One job per selected wheel, in the order in which they are done.
    pub jobs: Vec<Job>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Manifest {
    /// An empty manifest of a build, with the four strings that are the same in all of them. Callers fill in the rest:
    /// `Manifest { platform: …, ..Manifest::new(Status::Running) }`.
    pub fn new(status: Status) -> Self {
        Self {
            status: Some(status),
            project: Some("TheRock".to_owned()),
            component: Some("pytorch".to_owned()),
            build_type: Some("external".to_owned()),
            artifact_group: Some("pytorch-wheels".to_owned()),
            ..Self::default()
        }
    }

    /// The wheels in the order of their paths, as a file lists them.
    pub fn artifacts_by_path(&self) -> Vec<&Artifact> {
        by_path(&self.artifacts)
    }

    /// The project's source, if there is an entry.
    pub fn source(&self, project: Project) -> Option<&Source> {
        match project {
            Project::Pytorch => self.pytorch.as_ref(),
            Project::PytorchAudio => self.pytorch_audio.as_ref(),
            Project::PytorchVision => self.pytorch_vision.as_ref(),
            Project::Triton => self.triton.as_ref(),
            Project::Apex => self.apex.as_ref(),
        }
    }

    /// The project's entry, to be filled, changed or emptied.
    pub fn source_mut(&mut self, project: Project) -> &mut Option<Source> {
        match project {
            Project::Pytorch => &mut self.pytorch,
            Project::PytorchAudio => &mut self.pytorch_audio,
            Project::PytorchVision => &mut self.pytorch_vision,
            Project::Triton => &mut self.triton,
            Project::Apex => &mut self.apex,
        }
    }

    /// Takes user names and passwords out of the addresses of repositories and of the package index. Manifests of older
    /// tools have the remote as git knows it, which in CI may hold a token.
    pub fn remove_credentials(&mut self) {
        for project in Project::ALL {
            if let Some(source) = self.source_mut(project) {
                source.repo = without_credentials(&source.repo);
            }
        }
        let addresses =
            [self.therock.as_mut().map(|therock| &mut therock.repo), self.rocm.as_mut().and_then(|rocm| rocm.index.as_mut())];
        for address in addresses.into_iter().flatten() {
            *address = without_credentials(address);
        }
    }

    /// The sources that have an entry, in the fixed order.
    pub fn sources(&self) -> impl Iterator<Item = (Project, &Source)> {
        Project::ALL.into_iter().filter_map(|project| Some((project, self.source(project)?)))
    }
}

/// The only version there is: the integer 1. It is read from nothing and from null too, as manifests older than
/// the key have none; `1.0`, `true` and `"1"` are refused.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "u64", extend("const" = 1)))]
#[serde(try_from = "Value", into = "u64")]
pub struct SchemaVersion;

impl TryFrom<Value> for SchemaVersion {
    type Error = ManifestError;

    fn try_from(value: Value) -> Result<Self, ManifestError> {
        if value.is_null() || value.as_u64() == Some(1) { Ok(Self) } else { Err(ManifestError::SchemaVersion(value.to_string())) }
    }
}

impl From<SchemaVersion> for u64 {
    fn from(_: SchemaVersion) -> Self {
        1
    }
}

/// How far a build is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Commits are chosen and nothing is built yet.
    Planned,
    /// It runs, or was killed.
    Running,
    /// A job failed.
    Failed,
    /// It ended in order, but a wheel that is not optional is missing.
    Incomplete,
    /// Every selected wheel that is not optional is there.
    Complete,
}

/// As in JSON: `complete`.
impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Complete => "complete",
        })
    }
}

impl Status {
    /// Which of the two file names goes with the status; `None` for a plan, which the user names.
    pub fn finished(self) -> Option<Finished> {
        match self {
            Self::Planned => None,
            Self::Running | Self::Failed | Self::Incomplete => Some(Finished::Partial),
            Self::Complete => Some(Finished::Complete),
        }
    }
}

fn sorted_by_path<S: Serializer>(artifacts: &[Artifact], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(by_path(artifacts))
}

fn by_path(artifacts: &[Artifact]) -> Vec<&Artifact> {
    let mut sorted: Vec<&Artifact> = artifacts.iter().collect();
    sorted.sort_by_key(|artifact| &artifact.relative_path);
    sorted
}

#[cfg(test)]
mod tests {
    use super::{Finished, Manifest, Status};
    use crate::project::Project;

    #[test]
    fn each_status_has_its_name_and_spelling() {
        let table = [
            (Status::Planned, "planned", None),
            (Status::Running, "running", Some(Finished::Partial)),
            (Status::Failed, "failed", Some(Finished::Partial)),
            (Status::Incomplete, "incomplete", Some(Finished::Partial)),
            (Status::Complete, "complete", Some(Finished::Complete)),
        ];
        for (status, text, finished) in table {
            assert_eq!(serde_json::to_value(status).unwrap(), text);
            assert_eq!(status.to_string(), text);
            assert_eq!(status.finished(), finished);
        }
    }

    #[test]
    fn each_project_has_its_own_entry() {
        let text = |project: Project| format!(r#"{{"{project}": {{"repo": "{project}", "commit": "{}"}}}}"#, "a".repeat(40));
        for project in Project::ALL {
            let mut manifest = Manifest::parse(&text(project)).unwrap();
            let found: Vec<_> = manifest.sources().map(|(project, source)| (project, source.repo.as_str())).collect();
            assert_eq!(found, [(project, project.key())]);
            *manifest.source_mut(project) = None;
            assert_eq!(manifest, Manifest::default());
        }
    }
}
