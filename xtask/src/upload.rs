//! Where wheels and their manifest go: destinations and names, parsed or refused; the key of every object; and whether what is there already
//! may stay.

pub mod aws;
mod error;
mod name;

use manifest::{Manifest, Sha256};

use crate::host::{Host, Platform};

pub use error::{DestFault, NameFault, UploadError};
pub use name::{Bucket, Name, Part};

/// Where objects go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A bucket of S3, and what keys in it begin with.
    Bucket(Bucket),
    /// A folder, absolute.
    Folder(String),
}

impl Destination {
    /// `s3://BUCKET[/PREFIX]`, or a folder as the host spells it.
    ///
    /// # Errors
    /// [`UploadError::Dest`].
    pub fn parse(text: &str, host: &Host) -> Result<Self, UploadError> {
        let wrong = |fault| UploadError::Dest { dest: text.to_owned(), fault };
        if let Some(rest) = text.strip_prefix("s3://") {
            return Bucket::parse(rest).map(Self::Bucket).map_err(wrong);
        }
        if text.starts_with('-') {
            return Err(wrong(DestFault::Option));
        }
        if has_scheme(text) {
            return Err(wrong(DestFault::Scheme));
        }
        host.platform.absolute(&host.cwd, text).map(Self::Folder).map_err(|error| wrong(DestFault::Path(error)))
    }

    /// Where an object is: `s3://…`, or a path.
    fn url(&self, key: &str, platform: Platform) -> String {
        match self {
            Self::Bucket(bucket) => format!("s3://{}/{key}", bucket.name),
            Self::Folder(folder) => platform.join(folder, key),
        }
    }

    /// Refuses a folder in that of the wheels: a second look at these would find copies that no manifest lists.
    ///
    /// # Errors
    /// [`UploadError::Into`].
    pub fn outside(&self, wheels: &str, platform: Platform) -> Result<(), UploadError> {
        let Self::Folder(folder) = self else { return Ok(()) };
        let comparable = |path: &str| match platform {
            Platform::Linux => format!("{}/", path.trim_end_matches('/')),
            Platform::Windows => format!("{}\\", path.trim_end_matches('\\')).to_lowercase(),
        };
        if comparable(folder).starts_with(&comparable(wheels)) { Err(UploadError::Into(folder.clone())) } else { Ok(()) }
    }
}

/// Whether a text begins as an address does. One letter is a drive of Windows.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_part)
}

/// What a run's objects have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Where they go.
    pub dest: Destination,
    /// What their keys begin with, without a slash at the end: `{prefix}/{external}{run id}-{os}`.
    root: String,
    family: Name,
}

impl Layout {
    /// The layout for one manifest; `run` and `family` are what was typed.
    ///
    /// # Errors
    /// All that is missing or cannot be part of a key.
    pub fn new(
        dest: Destination,
        run: Option<Name>,
        family: Option<Name>,
        manifest: &Manifest,
        host: &Host,
    ) -> Result<Self, Vec<UploadError>> {
        let (run, family) = (run_id(run, manifest, host), one_family(family, manifest));
        let (system, external) = (system(manifest), external(&dest, manifest, host));
        match (run, family, system, external) {
            (Ok(run), Ok(family), Ok(system), Ok(external)) => {
                let prefix = match &dest {
                    Destination::Bucket(bucket) if !bucket.prefix.is_empty() => format!("{}/", bucket.prefix),
                    _ => String::new(),
                };
                Ok(Layout { root: format!("{prefix}{external}{run}-{system}"), dest, family })
            }
            (run, family, system, external) => {
                Err([run.err(), family.err(), system.err(), external.err()].into_iter().flatten().collect())
            }
        }
    }

    /// What the keys begin with, one prefix for the wheels and one for the manifest.
    pub fn prefixes(&self) -> [String; 2] {
        [format!("{}/python/", self.root), format!("{}/manifests/{}/", self.root, self.family)]
    }

    /// The objects in the order in which they go: the wheels by their paths in `folder`, and the manifest last.
    ///
    /// # Errors
    /// If the manifest's file has a name that no key could end in.
    pub fn objects(
        &self,
        manifest: &Manifest,
        folder: &str,
        file: &ManifestFile,
        platform: Platform,
    ) -> Result<Vec<Object>, UploadError> {
        let [wheels, manifests] = self.prefixes();
        let object = |key: String, from: String, size: u64, sha256: &Sha256, content_type| Object {
            url: self.dest.url(&key, platform),
            key,
            from,
            size,
            sha256: sha256.clone(),
            content_type,
        };
        let mut objects: Vec<Object> = manifest
            .artifacts_by_path()
            .into_iter()
            .map(|artifact| {
                let path = artifact.relative_path.as_str();
                object(
                    format!("{wheels}{path}"),
                    platform.join(folder, path),
                    artifact.size_bytes,
                    &artifact.sha256,
                    "application/zip",
                )
            })
            .collect();
        let name = Name::parse(Part::Manifest, file.path.rsplit(['/', platform.separator()]).next().unwrap_or_default())?;
        objects.push(object(format!("{manifests}{name}"), file.path.clone(), file.size, &file.sha256, "application/json"));
        Ok(objects)
    }
}

/// The manifest as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFile {
    /// Absolute.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// What it holds.
    pub sha256: Sha256,
}

fn run_id(typed: Option<Name>, manifest: &Manifest, host: &Host) -> Result<Name, UploadError> {
    let of_ci = host.github_var("GITHUB_RUN_ID");
    match (typed, of_ci.or(manifest.run_id.as_deref())) {
        (Some(id), _) => Ok(id),
        (None, Some(id)) => Name::parse(Part::Run, id),
        (None, None) => Err(UploadError::NoRun),
    }
}

fn one_family(typed: Option<Name>, manifest: &Manifest) -> Result<Name, UploadError> {
    let named = manifest.amdgpu_family.as_deref().unwrap_or_default();
    let named: Vec<&str> = named.split(';').map(str::trim).filter(|family| !family.is_empty()).collect();
    match (typed, named.as_slice()) {
        (Some(family), _) => Ok(family),
        (None, [family]) => Name::parse(Part::Family, family),
        (None, others) => Err(UploadError::Family(others.iter().map(|family| (*family).to_owned()).collect())),
    }
}

fn system(manifest: &Manifest) -> Result<&'static str, UploadError> {
    let platform = manifest.platform.as_deref();
    let named = platform.and_then(|platform| platform.split('-').next());
    let systems = [Platform::Linux, Platform::Windows].map(Platform::name);
    systems.into_iter().find(|system| named == Some(system)).ok_or_else(|| UploadError::Platform(platform.map(str::to_owned)))
}

/// `OWNER-NAME/` in the bucket that takes what forks and other repositories build, so that they do not meet there; elsewhere nothing.
fn external(dest: &Destination, manifest: &Manifest, host: &Host) -> Result<String, UploadError> {
    let bucket = match dest {
        Destination::Bucket(bucket) if bucket.name.ends_with("-external") => &bucket.name,
        _ => return Ok(String::new()),
    };
    let of_ci = host.github_var("GITHUB_REPOSITORY");
    let recorded = || manifest.ci.as_ref().and_then(|ci| ci.repository.as_deref());
    let repository = of_ci.or_else(recorded).ok_or_else(|| UploadError::NoRepository(bucket.clone()))?;
    let parts: Vec<Option<Name>> = repository.split('/').map(|part| Name::parse(Part::Repository, part).ok()).collect();
    match parts.as_slice() {
        [Some(owner), Some(name)] => Ok(format!("{owner}-{name}/")),
        _ => Err(UploadError::Repository(repository.to_owned())),
    }
}

/// A file, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its key in the bucket, or its path below the folder with forward slashes.
    pub key: String,
    /// `s3://BUCKET/KEY`, or an absolute path.
    pub url: String,
    /// The file, absolute.
    pub from: String,
    /// In bytes.
    pub size: u64,
    /// What it holds.
    pub sha256: Sha256,
    /// Its media type.
    pub content_type: &'static str,
}

/// What stands where an object goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Present {
    /// Nothing.
    Nothing,
    /// Something.
    Content {
        /// In bytes.
        size: u64,
        /// Its SHA-256, where it is known.
        sha256: Option<Sha256>,
    },
}

/// What follows from what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is to be uploaded.
    Send,
    /// It is there already.
    Keep,
    /// Only its content can tell: it has the right size, and nobody noted its hash.
    Read,
    /// Something else is there.
    Conflict,
}

impl Object {
    /// Compares it with what is there.
    pub fn against(&self, there: &Present) -> Verdict {
        match there {
            Present::Nothing => Verdict::Send,
            Present::Content { size, .. } if *size != self.size => Verdict::Conflict,
            Present::Content { sha256: None, .. } => Verdict::Read,
            Present::Content { sha256: Some(sha256), .. } if *sha256 == self.sha256 => Verdict::Keep,
            Present::Content { .. } => Verdict::Conflict,
        }
    }

    /// In words: that something else is there.
    pub fn conflict(&self, there: &Present) -> String {
        let there = match there {
            Present::Nothing => "nothing".to_owned(),
            Present::Content { size, sha256: Some(sha256) } => format!("{size} bytes with SHA-256 {sha256}"),
            Present::Content { size, sha256: None } => format!("{size} bytes without a known SHA-256"),
        };
        format!(
            "`{}` is there with other content: {there}; `{}` has {} bytes with SHA-256 {}",
            self.url, self.from, self.size, self.sha256
        )
    }
}

#[cfg(test)]
mod tests;
