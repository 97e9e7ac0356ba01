//! What may be typed. What it means is decided in `request`: here every value is still text.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

mod again;
mod audit;
mod checkout;
mod going;
mod limits;
mod lock;
mod manifest;
mod proof;

pub use again::AgainArgs;
pub use audit::{AllowArgs, AuditArgs};
pub use checkout::CheckoutArgs;
pub use going::GoingArgs;
pub use limits::LimitArgs;
pub use lock::LockArgs;
pub use manifest::{
    DiffArgs, ExportArgs, ExportFormat, GenerateArgs, ManifestCommand, MatrixArgs, MergeArgs, SchemaArgs, ShowArgs, System,
    UploadArgs, VerifyArgs,
};
pub use proof::{ProofArgs, TrialArgs};

/// Builds PyTorch wheels for AMD GPUs: sources, Python environment, ROCm packages, five wheels, one manifest.
#[derive(Clone, Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", version, max_term_width = 120)]
pub struct Cli {
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What these words say, the program's name first.
    ///
    /// # Errors
    /// What clap has to say; help and versions are among it.
    pub fn read(words: impl IntoIterator<Item = String>) -> Result<Self, clap::Error> {
        Self::try_parse_from(words)
    }
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Build the wheels: checks, sources, Python environment, ROCm, wheels, manifest
    Build(BuildArgs),
    /// Print what `build` would do and why, and do nothing
    Plan(PlanArgs),
    /// Resolve refs to commits and write them down, so that they can be built later and elsewhere
    Lock(LockArgs),
    /// Check out the sources only
    Checkout(CheckoutArgs),
    /// Make the Python environment and install the ROCm packages only
    InstallRocm(InstallArgs),
    /// Prove what wheels hold, without a GPU
    Audit(AuditArgs),
    /// Write, check, compare and convert manifests
    #[command(subcommand)]
    Manifest(ManifestCommand),
    /// Upload verified wheels, and their manifest last
    Upload(UploadArgs),
    /// Print the table of GPU targets and families
    Gfx(GfxArgs),
    /// Print the matrix of a release, for `fromJson` in a GitHub workflow
    Matrix(MatrixArgs),
}

/// Flags of every command that works in an environment.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Python and ROCm")]
pub struct InstallArgs {
    /// Python to build for: `3.12`, `3.13t`, `cp312`, `py3.12` or the path of an interpreter
    #[arg(long, visible_alias = "python-version", value_name = "V")]
    pub python: Option<String>,

    /// GPU targets and families, separated by commas, semicolons or blanks; may be repeated
    #[arg(long, visible_alias = "pytorch-rocm-arch", value_name = "G")]
    pub gfx: Vec<String>,

    /// Accept a target that is newer than the table of `cargo xtask gfx`
    #[arg(long)]
    pub allow_unknown_gfx: bool,

    /// Environment to build in: the folder of one that is there, or `none` to install into the interpreter itself
    #[arg(long, value_name = "DIR|none")]
    pub venv: Option<String>,

    /// Package index that has the ROCm packages (empty means unset)
    #[arg(long, value_name = "URL", allow_hyphen_values = true)]
    pub index_url: Option<String>,

    /// Folder or page with links to the ROCm packages (empty means unset)
    #[arg(long, value_name = "URL|DIR", allow_hyphen_values = true)]
    pub find_links: Option<String>,

    /// pip's cache folder
    #[arg(long, value_name = "DIR")]
    pub pip_cache_dir: Option<String>,

    /// Version of the ROCm packages with its operator, `==7.14.0` [default: >1.0]
    #[arg(long, value_name = "SPECIFIER")]
    pub rocm_sdk_version: Option<String>,

    /// Let pip take pre-releases of the ROCm packages [default]
    #[arg(long, overrides_with = "no_pre")]
    pub pre: bool,
    /// Let pip take released ROCm packages only
    #[arg(long)]
    pub no_pre: bool,

    /// Extras of the `rocm` package, separated by commas [default: device-<target> of each target]
    #[arg(long, value_name = "E,…")]
    pub rocm_extras: Option<String>,

    /// Folder for sources, environment, records and logs [default: build]
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub work_dir: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub messages: MessageArgs,
}

/// What is told while something is done, and how.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Messages")]
pub struct MessageArgs {
    /// How progress is shown [default: auto]
    #[arg(long, value_name = "STYLE", value_enum)]
    pub log_style: Option<LogStyle>,

    /// Show what the programs print and where commits come from, too
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Show only warnings, errors and results
    #[arg(short, long)]
    pub quiet: bool,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogStyle {
    /// Bars on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// Bars, one for each job
    Fancy,
    /// One line for each event
    Plain,
    /// One JSON object for each event
    Json,
}

/// Flags of `build`, and of `plan`.
#[derive(Clone, Debug, Default, Args)]
pub struct BuildArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub install: InstallArgs,

    /// Install the ROCm packages even if the environment has them
    #[arg(long, overrides_with = "no_install_rocm", help_heading = "Python and ROCm")]
    pub install_rocm: bool,
    /// Never install ROCm packages: the environment has them
    #[arg(long, help_heading = "Python and ROCm")]
    pub no_install_rocm: bool,

    /// What to build: `nightly`, `release/2.13`, a branch, tag or commit; without it, the sources that are there
    #[arg(
        long = "ref",
        visible_alias = "pytorch-git-ref",
        value_name = "R",
        allow_hyphen_values = true,
        help_heading = "Sources"
    )]
    pub reference: Option<String>,

    /// Build what this manifest says: its commits, Python, targets, ROCm and options; flags given beside it win
    #[arg(long, value_name = "FILE|URL", allow_hyphen_values = true, help_heading = "Sources")]
    pub from_manifest: Option<String>,

    /// A project's repository instead of its default; may be repeated
    #[arg(long, value_name = "P=URL", help_heading = "Sources")]
    pub origin: Vec<String>,

    /// TheRock checkout, for its pin of triton on Windows and the manifest's `therock` entry
    #[arg(long, value_name = "DIR", help_heading = "Sources")]
    pub therock_dir: Option<String>,

    /// Folder of the checkouts [default: <work>/src]
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub root_checkout_dir: Option<String>,
    /// torch's sources, built as they are
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub pytorch_dir: Option<String>,
    /// torchaudio's sources, built as they are
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub pytorch_audio_dir: Option<String>,
    /// torchvision's sources, built as they are
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub pytorch_vision_dir: Option<String>,
    /// triton's sources, built as they are
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub triton_dir: Option<String>,
    /// apex's sources, built as they are
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub apex_dir: Option<String>,
    /// Folder for the wheels [default: dist]
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub output_dir: Option<String>,
    /// Folder for the manifest [default: <output>/manifests]
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub manifest_dir: Option<String>,

    /// Build these wheels only: pytorch, pytorch_audio, pytorch_vision, triton, apex
    #[arg(long, alias = "projects", value_name = "P,…", help_heading = "Wheels")]
    pub only: Vec<String>,
    /// Build triton
    #[arg(long, overrides_with = "no_build_triton", help_heading = "Wheels")]
    pub build_triton: bool,
    /// Do not build triton
    #[arg(long, help_heading = "Wheels")]
    pub no_build_triton: bool,
    /// Build torchaudio
    #[arg(long, overrides_with = "no_build_pytorch_audio", help_heading = "Wheels")]
    pub build_pytorch_audio: bool,
    /// Do not build torchaudio
    #[arg(long, help_heading = "Wheels")]
    pub no_build_pytorch_audio: bool,
    /// Build torchvision
    #[arg(long, overrides_with = "no_build_pytorch_vision", help_heading = "Wheels")]
    pub build_pytorch_vision: bool,
    /// Do not build torchvision
    #[arg(long, help_heading = "Wheels")]
    pub no_build_pytorch_vision: bool,
    /// Build apex
    #[arg(long, overrides_with = "no_build_apex", help_heading = "Wheels")]
    pub build_apex: bool,
    /// Do not build apex
    #[arg(long, help_heading = "Wheels")]
    pub no_build_apex: bool,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub going: GoingArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub again: AgainArgs,

    /// Compile flash attention into torch [default: if a target supports it and, on Linux, triton is built]
    #[arg(long, overrides_with = "no_enable_pytorch_flash_attention", help_heading = "Build")]
    pub enable_pytorch_flash_attention: bool,
    /// Leave flash attention out of torch
    #[arg(long, help_heading = "Build")]
    pub no_enable_pytorch_flash_attention: bool,
    /// Build number of the wheels [default: 1]
    #[arg(long, value_name = "N", help_heading = "Build")]
    pub pytorch_build_number: Option<String>,
    /// Local version of the wheels, with its `+` [default: derived from the ROCm packages]
    #[arg(long, value_name = "+TEXT", help_heading = "Build")]
    pub version_suffix: Option<String>,
    /// Accept a version suffix that names another ROCm than the installed one
    #[arg(long, help_heading = "Build")]
    pub allow_suffix_mismatch: bool,
    /// ci, dev, dev-bkc, nightly, nightly-bkc or prerelease [default: nightly]
    #[arg(long, value_name = "TYPE", help_heading = "Build")]
    pub release_type: Option<String>,
    /// Compile through ccache
    #[arg(long, help_heading = "Build")]
    pub use_ccache: bool,
    /// Compile through sccache
    #[arg(long, help_heading = "Build")]
    pub use_sccache: bool,
    /// With sccache, cache host code only: leave hipcc's clang alone
    #[arg(long, help_heading = "Build")]
    pub sccache_no_wrap: bool,
    /// Compilers that run at once, a number or `auto` [default: auto, the processors that memory allows]
    #[arg(long, value_name = "N|auto", help_heading = "Build")]
    pub jobs: Option<String>,
    /// Set a variable for one project's build or for all; may be repeated
    #[arg(long, value_name = "[P:]KEY=VALUE", help_heading = "Build")]
    pub env: Vec<String>,
    /// Hide an inherited variable from one project's build or from all; may be repeated
    #[arg(long, value_name = "[P:]KEY", help_heading = "Build")]
    pub unset_env: Vec<String>,
    /// Remove build folders and wheels of other versions first
    #[arg(long, overrides_with = "no_clean", help_heading = "Build")]
    pub clean: bool,
    /// Keep build folders [default]
    #[arg(long, help_heading = "Build")]
    pub no_clean: bool,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub limits: LimitArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub audit: AllowArgs,

    /// The manifest's `artifact_group` [default: pytorch-wheels]
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub artifact_group: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub proof: ProofArgs,

    /// Build miniature sources with a miniature ROCm, to see everything work in a minute
    #[arg(long, action = ArgAction::SetTrue, help_heading = "Wheels")]
    pub demo: bool,
}

/// Flags of `plan`.
#[derive(Clone, Debug, Default, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub build: BuildArgs,

    /// How the plan is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,

    /// Plan from what another machine saw, as `plan --format json` printed it there, and look at nothing here
    #[arg(long, value_name = "FILE")]
    pub facts: Option<String>,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Flags of `gfx`.
#[derive(Clone, Debug, Default, Args)]
pub struct GfxArgs {
    /// How the table is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,
}

/// A pair of flags, `--x` and `--no-x`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Neither was given.
    #[default]
    Unsaid,
    /// `--x`
    Yes,
    /// `--no-x`
    No,
}

impl Wish {
    /// What a pair of switches says; clap has let the last one win.
    pub fn of((yes, no): (bool, bool)) -> Self {
        match (yes, no) {
            (true, _) => Wish::Yes,
            (_, true) => Wish::No,
            _ => Wish::Unsaid,
        }
    }
}
