//! How much memory builds may use. Only Linux tells it in files; elsewhere it stays unknown.

use crate::file;
use crate::host::Memory;

/// A limit above this is how version 1 of control groups spells "none".
const NO_LIMIT: u64 = 1 << 60;

pub(super) fn memory() -> Memory {
    let read = |path: &str| file::read_text(path).ok();
    let groups = read("/proc/self/cgroup").map(|text| limit_files(&text)).unwrap_or_default();
    Memory {
        available: read("/proc/meminfo").and_then(|text| available(&text)),
        limit: groups.iter().filter_map(|path| limit(&read(path)?)).min(),
    }
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The files that may hold a limit: those of the process's own control groups and of all above them, from what `/proc/self/cgroup` says.
fn limit_files(groups: &str) -> Vec<String> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (_, Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
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
            assert_eq!(limit_files(groups), expected, "{groups}");
        }
    }

    #[test]
    fn limits_are_numbers_or_none() {
        for (text, expected) in [("1073741824\n", Some(1 << 30)), ("max\n", None), ("9223372036854771712\n", None), ("", None)] {
            assert_eq!(limit(text), expected, "{text}");
        }
    }
}
