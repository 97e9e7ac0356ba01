//! torchvision.

use manifest::Project;

use super::against::Torch;
use super::setting::Setting;
use super::wheel::Recipe;
use super::{Hole, Value, naming};
use crate::host::Platform;
use crate::request::Problem;
use crate::version::normalize;

/// How its wheel is built.
pub fn recipe(setting: &Setting, torch: &Torch) -> Result<Recipe, Problem> {
    let mut recipe = Recipe::against_torch(setting, Project::PytorchVision, &["setup.py", "bdist_wheel"])?;
    if let Some(version) = recipe.env.get("BUILD_VERSION").cloned() {
        recipe.env.insert("VERSION_NAME".to_owned(), version);
    }
    // Without `FORCE_CUDA` a machine that has no GPU would get a wheel that has no GPU code.
    for (key, value) in [("FORCE_CUDA", "1"), ("TORCHVISION_USE_NVJPEG", "0"), ("TORCHVISION_USE_VIDEO_CODEC", "0")] {
        recipe.set(key, value);
    }
    if setting.host.platform == Platform::Windows {
        recipe.set("DISTUTILS_USE_SDK", "1");
    }
    if let Some((version, why)) = torch_version(setting, torch)? {
        recipe.set("PYTORCH_VERSION", version);
        recipe.why.push(why);
    }
    Ok(recipe)
}

/// The version that torchvision's wheel requires of torch, so that the two are installed together or not at all.
fn torch_version(setting: &Setting, torch: &Torch) -> Result<Option<(Value, String)>, Problem> {
    let spelled = |version: &str| normalize(version).unwrap_or_else(|_| version.to_owned());
    let (version, whose) = match torch {
        Torch::Own => match naming::version(setting, Project::Pytorch)?.planned {
            Some(version) => (Value::text(spelled(&version)), "which this request builds"),
            None => (Value::hole(Hole::Version(Project::Pytorch)), "which this request builds"),
        },
        Torch::Wheel { version, .. } => (Value::text(spelled(version)), "which is recorded in the output"),
        Torch::Installed { version } => (Value::text(spelled(version)), "which is installed"),
        Torch::Unknown(_) => return Ok(None),
    };
    let why = format!("requires torch {version}, {whose}");
    Ok(Some((version, why)))
}
