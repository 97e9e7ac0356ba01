//! The codes of the findings.

use std::fmt;

use serde::Serialize;

/// The kinds of faults, by the names that `--allow` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The file is no ZIP archive that could be read to its end, or holds bytes that belong to nothing.
    Archive,
    /// A member that cannot be unpacked, or is not what the archive says of it.
    ArchiveContent,
    /// A member whose name would lead elsewhere, or means something else on another system.
    ArchiveName,
    /// Two members that would be one file where case does not count, or everywhere.
    ArchiveTwice,
    /// A member that installers cannot unpack: encrypted, packed by an unknown method, or a link.
    ArchiveKind,
    /// An archive that would fill the disk; it is unpacked only where this is allowed.
    ArchiveBomb,
    /// A file name that is no wheel's, or not that of its metadata.
    Name,
    /// No `RECORD`, two, or one that cannot be read.
    Record,
    /// A member that `RECORD` does not list.
    RecordUnlisted,
    /// A file that `RECORD` lists and that is not there.
    RecordAbsent,
    /// A member that is not what `RECORD` says of it.
    RecordHash,
    /// No `WHEEL`, or one that says what no installer can do, or what is not true.
    WheelFile,
    /// Tags in `WHEEL` that are not those of the file's name.
    Tags,
    /// No `METADATA`, or one without what it must say.
    Metadata,
    /// A version in the metadata that is not that of the file's name.
    Version,
    /// A range of Pythons that is none, or leaves out the one that the wheel is built for.
    PythonRange,
    /// A version that was not planned.
    VersionPlanned,
    /// Tags of another Python or platform than the set's.
    TagsPlanned,
    /// A requirement that does not pin ROCm, triton or torch to what the wheel was built with.
    Requires,
    /// A file that the wheel must have is not there, or is empty.
    Content,
    /// A `torch/_rocm_init.py` for another ROCm, or that loads other libraries than it must.
    RocmInit,
    /// A wheel without device code for a target that was asked for.
    DeviceCodeMissing,
    /// Device code for a target that was not asked for.
    DeviceCodeExtra,
    /// Device code that is not whole, or not for the target that its container says.
    DeviceCodeBroken,
    /// A library or program from which it cannot be read what it needs.
    Linkage,
    /// A library for another processor than the wheel.
    WrongMachine,
    /// A library that looks for others outside the environment that it is installed into.
    RunPathOutside,
    /// A needed library that nothing brings.
    LibraryMissing,
    /// A needed library that most systems have, but not all.
    LibraryOfSystem,
    /// A needed library of a wheel of the set that is not required.
    LibraryUndeclared,
    /// A needed library of which it is not known whether what is required has it.
    LibraryUnproven,
    /// A wheel that the manifest lists and that is not there.
    ManifestMissing,
    /// A wheel that the manifest does not list.
    ManifestExtra,
    /// A wheel of another size or SHA-256 than the manifest says.
    ManifestContent,
    /// A manifest that contradicts itself.
    Manifest,
    /// A project that was asked for has no wheel in the set.
    SetIncomplete,
    /// Wheels that are not for each other, or not for the same ROCm.
    SetMismatch,
    /// The set cannot be installed into a clean environment.
    NotInstallable,
    /// What is installed does not fit together, as pip says.
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
    /// A wheel of which more was found than is told.
    More,
}

/// A name that is no code's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no code `{}`", manifest::shown(.0))]
pub struct UnknownCode(pub String);

impl UnknownCode {
    /// The name that was likely meant, or all of them.
    pub fn hint(&self) -> String {
        let nearest = Code::ALL.into_iter().min_by_key(|code| strsim::osa_distance(code.name(), &self.0));
        let near = nearest.filter(|code| strsim::osa_distance(code.name(), &self.0) <= code.name().len() / 3);
        match near {
            Some(code) => format!("did you mean `{code}`?"),
            None => format!("the codes are {}", Code::ALL.map(|code| format!("`{code}`")).join(", ")),
        }
    }
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 45] = [
        Self::Archive,
        Self::ArchiveContent,
        Self::ArchiveName,
        Self::ArchiveTwice,
        Self::ArchiveKind,
        Self::ArchiveBomb,
        Self::Name,
        Self::Record,
        Self::RecordUnlisted,
        Self::RecordAbsent,
        Self::RecordHash,
        Self::WheelFile,
        Self::Tags,
        Self::Metadata,
        Self::Version,
        Self::PythonRange,
        Self::VersionPlanned,
        Self::TagsPlanned,
        Self::Requires,
        Self::Content,
        Self::RocmInit,
        Self::DeviceCodeMissing,
        Self::DeviceCodeExtra,
        Self::DeviceCodeBroken,
        Self::Linkage,
        Self::WrongMachine,
        Self::RunPathOutside,
        Self::LibraryMissing,
        Self::LibraryOfSystem,
        Self::LibraryUndeclared,
        Self::LibraryUnproven,
        Self::ManifestMissing,
        Self::ManifestExtra,
        Self::ManifestContent,
        Self::Manifest,
        Self::SetIncomplete,
        Self::SetMismatch,
        Self::NotInstallable,
        Self::RequirementsConflict,
        Self::NotImportable,
        Self::OtherVersion,
        Self::NoHip,
        Self::NoOperators,
        Self::OperatorFails,
        Self::More,
    ];

    /// The code of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn parse(name: &str) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|code| code.name() == name).ok_or_else(|| UnknownCode(name.to_owned()))
    }

    /// Its name, as JSON spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::ArchiveContent => "archive-content",
            Self::ArchiveName => "archive-name",
            Self::ArchiveTwice => "archive-twice",
            Self::ArchiveKind => "archive-kind",
            Self::ArchiveBomb => "archive-bomb",
            Self::Name => "name",
            Self::Record => "record",
            Self::RecordUnlisted => "record-unlisted",
            Self::RecordAbsent => "record-absent",
            Self::RecordHash => "record-hash",
            Self::WheelFile => "wheel-file",
            Self::Tags => "tags",
            Self::Metadata => "metadata",
            Self::Version => "version",
            Self::PythonRange => "python-range",
            Self::VersionPlanned => "version-planned",
            Self::TagsPlanned => "tags-planned",
            Self::Requires => "requires",
            Self::Content => "content",
            Self::RocmInit => "rocm-init",
            Self::DeviceCodeMissing => "device-code-missing",
            Self::DeviceCodeExtra => "device-code-extra",
            Self::DeviceCodeBroken => "device-code-broken",
            Self::Linkage => "linkage",
            Self::WrongMachine => "wrong-machine",
            Self::RunPathOutside => "run-path-outside",
            Self::LibraryMissing => "library-missing",
            Self::LibraryOfSystem => "library-of-system",
            Self::LibraryUndeclared => "library-undeclared",
            Self::LibraryUnproven => "library-unproven",
            Self::ManifestMissing => "manifest-missing",
            Self::ManifestExtra => "manifest-extra",
            Self::ManifestContent => "manifest-content",
            Self::Manifest => "manifest",
            Self::SetIncomplete => "set-incomplete",
            Self::SetMismatch => "set-mismatch",
            Self::NotInstallable => "not-installable",
            Self::RequirementsConflict => "requirements-conflict",
            Self::NotImportable => "not-importable",
            Self::OtherVersion => "other-version",
            Self::NoHip => "no-hip",
            Self::NoOperators => "no-operators",
            Self::OperatorFails => "operator-fails",
            Self::More => "more",
        }
    }

    /// What to do about most findings of this kind.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Archive => "the file was cut short, or something else wrote to it: build the wheel again",
            Self::ArchiveContent => "the file is damaged: copy it again, or build the wheel again",
            Self::ArchiveName => "no builder writes such a name: do not install the wheel",
            Self::ArchiveTwice => "which of them is installed depends on the installer: build the wheel again",
            Self::ArchiveKind => "pack the wheel with `deflate`, files only",
            Self::ArchiveBomb => "if the wheel is yours and that large, say `--allow archive-bomb`",
            Self::Name => "name the file as its metadata says, or build the wheel again",
            Self::Record => "build the wheel again: every builder writes a `RECORD`",
            Self::RecordUnlisted => "something changed the wheel after it was built: pack it with `wheel pack`",
            Self::RecordAbsent => "something changed the wheel after it was built: pack it with `wheel pack`",
            Self::RecordHash => "something changed the wheel after it was built: pack it with `wheel pack`",
            Self::WheelFile => "build the wheel again with a current `wheel` or `setuptools`",
            Self::Tags => "rename the wheel with `wheel tags`, which changes both",
            Self::Metadata => "look in the project's `setup.py` or `pyproject.toml`, and build the wheel again",
            Self::Version => "build the wheel again: something renamed the file",
            Self::PythonRange => "look at `requires-python` in the project's `pyproject.toml` or `setup.py`",
            Self::VersionPlanned => "look in the job's log for what gave the wheel its version",
            Self::TagsPlanned => "build the wheel with the set's Python, on its platform",
            Self::Requires => "build the wheel again with the others of the set",
            Self::Content => "look in the job's log for what was not built or not packed",
            Self::RocmInit => "build torch again: its build writes this file",
            Self::DeviceCodeMissing => "build the wheel with these targets in `PYTORCH_ROCM_ARCH`",
            Self::DeviceCodeExtra => "if it is wanted there, say `--allow device-code-extra`",
            Self::DeviceCodeBroken => "build the wheel again",
            Self::Linkage => "build the wheel again: what is in it is damaged",
            Self::WrongMachine => "take out what another build left behind, and build the wheel again",
            Self::RunPathOutside => {
                "link with `-Wl,-rpath,'$ORIGIN'` and what is relative to it, or set it with `patchelf --set-rpath`"
            }
            Self::LibraryMissing => "put it into the wheel, or require the package that has it",
            Self::LibraryOfSystem => "put it into the wheel: `auditwheel repair`",
            Self::LibraryUndeclared => "it works only where something else installs and imports that first",
            Self::LibraryUnproven => "leave `--no-audit-install` out: then what is required is installed and looked into",
            Self::ManifestMissing | Self::ManifestExtra | Self::ManifestContent | Self::Manifest => {
                "is this the folder that the manifest describes? If so, its wheels were changed"
            }
            Self::SetIncomplete => "build it, and let it be recorded in the same manifest",
            Self::SetMismatch => "build those that do not fit again, against the others",
            Self::NotInstallable => "where there is no index, say `--no-audit-install`",
            Self::RequirementsConflict => "build those that do not fit again, with the versions that they require",
            Self::NotImportable => "look into the log of its import",
            Self::OtherVersion => "build the wheel again",
            Self::NoHip => "build torch with `USE_ROCM=ON`",
            Self::NoOperators => "look into the log of its import",
            Self::OperatorFails => "look into the log of its import",
            Self::More => "mend what is told, and audit again",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_name() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
            assert_eq!(Code::parse(code.name()), Ok(code));
        }
        let wrong = Code::parse("device-code-misssing").unwrap_err();
        assert_eq!(
            (wrong.to_string().as_str(), wrong.hint().as_str()),
            ("there is no code `device-code-misssing`", "did you mean `device-code-missing`?")
        );
        assert!(UnknownCode("x".to_owned()).hint().starts_with("the codes are `archive`, "));
    }
}
