//! Builds PyTorch wheels for AMD GPUs. The modules stand in reading order: each may use only those above it. Down to `event` they are values
//! and pure functions; from `process` on they touch the world.

// The order says what may use what; sorting would lose it.
#![cfg_attr(rustfmt, rustfmt_skip)]

pub mod host;
pub mod redact;
pub mod gfx;
pub mod version;
pub mod refs;
pub mod facts;
pub mod cli;
pub mod request;
pub mod plan;
pub mod demo;
pub mod event;
// ── the waterline: above it nothing touches the world ──
pub mod process;
pub mod file;
pub mod observe;
pub mod execute;
pub mod record;
pub mod report;
pub mod command;

use std::process::ExitCode;

use clap::error::ErrorKind;

use cli::{Cli, Command};
use command::{Code, Stop};

/// Does what the command line asks for. Results go to standard output, all else to standard error.
pub fn main() -> ExitCode {
    let code = match observe::arguments().map_err(Stop::request) {
        Ok(words) => match Cli::read(words) {
            Ok(cli) => run(&cli).unwrap_or_else(|stop| stop.tell()),
            Err(error) => usage(&error),
        },
        Err(stop) => stop.tell(),
    };
    ExitCode::from(code as u8)
}

fn run(cli: &Cli) -> Result<Code, Stop> {
    let host = observe::host().map_err(Stop::request)?;
    match &cli.command {
        Command::Build(args) => command::build::run(args, &host),
        Command::Plan(args) => command::plan::run(args, &host),
        Command::InstallRocm(args) => command::install::run(args, &host),
        Command::Gfx(args) => command::gfx(args),
    }
}

/// Help and versions are results; anything else that clap has to say is a wrong request.
fn usage(error: &clap::Error) -> Code {
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Code::Done,
        _ => Code::Request,
    }
}
