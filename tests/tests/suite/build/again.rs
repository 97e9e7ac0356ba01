//! A build that is made again from its manifest.

use std::io::{Read, Write};
use std::net::TcpListener;

use manifest::{Origin, Project};
use tests::{Ended, Sandbox, finish};

use crate::build::set::{check_complete, the_manifest};
use crate::build::shared::{build, newest};

const DIST: &str = "build/demo/dist";

#[test]
fn a_manifest_gives_the_same_wheels_again() {
    let demo = build(Sandbox::new(), newest());
    let sandbox = &demo.sandbox;
    let before = check_complete(sandbox, DIST, &Project::ALL);
    sandbox.copy(DIST, "before");
    std::fs::remove_dir_all(sandbox.path("build")).unwrap();

    let (path, _) = the_manifest(sandbox, "before");
    // Nothing else is said, not even that it is the demo; but the sandbox has no Pythons of its own.
    let ended = finish(sandbox.xtask().args(["build", "--from-manifest", &path, "--python", &demo.python.path])).expect(0);
    let after = check_complete(sandbox, DIST, &Project::ALL);
    assert_eq!(after.artifacts, before.artifacts);
    assert_eq!(after.sources().collect::<Vec<_>>(), before.sources().collect::<Vec<_>>());
    assert_eq!((after.rocm, after.toolchain, after.version_suffix), (before.rocm, before.toolchain, before.version_suffix));
    let origin = |name: &str| after.options.iter().find(|option| option.name == name).unwrap().origin;
    assert_eq!(
        ["python", "demo", "ref", "gfx"].map(origin),
        [Origin::Flag, Origin::Manifest, Origin::Manifest, Origin::Manifest]
    );
    assert!(ended.stderr.contains("5 of 5 wheels are byte-identical to those of the manifest"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("not as in the manifest"), "{}", ended.stderr);

    // A wheel that is not the same is compared with the manifest's own, as long as that is there.
    let wheel = before.artifacts.iter().find(|artifact| artifact.source == Some(Project::Triton)).unwrap().relative_path.as_str();
    let other = |output: &str| {
        let mut command = sandbox.xtask();
        command.args(["build", "--from-manifest", &path, "--python", &demo.python.path, "--only", "triton"]);
        finish(command.args(["--output-dir", output])).expect(0).stderr
    };
    sandbox.write("build/demo/src/triton/python/triton/__init__.py", "X = 1\n");
    let said = other("other");
    assert!(said.contains("0 of 1 wheels are byte-identical to those of the manifest"), "{said}");
    let line = said.lines().find(|line| line.contains(&format!("`{wheel}` differs in: "))).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains(".dist-info/RECORD`, `triton/__init__.py`") && line.matches('`').count() == 6, "{line}");
    std::fs::remove_file(sandbox.path(&format!("before/{wheel}"))).unwrap();
    let expected = format!("in what `{wheel}` differs cannot be said: cannot read `BOX/project/before/{wheel}`: ");
    assert!(sandbox.plain(&other("another")).contains(&expected));
}

/// What is said when the manifest comes from a server that answers with just this.
fn from_server(answer: &'static str) -> Ended {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://user:pass-word@{}/m.json", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        // As often as it is asked, until the test says that this is enough.
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or_default();
            if request[..length].starts_with(b"stop") {
                break;
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let sandbox = Sandbox::new();
    let mut ended = finish(sandbox.xtask().args(["plan", "--gfx", "gfx942", "--from-manifest", &address]));
    let host = address.split('@').nth(1).unwrap().split('/').next().unwrap();
    std::net::TcpStream::connect(host).unwrap().write_all(b"stop").unwrap();
    server.join().unwrap();
    ended.stderr = ended.stderr.replace(host, "HOST");
    ended
}

#[test]
fn a_manifest_at_an_address_is_bounded_and_told_of() {
    let repo = "HTTP/1.1 200 OK\r\nContent-Length: 125\r\n\r\n{\"pytorch\": {\"repo\": \"ftp://h/x\", \"commit\": \
                \"0123456789abcdef0123456789abcdef01234567\"}}                                            ";
    for (answer, code, expected) in [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            3,
            "error: cannot download `http://HOST/m.json`: `curl` exited with 22: curl: (22) The requested URL returned error: 404\n\
             hint: does `curl` get it here? A file can be named as well\n",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            3,
            "error: cannot download `http://HOST/m.json`: `curl` exited with 63: curl: (63) Maximum file size exceeded\n\
             hint: does `curl` get it here? A file can be named as well\n",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
            3,
            "error: cannot download `http://HOST/m.json`: `curl` exited with 1: curl: (1) Protocol \"file\" not supported or disabled in \
             libcurl\nhint: does `curl` get it here? A file can be named as well\n",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
            2,
            "error: invalid value for `--from-manifest`: `http://HOST/m.json`: Manifest root must be a JSON object, not an array\n\
             hint: name a manifest that a build or `cargo xtask lock` wrote\n",
        ),
        (
            repo,
            2,
            "error: `http://HOST/m.json`: the source of `pytorch`: repository `ftp://h/x` is invalid: its scheme is none of `https`, \
             `http`, `ssh`, `git`, `file`\nhint: name its repository with `--origin pytorch=URL`\n",
        ),
    ] {
        let ended = from_server(answer);
        assert_eq!((ended.code, ended.stderr.as_str()), (code, expected));
    }
}
