//! An index with a password works, and the password is never shown.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use tests::{Sandbox, finish, project, pythons, snapshot};

const PASSWORD: &str = "pass-word-0123";

/// `user:pass-word-0123` as browsers and pip send it.
const CREDENTIALS: &str = "Basic dXNlcjpwYXNzLXdvcmQtMDEyMw==";

#[test]
fn an_index_with_a_password_works_and_is_never_shown() {
    let sandbox = Sandbox::new();
    let python = &pythons().last().unwrap().path;
    let mut command = sandbox.command(python);
    command.arg("-B").arg(project().join("xtask/demo/make_sdk.py"));
    command.args(["--output", "sdk", "--version", "7.14.0a20261101", "--targets", "gfx942"]);
    finish(&mut command).expect(0);
    let (port, asked) = serve(&sandbox);

    let index = format!("http://user:{PASSWORD}@127.0.0.1:{port}/simple");
    let common = ["--verbose", "--python", python, "--gfx", "gfx942", "--index-url", &index];
    let ended = finish(sandbox.xtask().args(["build", "--demo", "--only", "triton"]).args(common)).expect(0);
    assert!(asked.try_iter().any(|credentials| credentials == CREDENTIALS), "pip did not log in");
    let shown = format!("http://127.0.0.1:{port}/simple");
    assert!(ended.stderr.contains(&shown), "{}", ended.stderr);
    let manifest = ended.stdout.lines().last().unwrap();
    let manifest = std::fs::read_to_string(manifest).unwrap();
    assert!(manifest.contains(&format!("\"index\": \"{shown}\"")), "{manifest}");

    // A failure tells the command, too; and a plan has the index in it.
    let wrong = ["install-rocm", "--rocm-sdk-version", "==9.0", "--work-dir", "build/demo"];
    let wrong = finish(sandbox.xtask().args(wrong).args(common)).expect(4);
    assert!(wrong.stderr.contains("  command: "), "{}", wrong.stderr);
    let plan = ["plan", "--demo", "--format", "json", "--python", python, "--index-url", &index];
    let plan = finish(sandbox.xtask().args(plan)).expect(0);
    assert!(plan.stdout.contains(&shown));
    for text in [&ended.stdout, &ended.stderr, &wrong.stdout, &wrong.stderr, &plan.stdout, &plan.stderr] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
    for path in snapshot(&sandbox.path("")).into_keys().filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "{}", path.display());
    }
}

/// An index that asks for a password, on a port of its own; what it was asked with comes out of the channel.
fn serve(sandbox: &Sandbox) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let wheels: Vec<(String, Vec<u8>)> = sandbox
        .files("sdk")
        .into_iter()
        .map(|name| (name.clone(), std::fs::read(sandbox.path("sdk").join(name)).unwrap()))
        .collect();
    let (sender, receiver) = channel();
    // It ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (wheels, sender) = (wheels.clone(), sender.clone());
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                if let Some(credentials) = answer(&mut stream, &wheels) {
                    let _ = sender.send(credentials);
                }
            });
        }
    });
    (port, receiver)
}

/// Answers one request and says what was used to log in.
fn answer(stream: &mut TcpStream, wheels: &[(String, Vec<u8>)]) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        request.extend(byte);
    }
    let request = String::from_utf8(request).ok()?;
    let path = request.split(' ').nth(1)?.trim_end_matches('/');
    let name = path.rsplit('/').next()?;
    let header =
        request.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("authorization")));
    let credentials = header.map(|(_, value)| value.to_owned());
    let project = |wheel: &str| wheel.split('-').next().unwrap_or_default().replace('_', "-");
    let links: String = wheels
        .iter()
        .filter(|(wheel, _)| project(wheel) == name)
        .map(|(wheel, _)| format!("<a href=\"/files/{wheel}\">{wheel}</a>\n"))
        .collect();
    let (status, body) = match wheels.iter().find(|(wheel, _)| wheel == name) {
        _ if credentials.as_deref() != Some(CREDENTIALS) => ("401 Unauthorized", Vec::new()),
        Some((_, bytes)) => ("200 OK", bytes.clone()),
        None if links.is_empty() => ("404 Not Found", Vec::new()),
        None => ("200 OK", links.into_bytes()),
    };
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()?;
    credentials
}
