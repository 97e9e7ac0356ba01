//! `--from-manifest`: the manifest that a build repeats, from a file or an address, and what became of that afterwards.

use std::collections::BTreeSet;

use manifest::{Artifact, Change, Diff, Manifest, shown};
use serde_json::Value;

use super::Stop;
use super::manifest::verify;
use crate::cli::{BuildArgs, CheckoutArgs};
use crate::facts::Listed;
use crate::host::Host;
use crate::refs::{index_fault, without_secrets};
use crate::request::{self, Problem};
use crate::{file, inspect, observe};

/// A manifest that is built from.
#[derive(Default)]
pub(super) struct Given {
    /// What the request takes from it.
    pub request: request::Given,
    /// The manifest.
    pub manifest: Option<Manifest>,
    /// The folder that has the manifest's own wheels, unless it came from an address.
    pub wheels: Option<String>,
}

/// The flags with what the manifest says where nobody typed anything.
pub(super) fn filled(args: &BuildArgs, host: &Host) -> Result<(BuildArgs, Given), Stop> {
    let mut args = args.clone();
    let Some((manifest, name)) = manifest(&args.from_manifest, host)? else { return Ok((args, Given::default())) };
    let request = request::Given::fill(&mut args, &manifest, &name, &host.platform_name());
    let path = args.from_manifest.as_ref().filter(|name| !name.contains("://"));
    let wheels = path.and_then(|path| host.absolute(path).ok()).map(|path| verify::folder_of(host, &path));
    Ok((args, Given { request, manifest: Some(manifest), wheels }))
}

/// The same for a mere checkout, for which a manifest of any platform will do.
pub(super) fn sources(args: &CheckoutArgs, host: &Host) -> Result<(BuildArgs, Given), Stop> {
    let mut args = args.as_build();
    let Some((manifest, name)) = manifest(&args.from_manifest, host)? else { return Ok((args, Given::default())) };
    let request = request::Given::fill_sources(&mut args, &manifest, &name);
    Ok((args, Given { request, manifest: Some(manifest), wheels: None }))
}

/// The manifest, and what it is called in messages.
fn manifest(name: &Option<String>, host: &Host) -> Result<Option<(Manifest, String)>, Stop> {
    let Some(name) = name else { return Ok(None) };
    let text = read(name, host)?;
    let name = crate::redact::without_credentials(name).into_owned();
    let manifest = Manifest::parse(&text)
        .map_err(|error| wrong(format!("`{name}`: {error}"), "name a manifest that a build or `cargo xtask lock` wrote"))?;
    Ok(Some((manifest, name)))
}

/// What a build did not repeat of the manifest that it was made from: other tools, other packages, and wheels that are not the same bytes.
/// `output` has the new wheels.
pub(super) fn unlike(given: &Given, host: &Host, after: &Manifest, output: &str) -> Vec<String> {
    let Some(before) = &given.manifest else { return Vec::new() };
    let diff = Diff::new(before, after);
    let changed = |what: &str, changes: &[Change]| {
        let text = |value: &Value| value.as_str().map_or_else(|| "none".to_owned(), shown);
        let changes = changes.iter().filter(|change| !change.before.is_null());
        let changes =
            changes.map(|change| format!("{} {} -> {}", shown(&change.name), text(&change.before), text(&change.after)));
        let changes: Vec<String> = changes.collect();
        (!changes.is_empty()).then(|| format!("not as in the manifest: {what} {}", changes.join(", ")))
    };
    let mut texts: Vec<String> = changed("tools:", &diff.toolchain).into_iter().chain(changed("ROCm:", &diff.rocm)).collect();
    for (project, source) in before.sources().filter(|(_, source)| source.dirty.is_some()) {
        let name = project.distribution();
        texts.push(format!("{name} was built with local changes, which no commit has: only {} is repeated", source.commit));
    }
    if !before.artifacts.is_empty() {
        let content = |artifact: &Artifact| (artifact.relative_path.clone(), artifact.sha256.clone());
        let known: BTreeSet<_> = before.artifacts.iter().map(content).collect();
        let count = after.artifacts.iter().filter(|artifact| known.contains(&content(artifact))).count();
        texts.push(format!("{count} of {} wheels are byte-identical to those of the manifest", after.artifacts.len()));
        let others = after.artifacts.iter().filter(|artifact| !known.contains(&content(artifact)));
        let differs = |artifact: &Artifact| {
            let name = shown(artifact.relative_path.as_str());
            match differing(before, given.wheels.as_deref(), host, artifact, output) {
                Ok(members) => format!("`{name}` differs in: {members}"),
                Err(cause) => format!("in what `{name}` differs cannot be said: {cause}"),
            }
        };
        texts.extend(others.map(differs));
    }
    texts
}

/// In which files a wheel differs from that of the manifest, which must still be as it was.
fn differing(before: &Manifest, folder: Option<&str>, host: &Host, after: &Artifact, output: &str) -> Result<Listed, String> {
    let name = after.relative_path.as_str();
    let known = before.artifacts.iter().find(|known| known.relative_path == after.relative_path);
    let known = known.ok_or("the manifest has no wheel of this name")?;
    let folder = folder.ok_or("the manifest came without wheels")?;
    let old = host.platform.join(folder, name);
    match file::measure(&old) {
        Ok(stored) if stored.sha256 == known.sha256 => {}
        Ok(_) => return Err(format!("`{folder}` no longer has the manifest's own")),
        Err(error) => return Err(error.to_string()),
    }
    let members = inspect::differing(&old, &host.platform.join(output, name))?;
    match members.is_empty() {
        true => Err("they hold the same files, packed otherwise".to_owned()),
        false => Ok(Listed::of(members.into_iter())),
    }
}

fn read(name: &str, host: &Host) -> Result<String, Stop> {
    if name.contains("://") {
        if let Some(fault) = index_fault(name) {
            let cause = format!("`{}`: {fault}", without_secrets(name));
            return Err(wrong(cause, "write an address such as `https://host/manifest.json`"));
        }
        return observe::download(host, name).map_err(|problem| Stop::Problems(super::Code::World, vec![problem]));
    }
    file::read_at_most(name, observe::MOST)
        .map_err(|error| wrong(error.to_string(), "name a file, or an address that begins with `https://`"))
}

fn wrong(cause: String, hint: &str) -> Stop {
    Stop::request(Problem::new(format!("invalid value for `--from-manifest`: {cause}")).hint(hint))
}
