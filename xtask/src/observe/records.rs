//! The records of earlier jobs, and what became of their wheels.

use std::collections::BTreeMap;

use manifest::Project;

use crate::facts::{JobRecord, LastBuild, RecordedWheel, Records, WheelState};
use crate::host::Host;
use crate::request::Request;
use crate::version::PythonVersion;
use crate::{file, inspect};

/// The records of one Python, unless they were seen `before`, and what became of their wheels. A wheel that looks as it did when it was hashed is
/// not read again; all others are, on all cores.
pub(super) fn records(request: &Request, host: &Host, python: &PythonVersion, before: Records) -> Records {
    let mut records = Records { wheels: BTreeMap::new(), ..before };
    if records.is_empty() {
        for project in Project::ALL {
            match read(&request.places.job_record(python, project), project) {
                Ok(record) => records.jobs.extend(record.map(|record| (project, record))),
                Err(cause) => drop(records.unreadable.insert(project, cause)),
            }
        }
        records.last = last_builds(request);
    }
    let mut unsure = Vec::new();
    for (project, record) in &records.jobs {
        let Some(wheel) = &record.wheel else { continue };
        let path = host.platform.join(&request.places.output, wheel.artifact.relative_path.as_str());
        match at_a_glance(wheel, &path) {
            Ok(state) => drop(records.wheels.insert(*project, state)),
            Err(stamp) => unsure.push((*project, stamp, path, wheel.artifact.size_bytes)),
        }
    }
    let files: Vec<_> = unsure.iter().map(|(_, _, path, size)| (path.clone(), *size)).collect();
    for ((project, stamp, ..), measured) in unsure.into_iter().zip(inspect::measure(&files)) {
        let wheel = records.jobs.get_mut(&project).and_then(|record| record.wheel.as_mut());
        let same = wheel.filter(|wheel| measured.is_ok_and(|found| found.sha256 == wheel.artifact.sha256));
        records.wheels.insert(project, if same.is_some() { WheelState::Intact } else { WheelState::Damaged });
        if let Some(wheel) = same {
            // What it was like before it was read: whatever happens to it from then on is seen.
            wheel.stamp = Some(stamp);
            records.read.insert(project);
        }
    }
    records
}

/// The last build of each project for any Python: they all share its sources, and with them its build folder.
fn last_builds(request: &Request) -> BTreeMap<Project, LastBuild> {
    let names = file::list(&request.places.work).unwrap_or_default();
    let pythons = names.iter().filter_map(|name| PythonVersion::parse(name.strip_prefix("py")?).ok());
    let mut builds: Vec<(String, Project, LastBuild)> = Vec::new();
    for python in pythons {
        for project in Project::ALL {
            // One that cannot be read tells nothing; if it is this Python's, that is said elsewhere.
            let record = read(&request.places.job_record(&python, project), project).ok().flatten();
            builds.extend(record.and_then(|record| Some((record.when, project, record.last?))));
        }
    }
    builds.sort_by(|one, other| one.0.cmp(&other.0));
    builds.into_iter().map(|(_, project, last)| (project, last)).collect()
}

fn read(path: &str, project: Project) -> Result<Option<JobRecord>, String> {
    let Some(text) = file::read_if_there(path).map_err(|error| error.to_string())? else { return Ok(None) };
    let record: JobRecord =
        serde_json::from_str(&text).map_err(|error| format!("`{path}` is not what the tool wrote: {error}"))?;
    match record.project == project {
        true => Ok(Some(record)),
        false => Err(format!("`{path}` is the record of {}", record.project)),
    }
}

/// What became of a wheel, or what its file is like, if it must be read to know more.
fn at_a_glance(wheel: &RecordedWheel, path: &str) -> Result<WheelState, String> {
    match file::stamp(path) {
        None => Ok(WheelState::Gone),
        Some(stamp) if stamp.size != wheel.artifact.size_bytes => Ok(WheelState::Damaged),
        Some(stamp) => match stamp.to_string() {
            stamp if wheel.stamp.as_ref() == Some(&stamp) => Ok(WheelState::Intact),
            stamp => Err(stamp),
        },
    }
}

// The folders are spelled as on Linux.
#[cfg(all(test, unix))]
mod tests {
    use manifest::{Extra, RelativePath, Sha256, WheelName};

    use super::*;
    use crate::plan::check::fixture;

    #[test]
    fn a_wheel_is_known_by_its_looks_or_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let name = "torch-2.13.0-cp312-cp312-linux_x86_64.whl";
        file::write_text(&path(name), "a wheel").unwrap();
        let artifact = manifest::Artifact {
            relative_path: RelativePath::parse(name).unwrap(),
            size_bytes: 7,
            sha256: file::measure(&path(name)).unwrap().sha256,
            source: Some(Project::Pytorch),
            labels: WheelName::parse(name).unwrap().labels("release"),
            planned_version: None,
            requires_dist: None,
            gfx_targets: None,
            split_from: None,
            extra: Extra::new(),
        };
        let stamp = file::stamp(&path(name)).map(|stamp| stamp.to_string());
        let wheel = RecordedWheel { key: None, changes: Vec::new(), folder: String::new(), artifact, stamp };
        let other = RecordedWheel { stamp: Some("another".to_owned()), ..wheel.clone() };
        assert_eq!(at_a_glance(&wheel, &path(name)), Ok(WheelState::Intact));
        assert_eq!(at_a_glance(&other, &path(name)), Err(wheel.stamp.clone().unwrap()));
        assert_eq!(at_a_glance(&wheel, &path("nothing")), Ok(WheelState::Gone));

        let host = fixture::host(crate::host::Platform::Linux);
        let words = format!("build --gfx gfx942 --work-dir {0} --output-dir {0}", folder.path().display());
        let request = fixture::request(&host, &words);
        let python = PythonVersion::parse("3.12").unwrap();
        let write = |text: &str| file::write_text(&request.places.job_record(&python, Project::Pytorch), text).unwrap();
        let record = |wheel: &RecordedWheel| JobRecord {
            project: Project::Pytorch,
            identity: String::new(),
            wheel: Some(wheel.clone()),
            attempt: None,
            last: None,
            seconds: Some(1.5),
            peak_memory_bytes: None,
            disk_bytes: None,
            log: None,
            when: "then".to_owned(),
        };
        let seen = || records(&request, &host, &python, Records::default());
        let altered = RecordedWheel {
            artifact: manifest::Artifact { sha256: Sha256::from([1; 32]), ..wheel.artifact.clone() },
            ..other.clone()
        };
        for (written, state, known, was_read) in [
            (&wheel, WheelState::Intact, &wheel, false),
            (&other, WheelState::Intact, &wheel, true),
            (&altered, WheelState::Damaged, &altered, false),
        ] {
            write(&serde_json::to_string(&record(written)).unwrap());
            let seen = seen();
            assert_eq!((&seen.jobs[&Project::Pytorch], seen.wheels[&Project::Pytorch]), (&record(known), state));
            assert_eq!(seen.read.contains(&Project::Pytorch), was_read);
            // What was found once is not looked for again.
            assert_eq!(records(&request, &host, &python, seen.clone()), seen);
        }
        file::write_text(&path(name), "a wheel of another size").unwrap();
        assert_eq!(seen().wheels[&Project::Pytorch], WheelState::Damaged);

        write("{}");
        let cause = format!(
            "`{}` is not what the tool wrote: missing field `project` at line 1 column 2",
            path("py3.12/jobs/pytorch.json")
        );
        assert_eq!(seen(), Records { unreadable: [(Project::Pytorch, cause)].into(), ..Records::default() });
    }
}
