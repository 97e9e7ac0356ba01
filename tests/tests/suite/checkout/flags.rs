//! What each flag changes in the sources.

use tests::finish;

use crate::checkout::repositories::{NESTED, Repositories};

const DIR: &str = "build/src/pytorch";
const LIB: &str = "build/src/pytorch/third_party/lib";

fn tags(all: &Repositories, dir: &str) -> String {
    all.git(dir, &["tag", "--list"]).replace('\n', " ")
}

#[test]
fn what_the_translation_changed_becomes_a_commit() {
    let all = Repositories::new();
    let (torch, lib) = (all.forge.head("pytorch/pytorch"), all.forge.head("o/lib"));
    let ended = all.nightly(&[]);
    assert_eq!(all.forge.sandbox.plain(&ended.stdout), format!("BOX/project/{DIR}\n"));
    for (dir, public, file, text) in [(DIR, &torch, "a.cu", "hip torch"), (LIB, &lib, "l.cu", "hip lib")] {
        assert_eq!(all.git(dir, &["show", &format!("HEAD:{file}")]), text);
        assert_eq!(
            all.git(dir, &["log", "-1", "--format=%P %an <%ae> %s"]),
            format!("{public} therock-xtask <therock-xtask@localhost> DO NOT SUBMIT: HIPIFY")
        );
        assert_eq!(all.git(dir, &["rev-parse", "THEROCK_UPSTREAM_DIFFBASE"]), *public);
        assert_eq!(all.git(dir, &["rev-parse", "THEROCK_HIPIFY_DIFFBASE"]), all.head(dir));
        assert_eq!(all.git(dir, &["status", "--porcelain"]), "");
    }
    // What nothing was changed in is not tagged, and no submodule's new commit is recorded in its parent.
    let nested = format!("{DIR}/{NESTED}");
    assert_eq!(tags(&all, &nested), "THEROCK_UPSTREAM_DIFFBASE");
    assert!(all.git(DIR, &["ls-tree", "HEAD", "third_party/lib"]).contains(&lib));
    // The same again has nothing to do.
    let head = all.head(DIR);
    let ended = all.nightly(&[]);
    let fresh = format!("; `BOX/project/{DIR}` is at this commit already\n");
    assert!(all.forge.sandbox.plain(&ended.stderr).contains(&fresh), "{}", ended.stderr);
    assert_eq!(all.head(DIR), head);
}

#[test]
fn flags_change_what_is_checked_out() {
    let all = Repositories::new();
    let torch = all.forge.head("pytorch/pytorch");
    let both = "THEROCK_HIPIFY_DIFFBASE THEROCK_UPSTREAM_DIFFBASE";
    // The flags; whether the head is the public commit; what git says of the tree; torch's file; the tags; whether there are submodules.
    for (words, public, status, text, expected, modules) in [
        (&["--no-commit-hipify"][..], true, "M a.cu", "hip torch\n", "THEROCK_UPSTREAM_DIFFBASE", true),
        (&["--no-hipify"], true, "", "cuda torch\n", "THEROCK_UPSTREAM_DIFFBASE", true),
        (&["--no-hipify", "--no-commit-hipify", "--commit-hipify"], true, "", "cuda torch\n", "THEROCK_UPSTREAM_DIFFBASE", true),
        (&["--no-submodules"], false, "", "hip torch\n", both, false),
        (&["--no-submodules", "--no-commit-hipify"], true, "M a.cu", "hip torch\n", "THEROCK_UPSTREAM_DIFFBASE", false),
        (&["--no-hipify", "--hipify", "--jobs", "2"], false, "", "hip torch\n", both, true),
    ] {
        let folder = words.concat().replace("--", "");
        all.nightly(&[&["--work-dir", &folder], words].concat());
        let dir = format!("{folder}/src/pytorch");
        assert_eq!(all.head(&dir) == torch, public, "{words:?}");
        assert_eq!(all.git(&dir, &["status", "--porcelain"]), status, "{words:?}");
        assert_eq!(all.forge.sandbox.read(&format!("{dir}/a.cu")), text, "{words:?}");
        assert_eq!(tags(&all, &dir), expected, "{words:?}");
        assert_eq!(all.forge.sandbox.path(&format!("{dir}/third_party/lib/l.cu")).exists(), modules, "{words:?}");
    }
}

#[test]
fn a_checkout_that_was_made_otherwise_is_made_as_it_is_asked_for_now() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    all.nightly(&["--no-submodules", "--no-hipify"]);
    sandbox.write(&format!("{DIR}/build/kept.o"), "built\n");
    let whole = || (sandbox.read(&format!("{DIR}/a.cu")), sandbox.path(&format!("{LIB}/l.cu")).exists());
    let (cuda, hip) = ("cuda torch\n".to_owned(), "hip torch\n".to_owned());
    for (words, lack, expected) in [
        (&["--no-submodules"][..], ", was made without the translation to HIP", (hip.clone(), false)),
        (&[], ", was made without submodules", (hip.clone(), true)),
        (&["--no-hipify"], ", was translated to HIP", (cuda.clone(), true)),
        (&[], ", was made without the translation to HIP", (hip, true)),
    ] {
        let ended = all.nightly(&[&["--verbose"], words].concat());
        assert!(ended.stderr.contains(&format!("{lack} and has no changes but the tool's own")), "{words:?}: {}", ended.stderr);
        assert_eq!(whole(), expected, "{words:?}");
        // The same again has nothing to do; submodules that are there do no harm.
        let fewer: &[&str] = if words.contains(&"--no-submodules") { &[] } else { &["--no-submodules"] };
        let again = all.nightly(&[words, fewer].concat());
        assert!(again.stderr.contains("is at this commit already"), "{words:?}: {}", again.stderr);
    }
    assert_eq!(sandbox.read(&format!("{DIR}/build/kept.o")), "built\n");
    // What somebody changed is theirs, and is taken as it is.
    all.nightly(&["--no-hipify"]);
    sandbox.write(&format!("{DIR}/a.cu"), "mine\n");
    let ended = all.nightly(&[]);
    assert!(ended.stderr.contains("has changes of yours"), "{}", ended.stderr);
    assert_eq!(whole().0, "mine\n");
}

#[test]
fn as_much_history_is_fetched_as_is_asked_for() {
    let all = Repositories::new();
    let torch = all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    // Without a store git takes submodules from folders only where it is told so.
    all.allow_folders();
    for (depth, commits) in [("1", "1"), ("2", "2"), ("full", "3")] {
        all.nightly(&["--no-hipify", "--depth", depth, "--work-dir", depth]);
        let dir = format!("{depth}/src/pytorch");
        all.assert_whole(&dir, &torch);
        assert_eq!(all.git(&dir, &["rev-list", "--count", "HEAD"]), commits, "{depth}");
    }
    // What was fetched whole is not fetched again.
    all.take_away();
    let words = ["--ref", &torch, "--origin", "pytorch=https://github.com/pytorch/pytorch", "--no-hipify", "--depth", "full"];
    finish(all.checkout(&words).args(["--work-dir", "again"])).expect(0);
    assert_eq!(all.git("again/src/pytorch", &["rev-list", "--count", "HEAD"]), "3");
}

#[test]
fn submodules_are_fetched_side_by_side() {
    let all = Repositories::new();
    let ended = all.nightly(&["--no-hipify", "--jobs", "3", "--verbose"]);
    assert!(ended.stderr.contains("submodule update --init --recursive --progress --depth 1 -j 3"), "{}", ended.stderr);
}

#[test]
fn wrong_flags_are_refused() {
    let all = Repositories::new();
    let ended = finish(&mut all.checkout(&["--depth", "0", "--jobs", "many"])).expect(2);
    let expected = "error: nothing says what is to be checked out\nhint: give a ref such as `--ref nightly`, or a manifest with \
                    `--from-manifest`\nerror: invalid value for `--depth`: `0` is neither `full` nor a positive number\nerror: invalid value \
                    for `--jobs`: `many` is not a positive number\n";
    assert_eq!(ended.stderr, expected);
}

#[test]
fn the_locked_commit_is_checked_out_though_the_branch_moved() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    let locked = all.forge.head("pytorch/pytorch");
    finish(&mut all.forge.lock(&["--ref", "nightly", "--only", "pytorch", "--output", "lock.json"])).expect(0);
    all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    finish(sandbox.xtask().args(["checkout", "--from-manifest", "lock.json", "--no-hipify"])).expect(0);
    all.assert_whole(DIR, &locked);
}

#[test]
fn a_submodule_that_is_not_at_its_commit_is_an_error() {
    let all = Repositories::new();
    all.forge.git("pytorch/pytorch", &["config", "--file", ".gitmodules", "submodule.third_party/lib.update", "none"]);
    all.forge.commit("pytorch/pytorch", &[]);
    let ended = finish(&mut all.checkout(&["--ref", "nightly", "--no-hipify"])).expect(4);
    let expected = "error: checkout-pytorch: comparing it with its commit: `BOX/project/build/src/.therock-xtask/pytorch`: submodule \
                    `third_party/lib` is not checked out\n";
    assert!(all.forge.sandbox.plain(&ended.stderr).contains(expected), "{}", ended.stderr);
    assert!(!all.forge.sandbox.path(DIR).exists());
}

#[test]
fn a_submodule_that_upstream_removed_stays_out_of_the_way() {
    let all = Repositories::new();
    all.nightly(&[]);
    all.forge.git("pytorch/pytorch", &["rm", "--quiet", "-rf", "third_party/lib"]);
    for text in ["cuda once\n", "cuda twice\n"] {
        let commit = all.forge.commit("pytorch/pytorch", &[("a.cu", text)]);
        all.nightly(&[]);
        assert_eq!(all.git("build/src/pytorch", &["rev-parse", "THEROCK_UPSTREAM_DIFFBASE"]), commit);
        assert_eq!(all.git("build/src/pytorch", &["diff", "--name-only", &commit, "HEAD"]), "a.cu");
    }
    // What stood in it may be somebody's.
    assert!(all.forge.sandbox.path("build/src/pytorch/third_party/lib/l.cu").exists());
}
