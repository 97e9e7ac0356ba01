//! What the audit will do, as far as that is known before there is a wheel.

use std::collections::BTreeSet;

use manifest::{Project, WheelName};

use super::{FOLDER, IMPORTED};
use crate::facts::{Facts, Python};
use crate::host::Host;
use crate::plan::pip::Pip;
use crate::plan::{Job, check, python};
use crate::request::{Request, Trial};

/// Why a set is not tried although it could be.
pub const FORBIDDEN: &str = "`--no-audit-install` is given";

/// The audit of the set that a request makes. Its steps depend on the wheels.
pub fn foretold(request: &Request, host: &Host, facts: &Facts) -> Job {
    let mut job = Job::new("audit");
    job.why.push("the wheels of the set are read and judged, unless an earlier run audited just these".to_owned());
    let Ok(python) = python::choose(request, facts) else { return job };
    let listed = check::listed_wheels(request, host, facts);
    let listed = listed.iter().filter_map(|name| WheelName::parse(name).ok()?.project());
    let set: BTreeSet<Project> = request.selected.iter().copied().chain(listed).collect();
    let of_set: Vec<Option<Project>> = set.iter().copied().map(Some).collect();
    job.why.push(match untried(request.trial, &of_set, facts.environment.python(), python) {
        Some(why) => format!("the set is not tried in a clean environment: {why}"),
        None => {
            let names: Vec<&str> =
                IMPORTED.into_iter().filter(|project| set.contains(project)).map(Project::distribution).collect();
            let smoke = if request.trial == Trial::Smoke { ", and an operator of each tried: `--smoke` is given" } else { "" };
            let dir = host.platform.join(&request.places.python(&python.series), FOLDER);
            format!("the set is installed into a clean environment in `{dir}`, and imported there: {}{smoke}", names.join(", "))
        }
    });
    job
}

/// Why a set of wheels of these projects is not installed, if it is not. A wheel that is no project's counts as `None`.
pub fn untried(trial: Trial, set: &[Option<Project>], environment: Option<&Python>, python: &Python) -> Option<String> {
    if trial == Trial::Skip {
        Some(FORBIDDEN.to_owned())
    } else if !set.contains(&Some(Project::Pytorch)) && !set.iter().all(|project| *project == Some(Project::Triton)) {
        Some("it has no torch, and torch of another set is not what its wheels are for".to_owned())
    } else {
        Pip::choose(environment, python).err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Platform;
    use crate::plan::check::fixture::{facts, host, is_ready, ready, request};

    #[test]
    fn what_the_audit_will_do_is_told_with_its_reason() {
        let host = host(Platform::Linux);
        let tried = "the set is installed into a clean environment in `/w/build/py3.12/audit`, and imported there";
        let untried = "the set is not tried in a clean environment";
        let bare = "`/usr/bin/python3.12` has neither pip 22.3 or newer nor `ensurepip`";
        for (words, has_pip, expected) in [
            ("--only triton,pytorch", true, format!("{tried}: torch, triton")),
            ("--only triton", true, format!("{tried}: triton")),
            ("--only pytorch --smoke", true, format!("{tried}: torch, and an operator of each tried: `--smoke` is given")),
            ("--only pytorch --no-audit-install", true, format!("{untried}: {FORBIDDEN}")),
            ("--only pytorch", false, format!("{untried}: {bare}")),
            ("--only apex", true, format!("{untried}: it has no torch, and torch of another set is not what its wheels are for")),
        ] {
            let mut facts = facts();
            // Without `ensurepip` an environment must be there already, here one whose pip is too old.
            if !has_pip {
                for python in facts.interpreters.iter_mut().filter_map(|candidate| candidate.answer.as_mut().ok()) {
                    (python.ensurepip, python.bundled_pip) = (false, None);
                    python.distributions.clear();
                }
                facts.environment = is_ready(ready("/w/build/py3.12/venv", &[("pip", "22.2.2")]));
            }
            let request = request(&host, &format!("build --ref nightly --gfx gfx942 {words}"));
            let job = foretold(&request, &host, &facts);
            assert_eq!(job.why.last(), Some(&expected), "{words}");
        }
    }
}
