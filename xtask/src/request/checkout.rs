//! What `checkout` is asked for, and how any checkout is made.

use manifest::{Manifest, shown};

use super::said::Said;
use super::{BUILD_ORDER, Given, Goal, Places, Problem, Request, Sources, addresses, by_default, folders, options, selection};
use crate::cli::{BuildArgs, CheckoutArgs, InstallArgs, Wish};
use crate::facts::Looks;
use crate::host::Host;
use crate::refs::GitRef;

/// How sources are checked out. The default is what `build` does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckoutWish {
    /// Whether CUDA is translated to HIP; unsaid, as each project needs it.
    pub hipify: Wish,
    /// What becomes of what the translation changed.
    pub translated: Translated,
    /// Which submodules are fetched.
    pub submodules: Submodules,
    /// How much history is fetched.
    pub depth: Depth,
    /// How many submodules are fetched at once.
    pub jobs: Option<u32>,
    /// What becomes of somebody's changes.
    pub changes: Changes,
}

/// What becomes of what the translation of CUDA to HIP changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Translated {
    /// It stays uncommitted.
    #[default]
    Left,
    /// It becomes a commit.
    Committed,
}

/// Which submodules are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Submodules {
    /// All, and theirs.
    #[default]
    All,
    /// None.
    None,
}

/// How much history is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// So many commits.
    Commits(u32),
    /// All of it.
    Full,
}

impl Depth {
    /// It as flags of git.
    pub fn args(self) -> Vec<String> {
        match self {
            Depth::Commits(number) => vec!["--depth".to_owned(), number.to_string()],
            Depth::Full => Vec::new(),
        }
    }
}

impl Default for Depth {
    fn default() -> Self {
        Depth::Commits(1)
    }
}

/// What becomes of somebody's changes in a checkout that has another commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    /// They stay, and the checkout is refused.
    #[default]
    Kept,
    /// They are lost.
    Discarded,
}

impl CheckoutArgs {
    /// The same as flags of `build`, by which a manifest fills in what nobody typed.
    pub fn as_build(&self) -> BuildArgs {
        BuildArgs {
            install: InstallArgs {
                python: self.python.clone(),
                work_dir: self.work_dir.clone(),
                venv: Some("none".to_owned()),
                ..InstallArgs::default()
            },
            reference: self.reference.clone(),
            from_manifest: self.from_manifest.clone(),
            only: self.only.clone(),
            origin: self.origin.clone(),
            therock_dir: self.therock_dir.clone(),
            root_checkout_dir: self.root_checkout_dir.clone(),
            ..BuildArgs::default()
        }
    }
}

impl Request {
    /// The request that `checkout` makes of its flags. `build` are the same flags with what a manifest filled in.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn checkout(
        args: &CheckoutArgs,
        build: &BuildArgs,
        host: &Host,
        places: Places,
        looks: &Looks,
        given: (Given, Option<&Manifest>),
    ) -> Result<Self, Vec<Problem>> {
        let (Given { flags, lock, problems }, manifest) = given;
        let mut said = Said::new(host).given(flags, problems);
        let mut request = Request { lock, ..Request::nothing(Goal::Sources, places, &said) };
        request.python = options::python(&build.install, &mut said);
        request.reference = options::reference(build, Sources::Real, &mut said);
        if build.reference.is_none() && args.from_manifest.is_none() {
            said.problem(
                Problem::new("nothing says what is to be checked out")
                    .hint("give a ref such as `--ref nightly`, or a manifest with `--from-manifest`"),
            );
        }
        request.origins = addresses::origins(&build.origin, &request.places, Sources::Real, &mut said);
        let only = selection::only(&build.only, &mut said);
        let wanted = |project: &_| only.as_ref().map_or(by_default(*project, host.platform), |only| only.contains(project));
        request.selected = BUILD_ORDER.into_iter().filter(wanted).collect();
        if let (Some(manifest), true) = (manifest, args.reference.is_none()) {
            check_manifest(args, manifest, &mut said);
        }
        selection::check_platform(&request.selected, &request, &mut said);
        request.checkout = wish(args, &mut said);
        if request.reference.is_none() {
            // A manifest without torch names no ref; what it has is checked out all the same.
            request.reference = request.lock.values().find_map(|locked| GitRef::parse(&locked.commit).ok());
        }
        request.hold();
        folders::check_folders(&request, looks, &mut said);
        request.finish(host, build.origin.iter(), said)
    }
}

/// Whether the manifest has what is asked of it.
fn check_manifest(args: &CheckoutArgs, manifest: &Manifest, said: &mut Said) {
    let has: Vec<&str> = manifest.sources().map(|(project, _)| project.key()).collect();
    if has.is_empty() {
        let hint = "name one with at least one of `pytorch`, `pytorch_audio`, `pytorch_vision`, `triton`, `apex`";
        said.problem(Problem::new("the manifest has no supported PyTorch projects").hint(hint));
        return;
    }
    let typed = args.only.join(",");
    for name in typed.split([',', ';', ' ']).filter(|name| !name.is_empty()) {
        // Names of no project are told where they are read.
        if manifest::Project::parse(name).is_ok_and(|project| manifest.source(project).is_none()) {
            said.refuse("only", format!("the manifest has no `{name}`"), Some(format!("it has {}", has.join(", "))));
        }
    }
    let branch = manifest.pytorch.as_ref().map(|torch| torch.branch.as_deref().unwrap_or(torch.commit.as_str()));
    match (&args.expected_pytorch_git_ref, branch) {
        (Some(expected), Some(branch)) if expected == branch => {}
        (Some(expected), branch) => {
            let branch = branch.map_or_else(|| "has no torch".to_owned(), |branch| format!("is of `{}`", shown(branch)));
            said.problem(
                Problem::new(format!("the manifest {branch}, and `--expected-pytorch-git-ref` says `{expected}`"))
                    .hint("name the manifest of that ref"),
            );
        }
        (None, _) => {}
    }
}

fn wish(args: &CheckoutArgs, said: &mut Said) -> CheckoutWish {
    let hipify = said.pair("hipify", (args.hipify, args.no_hipify), None);
    let commit = said.pair("commit-hipify", (args.commit_hipify, args.no_commit_hipify), Some(true));
    let submodules = said.pair("submodules", (args.submodules, args.no_submodules), Some(true));
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
    let mut read = |flag: &str, text: &Option<String>, words: &str| {
        let text = text.as_deref()?;
        let found = number(text);
        if found.is_none() {
            said.refuse(flag, format!("`{text}` is {words}"), None);
        }
        found
    };
    let depth = match args.depth.as_deref() {
        Some("full") => Depth::Full,
        _ => read("depth", &args.depth, "neither `full` nor a positive number").map(Depth::Commits).unwrap_or_default(),
    };
    CheckoutWish {
        hipify,
        translated: if commit == Wish::No { Translated::Left } else { Translated::Committed },
        submodules: if submodules == Wish::No { Submodules::None } else { Submodules::All },
        depth,
        jobs: read("jobs", &args.jobs, "not a positive number"),
        changes: if args.force { Changes::Discarded } else { Changes::Kept },
    }
}
