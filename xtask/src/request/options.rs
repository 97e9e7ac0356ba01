//! Every option but the selection of wheels, read and checked one by one.

use manifest::{Origin, Project};

use super::said::Said;
use super::{
    Cache, DEFAULT_INDEX, DEMO_ROCM, Goal, Jobs, Leftovers, Mismatch, Override, Places, Problem, PythonWish, Request, RocmWish,
    SccacheScope, Sources, Venv, dir_flag, project_dirs,
};
use crate::cli::{BuildArgs, InstallArgs, Wish};
use crate::facts::{Looks, Seen};
use crate::gfx::{self, Selection};
use crate::redact::without_credentials;
use crate::refs::{GitRef, RepoUrl};
use crate::version::{PythonVersion, ReleaseType, Specifier, Suffix, VersionError};

/// The target that the demo is built for when none is named.
const DEMO_TARGET: &str = "gfx942";

/// What the demo checks out when no ref is named: a release, because its projects are found through pins.
const DEMO_REF: &str = "release/2.13";

pub(super) fn python(args: &InstallArgs, said: &mut Said) -> PythonWish {
    let Some(text) = said.text("python", &args.python) else {
        return PythonWish::Default;
    };
    if text.contains('/') || text.contains(said.host.platform.separator()) {
        return match said.host.absolute(text) {
            Ok(path) => PythonWish::Path(path),
            Err(error) => {
                said.refuse("python", error, None);
                PythonWish::Default
            }
        };
    }
    match PythonVersion::parse(text) {
        Ok(version) if version.too_old() => {
            let oldest = PythonVersion::OLDEST;
            said.refuse("python", format!("Python {version} is too old"), Some(format!("give {oldest} or newer")));
            PythonWish::Default
        }
        Ok(version) => PythonWish::Version(version),
        Err(error) => {
            let hint = error.hint();
            said.refuse("python", error, hint);
            PythonWish::Default
        }
    }
}

pub(super) fn gfx(args: &InstallArgs, goal: Goal, sources: Sources, said: &mut Said) -> Selection {
    let unknown = match said.switch("allow-unknown-gfx", args.allow_unknown_gfx) {
        true => gfx::Unknown::Allow,
        false => gfx::Unknown::Refuse,
    };
    let nothing = Selection { targets: Vec::new(), families: Vec::new() };
    let (words, origin) = match said.host.var("PYTORCH_ROCM_ARCH") {
        _ if !args.gfx.is_empty() => (args.gfx.clone(), Origin::Flag),
        Some(words) => (vec![words.to_owned()], Origin::Variable),
        None if sources == Sources::Demo => (vec![DEMO_TARGET.to_owned()], Origin::Default),
        None if goal == Goal::Environment => return nothing,
        None => {
            said.problem(
                Problem::new("no GPU target is given")
                    .hint("name targets or families with `--gfx`, such as `--gfx gfx942`; `cargo xtask gfx` lists them"),
            );
            return nothing;
        }
    };
    match gfx::select(&words, unknown) {
        Ok(selection) => {
            said.note("gfx", words.join(" "), origin);
            selection
        }
        Err(error) => {
            let source = if origin == Origin::Variable { "variable `PYTORCH_ROCM_ARCH`" } else { "value for `--gfx`" };
            said.problem(Problem { text: format!("invalid {source}: {error}"), hint: error.hint() });
            nothing
        }
    }
}

pub(super) fn rocm(args: &InstallArgs, sources: Sources, places: &Places, gfx: &Selection, said: &mut Said) -> RocmWish {
    let default = match sources {
        Sources::Demo => Specifier::parse(&format!("=={DEMO_ROCM}")).unwrap_or_default(),
        Sources::Real => Specifier::default(),
    };
    let specifier = said.parsed("rocm-sdk-version", &args.rocm_sdk_version, default, Specifier::parse, VersionError::hint);
    let mut index_url = address("index-url", &args.index_url, said);
    let mut find_links = address("find-links", &args.find_links, said);
    if index_url.is_none() && find_links.is_none() {
        match sources {
            Sources::Demo => find_links = Some(places.demo("sdk")),
            Sources::Real => index_url = Some(DEFAULT_INDEX.to_owned()),
        }
    }
    let pip_cache_dir = said.text("pip-cache-dir", &args.pip_cache_dir).map(str::to_owned);
    let pip_cache_dir = pip_cache_dir.and_then(|dir| match said.host.absolute(&dir) {
        Ok(path) => Some(path),
        Err(error) => {
            said.refuse("pip-cache-dir", error, None);
            None
        }
    });
    RocmWish {
        install: Wish::Unsaid,
        index_url,
        find_links,
        pip_cache_dir,
        specifier,
        pre: said.pair("pre", (args.pre, args.no_pre), Some(true)),
        extras: extras(args, gfx, said),
    }
}

/// The extras of the `rocm` package. A target's features do not name a package.
fn extras(args: &InstallArgs, gfx: &Selection, said: &mut Said) -> Vec<String> {
    let Some(text) = &args.rocm_extras else {
        let base = |target: &String| format!("device-{}", target.split(':').next().unwrap_or_default());
        let mut extras: Vec<String> = gfx.targets.iter().map(base).collect();
        extras.dedup();
        said.note("rocm-extras", extras.join(","), Origin::Default);
        return extras;
    };
    let extras: Vec<String> = text.split(',').map(str::trim).filter(|extra| !extra.is_empty()).map(str::to_owned).collect();
    let named = |extra: &String| extra.starts_with(|c: char| c.is_ascii_alphanumeric()) && extra.chars().all(is_name_char);
    match extras.iter().find(|extra| !named(extra)) {
        Some(extra) => {
            said.refuse("rocm-extras", format!("`{extra}` is not the name of an extra"), Some("write `device-gfx942`".to_owned()))
        }
        None => said.note("rocm-extras", text.as_str(), Origin::Flag),
    }
    extras
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// An index or a folder with links. A folder becomes absolute, because pip may be started elsewhere.
fn address(name: &str, flag: &Option<String>, said: &mut Said) -> Option<String> {
    let text = said.text(name, flag)?;
    let refusal = match text.split_once("://") {
        _ if text.starts_with('-') => "it begins with `-`",
        _ if text.chars().any(|c| c.is_control() || c.is_whitespace() && text.contains("://")) => {
            "it has blanks or control characters in it"
        }
        Some(("http" | "https" | "file", rest)) if !rest.is_empty() => return Some(text.to_owned()),
        Some(_) => "its scheme is not `https`, `http` or `file`",
        None if name == "index-url" => "it has no scheme",
        None => return said.host.absolute(text).ok(),
    };
    let shown = without_credentials(text);
    said.refuse(name, format!("`{shown}`: {refusal}"), Some("write an address such as `https://host/simple`".to_owned()));
    None
}

/// Every flag of `build` that has nothing to do with where things are or which wheels are built.
pub(super) fn read(args: &BuildArgs, looks: &Looks, request: &mut Request, said: &mut Said) {
    request.rocm.install = said.pair("install-rocm", (args.install_rocm, args.no_install_rocm), None);
    request.reference = reference(args, request.sources, said);
    request.origins = origins(args, &request.places, request.sources, said);
    request.flash_attention = said.pair(
        "enable-pytorch-flash-attention",
        (args.enable_pytorch_flash_attention, args.no_enable_pytorch_flash_attention),
        None,
    );
    request.cache = cache(args, looks, said);
    naming(args, request, said);
    if said.pair("clean", (args.clean, args.no_clean), Some(false)) == Wish::Yes {
        request.leftovers = Leftovers::Clean;
    }
    request.jobs = jobs(args, said);
    request.overrides = overrides(args, said);
}

fn reference(args: &BuildArgs, sources: Sources, said: &mut Said) -> Option<GitRef> {
    let text = match (&args.reference, sources) {
        (Some(text), _) => text.as_str(),
        (None, Sources::Demo) => DEMO_REF,
        (None, Sources::Real) => {
            said.note("ref", serde_json::Value::Null, Origin::Default);
            return None;
        }
    };
    match GitRef::parse(text) {
        Ok(reference) => {
            said.note("ref", text, if args.reference.is_some() { Origin::Flag } else { Origin::Default });
            Some(reference)
        }
        Err(error) => {
            let hint = error.hint();
            said.refuse("ref", error, hint);
            None
        }
    }
}

fn origins(args: &BuildArgs, places: &Places, sources: Sources, said: &mut Said) -> Vec<(Project, RepoUrl)> {
    let mut origins = Vec::new();
    for text in &args.origin {
        let Some((name, url)) = text.split_once('=') else {
            let hint = "write `--origin pytorch=https://host/repository`".to_owned();
            said.refuse("origin", format!("`{}` has no `=`", without_credentials(text)), Some(hint));
            continue;
        };
        match (Project::parse(name), RepoUrl::parse(url)) {
            (Ok(project), Ok(url)) => {
                said.note("origin", format!("{}={url}", project.key()), Origin::Flag);
                origins.push((project, url));
            }
            (project, url) => {
                project.err().into_iter().for_each(|error| said.refuse("origin", error, None));
                url.err().into_iter().for_each(|error| {
                    let hint = error.hint();
                    said.refuse("origin", error, hint);
                });
            }
        }
    }
    if sources == Sources::Demo {
        let folder = places.demo("origins");
        let demo = |project: Project| Some((project, RepoUrl::parse(&places.platform.join(&folder, project.key())).ok()?));
        let given: Vec<Project> = origins.iter().map(|(project, _)| *project).collect();
        origins.extend(Project::ALL.into_iter().filter(|project| !given.contains(project)).filter_map(demo));
    }
    origins
}

fn cache(args: &BuildArgs, looks: &Looks, said: &mut Said) -> Cache {
    let ccache = said.switch("use-ccache", args.use_ccache);
    let sccache = said.switch("use-sccache", args.use_sccache);
    let host_only = said.switch("sccache-no-wrap", args.sccache_no_wrap);
    let mut program = |name: &str, hint: &str| {
        let found = looks.programs.get(name).cloned();
        if found.is_none() {
            said.problem(Problem::new(format!("`--use-{name}`: `{name}` is not found")).hint(hint));
        }
        found
    };
    match (ccache, sccache) {
        (true, true) => {
            said.problem(Problem::new("`--use-ccache` and `--use-sccache` exclude each other").hint("choose one of them"));
            Cache::Off
        }
        (true, false) => program("ccache", "install ccache, or put its folder on `PATH`").map_or(Cache::Off, Cache::Ccache),
        (false, true) => {
            let scope = if host_only { SccacheScope::Host } else { SccacheScope::HostAndDevice };
            let hint = "see https://github.com/mozilla/sccache#installation";
            program("sccache", hint).map_or(Cache::Off, |path| Cache::Sccache(path, scope))
        }
        (false, false) => Cache::Off,
    }
}

fn naming(args: &BuildArgs, request: &mut Request, said: &mut Said) {
    let naming = &mut request.naming;
    naming.release_type =
        said.parsed("release-type", &args.release_type, ReleaseType::Nightly, ReleaseType::parse, VersionError::hint);
    if let Some(text) = said.text("version-suffix", &args.version_suffix) {
        match Suffix::parse(text) {
            Ok(suffix) => naming.suffix = Some(suffix),
            Err(error) => {
                let hint = error.hint();
                said.refuse("version-suffix", error, hint);
            }
        }
    }
    if said.switch("allow-suffix-mismatch", args.allow_suffix_mismatch) {
        naming.mismatch = Mismatch::Allow;
    }
    let number = |text: &str| match !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is not a number")),
    };
    naming.build_number = said.parsed("pytorch-build-number", &args.pytorch_build_number, "1".to_owned(), number, |_| None);
    let group = |text: &str| match !text.is_empty() && text.chars().all(is_name_char) && !text.starts_with(['.', '-']) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is not a name of letters, digits, `.`, `-` and `_`")),
    };
    let default = naming.artifact_group.clone();
    naming.artifact_group = said.parsed("artifact-group", &args.artifact_group, default, group, |_| None);
}

fn jobs(args: &BuildArgs, said: &mut Said) -> Jobs {
    match args.jobs.as_deref() {
        None => said.note("jobs", "auto", Origin::Default),
        Some("auto") => said.note("jobs", "auto", Origin::Flag),
        Some(text) => match text.parse::<u32>() {
            Ok(jobs) if jobs > 0 => {
                said.note("jobs", jobs, Origin::Flag);
                return Jobs::Fixed(jobs);
            }
            _ => said.refuse("jobs", format!("`{text}` is neither `auto` nor a positive number"), None),
        },
    }
    Jobs::Auto
}

fn overrides(args: &BuildArgs, said: &mut Said) -> Vec<Override> {
    let set = args.env.iter().map(|text| ("env", text));
    let unset = args.unset_env.iter().map(|text| ("unset-env", text));
    let mut overrides = Vec::new();
    for (flag, text) in set.chain(unset) {
        match one_override(flag, text) {
            Ok(found) => {
                said.note(flag, shown_override(&found), Origin::Flag);
                overrides.push(found);
            }
            Err(problem) => said.problem(problem),
        }
    }
    overrides
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

/// Where everything is, for the record.
pub(super) fn note_places(args: &BuildArgs, places: &Places, said: &mut Said) {
    let install = &args.install;
    let source = |given: &Option<String>| if given.is_some() { Origin::Flag } else { Origin::Default };
    said.note("work-dir", places.work.as_str(), source(&install.work_dir));
    said.note("output-dir", places.output.as_str(), source(&args.output_dir));
    said.note("manifest-dir", places.manifests.as_str(), source(&args.manifest_dir));
    for (project, given) in project_dirs(args) {
        let origin = if given.is_none() && args.root_checkout_dir.is_some() { Origin::Flag } else { source(given) };
        said.note(dir_flag(project).trim_start_matches('-'), places.project(project).dir.as_str(), origin);
    }
    match &places.venv {
        Venv::Own => said.note("venv", serde_json::Value::Null, Origin::Default),
        Venv::Interpreter => said.note("venv", "none", Origin::Flag),
        Venv::At(dir) if install.venv.is_some() => said.note("venv", dir.as_str(), Origin::Flag),
        Venv::At(dir) => said.note("venv", dir.as_str(), Origin::Variable),
    }
    if let Some(dir) = &places.therock {
        said.note("therock-dir", dir.as_str(), Origin::Flag);
    }
    said.switch("demo", args.demo);
}

/// Folders that are files, and folders that take no files.
pub(super) fn check_folders(request: &Request, looks: &Looks, said: &mut Said) {
    let places = &request.places;
    let named = [("--work-dir", &places.work), ("--output-dir", &places.output), ("--manifest-dir", &places.manifests)];
    let mut refused: Vec<&str> = Vec::new();
    for (flag, path) in named.into_iter().filter(|(_, path)| !path.is_empty()) {
        // What is wrong with a folder is wrong with those below it, too.
        if refused.iter().any(|above| path.strip_prefix(above).is_some_and(|rest| rest.starts_with(places.platform.separator())))
        {
            continue;
        }
        let problem = match looks.unwritable.get(path) {
            _ if looks.at(path) == Seen::File => {
                Problem::new(format!("`{flag}`: `{path}` is not a folder")).hint("name a folder, or one that is not there yet")
            }
            Some(cause) => Problem::new(format!("`{flag}`: nothing can be written in `{path}`: {cause}"))
                .hint(format!("make it writable, or name another folder with `{flag}`")),
            None => continue,
        };
        said.problem(problem);
        refused.push(path);
    }
    if let Some(dir) = &places.therock
        && looks.at(dir) != Seen::Directory
    {
        said.problem(Problem::new(format!("`--therock-dir`: `{dir}` is not a folder")).hint("name a checkout of TheRock"));
    }
}
