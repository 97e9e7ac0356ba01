//! What a program started, directly or not: its process group, what descends from it, and whatever carries this run's mark in its environment.
//! Linux tells all of it in `/proc`. Elsewhere the group, or on Windows `taskkill`, must do.

use std::time::{Duration, Instant};

/// The variable that marks whatever this run starts: the runs that started the tool, if any, and then its own, separated by commas.
pub const MARK: &str = "THEROCK_XTASK_RUN";

/// The variable by which sccache tells its server what it is. The server is shared with other builds, so it is left alone.
const CACHE_SERVER: &[u8] = b"SCCACHE_START_SERVER=1";

/// How long programs that are asked to end with the tool may take to tidy up.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// How long a program that is asked to end may take to tidy up: git removes its lock files.
pub(super) const LEAVE: Duration = Duration::from_secs(5);

/// How often it is looked whether what was asked to end has ended.
const LOOK: Duration = Duration::from_millis(50);

/// How long what was killed may take to be gone: the kernel may be writing for it.
const GONE: Duration = Duration::from_secs(5);

/// What a program and all that it started use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Their memory in bytes: what is theirs alone, files that are mapped left out.
    pub memory: u64,
    /// The processor time of those that live, and of their children that ended.
    pub cpu: Duration,
    /// How many of them somebody stopped, or the terminal.
    pub stopped: usize,
}

/// One line of `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: u32,
    parent: u32,
    group: u32,
    state: u8,
    /// Hundredths of a second.
    ticks: u64,
}

impl Process {
    /// The name of the program may hold anything, so the fields are counted from behind it.
    fn parse(pid: u32, stat: &str) -> Option<Self> {
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = *fields.next()?.as_bytes().first()?;
        let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        // From the 6th field on: utime is the 14th, and it is followed by stime, cutime and cstime.
        let ticks = fields.skip(8).take(4).map(|ticks| ticks.parse::<u64>().unwrap_or_default()).sum();
        Some(Process { pid, parent, group, state, ticks })
    }

    fn lives(&self) -> bool {
        !matches!(self.state, b'Z' | b'X')
    }
}

/// Every process of this machine that can be seen.
fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Process::parse(pid, &std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// Those of a program's group, and what descends from any of them, that live.
fn members(root: u32, all: &[Process]) -> Vec<Process> {
    let mut found: Vec<Process> = all.iter().filter(|process| process.group == root || process.pid == root).copied().collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).map(|process| process.pid) {
        let children = all.iter().filter(|child| child.parent == parent && found.iter().all(|known| known.pid != child.pid));
        let children: Vec<Process> = children.copied().collect();
        found.extend(children);
        next += 1;
    }
    found.retain(Process::lives);
    found
}

/// A program that was started, with all that it started.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The leader of its group.
    pub root: u32,
    /// What its environment is marked with: who left the group is known by that.
    pub mark: String,
}

impl Tree {
    /// What they use now.
    pub(super) fn usage(&self) -> Usage {
        let members = members(self.root, &all());
        let memory = |process: &Process| {
            let statm = std::fs::read_to_string(format!("/proc/{}/statm", process.pid)).unwrap_or_default();
            let mut pages = statm.split_ascii_whitespace().skip(1).map_while(|pages| pages.parse::<u64>().ok());
            let (resident, shared) = (pages.next().unwrap_or_default(), pages.next().unwrap_or_default());
            resident.saturating_sub(shared) * page_size()
        };
        Usage {
            memory: members.iter().map(memory).sum(),
            cpu: Duration::from_millis(members.iter().map(|process| process.ticks).sum::<u64>() * 10),
            stopped: members.iter().filter(|process| process.state == b'T').count(),
        }
    }

    /// Those of them that live.
    pub(super) fn living(&self) -> Vec<u32> {
        let mut pids: Vec<u32> = members(self.root, &all()).iter().map(|process| process.pid).chain(marked(&self.mark)).collect();
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    /// Waits until none of them lives, which others see to.
    pub(super) fn wait(&self) {
        let began = Instant::now();
        while began.elapsed() < GRACE + GONE && !self.living().is_empty() {
            std::thread::sleep(LOOK);
        }
    }

    /// Ends them: they are asked, get so much time, and are killed.
    pub(super) fn end(&self, grace: Duration) {
        end_all(&[self.root], &|| self.living(), &|| grace);
    }
}

/// Processes that carry the mark of a run, or of one program of it, and live, but for this one and the servers of compiler caches. Other users' are not seen.
pub(super) fn marked(run: &str) -> Vec<u32> {
    let carries = |environment: &[u8]| {
        let mut variables = environment.split(|byte| *byte == 0);
        let names = |variable: &[u8]| {
            let runs = std::str::from_utf8(variable).ok().and_then(|text| text.strip_prefix(MARK)?.strip_prefix('='));
            let is_of_it = |mark: &str| mark.strip_prefix(run).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            runs.is_some_and(|runs| runs.split(',').any(is_of_it))
        };
        variables.clone().any(names) && !variables.any(|variable| variable == CACHE_SERVER)
    };
    let ours = |process: &Process| {
        process.pid != std::process::id()
            && process.lives()
            && std::fs::read(format!("/proc/{}/environ", process.pid)).is_ok_and(|environment| carries(&environment))
    };
    all().iter().filter(|process| ours(process)).map(|process| process.pid).collect()
}

/// Ends whatever carries the mark of a run. Returns how many processes that were.
pub fn end_run(run: &str) -> usize {
    let found = marked(run);
    if !found.is_empty() {
        end_all(&[], &|| marked(run), &|| LEAVE);
    }
    found.len()
}

/// Asks groups, and all that `others` tells of, to end; kills what is there after the `grace`, which may change meanwhile.
pub(super) fn end_all(groups: &[u32], others: &dyn Fn() -> Vec<u32>, grace: &dyn Fn() -> Duration) {
    let began = Instant::now();
    signal(groups, &others(), Force::Ask);
    let left = || groups.iter().any(|group| group_lives(*group)) && !can_tell() || !others().is_empty();
    while began.elapsed() < grace() {
        if !left() {
            return;
        }
        std::thread::sleep(LOOK);
    }
    let killed = Instant::now();
    while left() && killed.elapsed() < GONE {
        // Again and again: what is killed may have started something just before.
        signal(groups, &others(), Force::Kill);
        std::thread::sleep(LOOK);
    }
}

/// How a program is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Force {
    /// It may tidy up.
    Ask,
    /// It has no say.
    Kill,
}

#[cfg(unix)]
fn signal(groups: &[u32], others: &[u32], force: Force) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let signal = if force == Force::Ask { Signal::TERM } else { Signal::KILL };
    let pid = |pid: &u32| i32::try_from(*pid).ok().and_then(Pid::from_raw);
    // Whoever is asked twice may take that for impatience. Whoever has ended meanwhile needs no signal.
    if force == Force::Kill || !can_tell() {
        groups.iter().filter_map(pid).for_each(|group| kill_process_group(group, signal).unwrap_or_default());
    }
    others.iter().filter_map(pid).for_each(|process| kill_process(process, signal).unwrap_or_default());
}

#[cfg(unix)]
pub(super) fn group_lives(group: u32) -> bool {
    use rustix::process::{Pid, test_kill_process_group};
    i32::try_from(group).ok().and_then(Pid::from_raw).is_some_and(|group| test_kill_process_group(group).is_ok())
}

/// The memory of a page in bytes.
#[cfg(unix)]
fn page_size() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(windows)]
fn signal(groups: &[u32], others: &[u32], _force: Force) {
    // Nothing there can be asked. It comes with Windows, and ends what descends from a program, too.
    for process in groups.iter().chain(others) {
        let _ = super::ask(r"C:\Windows\System32\taskkill.exe", &["/T", "/F", "/PID", &process.to_string()], r"C:\", &[]);
    }
}

#[cfg(windows)]
pub(super) fn group_lives(_group: u32) -> bool {
    false
}

#[cfg(windows)]
fn page_size() -> u64 {
    4096
}

/// Whether there is a `/proc` that tells which processes live. Where an ended one is never waited for, its group seems to live for ever.
pub(super) fn can_tell() -> bool {
    std::fs::exists("/proc/self/stat").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proc_is_read() {
        let stat = "4242 (a) b (c) R 17 4240 4240 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 1 0 5000 9999 88 1 1";
        let process = Process { pid: 4242, parent: 17, group: 4240, state: b'R', ticks: 110 };
        assert_eq!(Process::parse(4242, stat), Some(process));
        for stat in ["", "1 (x)", "1 (x) ", "1 (x) R", "1 (x) R a 2"] {
            assert_eq!(Process::parse(1, stat), None, "{stat}");
        }
    }

    #[test]
    fn a_tree_is_its_group_and_what_descends_from_it() {
        let process = |pid, parent, group, state| Process { pid, parent, group, state, ticks: 0 };
        let all = [
            process(1, 0, 1, b'S'),
            process(10, 1, 10, b'S'),
            process(11, 10, 10, b'R'),
            // It left the group, its parent did not.
            process(12, 11, 12, b'S'),
            process(13, 12, 12, b'S'),
            // Its parent has ended.
            process(14, 1, 10, b'S'),
            process(15, 10, 10, b'Z'),
            process(20, 1, 20, b'S'),
        ];
        let pids: Vec<u32> = members(10, &all).iter().map(|process| process.pid).collect();
        assert_eq!(pids, [10, 11, 14, 12, 13]);
    }
}
