//! How far a finished set is tried.

use crate::cli::ProofArgs;

/// How far a set of wheels is tried in a clean environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trial {
    /// Not at all.
    Skip,
    /// They are installed and imported.
    Import,
    /// An operator of each is tried on the processor, too.
    Smoke,
}

impl Trial {
    /// What the two flags say.
    pub fn of(args: &ProofArgs) -> Self {
        match (args.no_audit_install, args.smoke) {
            (true, _) => Trial::Skip,
            (_, true) => Trial::Smoke,
            _ => Trial::Import,
        }
    }
}
