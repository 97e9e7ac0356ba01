//! What the file system shows without a child process: what stands at paths, where programs are, which interpreters may be the one.

use crate::facts::{Looks, Seen};
use crate::file;
use crate::host::{Host, Platform};
use crate::request::{Places, Venv, venv_python};
use crate::version::PythonVersion;

/// Programs that a build may use, by the names under which plans look for them.
const PROGRAMS: [&str; 8] = ["git", "cc", "c++", "cl", "cmake", "ninja", "ccache", "sccache"];

/// Variables that name a compiler.
const COMPILERS: [&str; 2] = ["CC", "CXX"];

/// Looks at everything that a request names or implies. `python` is the text of `--python`.
pub fn looks(host: &Host, places: &Places, python: Option<&str>) -> Looks {
    let mut looks = Looks::default();
    for path in places.to_look_at() {
        let seen = file::look(&path);
        looks.paths.insert(path, seen);
    }
    for folder in places.to_write_in() {
        if let Err(cause) = file::takes_files(&folder) {
            looks.unwritable.insert(folder, cause);
        }
    }
    let folders = host.path_folders();
    for name in PROGRAMS {
        if let Some(path) = on_path(host, &folders, name).next() {
            looks.programs.insert(name.to_owned(), path);
        }
    }
    if let (false, Some(path)) = (looks.programs.contains_key("sccache"), elsewhere(host)) {
        looks.programs.insert("sccache".to_owned(), path);
    }
    for command in COMPILERS.iter().filter_map(|variable| host.var(variable)) {
        if let Some(path) = compiler(host, &folders, command) {
            looks.programs.insert(command.to_owned(), path);
        }
    }
    looks.interpreters = interpreters(host, places, &folders, python);
    looks
}

/// The first file on `PATH` that starts as `name`, absolute.
pub fn program(host: &Host, name: &str) -> Option<String> {
    on_path(host, &host.path_folders(), name).next()
}

/// Every file on `PATH` that starts as `name`, first ones first.
fn on_path<'a>(host: &'a Host, folders: &'a [String], name: &'a str) -> impl Iterator<Item = String> + 'a {
    let names = host.platform.program_names(name);
    folders
        .iter()
        .flat_map(move |folder| names.iter().map(|name| host.platform.join(folder, name)).collect::<Vec<_>>())
        .filter(|path| file::is_program(path))
}

/// sccache, where build images put it without putting it on `PATH`.
fn elsewhere(host: &Host) -> Option<String> {
    let home = |rest| host.home().map(|home| host.platform.join(home, rest));
    let places = match host.platform {
        Platform::Linux => {
            [Some("/usr/local/bin/sccache".to_owned()), Some("/opt/cache/bin/sccache".to_owned()), home(".cargo/bin/sccache")]
        }
        Platform::Windows => {
            [Some(r"C:\ProgramData\chocolatey\bin\sccache.exe".to_owned()), home(".cargo/bin/sccache.exe"), None]
        }
    };
    places.into_iter().flatten().find(|path| file::is_program(path))
}

/// The program of a variable such as `CC`, whose value may be a path, a name, or either of them with arguments.
fn compiler(host: &Host, folders: &[String], command: &str) -> Option<String> {
    let words = [Some(command), command.split_whitespace().next()];
    words.into_iter().flatten().find_map(|word| {
        let is_path = word.contains(['/', host.platform.separator()]);
        let path = if is_path { host.absolute(word).ok().filter(|path| file::is_program(path)) } else { None };
        path.or_else(|| on_path(host, folders, word).next())
    })
}

/// Interpreters that may be the one asked for, most likely first. What is not there is left out, and so is what was listed already.
fn interpreters(host: &Host, places: &Places, folders: &[String], python: Option<&str>) -> Vec<String> {
    let candidates = match python.map(|text| (text, PythonVersion::parse(text))) {
        None => defaults(host, places, folders),
        Some((text, Ok(version))) if !text.contains('/') => of_version(host, folders, &version),
        Some((text, _)) => host.absolute(text).into_iter().filter(|path| file::look(path) == Seen::File).collect(),
    };
    let mut found: Vec<String> = Vec::new();
    for candidate in candidates {
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

fn defaults(host: &Host, places: &Places, folders: &[String]) -> Vec<String> {
    let named = match &places.venv {
        Venv::At(dir) => Some(dir.as_str()),
        Venv::Own | Venv::Interpreter => None,
    };
    let active = named.into_iter().chain(host.var("VIRTUAL_ENV"));
    let mut found: Vec<String> =
        active.map(|dir| venv_python(host.platform, dir)).filter(|path| file::is_program(path)).collect();
    match host.platform {
        Platform::Linux => {
            found.extend(on_path(host, folders, "python3"));
            found.extend(on_path(host, folders, "python"));
        }
        Platform::Windows => {
            found.extend(on_path(host, folders, "python"));
            found.extend(on_path(host, folders, "py").next().map(|launcher| format!("{launcher} -3")));
        }
    }
    found
}

fn of_version(host: &Host, folders: &[String], version: &PythonVersion) -> Vec<String> {
    let number = format!("{}.{}", version.major, version.minor);
    let mut names = vec![format!("python{version}"), format!("python{number}"), "python3".to_owned(), "python".to_owned()];
    names.dedup();
    let mut found: Vec<String> = names.iter().flat_map(|name| on_path(host, folders, name)).collect();
    let join = |base: &str, rest: &str| host.platform.join(base, rest);
    let home = |rest| host.home().map(|home| join(home, rest));
    let (python, uv) = match host.platform {
        Platform::Linux => ("bin/python", home(".local/share/uv/python")),
        Platform::Windows => ("python.exe", host.var("APPDATA").map(|data| join(data, "uv/python"))),
    };
    let pyenv = host.var("PYENV_ROOT").map(str::to_owned).or_else(|| home(".pyenv")).map(|root| join(&root, "versions"));
    let uv = host.var("UV_PYTHON_INSTALL_DIR").map(str::to_owned).or(uv);
    // uv links no `python` into what it installs on Linux, only `python3`.
    for (root, python) in [(pyenv, python), (uv, if host.platform == Platform::Linux { "bin/python3" } else { python })] {
        let Some(root) = root else { continue };
        found.extend(installed(&root, version).iter().map(|name| join(&root, &format!("{name}/{python}"))));
    }
    match host.platform {
        Platform::Linux => found.extend(version.opt_python_dirs().iter().map(|dir| format!("{dir}/bin/python"))),
        Platform::Windows => {}
    }
    found.retain(|path| file::is_program(path));
    if host.platform == Platform::Windows {
        found.extend(on_path(host, folders, "py").next().map(|launcher| format!("{launcher} -{version}")));
    }
    found
}

/// The folders of a version manager that hold an interpreter of this series, newest first: `3.12.10` before `3.12.9`.
fn installed(root: &str, version: &PythonVersion) -> Vec<String> {
    let mut names = file::list(root).unwrap_or_default();
    names.retain(|name| numbers(name).starts_with(&[version.major.into(), version.minor.into()]));
    names.sort_by_key(|name| std::cmp::Reverse(numbers(name)));
    names
}

fn numbers(name: &str) -> Vec<u32> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
