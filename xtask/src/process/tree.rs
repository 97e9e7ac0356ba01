//! What belongs to a program, or to the run: what it started, directly or not, wherever that went. Linux tells all of it in `/proc`. Elsewhere the
//! process group, or on Windows `taskkill`, must do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::timeouts::{POLL_INTERVAL, REAP_TIMEOUT, term_timeout};

/// The variable that marks whatever this run starts: the runs that started the tool, if any, and then its own, separated by commas.
pub const MARK: &str = "THEROCK_XTASK_RUN";

/// The variable by which sccache tells its server what it is. The server is shared with other builds, so it is left alone.
const CACHE_SERVER: &[u8] = b"SCCACHE_START_SERVER=1";

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

/// A process, told from a later one of the same number by its start, in ticks since that of the machine.
type Id = (u32, u64);

/// One line of `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: u32,
    parent: u32,
    group: u32,
    state: u8,
    /// Hundredths of a second.
    ticks: u64,
    start: u64,
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        Process::parse(pid, &std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name of the program may hold anything, so the fields are counted from behind it.
    fn parse(pid: u32, stat: &str) -> Option<Self> {
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = *fields.next()?.as_bytes().first()?;
        let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        // From the 6th field on: utime is the 14th, and it is followed by stime, cutime and cstime; starttime is the 22nd.
        let mut fields = fields.skip(8);
        let ticks = fields.by_ref().take(4).map(|ticks| ticks.parse::<u64>().unwrap_or_default()).sum();
        let start = fields.nth(4)?.parse().ok()?;
        Some(Process { pid, parent, group, state, ticks, start })
    }

    fn id(&self) -> Id {
        (self.pid, self.start)
    }

    fn lives(&self) -> bool {
        !matches!(self.state, b'Z' | b'X')
    }
}

/// Every process of this machine that can be seen.
fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| Process::read(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// Some processes and what descends from any of them, but for those that are spared, with what these started.
fn with_descendants(all: &[Process], is_first: &dyn Fn(&Process) -> bool, is_spared: &dyn Fn(&Process) -> bool) -> Vec<Process> {
    let mut children: BTreeMap<u32, Vec<&Process>> = BTreeMap::new();
    all.iter().for_each(|process| children.entry(process.parent).or_default().push(process));
    let mut next: Vec<&Process> = all.iter().filter(|process| is_first(process)).collect();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(process) = next.pop() {
        if seen.insert(process.pid) && !is_spared(process) {
            found.push(*process);
            next.extend(children.get(&process.pid).into_iter().flatten());
        }
    }
    found
}

/// Programs that were started, with all that they started.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The leaders of their groups.
    roots: BTreeSet<Id>,
    /// What their environment is marked with.
    mark: String,
    /// Whose children are theirs, too.
    parent: Option<u32>,
    /// What was seen of them. It stays theirs when its parent ends, and it leaves the group with a cleared environment.
    known: BTreeSet<Id>,
}

impl Tree {
    /// What belongs to a program that was just started as the leader of its group.
    pub(super) fn of_program(root: u32, mark: String) -> Self {
        let start = Process::read(root).map(|process| process.start).unwrap_or_default();
        Tree { roots: BTreeSet::from([(root, start)]), mark, parent: None, known: BTreeSet::new() }
    }

    /// What belongs to a run: its programs, and what falls to this process when its parent ends.
    pub(super) fn of_run(run: &str, programs: &[Tree], parent: Option<u32>) -> Self {
        let roots = programs.iter().flat_map(|program| &program.roots).copied().collect();
        let known = programs.iter().flat_map(|program| &program.known).copied().collect();
        Tree { roots, mark: run.to_owned(), parent, known }
    }

    /// Those of them among all processes, of which some carry the mark and some are spared.
    fn members(&mut self, all: &[Process], marked: &BTreeSet<u32>, is_spared: &dyn Fn(&Process) -> bool) -> Vec<Process> {
        // A group has its number as long as it has members; a leader that began later has another one.
        let is_taken = |root: &Id| all.iter().any(|process| process.pid == root.0 && process.start != root.1);
        let groups: BTreeSet<u32> = self.roots.iter().filter(|root| !is_taken(root)).map(|root| root.0).collect();
        let is_first = |process: &Process| {
            groups.contains(&process.group)
                || self.known.contains(&process.id())
                || marked.contains(&process.pid)
                || self.parent == Some(process.parent)
        };
        let mut found = with_descendants(all, &is_first, is_spared);
        found.retain(Process::lives);
        self.known = found.iter().map(Process::id).collect();
        found
    }

    /// What they use now.
    pub(super) fn usage(&mut self) -> Usage {
        let members = self.members(&all(), &BTreeSet::new(), &is_spared);
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

    /// Those of them that live. Other users' are seen only if they descend from one of them.
    fn living(&mut self) -> Vec<Process> {
        let all = all();
        let marked = all.iter().filter(|process| is_marked(process, &self.mark)).map(|process| process.pid).collect();
        self.members(&all, &marked, &is_spared)
    }

    /// Whether none of them lives.
    pub(super) fn is_gone(&mut self) -> bool {
        if can_tell() { self.living().is_empty() } else { !self.roots.iter().any(|root| group_lives(root.0)) }
    }

    /// Whether the terminal stopped one of the programs, which read from it or set it. Of what they started that cannot be told, but the terminal
    /// stops whole groups.
    pub(super) fn asks_terminal(&self) -> bool {
        self.roots.iter().any(|root| was_stopped_by_terminal(root.0))
    }

    /// Ends them: they are asked, get so much time, which may change meanwhile, and are killed.
    pub(super) fn end(mut self, grace: &dyn Fn() -> Duration) {
        let began = Instant::now();
        self.signal(Force::Ask);
        while began.elapsed() < grace() {
            if self.is_gone() {
                return;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        let killed = Instant::now();
        while !self.is_gone() && killed.elapsed() < REAP_TIMEOUT {
            // Again and again: what is killed may have started something just before.
            self.signal(Force::Kill);
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Whoever is asked twice may take that for impatience, so each is asked by itself where it can be told, and not again with its group.
    fn signal(&mut self, force: Force) {
        let living = self.living();
        let is_there = |root: &u32| !can_tell() || force == Force::Kill && living.iter().any(|process| process.group == *root);
        let groups: Vec<u32> = self.roots.iter().map(|root| root.0).filter(is_there).collect();
        signal(&groups, &living, force);
    }
}

/// The variables that a process was started with; none for other users' processes.
fn has_variable(process: &Process, is_it: &dyn Fn(&[u8]) -> bool) -> bool {
    let environment = std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(is_it)
}

/// Whether a process carries the mark of a run, or of one program of it.
fn is_marked(process: &Process, mark: &str) -> bool {
    let is_of_it = |one: &str| one.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    has_variable(process, &|variable| {
        let marks = std::str::from_utf8(variable).ok().and_then(|text| text.strip_prefix(MARK)?.strip_prefix('='));
        marks.is_some_and(|marks| marks.split(',').any(is_of_it))
    })
}

/// Whether a process is left alone, with what it starts: this one, and the servers of compiler caches.
fn is_spared(process: &Process) -> bool {
    process.pid == std::process::id() || has_variable(process, &|variable| variable == CACHE_SERVER)
}

/// Ends what belongs to a run that was killed. Returns how many processes that were.
pub fn end_run(run: &str) -> usize {
    let mut tree = Tree::of_run(run, &[], None);
    let found = tree.living().len();
    if found > 0 {
        tree.end(&term_timeout);
    }
    found
}

/// Sees to it that what descends from this process falls to it when its parent ends, instead of getting lost. Returns whose children these are, then:
/// not where others started something before, which could not be told from ours.
pub(super) fn adopt() -> Option<u32> {
    let me = std::process::id();
    let is_alone = can_tell() && !all().iter().any(|process| process.parent == me);
    (is_alone && become_parent_of_orphans()).then_some(me)
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
fn number(pid: u32) -> Option<rustix::process::Pid> {
    i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw)
}

#[cfg(unix)]
fn signal(groups: &[u32], others: &[Process], force: Force) {
    use rustix::process::{Signal, kill_process, kill_process_group};
    let signal = if force == Force::Ask { Signal::TERM } else { Signal::KILL };
    // Whoever has ended meanwhile needs no signal.
    groups.iter().filter_map(|group| number(*group)).for_each(|group| kill_process_group(group, signal).unwrap_or_default());
    others.iter().filter_map(|other| number(other.pid)).for_each(|process| kill_process(process, signal).unwrap_or_default());
}

#[cfg(unix)]
fn group_lives(group: u32) -> bool {
    number(group).is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
}

#[cfg(unix)]
fn was_stopped_by_terminal(child: u32) -> bool {
    use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};
    // It stays there for whoever waits for its end.
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let status = number(child).and_then(|child| waitid(WaitId::Pid(child), options).ok().flatten());
    let signal = status.and_then(|status| status.stopping_signal());
    signal.is_some_and(|signal| [Signal::TTIN, Signal::TTOU].map(Signal::as_raw).contains(&signal))
}

#[cfg(target_os = "linux")]
fn become_parent_of_orphans() -> bool {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn become_parent_of_orphans() -> bool {
    false
}

/// The memory of a page in bytes.
#[cfg(unix)]
fn page_size() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(windows)]
fn signal(groups: &[u32], others: &[Process], _force: Force) {
    // Nothing there can be asked. It comes with Windows, and ends what descends from a program, too.
    for process in groups.iter().copied().chain(others.iter().map(|other| other.pid)) {
        let _ = super::ask(r"C:\Windows\System32\taskkill.exe", &["/T", "/F", "/PID", &process.to_string()], r"C:\", &[]);
    }
}

#[cfg(windows)]
fn group_lives(_group: u32) -> bool {
    false
}

#[cfg(windows)]
fn was_stopped_by_terminal(_child: u32) -> bool {
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
        let process = Process { pid: 4242, parent: 17, group: 4240, state: b'R', ticks: 110, start: 5000 };
        assert_eq!(Process::parse(4242, stat), Some(process));
        for stat in ["", "1 (x)", "1 (x) ", "1 (x) R", "1 (x) R a 2", "1 (x) R 1 2 3"] {
            assert_eq!(Process::parse(1, stat), None, "{stat}");
        }
    }

    fn process(pid: u32, parent: u32, group: u32, state: u8) -> Process {
        Process { pid, parent, group, state, ticks: 0, start: 100 + u64::from(pid) }
    }

    fn tree(root: Option<Id>, parent: Option<u32>) -> Tree {
        Tree { roots: root.into_iter().collect(), mark: String::new(), parent, known: BTreeSet::new() }
    }

    fn members(tree: &mut Tree, all: &[Process], marked: &[u32]) -> Vec<u32> {
        let marked = marked.iter().copied().collect();
        let mut pids: Vec<u32> =
            tree.members(all, &marked, &|process| process.pid == 30).iter().map(|process| process.pid).collect();
        pids.sort_unstable();
        pids
    }

    #[test]
    fn a_tree_is_its_group_what_is_marked_and_what_descends_from_either() {
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
            process(21, 20, 20, b'S'),
            // The server of a cache, and what it starts for others.
            process(30, 11, 30, b'S'),
            process(31, 30, 30, b'S'),
        ];
        assert_eq!(members(&mut tree(Some((10, 110)), None), &all, &[]), [10, 11, 12, 13, 14]);
        assert_eq!(members(&mut tree(None, None), &all, &[20, 30]), [20, 21]);
        assert_eq!(members(&mut tree(None, Some(10)), &all, &[]), [11, 12, 13]);
        // The number of a program that has ended was given to another one.
        assert_eq!(members(&mut tree(Some((10, 7)), None), &all, &[]), Vec::<u32>::new());
    }

    #[test]
    fn what_was_seen_stays_known_wherever_it_goes() {
        let mut tree = tree(Some((10, 110)), None);
        let program = process(10, 1, 10, b'S');
        assert_eq!(members(&mut tree, &[program, process(12, 10, 12, b'S'), process(13, 10, 13, b'S')], &[]), [10, 12, 13]);
        // Their parent has ended; one has a child now, the number of the other is somebody else's.
        let other = Process { start: 999, ..process(13, 1, 13, b'S') };
        let later = [process(12, 1, 12, b'S'), other, process(14, 12, 14, b'S')];
        assert_eq!(members(&mut tree, &later, &[]), [12, 14]);
        assert_eq!(members(&mut tree, &[process(14, 1, 14, b'S')], &[]), [14]);
    }
}
