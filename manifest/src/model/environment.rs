//! What the wheels were built with and by: ROCm, programs, options, the CI job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Extra;
use crate::checked::Sha256;

/// The ROCm packages in the Python environment of the build.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rocm {
    /// The index or folder that they were installed from, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The packages.
    pub packages: Vec<RocmPackage>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One ROCm package.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RocmPackage {
    /// The distribution's name: `rocm-sdk-core`.
    pub name: String,
    /// Its version: `7.14.0a20260811`.
    pub version: String,
    /// The SHA-256 of the file that it was installed from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The versions of the programs that built the wheels; what was not found is absent.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Toolchain {
    /// The Python interpreter: `cpython 3.12.4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// pip: `24.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pip: Option<String>,
    /// The `build` package: `1.2.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// CMake: `3.29.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmake: Option<String>,
    /// ninja: `1.11.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ninja: Option<String>,
    /// The compilers by what they are called, each with what it says of itself: `gcc` and `gcc 12.2.0`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub compilers: BTreeMap<String, String>,
    /// The operating system: `AlmaLinux 8.10`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Toolchain {
    /// What was found: each program's name and version, the compilers last.
    pub(crate) fn programs(&self) -> impl Iterator<Item = (&str, &str)> {
        let known = [
            ("interpreter", &self.interpreter),
            ("pip", &self.pip),
            ("build", &self.build),
            ("cmake", &self.cmake),
            ("ninja", &self.ninja),
            ("os", &self.os),
        ];
        let known = known.into_iter().filter_map(|(name, version)| Some((name, version.as_deref()?)));
        known.chain(self.compilers.iter().map(|(name, version)| (name.as_str(), version.as_str())))
    }
}

/// One option of the build.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OptionValue {
    /// The flag's long name without dashes: `jobs`.
    pub name: String,
    /// Its value: a string, a number, a boolean, a list of strings, or null for an option that is not set.
    pub value: Value,
    /// What decided the value.
    pub origin: Origin,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What decided an option's value.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It was given on the command line.
    Flag,
    /// An environment variable.
    Variable,
    /// The manifest that was built from.
    Manifest,
    /// Nobody said anything.
    Default,
    /// It was read off the machine, the sources or the installed ROCm.
    Detected,
}

/// The CI job that built the wheels. On GitHub Actions each value is that of the variable named with it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ci {
    /// Whose CI: `github`.
    pub provider: String,
    /// `GITHUB_SERVER_URL`: `https://github.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `GITHUB_REPOSITORY`: `ROCm/TheRock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// `GITHUB_WORKFLOW`, the workflow's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// `GITHUB_RUN_ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// `GITHUB_RUN_ATTEMPT`: `1` at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_attempt: Option<String>,
    /// `GITHUB_JOB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// `GITHUB_SHA`, the commit of the workflow's repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// `GITHUB_REF`: `refs/heads/main`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
    /// The run's page, put together from server, repository and run id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// `THEROCK_MATRIX`, the matrix cell as the workflow passes it: any JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Value>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}
