//! What was done for each wheel.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Extra;
use crate::project::Project;

/// One wheel's job.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Job {
    /// Whose wheel.
    pub project: Project,
    /// How it ended.
    pub status: JobStatus,
    /// Why, for people: `nothing changed`, `ROCm 7.13.0 -> 7.14.0`.
    pub reason: String,
    /// The named parts of what the wheel depends on; equal parts mean that it can be reused.
    #[serde(default)]
    pub key: BTreeMap<String, String>,
    /// How long it took; absent where nothing ran. In JSON `seconds`, a number with at most three decimals.
    #[serde(default, rename = "seconds", skip_serializing_if = "Option::is_none", with = "seconds")]
    #[cfg_attr(test, schemars(with = "Option<f64>", range(min = 0)))]
    pub duration: Option<Duration>,
    /// The most memory that its processes used together, in bytes, where that could be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// The log, from the work directory on, with forward slashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// What went wrong; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// The wheel was built.
    Built,
    /// The wheel of an earlier run was taken.
    Reused,
    /// A step failed.
    Failed,
    /// It was not started, as something that it waits for is missing.
    Skipped,
    /// The user or the machine stopped it.
    Interrupted,
    /// It ran into its time limit.
    TimedOut,
}

/// Why a job failed. A program ends with an exit code or by a signal, never both; a step that runs none has neither.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failure {
    /// The program's exit code; on Windows possibly a negative one, such as `-1073741819`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The number of the signal that ended it: 9 for a kill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The kind of failure, where it was recognised: `memory`, `disk`, `network`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The command that failed first: the compiler's out of the log, cut where it is long, else the one that the tool ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The first error in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A duration as a JSON number of seconds. It goes through milliseconds, so that no noise of a measurement is written
/// and what is read back is what was written.
mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = duration.map(|duration| (duration.as_secs_f64() * 1000.0).round() / 1000.0);
        seconds.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        let duration = seconds.map(Duration::try_from_secs_f64).transpose();
        duration.map_err(|error| D::Error::custom(format_args!("`seconds` is not a duration: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::Job;

    fn job(seconds: Value) -> Result<Job, serde_json::Error> {
        serde_json::from_value(json!({"project": "triton", "status": "timed_out", "reason": "", "seconds": seconds}))
    }

    #[test]
    fn seconds() {
        for (number, expected) in [
            (json!(12.345), Some(Duration::from_millis(12_345))),
            (json!(5400), Some(Duration::from_secs(5400))),
            (json!(0), Some(Duration::ZERO)),
            (Value::Null, None),
        ] {
            assert_eq!(job(number).unwrap().duration, expected);
        }
        let written = serde_json::to_value(Job { duration: Some(Duration::from_nanos(1_234_567_891)), ..job(json!(1)).unwrap() });
        assert_eq!(written.unwrap()["seconds"], json!(1.235));
        for (number, expected) in [
            (json!(-1), "`seconds` is not a duration: cannot convert float seconds to Duration: value is negative"),
            (
                json!(1e300),
                "`seconds` is not a duration: cannot convert float seconds to Duration: value is either too big or NaN",
            ),
            (json!("1"), "invalid type: string \"1\", expected f64"),
        ] {
            assert_eq!(job(number).unwrap_err().to_string(), expected);
        }
    }
}
