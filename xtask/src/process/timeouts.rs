//! How long the tool waits for programs to end, and before it retries. `THEROCK_XTASK_TIME_SCALE` shortens all of it in tests.

use std::sync::OnceLock;
use std::time::Duration;

/// What every wait is multiplied by, once the environment is known.
static SCALE: OnceLock<f64> = OnceLock::new();

/// How often the tool looks whether a program that was told to end has ended.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How long a killed program may take to disappear: the kernel may still be writing for it. Not scaled: killed programs disappear within milliseconds.
pub(super) const REAP_TIMEOUT: Duration = Duration::from_secs(5);

/// Multiplies every wait of this process by `scale`, which is greater than 0. Only the first call counts.
pub fn scale_waits(scale: f64) {
    let _ = SCALE.set(scale);
}

fn scaled(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into()).mul_f64(*SCALE.get().unwrap_or(&1.0))
}

/// How long programs may take to clean up when the tool itself is told to end: 10 s.
pub(super) fn shutdown_grace() -> Duration {
    scaled(10)
}

/// How long one program may take to clean up after SIGTERM: 5 s. git removes its lock files then.
pub(super) fn term_timeout() -> Duration {
    scaled(5)
}

/// How long the output of a program that has ended may stay open without a byte: 1 s. A daemon that it started may hold it for ever.
pub(super) fn output_drain() -> Duration {
    scaled(1)
}

/// The same, while something still writes: 10 s.
pub(super) fn longest_output_drain() -> Duration {
    scaled(10)
}

/// The pauses before the second and the third try of a program that uses the network: 2 s and 10 s.
pub fn retry_pauses() -> [Duration; 2] {
    [scaled(2), scaled(10)]
}
