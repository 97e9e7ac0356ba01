//! Texts with holes: what a plan can say of a text that is born only when a job is done.

use manifest::Project;
use serde::{Serialize, Serializer};

/// A text that may have holes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(Hole),
}

/// What is known only when a job is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hole {
    /// Absolute path of a project's wheel in the output folder.
    Wheel(Project),
    /// `name==version` of a project's wheel.
    Requirement(Project),
    /// The version of a project's wheel.
    Version(Project),
}

impl Hole {
    /// How a hole is shown: `{triton.requirement}`.
    pub fn name(self) -> String {
        let (project, what) = match self {
            Hole::Wheel(project) => (project, "wheel"),
            Hole::Requirement(project) => (project, "requirement"),
            Hole::Version(project) => (project, "version"),
        };
        format!("{{{}.{what}}}", project.distribution())
    }
}

impl Value {
    /// A text without holes.
    pub fn text(text: impl Into<String>) -> Self {
        Value(vec![Part::Text(text.into())])
    }

    /// A single hole.
    pub fn hole(hole: Hole) -> Self {
        Value(vec![Part::Hole(hole)])
    }

    /// This text and then another.
    pub fn then(mut self, other: impl Into<Value>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    /// The text with every hole filled by `fill`, or the first hole that it could not fill.
    pub fn filled(&self, fill: impl Fn(Hole) -> Option<String>) -> Result<String, Hole> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Hole(hole) => text.push_str(&fill(*hole).ok_or(*hole)?),
            }
        }
        Ok(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::text(text)
    }
}

impl From<Hole> for Value {
    fn from(hole: Hole) -> Self {
        Value::hole(hole)
    }
}

/// The text as a plan shows it, holes by their names.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Hole(hole) => f.write_str(&hole.name())?,
            }
        }
        Ok(())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
