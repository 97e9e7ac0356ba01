//! What was said about each option, and by whom; and every problem found on the way, so that all are told together.

use std::collections::BTreeSet;

use manifest::{Extra, OptionValue, Origin};
use serde_json::Value;

use super::Problem;
use crate::cli::Wish;
use crate::host::Host;

/// Reads options one by one and keeps the record of them that goes into the manifest.
pub(super) struct Said<'a> {
    pub(super) host: &'a Host,
    options: Vec<OptionValue>,
    problems: Vec<Problem>,
    /// Flags that a manifest gave, where nobody typed them.
    by_manifest: BTreeSet<&'static str>,
}

impl<'a> Said<'a> {
    pub(super) fn new(host: &'a Host) -> Self {
        Said { host, options: Vec::new(), problems: Vec::new(), by_manifest: BTreeSet::new() }
    }

    /// With what a manifest gave.
    pub(super) fn given(mut self, flags: BTreeSet<&'static str>, problems: Vec<Problem>) -> Self {
        self.by_manifest = flags;
        self.problems.extend(problems);
        self
    }

    /// Every option, or every problem.
    pub(super) fn done(self) -> Result<Vec<OptionValue>, Vec<Problem>> {
        if self.problems.is_empty() { Ok(self.options) } else { Err(self.problems) }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        // Of several refs the same may be wrong.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A value that a flag was given but cannot have.
    pub(super) fn refuse(&mut self, flag: &str, cause: impl std::fmt::Display, hint: Option<String>) {
        self.problem(Problem { text: format!("invalid value for `--{flag}`: {cause}"), hint });
    }

    /// Keeps what an option is and who said so.
    pub(super) fn note(&mut self, name: &str, value: impl Into<Value>, origin: Origin) {
        let origin = if origin == Origin::Flag && self.by_manifest.contains(name) { Origin::Manifest } else { origin };
        self.options.push(OptionValue { name: name.to_owned(), value: value.into(), origin, extra: Extra::new() });
    }

    /// A text that a flag gives; empty counts as not given, as workflows pass `--index-url=""`.
    pub(super) fn text<'t>(&mut self, name: &str, flag: &'t Option<String>) -> Option<&'t str> {
        let given = flag.as_deref().filter(|text| !text.is_empty());
        match given {
            Some(text) => self.note(name, text, Origin::Flag),
            None => self.note(name, Value::Null, Origin::Default),
        }
        given
    }

    /// A value that a flag gives as text, else a default.
    pub(super) fn parsed<T: std::fmt::Display, E: std::fmt::Display>(
        &mut self,
        name: &str,
        flag: &Option<String>,
        default: T,
        parse: impl Fn(&str) -> Result<T, E>,
        hint: impl Fn(&E) -> Option<String>,
    ) -> T {
        let Some(text) = flag else {
            self.note(name, default.to_string(), Origin::Default);
            return default;
        };
        match parse(text) {
            Ok(value) => {
                self.note(name, text.as_str(), Origin::Flag);
                value
            }
            Err(error) => {
                let hint = hint(&error);
                self.refuse(name, error, hint);
                default
            }
        }
    }

    /// A switch.
    pub(super) fn switch(&mut self, name: &str, given: bool) -> bool {
        self.note(name, given, if given { Origin::Flag } else { Origin::Default });
        given
    }

    /// A pair of switches; `default` is what counts if neither was given, or null if that is decided later.
    pub(super) fn pair(&mut self, name: &str, given: (bool, bool), default: Option<bool>) -> Wish {
        let wish = Wish::of(given);
        match wish {
            Wish::Yes => self.note(name, true, Origin::Flag),
            Wish::No => self.note(name, false, Origin::Flag),
            Wish::Unsaid => self.note(name, default.map_or(Value::Null, Value::Bool), Origin::Default),
        }
        wish
    }
}
