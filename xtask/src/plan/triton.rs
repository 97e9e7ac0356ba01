//! triton. On Linux it is ROCm's, which torch is built with; on Windows it is triton-windows, which brings an LLVM of its own.

use manifest::Project;

use super::setting::Setting;
use super::wheel::Recipe;
use super::{Action, Command, Env, Hole, Step, Value, env};
use crate::host::{Host, Platform};
use crate::request::{Problem, dir_flag};

/// What tells triton's build the name of its distribution.
const NAME: &str = "TRITON_WHEEL_NAME";

/// What tells it the end of its version.
const SUFFIX: &str = "TRITON_WHEEL_VERSION_SUFFIX";

/// Where triton's developers keep the LLVM builds that triton-windows is compiled with.
const LLVM_BUILDS: &str = "https://oaitriton.blob.core.windows.net/public/llvm-builds";

/// The file of triton-windows that pins its LLVM; a key of the checkout's texts.
pub const LLVM_PIN: &str = "cmake/llvm-hash.txt";

/// The key in the checkout's texts of what the unpacked LLVM says it is: the file `.llvm-hash` in `llvm_dir`.
pub const LLVM_MARK: &str = "llvm-hash";

/// How its wheel is built.
pub fn recipe(setting: &Setting) -> Result<Recipe, Vec<Problem>> {
    match setting.host.platform {
        Platform::Linux => linux(setting).map_err(|problem| vec![problem]),
        Platform::Windows => windows(setting).map_err(|problem| vec![problem]),
    }
}

fn linux(setting: &Setting) -> Result<Recipe, Problem> {
    let top = setting.dir(Project::Triton);
    let (mut env, mut why) = env::common(setting);
    // What the sources say of the suffix comes first, as their setup would put it; what is inherited does not count.
    let said = env.remove(SUFFIX).flatten().unwrap_or_else(|| Value::text(""));
    env::set(&mut env, SUFFIX, said.then(setting.local.suffix.as_str()));
    why.insert(0, setting.local.why.clone());
    // An inherited name would be the wheel's, and the wheel would not be found.
    if !env.contains_key(NAME) && setting.host.raw_var(NAME).is_some() {
        env.insert(NAME.to_owned(), None);
    }
    let name = name(setting, &env);

    let mut recipe = Recipe::new(setting, Project::Triton, &["setup.py", "bdist_wheel"], (env, why));
    recipe.dir = setup_dir(setting)?;
    recipe.before.push(setting.pip_uninstall(&name, &setting.host.temp_dir()));
    recipe.warnings.extend(setting.loss(&name));
    let requirements = setting.join(top, "python/requirements.txt");
    recipe.before.push(setting.pip_install("triton's requirements", top, &["-r", &requirements]));
    recipe.after = vec![setting.install(&name, Hole::Wheel(Project::Triton), &[])];
    recipe.distribution = name;
    Ok(recipe)
}

/// The name of the wheel: the user's, the sources', or triton's own.
fn name(setting: &Setting, env: &Env) -> String {
    let own = || "triton".to_owned();
    match setting.overridden(Project::Triton, NAME) {
        Some(said) => said.map_or_else(own, str::to_owned),
        None => env.get(NAME).and_then(Option::as_ref).map_or_else(own, Value::to_string),
    }
}

/// `setup.py` stood in `python` until triton 3.4.
fn setup_dir(setting: &Setting) -> Result<String, Problem> {
    let dir = setting.dir(Project::Triton);
    let present = &setting.checkout(Project::Triton).present;
    match () {
        () if present.contains("python/setup.py") => Ok(setting.join(dir, "python")),
        () if present.contains("setup.py") => Ok(dir.to_owned()),
        () => Err(Problem::new(format!("the sources of triton in `{dir}` have no `setup.py`, neither there nor in `python`"))
            .hint(format!("is `{dir}` a checkout of triton? Otherwise name one with `{}`", dir_flag(Project::Triton)))),
    }
}

fn windows(setting: &Setting) -> Result<Recipe, Problem> {
    let dir = setting.dir(Project::Triton);
    let (llvm, steps, why) = llvm(setting)?;
    let mut env = Env::new();
    for (key, value) in [
        ("PYTHONUTF8", "1"),
        ("LLVM_BUILD_DIR", &llvm),
        ("LLVM_INCLUDE_DIRS", &setting.join(&llvm, "include")),
        ("LLVM_LIBRARY_DIR", &setting.join(&llvm, "lib")),
        ("LLVM_SYSPATH", &llvm),
        ("TRITON_BUILD_PROTON", "OFF"),
        ("TRITON_APPEND_CMAKE_ARGS", env::OWN_LLVM),
        (NAME, "triton"),
    ] {
        env::set(&mut env, key, value);
    }
    let whys = vec!["triton-windows decides its version: the suffix of the other wheels is not in it".to_owned(), why];
    let mut recipe = Recipe::new(setting, Project::Triton, &["-m", "build", "--wheel"], (env, whys));
    recipe.distribution = name(setting, &recipe.env);
    recipe.before = steps;
    recipe.before.push(setting.pip_install("what builds triton", dir, &["build", "wheel"]));
    Ok(recipe)
}

/// The folder of the LLVM that triton-windows is compiled with: beside the sources, named by the pin.
pub fn llvm_dir(platform: Platform, triton_dir: &str, pin: &str) -> String {
    platform.join(platform.parent(triton_dir).unwrap_or(triton_dir), &llvm_name(pin))
}

fn llvm_name(pin: &str) -> String {
    format!("llvm-{}-windows-x64", pin.get(..8).unwrap_or(pin))
}

/// The LLVM folder, the steps that fetch it if it is not there whole, and why.
fn llvm(setting: &Setting) -> Result<(String, Vec<Step>, String), Problem> {
    let dir = setting.dir(Project::Triton);
    let texts = &setting.checkout(Project::Triton).texts;
    let pin = texts.get(LLVM_PIN).map(|text| text.trim()).unwrap_or_default();
    if pin.len() < 8 || !pin.chars().all(|c| c.is_ascii_hexdigit()) {
        let file = setting.join(dir, LLVM_PIN);
        return Err(Problem::new(format!(
            "`{file}`, which names the LLVM that triton is compiled with, holds no commit: `{pin}`"
        ))
        .hint(format!("is `{dir}` a checkout of triton-windows? Otherwise name one with `{}`", dir_flag(Project::Triton))));
    }
    let llvm = llvm_dir(setting.host.platform, dir, pin);
    if texts.get(LLVM_MARK).is_some_and(|mark| mark.trim() == pin) {
        return Ok((llvm, Vec::new(), format!("LLVM {pin} is there")));
    }
    let steps = fetch_llvm(setting.host, &llvm, pin);
    Ok((llvm, steps, format!("LLVM {pin} is fetched: the sources pin it")))
}

/// The mark is written last, and only a folder with the right mark is believed.
fn fetch_llvm(host: &Host, llvm: &str, pin: &str) -> Vec<Step> {
    let join = |base: &str, rest: &str| host.platform.join(base, rest);
    let name = llvm_name(pin);
    let archive = format!("{name}.tar.gz");
    let part = format!("{llvm}.part");
    let url = format!("{LLVM_BUILDS}/{archive}");
    // Both programs are parts of Windows, and this tar writes nothing outside its folder, whatever names and links an archive has.
    let system = join(host.var("SystemRoot").unwrap_or("C:\\Windows"), "System32");
    let curl = ["--fail", "--location", "--silent", "--show-error", "--retry", "5", "--output", &archive, &url];
    let fetch = Command::new(&join(&system, "curl.exe"), &part, &curl).network();
    let unpack = Command::new(&join(&system, "tar.exe"), &part, &["-x", "-z", "-f", &archive]);
    vec![
        Step::new("making place for LLVM", Action::Remove(llvm.to_owned())),
        Step::new("removing what an interrupted download left", Action::Remove(part.clone())),
        Step::new("making a folder for the download", Action::MakeFolder(part.clone())),
        Step::run("fetching LLVM", fetch),
        Step::run("unpacking LLVM", unpack),
        Step::new("putting LLVM into its place", Action::Rename { from: join(&part, &name), to: llvm.to_owned() }),
        Step::new("removing the archive", Action::Remove(part)),
        Step::new("marking LLVM as whole", Action::Write { path: join(llvm, ".llvm-hash"), text: pin.to_owned() }),
    ]
}
