//! How long things may take.

use clap::Args;

/// Limits to the time of a build.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Time")]
pub struct LimitArgs {
    /// How long all may take, `5h40m`: what cannot end in time is not begun or is stopped, and the same command goes on later
    #[arg(long, value_name = "D")]
    pub time_budget: Option<String>,

    /// How long one job may take, `3h`: a checkout, an installation or one wheel; it has failed then
    #[arg(long, value_name = "D")]
    pub stage_timeout: Option<String>,
}
