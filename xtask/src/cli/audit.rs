//! The flags of `audit`, and those of them that `build` has too.

use clap::Args;

use super::{PlanFormat, TrialArgs};

/// Flags of `audit`.
#[derive(Clone, Debug, Default, Args)]
pub struct AuditArgs {
    /// Folder with the wheels, or their manifest [default: dist]
    #[arg(value_name = "DIR|MANIFEST")]
    pub what: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub allow: AllowArgs,

    /// GPU targets and families that the wheels are for; may be repeated [default: what the manifest says]
    #[arg(long, value_name = "G")]
    pub gfx: Vec<String>,
    /// Accept a target that is newer than the table of `cargo xtask gfx`
    #[arg(long)]
    pub allow_unknown_gfx: bool,
    /// Python that the wheels are for: `3.12`, `3.13t` [default: what the manifest says]
    #[arg(long, visible_alias = "python-version", value_name = "V")]
    pub python: Option<String>,
    /// Version of the ROCm SDK that the wheels were built with [default: what the manifest says]
    #[arg(long, value_name = "V")]
    pub rocm_sdk_version: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub trial: TrialArgs,

    /// List the device code of these files, whatever they are: wheels, libraries, object files; nothing is audited
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["what", "allow", "gfx", "python", "rocm_sdk_version"])]
    pub device_code: Vec<String>,

    /// How the findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,
}

/// What an audit lets pass.
#[derive(Clone, Debug, Default, Args)]
pub struct AllowArgs {
    /// Findings of the audit with these codes are no errors; may be repeated
    #[arg(long, value_name = "CODE,…", help_heading = "Audit")]
    pub allow: Vec<String>,
}
