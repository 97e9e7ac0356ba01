//! Why something cannot be uploaded as it was asked for.

use manifest::shown;

use super::Part;
use crate::host::PathError;
use crate::request::Problem;

/// Why something cannot be uploaded as it was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// A destination that is neither a bucket nor a folder.
    #[error("`--dest {}`: {fault}", shown(dest))]
    Dest {
        /// As it was typed.
        dest: String,
        /// What is wrong with it.
        fault: DestFault,
    },
    /// A folder that would be changed by what is copied into it.
    #[error("`{0}` is the folder of the wheels, or in it")]
    Into(String),
    /// A part of a key that could be more than one name.
    #[error("{part} `{}` cannot be part of a key: {fault}", shown(text))]
    Name {
        /// What it is.
        part: Part,
        /// The text.
        text: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// Nothing tells the run.
    #[error("no run to file the wheels under: this is no run of GitHub Actions, and the manifest names none")]
    NoRun,
    /// Nothing tells the one family.
    #[error("no family to file the manifest under: {}", families(.0))]
    Family(Vec<String>),
    /// Wheels of a system that has no place.
    #[error("the manifest's platform is {}, and wheels are filed under linux and windows", .0.as_deref().map_or("not told".to_owned(), |it| format!("`{}`", shown(it))))]
    Platform(Option<String>),
    /// A bucket of several repositories, and nothing tells which.
    #[error("keys in bucket `{0}` begin with a repository: this is no run of GitHub Actions, and the manifest names none")]
    NoRepository(String),
    /// A repository that is not two names.
    #[error("repository `{}` is not `OWNER/NAME`", shown(.0))]
    Repository(String),
}

/// What is wrong with a destination.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestFault {
    /// An option that took another one's place.
    #[error("it looks like an option")]
    Option,
    /// `https://…`, `gs://…`.
    #[error("it is neither `s3://BUCKET[/PREFIX]` nor a folder")]
    Scheme,
    /// A bucket that cannot exist.
    #[error("`{}` is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens", shown(.0))]
    Bucket(String),
    /// A prefix with something in it that is more than a name.
    #[error("the prefix has `{}` in it: {fault}", shown(part))]
    Prefix {
        /// The part between two slashes.
        part: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A folder that cannot be told.
    #[error(transparent)]
    Path(PathError),
}

/// What is wrong with a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Empty, absurdly long, or with something in it that URLs, shells or file systems take for something else.
    #[error("a name is 1 to 128 letters, digits and `{0}`")]
    Form(&'static str),
    /// A name that could be taken for an option or a hidden file.
    #[error("it begins with `{0}`")]
    Begin(char),
    /// A name that some system takes for another one, or for a device.
    #[error("it means something else on Windows")]
    Windows,
}

fn families(families: &[String]) -> String {
    match families {
        [] => "the manifest names none".to_owned(),
        several => format!("the manifest names several: {}", shown(&several.join(", "))),
    }
}

impl UploadError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Dest { dest, fault: DestFault::Option } => format!("a folder of that name is `./{}`", shown(dest)),
            Self::Dest { .. } => "give `--dest s3://BUCKET`, `--dest s3://BUCKET/PREFIX` or a folder".to_owned(),
            Self::Into(_) => "choose a folder beside it: what is in it counts as part of the set".to_owned(),
            Self::Name { part: Part::Run, .. } => "give another one with `--run-id`".to_owned(),
            Self::Name { part: Part::Family, .. } => "give another one with `--family`".to_owned(),
            Self::Name { part: Part::Manifest, .. } => "rename the manifest".to_owned(),
            Self::NoRun => "give `--run-id ID`".to_owned(),
            Self::Family(_) => "give `--family FAMILY`".to_owned(),
            Self::Platform(_) => "write the manifest anew with `manifest generate --platform NAME`".to_owned(),
            Self::NoRepository(_) | Self::Repository(_) | Self::Name { part: Part::Repository, .. } => {
                "set `GITHUB_ACTIONS=true` and `GITHUB_REPOSITORY=OWNER/NAME`".to_owned()
            }
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        Problem::new(error.to_string()).hint(error.hint())
    }
}
