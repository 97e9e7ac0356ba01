//! Source folders that are made for it.

use super::*;
use crate::observe::tests::World;

fn seen(world: &World, project: Project) -> Option<(Checkout, Option<Unresolved>)> {
    let program = world.found("git");
    checkout(&world.host, Some(Git { program: &program, host: &world.host }), project, &world.at("src"))
}

#[test]
fn what_matters_of_a_folder_is_seen() {
    let world = World::new();
    assert_eq!(seen(&world, Project::Pytorch), None);
    file::make_folder(&world.at("src")).unwrap();
    assert_eq!(seen(&world, Project::Pytorch), None, "an empty folder is none");
    let head = world.repository(
        "src",
        "main",
        &[
            ("version.txt", "2.13.0a0\n"),
            ("requirements-build.txt", ""),
            ("pyproject.toml", "[build-system]\nbuild-backend = \"scikit_build_core.build\"\n"),
            ("setup.py", ""),
            ("other", ""),
        ],
    );
    let (checkout, unresolved) = seen(&world, Project::Pytorch).unwrap();
    let present = ["requirements-build.txt", "pyproject.toml", "setup.py"];
    assert_eq!(checkout.present, present.map(str::to_owned).into());
    assert_eq!(checkout.texts, [("version.txt".to_owned(), "2.13.0a0".to_owned())].into());
    assert!(checkout.scikit_build_core);
    assert_eq!(checkout.git.map(|git| git.head), Some(head));
    assert_eq!(unresolved, None);
}

#[test]
fn the_llvm_of_triton_lies_beside_it() {
    let world = World::new();
    world.write("src/cmake/llvm-hash.txt", "0123456789abcdef\n");
    world.write("src/build_env.json", "{}\n");
    let texts = || seen(&world, Project::Triton).unwrap().0.texts;
    assert_eq!(texts().get(LLVM_MARK), None);
    world.write("llvm-01234567-windows-x64/.llvm-hash", "0123456789abcdef");
    let pin = "0123456789abcdef";
    let expected = [(LLVM_PIN, pin), (LLVM_MARK, pin), ("build_env.json", "{}")];
    assert_eq!(texts(), expected.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
}

#[test]
fn a_folder_without_git_is_no_checkout() {
    let world = World::new();
    // The repository around it is somebody else's.
    world.repository("", "main", &[("x", "")]);
    world.write("src/version.txt", "1\n");
    let (checkout, unresolved) = seen(&world, Project::Apex).unwrap();
    assert_eq!((checkout.git, unresolved), (None, None));
}

#[test]
fn a_checkout_that_git_cannot_read_is_told() {
    let world = World::new();
    world.write("src/.git", "gitdir: /nowhere");
    let cause = format!("`git status` in `{}` exited with 128: fatal: not a git repository: /nowhere", world.at("src"));
    let hint = Some("repair the checkout, or name other sources with `--apex-dir`".to_owned());
    let (_, unresolved) = seen(&world, Project::Apex).unwrap();
    assert_eq!(unresolved, Some(Unresolved { project: Project::Apex, cause, hint, told_of: None }));
}
