//! torch: the one wheel that is configured by hand, installed and tried.

use manifest::Project;

use super::setting::Setting;
use super::wheel::Recipe;
use super::{Action, Hole, Step, Value, env, naming};
use crate::cli::Wish;
use crate::facts::Facts;
use crate::gfx::supports_flash_attention;
use crate::host::{Host, Platform};
use crate::request::{Problem, Request, dir_flag};

/// Microsoft's OpenMP, which torch's libraries need at run time; a key of the facts' libraries.
pub const OPENMP: &str = "libomp140.x86_64.dll";

/// The variable below whose folder Microsoft's compiler keeps it.
pub const OPENMP_ROOT: &str = "VCToolsRedistDir";

/// libuv, for torch's distributed package; a key of the facts' libraries.
pub const LIBUV: &str = "uv.dll";

/// The variable below whose folder it is, if it is to be used.
pub const LIBUV_ROOT: &str = "libuv_ROOT";

/// The libraries that `import torch` loads first, by their names in the ROCm packages.
const PRELOADED_ON_LINUX: [&str; 22] = [
    "amd_comgr",
    "amd_smi",
    "amdhip64",
    "hiprtc",
    "hipblas",
    "hipfft",
    "hiprand",
    "hipsparse",
    "hipsparselt",
    "hipsolver",
    "hipblaslt",
    "miopen",
    "hipdnn",
    "rocm_sysdeps_liblzma",
    "rocm-openblas",
    "rocm_smi64",
    "rocprofiler-sdk",
    "rocprofiler-sdk-roctx",
    "roctracer64",
    "roctx64",
    "rccl",
    "hipfile",
];

/// The same on Windows. The packages skip `hipsparselt`, which has no DLL there.
const PRELOADED_ON_WINDOWS: [&str; 13] = [
    "amd_comgr",
    "amdhip64",
    "hiprtc",
    "hipblas",
    "hipfft",
    "hiprand",
    "hipsparse",
    "hipsparselt",
    "hipsolver",
    "hipblaslt",
    "miopen",
    "hipdnn",
    "rocm-openblas",
];

/// The libraries that `import torch` loads first, in their order.
pub fn preloaded(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Linux => &PRELOADED_ON_LINUX,
        Platform::Windows => &PRELOADED_ON_WINDOWS,
    }
}

/// Whether torch has flash attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// `ON` or `OFF`, as torch's build takes it.
    pub switch: &'static str,
    /// Why.
    pub why: String,
    /// What users should know of it.
    pub warning: Option<String>,
}

/// Decides flash attention, which aotriton brings: one target that it supports is enough, and without any it cannot be configured.
pub fn attention(request: &Request, platform: Platform) -> Attention {
    let (supported, other): (Vec<&str>, Vec<&str>) =
        request.gfx.targets.iter().map(String::as_str).partition(|target| supports_flash_attention(target));
    let on = |why: String, warning| Attention { switch: "ON", why: format!("flash attention on: {why}"), warning };
    let off = |why: String, warning| Attention { switch: "OFF", why: format!("flash attention off: {why}"), warning };
    match request.flash_attention {
        Wish::Yes => on(
            "`--enable-pytorch-flash-attention` says so".to_owned(),
            supported.is_empty().then(|| {
                format!(
                    "flash attention is asked for, but aotriton supports none of {}: torch's configuration may fail",
                    other.join(", ")
                )
            }),
        ),
        Wish::No => off("`--no-enable-pytorch-flash-attention` says so".to_owned(), None),
        Wish::Unsaid if supported.is_empty() => off(format!("aotriton supports none of {}", other.join(", ")), None),
        Wish::Unsaid if platform == Platform::Linux && !request.builds(Project::Triton) => off(
            "triton is not built".to_owned(),
            Some("torch is built without flash attention, because triton is not built; `--build-triton` changes that".to_owned()),
        ),
        Wish::Unsaid => {
            let verb = if supported.len() == 1 { "is" } else { "are" };
            on(format!("{} {verb} supported by aotriton", supported.join(", ")), None)
        }
    }
}

/// How its wheel is built.
pub fn recipe(setting: &Setting) -> Result<Recipe, Vec<Problem>> {
    let (version, project) = (naming::version(setting, Project::Pytorch), has_project_file(setting));
    let version = match (version, project) {
        (Ok(version), Ok(())) => version,
        (version, project) => return Err(version.err().into_iter().chain(project.err()).collect()),
    };
    let attention = attention(setting.request, setting.host.platform);
    let (env, mut why) = env::common(setting);
    why.insert(0, version.why);
    let mut recipe = Recipe::new(setting, Project::Pytorch, &["-m", "build", "--wheel", "--no-isolation"], (env, why));
    recipe.version = version.planned;
    recipe.warnings.extend(version.warning);
    recipe.args.extend(more_args(setting, &attention));
    configure(setting, &version.told, &attention, &mut recipe);
    recipe.before = before(setting);
    recipe.warnings.extend(setting.loss("torch"));
    if setting.host.platform == Platform::Windows {
        recipe.warnings.extend(setting.loss("ninja"));
    }
    recipe.after = after(setting);
    Ok(recipe)
}

/// How its wheel of an earlier run is installed, as it would have been after its build, with all that its build would have installed.
pub fn reinstalled(setting: &Setting) -> Vec<Step> {
    requirements(setting).into_iter().chain(after(setting)).collect()
}

/// What follows once its wheel is there.
fn after(setting: &Setting) -> Vec<Step> {
    let sanity = setting.run(&setting.host.temp_dir(), &["-c", "import torch; print(torch.cuda.is_available())"]);
    vec![
        setting.install("torch", Hole::Wheel(Project::Pytorch), &triton_links(setting)),
        Step::run("trying whether torch can be imported", sanity),
    ]
}

/// The variables that configure torch.
fn configure(setting: &Setting, version: &str, attention: &Attention, recipe: &mut Recipe) {
    for (key, value) in [
        ("USE_ROCM", "ON"),
        ("USE_CUDA", "OFF"),
        ("USE_MPI", "OFF"),
        ("USE_NUMA", "OFF"),
        ("PYTORCH_BUILD_VERSION", version),
        (naming::BUILD_NUMBER, &setting.request.naming.build_number),
        ("USE_FLASH_ATTENTION", attention.switch),
        ("USE_MEM_EFF_ATTENTION", attention.switch),
    ] {
        recipe.set(key, value);
    }
    let rocm = format!("rocm[libraries]=={}", setting.rocm.sdk_version);
    recipe.why.push(format!("requires `{rocm}`: the SDK that it is built with"));
    let mut requirements = Value::text(rocm);
    if setting.request.builds(Project::Triton) {
        let triton = Value::hole(Hole::Requirement(Project::Triton));
        recipe.why.push("requires the triton that this request builds, in its version".to_owned());
        requirements = requirements.then("|").then(triton);
    }
    recipe.set("PYTORCH_EXTRA_INSTALL_REQUIREMENTS", requirements);
    match setting.host.platform {
        Platform::Linux => {
            let root = &setting.rocm.root;
            let folder = |path: &str| env::flag_path(&setting.join(root, path));
            env::append(&mut recipe.env, "CXXFLAGS", &format!("-I{}", folder("lib/rocm_sysdeps/include")));
            env::append(&mut recipe.env, "CXXFLAGS", &format!("-I{}", folder("include/roctracer")));
            env::append(&mut recipe.env, "LDFLAGS", &format!("-L{}", folder("lib/rocm_sysdeps/lib")));
            env::system_libraries(setting, &mut recipe.env);
        }
        Platform::Windows => {
            recipe.set("DISTUTILS_USE_SDK", "1");
            recipe.set("BUILD_TEST", "0");
        }
    }
}

/// What scikit-build-core must be told to pack although git ignores it, and what Windows needs.
fn more_args(setting: &Setting, attention: &Attention) -> Vec<String> {
    let windows = setting.host.platform == Platform::Windows;
    let mut files = Vec::new();
    if setting.checkout(Project::Pytorch).scikit_build_core {
        files.push("torch/_rocm_init.py");
        if windows {
            files.push("torch/lib/libomp140.x86_64.dll");
        }
        if windows && attention.switch == "ON" {
            files.extend(["torch/lib/aotriton_v2.dll", "torch/lib/liblzma.dll"]);
        }
    }
    let mut args: Vec<String> = files.iter().map(|file| format!("-Cwheel.force-include.{file}={file}")).collect();
    // ninja was just removed from the environment, and the one on `PATH` is no Python package.
    args.extend(windows.then(|| "--skip-dependency-check".to_owned()));
    args
}

/// Everything up to the build.
fn before(setting: &Setting) -> Vec<Step> {
    let dir = setting.dir(Project::Pytorch);
    let file = |name: &str| setting.join(dir, name);
    let preload = Action::Write { path: file("torch/_rocm_init.py"), text: rocm_init(setting) };
    let mut steps = vec![Step::new("writing what loads ROCm's libraries when torch is imported", preload)];
    steps.extend(libraries(setting));
    steps.extend(requirements(setting));
    steps
}

/// The environment that torch is built in.
fn requirements(setting: &Setting) -> Vec<Step> {
    let dir = setting.dir(Project::Pytorch);
    let file = |name: &str| setting.join(dir, name);
    let backend = file("requirements-build.txt");
    let mut builders = vec!["build"];
    if setting.checkout(Project::Pytorch).present.contains("requirements-build.txt") {
        builders.extend(["-r", &backend]);
    }
    let mut steps = vec![
        setting.pip_uninstall("torch", &setting.host.temp_dir()),
        setting.pip_install("torch's requirements", dir, &["-r", &file("requirements.txt")]),
        setting.pip_install("what builds torch", dir, &builders),
    ];
    if setting.host.platform == Platform::Windows {
        // The ninja of the package index hangs or fails on Windows; torch's requirements have just brought it.
        steps.push(setting.pip_uninstall("ninja", dir));
    }
    steps
}

/// The module that loads ROCm's libraries, for all to see, before torch's own.
fn rocm_init(setting: &Setting) -> String {
    let names: Vec<String> = preloaded(setting.host.platform).iter().map(|name| format!("'{name}'")).collect();
    let call =
        format!("        preload_shortnames=[{}],\n        check_version='{}')\n", names.join(", "), setting.rocm.sdk_version);
    format!("\ndef initialize():\n    import rocm_sdk\n    rocm_sdk.initialize_process(\n{call}")
}

/// On Windows triton is built but not installed, and the index has none of its version: pip finds it beside torch.
fn triton_links<'a>(setting: &Setting<'a>) -> Vec<&'a str> {
    match setting.host.platform {
        Platform::Windows if setting.request.builds(Project::Triton) => {
            vec!["--find-links", setting.request.places.output.as_str()]
        }
        _ => Vec::new(),
    }
}

/// Copies the libraries that torch's wheel must bring on Windows.
fn libraries(setting: &Setting) -> Vec<Step> {
    let copy = |name: &str| {
        let from = setting.facts.libraries.get(name)?.clone();
        let to = setting.join(setting.dir(Project::Pytorch), &format!("torch/lib/{name}"));
        Some(Step::new(format!("copying `{name}` into torch"), Action::Copy { from, to }))
    };
    match setting.host.platform {
        Platform::Linux => Vec::new(),
        Platform::Windows => [OPENMP, LIBUV].into_iter().filter_map(copy).collect(),
    }
}

/// Those of the libraries that are needed and are not there.
pub fn missing_libraries(request: &Request, host: &Host, facts: &Facts) -> Vec<Problem> {
    let mut problems = Vec::new();
    if host.platform == Platform::Linux || !request.builds(Project::Pytorch) {
        return problems;
    }
    match host.var(OPENMP_ROOT) {
        _ if facts.libraries.contains_key(OPENMP) => {}
        Some(root) => problems.push(
            Problem::new(format!("`{OPENMP}`, which torch needs, is not below `{root}`"))
                .hint("install the redistributable files of Visual Studio's C++ tools"),
        ),
        None => problems.push(
            Problem::new(format!("`{OPENMP}`, which torch needs, cannot be found: the variable `{OPENMP_ROOT}` is not set"))
                .hint("start from a developer prompt of Visual Studio (`vcvars64.bat`)"),
        ),
    }
    // Whoever names a libuv wants it; without one, torch is built without.
    if let Some(root) = host.var(LIBUV_ROOT).filter(|_| !facts.libraries.contains_key(LIBUV)) {
        problems.push(
            Problem::new(format!("there is no `bin\\{LIBUV}` in `{root}`, which the variable `{LIBUV_ROOT}` names"))
                .hint(format!("unset `{LIBUV_ROOT}`, or let it name the folder of libuv")),
        );
    }
    problems
}

fn has_project_file(setting: &Setting) -> Result<(), Problem> {
    if setting.checkout(Project::Pytorch).present.contains("pyproject.toml") {
        return Ok(());
    }
    let dir = setting.dir(Project::Pytorch);
    Err(Problem::new(format!("the sources of torch in `{dir}` have no `pyproject.toml`"))
        .hint(format!("is `{dir}` a checkout of torch? Otherwise name one with `{}`", dir_flag(Project::Pytorch))))
}
