//! Versions by PEP 440: the suffix that names ROCm in a wheel's version, requirements on versions,
//! Python's own versions and release types. Each is parsed or refused.

use std::fmt;
use std::str::FromStr;

use pep440_rs::{Version, VersionParseError, VersionSpecifier};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

#[cfg(test)]
mod tests;

/// Why a text is refused as a version or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum VersionError {
    /// Not a version.
    #[error("`{text}` is not a PEP 440 version: {cause}")]
    Version { text: String, cause: VersionParseError },
    /// A version suffix without its `+`.
    #[error("version suffix `{text}` does not start with `+`")]
    SuffixWithoutPlus { text: String },
    /// A version suffix that no version can have.
    #[error("version suffix `{text}` is not a PEP 440 local version: {cause}")]
    Suffix { text: String, cause: String },
    /// A ROCm version that cannot be named in a suffix: one with an epoch.
    #[error("ROCm version `{rocm}` cannot be named in a wheel's version: {cause}")]
    Rocm { rocm: String, cause: VersionParseError },
    /// A commit that cannot be named in a wheel's version.
    #[error("commit `{text}` is not eight or more hexadecimal digits")]
    Commit { text: String },
    /// A wheel version that is put together from a wrong base.
    #[error("wheel version `{text}` is not a PEP 440 version: {cause}")]
    Wheel { text: String, cause: VersionParseError },
    /// Not a Python version.
    #[error("`{text}` is not a Python version")]
    Python { text: String },
    /// A Python version with a patch number.
    #[error("Python version `{text}` is more exact than major and minor")]
    PythonPatch { text: String, minor: String },
    /// Not a release type.
    #[error("unknown release type `{text}`: expected {}", ReleaseType::ALL.map(|known| format!("`{known}`")).join(", "))]
    ReleaseType { text: String },
    /// A version where a requirement on versions is expected.
    #[error("version specifier `{text}` has no operator")]
    BareSpecifier { text: String },
    /// Not a requirement on versions.
    #[error("`{clause}` is not a PEP 440 version specifier: {cause}")]
    Specifier { clause: String, cause: String },
}

impl VersionError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Version { .. } => Some("versions look like `7.10.0` or `7.10.0a20251124`".to_owned()),
            Self::SuffixWithoutPlus { text } => {
                let meant = Suffix::parse(&format!("+{text}")).unwrap_or_else(|_| Suffix("+rocm7.10.0".to_owned()));
                Some(format!("write `{meant}`"))
            }
            Self::Suffix { .. } => {
                Some("after `+` come letters and digits, divided by `.`, `-` or `_`: `+rocm7.10.0`".to_owned())
            }
            Self::Rocm { .. } => Some("name it with `--version-suffix`".to_owned()),
            Self::Commit { .. } | Self::ReleaseType { .. } => None,
            Self::Wheel { .. } => Some("the source's `version.txt` must hold a version without `+`".to_owned()),
            Self::Python { .. } => Some("write `3.12`, `3.13t`, `cp312` or `py3.12`".to_owned()),
            Self::PythonPatch { minor, .. } => Some(format!("write `{minor}`")),
            Self::BareSpecifier { text } => Some(format!("write `=={text}`")),
            Self::Specifier { .. } => Some("write operators with versions, divided by commas: `>=7.10,<8`".to_owned()),
        }
    }
}

/// The one spelling of a version: the text of Python's `packaging.version.Version(text)`.
/// Numbers of the public part must fit into 64 bits.
///
/// # Errors
/// If `text` is not a PEP 440 version.
pub fn normalize(text: &str) -> Result<String, VersionError> {
    normal(text).map_err(|cause| VersionError::Version { text: text.to_owned(), cause })
}

fn normal(text: &str) -> Result<String, VersionParseError> {
    let version = Version::from_str(text.trim())?.to_string();
    let Some((public, local)) = version.split_once('+') else {
        return Ok(version);
    };
    // pep440_rs takes a number of more than 64 bits for a word and keeps its zeros; a commit of
    // digits only is one.
    let local: Vec<&str> = local.split('.').map(without_leading_zeros).collect();
    Ok(format!("{public}+{}", local.join(".")))
}

fn without_leading_zeros(segment: &str) -> &str {
    if !segment.chars().all(|c| c.is_ascii_digit()) {
        return segment;
    }
    let number = segment.trim_start_matches('0');
    if number.is_empty() { "0" } else { number }
}

/// What follows the upstream version in a wheel's version, its `+` included: `+rocm7.10.0`.
/// Kept as written: a `-` in it is a `.` in the wheel's name, so compare with [`same_suffix`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suffix(String);

impl Suffix {
    /// The suffix that names the ROCm version `rocm`: `+rocm7.10.0`, or
    /// `+devrocm7.10.0.dev0-efed3c` for what was built in development.
    ///
    /// Spelling does not matter: `7.10.0.DEV0+ABC_DEF` gives `+devrocm7.10.0.dev0-abc.def`, where
    /// TheRock's own tools test the text as typed and say `+rocm…`. Versions that ROCm's builds
    /// make are lower-case, so both agree on all of them.
    ///
    /// # Errors
    /// If `rocm` is not a PEP 440 version, or has an epoch, which no suffix can hold.
    pub fn derive(rocm: &str) -> Result<Self, VersionError> {
        let version = normalize(rocm)?;
        let base = if version.contains("dev") { "devrocm" } else { "rocm" };
        let suffix = format!("+{base}{}", version.replace('+', "-"));
        match normal(&format!("0{suffix}")) {
            Ok(_) => Ok(Self(suffix)),
            Err(cause) => Err(VersionError::Rocm { rocm: rocm.to_owned(), cause }),
        }
    }

    /// A suffix that a user wrote.
    ///
    /// # Errors
    /// If it lacks its `+` or no version can end in it.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let refused = |cause| VersionError::Suffix { text: text.to_owned(), cause };
        if !text.starts_with('+') {
            return Err(VersionError::SuffixWithoutPlus { text: text.to_owned() });
        }
        if text.contains(char::is_whitespace) {
            return Err(refused("it contains white space".to_owned()));
        }
        normal(&format!("0{text}")).map_err(|cause| refused(cause.to_string()))?;
        Ok(Self(text.to_owned()))
    }

    /// The text, `+` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Suffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether two versions are one, however they are spelled. What is no version is the same only as itself.
pub fn same_version(a: &str, b: &str) -> bool {
    let version = |text: &str| normal(text).and_then(|text| Version::from_str(&text));
    match (version(a), version(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Whether wheels with either suffix have the same version.
pub fn same_suffix(a: &Suffix, b: &Suffix) -> bool {
    normal(&format!("0{a}")) == normal(&format!("0{b}"))
}

/// The version to build a wheel with: `base` is what the source's `version.txt` says, `commit`
/// the source's, given only for release types that [tag it](ReleaseType::tags_commit).
/// It is valid but not normal: the suffix stays as written.
///
/// # Errors
/// If `commit` has fewer than eight hexadecimal digits, or the whole is not a PEP 440 version.
pub fn wheel_version(base: &str, suffix: &Suffix, commit: Option<&str>) -> Result<String, VersionError> {
    let base = base.trim();
    let text = match commit {
        None => format!("{base}{suffix}"),
        Some(commit) => format!("{base}+git{}.{}", short_commit(commit)?, suffix.0.trim_start_matches('+')),
    };
    match normal(&text) {
        Ok(_) => Ok(text),
        Err(cause) => Err(VersionError::Wheel { text, cause }),
    }
}

/// Exactly eight digits: `git rev-parse --short=8` may answer with more.
fn short_commit(commit: &str) -> Result<&str, VersionError> {
    let refused = || VersionError::Commit { text: commit.to_owned() };
    if !commit.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(refused());
    }
    commit.get(..8).ok_or_else(refused)
}

/// A Python version as wheels know it: `3.12`, or `3.13t` without the global interpreter lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct PythonVersion {
    /// `3`.
    pub major: u8,
    /// `12`.
    pub minor: u8,
    /// Whether it is the free-threaded build.
    pub free_threaded: bool,
}

/// So that no unchecked one is read from facts.
impl TryFrom<String> for PythonVersion {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        Self::parse(&text)
    }
}

impl Serialize for PythonVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PythonVersion {
    /// The oldest Python that wheels are built for.
    pub const OLDEST: Self = Self { major: 3, minor: 10, free_threaded: false };

    /// Reads `3.12`, `3.13t`, `cp312`, `cp313t` or `py3.12`.
    ///
    /// # Errors
    /// If it is anything else, a version with a patch number such as `3.12.1` included.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let refused = || VersionError::Python { text: text.to_owned() };
        let free_threaded = text.ends_with('t');
        let bare = text.strip_suffix('t').unwrap_or(text);
        let numbers = match bare.strip_prefix("cp") {
            Some(digits) => digits.split_at_checked(1),
            None => bare.strip_prefix("py").unwrap_or(bare).split_once('.'),
        };
        let (major, rest) = numbers.ok_or_else(refused)?;
        let (minor, patch) = rest.split_once('.').unzip();
        let major = number(major).filter(|major| (1..=9).contains(major)).ok_or_else(refused)?;
        let minor = number(minor.unwrap_or(rest)).ok_or_else(refused)?;
        let version = Self { major, minor, free_threaded };
        match patch {
            None => Ok(version),
            Some(_) => Err(VersionError::PythonPatch { text: text.to_owned(), minor: version.to_string() }),
        }
    }

    /// Whether no wheels are built for it any more.
    pub fn too_old(self) -> bool {
        self < Self::OLDEST
    }

    /// `cp312-cp312` or `cp313t-cp313t`, as TheRock's workflows spell it.
    pub fn cp_version(self) -> String {
        let tag = self.abi_tag();
        format!("{tag}-{tag}")
    }

    /// Where a manylinux container may have it. Of a free-threaded one the first spelling is the
    /// images' own and the second that of TheRock's workflows.
    pub fn opt_python_dirs(self) -> Vec<String> {
        let abi = self.abi_tag();
        let mut dirs = vec![format!("/opt/python/{}-{abi}", abi.trim_end_matches('t'))];
        if self.free_threaded {
            dirs.push(format!("/opt/python/{}", self.cp_version()));
        }
        dirs
    }

    /// `cp312`, or `cp313t`.
    pub fn abi_tag(self) -> String {
        format!("cp{}", self.to_string().replace('.', ""))
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}{}", self.major, self.minor, if self.free_threaded { "t" } else { "" })
    }
}

/// A number in its one spelling: digits only, no leading zero.
fn number(digits: &str) -> Option<u8> {
    digits.parse().ok().filter(|number: &u8| number.to_string() == digits)
}

/// What a build is for. It decides whether wheels name their source's commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReleaseType {
    /// `ci`
    Ci,
    /// `dev`
    Dev,
    /// `dev-bkc`
    DevBkc,
    /// `nightly`
    #[default]
    Nightly,
    /// `nightly-bkc`
    NightlyBkc,
    /// `prerelease`
    Prerelease,
}

impl ReleaseType {
    /// All of them, in the order that help texts list them.
    pub const ALL: [Self; 6] = [Self::Ci, Self::Dev, Self::DevBkc, Self::Nightly, Self::NightlyBkc, Self::Prerelease];

    /// Reads what `as_str` says.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| VersionError::ReleaseType { text: text.to_owned() })
    }

    /// As flags spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Dev => "dev",
            Self::DevBkc => "dev-bkc",
            Self::Nightly => "nightly",
            Self::NightlyBkc => "nightly-bkc",
            Self::Prerelease => "prerelease",
        }
    }

    /// Whether the versions of torch, torchaudio and torchvision name their source's commit.
    pub fn tags_commit(self) -> bool {
        matches!(self, Self::Dev | Self::DevBkc)
    }
}

impl fmt::Display for ReleaseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which versions will do: `>1.0`, `==7.10.0`, or nothing for any. Kept as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specifier(String);

impl Specifier {
    /// Reads operators with versions, divided by commas.
    ///
    /// # Errors
    /// If it is anything else, a version alone included.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if Version::from_str(text).is_ok() {
            return Err(VersionError::BareSpecifier { text: text.trim().to_owned() });
        }
        let clauses = text.split(',').filter(|_| !text.trim().is_empty());
        for clause in clauses {
            VersionSpecifier::from_str(clause)
                .map_err(|cause| VersionError::Specifier { clause: clause.to_owned(), cause: cause.to_string() })?;
        }
        Ok(Self(text.to_owned()))
    }

    /// The text, to be put behind a package's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Anything newer than the 0.1.0 placeholders that package indexes carry under the SDK's names.
impl Default for Specifier {
    fn default() -> Self {
        Self(">1.0".to_owned())
    }
}

impl fmt::Display for Specifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
