//! What is read off failures: those that are made here by the real programs, and those of public threads, whose words the cases quote.

#[cfg(unix)]
mod made;

use xtask::failure::{Finding, Watch};

/// What is read off an output.
fn found(output: &str, killed: bool) -> Finding {
    let mut watch = Watch::default();
    output.lines().for_each(|line| watch.line(line));
    watch.finding(killed)
}

/// A finding as the head of a case spells it.
fn head(finding: &Finding) -> String {
    let rows = [("target", &finding.target), ("command", &finding.command), ("error", &finding.error)];
    let rows = rows.iter().filter_map(|(name, text)| Some(format!("{name}: {}\n", text.as_ref()?)));
    format!("class: {}\n{}", finding.class, rows.collect::<String>())
}

#[test]
fn public_threads() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/failure/public");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (expected, output) = text.split_once("\n\n").unwrap();
        let (thread, expected) = expected.split_once('\n').unwrap();
        assert!(thread.starts_with("thread: https://github.com/"), "{}", path.display());
        assert_eq!(head(&found(output, false)), format!("{expected}\n"), "{}", path.display());
        cases += 1;
    }
    assert!(cases >= 8, "{cases}");
}

#[test]
fn a_flood_is_read_with_little_memory_and_the_first_error_stays() {
    let mut watch = Watch::default();
    watch.line("a.c:1:2: error: the first");
    let long = format!("{}: error: {}", "x".repeat(30_000), "y".repeat(30_000));
    for number in 0..200_000 {
        watch.line(&format!("a.c:{number}:2: error: another"));
        if number % 1000 == 0 {
            watch.line(&long);
        }
    }
    assert_eq!(watch.finding(false).error.as_deref(), Some("a.c:1:2: error: the first"));
    assert!(format!("{watch:?}").len() < 4096);
}
