//! Flags about what earlier runs did.

use clap::Args;

/// What of earlier runs is done once more.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Wheels")]
pub struct AgainArgs {
    /// Build these wheels, and those that are built with them, although nothing changed
    #[arg(long, value_name = "P,…")]
    pub rebuild: Vec<String>,

    /// Forget what earlier runs did: resolve refs anew, build every wheel again
    #[arg(long)]
    pub restart: bool,
}
