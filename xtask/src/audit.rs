//! What a good wheel is, and what a set that fits together: pure checks over what was read. Each fault that they know has a code.

pub mod device;
pub mod linkage;
pub mod proof;
pub mod requirement;
pub mod set;

use serde::Serialize;

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

/// The kinds of faults, by the names that `--allow` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The file is no ZIP archive that could be read to its end.
    Archive,
    /// A library or program from which it cannot be read what it needs.
    Linkage,
    /// A library for another processor than the wheel.
    WrongMachine,
    /// A library looks for others outside the environment.
    RunPathOutside,
    /// A needed library that nothing brings.
    LibraryMissing,
    /// A needed library that most systems have, but not all.
    LibraryOfSystem,
    /// A needed library of a wheel of the set that is not required.
    LibraryUndeclared,
    /// A needed library of which it is not known whether what is required has it.
    LibraryUnproven,
    /// A project that was asked for has no wheel in the set.
    SetIncomplete,
    /// Wheels that are not for each other, or not for the same ROCm.
    SetMismatch,
    /// The set cannot be installed into a clean environment.
    NotInstallable,
    /// pip finds that what is installed does not fit together.
    RequirementsConflict,
    /// A wheel that cannot be imported.
    NotImportable,
    /// A wheel that is another version once it is installed.
    OtherVersion,
    /// A torch that is not built for ROCm.
    NoHip,
    /// A wheel without its operators.
    NoOperators,
    /// An operator that fails on the processor.
    OperatorFails,
    /// A wheel without device code for a target that was asked for.
    DeviceCodeMissing,
    /// Device code for a target that was not asked for.
    DeviceCodeExtra,
    /// Device code that is not whole, or not for the target that its container says.
    DeviceCodeBroken,
}
