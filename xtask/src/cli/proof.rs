//! How far the wheels of a set are tried.

use clap::Args;

/// Flags for the trial of a set.
#[derive(Clone, Debug, Default, Args)]
pub struct ProofArgs {
    /// Do not install the set into a clean environment, nor import it there
    #[arg(long, conflicts_with = "smoke", help_heading = "Wheels")]
    pub no_audit_install: bool,

    /// Try an operator of each wheel on the processor, too
    #[arg(long, help_heading = "Wheels")]
    pub smoke: bool,
}
