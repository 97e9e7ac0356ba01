//! `checkout`: the sources, and nothing else.

use manifest::counted;

use super::{Code, Session, Stop, given, result};
use crate::cli::CheckoutArgs;
use crate::execute::{Patience, Wheels};
use crate::host::Host;
use crate::observe;
use crate::plan::{check, sources};
use crate::report::{self, Report};
use crate::request::{Places, Request};

/// Checks out the sources.
///
/// # Errors
/// If the request is wrong, the world is not ready, or a checkout failed.
pub fn run(args: &CheckoutArgs, host: &Host) -> Result<Code, Stop> {
    let wrong = |problems| Stop::Problems(Code::Request, problems);
    let (build, given) = given::sources(args, host)?;
    let places = Places::checkout(&build, host).map_err(wrong)?;
    let looks = observe::looks(host, &places, build.install.python.as_deref());
    let asked = (given.request, given.manifest.as_ref());
    let request = Request::checkout(args, &build, host, places, &looks, asked).map_err(wrong)?;
    let report = Report::new(args.messages, host.terminal);
    let mut session = Session::reporting(host, looks, request, report);

    session.end_left_over();
    let facts = observe::sources(&session.request, host, &session.looks);
    let problems = check::sources(&session.request, host, &facts);
    if !problems.is_empty() {
        return Err(Stop::Problems(Code::World, problems));
    }
    let (jobs, _) = sources::checkout_jobs(&session.request, host, &facts);
    session.tell_reasons(&jobs);
    session.execute(&jobs, &facts, &mut Wheels::new(), Patience::Interruptible, &mut |_| Ok(()))?;
    for project in &session.request.selected {
        result(session.request.dir(*project))?;
    }
    let checkouts = counted(session.request.selected.len() as u64, "checkout");
    session.report.end(&format!("{checkouts} in {}", report::duration(session.seconds())));
    Ok(Code::Done)
}
