//! How far a program is, by what it prints: git, ninja and make.

use super::step::JobRun;
use crate::event::Event;

/// Whether a line that tells of progress is a part of the log as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is.
    InTheLog,
    /// Hundreds of such lines come, to be drawn over each other: no log keeps them.
    Nowhere,
}

/// What a line tells of progress.
pub(super) fn progress(line: &str) -> Option<(&str, Kept)> {
    git(line).map(|text| (text, Kept::Nowhere)).or_else(|| counted(line).map(|text| (text, Kept::InTheLog)))
}

impl JobRun<'_> {
    /// Tells how far a program is. One that is at its end, or has ended, tells nothing any more: what it does then, nobody counts.
    pub(super) fn progressed(&mut self, text: &str) {
        let text = if is_end(text) { "" } else { text };
        if text != self.progress {
            text.clone_into(&mut self.progress);
            self.emit(Event::Progressed { job: self.name(), text: text.to_owned() });
        }
    }
}

/// Whether nothing is left of what is counted: `4000/4000`, `Receiving objects: 100%`.
fn is_end(text: &str) -> bool {
    text.ends_with("100%") || text.split_once('/').is_some_and(|(done, all)| done == all)
}

/// What git says of how far it is, up to the percentage: `Receiving objects:  43% (43/100), 1.20 MiB`. That it is done is no progress.
fn git(line: &str) -> Option<&str> {
    let (before, _) = line.split_once("% (")?;
    let (what, number) = before.rsplit_once(':')?;
    let is_number = number.trim_start().bytes().all(|byte| byte.is_ascii_digit()) && number.len() == 4;
    let is_words = what.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b':'));
    (is_number && is_words && !line.ends_with("done.")).then(|| &line[..before.len() + 1])
}

/// What ninja and make, as CMake has it, say before each command: `[345/4000] Building …`, `[ 43%] Building …`.
fn counted(line: &str) -> Option<&str> {
    let (count, rest) = line.strip_prefix('[')?.split_once(']')?;
    let number = |text: &str| !text.is_empty() && text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_ninja = count.split_once('/').is_some_and(|(done, all)| number(done) && number(all));
    let is_make = count.strip_suffix('%').is_some_and(|part| count.len() == 4 && number(part.trim_start()));
    (rest.starts_with(' ') && (is_ninja || is_make)).then(|| count.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_from_what_is_to_be_kept() {
        for (line, expected) in [
            ("Receiving objects:  43% (43/100), 1.20 MiB | 3.00 MiB/s", Some(("Receiving objects:  43%", Kept::Nowhere))),
            ("remote: Counting objects: 100% (3/3)", Some(("remote: Counting objects: 100%", Kept::Nowhere))),
            ("Updating files:   1% (1/100)", Some(("Updating files:   1%", Kept::Nowhere))),
            ("Receiving objects: 100% (3/3), done.", None),
            ("fatal: early EOF", None),
            ("[ 43%] Building CXX object x (y)", Some(("43%", Kept::InTheLog))),
            ("[100%] Built target torch", Some(("100%", Kept::InTheLog))),
            ("[1/4000] Building HIPCC object a.o", Some(("1/4000", Kept::InTheLog))),
            ("[3999/4000] Linking CXX shared library lib/libtorch_hip.so", Some(("3999/4000", Kept::InTheLog))),
            ("[1/2]", None),
            ("[a/2] x", None),
            ("[1/] x", None),
            ("[notice] A new release of pip", None),
            ("[43%] x", None),
            ("[12345678/1] x", None),
            ("coverage: 43% (a part)", None),
            ("a.c:1: 100% (wrong)", None),
        ] {
            assert_eq!(progress(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_done_is_no_progress_any_more() {
        for (text, expected) in [
            ("4000/4000", true),
            ("100%", true),
            ("Receiving objects: 100%", true),
            ("400/4000", false),
            ("0%", false),
            ("Receiving objects:  43%", false),
            ("", false),
        ] {
            assert_eq!(is_end(text), expected, "{text}");
        }
    }
}
