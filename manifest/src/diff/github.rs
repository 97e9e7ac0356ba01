//! Links to GitHub's comparison of two commits.

use crate::model::Source;

/// The page that compares the commits of two sources, if they differ and are of one repository on GitHub.
pub(super) fn compare_url(before: &Source, after: &Source) -> Option<String> {
    let (one, other) = (repository(&before.repo)?, repository(&after.repo)?);
    let differ = before.commit != after.commit && one.eq_ignore_ascii_case(&other);
    differ.then(|| format!("https://github.com/{other}/compare/{}...{}", before.commit, after.commit))
}

/// `owner/name` of a repository on GitHub, in any spelling that git takes: `https://github.com/o/n.git`,
/// `ssh://git@github.com:22/o/n`, `git@github.com:o/n.git`.
fn repository(url: &str) -> Option<String> {
    let (authority, path) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let known = ["https", "http", "ssh", "git", "git+ssh", "git+https"];
            known.iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
            rest.split_once('/')?
        }
        None => url.split_once(':')?,
    };
    // What comes before an `@` may be a password: only the host and its port are looked at.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    ["github.com", "www.github.com", "ssh.github.com"].iter().find(|known| host.eq_ignore_ascii_case(known))?;
    let path = path.trim_matches('/');
    let (owner, name) = path.strip_suffix(".git").unwrap_or(path).split_once('/')?;
    let is_plain = |part: &str, punctuation: &str| {
        !part.is_empty()
            && ![".", ".."].contains(&part)
            && part.chars().all(|character| character.is_ascii_alphanumeric() || punctuation.contains(character))
    };
    (is_plain(owner, "-_") && is_plain(name, "-_.")).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn spellings() {
        for url in [
            "https://github.com/ROCm/pytorch",
            "https://github.com/ROCm/pytorch.git",
            "https://github.com/ROCm/pytorch/",
            "https://github.com/ROCm/pytorch.git/",
            "https://user:token@github.com/ROCm/pytorch.git",
            "https://github.com:443/ROCm/pytorch",
            "HTTPS://GitHub.com/ROCm/pytorch",
            "http://www.github.com/ROCm/pytorch",
            "git://github.com/ROCm/pytorch.git",
            "git+https://github.com/ROCm/pytorch.git",
            "ssh://git@github.com/ROCm/pytorch.git",
            "ssh://git@github.com:22/ROCm/pytorch",
            "ssh://git@ssh.github.com:443/ROCm/pytorch.git",
            "git@github.com:ROCm/pytorch.git",
            "git@github.com:ROCm/pytorch",
            "git@github.com:/ROCm/pytorch.git",
            "github.com:ROCm/pytorch",
        ] {
            assert_eq!(repository(url).as_deref(), Some("ROCm/pytorch"), "{url}");
        }
        assert_eq!(repository("git@github.com:a-b/c.d_e.git").as_deref(), Some("a-b/c.d_e"));
    }

    #[test]
    fn what_is_not_on_github() {
        for url in [
            "",
            "unknown",
            "/srv/git/pytorch",
            "C:/src/ROCm/pytorch",
            "https://github.com",
            "https://github.com/ROCm",
            "https://github.com/ROCm/pytorch/tree/main",
            "https://github.com/ROCm/..",
            "https://github.com//pytorch",
            "https://github.com/ROCm/a b",
            "https://github.com/ROCm/a?b=c",
            "https://github.com/ROCm/a\n",
            "https://github.com.evil.example/ROCm/pytorch",
            "https://github.com@evil.example/ROCm/pytorch",
            "https://evil.example/github.com/ROCm/pytorch",
            "https://evilgithub.com/ROCm/pytorch",
            "javascript://github.com/ROCm/pytorch",
            "file://github.com/ROCm/pytorch",
            "git@gitlab.com:ROCm/pytorch.git",
        ] {
            assert_eq!(repository(url), None, "{url}");
        }
    }
}
