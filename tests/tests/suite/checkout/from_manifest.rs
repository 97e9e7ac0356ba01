//! `checkout --from-manifest`: the asserted behaviours of TheRock's own script, each as it is here.

use std::process::Command;
#[cfg(feature = "full")]
use std::{
    io::{Read, Write},
    net::TcpListener,
};

use serde_json::{Value, json};
use tests::{Ended, finish};

use crate::forge::Forge;

/// Repositories of torch, torchaudio, torchvision and triton.
struct World {
    forge: Forge,
}

impl World {
    fn new() -> Self {
        let forge = Forge::new();
        forge.repository("pytorch/pytorch", "nightly", &[("tools/amd_build/build_amd.py", "open('hip', 'w').close()\n")]);
        for name in ["pytorch/audio", "pytorch/vision", "ROCm/triton"] {
            forge.repository(name, "main", &[("x", "x\n")]);
        }
        World { forge }
    }

    /// The entry of a repository in a manifest.
    fn entry(&self, repository: &str) -> Value {
        json!({"repo": format!("https://github.com/{repository}"), "commit": self.forge.head(repository)})
    }

    fn checkout(&self, manifest: &Value, words: &[&str]) -> Command {
        self.forge.sandbox.write("manifest.json", &manifest.to_string());
        let mut command = self.forge.sandbox.xtask();
        command.args(["checkout", "--from-manifest", "manifest.json", "--root-checkout-dir", "src"]).args(words);
        command
    }

    /// Refused with this text, and nothing is made.
    #[track_caller]
    fn refused(&self, manifest: &Value, words: &[&str], expected: &str) {
        let ended = finish(&mut self.checkout(manifest, words)).expect(2);
        assert_eq!((ended.stderr.as_str(), ended.stdout.as_str()), (expected, ""));
        assert!(!self.forge.sandbox.path("src").exists() && !self.forge.sandbox.path("build").exists());
    }

    /// A checkout's origin and its public commit.
    #[track_caller]
    fn source(&self, project: &str) -> (String, String) {
        let git = |words: &[&str]| {
            let mut command = self.forge.sandbox.command("git");
            finish(command.args(["-C", &self.forge.sandbox.arg(&format!("src/{project}"))]).args(words)).expect(0).stdout
        };
        let [origin, commit] =
            [&["config", "remote.origin.url"], &["rev-parse", "THEROCK_UPSTREAM_DIFFBASE"]].map(|words| git(words));
        (origin.trim().to_owned(), commit.trim().to_owned())
    }

    /// Everything that a run left, as text.
    fn left(&self) -> String {
        let files = tests::snapshot(&self.forge.sandbox.path("")).into_keys().filter(|path| !path.ends_with("manifest.json"));
        files.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()).collect()
    }

    /// Each of these is checked out from the repository and at the commit that the manifest names, and nothing else is.
    #[track_caller]
    fn assert_checked_out(&self, ended: &Ended, manifest: &Value, projects: &[&str]) {
        let mut sorted = projects.to_vec();
        sorted.sort_unstable();
        let there: Vec<String> = self.forge.sandbox.files("src").into_iter().filter(|name| name != ".therock-xtask").collect();
        assert_eq!(there, sorted);
        for project in projects {
            let entry = &manifest[project];
            let expected = (entry["repo"].as_str().unwrap().to_owned(), entry["commit"].as_str().unwrap().to_owned());
            assert_eq!(self.source(project), expected);
        }
        let printed: String = projects.iter().map(|project| format!("BOX/project/src/{project}\n")).collect();
        assert_eq!(self.forge.sandbox.plain(&ended.stdout), printed);
    }
}

#[test]
fn what_a_manifest_has_is_checked_out() {
    let world = World::new();
    // No `schema_version`, as older ones have none.
    let manifest = json!({
        "pytorch_audio": world.entry("pytorch/audio"),
        "pytorch": world.entry("pytorch/pytorch"),
        "triton": world.entry("ROCm/triton"),
        "therock": {"repo": "https://github.com/ROCm/TheRock", "commit": "0".repeat(40)},
    });
    let ended = finish(&mut world.checkout(&manifest, &[])).expect(0);
    world.assert_checked_out(&ended, &manifest, &["triton", "pytorch", "pytorch_audio"]);
    assert!(world.forge.sandbox.path("src/pytorch/hip").exists());
}

#[test]
fn a_manifest_needs_no_torch() {
    let world = World::new();
    let manifest = json!({"pytorch_audio": world.entry("pytorch/audio"), "pytorch_vision": world.entry("pytorch/vision")});
    let ended = finish(&mut world.checkout(&manifest, &["--no-hipify"])).expect(0);
    world.assert_checked_out(&ended, &manifest, &["pytorch_audio", "pytorch_vision"]);
}

#[test]
fn projects_can_be_named() {
    let world = World::new();
    let manifest = json!({
        "schema_version": 1,
        "pytorch": world.entry("pytorch/pytorch"),
        "pytorch_audio": world.entry("pytorch/audio"),
        "pytorch_vision": world.entry("pytorch/vision"),
    });
    for (projects, expected) in [("pytorch", &["pytorch"][..]), ("pytorch;pytorch_vision", &["pytorch", "pytorch_vision"])] {
        let ended = finish(&mut world.checkout(&manifest, &["--projects", projects, "--no-hipify"])).expect(0);
        world.assert_checked_out(&ended, &manifest, expected);
        assert!(!world.forge.sandbox.path("src/pytorch/hip").exists());
        std::fs::remove_dir_all(world.forge.sandbox.path("src")).unwrap();
    }
    let words = ["--no-submodules", "--no-commit-hipify", "--verbose", "--only", "pytorch"];
    let ended = finish(&mut world.checkout(&manifest, &words)).expect(0);
    world.assert_checked_out(&ended, &manifest, &["pytorch"]);
    assert!(!ended.stderr.contains("submodule update"), "{}", ended.stderr);
    assert!(world.forge.sandbox.path("src/pytorch/hip").exists());
}

#[test]
fn wrong_manifests_are_refused_before_anything_is_done() {
    let world = World::new();
    let torch = world.entry("pytorch/pytorch");
    let without = |field: &str| {
        let mut entry = torch.clone();
        entry.as_object_mut().unwrap().remove(field);
        json!({"pytorch": entry})
    };
    let wrong = |text: &str| {
        format!(
            "error: invalid value for `--from-manifest`: `manifest.json`: {text}\nhint: name a manifest that a build or `cargo xtask lock` wrote\n"
        )
    };
    let none = "error: the manifest has no supported PyTorch projects\nhint: name one with at least one of `pytorch`, `pytorch_audio`, \
                `pytorch_vision`, `triton`, `apex`\n";
    let cases: [(Value, &[&str], String); 9] = [
        (json!([]), &[], wrong("Manifest root must be a JSON object, not an array")),
        (json!({"schema_version": 2, "pytorch": torch}), &[], wrong("unsupported `schema_version` `2`: this reader knows only the integer 1")),
        (json!({"schema_version": true, "pytorch": torch}), &[], wrong("unsupported `schema_version` `true`: this reader knows only the integer 1")),
        (json!({"therock": {"repo": "https://h/x", "commit": "0".repeat(40)}}), &[], none.to_owned()),
        (without("repo"), &[], wrong("manifest entry `pytorch`: `repo` is missing")),
        (without("commit"), &[], wrong("manifest entry `pytorch`: `commit` is missing")),
        (json!({"pytorch": {"repo": "", "commit": 1}}), &[], wrong("manifest entry `pytorch`: `repo` is empty")),
        (
            json!({"pytorch": torch}),
            &["--projects", "pytorch triton"],
            "error: invalid value for `--only`: the manifest has no `triton`\nhint: it has pytorch\n".to_owned(),
        ),
        (
            json!({"pytorch": {"repo": "https://h/x", "commit": "0".repeat(40), "branch": "release/2.12"}}),
            &["--expected-pytorch-git-ref", "release/2.11"],
            "error: the manifest is of `release/2.12`, and `--expected-pytorch-git-ref` says `release/2.11`\nhint: name the manifest of that \
             ref\n"
                .to_owned(),
        ),
    ];
    for (manifest, words, expected) in cases {
        world.refused(&manifest, words, &expected);
    }
}

// Addresses are asked by curl.
#[cfg(feature = "full")]
#[test]
fn a_manifest_may_be_at_an_address() {
    let world = World::new();
    let mut torch = world.entry("pytorch/pytorch");
    torch["branch"] = "release/2.12".into();
    let manifest = json!({"schema_version": 1, "pytorch": torch});
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/manifest.json", listener.local_addr().unwrap());
    let text = manifest.to_string();
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]);
        write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len()).unwrap();
    });
    let mut command = world.forge.sandbox.xtask();
    command.args(["checkout", "--from-manifest", &address, "--root-checkout-dir", "src", "--no-hipify"]);
    let ended = finish(command.args(["--expected-pytorch-git-ref", "release/2.12"])).expect(0);
    world.assert_checked_out(&ended, &manifest, &["pytorch"]);
}

#[test]
fn passwords_in_a_manifest_stay_out_of_checkouts_and_logs() {
    let world = World::new();
    let mut entry = world.entry("ROCm/triton");
    let config = world.forge.sandbox.root().join("gitconfig");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "\tinsteadOf = https://user:hunter2-pw@github.com/\n").unwrap();
    entry["repo"] = json!("https://user:hunter2-pw@github.com/ROCm/triton");
    let ended = finish(&mut world.checkout(&json!({"schema_version": 1, "triton": entry}), &["--verbose"])).expect(0);
    assert_eq!(world.source("triton").0, "https://github.com/ROCm/triton");
    assert!(!(ended.stdout + &ended.stderr + &world.left()).contains("hunter2-pw"));
}
