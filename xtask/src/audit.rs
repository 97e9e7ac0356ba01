//! What a good wheel is, and what a set that fits together: pure checks over what was read. Each fault that they know has a code.

pub mod archive;
mod code;
mod content;
pub mod device;
pub mod expected;
pub mod linkage;
pub mod metadata;
pub mod proof;
pub mod record;
pub mod requirement;
mod requires;
pub mod set;
mod single;
mod together;
pub mod wheel;
mod whole;

use std::fmt;

use manifest::shown;
use serde::Serialize;

pub use code::{Code, UnknownCode};
pub use whole::{Proven, findings};

/// A fault, or what looks like one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Which kind of fault.
    pub code: Code,
    /// Whether the audit fails by it.
    pub severity: Severity,
    /// The wheel, by its file name; absent for what is about the whole set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wheel: Option<String>,
    /// The member of the wheel, as its archive spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What is wrong, as a fragment: names what was found and what should have been.
    pub text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Whether an audit fails by a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not; somebody should look.
    Warning,
    /// It would, but `--allow` names its code.
    Allowed,
}

impl Finding {
    /// An error of this kind, with the advice that is right for most of its kind.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        let hint = Some(code.hint().to_owned());
        Finding { code, severity: Severity::Error, wheel: None, member: None, text: text.into(), hint }
    }

    /// The same, about a member of an archive.
    pub fn of_member(code: Code, member: &str, text: impl Into<String>) -> Self {
        Finding { member: Some(member.to_owned()), ..Self::new(code, text) }
    }

    /// Whether the audit fails by it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl Severity {
    /// Its name, as JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Allowed => "allowed",
        }
    }
}

/// As one line, and another for the advice; what an archive says is made fit for a terminal.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: ", self.severity.name(), self.code)?;
        for place in [&self.wheel, &self.member].into_iter().flatten() {
            write!(f, "`{}`: ", shown(place))?;
        }
        f.write_str(&self.text)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

/// No more findings of one wheel are told: who reads that many knows enough, and a wheel may have as many as it has members.
const MOST_OF_WHEEL: usize = 200;

/// The findings in the order in which they are told, errors first, those of allowed kinds no longer errors; of each wheel the first, and how many
/// more there are.
fn settled(mut findings: Vec<Finding>, allowed: &[Code]) -> Vec<Finding> {
    for finding in findings.iter_mut().filter(|finding| finding.is_error() && allowed.contains(&finding.code)) {
        finding.severity = Severity::Allowed;
        finding.hint = None;
    }
    findings.sort_by(|one, other| {
        (&one.wheel, one.severity, one.code, &one.member).cmp(&(&other.wheel, other.severity, other.code, &other.member))
    });
    findings.chunk_by(|one, other| one.wheel == other.wheel).flat_map(bounded).collect()
}

/// What is told of a wheel. Where errors are left out, others are not told.
fn bounded(findings: &[Finding]) -> Vec<Finding> {
    let (told, rest) = findings.split_at(findings.len().min(MOST_OF_WHEEL));
    let mut told = told.to_vec();
    if !rest.is_empty() {
        let errors = rest.iter().filter(|finding| finding.is_error()).count();
        let text = format!("{} more findings are left out, {errors} of them errors", rest.len());
        let wheel = findings[0].wheel.clone();
        told.push(Finding { severity: Severity::Warning, wheel, ..Finding::new(Code::More, text) });
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_wheel_so_much_is_told_and_how_much_more_there_is() {
        let finding = |wheel: &str, severity, number: usize| Finding {
            severity,
            wheel: Some(wheel.to_owned()),
            ..Finding::of_member(Code::RecordHash, &format!("{number:04}"), "x")
        };
        let many = |wheel: &str, severity, count: usize| (0..count).map(|n| finding(wheel, severity, n)).collect::<Vec<_>>();
        let more = |rest: usize, errors: usize| format!("{rest} more findings are left out, {errors} of them errors");
        for (errors, warnings, allowed, expected) in [
            (200, 0, &[][..], None),
            (199, 2, &[], Some(more(1, 0))),
            (250, 1000, &[], Some(more(1050, 50))),
            (250, 1000, &[Code::RecordHash], Some(more(1050, 0))),
        ] {
            let mut findings = many("a.whl", Severity::Warning, warnings);
            findings.extend(many("b.whl", Severity::Error, 1));
            findings.extend(many("a.whl", Severity::Error, errors));
            let settled = settled(findings, allowed);
            let (of_a, of_b): (Vec<_>, Vec<_>) = settled.iter().partition(|finding| finding.wheel.as_deref() == Some("a.whl"));
            assert_eq!(of_b.len(), 1);
            assert_eq!(of_a.len(), (errors + warnings).min(200) + usize::from(expected.is_some()));
            assert_eq!(of_a.iter().any(|finding| finding.is_error()), allowed.is_empty());
            let left_out = of_a.iter().find(|finding| finding.code == Code::More);
            assert_eq!(left_out.map(|finding| finding.text.clone()), expected);
        }
    }
}
