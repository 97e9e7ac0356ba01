//! `manifest schema`: the schema, and whether it is still that of the types.

use std::process::Command;

use manifest::SCHEMA;
use tests::{Ended, Sandbox, finish, project};

/// `--check` as cargo would start it from a checkout in the sandbox's folder `checkout`.
fn check(sandbox: &Sandbox, cargo: &str) -> Command {
    let mut command = sandbox.xtask();
    command.args(["manifest", "schema", "--check"]).env("CARGO", cargo).env("CARGO_MANIFEST_DIR", sandbox.path("checkout/xtask"));
    command
}

fn checkout() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("checkout/manifest/schema/manifest.schema.json", SCHEMA);
    sandbox
}

#[test]
fn it_is_printed() {
    let ended = Sandbox::new().run(&["manifest", "schema"]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (SCHEMA, ""));
    let committed = std::fs::read_to_string(project().join("manifest/schema/manifest.schema.json")).unwrap();
    assert_eq!(SCHEMA, committed);
}

#[test]
fn without_a_checkout() {
    let sandbox = Sandbox::new();
    let hint = "hint: start the tool by `cargo xtask` in the project's checkout\n";
    let ended = sandbox.run(&["manifest", "schema", "--check"]).expect(3);
    assert_eq!(ended.stderr, format!("error: cannot check the schema: variable `CARGO` is not set\n{hint}"));
    let ended = finish(check(&sandbox, "cargo").env_remove("CARGO_MANIFEST_DIR")).expect(3);
    assert_eq!(ended.stderr, format!("error: cannot check the schema: variable `CARGO_MANIFEST_DIR` is not set\n{hint}"));
    let ended = finish(&mut check(&sandbox, "cargo")).expect(3);
    let path = "BOX/project/checkout/manifest/schema/manifest.schema.json";
    let expected =
        format!("error: cannot check the schema: cannot read `{path}`: No such file or directory (os error 2)\n{hint}");
    assert_eq!(sandbox.plain(&ended.stderr), expected);
    let sandbox = checkout();
    let cargo = sandbox.arg("no-cargo");
    let ended = finish(&mut check(&sandbox, &cargo)).expect(3);
    assert_eq!(sandbox.plain(&ended.stderr), "error: cannot check the schema: cannot start `BOX/project/no-cargo`: not found\n");
}

/// What cargo says decides: it cannot build, a test fails, no test ran, all is well.
#[test]
fn what_cargo_says() {
    let differs = "error: `manifest/schema/manifest.schema.json` is not what the types say; cargo printed:\n";
    let hint = "hint: run `UPDATE_SCHEMA=1 cargo test --package manifest schema` and read the difference\n";
    let table = [
        (
            "when --no-run\nwarn error: no such package\nexit 101\n",
            3,
            "error: the schema's tests cannot be built; cargo printed:\n    | error: no such package\n".to_owned(),
        ),
        (
            "when --no-run\nexit 0\nwhen\nprint line 3 differs\nprint test result: FAILED. 1 passed; 1 failed\nexit 101\n",
            5,
            format!("{differs}    | line 3 differs\n    | test result: FAILED. 1 passed; 1 failed\n{hint}"),
        ),
        (
            "when --no-run\nexit 0\nwhen\nprint test result: ok. 0 passed; 0 failed\n",
            5,
            format!("{differs}    | test result: ok. 0 passed; 0 failed\n{hint}"),
        ),
        ("when --no-run\nexit 0\nwhen\nprint test result: ok. 4 passed; 0 failed\n", 0, String::new()),
    ];
    for (script, code, expected) in table {
        let sandbox = checkout();
        let cargo = sandbox.fake("cargo", script);
        let ended: Ended = finish(&mut check(&sandbox, &cargo)).expect(code);
        assert_eq!(ended.stderr, expected);
        let said = if code == 0 { "`manifest/schema/manifest.schema.json` is what the types say\n" } else { "" };
        assert_eq!(ended.stdout, said);
        let journal = ["test --package manifest --lib --no-run schema", "test --package manifest --lib schema"];
        assert_eq!(sandbox.journal("cargo"), journal[..if code == 3 { 1 } else { 2 }]);
    }
}

/// The real cargo, on a copy of the crate: as it is, with one word of the schema changed, and that change asked to be written.
#[cfg(feature = "full")]
#[test]
fn the_real_tests() {
    use std::path::{Path, PathBuf};
    let sandbox = Sandbox::new();
    copy(&project().join("manifest"), &sandbox.path("checkout/manifest"));
    std::fs::copy(project().join("Cargo.lock"), sandbox.path("checkout/Cargo.lock")).unwrap();
    let workspace = std::fs::read_to_string(project().join("Cargo.toml")).unwrap();
    let alone = workspace.replace(r#"members = ["manifest", "tests", "xtask"]"#, r#"members = ["manifest"]"#);
    assert_ne!(alone, workspace);
    // A profile for a package that is not there would be warned about.
    sandbox.write("checkout/Cargo.toml", alone.split("# Everybody compiles").next().unwrap());
    // The compiler beside cargo itself: what stands on PATH may be rustup's stand-in, and without the user's settings, which the sandbox hides,
    // that would change the toolchains of this machine.
    let cargo = Path::new(env!("CARGO"));
    assert!(
        !cargo.with_file_name("rustup").with_extension(std::env::consts::EXE_EXTENSION).exists(),
        "{cargo:?} is rustup's stand-in"
    );
    let rustc = cargo.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX));
    let version = finish(sandbox.command(&rustc).arg("--version")).expect(0).stdout;
    assert!(version.starts_with("rustc "), "{version}");
    // Linkers stand on PATH; rustup's folder goes from it.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path)
        .filter(|folder| !folder.join("rustup").with_extension(std::env::consts::EXE_EXTENSION).exists());
    let path = std::env::join_paths(path).unwrap();
    let downloads = std::env::var_os("CARGO_HOME").map_or_else(|| std::env::home_dir().unwrap().join(".cargo"), PathBuf::from);
    let run = || {
        let mut command = check(&sandbox, env!("CARGO"));
        command.env("RUSTC", &rustc).env("PATH", &path).env("RUSTUP_AUTO_INSTALL", "0");
        // What was downloaded for this test's own build is enough.
        command.env("CARGO_HOME", &downloads).env("CARGO_NET_OFFLINE", "true");
        finish(command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema")).env("UPDATE_SCHEMA", "1"))
    };
    run().expect(0);
    let changed = SCHEMA.replacen("A manifest: what is or was built", "A manifest: what was built", 1);
    assert_ne!(changed, SCHEMA);
    sandbox.write("checkout/manifest/schema/manifest.schema.json", &changed);
    let ended = run().expect(5);
    assert!(
        ended.stderr.starts_with("error: `manifest/schema/manifest.schema.json` is not what the types say; cargo printed:\n")
    );
    assert!(ended.stderr.contains("A manifest: what was built from what"), "{}", ended.stderr);
    assert_eq!(sandbox.read("checkout/manifest/schema/manifest.schema.json"), changed);
    sandbox.write("checkout/manifest/src/lib.rs", "//! Nothing that could be built.\nmod\n");
    let ended = run().expect(3);
    assert!(ended.stderr.starts_with("error: the schema's tests cannot be built; cargo printed:\n"), "{}", ended.stderr);

    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                copy(&from, &to);
            } else {
                std::fs::copy(&from, &to).unwrap();
            }
        }
    }
}
