//! Wheel file names, as the binary distribution format (PEP 427 and its successors) defines them: parsed or refused.
//!
//! `{distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl`. It accepts what Python's
//! `packaging` accepts, but for what no builder writes and what would be a trap in a path, a pattern or a shell:
//! characters other than ASCII letters, digits and `-_.+!`, `..`, a distribution that begins or ends with punctuation,
//! and version numbers beyond 64 bits.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;

use crate::model::Labels;
use crate::project::Project;
use crate::shown::shown;

/// A wheel's file name, taken apart. Every part is kept as it is spelled; [`fmt::Display`] gives the name back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WheelName {
    distribution: String,
    version: String,
    parsed_version: Version,
    build_tag: Option<String>,
    python_tag: String,
    abi_tag: String,
    platform_tag: String,
}

impl WheelName {
    /// Takes a file's name (not a path) apart.
    ///
    /// # Errors
    /// [`WheelNameError`], with what is wrong first.
    pub fn parse(name: &str) -> Result<Self, WheelNameError> {
        parts(name).map_err(|fault| WheelNameError { name: name.to_owned(), fault })
    }

    /// The distribution as it is spelled: `torch`, `rocm_sdk_core`.
    pub fn distribution(&self) -> &str {
        &self.distribution
    }

    /// The distribution in the form in which names are compared: lower case, with `-` for each run of `-`, `_`, `.`.
    pub fn normalized_distribution(&self) -> String {
        normalized(&self.distribution)
    }

    /// The project whose wheel this is, if it is one of the five.
    pub fn project(&self) -> Option<Project> {
        let distribution = self.normalized_distribution();
        Project::ALL.into_iter().find(|project| project.distribution() == distribution)
    }

    /// The version as it is spelled: `2.7.0+rocm7.14.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version as a value to compare; its text is the normalised form.
    pub fn parsed_version(&self) -> &Version {
        &self.parsed_version
    }

    /// The build tag, which begins with a digit, if there is one.
    pub fn build_tag(&self) -> Option<&str> {
        self.build_tag.as_deref()
    }

    /// The Python tag, possibly several joined by dots: `cp312`, `py2.py3`.
    pub fn python_tag(&self) -> &str {
        &self.python_tag
    }

    /// The ABI tag, possibly several joined by dots: `cp312`, `none`.
    pub fn abi_tag(&self) -> &str {
        &self.abi_tag
    }

    /// The platform tag, possibly several joined by dots: `manylinux_2_27_x86_64.manylinux_2_28_x86_64`.
    pub fn platform_tag(&self) -> &str {
        &self.platform_tag
    }

    /// The labels of a wheel of this name in a manifest.
    pub fn labels(&self, build_variant: &str) -> Labels {
        Labels {
            distribution: Some(self.distribution.clone()),
            version: Some(self.version.clone()),
            build_tag: self.build_tag.clone(),
            python_tag: Some(self.python_tag.clone()),
            abi_tag: Some(self.abi_tag.clone()),
            platform_tag: Some(self.platform_tag.clone()),
            ..Labels::new(build_variant)
        }
    }
}

/// The file name.
impl fmt::Display for WheelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-", self.distribution, self.version)?;
        if let Some(build_tag) = &self.build_tag {
            write!(formatter, "{build_tag}-")?;
        }
        write!(formatter, "{}-{}-{}.whl", self.python_tag, self.abi_tag, self.platform_tag)
    }
}

/// What the name of every wheel of a distribution begins with, as builders spell it today: `torch-`, and
/// `rocm_sdk_core-` for `rocm-sdk-core`. A wheel matches `<prefix>*.whl`; no other distribution's does.
pub fn glob_prefix(distribution: &str) -> String {
    format!("{}-", normalized(distribution).replace('-', "_"))
}

/// A name that is not a wheel's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not a wheel's file name: {fault}", shown(name))]
pub struct WheelNameError {
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub fault: WheelFault,
}

/// What is wrong with a wheel's name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WheelFault {
    /// A character that no field may have: a path separator, a control character, a blank, ….
    #[error("it holds `{}`, and only ASCII letters, digits and `-_.+!` may be there", shown(&.0.to_string()))]
    Character(char),
    /// Two dots in a row.
    #[error("it holds `..`")]
    Dots,
    /// Another ending.
    #[error("it does not end in `.whl`")]
    Extension,
    /// Too few or too many fields.
    #[error("it has {0} of the 5 or 6 fields that dashes separate")]
    Fields(usize),
    /// A distribution that is not letters and digits with single `_` or `.` between them.
    #[error("distribution `{}` is not letters and digits with single `_` or `.` between them", shown(.0))]
    Distribution(String),
    /// A version that PEP 440 does not know, or with a number beyond 64 bits.
    #[error("version `{}` is not a PEP 440 version", shown(.0))]
    Version(String),
    /// A build tag that does not begin with a digit.
    #[error("build tag `{}` is not a digit and then letters, digits, `_` or `.`", shown(.0))]
    BuildTag(String),
    /// A tag, or one of several joined by dots, that is empty or not made of letters, digits and `_`.
    #[error("{kind} tag `{}` is not one or several words joined by dots", shown(tag))]
    Tag {
        /// Which of the three.
        kind: TagKind,
        /// The tag.
        tag: String,
    },
}

/// One of a wheel's three tags.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TagKind {
    /// Which Python.
    Python,
    /// Which binary interface.
    Abi,
    /// Which system.
    Platform,
}

impl fmt::Display for TagKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Python => "Python",
            Self::Abi => "ABI",
            Self::Platform => "platform",
        })
    }
}

fn parts(name: &str) -> Result<WheelName, WheelFault> {
    if let Some(character) = name.chars().find(|&character| !is_allowed(character)) {
        return Err(WheelFault::Character(character));
    }
    if name.contains("..") {
        return Err(WheelFault::Dots);
    }
    let stem = name.strip_suffix(".whl").ok_or(WheelFault::Extension)?;
    let fields: Vec<&str> = stem.split('-').collect();
    let (distribution, version, build_tag, tags) = match fields[..] {
        [distribution, version, python, abi, platform] => (distribution, version, None, [python, abi, platform]),
        [distribution, version, build, python, abi, platform] => (distribution, version, Some(build), [python, abi, platform]),
        _ => return Err(WheelFault::Fields(fields.len())),
    };
    let [python_tag, abi_tag, platform_tag] = tags;
    Ok(WheelName {
        distribution: checked_distribution(distribution)?,
        version: version.to_owned(),
        parsed_version: Version::from_str(version).map_err(|_| WheelFault::Version(version.to_owned()))?,
        build_tag: build_tag.map(checked_build_tag).transpose()?,
        python_tag: checked_tag(TagKind::Python, python_tag)?,
        abi_tag: checked_tag(TagKind::Abi, abi_tag)?,
        platform_tag: checked_tag(TagKind::Platform, platform_tag)?,
    })
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.+!".contains(character)
}

fn checked_distribution(text: &str) -> Result<String, WheelFault> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if text.split(['_', '.']).all(is_word) { Ok(text.to_owned()) } else { Err(WheelFault::Distribution(text.to_owned())) }
}

fn checked_build_tag(text: &str) -> Result<String, WheelFault> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    if text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err(WheelFault::BuildTag(text.to_owned()))
    }
}

fn checked_tag(kind: TagKind, tag: &str) -> Result<String, WheelFault> {
    let is_word = |word: &str| {
        // An interpreter's tag is its abbreviation and then a version, so it never begins with a digit.
        let begins_well = kind != TagKind::Python || !word.starts_with(|first: char| first.is_ascii_digit());
        begins_well && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if tag.split('.').all(is_word) { Ok(tag.to_owned()) } else { Err(WheelFault::Tag { kind, tag: tag.to_owned() }) }
}

pub(crate) fn normalized(distribution: &str) -> String {
    let words: Vec<&str> = distribution.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
