//! The wheels: the one sequence that each of them follows, and how their jobs wait for each other and share the machine.

use manifest::{Need, Project, glob_prefix};

use super::against::{self, Torch};
use super::jobs::{self, Budget, Shares};
use super::reuse::{self, Known};
use super::setting::Setting;
use super::{
    Action, Env, Job, JobName, Plan, Step, TakeWheel, Unknown, Value, again, apex, audio, cache, disk, env, folder, key, naming,
    sources, torch, triton, unknown, vision,
};
use crate::facts::Facts;
use crate::host::Host;
use crate::request::{Cache, Problem, Request};

/// How one project's wheel differs from the others'.
pub struct Recipe {
    /// The distribution's name, as its wheel's file name begins.
    pub distribution: String,
    /// The folder that the build runs in; it leaves the wheel in `dist`.
    pub dir: String,
    /// What comes first.
    pub before: Vec<Step>,
    /// What the interpreter is told to build with.
    pub args: Vec<String>,
    /// The environment of the build, but for what is added to all of them.
    pub env: Env,
    /// The version that the wheel must have, where the plan decides it.
    pub version: Option<String>,
    /// What follows once the wheel is taken.
    pub after: Vec<Step>,
    /// The reasons.
    pub why: Vec<String>,
    /// What users should know.
    pub warnings: Vec<String>,
}

impl Recipe {
    /// A wheel that needs nothing but its build command, in the environment `common` with its reasons.
    pub fn new(setting: &Setting, project: Project, args: &[&str], (env, why): (Env, Vec<String>)) -> Self {
        Recipe {
            distribution: project.distribution().to_owned(),
            dir: setting.dir(project).to_owned(),
            before: Vec::new(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env,
            version: None,
            after: Vec::new(),
            why,
            warnings: Vec::new(),
        }
    }

    /// A wheel that is built against torch.
    pub fn against_torch(setting: &Setting, project: Project, args: &[&str]) -> Result<Self, Problem> {
        let version = naming::version(setting, project)?;
        let (mut env, mut why) = env::common(setting);
        env::system_libraries(setting, &mut env);
        env::set(&mut env, "BUILD_VERSION", version.told);
        env::set(&mut env, "BUILD_NUMBER", setting.request.naming.build_number.as_str());
        why.insert(0, version.why);
        let mut recipe = Recipe::new(setting, project, args, (env, why));
        recipe.version = version.planned;
        recipe.warnings.extend(version.warning);
        Ok(recipe)
    }

    /// Gives the build a variable.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        env::set(&mut self.env, key, value);
    }
}

/// Plans every wheel that is selected, and what is done at the end, or tells every problem. What is not known yet is named in the job that
/// needs it.
pub fn jobs(request: &Request, host: &Host, facts: &Facts) -> Result<Plan, Vec<Problem>> {
    // What a wheel depends on is known once it is planned; only then it is decided which are reused, and how the others share the machine.
    let (plan, known) = planned(request, host, facts, Known::default())?;
    if known.is_none_reused() { Ok(plan) } else { planned(request, host, facts, known).map(|(plan, _)| plan) }
}

fn planned(request: &Request, host: &Host, facts: &Facts, known: Known) -> Result<(Plan, Known), Vec<Problem>> {
    let mut planner = Planner { request, host, facts, known, plan: Plan::default(), problems: Vec::new() };
    planner.fill();
    if planner.problems.is_empty() { Ok((planner.plan, planner.known)) } else { Err(planner.problems) }
}

struct Planner<'a> {
    request: &'a Request,
    host: &'a Host,
    facts: &'a Facts,
    known: Known,
    plan: Plan,
    problems: Vec<Problem>,
}

/// What is decided for all wheels before any of them is planned.
struct Decided<'a> {
    budget: Budget,
    torch: Torch,
    shared: Vec<Unknown>,
    setting: Option<Setting<'a>>,
}

impl<'a> Planner<'a> {
    fn fill(&mut self) {
        let decided = self.decide();
        let built = self.known.built(self.request);
        if let Some((before, after)) = cache::jobs(&self.request.cache, self.host).filter(|_| !built.is_empty()) {
            self.plan.build.push(before);
            self.plan.finally.push(after);
        }
        let dependants = against::dependants(self.request);
        for &project in self.request.selected.iter().filter(|project| !dependants.contains(project)) {
            self.wheel(project, &decided);
            if let Some(setting) = &decided.setting {
                let job = reuse::installed(setting, project, &self.known);
                let waits_for = self.bringer(Project::Triton).into_iter().collect();
                self.plan.build.extend(job.map(|job| Job { waits_for, ..job }));
            }
        }
        self.installed_torch(&decided);
        for project in dependants {
            self.wheel(project, &decided);
        }
    }

    fn decide(&mut self) -> Decided<'a> {
        let (request, host, facts) = (self.request, self.host, self.facts);
        let budget = self.kept(jobs::budget(request, host)).unwrap_or(Budget { compilers: 1, why: String::new() });
        let torch = self.kept(against::torch(request, host, facts)).unwrap_or(Torch::Own);
        let problems = against::missing_tools(request, facts).into_iter().chain(torch::missing_libraries(request, host, facts));
        problems.for_each(|problem| self.problem(problem));
        let sdk = unknown::sdk(request, host, facts);
        let setting = match (facts.environment.python(), facts.rocm.ready()) {
            (Some(python), Some(rocm)) if sdk.is_none() => Setting::new(request, host, facts, python, rocm)
                .map_err(|problems| problems.into_iter().for_each(|problem| self.problem(problem)))
                .ok(),
            _ => None,
        };
        let mut shared: Vec<Unknown> =
            facts.environment.python().is_none().then(unknown::interpreter).into_iter().chain(sdk).collect();
        // Triton's sources add to the environment of every build.
        if request.builds(Project::Triton) {
            shared.extend(self.kept(unknown::sources(request, facts, Project::Triton)).flatten());
        }
        if let Some(setting) = &setting {
            self.plan.suffix = Some(setting.local.suffix.to_string());
            self.plan.warnings.extend(env::lacks(setting));
            self.plan.warnings.extend(setting.local.warning.clone());
        }
        Decided { budget, torch, setting: setting.filter(|_| shared.is_empty()), shared }
    }

    fn wheel(&mut self, project: Project, decided: &Decided) {
        let mut job = Job::new(project.distribution());
        job.project = Some(project);
        if let Some((decision, key)) = self.known.reused(project) {
            (job.decision, job.key) = (Some(decision.clone()), key.clone());
            self.plan.build.push(job);
            return;
        }
        // How long one took that did not end well says nothing of how long it is until its end: a build goes on where the last one was ended.
        let record = self.facts.records.jobs.get(&project).filter(|record| record.attempt.is_none());
        let seconds = record.and_then(|record| record.seconds);
        job.seconds_before = seconds.map(|seconds| seconds.ceil() as u64);
        job.room = disk::needs(self.request, self.host, self.facts, project);
        let built = self.known.built(self.request);
        let shares = shares(&built, project, &decided.budget);
        job.waits_for = self.waits_for(project, &decided.torch);
        job.follows = follows(&built, project, shares);
        job.need = self.request.need(project);
        if project == Project::Pytorch {
            let attention = torch::attention(self.request, self.host.platform);
            job.why.push(attention.why);
            self.plan.warnings.extend(attention.warning);
        }
        job.why.push(shares.why(&decided.budget));
        job.unknown.clone_from(&decided.shared);
        for unknown in self.kept(unknowns(self.request, self.facts, project, &decided.torch)).unwrap_or_default() {
            if !job.unknown.contains(&unknown) {
                job.unknown.push(unknown);
            }
        }
        match &decided.setting {
            Some(setting) if job.unknown.is_empty() => match recipe(setting, project, &decided.torch) {
                Ok(recipe) => {
                    self.plan.warnings.extend(recipe.warnings.iter().cloned());
                    follow(setting, project, recipe, shares, &mut job);
                    self.settle(setting, project, &decided.torch, &mut job);
                }
                Err(problems) => problems.into_iter().for_each(|problem| self.problem(problem)),
            },
            _ => job.why.extend(env::overrides(self.request, self.host.platform, project, &mut Env::new())),
        }
        self.plan.warnings.extend(endangered(&self.plan.build, &job));
        self.plan.build.push(job);
    }

    /// Decides whether an earlier run's wheel is taken.
    fn settle(&mut self, setting: &Setting, project: Project, torch: &Torch, job: &mut Job) {
        let with = self.known.built_with(setting, project, torch);
        job.key = key::key(setting, project, job, &with);
        let decision = again::decide(self.request, self.host, self.facts, project, &job.key);
        job.decision = Some(decision.clone());
        self.known.settle(project, decision, job.key.clone());
    }

    fn installed_torch(&mut self, decided: &Decided) {
        let Torch::Wheel { path, version } = &decided.torch else {
            return;
        };
        if !self.known.built(self.request).into_iter().any(against::imports_torch) {
            return;
        }
        let mut job = Job::new(against::INSTALL);
        job.waits_for.extend(self.bringer(Project::Triton));
        match &decided.setting {
            Some(setting) => {
                self.plan.warnings.extend(setting.loss("torch"));
                against::install(setting, path, version, &mut job);
            }
            None => job.unknown.clone_from(&decided.shared),
        }
        self.plan.build.push(job);
    }

    fn waits_for(&self, project: Project, torch: &Torch) -> Vec<JobName> {
        let cache = (self.request.cache != Cache::Off).then(|| JobName(cache::BEFORE.to_owned()));
        let mut names: Vec<JobName> = cache.into_iter().collect();
        match torch {
            _ if project == Project::Pytorch => names.extend(self.bringer(Project::Triton)),
            _ if !against::imports_torch(project) => {}
            Torch::Wheel { .. } => names.push(JobName(against::INSTALL.to_owned())),
            _ => names.extend(self.bringer(Project::Pytorch).or_else(|| self.bringer(Project::Triton))),
        }
        names
    }

    /// The job that brings a project's wheel into the environment, if that is still to be done.
    fn bringer(&self, project: Project) -> Option<JobName> {
        let names = [JobName(project.distribution().to_owned()), reuse::install_job(project)];
        let brings = |job: &&Job| names.contains(&job.name) && !job.is_reused();
        self.plan.build.iter().find(brings).map(|job| job.name.clone())
    }

    fn kept<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.problem(problem)).ok()
    }

    /// Some problems are met twice: torch's version is torchvision's business, too.
    fn problem(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

fn recipe(setting: &Setting, project: Project, torch: &Torch) -> Result<Recipe, Vec<Problem>> {
    match project {
        Project::Triton => triton::recipe(setting),
        Project::Pytorch => torch::recipe(setting),
        Project::PytorchAudio => audio::recipe(setting).map_err(|problem| vec![problem]),
        Project::PytorchVision => vision::recipe(setting, torch).map_err(|problem| vec![problem]),
        Project::Apex => apex::recipe(setting).map_err(|problem| vec![problem]),
    }
}

/// What only this project's wheel waits for.
fn unknowns(request: &Request, facts: &Facts, project: Project, torch: &Torch) -> Result<Vec<Unknown>, Problem> {
    let mut unknown = Vec::new();
    unknown.extend(unknown::sources(request, facts, project)?);
    // torchvision's wheel names torch's version, which torch's sources tell.
    if project == Project::PytorchVision && request.builds(Project::Pytorch) {
        unknown.extend(unknown::sources(request, facts, Project::Pytorch)?);
    }
    if let (Project::PytorchAudio | Project::PytorchVision | Project::Apex, Torch::Unknown(of)) = (project, torch) {
        unknown.push(of.clone());
    }
    Ok(unknown)
}

/// A wheel that the set needs, and that is built with one that may fail.
fn endangered(others: &[Job], job: &Job) -> Option<String> {
    let optional = |other: &&Job| other.need == Need::Optional && job.waits_for.contains(&other.name);
    let other = &others.iter().find(optional).filter(|_| job.need == Need::Required)?.name;
    Some(format!("{other} may fail by `--optional`, but {} is built with it and would be missing, too", job.name))
}

/// Where the compilers are fewer than the wheels, each wheel follows the one whose compilers it takes over.
fn follows(built: &[Project], project: Project, shares: Shares) -> Vec<JobName> {
    let dependants: Vec<Project> = built.iter().copied().filter(|project| against::imports_torch(*project)).collect();
    let at = dependants.iter().position(|dependant| *dependant == project);
    let earlier = at.and_then(|at| at.checked_sub(shares.side_by_side as usize));
    earlier.map(|earlier| JobName(dependants[earlier].distribution().to_owned())).into_iter().collect()
}

/// torch and triton are built alone; what is built against torch is built side by side.
fn shares(built: &[Project], project: Project, budget: &Budget) -> Shares {
    let dependants = built.iter().filter(|project| against::imports_torch(**project)).count();
    let wheels = if against::imports_torch(project) { dependants } else { 1 };
    budget.shared_by(u32::try_from(wheels).unwrap_or(u32::MAX))
}

/// The sequence of every wheel.
fn follow(setting: &Setting, project: Project, recipe: Recipe, shares: Shares, job: &mut Job) {
    let Recipe { distribution, dir, before, args, mut env, version, after, why, .. } = recipe;
    let platform = setting.host.platform;
    job.why.extend(why);
    job.why.extend(env::discarded(setting.host, &env));
    env::source_date(setting, project, &mut env);
    env::set(&mut env, "MAX_JOBS", shares.each.to_string());
    job.why.extend(env::overrides(setting.request, platform, project, &mut env));

    let name = project.distribution();
    let dist = setting.join(&dir, "dist");
    let distribution = glob_prefix(&distribution).trim_end_matches('-').to_owned();
    // Before anything writes into the sources.
    job.steps = sources::note_building(setting.request, setting.facts, project).into_iter().chain(before).collect();
    // Nothing else is removed from there: sources that the user named may hold files of the user's.
    let earlier = Action::RemoveWheels { folder: dist.clone(), distribution: distribution.clone() };
    job.steps.push(Step::new("removing the wheels of earlier builds", earlier));
    let (cleaned, kept) = folder::prepared(setting, project, &dir);
    job.steps.extend(cleaned);
    job.why.extend(kept);
    job.steps.push(Step::run(format!("building {name}"), setting.run(&dir, &[]).args(args).env(&env).compiling()));
    let (to, sources) = (setting.request.places.output.clone(), setting.dir(project).to_owned());
    let taken = TakeWheel { project, distribution, from: dist, to, version, sources };
    job.steps.push(Step::new(format!("taking {name}'s wheel"), Action::TakeWheel(taken)));
    job.steps.extend(after);
}
