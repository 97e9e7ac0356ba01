//! The flags of `manifest`, `matrix` and `upload`: what is done with a set of wheels once it is built.

use clap::{Args, Subcommand, ValueEnum};

use super::PlanFormat;
use crate::host::Platform;

/// What can be done with manifests.
#[derive(Clone, Debug, Subcommand)]
pub enum ManifestCommand {
    /// Write the manifest of a folder of wheels that something else built or changed
    Generate(GenerateArgs),
    /// Check that a folder holds what a manifest says: nothing missing, nothing extra, no other content
    Verify(VerifyArgs),
    /// Print what a manifest says
    Show(ShowArgs),
    /// Print what changed from one manifest to another
    Diff(DiffArgs),
    /// Join manifests of one build, or write the index of a matrix
    Merge(MergeArgs),
    /// Print checksums, pip requirements or constraints, or outputs for a step of GitHub Actions
    Export(ExportArgs),
    /// Print the JSON Schema of manifests
    Schema(SchemaArgs),
}

/// Flags of `manifest generate`.
#[derive(Clone, Debug, Default, Args)]
pub struct GenerateArgs {
    /// Folder with the wheels
    #[arg(value_name = "DIR")]
    pub folder: String,

    /// Manifest of the build that the wheels come from: it says what cannot be read off them
    #[arg(long, value_name = "FILE")]
    pub from_manifest: Option<String>,
    /// Folder for the manifest [default: <DIR>/manifests]
    #[arg(long, value_name = "DIR")]
    pub manifest_dir: Option<String>,

    /// Python that the wheels are for: `3.12`, `3.13t` [default: read off the wheels]
    #[arg(long, visible_alias = "python-version", value_name = "V")]
    pub python: Option<String>,
    /// Ref of PyTorch's repository that they were built from
    #[arg(long = "ref", visible_alias = "pytorch-git-ref", value_name = "R", allow_hyphen_values = true)]
    pub reference: Option<String>,
    /// GPU targets and families that they were built for
    #[arg(long, visible_alias = "pytorch-rocm-arch", value_name = "G")]
    pub gfx: Vec<String>,
    /// Accept a target that is newer than the table of `cargo xtask gfx`
    #[arg(long)]
    pub allow_unknown_gfx: bool,
    /// Platform that they run on: `linux-x86_64`, `windows-amd64` [default: read off the wheels]
    #[arg(long, value_name = "NAME")]
    pub platform: Option<String>,
    /// Version of the ROCm packages that they were built with
    #[arg(long, value_name = "V")]
    pub rocm_sdk_version: Option<String>,
    /// What was appended to their versions, with its `+`
    #[arg(long, value_name = "+TEXT")]
    pub version_suffix: Option<String>,
    /// ci, dev, dev-bkc, nightly, nightly-bkc or prerelease
    #[arg(long, value_name = "TYPE")]
    pub release_type: Option<String>,
    /// The manifest's `artifact_group` [default: pytorch-wheels]
    #[arg(long, value_name = "NAME")]
    pub artifact_group: Option<String>,
}

/// Flags of `manifest verify`.
#[derive(Clone, Debug, Default, Args)]
pub struct VerifyArgs {
    /// The manifest
    #[arg(value_name = "FILE")]
    pub manifest: String,
    /// Folder with the wheels [default: the folder above the manifest's, where that is called `manifests`; else the manifest's own]
    #[arg(value_name = "DIR")]
    pub folder: Option<String>,
}

/// Flags of `manifest show`.
#[derive(Clone, Debug, Default, Args)]
pub struct ShowArgs {
    /// The manifest, or the index of a matrix
    #[arg(value_name = "FILE")]
    pub manifest: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,
}

/// Flags of `manifest diff`.
#[derive(Clone, Debug, Default, Args)]
pub struct DiffArgs {
    /// The manifest of before
    #[arg(value_name = "A")]
    pub before: String,
    /// The manifest of after
    #[arg(value_name = "B")]
    pub after: String,
    /// How the differences are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: PlanFormat,
    /// Fail if a wheel grew by more than this part of its size: `5%`
    #[arg(long, value_name = "N%")]
    pub max_size_growth: Option<String>,
}

/// Flags of `manifest merge`.
#[derive(Clone, Debug, Default, Args)]
pub struct MergeArgs {
    /// The manifests
    #[arg(value_name = "FILE")]
    pub manifests: Vec<String>,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<String>,
    /// Write the index of a matrix: one entry for each build
    #[arg(long)]
    pub index: bool,
    /// The matrix that was planned, as `cargo xtask matrix` printed it: the index names what is missing of it
    #[arg(long, value_name = "JSON", requires = "index")]
    pub planned: Option<String>,
    /// The operating system of that matrix [default: this one]
    #[arg(long, value_enum, value_name = "OS", requires = "planned")]
    pub platform: Option<System>,
}

/// Flags of `manifest export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// The manifest
    #[arg(value_name = "FILE")]
    pub manifest: String,
    /// What is printed
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<String>,
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Lines for `sha256sum -c`
    Sha256sums,
    /// Requirements with hashes, for `pip install --require-hashes --no-deps -r`
    Requirements,
    /// Versions, for `pip install -c`
    Constraints,
    /// Versions and the manifest's path, for the file that `GITHUB_OUTPUT` names
    GithubOutput,
}

/// Flags of `manifest schema`.
#[derive(Clone, Debug, Default, Args)]
pub struct SchemaArgs {
    /// Check that the committed schema is what the types say, by the test of the project's checkout
    #[arg(long)]
    pub check: bool,
}

/// Flags of `matrix`.
#[derive(Clone, Debug, Default, Args)]
pub struct MatrixArgs {
    /// Operating system of the builds [default: this one]
    #[arg(long, value_enum, value_name = "OS")]
    pub platform: Option<System>,
    /// ci, dev, dev-bkc, nightly, nightly-bkc or prerelease
    #[arg(long, value_name = "TYPE", default_value = "dev")]
    pub release_type: String,
    /// GPU families, separated by semicolons
    #[arg(long, value_name = "F;…", default_value = "")]
    pub amdgpu_families: String,
    /// Python versions, separated by commas, semicolons or blanks [default: those of the release type]
    #[arg(long, value_name = "V,…", default_value = "")]
    pub python_versions: String,
    /// Refs of PyTorch's repository, separated likewise [default: those of the release type]
    #[arg(long, value_name = "R,…", default_value = "")]
    pub pytorch_git_refs: String,
}

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// Linux
    Linux,
    /// Windows
    Windows,
}

impl From<System> for Platform {
    fn from(system: System) -> Self {
        match system {
            System::Linux => Platform::Linux,
            System::Windows => Platform::Windows,
        }
    }
}

/// Flags of `upload`.
#[derive(Clone, Debug, Default, Args)]
pub struct UploadArgs {
    /// The manifest of the wheels [default: the complete one in `dist/manifests`]
    #[arg(value_name = "FILE")]
    pub manifest: Option<String>,
    /// Folder with the wheels [default: as `manifest verify` finds it]
    #[arg(value_name = "DIR")]
    pub folder: Option<String>,
    /// Where to: a bucket with or without a prefix, or a folder
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]|DIR")]
    pub dest: String,
    /// The run that the wheels are filed under [default: that of CI, else the manifest's]
    #[arg(long, value_name = "ID")]
    pub run_id: Option<String>,
    /// The GPU family that the manifest is filed under [default: the manifest's, if it has just one]
    #[arg(long, value_name = "FAMILY")]
    pub family: Option<String>,
    /// Say what would be uploaded, and upload nothing
    #[arg(long)]
    pub dry_run: bool,
}
