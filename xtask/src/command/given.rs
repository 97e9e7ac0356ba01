//! `--from-manifest`: the manifest that a build repeats, from a file or an address, and what became of that afterwards.

use std::collections::BTreeSet;

use manifest::{Artifact, Change, Diff, Manifest, shown};
use serde_json::Value;

use super::Stop;
use crate::cli::{BuildArgs, CheckoutArgs};
use crate::host::Host;
use crate::request::{self, Problem};
use crate::{file, observe};

/// A manifest that is built from.
#[derive(Default)]
pub(super) struct Given {
    /// What the request takes from it.
    pub request: request::Given,
    /// The manifest.
    pub manifest: Option<Manifest>,
}

/// The flags with what the manifest says where nobody typed anything.
pub(super) fn filled(args: &BuildArgs, host: &Host) -> Result<(BuildArgs, Given), Stop> {
    let mut args = args.clone();
    let Some((manifest, name)) = manifest(&args.from_manifest, host)? else { return Ok((args, Given::default())) };
    let request = request::Given::fill(&mut args, &manifest, &name, &host.platform_name());
    Ok((args, Given { request, manifest: Some(manifest) }))
}

/// The same for a mere checkout, for which a manifest of any platform will do.
pub(super) fn sources(args: &CheckoutArgs, host: &Host) -> Result<(BuildArgs, Given), Stop> {
    let mut args = args.as_build();
    let Some((manifest, name)) = manifest(&args.from_manifest, host)? else { return Ok((args, Given::default())) };
    let request = request::Given::fill_sources(&mut args, &manifest, &name);
    Ok((args, Given { request, manifest: Some(manifest) }))
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
pub(super) fn unlike(before: &Manifest, after: &Manifest) -> Vec<String> {
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
    }
    texts
}

fn read(name: &str, host: &Host) -> Result<String, Stop> {
    if name.contains("://") {
        return observe::download(host, name).map_err(|problem| Stop::Problems(super::Code::World, vec![problem]));
    }
    file::read_at_most(name, observe::MOST)
        .map_err(|error| wrong(error.to_string(), "name a file, or an address that begins with `https://`"))
}

fn wrong(cause: String, hint: &str) -> Stop {
    Stop::request(Problem::new(format!("invalid value for `--from-manifest`: {cause}")).hint(hint))
}
