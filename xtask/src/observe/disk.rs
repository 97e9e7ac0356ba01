//! How much is free on the disks, and how much builds hold there.

#[cfg(not(unix))]
use std::path::Component;
use std::path::Path;

use crate::facts::Room;
use crate::host::Host;
use crate::{file, plan};

/// The room at each of these paths, which need not be there yet. A disk that does not answer is left out: nobody is refused for that.
pub fn rooms<'a>(host: &Host, paths: impl IntoIterator<Item = &'a str>) -> Vec<Room> {
    let room = |path: &str| {
        let there = Path::new(path).ancestors().find(|above| above.exists())?;
        let free = fs4::available_space(there).ok()?;
        let held = plan::disk::parts(host, path).iter().map(|part| file::held(part)).sum();
        Some(Room { path: path.to_owned(), mount: mount(there)?, free, held })
    };
    paths.into_iter().filter_map(room).collect()
}

#[cfg(unix)]
fn mount(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    Some(std::fs::metadata(path).ok()?.dev().to_string())
}

/// The drive or share. A disk that is mounted into a folder counts as its own only by another letter.
#[cfg(not(unix))]
fn mount(path: &Path) -> Option<String> {
    match std::path::absolute(path).ok()?.components().next()? {
        Component::Prefix(prefix) => Some(prefix.as_os_str().to_string_lossy().to_ascii_uppercase()),
        _ => None,
    }
}
