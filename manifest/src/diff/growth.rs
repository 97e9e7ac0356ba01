//! How much larger a wheel may become.

use std::fmt;
use std::str::FromStr;

use super::WheelChange;
use crate::shown::shown;

/// By how much a wheel may grow, in thousandths of a percent, so that the comparison is exact.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MaxGrowth(u64);

/// A text that is no percentage.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not a percentage from 0 up with at most three decimals, such as `5%` or `2.5%`", shown(.0))]
pub struct MaxGrowthError(pub String);

impl FromStr for MaxGrowth {
    type Err = MaxGrowthError;

    /// Reads `5%`, `5` or `2.5%`.
    fn from_str(text: &str) -> Result<Self, MaxGrowthError> {
        thousandths(text).map(Self).ok_or_else(|| MaxGrowthError(text.to_owned()))
    }
}

fn thousandths(text: &str) -> Option<u64> {
    let number = text.trim().strip_suffix('%').unwrap_or(text).trim();
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 3 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1000)?.checked_add(format!("{decimals:0<3}").parse().ok()?)
}

/// The percentage: `5 %`, `2.5 %`.
impl fmt::Display for MaxGrowth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:03}", self.0 % 1000);
        match decimals.trim_end_matches('0') {
            "" => write!(formatter, "{} %", self.0 / 1000),
            decimals => write!(formatter, "{}.{decimals} %", self.0 / 1000),
        }
    }
}

/// A wheel that grew by more than it may.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` grew from {before} to {after} bytes, {}, and {max} is allowed", shown(name), percent(*before, *after))]
pub struct Growth {
    /// The distribution in normalised form, or the file's name.
    pub name: String,
    /// Its size before, in bytes.
    pub before: u64,
    /// Its size after, in bytes.
    pub after: u64,
    /// What is allowed.
    pub max: MaxGrowth,
}

pub(super) fn beyond(wheel: &WheelChange, max: MaxGrowth) -> Option<Growth> {
    let (before, after) = (wheel.before.as_ref()?.size_bytes, wheel.after.as_ref()?.size_bytes);
    let allowed = u128::from(before).saturating_mul(100_000 + u128::from(max.0));
    (u128::from(after) * 100_000 > allowed).then(|| Growth { name: wheel.name.clone(), before, after, max })
}

/// The change in percent with one decimal and its sign: `+10.0 %`.
pub(super) fn percent(before: u64, after: u64) -> String {
    if before == 0 {
        return "from nothing".to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let (before, after) = (before as f64, after as f64);
    format!("{:+.1} %", (after - before) / before * 100.0)
}

#[cfg(test)]
mod tests {
    use super::{MaxGrowth, beyond, percent};
    use crate::diff::{WheelChange, WheelFile};

    fn change(before: Option<u64>, after: Option<u64>) -> WheelChange {
        let file = |size_bytes| WheelFile { relative_path: "t".to_owned(), version: None, size_bytes, sha256: String::new() };
        WheelChange { name: "torch".to_owned(), before: before.map(file), after: after.map(file) }
    }

    #[test]
    fn percentages() {
        for (text, shown) in
            [("5%", "5 %"), ("5", "5 %"), ("2.5 %", "2.5 %"), (" 0.125%", "0.125 %"), ("0", "0 %"), ("1000%", "1000 %")]
        {
            assert_eq!(text.parse::<MaxGrowth>().unwrap().to_string(), shown);
        }
        for text in ["", "%", "-1%", "+1", "5%%", "1.%", ".5", "1.2345", "NaN", "inf", "1e3", "five", "99999999999999999999"] {
            assert_eq!(
                text.parse::<MaxGrowth>().unwrap_err().to_string(),
                format!("`{text}` is not a percentage from 0 up with at most three decimals, such as `5%` or `2.5%`")
            );
        }
    }

    #[test]
    fn the_gate_is_exact() {
        let grown = |before, after, max: &str| beyond(&change(before, after), max.parse().unwrap()).is_some();
        for (before, after, max, expected) in [
            (Some(1000), Some(1050), "5%", false),
            (Some(1000), Some(1051), "5%", true),
            (Some(1000), Some(1001), "0.1%", false),
            (Some(1000), Some(1002), "0.1%", true),
            (Some(1000), Some(900), "0%", false),
            (Some(1000), Some(1000), "0%", false),
            (Some(0), Some(1), "100%", true),
            (Some(0), Some(0), "0%", false),
            (Some(u64::MAX), Some(u64::MAX), "18446744073709551%", false),
            (None, Some(1000), "0%", false),
            (Some(1000), None, "0%", false),
        ] {
            assert_eq!(grown(before, after, max), expected, "{before:?} {after:?} {max}");
        }
        assert_eq!(
            beyond(&change(Some(1000), Some(1100)), "5%".parse().unwrap()).unwrap().to_string(),
            "`torch` grew from 1000 to 1100 bytes, +10.0 %, and 5 % is allowed"
        );
        assert_eq!(percent(0, 5), "from nothing");
        assert_eq!(percent(3, 2), "-33.3 %");
    }
}
