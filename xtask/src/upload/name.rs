//! Names of buckets and parts of keys, checked once: they become parts of addresses, of arguments and of paths.

use std::fmt;

use manifest::RelativePath;

use super::{DestFault, NameFault, UploadError};

/// What a [`Name`] is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The run that the wheels are filed under.
    Run,
    /// The family that the manifest is filed under.
    Family,
    /// The manifest's own file.
    Manifest,
    /// Half of a repository.
    Repository,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Part::Run => "run id",
            Part::Family => "family",
            Part::Manifest => "file name",
            Part::Repository => "repository",
        })
    }
}

/// A part of a key that comes from a flag, the environment or a manifest: letters, digits and `-_.+`, beginning with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The name with this text.
    ///
    /// # Errors
    /// [`UploadError::Name`].
    pub fn parse(part: Part, text: &str) -> Result<Self, UploadError> {
        let fault = match text.chars().next() {
            Some(first @ ('-' | '.')) => Some(NameFault::Begin(first)),
            _ => fault(text, "-_.+"),
        };
        fault.map_or_else(|| Ok(Name(text.to_owned())), |fault| Err(UploadError::Name { part, text: text.to_owned(), fault }))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

fn fault(text: &str, signs: &'static str) -> Option<NameFault> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    if !(1..=128).contains(&text.len()) || !text.chars().all(is_plain) {
        return Some(NameFault::Form(signs));
    }
    // `..` is among what it refuses.
    RelativePath::parse(text).is_err().then_some(NameFault::Windows)
}

/// A bucket, and what keys in it begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Without a slash at its ends; empty for none.
    pub prefix: String,
}

impl Bucket {
    /// `BUCKET` or `BUCKET/PREFIX`; a slash at the end means nothing.
    pub(super) fn parse(text: &str) -> Result<Self, DestFault> {
        let (name, prefix) = text.split_once('/').unwrap_or((text, ""));
        if !is_bucket(name) {
            return Err(DestFault::Bucket(name.to_owned()));
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let parts = || prefix.split('/').filter(|_| !prefix.is_empty());
        match parts().find_map(|part| Some((part, fault(part, "-_.+=@")?))) {
            Some((part, fault)) => Err(DestFault::Prefix { part: part.to_owned(), fault }),
            None => Ok(Bucket { name: name.to_owned(), prefix: prefix.to_owned() }),
        }
    }
}

/// As Amazon names buckets; other servers take no more than it does.
fn is_bucket(name: &str) -> bool {
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    (3..=63).contains(&name.len())
        && name.chars().all(|c| is_end(c) || c == '.' || c == '-')
        && name.starts_with(is_end)
        && name.ends_with(is_end)
        && !name.contains("..")
        && !is_address
}
