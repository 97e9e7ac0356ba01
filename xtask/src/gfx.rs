//! GPU targets and families: which there are, what each supports, and what a user's words select.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

#[cfg(test)]
mod tests;

/// A GPU instruction set that device code is compiled for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The name that compilers know, such as `gfx942`. It is a family of its own, too.
    pub name: &'static str,
    /// What is sold with it.
    pub product: &'static str,
    /// The families that it belongs to besides its own.
    pub families: &'static [&'static str],
}

/// Every known target. The order is TheRock's (`cmake/therock_amdgpu_targets.cmake`), because
/// families expand in it.
pub static TARGETS: [Target; 28] = [
    target("gfx900", "Vega 10 / MI25", &["dgpu-all", "gfx900-dgpu"]),
    target("gfx90c", "Renoir/Lucienne/Cezanne iGPU", &["igpu-all", "gfx90c-igpu"]),
    target("gfx906", "Radeon VII / MI50", &["dgpu-all", "gfx906-dgpu"]),
    target("gfx908", "MI100", &["dcgpu-all", "gfx908-dcgpu"]),
    target("gfx90a", "MI210/250", &["dcgpu-all", "gfx90a-dcgpu"]),
    target("gfx942", "MI300A/MI300X", &["dcgpu-all", "gfx94X-all", "gfx94X-dcgpu"]),
    target("gfx950", "MI350X/MI355X", &["dcgpu-all", "gfx950-all", "gfx950-dcgpu"]),
    target("gfx1010", "RX 5700", &["dgpu-all", "gfx101X-all", "gfx101X-dgpu"]),
    target("gfx1011", "Radeon Pro V520", &["dgpu-all", "gfx101X-all", "gfx101X-dgpu"]),
    target("gfx1012", "RX 5500", &["dgpu-all", "gfx101X-all", "gfx101X-dgpu"]),
    target("gfx1030", "RX 6800 / XT", &["dgpu-all", "gfx103X-all", "gfx103X-dgpu"]),
    target("gfx1031", "RX 6700 / XT", &["dgpu-all", "gfx103X-all", "gfx103X-dgpu"]),
    target("gfx1032", "RX 6600", &["dgpu-all", "gfx103X-all", "gfx103X-dgpu"]),
    target("gfx1033", "Van Gogh iGPU", &["igpu-all", "gfx103X-all", "gfx103X-igpu"]),
    target("gfx1034", "RX 6500 XT", &["dgpu-all", "gfx103X-all", "gfx103X-dgpu"]),
    target("gfx1035", "Radeon 680M", &["igpu-all", "gfx103X-all", "gfx103X-igpu"]),
    target("gfx1036", "Raphael iGPU", &["igpu-all", "gfx103X-all", "gfx103X-igpu"]),
    target("gfx1100", "RX 7900 XTX", &["dgpu-all", "gfx110X-all", "gfx110X-dgpu"]),
    target("gfx1101", "RX 7800 XT", &["dgpu-all", "gfx110X-all", "gfx110X-dgpu"]),
    target("gfx1102", "RX 7700S / Framework 16", &["dgpu-all", "gfx110X-all", "gfx110X-dgpu"]),
    target("gfx1103", "Radeon 780M", &["igpu-all", "gfx110X-all", "gfx110X-igpu"]),
    target("gfx1150", "Strix Point", &["igpu-all", "gfx115X-all", "gfx115X-igpu"]),
    target("gfx1151", "Strix Halo", &["igpu-all", "gfx115X-all", "gfx115X-igpu"]),
    target("gfx1152", "Krackan 1", &["igpu-all", "gfx115X-all", "gfx115X-igpu"]),
    target("gfx1153", "Radeon 820M", &["igpu-all", "gfx115X-all", "gfx115X-igpu"]),
    target("gfx1200", "RX 9060 / XT", &["dgpu-all", "gfx120X-all"]),
    target("gfx1201", "RX 9070 / XT", &["dgpu-all", "gfx120X-all"]),
    target("gfx1250", "MI450/MI450X/MI455X", &["dcgpu-all", "gfx125X-all", "gfx125X-dcgpu"]),
];

const fn target(name: &'static str, product: &'static str, families: &'static [&'static str]) -> Target {
    Target { name, product, families }
}

/// The beginnings of the targets that aotriton has flash attention for. One such target is
/// enough: aotriton leaves the others out by itself.
const FLASH_ATTENTION: [&str; 5] = ["gfx90a", "gfx942", "gfx950", "gfx11", "gfx12"];

/// Whether aotriton has flash attention for `target`, which may carry features.
pub fn supports_flash_attention(target: &str) -> bool {
    FLASH_ATTENTION.iter().any(|prefix| target.starts_with(prefix))
}

/// Every family's name, those of single targets included, in the order of first mention.
pub fn families() -> Vec<&'static str> {
    let mut names = Vec::new();
    for target in &TARGETS {
        for name in [target.name].iter().chain(target.families) {
            push_new(&mut names, *name);
        }
    }
    names
}

/// The targets of `family` in declaration order; none if there is no such family.
pub fn members(family: &str) -> Vec<&'static str> {
    TARGETS.iter().filter(|target| target.name == family || target.families.contains(&family)).map(|target| target.name).collect()
}

/// What to do with a target that the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is an error.
    Refuse,
    /// It is taken as it is if it is spelled like a target, because hardware may be newer than
    /// the table.
    Allow,
}

/// The targets to build for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Targets in the order asked for, each once, with their features as typed.
    pub targets: Vec<String>,
    /// The families that were asked for by name, as typed, each once.
    pub families: Vec<String>,
}

impl Selection {
    /// The targets as a CMake list: `gfx942;gfx1100`.
    pub fn semicolons(&self) -> String {
        self.targets.join(";")
    }

    /// The targets as manifests and flags spell them: `gfx942,gfx1100`.
    pub fn commas(&self) -> String {
        self.targets.join(",")
    }

    /// The families as a manifest has them: `gfx94X-all;gfx120X-all`, if any was named.
    pub fn named_families(&self) -> Option<String> {
        (!self.families.is_empty()).then(|| self.families.join(";"))
    }
}

/// Why words select no targets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GfxError {
    /// There were only separators.
    #[error("no GPU target is given")]
    Empty,
    /// Some names are neither targets nor families.
    #[error("not a GPU target or family: {}", listed(names))]
    Unknown {
        /// All of them, in the order asked for.
        names: Vec<UnknownName>,
        /// The policy that they were refused under.
        policy: Unknown,
    },
}

/// A name that the table does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The name as typed.
    pub name: String,
    /// Known names that could have been meant, best first.
    pub nearest: Vec<&'static str>,
}

impl GfxError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Empty => "name targets or families, such as `--gfx gfx942`; `cargo xtask gfx` lists them",
            Self::Unknown { names, .. } if names.iter().any(|unknown| unknown.name.contains(':')) => {
                "features follow a target, each once: `gfx942:sramecc+:xnack-`; \
                 `cargo xtask gfx` lists all names"
            }
            Self::Unknown { policy: Unknown::Refuse, .. } => {
                "`cargo xtask gfx` lists all names; \
                 `--allow-unknown-gfx` admits a target that is newer than the list"
            }
            Self::Unknown { policy: Unknown::Allow, .. } => {
                "a target that is not listed must be `gfx` and lower-case hexadecimal digits; \
                 `cargo xtask gfx` lists all names"
            }
        };
        Some(hint.to_owned())
    }
}

/// Expands what the user typed. Each word may hold several names, separated by commas,
/// semicolons or blanks; later repetitions are dropped.
///
/// # Errors
/// If nothing is named, or if any name is unknown: all such names are reported together.
pub fn select(words: &[String], unknown: Unknown) -> Result<Selection, GfxError> {
    let separator = |c: char| c == ',' || c == ';' || c.is_whitespace();
    let typed = words.iter().flat_map(|word| word.split(separator)).filter(|name| !name.is_empty());
    let mut selection = Selection { targets: Vec::new(), families: Vec::new() };
    let mut refused = Vec::new();
    for name in typed {
        let members = members(name);
        if is_target(name, unknown) {
            push_new(&mut selection.targets, name.to_owned());
        } else if members.is_empty() {
            refused.push(UnknownName { name: name.to_owned(), nearest: nearest(name) });
        } else {
            push_new(&mut selection.families, name.to_owned());
            for member in members {
                push_new(&mut selection.targets, member.to_owned());
            }
        }
    }
    if !refused.is_empty() {
        return Err(GfxError::Unknown { names: refused, policy: unknown });
    }
    if selection.targets.is_empty() {
        return Err(GfxError::Empty);
    }
    Ok(selection)
}

/// The families that a workflow names, separated by semicolons, in their order; none if there are only separators.
///
/// # Errors
/// If any name is unknown: all such names are reported together.
pub fn named(text: &str) -> Result<Vec<&str>, GfxError> {
    let typed: Vec<&str> = text.split(';').map(str::trim).filter(|name| !name.is_empty()).collect();
    let unknown = typed.iter().filter(|name| members(name).is_empty());
    let refused: Vec<_> = unknown.map(|name| UnknownName { name: (*name).to_owned(), nearest: nearest(name) }).collect();
    if refused.is_empty() { Ok(typed) } else { Err(GfxError::Unknown { names: refused, policy: Unknown::Refuse }) }
}

/// Whether `name` is an acceptable target, perhaps with features: `gfx942:sramecc+:xnack-`.
fn is_target(name: &str, unknown: Unknown) -> bool {
    let mut parts = name.split(':');
    let base = parts.next().unwrap_or_default();
    let features: Vec<&str> = parts.collect();
    let known = TARGETS.iter().any(|target| target.name == base);
    (known || (unknown == Unknown::Allow && looks_like_target(base))) && are_features(&features)
}

/// Whether `name` is `gfx` and hexadecimal digits. Nothing laxer may pass: names that are not in
/// the table end up in command lines and CMake lists.
fn looks_like_target(name: &str) -> bool {
    name.strip_prefix("gfx")
        .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}

/// Whether each of `features` is a name with its sign, and none is given twice.
fn are_features(features: &[&str]) -> bool {
    let mut names = Vec::new();
    for feature in features {
        let Some(name) = feature.strip_suffix(['+', '-']) else {
            return false;
        };
        let spelled = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
        if !spelled || names.contains(&name) {
            return false;
        }
        names.push(name);
    }
    true
}

/// Up to three known names that could have been meant by `name`: the same but for case, else
/// those of the same series (`gfx120X-all` for `gfx120X-dgpu`), else targets that begin with it,
/// else those with the fewest typos.
fn nearest(name: &str) -> Vec<&'static str> {
    /// More edits than this turn any target into any other.
    const MOST_EDITS: usize = 2;
    let series = |name: &str| name.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let base = name.split(':').next().unwrap_or_default();
    let mut known = families();
    let begun = |base: &str| base.len() > "gfx".len() && TARGETS.iter().any(|target| target.name.starts_with(base));
    let edits = |known: &&str| strsim::osa_distance(known, base);
    let fewest = known.iter().map(edits).min().unwrap_or_default();
    if known.iter().any(|known| known.eq_ignore_ascii_case(base)) {
        known.retain(|known| known.eq_ignore_ascii_case(base));
    } else if known.iter().any(|known| series(known) == series(base)) {
        known.retain(|known| series(known) == series(base));
    } else if begun(base) {
        known.retain(|known| known.starts_with(base) && !known.contains('-'));
    } else {
        known.retain(|known| fewest <= MOST_EDITS && edits(known) == fewest);
    }
    known.truncate(3);
    known
}

fn listed(names: &[UnknownName]) -> String {
    let line = |unknown: &UnknownName| {
        let quoted: Vec<String> = unknown.nearest.iter().map(|name| format!("`{name}`")).collect();
        match quoted.is_empty() {
            true => format!("`{}`", unknown.name),
            false => format!("`{}` (nearest: {})", unknown.name, quoted.join(", ")),
        }
    };
    names.iter().map(line).collect::<Vec<String>>().join(", ")
}

/// What people read: one line a target, then one a family of several targets, then the families of one target.
pub fn table() -> String {
    let mut rows = vec![["target", "product", "flash attention", "families"].map(str::to_owned)];
    for target in &TARGETS {
        let flash = if supports_flash_attention(target.name) { "yes" } else { "no" };
        let families = target.families.join(" ");
        rows.push([target.name, target.product, flash, &families].map(str::to_owned));
    }
    let mut groups = vec![["family", "targets"].map(str::to_owned)];
    let (several, one): (Vec<&str>, Vec<&str>) = families().into_iter().partition(|family| members(family).len() > 1);
    groups.extend(several.iter().map(|family| [(*family).to_owned(), members(family).join(" ")]));
    let mut aliases = vec![["target", "families of it alone"].map(str::to_owned)];
    for target in &TARGETS {
        let names: Vec<&str> = target.families.iter().copied().filter(|family| one.contains(family)).collect();
        if !names.is_empty() {
            aliases.push([target.name.to_owned(), names.join(" ")]);
        }
    }
    format!("{}\n{}\n{}", aligned(&rows), aligned(&groups), aligned(&aliases))
}

/// Lines whose columns begin at the same places.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(i, cell)| format!("{cell:<0$}", width(i)));
        text += cells.collect::<Vec<String>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// What programs read: `targets`, a list in declaration order, and `families`, from each name
/// that may be asked for to its targets.
pub fn table_json() -> Value {
    let target = |target: &Target| {
        json!({
            "target": target.name,
            "product": target.product,
            "families": target.families,
            "flash_attention": supports_flash_attention(target.name),
        })
    };
    let targets: Vec<Value> = TARGETS.iter().map(target).collect();
    let families: serde_json::Map<String, Value> =
        families().into_iter().map(|family| (family.to_owned(), json!(members(family)))).collect();
    json!({ "targets": targets, "families": families })
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
