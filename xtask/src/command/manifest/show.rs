//! `manifest show`.

use crate::cli::ShowArgs;
use crate::command::{Code, Stop};
use crate::host::Host;

pub(super) fn run(args: &ShowArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
