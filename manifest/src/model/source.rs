//! Where sources come from.

use serde::{Deserialize, Serialize};

use super::Extra;
use crate::checked::{Commit, Sha256};

/// One project's source.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Source {
    /// The repository, as git takes it, without credentials: `https://github.com/ROCm/pytorch`.
    #[cfg_attr(test, schemars(extend("pattern" = "^[^-]")))]
    pub repo: String,
    /// The public upstream commit, never a local one that only the building machine has.
    pub commit: Commit,
    /// The branch or ref that the commit was found at; absent for a pinned commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The version that its wheel is planned to have: the project's own and the suffix, not normalised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What `git describe --always` says of the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub describe: Option<String>,
    /// Present where the tree that was built differs from `commit`: the SHA-256 of those local changes. Equal digests
    /// mean equal changes; what exactly is hashed is the build tool's affair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty: Option<Sha256>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The TheRock checkout. Its values are records for people, taken as they are found or given: TheRock's own scripts
/// write `unknown` where they found none.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TheRock {
    /// The repository, without credentials: `https://github.com/ROCm/TheRock`.
    pub repo: String,
    /// The commit, or `unknown`.
    pub commit: String,
    /// The branch, or `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The full name of what CI built: `refs/heads/main`, `refs/pull/7/merge`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
    /// The ROCm version that the build was asked to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}
