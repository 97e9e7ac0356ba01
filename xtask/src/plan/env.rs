//! The environment of the build commands: what is common to all wheels, and what the user said last.

use manifest::Project;

use super::setting::Setting;
use super::{Env, Value, cache, inherited};
use crate::host::{Host, NETWORK_TIMEOUT, Platform};
use crate::request::Request;

/// Warnings that gcc raises on PyTorch's sources and that some projects make errors.
const GCC_WORKAROUND: &str = " -Wno-error=maybe-uninitialized -Wno-error=uninitialized -Wno-error=restrict ";

/// Keeps CMake from finding the SDK's LLVM where triton needs its own.
pub const OWN_LLVM: &str = "-DCMAKE_FIND_USE_CMAKE_ENVIRONMENT_PATH=FALSE";

/// Folders of the SDK that decide something; they are looked for in every SDK.
pub const SDK_FOLDERS: [&str; 3] = [DEVICE_LIBRARIES, HOST_MATH, "lib/rocm_sysdeps"];

const DEVICE_LIBRARIES: &str = "lib/llvm/amdgcn/bitcode";
const HOST_MATH: &str = "lib/host-math";

/// Inherited variables that plans are made from, beside those that builds read.
const READ_BY_PLANS: [&str; 14] = [
    NETWORK_TIMEOUT,
    "HOME",
    "LD_LIBRARY_PATH",
    "MAX_JOBS",
    "PATH",
    "PKG_CONFIG_PATH",
    "SOURCE_DATE_EPOCH",
    "SYSTEMROOT",
    "TEMP",
    "TMPDIR",
    "USERPROFILE",
    "VCTOOLSREDISTDIR",
    "VIRTUAL_ENV",
    "LIBUV_ROOT",
];

/// Whether a plan depends on an inherited variable of this name, or a build reads it.
pub fn matters(name: &str) -> bool {
    READ_BY_PLANS.contains(&name.to_ascii_uppercase().as_str()) || inherited::is_read_by_builds(name)
}

/// Gives a variable a value.
pub fn set(env: &mut Env, key: &str, value: impl Into<Value>) {
    env.insert(key.to_owned(), Some(value.into()));
}

/// Adds to a variable of flags, each followed by a blank.
pub fn append(env: &mut Env, key: &str, flag: &str) {
    let present = env.remove(key).flatten().unwrap_or_else(|| Value::text(""));
    set(env, key, present.then(format!("{flag} ")));
}

/// A path as it stands in a variable of flags, which builders split at blanks as a shell would.
pub fn flag_path(path: &str) -> String {
    if path.contains(char::is_whitespace) { format!("\"{path}\"") } else { path.to_owned() }
}

/// The variables that every build begins with, and what there is to say of them.
pub fn common(setting: &Setting) -> (Env, Vec<String>) {
    let Setting { rocm, host, request, .. } = setting;
    let mut env = Env::new();
    set(&mut env, "PYTHONUTF8", "1");
    set(&mut env, "CMAKE_PREFIX_PATH", rocm.cmake.as_str());
    set(&mut env, "ROCM_HOME", rocm.root.as_str());
    set(&mut env, "ROCM_PATH", rocm.root.as_str());
    set(&mut env, "PYTORCH_ROCM_ARCH", request.gfx.semicolons());
    let kineto = if host.platform == Platform::Linux { "ON" } else { "OFF" };
    set(&mut env, "USE_KINETO", host.raw_var("USE_KINETO").unwrap_or(kineto));
    set(&mut env, "PATH", prepended(host, "PATH", &search_path(setting)));
    set(&mut env, "USE_GLOO", "ON");
    if let Some(variables) = &setting.triton_env {
        for (key, value) in variables {
            set(&mut env, key, value.as_str());
        }
        set(&mut env, "TRITON_APPEND_CMAKE_ARGS", OWN_LLVM);
    }
    match host.platform {
        Platform::Linux => {
            set(&mut env, "CXXFLAGS", GCC_WORKAROUND);
            set(&mut env, "CPPFLAGS", GCC_WORKAROUND);
        }
        Platform::Windows => {
            let clang = setting.join(&rocm.root, "lib/llvm/bin");
            set(&mut env, "HIP_CLANG_PATH", clang.replace('\\', "/"));
            set(&mut env, "CC", setting.join(&clang, "clang-cl.exe"));
            set(&mut env, "CXX", setting.join(&clang, "clang-cl.exe"));
        }
    }
    if let Some(folder) = setting.sdk(DEVICE_LIBRARIES) {
        set(&mut env, "HIP_DEVICE_LIB_PATH", folder);
    }
    if let Some(folder) = setting.sdk(HOST_MATH) {
        set(&mut env, "BLAS", "OpenBLAS");
        set(&mut env, "OpenBLAS_HOME", folder);
        set(&mut env, "OpenBLAS_LIB_NAME", "rocm-openblas");
    }
    let (launchers, cached) = cache::launchers(&request.cache, host.platform);
    env.extend(launchers);
    (env, cached.into_iter().chain(lacks(setting)).collect())
}

/// What the SDK lacks that builds can do without, in words.
pub fn lacks(setting: &Setting) -> Vec<String> {
    let device = "no device library folder in the SDK: `HIP_DEVICE_LIB_PATH` is left to clang, which may find another one";
    let math = "no `host-math` folder in the SDK: built without OpenBLAS";
    [(DEVICE_LIBRARIES, device), (HOST_MATH, math)]
        .into_iter()
        .filter(|(folder, _)| setting.sdk(folder).is_none())
        .map(|(_, text)| text.to_owned())
        .collect()
}

/// The SDK's programs, and then those of an environment that nobody activated: its pip installs CMake and ninja there.
fn search_path(setting: &Setting) -> Vec<String> {
    let mut folders = vec![setting.rocm.bin.clone()];
    let programs = setting.host.platform.parent(&setting.python.executable).filter(|_| setting.python.is_virtual());
    let found = setting.host.path_folders();
    folders.extend(programs.map(str::to_owned).filter(|folder| !found.contains(folder)));
    folders
}

/// Leads compiler, linker and `pkg-config` to the libraries that the SDK carries. Linux only.
pub fn system_libraries(setting: &Setting, env: &mut Env) {
    if setting.host.platform == Platform::Windows {
        return;
    }
    for (key, folder) in [("PKG_CONFIG_PATH", "lib/rocm_sysdeps/lib/pkgconfig"), ("LD_LIBRARY_PATH", "lib/rocm_sysdeps/lib")] {
        let folder = setting.join(&setting.rocm.root, folder);
        set(env, key, prepended(setting.host, key, &[folder]));
    }
}

/// `folders` before what is inherited. Without an inherited value nothing follows: an empty entry would be the current directory.
fn prepended(host: &Host, key: &str, folders: &[String]) -> String {
    let entries: Vec<&str> = folders.iter().map(String::as_str).chain(host.var(key)).collect();
    entries.join(&host.platform.list_separator().to_string())
}

/// When the sources were made, so that building them twice gives the same bytes; not if the environment already has a date.
pub fn source_date(setting: &Setting, project: Project, env: &mut Env) {
    if let (Some(git), None) = (&setting.checkout(project).git, setting.host.var("SOURCE_DATE_EPOCH")) {
        set(env, "SOURCE_DATE_EPOCH", git.committed_at.to_string());
    }
}

/// Which inherited variables a build does not see because it gets others, in words.
pub fn discarded(host: &Host, env: &Env) -> Option<String> {
    let lost = |(key, value): &(&String, &Option<Value>)| {
        let new = value.as_ref().map(Value::to_string);
        host.raw_var(key).is_some_and(|old| !new.is_some_and(|new| new.ends_with(old)))
    };
    let names: Vec<String> = env.iter().filter(lost).map(|(key, _)| format!("`{key}`")).collect();
    (!names.is_empty()).then(|| format!("inherited values that are discarded: {}; `--env` sets them", names.join(", ")))
}

/// Does to a build's environment what the user said, what names the project last; tells what was done.
pub fn overrides(request: &Request, platform: Platform, project: Project, env: &mut Env) -> Vec<String> {
    let mut why = Vec::new();
    for whose in [None, Some(project)] {
        for change in request.overrides.iter().filter(|o| o.project == whose) {
            if platform == Platform::Windows {
                env.retain(|key, _| !key.eq_ignore_ascii_case(&change.key));
            }
            env.insert(change.key.clone(), change.value.clone().map(Value::text));
            why.push(match &change.value {
                Some(value) => format!("`{}={}`: `--env` says so", change.key, request.secrets.variable(&change.key, value)),
                None => format!("`{}` is hidden: `--unset-env` says so", change.key),
            });
        }
    }
    why
}
