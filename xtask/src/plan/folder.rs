//! Build folders, which hold hours of work: which of them are kept, and which are not.

use manifest::Project;

use super::setting::Setting;
use super::{Action, Step, key};
use crate::facts::{Ended, Facts, LastBuild, Owner};
use crate::host::Platform;
use crate::request::{Leftovers, Problem, Request, dir_flag};

/// Where builds leave what they compile, below the sources.
pub const FOLDERS: [&str; 2] = ["build", "python/build"];

/// What a build does first about the folder `dir`/build, and why.
pub fn prepared(setting: &Setting, project: Project, dir: &str) -> (Option<Step>, Option<String>) {
    let remove = |purpose: String| Some(Step::new(purpose, Action::Remove(setting.join(dir, "build"))));
    let now = key::configuration(&key::machine(setting));
    let before = configured(setting.request, setting.facts, project)
        .map(|last| (key::difference(&last.configured, &now, None), &last.ended));
    match (setting.request.leftovers, before) {
        (_, Some((Some(difference), _))) if has_folder(setting.facts, project) => {
            (remove(format!("removing the build folder: {difference}")), None)
        }
        (Leftovers::Clean, Some((None, ended))) if *ended != Ended::Well => (
            None,
            Some("build folder kept: `--clean` cleans before a first attempt, and the last one did not end well".to_owned()),
        ),
        (Leftovers::Clean, _) => (remove("removing the build folder".to_owned()), None),
        (Leftovers::Keep, _) => (None, None),
    }
}

/// A build folder in sources of the user that no build of ours left there.
pub fn refused(request: &Request, facts: &Facts, project: Project) -> Option<Problem> {
    let git = facts.checkouts.get(&project)?.git.as_ref();
    let is_ours = git.is_some_and(|git| git.owner != Owner::User) || configured(request, facts, project).is_some();
    if request.leftovers == Leftovers::Clean || is_ours || !has_folder(facts, project) {
        return None;
    }
    let (name, dir) = (project.distribution(), request.dir(project));
    let text = format!("the sources of {name} in `{dir}` have a build folder that the tool did not make");
    let hint = format!("remove it with `--clean`, or name other sources with `{}`", dir_flag(project));
    Some(Problem::new(text).hint(hint))
}

/// The last build in a project's sources, if it was one of ours.
fn configured<'a>(request: &Request, facts: &'a Facts, project: Project) -> Option<&'a LastBuild> {
    facts.records.last.get(&project).filter(|last| same(request, &last.sources, request.dir(project)))
}

fn same(request: &Request, one: &str, other: &str) -> bool {
    match request.places.platform {
        Platform::Linux => one == other,
        Platform::Windows => one.eq_ignore_ascii_case(other),
    }
}

fn has_folder(facts: &Facts, project: Project) -> bool {
    facts.checkouts.get(&project).is_some_and(|checkout| FOLDERS.iter().any(|folder| checkout.present.contains(*folder)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::check::fixture::{checkout, commit, facts, host, request, told};

    #[test]
    fn a_build_folder_of_the_users_is_not_built_in() {
        let host = host(Platform::Linux);
        let seen = |owner, folder: &str, sources: Option<&str>| {
            let mut facts = facts();
            let mut there = checkout(owner, &commit('1'), None);
            there.present.insert(folder.to_owned());
            facts.checkouts.insert(Project::Pytorch, there);
            let last = sources.map(|sources| LastBuild {
                sources: sources.to_owned(),
                configured: crate::facts::Key::new(),
                ended: Ended::Interrupted,
            });
            facts.records.last.extend(last.map(|last| (Project::Pytorch, last)));
            facts
        };
        let words = "build --gfx gfx942 --pytorch-dir /mine --only pytorch";
        let refusal = "the sources of torch in `/mine` have a build folder that the tool did not make\n\
                       hint: remove it with `--clean`, or name other sources with `--pytorch-dir`";
        for (words, facts, expected) in [
            (words, seen(Owner::User, "build", None), Some(refusal)),
            (words, seen(Owner::User, "build", Some("/other")), Some(refusal)),
            (words, seen(Owner::User, "build", Some("/mine")), None),
            (words, seen(Owner::User, "setup.py", None), None),
            (words, seen(Owner::Edited, "build", None), None),
            (&format!("{words} --clean"), seen(Owner::User, "build", None), None),
        ] {
            let found: Vec<Problem> = refused(&request(&host, words), &facts, Project::Pytorch).into_iter().collect();
            assert_eq!(told(&found), expected.into_iter().collect::<Vec<_>>(), "{words} {:?}", facts.records.last);
        }
    }
}
