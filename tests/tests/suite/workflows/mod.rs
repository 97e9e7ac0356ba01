//! The workflows and the tool agree: what workflows start exists, what they read is printed, and none is laxer than the house's rules.

mod commands;
mod matrix;
mod rules;

use tests::project;
use yaml_rust2::{Yaml, YamlLoader};

/// A file of `.github/workflows`.
pub struct Workflow {
    /// `ci.yml`
    pub name: String,
    /// As it is written.
    pub text: String,
    /// As it is read.
    pub yaml: Yaml,
}

/// Those that build wheels.
pub const WHEELS: [&str; 2] = ["build_linux_pytorch_wheels.yml", "build_windows_pytorch_wheels.yml"];

/// Every workflow, sorted by name.
pub fn workflows() -> Vec<Workflow> {
    let mut paths: Vec<_> =
        std::fs::read_dir(project().join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let yaml = YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).remove(0);
        Workflow { name: path.file_name().unwrap().to_str().unwrap().to_owned(), text, yaml }
    };
    paths.iter().map(read).collect()
}

/// The workflows that build wheels.
pub fn wheels() -> Vec<Workflow> {
    let found: Vec<Workflow> = workflows().into_iter().filter(|workflow| WHEELS.contains(&workflow.name.as_str())).collect();
    assert_eq!(found.len(), WHEELS.len());
    found
}

/// A step with where it stands.
pub struct Step<'a> {
    /// The workflow.
    pub workflow: &'a Workflow,
    /// The job.
    pub job: &'a Yaml,
    /// The step itself.
    pub yaml: &'a Yaml,
}

impl Step<'_> {
    /// `ci.yml: linux: Check out`
    pub fn place(&self) -> String {
        let job = self.job["name"].as_str().unwrap_or("?");
        format!("{}: {job}: {}", self.workflow.name, self.yaml["name"].as_str().unwrap_or("?"))
    }

    /// What its shell runs.
    pub fn run(&self) -> Option<&str> {
        self.yaml["run"].as_str()
    }

    /// The variables that the workflow, the job and the step set.
    pub fn variables(&self) -> Vec<&str> {
        let set = [&self.workflow.yaml["env"], &self.job["env"], &self.yaml["env"]];
        set.into_iter().filter_map(Yaml::as_hash).flat_map(|env| env.keys()).map(|name| name.as_str().unwrap()).collect()
    }
}

impl Workflow {
    /// Its jobs, by name.
    pub fn jobs(&self) -> impl Iterator<Item = (&str, &Yaml)> {
        self.yaml["jobs"].as_hash().unwrap().iter().map(|(name, job)| (name.as_str().unwrap(), job))
    }

    /// The steps of all its jobs.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.jobs()
            .flat_map(move |(_, job)| job["steps"].as_vec().unwrap().iter().map(move |yaml| Step { workflow: self, job, yaml }))
    }
}
