//! What the distributions of an environment bring and require.

use crate::facts::Installed;
use crate::process;

/// Asks the script that lists an environment (`list_installed.py`): the interpreter, its arguments and a folder to run it in.
///
/// # Errors
/// In words: why it does not answer.
pub fn installed(program: &str, args: &[String], cwd: &str) -> Result<Installed, String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = process::ask(program, &args, cwd, &[]).map_err(|error| error.to_string())?;
    serde_json::from_str(&answer).map_err(|error| format!("`{program}` does not list what is installed: {error}"))
}
