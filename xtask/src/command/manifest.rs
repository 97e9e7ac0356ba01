//! `manifest`: what can be done with manifests, on any folder of wheels, also without a build.

use super::{Code, Stop};
use crate::cli::ManifestCommand;
use crate::host::Host;

mod diff;
mod export;
mod generate;
mod merge;
pub(super) mod read;
mod schema;
mod show;
pub(super) mod verify;

/// Does one of them.
///
/// # Errors
/// If the request is wrong, a file cannot be read or written, or a verification failed.
pub fn run(what: &ManifestCommand, host: &Host) -> Result<Code, Stop> {
    match what {
        ManifestCommand::Generate(args) => generate::run(args, host),
        ManifestCommand::Verify(args) => verify::run(args, host),
        ManifestCommand::Show(args) => show::run(args, host),
        ManifestCommand::Diff(args) => diff::run(args, host),
        ManifestCommand::Merge(args) => merge::run(args, host),
        ManifestCommand::Export(args) => export::run(args, host),
        ManifestCommand::Schema(args) => schema::run(args, host),
    }
}
