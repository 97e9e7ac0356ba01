//! Where packages and sources come from: indexes, pages or folders with links, and repositories.

use manifest::{Origin, Project};

use super::said::Said;
use super::{Places, Problem, Sources};
use crate::facts::{Looks, Seen};
use crate::refs::{RepoUrl, index_fault, without_secrets};

const FIND_LINKS: &str = "name a folder with wheels, or a page with links to them such as `https://host/wheels/`";

/// A package index.
pub(super) fn index(flag: &Option<String>, said: &mut Said) -> Option<String> {
    let text = said.text("index-url", flag)?;
    address("index-url", text, said)
}

/// A page or a folder with links. A folder is absolute, because pip may be started elsewhere; and it must be there, because pip would look
/// into the index only.
pub(super) fn links(flag: &Option<String>, places: &Places, looks: &Looks, said: &mut Said) -> Option<String> {
    let text = said.text("find-links", flag)?;
    let Some(dir) = &places.links else {
        return address("find-links", text, said);
    };
    let fault = match looks.at(dir) {
        Seen::Directory => return Some(dir.clone()),
        Seen::File => "is not a folder",
        Seen::Missing => "does not exist",
    };
    // It may be a mistyped address.
    let shown = if text.contains(['@', '?', '#']) { &without_secrets(text) } else { dir };
    said.problem(Problem::new(format!("`--find-links`: `{shown}` {fault}")).hint(FIND_LINKS));
    None
}

fn address(name: &str, text: &str, said: &mut Said) -> Option<String> {
    let Some(fault) = index_fault(text) else {
        return Some(text.to_owned());
    };
    let hint = if name == "find-links" { FIND_LINKS } else { "write an address such as `https://host/simple`" };
    said.refuse(name, format!("`{}`: {fault}", without_secrets(text)), Some(hint.to_owned()));
    None
}

/// The repositories that replace the defaults.
pub(super) fn origins(typed: &[String], places: &Places, sources: Sources, said: &mut Said) -> Vec<(Project, RepoUrl)> {
    let mut origins = Vec::new();
    for text in typed {
        let Some((name, url)) = text.split_once('=') else {
            let hint = "write `--origin pytorch=https://host/repository`".to_owned();
            said.refuse("origin", format!("`{}` has no `=`", without_secrets(text)), Some(hint));
            continue;
        };
        match (Project::parse(name), RepoUrl::parse(url)) {
            (Ok(project), Ok(_)) if origins.iter().any(|(other, _)| *other == project) => {
                said.refuse("origin", format!("`{}` is given twice", project.key()), Some("leave one of them out".to_owned()));
            }
            (Ok(project), Ok(url)) => {
                said.note("origin", format!("{}={url}", project.key()), Origin::Flag);
                origins.push((project, url));
            }
            (project, url) => {
                project.err().into_iter().for_each(|error| said.refuse("origin", error, None));
                url.err().into_iter().for_each(|error| {
                    let hint = error.hint();
                    said.refuse("origin", error, hint);
                });
            }
        }
    }
    if sources == Sources::Demo {
        let folder = places.demo("origins");
        let demo = |project: Project| Some((project, RepoUrl::parse(&places.platform.join(&folder, project.key())).ok()?));
        let given: Vec<Project> = origins.iter().map(|(project, _)| *project).collect();
        origins.extend(Project::ALL.into_iter().filter(|project| !given.contains(project)).filter_map(demo));
    }
    origins
}
