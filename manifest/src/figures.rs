//! Numbers for people.

/// A number of bytes for people.
pub fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", units[unit])
}

/// A number of seconds for people.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
    }
}

/// A number of things: `1 wheel`, `2 wheels`.
pub fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([0, 1, 2].map(|number| counted(number, "wheel")), ["0 wheels", "1 wheel", "2 wheels"]);
        assert_eq!([size(0), size(1536), size(5 << 30)], ["0.0 KiB", "1.5 KiB", "5.0 GiB"]);
        assert_eq!([duration(0.04), duration(59.4), duration(61.0), duration(7322.0)], ["0.0s", "59.4s", "1m01s", "2h02m"]);
    }
}
