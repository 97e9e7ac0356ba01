//! What an audit of the wheels found.

use serde::{Deserialize, Serialize};

use super::Extra;
use crate::checked::Sha256;

/// The audit of just the wheels that the manifest lists.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Audit {
    /// A digest of what was audited: the wheels' hashes, what they should be, what was allowed and looked for. Two audits with the same find
    /// the same.
    pub subject: Sha256,
    /// What was found. A complete set has no `error` among it.
    pub findings: Vec<AuditFinding>,
    /// The codes that `--allow` named.
    pub allowed: Vec<String>,
    /// Whether the set was installed into a clean environment and imported there.
    pub installed: bool,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A fault, or what looks like one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AuditFinding {
    /// Which kind of fault: `record-hash`.
    pub code: String,
    /// `error`, `warning`, or `allowed` for what would be an error if `--allow` did not name its code.
    pub severity: String,
    /// The wheel, by its path; absent for what is about the whole set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wheel: Option<String>,
    /// The member of the wheel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What is wrong.
    pub text: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}
