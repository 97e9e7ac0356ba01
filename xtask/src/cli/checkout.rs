//! The flags of `checkout`.

use clap::Args;

use super::MessageArgs;

/// Flags of `checkout`.
#[derive(Clone, Debug, Default, Args)]
pub struct CheckoutArgs {
    /// What to check out: `nightly`, `release/2.13`, a branch, tag or commit
    #[arg(
        long = "ref",
        visible_alias = "pytorch-git-ref",
        value_name = "R",
        allow_hyphen_values = true,
        help_heading = "Sources"
    )]
    pub reference: Option<String>,
    /// Check out the commits of this manifest
    #[arg(long, value_name = "FILE|URL", allow_hyphen_values = true, help_heading = "Sources")]
    pub from_manifest: Option<String>,
    /// Refuse a manifest whose torch is not of this ref
    #[arg(long, value_name = "R", allow_hyphen_values = true, requires = "from_manifest", help_heading = "Sources")]
    pub expected_pytorch_git_ref: Option<String>,
    /// Check out these projects only: pytorch, pytorch_audio, pytorch_vision, triton, apex
    #[arg(long, visible_alias = "projects", value_name = "P,…", help_heading = "Sources")]
    pub only: Vec<String>,
    /// A project's repository instead of its default; may be repeated
    #[arg(long, value_name = "P=URL", help_heading = "Sources")]
    pub origin: Vec<String>,
    /// TheRock checkout, for its pin of triton on Windows
    #[arg(long, value_name = "DIR", help_heading = "Sources")]
    pub therock_dir: Option<String>,

    /// Folder for sources and logs [default: build]
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub work_dir: Option<String>,
    /// Folder of the checkouts [default: <work>/src]
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    pub root_checkout_dir: Option<String>,

    /// Translate CUDA to HIP, apex's sources too
    #[arg(long, overrides_with = "no_hipify", help_heading = "Checkout")]
    pub hipify: bool,
    /// Leave the sources as they are fetched
    #[arg(long, help_heading = "Checkout")]
    pub no_hipify: bool,
    /// Commit what the translation changed, so that it can be told from what you change [default]
    #[arg(long, overrides_with = "no_commit_hipify", help_heading = "Checkout")]
    pub commit_hipify: bool,
    /// Leave what the translation changed uncommitted, as builds do
    #[arg(long, help_heading = "Checkout")]
    pub no_commit_hipify: bool,
    /// Fetch submodules [default]
    #[arg(long, overrides_with = "no_submodules", help_heading = "Checkout")]
    pub submodules: bool,
    /// Fetch no submodules
    #[arg(long, help_heading = "Checkout")]
    pub no_submodules: bool,
    /// How many commits of history are fetched, or `full` [default: 1]
    #[arg(long, value_name = "N|full", help_heading = "Checkout")]
    pub depth: Option<String>,
    /// How many submodules are fetched at once [default: 10]
    #[arg(long, value_name = "N", help_heading = "Checkout")]
    pub jobs: Option<String>,
    /// Discard the changes in checkouts that are there; commits stay in their branches and in git's reflog
    #[arg(long, help_heading = "Checkout")]
    pub force: bool,
    /// Python that translates, as `build` takes it
    #[arg(long, visible_alias = "python-version", value_name = "V", help_heading = "Checkout")]
    pub python: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub messages: MessageArgs,
}
