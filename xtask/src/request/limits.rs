//! How long things may take.

use manifest::Origin;

use super::said::Said;
use crate::cli::LimitArgs;

/// Limits to the time of a build, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeLimits {
    /// Of all of it.
    pub budget: Option<u64>,
    /// Of one job.
    pub stage: Option<u64>,
}

/// What of a budget is kept for writing down what was done: a fiftieth, at most five minutes. In seconds.
pub fn reserve(budget: u64) -> u64 {
    (budget / 50).min(300)
}

pub(super) fn limits(args: &LimitArgs, said: &mut Said) -> TimeLimits {
    let mut seconds = |flag: &'static str, text: &Option<String>| {
        let text = text.as_deref()?;
        match humantime::parse_duration(text) {
            Ok(time) if time.as_secs() > 0 => {
                said.note(flag, text, Origin::Flag);
                Some(time.as_secs())
            }
            _ => {
                let hint = "write `5h40m`, `90m` or `30s`".to_owned();
                said.refuse(flag, format!("`{text}` is not a time of a second or more"), Some(hint));
                None
            }
        }
    };
    TimeLimits { budget: seconds("time-budget", &args.time_budget), stage: seconds("stage-timeout", &args.stage_timeout) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_small() {
        for (budget, expected) in [(1, 0), (49, 0), (100, 2), (15_000, 300), (20_400, 300)] {
            assert_eq!(reserve(budget), expected);
        }
    }
}
