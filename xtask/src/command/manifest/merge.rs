//! `manifest merge`.

use crate::cli::MergeArgs;
use crate::command::{Code, Stop};
use crate::host::Host;

pub(super) fn run(args: &MergeArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
