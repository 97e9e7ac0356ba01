//! `checkout` from git servers that stall, cut short, refuse, go away midway or lack a commit: it ends within its bound, says of which repository and
//! what to do, and the next run gets the rest.
#![cfg(all(unix, feature = "full"))]

mod server;

use self::server::{Fault, Server};
use tests::{Ended, Sandbox, finish};

/// torch with a submodule, and apex.
struct World {
    sandbox: Sandbox,
    server: Server,
    /// What pauses before a retry are multiplied by.
    time_scale: &'static str,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let server = Server::new(&sandbox);
        let world = World { sandbox, server, time_scale: "0.1" };
        // Random, so that no packing makes it small.
        let noise: String =
            (0..200_000_u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23))).collect();
        world.repository("lib", &[("lib.c", &noise)]);
        world.repository("apex", &[("version.txt", "1.0"), ("noise", &noise)]);
        let modules = format!("[submodule \"lib\"]\n\tpath = lib\n\turl = {}\n", world.server.address("lib"));
        world.repository("pytorch", &[("version.txt", "2.0"), (".gitmodules", &modules)]);
        world.submodule(&world.head("lib"));
        world
    }

    /// Makes torch want the submodule at this commit.
    fn submodule(&self, commit: &str) {
        self.git("pytorch", &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},lib")]);
        self.git("pytorch", &["commit", "--quiet", "--message", "lib"]);
    }

    fn repository(&self, name: &str, files: &[(&str, &str)]) {
        self.sandbox.make_folder(&format!("served/{name}"));
        self.git(name, &["init", "--quiet", "--initial-branch=main"]);
        for (file, text) in files {
            self.sandbox.write(&format!("served/{name}/{file}"), text);
        }
        self.git(name, &["add", "--all"]);
        self.git(name, &["commit", "--quiet", "--message", "x"]);
    }

    fn git(&self, name: &str, words: &[&str]) -> String {
        let mut command = self.sandbox.command("git");
        command.args(["-c", "user.name=User", "-c", "user.email=user@example.invalid"]);
        command.args(["-C", &self.sandbox.arg(&format!("served/{name}"))]).args(words);
        finish(&mut command).expect(0).stdout.trim().to_owned()
    }

    fn head(&self, name: &str) -> String {
        self.git(name, &["rev-parse", "HEAD"])
    }

    /// Checks both out, with five seconds of patience.
    fn checkout(&self) -> Ended {
        let source = |name: &str| format!(r#"{{"repo": "{}", "commit": "{}"}}"#, self.server.address(name), self.head(name));
        let text = format!(r#"{{"pytorch": {}, "apex": {}}}"#, source("pytorch"), source("apex"));
        self.sandbox.write("m.json", &text);
        let mut command = self.sandbox.xtask();
        command.args(["checkout", "--from-manifest", "m.json", "--no-hipify"]).env("THEROCK_XTASK_NETWORK_TIMEOUT", "5");
        finish(command.env("THEROCK_XTASK_TIME_SCALE", self.time_scale))
    }

    /// Checks that a run fails, of this repository and in these words, and that the next one, with a server that works, gets the rest.
    #[track_caller]
    fn check(&self, name: &str, fault: Fault, words: &[&str]) {
        self.server.break_with(name, fault);
        let ended = self.checkout().expect(4);
        let address = self.server.address(name);
        for words in words.iter().chain([&address.as_str()]) {
            assert!(ended.stderr.contains(words), "{words}\n-- is not in\n{}", ended.stderr);
        }
        self.server.mend();
        let before = self.server.served("apex");
        self.checkout().expect(0);
        if name != "apex" {
            assert_eq!(self.server.served("apex"), before, "what was whole was fetched again");
        }
        self.check_whole();
    }

    #[track_caller]
    fn check_whole(&self) {
        for name in ["pytorch", "apex"] {
            let dir = self.sandbox.arg(&format!("build/src/{name}"));
            let git = |words: &[&str]| finish(self.sandbox.command("git").args(["-C", &dir]).args(words)).expect(0).stdout;
            assert_eq!(git(&["rev-parse", "HEAD"]).trim(), self.head(name));
            assert_eq!(git(&["status", "--porcelain", "--ignore-submodules=none"]), "");
            let locks = finish(self.sandbox.command("find").args([&dir, "-name", "*.lock"])).expect(0).stdout;
            assert_eq!(locks, "");
        }
        let lib = std::fs::read(self.sandbox.path("build/src/pytorch/lib/lib.c")).unwrap();
        assert_eq!(lib.len(), 3_200_000);
    }
}

#[test]
fn a_server_that_stalls_midway() {
    let silent = ["`THEROCK_XTASK_NETWORK_TIMEOUT` gives it more time", "trying again in 2 s", "trying again in 10 s"];
    // The one test whose pauses are as long as a user's.
    World { time_scale: "1", ..World::new() }.check("apex", Fault::StallsAfter(100_000), &silent);
}

#[test]
fn a_server_that_stalls_at_once_with_a_submodule() {
    World::new().check("lib", Fault::StallsAfter(0), &["trying again in 1 s"]);
}

#[test]
fn a_server_that_cuts_short() {
    World::new().check("apex", Fault::CutsAfter(100_000), &["early EOF"]);
}

#[test]
fn a_server_that_refuses() {
    World::new().check("apex", Fault::Refuses, &["trying again in 1 s"]);
}

#[test]
fn a_server_that_goes_away_between_a_repository_and_its_submodule() {
    World::new().check("lib", Fault::Refuses, &["trying again in 1 s"]);
}

#[test]
fn a_server_that_fails_once_is_asked_again() {
    let world = World::new();
    world.server.break_with("apex", Fault::CutsOnceAfter(100_000));
    let ended = world.checkout().expect(0);
    assert!(ended.stderr.contains("trying again in 0.2 s"), "{}", ended.stderr);
    world.check_whole();
}

#[test]
fn a_submodule_whose_commit_is_nowhere() {
    let world = World::new();
    let good = world.head("lib");
    let lost = "0123456789abcdef0123456789abcdef01234567";
    world.submodule(lost);
    let ended = world.checkout().expect(4);
    for words in [lost, "lib"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
    assert!(!world.sandbox.path("build/src/pytorch").exists(), "what is not whole has no final name");
    world.submodule(&good);
    world.checkout().expect(0);
    world.check_whole();
}
