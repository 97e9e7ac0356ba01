//! What machine this is: platform, directory, environment, processors. The operating system is a value here, so that every Windows decision
//! is planned and tested on Linux.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An operating system that wheels are built on, and how it spells paths, lists and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Any Linux, the manylinux containers included.
    Linux,
    /// Windows with an MSVC environment.
    Windows,
}

/// Why a path cannot be made absolute.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The empty string names no file.
    #[error("the path is empty")]
    Empty,
    /// `C:x` depends on a directory that each drive has of its own.
    #[error("`{0}` is relative to the current directory of its drive")]
    DriveRelative(String),
    /// A line break or a NUL would not survive logs and environment variables.
    #[error("the path {0:?} has a control character in it")]
    Control(String),
}

impl Platform {
    /// The name that users type and manifests carry: `linux` or `windows`.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Linux => "linux",
            Platform::Windows => "windows",
        }
    }

    /// What separates the folders of a path.
    pub fn separator(self) -> char {
        match self {
            Platform::Linux => '/',
            Platform::Windows => '\\',
        }
    }

    /// What separates the entries of `PATH`.
    pub fn list_separator(self) -> char {
        match self {
            Platform::Linux => ':',
            Platform::Windows => ';',
        }
    }

    /// The file names under which a program may be found, most likely first.
    pub fn program_names(self, name: &str) -> Vec<String> {
        match self {
            Platform::Linux => vec![name.to_owned()],
            Platform::Windows if name.contains('.') => vec![name.to_owned()],
            Platform::Windows => ["exe", "cmd", "bat"].iter().map(|end| format!("{name}.{end}")).collect(),
        }
    }

    /// `base` and then `rest`, a relative path written with either kind of slash.
    pub fn join(self, base: &str, rest: &str) -> String {
        let rest = self.spell(rest);
        let end = self.separator();
        match (base.is_empty(), rest.is_empty()) {
            (true, _) => rest,
            (_, true) => base.to_owned(),
            _ if base.ends_with(end) => format!("{base}{rest}"),
            _ => format!("{base}{end}{rest}"),
        }
    }

    /// The variables by which programs find their folder for temporary files.
    pub fn temp_variables(self) -> &'static [&'static str] {
        match self {
            Platform::Linux => &["TMPDIR"],
            Platform::Windows => &["TEMP", "TMP"],
        }
    }

    /// The path with this platform's slashes.
    pub fn spell(self, path: &str) -> String {
        match self {
            Platform::Linux => path.to_owned(),
            Platform::Windows => path.replace('/', "\\"),
        }
    }

    /// The folder that holds `path`, or nothing for a root.
    pub fn parent(self, path: &str) -> Option<&str> {
        let trimmed = path.trim_end_matches(self.separator());
        let at = trimmed.rfind(self.separator())?;
        let root = self.root_length(trimmed);
        if trimmed.len() <= root {
            return None;
        }
        Some(&trimmed[..at.max(root)])
    }

    /// Whether the path means the same file from every directory.
    pub fn is_absolute(self, path: &str) -> bool {
        self.root_length(&self.spell(path)) > usize::from(self == Platform::Windows)
    }

    /// The path made absolute from `cwd`: `.` goes; `..` goes only on Windows, because elsewhere a symbolic link may stand before it.
    pub fn absolute(self, cwd: &str, path: &str) -> Result<String, PathError> {
        if path.is_empty() {
            return Err(PathError::Empty);
        }
        if path.chars().any(char::is_control) {
            return Err(PathError::Control(path.to_owned()));
        }
        let spelled = self.spell(path);
        let full = if self.is_absolute(&spelled) {
            spelled
        } else if self == Platform::Windows && spelled.starts_with('\\') {
            format!("{}{spelled}", cwd.get(..2).unwrap_or_default())
        } else if self == Platform::Windows && has_drive(&spelled) {
            return Err(PathError::DriveRelative(path.to_owned()));
        } else {
            self.join(cwd, &spelled)
        };
        Ok(self.tidied(&full))
    }

    fn tidied(self, full: &str) -> String {
        let (root, rest) = full.split_at(self.root_length(full));
        let mut parts: Vec<&str> = Vec::new();
        for part in rest.split(self.separator()) {
            match part {
                "" | "." => {}
                ".." if self == Platform::Windows => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        format!("{root}{}", parts.join(&self.separator().to_string()))
    }

    /// How many bytes of a spelled path name its root: `/`, `C:\`, `\\server\share\`; one for a lone `\` on Windows.
    fn root_length(self, path: &str) -> usize {
        match self {
            Platform::Linux => usize::from(path.starts_with('/')),
            Platform::Windows => match path.strip_prefix("\\\\") {
                Some(rest) => {
                    let share = rest.match_indices('\\').nth(1).map_or(rest.len(), |(at, _)| at + 1);
                    2 + share
                }
                None if has_drive(path) && path[2..].starts_with('\\') => 3,
                None => usize::from(path.starts_with('\\')),
            },
        }
    }
}

fn has_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

/// Environment variables as they were when the tool started. Names are looked up as the platform does it: Windows ignores their case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment(pub BTreeMap<String, String>);

/// Whether messages go to a person's terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Terminal {
    /// Standard error is a terminal that can redraw lines.
    Interactive,
    /// It is a file, a pipe or a CI log.
    Dumb,
}

/// How much memory there is, in bytes. What could not be read is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// `MemAvailable` of `/proc/meminfo`.
    pub available: Option<u64>,
    /// The limit of the control group that the tool runs in.
    pub limit: Option<u64>,
}

/// The machine, looked at once when the tool starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The operating system.
    pub platform: Platform,
    /// The processor as the operating system calls it: `x86_64` on Linux, `amd64` on Windows.
    pub machine: String,
    /// The current directory, absolute.
    pub cwd: String,
    /// The environment of the tool itself.
    pub env: Environment,
    /// Processors that this process may use.
    pub cpus: u32,
    /// Memory that builds may use.
    #[serde(default)]
    pub memory: Memory,
    /// Where messages go.
    pub terminal: Terminal,
}

/// The variable that says how many seconds a server may be silent.
pub const NETWORK_TIMEOUT: &str = "THEROCK_XTASK_NETWORK_TIMEOUT";

/// The variable that says how many seconds a program may do nothing.
pub const STALL_TIMEOUT: &str = "THEROCK_XTASK_STALL_TIMEOUT";

/// The variable that multiplies how long the tool waits for programs to end and before it retries; for tests.
pub const TIME_SCALE: &str = "THEROCK_XTASK_TIME_SCALE";

impl Host {
    /// The value of a variable; one that is empty counts as absent.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.raw_var(name).filter(|value| !value.is_empty())
    }

    /// The value of a variable even if it is empty.
    pub fn raw_var(&self, name: &str) -> Option<&str> {
        let same = |key: &str| match self.platform {
            Platform::Linux => key == name,
            Platform::Windows => key.eq_ignore_ascii_case(name),
        };
        self.env.0.iter().find(|(key, _)| same(key)).map(|(_, value)| value.as_str())
    }

    /// The user's home directory.
    pub fn home(&self) -> Option<&str> {
        match self.platform {
            Platform::Linux => self.var("HOME"),
            Platform::Windows => self.var("USERPROFILE"),
        }
    }

    /// Where programs that must not see the current directory run: the user's folder for temporary files.
    pub fn temp_dir(&self) -> String {
        let (name, default) = match self.platform {
            Platform::Linux => ("TMPDIR", "/tmp"),
            Platform::Windows => ("TEMP", "C:\\Windows\\Temp"),
        };
        self.var(name).and_then(|dir| self.absolute(dir).ok()).unwrap_or_else(|| default.to_owned())
    }

    /// How many seconds a server may be silent: what the user says, else this. Zero and what is no number are refused when the tool starts.
    pub fn silence(&self, default: u32) -> u32 {
        self.var(NETWORK_TIMEOUT).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// How many seconds a program may do nothing, it and all that it started: what the user says, else half an hour.
    pub fn stall(&self) -> u32 {
        self.var(STALL_TIMEOUT).and_then(|text| text.parse().ok()).unwrap_or(30 * 60)
    }

    /// What waits are multiplied by, from 0.01 to 1. Anything else is refused when the tool starts.
    pub fn time_scale(&self) -> Option<f64> {
        let scale = self.var(TIME_SCALE).map_or(Ok(1.0), str::parse);
        scale.ok().filter(|scale| (0.01..=1.0).contains(scale))
    }

    /// Whether a job of GitHub Actions is what started the tool; only then do GitHub's other variables mean anything.
    pub fn on_github(&self) -> bool {
        self.var("GITHUB_ACTIONS") == Some("true")
    }

    /// A variable of GitHub Actions; elsewhere nobody has set it for us.
    pub fn github_var(&self, name: &str) -> Option<&str> {
        self.var(name).filter(|_| self.on_github())
    }

    /// The folders of `PATH`, in order. Relative ones are left out: what they name changes with the directory.
    pub fn path_folders(&self) -> Vec<String> {
        let list = self.var("PATH").unwrap_or_default();
        list.split(self.platform.list_separator())
            .map(|folder| self.platform.spell(folder.trim_matches('"')))
            .filter(|folder| self.platform.is_absolute(folder))
            .collect()
    }

    /// `name` made absolute from the current directory.
    pub fn absolute(&self, path: &str) -> Result<String, PathError> {
        self.platform.absolute(&self.cwd, path)
    }

    /// The manifest's name of this platform: `linux-x86_64`, `windows-amd64`.
    pub fn platform_name(&self) -> String {
        format!("{}-{}", self.platform.name(), self.machine.to_lowercase())
    }

    /// The manifest's name of another machine's platform. What is built for is the machine that there is most of, unless this is one.
    pub fn name_of(&self, platform: Platform) -> String {
        match platform {
            own if own == self.platform => self.platform_name(),
            Platform::Linux => "linux-x86_64".to_owned(),
            Platform::Windows => "windows-amd64".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_absolute_as_their_platform_spells_them() {
        let cases = [
            (Platform::Linux, "/w", "dist", Ok("/w/dist")),
            (Platform::Linux, "/w", "./a//b/.", Ok("/w/a/b")),
            (Platform::Linux, "/w", "../a", Ok("/w/../a")),
            (Platform::Linux, "/w", "/a b/ü", Ok("/a b/ü")),
            (Platform::Linux, "/w", "", Err(PathError::Empty)),
            (Platform::Linux, "/w", "a\nb", Err(PathError::Control("a\nb".to_owned()))),
            (Platform::Windows, "C:\\w", "dist", Ok("C:\\w\\dist")),
            (Platform::Windows, "C:\\w", "B:/src", Ok("B:\\src")),
            (Platform::Windows, "C:\\w\\x", "../a", Ok("C:\\w\\a")),
            (Platform::Windows, "C:\\w", "/a", Ok("C:\\a")),
            (Platform::Windows, "C:\\w", "\\\\host\\share\\a\\..\\b", Ok("\\\\host\\share\\b")),
            (Platform::Windows, "C:\\w", "D:a", Err(PathError::DriveRelative("D:a".to_owned()))),
        ];
        for (platform, cwd, path, expected) in cases {
            assert_eq!(platform.absolute(cwd, path), expected.map(str::to_owned), "{path}");
        }
    }

    #[test]
    fn parents_end_at_the_root() {
        assert_eq!(Platform::Linux.parent("/a/b"), Some("/a"));
        assert_eq!(Platform::Linux.parent("/a"), Some("/"));
        assert_eq!(Platform::Linux.parent("/"), None);
        assert_eq!(Platform::Windows.parent("C:\\a"), Some("C:\\"));
        assert_eq!(Platform::Windows.parent("C:\\"), None);
    }

    #[test]
    fn windows_ignores_the_case_of_variables() {
        let env = Environment(BTreeMap::from([("Path".to_owned(), "C:\\a;\"C:\\b c\";rel".to_owned())]));
        let host = Host {
            platform: Platform::Windows,
            machine: "AMD64".to_owned(),
            cwd: "C:\\".to_owned(),
            env,
            cpus: 1,
            memory: Memory::default(),
            terminal: Terminal::Dumb,
        };
        assert_eq!(host.path_folders(), ["C:\\a", "C:\\b c"]);
        assert_eq!(host.platform_name(), "windows-amd64");
        assert_eq!(
            [Platform::Linux, Platform::Windows].map(|platform| host.name_of(platform)),
            ["linux-x86_64", "windows-amd64"]
        );
    }
}
