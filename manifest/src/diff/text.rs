//! A difference for people: one line for each thing that changed.

use std::fmt;

use super::growth::percent;
use super::{Change, Diff, SourceChange, WheelChange, WheelFile};
use crate::model::Source;
use crate::shown::{shown, shown_value};

/// A heading for each kind of change, its changes indented by two blanks; or `no difference`.
impl fmt::Display for Diff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(formatter, "no difference");
        }
        section(formatter, "sources", &self.sources, source)?;
        section(formatter, "build", &self.values, change)?;
        section(formatter, "wheels", &self.wheels, wheel)?;
        section(formatter, "rocm", &self.rocm, change)?;
        section(formatter, "toolchain", &self.toolchain, change)?;
        section(formatter, "options", &self.options, change)
    }
}

fn section<T>(formatter: &mut fmt::Formatter<'_>, title: &str, items: &[T], line: fn(&T) -> String) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(formatter, "{title}")?;
    items.iter().try_for_each(|item| writeln!(formatter, "  {}", line(item)))
}

fn source(change: &SourceChange) -> String {
    let project = change.project;
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{project}: {}", source_parts(before, after, change.compare_url.as_deref())),
        (None, Some(after)) => format!("{project}: added, {} at {}", shown(&after.repo), after.commit),
        (Some(before), None) => format!("{project}: removed, {} at {}", shown(&before.repo), before.commit),
        (None, None) => project.to_string(),
    }
}

fn source_parts(before: &Source, after: &Source, compare_url: Option<&str>) -> String {
    let digest = |source: &Source| source.dirty.as_ref().map(ToString::to_string);
    let pairs = [
        (Some(before.repo.clone()), Some(after.repo.clone()), ""),
        (Some(before.commit.to_string()), Some(after.commit.to_string()), ""),
        (before.version.clone(), after.version.clone(), "version "),
        (digest(before), digest(after), "local changes "),
    ];
    let differing = pairs.into_iter().filter(|(before, after, _)| before != after);
    let text = |text: Option<String>| text.map_or_else(|| "none".to_owned(), |text| shown(&text));
    let mut parts: Vec<String> =
        differing.map(|(before, after, what)| format!("{what}{} -> {}", text(before), text(after))).collect();
    parts.extend(compare_url.map(str::to_owned));
    parts.join(", ")
}

fn change(change: &Change) -> String {
    format!("{}: {} -> {}", shown(&change.name), shown_value(&change.before), shown_value(&change.after))
}

fn wheel(change: &WheelChange) -> String {
    let name = shown(&change.name);
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{name}: {}", wheel_parts(before, after)),
        (None, Some(after)) => format!("{name}: added, {}, {} bytes", shown(&after.relative_path), after.size_bytes),
        (Some(before), None) => format!("{name}: removed, {}, {} bytes", shown(&before.relative_path), before.size_bytes),
        (None, None) => name,
    }
}

fn wheel_parts(before: &WheelFile, after: &WheelFile) -> String {
    let mut parts = Vec::new();
    let version = |file: &WheelFile| file.version.as_deref().map_or_else(|| "none".to_owned(), shown);
    if before.version != after.version {
        parts.push(format!("{} -> {}", version(before), version(after)));
    } else if before.relative_path != after.relative_path {
        parts.push(format!("{} -> {}", shown(&before.relative_path), shown(&after.relative_path)));
    }
    if before.size_bytes != after.size_bytes {
        let percent = percent(before.size_bytes, after.size_bytes);
        parts.push(format!("{} -> {} bytes ({percent})", before.size_bytes, after.size_bytes));
    }
    parts.push(if before.sha256 == after.sha256 { "same contents" } else { "other contents" }.to_owned());
    parts.join(", ")
}
