//! `matrix`.

use super::{Code, Stop};
use crate::cli::MatrixArgs;
use crate::host::Host;

/// TODO.
///
/// # Errors
/// TODO
pub fn run(args: &MatrixArgs, host: &Host) -> Result<Code, Stop> {
    let _ = (args, host);
    Ok(Code::Bug)
}
