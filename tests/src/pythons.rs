//! The real Pythons of this machine. Each candidate is executed: what stands on `PATH` may be a shim that fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// An interpreter that can make environments and build extensions.
#[derive(Clone, Debug)]
pub struct Python {
    /// Its absolute path.
    pub path: String,
    /// `3.12`, `3.13t`.
    pub series: String,
}

/// Prints the series as a sortable key and as text, and the path; fails where environments or extensions cannot be made.
const ASK: &str = "
import ensurepip, os, sys, sysconfig, venv
assert sys.implementation.name == 'cpython' and sys.version_info >= (3, 10)
assert os.path.exists(os.path.join(sysconfig.get_path('include'), 'Python.h'))
threads = 't' if sysconfig.get_config_var('Py_GIL_DISABLED') else ''
print('%d.%03d%s' % (*sys.version_info[:2], threads), '%d.%d%s' % (*sys.version_info[:2], threads), sys.executable, sep='|')
";

/// Every usable series from 3.10 on, the oldest first.
pub fn pythons() -> &'static [Python] {
    static FOUND: LazyLock<Vec<Python>> = LazyLock::new(find);
    assert!(!FOUND.is_empty(), "no Python >= 3.10 with ensurepip and Python.h is on PATH or in pyenv");
    &FOUND
}

fn find() -> Vec<Python> {
    let mut found = BTreeMap::new();
    for candidate in candidates() {
        if let Some((key, python)) = ask(&candidate) {
            found.entry(key).or_insert(python);
        }
    }
    found.into_values().collect()
}

fn candidates() -> Vec<PathBuf> {
    let versions = match (std::env::var_os("PYENV_ROOT"), std::env::home_dir()) {
        (Some(root), _) => PathBuf::from(root).join("versions"),
        (None, home) => home.unwrap_or_default().join(".pyenv/versions"),
    };
    let pyenv = names(&versions).map(|version| versions.join(version).join("bin/python")).collect::<Vec<_>>();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).flat_map(|folder| {
        let pythons = names(&folder).filter(|name| is_python(name));
        pythons.map(|name| folder.join(name)).collect::<Vec<_>>()
    });
    pyenv.into_iter().chain(on_path).collect()
}

/// The names in a folder, if there is one.
fn names(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

/// `python`, `python3`, `python3.12`, `python3.13t`, but not `python3-config`.
fn is_python(name: &str) -> bool {
    let name = name.trim_end_matches(std::env::consts::EXE_SUFFIX);
    name.strip_prefix("python").is_some_and(|rest| rest.trim_end_matches('t').chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn ask(candidate: &Path) -> Option<(String, Python)> {
    let output = Command::new(candidate).args(["-I", "-c", ASK]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let [key, series, path] = text.trim().split('|').collect::<Vec<_>>().try_into().ok()?;
    Some((key.to_owned(), Python { path: path.to_owned(), series: series.to_owned() }))
}
