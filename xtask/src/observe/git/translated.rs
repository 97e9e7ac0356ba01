//! What the translation of CUDA to HIP changed, as a commit of its own; and whether a checkout is what was asked for.

use super::{Git, HIPIFY};
use crate::plan::sources::HIPIFY_TAG;
use crate::request::Submodules;

/// The commit is the tool's own, whoever runs it: not every user of git has said who that is.
const COMMIT: [&str; 10] = [
    "-c",
    "user.name=therock-xtask",
    "-c",
    "user.email=therock-xtask@localhost",
    "commit",
    "--quiet",
    "--no-gpg-sign",
    "--no-verify",
    "-m",
    HIPIFY,
];

impl Git<'_> {
    /// Commits and tags the changes in a checkout and in its submodules. One without changes is left alone, its tags too.
    pub(in crate::observe) fn commit_translated(&self, dir: &str, submodules: Submodules) -> Result<(), String> {
        let mut dirs = vec![dir.to_owned()];
        if submodules == Submodules::All {
            dirs.extend(self.submodules(dir)?.into_iter().map(|module| self.host.platform.join(dir, &module.path)));
        }
        for dir in dirs {
            if self.ask(&dir, &["status", "--porcelain", "-u", "--ignore-submodules"])?.is_empty() {
                continue;
            }
            self.ask(&dir, &["add", "-A"])?;
            // The folder of a submodule that is none any more stays behind, as it may hold somebody's work. It is no change of sources.
            let added = self.ask(&dir, &["diff", "--cached", "--raw", "-z", "--no-renames", "--diff-filter=A"])?;
            for path in repositories(&added) {
                self.ask(&dir, &["--literal-pathspecs", "rm", "--cached", "--quiet", "--", path])?;
            }
            // Changes of nothing but modes or line ends may leave nothing to commit.
            if !self.ask(&dir, &["diff", "--cached", "--name-only"])?.is_empty() {
                self.ask(&dir, &COMMIT)?;
            }
            self.ask(&dir, &["tag", "-f", HIPIFY_TAG, "--no-sign"])?;
        }
        Ok(())
    }

    /// Whether a checkout is at its commit, and each submodule at that which its parent records.
    pub(in crate::observe) fn check_checkout(&self, dir: &str, commit: &str, submodules: Submodules) -> Result<(), String> {
        let head = self.ask(dir, &["rev-parse", "HEAD"])?;
        if head != commit {
            return Err(format!("`{dir}` is at {head} instead of {commit}"));
        }
        if submodules == Submodules::None {
            return Ok(());
        }
        let wrong = self.submodules(dir)?.into_iter().filter(|module| module.mark != ' ');
        let wrong: Vec<String> = wrong
            .map(|module| {
                let state = match module.mark {
                    '-' => "is not checked out",
                    'U' => "has conflicts",
                    _ => "is at another commit",
                };
                format!("submodule `{}` {state}", module.path)
            })
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("`{dir}`: {}", wrong.join(", "))) }
    }

    /// All submodules, those of submodules among them.
    fn submodules(&self, dir: &str) -> Result<Vec<Module>, String> {
        let listed = self.ask(dir, &["submodule", "status", "--recursive"])?;
        Ok(listed.lines().filter_map(Module::read).collect())
    }
}

/// The paths that are repositories of their own, of what `git diff --raw -z` says was added: `:MODE MODE OBJECT OBJECT STATUS <nul> PATH <nul>`.
fn repositories(added: &str) -> Vec<&str> {
    let mut fields = added.split('\0');
    let entries = std::iter::from_fn(|| fields.next().zip(fields.next()));
    entries.filter(|(modes, _)| modes.starts_with(":000000 160000 ")).map(|(_, path)| path).collect()
}

/// A submodule, as `git submodule status` tells of it.
#[derive(Debug, PartialEq, Eq)]
struct Module {
    /// A blank where all is well; `-`, `+` or `U`.
    mark: char,
    path: String,
}

impl Module {
    /// `MARK COMMIT PATH (DESCRIPTION)`, the last one only where it is checked out.
    fn read(line: &str) -> Option<Self> {
        // What was asked for is trimmed, and with it the first line's blank.
        let (mark, rest) = match line.chars().next()? {
            mark @ ('-' | '+' | 'U' | ' ') => (mark, &line[1..]),
            _ => (' ', line),
        };
        let (_, path) = rest.split_once(' ')?;
        let path = path.rsplit_once(" (").map_or(path, |(path, _)| path);
        Some(Module { mark, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Module, repositories};

    #[test]
    fn repositories_are_told_from_files() {
        let added = ":000000 100644 0 1 A\0a b\0:000000 160000 0 2 A\0third party/lib\0:000000 160000 0 3 A\0x\0";
        assert_eq!(repositories(added), ["third party/lib", "x"]);
        assert!(repositories("").is_empty());
    }

    #[test]
    fn submodules_are_read() {
        for (line, mark, path) in [
            (" 0123 third_party/x (v1-2-gabc)", ' ', "third_party/x"),
            ("0123 third party/x (heads/main)", ' ', "third party/x"),
            ("-0123 a (b) c", '-', "a"),
            ("-0123 third_party/x", '-', "third_party/x"),
            ("+0123 x (heads/main)", '+', "x"),
            ("U0123 x", 'U', "x"),
        ] {
            assert_eq!(Module::read(line), Some(Module { mark, path: path.to_owned() }), "{line}");
        }
        assert_eq!(Module::read(""), None);
    }
}
