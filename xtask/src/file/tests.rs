//! Files in a folder of their own.

use manifest::Sha256;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::Builder::new().prefix("ü x").tempdir().unwrap())
    }

    fn at(&self, path: &str) -> String {
        self.0.path().join(path).to_str().unwrap().to_owned()
    }
}

#[test]
fn texts_are_written_and_read() {
    let folder = Folder::new();
    let path = folder.at("a/b/c.txt");
    write_text(&path, "old and long").unwrap();
    write_text(&path, "new").unwrap();
    assert_eq!(read_text(&path).unwrap(), "new");
    assert_eq!(read_if_there(&path).unwrap().as_deref(), Some("new"));
    assert_eq!(read_if_there(&folder.at("a/none")).unwrap(), None);
    assert_eq!(list(&folder.at("a/b")).unwrap(), ["c.txt"], "nothing is left beside");
    assert_eq!(list(&folder.at("none")).unwrap(), [""; 0]);
    assert_eq!([look(&path), look(&folder.at("a")), look(&folder.at("b"))], [Seen::File, Seen::Directory, Seen::Missing]);
}

#[test]
fn copies_keep_their_time() {
    let folder = Folder::new();
    let (from, to) = (folder.at("from.dll"), folder.at("lib/to.dll"));
    write_text(&from, "code").unwrap();
    let modified = |path: &str| fs::metadata(path).unwrap().modified().unwrap();
    let old = modified(&from) - std::time::Duration::from_secs(1000);
    File::options().write(true).open(&from).unwrap().set_modified(old).unwrap();
    copy(&from, &to).unwrap();
    assert_eq!(read_text(&to).unwrap(), "code");
    assert_eq!(modified(&to), old);
}

#[test]
fn a_wheel_is_taken_and_measured() {
    let folder = Folder::new();
    let from = folder.at("dist/x-1-py3-none-any.whl");
    let text = "0123456789abcdef".repeat(100_000);
    write_text(&from, &text).unwrap();
    let stored = take(&from, &folder.at("out")).unwrap();
    assert_eq!(stored, measure(&from).unwrap());
    assert_eq!(stored.size, 1_600_000);
    assert_eq!(stored, measure(&folder.at("out/x-1-py3-none-any.whl")).unwrap());
    assert_eq!(list(&folder.at("out")).unwrap(), ["x-1-py3-none-any.whl"]);
    write_text(&folder.at("abc"), "abc").unwrap();
    let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(measure(&folder.at("abc")).unwrap(), Stored { size: 3, sha256: Sha256::parse(known).unwrap() });
}

#[test]
fn renaming_makes_the_folder_and_replaces() {
    let folder = Folder::new();
    write_text(&folder.at("a"), "a").unwrap();
    write_text(&folder.at("x/b"), "b").unwrap();
    rename(&folder.at("a"), &folder.at("x/b")).unwrap();
    rename(&folder.at("x"), &folder.at("y/z")).unwrap();
    assert_eq!(read_text(&folder.at("y/z/b")).unwrap(), "a");
}

#[test]
fn removing_takes_everything_and_tolerates_nothing() {
    let folder = Folder::new();
    write_text(&folder.at("a/b/object"), "x").unwrap();
    let mut read_only = fs::metadata(folder.at("a/b/object")).unwrap().permissions();
    read_only.set_readonly(true);
    fs::set_permissions(folder.at("a/b/object"), read_only.clone()).unwrap();
    if cfg!(unix) {
        read_only = fs::metadata(folder.at("a/b")).unwrap().permissions();
        read_only.set_readonly(true);
        fs::set_permissions(folder.at("a/b"), read_only).unwrap();
    }
    for path in ["a", "a", "none/below"] {
        remove_all(&folder.at(path)).unwrap();
        assert_eq!(look(&folder.at(path)), Seen::Missing);
    }
    write_text(&folder.at("file"), "x").unwrap();
    remove_all(&folder.at("file")).unwrap();
    assert_eq!(list(&folder.at("")).unwrap(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_link_is_removed_and_what_it_names_stays() {
    let folder = Folder::new();
    write_text(&folder.at("kept/file"), "x").unwrap();
    std::os::unix::fs::symlink(folder.at("kept"), folder.at("link")).unwrap();
    remove_all(&folder.at("link")).unwrap();
    assert_eq!(look(&folder.at("link")), Seen::Missing);
    assert_eq!(look(&folder.at("kept/file")), Seen::File);
}

#[cfg(unix)]
#[test]
fn programs_are_files_that_can_be_started() {
    let folder = Folder::new();
    write_text(&folder.at("text"), "x").unwrap();
    assert!(is_program("/bin/sh"));
    assert!(![folder.at("text"), folder.at(""), folder.at("none")].iter().any(|path| is_program(path)));
}

#[test]
fn folders_are_asked_whether_they_take_files() {
    let folder = Folder::new();
    write_text(&folder.at("file"), "x").unwrap();
    assert_eq!(takes_files(&folder.at("")), Ok(()));
    assert_eq!(takes_files(&folder.at("not/there/yet")), Ok(()));
    assert_eq!(takes_files(&folder.at("file/below")), Err(format!("`{}` is not a folder", folder.at("file"))));
    assert_eq!(list(&folder.at("")).unwrap(), ["file"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_says_why() {
    let cause = takes_files("/proc/self/x").unwrap_err();
    assert!(cause.contains("(os error ") && !cause.contains("/proc"), "{cause}");
}

#[cfg(unix)]
#[test]
fn errors_name_their_path() {
    let folder = Folder::new();
    write_text(&folder.at("file"), "x").unwrap();
    fs::write(folder.at("latin"), b"\xff").unwrap();
    let (file, none, latin) = (folder.at("file"), folder.at("none"), folder.at("latin"));
    let below = folder.at("file/below");
    let text = |outcome: Outcome<()>| outcome.unwrap_err().to_string();
    let cases = [
        (text(read_text(&none).map(drop)), format!("cannot read `{none}`: No such file or directory (os error 2)")),
        (text(read_if_there(&latin).map(drop)), format!("cannot read `{latin}`: stream did not contain valid UTF-8")),
        (text(list(&file).map(drop)), format!("cannot list `{file}`: Not a directory (os error 20)")),
        (text(write_text(&below, "x")), format!("cannot make the folder `{file}`: File exists (os error 17)")),
        (text(create(&folder.at("")).map(drop)), format!("cannot write `{}`: Is a directory (os error 21)", folder.at(""))),
        (text(copy(&none, &file)), format!("cannot read `{none}`: No such file or directory (os error 2)")),
        (text(take(&none, &file).map(drop)), format!("cannot read `{none}`: No such file or directory (os error 2)")),
        (text(measure(&none).map(drop)), format!("cannot read `{none}`: No such file or directory (os error 2)")),
        (text(rename(&none, &file)), format!("cannot rename `{none}`: No such file or directory (os error 2)")),
        (
            text(remove_all("/proc/self/status")),
            "cannot remove `/proc/self/status`: Operation not permitted (os error 1)".to_owned(),
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn lines_are_added_after_whole_lines() {
    let folder = Folder::new();
    let path = folder.at("output");
    for (before, expected) in [("", "a=1\n"), ("b=2\n", "b=2\na=1\n"), ("b=2", "b=2\na=1\n")] {
        write_text(&path, before).unwrap();
        append(&path, "a=1\n").unwrap();
        assert_eq!(read_text(&path).unwrap(), expected);
    }
    append(&folder.at("new"), "a=1\n").unwrap();
    assert_eq!(read_text(&folder.at("new")).unwrap(), "a=1\n");
}

#[test]
fn errors_have_advice() {
    let doing = |doing, kind: ErrorKind| FileError { doing, path: "x".to_owned(), cause: kind.into() }.hint();
    let hint = |kind| doing("write", kind);
    assert_eq!(hint(ErrorKind::StorageFull), Some("free some space, or choose another folder"));
    assert_eq!(hint(ErrorKind::ReadOnlyFilesystem), Some("make it writable, or choose another folder"));
    assert_eq!(hint(ErrorKind::PermissionDenied), Some("make it writable, or choose another folder"));
    assert_eq!(doing("read", ErrorKind::PermissionDenied), Some("make it readable, or choose another folder"));
    assert_eq!(hint(ErrorKind::NotADirectory), Some("a folder in this path is a file: choose another folder"));
    assert_eq!(hint(ErrorKind::NotFound), None);
    for reading in ["read", "list"] {
        let hint = doing(reading, ErrorKind::PermissionDenied);
        assert_eq!(hint, Some("make it readable, or choose another folder"));
    }
}

#[cfg(unix)]
#[test]
fn a_real_path_has_no_links() {
    let folder = Folder::new();
    let base = fs::canonicalize(folder.at("")).unwrap().to_str().unwrap().to_owned();
    fs::create_dir_all(folder.at("a/b")).unwrap();
    std::os::unix::fs::symlink("a/b", folder.at("link")).unwrap();
    for (path, expected) in [
        ("a/b", "a/b"),
        ("link", "a/b"),
        ("link/..", "a"),
        ("link/x/y", "a/b/x/y"),
        ("x/../link/../b", "a/b"),
        ("x/y/../../c", "c"),
    ] {
        assert_eq!(real(&folder.at(path)), format!("{base}/{expected}"), "{path}");
    }
}

#[test]
fn a_new_folder_is_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs/now").to_str().unwrap().to_owned();
    let made: Vec<String> = (0..3).map(|_| make_new_folder(&path).unwrap()).collect();
    assert_eq!(made, [path.clone(), format!("{path}-2"), format!("{path}-3")]);
    assert_eq!(look(&made[2]), Seen::Directory);
    write_text(&format!("{path}/file"), "").unwrap();
    let inside = format!("{path}/file/x");
    assert!(make_new_folder(&inside).unwrap_err().to_string().starts_with("cannot make the folder `"));
}

#[test]
#[cfg(unix)]
fn who_was_killed_is_told_by_his_own_file_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let me = Owner { pid: 1, command: "build".to_owned(), run: "a run".to_owned(), ..Owner::default() };
    let take = |name: &str| take_alone(&path(name), &me).unwrap().unwrap();
    let held = take("lock");
    assert_eq!((&held.left_by, held.last_used), (&None, None));
    let written = read_text(&path("lock")).unwrap();
    write_text(&path("copy"), &written).unwrap();
    // Whoever has the first is still alive.
    assert_eq!(take("copy").left_by, None);
    drop(held);
    let given_back = take("lock");
    assert!(given_back.left_by.is_none() && given_back.last_used.is_some());
    drop(given_back);
    write_text(&path("lock"), &written).unwrap();
    assert_eq!(take("lock").left_by.as_ref().map(|owner| owner.run.as_str()), Some("a run"));
}
