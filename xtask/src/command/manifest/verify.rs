//! `manifest verify`: whether a folder holds what a manifest says.

use std::collections::BTreeMap;

use manifest::{Difference, Manifest, Status, counted};

use super::read;
use crate::cli::VerifyArgs;
use crate::command::{Code, Stop, aside, result};
use crate::facts::Seen;
use crate::file;
use crate::host::Host;
use crate::inspect::{self, Found, InspectError};
use crate::redact::Secrets;
use crate::request::{MANIFESTS, Problem};

/// How many differences of one kind are shown.
const SHOWN: usize = 20;

/// What to do where the folder is the wrong one.
const ELSEWHERE: &str = "name the folder with the wheels after the manifest";

pub(super) fn run(args: &VerifyArgs, host: &Host) -> Result<Code, Stop> {
    let path = read::path(host, "the manifest `FILE`", &args.manifest);
    let folder = args.folder.as_ref().map(|folder| read::path(host, "the folder `DIR`", folder)).transpose();
    let (path, folder) = match (path, folder) {
        (Ok(path), Ok(folder)) => (path, folder),
        (path, folder) => {
            let problems = path.err().into_iter().chain(folder.err()).collect();
            return Err(Stop::Problems(Code::Request, problems));
        }
    };
    let folder = folder.unwrap_or_else(|| folder_of(host, &path));
    let manifest = manifest(&path)?.manifest;
    let secrets = Secrets::default().and(&host.env);
    if let Some(status) = manifest.status.filter(|status| *status != Status::Complete) {
        aside(&format!("note: the set is not complete: its status is `{status}`"), &secrets);
    }
    let found = compare(&manifest, &folder, &secrets)?;
    let (count, size) = (found.wheels.len() as u64, found.wheels.iter().map(|wheel| wheel.file.size_bytes).sum());
    result(&format!("{}, {}: as the manifest says", counted(count, "wheel"), manifest::size(size)))?;
    Ok(Code::Done)
}

/// Reads the wheels of a folder, and compares them with what their manifest says.
pub(in crate::command) fn compare(manifest: &Manifest, folder: &str, secrets: &Secrets) -> Result<Found, Stop> {
    if file::look(folder) != Seen::Directory {
        let text = format!("there is no folder `{folder}`");
        return Err(Stop::world(Problem::new(text).hint(ELSEWHERE)));
    }
    let found = inspect::folder(folder).map_err(|errors| {
        let unread = errors.iter().any(|error| matches!(error, InspectError::File(_)));
        Stop::Problems(if unread { Code::World } else { Code::Unproven }, inspect::problems(&errors))
    })?;
    found.passed_over.iter().for_each(|folder| aside(&format!("warning: {folder}"), secrets));
    // More likely than that all wheels are gone.
    if found.wheels.is_empty() && !manifest.artifacts.is_empty() {
        let problem = Problem::new(format!("there is no wheel in `{folder}`")).hint(ELSEWHERE);
        return Err(Stop::Problems(Code::Unproven, vec![problem]));
    }
    let differences = manifest.verify(&found.files());
    if !differences.is_empty() {
        return Err(Stop::Unproven(told(&differences)));
    }
    Ok(found)
}

/// The folder that a manifest is about, where nobody names it.
pub(in crate::command) fn folder_of(host: &Host, manifest: &str) -> String {
    let own = host.platform.parent(manifest).unwrap_or(manifest);
    let above = host.platform.parent(own).filter(|above| host.platform.join(above, MANIFESTS) == own);
    above.unwrap_or(own).to_owned()
}

/// The manifest of a set of wheels; nothing else will do.
pub(in crate::command) fn manifest(path: &str) -> Result<read::Read, Stop> {
    let unproven = |problem| Stop::Problems(Code::Unproven, vec![problem]);
    let read = read::read(path).map_err(|error| {
        let code = if error.is_content() { Code::Unproven } else { Code::World };
        Stop::Problems(code, vec![error.problem()])
    })?;
    if read.manifest.status.is_none() {
        let text = format!("`{path}` is a list of sources: it says nothing of wheels");
        return Err(unproven(Problem::new(text).hint("write a manifest of the wheels with `manifest generate`")));
    }
    let lacking = Manifest::lacking(&read.text);
    if !lacking.is_empty() {
        let keys: Vec<String> = lacking.iter().map(|key| format!("`{key}`")).collect();
        let text = format!("`{path}` is no whole manifest of wheels: it lacks {}", keys.join(", "));
        return Err(unproven(Problem::new(text).hint("write it anew with `manifest generate`")));
    }
    Ok(read)
}

/// The differences by kind, each kind with its hints; of many, the first and how many more there are.
fn told(differences: &[Difference]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    let mut of_kind: BTreeMap<&str, Vec<&Difference>> = BTreeMap::new();
    for difference in differences {
        let all = of_kind.entry(difference.code()).or_default();
        if all.is_empty() {
            kinds.push(difference.code());
        }
        all.push(difference);
    }
    let mut text = String::new();
    for kind in kinds {
        let all = &of_kind[kind];
        for difference in all.iter().take(SHOWN) {
            text.push_str(&format!("error[{kind}]: {difference}\n"));
        }
        if all.len() > SHOWN {
            text.push_str(&format!("error[{kind}]: and {} more\n", all.len() - SHOWN));
        }
        text.extend(all.first().map(|difference| format!("hint: {}\n", difference.hint())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_differences_stay_readable() {
        let missing = |number: usize| Difference::Missing { path: format!("{number}.whl") };
        let extra = Difference::Extra { path: "x.whl".to_owned() };
        let mut all: Vec<Difference> = (0..19).map(missing).collect();
        all.push(extra.clone());
        all.extend((19..100_000).map(missing));
        let text = told(&all);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 24);
        assert_eq!(lines[0], "error[missing]: `0.whl` is in the manifest and not in the folder");
        assert_eq!(lines[19], "error[missing]: `19.whl` is in the manifest and not in the folder");
        assert_eq!(lines[20], "error[missing]: and 99980 more");
        assert_eq!(lines[21], "hint: copy the folder again, or build the wheel again");
        assert_eq!(lines[22], "error[extra]: `x.whl` is in the folder and not in the manifest");
        assert_eq!(lines[23], "hint: remove the file, or write the manifest anew with `manifest generate`");
        assert_eq!(told(&[extra]).lines().count(), 2);
    }
}
