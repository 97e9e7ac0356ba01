//! From values to text.

use std::fmt;

use serde_json::Value;

use crate::model::Manifest;

/// Keys that a build's manifest always has and a source manifest never.
pub(crate) const BUILD_KEYS: [&str; 9] =
    ["amdgpu_family", "gfx_targets", "run_id", "job_id", "ci", "artifacts", "missing", "options", "jobs"];

impl Manifest {
    /// The file's text: JSON in UTF-8, two blanks of indentation, keys in the order of the fields, one newline at the
    /// end. Equal manifests give equal text, but for the order of unknown fields.
    pub fn to_json(&self) -> String {
        self.to_string()
    }
}

/// The file's text; see [`Manifest::to_json`].
impl fmt::Display for Manifest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every map has strings for keys and no float is infinite, which is all that could make this fail.
        let mut value = serde_json::to_value(self).map_err(|_| fmt::Error)?;
        if let (None, Value::Object(keys)) = (self.status, &mut value) {
            // A source manifest comes out as it came in: its format knows neither null nor an empty list.
            let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            keys.retain(|key, value| !(is_empty(value) && BUILD_KEYS.contains(&key.as_str())));
        }
        writeln!(formatter, "{value:#}")
    }
}

#[cfg(test)]
mod tests;
