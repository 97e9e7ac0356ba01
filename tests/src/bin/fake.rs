//! A program that does what the script beside it says, and keeps a journal. `fake gcc` in a sandbox is this program under the name `gcc`, with
//! its script in `gcc.script` and its journal in `gcc.journal`, one line for each start.
//!
//! A script is lines that are done in order; without any, it succeeds silently:
//!
//! - `when WORD` skips the lines up to the next `when` unless an argument is WORD; `when` alone skips none
//! - `print TEXT` and `warn TEXT` write to standard output and standard error
//! - `sleep SECONDS`
//! - `die above N` is killed, as the kernel kills for lack of memory, if `MAX_JOBS` is greater than N
//! - `become PROGRAM` goes on as another program, with the same arguments
//! - `exit CODE`

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let me = std::env::current_exe()?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut journal = OpenOptions::new().create(true).append(true).open(beside(&me, "journal"))?;
    // One write, because several may run at once.
    journal.write_all(format!("{}\n", args.join(" ")).as_bytes())?;
    act(&std::fs::read_to_string(beside(&me, "script"))?, &args)
}

fn beside(me: &Path, what: &str) -> PathBuf {
    // Not `with_extension`, which would take the `12` off `python3.12`.
    let name = me.file_name().unwrap_or_default().to_string_lossy();
    me.with_file_name(format!("{}.{what}", name.trim_end_matches(std::env::consts::EXE_SUFFIX)))
}

fn act(script: &str, args: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let mut skipped = false;
    for line in script.lines() {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "when" => skipped = !rest.is_empty() && !args.iter().any(|arg| arg == rest),
            _ if skipped => {}
            "print" => println!("{rest}"),
            "warn" => eprintln!("{rest}"),
            "sleep" => std::thread::sleep(Duration::from_secs_f64(rest.parse()?)),
            "die" => {
                let most: u32 = rest.trim_start_matches("above ").parse()?;
                // It is asked for its version, too, and then there is no such variable.
                if std::env::var("MAX_JOBS").is_ok_and(|jobs| jobs.parse().is_ok_and(|jobs: u32| jobs > most)) {
                    Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status()?;
                }
            }
            "become" => return Ok(code(Command::new(rest).args(args).status()?.code().unwrap_or(1))),
            "exit" => return Ok(code(rest.parse()?)),
            _ => return Err(format!("the script of this fake has a line `{line}`").into()),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
