//! Where each project's commit comes from, and the jobs that check it out. Whoever asks git follows a [`Rule`]: torch's ref first, because
//! the pins of the other projects stand in torch's commit.

mod checkout;
mod pins;
mod remote;
mod store;

use manifest::Project;

pub use checkout::{
    FOREIGN_GIT, GUARDS, HIPIFY_TAG, UPSTREAM_TAG, checked_out, checkout_jobs, checkout_name, git, in_checkouts, mark_job,
    note_building, translates, unreadable, without_git,
};
pub use pins::{Pin, Related, parse_related_commits, pinned_commit, source_version};
pub use remote::{Picked, pick_remote, remote_patterns};
pub use store::{CACHE, shared_folder, store, store_args, store_config, store_name, stored_ref, submodule_address};

use crate::facts::Locked;
use crate::host::Platform;
use crate::refs::{GitRef, RefError, RepoUrl, printable, without_secrets};
use crate::request::{Problem, Request};

/// TheRock's repository, where nothing names another one.
pub const THEROCK: &str = "https://github.com/ROCm/TheRock";

/// The file in torch's sources that pins torchaudio, torchvision and apex.
const RELATED_COMMITS: &str = "related_commits";

/// The file in torch's sources that pins triton for Linux.
const TRITON_PIN: &str = ".ci/docker/ci_commit_pins/triton.txt";

/// The file in torch's sources that tells triton's version.
pub const TRITON_VERSION: &str = ".ci/docker/triton_version.txt";

/// The file in TheRock's sources that pins triton for Windows.
const WINDOWS_TRITON_PIN: &str = "external-builds/pytorch/ci_commit_pins/triton-windows.txt";

/// Why the commit of a project cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum SourceError {
    /// The same words as in the report that comes before any program is started.
    #[error("Windows Triton is pinned for PyTorch nightly only, not for `{0}`")]
    WindowsTriton(GitRef),
    /// A line of `related_commits`, without credentials.
    #[error("Malformed related_commits line: `{line}`: {fault}")]
    Malformed { line: String, fault: String },
    /// Two rows of one project that differ in commit or origin.
    #[error("Conflicting related_commits entries for '{project}': {first} and {second}")]
    Conflict { project: String, first: String, second: String },
    /// No row of a project.
    #[error("`related_commits` has no row for `{0}`")]
    NoRow(&'static str),
    /// A file that should hold a pin is not there.
    #[error("there is no `{0}`")]
    NoFile(&'static str),
    /// A file that should hold a pin holds nothing.
    #[error("`{0}` is empty")]
    EmptyFile(&'static str),
    /// A file that should hold a pin holds something else.
    #[error("`{file}` holds `{text}`, which is not a full commit")]
    NotACommit { file: &'static str, text: String },
    /// A file that should hold a version is not in the commit.
    #[error("there is no `{file}` in {commit}, which tells its version")]
    NoVersion { file: &'static str, commit: String },
    /// A file that should hold a version holds something else.
    #[error("`{file}` holds `{text}`, which is not a version without `+`")]
    NotAVersion { file: &'static str, text: String },
    /// A ref that the repository does not have; the names that it has and that look most alike.
    #[error("no branch or tag is called `{reference}`{}", listed(nearest))]
    NoRef { reference: GitRef, nearest: Vec<String> },
    /// A branch and a tag of one name.
    #[error("`{0}` is both a branch and a tag")]
    Ambiguous(GitRef),
    /// Something that git does not print.
    #[error("`git ls-remote` printed `{0}`, which is no commit with a ref")]
    Line(String),
    /// A repository that git must not be asked about.
    #[error(transparent)]
    Repository(#[from] RefError),
}

impl SourceError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::WindowsTriton(_) => Some("leave it out with `--no-build-triton`, or give `--ref nightly`".to_owned()),
            Self::NoRef { reference, .. } if is_short_commit(reference.as_str()) => {
                Some("a commit is given in full, with its 40 digits".to_owned())
            }
            Self::NoRef { .. } => Some("name a branch, a tag or a full commit of this repository".to_owned()),
            Self::Ambiguous(name) => Some(format!("write `refs/heads/{name}` or `refs/tags/{name}`")),
            Self::Malformed { .. } | Self::Conflict { .. } => {
                Some("mend `related_commits` in torch's repository, or give another `--ref`".to_owned())
            }
            Self::NoRow(_) | Self::NoFile(RELATED_COMMITS) => {
                Some("leave the project out (`--only` names what is wanted), or name its `--origin`".to_owned())
            }
            Self::NoFile(WINDOWS_TRITON_PIN)
            | Self::EmptyFile(WINDOWS_TRITON_PIN)
            | Self::NotACommit { file: WINDOWS_TRITON_PIN, .. } => {
                Some("name a complete checkout of TheRock with `--therock-dir`".to_owned())
            }
            Self::NoFile(TRITON_PIN) | Self::EmptyFile(TRITON_PIN) | Self::NotACommit { file: TRITON_PIN, .. } => {
                Some("leave triton out (`--only` names what is wanted), or name another repository of torch".to_owned())
            }
            Self::NoVersion { .. } | Self::NotAVersion { .. } => {
                Some("without `--rocm-version` and `--version-suffix` no version is looked for".to_owned())
            }
            Self::Repository(error) => error.hint(),
            _ => None,
        }
    }
}

fn listed(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    format!(" (nearest: {})", quoted.join(", "))
}

fn is_short_commit(text: &str) -> bool {
    (7..40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What a file or a repository says, as it may be repeated: without what could be a password, in any field of a row, and cut short.
fn repeated(text: &str) -> String {
    printable(&text.split('|').map(without_secrets).collect::<Vec<_>>().join("|"))
}

/// The problem of a project without a `commit`, or without a `version`.
pub fn unknown(what: &str, request: &Request, project: Project, cause: &str, hint: Option<String>) -> Problem {
    let reference = request.reference.as_ref().map(ToString::to_string).unwrap_or_default();
    Problem { text: format!("the {what} of `{project}` for `--ref {reference}` is not known: {cause}"), hint }
}

/// Where the commit of a project comes from. An explicit `--origin` changes the repository and leaves the pin alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// What a ref stands for in a repository at this moment.
    Ref {
        /// The repository that is asked.
        repo: RepoUrl,
        /// What it is asked for.
        reference: GitRef,
    },
    /// What `related_commits` of torch's commit says.
    Related {
        /// The name of the project in that file.
        key: &'static str,
        /// The repository, if it is not the one that the file names.
        repo: Option<RepoUrl>,
        /// What is asked for where the file says nothing: repositories that a user names need not carry ROCm's pins.
        otherwise: Option<(RepoUrl, GitRef)>,
    },
    /// What torch's commit says of triton.
    TorchPin {
        /// The repository that has the commit.
        repo: RepoUrl,
    },
    /// What a TheRock checkout says of triton for Windows.
    TheRockPin {
        /// The repository that has the commit.
        repo: RepoUrl,
        /// What is asked for where there is no such checkout.
        otherwise: GitRef,
    },
}

/// What a pin led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pinned {
    /// A commit.
    To(Locked),
    /// No pin: this is to be asked for instead, a [`Rule::Ref`].
    Ask(Rule),
}

/// How the commit of `project` is found when `reference` is asked for. Of any ref but `nightly`, torch comes from ROCm's repository and the
/// other projects from the pins in it.
///
/// # Errors
/// If the project cannot be built from this ref on this platform.
pub fn rule(request: &Request, platform: Platform, reference: &GitRef, project: Project) -> Result<Rule, SourceError> {
    let named = |project| request.origin(project).cloned();
    let nightly = reference.is_nightly();
    let repo = match named(project) {
        Some(repo) => repo,
        None => RepoUrl::parse(default_repository(project, platform, nightly))?,
    };
    let key = match project {
        Project::Pytorch => return Ok(Rule::Ref { repo, reference: reference.clone() }),
        Project::Triton if platform == Platform::Linux => return Ok(Rule::TorchPin { repo }),
        Project::Triton if nightly => return Ok(Rule::TheRockPin { repo, otherwise: GitRef::parse("main-windows")? }),
        Project::Triton => return Err(SourceError::WindowsTriton(reference.clone())),
        Project::PytorchAudio => "torchaudio",
        Project::PytorchVision => "torchvision",
        Project::Apex => "apex",
    };
    let default = GitRef::parse(if project == Project::Apex { "master" } else { "nightly" })?;
    if nightly {
        return Ok(Rule::Ref { repo, reference: default });
    }
    let own = named(project).is_some() || named(Project::Pytorch).is_some();
    Ok(Rule::Related { key, repo: named(project), otherwise: own.then_some((repo, default)) })
}

/// Spelled as manifests spell it, without `.git`.
fn default_repository(project: Project, platform: Platform, nightly: bool) -> &'static str {
    match (project, platform) {
        (Project::Pytorch, _) if nightly => "https://github.com/pytorch/pytorch",
        (Project::Pytorch, _) => "https://github.com/ROCm/pytorch",
        (Project::PytorchAudio, _) => "https://github.com/pytorch/audio",
        (Project::PytorchVision, _) => "https://github.com/pytorch/vision",
        (Project::Triton, Platform::Linux) => "https://github.com/ROCm/triton",
        (Project::Triton, Platform::Windows) => "https://github.com/triton-lang/triton-windows",
        (Project::Apex, _) => "https://github.com/ROCm/apex",
    }
}

impl Rule {
    /// The file that holds the pin, relative with `/`: in TheRock's checkout for [`Rule::TheRockPin`], else in torch's commit.
    pub fn file(&self) -> Option<&'static str> {
        match self {
            Rule::Ref { .. } => None,
            Rule::Related { .. } => Some(RELATED_COMMITS),
            Rule::TorchPin { .. } => Some(TRITON_PIN),
            Rule::TheRockPin { .. } => Some(WINDOWS_TRITON_PIN),
        }
    }

    /// What the pin leads to, given the text of [`Rule::file`], or nothing where there is no such file. A [`Rule::TheRockPin`] is asked
    /// with the file's text, with an empty text if TheRock's checkout lacks the file, and with nothing if there is no such checkout.
    ///
    /// # Errors
    /// If the file is wrong, or says nothing and there is nothing else to go by.
    pub fn pinned(&self, text: Option<&str>) -> Result<Pinned, SourceError> {
        let ask =
            |repo: &RepoUrl, reference: &GitRef| Pinned::Ask(Rule::Ref { repo: repo.clone(), reference: reference.clone() });
        match self {
            Rule::Ref { repo, reference } => Ok(ask(repo, reference)),
            Rule::TorchPin { repo } => {
                let commit = pinned_commit(TRITON_PIN, text.ok_or(SourceError::NoFile(TRITON_PIN))?)?;
                Ok(Pinned::To(locked(repo, commit, format!("torch's `{TRITON_PIN}`"))))
            }
            Rule::TheRockPin { repo, otherwise } => match text {
                None => Ok(ask(repo, otherwise)),
                Some(text) => {
                    let commit = pinned_commit(WINDOWS_TRITON_PIN, text)?;
                    Ok(Pinned::To(locked(repo, commit, format!("TheRock's `{WINDOWS_TRITON_PIN}`"))))
                }
            },
            Rule::Related { key, repo, otherwise } => {
                let related = text.map(parse_related_commits).transpose()?;
                let pin = related.as_ref().and_then(|related| related.pin(key));
                match (pin, otherwise) {
                    (Some(pin), _) => {
                        let repo = repo.as_ref().unwrap_or(&pin.origin);
                        Ok(Pinned::To(locked(repo, pin.commit.clone(), format!("`{key}` in torch's `{RELATED_COMMITS}`"))))
                    }
                    (None, Some((repo, reference))) => Ok(ask(repo, reference)),
                    (None, None) if related.is_none() => Err(SourceError::NoFile(RELATED_COMMITS)),
                    (None, None) => Err(SourceError::NoRow(key)),
                }
            }
        }
    }
}

/// The lock of a ref, from what the repository answered.
pub fn locked_ref(repo: &RepoUrl, reference: &GitRef, picked: Picked) -> Locked {
    let why = match reference.is_commit() {
        true => "the commit that was asked for".to_owned(),
        false => format!("`{reference}` of {repo}"),
    };
    Locked { branch: picked.branch, ..locked(repo, picked.commit, why) }
}

fn locked(repo: &RepoUrl, commit: String, why: String) -> Locked {
    Locked { repo: repo.redacted(), commit, branch: None, why, version: None }
}

#[cfg(test)]
mod tests;
