//! What a manifest says of a build: the flags that nobody typed, and the commits.

use std::collections::{BTreeMap, BTreeSet};

use manifest::{Manifest, OptionValue, Origin, Project, shown};
use serde_json::Value;

use super::Problem;
use crate::cli::BuildArgs;
use crate::facts::Locked;
use crate::gfx;
use crate::redact::HIDDEN;
use crate::refs::RepoUrl;

/// What a request takes from a manifest.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The flags that the manifest filled in.
    pub(super) flags: BTreeSet<&'static str>,
    /// The commits.
    pub(super) lock: BTreeMap<Project, Locked>,
    /// What in it cannot be built.
    pub(super) problems: Vec<Problem>,
}

impl Given {
    /// Fills in the flags of a build that nobody typed. Those that only say how or where the other machine built are not taken over: folders, the
    /// environment, caches, jobs. With another `--ref` the commits are not, either. `path` is what the manifest is called in messages.
    pub fn fill(args: &mut BuildArgs, manifest: &Manifest, path: &str, platform: &str) -> Self {
        let mut given = Given::default();
        if let Some(other) = manifest.platform.as_deref().filter(|other| *other != platform) {
            let text = format!("`{path}` is the manifest of a build for `{}`, and this machine is `{platform}`", shown(other));
            given.problem(Problem::new(text).hint("build it on a machine of that platform"));
        }
        given.options(args, manifest, path);
        given.sources(args, manifest, path);
        given
    }

    /// Fills in what says which sources are checked out, on whatever platform.
    pub fn fill_sources(args: &mut BuildArgs, manifest: &Manifest, path: &str) -> Self {
        let mut given = Given::default();
        given.sources(args, manifest, path);
        given
    }

    fn sources(&mut self, args: &mut BuildArgs, manifest: &Manifest, path: &str) {
        let reference = manifest.pytorch_git_ref.clone().or_else(|| {
            let torch = manifest.source(Project::Pytorch)?;
            Some(torch.branch.clone().unwrap_or_else(|| torch.commit.as_str().to_owned()))
        });
        if args.reference.as_ref().is_none_or(|typed| Some(typed) == reference.as_ref()) {
            self.commits(args, manifest, path);
        }
        self.text("ref", &mut args.reference, reference);
        self.projects(args, manifest);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn text(&mut self, flag: &'static str, typed: &mut Option<String>, value: Option<String>) {
        if typed.is_none() && value.is_some() {
            *typed = value;
            self.flags.insert(flag);
        }
    }

    fn list(&mut self, flag: &'static str, typed: &mut Vec<String>, values: Vec<String>) {
        if typed.is_empty() && !values.is_empty() {
            *typed = values;
            self.flags.insert(flag);
        }
    }

    fn switch(&mut self, flag: &'static str, typed: (&mut bool, Option<&mut bool>), value: Option<bool>) {
        let (yes, no) = typed;
        let is_typed = *yes || no.as_ref().is_some_and(|no| **no);
        match (is_typed, value, no) {
            (false, Some(true), _) => *yes = true,
            (false, Some(false), Some(no)) => *no = true,
            _ => return,
        }
        self.flags.insert(flag);
    }

    fn options(&mut self, args: &mut BuildArgs, manifest: &Manifest, path: &str) {
        let options = Options { all: &manifest.options };
        for flag in TAKEN.into_iter().filter(|flag| options.texts(flag).iter().any(|text| text.contains(HIDDEN))) {
            let is_typed = match flag {
                "index-url" => args.install.index_url.is_some(),
                "find-links" => args.install.find_links.is_some(),
                _ => !args.env.is_empty(),
            };
            if !is_typed {
                let text = format!("`{path}` hides a part of what `--{flag}` was given, because it was a secret");
                self.problem(Problem::new(text).hint(format!("give `--{flag}` again")));
            }
        }
        let install = &mut args.install;
        self.text("python", &mut install.python, manifest.python_version.clone());
        self.list("gfx", &mut install.gfx, targets(manifest, &options));
        self.switch("allow-unknown-gfx", (&mut install.allow_unknown_gfx, None), options.switch("allow-unknown-gfx"));
        self.text("rocm-sdk-version", &mut install.rocm_sdk_version, rocm(manifest).map(|version| format!("=={version}")));
        self.text("index-url", &mut install.index_url, options.text("index-url"));
        self.text("find-links", &mut install.find_links, options.text("find-links"));
        self.switch("pre", (&mut install.pre, Some(&mut install.no_pre)), options.switch("pre"));
        self.text("rocm-extras", &mut install.rocm_extras, options.text("rocm-extras"));
        self.switch("demo", (&mut args.demo, None), options.switch("demo"));
        let flash_attention = (&mut args.enable_pytorch_flash_attention, Some(&mut args.no_enable_pytorch_flash_attention));
        let flag = "enable-pytorch-flash-attention";
        self.switch(flag, flash_attention, options.switch(flag));
        self.text("pytorch-build-number", &mut args.pytorch_build_number, options.text("pytorch-build-number"));
        self.text("version-suffix", &mut args.version_suffix, manifest.version_suffix.clone());
        self.switch("allow-suffix-mismatch", (&mut args.allow_suffix_mismatch, None), options.switch("allow-suffix-mismatch"));
        self.text("release-type", &mut args.release_type, manifest.release_type.clone());
        self.text("artifact-group", &mut args.artifact_group, manifest.artifact_group.clone());
        self.list("env", &mut args.env, options.texts("env"));
        self.list("unset-env", &mut args.unset_env, options.texts("unset-env"));
    }

    /// The wheels that the build selected; of a list of sources, all of them.
    fn projects(&mut self, args: &mut BuildArgs, manifest: &Manifest) {
        let built = |project: &Project| {
            manifest.jobs.iter().any(|job| job.project == *project)
                || manifest.missing.iter().any(|missing| missing.project == *project)
                || manifest.artifacts.iter().any(|artifact| artifact.source == Some(*project))
        };
        let mut projects: Vec<Project> = Project::ALL.into_iter().filter(built).collect();
        if projects.is_empty() {
            projects = manifest.sources().map(|(project, _)| project).collect();
        }
        self.list("only", &mut args.only, projects.iter().map(|project| project.key().to_owned()).collect());
    }

    fn commits(&mut self, args: &mut BuildArgs, manifest: &Manifest, path: &str) {
        for (project, source) in manifest.sources() {
            let replaced = [project.key(), project.distribution()].map(|name| format!("{name}="));
            let is_replaced = args.origin.iter().any(|origin| replaced.iter().any(|name| origin.starts_with(name)));
            let repo = match RepoUrl::parse(&source.repo) {
                Ok(repo) => repo.redacted(),
                Err(_) if is_replaced => source.repo.clone(),
                Err(error) => {
                    let text = format!("`{path}`: the source of `{project}`: {error}");
                    let hint = format!("name its repository with `--origin {project}=URL`");
                    self.problem(Problem::new(text).hint(hint));
                    continue;
                }
            };
            // Credentials are used, and kept out of checkouts and logs, like those of an address that is typed.
            if repo != source.repo && !is_replaced {
                args.origin.push(format!("{}={}", project.key(), source.repo));
            }
            let locked = Locked {
                repo,
                commit: source.commit.as_str().to_owned(),
                branch: source.branch.clone(),
                why: format!("the commit in `{path}`"),
                version: None,
            };
            self.lock.insert(project, locked);
        }
    }
}

/// The flags in which the manifest may have hidden a secret.
const TAKEN: [&str; 3] = ["index-url", "find-links", "env"];

/// The options that somebody chose: defaults may be others by now, and were decided by the machine.
struct Options<'a> {
    all: &'a [OptionValue],
}

impl Options<'_> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        let chosen = move |option: &&OptionValue| {
            option.name == name && matches!(option.origin, Origin::Flag | Origin::Variable | Origin::Manifest)
        };
        self.all.iter().filter(chosen).map(|option| &option.value)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.values(name).filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.texts(name).into_iter().next()
    }

    fn switch(&self, name: &str) -> Option<bool> {
        self.values(name).find_map(Value::as_bool)
    }
}

/// The words that were typed, as long as they still mean the same targets; they name the families, too.
fn targets(manifest: &Manifest, options: &Options) -> Vec<String> {
    let typed = options.texts("gfx");
    let same = |selection: gfx::Selection| selection.targets == manifest.gfx_targets;
    if !typed.is_empty() && gfx::select(&typed, gfx::Unknown::Allow).is_ok_and(same) {
        return typed;
    }
    manifest.gfx_targets.clone()
}

/// The version of the ROCm packages: of the package itself, where the manifest lists it.
fn rocm(manifest: &Manifest) -> Option<String> {
    let packages = manifest.rocm.iter().flat_map(|rocm| &rocm.packages);
    let package = packages.filter(|package| package.name == "rocm").map(|package| package.version.clone()).next();
    package.or_else(|| manifest.rocm_sdk_version.clone()).or_else(|| manifest.therock.as_ref()?.version.clone())
}

#[cfg(test)]
mod tests;
