//! Uploads into a bucket: the real `aws` against a real S3 API on this machine, `moto_server`, and a wire between them that can be cut.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use manifest::WheelName;
use tests::{Ended, Sandbox, finish};

use crate::upload::{MANIFEST, WHEELS, hash, keys, set, wheel, write_manifest};

/// A server of S3 that ends with the test, however that ends.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// A server with an empty bucket `bucket`.
    fn start(sandbox: &Sandbox) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = sandbox.command("moto_server");
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("moto_server: {error}"));
        let mut server = Server { child, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(120), "the server does not start");
            assert_eq!(server.child.try_wait().unwrap(), None, "the server has ended");
            std::thread::sleep(Duration::from_millis(50));
        }
        server.aws(sandbox, &["s3api", "create-bucket", "--bucket=bucket"]).expect(0);
        server
    }

    /// Sends a program to the server.
    fn direct<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        at(self.port, command)
    }

    fn aws(&self, sandbox: &Sandbox, args: &[&str]) -> Ended {
        finish(self.direct(&mut sandbox.command("aws")).args(args))
    }

    fn upload(&self, sandbox: &Sandbox, args: &[&str]) -> Ended {
        finish(self.direct(&mut sandbox.xtask()).arg("upload").args(args))
    }

    /// Puts an object there as others do.
    fn put(&self, sandbox: &Sandbox, key: &str, text: &str) {
        sandbox.write("foreign", text);
        self.aws(sandbox, &["s3", "cp", "--quiet", &sandbox.arg("foreign"), &format!("s3://bucket/{key}")]).expect(0);
        std::fs::remove_file(sandbox.path("foreign")).unwrap();
    }

    /// The keys in the bucket.
    fn keys(&self, sandbox: &Sandbox) -> Vec<String> {
        let text = self.aws(sandbox, &["s3api", "list-objects-v2", "--bucket=bucket", "--output=json"]).expect(0).stdout;
        let listed: serde_json::Value = serde_json::from_str(if text.trim().is_empty() { "{}" } else { &text }).unwrap();
        let keys = listed["Contents"].as_array().into_iter().flatten();
        keys.map(|object| object["Key"].as_str().unwrap().to_owned()).collect()
    }

    fn text(&self, sandbox: &Sandbox, key: &str) -> String {
        self.aws(sandbox, &["s3", "cp", &format!("s3://bucket/{key}"), "-"]).expect(0).stdout
    }
}

/// Sends a program to a port of this machine, with credentials that are none.
fn at(port: u16, command: &mut Command) -> &mut Command {
    command.envs([
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}").as_str()),
        ("AWS_ACCESS_KEY_ID", "access-of-nobody"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-nobody"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("NO_PROXY", "127.0.0.1"),
        ("no_proxy", "127.0.0.1"),
    ])
}

/// A wire to a server that is cut after so many bytes, and stays cut.
struct Wire {
    port: u16,
    left: Arc<AtomicI64>,
}

impl Wire {
    fn to(server: &Server, bytes: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, far, left) = (listener.local_addr().unwrap().port(), server.port, Arc::new(AtomicI64::new(bytes)));
        let wire = Wire { port, left: Arc::clone(&left) };
        // It ends with the test's process: nobody waits for it.
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", far)) else { return };
                if left.load(Ordering::SeqCst) <= 0 {
                    continue;
                }
                let (near_too, far_too, left) = (near.try_clone().unwrap(), far.try_clone().unwrap(), Arc::clone(&left));
                std::thread::spawn(move || pump(near, far, Some(&left)));
                std::thread::spawn(move || pump(far_too, near_too, None));
            }
        });
        wire
    }

    /// Sends a program along the wire, once: what is cut stays so.
    fn along<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        at(self.port, command).env("AWS_MAX_ATTEMPTS", "1")
    }

    fn is_cut(&self) -> bool {
        self.left.load(Ordering::SeqCst) <= 0
    }
}

/// Passes bytes on while there are any left to pass.
fn pump(mut from: TcpStream, mut to: TcpStream, left: Option<&AtomicI64>) {
    let mut buffer = vec![0; 4096];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let is_cut = left.is_some_and(|left| left.fetch_sub(length as i64, Ordering::SeqCst) <= length as i64);
        if is_cut || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Puts a shell script in the place of `aws` that does something before, and then is `aws`.
fn before_aws(sandbox: &Sandbox, script: &str) {
    let aws = finish(sandbox.command("sh").args(["-c", "command -v aws"])).expect(0).stdout;
    let path = sandbox.root().join("bin/aws");
    std::fs::write(&path, format!("#!/bin/sh\naws='{}'\n{script}\nexec \"$aws\" \"$@\"\n", aws.trim())).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort();
    keys
}

fn urls(keys: &[String]) -> String {
    keys.iter().map(|key| format!("s3://bucket/{key}\n")).collect()
}

fn notes(how: &str, keys: &[String]) -> String {
    keys.iter().map(|key| format!("        Note {how} `s3://bucket/{key}`\n")).collect()
}

/// The keys of a set in the bucket, without a prefix.
fn plain_keys() -> Vec<String> {
    keys("").iter().map(|key| key[1..].to_owned()).collect()
}

#[test]
fn a_set_is_uploaded_once() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    set(&sandbox, "a wheel");
    let keys = keys("--some/prefix");
    let dest = ["--dest", "s3://bucket/--some/prefix/"];
    let before = sandbox.snapshot();
    let dry = server.upload(&sandbox, &[&dest[..], &["--dry-run"]].concat()).expect(0);
    assert_eq!(dry.stdout, urls(&keys));
    assert_eq!(server.keys(&sandbox), Vec::<String>::new());

    let output = sandbox.root().join("output");
    let mut command = sandbox.xtask();
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", &output).args(["upload", "--run-id", "12345"]).args(dest);
    let ended = finish(server.direct(&mut command)).expect(0);
    assert_eq!((ended.stdout, ended.stderr), (urls(&keys), notes("uploaded", &keys)));
    assert_eq!(server.keys(&sandbox), sorted(keys.clone()));
    assert_eq!(std::fs::read_to_string(&output).unwrap(), format!("manifest_url=s3://bucket/{}\n", keys[2]));
    std::fs::remove_file(&output).unwrap();

    for (key, from, content_type) in
        [(&keys[0], format!("dist/{}", wheel(WHEELS[0])), "application/zip"), (&keys[2], MANIFEST.to_owned(), "application/json")]
    {
        assert_eq!(server.text(&sandbox, key), sandbox.read(&from));
        let head = ["s3api", "head-object", "--bucket=bucket", &format!("--key={key}"), "--output=json"];
        let head: serde_json::Value = serde_json::from_str(&server.aws(&sandbox, &head).expect(0).stdout).unwrap();
        assert_eq!(head["ContentType"], content_type);
        assert_eq!(head["Metadata"]["sha256"], hash(&sandbox.read(&from)).as_str());
    }

    let again = server.upload(&sandbox, &dest).expect(0);
    assert_eq!((again.stdout, again.stderr), (urls(&keys), notes("already there:", &keys)));
    // But for what `aws` itself keeps at home.
    let changed = tests::changes(&before, &sandbox.snapshot());
    let home = sandbox.root().join("home");
    assert_eq!(changed.iter().filter(|path| !path.starts_with(&home)).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
}

#[test]
fn other_content_stops_everything_and_equal_content_stays() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    set(&sandbox, "a wheel");
    let keys = plain_keys();
    // Nobody noted what these hold: one is what is uploaded, one has its size only.
    server.put(&sandbox, &keys[0], "a wheel");
    server.put(&sandbox, &keys[1], "A wheel");
    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(5);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        format!(
            "error: `s3://bucket/{}` is there with other content: 7 bytes with SHA-256 {}; `BOX/project/dist/{}` has 7 bytes with SHA-256 {}\n\
             hint: nothing is replaced: upload under another `--run-id`, or remove what is there\n",
            keys[1],
            hash("A wheel"),
            wheel(WHEELS[1]),
            hash("a wheel"),
        )
    );
    assert_eq!((server.keys(&sandbox), server.text(&sandbox, &keys[1])), (sorted(keys[..2].to_vec()), "A wheel".to_owned()));

    server.put(&sandbox, &keys[1], "a wheel");
    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(0);
    assert_eq!(ended.stderr, notes("already there:", &keys[..2]) + &notes("uploaded", &keys[2..]));

    // A second build of the same run has another manifest, and wheels of another size.
    set(&sandbox, "another wheel");
    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(5);
    let told: Vec<&str> = ended.stderr.lines().filter_map(|line| line.strip_prefix("error: `s3://bucket/")).collect();
    assert!(keys.iter().zip(&told).all(|(key, line)| line.starts_with(&format!("{key}` is there"))), "{told:?}");
    assert_eq!(told.len(), 3);
    assert!(told[0].contains("7 bytes without a known SHA-256; "), "{told:?}");
}

#[test]
fn a_bucket_that_is_not_there_is_said() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    set(&sandbox, "a wheel");
    let ended = server.upload(&sandbox, &["--dest", "s3://nothing-here"]).expect(3);
    let said = sandbox.plain(&ended.stderr);
    assert!(said.starts_with("error: cannot list `s3://nothing-here/12345-linux/python/`: `aws` exited with 25"), "{said}");
    assert!(said.contains("    | ") && said.contains("(NoSuchBucket)"), "{said}");
    drop(server);
}

#[test]
fn a_server_that_dies_midway_is_no_end() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    set(&sandbox, &"a wheel ".repeat(50_000));
    let keys = plain_keys();
    // The first wheel passes, and half of the second.
    let wire = Wire::to(&server, 600_000);
    let mut command = sandbox.xtask();
    let ended = finish(wire.along(command.args(["upload", "--dest", "s3://bucket"]))).expect(4);
    assert!(wire.is_cut());
    let said = sandbox.plain(&ended.stderr);
    let (first, rest) = said.split_once('\n').unwrap();
    assert_eq!(format!("{first}\n"), notes("uploaded", &keys[..1]));
    assert!(rest.starts_with(&format!("error: cannot upload `s3://bucket/{}`: `aws` exited with 25", keys[1])), "{said}");
    let line = format!("s3api put-object --bucket=bucket --key={} '--body=BOX/project/dist/{}' ", keys[1], wheel(WHEELS[1]));
    assert!(rest.contains("  last lines:\n    | ") && rest.contains(&line), "{said}");
    assert!(rest.ends_with("\nhint: the same command goes on: what is there is kept, and the manifest comes last\n"), "{said}");
    assert!(!said.contains("of-nobody"), "{said}");
    assert_eq!(ended.stdout, "");
    assert_eq!(server.keys(&sandbox), keys[..1]);

    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(0);
    assert_eq!(ended.stderr, notes("already there:", &keys[..1]) + &notes("uploaded", &keys[1..]));
    assert_eq!(server.keys(&sandbox), sorted(keys));
}

#[test]
fn the_manifest_comes_after_all_wheels() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    set(&sandbox, "a wheel");
    let keys = plain_keys();
    // What is there when the manifest is sent.
    let seen = sandbox.root().join("seen");
    let list = format!("\"$aws\" s3 ls --recursive s3://bucket >'{}'", seen.display());
    before_aws(&sandbox, &format!("case \"$*\" in *put-object*/manifests/*) {list};; esac"));
    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(0);
    assert_eq!(ended.stderr, notes("uploaded", &keys));
    let seen = std::fs::read_to_string(seen).unwrap();
    let seen: Vec<&str> = seen.lines().filter_map(|line| line.split_whitespace().last()).collect();
    assert_eq!(seen, keys[..2]);
}

#[test]
fn what_others_upload_at_the_same_time_stays() {
    for (text, code) in [("a wheel", 0), ("A wheel", 5)] {
        let sandbox = Sandbox::new();
        let server = Server::start(&sandbox);
        set(&sandbox, "a wheel");
        let keys = plain_keys();
        let theirs = sandbox.root().join("theirs");
        std::fs::write(&theirs, text).unwrap();
        let put = format!("\"$aws\" s3 cp --quiet '{}' 's3://bucket/{}'", theirs.display(), keys[1]);
        before_aws(&sandbox, &format!("case \"$*\" in *put-object*/{}*) {put};; esac", WHEELS[1]));
        let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(code);
        assert_eq!(server.text(&sandbox, &keys[1]), text);
        if code == 0 {
            assert_eq!(
                ended.stderr,
                notes("uploaded", &keys[..1]) + &notes("there by now:", &keys[1..2]) + &notes("uploaded", &keys[2..])
            );
        } else {
            let said =
                format!("{}error: `s3://bucket/{}` is there with other content: 7 bytes", notes("uploaded", &keys[..1]), keys[1]);
            assert!(ended.stderr.starts_with(&said), "{}", ended.stderr);
            assert_eq!(server.keys(&sandbox), sorted(keys[..2].to_vec()));
        }
    }
}

#[test]
fn a_wheel_that_changes_meanwhile_is_taken_back() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    set(&sandbox, "a wheel");
    let keys = plain_keys();
    // Of the same size, so that only its content tells.
    let path = sandbox.arg(&format!("dist/{}", wheel(WHEELS[1])));
    before_aws(&sandbox, &format!("case \"$*\" in *put-object*/{}*) printf 'A wheel' >'{path}';; esac", WHEELS[1]));
    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(5);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        format!(
            "{}error: `BOX/project/dist/{}` changed while it was uploaded: it had 7 bytes with SHA-256 {}, and now 7 with SHA-256 {}; \
             `s3://bucket/{}` was removed again\n\
             hint: wait for whoever writes it, and upload again\n",
            notes("uploaded", &keys[..1]),
            wheel(WHEELS[1]),
            hash("a wheel"),
            hash("A wheel"),
            keys[1]
        )
    );
    assert_eq!(server.keys(&sandbox), keys[..1]);
}

#[test]
fn large_wheels_go_in_parts() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let name = wheel("torch-2.9.0");
    assert!(WheelName::parse(&name).is_ok());
    let large = |path: &Path| std::fs::File::create(path).unwrap().set_len((64 << 20) + 1).unwrap();
    sandbox.make_folder("dist");
    large(&sandbox.path(&format!("dist/{name}")));
    write_manifest(&sandbox, &[name], |_| ());
    let keys = [plain_keys()[0].clone(), plain_keys()[2].clone()];

    // It is cut in the middle of the parts: nothing is there, and the next run begins the wheel anew.
    let wire = Wire::to(&server, 20 << 20);
    let mut command = sandbox.xtask();
    let ended = finish(wire.along(command.args(["upload", "--dest", "s3://bucket"]))).expect(4);
    // Version 2.36 ends well all the same, and then it is the look afterwards that fails.
    let told = ["upload", "look at"].map(|doing| format!("error: cannot {doing} `s3://bucket/{}`: `aws` exited with ", keys[0]));
    assert!(told.iter().any(|text| ended.stderr.starts_with(text)), "{}", ended.stderr);
    assert_eq!(server.keys(&sandbox), Vec::<String>::new());

    let journal = sandbox.root().join("journal");
    before_aws(&sandbox, &format!("echo \"$1 $2\" >>'{}'", journal.display()));
    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(0);
    assert_eq!(ended.stderr, notes("uploaded", &keys));
    assert_eq!(
        std::fs::read_to_string(&journal).unwrap(),
        "s3api list-objects-v2\ns3api list-objects-v2\ns3api list-objects-v2\ns3 cp\ns3api head-object\ns3api put-object\ns3api head-object\n"
    );
    let head = ["s3api", "head-object", "--bucket=bucket", &format!("--key={}", keys[0]), "--output=json"];
    let head: serde_json::Value = serde_json::from_str(&server.aws(&sandbox, &head).expect(0).stdout).unwrap();
    assert_eq!((head["ContentLength"].as_u64(), head["ContentType"].as_str()), (Some((64 << 20) + 1), Some("application/zip")));
    // The mark of an object that came in parts.
    assert!(head["ETag"].as_str().unwrap().contains("-9"), "{head}");

    // One that nobody noted the hash of is read to the end.
    let url = format!("s3://bucket/{}", keys[0]);
    server.aws(&sandbox, &["s3", "cp", "--quiet", &sandbox.arg(&format!("dist/{}", wheel("torch-2.9.0"))), &url]).expect(0);
    let ended = server.upload(&sandbox, &["--dest", "s3://bucket"]).expect(0);
    assert_eq!(ended.stderr, notes("already there:", &keys));
}
