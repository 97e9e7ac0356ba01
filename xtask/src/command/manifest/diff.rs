//! `manifest diff`.

use manifest::{Diff, Growth, MaxGrowth};
use serde_json::json;

use super::read;
use crate::cli::{DiffArgs, PlanFormat};
use crate::command::{Code, Stop, result};
use crate::host::Host;
use crate::request::Problem;

pub(super) fn run(args: &DiffArgs, host: &Host) -> Result<Code, Stop> {
    let max = args.max_size_growth.as_deref().map(str::parse::<MaxGrowth>).transpose();
    let max = max.map_err(|error| Stop::request(Problem::new(format!("invalid value for `--max-size-growth`: {error}"))))?;
    let named = [("`A`", &args.before), ("`B`", &args.after)];
    let (before, after) = read::both(named.map(|(what, name)| read::path(host, what, name)), Code::Request)?;
    let (before, after) = read::both([before, after].map(|path| read::manifest(&path)), Code::World)?;
    let diff = Diff::new(&before, &after);
    result(&match args.format {
        PlanFormat::Text => diff.to_string(),
        PlanFormat::Json => read::harmless(&format!("{:#}", json!(diff))),
    })?;
    match max.map(|max| diff.growth_beyond(max)) {
        Some(grown) if !grown.is_empty() => Err(Stop::Problems(Code::Unproven, problems(&grown))),
        _ => Ok(Code::Done),
    }
}

fn problems(grown: &[Growth]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = grown.iter().map(|growth| Problem::new(growth.to_string())).collect();
    // Once is enough.
    if let Some(last) = problems.last_mut() {
        last.hint = Some("find out what made it larger, or allow more by `--max-size-growth`".to_owned());
    }
    problems
}
