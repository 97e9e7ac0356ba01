//! The manifests that the reference page shows, in a sandbox.

use serde_json::Value;
use tests::{Sandbox, project};

/// The names of the examples.
pub const NAMES: [&str; 5] = ["complete.json", "incomplete.json", "sources.json", "flattened.json", "index.json"];

/// A sandbox with all of them.
pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in NAMES {
        sandbox.write(name, &text(name));
    }
    sandbox
}

/// The text of one.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(project().join("manifest/schema/examples").join(name)).unwrap()
}

/// Writes one with changes under another name.
pub fn write_changed(sandbox: &Sandbox, name: &str, as_name: &str, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_str(&text(name)).unwrap();
    change(&mut value);
    sandbox.write(as_name, &format!("{value:#}\n"));
}

/// Runs commands that must say just this on standard error and nothing on standard output, and leave everything as it is.
#[track_caller]
pub fn refused(sandbox: &Sandbox, code: i32, table: &[(&[&str], &str)]) {
    let before = sandbox.snapshot();
    for (args, expected) in table {
        let ended = sandbox.run(args);
        assert_eq!(sandbox.plain(&ended.stderr), format!("{expected}\n"), "{args:?}");
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{args:?}");
    }
    sandbox.assert_unchanged(&before);
}
