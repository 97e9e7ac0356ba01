//! `install-rocm`: the Python environment and the ROCm packages.

use super::{Code, Session, Stop, result};
use crate::cli::InstallArgs;
use crate::execute::{Patience, Wheels};
use crate::host::Host;
use crate::request::{Places, Request};
use crate::{observe, plan};

/// Makes the environment and installs the packages.
///
/// # Errors
/// If the request is wrong, the world is not ready, or an installation failed.
pub fn run(args: &InstallArgs, host: &Host) -> Result<Code, Stop> {
    let wrong = |problems| Stop::Problems(Code::Request, problems);
    let places = Places::install(args, host).map_err(wrong)?;
    let looks = observe::looks(host, &places, args.python.as_deref());
    let request = Request::install(args, host, places, &looks).map_err(wrong)?;
    let mut session = Session::new(host, looks, request, args);

    session.end_left_over();
    let facts = session.facts(None);
    let problems = plan::check::problems(&session.request, host, &facts);
    if !problems.is_empty() {
        return Err(Stop::Problems(Code::World, problems));
    }
    let plan = plan::whole(&session.request, host, &facts).map_err(|problems| Stop::Problems(Code::World, problems))?;
    session.tell_reasons(&plan.prepare);
    session.execute(&plan.prepare, &facts, &mut Wheels::new(), Patience::Interruptible, &mut |_| Ok(()))?;
    let facts = session.facts(Some(facts));
    if let Some(python) = facts.environment.python() {
        result(&python.executable)?;
    }
    Ok(Code::Done)
}
