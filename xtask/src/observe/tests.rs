//! A folder of its own for each case, with real git and real Pythons; and what all questions together answer.
#![cfg(unix)]

use clap::Parser;
use manifest::Project;

use super::*;
use crate::cli::{Cli, Command};
use crate::facts::{EnvironmentState, RocmState};
use crate::file;
use crate::process;
use crate::request::{Given, Places};

/// A folder that goes when the case ends, and the machine as it looks from there.
pub(super) struct World {
    folder: tempfile::TempDir,
    pub host: Host,
}

impl World {
    pub(super) fn new() -> Self {
        // Blanks and letters beyond ASCII are everywhere.
        let folder = tempfile::Builder::new().prefix("w ü").tempdir().unwrap();
        let mut host = host().unwrap();
        let base = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        for name in ["VIRTUAL_ENV", "GITHUB_ACTIONS", "CC", "CXX"] {
            host.env.0.remove(name);
        }
        host.env.0.insert("THEROCK_XTASK_CACHE".to_owned(), format!("{base}/cache"));
        host.cwd = base;
        World { folder, host }
    }

    pub(super) fn at(&self, path: &str) -> String {
        self.host.platform.join(&self.host.cwd, path)
    }

    pub(super) fn write(&self, path: &str, text: &str) -> String {
        let path = self.at(path);
        file::write_text(&path, text).unwrap();
        path
    }

    /// A shell script that can be started.
    pub(super) fn program(&self, path: &str, script: &str) -> String {
        let path = self.write(path, &format!("#!/bin/sh\n{script}\n"));
        process::ask("/bin/chmod", &["+x", &path], "/", &[]).unwrap();
        path
    }

    pub(super) fn places(&self, flags: &[&str]) -> Places {
        Places::build(&arguments_of(flags), &self.host).unwrap()
    }

    pub(super) fn request(&self, flags: &[&str]) -> (Request, Looks) {
        let args = arguments_of(flags);
        let places = self.places(flags);
        let looks = looks(&self.host, &places, args.install.python.as_deref());
        (Request::build(&args, &self.host, places, &looks, Given::default()).unwrap(), looks)
    }

    pub(super) fn found(&self, program: &str) -> String {
        looks(&self.host, &self.places(&[]), None).programs.get(program).unwrap().clone()
    }

    /// Commands of git in a folder, with an identity and without the user's configuration.
    pub(super) fn git(&self, dir: &str, args: &[&str]) -> String {
        let set = ["user.name=x", "user.email=x@y", "protocol.file.allow=always", "init.defaultBranch=main"];
        let config: Vec<&str> = set.into_iter().flat_map(|set| ["-c", set]).collect();
        let env = [("GIT_CONFIG_GLOBAL", Some("/dev/null")), ("GIT_COMMITTER_DATE", Some("1700000000 +0000"))];
        process::ask(&self.found("git"), &[&config, args].concat(), &self.at(dir), &env).unwrap()
    }

    /// A repository with one commit of these files.
    pub(super) fn repository(&self, dir: &str, branch: &str, files: &[(&str, &str)]) -> String {
        files.iter().for_each(|(name, text)| drop(self.write(&format!("{dir}/{name}"), text)));
        self.git(dir, &["init", "--quiet", "--initial-branch", branch]);
        self.commit(dir)
    }

    pub(super) fn commit(&self, dir: &str) -> String {
        self.git(dir, &["add", "--all"]);
        self.git(dir, &["commit", "--quiet", "--allow-empty", "-m", "x"]);
        self.git(dir, &["rev-parse", "HEAD"])
    }
}

fn arguments_of(flags: &[&str]) -> crate::cli::BuildArgs {
    let words = ["xtask", "build", "--gfx", "gfx942"].iter().chain(flags);
    match Cli::try_parse_from(words).unwrap().command {
        Command::Build(args) => args,
        _ => unreachable!(),
    }
}

#[test]
fn everything_is_seen_at_once() {
    let world = World::new();
    let torch = world.repository("origins/torch", "nightly", &[("version.txt", "2.13.0a0\n")]);
    world.git("", &["clone", "--quiet", &world.at("origins/torch"), &world.at("build/src/pytorch")]);
    world.write("dist/x.whl", "");
    let origin = format!("pytorch={}", world.at("origins/torch"));
    let (request, looks) = world.request(&["--only", "pytorch", "--ref", "nightly", "--origin", &origin]);
    let facts = facts(&request, &world.host, &looks, None);
    assert_eq!(facts.unresolved, []);
    assert_eq!(facts.lock[&Project::Pytorch].commit, torch);
    assert_eq!(facts.checkouts[&Project::Pytorch].git.as_ref().map(|git| git.head.as_str()), Some(torch.as_str()));
    assert_eq!(facts.output.wheels, ["x.whl"]);
    assert_eq!((&facts.environment, &facts.rocm), (&EnvironmentState::Absent, &RocmState::Absent));
    assert!(facts.tools["git"].version.as_ref().is_ok_and(|line| line.starts_with("git version ")));
    assert!(facts.interpreters.last().is_some_and(|last| last.answer.is_ok()), "{:?}", facts.interpreters);

    // The branch moves, the lock does not.
    world.commit("origins/torch");
    let again = super::facts(&request, &world.host, &looks, Some(facts.clone()));
    assert_eq!(again, facts);
}

#[test]
fn an_environment_alone_needs_no_sources() {
    let world = World::new();
    let (mut request, looks) = world.request(&["--only", "pytorch", "--ref", "nightly"]);
    request.goal = Goal::Environment;
    let facts = facts(&request, &world.host, &looks, None);
    assert!(facts.lock.is_empty() && facts.tools.is_empty() && facts.checkouts.is_empty());
    assert!(!facts.interpreters.is_empty());
}

#[test]
fn nothing_is_written_by_looking() {
    let world = World::new();
    let (request, looks) = world.request(&["--only", "pytorch", "--ref", "nightly", "--origin", "pytorch=/nowhere/x"]);
    facts(&request, &world.host, &looks, None);
    assert_eq!(file::list(&world.at("")).unwrap(), [""; 0]);
}

#[test]
fn checkouts_are_only_touched_with_git() {
    let world = World::new();
    let text = "`git` is not found";
    assert_eq!(mark_checkout(&world.host, &Looks::default(), "/", &Mark::Built), Err(text.to_owned()));
    assert_eq!(ignore_submodules(&world.host, &Looks::default(), "/"), Err(text.to_owned()));
    assert!(world.folder.path().is_dir());
}
