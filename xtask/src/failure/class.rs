//! The kinds of failures, and what to do about each.

/// What kind of failure it is. In a manifest and in events by these names: `missing-header`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// There was not enough memory.
    Memory,
    /// A disk is full, or a quota is used up.
    Disk,
    /// A server was not reached, or did not answer well.
    Network,
    /// A program is not there, or is too old.
    MissingTool,
    /// A header is not there.
    MissingHeader,
    /// A library or its CMake package is not there.
    MissingLibrary,
    /// A Python package is not there.
    MissingPackage,
    /// The compiler or the sources do not know a GPU target.
    UnsupportedTarget,
    /// The compiler cache failed, not the compiler.
    Cache,
    /// A program was called with arguments that it does not know.
    Usage,
    /// The compiler crashed.
    Crash,
    /// The compiler refused the sources.
    Compile,
    /// The linker failed.
    Link,
    /// CMake could not configure the build.
    Configure,
    /// It printed nothing for too long.
    Stall,
    /// It ran into its time limit.
    Timeout,
    /// None of these was recognised.
    #[default]
    Other,
}

impl Class {
    /// All of them.
    pub const ALL: [Class; 17] = [
        Class::Memory,
        Class::Disk,
        Class::Network,
        Class::MissingTool,
        Class::MissingHeader,
        Class::MissingLibrary,
        Class::MissingPackage,
        Class::UnsupportedTarget,
        Class::Cache,
        Class::Usage,
        Class::Crash,
        Class::Compile,
        Class::Link,
        Class::Configure,
        Class::Stall,
        Class::Timeout,
        Class::Other,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Class::Memory => "memory",
            Class::Disk => "disk",
            Class::Network => "network",
            Class::MissingTool => "missing-tool",
            Class::MissingHeader => "missing-header",
            Class::MissingLibrary => "missing-library",
            Class::MissingPackage => "missing-package",
            Class::UnsupportedTarget => "unsupported-target",
            Class::Cache => "cache",
            Class::Usage => "usage",
            Class::Crash => "crash",
            Class::Compile => "compile",
            Class::Link => "link",
            Class::Configure => "configure",
            Class::Stall => "stall",
            Class::Timeout => "timeout",
            Class::Other => "other",
        }
    }

    /// What to do about it; nothing that would only repeat the error.
    pub fn hint(self) -> Option<&'static str> {
        Some(match self {
            Class::Memory => "fewer compilers at once (`--jobs N`) or fewer GPU targets need less memory",
            Class::Disk => crate::plan::disk::HINT,
            Class::Network => "look whether the server can be reached from this machine",
            Class::MissingTool => "install the program, or put its folder on `PATH`",
            Class::MissingHeader => {
                "install what brings the header; those of ROCm come with its `devel` package: `--install-rocm`"
            }
            Class::MissingLibrary => {
                "install what brings the library; those of ROCm come with its `devel` package: `--install-rocm`"
            }
            Class::MissingPackage => "look whether the index has the package for this Python and this platform",
            Class::UnsupportedTarget => "leave the GPU target out with `--gfx`, or use sources and a ROCm that know it",
            Class::Cache => "build without the compiler cache, or look at its server and its own log",
            Class::Crash => "this is a fault of the compiler; another version of ROCm may not have it",
            Class::Stall | Class::Timeout => "look at the end of the log for what it waited for",
            Class::Usage | Class::Compile | Class::Link | Class::Configure | Class::Other => return None,
        })
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
