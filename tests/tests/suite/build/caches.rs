//! Compiler caches: each is used, and its statistics are told.
#![cfg(feature = "full")]

use tests::finish;

use crate::build::shared::{Demo, demo};

/// The last thing that was said of the cache.
fn statistics(demo: &Demo, cache: &str, args: &[&str], output: &str) -> String {
    let flag = format!("--use-{cache}");
    let mut command = demo.again(&["--only", "triton,pytorch", "--rebuild", "triton", "--output-dir", output, &flag]);
    // A server of its own, which ends by itself.
    command.args(args).envs([("SCCACHE_SERVER_PORT", "4297"), ("SCCACHE_IDLE_TIMEOUT", "30")]);
    let stderr = finish(&mut command).expect(0).stderr;
    let mut said = stderr.lines().filter_map(|line| line.split_once(&format!(": {cache}: "))).map(|(_, said)| said.to_owned());
    said.next_back().unwrap_or_else(|| panic!("{stderr}"))
}

#[test]
fn the_second_build_hits_ccache() {
    let demo = demo();
    let first = statistics(&demo, "ccache", &[], "ccached");
    assert!(first.starts_with("0 hits, ") && first.ends_with(" misses (0% hits)"), "{first}");
    let second = statistics(&demo, "ccache", &[], "ccached");
    assert!(second.ends_with(", 0 misses (100% hits)"), "{second}");
}

#[test]
fn the_second_build_hits_sccache() {
    let demo = demo();
    let first = statistics(&demo, "sccache", &["--sccache-no-wrap"], "sccached");
    assert!(first.starts_with("0 hits, ") && first.ends_with(" misses (0% hits)"), "{first}");
    let second = statistics(&demo, "sccache", &["--sccache-no-wrap"], "sccached");
    assert!(second.ends_with(", 0 misses (100% hits)"), "{second}");
}
