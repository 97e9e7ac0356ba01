//! Which wheels are built, and whether their sources can be there.

use manifest::{Origin, Project};

use super::said::Said;
use super::{BUILD_ORDER, Chosen, Goal, Problem, Request, by_default, dir_flag};
use crate::cli::{BuildArgs, Wish};
use crate::facts::{Looks, Seen};
use crate::host::Platform;

/// Whether sources are brought by the tool or must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sources {
    OfRef,
    OfUser,
}

/// The projects whose commits are locked: `--only`, else those of a build by default. torch's own is always among them, because the others are
/// found in it.
pub(super) fn to_lock(typed: &[String], request: &Request, said: &mut Said) -> Vec<Project> {
    let only = only(typed, said);
    let wanted = |project: &Project| match &only {
        Some(only) => only.contains(project),
        None => by_default(*project, request.platform),
    };
    // Names that were refused are reason enough.
    if only.as_ref().is_some_and(|only| !only.is_empty() && !only.contains(&Project::Pytorch)) {
        let hint = Some("add `pytorch`: the other projects are pinned in its commit".to_owned());
        said.refuse("only", "pytorch must be in the projects list", hint);
    }
    BUILD_ORDER.into_iter().filter(wanted).collect()
}

/// Fills in `request.selected`: `--only`, else all of a ref, else the projects whose folder is there; then what the `--build-X` pairs say.
pub(super) fn select(args: &BuildArgs, looks: &Looks, request: &mut Request, said: &mut Said) {
    let platform = said.host.platform;
    let only = only(&args.only, said);
    let wishes = wishes(args, said);
    let wish = |project| wishes.iter().find(|(of, _)| *of == project).map_or(Wish::Unsaid, |(_, wish)| *wish);
    // A ref that was refused is no reason to complain of sources that it would have brought.
    let sources = match request.reference.is_some() || args.reference.is_some() {
        true => Sources::OfRef,
        false => Sources::OfUser,
    };
    let there = |project| looks.at(request.dir(project)) == Seen::Directory;
    let named = |project| request.places.project(project).chosen == Chosen::Named;
    let selected: Vec<Project> = BUILD_ORDER
        .into_iter()
        .filter(|&project| match (wish(project), &only) {
            (Wish::Yes, _) => true,
            (Wish::No, _) => false,
            (Wish::Unsaid, Some(only)) => only.contains(&project),
            (Wish::Unsaid, None) if sources == Sources::OfRef => by_default(project, platform),
            (Wish::Unsaid, None) => named(project) || there(project),
        })
        .collect();
    // Names that were refused are reason enough.
    if selected.is_empty() && only.as_ref().is_none_or(|only| !only.is_empty()) {
        said.problem(nothing(request, sources));
    }
    for &project in &selected {
        check_dir(project, request, sources, looks, said);
    }
    check_platform(&selected, request, said);
    if request.flash_attention == Wish::Yes
        && platform == Platform::Linux
        && selected.contains(&Project::Pytorch)
        && !selected.contains(&Project::Triton)
    {
        said.problem(
            Problem::new("`--enable-pytorch-flash-attention` needs triton, which is not built")
                .hint("build triton too (`--build-triton`, `--triton-dir`), or leave flash attention out"),
        );
    }
    request.selected = selected;
}

/// The projects that are named.
pub(super) fn only(typed: &[String], said: &mut Said) -> Option<Vec<Project>> {
    projects("only", typed, said)
}

/// The projects that a flag names.
pub(super) fn projects(flag: &str, typed: &[String], said: &mut Said) -> Option<Vec<Project>> {
    if typed.is_empty() {
        said.note(flag, serde_json::Value::Null, Origin::Default);
        return None;
    }
    let is_separator = |c: char| matches!(c, ',' | ';' | ' ');
    let typed = typed.join(",");
    let mut projects = Vec::new();
    for name in typed.split(is_separator).filter(|name| !name.is_empty()) {
        match Project::parse(name) {
            Ok(project) => projects.push(project),
            Err(error) => said.refuse(flag, error, None),
        }
    }
    if typed.chars().all(is_separator) {
        let hint = format!("write `--{flag} pytorch`, or leave `--{flag}` out");
        said.refuse(flag, "the value is empty", Some(hint));
        return None;
    }
    said.note(flag, typed.as_str(), Origin::Flag);
    Some(projects)
}

fn wishes(args: &BuildArgs, said: &mut Said) -> [(Project, Wish); 4] {
    let mut pair = |project, name: &str, given| (project, said.pair(name, given, None));
    [
        pair(Project::Triton, "build-triton", (args.build_triton, args.no_build_triton)),
        pair(Project::PytorchAudio, "build-pytorch-audio", (args.build_pytorch_audio, args.no_build_pytorch_audio)),
        pair(Project::PytorchVision, "build-pytorch-vision", (args.build_pytorch_vision, args.no_build_pytorch_vision)),
        pair(Project::Apex, "build-apex", (args.build_apex, args.no_build_apex)),
    ]
}

fn nothing(request: &Request, sources: Sources) -> Problem {
    let text = match sources {
        Sources::OfRef => "nothing is selected to be built".to_owned(),
        Sources::OfUser => {
            format!("nothing is selected to be built: no `--ref` is given and no sources are in `{}`", sources_folder(request))
        }
    };
    Problem::new(text).hint("give `--ref nightly` to check out and build everything, or `--only` and `--build-…` to choose")
}

fn sources_folder(request: &Request) -> &str {
    request.places.platform.parent(request.dir(Project::Pytorch)).unwrap_or_default()
}

/// Sources that the tool does not fetch must be there.
fn check_dir(project: Project, request: &Request, sources: Sources, looks: &Looks, said: &mut Said) {
    let place = request.places.project(project);
    let flag = dir_flag(project);
    match (looks.at(&place.dir), place.chosen) {
        (Seen::Directory, _) => {}
        (Seen::Missing, Chosen::Default) if sources == Sources::OfRef => {}
        (Seen::Missing, Chosen::Default) => said.problem(
            Problem::new(format!("{} is to be built, but `{}` is not there", project.distribution(), place.dir)).hint(format!(
                "give `--ref` to check it out, `{flag}` or `--root-checkout-dir` to name its sources, or leave it out{}",
                leave_out(project)
            )),
        ),
        (seen, Chosen::Named) => {
            let fault = if seen == Seen::Missing { "does not exist" } else { "is not a folder" };
            let hint = format!("name the folder of its sources, or leave `{flag}` out");
            said.problem(Problem::new(format!("`{flag}`: `{}` {fault}", place.dir)).hint(hint));
        }
        (Seen::File, Chosen::Default) => said.problem(
            Problem::new(format!("`{}` is not a folder, but {} is to be checked out there", place.dir, project.distribution()))
                .hint("move it away, or name another `--root-checkout-dir`"),
        ),
    }
}

fn leave_out(project: Project) -> String {
    match project {
        Project::Pytorch => String::new(),
        _ => format!(" with `--no-build-{}`", project.key().replace('_', "-")),
    }
}

/// What Windows has no wheel of.
pub(super) fn check_platform(selected: &[Project], request: &Request, said: &mut Said) {
    let leave_out = |project| match request.goal {
        Goal::Lock | Goal::Sources => "leave it out of `--only`".to_owned(),
        _ => format!("leave it out with `--no-build-{project}`"),
    };
    if request.platform != Platform::Windows {
        return;
    }
    if selected.contains(&Project::Apex) {
        said.problem(Problem::new("apex cannot be built on Windows").hint(leave_out(Project::Apex)));
    }
    if let Some(reference) = &request.reference
        && selected.contains(&Project::Triton)
        && !reference.is_nightly()
    {
        said.problem(
            Problem::new(format!("Windows Triton is pinned for PyTorch nightly only, not for `{reference}`"))
                .hint(format!("{}, or give `--ref nightly`", leave_out(Project::Triton))),
        );
    }
}
