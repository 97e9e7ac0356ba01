//! Programs that print more than anybody reads, or what is no text.

use manifest::JobStatus;

use crate::process_lifecycle::shared::{COMPILES, Trees, job, trees};

/// No piece of a line that is kept is longer, in bytes.
const PIECE: usize = 128 << 10;

/// The log of torchaudio's job.
fn log(trees: &Trees) -> String {
    let log = job(&trees.manifest().1).log.clone().unwrap();
    String::from_utf8(std::fs::read(trees.sandbox.path(&format!("build/demo/{log}"))).unwrap()).unwrap()
}

/// The most memory that a process had so far, in KiB.
fn most_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// How much more memory the tool needs while the compiler prints so much, in KiB; and the log's size in bytes.
fn flooded(trees: &Trees, bytes: u64) -> (u64, u64) {
    let gate = trees.sandbox.root().join("bin/gate");
    trees.compiler(&format!("journal before\nawait gate\nflood {bytes}\njournal after\nsleep 600"));
    let run = trees.start(&mut trees.rebuild(&[]));
    trees.wait_for("compiler", "before");
    let before = most_memory(run.pid());
    std::fs::write(&gate, "").unwrap();
    trees.wait_for("compiler", "after");
    let grown = most_memory(run.pid()) - before;
    run.signal("TERM");
    let ended = run.ended().expect(130);
    assert!(ended.stderr.len() < 10_000, "{}", ended.stderr.len());
    let log = trees.partial(JobStatus::Interrupted);
    assert!(log.contains(&"f".repeat(4095)));
    (grown, log.len() as u64)
}

#[test]
fn a_flood_does_not_fill_the_memory() {
    let trees = trees();
    let (grown, log) = flooded(&trees, 16 << 20);
    assert!(grown < 8 << 10, "{grown} KiB");
    assert!((16 << 20..17 << 20).contains(&log), "{log}");
    trees.completes(&mut trees.build(&[]));
}

#[test]
#[cfg(feature = "full")]
fn a_flood_of_two_gibibytes_does_not_fill_the_disk() {
    let trees = trees();
    let (grown, log) = flooded(&trees, 2 << 30);
    assert!(grown < 8 << 10, "{grown} KiB");
    assert!((64 << 20..66 << 20).contains(&log), "{log}");
    assert!(self::log(&trees).contains(" lines (1.9 GiB) left out: a log keeps the first and the last lines\n"));
    trees.completes(&mut trees.build(&[]));
}

#[test]
fn what_is_no_text_is_shown_as_such() {
    let trees = trees();
    trees.compiler(&format!("bytes 61 ff fe c3 0a\nbytes c3 bc 1b 5b 33 31 6d 0a\nbytes 00 0a\n{COMPILES}"));
    let ended = trees.run(&mut trees.rebuild(&["--verbose"])).expect(0);
    assert!(log(&trees).contains("\na\u{fffd}\u{fffd}\u{fffd}\nü\u{1b}[31m\n\0\n"), "{:?}", log(&trees));
    assert!(ended.stderr.contains("a\u{fffd}\u{fffd}\u{fffd}\n"), "{}", ended.stderr);
    // A terminal obeys nothing of it.
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stderr.contains('\0'), "{:?}", ended.stderr);
}

#[test]
fn a_line_of_a_million_columns_is_kept() {
    let trees = trees();
    trees.compiler(&format!("wide 1000000\nprint the next line\n{COMPILES}"));
    trees.run(&mut trees.rebuild(&[])).expect(0);
    let log = log(&trees);
    let mut pieces = log.lines().filter(|line| line.starts_with("www")).map(str::len);
    assert!(pieces.clone().all(|length| length <= PIECE));
    // Two files are compiled.
    assert_eq!(pieces.by_ref().sum::<usize>(), 2_000_000);
    assert!(log.contains("w\nthe next line\n"));
}
