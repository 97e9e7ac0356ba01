//! `plan`: what `build` would do, and why. It writes nothing but the shared object cache of git.

use serde::{Deserialize, Serialize};

use super::{Code, Stop, build, given, result};
use crate::cli::{PlanArgs, PlanFormat};
use crate::facts::{Facts, Looks};
use crate::host::Host;
use crate::plan::{self, Plan};
use crate::report::Report;
use crate::request::{Places, Problem, Request};
use crate::{file, observe};

/// Everything that a plan is made from: what `--facts` reads.
#[derive(Deserialize)]
struct Seen {
    host: Host,
    looks: Looks,
    facts: Facts,
}

/// What `--format json` prints. It can be given to `--facts` as it is.
#[derive(Serialize)]
struct Printed<'a> {
    plan: &'a Plan,
    host: &'a Host,
    looks: &'a Looks,
    facts: &'a Facts,
}

/// Prints the plan.
///
/// # Errors
/// If the request is wrong, or the world is not ready for it.
pub fn run(args: &PlanArgs, host: &Host) -> Result<Code, Stop> {
    let (build_args, given) = given::filled(&args.build, host)?;
    let (request, seen) = match &args.facts {
        Some(path) => {
            let seen = read(path)?;
            let wrong = |problems| Stop::Problems(Code::Request, problems);
            let places = Places::build(&build_args, &seen.host).map_err(wrong)?;
            let mut request = Request::build(&build_args, &seen.host, places, &seen.looks, given.request).map_err(wrong)?;
            // A flag may repeat a secret of this machine.
            request.secrets = request.secrets.and(&host.env);
            (request, seen)
        }
        None => {
            let (request, looks) = build::request(&build_args, host, given.request)?;
            let facts = observe::facts(&request, host, &looks, None);
            (request, Seen { host: host.clone(), looks, facts })
        }
    };
    let problems = plan::check::problems(&request, &seen.host, &seen.facts);
    if !problems.is_empty() {
        return Err(Stop::Problems(Code::World, problems));
    }
    let plan = plan::whole(&request, &seen.host, &seen.facts).map_err(|problems| Stop::Problems(Code::World, problems))?;
    let shortages = if args.facts.is_none() {
        build::no_room(&request, host, &plan)
    } else {
        // What was seen elsewhere is built on other disks.
        let mut report = Report::new(build_args.install.messages, host.terminal);
        report.note("with `--facts` no disk is looked at: whether there is room for this is not known");
        Vec::new()
    };
    if !shortages.is_empty() {
        return Err(Stop::Problems(Code::World, shortages));
    }
    match args.format {
        PlanFormat::Text => result(&plan::text::text(&plan, &request.secrets))?,
        PlanFormat::Json => result(&json(&plan, &seen, &request))?,
    }
    Ok(Code::Done)
}

fn read(path: &str) -> Result<Seen, Stop> {
    let wrong = |cause: String| {
        let hint = "give what `cargo xtask plan --format json` printed";
        Stop::request(Problem::new(format!("invalid value for `--facts`: {cause}")).hint(hint))
    };
    let text = file::read_text(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(format!("`{path}`: {error}")))
}

/// The environment is reduced to what plans depend on: the rest is nobody's business, and may be secret.
fn json(plan: &Plan, seen: &Seen, request: &Request) -> String {
    let mut host = seen.host.clone();
    host.env.0.retain(|name, _| plan::env::matters(name));
    let printed = Printed { plan, host: &host, looks: &seen.looks, facts: &seen.facts };
    format!("{:#}", request.secrets.json(serde_json::to_value(&printed).unwrap_or_default()))
}
