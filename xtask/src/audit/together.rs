//! The wheels of a set, looked at together.

use std::collections::BTreeSet;

use manifest::{Project, WheelName};

use super::linkage::{self, Linked};
use super::wheel::Wheel;
use super::{Finding, metadata, set};
use crate::facts::Installed;

/// What is known of a set beside its wheels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The projects that were asked for.
    pub asked: &'a [Project],
    /// The version of the ROCm packages that the set is for.
    pub rocm: Option<&'a str>,
    /// What is installed where the set is used.
    pub installed: Option<&'a Installed>,
}

/// What is wrong with the wheels as a set: what they need of each other and of what is installed beside them. Those whose names or metadata cannot
/// be read are left out: that is told of each by itself.
pub fn findings(wheels: &[Wheel], known: Known) -> Vec<Finding> {
    let read: Vec<Read> = wheels.iter().filter_map(read).collect();
    // A folder may hold the sets of several Pythons and systems.
    let kinds: BTreeSet<Kind> = read.iter().filter_map(|read| kind(&read.name)).collect();
    let of = |wanted: &Kind| read.iter().filter(|read| kind(&read.name).is_none_or(|kind| kind == *wanted)).collect::<Vec<_>>();
    kinds.iter().flat_map(|kind| of_kind(&of(kind), known)).collect()
}

fn of_kind(read: &[&Read], known: Known) -> Vec<Finding> {
    let required: Vec<(&WheelName, &[String])> = read.iter().map(|read| (&read.name, read.requires.as_slice())).collect();
    let names: BTreeSet<String> = read.iter().map(|read| read.name.normalized_distribution()).collect();
    // Of several versions nobody knows which belong together.
    let mut findings = if names.len() == read.len() { set::check(known.asked, &required, known.rocm) } else { Vec::new() };
    // They know names only, and the rest of the audit calls wheels by their paths.
    for finding in &mut findings {
        let read = read.iter().find(|read| finding.wheel.as_deref() == Some(read.wheel.name()));
        finding.wheel = read.map(|read| read.wheel.file.path.clone());
    }
    let linked = read.iter().map(|read| Linked {
        path: &read.wheel.file.path,
        name: &read.name,
        requires: &read.requires,
        libraries: &read.wheel.libraries,
    });
    let linked: Vec<Linked> = linked.collect();
    findings.extend(linkage::check(&linked, known.installed));
    findings
}

/// A wheel with what its name and metadata say.
struct Read<'a> {
    wheel: &'a Wheel,
    name: WheelName,
    requires: Vec<String>,
}

/// What the wheels of a set have in common: Python, whether it is for Windows, and the processor.
type Kind = (String, bool, bool);

/// Nothing for a wheel that is for every system.
fn kind(name: &WheelName) -> Option<Kind> {
    let platform = name.platform_tag();
    let is_arm = platform.ends_with("aarch64") || platform.ends_with("arm64");
    (platform != "any").then(|| (name.python_tag().to_owned(), platform.starts_with("win"), is_arm))
}

fn read(wheel: &Wheel) -> Option<Read<'_>> {
    let name = WheelName::parse(wheel.name()).ok()?;
    let requires = metadata::requires(wheel, &name)?;
    Some(Read { wheel, name, requires })
}
