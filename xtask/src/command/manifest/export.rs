//! `manifest export`.

use crate::cli::ExportArgs;
use crate::command::{Code, Stop};
use crate::host::Host;

pub(super) fn run(args: &ExportArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
