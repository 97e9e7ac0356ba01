//! What the distributions of an environment bring and require (`installed.py`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The distributions of an environment, by normalised name.
pub type Installed = BTreeMap<String, Distribution>;

/// An installed distribution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// Its version.
    pub version: String,
    /// Its `Requires-Dist` lines.
    pub requires: Vec<String>,
    /// Its libraries: their paths as its `RECORD` spells them.
    pub libraries: Vec<String>,
}
