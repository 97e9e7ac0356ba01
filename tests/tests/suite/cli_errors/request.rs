//! The first report: what was typed, checked before any program is started.

use tests::{Sandbox, finish};

use crate::cli_errors::check;

#[test]
fn what_was_typed() {
    let sandbox = Sandbox::new();
    sandbox.write("a-file", "text");
    sandbox.write("files/apex", "text");
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    check(&sandbox, "request.txt", 2);
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    let before = sandbox.snapshot();
    let folder = std::ffi::OsStr::from_bytes(b"f\xfcr");
    let ended = finish(sandbox.xtask().args(["build", "--work-dir"]).arg(folder));
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert_eq!(
        ended.stderr,
        "error: the argument `f\u{fffd}r` is not UTF-8\nhint: rename the folder or file so that its name is UTF-8; build scripts could not \
         spell it either\n"
    );
    sandbox.assert_unchanged(&before);

    // The same of the folder that the tool is started in.
    let folder = sandbox.path("").join(folder);
    std::fs::create_dir(&folder).unwrap();
    let ended = finish(sandbox.xtask().args(["build", "--demo"]).current_dir(&folder));
    assert_eq!(ended.code, 2);
    assert_eq!(
        sandbox.plain(&ended.stderr),
        "error: the current directory `BOX/project/f\u{fffd}r` is not UTF-8\nhint: rename the folder or file so that its name is UTF-8; build \
         scripts could not spell it either\n"
    );
}

#[test]
fn what_windows_cannot_build() {
    let sandbox = Sandbox::new();
    let host = r#"{"platform": "windows", "machine": "AMD64", "cwd": "C:\\w", "env": {}, "cpus": 8, "terminal": "dumb"}"#;
    sandbox.write("windows.json", &format!(r#"{{"host": {host}, "looks": {{}}, "facts": {{}}}}"#));
    check(&sandbox, "windows.txt", 2);
}
