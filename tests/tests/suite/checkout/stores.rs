//! What runs share: nothing is fetched twice, and nobody depends on it.

use std::io::{BufRead, Read};
use std::process::Stdio;

use tests::finish;

use crate::checkout::repositories::{NESTED, Repositories};

#[test]
fn a_second_checkout_fetches_nothing() {
    let all = Repositories::new();
    let first = all.forge.head("pytorch/pytorch");
    all.nightly(&[]);
    all.take_away();
    // By its commit, because nobody is left to tell where the branch is.
    let ended = finish(&mut all.checkout(&["--ref", &first, "--no-hipify", "--work-dir", "other", "--origin", ORIGIN])).expect(0);
    assert_eq!(all.forge.sandbox.plain(&ended.stdout), "BOX/project/other/src/pytorch\n");
    all.assert_whole("other/src/pytorch", &first);
    assert_eq!(all.git("other/src/pytorch", &["config", "remote.origin.url"]), "https://github.com/pytorch/pytorch");
    assert_eq!(all.git("other/src/pytorch/third_party/lib", &["config", "remote.origin.url"]), "https://github.com/o/lib");
    assert_eq!(all.git(&format!("other/src/pytorch/{NESTED}"), &["config", "remote.origin.url"]), "https://github.com/o/nested");
}

/// A commit that is no `nightly` is looked for in ROCm's repository.
const ORIGIN: &str = "pytorch=https://github.com/pytorch/pytorch";

#[test]
fn a_checkout_outlives_what_is_shared() {
    let all = Repositories::new();
    all.nightly(&["--no-hipify"]);
    std::fs::remove_dir_all(all.shared()).unwrap();
    all.assert_whole("build/src/pytorch", &all.forge.head("pytorch/pytorch"));
    assert_eq!(all.git("build/src/pytorch", &["status", "--porcelain"]), "");
    // It is made again by the next one, of another ref.
    let next = all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    all.nightly(&["--no-hipify"]);
    all.assert_whole("build/src/pytorch", &next);
}

#[test]
fn two_runs_that_fill_one_store_end_well() {
    let all = Repositories::new();
    let commit = all.forge.head("pytorch/pytorch");
    let start = |folder: &str| {
        let mut command = all.checkout(&["--ref", "nightly", "--no-hipify", "--work-dir", folder]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let folders = ["one", "two", "three"];
    for child in folders.map(start) {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for folder in folders {
        all.assert_whole(&format!("{folder}/src/pytorch"), &commit);
    }
}

/// Whoever holds a store holds nobody up for ever.
#[test]
#[cfg(unix)]
fn who_waits_for_a_store_can_be_ended() {
    let all = Repositories::new();
    let words = ["--ref", "nightly", "--no-hipify", "--work-dir"];
    all.nightly(&["--no-hipify"]);
    let locks = std::fs::read_dir(all.shared().join("commits")).unwrap().map(|entry| entry.unwrap().path());
    let locks: Vec<_> = locks.filter(|path| path.extension().is_some_and(|extension| extension == "lock")).collect();
    assert!(!locks.is_empty());
    let held: Vec<_> = locks.iter().map(|path| std::fs::File::open(path).unwrap()).collect();
    held.iter().for_each(|file| file.lock().unwrap());

    let mut waiting = all.checkout(&[&words[..], &["interrupted"]].concat());
    let mut waiting = waiting.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = std::io::BufReader::new(waiting.stderr.take().unwrap());
    let mut said = String::new();
    while !said.ends_with("waiting for it\n") {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "{said}");
    }
    assert!(said.contains("checkout-pytorch: another run is filling `"), "{said}");
    assert!(tests::kill("INT", &waiting.id().to_string()).success());
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("\nerror: interrupted\n"), "{said}");
    assert_eq!(said.matches("another run is filling").count(), 1, "{said}");

    held.iter().for_each(|file| file.unlock().unwrap());
    finish(&mut all.checkout(&[&words[..], &["interrupted"]].concat())).expect(0);
}

#[test]
fn two_runs_in_one_folder_do_not_take_each_others_checkouts_away() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    sandbox.write("build/src/.therock-xtask/lock", r#"{"pid": 4711, "command": "xtask build --ref x", "run": "4711-1"}"#);
    let lock = std::fs::File::open(sandbox.path("build/src/.therock-xtask/lock")).unwrap();
    lock.try_lock().unwrap();
    let ended = finish(&mut all.checkout(&["--ref", "nightly"])).expect(3);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: another run, process 4711 (`xtask build --ref x`), is at work in the checkouts `BOX/project/build/src`\nhint: wait until it has \
         ended, or name another one with `--root-checkout-dir`\n"
    );
    assert!(!sandbox.path("build/src/pytorch").exists());
    // What a run that was killed left keeps nobody out, and nobody is kept out where there is nothing to do.
    lock.unlock().unwrap();
    all.nightly(&[]);
    lock.lock().unwrap();
    all.nightly(&[]);
}

#[test]
fn what_a_killed_git_left_in_a_store_goes() {
    let all = Repositories::new();
    all.nightly(&["--no-hipify"]);
    let commits = all.shared().join("commits");
    let left = ["shallow.lock", "config.lock", "refs/therock/x.lock", "objects/pack/tmp_pack_x"];
    for store in std::fs::read_dir(&commits).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        left.iter().for_each(|name| std::fs::write(store.join(name), "half").unwrap());
    }
    let next = all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    all.nightly(&["--no-hipify", "--work-dir", "other"]);
    all.assert_whole("other/src/pytorch", &next);
    let found = tests::snapshot(&commits);
    let remains: Vec<_> = found.keys().filter(|path| left.iter().any(|name| path.ends_with(name))).collect();
    assert_eq!(remains, Vec::<&std::path::PathBuf>::new());
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    sandbox.write("taken", "no folder\n");
    all.allow_folders();
    let run = |words: &[&str]| finish(all.checkout(words).env("THEROCK_XTASK_CACHE", "taken/cache")).expect(0);
    let said = "checkout-pytorch: what is fetched is shared with no other run: cannot make the folder `BOX/project/taken/cache/commits`: ";
    for text in ["cuda torch\n", "cuda again\n"] {
        let commit = all.forge.commit("pytorch/pytorch", &[("a.cu", text)]);
        let ended = run(&["--ref", "nightly"]);
        let stderr = sandbox.plain(&ended.stderr);
        assert_eq!(stderr.matches(said).count(), 1, "{stderr}");
        assert!(stderr.contains("; `THEROCK_XTASK_CACHE` names another folder for what runs share\n"), "{stderr}");
        assert!(!stderr.contains("git fetches the submodules by itself"), "told once is enough: {stderr}");
        assert_eq!(all.git("build/src/pytorch", &["rev-parse", "THEROCK_UPSTREAM_DIFFBASE"]), commit);
        assert_eq!(sandbox.read("build/src/pytorch/a.cu"), text.replace("cuda", "hip"));
        assert_eq!(sandbox.read(&format!("build/src/pytorch/{NESTED}/n.txt")), "nested\n");
    }
    // Pins are read all the same.
    let commit = all.forge.commit("pytorch/pytorch", &[(".ci/docker/ci_commit_pins/triton.txt", &"1".repeat(40))]);
    let words = ["lock", "--ref", &commit, "--origin", ORIGIN, "--only", "pytorch,triton", "--output", "lock.json"];
    finish(sandbox.xtask().args(words).env("THEROCK_XTASK_CACHE", "taken/cache")).expect(0);
    assert_eq!(sandbox.json("lock.json")["triton"]["commit"], "1".repeat(40));
}

#[test]
fn what_is_stored_is_taken_though_nothing_can_be_added() {
    let all = Repositories::new();
    let commit = all.forge.head("pytorch/pytorch");
    all.nightly(&["--no-hipify"]);
    // Nothing can be locked there, as on a disk that is read-only.
    let commits = all.shared().join("commits");
    let locks: Vec<_> =
        std::fs::read_dir(&commits).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    for lock in locks {
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
    }
    all.allow_folders();
    std::fs::rename(all.forge.sandbox.path("github/pytorch"), all.forge.sandbox.path("gone")).unwrap();
    finish(&mut all.checkout(&["--ref", &commit, "--no-hipify", "--work-dir", "other", "--origin", ORIGIN])).expect(0);
    all.assert_whole("other/src/pytorch", &commit);
}

#[test]
fn pins_are_read_from_what_a_checkout_fetched() {
    let all = Repositories::new();
    all.nightly(&["--no-hipify"]);
    let commit = all.forge.head("pytorch/pytorch");
    let pins = tests::snapshot(&all.shared());
    all.take_away();
    let words = ["lock", "--ref", &commit, "--origin", ORIGIN, "--only", "pytorch,triton", "--output", "lock.json"];
    let ended = all.forge.sandbox.run(&words).expect(3);
    assert_eq!(
        ended.stderr,
        format!(
            "error: the commit of `triton` for `--ref {commit}` is not known: there is no `.ci/docker/ci_commit_pins/triton.txt`\nhint: \
             leave triton out (`--only` names what is wanted), or name another repository of torch\n"
        )
    );
    assert_eq!(tests::snapshot(&all.shared()), pins);
}

#[test]
fn a_submodule_that_is_not_given_by_its_hash_is_left_to_git() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    // On this machine it has no store, and so none of them has.
    let nested = sandbox.arg("github/o/nested");
    all.forge.git("o/lib", &["config", "--file", ".gitmodules", "submodule.deep/nested.url", &nested]);
    all.forge.commit("o/lib", &[]);
    all.forge.git("pytorch/pytorch/third_party/lib", &["pull", "--quiet", "origin", "main"]);
    let commit = all.forge.commit("pytorch/pytorch", &[]);
    let said = format!("git fetches the submodules by itself, and shares them with no other run: {nested} is on this machine\n");
    let ended = finish(&mut all.checkout(&["--ref", "nightly", "--no-hipify"])).expect(4);
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    assert!(ended.stderr.contains("fatal: transport 'file' not allowed"), "{}", ended.stderr);
    assert!(!sandbox.path("build/src/pytorch").exists());
    // The user's own settings let git take it.
    all.allow_folders();
    all.nightly(&["--no-hipify"]);
    all.assert_whole("build/src/pytorch", &commit);
}

#[test]
fn a_repository_may_be_its_own_submodule() {
    let all = Repositories::new();
    let first = all.forge.head("pytorch/pytorch");
    all.forge.git("pytorch/pytorch", &["submodule", "--quiet", "add", "https://github.com/pytorch/pytorch", "itself"]);
    let commit = all.forge.commit("pytorch/pytorch", &[]);
    let ended = all.nightly(&["--no-hipify"]);
    assert!(!ended.stderr.contains("shares them with no other run"), "{}", ended.stderr);
    all.assert_whole("build/src/pytorch", &commit);
    assert_eq!(all.head("build/src/pytorch/itself"), first);
}

#[test]
fn what_a_killed_git_left_where_pins_are_read_goes() {
    let all = Repositories::new();
    let pin = "1".repeat(40);
    let files = [(".ci/docker/ci_commit_pins/triton.txt", pin.as_str())];
    all.forge.commit("pytorch/pytorch", &files);
    let lock =
        || finish(&mut all.forge.lock(&["--ref", "nightly", "--only", "pytorch,triton", "--output", "lock.json"])).expect(0);
    lock();
    let folder = all.shared().join("git");
    let mut stores = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let store = stores.next().unwrap();
    std::fs::write(store.join("shallow.lock"), "half").unwrap();
    all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    lock();
    assert!(all.forge.sandbox.read("lock.json").contains(&all.forge.head("pytorch/pytorch")));
    assert!(!store.join("shallow.lock").exists());
}

#[test]
fn what_is_shared_is_not_packed_anew() {
    let all = Repositories::new();
    let config = all.forge.sandbox.root().join("gitconfig");
    let text = std::fs::read_to_string(&config).unwrap() + "[gc]\n\tautoPackLimit = 1\n\tautoDetach = false\n";
    std::fs::write(config, text).unwrap();
    let packs = |folder: &std::path::Path| {
        let names = tests::snapshot(folder).into_keys().filter(|path| path.extension().is_some_and(|end| end == "pack"));
        names.map(|path| path.file_name().unwrap().to_owned()).collect::<Vec<_>>()
    };
    all.nightly(&[]);
    all.forge.commit("pytorch/pytorch", &[("a.cu", "cuda again\n")]);
    // Translated, and so with a commit of its own.
    all.nightly(&["--work-dir", "other"]);
    let commits = all.shared().join("commits");
    let stores = std::fs::read_dir(&commits).unwrap().map(|entry| entry.unwrap().path());
    let store = stores.filter(|path| path.is_dir()).find(|path| packs(path).len() == 2).expect("a pack for each commit");
    assert_eq!(packs(&all.forge.sandbox.path("other/src/pytorch/.git/objects")), packs(&store));
}

#[test]
fn a_plan_shows_what_is_shared() {
    let all = Repositories::new();
    let sandbox = &all.forge.sandbox;
    let commit = all.forge.head("pytorch/pytorch");
    let python = tests::pythons().last().unwrap();
    let words = ["plan", "--ref", "nightly", "--only", "pytorch", "--gfx", "gfx942", "--python", &python.path];
    let text = sandbox.plain(&finish(sandbox.xtask().args(words)).expect(0).stdout);
    let name = |address: &str| {
        let prefix = address.rsplit('/').next().unwrap();
        let found = text.split("/cache/therock-xtask/commits/").nth(1).unwrap();
        assert!(found.starts_with(prefix), "{found}");
        found.split([',', ' ']).next().unwrap().to_owned()
    };
    let store = format!("BOX/cache/therock-xtask/commits/{}", name("https://github.com/pytorch/pytorch"));
    for line in [
        format!("into {store}, unless {commit} is there:"),
        format!("--depth 1 -- https://github.com/pytorch/pytorch +{commit}:refs/therock/{commit}   (tried three times)"),
        format!("link the objects of {store}, or"),
        format!("fetch --progress --depth 1 --no-recurse-submodules -- {store} {commit}"),
        "and its submodules into theirs, 10 at once; BOX/project/build/src/.therock-xtask/pytorch.gitconfig leads there"
            .to_owned(),
        "-c include.path=BOX/project/build/src/.therock-xtask/pytorch.gitconfig submodule update".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(!all.shared().join("commits").exists(), "a plan fetches none of it");
}
