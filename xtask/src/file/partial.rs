//! Files that somebody began to write and did not finish.

use std::path::Path;

use super::{Outcome, list, remove_all};

/// How the name of a file ends that is not whole yet.
pub(super) const PARTIAL: &str = ".part";

/// What stands in the folders of the tool's results and records, by how it ends.
const WRITTEN: [&str; 3] = [".whl", ".json", "SHA256SUMS"];

/// Where a file is written before it gets its name: this process's own, so that no two write one file.
pub(super) fn beside(path: &str) -> String {
    format!("{path}.{}{PARTIAL}", std::process::id())
}

/// Whether a file of this name is one that somebody began to write and did not finish.
pub fn is_partial(name: &str) -> bool {
    name.ends_with(PARTIAL)
}

/// Removes the wheels, manifests, records and checksums in a folder that runs which were killed did not finish. No other run may be at work in it.
///
/// # Errors
/// If the folder is there and cannot be read, or one of them cannot be removed.
pub fn remove_partial(folder: &str) -> Outcome<()> {
    for name in list(folder)?.iter().filter(|name| is_ours(name)) {
        let path = Path::new(folder).join(name);
        if !path.is_dir() {
            remove_all(&path.to_string_lossy())?;
        }
    }
    Ok(())
}

/// Whether a name is what `beside` gives a file that the tool writes into such a folder.
fn is_ours(name: &str) -> bool {
    let parts = name.strip_suffix(PARTIAL).and_then(|name| name.rsplit_once('.'));
    parts.is_some_and(|(name, process)| {
        let is_number = process.parse::<u32>().is_ok_and(|number| number.to_string() == process);
        is_number && WRITTEN.iter().any(|end| name.ends_with(end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_began_is_known_by_its_name() {
        for name in ["torch-1-cp312-cp312-linux_x86_64.whl", "SHA256SUMS", "triton.json"] {
            assert!(is_ours(&beside(name)), "{name}");
        }
        for name in
            ["torch.whl", "torch.whl.part", "torch.whl.1.part.gz", "torch.whl.01.part", "torch.whl.+1.part", "film.1.part"]
        {
            assert!(!is_ours(name), "{name}");
        }
    }
}
