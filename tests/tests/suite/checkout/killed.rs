//! Checkouts that are ended from outside at any moment.
#![cfg(all(unix, feature = "full"))]

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::checkout::repositories::Repositories;

/// Ends a process and all that it started.
fn kill_group(pid: u32) {
    assert!(tests::kill("KILL", &format!("-{pid}")).success());
}

#[test]
fn a_checkout_that_is_killed_is_finished_by_the_next_run() {
    let all = Repositories::new();
    // Something to do for a while.
    let many: Vec<(String, String)> = (0..3000).map(|n| (format!("many/{}/{n}", n % 50), format!("{n}\n"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    all.forge.commit("o/lib", &many);
    all.forge.git("pytorch/pytorch/third_party/lib", &["pull", "--quiet", "origin", "main"]);
    let first = all.forge.commit("pytorch/pytorch", &many);

    // How long it takes when nobody ends it.
    let begun = Instant::now();
    all.nightly(&["--work-dir", "whole", "--no-hipify"]);
    let whole = begun.elapsed();
    std::fs::remove_dir_all(all.shared()).unwrap();

    let mut commit = first;
    for moment in 0..10 {
        // A checkout that stands there and is moved is ended as well as a new one.
        if moment == 5 {
            all.nightly(&["--no-hipify"]);
            all.assert_whole("build/src/pytorch", &commit);
        }
        if moment >= 5 {
            let many: Vec<(String, String)> =
                many.iter().map(|(name, text)| (name.to_string(), format!("{moment} {text}"))).collect();
            let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            commit = all.forge.commit("pytorch/pytorch", &many);
        }
        let mut command = all.checkout(&["--ref", "nightly", "--no-hipify"]);
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(whole.mul_f64(0.05 + 0.17 * f64::from(moment % 5)).max(Duration::from_millis(1)));
        kill_group(child.id());
        let _ = child.wait();
    }
    all.nightly(&["--no-hipify"]);
    all.assert_whole("build/src/pytorch", &commit);
    assert_eq!(all.git("build/src/pytorch", &["status", "--porcelain", "--ignore-submodules=none"]), "");
    // Nor is another one held back by what was left.
    all.nightly(&["--no-hipify", "--work-dir", "other"]);
    all.assert_whole("other/src/pytorch", &commit);
}
