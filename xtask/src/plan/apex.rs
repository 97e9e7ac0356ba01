//! apex.

use manifest::Project;

use super::setting::Setting;
use super::wheel::Recipe;
use crate::request::Problem;

/// How its wheel is built.
pub fn recipe(setting: &Setting) -> Result<Recipe, Problem> {
    let extensions = ["-C--build-option=--cpp_ext", "-C--build-option=--cuda_ext"];
    let args = ["-m", "build", "--wheel", "--no-isolation"].into_iter().chain(extensions);
    Recipe::against_torch(setting, Project::Apex, &args.collect::<Vec<&str>>())
}
