//! `upload`.

use super::{Code, Stop};
use crate::cli::UploadArgs;
use crate::host::Host;

/// TODO.
///
/// # Errors
/// TODO
pub fn run(args: &UploadArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
