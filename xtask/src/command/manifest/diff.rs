//! `manifest diff`.

use crate::cli::DiffArgs;
use crate::command::{Code, Stop};
use crate::host::Host;

pub(super) fn run(args: &DiffArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
