//! Real repositories.

use super::*;
use crate::observe::tests::World;
use crate::plan::Mark;
use crate::plan::sources::GUARDS;

fn state(world: &World, dir: &str) -> GitState {
    asked(world, |git| git.state(&world.at(dir))).unwrap().unwrap()
}

fn asked<T>(world: &World, question: impl FnOnce(Git) -> T) -> T {
    question(Git { program: &world.found("git"), host: &world.host })
}

fn mark(world: &World, dir: &str, mark: Mark) {
    asked(world, |git| git.mark_checkout(&world.at(dir), &mark)).unwrap();
}

fn checked_out() -> Mark {
    Mark::CheckedOut { reference: "release/2.13".to_owned(), parts: Vec::new() }
}

#[test]
fn a_clean_checkout_is_described() {
    let world = World::new();
    let head = world.repository("x", "release/2.13", &[("a", "1")]);
    world.git("x", &["remote", "add", "origin", "https://user:secret@host/x.git?token=S"]);
    let expected = GitState {
        head: head.clone(),
        upstream: head.clone(),
        origin: Some("https://host/x.git".to_owned()),
        branch: Some("release/2.13".to_owned()),
        track: Some("release/2.13".to_owned()),
        describe: Some(head[..7].to_owned()),
        changes: None,
        own_commits: None,
        changed: Listed::default(),
        last_changed: None,
        unpushed: Listed { first: vec![format!("{} x", &head[..7])], count: 1 },
        owner: Owner::User,
        parts: None,
        committed_at: 1_700_000_000,
    };
    assert_eq!(state(&world, "x"), expected);
    assert!(asked(&world, |git| git.is_checkout(&world.at("x")) && !git.is_checkout(&world.at(""))));
    let identity = (head, Some("release/2.13".to_owned()), "https://host/x.git".to_owned());
    assert_eq!(asked(&world, |git| git.identity(&world.at("x"))), Ok(identity));
}

#[test]
fn the_upstream_commit_is_below_what_was_committed_here() {
    let world = World::new();
    let upstream = world.repository("x", "main", &[("a", "1")]);
    world.git("x", &["tag", UPSTREAM_TAG]);
    mark(&world, "x", checked_out());
    let commit = |text: &str, message: &str| {
        world.write("x/a", text);
        world.git("x", &["commit", "--quiet", "--all", "-m", message]);
        let state = state(&world, "x");
        assert_eq!((state.head, &state.upstream), (world.git("x", &["rev-parse", "HEAD"]), &upstream));
        assert_eq!((state.changes, state.owner), (None, Owner::Edited));
        state.own_commits
    };
    assert_eq!(commit("hipified", HIPIFY), None);
    let above_hipify = commit("mine", "mine");
    assert_eq!(above_hipify.as_ref().map(String::len), Some(64));
    assert_ne!(commit("more", HIPIFY), None, "only the first commit is hipify's");
    world.git("x", &["reset", "--quiet", "--hard", UPSTREAM_TAG]);
    assert_eq!(state(&world, "x").own_commits, None);
    let other = commit("mine", "mine");
    assert!(other.is_some() && other != above_hipify);
    world.write("x/new", "");
    assert!(![None, other].contains(&state(&world, "x").own_commits), "changes count, too");
}

#[test]
fn the_track_is_what_was_fetched_or_a_tag() {
    let world = World::new();
    world.repository("x", "main", &[("a", "1")]);
    world.git("x", &["branch", "release/2.13"]);
    world.git("x", &["tag", UPSTREAM_TAG]);
    world.git("x", &["tag", "-a", "v1", "-m", "x"]);
    let track = |dir: &str| state(&world, dir).track;
    let fetch = |dir: &str, what: &str| {
        world.git("", &["init", "--quiet", dir]);
        world.git(dir, &["fetch", "--quiet", "--no-tags", &world.at("x"), what]);
        world.git(dir, &["checkout", "--quiet", "FETCH_HEAD"]);
    };
    fetch("branch", "release/2.13");
    assert_eq!(track("branch").as_deref(), Some("release/2.13"));
    fetch("tag", "refs/tags/v1");
    assert_eq!(track("tag").as_deref(), Some("v1"));
    let commit = world.git("x", &["rev-parse", "HEAD"]);
    fetch("commit", &commit);
    assert_eq!(track("commit"), None);
    world.git("x", &["checkout", "--quiet", "--detach"]);
    assert_eq!(track("x").as_deref(), Some("v1"));
}

#[test]
fn changes_are_names_and_contents() {
    let world = World::new();
    world.repository("x", "main", &[("a b", "1"), ("d", "1"), (".gitignore", "ignored\n")]);
    world.write("x/ignored", "");
    let changes = || state(&world, "x").changes;
    assert_eq!(changes(), None);
    world.write("x/new/ü", "1");
    let untracked = changes();
    assert_eq!(untracked.as_ref().map(String::len), Some(64));
    assert!(state(&world, "x").describe.is_some_and(|text| !text.ends_with("-dirty")));
    world.write("x/new/ü", "2");
    let other = changes();
    assert_ne!(other, untracked);
    world.write("x/a b", "2");
    let modified = changes();
    assert_ne!(modified, other);
    assert!(state(&world, "x").describe.is_some_and(|text| text.ends_with("-dirty")));
    file::remove_all(&world.at("x/d")).unwrap();
    let deleted = changes();
    assert_ne!(deleted, modified);
    world.write("x/d", "1");
    world.write("x/a b", "1");
    world.write("x/new/ü", "1");
    assert_eq!(changes(), untracked, "the same changes have the same digest");
}

#[test]
fn submodules_are_asked_from_inside() {
    let world = World::new();
    world.repository("deep", "main", &[("a", "1")]);
    world.repository("library", "main", &[("b", "1")]);
    world.git("library", &["submodule", "--quiet", "add", &world.at("deep"), "third party/deep"]);
    world.commit("library");
    world.repository("x", "main", &[("c", "1")]);
    world.git("x", &["submodule", "--quiet", "add", &world.at("library"), "library"]);
    world.commit("x");
    world.git("x", &["submodule", "--quiet", "update", "--init", "--recursive"]);
    asked(&world, |git| git.ignore_submodules(&world.at("x"))).unwrap();
    assert_eq!(world.git("x", &["config", "submodule.library.ignore"]), "all");
    assert!(world.git("x", &["ls-files", "-v", "library"]).starts_with("S "), "skipped in the working tree");

    let changes = || state(&world, "x").changes;
    assert_eq!(changes(), None);
    world.write("x/library/third party/deep/a", "2");
    assert_eq!(world.git("x", &["status", "--porcelain"]), "", "the checkout itself shows nothing");
    let deep = changes();
    assert!(deep.is_some());
    world.write("x/library/third party/deep/a", "1");
    world.write("x/library/a", "2");
    let other = changes();
    assert!(other.is_some() && other != deep);
    file::remove_all(&world.at("x/library/a")).unwrap();
    assert_eq!(changes(), None);
    world.git("x/library", &["commit", "--quiet", "--allow-empty", "-m", "moved"]);
    assert!(changes().is_some(), "another commit of a submodule is a change");
}

#[test]
fn a_repository_among_the_files_is_asked_from_inside() {
    let world = World::new();
    world.repository("x", "main", &[("a", "1")]);
    world.repository("x/own ü", "main", &[("b", "1"), (".gitignore", "ignored\n")]);
    world.repository("x/own ü/deep", "main", &[("c", "1")]);
    let state = || state(&world, "x");
    let nested = state().changes;
    assert_eq!(state().changed.first, ["own ü", "own ü/deep"]);
    world.write("x/own ü/ignored", "");
    assert_eq!(state().changes, nested);
    let mut seen = vec![nested];
    for (path, text) in [("own ü/b", "2"), ("own ü/deep/c", "2"), ("own ü/new", "")] {
        world.write(&format!("x/{path}"), text);
        assert!(state().changed.first.iter().any(|name| name == path), "{:?}", state().changed);
        seen.push(state().changes);
    }
    world.commit("x/own ü/deep");
    seen.push(state().changes);
    // One without a commit is a repository, too.
    world.git("", &["init", "--quiet", "x/empty"]);
    world.write("x/empty/d", "1");
    seen.push(state().changes);
    world.write("x/empty/d", "2");
    seen.push(state().changes);
    let different: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(different.len(), seen.len());
}

/// A checkout with a submodule, as the tool makes it.
fn with_submodule(world: &World) {
    world.repository("library", "main", &[("b", "1"), ("in/c", "1")]);
    world.repository("x", "main", &[("a", "1")]);
    world.git("x", &["submodule", "--quiet", "add", &world.at("library"), "third party/library"]);
    world.commit("x");
    asked(world, |git| git.ignore_submodules(&world.at("x"))).unwrap();
    assert_eq!(state(world, "x").changes, None);
}

#[test]
fn a_submodule_that_lost_its_git_is_read() {
    let world = World::new();
    with_submodule(&world);
    let inside = "x/third party/library";
    file::remove_all(&world.at(&format!("{inside}/.git"))).unwrap();
    let changes = || state(&world, "x").changes;
    let whole = changes();
    assert!(whole.is_some() && changes() == whole, "nobody can tell whether it was changed, but whether it is");
    assert_eq!(state(&world, "x").changed.first, ["third party/library"]);
    world.write(&format!("{inside}/in/c"), "2");
    let edited = changes();
    assert!(edited.is_some() && edited != whole);
    file::remove_all(&world.at(&format!("{inside}/b"))).unwrap();
    assert!(![whole, edited, None].contains(&changes()));
}

/// A move that was killed leaves such, too.
#[test]
fn a_submodule_that_is_not_there_is_no_change() {
    let world = World::new();
    with_submodule(&world);
    world.git("", &["clone", "--quiet", &world.at("x"), "without"]);
    assert_eq!(state(&world, "without").changes, None);
    for checkout in ["without", "x"] {
        file::remove_all(&world.at(&format!("{checkout}/third party/library"))).unwrap();
        assert_eq!(state(&world, checkout).changes, None);
    }
}

#[test]
fn what_git_knows_and_changed_in_between_is_told() {
    let world = World::new();
    with_submodule(&world);
    for name in ["b", "c", "d", "e"] {
        world.write(&format!("x/{name}"), "1");
    }
    world.commit("x");
    world.write("x/b", "edited before");
    world.write("x/c", "edited before, and taken back");
    world.write("x/d", "edited before, and once more");
    let changes = || asked(&world, |git| git.local_changes(&world.at("x"))).unwrap();
    let before = changes();
    assert!(changes().tracked_since(&before).is_empty());
    world.write("x/c", "1");
    world.write("x/d", "2");
    world.write("x/e", "2");
    world.write("x/new", "left by the build");
    world.write("x/third party/library/b", "2");
    assert_eq!(changes().tracked_since(&before).to_string(), "`c`, `d`, `e`, `third party/library/b`");
    assert_eq!(state(&world, "x").changed.first, ["b", "d", "e", "new", "third party/library/b"]);
}

#[test]
fn the_last_change_is_known() {
    let world = World::new();
    world.repository("x", "main", &[("a", "1"), ("b", "1"), ("in/c", "1")]);
    let last = || state(&world, "x").last_changed;
    assert_eq!(last(), None);
    let at = |path: &str, seconds: u64| {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        file::open_to_read(&world.at(&format!("x/{path}"))).unwrap().set_modified(time).unwrap();
    };
    for path in ["a", "b", "new"] {
        world.write(&format!("x/{path}"), "2");
    }
    for (path, seconds) in [("a", 2_000_000_000), ("b", 2_000_000_002), ("new", 2_000_000_001)] {
        at(path, seconds);
    }
    assert_eq!(last().as_deref(), Some("b"));
    file::remove_all(&world.at("x/in/c")).unwrap();
    at("in", 2_000_000_003);
    assert_eq!(last().as_deref(), Some("in/c"), "one that is gone was changed when its folder was");
}

#[test]
fn a_checkout_without_submodules_is_left_alone() {
    let world = World::new();
    world.repository("none", "main", &[("a", "1")]);
    world.repository("empty", "main", &[(".gitmodules", "# none\n")]);
    for dir in ["none", "empty"] {
        assert_eq!(asked(&world, |git| git.ignore_submodules(&world.at(dir))), Ok(()));
    }
}

#[test]
fn changes_are_the_tools_as_long_as_they_are_those_it_noted() {
    let world = World::new();
    world.repository("x", "main", &[("a", "1")]);
    let owner = || state(&world, "x").owner;
    let build = |text: &str| {
        mark(&world, "x", Mark::Building);
        world.write("x/generated", text);
        mark(&world, "x", Mark::Built);
    };
    assert_eq!(owner(), Owner::User);
    build("nothing is noted in it");
    assert_eq!(owner(), Owner::User);
    file::remove_all(&world.at("x/generated")).unwrap();
    world.write("x/a_hip", "by the checkout");
    mark(&world, "x", checked_out());
    assert_eq!(owner(), Owner::Tool);
    world.write("x/generated", "by somebody");
    assert_eq!(owner(), Owner::Edited);
    mark(&world, "x", Mark::Built);
    assert_eq!(owner(), Owner::Edited, "nothing was built");
    build("by the build");
    assert_eq!(owner(), Owner::Built);
    file::remove_all(&world.at("x/generated")).unwrap();
    assert_eq!(owner(), Owner::Tool, "as after the checkout");
    file::remove_all(&world.at("x/a_hip")).unwrap();
    assert_eq!(owner(), Owner::Edited, "somebody undid what the checkout changed");
    world.write("x/a_hip", "by the checkout");
    ["second build", "third build"].into_iter().for_each(build);
    world.write("x/generated", "second build");
    assert_eq!(owner(), Owner::Edited, "only the last build counts");
    file::remove_all(&world.at("x/generated")).unwrap();
    world.commit("x");
    assert_eq!(owner(), Owner::Edited, "another commit");
    build("at a commit that the tool does not know");
    assert_eq!(owner(), Owner::Edited);
    mark(&world, "x", checked_out());
    assert_eq!(owner(), Owner::Tool);
    // A checkout is made beside its place and then renamed.
    file::rename(&world.at("x"), &world.at("y")).unwrap();
    assert_eq!(state(&world, "y").owner, Owner::Tool);
}

#[test]
fn what_a_killed_build_left_is_the_builds() {
    let world = World::new();
    world.repository("x", "main", &[("a", "1")]);
    let owner = || state(&world, "x").owner;
    mark(&world, "x", checked_out());
    mark(&world, "x", Mark::Building);
    assert_eq!(owner(), Owner::Tool, "it wrote nothing yet");
    for text in ["half", "whole"] {
        world.write("x/generated", text);
        assert_eq!(owner(), Owner::Built);
        mark(&world, "x", Mark::Building);
    }
    mark(&world, "x", Mark::Built);
    assert_eq!(owner(), Owner::Built);
    world.write("x/generated", "by somebody, after the build");
    assert_eq!(owner(), Owner::Edited);
}

#[test]
fn a_move_is_known_until_it_is_done_and_begins_only_with_what_was_seen() {
    let world = World::new();
    world.repository("x", "main", &[("a", "1")]);
    let owner = || state(&world, "x").owner;
    mark(&world, "x", checked_out());
    let seen = state(&world, "x").changes;
    world.write("x/note", "by somebody, while the new commit was fetched");
    let cause = format!("`{}` was changed while its new commit was fetched, and is left as it is", world.at("x"));
    let moving = || asked(&world, |git| git.mark_checkout(&world.at("x"), &Mark::Moving { changes: seen.clone() }));
    assert_eq!(moving(), Err(cause));
    assert_eq!(owner(), Owner::Edited);
    file::remove_all(&world.at("x/note")).unwrap();
    assert_eq!(moving(), Ok(()));
    assert_eq!(owner(), Owner::Moving);
    world.commit("x");
    assert_eq!(owner(), Owner::Moving, "at whatever commit");
    mark(&world, "x", checked_out());
    assert_eq!(owner(), Owner::Tool);
}

#[test]
fn a_checkout_remembers_the_ref_that_it_was_made_for() {
    let world = World::new();
    world.repository("x", "main", &[("a", "1")]);
    world.git("x", &["checkout", "--quiet", "--detach"]);
    let track = || state(&world, "x").track;
    assert_eq!(track(), None);
    mark(&world, "x", checked_out());
    assert_eq!(track().as_deref(), Some("release/2.13"));
    world.git("x", &["checkout", "--quiet", "-b", "mine"]);
    assert_eq!(track().as_deref(), Some("mine"));
    world.git("x", &["checkout", "--quiet", "--detach"]);
    world.commit("x");
    assert_eq!(track(), None, "somebody's own commit is not that ref");
}

#[test]
fn what_git_cannot_read_is_an_error_with_its_words() {
    let world = World::new();
    let cause = |dir: &str| asked(&world, |git| git.state(&world.at(dir))).unwrap_err();
    world.write("broken/.git", "gitdir: /nowhere");
    assert_eq!(
        cause("broken"),
        format!("`git status` in `{}` exited with 128: fatal: not a git repository: /nowhere", world.at("broken"))
    );
    world.git("", &["init", "--quiet", "empty"]);
    assert_eq!(asked(&world, |git| git.state(&world.at("empty"))), Ok(None), "it has no commit yet");
    let no_commit = Err(format!("the checkout `{}` has no commit", world.at("empty")));
    assert_eq!(asked(&world, |git| git.mark_checkout(&world.at("empty"), &checked_out())), no_commit);
    assert_eq!(asked(&world, |git| git.identity(&world.at("empty"))).map(drop), no_commit);
    world.repository("mark", "main", &[("a", "1")]);
    let path = world.write("mark/.git/therock-xtask.json", "{}");
    assert_eq!(cause("mark"), format!("`{path}` is not what the tool wrote: missing field `commit` at line 1 column 2"));
    world.repository("lost", "main", &[("a", "1")]);
    file::remove_all(&world.at("lost/.git/objects")).unwrap();
    file::make_folder(&world.at("lost/.git/objects")).unwrap();
    assert!(
        cause("lost").starts_with(&format!("`git status` in `{}` exited with 128: fatal: ", world.at("lost"))),
        "{}",
        cause("lost")
    );
}

/// A checkout that somebody else put there, whose configuration names a program wherever git may run one.
fn trap(world: &World) -> String {
    let owned = world.at("owned");
    let touch = format!("touch '{owned}'");
    let program = world.program("run", &format!("{touch}; cat"));
    world.repository("trap", "main", &[(".gitattributes", "* filter=trap diff=trap\n"), ("a", "1")]);
    for (key, value) in [
        ("filter.trap.clean", program.as_str()),
        ("filter.trap.smudge", &program),
        ("diff.trap.textconv", &program),
        ("diff.external", &program),
        ("core.fsmonitor", &program),
        ("core.pager", &program),
        ("core.editor", &program),
        ("core.sshCommand", &program),
        ("core.askPass", &program),
        ("core.gitProxy", &program),
        ("credential.helper", &program),
        ("gpg.program", &program),
    ] {
        world.git("trap", &["config", key, value]);
    }
    for hook in ["post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"] {
        world.program(&format!("trap/.git/hooks/{hook}"), &touch);
    }
    world.write("trap/a", "2");
    let _ = file::remove_all(&owned);
    owned
}

#[test]
fn nobody_elses_configuration_runs_where_only_names_are_asked_for() {
    let world = World::new();
    let owned = trap(&world);
    let (commit, branch, _) = asked(&world, |git| git.identity(&world.at("trap"))).unwrap();
    assert_eq!((commit.len(), branch.as_deref()), (40, Some("main")));
    assert_eq!(file::look(&owned), Seen::Missing);
}

#[test]
fn questions_are_asked_with_what_the_platform_needs() {
    let mut world = World::new();
    let program = world.program("git", "echo \"$@\"");
    for (platform, expected) in [(Platform::Linux, false), (Platform::Windows, true)] {
        world.host.platform = platform;
        let said = Git { program: &program, host: &world.host }.ask(&world.at(""), &["status"]).unwrap();
        assert!(said.contains(&GUARDS.join(" ")) && said.ends_with(" status"), "{said}");
        assert_eq!(said.contains("-c core.longpaths=true"), expected, "{said}");
    }
}

#[test]
fn guards_hold_against_settings_of_all_kinds() {
    let world = World::new();
    let owned = trap(&world);
    // What the user's own settings would let through.
    let settings = "[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n[protocol \"fd\"]\n\tallow = always\n";
    let settings = world.write("gitconfig", settings);
    let git = |args: &[&str]| {
        let env = [("GIT_CONFIG_GLOBAL", Some(settings.as_str())), ("LC_ALL", Some("C"))];
        let args = [&GUARDS[..], args].concat();
        process::ask(&world.found("git"), &args, &world.at(""), &env).map_err(|error| error.to_string())
    };
    for (address, transport) in [(format!("ext::sh -c touch% {owned}"), "ext"), ("fd::17".to_owned(), "fd")] {
        let cause = git(&["ls-remote", &address]).unwrap_err();
        assert!(cause.ends_with(&format!("fatal: transport '{transport}' not allowed")), "{cause}");
    }
    // A submodule's address is an address, too; and its own disk is not for a foreign repository to read.
    for (address, transport) in [(format!("ext::sh -c touch% {owned}"), "ext"), (format!("file://{}", world.at("trap")), "file")]
    {
        let dir = format!("outer {transport}");
        let modules = format!("[submodule \"x\"]\n\tpath = x\n\turl = {address}\n");
        world.repository(&dir, "main", &[(".gitmodules", &modules)]);
        let link = format!("160000,{},x", "1".repeat(40));
        world.git(&dir, &["update-index", "--add", "--cacheinfo", &link]);
        let env = [("GIT_CONFIG_GLOBAL", Some("/dev/null")), ("LC_ALL", Some("C"))];
        let args = [&GUARDS[..], &["submodule", "update", "--init"]].concat();
        let cause = process::ask(&world.found("git"), &args, &world.at(&dir), &env).unwrap_err().to_string();
        assert!(cause.contains(&format!("fatal: transport '{transport}' not allowed")), "{cause}");
    }
    // Hooks run nowhere, whoever put them there.
    world.git("trap", &["config", "--remove-section", "filter.trap"]);
    let _ = file::remove_all(&owned);
    let hooks = world.at("trap/.git/hooks");
    git(&["-C", &world.at("trap"), "-c", "core.fsmonitor=false", "checkout", "--quiet", "--force", "HEAD"]).unwrap();
    assert_eq!(file::look(&owned), Seen::Missing);
    // They would have.
    let with_hooks =
        ["-c", &format!("core.hooksPath={hooks}"), "-C", &world.at("trap"), "checkout", "--quiet", "--force", "HEAD"];
    git(&with_hooks).unwrap();
    assert_eq!(file::look(&owned), Seen::File);
}
