//! Every option but the selection of wheels, read and checked one by one.

use manifest::Origin;

use super::said::Said;
use super::{
    Cache, DEFAULT_INDEX, DEMO_ROCM, Goal, Jobs, Leftovers, Mismatch, Places, Problem, PythonWish, Request, RocmWish,
    SccacheScope, Sources, Trial, addresses, overrides,
};
use crate::cli::{BuildArgs, InstallArgs, Wish};
use crate::facts::Looks;
use crate::gfx::{self, Selection};
use crate::refs::GitRef;
use crate::version::{PythonVersion, ReleaseType, Specifier, Suffix, VersionError};

/// The target that the demo is built for when none is named.
const DEMO_TARGET: &str = "gfx942";

/// What the demo checks out when no ref is named: a release, because its projects are found through pins.
const DEMO_REF: &str = "release/2.13";

pub(super) fn python(args: &InstallArgs, said: &mut Said) -> PythonWish {
    if args.python.as_deref().is_some_and(|text| text.trim().is_empty()) {
        said.refuse("python", "the value is empty", Some("write `3.12`, or leave `--python` out".to_owned()));
        return PythonWish::Default;
    }
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
        None if goal != Goal::Wheels => return nothing,
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

pub(super) fn rocm(
    args: &InstallArgs,
    sources: Sources,
    places: &Places,
    looks: &Looks,
    gfx: &Selection,
    said: &mut Said,
) -> RocmWish {
    let default = match sources {
        Sources::Demo => Specifier::parse(&format!("=={DEMO_ROCM}")).unwrap_or_default(),
        Sources::Real => Specifier::default(),
    };
    let specifier = said.parsed("rocm-sdk-version", &args.rocm_sdk_version, default, Specifier::parse, VersionError::hint);
    let mut index_url = addresses::index(&args.index_url, said);
    let mut find_links = addresses::links(&args.find_links, places, looks, said);
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

/// Every flag of `build` that has nothing to do with where things are or which wheels are built.
pub(super) fn read(args: &BuildArgs, looks: &Looks, request: &mut Request, said: &mut Said) {
    request.rocm.install = said.pair("install-rocm", (args.install_rocm, args.no_install_rocm), None);
    request.reference = reference(args, request.sources, said);
    request.origins = addresses::origins(&args.origin, &request.places, request.sources, said);
    request.flash_attention = said.pair(
        "enable-pytorch-flash-attention",
        (args.enable_pytorch_flash_attention, args.no_enable_pytorch_flash_attention),
        None,
    );
    request.cache = cache(args, looks, said);
    naming(args, request, said);
    said.switch("no-audit-install", args.proof.no_audit_install);
    said.switch("smoke", args.proof.smoke);
    request.trial = Trial::of(&args.proof);
    if said.pair("clean", (args.clean, args.no_clean), Some(false)) == Wish::Yes {
        request.leftovers = Leftovers::Clean;
    }
    request.jobs = jobs(args, said);
    request.limits = super::limits::limits(&args.limits, said);
    request.overrides = overrides::overrides(args, said);
}

pub(super) fn reference(args: &BuildArgs, sources: Sources, said: &mut Said) -> Option<GitRef> {
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

/// The local version of the wheels.
pub(super) fn suffix(flag: &Option<String>, said: &mut Said) -> Option<Suffix> {
    match Suffix::parse(said.text("version-suffix", flag)?) {
        Ok(suffix) => Some(suffix),
        Err(error) => {
            let hint = error.hint();
            said.refuse("version-suffix", error, hint);
            None
        }
    }
}

fn naming(args: &BuildArgs, request: &mut Request, said: &mut Said) {
    let naming = &mut request.naming;
    naming.release_type =
        said.parsed("release-type", &args.release_type, ReleaseType::Nightly, ReleaseType::parse, VersionError::hint);
    naming.suffix = suffix(&args.version_suffix, said);
    if said.switch("allow-suffix-mismatch", args.allow_suffix_mismatch) {
        naming.mismatch = Mismatch::Allow;
    }
    let number = |text: &str| match !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is not a number")),
    };
    naming.build_number = said.parsed("pytorch-build-number", &args.pytorch_build_number, "1".to_owned(), number, |_| None);
    let default = naming.artifact_group.clone();
    naming.artifact_group = said.parsed("artifact-group", &args.artifact_group, default, artifact_group, |_| None);
}

/// A manifest's `artifact_group`, which is a folder's name where wheels are uploaded.
pub(super) fn artifact_group(text: &str) -> Result<String, String> {
    match !text.is_empty() && text.chars().all(is_name_char) && !text.starts_with(['.', '-']) {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is not a name of letters, digits, `.`, `-` and `_`")),
    }
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
