//! The TheRock repository that the tool is used from, for the manifest and for its pin of triton on Windows.

use super::git::Git;
use crate::facts::{Seen, Upstream};
use crate::file;
use crate::host::Host;
use crate::plan::sources::THEROCK;
use crate::request::Request;

/// What a checkout of TheRock has and other repositories have not.
const LANDMARK: &str = "external-builds/pytorch";

/// The checkout: the one that was named, else the one around the current directory.
pub(super) fn folder(request: &Request, host: &Host) -> Option<String> {
    let is_there = |dir: &str, name: &str| file::look(&host.platform.join(dir, name)) != Seen::Missing;
    if request.places.therock.is_some() {
        return request.places.therock.clone();
    }
    let mut dir = host.cwd.as_str();
    while !is_there(dir, ".git") {
        dir = host.platform.parent(dir)?;
    }
    is_there(dir, LANDMARK).then(|| dir.to_owned())
}

/// What a manifest says of it, or in words why there is a checkout that git cannot read. Without a checkout CI's variables tell, where there
/// are any.
pub(super) fn upstream(host: &Host, git: Option<Git>, folder: Option<&str>) -> Option<Result<Upstream, String>> {
    match (git, folder) {
        (Some(git), Some(dir)) if git.is_checkout(dir) => Some(git.identity(dir).map(|(commit, branch, origin)| {
            let repo = if origin.is_empty() { THEROCK } else { origin.strip_suffix(".git").unwrap_or(&origin) };
            Upstream { repo: repo.to_owned(), commit, branch, reference: None }
        })),
        _ => from_ci(host).map(Ok),
    }
}

fn from_ci(host: &Host) -> Option<Upstream> {
    if !host.on_github() {
        return None;
    }
    let branch = host.var("GITHUB_REF_NAME").filter(|_| host.var("GITHUB_REF_TYPE") == Some("branch"));
    Some(Upstream {
        repo: format!("{}/{}", host.var("GITHUB_SERVER_URL")?, host.var("GITHUB_REPOSITORY")?),
        commit: host.var("GITHUB_SHA")?.to_owned(),
        branch: branch.map(str::to_owned),
        reference: host.var("GITHUB_REF").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Environment, Memory, Platform, Terminal};

    #[test]
    fn ci_tells_where_it_runs() {
        let mut host = Host {
            platform: Platform::Linux,
            machine: "x86_64".to_owned(),
            cwd: "/".to_owned(),
            env: Environment::default(),
            cpus: 1,
            memory: Memory::default(),
            terminal: Terminal::Dumb,
        };
        let variables = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "ROCm/TheRock"),
            ("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_REF_TYPE", "branch"),
        ];
        host.env.0.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(upstream(&host, None, None), None, "variables of that name outside of CI mean nothing");
        host.env.0.insert("GITHUB_ACTIONS".to_owned(), "true".to_owned());
        let mut expected = Upstream {
            repo: "https://github.com/ROCm/TheRock".to_owned(),
            commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            branch: Some("main".to_owned()),
            reference: Some("refs/heads/main".to_owned()),
        };
        assert_eq!(upstream(&host, None, None), Some(Ok(expected.clone())));
        host.env.0.insert("GITHUB_REF_TYPE".to_owned(), "tag".to_owned());
        expected.branch = None;
        assert_eq!(upstream(&host, None, None), Some(Ok(expected)));
    }
}
