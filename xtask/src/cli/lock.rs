//! The flags of `lock`.

use clap::Args;

use super::{MessageArgs, System};

/// Flags of `lock`.
#[derive(Clone, Debug, Default, Args)]
pub struct LockArgs {
    /// What to lock: `nightly`, `release/2.13`, a branch, tag or commit; several ones are repeated, or separated by semicolons or blanks
    #[arg(
        long = "ref",
        visible_aliases = ["pytorch-git-ref", "pytorch-git-refs"],
        value_name = "R",
        allow_hyphen_values = true,
        help_heading = "Sources"
    )]
    pub refs: Vec<String>,
    /// A project's repository instead of its default; may be repeated
    #[arg(long, value_name = "P=URL", help_heading = "Sources")]
    pub origin: Vec<String>,
    /// Lock these projects only: pytorch, pytorch_audio, pytorch_vision, triton, apex
    #[arg(long, visible_alias = "projects", value_name = "P,…", help_heading = "Sources")]
    pub only: Vec<String>,

    /// File to write, for one ref
    #[arg(short, long, value_name = "FILE", help_heading = "Folders")]
    pub output: Option<String>,
    /// Folder to write one file for each ref to
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub manifest_dir: Option<String>,

    /// Operating system of the build [default: this one]
    #[arg(long, value_enum, value_name = "OS", help_heading = "Build")]
    pub platform: Option<System>,
    /// Python of the build: `3.12`, `3.13t` [default: left open]
    #[arg(long, visible_alias = "python-version", value_name = "V", help_heading = "Build")]
    pub python: Option<String>,
    /// GPU targets and families of the build, separated by commas, semicolons or blanks; may be repeated [default: left open]
    #[arg(long, visible_alias = "pytorch-rocm-arch", value_name = "G", help_heading = "Build")]
    pub gfx: Vec<String>,
    /// Accept a target that is newer than the table of `cargo xtask gfx`
    #[arg(long, help_heading = "Build")]
    pub allow_unknown_gfx: bool,
    /// Version of the ROCm packages of the build, `7.14.0`; the versions of the wheels follow from it [default: left open]
    #[arg(long, visible_alias = "rocm-sdk-version", value_name = "V", help_heading = "Build")]
    pub rocm_version: Option<String>,
    /// Local version of the wheels, with its `+` [default: derived from the ROCm version]
    #[arg(long, value_name = "+TEXT", help_heading = "Build")]
    pub version_suffix: Option<String>,

    /// TheRock checkout, for its pin of triton on Windows and the manifest's `therock` entry
    #[arg(long, value_name = "DIR", help_heading = "TheRock")]
    pub therock_dir: Option<String>,
    /// Commit of TheRock, instead of its checkout's
    #[arg(long, value_name = "COMMIT", allow_hyphen_values = true, help_heading = "TheRock")]
    pub therock_commit: Option<String>,
    /// Repository of TheRock, instead of its checkout's
    #[arg(long, value_name = "URL", allow_hyphen_values = true, help_heading = "TheRock")]
    pub therock_repo: Option<String>,
    /// Branch of TheRock, instead of its checkout's
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, help_heading = "TheRock")]
    pub therock_branch: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub messages: MessageArgs,
}
