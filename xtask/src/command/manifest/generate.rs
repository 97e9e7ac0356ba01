//! `manifest generate`.

use crate::cli::GenerateArgs;
use crate::command::{Code, Stop};
use crate::host::Host;

pub(super) fn run(args: &GenerateArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
