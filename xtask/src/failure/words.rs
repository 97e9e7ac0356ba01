//! The words by which failures are known.

use super::Class;

/// A disk, the memory or a network fails in many programs, and in the same words, which are those of the operating system.
pub(super) const WORLD: [(Class, &[&str]); 3] = [
    (
        Class::Disk,
        &[
            "No space left on device",
            "Disk quota exceeded",
            "There is not enough space on the disk",
            "(os error 112)",
            "[WinError 112]",
        ],
    ),
    (
        Class::Memory,
        &[
            "Killed signal terminated program",
            "unable to execute command: Killed",
            "died due to signal 9",
            "died with <Signals.SIGKILL",
            "terminated with signal 9",
            "Cannot allocate memory",
            "out of memory allocating",
            "LLVM ERROR: out of memory",
            "memory exhausted",
            "instance of 'std::bad_alloc'",
            "what():  std::bad_alloc",
            "compiler is out of heap space",
        ],
    ),
    (
        Class::Network,
        &[
            "Could not resolve host",
            "name resolution",
            "Name or service not known",
            "Network is unreachable",
            "Connection refused",
            "Connection reset by peer",
            "Connection timed out",
            "Failed to connect to",
            "Could not connect to server",
            "unable to access 'http",
            "The requested URL returned error",
            "the remote end hung up unexpectedly",
            "Could not read from remote repository",
            "NewConnectionError",
            "Max retries exceeded",
            "ReadTimeoutError",
            "Read timed out",
            "urlopen error",
        ],
    ),
];

/// What the compiler or the sources say of a GPU target that they do not know.
pub(super) const TARGET: &[&str] = &[
    "invalid target ID",
    "unsupported HIP gpu architecture",
    "unsupported AMDGPU architecture",
    "unknown target CPU 'gfx",
    "invalid offload arch",
    "invalid value 'gfx",
    "command-line option ‘--offload-arch",
    "command-line option '--offload-arch",
    "command line option '--offload-arch",
    "is not a supported GPU target",
    "None of the specified GPU architectures",
];

pub(super) const LIBRARY: &[&str] = &[
    "cannot find -l",
    "unable to find library -l",
    "cannot open input file '",
    "cannot find ROCm device library",
    "cannot find HIP runtime",
    "could not open '",
];

pub(super) const LINK: &[&str] =
    &["undefined reference to", "undefined symbol", "unresolved external symbol", "multiple definition of", "duplicate symbol"];

pub(super) const CRASH: &[&str] =
    &["internal compiler error", "frontend command failed due to signal", "Segmentation fault", "INTERNAL COMPILER ERROR"];

pub(super) const USAGE: &[&str] = &[
    "unrecognized command-line option",
    "unrecognized command line option",
    "unknown argument:",
    "unknown option",
    "unrecognized argument",
    "no such option",
    "arguments are required",
    "invalid choice:",
];

pub(super) const TOOL: &[&str] = &[
    ": command not found",
    "is not recognized as an internal or external command",
    "Unable to find vcvarsall.bat",
    "Microsoft Visual C++ 14.0 or greater is required",
    "CMAKE_MAKE_PROGRAM is not set",
    "No CMAKE_",
    "is not a full path",
    "is not able to run the compiler",
];

/// Complaints that only say that something before them failed.
pub(super) const SUMMARIES: &[&str] = &[
    "ld returned 1 exit status",
    "linker command failed with exit code",
    "ERROR: Exception:",
    "subprocess-exited-with-error",
    "metadata-generation-failed",
    "failed-wheel-build-for-install",
    "Failed building wheel",
    "Failed to build",
    "ninja: build stopped",
    "ninja: error: rebuilding",
    "not a git repository",
    "No names found",
    "subprocess.CalledProcessError",
    "CompileError",
    "LinkError",
    "BackendSubprocessExited",
    "Error compiling objects for extension",
    "Command failed with exit",
];

/// The words that errors are told with, in the languages of gcc that builds are likely to speak.
pub(super) const ERRORS: &[&str] = &[
    ": fatal error: ",
    ": error: ",
    ": Error: ",
    ": schwerwiegender Fehler: ",
    ": Fehler: ",
    ": erreur fatale : ",
    ": erreur : ",
    ": erreur: ",
    ": ошибка: ",
    ": фатальная ошибка: ",
    ": errore: ",
    ": erro: ",
    ": błąd: ",
    ": 错误：",
    ": エラー: ",
];
