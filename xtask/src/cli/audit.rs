//! The flags of `audit`.

use clap::Args;

use super::PlanFormat;

/// Flags of `audit`.
#[derive(Clone, Debug, Default, Args)]
pub struct AuditArgs {
    /// Folder with the wheels, or their manifest [default: dist]
    #[arg(value_name = "DIR|MANIFEST")]
    pub what: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub allow: AllowArgs,

    /// List the device code of these files, whatever they are: wheels, libraries, object files; nothing is audited
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["what", "allow"])]
    pub device_code: Vec<String>,

    /// How the findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,
}

/// What an audit lets pass.
#[derive(Clone, Debug, Default, Args)]
pub struct AllowArgs {
    /// Findings of these codes are no errors; may be repeated
    #[arg(long, value_name = "CODE,…")]
    pub allow: Vec<String>,
}
