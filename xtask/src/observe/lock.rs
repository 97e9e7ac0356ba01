//! The commit of each project whose sources are fetched, asked from repositories by the rules of `plan::sources`.

use std::collections::BTreeMap;

use manifest::Project;

use super::git::Git;
use super::objects::{Objects, Unread};
use super::remote;
use crate::facts::{Locked, Seen, Unresolved};
use crate::file;
use crate::plan::sources::{
    Pinned, Rule, SourceError, TRITON_VERSION, locked_ref, pick_remote, remote_patterns, rule, source_version,
};
use crate::refs::{GitRef, RepoUrl};
use crate::request::{Request, Sources};

/// Why a commit is not known, and what to do.
#[derive(Clone, Debug)]
struct Fault {
    cause: String,
    hint: Option<String>,
    told_of: Option<Project>,
}

impl From<String> for Fault {
    fn from(cause: String) -> Self {
        Fault { cause, hint: None, told_of: None }
    }
}

impl Fault {
    /// A repository that does not answer.
    fn unreachable(cause: String) -> Self {
        let hint = "is the address right, and does `git ls-remote` of it work here? `--origin` names another repository";
        Fault { hint: Some(hint.to_owned()), ..Fault::from(cause) }
    }

    /// What hinders several projects is told of one of them.
    fn told_of(project: Project) -> Self {
        let cause = "it is pinned in torch's commit, which is not known".to_owned();
        Fault { told_of: Some(project), ..Fault::from(cause) }
    }
}

impl From<Unread> for Fault {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Repository(cause) => Fault::unreachable(cause),
            Unread::File(cause) => Fault::from(cause),
        }
    }
}

impl From<SourceError> for Fault {
    fn from(error: SourceError) -> Self {
        Fault { hint: error.hint(), ..Fault::from(error.to_string()) }
    }
}

/// The commits that are known, and what could not be resolved.
pub(super) type Lock = (BTreeMap<Project, Locked>, Vec<Unresolved>);

/// The lock of a request. What is known already stays as it is, though branches may have moved since.
pub(super) fn lock(request: &Request, git: Option<Git>, therock: Option<&str>, known: BTreeMap<Project, Locked>) -> Lock {
    let (Some(reference), Some(git)) = (&request.reference, git) else { return (known, Vec::new()) };
    let wanted = |project: &Project| request.fetches(*project) && !known.contains_key(project);
    let wanted: Vec<Project> = request.selected.iter().copied().filter(wanted).collect();
    // The demo's repositories are laid out by a job.
    let to_come = request.sources == Sources::Demo && file::look(&request.places.demo("origins")) == Seen::Missing;
    if wanted.is_empty() || to_come {
        return (known, Vec::new());
    }
    let torch = known.get(&Project::Pytorch).cloned();
    let resolver = Resolver { request, git, reference, therock, torch };
    let mut lock = (known, Vec::new());
    for (project, found) in resolver.resolve(&wanted) {
        match found {
            Ok(locked) => drop(lock.0.insert(project, locked)),
            Err(Fault { cause, hint, told_of }) => lock.1.push(Unresolved { project, cause, hint, told_of }),
        }
    }
    lock
}

/// The lock of a request, with the version that each project's sources say: those of torch's commit of triton, too. Where no suffix is known,
/// versions are not asked for.
pub(super) fn with_versions(request: &Request, git: Option<Git>, therock: Option<&str>) -> Lock {
    let (mut locks, mut unresolved) = lock(request, git, therock, BTreeMap::new());
    let (Some(git), Some(_), true) = (git, &request.naming.suffix, unresolved.is_empty()) else { return (locks, unresolved) };
    let torch = locks.get(&Project::Pytorch).cloned();
    std::thread::scope(|scope| {
        let ask = |(project, locked): (&Project, &mut Locked)| {
            let (owner, file) = match project {
                Project::Triton => (Project::Pytorch, TRITON_VERSION),
                own => (*own, "version.txt"),
            };
            let source = if owner == *project { Some(locked.clone()) } else { torch.clone() };
            let asked = scope.spawn(move || version(request, git, owner, source.as_ref(), file));
            (*project, asked)
        };
        for (project, asked) in locks.iter_mut().map(ask).collect::<Vec<_>>() {
            match super::joined(asked) {
                Ok(version) => drop(locks.get_mut(&project).map(|locked| locked.version = Some(version))),
                Err(Fault { cause, hint, told_of }) => unresolved.push(Unresolved { project, cause, hint, told_of }),
            }
        }
    });
    (locks, unresolved)
}

/// What a file of a commit says about a version.
fn version(request: &Request, git: Git, project: Project, locked: Option<&Locked>, file: &'static str) -> Result<String, Fault> {
    let locked = locked.ok_or_else(|| "torch's commit is not known".to_owned())?;
    let repo = match request.origin(project) {
        Some(repo) => repo.clone(),
        None => RepoUrl::parse(&locked.repo).map_err(SourceError::from)?,
    };
    let texts = Objects::new(git, &repo)?.read(&locked.commit, &[file])?;
    Ok(source_version(file, &locked.commit, texts.get(file).map(String::as_str))?)
}

struct Resolver<'a> {
    request: &'a Request,
    git: Git<'a>,
    reference: &'a GitRef,
    therock: Option<&'a str>,
    /// What is known of torch, in whose commit others are pinned.
    torch: Option<Locked>,
}

type Found = Vec<(Project, Result<Locked, Fault>)>;

impl Resolver<'_> {
    fn rule(&self, project: Project) -> Result<Rule, Fault> {
        Ok(rule(self.request, self.request.platform, self.reference, project)?)
    }

    /// Repositories are asked side by side. torch is asked for even if it is not wanted, where others are pinned in its commit.
    fn resolve(&self, wanted: &[Project]) -> Found {
        let (mut found, mut with_torch, mut apart) = (Found::new(), Vec::new(), Vec::new());
        for project in wanted {
            match self.rule(*project) {
                Err(fault) => found.push((*project, Err(fault))),
                Ok(rule @ Rule::TheRockPin { .. }) => apart.push((*project, rule)),
                Ok(rule) if *project == Project::Pytorch || rule.file().is_some() => with_torch.push((*project, rule)),
                Ok(rule) => apart.push((*project, rule)),
            }
        }
        std::thread::scope(|scope| {
            let ask = |(project, rule): (Project, Rule)| (project, scope.spawn(move || self.apart(&rule)));
            let threads: Vec<_> = apart.into_iter().map(ask).collect();
            if !with_torch.is_empty() {
                found.extend(self.with_torch(with_torch));
            }
            found.extend(threads.into_iter().map(|(project, thread)| (project, super::joined(thread))));
        });
        found
    }

    /// torch, and the projects whose commits stand in files of its commit.
    fn with_torch(&self, rules: Vec<(Project, Rule)>) -> Found {
        let torch = self.torch();
        let mut files: Vec<&'static str> = rules.iter().filter_map(|(_, rule)| rule.file()).collect();
        files.dedup();
        let is_wanted = rules.iter().any(|(project, _)| *project == Project::Pytorch);
        let texts = match &torch {
            Ok(_) if files.is_empty() => Ok(BTreeMap::new()),
            Ok((repo, locked)) => Objects::new(self.git, repo)
                .map_err(Fault::from)
                .and_then(|objects| objects.read(&locked.commit, &files).map_err(Fault::from)),
            Err(fault) if is_wanted => Err(fault.clone()),
            Err(fault) => Err(Fault {
                cause: format!("it is pinned in torch's commit, which is not known: {}", fault.cause),
                ..fault.clone()
            }),
        };
        let teller = if is_wanted { Some(Project::Pytorch) } else { rules.first().map(|(project, _)| *project) };
        let find = |(project, rule): (Project, Rule)| {
            let found = match (&texts, rule.file()) {
                (Err(fault), _) => Err(teller.filter(|teller| *teller != project).map_or_else(|| fault.clone(), Fault::told_of)),
                (Ok(_), None) => torch.clone().map(|(_, locked)| locked),
                (Ok(texts), Some(file)) => self.follow(&rule, texts.get(file).map(String::as_str)),
            };
            (project, found)
        };
        rules.into_iter().map(find).collect()
    }

    fn torch(&self) -> Result<(RepoUrl, Locked), Fault> {
        if let Some(torch) = &self.torch {
            let repo = self.request.origin(Project::Pytorch).cloned();
            return Ok((repo.map_or_else(|| RepoUrl::parse(&torch.repo), Ok).map_err(SourceError::from)?, torch.clone()));
        }
        match self.rule(Project::Pytorch)? {
            Rule::Ref { repo, reference } => self.ask(&repo, &reference).map(|locked| (repo, locked)),
            _ => Err(Fault::from("torch itself is pinned nowhere".to_owned())),
        }
    }

    /// The commit of a project that is not pinned in torch's.
    fn apart(&self, rule: &Rule) -> Result<Locked, Fault> {
        let text = match (rule.file(), self.therock) {
            // A checkout of TheRock without the file is something else than none.
            (Some(file), Some(dir)) => {
                let path = self.git.host.platform.join(dir, file);
                Some(file::read_if_there(&path).map_err(|error| error.to_string())?.unwrap_or_default())
            }
            _ => None,
        };
        self.follow(rule, text.as_deref())
    }

    fn follow(&self, rule: &Rule, text: Option<&str>) -> Result<Locked, Fault> {
        match rule.pinned(text)? {
            Pinned::To(locked) => Ok(locked),
            Pinned::Ask(Rule::Ref { repo, reference }) => self.ask(&repo, &reference),
            Pinned::Ask(_) => Err(Fault::from("a pin leads to another pin".to_owned())),
        }
    }

    fn ask(&self, repo: &RepoUrl, reference: &GitRef) -> Result<Locked, Fault> {
        let list = |patterns: &[String]| remote::list(self.git, repo, patterns).map_err(Fault::unreachable);
        let patterns = remote_patterns(reference);
        let lines = if patterns.is_empty() { String::new() } else { list(&patterns)? };
        let picked = match pick_remote(&lines, reference) {
            // Only a list of all names tells the nearest.
            Err(SourceError::NoRef { .. }) => pick_remote(&list(&[])?, reference),
            other => other,
        };
        Ok(locked_ref(repo, reference, picked?))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
