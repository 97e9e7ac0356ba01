//! The files of locks: whose place they may take, and what is said meanwhile.

use tests::finish;

use crate::forge::Forge;

const REPOSITORY: &str = "ROCm/pytorch";

fn forge() -> Forge {
    let forge = Forge::new();
    forge.repository(REPOSITORY, "main", &[("x", "1")]);
    forge.git(REPOSITORY, &["branch", "other"]);
    forge
}

#[test]
fn a_lock_takes_the_place_of_a_lock_of_the_same_only() {
    let forge = forge();
    let lock = |words: &[&str]| finish(&mut forge.lock(&[&["--only", "pytorch", "-o", "deep/lock.json"], words].concat()));
    lock(&["--ref", "main", "--platform", "linux"]).expect(0);
    // The branch moves, and so does its lock.
    let moved = forge.commit(REPOSITORY, &[("x", "2")]);
    lock(&["--ref", "main", "--platform", "linux"]).expect(0);
    assert_eq!(forge.sandbox.manifest("deep/lock.json").pytorch.unwrap().commit.as_str(), moved);

    let text = forge.sandbox.read("deep/lock.json");
    let other = format!("is the lock of something else: linux-{}, main", std::env::consts::ARCH);
    let unfinished = text.replace("\"planned\"", "\"complete\"");
    let source = format!("{{\"schema_version\": 1, \"pytorch\": {{\"repo\": \"x\", \"commit\": \"{moved}\"}}}}");
    for (there, words, fault) in [
        (text.as_str(), &["--ref", "other", "--platform", "linux"][..], other.as_str()),
        (&text, &["--ref", "main", "--platform", "windows"], &other),
        (&text, &["--ref", "main", "--platform", "linux", "--python", "3.12"], &other),
        (&text, &["--ref", "main", "--platform", "linux", "--gfx", "gfx942"], &other),
        (&unfinished, &["--ref", "main", "--platform", "linux"], "is a manifest, but no lock"),
        (&source, &["--ref", "main", "--platform", "linux"], "is a manifest, but no lock"),
        (
            "notes",
            &["--ref", "main", "--platform", "linux"],
            "is no manifest: manifest is not JSON: expected ident at line 1 column 2",
        ),
        ("[]", &["--ref", "main", "--platform", "linux"], "is no manifest: Manifest root must be a JSON object, not an array"),
    ] {
        forge.sandbox.write("deep/lock.json", there);
        let ended = lock(words).expect(3);
        let hint = "hint: nothing is overwritten that is not a lock of the same: name another file, or remove it";
        assert_eq!(forge.sandbox.plain(&ended.stderr), format!("error: `BOX/project/deep/lock.json` {fault}\n{hint}\n"));
        assert_eq!(forge.sandbox.read("deep/lock.json"), there);
        assert_eq!(forge.sandbox.files("deep"), ["lock.json"]);
    }
    std::fs::remove_file(forge.sandbox.path("deep/lock.json")).unwrap();
    forge.sandbox.make_folder("deep/lock.json");
    let ended = lock(&["--ref", "main"]).expect(3);
    assert_eq!(forge.sandbox.plain(&ended.stderr), "error: `BOX/project/deep/lock.json` is a folder\nhint: name a file\n");
}

#[test]
fn how_much_is_said() {
    let forge = forge();
    let lock = |words: &[&str]| {
        let all = [&["--ref", "main", "--only", "pytorch", "-o", "lock.json", "--rocm-version", "7.13.0"], words].concat();
        forge.sandbox.plain(&finish(&mut forge.lock(&all)).expect(0).stderr)
    };
    forge.commit(REPOSITORY, &[("version.txt", "2.13.0")]);
    let warning = "warning: no checkout of TheRock is known, so that the manifest has no entry `therock`\n";
    let commit = forge.head(REPOSITORY);
    assert_eq!(lock(&["--quiet"]), warning);
    let normal = lock(&[]);
    assert!(normal.starts_with(&format!("{warning}    Finished 1 manifest in ")), "{normal}");
    let verbose = lock(&["-v"]);
    let why = format!("        Note pytorch: {commit}: `main` of https://github.com/ROCm/pytorch\n");
    assert!(verbose.starts_with(&format!("{why}{warning}    Finished ")), "{verbose}");
    let json = lock(&["--log-style", "json"]);
    assert!(json.starts_with("{\"event\":\"warning\",\"text\":\"no checkout of TheRock"), "{json}");
    // A checkout of TheRock that is around is found, and flags win over it.
    forge.sandbox.make_folder("external-builds/pytorch");
    forge.sandbox.copy("github/ROCm/pytorch/.git", ".git");
    assert_eq!(lock(&["--quiet", "--therock-branch", "mine"]), "");
    let therock = forge.sandbox.manifest("lock.json").therock.unwrap();
    assert_eq!((therock.commit, therock.branch.as_deref()), (commit, Some("mine")));
    assert_eq!((therock.repo.as_str(), therock.version.as_deref()), ("https://github.com/ROCm/TheRock", Some("7.13.0")));
}

#[test]
fn github_tells_where_it_runs() {
    let forge = forge();
    let mut command = forge.lock(&["--ref", "main", "--only", "pytorch", "-o", "lock.json"]);
    for (name, value) in [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_RUN_ID", "7"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "ROCm/TheRock"),
        ("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"),
    ] {
        command.env(name, value);
    }
    finish(&mut command).expect(0);
    let manifest = forge.sandbox.manifest("lock.json");
    assert_eq!(manifest.run_id.as_deref(), Some("7"));
    let therock = manifest.therock.unwrap();
    assert_eq!((therock.repo.as_str(), &therock.commit[..8]), ("https://github.com/ROCm/TheRock", "01234567"));
}
