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
pub mod matrix;
pub mod plan;
pub mod upload;
pub mod audit;
pub mod demo;
pub mod failure;
pub mod event;
// ── the waterline: above it nothing touches the world ──
pub mod process;
pub mod file;
pub mod inspect;
pub mod observe;
pub mod execute;
pub mod record;
pub mod report;
pub mod command;

use std::borrow::Cow;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;

use cli::{Cli, Command};
use command::{Code, Stop};
use host::Host;
use redact::Secrets;

/// Does what the command line asks for. Results go to standard output, all else to standard error.
pub fn main() -> ExitCode {
    // Where that cannot be had, Ctrl-C ends the tool as it ends any program.
    let _ = process::listen();
    let words = observe::arguments().map_err(Stop::request);
    let host = observe::host().map_err(Stop::request);
    process::scale_waits(host.as_ref().ok().and_then(Host::time_scale).unwrap_or(1.0));
    // They are known before anything is said.
    let secrets = Secrets::new(
        &host.as_ref().map(|host| host.env.clone()).unwrap_or_default(),
        words.iter().flatten().map(String::as_str),
    );
    let code = match words.map(Cli::read) {
        Ok(Ok(cli)) => host.and_then(|host| run(&cli, &host)).unwrap_or_else(|stop| stop.or_interrupted().tell(&secrets)),
        Ok(Err(error)) => usage(&error, &secrets),
        Err(stop) => stop.tell(&secrets),
    };
    process::settle();
    ExitCode::from(code as u8)
}

fn run(cli: &Cli, host: &Host) -> Result<Code, Stop> {
    match &cli.command {
        Command::Build(args) => command::build::run(args, host),
        Command::Plan(args) => command::plan::run(args, host),
        Command::Lock(args) => command::lock::run(args, host),
        Command::Checkout(args) => command::checkout::run(args, host),
        Command::InstallRocm(args) => command::install::run(args, host),
        Command::Audit(args) => command::audit::run(args, host),
        Command::Manifest(what) => command::manifest::run(what, host),
        Command::Upload(args) => command::upload::run(args, host),
        Command::Gfx(args) => command::gfx(args),
        Command::Matrix(args) => command::matrix::run(args, host),
    }
}

/// Help and versions are results; anything else that clap has to say is a wrong request.
fn usage(error: &clap::Error, secrets: &Secrets) -> Code {
    if let ErrorKind::DisplayHelp | ErrorKind::DisplayVersion = error.kind() {
        let _ = error.print();
        return Code::Done;
    }
    // It repeats what was typed. With colours, unless there is something to hide.
    let _ = match secrets.redact(&error.render().to_string()) {
        Cow::Borrowed(_) => error.print(),
        Cow::Owned(text) => std::io::stderr().write_all(text.as_bytes()),
    };
    Code::Request
}
