//! What a manifest is the manifest of, so that one never takes another's place.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Manifest;
use crate::name::plain_python;

/// Platform, Python, ref and GPU targets. Two manifests with one file name but different identities belong to different
/// builds, and neither may overwrite the other.
///
/// In JSON it has the four keys of the manifest that it is read from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Identity {
    /// What the wheels run on: `linux-x86_64`, `windows-amd64`.
    platform: String,
    /// The Python version that the wheels are for: `3.12`, `3.13t`.
    #[serde(rename = "python_version")]
    python: String,
    /// The ref of PyTorch's repository as it was asked for: `nightly`, `release/2.13`.
    #[serde(rename = "pytorch_git_ref")]
    git_ref: String,
    /// The GPU targets, in alphabetical order: `gfx942`.
    #[serde(rename = "gfx_targets")]
    targets: BTreeSet<String>,
}

impl Identity {
    /// - `platform`: `linux-x86_64`, `windows-amd64`
    /// - `python`: `3.12`; a leading `py` is dropped, as in the file's name
    /// - `git_ref`: the ref of PyTorch's repository as it was asked for
    /// - `targets`: GPU targets such as `gfx942`, in any order
    pub fn new<T: AsRef<str>>(platform: &str, python: &str, git_ref: &str, targets: &[T]) -> Self {
        Self {
            platform: platform.to_owned(),
            python: plain_python(python).to_owned(),
            git_ref: git_ref.to_owned(),
            targets: targets.iter().map(|target| target.as_ref().to_owned()).collect(),
        }
    }
}

/// `linux-x86_64, Python 3.12, nightly, gfx1201,gfx942`, with the targets in alphabetical order.
impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets: Vec<&str> = self.targets.iter().map(String::as_str).collect();
        write!(formatter, "{}, Python {}, {}, {}", self.platform, self.python, self.git_ref, targets.join(","))
    }
}

impl Manifest {
    /// What this is the manifest of, or `None` where it lacks one of the four parts, as a source manifest does. A file
    /// without an identity is somebody else's: it is no more to be overwritten than one with another.
    pub fn identity(&self) -> Option<Identity> {
        if self.gfx_targets.is_empty() {
            return None;
        }
        let python = self.python_version.as_deref()?;
        Some(Identity::new(self.platform.as_deref()?, python, self.pytorch_git_ref.as_deref()?, &self.gfx_targets))
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::model::Manifest;

    #[test]
    fn equality_and_text() {
        let identity = Identity::new("linux-x86_64", "py3.12", "release/2.13", &["gfx942", "gfx1201"]);
        assert_eq!(identity.to_string(), "linux-x86_64, Python 3.12, release/2.13, gfx1201,gfx942");
        assert_eq!(identity, Identity::new("linux-x86_64", "3.12", "release/2.13", &["gfx1201", "gfx942", "gfx942"]));
        for other in [
            Identity::new("windows-amd64", "3.12", "release/2.13", &["gfx942", "gfx1201"]),
            Identity::new("linux-x86_64", "3.12t", "release/2.13", &["gfx942", "gfx1201"]),
            Identity::new("linux-x86_64", "3.12", "release-2.13", &["gfx942", "gfx1201"]),
            Identity::new("linux-x86_64", "3.12", "release/2.13", &["gfx942"]),
        ] {
            assert_ne!(identity, other);
        }
    }

    #[test]
    fn of_a_manifest() {
        let whole = Manifest {
            platform: Some("linux-x86_64".to_owned()),
            python_version: Some("3.12".to_owned()),
            pytorch_git_ref: Some("nightly".to_owned()),
            gfx_targets: vec!["gfx942".to_owned()],
            ..Manifest::default()
        };
        assert_eq!(whole.identity(), Some(Identity::new("linux-x86_64", "3.12", "nightly", &["gfx942"])));
        for lacking in [
            Manifest { platform: None, ..whole.clone() },
            Manifest { python_version: None, ..whole.clone() },
            Manifest { pytorch_git_ref: None, ..whole.clone() },
            Manifest { gfx_targets: Vec::new(), ..whole.clone() },
            Manifest::default(),
        ] {
            assert_eq!(lacking.identity(), None);
        }
    }
}
