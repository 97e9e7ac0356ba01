//! Whether every library that a wheel's libraries need is there once the wheel is installed: in the wheel itself, in a package that it requires,
//! or on every system.

mod system;

use std::collections::BTreeSet;

use manifest::{WheelName, shown};

use super::requirement::{self, Markers};
use super::{Code, Finding, Severity};
use crate::facts::Installed;
use system::Kind;

/// The form of a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Linux.
    Elf,
    /// Windows.
    Pe,
}

/// The processor that a library is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
    /// Another one, by the number of its format.
    Other(u16),
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Machine::X86_64 => f.write_str("x86-64"),
            Machine::Aarch64 => f.write_str("aarch64"),
            Machine::Other(number) => write!(f, "machine {number}"),
        }
    }
}

/// What a library or program links to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linkage {
    /// Its form.
    pub format: Format,
    /// The processor that it is for.
    pub machine: Machine,
    /// The name that others need it by, if that is not its file's.
    pub soname: Option<String>,
    /// The libraries that it needs, as it spells them.
    pub needed: Vec<String>,
    /// Where the dynamic linker looks for them first.
    pub run_paths: Vec<String>,
}

impl Linkage {
    /// How many bytes its names take.
    pub fn names(&self) -> usize {
        self.needed.iter().chain(&self.run_paths).chain(&self.soname).map(|name| name.len() + size_of::<String>()).sum()
    }
}

/// A wheel, as far as its libraries and requirements go.
#[derive(Clone, Debug)]
pub struct Linked<'a> {
    /// Where it is below its folder.
    pub path: &'a str,
    /// Its file name, taken apart.
    pub name: &'a WheelName,
    /// Its `Requires-Dist` lines.
    pub requires: &'a [String],
    /// Its libraries and programs: member and what it links to.
    pub libraries: &'a [(String, Linkage)],
}

/// Looks whether every needed library will be found. Without `installed`, what the set's wheels do not have themselves cannot be told.
pub fn check(wheels: &[Linked], installed: Option<&Installed>) -> Vec<Finding> {
    let set = Set { wheels, names: wheels.iter().map(|wheel| names(wheel).collect()).collect(), installed };
    wheels.iter().zip(&set.names).flat_map(|(wheel, own)| set.wheel(wheel, own)).collect()
}

struct Set<'a> {
    wheels: &'a [Linked<'a>],
    /// The names by which the libraries of each are found: a wheel may have very many, and need each of them very often.
    names: Vec<BTreeSet<String>>,
    installed: Option<&'a Installed>,
}

/// Where a wheel's libraries may come from.
#[derive(Default)]
struct Sources {
    /// The libraries' names, as the format compares them.
    libraries: BTreeSet<String>,
    /// Required distributions of which it is not known what they have.
    unseen: Vec<String>,
}

impl Set<'_> {
    fn wheel(&self, wheel: &Linked, own: &BTreeSet<String>) -> Vec<Finding> {
        let declared = self.sources(wheel);
        let tag = wheel.name.platform_tag();
        let mut findings = Vec::new();
        for (member, linkage) in wheel.libraries.iter().filter(|(_, linkage)| fits_format(tag, linkage.format)) {
            if let Some(expected) = wrong_machine(tag, linkage.machine) {
                let text = format!("it is for {}, and the wheel for {expected}", linkage.machine);
                findings.push(Finding::of_member(Code::WrongMachine, member, text));
                continue;
            }
            for path in linkage.run_paths.iter().filter(|path| leads_outside(member, path)) {
                let path = shown(path);
                let text = format!("its run path `{path}` leads out of the environment that the wheel is installed into");
                // Pythons that were built with such a path give it to every extension module, and nothing that is needed may depend on it: that
                // would be a missing library.
                findings.push(Finding { severity: Severity::Warning, ..Finding::of_member(Code::RunPathOutside, member, text) });
            }
            for needed in &linkage.needed {
                let key = key(linkage.format, needed);
                let kind = system::kind(linkage.format, linkage.machine, &key, wheel.name.python_tag());
                if kind != Kind::Everywhere && !own.contains(&key) && !declared.libraries.contains(&key) {
                    let (code, severity, why) = self.not_there(&key, kind, &declared);
                    let text = format!("it needs `{}`{why}", shown(needed));
                    findings.push(Finding { severity, ..Finding::of_member(code, member, text) });
                }
            }
        }
        findings.iter_mut().for_each(|finding| finding.wheel = Some(wheel.path.to_owned()));
        findings
    }

    /// What is wrong with a needed library that neither the wheel nor what it requires is known to have.
    fn not_there(&self, key: &str, kind: Kind, declared: &Sources) -> (Code, Severity, String) {
        let other = self.wheels.iter().zip(&self.names).find(|(_, names)| names.contains(key));
        if let Some((other, _)) = other {
            let text = format!(" of {}, which the wheel does not require", other.name.distribution());
            (Code::LibraryUndeclared, Severity::Warning, text)
        } else if kind == Kind::Common {
            (Code::LibraryOfSystem, Severity::Warning, ", which most systems have and no package brings".to_owned())
        } else if !declared.unseen.is_empty() {
            let text = format!(", and whether {} or what they require has it is not known", declared.unseen.join(", "));
            (Code::LibraryUnproven, Severity::Warning, text)
        } else {
            let text = ", which is neither in the wheel nor in what it requires, nor on every system".to_owned();
            (Code::LibraryMissing, Severity::Error, text)
        }
    }

    /// The libraries of everything that a wheel requires, and what that requires.
    fn sources(&self, wheel: &Linked) -> Sources {
        let markers = Markers::of(wheel.name);
        let mut sources = Sources::default();
        let mut open: Vec<(String, Vec<String>)> = requirement::named(wheel.requires, &[], &markers);
        let mut seen = BTreeSet::new();
        while let Some(asked) = open.pop() {
            if !seen.insert(asked.clone()) {
                continue;
            }
            let (name, extras) = asked;
            let is_it = |(other, _): &(&Linked, _)| other.name.normalized_distribution() == name;
            let requires = if let Some((other, libraries)) = self.wheels.iter().zip(&self.names).find(is_it) {
                sources.libraries.extend(libraries.iter().cloned());
                other.requires
            } else if let Some(there) = self.installed.and_then(|installed| installed.get(&name)) {
                let format = if wheel.name.platform_tag().starts_with("win") { Format::Pe } else { Format::Elf };
                sources.libraries.extend(there.libraries.iter().map(|path| key(format, file_name(path))));
                &there.requires
            } else {
                if self.installed.is_none() {
                    sources.unseen.push(name);
                }
                continue;
            };
            open.extend(requirement::named(requires, &extras, &markers));
        }
        sources.unseen.sort();
        sources
    }
}

/// The names by which a wheel's own libraries are found.
fn names<'a>(wheel: &'a Linked) -> impl Iterator<Item = String> + use<'a> {
    wheel.libraries.iter().flat_map(|(member, linkage)| {
        let file = key(linkage.format, file_name(member));
        std::iter::once(file).chain(linkage.soname.as_ref().map(|name| key(linkage.format, name)))
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A library's name as the system compares it.
fn key(format: Format, name: &str) -> String {
    match format {
        Format::Elf => name.to_owned(),
        Format::Pe => name.to_ascii_lowercase(),
    }
}

/// Programs for another system are cargo, such as Windows' launchers in setuptools.
fn fits_format(tag: &str, format: Format) -> bool {
    match format {
        Format::Elf => !tag.starts_with("win"),
        Format::Pe => !tag.contains("linux"),
    }
}

/// The machine of a wheel's platform tag, if a library is for another one.
fn wrong_machine(tag: &str, machine: Machine) -> Option<Machine> {
    let expected = match tag.split('.').next().unwrap_or_default() {
        tag if tag.ends_with("_x86_64") || tag == "win_amd64" => Machine::X86_64,
        tag if tag.ends_with("_aarch64") || tag == "win_arm64" => Machine::Aarch64,
        _ => return None,
    };
    (machine != expected).then_some(expected)
}

/// Whether a run path leads out of the folder that the wheel is unpacked into. Its neighbours there are other packages.
fn leads_outside(member: &str, path: &str) -> bool {
    let rest = ["$ORIGIN", "${ORIGIN}"].iter().find_map(|origin| path.strip_prefix(origin));
    let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) else { return true };
    let mut folders: Vec<&str> = member.split('/').collect();
    folders.pop();
    // What stands below these goes into the same folder as the rest.
    if let [data, "platlib" | "purelib", ..] = folders[..]
        && data.ends_with(".data")
    {
        folders.drain(..2);
    }
    let mut depth = folders.len();
    for folder in rest.split('/').filter(|folder| !folder.is_empty() && *folder != ".") {
        match (folder, depth) {
            ("..", 0) => return true,
            ("..", _) => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests;
