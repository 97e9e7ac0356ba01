//! The manifest of a set of PyTorch wheels for ROCm: its types, reading and writing.
//!
//! One JSON format is the plan of a build, its result, and what other machines read of it. It is a superset of *source
//! manifest v1*, the list of repositories and commits that TheRock's scripts check out: those read our files unchanged,
//! and [`Manifest::parse`] reads theirs. Nothing here starts a program, opens a file or asks a network: text comes in,
//! values and text go out.
//!
//! ```
//! use manifest::{Manifest, Project};
//!
//! let text = r#"{
//!   "schema_version": 1,
//!   "pytorch": {
//!     "repo": "https://github.com/pytorch/pytorch",
//!     "commit": "0123456789abcdef0123456789abcdef01234567",
//!     "branch": "nightly"
//!   }
//! }
//! "#;
//! let manifest = Manifest::parse(text)?;
//! let torch = manifest.source(Project::Pytorch).map(|source| source.commit.as_str());
//! assert_eq!(torch, Some("0123456789abcdef0123456789abcdef01234567"));
//! assert_eq!(manifest.to_json(), text);
//! # Ok::<(), manifest::ManifestError>(())
//! ```
//!
//! Every object keeps the fields it does not know in its `extra`, so a file of a later version survives being read and
//! written. They come out after the known ones, in the order they had. A number that is neither a 64-bit integer nor
//! a 64-bit float is rounded; of two equal unknown keys the last one stays.
//!
//! Contents, in reading order:
//!
//! - `project`: the five projects and what their wheels are called
//! - `checked`: commits, hashes and relative paths, right by construction
//! - `model`: the manifest and what it holds
//! - `name`: the file's name
//! - `identity`: what a manifest is the manifest *of*
//! - `wheel`: wheel file names, parsed or refused
//! - `read`, `write`: from text and to text
//! - `schema`: the JSON Schema of that text
//! - `folder`, `verify`: what a folder holds, and whether it is what the manifest says
//! - `generate`: the manifest of a folder that something else filled
//! - `diff`: what changed from one manifest to another
//! - `merge`, `index`: several manifests of one build, and of a matrix of builds
//! - `export`: checksums, requirements, constraints, outputs of a CI step
//! - `summary`, `figures`: what a manifest says, for people
//! - `shown`: foreign text, made fit for a message

mod checked;
mod diff;
mod export;
mod figures;
mod folder;
mod generate;
mod identity;
mod index;
mod merge;
mod model;
mod name;
mod project;
mod read;
mod schema;
mod shown;
mod summary;
mod verify;
mod wheel;
mod write;

pub use checked::{CheckError, Commit, RelativePath, Sha256};
pub use diff::{Change, Diff, Growth, MaxGrowth, MaxGrowthError, SourceChange, WheelChange, WheelFile};
pub use export::{ExportError, github_output_line, sha256sums_line};
pub use figures::{counted, duration, size};
pub use folder::FolderFile;
pub use generate::{GenerateError, Generated, Given, Warning, generate};
pub use identity::Identity;
pub use index::Index;
pub use merge::{MergeError, Misfit, merge};
pub use model::{
    Artifact, Audit, AuditFinding, Ci, Extra, Failure, Job, JobStatus, Labels, Manifest, Missing, Need, OptionValue, Origin,
    Rocm, RocmPackage, SchemaVersion, Source, Status, TheRock, Toolchain,
};
pub use name::{Finished, file_name, lock_file_name};
pub use project::{Project, UnknownProject};
pub use read::ManifestError;
pub use schema::SCHEMA;
pub use shown::shown;
pub use verify::Difference;
pub use wheel::{TagKind, WheelFault, WheelName, WheelNameError, glob_prefix};

/// The examples of the page for readers.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
