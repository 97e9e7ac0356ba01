//! `manifest show`.

use super::read::{self, Document};
use crate::cli::{PlanFormat, ShowArgs};
use crate::command::{Code, Stop, result};
use crate::host::Host;

pub(super) fn run(args: &ShowArgs, host: &Host) -> Result<Code, Stop> {
    let path = read::path(host, "`FILE`", &args.manifest).map_err(Stop::request)?;
    let document = read::document(&path).map_err(Stop::world)?;
    result(&match (args.format, document) {
        (PlanFormat::Text, Document::Manifest(manifest)) => manifest.summary(),
        (PlanFormat::Text, Document::Index(index)) => index.summary(),
        (PlanFormat::Json, document) => read::harmless(&document.into_json()),
    })?;
    Ok(Code::Done)
}
