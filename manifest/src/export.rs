//! What other programs want of a manifest, in their own formats. All come from the one manifest, so they cannot disagree.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::checked::Sha256;
use crate::model::{Artifact, Manifest};
use crate::project::Project;
use crate::shown::shown;
use crate::wheel::{WheelName, WheelNameError};

/// Why something cannot be exported.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExportError {
    /// A file that pip could not install.
    #[error("{0}")]
    Name(#[from] WheelNameError),
    /// One distribution in two versions, of which nobody could install both.
    #[error("there are wheels of `{distribution}` in two versions: {first} and {second}")]
    TwoVersions {
        /// The distribution.
        distribution: String,
        /// Its lower version.
        first: String,
        /// Its higher version.
        second: String,
    },
    /// An output that GitHub could not take.
    #[error("`{}` is not the name of an output: letters, digits, `_` and `-`, and no digit or `-` first", shown(.0))]
    OutputName(String),
}

impl ExportError {
    /// What to do about it, where that can be said.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Name(_) => {
                Some("give the file a wheel's name, or remove it, and write the manifest anew with `manifest generate`")
            }
            Self::TwoVersions { .. } => Some("remove the older wheel, and write the manifest anew with `manifest generate`"),
            Self::OutputName(_) => None,
        }
    }
}

impl Manifest {
    /// The hashes of the files as `sha256sum -c` reads them in their folder, one line each in the order of the paths.
    pub fn sha256sums(&self) -> String {
        let lines: BTreeMap<&str, &Sha256> =
            self.artifacts.iter().map(|artifact| (artifact.relative_path.as_str(), &artifact.sha256)).collect();
        lines.into_iter().map(|(path, sha256)| sha256sums_line(sha256, path)).collect()
    }

    /// A requirements file with every wheel, its version and hash. With the wheels in `dist` it installs by
    /// `pip install --require-hashes --no-deps --no-index --find-links dist -r FILE`. Nothing of the text comes from the
    /// labels: names and versions are read off the files' names, in normalised form.
    ///
    /// # Errors
    /// [`ExportError`] for a file that is no wheel, and for two versions of one distribution.
    pub fn requirements(&self) -> Result<String, ExportError> {
        let mut text = String::new();
        for (name, pinned) in self.pinned()? {
            let _ = write!(text, "{name}=={}", pinned.version);
            for sha256 in pinned.hashes {
                let _ = write!(text, " \\\n    --hash=sha256:{sha256}");
            }
            text.push('\n');
        }
        Ok(text)
    }

    /// A constraints file for pip: `torch==2.13.0+rocm7.14.0` for every wheel, in the order of the names.
    ///
    /// # Errors
    /// [`ExportError`], as [`Manifest::requirements`] has.
    pub fn constraints(&self) -> Result<String, ExportError> {
        Ok(self.pinned()?.into_iter().map(|(name, pinned)| format!("{name}=={}\n", pinned.version)).collect())
    }

    /// Lines for the file that `GITHUB_OUTPUT` names: `torch_version`, `torchaudio_version`, `torchvision_version`,
    /// `triton_version` and `apex_version`, as the files' names spell them, for the wheels that are there; then
    /// `missing`, the distributions that are not, if any, separated by commas; and `manifest_path`, which is `path` as it is given.
    ///
    /// # Errors
    /// [`ExportError`], as [`Manifest::requirements`] has.
    pub fn github_output(&self, path: &str) -> Result<String, ExportError> {
        let pinned = self.pinned()?;
        let mut text = String::new();
        for project in Project::ALL {
            if let Some(pinned) = pinned.get(project.distribution()) {
                text += &github_output_line(&format!("{}_version", project.distribution()), &pinned.spelled)?;
            }
        }
        if !self.missing.is_empty() {
            let names: Vec<&str> = self.missing.iter().map(|missing| missing.project.distribution()).collect();
            text += &github_output_line("missing", &names.join(","))?;
        }
        Ok(text + &github_output_line("manifest_path", path)?)
    }

    fn pinned(&self) -> Result<BTreeMap<String, Pinned<'_>>, ExportError> {
        let mut all: BTreeMap<String, Pinned<'_>> = BTreeMap::new();
        let mut artifacts: Vec<&Artifact> = self.artifacts.iter().collect();
        artifacts.sort_by_key(|artifact| (&artifact.relative_path, &artifact.sha256));
        for artifact in artifacts {
            let wheel = WheelName::parse(artifact.relative_path.file_name())?;
            let (distribution, version) = (wheel.normalized_distribution(), wheel.parsed_version().clone());
            let spelled = wheel.version().to_owned();
            let new = || Pinned { version: version.clone(), spelled, hashes: Vec::new() };
            let pinned = all.entry(distribution.clone()).or_insert_with(new);
            if pinned.version != version {
                let (first, second) = (pinned.version.clone().min(version.clone()), pinned.version.clone().max(version));
                return Err(ExportError::TwoVersions { distribution, first: first.to_string(), second: second.to_string() });
            }
            pinned.hashes.push(&artifact.sha256);
        }
        Ok(all)
    }
}

struct Pinned<'manifest> {
    version: pep440_rs::Version,
    spelled: String,
    hashes: Vec<&'manifest Sha256>,
}

/// One line of a file for `sha256sum -c`, its newline included. A name with a backslash, newline or carriage return is
/// escaped, and the line begins with a backslash to say so. A name that begins with `-` is no option there.
pub fn sha256sums_line(sha256: &Sha256, path: &str) -> String {
    if path.contains(['\\', '\n', '\r']) {
        let escaped = path.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r");
        format!("\\{sha256}  {escaped}\n")
    } else {
        format!("{sha256}  {path}\n")
    }
}

/// One output in the format of the file that `GITHUB_OUTPUT` names, as the runner reads it. A value of several lines stands
/// between two lines with a delimiter that is none of them, so nothing in it can become an output of its own.
///
/// # Errors
/// [`ExportError::OutputName`].
pub fn github_output_line(name: &str, value: &str) -> Result<String, ExportError> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !begins_well || !name.chars().all(is_word) {
        return Err(ExportError::OutputName(name.to_owned()));
    }
    if !value.contains(['\n', '\r']) {
        return Ok(format!("{name}={value}\n"));
    }
    let is_taken = |delimiter: &String| value.split(['\n', '\r']).any(|line| line == delimiter);
    let mut delimiter = "END_OF_VALUE".to_owned();
    while is_taken(&delimiter) {
        delimiter.push('_');
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

#[cfg(test)]
mod tests;
