//! Output folders that are made for it.
#![cfg(unix)]

use super::*;
use crate::observe::tests::World;

#[test]
fn wheels_and_manifests_are_listed() {
    let world = World::new();
    let output = || output(&world.host, &world.places(&[]));
    assert_eq!(output(), Output::default());
    for name in ["b.whl", "a.whl", "x.txt", ".torch.whl.12.part"] {
        world.write(&format!("dist/{name}"), "");
    }
    let manifest = r#"{"schema_version": 1, "platform": "linux-x86_64", "python_version": "3.12", "pytorch_git_ref": "nightly",
        "gfx_targets": ["gfx942"], "artifacts": [{"relative_path": "a.whl", "size_bytes": 0,
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "labels": {"framework": "pytorch",
        "build_variant": "release", "distribution": "a"}}]}"#;
    world.write("dist/manifests/therock-manifest_torch_py3.12_nightly.json", manifest);
    world.write("dist/manifests/therock-manifest_torch_linux_nightly.json", r#"{"schema_version": 1}"#);
    world.write("dist/manifests/therock-manifest_torch_py3.12_x.partial.json", "[]");
    world.write("dist/manifests/other.json", "{}");
    let recorded = |identity: Result<&str, &str>, wheels: &[&str]| Recorded {
        identity: identity.map(str::to_owned).map_err(str::to_owned),
        wheels: wheels.iter().map(|name| name.to_string()).collect(),
        lock: BTreeMap::new(),
    };
    let expected = [
        ("therock-manifest_torch_py3.12_nightly.json", recorded(Ok("linux-x86_64, Python 3.12, nightly, gfx942"), &["a.whl"])),
        ("therock-manifest_torch_linux_nightly.json", recorded(Err("it does not say what build it is of"), &[])),
        ("therock-manifest_torch_py3.12_x.partial.json", recorded(Err("Manifest root must be a JSON object, not an array"), &[])),
    ];
    let manifests = expected.map(|(name, recorded)| (name.to_owned(), recorded)).into();
    assert_eq!(output(), Output { wheels: vec!["a.whl".to_owned(), "b.whl".to_owned()], manifests });
}

#[test]
fn an_unfinished_run_left_its_commits() {
    let world = World::new();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let source = format!(r#"{{"repo": "https://h/x", "commit": "{commit}", "branch": "nightly"}}"#);
    // torch is still to come, torchaudio was built, and triton and apex are taken over from a whole set.
    let text = |status: &str| {
        format!(
            r#"{{"schema_version": 1, "pytorch": {source}, "pytorch_audio": {source}, "triton": {source}, "apex": {source}, "status": "{status}",
            "missing": [{{"project": "pytorch", "need": "required"}}],
            "jobs": [{{"project": "pytorch_audio", "status": "built", "reason": ""}}, {{"project": "triton", "status": "reused", "reason": "{CARRIED_OVER}"}}]}}"#
        )
    };
    let path = world.at("dist/manifests/therock-manifest_torch_py3.12_nightly.partial.json");
    let lock = |status: &str| {
        file::write_text(&path, &text(status)).unwrap();
        output(&world.host, &world.places(&[])).manifests.into_values().next().unwrap().lock
    };
    let locked = Locked {
        repo: "https://h/x".to_owned(),
        commit: commit.to_owned(),
        branch: Some("nightly".to_owned()),
        why: format!("the commit of the unfinished run in `{path}`"),
        version: None,
    };
    assert_eq!(lock("failed"), [Project::Pytorch, Project::PytorchAudio].map(|project| (project, locked.clone())).into());
    assert_eq!(lock("complete"), BTreeMap::new());
}

#[test]
fn an_unfinished_run_names_only_repositories() {
    let world = World::new();
    let commit = "0".repeat(40);
    let path = world.at("dist/manifests/therock-manifest_torch_py3.12_nightly.partial.json");
    let recorded = |repo: &str, commit: &str| {
        let source = serde_json::json!({"repo": repo, "commit": commit});
        let missing = serde_json::json!([{"project": "apex", "need": "required"}]);
        let text = serde_json::json!({"schema_version": 1, "apex": source, "status": "failed", "missing": missing}).to_string();
        file::write_text(&path, &text).unwrap();
        let recorded = output(&world.host, &world.places(&[])).manifests.into_values().next().unwrap();
        (recorded.identity.unwrap_err(), recorded.lock.len())
    };
    let program = "`::` would choose a program to run";
    let host = "its host starts with `-` like an option";
    let neither = "it is neither a URL nor an absolute path";
    let control = "it contains a control character";
    for (repo, shown, fault) in [
        ("ext::sh -c id", "ext::sh -c id", program),
        ("fd::17", "fd::17", program),
        ("helper::x", "helper::x", program),
        ("ssh://-oProxyCommand=id/x", "ssh://-oProxyCommand=id/x", host),
        ("ssh://-oProxyCommand=id@host/x", "***@host/x", host),
        ("git@-oProxyCommand=id:x", "***@-oProxyCommand=id:x", host),
        ("git@host:-x", "***@host:-x", "its path starts with `-` like an option"),
        ("../../x", "../../x", neither),
        ("origin", "origin", neither),
        ("https://host/\u{202e}x", "https://host/\u{fffd}x", control),
        ("https://user:secretpass@host/a b", "***@host/a b", "it contains a blank"),
        ("javascript://host/x", "javascript://host/x", "its scheme is none of `https`, `http`, `ssh`, `git`, `file`"),
    ] {
        let cause = format!("manifest entry `apex`: repository `{shown}` is invalid: {fault}");
        assert_eq!(recorded(repo, &commit), (cause, 0), "{repo}");
    }
    for (repo, fault) in [
        ("--upload-pack=id", "manifest entry `apex`: `repo` `--upload-pack=id` is not a repository"),
        ("https://host/\u{1b}[2J", r"manifest entry `apex`: `repo` `https://host/\u{1b}[2J` is not a repository"),
        ("https://host/\nx", r"manifest entry `apex`: `repo` `https://host/\nx` is not a repository"),
        ("", "manifest entry `apex`: `repo` is empty"),
    ] {
        assert_eq!(recorded(repo, &commit), (fault.to_owned(), 0));
    }
    for wrong in ["--upload-pack=id", "main", "../../x", "0123456", &"g".repeat(40)] {
        let cause = format!("manifest entry `apex`: commit `{wrong}` is not 40 or 64 lower-case hexadecimal digits");
        assert_eq!(recorded("https://host/x", wrong), (cause, 0));
    }
    // A checkout of the user's that names no repository is built as it is, and nothing is fetched for it.
    assert_eq!(recorded("unknown", &commit), ("it does not say what build it is of".to_owned(), 0));
    assert_eq!(recorded("https://user:secretpass@host/x", &commit).1, 1);
}

#[test]
fn libraries_are_found_below_their_variables() {
    let mut world = World::new();
    assert_eq!(libraries(&world.host), BTreeMap::new());
    let (redist, uv) = (world.at("redist"), world.at("uv"));
    world.host.env.0.extend([(OPENMP_ROOT, redist), (LIBUV_ROOT, uv)].map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(libraries(&world.host), BTreeMap::new());
    world.write("redist/x64/libomp140.x86_64.dll", "");
    world.write("redist/debug_nonredist/x64/other.dll", "");
    let openmp = world.write("redist/debug_nonredist/x64/libomp140.x86_64.dll", "");
    let uv = world.write("uv/bin/uv.dll", "");
    let expected = [(OPENMP, openmp), (LIBUV, uv)].map(|(name, path)| (name.to_owned(), path));
    assert_eq!(libraries(&world.host), expected.into());
}
