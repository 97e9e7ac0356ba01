//! A folder of its own for each case, and the real binary run in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use manifest::Manifest;
use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder whose name has a blank and letters beyond ASCII. In it are `project`, where programs are started, `home`, `cache`, `tmp`,
/// and `bin`, which stands first on `PATH`.
pub struct Sandbox {
    root: PathBuf,
    // Removed with all that is in it when the sandbox goes.
    _folder: Option<TempDir>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
}

impl Ended {
    /// Stops the test with all that was printed unless the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n-- stdout\n{}\n-- stderr\n{}", self.stdout, self.stderr);
        self
    }
}

/// What is below a folder: each file's path with a hash of its content, each folder's without.
pub type Snapshot = BTreeMap<PathBuf, Option<u64>>;

/// Variables that programs need whatever a case is about; those of pip are taken over, too.
const INHERITED: &[&str] = &[
    "PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SystemRoot",
    "ComSpec",
    "PATHEXT",
];

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// An empty sandbox.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("sänd box ").tempdir().unwrap();
        Self::furnish(folder.path().to_owned(), Some(folder))
    }

    /// An empty sandbox in a folder that stays, and that loses what an earlier one left in it.
    pub fn kept(folder: &Path) -> Self {
        if folder.exists() {
            std::fs::remove_dir_all(folder).unwrap();
        }
        std::fs::create_dir_all(folder).unwrap();
        Self::furnish(folder.to_owned(), None)
    }

    fn furnish(folder: PathBuf, owned: Option<TempDir>) -> Self {
        let root = folder.canonicalize().unwrap();
        for name in ["project", "home", "cache", "tmp", "bin"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        std::fs::write(root.join("gitconfig"), "").unwrap();
        // Each pip asks them for its user agent. A proxy of rustup and a script with ten children take 0.2 s to answer.
        #[cfg(unix)]
        for name in ["rustc", "lsb_release"] {
            std::os::unix::fs::symlink("/bin/false", root.join("bin").join(name)).unwrap();
        }
        Sandbox { root, _folder: owned }
    }

    /// The sandbox's own folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path in the folder where programs are started.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join("project").join(relative)
    }

    /// The same, as an argument.
    pub fn arg(&self, relative: &str) -> String {
        self.path(relative).into_os_string().into_string().unwrap()
    }

    /// A program that starts in the sandbox and sees nothing of the user's settings but those of pip.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path("")).env_clear();
        let inherited = |name: &str| INHERITED.contains(&name) || name.starts_with("PIP_");
        command.envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(inherited)));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(self.root.join("bin")).chain(std::env::split_paths(&path)));
        command.env("PATH", path.unwrap());
        for (name, folder) in
            [("HOME", "home"), ("USERPROFILE", "home"), ("XDG_CACHE_HOME", "cache"), ("TMPDIR", "tmp"), ("TEMP", "tmp")]
        {
            command.env(name, self.root.join(folder));
        }
        // One download serves all sandboxes.
        command.env("PIP_CACHE_DIR", pip_cache());
        // Grace periods and retry pauses are a tenth of a user's.
        command.env("THEROCK_XTASK_TIME_SCALE", "0.1");
        command.env("LC_ALL", "C.UTF-8").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", self.root.join("gitconfig"));
        command
    }

    /// The real binary, ready to be given arguments and variables.
    pub fn xtask(&self) -> Command {
        self.command(built("xtask-under-test"))
    }

    /// Runs the real binary.
    pub fn run(&self, args: &[&str]) -> Ended {
        finish(self.xtask().args(args))
    }

    /// Puts a fake program on the sandbox's `PATH` and returns its path; `src/bin/fake.rs` says what a script is.
    pub fn fake(&self, name: &str, script: &str) -> String {
        let path = self.root.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        std::fs::copy(built("fake"), &path).unwrap();
        std::fs::write(self.root.join(format!("bin/{name}.script")), script).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// The arguments of each start of a fake program.
    pub fn journal(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.root.join(format!("bin/{name}.journal"))).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Makes a folder and those above it.
    pub fn make_folder(&self, relative: &str) {
        std::fs::create_dir_all(self.path(relative)).unwrap();
    }

    /// Copies a folder with all that is in it.
    pub fn copy(&self, from: &str, to: &str) {
        self.make_folder(to);
        for entry in std::fs::read_dir(self.path(from)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
            if self.path(&from).is_dir() {
                self.copy(&from, &to);
            } else {
                std::fs::copy(self.path(&from), self.path(&to)).unwrap();
            }
        }
    }

    /// The text of a file.
    #[track_caller]
    pub fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// A file as JSON.
    #[track_caller]
    pub fn json(&self, relative: &str) -> Value {
        serde_json::from_str(&self.read(relative)).unwrap()
    }

    /// A manifest.
    #[track_caller]
    pub fn manifest(&self, relative: &str) -> Manifest {
        Manifest::parse(&self.read(relative)).unwrap()
    }

    /// The names in a folder, sorted; none if it is not there.
    pub fn files(&self, relative: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(relative)) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Everything in the sandbox but the fakes' journals, to show that something wrote nothing.
    pub fn snapshot(&self) -> Snapshot {
        let mut found = snapshot(&self.root);
        found.retain(|path, _| !path.starts_with(self.root.join("bin")));
        found
    }

    /// Stops the test if anything is not as it was.
    #[track_caller]
    pub fn assert_unchanged(&self, before: &Snapshot) {
        assert_eq!(changes(before, &self.snapshot()), Vec::<PathBuf>::new());
    }

    /// A text in which the sandbox's own folder is `BOX`, so that it can be compared.
    pub fn plain(&self, text: &str) -> String {
        text.replace(self.root.to_str().unwrap(), "BOX")
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn finish(command: &mut Command) -> Ended {
    let output = command.output().unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program()));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// What is below a folder now. Links are not followed.
pub fn snapshot(folder: &Path) -> Snapshot {
    let mut found = Snapshot::new();
    add(folder, &mut found);
    found
}

/// Paths that came, went, or hold something else.
pub fn changes(before: &Snapshot, after: &Snapshot) -> Vec<PathBuf> {
    let differs = |path: &&PathBuf| before.get(*path) != after.get(*path);
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    gone.chain(after.keys().filter(differs)).cloned().collect()
}

fn add(folder: &Path, found: &mut Snapshot) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            add(&path, found);
        }
        let hash = kind.is_file().then(|| {
            let mut hasher = DefaultHasher::new();
            std::fs::read(&path).unwrap().hash(&mut hasher);
            hasher.finish()
        });
        found.insert(path, hash);
    }
}

/// pip's cache for all sandboxes, in cargo's directory for temporary files of tests.
fn pip_cache() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // `target/debug/deps/suite-…`
    test.ancestors().nth(3).unwrap().join("tmp/pip cache")
}

/// A program of this package; it stands beside the folder of the test that runs.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
