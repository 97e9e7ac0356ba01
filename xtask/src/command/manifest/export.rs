//! `manifest export`: a complete manifest in the formats of other programs.

use manifest::{ExportError, Manifest, Status};

use super::read;
use crate::cli::{ExportArgs, ExportFormat};
use crate::command::{Code, Stop, result};
use crate::file;
use crate::host::Host;
use crate::request::Problem;

pub(super) fn run(args: &ExportArgs, host: &Host) -> Result<Code, Stop> {
    let path = read::path(host, "`FILE`", &args.manifest).map_err(Stop::request)?;
    let output = args.output.as_deref().map(|name| output(name, &path, host)).transpose().map_err(Stop::request)?;
    let manifest = read::manifest(&path).map_err(Stop::world)?;
    let faults = faults(&args.manifest, &manifest);
    if !faults.is_empty() {
        return Err(Stop::Problems(Code::Unproven, faults));
    }
    let text = text(args.format, &manifest, &path).map_err(|error| {
        let problem = Problem::new(format!("cannot export `{}`: {error}", args.manifest));
        Stop::world(Problem { hint: error.hint().map(str::to_owned), ..problem })
    })?;
    match (output, args.format) {
        // The file that GitHub names has the outputs of the step's other commands in it.
        (Some(output), ExportFormat::GithubOutput) => {
            file::make_folder(host.platform.parent(&output).unwrap_or(&output))?;
            file::append(&output, &text)?;
        }
        (Some(output), _) => file::write_text(&output, &text)?,
        (None, _) => result(&text)?,
    }
    Ok(Code::Done)
}

fn output(name: &str, manifest: &str, host: &Host) -> Result<String, Problem> {
    let path = read::path(host, "`--output`", name)?;
    if path == manifest {
        let problem = Problem::new("invalid value for `--output`: it is the manifest itself");
        return Err(problem.hint("choose another name"));
    }
    Ok(path)
}

/// Why nothing is exported. Who gets checksums or requirements takes them for the whole set, and nothing in them would say that they are not.
fn faults(name: &str, manifest: &Manifest) -> Vec<Problem> {
    let hint = "build what is missing; `cargo xtask manifest show` tells what that is";
    if manifest.status != Some(Status::Complete) {
        let status = manifest.status.map_or("none".to_owned(), |status| status.to_string());
        let problem = format!("cannot export `{name}`: its status is not `complete` but `{status}`");
        return vec![Problem::new(problem).hint(hint)];
    }
    if manifest.artifacts.is_empty() {
        return vec![Problem::new(format!("cannot export `{name}`: it lists no wheel")).hint(hint)];
    }
    let found = manifest.check();
    found.iter().map(|fault| Problem::new(format!("cannot export `{name}`: {fault}")).hint(fault.hint())).collect()
}

fn text(format: ExportFormat, manifest: &Manifest, path: &str) -> Result<String, ExportError> {
    match format {
        ExportFormat::Sha256sums => Ok(manifest.sha256sums()),
        ExportFormat::Requirements => manifest.requirements(),
        ExportFormat::Constraints => manifest.constraints(),
        ExportFormat::GithubOutput => manifest.github_output(path),
    }
}
