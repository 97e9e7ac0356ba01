//! The records of earlier jobs, and what became of their wheels.

use manifest::Project;

use crate::facts::{JobRecord, RecordedWheel, Records, WheelState};
use crate::host::Host;
use crate::request::Request;
use crate::version::PythonVersion;
use crate::{file, inspect};

/// The records of one Python. A wheel that looks as it did when it was hashed is not read again; all others are, on all cores.
pub(super) fn records(request: &Request, host: &Host, python: &PythonVersion) -> Records {
    let mut records = Records::default();
    for project in Project::ALL {
        match read(&request.places.job_record(python, project), project) {
            Ok(record) => records.jobs.extend(record.map(|record| (project, record))),
            Err(cause) => drop(records.unreadable.insert(project, cause)),
        }
    }
    let mut unsure = Vec::new();
    for (project, record) in &records.jobs {
        let Some(wheel) = &record.wheel else { continue };
        let path = host.platform.join(&request.places.output, wheel.artifact.relative_path.as_str());
        match at_a_glance(wheel, &path) {
            Some(state) => drop(records.wheels.insert(*project, state)),
            None => unsure.push((*project, wheel, path)),
        }
    }
    let files: Vec<_> = unsure.iter().map(|(_, wheel, path)| (path.clone(), wheel.artifact.size_bytes)).collect();
    for ((project, wheel, _), measured) in unsure.iter().zip(inspect::measure(&files)) {
        let same = measured.is_ok_and(|found| found.sha256 == wheel.artifact.sha256);
        records.wheels.insert(*project, if same { WheelState::Intact } else { WheelState::Damaged });
    }
    records
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

/// What a wheel's file is like, if that can be told without reading it.
fn at_a_glance(wheel: &RecordedWheel, path: &str) -> Option<WheelState> {
    match file::stamp(path) {
        None => Some(WheelState::Gone),
        Some(stamp) if stamp.size != wheel.artifact.size_bytes => Some(WheelState::Damaged),
        Some(stamp) => (wheel.stamp.as_deref() == Some(stamp.to_string().as_str())).then_some(WheelState::Intact),
    }
}

#[cfg(test)]
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
        let wheel = RecordedWheel { key: None, changes: Vec::new(), artifact, stamp };
        let other = RecordedWheel { stamp: Some("another".to_owned()), ..wheel.clone() };
        assert_eq!(at_a_glance(&wheel, &path(name)), Some(WheelState::Intact));
        assert_eq!(at_a_glance(&other, &path(name)), None);
        assert_eq!(at_a_glance(&wheel, &path("nothing")), Some(WheelState::Gone));

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
            seconds: Some(1.5),
            peak_memory_bytes: None,
            disk_bytes: None,
            when: "then".to_owned(),
        };
        let seen = || records(&request, &host, &python);
        let altered = RecordedWheel {
            artifact: manifest::Artifact { sha256: Sha256::from([1; 32]), ..wheel.artifact.clone() },
            ..other.clone()
        };
        for (wheel, expected) in [(&wheel, WheelState::Intact), (&other, WheelState::Intact), (&altered, WheelState::Damaged)] {
            write(&serde_json::to_string(&record(wheel)).unwrap());
            assert_eq!(seen().jobs[&Project::Pytorch], record(wheel));
            assert_eq!(seen().wheels[&Project::Pytorch], expected);
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
