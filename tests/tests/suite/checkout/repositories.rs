//! A torch with submodules, one of them in another, and a translation that changes files in it and in them.

use std::process::Command;

use tests::{Ended, finish};

use crate::forge::Forge;

/// What translates: it changes a file of torch and one of its submodule.
const TRANSLATION: &str = "import pathlib
top = pathlib.Path(__file__).resolve().parents[2]
for name in ['a.cu', 'third_party/lib/l.cu']:
    path = top / name
    if path.exists():
        path.write_text(path.read_text().replace('cuda', 'hip'))
";

/// Where the submodule's submodule is.
pub const NESTED: &str = "third_party/lib/deep/nested";

/// Repositories, and what the tool makes of them in the sandbox's `project`.
pub struct Repositories {
    /// The repositories.
    pub forge: Forge,
}

impl Repositories {
    /// torch at `nightly`, with a submodule that has one, whose address is relative.
    pub fn new() -> Self {
        let forge = Forge::new();
        forge.repository("o/nested", "main", &[("n.txt", "nested\n")]);
        forge.repository("o/lib", "main", &[("l.cu", "cuda lib\n")]);
        forge.git("o/lib", &["submodule", "--quiet", "add", "../nested", "deep/nested"]);
        forge.commit("o/lib", &[]);
        forge.repository(
            "pytorch/pytorch",
            "nightly",
            &[("a.cu", "cuda torch\n"), (".gitignore", "build/\n"), ("tools/amd_build/build_amd.py", TRANSLATION)],
        );
        forge.git("pytorch/pytorch", &["submodule", "--quiet", "add", "https://github.com/o/lib", "third_party/lib"]);
        forge.commit("pytorch/pytorch", &[]);
        Repositories { forge }
    }

    /// `checkout` of torch alone, with these words.
    pub fn checkout(&self, words: &[&str]) -> Command {
        let mut command = self.forge.sandbox.xtask();
        command.args(["checkout", "--only", "pytorch"]).args(words);
        command
    }

    /// The same, at `nightly` and to a good end.
    #[track_caller]
    pub fn nightly(&self, words: &[&str]) -> Ended {
        finish(&mut self.checkout(&[&["--ref", "nightly"], words].concat())).expect(0)
    }

    /// What git prints in a checkout, without its last line break.
    #[track_caller]
    pub fn git(&self, dir: &str, words: &[&str]) -> String {
        let mut command = self.forge.sandbox.command("git");
        command.args(["-c", "user.name=User", "-c", "user.email=user@example.invalid"]);
        command.args(["-C", &self.forge.sandbox.arg(dir)]).args(words);
        finish(&mut command).expect(0).stdout.trim().to_owned()
    }

    /// The commit of a checkout.
    #[track_caller]
    pub fn head(&self, dir: &str) -> String {
        self.git(dir, &["rev-parse", "HEAD"])
    }

    /// Whether git has anything to say of a repository: what it holds is whole, and its files are those of its commit.
    #[track_caller]
    pub fn assert_whole(&self, dir: &str, commit: &str) {
        assert_eq!(self.head(dir), commit);
        self.git(dir, &["fsck", "--connectivity-only"]);
        for module in ["third_party/lib", NESTED] {
            let at = format!("{dir}/{module}");
            let (parent, name) = at.split_at(at.len() - module.rsplit("lib/").next().unwrap().len());
            let (parent, name) = if module == NESTED { (parent.trim_end_matches('/'), name) } else { (dir, module) };
            let entry = self.git(parent, &["ls-tree", "HEAD", "--", name]);
            assert_eq!(entry.split_whitespace().nth(2), Some(self.head(&at).as_str()), "{at}");
            self.git(&at, &["fsck", "--connectivity-only"]);
        }
        assert_eq!(self.forge.sandbox.read(&format!("{dir}/{NESTED}/n.txt")), "nested\n");
        assert_eq!(locks(&self.forge.sandbox.path(dir)), Vec::<std::path::PathBuf>::new());
    }

    /// Lets git take submodules from folders, as the user's own settings may.
    pub fn allow_folders(&self) {
        let path = self.forge.sandbox.root().join("gitconfig");
        let config = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, config + "[protocol \"file\"]\n\tallow = always\n").unwrap();
    }

    /// Takes every repository away, so that whatever is fetched comes from somewhere else.
    pub fn take_away(&self) {
        std::fs::rename(self.forge.sandbox.path("github"), self.forge.sandbox.path("gone")).unwrap();
    }

    /// The folder of what runs share.
    pub fn shared(&self) -> std::path::PathBuf {
        self.forge.sandbox.root().join("cache/therock-xtask")
    }
}

/// The lock files of git below a folder.
pub fn locks(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let is_lock = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|end| end == "lock") && path.components().any(|part| part.as_os_str() == ".git")
    };
    tests::snapshot(folder).into_keys().filter(is_lock).collect()
}
