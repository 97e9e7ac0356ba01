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

/// The findings in the order in which they are told, those of allowed kinds no longer errors.
fn settled(mut findings: Vec<Finding>, allowed: &[Code]) -> Vec<Finding> {
    for finding in findings.iter_mut().filter(|finding| finding.is_error() && allowed.contains(&finding.code)) {
        finding.severity = Severity::Allowed;
        finding.hint = None;
    }
    findings.sort_by(|one, other| {
        (&one.wheel, one.severity, one.code, &one.member).cmp(&(&other.wheel, other.severity, other.code, &other.member))
    });
    findings
}
