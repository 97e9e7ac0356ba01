//! Sources that are the user's.

use manifest::{Manifest, Project};
use tests::{Sandbox, finish, snapshot};

use crate::build::set::{check_complete, check_unchanged};
use crate::build::shared::{Demo, demo};

/// What git prints in a folder, without its last line break.
pub fn git(sandbox: &Sandbox, dir: &str, words: &[&str]) -> String {
    let mut command = sandbox.command("git");
    command.args(["-c", "user.name=User", "-c", "user.email=user@example.invalid", "-C", &sandbox.arg(dir)]).args(words);
    finish(&mut command).expect(0).stdout.trim().to_owned()
}

/// A clone of the miniature triton on a branch of the user's, with a commit, a change and a new file.
fn clone_and_change(demo: &Demo, dir: &str) {
    let sandbox = &demo.sandbox;
    git(sandbox, ".", &["clone", "--quiet", &sandbox.arg("build/demo/origins/triton"), dir]);
    git(sandbox, dir, &["checkout", "--quiet", "-b", "feature"]);
    sandbox.write(&format!("{dir}/note.txt"), "committed\n");
    git(sandbox, dir, &["add", "note.txt"]);
    git(sandbox, dir, &["commit", "--quiet", "--message", "A note"]);
    sandbox.write(&format!("{dir}/note.txt"), "changed\n");
    sandbox.write(&format!("{dir}/new.txt"), "not known to git\n");
}

/// Everything that git tells of a checkout.
fn state(sandbox: &Sandbox, dir: &str) -> [String; 4] {
    let words: [&[&str]; 4] = [&["rev-parse", "HEAD"], &["symbolic-ref", "HEAD"], &["status", "--porcelain"], &["diff"]];
    words.map(|words| git(sandbox, dir, words))
}

fn triton(demo: &Demo, args: &[&str], output: &str) -> (String, Manifest) {
    let ended = finish(demo.again(&["--only", "triton", "--output-dir", output]).args(args)).expect(0);
    (ended.stderr, check_complete(&demo.sandbox, output, &[Project::Triton]))
}

#[test]
fn a_named_checkout_is_built_as_it_is() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    clone_and_change(&demo, "mine");
    let before = state(sandbox, "mine");
    let (_, manifest) = triton(&demo, &["--triton-dir", "mine"], "of mine");
    assert_eq!(state(sandbox, "mine"), before);
    let source = manifest.triton.unwrap();
    assert_eq!(source.commit.as_str(), before[0]);
    assert_eq!(source.branch.as_deref(), Some("feature"));
    let dirty = source.dirty.expect("local changes are recorded");

    // Other changes are another digest, and none is none.
    sandbox.write("mine/note.txt", "changed again\n");
    let (_, manifest) = triton(&demo, &["--triton-dir", "mine"], "of mine");
    assert_ne!(manifest.triton.unwrap().dirty.unwrap(), dirty);
    git(sandbox, "mine", &["stash", "--quiet", "--include-untracked"]);
    let (_, manifest) = triton(&demo, &["--triton-dir", "mine"], "of mine");
    assert_eq!(manifest.triton.unwrap().dirty, None);
}

#[test]
fn a_checkout_on_a_branch_is_never_moved() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    clone_and_change(&demo, "src of mine/triton");
    let [head, locked] = ["src of mine/triton", "build/demo/origins/triton"].map(|dir| git(sandbox, dir, &["rev-parse", "HEAD"]));
    let short = git(sandbox, "src of mine/triton", &["rev-parse", "--short", "HEAD"]);
    let before = snapshot(&sandbox.path("src of mine"));
    let ended =
        finish(&mut demo.again(&["--only", "triton", "--output-dir", "unmoved", "--root-checkout-dir", "src of mine"])).expect(3);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        format!(
            "error: `BOX/project/src of mine/triton` is a checkout of yours at {head}, with changes in `new.txt`, `note.txt`, with commits that no remote has: `{short} A note`; `--ref release/2.13` is {locked} of triton\nhint: \
             commit or stash what you changed and check out that commit yourself, build what is there with `--triton-dir BOX/project/src of \
             mine/triton`, check out elsewhere with `--root-checkout-dir`, or remove the folder\n"
        )
    );
    check_unchanged(&sandbox.path("src of mine"), &before);
    assert!(!sandbox.path("unmoved").exists());
}

#[test]
fn sources_without_git_are_built_and_left_out_of_the_manifest() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    sandbox.copy("build/demo/files/sources/triton", "plain triton");
    let (stderr, manifest) = triton(&demo, &["--triton-dir", "plain triton"], "of plain");
    assert_eq!(manifest.triton, None);
    let warning = "warning: the sources of triton in `BOX/project/plain triton` are no git checkout: the manifest cannot say what they are\n";
    assert!(sandbox.plain(&stderr).contains(warning), "{stderr}");
    let version = manifest.artifacts[0].labels.version.clone().unwrap();
    assert!(version.starts_with("3.7.0+rocm"), "{version}");
}

#[test]
fn a_checkout_that_git_cannot_read_is_an_error() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    sandbox.copy("build/demo/files/sources/triton", "broken triton");
    sandbox.write("broken triton/.git", "gitdir: nowhere\n");
    let ended =
        finish(&mut demo.again(&["--only", "triton", "--output-dir", "of broken", "--triton-dir", "broken triton"])).expect(3);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: the sources of triton in `BOX/project/broken triton` cannot be read: `git status` in `BOX/project/broken triton` exited with \
         128: fatal: not a git repository: BOX/project/broken triton/nowhere\n\
         hint: repair the checkout, or name other sources with `--triton-dir`\n"
    );
    assert!(!sandbox.path("of broken").exists());
}

#[test]
fn a_folder_of_wheels_loses_only_those_of_the_project() {
    let demo = demo();
    let sandbox = &demo.sandbox;
    sandbox.copy("build/demo/files/sources/triton", "holding triton");
    let theirs = ["mine-1.0.whl", "notes.txt", "triton-1.0.txt", "triton_mine-1.0.whl"];
    for name in theirs.iter().chain(&["triton-0.1-py3-none-any.whl"]) {
        sandbox.write(&format!("holding triton/dist/{name}"), "theirs\n");
    }
    let (_, manifest) = triton(&demo, &["--triton-dir", "holding triton"], "of holding");
    let built = manifest.artifacts[0].relative_path.to_string();
    let mut expected: Vec<String> = theirs.into_iter().map(str::to_owned).chain([built]).collect();
    expected.sort();
    assert_eq!(sandbox.files("holding triton/dist"), expected);
}
