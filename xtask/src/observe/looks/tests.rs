//! Programs and interpreters in folders that are made for it.
#![cfg(unix)]

use super::*;
use crate::observe::tests::World;

fn variable(world: &mut World, name: &str, value: &str) {
    world.host.env.0.insert(name.to_owned(), value.to_owned());
}

/// A machine with nothing but what a case puts in `a` and `b`.
fn bare() -> World {
    let mut world = World::new();
    let path = format!("{}:relative:{}", world.at("a"), world.at("b"));
    variable(&mut world, "PATH", &path);
    let home = world.at("home");
    variable(&mut world, "HOME", &home);
    for name in ["PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"] {
        world.host.env.0.remove(name);
    }
    world
}

#[test]
fn programs_are_found_in_the_order_of_path() {
    let mut world = bare();
    world.write("a/git", "not executable");
    let git = world.program("b/git", "");
    let ninja = world.program("a/ninja", "");
    world.program("b/ninja", "");
    let ccache = world.program("b/ccache", "");
    let clang = world.program("opt/clang", "");
    variable(&mut world, "CC", "ccache clang -m64");
    variable(&mut world, "CXX", &clang);
    let programs = looks(&world.host, &world.places(&[]), None).programs;
    let expected = [
        ("git", git),
        ("ninja", ninja),
        ("ccache", ccache.clone()),
        ("ccache clang -m64", ccache),
        (clang.as_str(), clang.clone()),
    ];
    assert_eq!(programs, expected.map(|(name, path)| (name.to_owned(), path)).into());
}

#[test]
fn sccache_is_found_where_cargo_installs() {
    let world = bare();
    let elsewhere = world.program("home/.cargo/bin/sccache", "");
    let found = || looks(&world.host, &world.places(&[]), None).programs.get("sccache").cloned();
    // Build images have one in a folder of the system, which comes first.
    assert!(found().is_some_and(|path| path == elsewhere || path.starts_with("/usr/local/") || path.starts_with("/opt/cache/")));
    let on_path = world.program("b/sccache", "");
    assert_eq!(found(), Some(on_path));
}

#[test]
fn paths_and_folders_are_looked_at() {
    let world = bare();
    world.write("build", "a file");
    world.write("dist/x", "");
    let looks = looks(&world.host, &world.places(&[]), None);
    assert_eq!(looks.at(&world.at("build")), Seen::File);
    assert_eq!(looks.at(&world.at("dist")), Seen::Directory);
    assert_eq!(looks.at(&world.at("dist/manifests")), Seen::Missing);
    assert_eq!(looks.unwritable, [(world.at("build"), format!("`{}` is not a folder", world.at("build")))].into());
}

#[test]
fn interpreters_of_a_version_in_order() {
    let mut world = bare();
    let uv = world.at("uv");
    variable(&mut world, "UV_PYTHON_INSTALL_DIR", &uv);
    let expected = [
        "a/python3.12",
        "b/python3.12",
        "a/python3",
        "b/python",
        "home/.pyenv/versions/3.12.10/bin/python",
        "home/.pyenv/versions/3.12.9/bin/python",
        "uv/cpython-3.12.4-linux-x86_64-gnu/bin/python3",
    ];
    let expected = expected.map(|path| world.program(path, ""));
    for other in ["a/python3.11", "home/.pyenv/versions/3.11.7/bin/python", "home/.pyenv/versions/pypy3.10-7.3.12/bin/python"] {
        world.program(other, "");
    }
    world.write("home/.pyenv/versions/3.12.11/bin/none", "");
    let of = |text| {
        let mut found = looks(&world.host, &world.places(&[]), Some(text)).interpreters;
        found.retain(|path| !path.starts_with("/opt/python/"));
        found
    };
    assert_eq!(of("3.12"), expected);
    assert_eq!(of("cp312"), expected);
    assert_eq!(of("3.9"), expected[2..4]);
}

#[test]
fn a_free_threaded_interpreter_has_a_name_of_its_own() {
    let world = bare();
    let expected =
        ["b/python3.13t", "a/python3.13", "home/.pyenv/versions/3.13.0t/bin/python"].map(|path| world.program(path, ""));
    assert_eq!(looks(&world.host, &world.places(&[]), Some("3.13t")).interpreters, expected);
}

#[test]
fn an_interpreter_that_is_named_is_the_only_one() {
    let world = bare();
    let named = world.program("own/python", "");
    world.program("a/python3", "");
    let of = |text: &str| looks(&world.host, &world.places(&[]), Some(text)).interpreters;
    assert_eq!(of(&named), [named.as_str()]);
    assert_eq!(of("own/python"), [named.as_str()]);
    assert_eq!(of("./own"), [""; 0], "a folder is no interpreter");
    assert_eq!(of("none/python"), [""; 0]);
}

#[test]
fn without_a_wish_the_active_environment_comes_first() {
    let mut world = bare();
    let found = ["a/python3", "b/python3", "b/python"].map(|path| world.program(path, ""));
    let of = |world: &World, flags: &[&str]| looks(&world.host, &world.places(flags), None).interpreters;
    assert_eq!(of(&world, &[]), found);
    let active = world.program("active/bin/python", "");
    let named = world.program("named/bin/python", "");
    let venv = world.at("active");
    variable(&mut world, "VIRTUAL_ENV", &venv);
    assert_eq!(of(&world, &[]), [std::slice::from_ref(&active), &found[..]].concat());
    assert_eq!(of(&world, &["--venv", "none"]), [std::slice::from_ref(&active), &found[..]].concat());
    assert_eq!(of(&world, &["--venv", "named"]), [&[named, active], &found[..]].concat());
}
