//! What a pip that was interrupted left half done among the packages of an environment.

use std::collections::BTreeSet;

use crate::audit::record;
use crate::facts::Seen;
use crate::file::{self, FileError};
use crate::host::Platform;
use crate::plan::python::distribution;

/// The entries of a folder of packages that are not whole: what pip put aside to remove it (`~umpy`), and the notes of a distribution
/// (`numpy-2.2.0.dist-info`) that are incomplete or name a file that is not there. `counts` tells, by its normalised name, whether a distribution
/// is looked at.
/// Source: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>
///
/// # Errors
/// If something cannot be read.
pub(super) fn halves(platform: Platform, packages: &str, counts: &dyn Fn(&str) -> bool) -> Result<BTreeSet<String>, FileError> {
    let mut found = BTreeSet::new();
    for name in file::list(packages)? {
        let is_half = match distribution(&name) {
            Some(distribution) => counts(&distribution) && !is_whole(platform, packages, &name)?,
            None => name.starts_with('~'),
        };
        if is_half {
            found.insert(name);
        }
    }
    Ok(found)
}

/// pip notes last who installed a distribution, and removes its notes after its modules.
fn is_whole(platform: Platform, packages: &str, notes: &str) -> Result<bool, FileError> {
    let note = |name: &str| platform.join(&platform.join(packages, notes), name);
    let Some(text) = file::read_if_there(&note("RECORD"))? else { return Ok(false) };
    // What Python compiled may be gone: it does it again.
    let is_there = |path: &String| {
        let path = if platform.is_absolute(path) { path.clone() } else { platform.join(packages, path) };
        path.ends_with(".pyc") || file::look(&path) != Seen::Missing
    };
    Ok(file::look(&note("INSTALLER")) == Seen::File && record::paths(&text).iter().all(is_there))
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::tests::World;
    use super::*;

    /// pip's notes of a distribution that brought one module.
    fn installed(world: &World, name: &str, without: &[&str]) {
        let record = format!("{name}/__init__.py,,\n\"{name}/a,b.py\",,\n{name}/__pycache__/gone.pyc,,\n../bin/{name},,\n");
        let notes = format!("site/{name}-1.0.dist-info");
        let files = [(format!("{notes}/RECORD"), record.as_str()), (format!("{notes}/INSTALLER"), "pip\n")];
        let modules =
            [format!("site/{name}/__init__.py"), format!("site/{name}/a,b.py"), format!("bin/{name}")].map(|path| (path, ""));
        for (path, text) in files.into_iter().chain(modules) {
            if !without.iter().any(|part| path.ends_with(part)) {
                world.write(&path, text);
            }
        }
    }

    #[test]
    fn what_pip_did_not_end_is_found() {
        let world = World::new();
        installed(&world, "whole", &[]);
        installed(&world, "Half_Installed", &["INSTALLER"]);
        installed(&world, "no_record", &["RECORD"]);
        installed(&world, "half_removed", &["a,b.py"]);
        installed(&world, "no_program", &["bin/no_program"]);
        installed(&world, "rocm_sdk_devel", &["__init__.py"]);
        world.write("site/~mpty-1.0.dist-info/RECORD", "");
        world.write("site/~mpty/__init__.py", "");
        world.write("site/module.py", "");
        let found = |counts: &dyn Fn(&str) -> bool| -> Vec<String> {
            halves(world.host.platform, &world.at("site"), counts).unwrap().into_iter().collect()
        };
        let notes = ["Half_Installed", "half_removed", "no_program", "no_record"].map(|name| format!("{name}-1.0.dist-info"));
        let aside = ["~mpty", "~mpty-1.0.dist-info"].map(str::to_owned);
        assert_eq!(found(&|name| name != "rocm-sdk-devel"), [notes.as_slice(), &aside].concat());
        assert_eq!(found(&|name| name == "half-installed"), [&notes[..1], &aside].concat());
    }
}
