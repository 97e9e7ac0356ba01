//! The five projects whose wheels make a set, in the manifest's fixed order.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::shown::shown;

/// A project that is built into one wheel. It is ordered, and written in JSON, as its manifest key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Project {
    /// PyTorch itself: key `pytorch`, wheel `torch`.
    Pytorch,
    /// Key `pytorch_audio`, wheel `torchaudio`.
    PytorchAudio,
    /// Key `pytorch_vision`, wheel `torchvision`.
    PytorchVision,
    /// Key and wheel `triton`.
    Triton,
    /// Key and wheel `apex`.
    Apex,
}

impl Project {
    /// Every project, in the order in which a manifest lists them.
    pub const ALL: [Self; 5] = [Self::Pytorch, Self::PytorchAudio, Self::PytorchVision, Self::Triton, Self::Apex];

    /// The project's key in a manifest, which is also what it is called on the command line: `pytorch_audio`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pytorch => "pytorch",
            Self::PytorchAudio => "pytorch_audio",
            Self::PytorchVision => "pytorch_vision",
            Self::Triton => "triton",
            Self::Apex => "apex",
        }
    }

    /// The name of the distribution that its wheel installs, as pip knows it: `torchaudio`.
    pub const fn distribution(self) -> &'static str {
        match self {
            Self::Pytorch => "torch",
            Self::PytorchAudio => "torchaudio",
            Self::PytorchVision => "torchvision",
            Self::Triton => "triton",
            Self::Apex => "apex",
        }
    }

    /// The project with this manifest key or distribution name, spelled exactly.
    ///
    /// # Errors
    /// [`UnknownProject`], which lists the names there are.
    pub fn parse(text: &str) -> Result<Self, UnknownProject> {
        Self::ALL
            .into_iter()
            .find(|project| text == project.key() || text == project.distribution())
            .ok_or_else(|| UnknownProject { text: text.to_owned() })
    }
}

/// The manifest key.
impl fmt::Display for Project {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.key())
    }
}

/// A text that names no project.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown project `{}`: expected one of {}", shown(text), names())]
pub struct UnknownProject {
    /// What was asked for.
    pub text: String,
}

/// The keys, each followed by the wheel's name where that is another.
fn names() -> String {
    let name = |project: Project| match (project.key(), project.distribution()) {
        (key, wheel) if key == wheel => format!("`{key}`"),
        (key, wheel) => format!("`{key}` (`{wheel}`)"),
    };
    Project::ALL.map(name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::Project;

    #[test]
    fn keys_and_wheel_names_parse() {
        let table = [
            ("pytorch", "torch", Project::Pytorch),
            ("pytorch_audio", "torchaudio", Project::PytorchAudio),
            ("pytorch_vision", "torchvision", Project::PytorchVision),
            ("triton", "triton", Project::Triton),
            ("apex", "apex", Project::Apex),
        ];
        assert_eq!(table.map(|row| row.2), Project::ALL);
        for (key, wheel, project) in table {
            assert_eq!(Project::parse(key), Ok(project));
            assert_eq!(Project::parse(wheel), Ok(project));
            assert_eq!((project.key(), project.distribution()), (key, wheel));
            assert_eq!(project.to_string(), key);
            assert_eq!(serde_json::to_value(project).unwrap(), key);
            assert_eq!(serde_json::from_value::<Project>(key.into()).unwrap(), project);
        }
        assert!(Project::ALL.is_sorted());
    }

    #[test]
    fn unknown_project() {
        for text in ["pytorch_vison", "", "PyTorch", " torch", "therock"] {
            assert_eq!(
                Project::parse(text).unwrap_err().to_string(),
                format!(
                    "unknown project `{text}`: expected one of `pytorch` (`torch`), `pytorch_audio` (`torchaudio`), \
                     `pytorch_vision` (`torchvision`), `triton`, `apex`"
                )
            );
        }
    }
}
