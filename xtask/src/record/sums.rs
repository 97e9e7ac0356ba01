//! `SHA256SUMS` beside the wheels: the checksums of the set whose manifest became complete last. It is there only while it is true.

use manifest::{Manifest, RelativePath, Sha256};

use crate::file::{self, FileError};
use crate::host::Host;

/// The file of one folder of wheels.
pub struct Sums {
    path: String,
    /// Somebody else's: it names files that are no wheels. It stays as it is.
    foreign: bool,
}

/// More is no list of wheels.
const LIMIT: u64 = 64 << 20;

impl Sums {
    /// Looks at the file.
    pub fn of(host: &Host, folder: &str) -> Self {
        let path = host.platform.join(folder, "SHA256SUMS");
        let is_ours = |_| file::read_at_most(&path, LIMIT).is_ok_and(|text| lists_wheels(&text));
        let foreign = !file::stamp(&path).map_or_else(|| file::is_free(&path), is_ours);
        Sums { path, foreign }
    }

    /// What the user should know about a file that is somebody else's.
    pub fn warning(&self) -> Option<String> {
        self.foreign.then(|| {
            format!(
                "`{}` lists something else than wheels, so it stays as it is, and the wheels' checksums are not written",
                self.path
            )
        })
    }

    /// From here on wheels may change.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self) -> Result<(), FileError> {
        if self.foreign { Ok(()) } else { file::remove_all(&self.path) }
    }

    /// The wheels are whole, and as the manifest says.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, manifest: &Manifest) -> Result<(), FileError> {
        if self.foreign { Ok(()) } else { file::write_text(&self.path, &manifest.sha256sums()) }
    }
}

/// Whether each line is a wheel's, in the form that `sha256sum` writes.
fn lists_wheels(text: &str) -> bool {
    let is_wheel = |line: &str| {
        let (hash, path) = line.split_at_checked(64)?;
        let path = path.strip_prefix("  ").or_else(|| path.strip_prefix(" *"))?;
        (Sha256::parse(hash).is_ok() && path.ends_with(".whl") && RelativePath::parse(path).is_ok()).then_some(())
    };
    text.lines().all(|line| is_wheel(line).is_some())
}

#[cfg(test)]
mod tests {
    use super::lists_wheels;

    #[test]
    fn lists_of_wheels() {
        let hash = "0".repeat(64);
        let table = [
            (String::new(), true),
            (format!("{hash}  a.whl\n"), true),
            (format!("{hash} *gfx942/a.whl\n{hash}  b.whl\n"), true),
            (format!("{hash}  a.whl\n{hash}  torch-2.7.0.tar.gz\n"), false),
            (format!("{hash}  ../a.whl\n"), false),
            (format!("{hash} a.whl\n"), false),
            (format!("\\{hash}  a\\nb.whl\n"), false),
            (format!("{}  a.whl\n", "0".repeat(128)), false),
            (format!("# wheels\n{hash}  a.whl\n"), false),
            ("é".repeat(40), false),
        ];
        for (text, expected) in table {
            assert_eq!(lists_wheels(&text), expected, "{text}");
        }
    }
}
