//! The tool's own checkouts: moved when their commit moves, and nothing in them is lost.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use manifest::{Manifest, Project};
use tests::{Sandbox, Snapshot, changes, finish, snapshot};

use crate::build::set::check_complete;
use crate::build::shared::{Demo, demo};
use crate::build::sources::git;

/// A copy of torch's miniature repository, whose branch a case may move, and the folders of builds from it.
struct Moving<'a> {
    demo: &'a Demo,
    folder: &'a str,
}

impl<'a> Moving<'a> {
    fn new(demo: &'a Demo, folder: &'a str) -> Self {
        for repository in ["pytorch", "fakelib"] {
            demo.sandbox.copy(&format!("build/demo/origins/{repository}"), &format!("{folder}/origins/{repository}"));
        }
        Moving { demo, folder }
    }

    fn sandbox(&self) -> &Sandbox {
        &self.demo.sandbox
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.folder)
    }

    /// Builds torch from a ref of that repository.
    fn build(&self, reference: &str) -> Command {
        self.build_to(reference, "dist")
    }

    fn build_to(&self, reference: &str, output: &str) -> Command {
        let arg = |path: &str| self.sandbox().arg(&self.at(path));
        let mut command = self.demo.again(&["--only", "pytorch", "--ref", reference]);
        command.args(["--origin", &format!("pytorch={}", arg("origins/pytorch"))]);
        command.args(["--root-checkout-dir", &arg("src"), "--output-dir", &arg(output)]);
        command
    }

    fn built(&self) -> Manifest {
        let manifest = check_complete(self.sandbox(), &self.at("dist"), &[Project::Pytorch]);
        assert_eq!(manifest.pytorch.as_ref().and_then(|source| source.dirty.clone()), None);
        manifest
    }

    /// A new commit on the branch.
    fn advance(&self) -> String {
        let origin = self.at("origins/pytorch");
        git(self.sandbox(), &origin, &["checkout", "--quiet", "release/2.13"]);
        self.sandbox().write(&format!("{origin}/torch/new.py"), "NEW = 1\n");
        git(self.sandbox(), &origin, &["add", "torch/new.py"]);
        git(self.sandbox(), &origin, &["commit", "--quiet", "--message", "More"]);
        git(self.sandbox(), &origin, &["rev-parse", "HEAD"])
    }

    fn git(&self, dir: &str, words: &[&str]) -> String {
        git(self.sandbox(), &self.at(dir), words)
    }

    /// Everything below the checkout but what git keeps for itself.
    fn files(&self) -> Snapshot {
        let mut found = snapshot(&self.sandbox().path(&self.at("src/pytorch")));
        found.retain(|path, _| !path.components().any(|part| part.as_os_str() == ".git"));
        found
    }
}

#[track_caller]
fn wait_until(what: &str, child: &mut Child, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}: in vain");
        assert_eq!(child.try_wait().unwrap(), None, "{what}: it ended before");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nothing_is_lost_when_a_checkout_is_moved() {
    let demo = demo();
    let moving = Moving::new(&demo, "moving");
    let sandbox = moving.sandbox();
    let write = |path: &str, text: &str| sandbox.write(&moving.at(path), text);
    write("src/pytorch.partial/theirs.txt", "somebody's\n");

    // Somebody edits the sources while they are built.
    let mut child = moving.build("release/2.13").stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let note = sandbox.path(&moving.at("src/pytorch/.git/therock-xtask.json"));
    let is_built = || std::fs::read_to_string(&note).is_ok_and(|text| text.contains("\"state\": \"building\""));
    wait_until("a build of torch", &mut child, is_built);
    write("src/pytorch/mine.txt", "mine\n");
    write("src/pytorch/requirements.txt", "# mine\n");
    write("src/pytorch/third_party/fakelib/mine.txt", "mine, too\n");
    assert!(child.wait().unwrap().success());
    moving.built();
    write("src/pytorch/build/kept.o", "hours of work\n");

    // A commit that cannot be had changes nothing.
    let before = moving.files();
    let ended = finish(&mut moving.build_to(&"f".repeat(40), "nowhere")).expect(4);
    assert!(ended.stderr.contains("error: checkout-pytorch: fetching torch exited with 128\n"), "{}", ended.stderr);
    assert_eq!(changes(&before, &moving.files()), Vec::<PathBuf>::new());

    let new = moving.advance();
    let ended = finish(&mut moving.build("release/2.13")).expect(0);
    assert!(ended.stderr.contains("Running checkout-pytorch: stashing changes\n"), "{}", ended.stderr);
    assert_eq!(moving.built().pytorch.unwrap().commit.as_str(), new);
    assert_eq!(moving.git("src/pytorch", &["rev-parse", "HEAD"]), new);
    assert_eq!(sandbox.read(&moving.at("src/pytorch/build/kept.o")), "hours of work\n");
    assert_eq!(sandbox.read(&moving.at("src/pytorch.partial/theirs.txt")), "somebody's\n");
    assert!(!sandbox.path(&moving.at("src/pytorch/mine.txt")).exists());
    let stashed = moving.git("src/pytorch", &["stash", "list"]);
    assert_eq!(stashed, format!("stash@{{0}}: On (no branch): therock-xtask: what was changed here before it moved to {new}"));
    for (dir, object, text) in [
        ("src/pytorch", "stash@{0}^3:mine.txt", "mine"),
        ("src/pytorch", "stash@{0}:requirements.txt", "# mine"),
        ("src/pytorch/third_party/fakelib", "stash@{0}^3:mine.txt", "mine, too"),
    ] {
        assert_eq!(moving.git(dir, &["show", object]), text);
    }
}

#[test]
fn a_run_that_was_killed_does_not_hold_a_checkout_back() {
    let demo = demo();
    let moving = Moving::new(&demo, "killed");
    let sandbox = moving.sandbox();
    sandbox.fake("hanging-cc", "when --version\nprint hanging 1\nexit 0\nwhen\nsleep 20\nexit 1\n");
    let mut hanging = moving.build("release/2.13");
    hanging.env("CC", "hanging-cc").env("CXX", "hanging-cc").stderr(Stdio::null()).stdout(Stdio::null());
    let mut child = hanging.spawn().unwrap();
    let compiles = || sandbox.journal("hanging-cc").iter().any(|args| args != "--version");
    wait_until("a compiler", &mut child, compiles);
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox.write(&moving.at("src/pytorch/half.txt"), "written by a build before it ended\n");

    finish(&mut moving.build("release/2.13")).expect(0);
    moving.built();
    // Neither does a move that another git, or the trace of a killed one, stands in the way of.
    let new = moving.advance();
    let lock = moving.at("src/pytorch/.git/index.lock");
    sandbox.write(&lock, "");
    let ended = finish(&mut moving.build("release/2.13")).expect(4);
    assert!(ended.stderr.contains("error: checkout-pytorch: stashing changes exited with 1\n"), "{}", ended.stderr);
    let partial = format!("dist/manifests/therock-manifest_torch_py{}_release-2.13.partial.json", demo.python.series);
    assert_eq!(sandbox.manifest(&moving.at(&partial)).pytorch.unwrap().commit.as_str(), new, "a rerun is held to this one");
    std::fs::remove_file(sandbox.path(&lock)).unwrap();
    let ended = finish(&mut moving.build("release/2.13")).expect(0);
    assert!(ended.stderr.contains("Running checkout-pytorch: stashing changes\n"), "{}", ended.stderr);
    assert_eq!(moving.built().pytorch.unwrap().commit.as_str(), new);
    let half = moving.git("src/pytorch", &["show", "stash@{0}^3:half.txt"]);
    assert_eq!(half, "written by a build before it ended");
}

#[test]
fn a_run_without_a_ref_names_its_manifest_after_the_checkouts() {
    let demo = demo();
    let mut command = demo.sandbox.xtask();
    command.args(["build", "--only", "triton", "--python", &demo.python.path, "--gfx", "gfx942", "--no-audit-install"]);
    command.args(["--work-dir", "build/demo", "--output-dir", "unnamed"]);
    let ended = finish(&mut command).expect(0);
    assert!(!ended.stderr.contains("do not tell which ref they are"), "{}", ended.stderr);
    let name = format!("therock-manifest_torch_py{}_release-2.13.json", demo.python.series);
    assert_eq!(demo.sandbox.files("unnamed/manifests"), [name]);
}

#[test]
fn commits_made_by_hand_are_built_and_recorded_as_dirty() {
    let demo = demo();
    let moving = Moving::new(&demo, "committed");
    finish(&mut moving.build("release/2.13")).expect(0);
    let public = moving.built().pytorch.unwrap().commit;
    let mut digests = BTreeSet::new();
    for text in ["once", "twice"] {
        moving.sandbox().write(&moving.at("src/pytorch/mine.txt"), text);
        moving.git("src/pytorch", &["add", "mine.txt"]);
        moving.git("src/pytorch", &["commit", "--quiet", "--message", "Mine"]);
        let head = moving.git("src/pytorch", &["rev-parse", "HEAD"]);
        let ended = finish(&mut moving.build("release/2.13")).expect(0);
        let why = format!("is at {head}, with commits of yours above {public}: it is built as it is, and recorded as dirty\n");
        assert!(ended.stderr.contains(&why), "{}", ended.stderr);
        let source = check_complete(moving.sandbox(), &moving.at("dist"), &[Project::Pytorch]).pytorch.unwrap();
        assert_eq!(source.commit, public);
        digests.insert(source.dirty.unwrap().to_string());
    }
    assert_eq!(digests.len(), 2);
}
