//! What is somebody's: refused with what would be lost, and lost only by `--force`.

use tests::{finish, snapshot};

use crate::checkout::repositories::{NESTED, Repositories};

const DIR: &str = "build/src/pytorch";

#[test]
fn a_checkout_that_was_changed_is_refused_with_what_would_be_lost() {
    let all = Repositories::new();
    let (old, sandbox) = (all.forge.head("pytorch/pytorch"), &all.forge.sandbox);
    all.nightly(&["--no-hipify"]);
    let new = all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    let refused = |theirs: &str| {
        let before = snapshot(&sandbox.path("build/src"));
        let head = all.head(DIR);
        let ended = finish(&mut all.checkout(&["--ref", "nightly", "--no-hipify"])).expect(3);
        assert_eq!(
            sandbox.plain(&ended.stderr),
            format!(
                "error: `BOX/project/{DIR}` was changed since it was checked out at {head}{theirs}; `--ref nightly` is {new} of torch\nhint: \
                 commit or stash what you changed and check out that commit yourself, discard your changes with `--force`, build what is there \
                 with `cargo xtask build --pytorch-dir BOX/project/{DIR}`, check out elsewhere with `--root-checkout-dir`, or remove the folder\n"
            )
        );
        assert_eq!(tests::changes(&before, &snapshot(&sandbox.path("build/src"))), Vec::<std::path::PathBuf>::new());
    };
    let write = |path: &str| sandbox.write(&format!("{DIR}/{path}"), "mine\n");
    write("a.cu");
    write("new\u{1b}.txt");
    write("third_party/lib/l.cu");
    write(&format!("{NESTED}/n.txt"));
    refused(&format!(", with changes in `a.cu`, `new\\u{{1b}}.txt`, `{NESTED}/n.txt`, `third_party/lib/l.cu`"));
    (10..20).for_each(|number| write(&format!("b{number}")));
    let ten: Vec<String> = (10..19).map(|number| format!("`b{number}`")).collect();
    refused(&format!(", with changes in `a.cu`, {} and 4 more", ten.join(", ")));
    all.git(DIR, &["add", "--all"]);
    all.git(DIR, &["commit", "--quiet", "--message", "My work"]);
    let mine = all.head(DIR);
    refused(&format!(
        ", with changes in `{NESTED}/n.txt`, `third_party/lib/l.cu`, with commits that no remote has: `{} My work`",
        all.git(DIR, &["rev-parse", "--short", "HEAD"])
    ));

    write("build/kept.o");
    write("a.cu");
    all.nightly(&["--no-hipify", "--force"]);
    all.assert_whole(DIR, &new);
    assert_eq!(all.git(DIR, &["status", "--porcelain", "--ignore-submodules=none"]), "");
    assert_eq!(sandbox.read(&format!("{DIR}/third_party/lib/l.cu")), "cuda lib\n");
    assert_eq!(sandbox.read(&format!("{DIR}/build/kept.o")), "mine\n", "what git ignores stays");
    let reflog = all.git(DIR, &["reflog", "--format=%H"]);
    assert!([&mine, &old].iter().all(|commit| reflog.contains(*commit)), "{reflog}");
    assert_eq!(all.git(DIR, &["show", &format!("{mine}:b10")]), "mine");
    // It is the tool's own now, and is moved without being asked for.
    let newer = all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda once more\n")]);
    all.nightly(&["--no-hipify"]);
    all.assert_whole(DIR, &newer);
}

#[test]
fn what_hipify_committed_in_submodules_is_not_somebodys() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    let refused = || sandbox.plain(&finish(&mut all.checkout(&["--ref", "nightly"])).expect(3).stderr);
    all.nightly(&[]);
    let (head, lib) = (all.head(DIR), format!("{DIR}/third_party/lib"));
    let next = all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    sandbox.write(&format!("{DIR}/mine.txt"), "mine\n");
    let told = |changes: &str| {
        format!(
            "error: `BOX/project/{DIR}` was changed since it was checked out at {head}, with changes in {changes}; `--ref nightly` is {next}"
        )
    };
    assert!(refused().starts_with(&told("`mine.txt`")), "{}", refused());
    std::fs::remove_file(sandbox.path(&format!("{DIR}/mine.txt"))).unwrap();
    // What was added to that commit is somebody's, though it has the same name and place.
    sandbox.write(&format!("{lib}/l.cu"), "mine\n");
    all.git(&lib, &["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    assert!(refused().starts_with(&told("`third_party/lib`")), "{}", refused());
    all.git(&lib, &["reset", "--quiet", "--hard", "THEROCK_HIPIFY_DIFFBASE"]);
    all.nightly(&[]);
    assert_eq!(all.git(DIR, &["rev-parse", "THEROCK_UPSTREAM_DIFFBASE"]), next);
}

#[test]
fn a_clone_is_never_taken_over_but_by_force() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    let locked = all.forge.head("pytorch/pytorch");
    all.git(".", &["clone", "--quiet", "--origin", "upstream", "https://github.com/pytorch/pytorch", DIR]);
    all.git(DIR, &["checkout", "--quiet", "-b", "feature"]);
    sandbox.write(&format!("{DIR}/mine.txt"), "mine\n");
    all.git(DIR, &["add", "mine.txt"]);
    all.git(DIR, &["commit", "--quiet", "--message", "A feature"]);
    let (mine, short) = (all.head(DIR), all.git(DIR, &["rev-parse", "--short", "HEAD"]));
    let ended = finish(&mut all.checkout(&["--ref", "nightly", "--no-hipify"])).expect(3);
    let expected = format!(
        "error: `BOX/project/{DIR}` is a checkout of yours at {mine}, with commits that no remote has: `{short} A feature`; `--ref nightly` is \
         {locked} of torch\n"
    );
    assert!(sandbox.plain(&ended.stderr).starts_with(&expected), "{}", ended.stderr);
    assert_eq!(all.git(DIR, &["symbolic-ref", "--short", "HEAD"]), "feature");

    all.nightly(&["--no-hipify", "--force"]);
    all.assert_whole(DIR, &locked);
    assert_eq!(all.git(DIR, &["rev-parse", "feature"]), mine);
    assert_eq!(all.git(DIR, &["config", "remote.origin.url"]), "https://github.com/pytorch/pytorch");
}

#[test]
fn what_was_given_away_is_finished_by_the_next_run() {
    let all = Repositories::new();
    let locked = all.forge.head("pytorch/pytorch");
    all.git(".", &["clone", "--quiet", "https://github.com/pytorch/pytorch", DIR]);
    all.git(DIR, &["checkout", "--quiet", "HEAD~1"]);
    all.forge.sandbox.write(&format!("{DIR}/a.cu"), "mine\n");
    // As a git that is killed leaves it.
    let lock = all.forge.sandbox.path(&format!("{DIR}/.git/index.lock"));
    std::fs::write(&lock, "").unwrap();
    let ended = finish(&mut all.checkout(&["--ref", "nightly", "--no-hipify", "--force"])).expect(4);
    assert!(ended.stderr.contains("undoing the tool's changes exited with 128"), "{}", ended.stderr);
    all.nightly(&["--no-hipify"]);
    all.assert_whole(DIR, &locked);
    assert!(!lock.exists());
    assert_eq!(all.git(DIR, &["show", "stash@{0}:a.cu"]), "mine");
}

#[test]
fn a_folder_that_is_no_checkout_stays_even_then() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    let locked = all.forge.head("pytorch/pytorch");
    sandbox.write(&format!("{DIR}/mine.txt"), "mine\n");
    for force in [&[][..], &["--force"]] {
        let ended = finish(&mut all.checkout(&[&["--ref", "nightly"], force].concat())).expect(3);
        assert_eq!(
            sandbox.plain(&ended.stderr),
            format!(
                "error: `BOX/project/{DIR}` holds files that are no git checkout with a commit; `--ref nightly` is {locked} of torch\nhint: \
                 build what is there with `cargo xtask build --pytorch-dir BOX/project/{DIR}`, check out elsewhere with `--root-checkout-dir`, \
                 or remove the folder\n"
            )
        );
        assert_eq!(sandbox.files(DIR), ["mine.txt"]);
    }
}
