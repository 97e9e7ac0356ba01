//! What a folder of wheels holds, as whoever looked at it tells.

use crate::checked::{RelativePath, Sha256};
use crate::model::{Artifact, Extra, Labels};
use crate::project::Project;
use crate::wheel::{WheelFault, WheelName, WheelNameError};

/// One file of a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FolderFile {
    /// The file, from the folder on, with forward slashes. A name that is not UTF-8 cannot be told here: whoever lists the
    /// folder refuses it.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub sha256: Sha256,
}

impl FolderFile {
    /// The artifact that this file is, with what its name says.
    pub(crate) fn artifact(&self, relative_path: RelativePath, build_variant: &str) -> Artifact {
        let (labels, _) = Labels::of_name(relative_path.file_name(), build_variant);
        Artifact {
            size_bytes: self.size_bytes,
            sha256: self.sha256.clone(),
            source: labels.distribution.as_deref().and_then(source),
            labels,
            planned_version: None,
            requires_dist: None,
            gfx_targets: None,
            split_from: None,
            extra: Extra::new(),
            relative_path,
        }
    }
}

impl Labels {
    /// What a file's name (not a path) says, and what is wrong with it: of a name that is no wheel's there are only the two
    /// labels that every artifact has, and if it is only the version, all others.
    pub fn of_name(name: &str, build_variant: &str) -> (Self, Option<WheelNameError>) {
        match WheelName::parse(name) {
            Ok(wheel) => (wheel.labels(build_variant), None),
            Err(error) => {
                let labels = without_version(&error).map(|wheel| Self { version: None, ..wheel.labels(build_variant) });
                (labels.unwrap_or_else(|| Self::new(build_variant)), Some(error))
            }
        }
    }
}

/// The name with a version in place of that which is none. An empty one is not a version that is unusual, but none at all.
fn without_version(error: &WheelNameError) -> Option<WheelName> {
    let WheelFault::Version(version) = &error.fault else { return None };
    let (distribution, rest) = error.name.split_once('-')?;
    let rest = rest.strip_prefix(version.as_str()).filter(|_| !version.is_empty())?;
    WheelName::parse(&format!("{distribution}-0{rest}")).ok()
}

/// The project that a wheel comes from: its own, or that whose device code it holds.
pub(crate) fn source(distribution: &str) -> Option<Project> {
    let distribution = crate::wheel::normalized(distribution);
    let name = device_of(&distribution).map_or(distribution.as_str(), |(host, _)| host);
    Project::ALL.into_iter().find(|project| project.distribution() == name)
}

/// For the normalised name of a wheel of device code: the distribution that the code was split from, and the GPU target.
/// `amd-torch-device-gfx942` gives `torch` and `gfx942`.
pub(crate) fn device_of(distribution: &str) -> Option<(&str, &str)> {
    let (host, target) = distribution.strip_prefix("amd-")?.split_once("-device-")?;
    target.starts_with("gfx").then_some((host, target))
}

#[cfg(test)]
mod tests {
    use super::{Labels, device_of, source};
    use crate::project::Project;

    #[test]
    fn labels_of_names() {
        let table = [
            ("torch-2.7.0-1-cp312-cp312-win_amd64.whl", "torch 2.7.0 1 cp312 cp312 win_amd64", ""),
            (
                "torch-2.7.0_rocm-1-cp312-cp312-win_amd64.whl",
                "torch - 1 cp312 cp312 win_amd64",
                "`torch-2.7.0_rocm-1-cp312-cp312-win_amd64.whl` is not a wheel's file name: version `2.7.0_rocm` is not a PEP 440 version",
            ),
            (
                "torch-2.7.0_rocm-x-cp312-cp312-win_amd64.whl",
                "- - - - - -",
                "`torch-2.7.0_rocm-x-cp312-cp312-win_amd64.whl` is not a wheel's file name: version `2.7.0_rocm` is not a PEP 440 version",
            ),
            (
                "torch--cp312-cp312-win_amd64.whl",
                "- - - - - -",
                "`torch--cp312-cp312-win_amd64.whl` is not a wheel's file name: version `` is not a PEP 440 version",
            ),
            (
                "torch.whl",
                "- - - - - -",
                "`torch.whl` is not a wheel's file name: it has 1 of the 5 or 6 fields that dashes separate",
            ),
        ];
        for (name, expected, problem) in table {
            let (labels, error) = Labels::of_name(name, "asan");
            let parts =
                [labels.distribution, labels.version, labels.build_tag, labels.python_tag, labels.abi_tag, labels.platform_tag];
            assert_eq!(parts.map(|part| part.unwrap_or_else(|| "-".to_owned())).join(" "), expected);
            assert_eq!(error.map(|error| error.to_string()).unwrap_or_default(), problem);
            assert_eq!((labels.framework.as_str(), labels.build_variant.as_str()), ("pytorch", "asan"));
        }
    }

    #[test]
    fn sources_of_distributions() {
        let table = [
            ("torch", Some(Project::Pytorch)),
            ("TorchVision", Some(Project::PytorchVision)),
            ("amd_torch_device_gfx942", Some(Project::Pytorch)),
            ("amd_torchvision_device_gfx90a", Some(Project::PytorchVision)),
            ("amd_torch_device_cpu", None),
            ("amd_other_device_gfx942", None),
            ("rocm_sdk_core", None),
        ];
        for (distribution, project) in table {
            assert_eq!(source(distribution), project, "{distribution}");
        }
        assert_eq!(device_of("amd-torch-device-gfx942"), Some(("torch", "gfx942")));
        assert_eq!(device_of("amd-device-gfx942"), None);
    }
}
