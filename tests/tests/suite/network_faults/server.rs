//! A git server on loopback, made of `git daemon` behind a wire that can be broken for one repository.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tests::Sandbox;

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// After so many bytes of an answer nothing more comes, and the connection stays.
    StallsAfter(usize),
    /// After so many bytes the connection ends.
    CutsAfter(usize),
    /// The same, for one connection.
    CutsOnceAfter(usize),
    /// Each connection ends before a word.
    Refuses,
}

#[derive(Default)]
struct State {
    broken: Option<(String, Fault)>,
    served: BTreeMap<String, usize>,
}

/// The server; it goes with the test's process.
pub struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Serves what is in the sandbox's folder `served`.
    pub fn new(sandbox: &Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state: Arc<Mutex<State>> = Arc::default();
        let (base, kept) = (sandbox.arg("served"), Arc::clone(&state));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, base, state) = (connection.unwrap(), base.clone(), Arc::clone(&kept));
                std::thread::spawn(move || serve(connection, &base, &state));
            }
        });
        Server { port, state }
    }

    /// The address of a repository.
    pub fn address(&self, name: &str) -> String {
        format!("git://127.0.0.1:{}/{name}", self.port)
    }

    /// Breaks the wire for a repository.
    pub fn break_with(&self, name: &str, fault: Fault) {
        self.state.lock().unwrap().broken = Some((name.to_owned(), fault));
    }

    /// Makes all well again.
    pub fn mend(&self) {
        self.state.lock().unwrap().broken = None;
    }

    /// How often a repository was asked for.
    pub fn served(&self, name: &str) -> usize {
        self.state.lock().unwrap().served.get(name).copied().unwrap_or_default()
    }
}

/// The first packet says what is wanted: `git-upload-pack /apex`.
fn serve(mut connection: TcpStream, base: &str, state: &Mutex<State>) {
    let mut first = vec![0; 4];
    if connection.read_exact(&mut first).is_err() {
        return;
    }
    let length = usize::from_str_radix(std::str::from_utf8(&first).unwrap(), 16).unwrap();
    first.resize(length, 0);
    connection.read_exact(&mut first[4..]).unwrap();
    let request = String::from_utf8_lossy(&first).into_owned();
    let name = request.split('/').nth(1).unwrap().split('\0').next().unwrap().to_owned();
    let fault = {
        let mut state = state.lock().unwrap();
        *state.served.entry(name.clone()).or_default() += 1;
        let fault = state.broken.as_ref().filter(|(broken, _)| *broken == name).map(|(_, fault)| *fault);
        if matches!(fault, Some(Fault::CutsOnceAfter(_))) {
            state.broken = None;
        }
        fault
    };
    if fault == Some(Fault::Refuses) {
        return;
    }
    let (mut daemon, mut input, output) = daemon(base);
    input.write_all(&first).unwrap();
    let mut asking = connection.try_clone().unwrap();
    std::thread::spawn(move || ask(&mut asking, &mut input));
    answer(&connection, output, fault);
    let _ = connection.shutdown(Shutdown::Both);
    let _ = daemon.kill();
    let _ = daemon.wait();
}

/// Not by `std::io::copy`: it would splice, which locks the pipe while it waits for the connection, and the daemon could not read.
fn ask(connection: &mut TcpStream, input: &mut ChildStdin) {
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = connection.read(&mut buffer) {
        if input.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

fn daemon(base: &str) -> (Child, ChildStdin, ChildStdout) {
    let mut command = Command::new("git");
    command.args(["daemon", "--inetd", "--export-all", &format!("--base-path={base}")]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    (child, input, output)
}

/// Passes an answer on, as far as the fault lets it.
fn answer(mut connection: &TcpStream, mut output: ChildStdout, fault: Option<Fault>) {
    let limit = match fault {
        Some(Fault::StallsAfter(bytes) | Fault::CutsAfter(bytes) | Fault::CutsOnceAfter(bytes)) => bytes,
        Some(Fault::Refuses) | None => usize::MAX,
    };
    let (mut sent, mut buffer) = (0, [0; 8192]);
    while sent < limit {
        let length = output.read(&mut buffer).unwrap_or_default().min(limit - sent);
        if length == 0 || connection.write_all(&buffer[..length]).is_err() {
            return;
        }
        sent += length;
    }
    if matches!(fault, Some(Fault::StallsAfter(_))) {
        // Longer than anybody waits in these tests.
        std::thread::sleep(Duration::from_secs(60));
    }
}
