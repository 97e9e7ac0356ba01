//! What to ask `git ls-remote`, and what its answer means.

use super::SourceError;
use super::pins::full_commit;
use crate::refs::{GitRef, printable};

/// The commit of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The full commit, in lower case; of an annotated tag, the commit that it names.
    pub commit: String,
    /// The name of the branch or tag, which manifests call the branch. A commit that was asked for by itself has none.
    pub branch: Option<String>,
}

/// What the name of an annotated tag ends in where `git ls-remote` gives the commit instead of the tag.
const PEELED: &str = "^{}";

/// The patterns that `git ls-remote` is asked for; nothing for a commit, which needs no asking. If nothing matches, ask once more for all
/// branches and tags (`--heads --tags`): then [`pick_remote`] can tell the nearest names.
pub fn remote_patterns(reference: &GitRef) -> Vec<String> {
    if reference.is_commit() {
        return Vec::new();
    }
    let (branch, tag) = names(reference);
    let peeled = tag.as_ref().map(|tag| format!("{tag}{PEELED}"));
    [branch, tag, peeled].into_iter().flatten().collect()
}

/// The full names that a ref may have, as a branch (or anything else that is no tag) and as a tag.
fn names(reference: &GitRef) -> (Option<String>, Option<String>) {
    let name = reference.as_str();
    if name.starts_with("refs/tags/") {
        (None, Some(name.to_owned()))
    } else if name.starts_with("refs/") {
        (Some(name.to_owned()), None)
    } else {
        (Some(format!("refs/heads/{name}")), Some(format!("refs/tags/{name}")))
    }
}

/// The commit of `reference`, from lines as `git ls-remote` prints them: commit, tabulator, full name.
///
/// # Errors
/// If there is no such branch or tag, or if there are both.
pub fn pick_remote(lines: &str, reference: &GitRef) -> Result<Picked, SourceError> {
    if let Some(commit) = full_commit(reference.as_str()) {
        return Ok(Picked { commit, branch: None });
    }
    let refs = lines.lines().map(line).collect::<Result<Vec<_>, _>>()?;
    let find = |name: &str| refs.iter().find(|(_, known)| *known == name).map(|(commit, _)| commit.clone());
    let (branch, tag) = names(reference);
    let branch = branch.and_then(|name| find(&name));
    let tag = tag.and_then(|name| find(&format!("{name}{PEELED}")).or_else(|| find(&name)));
    match (branch, tag) {
        (Some(_), Some(_)) => Err(SourceError::Ambiguous(reference.clone())),
        (Some(commit), None) | (None, Some(commit)) => Ok(Picked { commit, branch: Some(short(reference.as_str()).to_owned()) }),
        (None, None) => {
            let known: Vec<&str> = refs.iter().map(|(_, name)| *name).collect();
            Err(SourceError::NoRef { reference: reference.clone(), nearest: nearest(&known, short(reference.as_str())) })
        }
    }
}

fn line(line: &str) -> Result<(String, &str), SourceError> {
    let parts = line.split_once('\t').and_then(|(commit, name)| Some((full_commit(commit)?, name)));
    parts.ok_or_else(|| SourceError::Line(super::repeated(line)))
}

fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name)
}

/// The three names that look most alike; none that differs in more than a third.
fn nearest(known: &[&str], name: &str) -> Vec<String> {
    let most = (name.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .filter(|full| !full.ends_with(PEELED))
        .map(|full| short(full))
        .map(|known| (strsim::osa_distance(known, name), known))
        .filter(|(edits, _)| *edits <= most)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, known)| printable(known)).collect()
}
