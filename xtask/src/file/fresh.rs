//! Copies that replace nothing.

use std::io::ErrorKind;
use std::path::Path;

use super::partial::PARTIAL;
use super::{Outcome, Stored, failed, hash, make_parent, open};

/// How a copy ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// It is there.
    Done,
    /// The source holds something else, this; nothing was left at the new path.
    Other(Stored),
    /// Something stands at the new path; it stays.
    Taken,
}

/// Copies a file with its time, its new folder included, if it holds what is expected and nothing stands at the new path, not even since a moment
/// ago.
///
/// # Errors
/// If it cannot be read, or the copy cannot be written.
pub fn copy_new(from: &str, to: &str, expected: &Stored) -> Outcome<Copied> {
    make_parent(to)?;
    let path = Path::new(to);
    let (name, folder) = (path.file_name().unwrap_or_default(), path.parent().unwrap_or(path));
    let (mut source, times) = open(from)?;
    let mut prefix = name.to_os_string();
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    // Others may read it, as far as the user lets them: a temporary file is its owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let beside = builder.prefix(&prefix).suffix(PARTIAL).tempfile_in(folder).map_err(failed("write", to))?;
    let mut file = beside.as_file();
    let stored = hash(&mut source, &mut file).map_err(failed("copy", from))?;
    if stored != *expected {
        return Ok(Copied::Other(stored));
    }
    file.set_times(times).map_err(failed("write", to))?;
    match beside.persist_noclobber(path) {
        Ok(_) => Ok(Copied::Done),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(Copied::Taken),
        Err(error) => Err(failed("write", to)(error.error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::file::{self, Meter};

    #[test]
    fn a_copy_replaces_nothing_and_is_what_was_expected() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (from, to) = (at("-a b"), at("new/x"));
        file::write_text(&from, "text").unwrap();
        let (text, other) = (file::stored(b"text"), file::stored(b"TEXT"));
        assert_eq!(copy_new(&from, &to, &other).unwrap(), Copied::Other(text.clone()));
        assert_eq!(file::list(&at("new")).unwrap(), Vec::<String>::new());
        assert_eq!(copy_new(&from, &to, &text).unwrap(), Copied::Done);
        assert_eq!(file::measure(&to).unwrap(), text);
        let time = |path: &str| std::fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(&to), time(&from));
        #[cfg(unix)]
        {
            let mode = |path: &str| std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions());
            assert_eq!(mode(&to), mode(&from));
        }
        file::write_text(&from, "TEXT").unwrap();
        assert_eq!(copy_new(&from, &to, &other).unwrap(), Copied::Taken);
        assert_eq!((file::measure(&to).unwrap(), file::list(&at("new")).unwrap()), (text, vec!["x".to_owned()]));
    }

    #[test]
    fn what_passes_by_is_measured() {
        let mut meter = Meter::default();
        meter.write_all(b"te").unwrap();
        meter.write_all(b"xt").unwrap();
        let stored = meter.stored();
        assert_eq!((stored.size, &stored), (4, &file::stored(b"text")));
        assert_eq!(stored.sha256.as_str(), "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1");
    }
}
