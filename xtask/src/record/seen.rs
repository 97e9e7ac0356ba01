//! What the manifest says of what was seen: sources, TheRock, ROCm packages, programs.

use manifest::{Commit, Extra, Project, Rocm, RocmPackage, Sha256, Source, TheRock, Toolchain};

use crate::facts::{Facts, NO_REPOSITORY, Python, Upstream};
use crate::plan::rocm::is_rocm;
use crate::request::Request;

/// What is built: the checkout if it is there, else the commit that it will have.
pub(super) fn source(project: Project, facts: &Facts) -> Option<Source> {
    let locked = facts.lock.get(&project);
    let git = facts.checkouts.get(&project).and_then(|checkout| checkout.git.as_ref());
    // One that is still to be moved says nothing of what is built, nor should a rerun be held to its commit.
    let git = git.filter(|git| locked.is_none_or(|locked| git.is_at(locked)));
    let commit = git.map(|git| git.public(locked)).or(locked.map(|locked| locked.commit.as_str()))?;
    let repo = locked.map(|locked| &locked.repo).or(git.and_then(|git| git.origin.as_ref()));
    Some(Source {
        repo: repo.cloned().unwrap_or_else(|| NO_REPOSITORY.to_owned()),
        commit: Commit::parse(commit).ok()?,
        branch: locked.and_then(|locked| locked.branch.clone()).or_else(|| git.and_then(|git| git.branch.clone())),
        version: None,
        describe: git.and_then(|git| git.describe.clone()),
        dirty: git.and_then(|git| git.dirty(locked)).and_then(|digest| Sha256::parse(digest).ok()),
        extra: Extra::new(),
    })
}

pub(super) fn therock(upstream: &Upstream, facts: &Facts) -> TheRock {
    TheRock {
        repo: upstream.repo.clone(),
        commit: upstream.commit.clone(),
        branch: upstream.branch.clone(),
        git_ref: upstream.reference.clone(),
        version: facts.rocm.ready().map(|rocm| rocm.package_version.clone()),
        extra: Extra::new(),
    }
}

pub(super) fn rocm(request: &Request, facts: &Facts) -> Rocm {
    let index = request.rocm.index_url.as_ref().or(request.rocm.find_links.as_ref());
    let distributions = facts.environment.python().map(|python| python.distributions.clone()).unwrap_or_default();
    // What was installed on demand, and not replaced by anybody since.
    let set = facts.environment.ready().and_then(|ready| ready.rocm_set.as_ref());
    let sha256 = |name: &str, version: &str| {
        let set = set.filter(|set| set.distributions.get(name).is_some_and(|installed| installed == version))?;
        Sha256::parse(set.sha256.get(name)?).ok()
    };
    let package =
        |(name, version): (String, String)| RocmPackage { sha256: sha256(&name, &version), name, version, extra: Extra::new() };
    Rocm {
        index: index.map(|index| request.secrets.redact(index).into_owned()),
        packages: distributions.into_iter().filter(|(name, _)| is_rocm(name)).map(package).collect(),
        extra: Extra::new(),
    }
}

/// The programs of the environment come before those of the machine, because builds find them first.
pub(super) fn toolchain(python: Option<&Python>, facts: &Facts) -> Toolchain {
    let installed = |name: &str| python.and_then(|python| python.installed(name)).map(str::to_owned);
    let tool = |name: &str| facts.tools.get(name).and_then(|tool| tool.version.clone().ok());
    let compilers = facts.tools.keys().filter(|name| !["git", "cmake", "ninja"].contains(&name.as_str()));
    Toolchain {
        interpreter: python.map(|python| format!("{} {}", python.implementation, python.version)),
        pip: installed("pip"),
        build: installed("build"),
        cmake: installed("cmake").or_else(|| tool("cmake")),
        ninja: installed("ninja").or_else(|| tool("ninja")),
        compilers: compilers.filter_map(|name| Some((name.clone(), tool(name)?))).collect(),
        os: python.and_then(|python| python.operating_system.clone()),
        extra: Extra::new(),
    }
}
