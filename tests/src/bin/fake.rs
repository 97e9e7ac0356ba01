//! A program that does what the script beside it says, and keeps a journal. `fake gcc` in a sandbox is this program under the name `gcc`, with
//! its script in `gcc.script` and its journal in `gcc.journal`, one line for each start.
//!
//! A script is lines that are done in order; without any, it succeeds silently:
//!
//! - `when WORD` skips the lines up to the next `when` unless an argument is WORD; `when` alone skips none
//! - `print TEXT` and `warn TEXT` write to standard output and standard error; `bytes 6f ff 0a` writes what is no text
//! - `flood BYTES` writes so much in lines of 4 KiB, `wide COLUMNS` one line; both to standard output
//! - `journal TEXT` adds a line to the journal
//! - `sleep SECONDS`, and `spin SECONDS`, which keeps a processor busy meanwhile
//! - `die above N` is killed, as the kernel kills for lack of memory, if `MAX_JOBS` is greater than N
//! - `await NAME` waits until there is a file of that name beside it
//! - `stubborn` goes on when it is asked to end, which it notes in the journal
//! - `start NAME` starts another fake and does not wait for it; `start-away NAME` does so in a process group of its own,
//!   `start-bare NAME` with a cleared environment, `start-bare-away NAME` with both
//! - `lose NAME` does the last in a session of its own, and whoever started that fake ends at once
//! - `become PROGRAM` goes on as another program, with the same arguments
//! - `exit CODE`

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<ExitCode> {
    let me = std::env::current_exe()?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    note(&me, &args.join(" "))?;
    act(&me, &std::fs::read_to_string(beside(&me, "script"))?, &args)
}

fn beside(me: &Path, what: &str) -> PathBuf {
    // Not `with_extension`, which would take the `12` off `python3.12`.
    let name = me.file_name().unwrap_or_default().to_string_lossy();
    me.with_file_name(format!("{}.{what}", name.trim_end_matches(std::env::consts::EXE_SUFFIX)))
}

fn note(me: &Path, line: &str) -> io::Result<()> {
    let mut journal = OpenOptions::new().create(true).append(true).open(beside(me, "journal"))?;
    // One write, because several may run at once.
    journal.write_all(format!("{line}\n").as_bytes())
}

fn act(me: &Path, script: &str, args: &[String]) -> Outcome<ExitCode> {
    let mut skipped = false;
    for line in script.lines() {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "when" => skipped = !rest.is_empty() && !args.iter().any(|arg| arg == rest),
            _ if skipped => {}
            "become" => return Ok(code(Command::new(rest).args(args).status()?.code().unwrap_or(1))),
            "exit" => return Ok(code(rest.parse()?)),
            "print" => println!("{rest}"),
            "warn" => eprintln!("{rest}"),
            "bytes" => print(&rest.split(' ').map(|byte| u8::from_str_radix(byte, 16)).collect::<Result<Vec<_>, _>>()?)?,
            "wide" => print(&[vec![b'w'; rest.parse()?], b"\n".to_vec()].concat())?,
            "flood" => flood(rest.parse()?)?,
            "journal" => note(me, rest)?,
            "sleep" => std::thread::sleep(seconds(rest)?),
            "spin" => spin(seconds(rest)?),
            "die" => die_above(rest.trim_start_matches("above ").parse()?)?,
            "await" => wait_for(&me.with_file_name(rest)),
            "stubborn" => be_stubborn(me)?,
            "start" => drop(Command::new(me.with_file_name(rest)).spawn()?),
            "start-away" => drop(away(&mut Command::new(me.with_file_name(rest))).spawn()?),
            "start-bare" => drop(Command::new(me.with_file_name(rest)).env_clear().spawn()?),
            "start-bare-away" => drop(away(&mut Command::new(me.with_file_name(rest))).env_clear().spawn()?),
            "lose" => drop(Command::new("/usr/bin/setsid").arg("--fork").arg(me.with_file_name(rest)).env_clear().status()?),
            _ => return Err(format!("the script of this fake has a line `{line}`").into()),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn seconds(text: &str) -> Outcome<Duration> {
    Ok(Duration::from_secs_f64(text.parse()?))
}

fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn flood(bytes: u64) -> io::Result<()> {
    let line = [[b'f'; 4095].as_slice(), b"\n"].concat();
    let block = line.repeat(16);
    (0..bytes / block.len() as u64).try_for_each(|_| print(&block))
}

fn spin(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn die_above(most: u32) -> io::Result<()> {
    // It is asked for its version, too, and then there is no such variable.
    if std::env::var("MAX_JOBS").is_ok_and(|jobs| jobs.parse().is_ok_and(|jobs: u32| jobs > most)) {
        // The shell's own `kill`: a minimal system has no program of that name.
        Command::new("sh").args(["-c", &format!("kill -KILL {}", std::process::id())]).status()?;
    }
    Ok(())
}

fn wait_for(file: &Path) {
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn be_stubborn(me: &Path) -> Outcome<()> {
    let me = me.to_owned();
    let heard = move || drop(note(&me, "asked to end"));
    Ok(ctrlc::set_handler(heard)?)
}

#[cfg(unix)]
fn away(command: &mut Command) -> &mut Command {
    std::os::unix::process::CommandExt::process_group(command, 0)
}

#[cfg(not(unix))]
fn away(command: &mut Command) -> &mut Command {
    command
}
