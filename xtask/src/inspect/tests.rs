//! Folders with and without wheels.
#![allow(clippy::disallowed_methods, reason = "tests make what is read")]

use std::fs;

use tempfile::TempDir;

use super::{Found, folder, list, read, side_by_side, spelled};

const HASH: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

fn with(files: &[(&str, &str)]) -> (TempDir, String) {
    let temporary = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = temporary.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let path = temporary.path().to_str().unwrap().to_owned();
    (temporary, path)
}

/// What is wrong with a folder, without its own path.
fn wrong(path: &str) -> Vec<String> {
    folder(path).unwrap_err().iter().map(|error| error.to_string().replace(path, "DIR")).collect()
}

fn paths(found: &Found) -> Vec<&str> {
    found.wheels.iter().map(|wheel| wheel.file.path.as_str()).collect()
}

#[test]
fn wheels_are_found_in_the_order_of_their_paths() {
    let (_kept, path) = with(&[
        ("a/x.whl", "x"),
        ("a-b/x.whl", "x"),
        ("a.whl", "x"),
        ("B.whl", "x"),
        ("x.WHL", "x"),
        ("x.whl.17.part", "x"),
        ("x.whl.metadata", "x"),
        ("x.tar.gz", "x"),
        ("manifests/a.json", "x"),
        (".kpack_staging/x.whl", "x"),
        ("a/.b/x.whl", "x"),
        (".hidden.whl", "x"),
        ("deep/er/still/x.whl", "x"),
        ("empty.whl", ""),
    ]);
    let found = folder(&path).unwrap();
    let expected = [".hidden.whl", "B.whl", "a-b/x.whl", "a.whl", "a/x.whl", "deep/er/still/x.whl", "empty.whl"];
    assert_eq!(paths(&found), expected);
    let first = &found.wheels[0].file;
    assert_eq!((first.size_bytes, first.sha256.as_str()), (1, HASH));
    let passed_over: Vec<String> = found.passed_over.iter().map(ToString::to_string).collect();
    assert_eq!(
        passed_over,
        [
            "`.kpack_staging` is not looked into, because its name begins with a dot",
            "`a/.b` is not looked into, because its name begins with a dot"
        ]
    );
}

#[test]
fn a_folder_that_is_not_there() {
    let (_kept, path) = with(&[]);
    assert!(folder(&path).unwrap().wheels.is_empty());
    let told = wrong(&format!("{path}/none"));
    assert!(told.len() == 1 && told[0].starts_with("cannot list `DIR`: "), "{told:?}");
}

#[cfg(unix)]
#[test]
fn names_that_no_manifest_can_list() {
    let (_kept, path) = with(&[("con.whl", "x"), ("nul/a.whl", "x"), ("good.whl", "x")]);
    assert_eq!(
        wrong(&path),
        [
            "path `con.whl` is not a plain relative path: a component is a device on Windows",
            "path `nul/a.whl` is not a plain relative path: a component is a device on Windows",
        ]
    );
}

#[cfg(unix)]
#[test]
fn names_and_kinds_that_only_unix_has() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let (kept, path) = with(&[("good.whl", "x"), ("a\nb.whl", "x"), ("c:d.whl", "x"), ("e\\f.whl", "x"), ("g.whl/x.whl", "x")]);
    let (outside, outside_path) = with(&[("secret.whl", "x")]);
    fs::write(kept.path().join(std::ffi::OsStr::from_bytes(b"h\xff\x1b.whl")), "x").unwrap();
    fs::create_dir(kept.path().join(std::ffi::OsStr::from_bytes(b"i\xfe"))).unwrap();
    fs::write(kept.path().join(std::ffi::OsStr::from_bytes(b"i\xfe/j.whl")), "x").unwrap();
    symlink(outside.path().join("secret.whl"), kept.path().join("k.whl")).unwrap();
    symlink("good.whl", kept.path().join("l.whl")).unwrap();
    symlink("nowhere", kept.path().join("m.whl")).unwrap();
    symlink(&outside_path, kept.path().join("n.whl")).unwrap();
    let made = std::os::unix::net::UnixListener::bind(kept.path().join("o.whl")).unwrap();
    assert_eq!(
        wrong(&path),
        [
            r"path `a\nb.whl` is not a plain relative path: it holds a control character",
            r"path `c:d.whl` is not a plain relative path: it holds a colon",
            r"path `e\f.whl` is not a plain relative path: it holds a backslash",
            "`g.whl` is a folder, not a wheel",
            r"the name of `h\xff\u{1b}.whl` is not UTF-8",
            r"the name of `i\xfe/j.whl` is not UTF-8",
            "`k.whl` is a link, and what is behind it may be outside the folder",
            "`l.whl` is a link, and what is behind it may be outside the folder",
            "`m.whl` is a link, and what is behind it may be outside the folder",
            "`n.whl` is a link, and what is behind it may be outside the folder",
            "`o.whl` is a pipe, socket or device, not a wheel",
        ]
    );
    drop(made);
}

#[cfg(unix)]
#[test]
fn links_to_folders_are_not_followed() {
    use std::os::unix::fs::symlink;
    let (kept, path) = with(&[("a.whl", "x"), ("b/c.whl", "x")]);
    symlink("/", kept.path().join("root")).unwrap();
    symlink("..", kept.path().join("b/up")).unwrap();
    symlink("a.txt", kept.path().join("dangling")).unwrap();
    let found = folder(&path).unwrap();
    assert_eq!(paths(&found), ["a.whl", "b/c.whl"]);
    let passed_over: Vec<String> = found.passed_over.iter().map(ToString::to_string).collect();
    let expected = ["`b/up` is a link to a folder, and is not followed", "`root` is a link to a folder, and is not followed"];
    assert_eq!(passed_over, expected);
}

/// Each line: what happens to the file between listing and reading, and what is said of it.
#[test]
fn files_that_do_not_keep_still() {
    type Act = fn(&str);
    let changed = "`a.whl` changed while it was read";
    let table: [(&str, Act, &str); 4] = [
        ("grows", |path| fs::write(path, "longer").unwrap(), changed),
        ("shrinks", |path| fs::write(path, "").unwrap(), changed),
        (
            "is touched",
            |path| {
                let file = fs::File::options().write(true).open(path).unwrap();
                file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
            },
            changed,
        ),
        ("vanishes", |path| fs::remove_file(path).unwrap(), "cannot read `DIR/a.whl`: "),
    ];
    for (what, act, expected) in table {
        let (_kept, path) = with(&[("a.whl", "x")]);
        let (listed, _) = list(&path).unwrap();
        act(&format!("{path}/a.whl"));
        let error = read(&path, &listed[0]).map(|_| ()).unwrap_err();
        assert!(error.to_string().replace(&path, "DIR").starts_with(expected), "{what}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_another_one_now() {
    let (_kept, path) = with(&[("a.whl", "x"), ("b", "x")]);
    let (listed, _) = list(&path).unwrap();
    let (old, new) = (format!("{path}/a.whl"), format!("{path}/b"));
    let time = fs::metadata(&old).unwrap().modified().unwrap();
    fs::File::options().write(true).open(&new).unwrap().set_modified(time).unwrap();
    fs::rename(&new, &old).unwrap();
    assert_eq!(read(&path, &listed[0]).unwrap_err().to_string(), "`a.whl` changed while it was read");
}

#[test]
fn results_stand_in_the_order_of_the_items() {
    let items: Vec<u64> = (0..1000).map(|number| number * 7919 % 1000).collect();
    assert_eq!(side_by_side(&items, |item| *item, |item| item + 1), items.iter().map(|item| item + 1).collect::<Vec<_>>());
    assert_eq!(side_by_side(&[] as &[u64], |item| *item, |item| *item), [0; 0]);
}

#[test]
fn the_heaviest_is_begun_first() {
    let begun = std::sync::Mutex::new(Vec::new());
    let items: Vec<u64> = (0..64).collect();
    side_by_side(&items, |item| *item, |item| begun.lock().unwrap().push(*item));
    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    // Threads may overtake each other, but none is further than their number from the order.
    let begun = begun.into_inner().unwrap();
    assert!(begun.iter().take(cores as usize).all(|item| *item >= 64 - 2 * cores.min(32)), "{begun:?}");
}

#[test]
fn paths_have_forward_slashes() {
    let path: std::path::PathBuf = ["a", "b", "ü.whl"].iter().collect();
    assert_eq!(spelled(&path), "a/b/ü.whl");
}
