//! The flags that say what a failure means for the rest of a build.

use clap::Args;

/// What a failure means for the rest.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Wheels")]
pub struct GoingArgs {
    /// After a failure, still build what does not depend on it
    #[arg(long)]
    pub keep_going: bool,
    /// Wheels that may be missing: pytorch, pytorch_audio, pytorch_vision, triton, apex
    #[arg(long, value_name = "P,…")]
    pub optional: Vec<String>,
}
