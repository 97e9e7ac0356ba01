//! Repositories on disk that stand where git looks for those of GitHub.

use std::process::Command;

use serde_json::Value;
use tests::{Sandbox, finish};

/// The file of torch's commit that pins the projects built with it.
pub const RELATED: &str = "related_commits";

/// The file of torch's commit that pins triton.
pub const TRITON_PIN: &str = ".ci/docker/ci_commit_pins/triton.txt";

/// A sandbox whose git takes `https://github.com/` for a folder of it.
pub struct Forge {
    /// Where.
    pub sandbox: Sandbox,
}

impl Forge {
    /// Nothing but that folder.
    pub fn new() -> Self {
        let sandbox = Sandbox::new();
        let config = format!("[url \"{}/\"]\n\tinsteadOf = https://github.com/\n", sandbox.arg("github"));
        std::fs::write(sandbox.root().join("gitconfig"), config).unwrap();
        Forge { sandbox }
    }

    /// All repositories: torch at `nightly` in PyTorch's own and at `release/2.10` in ROCm's, and what these pin.
    pub fn whole() -> Self {
        let forge = Forge::new();
        forge.repository("pytorch/audio", "nightly", &[("version.txt", "2.10.0\n")]);
        forge.repository("pytorch/vision", "nightly", &[("version.txt", "0.25.0\n")]);
        forge.repository("ROCm/apex", "master", &[("version.txt", "1.10.0\n")]);
        forge.repository("ROCm/triton", "main", &[("x", "")]);
        forge.repository("triton-lang/triton-windows", "main-windows", &[("x", "")]);
        forge.repository("pytorch/pytorch", "nightly", &[("version.txt", "2.12.0a0\n")]);
        forge.repository("ROCm/pytorch", "release/2.10", &[("version.txt", "2.10.0\n")]);
        let pins = ["ubuntu", "centos"].map(|os| forge.pins(os)).concat();
        let triton = forge.head("ROCm/triton") + "\n";
        for torch in ["pytorch/pytorch", "ROCm/pytorch"] {
            forge.commit(torch, &[(TRITON_PIN, &triton), (".ci/docker/triton_version.txt", "3.6.0\n")]);
        }
        forge.commit("ROCm/pytorch", &[(RELATED, &pins)]);
        forge
    }

    /// The rows of one system, of the commits that there are now.
    pub fn pins(&self, os: &str) -> String {
        let row = |(project, repository): (&str, &str)| {
            format!("{os}|pytorch|{project}|release/2.10|{}|https://github.com/{repository}\n", self.head(repository))
        };
        [("torchaudio", "pytorch/audio"), ("torchvision", "pytorch/vision"), ("apex", "ROCm/apex")].map(row).concat()
    }

    /// A repository with one commit of these files on one branch.
    pub fn repository(&self, name: &str, branch: &str, files: &[(&str, &str)]) -> String {
        self.sandbox.make_folder(&format!("github/{name}"));
        self.git(name, &["init", "--quiet", "--initial-branch", branch]);
        self.commit(name, files)
    }

    /// One more commit of these files.
    pub fn commit(&self, name: &str, files: &[(&str, &str)]) -> String {
        for (file, text) in files {
            self.sandbox.write(&format!("github/{name}/{file}"), text);
        }
        self.git(name, &["add", "--all"]);
        self.git(name, &["commit", "--quiet", "--allow-empty", "--message", "x"]);
        self.head(name)
    }

    /// The commit that is checked out in a repository.
    pub fn head(&self, name: &str) -> String {
        self.git(name, &["rev-parse", "HEAD"])
    }

    /// What git prints in a repository.
    pub fn git(&self, name: &str, words: &[&str]) -> String {
        let mut command = self.sandbox.command("git");
        command.args(["-c", "user.name=User", "-c", "user.email=user@example.invalid", "-c", "protocol.file.allow=always"]);
        command.args(["-C", &self.sandbox.arg(&format!("github/{name}"))]).args(words);
        finish(&mut command).expect(0).stdout.trim().to_owned()
    }

    /// `lock` with these words.
    pub fn lock(&self, words: &[&str]) -> Command {
        let mut command = self.sandbox.xtask();
        command.arg("lock").args(words);
        command
    }

    /// Locks into a file, and gives what is in it.
    #[track_caller]
    pub fn locked(&self, words: &[&str]) -> Value {
        let ended = finish(&mut self.lock(&[words, &["--output", "lock.json"]].concat())).expect(0);
        assert_eq!(self.sandbox.plain(&ended.stdout), "BOX/project/lock.json\n");
        let json = self.sandbox.json("lock.json");
        std::fs::remove_file(self.sandbox.path("lock.json")).unwrap();
        json
    }

    /// What is said of a lock that cannot be: with this exit code, without anything being written but git's objects.
    #[track_caller]
    pub fn refused(&self, code: i32, words: &[&str]) -> String {
        let before = self.files();
        let ended = finish(&mut self.lock(&[words, &["--output", "lock.json"]].concat())).expect(code);
        assert_eq!(ended.stdout, "");
        assert_eq!(self.files(), before);
        self.sandbox.plain(&ended.stderr)
    }

    /// Everything in the sandbox but the objects that runs share.
    fn files(&self) -> tests::Snapshot {
        let mut found = self.sandbox.snapshot();
        found.retain(|path, _| !path.starts_with(self.sandbox.root().join("cache/therock-xtask")));
        found
    }
}

/// The keys that a source manifest of version 1 has, with their values; the others are checked elsewhere.
pub fn version_1(manifest: &Value) -> Value {
    const KEYS: [&str; 7] = ["schema_version", "pytorch", "pytorch_audio", "pytorch_vision", "triton", "apex", "therock"];
    let keys = manifest.as_object().unwrap();
    Value::Object(keys.iter().filter(|(key, _)| KEYS.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect())
}
