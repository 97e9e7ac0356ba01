//! The jobs that check sources out, and the checkouts that must not be touched.

mod fetch;
mod hipify;
mod moved;

use manifest::Project;

pub use hipify::translates;
use moved::when_moved;

use crate::facts::{Facts, GitState, Locked, Owner, Part};
use crate::host::{Host, Platform};
use crate::plan::{Action, Command, Env, Job, JobName, Mark, Step, Unknown, Value, python};
use crate::request::{Changes, Goal, Problem, Request, Sources, Submodules, Translated};

/// The tag on the public commit, below whatever hipify changes: builds and manifests name this one.
pub const UPSTREAM_TAG: &str = "THEROCK_UPSTREAM_DIFFBASE";

/// The tag on the commit of what hipify changed, in each repository where it changed something.
pub const HIPIFY_TAG: &str = "THEROCK_HIPIFY_DIFFBASE";

/// How many seconds a fetch may tell nothing of its progress. A server may take a while to find what it is to send.
const SILENCE: u32 = 300;

/// Variables by which a git that started the tool would lead our git commands into its own repository.
pub const FOREIGN_GIT: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
];

/// What each git command is told that touches what others wrote. No hook runs, wherever it comes from, and no address, a submodule's neither,
/// names a program, even where the user's own settings would let it. Nor does git tidy up behind a command that has ended, in a folder that may be
/// renamed by then: it would pack anew what a checkout shares with a store.
pub const GUARDS: [&str; 8] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "protocol.fd.allow=never",
    "-c",
    "maintenance.auto=false",
];

/// What git commands in checkouts are told: the guards, and for Windows that paths may be long, as in submodules of submodules they are.
pub fn in_checkouts(platform: Platform) -> Vec<&'static str> {
    let long_paths: &[&str] = if platform == Platform::Windows { &["-c", "core.longpaths=true"] } else { &[] };
    [&GUARDS, long_paths].concat()
}

/// The git that everything is fetched with.
///
/// # Errors
/// If there is none, or it does not run.
pub fn git<'a>(host: &Host, facts: &'a Facts) -> Result<&'a str, Problem> {
    let hint = match host.platform {
        Platform::Linux => "install it, on Debian and Ubuntu with `apt-get install git`",
        Platform::Windows => "install Git for Windows and put it on `PATH`",
    };
    match facts.tools.get("git") {
        None => Err(Problem::new("`git` is not found").hint(hint)),
        Some(tool) => match &tool.version {
            Ok(_) => Ok(&tool.path),
            Err(cause) => Err(Problem::new(format!("`{}` does not run: {cause}", tool.path)).hint(hint)),
        },
    }
}

/// The name of the job that checks a project out.
pub fn checkout_name(project: Project) -> JobName {
    JobName(format!("checkout-{}", project.key()))
}

/// The project that a job checks out, if it does.
pub fn checked_out(name: &JobName) -> Option<Project> {
    Project::ALL.into_iter().find(|project| checkout_name(*project) == *name)
}

/// A job for each project whose sources are fetched; one without steps says why nothing is to be done. They wait for nothing.
///
/// `facts.checkouts` has no entry where there is no folder, or an empty one.
pub fn checkout_jobs(request: &Request, host: &Host, facts: &Facts) -> (Vec<Job>, Vec<Problem>) {
    let told_elsewhere = |project| facts.unresolved.iter().any(|found| found.project == project && found.told_of.is_some());
    let asked = |project: &Project| request.fetches(*project) && !told_elsewhere(*project);
    let projects: Vec<Project> = request.selected.iter().copied().filter(asked).collect();
    if projects.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let git = match git(host, facts) {
        Ok(git) => git,
        Err(problem) => return (Vec::new(), vec![problem]),
    };
    // That there is no interpreter is told where the environment is made; without one nothing is done.
    let python = python::choose(request, facts).map_or("", |python| &python.executable);
    let mut jobs = Vec::new();
    let mut problems = Vec::new();
    for project in projects {
        let checkout = Checkout { request, host, git, python, project };
        match checkout.job(facts) {
            Ok(job) => jobs.push(job),
            Err(problem) => problems.push(problem),
        }
    }
    (jobs, problems)
}

/// The first step of a wheel that is built in the tool's own checkout: if the run is ended from outside, what was written into it by then is not
/// taken for somebody's changes.
pub fn note_building(request: &Request, facts: &Facts, project: Project) -> Option<Step> {
    let purpose = format!("noting that {} is built in its checkout", project.distribution());
    is_ours(facts, project).then(|| note(purpose, request.dir(project), Mark::Building))
}

/// The job that notes what the builds of these projects wrote into the tool's own checkouts.
pub fn mark_job(request: &Request, facts: &Facts, built: &[Project]) -> Option<Job> {
    let mut job = Job::new("mark-checkouts");
    let ours = built.iter().filter(|project| is_ours(facts, **project));
    let built = |project: &Project| {
        let purpose = format!("noting what the build wrote into {}'s checkout", project.distribution());
        note(purpose, request.dir(*project), Mark::Built)
    };
    job.steps = ours.map(built).collect();
    (!job.steps.is_empty()).then_some(job)
}

fn is_ours(facts: &Facts, project: Project) -> bool {
    let git = facts.checkouts.get(&project).and_then(|checkout| checkout.git.as_ref());
    git.is_some_and(|git| git.owner.is_ours())
}

fn note(purpose: impl Into<String>, dir: &str, mark: Mark) -> Step {
    Step::new(purpose, Action::MarkCheckout { dir: dir.to_owned(), mark })
}

/// A warning for each of the user's source folders that git knows nothing of.
pub fn without_git(request: &Request, facts: &Facts) -> Vec<String> {
    let unknown = |project: &&Project| facts.checkouts.get(*project).is_some_and(|checkout| checkout.git.is_none());
    let text = |project: &Project| {
        let (name, dir) = (project.distribution(), request.dir(*project));
        format!("the sources of {name} in `{dir}` are no git checkout: the manifest cannot say what they are")
    };
    request.selected.iter().filter(unknown).map(text).collect()
}

/// Sources that are there and that git cannot read.
pub fn unreadable(request: &Request, facts: &Facts, project: Project) -> Option<Problem> {
    let unresolved = facts.unresolved.iter().find(|unresolved| unresolved.project == project)?;
    let (name, dir) = (project.distribution(), request.dir(project));
    let text = format!("the sources of {name} in `{dir}` cannot be read: {}", unresolved.cause);
    Some(Problem { text, hint: unresolved.hint.clone() })
}

/// What stands where the sources go.
enum There<'a> {
    /// Nothing.
    Nothing,
    /// Our own checkout of another commit.
    Ours(&'a GitState),
    /// A checkout whose changes may be discarded.
    Given(&'a GitState),
    /// What is to be built, for this reason.
    Wanted(String),
}

struct Checkout<'a> {
    request: &'a Request,
    host: &'a Host,
    git: &'a str,
    python: &'a str,
    project: Project,
}

impl Checkout<'_> {
    fn job(&self, facts: &Facts) -> Result<Job, Problem> {
        let mut job = Job::new(checkout_name(self.project).0);
        job.need = self.request.need(self.project);
        let Some(locked) = facts.lock.get(&self.project) else {
            job.unknown = vec![self.without_lock(facts)?];
            return Ok(job);
        };
        job.why.push(format!("{}: {}", locked.commit, locked.why));
        let there = self.there(facts, locked)?;
        job.why.push(match &there {
            There::Nothing => format!("nothing is in `{}` yet", self.dir()),
            There::Ours(git) => {
                let lack = self.lack(git).filter(|_| git.is_at(locked)).map(|lack| format!(", {lack}")).unwrap_or_default();
                format!("`{}` is at {}{lack} and {}", self.dir(), git.upstream, when_moved(git))
            }
            There::Given(git) => {
                format!("`{}` is at {}: what is changed in it is discarded, as `--force` says", self.dir(), git.head)
            }
            There::Wanted(why) => format!("`{}` {why}", self.dir()),
        });
        job.steps = self.steps(&there, locked);
        Ok(job)
    }

    fn there<'f>(&self, facts: &'f Facts, locked: &Locked) -> Result<There<'f>, Problem> {
        let Some(checkout) = facts.checkouts.get(&self.project) else {
            return Ok(There::Nothing);
        };
        let Some(git) = &checkout.git else {
            let unreadable = unreadable(self.request, facts, self.project);
            return Err(
                unreadable.unwrap_or_else(|| self.refused(locked, "holds files that are no git checkout with a commit", ""))
            );
        };
        let yourself = "commit or stash what you changed and check out that commit yourself, ";
        let discards = self.request.checkout.changes == Changes::Discarded;
        match (stays(git, locked), git.owner) {
            // Whoever made them said that they may go.
            (_, Owner::Edited | Owner::User) if discards && (git.changes.is_some() || !git.is_at(locked)) => {
                Ok(There::Given(git))
            }
            (Some(_), Owner::Tool | Owner::Built) if self.lack(git).is_some() => Ok(There::Ours(git)),
            (Some(why), _) => Ok(There::Wanted(why)),
            (None, Owner::Tool | Owner::Built | Owner::Moving) => Ok(There::Ours(git)),
            (None, Owner::Edited) => Err(self.refused(
                locked,
                &format!("was changed since it was checked out at {}{}", git.head, theirs(git)),
                yourself,
            )),
            (None, Owner::User) => {
                Err(self.refused(locked, &format!("is a checkout of yours at {}{}", git.head, theirs(git)), yourself))
            }
        }
    }

    /// The demo's repositories are laid out by a job; anything else without a commit is an error.
    fn without_lock(&self, facts: &Facts) -> Result<Unknown, Problem> {
        let found = facts.unresolved.iter().find(|unresolved| unresolved.project == self.project);
        let cause = match found {
            Some(unresolved) => &unresolved.cause,
            None if self.request.sources == Sources::Demo => {
                let fact = format!("the commit of {}", self.project.distribution());
                return Ok(Unknown { fact, given_by: JobName("demo".to_owned()) });
            }
            None => "it was not looked for",
        };
        Err(super::unknown("commit", self.request, self.project, cause, found.and_then(|unresolved| unresolved.hint.clone())))
    }

    fn refused(&self, locked: &Locked, state: &str, first: &str) -> Problem {
        let (dir, key) = (self.dir(), self.project.key().replace('_', "-"));
        let text =
            format!("`{dir}` {state}; `--ref {}` is {} of {}", self.reference(), locked.commit, self.project.distribution());
        let (force, build) = match self.request.goal {
            Goal::Sources if !first.is_empty() => ("discard your changes with `--force`, ", "cargo xtask build "),
            Goal::Sources => ("", "cargo xtask build "),
            _ => ("", ""),
        };
        Problem::new(text).hint(format!(
            "{first}{force}build what is there with `{build}--{key}-dir {dir}`, check out elsewhere with `--root-checkout-dir`, or remove \
             the folder"
        ))
    }

    fn dir(&self) -> &str {
        self.request.dir(self.project)
    }

    fn reference(&self) -> String {
        self.request.reference.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    fn steps(&self, there: &There, locked: &Locked) -> Vec<Step> {
        match there {
            There::Nothing => self.new_checkout(locked),
            There::Ours(git) => self.moved_checkout(git, locked),
            There::Given(git) => self.given_checkout(git, locked),
            There::Wanted(_) => Vec::new(),
        }
    }

    /// A new checkout is made in a folder of the tool's own, so that a folder of the final name is always a whole checkout.
    fn new_checkout(&self, locked: &Locked) -> Vec<Step> {
        let beside = self.request.places.unfinished_checkout(self.project);
        let dir = beside.as_str();
        let mut steps: Vec<Step> = self.store(locked).into_iter().collect();
        steps.extend([
            Step::new("removing what an interrupted checkout left", Action::Remove(beside.clone())),
            Step::new("making the folder", Action::MakeFolder(beside.clone())),
            self.step("making the repository", dir, &["init", "--initial-branch=main"]),
            self.step("silencing git's advice", dir, &["config", "advice.detachedHead", "false"]),
            // The address without credentials: what stands in `.git/config` is read by builds and copied into images.
            self.step("naming its origin", dir, &["remote", "add", "--", "origin", &locked.repo]),
            self.fetch_new(dir, locked),
        ]);
        steps.extend(self.fill(dir, locked));
        steps.push(Step::new(
            "putting the checkout in its place",
            Action::Rename { from: beside.clone(), to: self.dir().to_owned() },
        ));
        steps
    }

    /// What `fill` makes besides the files of the commit.
    fn parts(&self) -> Vec<Part> {
        let wish = &self.request.checkout;
        let submodules = (wish.submodules == Submodules::All).then_some(Part::Submodules);
        submodules.into_iter().chain(self.hipify(self.dir()).map(|_| Part::Translation)).collect()
    }

    /// Why the tool's own checkout is not what is asked for, though it may be at that commit. Submodules that nobody asks for do no harm.
    fn lack(&self, git: &GitState) -> Option<&'static str> {
        let (made, wanted) = (git.parts.as_ref()?, self.parts());
        let [modules, hip] = [Part::Submodules, Part::Translation].map(|part| (made.contains(&part), wanted.contains(&part)));
        match (modules, hip) {
            ((false, true), _) => Some("was made without submodules"),
            (_, (false, true)) => Some("was made without the translation to HIP"),
            (_, (true, false)) => Some("was translated to HIP"),
            _ => None,
        }
    }

    /// From the fetched commit to sources that can be built.
    fn fill(&self, dir: &str, locked: &Locked) -> Vec<Step> {
        let mut steps = vec![
            self.step("checking it out", dir, &["checkout", "--detach", &locked.commit]),
            self.step("tagging the public commit", dir, &["tag", "-f", UPSTREAM_TAG, "--no-sign"]),
            self.step("reading the submodules' addresses", dir, &["submodule", "sync", "--recursive"]),
        ];
        let wish = &self.request.checkout;
        if wish.submodules == Submodules::All {
            steps.extend(self.submodules(dir, locked));
        }
        let (dir_owned, submodules) = (dir.to_owned(), wish.submodules);
        let check = Action::CheckCheckout { dir: dir_owned.clone(), commit: locked.commit.clone(), submodules };
        steps.push(Step::new("comparing it with its commit", check));
        steps.extend(self.hipify(dir));
        if wish.translated == Translated::Committed {
            let commit = Action::CommitTranslated { dir: dir_owned, submodules };
            steps.push(Step::new("committing what the translation changed", commit));
        }
        steps.push(note(
            "noting that the checkout is the tool's",
            dir,
            Mark::CheckedOut { reference: self.reference(), parts: self.parts() },
        ));
        steps
    }

    fn step(&self, purpose: &str, dir: &str, args: &[&str]) -> Step {
        Step::ask(purpose, self.command(dir, args))
    }

    fn command(&self, dir: &str, args: &[&str]) -> Command {
        let mut env = Env::from([("GIT_TERMINAL_PROMPT".to_owned(), Some(Value::text("0")))]);
        env.extend(FOREIGN_GIT.into_iter().filter(|name| self.host.raw_var(name).is_some()).map(|name| (name.to_owned(), None)));
        Command::new(self.git, dir, &[&in_checkouts(self.host.platform)[..], args].concat()).env(&env)
    }
}

/// Texts as arguments.
fn words(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Why a checkout is built as it is, if it is at the commit already.
fn stays(git: &GitState, locked: &Locked) -> Option<String> {
    let as_it_is = "it is built as it is";
    git.is_at(locked).then(|| match (git.owner.is_ours(), git.dirty(Some(locked))) {
        (true, _) => "is at this commit already".to_owned(),
        (_, None) => format!("is a checkout of yours at this commit: {as_it_is}"),
        (_, Some(digest)) if git.own_commits.as_deref() == Some(digest) => {
            let GitState { head, upstream, .. } = git;
            format!("is at {head}, with commits of yours above {upstream}: {as_it_is}, and recorded as dirty")
        }
        (_, Some(_)) => format!("is at this commit and has changes of yours: {as_it_is}, and recorded as dirty"),
    })
}

/// What of a checkout somebody would miss.
fn theirs(git: &GitState) -> String {
    let changed = if git.changed.is_empty() { String::new() } else { format!(", with changes in {}", git.changed) };
    let unpushed =
        if git.unpushed.is_empty() { String::new() } else { format!(", with commits that no remote has: {}", git.unpushed) };
    changed + &unpushed
}

#[cfg(test)]
mod tests;
