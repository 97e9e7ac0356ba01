//! What `lock` is asked for: a request for each ref, and the file that its commits are written to.

use std::collections::BTreeMap;

use manifest::{Extra, OptionValue, Origin, lock_file_name};

use super::said::Said;
use super::{Goal, Places, Problem, PythonWish, Request, Sources, addresses, folders, options, selection};
use crate::cli::{InstallArgs, LockArgs};
use crate::facts::Looks;
use crate::host::{Host, Platform};
use crate::refs::{GitRef, RepoUrl};
use crate::version::{Suffix, VersionError, normalize};

/// One ref, and where its commits are written.
#[derive(Clone, Debug)]
pub struct Lock {
    /// What is asked for.
    pub request: Request,
    /// The file, absolute.
    pub file: String,
    /// The version of the ROCm packages, as it was typed.
    pub rocm_version: Option<String>,
    /// What was said of TheRock.
    pub therock: NamedTheRock,
}

/// What flags say of TheRock; each wins over what its checkout or CI says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedTheRock {
    /// The commit.
    pub commit: Option<String>,
    /// The repository.
    pub repo: Option<RepoUrl>,
    /// The branch.
    pub branch: Option<String>,
}

impl Lock {
    /// The requests that `lock` makes of its flags, one for each ref.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn all(args: &LockArgs, host: &Host, places: Places, looks: &Looks) -> Result<Vec<Self>, Vec<Problem>> {
        let mut said = Said::new(host);
        let install = InstallArgs {
            python: args.python.clone(),
            gfx: args.gfx.clone(),
            allow_unknown_gfx: args.allow_unknown_gfx,
            ..InstallArgs::default()
        };
        let gfx = options::gfx(&install, Goal::Lock, Sources::Real, &mut said);
        let mut request = Request { gfx, ..Request::nothing(Goal::Lock, places, &said) };
        request.platform = platform(args, &mut said);
        request.python = python(&install, &mut said);
        request.origins = addresses::origins(&args.origin, &request.places, Sources::Real, &mut said);
        request.selected = selection::to_lock(&args.only, &request, &mut said);
        let rocm_version = rocm_version(args, &mut said);
        request.naming.suffix = options::suffix(&args.version_suffix, &mut said).or(rocm_version.as_deref().and_then(derived));
        let therock = therock(args, &mut said);
        folders::check_therock(&request.places, looks, &mut said);
        let requests: Vec<Request> = refs(args, &mut said)
            .into_iter()
            .map(|reference| Request { reference: Some(reference), ..request.clone() })
            .collect();
        requests.iter().for_each(|request| selection::check_platform(&request.selected, request, &mut said));
        let files = files(args, &requests, looks, &mut said);
        let request = request.finish(host, args.origin.iter().chain(&args.therock_repo), said)?;
        let lock = |(asked, file): (Request, String)| {
            let mut request = Request { reference: asked.reference, ..request.clone() };
            let value = request.reference.as_ref().map(GitRef::as_str).into();
            request.options.push(OptionValue { name: "ref".to_owned(), value, origin: Origin::Flag, extra: Extra::new() });
            Lock { request, file, rocm_version: rocm_version.clone(), therock: therock.clone() }
        };
        Ok(requests.into_iter().zip(files).map(lock).collect())
    }
}

fn refs(args: &LockArgs, said: &mut Said) -> Vec<GitRef> {
    let mut refs = Vec::new();
    let typed = args.refs.iter().flat_map(|text| text.split(|c: char| c == ';' || c.is_whitespace()));
    for text in typed.filter(|text| !text.is_empty()) {
        match GitRef::parse(text) {
            Ok(reference) if refs.contains(&reference) => {}
            Ok(reference) => refs.push(reference),
            Err(error) => {
                let hint = error.hint();
                said.refuse("ref", error, hint);
            }
        }
    }
    if refs.is_empty() && args.refs.iter().all(|text| text.split(';').all(|part| part.trim().is_empty())) {
        said.problem(Problem::new("no ref is given").hint("name what is to be locked, such as `--ref nightly`"));
    }
    refs
}

/// The file of each request, in their order.
fn files(args: &LockArgs, requests: &[Request], looks: &Looks, said: &mut Said) -> Vec<String> {
    let (flag, one) = match (&args.output, &args.manifest_dir) {
        (Some(_), Some(_)) => {
            said.problem(Problem::new("`--output` and `--manifest-dir` exclude each other").hint("choose one of them"));
            return Vec::new();
        }
        (None, None) => {
            said.problem(
                Problem::new("nothing says where the manifest goes")
                    .hint("name a file with `--output`, or with `--manifest-dir` a folder for one file for each ref"),
            );
            return Vec::new();
        }
        (Some(file), None) => ("--output", said.host.absolute(file).ok()),
        (None, Some(_)) => ("--manifest-dir", None),
    };
    let Some(places) = requests.first().map(|request| &request.places) else { return Vec::new() };
    folders::folder_fault(flag, &places.manifests, looks).into_iter().for_each(|problem| said.problem(problem));
    let Some(file) = one else {
        return named_files(requests, said);
    };
    if requests.len() > 1 {
        said.problem(
            Problem::new(format!("`--output` takes one ref, and {} are given", requests.len()))
                .hint("give `--manifest-dir` instead: it gets one file for each ref"),
        );
    }
    vec![file]
}

/// Files in `--manifest-dir`. The names do not tell `a/b` from `a-b`.
fn named_files(requests: &[Request], said: &mut Said) -> Vec<String> {
    let mut owners: BTreeMap<String, &GitRef> = BTreeMap::new();
    let mut files = Vec::new();
    for request in requests {
        let Some(reference) = &request.reference else { continue };
        let name = lock_file_name(request.platform.name(), reference.as_str());
        // Where case makes no difference to file names, it must make none here.
        if let Some(other) = owners.insert(name.to_lowercase(), reference) {
            said.problem(
                Problem::new(format!("the manifests of `{other}` and `{reference}` would both be called `{name}`"))
                    .hint("lock one of them with `--output`"),
            );
        }
        files.push(request.places.platform.join(&request.places.manifests, &name));
    }
    files
}

fn platform(args: &LockArgs, said: &mut Said) -> Platform {
    let platform = args.platform.map_or(said.host.platform, Platform::from);
    said.note("platform", platform.name(), if args.platform.is_some() { Origin::Flag } else { Origin::Default });
    platform
}

/// The build may be another machine's, so that a path says nothing.
fn python(args: &InstallArgs, said: &mut Said) -> PythonWish {
    match options::python(args, said) {
        PythonWish::Path(path) => {
            said.refuse("python", format!("`{path}` is a path"), Some("give a version such as `3.12`".to_owned()));
            PythonWish::Default
        }
        wish => wish,
    }
}

/// As it was typed, but for the operator that the flag of `build` has.
fn rocm_version(args: &LockArgs, said: &mut Said) -> Option<String> {
    let text = said.text("rocm-version", &args.rocm_version)?.trim();
    let version = text.strip_prefix("==").unwrap_or(text).trim();
    let refused = match normalize(version) {
        Err(error) => error,
        Ok(_) => match Suffix::derive(version) {
            Err(error) if args.version_suffix.is_none() => error,
            _ => return Some(version.to_owned()),
        },
    };
    let hint = VersionError::hint(&refused);
    said.refuse("rocm-version", refused, hint);
    None
}

fn derived(rocm: &str) -> Option<Suffix> {
    Suffix::derive(rocm).ok()
}

fn therock(args: &LockArgs, said: &mut Said) -> NamedTheRock {
    let mut named = NamedTheRock::default();
    if let Some(text) = said.text("therock-commit", &args.therock_commit) {
        match manifest::Commit::parse(text) {
            Ok(commit) => named.commit = Some(commit.as_str().to_owned()),
            Err(error) => said.refuse("therock-commit", error, Some("give the full commit".to_owned())),
        }
    }
    if let Some(text) = args.therock_repo.as_deref().filter(|text| !text.is_empty()) {
        match RepoUrl::parse(text) {
            Ok(repo) => {
                said.note("therock-repo", repo.redacted(), Origin::Flag);
                named.repo = Some(repo);
            }
            Err(error) => {
                let hint = error.hint();
                said.refuse("therock-repo", error, hint);
            }
        }
    }
    if let Some(text) = said.text("therock-branch", &args.therock_branch) {
        match GitRef::parse(text) {
            Ok(branch) => named.branch = Some(branch.as_str().to_owned()),
            Err(error) => {
                let hint = error.hint();
                said.refuse("therock-branch", error, hint);
            }
        }
    }
    named
}
