//! Whether there is room on the disks for what will be built, by what earlier builds left there.

use std::collections::BTreeMap;

use manifest::{Project, size};
use serde::Serialize;

use super::folder::FOLDERS;
use crate::facts::{Facts, Room};
use crate::host::Host;
use crate::request::{Problem, Request};

/// Whatever is built needs some room for the environment, logs and temporary files: with less free, in bytes, nothing is started.
pub const LEAST: u64 = 1 << 30;

/// What to do about a full disk.
pub const HINT: &str = "make room, or put the folders on another disk with `--work-dir` and `--output-dir`";

/// What a job will need at a path, by what an earlier one left there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The folder or file.
    pub path: String,
    /// How much will stand there in the end, in bytes. What stands there already is a part of it.
    pub bytes: u64,
}

/// What the job of a project needs, as far as earlier ones tell: its build folder and its wheel.
pub fn needs(request: &Request, host: &Host, facts: &Facts, project: Project) -> Vec<Need> {
    let Some(record) = facts.records.jobs.get(&project) else { return Vec::new() };
    let build = record.disk_bytes.map(|bytes| Need { path: request.dir(project).to_owned(), bytes });
    let wheel = record.wheel.as_ref().map(|wheel| Need {
        path: host.platform.join(&request.places.output, wheel.artifact.relative_path.as_str()),
        bytes: wheel.artifact.size_bytes,
    });
    build.into_iter().chain(wheel).collect()
}

/// Where to look for what a path holds: of sources, only what builds leave there counts.
pub fn parts(host: &Host, path: &str) -> Vec<String> {
    let is_wheel = path.ends_with(".whl");
    if is_wheel { vec![path.to_owned()] } else { FOLDERS.iter().map(|folder| host.platform.join(path, folder)).collect() }
}

/// The disks that have too little room, each told once with its figures. A path that was not looked at, or whose disk does not say how much is
/// free, is no reason to refuse anything.
/// `least` must be free on each, in bytes, even if nothing is known to be needed there.
pub fn shortages(needs: &[&Need], rooms: &[Room], least: u64) -> Vec<Problem> {
    let mut mounts: BTreeMap<&str, (Vec<&str>, u64, u64)> = BTreeMap::new();
    for room in rooms {
        let need = needs.iter().filter(|need| need.path == room.path).map(|need| need.bytes.saturating_sub(room.held));
        let (paths, needed, free) = mounts.entry(&room.mount).or_insert((Vec::new(), 0, room.free));
        *needed = needed.saturating_add(need.fold(0, u64::saturating_add));
        *free = room.free.min(*free);
        // A folder also stands for what is below it.
        let below = |above: &&str| room.path.strip_prefix(*above).is_some_and(|rest| rest.starts_with(['/', '\\']));
        if !paths.iter().any(below) {
            paths.push(&room.path);
        }
    }
    let problem = |(paths, needed, free): (Vec<&str>, u64, u64)| {
        let what = match needed > least {
            true => format!("earlier builds say that {} are needed", size(needed)),
            false => format!("at least {} are needed", size(least)),
        };
        let paths = paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        let text = format!("too little room on the disk of {paths}: {} are free, and {what}", size(free));
        (free < needed.max(least)).then(|| Problem { text, hint: Some(HINT.to_owned()) })
    };
    mounts.into_values().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::check::fixture::told;

    #[test]
    fn each_disk_has_room_for_all_that_is_built_there() {
        const GIB: u64 = 1 << 30;
        let need = |path: &str, gib: u64| Need { path: path.to_owned(), bytes: gib * GIB };
        let room = |path: &str, mount: &str, free: u64, held: u64| Room {
            path: path.to_owned(),
            mount: mount.to_owned(),
            free: free * GIB,
            held: held * GIB,
        };
        let hint = "make room, or put the folders on another disk with `--work-dir` and `--output-dir`";
        let (torch, audio, wheel) = (need("/torch", 50), need("/audio", 5), need("/out/t.whl", 4));
        let all = [&torch, &audio, &wheel];
        let two = |free: u64, out: u64, held: u64| {
            vec![room("/torch", "1", free, held), room("/audio", "1", free, 0), room("/out/t.whl", "2", out, 0)]
        };
        for (needs, rooms, expected) in [
            (&all[..], two(55, 4, 0), vec![]),
            (
                &all[..],
                two(54, 4, 0),
                vec![
                    "too little room on the disk of `/torch`, `/audio`: 54.0 GiB are free, and earlier builds say that 55.0 GiB are needed",
                ],
            ),
            // What is there already needs no room, and more than was there before gives none to others.
            (&all[..], two(54, 4, 1), vec![]),
            (&all[..], two(5, 4, 70), vec![]),
            (
                &all[..],
                two(54, 3, 0),
                vec![
                    "too little room on the disk of `/torch`, `/audio`: 54.0 GiB are free, and earlier builds say that 55.0 GiB are needed",
                    "too little room on the disk of `/out/t.whl`: 3.0 GiB are free, and earlier builds say that 4.0 GiB are needed",
                ],
            ),
            (&[], two(1, 1, 0), vec![]),
            (
                &[],
                vec![room("/w", "1", 0, 0), room("/w/x", "1", 0, 0), room("/ws", "1", 0, 0)],
                vec!["too little room on the disk of `/w`, `/ws`: 0.0 KiB are free, and at least 1.0 GiB are needed"],
            ),
            (&all[..], vec![], vec![]),
        ] {
            let expected: Vec<String> = expected.iter().map(|text| format!("{text}\nhint: {hint}")).collect();
            assert_eq!(told(&shortages(needs, &rooms, LEAST)), expected, "{rooms:?}");
        }
    }
}
