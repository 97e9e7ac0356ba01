//! The CI run, from the variables of GitHub Actions; elsewhere they are not looked at.

use manifest::{Ci, Extra};

use crate::host::Host;
use crate::redact::Secrets;

/// The run that this program is part of, without secrets: an address of a server may hold a password.
pub fn ci(host: &Host, secrets: &Secrets) -> Option<Ci> {
    if !host.on_github() {
        return None;
    }
    let variable = |name: &str| host.var(name).map(|value| secrets.redact(value).into_owned());
    let page = || {
        let [server, repository, run] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(variable);
        Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
    };
    Some(Ci {
        provider: "github".to_owned(),
        server: variable("GITHUB_SERVER_URL"),
        repository: variable("GITHUB_REPOSITORY"),
        workflow: variable("GITHUB_WORKFLOW"),
        run_id: variable("GITHUB_RUN_ID"),
        run_attempt: variable("GITHUB_RUN_ATTEMPT"),
        job: variable("GITHUB_JOB"),
        sha: variable("GITHUB_SHA"),
        git_ref: variable("GITHUB_REF"),
        run_url: page(),
        matrix: host.var("THEROCK_MATRIX").and_then(|text| serde_json::from_str(text).ok()).map(|matrix| secrets.json(matrix)),
        extra: Extra::new(),
    })
}
