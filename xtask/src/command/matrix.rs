//! `matrix`: one row for each job of a release, for people on standard output and for workflows as `pytorch_matrix`.

use super::{Code, Stop, append_for_github, aside, result};
use crate::cli::MatrixArgs;
use crate::host::Host;
use crate::matrix;
use crate::redact::Secrets;

/// Prints the matrix as JSON, in one line.
///
/// # Errors
/// If the request is wrong, or the step's output cannot be written: without it a workflow would build nothing.
pub fn run(args: &MatrixArgs, host: &Host) -> Result<Code, Stop> {
    let matrix = matrix::plan(args, host.platform).map_err(|problems| Stop::Problems(Code::Request, problems))?;
    let secrets = Secrets::default().and(&host.env);
    matrix.warnings.iter().for_each(|warning| aside(&format!("warning: {warning}"), &secrets));
    let json = serde_json::json!(matrix.rows).to_string();
    append_for_github(host, "GITHUB_OUTPUT", &format!("pytorch_matrix={json}\n"))?;
    result(&json)?;
    Ok(Code::Done)
}
