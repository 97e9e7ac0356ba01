//! The miniature sources and SDK of `--demo`, carried in the program, and the job that lays them out.

use manifest::Sha256;
use sha2::{Digest, Sha256 as Hasher};

use crate::facts::{Facts, Looks, Seen};
use crate::host::Host;
use crate::plan::{Action, Command, Job, Step, python};
use crate::request::{DEMO_ROCM, Places, Problem, Request};

macro_rules! carried {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../demo/", $path))),)*]
    };
}

/// Every file below `xtask/demo`: its path there, and its text.
static FILES: &[(&str, &str)] = carried![
    "make_origins.py",
    "make_sdk.py",
    "rocm_sdk/__init__.py",
    "rocm_sdk/__main__.py",
    "rocm_sdk/_devel.py",
    "sources/apex/.gitignore",
    "sources/apex/apex/__init__.py",
    "sources/apex/csrc/dot.cpp",
    "sources/apex/csrc/scale_cuda.cpp",
    "sources/apex/pyproject.toml",
    "sources/apex/setup.py",
    "sources/apex/version.txt",
    "sources/fakelib/fakelib_cuda.h",
    "sources/pytorch/.ci/docker/ci_commit_pins/triton.txt",
    "sources/pytorch/.ci/docker/triton_version.txt",
    "sources/pytorch/.gitignore",
    "sources/pytorch/.gitmodules",
    "sources/pytorch/pyproject.toml",
    "sources/pytorch/related_commits",
    "sources/pytorch/requirements-build.txt",
    "sources/pytorch/requirements.txt",
    "sources/pytorch/setup.py",
    "sources/pytorch/tools/amd_build/build_amd.py",
    "sources/pytorch/tools/scikit_build_core/__init__.py",
    "sources/pytorch/tools/scikit_build_core/build.py",
    "sources/pytorch/torch/__init__.py",
    "sources/pytorch/torch/csrc/bindings.cpp",
    "sources/pytorch/torch/csrc/device_cuda.cpp",
    "sources/pytorch/torch/csrc/device_cuda.h",
    "sources/pytorch/torch/cuda.py",
    "sources/pytorch/torch/utils/__init__.py",
    "sources/pytorch/torch/utils/cpp_extension.py",
    "sources/pytorch/torch/utils/hipify.py",
    "sources/pytorch/torch/utils/offload.py",
    "sources/pytorch/version.txt",
    "sources/pytorch_audio/.gitignore",
    "sources/pytorch_audio/.gitmodules",
    "sources/pytorch_audio/setup.py",
    "sources/pytorch_audio/torchaudio/__init__.py",
    "sources/pytorch_audio/torchaudio/csrc/gain_cuda.cpp",
    "sources/pytorch_audio/torchaudio/functional.py",
    "sources/pytorch_audio/version.txt",
    "sources/pytorch_vision/.gitignore",
    "sources/pytorch_vision/setup.py",
    "sources/pytorch_vision/torchvision/__init__.py",
    "sources/pytorch_vision/torchvision/csrc/iou_cuda.cpp",
    "sources/pytorch_vision/torchvision/ops.py",
    "sources/pytorch_vision/version.txt",
    "sources/triton/.gitignore",
    "sources/triton/python/requirements.txt",
    "sources/triton/python/src/compiler.cpp",
    "sources/triton/python/triton/__init__.py",
    "sources/triton/python/triton/compiler.py",
    "sources/triton/setup.py",
];

/// What the demo's builds require and pip must download.
pub const REQUIREMENTS: [&str; 2] = ["ninja", "setuptools>=70.2"];

/// The job that lays the demo out, unless that was done already for the same targets.
///
/// # Errors
/// If there is no Python or git to do it with.
pub fn job(request: &Request, host: &Host, looks: &Looks, facts: &Facts) -> Result<Option<Job>, Problem> {
    let python = &python::choose(request, facts)?.executable;
    let places = &request.places;
    let mark = mark(places, &request.gfx.commas());
    if looks.at(&mark) == Seen::File {
        return Ok(None);
    }
    let git = looks.programs.get("git").ok_or_else(|| Problem::new("`git` is not found"))?;
    let join = |base: &str, rest: &str| host.platform.join(base, rest);
    let (files, origins, sdk) = (places.demo("files"), places.demo("origins"), places.demo("sdk"));
    let script = |name: &str| Command::new(python, &places.work, &["-I", &join(&files, name)]);
    let mut job = Job::new("demo");
    job.why = vec![format!("the miniature sources and SDK are laid out in `{}`", places.work)];
    job.steps = [&files, &origins, &sdk].map(|path| Step::new("making room", Action::Remove(path.clone()))).into();
    job.steps
        .push(Step::new("writing the files that the tool carries", Action::WriteFiles { folder: files.clone(), files: FILES }));
    let sources = join(&files, "sources");
    let targets = request.gfx.targets.iter().map(|target| target.split(':').next().unwrap_or_default());
    let targets = targets.collect::<Vec<_>>().join(",");
    job.steps.extend([
        Step::run(
            "committing the miniature sources",
            script("make_origins.py").args(["--git", git, "--sources", &sources, "--output", &origins]),
        ),
        Step::run(
            "writing the miniature ROCm SDK",
            script("make_sdk.py").args(["--output", &sdk, "--version", DEMO_ROCM, "--targets", &targets]),
        ),
        Step::new("noting that it is done", Action::Write { path: mark, text: String::new() }),
    ]);
    Ok(Some(job))
}

/// The file that says that this demo is laid out for these targets.
pub fn mark(places: &Places, targets: &str) -> String {
    let mut hash = Hasher::new();
    for (path, text) in FILES {
        hash.update(format!("{path}\0{text}\0"));
    }
    hash.update(targets);
    let digest = Sha256::from(<[u8; 32]>::from(hash.finalize()));
    places.platform.join(&places.demo("sdk"), &format!(".laid-out-{digest:.16}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::{FILES, REQUIREMENTS};

    #[test]
    fn the_downloaded_requirements_are_what_builds_require() {
        let lists = ["sources/triton/python/requirements.txt", "sources/pytorch/requirements-build.txt"];
        let text = |list: &str| FILES.iter().find(|(path, _)| *path == list).unwrap().1;
        let required: BTreeSet<&str> = lists.into_iter().flat_map(|list| text(list).lines()).collect();
        assert_eq!(required, REQUIREMENTS.into());
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test looks for itself")]
    fn every_file_is_carried() {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true if path.ends_with("__pycache__") => {}
                    true => walk(&path, found),
                    false => found.push(path),
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        let mut found = Vec::new();
        walk(&root, &mut found);
        let mut found: Vec<String> =
            found.iter().map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/")).collect();
        found.sort();
        assert_eq!(FILES.iter().map(|(path, _)| path.to_string()).collect::<Vec<_>>(), found);
    }
}
