//! `matrix`: one row for each job of a release, for people on standard output and for workflows as `pytorch_matrix`.

use super::{Code, Stop, append_for_github, result};
use crate::cli::{LogStyle, MatrixArgs};
use crate::host::Host;
use crate::matrix;
use crate::report::{Detail, Report};

/// Prints the matrix as JSON, in one line.
///
/// # Errors
/// If the request is wrong, or the step's output cannot be written: without it a workflow would build nothing.
pub fn run(args: &MatrixArgs, host: &Host) -> Result<Code, Stop> {
    let matrix = matrix::plan(args, host.platform).map_err(|problems| Stop::Problems(Code::Request, problems))?;
    let mut report = Report::new(LogStyle::Plain, Detail::Normal, host.terminal);
    matrix.warnings.iter().for_each(|warning| report.warn(warning));
    let json = serde_json::json!(matrix.rows).to_string();
    append_for_github(host, "GITHUB_OUTPUT", &format!("pytorch_matrix={json}\n"))?;
    result(&json);
    Ok(Code::Done)
}
