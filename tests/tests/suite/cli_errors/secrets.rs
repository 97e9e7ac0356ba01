//! What is secret works, and is never shown: not in what is printed, and not in any file that a run leaves.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use tests::{Ended, Sandbox, finish, pythons, snapshot};

use crate::environment::{make_sdk, prepare_empty};

const PASSWORD: &str = "pass-word-0123";

/// `user:pass-word-0123` as browsers and pip send it.
const CREDENTIALS: &str = "Basic dXNlcjpwYXNzLXdvcmQtMDEyMw==";

/// A token of the machine, with all that is escaped somewhere.
const TOKEN: &str = r#"tok'en"of\the-machine"#;

/// Variables that flags set: one of a value too short to be searched for, one that is escaped, one with a secret of another name.
const FLAGS: [&str; 6] = [
    "--env",
    "A_KEY=sh-0rt",
    "--env",
    r#"MY_TOKEN=ab"cd\ef-gh"#,
    "--env",
    concat!("CMAKE_ARGS=-DX=", r#"tok'en"of\the-machine"#),
];

/// No secret is in a text, nor what is left of one by an escape.
#[track_caller]
fn assert_no_secret(name: &str, bytes: &[u8]) {
    for secret in [PASSWORD, "the-machine", "sh-0rt", "ef-gh", "s-in-query", "ssword-with-quote", "passw/ord"] {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "`{secret}` is in {name}:\n{}", String::from_utf8_lossy(&bytes[..bytes.len().min(20_000)]));
    }
}

/// Runs a command of a machine with a token; nothing of what it prints may be secret.
#[track_caller]
fn secretly(command: &mut Command, code: i32) -> Ended {
    command.env("GITHUB_TOKEN", TOKEN).env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "summary.md");
    command.env("THEROCK_MATRIX", serde_json::json!({"with": TOKEN}).to_string());
    let ended = finish(command).expect(code);
    assert_no_secret("stdout", ended.stdout.as_bytes());
    assert_no_secret("stderr", ended.stderr.as_bytes());
    // pip hides passwords itself, but not who logs in.
    assert!(!(ended.stdout.clone() + &ended.stderr).contains("//user"), "{}", ended.stderr);
    ended
}

#[track_caller]
fn assert_no_file_has_a_secret(sandbox: &Sandbox) {
    for path in snapshot(sandbox.root()).into_keys().filter(|path| path.is_file()) {
        assert_no_secret(&path.display().to_string(), &std::fs::read(&path).unwrap());
    }
}

#[test]
fn an_index_with_a_password_works_and_is_never_shown() {
    let sandbox = Sandbox::new();
    let python = &pythons().last().unwrap().path;
    make_sdk(&sandbox, "sdk", &[]);
    prepare_empty(&sandbox, "build/demo");
    let (port, asked) = serve(&sandbox);

    let index = format!("http://user:{PASSWORD}@127.0.0.1:{port}/simple");
    let common = ["--verbose", "--python", python, "--gfx", "gfx942", "--index-url", &index];
    let build = ["build", "--demo", "--only", "triton", "--log-style", "json"];
    let ended = secretly(sandbox.xtask().args(build).args(common).args(FLAGS), 0);
    assert!(asked.try_iter().any(|credentials| credentials == CREDENTIALS), "pip did not log in");
    let shown = format!("http://127.0.0.1:{port}/simple");
    assert!(ended.stderr.contains(&shown), "{}", ended.stderr);
    let manifest = ended.stdout.lines().last().unwrap();
    let manifest = std::fs::read_to_string(manifest).unwrap();
    assert!(manifest.contains(&format!("\"index\": \"{shown}\"")), "{manifest}");
    for option in ["A_KEY=***", "MY_TOKEN=***", "CMAKE_ARGS=-DX=***"] {
        assert!(manifest.contains(&format!("\"value\": \"{option}\"")), "{manifest}");
    }
    assert!(manifest.contains("\"with\": \"***\""), "{manifest}");
    assert!(sandbox.read("summary.md").contains("CMAKE&#95;ARGS=-DX=&#42;&#42;&#42;"));

    // A failure tells the command, too; and a plan has the index in it.
    let wrong = ["install-rocm", "--rocm-sdk-version", "==9.0", "--work-dir", "build/demo"];
    let wrong = secretly(sandbox.xtask().args(wrong).args(common), 4);
    assert!(wrong.stderr.contains("  command: "), "{}", wrong.stderr);
    let plan = |format| ["plan", "--demo", "--format", format, "--python", python, "--index-url", &index];
    secretly(sandbox.xtask().args(plan("text")).args(FLAGS), 0);
    let json = secretly(sandbox.xtask().args(plan("json")).args(FLAGS), 0);
    assert!(json.stdout.contains(&shown));
    // Read elsewhere, where the token is another one's.
    sandbox.write("facts.json", &json.stdout);
    let again = secretly(sandbox.xtask().args(plan("json")).args(FLAGS).args(["--facts", "facts.json"]), 0);
    assert!(again.stdout.contains("-DX=***"), "{}", again.stdout);
    assert_no_file_has_a_secret(&sandbox);
}

#[test]
fn passwords_with_quotes_and_queries_are_never_shown() {
    let sandbox = Sandbox::new();
    let plan = ["plan", "--demo", "--gfx", "gfx942", "--python", &pythons().last().unwrap().path];
    for address in [r#"https://user:pa'ssword-with-quote@host/x"#, r#"https://user:pa"ssword-with-quote@host/x"#] {
        for format in ["text", "json"] {
            let plan = secretly(sandbox.xtask().args(plan).args(["--format", format, "--find-links", address]), 0);
            assert!(plan.stdout.contains("https://host/x"), "{}", plan.stdout);
        }
    }
    // An address may have its secret in the query, too.
    let query = "https://host/x?token=s-in-query";
    for (flag, format) in [("--index-url", "text"), ("--find-links", "json")] {
        let plan = secretly(sandbox.xtask().args(plan).args(["--format", format, flag, query]), 0);
        assert!(plan.stdout.contains("https://host/x***"), "{}", plan.stdout);
    }
    assert_no_file_has_a_secret(&sandbox);
}

#[test]
fn queries_of_repositories_are_never_shown() {
    let sandbox = Sandbox::new();
    let origin = "apex=http://127.0.0.1:9/x?token=s-in-query";
    let common = ["--ref", "nightly", "--gfx", "gfx942", "--only", "apex", "--python", &pythons().last().unwrap().path];
    for command in ["build", "plan"] {
        let ended = secretly(sandbox.xtask().arg(command).args(common).args(["--origin", origin]), 3);
        let cause =
            "`git ls-remote` of http://127.0.0.1:9/x exited with 128: fatal: unable to access 'http://127.0.0.1:9/x***/': ";
        assert!(ended.stderr.contains(cause), "{}", ended.stderr);
    }
    assert_no_file_has_a_secret(&sandbox);
}

#[test]
fn wrong_words_are_repeated_without_their_secrets() {
    let sandbox = Sandbox::new();
    let before = sandbox.snapshot();
    let index = format!("https://user:{PASSWORD}@host/x");
    let colon = "https://user:12/passw/ord@host";
    let cases: [(&[&str], &str); 9] = [
        (&["build", &index], "error: unexpected argument 'https://host/x' found\n"),
        (&["build", "A_KEY=sh-0rt"], "error: unexpected argument '***' found\n"),
        (&["build", TOKEN], "error: unexpected argument '***' found\n"),
        (&["build", "--log-style", &index], "error: invalid value 'https://host/x' for '--log-style <STYLE>'\n"),
        (
            &["build", "--index-url", &index, "--index-url", &index],
            "error: the argument '--index-url <URL>' cannot be used multiple times\n",
        ),
        (
            &["build", "--demo", "--index-url", "https://user:pass-word-0123 4@host/x"],
            "error: invalid value for `--index-url`: `***@host/x`: it contains a blank\n",
        ),
        (
            &["build", "--demo", "--index-url", "https://user:12passw/ord@host/x"],
            "error: invalid value for `--index-url`: `***@host/x`: its port is not a number; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`\n",
        ),
        (
            &["build", "--demo", "--find-links", "user:pass-word-0123@localhost/simple"],
            "error: invalid value for `--find-links`: `***@localhost/simple`: it has no scheme\n",
        ),
        (
            &["build", "--demo", "--origin", &format!("apex={colon}")],
            "error: invalid value for `--origin`: repository `***@host` is invalid: an `@` follows its port; in a password, write `%2F` for `/`, `%3F` for `?`, `%23` for `#`\n",
        ),
    ];
    for (words, said) in cases {
        let ended = secretly(sandbox.xtask().args(words), 2);
        assert!(ended.stderr.starts_with(said), "{}", ended.stderr);
    }
    sandbox.assert_unchanged(&before);
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
