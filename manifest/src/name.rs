//! The manifest's file name: one per Python and ref.

/// Whether a set of wheels may be taken for a whole one, which its manifest's name tells at a glance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finished {
    /// Everything that was asked for is there: `….json`.
    Complete,
    /// The build runs, failed or lacks a wheel: `….partial.json`, which no uploader looks for.
    Partial,
}

/// `therock-manifest_torch_py{PY}_{TRACK}.json`, or with `.partial.json` at the end.
///
/// - `python`: the Python version, `3.12` or `3.13t`; blanks around it and a leading `py` are dropped.
/// - `git_ref`: what was asked of PyTorch's repository: `nightly`, `release/2.13`, a branch, tag or commit. Where it
///   is not known it is empty, and the name says `unknown`.
///
/// Every `/` becomes a `-`, and so does whatever else some system forbids in a file's name, or a terminal would obey. Two refs can therefore
/// share a name: compare [`Identity`](crate::Identity) before a file is replaced.
pub fn file_name(python: &str, git_ref: &str, finished: Finished) -> String {
    let python = plain_python(python).replace(is_forbidden, "-");
    let track = match git_ref.trim() {
        "" => "unknown".to_owned(),
        git_ref => git_ref.replace(is_forbidden, "-"),
    };
    let ending = match finished {
        Finished::Complete => "json",
        Finished::Partial => "partial.json",
    };
    format!("therock-manifest_torch_py{python}_{track}.{ending}")
}

/// `therock-manifest_torch_{PLATFORM}_{TRACK}.json`, the file of a lock in a folder of several: one per platform and ref.
///
/// - `platform`: `linux` or `windows`
/// - `git_ref`: what was asked of PyTorch's repository, spelled as [`file_name`] spells it
pub fn lock_file_name(platform: &str, git_ref: &str) -> String {
    format!("therock-manifest_torch_{}_{}.json", platform.replace(is_forbidden, "-"), git_ref.replace(is_forbidden, "-"))
}

/// The version without blanks around it and without a leading `py`.
pub(crate) fn plain_python(python: &str) -> &str {
    let python = python.trim();
    python.strip_prefix("py").unwrap_or(python)
}

fn is_forbidden(character: char) -> bool {
    !(character.is_ascii() || character.is_alphanumeric()) || character.is_ascii_control() || r#"/\:*?"<>|"#.contains(character)
}

#[cfg(test)]
mod tests {
    use super::{Finished, file_name, lock_file_name};

    #[test]
    fn names_of_locks() {
        for (platform, git_ref, expected) in [
            ("linux", "release/2.12", "therock-manifest_torch_linux_release-2.12.json"),
            ("windows", "nightly", "therock-manifest_torch_windows_nightly.json"),
            ("linux", "users/a\\b:c", "therock-manifest_torch_linux_users-a-b-c.json"),
        ] {
            assert_eq!(lock_file_name(platform, git_ref), expected);
        }
    }

    #[test]
    fn names() {
        let table = [
            ("3.12", "nightly", "py3.12_nightly"),
            ("3.12", "release/2.8", "py3.12_release-2.8"),
            ("3.11", "release/2.7", "py3.11_release-2.7"),
            ("py3.11", "nightly", "py3.11_nightly"),
            (" py3.12 ", "nightly", "py3.12_nightly"),
            ("3.13t", "users/alice/feature", "py3.13t_users-alice-feature"),
            ("3.12", "release/2.8/rc/1", "py3.12_release-2.8-rc-1"),
            ("", "nightly", "py_nightly"),
            ("py", "nightly", "py_nightly"),
            ("3.12", "", "py3.12_unknown"),
            ("3.12", " ", "py3.12_unknown"),
            ("../3.12", r"..\..\a:b", "py..-3.12_..-..-a-b"),
            ("3.12", "fünf-五", "py3.12_fünf-五"),
            ("3.12", "a\u{202e}b\u{9b}c\u{7f}", "py3.12_a-b-c-"),
            ("3.12\n", "a\0b\"c|d", "py3.12_a-b-c-d"),
        ];
        for (python, git_ref, middle) in table {
            assert_eq!(file_name(python, git_ref, Finished::Complete), format!("therock-manifest_torch_{middle}.json"));
            assert_eq!(file_name(python, git_ref, Finished::Partial), format!("therock-manifest_torch_{middle}.partial.json"));
        }
    }
}
