//! One demo whose torchaudio is built by a fake compiler, and runs of the real binary that are watched while they work.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use manifest::{Job, JobStatus, Manifest, Project, Status};
use tests::{Ended, Python, Sandbox, kill};

use crate::environment::{newest, prepare};
use crate::pool::{Lent, Pool};

/// A limit to hangs only.
const PATIENCE: Duration = Duration::from_secs(120);

/// Does what the real compiler does.
pub const COMPILES: &str = "become /usr/bin/cc";

/// A demo of torchaudio alone, and the compiler that it is built with.
pub struct Trees {
    pub sandbox: Sandbox,
    python: &'static Python,
}

/// A demo that was built once. The test has it for itself, and leaves it with nothing running.
pub fn trees() -> Lent<Trees> {
    static TREES: Pool<Trees> = Pool::new(|number| {
        let sandbox = Sandbox::kept(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("träe {number}")));
        for name in ["compiler", "grandchild"] {
            sandbox.fake(name, COMPILES);
        }
        prepare(&sandbox, "build/demo");
        let trees = Trees { sandbox, python: newest() };
        trees.run(&mut trees.build(&[])).expect(0);
        trees
    });
    let trees = TREES.lend();
    trees.end_all();
    trees
}

impl Trees {
    /// A build of torchaudio that takes no wheel of an earlier run.
    pub fn rebuild(&self, args: &[&str]) -> Command {
        let mut command = self.build(&["--rebuild", "pytorch_audio"]);
        command.args(args);
        command
    }

    /// A build of torchaudio, whose wheel is not installed elsewhere.
    pub fn build(&self, args: &[&str]) -> Command {
        self.build_only("pytorch_audio", args)
    }

    /// A build of these wheels, which are not installed elsewhere.
    pub fn build_only(&self, wheels: &str, args: &[&str]) -> Command {
        let mut command = self.sandbox.xtask();
        command.args(["build", "--demo", "--only", wheels, "--no-audit-install", "--python", &self.python.path]).args(args);
        // By its name alone, because setuptools takes a blank in a path for the end of it.
        command.env("CC", "compiler").env("CXX", "compiler");
        command
    }

    /// What the compiler does from now on when it compiles; it links and tells its version as the real one does. Its journal is empty, and there is
    /// no file `gate`.
    pub fn compiler(&self, script: &str) {
        self.script("compiler", &format!("when -c\n{script}\nwhen\n{COMPILES}"));
    }

    /// What the fake that the compiler may start does.
    pub fn grandchild(&self, script: &str) {
        self.script("grandchild", script);
    }

    fn script(&self, name: &str, script: &str) {
        let bin = self.sandbox.root().join("bin");
        // Renamed into place, because a fake may be reading it.
        std::fs::write(bin.join("new.script"), script).unwrap();
        std::fs::rename(bin.join("new.script"), bin.join(format!("{name}.script"))).unwrap();
        for left in [format!("{name}.journal"), "gate".to_owned()] {
            let _ = std::fs::remove_file(bin.join(left));
        }
    }

    /// Starts a command that is watched.
    pub fn start(&self, command: &mut Command) -> Run<'_> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let number = RUNS.fetch_add(1, Ordering::Relaxed);
        let files = ["stdout", "stderr"].map(|name| self.sandbox.root().join(format!("tmp/{name}.{number}")));
        let [stdout, stderr] = files.each_ref().map(|path| File::create(path).unwrap());
        let child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().unwrap();
        Run { trees: self, child, files }
    }

    /// Runs a command to its end, however it may hang.
    #[track_caller]
    pub fn run(&self, command: &mut Command) -> Ended {
        self.start(command).ended()
    }

    /// Runs a build that goes on after what was ended, and checks that it makes the set whole.
    pub fn completes(&self, command: &mut Command) -> Ended {
        self.compiler(COMPILES);
        let ended = self.run(command).expect(0);
        let (path, manifest) = self.manifest();
        assert!(!path.ends_with(".partial.json") && manifest.status == Some(Status::Complete), "{path}");
        assert!(matches!(job(&manifest).status, JobStatus::Built | JobStatus::Reused));
        assert_eq!(self.living(), Vec::<String>::new());
        ended
    }

    /// The one manifest of the output folder, and its name.
    #[track_caller]
    pub fn manifest(&self) -> (String, Manifest) {
        let names = self.sandbox.files("build/demo/dist/manifests");
        let [name] = names.as_slice() else { panic!("one manifest is expected: {names:?}") };
        (name.clone(), self.sandbox.manifest(&format!("build/demo/dist/manifests/{name}")))
    }

    /// Checks that the set is not whole, and how torchaudio's job ended; returns its log.
    #[track_caller]
    pub fn partial(&self, status: JobStatus) -> String {
        let (path, manifest) = self.manifest();
        assert!(path.ends_with(".partial.json"), "{path}");
        assert_eq!(job(&manifest).status, status, "{:?}", job(&manifest));
        match &job(&manifest).log {
            Some(log) => self.sandbox.read(&format!("build/demo/{log}")),
            None => String::new(),
        }
    }

    /// A file below the folder of this Python's environment, logs and records.
    pub fn below(&self, relative: &str) -> PathBuf {
        self.sandbox.path(&format!("build/demo/py{}/{relative}", self.python.series))
    }

    /// Checks that the fakes are asleep, or whatever their script says, and waits for that.
    #[track_caller]
    pub fn wait_for(&self, name: &str, line: &str) {
        eventually(|| self.sandbox.journal(name).iter().any(|known| known == line), &format!("`{line}` in {name}'s journal"));
    }

    /// Ends what another case left.
    fn end_all(&self) {
        let pids = self.living().into_iter().filter_map(|shown| shown.split_once(' ').map(|(pid, _)| pid.to_owned()));
        pids.for_each(|pid| {
            kill("KILL", &pid);
        });
    }

    /// What lives and was started in this sandbox: each has the sandbox's folder in its environment, or is a program that is there.
    pub fn living(&self) -> Vec<String> {
        let root = self.sandbox.root().to_str().unwrap().as_bytes().to_vec();
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let ours = |pid: &String| {
            let told = ["environ", "cmdline"].map(|name| std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default());
            pid.bytes().all(|byte| byte.is_ascii_digit()) && told.concat().windows(root.len()).any(|part| part == root)
        };
        let shown = |pid: String| {
            let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            format!("{pid} {}", String::from_utf8_lossy(&words).replace('\0', " "))
        };
        processes.filter(ours).map(shown).collect()
    }
}

/// The job of torchaudio.
pub fn job(manifest: &Manifest) -> &Job {
    manifest.jobs.iter().find(|job| job.project == Project::PytorchAudio).unwrap()
}

/// Waits until something is so.
#[track_caller]
pub fn eventually(mut holds: impl FnMut() -> bool, what: &str) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The real binary at work. It is killed if the case forgets it.
pub struct Run<'a> {
    trees: &'a Trees,
    child: Child,
    /// What it prints to standard output and standard error.
    files: [PathBuf; 2],
}

impl Run<'_> {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Kills it, and it alone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn ended(mut self) -> Ended {
        let mut status = None;
        eventually(
            || {
                status = self.child.try_wait().unwrap();
                status.is_some()
            },
            "the end of the tool",
        );
        let [stdout, stderr] = self.files.each_ref().map(|path| std::fs::read_to_string(path).unwrap());
        Ended { code: status.unwrap().code().unwrap_or(-1), stdout, stderr }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // After a good case there is nothing to be ended, but where it just killed the tool.
        if std::thread::panicking() {
            self.trees.end_all();
        }
    }
}

/// Sends a signal to a process.
pub fn signal(pid: u32, name: &str) {
    assert!(kill(name, &pid.to_string()).success());
}
