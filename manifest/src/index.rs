//! The index of a matrix: the manifests of all its runs, and the runs that there should have been.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::Identity;
use crate::merge::{MergeError, Misfit, merge};
use crate::model::{Extra, Manifest, SchemaVersion};

/// The index of a matrix: one manifest per run, and what was planned and is missing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Index {
    /// Always 1.
    pub schema_version: SchemaVersion,
    /// The manifests, each with a `platform`, `python_version`, `pytorch_git_ref` and `gfx_targets` of its own.
    pub runs: Vec<Manifest>,
    /// The runs that were planned and have no manifest. A run whose manifest lacks wheels is in `runs`: see its `status`.
    pub missing: Vec<Identity>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Index {
    /// The index of these manifests. Those of one identity are joined with [`merge`]; the order of first appearance stays.
    /// A run that nobody planned is listed like the others.
    ///
    /// # Errors
    /// [`MergeError`], for a manifest without an identity too.
    pub fn new(planned: &[Identity], manifests: Vec<Manifest>) -> Result<Self, MergeError> {
        let mut groups: Vec<Group> = Vec::new();
        for (position, manifest) in (1..).zip(manifests) {
            let identity = manifest.identity().ok_or(MergeError::Part { position, misfit: Misfit::NoIdentity })?;
            match groups.iter_mut().find(|group| group.identity == identity) {
                Some(group) => group.add(position, manifest),
                None => groups.push(Group { identity, positions: vec![position], manifests: vec![manifest] }),
            }
        }
        let is_there = |planned: &Identity| groups.iter().any(|group| group.identity == *planned);
        Ok(Self {
            schema_version: SchemaVersion,
            missing: planned.iter().filter(|planned| !is_there(planned)).cloned().collect(),
            runs: groups.iter().map(Group::merge).collect::<Result<_, _>>()?,
            extra: Extra::new(),
        })
    }

    /// The file's text: JSON in UTF-8, two blanks of indentation, one newline at the end.
    pub fn to_json(&self) -> String {
        self.to_string()
    }
}

/// Manifests of one build, and where each stands in the whole list.
struct Group {
    identity: Identity,
    positions: Vec<usize>,
    manifests: Vec<Manifest>,
}

impl Group {
    fn add(&mut self, position: usize, manifest: Manifest) {
        self.positions.push(position);
        self.manifests.push(manifest);
    }

    fn merge(&self) -> Result<Manifest, MergeError> {
        merge(&self.manifests).map_err(|error| error.among(&self.positions))
    }
}

/// The file's text; see [`Index::to_json`].
impl fmt::Display for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = serde_json::to_value(self).map_err(|_| fmt::Error)?;
        writeln!(formatter, "{value:#}")
    }
}

#[cfg(test)]
mod tests;
