//! torchaudio.

use manifest::Project;

use super::setting::Setting;
use super::wheel::Recipe;
use crate::host::Platform;
use crate::request::Problem;

/// How its wheel is built.
pub fn recipe(setting: &Setting) -> Result<Recipe, Problem> {
    let mut recipe = Recipe::against_torch(setting, Project::PytorchAudio, &["setup.py", "bdist_wheel"])?;
    for (key, value) in [("USE_ROCM", "1"), ("USE_CUDA", "0"), ("USE_FFMPEG", "1"), ("USE_OPENMP", "1"), ("BUILD_SOX", "0")] {
        recipe.set(key, value);
    }
    if setting.host.platform == Platform::Windows {
        recipe.set("DISTUTILS_USE_SDK", "1");
    }
    Ok(recipe)
}
