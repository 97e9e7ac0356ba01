//! `build`: checks, sources, Python environment, ROCm, wheels, manifest.

use manifest::{Need, counted};

use super::alone::Seen;
use super::{Code, Session, Stop, aside, audit, failure, given, result, tell_github};
use crate::cli::BuildArgs;
use crate::event::Failed;
use crate::execute::{self, Patience, Wheels};
use crate::facts::{Facts, Looks};
use crate::host::Host;
use crate::plan::sources::checked_out;
use crate::plan::{self, Job, JobName, Plan, Unknown};
use crate::record::{End, Record};
use crate::request::{Given, OnFailure, Places, Problem, Request, Sources};
use crate::{demo, file, observe, report};

/// Builds what the flags ask for.
///
/// # Errors
/// If the request is wrong, the world is not ready, or a job failed.
pub fn run(args: &BuildArgs, host: &Host) -> Result<Code, Stop> {
    let (args, mut given) = given::filled(args, host)?;
    let (request, looks) = request(&args, host, std::mem::take(&mut given.request))?;
    let mut session = Session::new(host, looks, request, &args.install);
    session.end_left_over();
    let facts = session.facts(None);
    let mut facts = demonstrate(&mut session, facts)?;
    refuse(plan::check::problems(&session.request, host, &facts))?;
    refuse(no_room(&session.request, host, &plan::whole(&session.request, host, &facts).map_err(world)?))?;

    // Nothing of it is recorded over what another run records of the same build.
    if session.keep_others_away(&facts)? == Seen::Outdated {
        facts = session.facts(None);
        refuse(plan::check::problems(&session.request, host, &facts))?;
    }
    if plan::check::is_held(&session.request, host, &facts) {
        session.report.note("the commits of the unfinished run are built; without its partial manifest they are resolved anew");
    }
    let (track, warning) = plan::check::track(&facts, &session.request);
    warning.iter().for_each(|warning| session.warn(warning));
    let mut record = Record::begin(&session.request, host, &facts, &track)?;
    record.warning().iter().for_each(|warning| session.warn(warning));
    let ended = make(&mut session, &mut facts, &mut record);
    let ended = ended.and_then(|()| leave_out_lacking(&mut session, &mut record));
    let ended = ended.and_then(|()| audit::stage(&mut session, &facts, &mut record, &args.audit));
    finish(&mut session, record, ended.map_err(Stop::or_interrupted), &given)
}

/// The request, from what was typed and what the file system shows.
pub(super) fn request(args: &BuildArgs, host: &Host, given: Given) -> Result<(Request, Looks), Stop> {
    let wrong = |problems| Stop::Problems(Code::Request, problems);
    let places = Places::build(args, host).map_err(wrong)?;
    let mut looks = observe::looks(host, &places, args.install.python.as_deref());
    let request = match (Request::build(args, host, places, &looks, given), audit::allowed(&args.audit)) {
        (Ok(request), Ok(_)) => request,
        (request, allowed) => return Err(wrong([request.err(), allowed.err()].into_iter().flatten().flatten().collect())),
    };
    if request.sources == Sources::Demo {
        let mark = demo::mark(&request.places, &request.gfx.commas());
        looks.paths.insert(mark.clone(), file::look(&mark));
    }
    Ok((request, looks))
}

/// The disks that have too little room for what a plan builds, if it builds anything.
pub(super) fn no_room(request: &Request, host: &Host, plan: &Plan) -> Vec<Problem> {
    let built: Vec<&Job> = plan.built().collect();
    if built.is_empty() { Vec::new() } else { room(request, host, &built) }
}

fn room(request: &Request, host: &Host, built: &[&Job]) -> Vec<Problem> {
    let needs: Vec<_> = built.iter().flat_map(|job| &job.room).collect();
    let folders = [&request.places.work, &request.places.output].into_iter().map(String::as_str);
    let rooms = observe::rooms(host, folders.chain(needs.iter().map(|need| need.path.as_str())));
    plan::disk::shortages(&needs, &rooms, plan::disk::LEAST)
}

/// Lays out the miniature sources and SDK, where they are asked for; their commits can only be seen then.
fn demonstrate(session: &mut Session, facts: Facts) -> Result<Facts, Stop> {
    if session.request.sources == Sources::Real {
        return Ok(facts);
    }
    refuse(plan::check::tools(&session.request, session.host, &facts))?;
    let job = demo::job(&session.request, session.host, &session.looks, &facts).map_err(|problem| world(vec![problem]))?;
    let Some(job) = job else {
        return Ok(facts);
    };
    refuse(offline(session, &facts))?;
    // What is built is known only with the sources, but not that something is.
    refuse(room(&session.request, session.host, &[]))?;
    session.execute(&[job], &facts, &mut Wheels::new(), Patience::Interruptible, &mut |_| Ok(()))?;
    Ok(session.facts(None))
}

/// The demo's sources and SDK are carried, but not what builds require. Without it pip would retry for minutes before the first build failed.
fn offline(session: &Session, facts: &Facts) -> Vec<Problem> {
    let Ok(python) = plan::python::choose(&session.request, facts) else { return Vec::new() };
    // An environment that is there may hold them already.
    if facts.environment.python().is_some() {
        return Vec::new();
    }
    let required = demo::REQUIREMENTS.map(|requirement| format!("`{requirement}`")).join(" and ");
    let refused = |cause| {
        Problem::new(format!("pip cannot download {required}, which the demo's builds require: {cause}")).hint(
            "the demo needs pip's package index: connect this machine to it, or name a mirror or a folder of wheels in pip's configuration \
             (`PIP_INDEX_URL`, `PIP_FIND_LINKS`)",
        )
    };
    observe::can_download(session.host, python, &demo::REQUIREMENTS).err().map(refused).into_iter().collect()
}

/// Prepares, plans and builds; the manifest is told of all of it.
fn make(session: &mut Session, facts: &mut Facts, record: &mut Record) -> Result<(), Stop> {
    let host = session.host;
    prepare(session, facts)?;
    let plan = plan::whole(&session.request, host, facts).map_err(world)?;
    complete(&plan, &session.lost)?;
    session.tell_reasons(&plan.build);
    if let (Ok(budget), true) = (plan::jobs::budget(&session.request, host), plan.built().next().is_some()) {
        session.report.note(&format!("compilers at once: {}: {}", budget.compilers, budget.why));
    }
    plan.warnings.iter().for_each(|warning| session.warn(warning));
    record.plan(&session.request, facts, &plan)?;
    let mut wheels = execute::reused(&plan.build, facts, host, &session.request.places.output);
    let built = session.execute(&plan.build, facts, &mut wheels, Patience::Interruptible, &mut |event| record.note(event));
    let changed = facts.environment.python().filter(|_| plan.built().next().is_some());
    if let Some(Ok(python)) = changed.map(|python| observe::ask_python(&python.executable)) {
        record.built_in(&python, facts);
    }
    // The cache's statistics, and what builds wrote into checkouts, are noted whatever became of the wheels.
    built.and(session.execute(&plan.finally, facts, &mut wheels, Patience::ToTheEnd, &mut |_| Ok(())))
}

/// Sources, environment and ROCm packages. Sources that cannot be had leave out their wheel and what needs it, where the others are to be built.
fn prepare(session: &mut Session, facts: &mut Facts) -> Result<(), Stop> {
    let jobs = plan::whole(&session.request, session.host, facts).map_err(world)?.prepare;
    session.tell_reasons(&jobs);
    let keeps_going = session.request.going.on_failure == OnFailure::KeepGoing;
    match session.execute(&jobs, facts, &mut Wheels::new(), Patience::Interruptible, &mut |_| Ok(())) {
        Err(Stop::Jobs(failed)) if keeps_going && failed.iter().all(|(name, _)| checked_out(name).is_some()) => {
            session.lost.extend(failed);
        }
        done => done?,
    }
    if jobs.iter().any(|job| !job.steps.is_empty()) {
        *facts = session.facts(Some(std::mem::take(facts)));
    }
    // However much of a checkout is there, it is not what was to be built.
    for project in session.lost.iter().filter_map(|(name, _)| checked_out(name)) {
        facts.checkouts.remove(&project);
    }
    Ok(())
}

/// An older wheel does not stand in for one that is optional and could not be built.
fn leave_out_lacking(session: &mut Session, record: &mut Record) -> Result<(), Stop> {
    for path in record.leave_out_lacking(session.host, &session.request.places.output)? {
        session.warn(&format!("`{path}` is of an earlier run and does not belong to this set, so it is removed"));
    }
    Ok(())
}

fn finish(session: &mut Session, record: Record, ended: Result<(), Stop>, given: &given::Given) -> Result<Code, Stop> {
    let end = match &ended {
        Ok(()) => End::Done,
        Err(Stop::Cut(..)) => End::Cut,
        Err(_) => End::Failed,
    };
    let recorded = record.end(end);
    if let (Ok((manifest, path)), true) = (&recorded, session.host.on_github()) {
        let page = report::github::summary(manifest, path);
        tell_github(session.host, &mut session.report, "GITHUB_STEP_SUMMARY", Ok(page));
        tell_github(session.host, &mut session.report, "GITHUB_OUTPUT", manifest.github_output(path));
    }
    // What went wrong first is what is told.
    ended.map_err(|stop| stop.midway(&session.request))?;
    let (manifest, path) = recorded.map_err(|error| Stop::from(error).midway(&session.request))?;
    for artifact in &manifest.artifacts {
        result(&session.host.platform.join(&session.request.places.output, artifact.relative_path.as_str()))?;
    }
    result(&path)?;
    let wheels = counted(manifest.artifacts.len() as u64, "wheel");
    session.report.end(&format!("{wheels} in {}", report::duration(session.seconds())));
    for text in given::unlike(given, session.host, &manifest, &session.request.places.output) {
        session.report.note(&text);
    }
    let lacks = |need: Need| {
        let missing = manifest.missing.iter().filter(|missing| missing.need == need);
        missing.map(|missing| missing.project.distribution()).collect::<Vec<_>>().join(", ")
    };
    let (required, optional) = (lacks(Need::Required), lacks(Need::Optional));
    if !required.is_empty() {
        session.warn(&format!("the set still lacks {required}, so its manifest stays a partial one"));
    }
    if optional.is_empty() {
        return Ok(Code::Done);
    }
    session.warn(&format!("the set lacks wheels that are optional: {optional}"));
    session.lost.iter().for_each(|(name, failed)| aside(failure(name, failed).trim_end(), &session.request.secrets));
    Ok(Code::Lacking)
}

fn refuse(problems: Vec<Problem>) -> Result<(), Stop> {
    if problems.is_empty() { Ok(()) } else { Err(world(problems)) }
}

fn world(problems: Vec<Problem>) -> Stop {
    Stop::Problems(Code::World, problems)
}

/// After the preparation nothing may be unknown, but what the jobs would have told that are lost.
fn complete(plan: &Plan, lost: &[(JobName, Box<Failed>)]) -> Result<(), Stop> {
    let is_lost = |unknown: &Unknown| lost.iter().any(|(name, _)| *name == unknown.given_by);
    let unknown = plan.build.iter().flat_map(|job| job.unknown.iter().map(move |unknown| (&job.name, unknown)));
    let unknown: Vec<String> =
        unknown.filter(|(_, unknown)| !is_lost(unknown)).map(|(name, unknown)| format!("{name}: {}", unknown.fact)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(Stop::Unknown(unknown)) }
}
