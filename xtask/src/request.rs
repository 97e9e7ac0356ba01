//! What is asked for, checked: one value that later rooms can trust, or every problem at once. This is the first of two reports and starts no
//! program; the second one is in `plan/check.rs`, once programs have answered.

mod addresses;
mod again;
mod checkout;
mod folders;
mod generate;
mod given;
mod going;
pub mod limits;
mod lock;
mod options;
mod overrides;
mod places;
mod problem;
mod said;
mod selection;
mod trial;

use std::collections::BTreeMap;

use manifest::{OptionValue, Project};

pub use again::{Again, Restart};
pub use checkout::{Changes, CheckoutWish, Depth, Submodules, Translated};
pub use generate::Generate;
pub use given::Given;
pub use going::{Going, OnFailure};
pub use limits::TimeLimits;
pub use lock::{Lock, NamedTheRock};
use places::project_dirs;
pub use places::{Chosen, MANIFESTS, Place, Places, Venv, checkouts_lock, dir_flag, venv_note, venv_notes, venv_python};
pub use trial::Trial;

pub use problem::Problem;
use said::Said;

use crate::cli::{BuildArgs, InstallArgs, Wish};
use crate::facts::{Locked, Looks};
use crate::gfx::Selection;
use crate::host::{Host, Platform};
use crate::redact::Secrets;
use crate::refs::{GitRef, RepoUrl};
use crate::version::{PythonVersion, ReleaseType, Specifier, Suffix};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is made: wheels, or only the environment they are made in.
    pub goal: Goal,
    /// What the wheels run on: this machine's platform, unless commits are only locked.
    pub platform: Platform,
    /// Where everything is.
    pub places: Places,
    /// The interpreter.
    pub python: PythonWish,
    /// The ROCm packages.
    pub rocm: RocmWish,
    /// The GPU targets.
    pub gfx: Selection,
    /// The projects whose wheels are built, in the order of the build.
    pub selected: Vec<Project>,
    /// What is checked out; without it the sources are built as they are.
    pub reference: Option<GitRef>,
    /// Commits that are asked for as such, by a manifest.
    pub lock: BTreeMap<Project, Locked>,
    /// How they are checked out.
    pub checkout: CheckoutWish,
    /// Repositories that replace the defaults.
    pub origins: Vec<(Project, RepoUrl)>,
    /// Flash attention in torch.
    pub flash_attention: Wish,
    /// The compiler cache.
    pub cache: Cache,
    /// How the wheels are named.
    pub naming: Naming,
    /// What happens to build folders and to wheels of other versions.
    pub leftovers: Leftovers,
    /// What a failure means for the rest.
    pub going: Going,
    /// What of earlier runs is done once more.
    pub again: Again,
    /// How far the finished set is tried.
    pub trial: Trial,
    /// How many compilers run at once.
    pub jobs: Jobs,
    /// How long things may take.
    pub limits: TimeLimits,
    /// Variables set or hidden by the user.
    pub overrides: Vec<Override>,
    /// Whether the sources and the SDK are the miniature ones.
    pub sources: Sources,
    /// Every option with where it came from, for the manifest.
    pub options: Vec<OptionValue>,
    /// Values that must never be seen.
    pub secrets: Secrets,
}

/// How far a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Wheels and a manifest.
    Wheels,
    /// The Python environment and the ROCm packages.
    Environment,
    /// The commits of the sources, for a build to come.
    Lock,
    /// The sources.
    Sources,
}

/// Which sources are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    /// PyTorch's.
    Real,
    /// The miniature ones that the tool carries.
    Demo,
}

/// Which interpreter is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PythonWish {
    /// Any of this version.
    Version(PythonVersion),
    /// This one.
    Path(String),
    /// The active virtual environment's, else the first that runs.
    Default,
}

/// Which ROCm packages are asked for, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RocmWish {
    /// Whether they are installed.
    pub install: Wish,
    /// The index, with its credentials.
    pub index_url: Option<String>,
    /// Where else to look, with its credentials.
    pub find_links: Option<String>,
    /// pip's cache folder.
    pub pip_cache_dir: Option<String>,
    /// Their version.
    pub specifier: Specifier,
    /// Pre-releases.
    pub pre: Wish,
    /// Extras beside `libraries` and `devel`.
    pub extras: Vec<String>,
}

/// The index that the workflows of the reference use when none is given.
pub const DEFAULT_INDEX: &str = "https://nightly.repo.amd.com/rocm/whl-next";

/// The version of the demo's miniature SDK. The demo asks for just this one, because an index may have newer packages of the same names.
pub const DEMO_ROCM: &str = "7.14.0a20261101";

/// The compiler cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cache {
    /// None.
    Off,
    /// ccache, at this path.
    Ccache(String),
    /// sccache, at this path.
    Sccache(String, SccacheScope),
}

/// What sccache sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SccacheScope {
    /// Host code, and on Linux hipcc's clang.
    HostAndDevice,
    /// Host code.
    Host,
}

/// How wheels are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The local version, unless it is derived from the ROCm packages.
    pub suffix: Option<Suffix>,
    /// Whether the suffix may name another ROCm than the installed one.
    pub mismatch: Mismatch,
    /// What kind of release it is.
    pub release_type: ReleaseType,
    /// The build number.
    pub build_number: String,
    /// The manifest's `artifact_group`.
    pub artifact_group: String,
}

/// The group that an upload files the wheels under unless told otherwise.
const ARTIFACT_GROUP: &str = "pytorch-wheels";

impl Default for Naming {
    fn default() -> Self {
        Naming {
            suffix: None,
            mismatch: Mismatch::Refuse,
            release_type: ReleaseType::Nightly,
            build_number: "1".to_owned(),
            artifact_group: ARTIFACT_GROUP.to_owned(),
        }
    }
}

/// What a suffix that names another ROCm means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// An error.
    Refuse,
    /// Nothing.
    Allow,
}

/// What happens to what earlier builds left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// Build folders are kept; wheels of other versions that the tool did not make are refused.
    Keep,
    /// Both are removed.
    Clean,
}

/// How many compilers run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// As many as processors and memory allow.
    Auto,
    /// This many.
    Fixed(u32),
}

/// A variable that the user set or hid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// For this project's build, or for all.
    pub project: Option<Project>,
    /// The name.
    pub key: String,
    /// The value; without one the variable is hidden.
    pub value: Option<String>,
}

impl Request {
    /// The request that `build` and `plan` make of their flags, those that a manifest filled in among them.
    pub fn build(args: &BuildArgs, host: &Host, places: Places, looks: &Looks, given: Given) -> Result<Self, Vec<Problem>> {
        let sources = if args.demo { Sources::Demo } else { Sources::Real };
        let Given { flags, lock, problems } = given;
        let mut said = Said::new(host).given(flags, problems);
        said.text("from-manifest", &args.from_manifest);
        let mut request = Self::common(&args.install, Goal::Wheels, sources, places, looks, &mut said);
        folders::note_places(args, &request.places, &mut said);
        options::read(args, looks, &mut request, &mut said);
        request.going = going::read(&args.going, &mut said);
        request.lock = lock;
        selection::select(args, looks, &mut request, &mut said);
        request.again = again::read(&args.again, &request.selected, &mut said);
        request.hold();
        folders::check_venv(&args.install, &request, looks, &mut said);
        folders::check_folders(&request, looks, &mut said);
        let words = args.env.iter().chain(&args.origin);
        request.finish(host, addresses(&args.install).chain(words), said)
    }

    /// The request that `install-rocm` makes of its flags.
    pub fn install(args: &InstallArgs, host: &Host, places: Places, looks: &Looks) -> Result<Self, Vec<Problem>> {
        let mut said = Said::new(host);
        let mut request = Self::common(args, Goal::Environment, Sources::Real, places, looks, &mut said);
        request.rocm.install = Wish::Yes;
        folders::check_venv(args, &request, looks, &mut said);
        folders::check_folders(&request, looks, &mut said);
        request.finish(host, addresses(args), said)
    }

    fn common(args: &InstallArgs, goal: Goal, sources: Sources, places: Places, looks: &Looks, said: &mut Said) -> Self {
        let gfx = options::gfx(args, goal, sources, said);
        Request {
            python: options::python(args, said),
            rocm: options::rocm(args, sources, &places, looks, &gfx, said),
            gfx,
            sources,
            ..Self::nothing(goal, places, said)
        }
    }

    /// A request before anything was asked for.
    fn nothing(goal: Goal, places: Places, said: &Said) -> Self {
        Request {
            goal,
            platform: said.host.platform,
            python: PythonWish::Default,
            rocm: RocmWish::default(),
            gfx: Selection { targets: Vec::new(), families: Vec::new() },
            places,
            selected: Vec::new(),
            reference: None,
            lock: BTreeMap::new(),
            checkout: CheckoutWish::default(),
            origins: Vec::new(),
            flash_attention: Wish::Unsaid,
            cache: Cache::Off,
            naming: Naming::default(),
            leftovers: Leftovers::Keep,
            going: Going::default(),
            again: Again::default(),
            trial: Trial::Import,
            jobs: Jobs::Auto,
            limits: TimeLimits::default(),
            overrides: Vec::new(),
            sources: Sources::Real,
            options: Vec::new(),
            secrets: Secrets::default(),
        }
    }

    /// Keeps of the commits in a manifest those that are fetched. Whoever names another repository says where such a commit comes from.
    fn hold(&mut self) {
        let lock = std::mem::take(&mut self.lock).into_iter();
        let mut lock: BTreeMap<Project, Locked> =
            lock.filter(|(project, _)| self.builds(*project) && self.fetches(*project)).collect();
        for (project, origin) in &self.origins {
            if let Some(locked) = lock.get_mut(project) {
                locked.repo = origin.redacted();
            }
        }
        self.lock = lock;
    }

    fn finish<'a>(mut self, host: &Host, typed: impl Iterator<Item = &'a String>, said: Said) -> Result<Self, Vec<Problem>> {
        self.secrets = Secrets::new(&host.env, typed.map(String::as_str));
        self.options = said.done()?;
        for option in &mut self.options {
            option.value = self.secrets.json(std::mem::take(&mut option.value));
        }
        Ok(self)
    }

    /// Whether this project's wheel is built.
    pub fn builds(&self, project: Project) -> bool {
        self.selected.contains(&project)
    }

    /// The folder of a project's sources.
    pub fn dir(&self, project: Project) -> &str {
        &self.places.project(project).dir
    }

    /// The repository that was named for a project instead of its default.
    pub fn origin(&self, project: Project) -> Option<&RepoUrl> {
        self.origins.iter().find(|(of, _)| *of == project).map(|(_, url)| url)
    }

    /// Whether the tool fetches this project's sources: a ref was given, and no folder was named.
    pub fn fetches(&self, project: Project) -> bool {
        self.reference.is_some() && self.places.project(project).chosen == Chosen::Default
    }
}

/// The flags whose addresses may have passwords.
fn addresses(args: &InstallArgs) -> impl Iterator<Item = &String> {
    args.index_url.iter().chain(&args.find_links)
}

/// The order in which wheels are built: triton before torch, torch before what imports it.
pub const BUILD_ORDER: [Project; 5] =
    [Project::Triton, Project::Pytorch, Project::PytorchAudio, Project::PytorchVision, Project::Apex];

/// Whether a wheel of this project is built on this platform by default.
pub fn by_default(project: Project, platform: Platform) -> bool {
    match platform {
        Platform::Linux => true,
        Platform::Windows => !matches!(project, Project::Triton | Project::Apex),
    }
}
