//! The second report: what is wrong with the world, once programs have answered. The rooms that plan jobs find most of it; here their findings
//! are put together with what is about no single job.

use std::collections::{BTreeMap, BTreeSet};

use manifest::{Finished, Identity, Project, WheelName, file_name};

use crate::facts::{Checkout, Facts, Locked, Output, Python, Recorded, Unresolved};
use crate::host::{Host, Platform};
use crate::request::{Goal, Leftovers, MANIFESTS, Places, Problem, Request, Restart, dir_flag};

use super::{folder, python, rocm, sources, wheel};

/// Everything that is wrong, before anything is fetched or written.
pub fn problems(request: &Request, host: &Host, facts: &Facts) -> Vec<Problem> {
    let mut problems: Vec<Problem> = python::job(request, host, facts).err().into_iter().collect();
    problems.extend(rocm::job(request, host, facts).err().into_iter().flatten());
    problems.extend(sources::checkout_jobs(request, host, facts).1);
    if request.goal == Goal::Wheels {
        problems.extend(compilers(request, host, facts));
        problems.extend(therock(facts));
        let own = Project::ALL.into_iter().filter(|project| !request.builds(*project) || !request.fetches(*project));
        problems.extend(own.filter_map(|project| sources::unreadable(request, facts, project)));
        let incomplete: Vec<Problem> =
            request.selected.iter().filter_map(|project| incomplete_sources(request, host, facts, *project)).collect();
        // Plans of wheels have nothing new to say of sources that are none.
        match incomplete.is_empty() {
            true => problems.extend(wheel::jobs(request, host, facts).err().into_iter().flatten()),
            false => problems.extend(incomplete),
        }
        problems.extend(request.selected.iter().filter_map(|project| folder::refused(request, facts, *project)));
        problems.extend(foreign_manifests(request, host, facts));
        problems.extend(refused_wheels(request, host, facts));
    }
    problems
}

/// What hinders a checkout.
pub fn sources(request: &Request, host: &Host, facts: &Facts) -> Vec<Problem> {
    let python = python::choose(request, facts).err().filter(|_| sources::translates(request));
    python.into_iter().chain(sources::checkout_jobs(request, host, facts).1).collect()
}

/// What hinders a lock.
pub fn lock(request: &Request, host: &Host, facts: &Facts) -> Vec<Problem> {
    let told = |unresolved: &&Unresolved| unresolved.told_of.is_none();
    let unknown = |unresolved: &Unresolved| {
        let what = if facts.lock.contains_key(&unresolved.project) { "version" } else { "commit" };
        sources::unknown(what, request, unresolved.project, &unresolved.cause, unresolved.hint.clone())
    };
    let git = sources::git(host, facts).err();
    git.into_iter().chain(facts.unresolved.iter().filter(told).map(unknown)).chain(therock(facts)).collect()
}

fn therock(facts: &Facts) -> Option<Problem> {
    let cause = facts.therock.as_ref()?.as_ref().err()?;
    let hint = "name another checkout with `--therock-dir`";
    Some(Problem::new(format!("the checkout of TheRock cannot be read: {cause}")).hint(hint))
}

/// What is wrong with the programs that even the demo's sources and SDK are laid out with.
pub fn tools(request: &Request, host: &Host, facts: &Facts) -> Vec<Problem> {
    let mut problems: Vec<Problem> = python::job(request, host, facts).err().into_iter().collect();
    problems.extend(sources::git(host, facts).err());
    problems.extend(compilers(request, host, facts));
    problems
}

/// The compilers that builds start by themselves, with the variable by which users name another one.
fn compilers(request: &Request, host: &Host, facts: &Facts) -> Vec<Problem> {
    let (needed, hint): (&[(&str, Option<&str>, &str)], _) = match host.platform {
        Platform::Linux => (
            &[("cc", Some("CC"), "C compiler"), ("c++", Some("CXX"), "C++ compiler")],
            "on Debian and Ubuntu `apt-get install build-essential` brings it",
        ),
        Platform::Windows => {
            (&[("cl", None, "C and C++ compiler")], "start from a developer prompt of Visual Studio (`vcvars64.bat`)")
        }
    };
    let problem = |(name, variable, what): &(&str, Option<&str>, &str)| {
        // Whoever sets it for the builds only is believed: it is the builds that will look for it.
        if request.overrides.iter().any(|set| Some(set.key.as_str()) == *variable) {
            return None;
        }
        let named = variable.and_then(|variable| Some((variable, host.var(variable)?)));
        let text = match (facts.tools.get(named.map_or(*name, |(_, command)| command)), named) {
            (Some(tool), _) => format!("the {what} `{}` does not run: {}", tool.path, tool.version.as_ref().err()?),
            (None, Some((variable, command))) => {
                format!("the {what} `{command}`, which the variable `{variable}` names, is not found")
            }
            (None, None) => format!("no {what} is found: no `{name}` is on `PATH`"),
        };
        Some(Problem::new(text).hint(hint))
    };
    needed.iter().filter_map(problem).collect()
}

/// Sources of the user's own that are no such sources; those that the tool fetches are whole.
fn incomplete_sources(request: &Request, host: &Host, facts: &Facts, project: Project) -> Option<Problem> {
    if request.fetches(project) {
        return None;
    }
    let has = |file: &&str| {
        let there = |checkout: &Checkout| checkout.present.contains(*file) || checkout.texts.contains_key(*file);
        facts.checkouts.get(&project).is_some_and(there)
    };
    let missing: Vec<String> = match project {
        Project::Triton if ["python/setup.py", "setup.py"].iter().any(has) => Vec::new(),
        Project::Triton => vec!["`setup.py`".to_owned()],
        Project::Pytorch => missing(&["version.txt", "pyproject.toml"], has),
        Project::PytorchAudio | Project::PytorchVision | Project::Apex => missing(&["version.txt", "setup.py"], has),
    };
    if missing.is_empty() {
        return None;
    }
    let (dir, name) = (request.dir(project), project.distribution());
    let flag = dir_flag(project);
    let platform_hint = match (project, host.platform) {
        (Project::Triton, Platform::Windows) => " (on Windows, of triton-windows)",
        _ => "",
    };
    Some(
        Problem::new(format!("`{dir}` holds no sources of {name}: it has no {}", missing.join(" and no ")))
            .hint(format!("name a checkout of {name}{platform_hint} with `{flag}`, or give `--ref` to have one made")),
    )
}

fn missing(files: &[&str], has: impl Fn(&&str) -> bool) -> Vec<String> {
    files.iter().filter(|file| !has(file)).map(|file| format!("`{file}`")).collect()
}

/// The ref that names the manifest, and a warning where it is only a makeshift: what was asked for, else what torch's checkout says it is,
/// else its commit.
pub fn track(facts: &Facts, request: &Request) -> (String, Option<String>) {
    if let Some(reference) = &request.reference {
        return (reference.to_string(), None);
    }
    let git = facts.checkouts.get(&Project::Pytorch).and_then(|checkout| checkout.git.as_ref());
    let makeshift = match git {
        Some(git) => match &git.track {
            Some(track) => return (track.clone(), None),
            None => git.upstream.get(..12).unwrap_or(&git.upstream).to_owned(),
        },
        None => "unknown".to_owned(),
    };
    let warning =
        format!("torch's sources do not tell which ref they are, so the manifest is named after `{makeshift}`; `--ref` names it");
    (makeshift, Some(warning))
}

/// The manifest that this request will write, as it stands in the manifest folder now.
struct Ours {
    names: [String; 2],
    identity: String,
}

impl Ours {
    fn new(request: &Request, host: &Host, facts: &Facts, python: &Python) -> Self {
        let (track, _) = track(facts, request);
        let series = python.series.to_string();
        let name = |finished| file_name(&series, &track, finished);
        let identity = Identity::new(&host.platform_name(), &series, &track, &request.gfx.targets).to_string();
        Ours { names: [name(Finished::Complete), name(Finished::Partial)], identity }
    }

    fn files<'a>(&self, facts: &'a Facts) -> impl Iterator<Item = (&'a String, &'a Recorded)> {
        facts.output.manifests.iter().filter(|(name, _)| self.names.contains(*name))
    }
}

/// The build that the manifest of this request is of, `manifest::Identity` as text, once its Python is known.
pub fn identity(request: &Request, host: &Host, facts: &Facts) -> Option<String> {
    Some(Ours::new(request, host, facts, builder(request, facts)?).identity)
}

/// The interpreter that wheels are named after.
fn builder<'a>(request: &Request, facts: &'a Facts) -> Option<&'a Python> {
    facts.environment.python().or_else(|| python::choose(request, facts).ok())
}

/// Manifests under the name of ours that are not ours.
fn foreign_manifests(request: &Request, host: &Host, facts: &Facts) -> Vec<Problem> {
    let Some(python) = builder(request, facts) else {
        return Vec::new();
    };
    let ours = Ours::new(request, host, facts, python);
    let problem = |(name, recorded): (&String, &Recorded)| {
        let path = host.platform.join(&request.places.manifests, name);
        let text = match &recorded.identity {
            Ok(identity) if *identity == ours.identity => return None,
            Ok(identity) => format!(
                "`{path}` is the manifest of another build ({identity}), and this one ({}) would replace it",
                ours.identity
            ),
            Err(cause) => format!("`{path}` cannot be read, and this build would replace it: {cause}"),
        };
        Some(Problem::new(text).hint(elsewhere(request)))
    };
    ours.files(facts).filter_map(problem).collect()
}

/// Where a build can go whose manifest would replace another's: not even `--clean` does that. Its wheels may be called as the other's are, and
/// would replace those, so that another folder for the manifest alone is not enough.
fn elsewhere(request: &Request) -> &'static str {
    let Places { output, manifests, platform, .. } = &request.places;
    match *manifests == platform.join(output, MANIFESTS) {
        true => "name another `--output-dir`; or move the file away, and let new wheels replace its wheels with `--clean`",
        false => {
            "name another `--output-dir` and another `--manifest-dir`; or move the file away, and let new wheels replace its wheels with `--clean`"
        }
    }
}

/// Wheels in the output folder that a new one would stand beside: of a selected project, for the same Python and platform, and not of our
/// own manifest. Only file names, sorted.
pub fn stale_wheels(request: &Request, host: &Host, facts: &Facts) -> Vec<String> {
    let Some(python) = builder(request, facts) else {
        return Vec::new();
    };
    let listed = listed_wheels(request, host, facts);
    let rival = |name: &&String| {
        let Ok(wheel) = WheelName::parse(name) else { return false };
        let same_tags = is_for(&wheel, python);
        wheel.project().is_some_and(|project| request.builds(project)) && same_tags && !listed.contains(*name)
    };
    facts.output.wheels.iter().filter(rival).cloned().collect()
}

/// Whether a wheel has the tags of wheels that this interpreter builds.
fn is_for(wheel: &WheelName, python: &Python) -> bool {
    let series = python.series;
    let tag = format!("cp{}{}", series.major, series.minor);
    let same_python = wheel.python_tag().split('.').any(|part| part == tag);
    let same_threads = wheel.abi_tag().ends_with('t') == series.free_threaded;
    let same_platform = wheel.platform_tag().split('.').any(|part| part == python.platform_tag);
    same_python && same_threads && same_platform
}

/// The wheels of our own manifest that are still in the output folder.
pub fn listed_wheels(request: &Request, host: &Host, facts: &Facts) -> BTreeSet<String> {
    let Some(python) = builder(request, facts) else {
        return BTreeSet::new();
    };
    let ours = Ours::new(request, host, facts, python);
    let mine = ours.files(facts).filter(|(_, recorded)| recorded.identity.as_ref() == Ok(&ours.identity));
    let mut listed: BTreeSet<&str> = mine.flat_map(|(_, recorded)| &recorded.wheels).map(String::as_str).collect();
    // A manifest forgets a wheel that was to be built again, its record does not.
    let records = facts.records.jobs.values().filter(|record| record.identity == ours.identity);
    listed.extend(records.filter_map(|record| Some(record.wheel.as_ref()?.artifact.relative_path.as_str())));
    facts.output.wheels.iter().filter(|name| listed.contains(name.as_str())).cloned().collect()
}

/// The commits that an unfinished run of this request left behind: a rerun builds the same, though branches may have moved since. A project
/// whose repository is another one now is not among them.
pub fn held(request: &Request, host: &Host, output: &Output, python: &Python) -> BTreeMap<Project, Locked> {
    let Some(reference) = request.reference.as_ref().filter(|_| request.again.restart == Restart::Resumed) else {
        return BTreeMap::new();
    };
    let series = python.series.to_string();
    let identity = Identity::new(&host.platform_name(), &series, reference.as_str(), &request.gfx.targets).to_string();
    let partial = output.manifests.get(&file_name(&series, reference.as_str(), Finished::Partial));
    let ours = partial.filter(|recorded| recorded.identity.as_ref() == Ok(&identity));
    let moved =
        |project: &Project, locked: &Locked| request.origin(*project).is_some_and(|origin| origin.redacted() != locked.repo);
    let mut lock = ours.map(|recorded| recorded.lock.clone()).unwrap_or_default();
    lock.retain(|project, locked| request.fetches(*project) && request.builds(*project) && !moved(project, locked));
    lock
}

/// Whether an unfinished run of this request holds it to a commit.
pub fn is_held(request: &Request, host: &Host, facts: &Facts) -> bool {
    builder(request, facts).is_some_and(|python| !held(request, host, &facts.output, python).is_empty())
}

/// Wheels in the output folder that a new one of the same project, Python and platform replaces when it is put there: those of our own
/// manifest, and with `--clean` those of anybody.
pub fn recorded(request: &Request, host: &Host, facts: &Facts) -> BTreeSet<String> {
    let mut replaced = listed_wheels(request, host, facts);
    if request.leftovers == Leftovers::Clean {
        replaced.extend(stale_wheels(request, host, facts));
    }
    replaced
}

fn refused_wheels(request: &Request, host: &Host, facts: &Facts) -> Option<Problem> {
    let stale = stale_wheels(request, host, facts);
    if stale.is_empty() || request.leftovers == Leftovers::Clean {
        return None;
    }
    let names: Vec<String> = stale.iter().map(|name| format!("`{name}`")).collect();
    let text = format!(
        "`{}` holds wheels of the same projects that this build's manifest does not list: {}",
        request.places.output,
        names.join(", ")
    );
    Some(Problem::new(text).hint("let new wheels replace them with `--clean`, or name another `--output-dir`"))
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
