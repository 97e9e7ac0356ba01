//! `manifest schema`.

use crate::cli::SchemaArgs;
use crate::command::{Code, Stop};
use crate::host::Host;

pub(super) fn run(args: &SchemaArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
