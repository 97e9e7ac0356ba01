//! `manifest generate`: reads a folder of wheels and writes its manifest.

use manifest::{Finished, Generated, Manifest, Status, file_name, generate};

use super::read;
use crate::cli::GenerateArgs;
use crate::command::{Code, Stop, aside, result};
use crate::facts::Seen;
use crate::file;
use crate::host::Host;
use crate::inspect::{self, Found};
use crate::record::{Sums, ci};
use crate::redact::Secrets;
use crate::request::{Generate, Problem};

pub(super) fn run(args: &GenerateArgs, host: &Host) -> Result<Code, Stop> {
    let mut request = Generate::new(args, host).map_err(|problems| Stop::Problems(Code::Request, problems))?;
    let secrets = Secrets::default().and(&host.env);
    request.given.ci = ci(host, &secrets);
    let world = |problems| Stop::Problems(Code::World, problems);
    let (from, found) = look(&request).map_err(world)?;
    let warnings = |texts: Vec<String>| texts.iter().for_each(|text| aside(&format!("warning: {text}"), &secrets));
    warnings(found.passed_over.iter().map(ToString::to_string).collect());

    // Nobody changes a build's variant by changing its wheels.
    let built = from.as_ref().and_then(|from| from.artifacts.first()).map(|wheel| wheel.labels.build_variant.as_str());
    let variant = host.var("BUILD_VARIANT").or(built).unwrap_or("release");
    let generated = generate(&found.files(), from.as_ref(), request.given.clone(), variant);
    let Generated { mut manifest, warnings: odd } = generated.map_err(|error| {
        let text = format!("no manifest can be written of `{}`: {error}", request.folder);
        world(vec![Problem::new(text).hint(error.hint())])
    })?;
    warnings(odd.iter().map(ToString::to_string).collect());
    warnings(requirements(&mut manifest, &found, &secrets));

    let sums = Sums::of(host, &request.folder);
    let path = write(&manifest, &request, host, &sums)?;
    warnings(sums.warning().into_iter().collect());
    result(&path)?;
    Ok(Code::Done)
}

/// The manifest that the wheels' own is made from, and the wheels.
fn look(request: &Generate) -> Result<(Option<Manifest>, Found), Vec<Problem>> {
    let mut problems = Vec::new();
    if file::look(&request.folder) != Seen::Directory {
        let text = format!("there is no folder `{}`", request.folder);
        problems.push(Problem::new(text).hint("name the folder that the `.whl` files are in"));
    }
    let from = request.from.as_ref().map(|path| read::read(path));
    let from = from.transpose().map_err(|error| problems.push(error.problem())).unwrap_or_default();
    // Reading wheels may take minutes, and would be in vain.
    if !problems.is_empty() {
        return Err(problems);
    }
    let found = inspect::folder(&request.folder).map_err(|errors| inspect::problems(&errors))?;
    Ok((from.map(|read| read.manifest), found))
}

/// Takes over what each wheel requires, and tells of those that do not say.
fn requirements(manifest: &mut Manifest, found: &Found, secrets: &Secrets) -> Vec<String> {
    let mut unknown = Vec::new();
    // Both are in the order of the paths.
    for (artifact, wheel) in manifest.artifacts.iter_mut().zip(&found.wheels) {
        match &wheel.requires_dist {
            Ok(lines) => artifact.requires_dist = Some(lines.iter().map(|line| secrets.redact(line).into_owned()).collect()),
            Err(cause) => {
                let path = manifest::shown(artifact.relative_path.as_str());
                unknown.push(format!("the requirements of `{path}` are not known: {cause}"));
            }
        }
    }
    unknown
}

/// Writes the manifest, and removes the one under the other name if it is of the same build.
fn write(manifest: &Manifest, request: &Generate, host: &Host, sums: &Sums) -> Result<String, Stop> {
    let (python, track) = (manifest.python_version.as_deref(), manifest.pytorch_git_ref.as_deref());
    let path = |finished| {
        let name = file_name(python.unwrap_or_default(), track.unwrap_or_default(), finished);
        host.platform.join(&request.manifests, &name)
    };
    let (complete, partial) = (path(Finished::Complete), path(Finished::Partial));
    let is_complete = manifest.status == Some(Status::Complete);
    let (path, other) = if is_complete { (complete, partial) } else { (partial, complete) };
    may_replace(&path, manifest)?;
    // What the wheels were before is not true any more, whatever happens next.
    sums.remove()?;
    file::write_text(&path, &manifest.to_json())?;
    if !file::is_free(&other) && may_replace(&other, manifest).is_ok() {
        file::remove_all(&other)?;
    }
    if is_complete {
        sums.write(manifest)?;
    }
    Ok(path)
}

/// Refuses to replace what is not an earlier manifest of the same wheels.
fn may_replace(path: &str, manifest: &Manifest) -> Result<(), Stop> {
    if file::is_free(path) {
        return Ok(());
    }
    let text = match read::read(path) {
        Ok(read) => match rival(&read.manifest, manifest) {
            None => return Ok(()),
            Some(whose) => format!("`{path}` is {whose}, and this one ({}) would replace it", described(manifest)),
        },
        Err(error) => format!("{}, and this manifest would replace it", error.problem().text),
    };
    let hint = "name another `--manifest-dir`, or move the file away";
    Err(Stop::Problems(Code::World, vec![Problem::new(text).hint(hint)]))
}

/// Whose manifest an earlier one is, unless it is one of the same wheels.
fn rival(earlier: &Manifest, new: &Manifest) -> Option<String> {
    let parts = |manifest: &Manifest| {
        let mut targets = manifest.gfx_targets.clone();
        targets.sort_unstable();
        targets.dedup();
        (manifest.platform.clone(), manifest.python_version.clone(), manifest.pytorch_git_ref.clone(), targets)
    };
    if earlier.status.is_none() {
        return Some("a list of sources".to_owned());
    }
    let same = match (earlier.identity(), new.identity()) {
        (None, None) => parts(earlier) == parts(new),
        (one, other) => one == other,
    };
    (!same).then(|| format!("the manifest of another build ({})", described(earlier)))
}

/// The identity, as far as there is one.
fn described(manifest: &Manifest) -> String {
    let or = |text: &Option<String>, none: &str| text.as_deref().map_or_else(|| none.to_owned(), manifest::shown);
    let python = manifest.python_version.as_ref().map(|python| format!("Python {python}"));
    let targets = match manifest.gfx_targets.is_empty() {
        true => "no targets".to_owned(),
        false => manifest::shown(&manifest.gfx_targets.join(",")),
    };
    let (platform, reference) = (or(&manifest.platform, "no platform"), or(&manifest.pytorch_git_ref, "no ref"));
    format!("{platform}, {}, {reference}, {targets}", or(&python, "no Python"))
}
