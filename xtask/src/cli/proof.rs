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

/// How a set is tried that somebody else built.
#[derive(Clone, Debug, Default, Args)]
pub struct TrialArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub how: ProofArgs,

    /// Package index that has the ROCm packages [default: what the manifest says]
    #[arg(long, value_name = "URL", allow_hyphen_values = true)]
    pub index_url: Option<String>,

    /// Folder or page with links to the ROCm packages [default: what the manifest says]
    #[arg(long, value_name = "URL|DIR", allow_hyphen_values = true)]
    pub find_links: Option<String>,

    /// Folder for the environment and logs [default: build]
    #[arg(long, value_name = "DIR")]
    pub work_dir: Option<String>,
}
