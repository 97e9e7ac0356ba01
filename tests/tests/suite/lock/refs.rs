//! Whatever a ref may be, a full commit is what it becomes.

use serde_json::json;
use tests::finish;

use crate::forge::Forge;

const REPOSITORY: &str = "ROCm/pytorch";

#[test]
fn a_ref_becomes_one_commit() {
    let forge = Forge::new();
    let first = forge.repository(REPOSITORY, "main", &[("x", "1")]);
    forge.git(REPOSITORY, &["tag", "light"]);
    forge.git(REPOSITORY, &["tag", "--annotate", "heavy", "--message", "x"]);
    // A tag of a tag leads to the commit just the same.
    forge.git(REPOSITORY, &["tag", "--annotate", "heavier", "--message", "x", "heavy"]);
    forge.git(REPOSITORY, &["branch", "users/somebody/a.b-c"]);
    forge.git(REPOSITORY, &["branch", "both"]);
    let second = forge.commit(REPOSITORY, &[("x", "2")]);
    forge.git(REPOSITORY, &["tag", "both"]);
    forge.git(REPOSITORY, &["update-ref", "refs/pull/7/head", "HEAD"]);
    let full = first.to_uppercase();
    for (reference, commit) in [
        ("main", &second),
        ("refs/heads/main", &second),
        ("light", &first),
        ("heavy", &first),
        ("heavier", &first),
        ("refs/tags/heavy", &first),
        ("users/somebody/a.b-c", &first),
        ("refs/heads/both", &first),
        ("refs/tags/both", &second),
        ("refs/pull/7/head", &second),
        (&first, &first),
        (&full, &first),
    ] {
        let manifest = forge.locked(&["--ref", reference, "--only", "pytorch"]);
        let expected = json!({"repo": format!("https://github.com/{REPOSITORY}"), "commit": commit, "branch": reference});
        assert_eq!(manifest["pytorch"], expected, "{reference}");
        assert_eq!(manifest["pytorch_git_ref"], reference);
    }
}

#[test]
fn what_is_no_ref_is_refused() {
    let forge = Forge::new();
    let commit = forge.repository(REPOSITORY, "main", &[("x", "1")]);
    forge.git(REPOSITORY, &["branch", "both"]);
    forge.git(REPOSITORY, &["tag", "both"]);
    let another = "hint: name a branch, a tag or a full commit of this repository\n";
    let full = "hint: a commit is given in full, with its 40 digits\n";
    let missing = |reference: &str, nearest: &str| format!("no branch or tag is called `{reference}`{nearest}");
    for (reference, cause, hint) in [
        ("both", "`both` is both a branch and a tag".to_owned(), "hint: write `refs/heads/both` or `refs/tags/both`\n"),
        ("mian", missing("mian", " (nearest: `main`)"), another),
        ("HEAD", missing("HEAD", ""), another),
        ("release/9.9", missing("release/9.9", ""), another),
        ("refs/pull/8/head", missing("refs/pull/8/head", ""), another),
        (&commit[..7], missing(&commit[..7], ""), full),
        (&commit[..39], missing(&commit[..39], ""), full),
    ] {
        let said = forge.refused(3, &["--ref", reference, "--only", "pytorch"]);
        assert_eq!(said, format!("error: the commit of `pytorch` for `--ref {reference}` is not known: {cause}\n{hint}"));
    }

    // Repositories without a commit, and none at all.
    forge.sandbox.make_folder("github/empty");
    forge.git("empty", &["init", "--quiet", "--bare"]);
    let origin = format!("pytorch={}", forge.sandbox.arg("github/empty"));
    let said = forge.refused(3, &["--ref", "main", "--only", "pytorch", "--origin", &origin]);
    let unknown = "error: the commit of `pytorch` for `--ref main` is not known: ";
    assert_eq!(said, format!("{unknown}no branch or tag is called `main`\n{another}"));
    let said = forge.refused(3, &["--ref", "main", "--only", "pytorch", "--origin", "pytorch=https://github.com/no/where"]);
    let cause = "`git ls-remote` of https://github.com/no/where exited with 128: fatal: 'BOX/project/github/no/where' does not appear to be a \
                 git repository\n\
                 hint: is the address right, and does `git ls-remote` of it work here? `--origin` names another repository\n";
    assert_eq!(said, format!("{unknown}{cause}"));
}

#[test]
fn several_refs_are_told_of_together_and_written_together() {
    let forge = Forge::new();
    forge.repository(REPOSITORY, "main", &[("x", "1")]);
    forge.git(REPOSITORY, &["branch", "users/x/y"]);
    let lock =
        |refs: &[&str]| finish(forge.lock(&["--only", "pytorch", "--platform", "linux", "--manifest-dir", "out"]).args(refs));
    let ended = lock(&["--ref", "main; mian", "--ref", "users/x/z"]).expect(3);
    let hint = "hint: name a branch, a tag or a full commit of this repository\n";
    assert_eq!(
        ended.stderr,
        format!(
            "error: the commit of `pytorch` for `--ref mian` is not known: no branch or tag is called `mian` (nearest: `main`)\n{hint}\
             error: the commit of `pytorch` for `--ref users/x/z` is not known: no branch or tag is called `users/x/z` (nearest: `users/x/y`)\n\
             {hint}"
        )
    );
    assert!(!forge.sandbox.path("out").exists());
    let ended = lock(&["--ref", "main;users/x/y", "--ref", "main"]).expect(0);
    let names = ["therock-manifest_torch_linux_main.json", "therock-manifest_torch_linux_users-x-y.json"];
    assert_eq!(forge.sandbox.files("out"), names);
    let printed: String = names.iter().map(|name| format!("BOX/project/out/{name}\n")).collect();
    assert_eq!(forge.sandbox.plain(&ended.stdout), printed);
    assert!(ended.stderr.contains("    Finished 2 manifests in "), "{}", ended.stderr);
    for (name, reference) in names.iter().zip(["main", "users/x/y"]) {
        assert_eq!(forge.sandbox.manifest(&format!("out/{name}")).pytorch_git_ref.as_deref(), Some(reference));
    }
}
