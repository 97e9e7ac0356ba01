//! The wheels: those that are there, and those that are not.

use serde::{Deserialize, Serialize};

use super::Extra;
use crate::checked::{RelativePath, Sha256};
use crate::project::Project;

/// One wheel.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Artifact {
    /// The file, from the output directory on.
    pub relative_path: RelativePath,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// The project that it was built from, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Project>,
    /// What its name says.
    pub labels: Labels,
    /// The version that the plan gave it, in normalised form, to be compared with `labels.version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_version: Option<String>,
    /// The requirements that its metadata declares, one `Requires-Dist` each, as written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_dist: Option<Vec<String>>,
    /// The GPU targets that its binaries hold device code for. Absent: nobody looked. Empty: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gfx_targets: Option<Vec<String>>,
    /// For a wheel of device code: the file name of the wheel that the code was split from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_from: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What a wheel is, in strings to select by. Those that come from the file's name are spelled as there; a file whose
/// name is no wheel's has the first two only.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Labels {
    /// `pytorch`.
    pub framework: String,
    /// `BUILD_VARIANT` of the environment, else `release`.
    pub build_variant: String,
    /// The distribution: `torchaudio`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// The version: `2.7.0+rocm7.14.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The build tag: `1`. Most wheels have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_tag: Option<String>,
    /// The Python tag: `cp312`, or several joined by dots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_tag: Option<String>,
    /// The ABI tag: `cp312`, `abi3`, `none`, or several joined by dots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abi_tag: Option<String>,
    /// The platform tag: `manylinux_2_28_x86_64`, `win_amd64`, or several joined by dots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_tag: Option<String>,
    /// Labels that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Labels {
    /// The labels of a file whose name says nothing. [`WheelName::labels`](crate::WheelName::labels) has the rest.
    pub fn new(build_variant: &str) -> Self {
        Self {
            framework: "pytorch".to_owned(),
            build_variant: build_variant.to_owned(),
            distribution: None,
            version: None,
            build_tag: None,
            python_tag: None,
            abi_tag: None,
            platform_tag: None,
            extra: Extra::new(),
        }
    }
}

/// A wheel that was selected and is not there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Missing {
    /// Whose wheel.
    pub project: Project,
    /// Whether the set is whole without it.
    pub need: Need,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether a set of wheels is whole without one of them: `required` or `optional` in JSON.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Without it the set is incomplete.
    Required,
    /// The request said that it may be missing.
    Optional,
}
