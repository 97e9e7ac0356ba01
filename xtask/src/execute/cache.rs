//! A compiler cache's statistics, as the difference between two readings: the cache is shared, so nothing in it is set to zero.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::{CacheKind, Moment, ReadCache};
use crate::{file, process};

/// Hits and misses since the cache was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Counts {
    hits: u64,
    misses: u64,
}

/// Reads the statistics: the first reading is kept in the folder of the logs, the second one is told as a difference.
pub(super) fn read(read: &ReadCache, logs: &str) -> Result<String, String> {
    let args: &[&str] = match read.kind {
        CacheKind::Ccache => &["--print-stats"],
        CacheKind::Sccache => &["--show-stats", "--stats-format=json"],
    };
    let text = process::ask(&read.program, args, logs, &[]).map_err(|error| error.to_string())?;
    let counts = match read.kind {
        CacheKind::Ccache => ccache(&text),
        CacheKind::Sccache => sccache(&text)?,
    };
    let kept = std::path::Path::new(logs).join("cache-before.json");
    let kept = kept.to_string_lossy();
    match read.moment {
        Moment::Before => {
            let text = serde_json::to_string(&counts).map_err(|error| error.to_string())?;
            file::write_text(&kept, &text).map_err(|error| error.to_string())?;
            Ok(format!("{}: {} hits and {} misses so far", name(read.kind), counts.hits, counts.misses))
        }
        Moment::After => {
            let before = file::read_text(&kept).map_err(|error| error.to_string())?;
            let before: Counts = serde_json::from_str(&before).map_err(|error| error.to_string())?;
            Ok(difference(name(read.kind), before, counts))
        }
    }
}

fn name(kind: CacheKind) -> &'static str {
    match kind {
        CacheKind::Ccache => "ccache",
        CacheKind::Sccache => "sccache",
    }
}

/// Somebody else may set a shared cache to zero between the readings; then the second reading is the difference.
fn difference(name: &str, before: Counts, after: Counts) -> String {
    let since = |before: u64, after: u64| after.checked_sub(before).unwrap_or(after);
    let (hits, misses) = (since(before.hits, after.hits), since(before.misses, after.misses));
    match hits + misses {
        0 => format!("{name}: nothing was compiled through it"),
        all => format!("{name}: {hits} hits, {misses} misses ({}% hits)", hits * 100 / all),
    }
}

fn ccache(text: &str) -> Counts {
    let numbers: BTreeMap<&str, u64> = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(key, n)| Some((key, n.trim().parse().ok()?)))
        .collect();
    let number = |key| numbers.get(key).copied().unwrap_or_default();
    Counts { hits: number("direct_cache_hit") + number("preprocessed_cache_hit"), misses: number("cache_miss") }
}

fn sccache(text: &str) -> Result<Counts, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("sccache's statistics are not JSON: {error}"))?;
    let sum = |key: &str| {
        let counts = value["stats"][key]["counts"].as_object();
        counts.map(|counts| counts.values().filter_map(Value::as_u64).sum()).ok_or_else(|| format!("sccache tells no `{key}`"))
    };
    Ok(Counts { hits: sum("cache_hits")?, misses: sum("cache_misses")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read() {
        let text = "cache_miss\t3\ncache_size_kibibyte\t12\ndirect_cache_hit\t4\npreprocessed_cache_hit\t1\nbad\n";
        assert_eq!(ccache(text), Counts { hits: 5, misses: 3 });
        let text = r#"{"stats":{"cache_hits":{"counts":{"C/C++":2,"HIP":1},"adv_counts":{}},"cache_misses":{"counts":{}}}}"#;
        assert_eq!(sccache(text), Ok(Counts { hits: 3, misses: 0 }));
        assert_eq!(sccache(r#"{"stats":{}}"#), Err("sccache tells no `cache_hits`".to_owned()));
    }

    #[test]
    fn differences_are_told() {
        let counts = |hits, misses| Counts { hits, misses };
        assert_eq!(difference("ccache", counts(5, 3), counts(8, 4)), "ccache: 3 hits, 1 misses (75% hits)");
        assert_eq!(difference("ccache", counts(5, 3), counts(5, 3)), "ccache: nothing was compiled through it");
        assert_eq!(difference("sccache", counts(5, 3), counts(1, 1)), "sccache: 1 hits, 1 misses (50% hits)");
    }
}
