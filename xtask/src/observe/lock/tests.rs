//! Real repositories on disk.

use super::*;
use crate::observe::tests::World;

const AUDIO: &str = "1111111111111111111111111111111111111111";
const TRITON: &str = "2222222222222222222222222222222222222222";
const REST: [&str; 2] = ["--only", "pytorch,pytorch_audio,pytorch_vision,triton"];

/// torch with a release branch that has pins, and the other repositories without a branch of that name.
fn origins(world: &World) -> String {
    let pins = format!("ubuntu|pytorch|torchaudio|x|{AUDIO}|https://github.com/pytorch/audio\n");
    world.repository("torch", "nightly", &[("related_commits", &pins), (".ci/docker/ci_commit_pins/triton.txt", TRITON)]);
    world.git("torch", &["branch", "release/2.13"]);
    world.git("torch", &["rev-parse", "HEAD"])
}

fn resolved(world: &World, flags: &[&str], known: BTreeMap<Project, Locked>) -> Lock {
    let program = world.found("git");
    let (request, _) = world.request(flags);
    lock(&request, Some(Git { program: &program, host: &world.host }), None, known)
}

fn flags<'a>(more: &[&'a str], origins: &'a [String]) -> Vec<&'a str> {
    let origins = origins.iter().flat_map(|origin| ["--origin", origin]);
    more.iter().copied().chain(origins).collect()
}

#[test]
fn pins_are_read_at_the_commit_of_torch() {
    let world = World::new();
    let torch = origins(&world);
    world.repository("vision", "nightly", &[("x", "")]);
    let addresses = [format!("pytorch={}", world.at("torch")), format!("pytorch_vision={}", world.at("vision"))];
    let flags = flags(&[&REST[..], &["--ref", "release/2.13"]].concat(), &addresses);
    let (locks, unresolved) = resolved(&world, &flags, BTreeMap::new());
    assert_eq!(unresolved, []);
    let locked = |repo: &str, commit: &str, branch: Option<&str>, why: String| Locked {
        repo: repo.to_owned(),
        commit: commit.to_owned(),
        branch: branch.map(str::to_owned),
        why,
        version: None,
    };
    let (torch_dir, vision_dir) = (world.at("torch"), world.at("vision"));
    assert_eq!(
        locks[&Project::Pytorch],
        locked(&torch_dir, &torch, Some("release/2.13"), format!("`release/2.13` of {torch_dir}"))
    );
    assert_eq!((locks[&Project::PytorchAudio].commit.as_str(), locks[&Project::PytorchAudio].branch.as_deref()), (AUDIO, None));
    assert_eq!(locks[&Project::Triton].commit, TRITON);
    // No pin, but an origin of the user's own.
    let vision = world.git("vision", &["rev-parse", "HEAD"]);
    assert_eq!(
        locks[&Project::PytorchVision],
        locked(&vision_dir, &vision, Some("nightly"), format!("`nightly` of {vision_dir}"))
    );

    // What was read once is kept, and the branch moves without the lock.
    let store = &file::list(&world.at("cache/git")).unwrap()[0];
    assert!(store.starts_with("torch-"), "{store}");
    world.commit("torch");
    assert_eq!(resolved(&world, &flags, locks.clone()).0, locks);
    file::rename(&world.at("torch"), &world.at("moved")).unwrap();
    let texts = objects(&world, |objects| objects.read(&torch, &["related_commits", "none"])).unwrap();
    assert_eq!(texts.keys().collect::<Vec<_>>(), ["related_commits"]);
}

fn objects<T>(world: &World, question: impl FnOnce(Objects) -> T) -> T {
    let program = world.found("git");
    let repo = RepoUrl::parse(&world.at("torch")).unwrap();
    question(Objects::new(Git { program: &program, host: &world.host }, &repo).unwrap())
}

#[test]
fn nothing_is_fetched_where_nothing_is_pinned() {
    let world = World::new();
    let torch = origins(&world);
    let address = [format!("pytorch={}", world.at("torch"))];
    let (locks, unresolved) =
        resolved(&world, &flags(&["--only", "pytorch", "--ref", "release/2.13"], &address), BTreeMap::new());
    assert_eq!((locks[&Project::Pytorch].commit.as_str(), unresolved.len()), (torch.as_str(), 0));
    let (locks, _) = resolved(&world, &flags(&["--only", "pytorch", "--ref", &torch], &address), BTreeMap::new());
    assert_eq!((locks[&Project::Pytorch].commit.as_str(), &locks[&Project::Pytorch].branch), (torch.as_str(), &None));
    assert_eq!(file::list(&world.at("cache")).unwrap(), [""; 0]);
}

#[test]
fn a_project_that_is_pinned_needs_the_commit_of_torch() {
    let world = World::new();
    origins(&world);
    let address = [format!("pytorch={}", world.at("torch"))];
    let (locks, _) = resolved(&world, &flags(&["--only", "triton", "--ref", "nightly"], &address), BTreeMap::new());
    assert_eq!(
        locks.into_iter().map(|(project, locked)| (project, locked.commit)).collect::<Vec<_>>(),
        [(Project::Triton, TRITON.to_owned())]
    );
}

#[test]
fn what_cannot_be_resolved_says_why() {
    let world = World::new();
    origins(&world);
    let causes = |flags: &[&str]| {
        let (_, unresolved) = resolved(&world, flags, BTreeMap::new());
        unresolved.into_iter().map(|unresolved| (unresolved.project, unresolved.cause, unresolved.told_of)).collect::<Vec<_>>()
    };
    let torch = [format!("pytorch={}", world.at("torch"))];
    let no_ref = "no branch or tag is called `release/2.31` (nearest: `release/2.13`)";
    let unknown = "it is pinned in torch's commit, which is not known";
    assert_eq!(
        causes(&flags(&["--only", "pytorch,triton", "--ref", "release/2.31"], &torch)),
        [(Project::Triton, unknown.to_owned(), Some(Project::Pytorch)), (Project::Pytorch, no_ref.to_owned(), None)]
    );
    assert_eq!(
        causes(&flags(&["--only", "triton,apex", "--ref", "release/2.31"], &torch)),
        [(Project::Triton, format!("{unknown}: {no_ref}"), None), (Project::Apex, unknown.to_owned(), Some(Project::Triton))]
    );
    // Nobody asks for a commit before files are read at it.
    let zeros = "0".repeat(40);
    let found = causes(&flags(&["--only", "pytorch,triton", "--ref", &zeros], &torch));
    assert_eq!(found[0], (Project::Triton, unknown.to_owned(), Some(Project::Pytorch)));
    let (project, cause, told_of) = &found[1];
    assert_eq!((project, told_of), (&Project::Pytorch, &None));
    assert!(cause.starts_with(&format!("`git fetch` of {} exited with 128: fatal: ", world.at("torch"))), "{cause}");
    assert!(cause.ends_with(&format!(": not our ref {zeros}")), "{cause}");
    let nowhere = [format!("pytorch={}", world.at("nowhere"))];
    let cause = format!(
        "`git ls-remote` of {0} exited with 128: fatal: '{0}' does not appear to be a git repository",
        world.at("nowhere")
    );
    let hint = "is the address right, and does `git ls-remote` of it work here? `--origin` names another repository";
    let (_, unresolved) = resolved(&world, &flags(&["--only", "pytorch", "--ref", "nightly"], &nowhere), BTreeMap::new());
    assert_eq!(unresolved, [Unresolved { project: Project::Pytorch, cause, hint: Some(hint.to_owned()), told_of: None }]);
}

#[test]
fn without_a_ref_nothing_is_asked() {
    let world = World::new();
    world.write("build/src/pytorch/version.txt", "1");
    assert_eq!(resolved(&world, &["--only", "pytorch"], BTreeMap::new()), (BTreeMap::new(), Vec::new()));
    // The demo's repositories are not there yet.
    assert_eq!(resolved(&world, &["--demo"], BTreeMap::new()), (BTreeMap::new(), Vec::new()));
}

#[test]
fn runs_side_by_side_share_one_store() {
    let world = World::new();
    let torch = origins(&world);
    // One of them fetches while the store has another commit already, and all fetch at once.
    for commit in [torch, world.commit("torch")] {
        std::thread::scope(|scope| {
            let read = || objects(&world, |objects| objects.read(&commit, &["related_commits"]));
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(read)).collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap().map(|texts| texts.len()), Ok(1));
            }
        });
    }
}

#[test]
fn a_store_that_another_run_locks_is_waited_for() {
    let world = World::new();
    let torch = origins(&world);
    let store = objects(&world, |objects| objects.dir.clone());
    world.git("", &["init", "--quiet", "--bare", &store]);
    let lock = format!("{store}/shallow.lock");
    file::write_text(&lock, "").unwrap();
    std::thread::scope(|scope| {
        let read = scope.spawn(|| objects(&world, |objects| objects.read(&torch, &["related_commits"])));
        std::thread::sleep(std::time::Duration::from_millis(500));
        file::remove_all(&lock).unwrap();
        assert_eq!(read.join().unwrap().map(|texts| texts.len()), Ok(1));
    });
}
