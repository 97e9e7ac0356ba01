//! Variables that the user sets or hides.

use manifest::{Origin, Project};

use super::said::Said;
use super::{Override, Problem};
use crate::cli::BuildArgs;

/// What `--env` and `--unset-env` say.
pub(super) fn overrides(args: &BuildArgs, said: &mut Said) -> Vec<Override> {
    let set = args.env.iter().map(|text| ("env", text));
    let unset = args.unset_env.iter().map(|text| ("unset-env", text));
    let mut overrides: Vec<Override> = Vec::new();
    for (flag, text) in set.chain(unset) {
        match one_override(flag, text) {
            Ok(found) if overrides.iter().any(|other| contradict(other, &found)) => said.problem(contradiction(&found)),
            Ok(found) => {
                said.note(flag, shown_override(&found), Origin::Flag);
                overrides.push(found);
            }
            Err(problem) => said.problem(problem),
        }
    }
    overrides
}

/// Whether two say different things of one variable of one build, or one thing twice; a project may have its own value beside everybody's.
fn contradict(one: &Override, other: &Override) -> bool {
    let hides = |it: &Override| it.value.is_none();
    (one.project, &one.key) == (other.project, &other.key) && !(hides(one) && hides(other))
}

/// All that is set is read before what is hidden.
fn contradiction(found: &Override) -> Problem {
    let project = found.project.map(|project| format!("{}:", project.key())).unwrap_or_default();
    let name = format!("`{project}{}`", found.key);
    let text = match &found.value {
        Some(_) => format!("invalid value for `--env`: {name} is given twice"),
        None => format!("`--env` and `--unset-env` contradict each other about {name}"),
    };
    Problem::new(text).hint("leave one of them out")
}

fn one_override(flag: &str, text: &str) -> Result<Override, Problem> {
    let (name, value) = match (flag, text.split_once('=')) {
        ("env", Some((name, value))) => (name, Some(value.to_owned())),
        ("env", None) => return Err(invalid(flag, format!("`{text}` has no `=`")).hint("write `--env KEY=VALUE`")),
        (_, Some((name, _))) => return Err(invalid(flag, format!("`{name}` has a value")).hint("write `--unset-env KEY`")),
        (_, None) => (text, None),
    };
    let (project, key) = match name.split_once(':') {
        Some((project, key)) => (Some(Project::parse(project).map_err(|error| invalid(flag, error))?), key),
        None => (None, name),
    };
    let spelled = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')' | '.');
    if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) || !key.chars().all(spelled) {
        return Err(invalid(flag, format!("`{key}` is not the name of a variable")));
    }
    if value.as_deref().is_some_and(|value| value.contains('\0')) {
        return Err(invalid(flag, format!("the value of `{key}` has a NUL in it")));
    }
    Ok(Override { project, key: key.to_owned(), value })
}

fn invalid(flag: &str, cause: impl std::fmt::Display) -> Problem {
    Problem::new(format!("invalid value for `--{flag}`: {cause}"))
}

fn shown_override(found: &Override) -> String {
    let project = found.project.map(|project| format!("{}:", project.key())).unwrap_or_default();
    match &found.value {
        None => format!("{project}{}", found.key),
        Some(_) if crate::redact::is_secret_name(&found.key) => format!("{project}{}={}", found.key, crate::redact::HIDDEN),
        Some(value) => format!("{project}{}={value}", found.key),
    }
}
