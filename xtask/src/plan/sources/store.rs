//! The stores of git objects that all runs share: where they are, and what brings a commit into one.

use manifest::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use crate::host::{Host, Platform};
use crate::redact::without_credentials;
use crate::request::Depth;

/// The variable that names the folder of what runs share.
pub const CACHE: &str = "THEROCK_XTASK_CACHE";

/// The folder of what runs share, if this machine has one.
pub fn shared_folder(host: &Host) -> Option<String> {
    let join = |base: &str, rest: &str| host.platform.join(base, rest);
    if let Some(named) = host.var(CACHE) {
        return host.absolute(named).ok();
    }
    let base = match host.platform {
        Platform::Linux => host.var("XDG_CACHE_HOME").map(str::to_owned).or_else(|| host.home().map(|home| join(home, ".cache"))),
        Platform::Windows => host.var("LOCALAPPDATA").map(str::to_owned),
    };
    base.map(|base| join(&base, "therock-xtask"))
}

/// The name of a repository's store: readable, and different for different addresses.
pub fn store_name(address: &str) -> String {
    let address = without_credentials(address);
    let last = address.trim_end_matches(['/', '\\']).rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let digest = Sha256::from(<[u8; 32]>::from(Hasher::digest(address.as_bytes())));
    // Somebody else may have written the address, and not every system takes every name.
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let readable: String = last.strip_suffix(".git").unwrap_or(last).chars().take(64).map(plain).collect();
    format!("{readable}-{digest:.8}.git")
}

/// The store that has whole commits of a repository, given its address without credentials. Stores of single commits and of whole histories are
/// apart, because git would make one of the other; numbers between are rare, and repositories on this machine are near: they have none.
pub fn store(host: &Host, address: &str, depth: Depth) -> Option<String> {
    let kind = match depth {
        Depth::Commits(1) => "commits",
        Depth::Full => "histories",
        Depth::Commits(_) => return None,
    };
    if is_here(address) {
        return None;
    }
    let folder = shared_folder(host)?;
    Some(host.platform.join(&folder, &format!("{kind}/{}", store_name(address))))
}

/// Whether a repository is a folder of this machine.
fn is_here(address: &str) -> bool {
    let drive = address.get(1..3).is_some_and(|rest| matches!(rest, ":/" | ":\\"));
    drive || address.starts_with(['/', '\\']) || address.starts_with("file:")
}

/// The ref that keeps a commit in a store. It is there only when all of the commit is.
pub fn stored_ref(commit: &str) -> String {
    format!("refs/therock/{commit}")
}

/// The arguments of the git that brings a commit into a store.
pub fn store_args(depth: Depth, address: &str, commit: &str) -> Vec<String> {
    // Few objects would be files of their own, and those are not linked.
    let packed = ["-c", "fetch.unpackLimit=1"];
    let fixed = ["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
    let refspec = format!("+{commit}:{}", stored_ref(commit));
    let words = packed.into_iter().chain(fixed).map(str::to_owned).chain(depth.args());
    words.chain(["--".to_owned(), address.to_owned(), refspec]).collect()
}

/// The configuration that leads git from addresses, in full, to their stores. Where two begin alike git takes the longer one.
pub fn store_config(stores: &[(String, String)]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "/").replace('"', "\\\""));
    let entry = |(address, store): &(String, String)| format!("[url {}]\n\tinsteadOf = {}\n", quoted(store), quoted(address));
    // Of all submodules it is known then that they are in a store: no other folder is asked for.
    let allowed = if stores.is_empty() { "" } else { "[protocol \"file\"]\n\tallow = always\n" };
    allowed.to_owned() + &stores.iter().map(entry).collect::<String>()
}

/// What a submodule's address means that is relative to that of its parent: the same as for git.
pub fn submodule_address(parent: &str, address: &str) -> String {
    if !address.starts_with("./") && !address.starts_with("../") {
        return address.to_owned();
    }
    let (mut base, mut rest, mut between) = (parent.strip_suffix('/').unwrap_or(parent), address, "/");
    loop {
        if let Some(shorter) = rest.strip_prefix("../") {
            rest = shorter;
            match (base.rfind('/'), base.rfind(':')) {
                (Some(at), _) => base = &base[..at],
                (None, Some(at)) => (base, between) = (&base[..at], ":"),
                (None, None) => base = ".",
            }
        } else if let Some(shorter) = rest.strip_prefix("./") {
            rest = shorter;
        } else {
            break;
        }
    }
    let whole = format!("{base}{between}{rest}");
    whole.strip_suffix('/').unwrap_or(&whole).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Environment, Memory, Terminal};

    fn host(platform: Platform, env: &[(&str, &str)]) -> Host {
        Host {
            platform,
            machine: String::new(),
            cwd: "/w".to_owned(),
            env: Environment(env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()),
            cpus: 1,
            memory: Memory::default(),
            terminal: Terminal::Dumb,
        }
    }

    #[test]
    fn stores_have_names_of_their_own() {
        for (address, expected) in [
            ("https://github.com/ROCm/pytorch", "pytorch-"),
            ("https://github.com/ROCm/pytorch.git", "pytorch-"),
            ("git@host:x.git", "x-"),
            (r"C:\origins\apex\", "apex-"),
            ("https://h/a b*\u{fc}", "a-b---"),
            ("https://h/..", "..-"),
        ] {
            let name = store_name(address);
            assert!(name.starts_with(expected) && name.ends_with(".git") && name.len() == expected.len() + 12, "{name}");
        }
        assert_eq!(store_name("https://u:p@h/x"), store_name("https://h/x"));
        assert_ne!(store_name("https://h/x"), store_name("https://i/x"));
    }

    #[test]
    fn the_cache_is_where_its_system_keeps_caches() {
        let cases: [(_, &[(&str, &str)], _); 5] = [
            (Platform::Linux, &[("HOME", "/h")], Some("/h/.cache/therock-xtask")),
            (Platform::Linux, &[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")], Some("/c/therock-xtask")),
            (Platform::Linux, &[("HOME", "/h"), (CACHE, "own")], Some("/w/own")),
            (Platform::Linux, &[], None),
            (Platform::Windows, &[("LOCALAPPDATA", r"C:\u\Local")], Some(r"C:\u\Local\therock-xtask")),
        ];
        for (platform, env, expected) in cases {
            assert_eq!(shared_folder(&host(platform, env)).as_deref(), expected);
        }
    }

    #[test]
    fn what_is_elsewhere_is_stored_by_how_much_of_it_is_fetched() {
        let host = host(Platform::Linux, &[(CACHE, "/c")]);
        let name = store_name("https://h/x");
        for (address, depth, expected) in [
            ("https://h/x", Depth::Commits(1), Some(format!("/c/commits/{name}"))),
            ("https://h/x", Depth::Full, Some(format!("/c/histories/{name}"))),
            ("https://h/x", Depth::Commits(2), None),
            ("/origins/x", Depth::Full, None),
            (r"C:\origins\x", Depth::Full, None),
            ("git@h:x", Depth::Full, Some(format!("/c/histories/{}", store_name("git@h:x")))),
            ("file:///origins/x", Depth::Full, None),
        ] {
            assert_eq!(store(&host, address, depth), expected, "{address} {depth:?}");
        }
    }

    #[test]
    fn submodules_are_where_git_looks_for_them() {
        for (parent, address, expected) in [
            ("https://h/a/b", "https://i/x", "https://i/x"),
            ("https://h/a/b", "../x", "https://h/a/x"),
            ("https://h/a/b/", "../x/", "https://h/a/x"),
            ("https://h/a/b.git", "../../c/x.git", "https://h/c/x.git"),
            ("https://h/a/b", "./x", "https://h/a/b/x"),
            ("https://h/a/b", ".././x", "https://h/a/x"),
            ("git@h:a/b", "../x", "git@h:a/x"),
            ("git@h:b", "../x", "git@h:x"),
        ] {
            assert_eq!(submodule_address(parent, address), expected, "{parent} {address}");
        }
    }

    #[test]
    fn a_configuration_leads_to_stores() {
        let stores = [("https://h/x".to_owned(), r"C:\the c\x.git".to_owned())];
        let expected = "[protocol \"file\"]\n\tallow = always\n[url \"C:/the c/x.git\"]\n\tinsteadOf = \"https://h/x\"\n";
        assert_eq!(store_config(&stores), expected);
        assert_eq!(store_config(&[]), "", "then no folder is asked for");
    }
}
