//! How much memory builds may use. Only Linux tells it in files; elsewhere it stays unknown.

use crate::file;
use crate::host::Memory;

/// A limit above this is how version 1 of control groups spells "none".
const NO_LIMIT: u64 = 1 << 60;

pub(super) fn memory() -> Memory {
    told(|path| file::read_text(path).ok())
}

/// What the kernel's files tell, read by `read`.
fn told(read: impl Fn(&str) -> Option<String>) -> Memory {
    let groups = read("/proc/self/cgroup").unwrap_or_default();
    Memory {
        available: read("/proc/meminfo").and_then(|text| available(&text)),
        limit: group_files(&groups, LIMITS).iter().filter_map(|path| limit(&read(path)?)).min(),
    }
}

/// How many processes of its control group the kernel has killed for lack of memory, where it counts them.
pub fn memory_kills() -> Option<u64> {
    kills(|path| file::read_text(path).ok())
}

/// The innermost group whose file can be read counts: in a container, the paths of those within may be others.
fn kills(read: impl Fn(&str) -> Option<String>) -> Option<u64> {
    let files = group_files(&read("/proc/self/cgroup")?, KILLS);
    files.iter().find_map(|path| read(path)?.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok()))
}

/// The names of a file in version 2 and in version 1 of control groups.
type Names = [&'static str; 2];

const LIMITS: Names = ["memory.max", "memory.limit_in_bytes"];
const KILLS: Names = ["memory.events", "memory.oom_control"];

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The files of these names of the process's own control groups and of all above them, from what `/proc/self/cgroup` says.
fn group_files(groups: &str, [second, first]: Names) -> Vec<String> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (_, Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", second),
            _ if controllers.split(',').any(|controller| controller == "memory") => ("/sys/fs/cgroup/memory", first),
            _ => continue,
        };
        let mut path = path.trim_end_matches('/');
        files.push(format!("{root}{path}/{name}"));
        while let Some((parent, _)) = path.rsplit_once('/') {
            files.push(format!("{root}{parent}/{name}"));
            path = parent;
        }
    }
    files
}

/// A limit in bytes; none where the file says `max` or a number beyond any machine.
fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Environment, Host, Platform, Terminal};
    use crate::plan::jobs::automatic;

    #[test]
    fn available_memory_is_read() {
        for (text, expected) in [
            ("MemTotal:        8000000 kB\nMemAvailable:    4000000 kB\nSwapTotal: 0 kB\n", Some(4_096_000_000)),
            ("MemTotal: 1 kB\n", None),
            ("MemAvailable: many kB\n", None),
        ] {
            assert_eq!(available(text), expected, "{text}");
        }
    }

    #[test]
    fn limits_are_looked_for_in_the_own_group_and_above() {
        for (groups, expected) in [
            ("0::/\n", vec!["/sys/fs/cgroup/memory.max"]),
            (
                "0::/user.slice/job\n",
                vec![
                    "/sys/fs/cgroup/user.slice/job/memory.max",
                    "/sys/fs/cgroup/user.slice/memory.max",
                    "/sys/fs/cgroup/memory.max",
                ],
            ),
            (
                "5:cpu,cpuacct:/docker/x\n4:hugetlb,memory:/docker/x\n",
                vec![
                    "/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes",
                    "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                ],
            ),
            ("nonsense\n", vec![]),
        ] {
            assert_eq!(group_files(groups, LIMITS), expected, "{groups}");
        }
    }

    #[test]
    fn limits_are_numbers_or_none() {
        for (text, expected) in [("1073741824\n", Some(1 << 30)), ("max\n", None), ("9223372036854771712\n", None), ("", None)] {
            assert_eq!(limit(text), expected, "{text}");
        }
    }

    const V2: &str = "0::/\n";
    const SLICE: &str = "0::/user.slice/user-1000.slice/job.scope\n";
    const V1: &str =
        "12:cpuset:/\n5:cpu,cpuacct:/docker/c0ffee\n4:memory:/docker/c0ffee\n1:name=systemd:/docker/c0ffee\n0::/system.slice\n";
    const MEMINFO: &str =
        "MemTotal:       65777304 kB\nMemFree:         1266320 kB\nMemAvailable:   52428800 kB\nBuffers: 1 kB\n";

    fn host(memory: Memory) -> Host {
        Host {
            platform: Platform::Linux,
            machine: "x86_64".to_owned(),
            cwd: "/w".to_owned(),
            env: Environment::default(),
            cpus: 32,
            memory,
            terminal: Terminal::Dumb,
        }
    }

    /// Files as machines have them, and how many compilers may run at once on one with 32 processors.
    #[test]
    fn recorded_files_give_the_number_of_compilers() {
        let group = |path: &'static str, text: &'static str| vec![(path, text)];
        for (what, groups, meminfo, files, one_target, four_targets) in [
            ("no files", None, None, vec![], 32, 32),
            ("a machine", Some(V2), Some(MEMINFO), vec![], 23, 19),
            ("no limit", Some(V2), Some(MEMINFO), group("/sys/fs/cgroup/memory.max", "max\n"), 23, 19),
            ("a container", Some(V2), Some(MEMINFO), group("/sys/fs/cgroup/memory.max", "8589934592\n"), 3, 3),
            (
                "the least of nested groups",
                Some(SLICE),
                Some(MEMINFO),
                vec![
                    ("/sys/fs/cgroup/user.slice/user-1000.slice/job.scope/memory.max", "max\n"),
                    ("/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", "17179869184\n"),
                    ("/sys/fs/cgroup/user.slice/memory.max", "34359738368\n"),
                ],
                7,
                6,
            ),
            (
                "version 1 without a limit",
                Some(V1),
                Some(MEMINFO),
                group("/sys/fs/cgroup/memory/docker/c0ffee/memory.limit_in_bytes", "9223372036854771712\n"),
                23,
                19,
            ),
            (
                "version 1 with its own folder at the root",
                Some(V1),
                Some(MEMINFO),
                group("/sys/fs/cgroup/memory/memory.limit_in_bytes", "4294967296\n"),
                1,
                1,
            ),
            (
                "a limit beyond what is free",
                Some(V2),
                Some(MEMINFO),
                group("/sys/fs/cgroup/memory.max", "1099511627776\n"),
                23,
                19,
            ),
            ("next to nothing", Some(V2), Some(MEMINFO), group("/sys/fs/cgroup/memory.max", "1048576\n"), 1, 1),
            ("nonsense", Some("x\n"), Some("MemAvailable: x\n"), vec![], 32, 32),
        ] {
            let read = |path: &str| match path {
                "/proc/self/cgroup" => groups.map(str::to_owned),
                "/proc/meminfo" => meminfo.map(str::to_owned),
                _ => files.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned()),
            };
            let host = host(told(read));
            let counts = [1, 4].map(|targets| automatic(&host, targets).compilers);
            assert_eq!(counts, [one_target, four_targets], "{what}");
        }
    }

    /// As Linux 6 wrote them for a process two groups deep, the outer one of which was given 6 GiB.
    #[test]
    fn what_a_kernel_wrote_is_understood() {
        let recorded = include_str!("memory/v1.txt");
        let read = |path: &str| {
            let after = recorded.split_once(&format!("== {path}\n"))?.1;
            Some(after.split("\n==").next()?.to_owned())
        };
        let memory = told(read);
        assert_eq!(memory, Memory { available: Some(23_215_100 * 1024), limit: Some(6 << 30) });
        assert_eq!(kills(read), Some(0));
        assert_eq!(automatic(&host(memory), 1).compilers, 2);
    }

    #[test]
    fn kills_are_counted_in_the_innermost_group_that_can_be_read() {
        let events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n";
        for (groups, files, expected) in [
            (V2, vec![("/sys/fs/cgroup/memory.events", events)], Some(2)),
            (SLICE, vec![("/sys/fs/cgroup/user.slice/memory.events", events)], Some(2)),
            (
                V1,
                vec![("/sys/fs/cgroup/memory/docker/c0ffee/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n")],
                Some(7),
            ),
            (V1, vec![("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n")], None),
            (V2, vec![], None),
        ] {
            let read = |path: &str| match path {
                "/proc/self/cgroup" => Some(groups.to_owned()),
                _ => files.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned()),
            };
            assert_eq!(kills(read), expected, "{groups}");
        }
    }
}
