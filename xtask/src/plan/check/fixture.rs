//! Requests as they are typed, and a world to try them on, for the tests of the preparation.

use std::collections::{BTreeMap, BTreeSet};

use clap::Parser;
use manifest::Project;

use crate::cli::{Cli, Command};
use crate::facts::{
    Candidate, Checkout, EnvironmentState, Facts, GitState, Listed, Locked, Looks, Owner, Python, Ready, Seen, Tool,
};
use crate::host::{Environment, Host, Memory, Platform, Terminal};
use crate::plan::{Action, Job, Step};
use crate::request::{Given, Places, Problem, Request};
use crate::version::PythonVersion;

/// A full commit of one digit.
pub fn commit(digit: char) -> String {
    digit.to_string().repeat(40)
}

pub fn host(platform: Platform) -> Host {
    let (machine, cwd) = match platform {
        Platform::Linux => ("x86_64", "/w"),
        Platform::Windows => ("amd64", "C:\\w"),
    };
    Host {
        platform,
        machine: machine.to_owned(),
        cwd: cwd.to_owned(),
        env: Environment::default(),
        cpus: 8,
        memory: Memory::default(),
        terminal: Terminal::Dumb,
    }
}

/// What `words` ask for, in a directory that has every folder that they name or imply.
pub fn request(host: &Host, words: &str) -> Request {
    let words = ["xtask"].into_iter().chain(words.split_whitespace());
    let seen = |places: &Places| Looks {
        paths: places.to_look_at().into_iter().map(|path| (path, Seen::Directory)).collect(),
        ..Looks::default()
    };
    match Cli::try_parse_from(words).unwrap().command {
        Command::Build(args) => {
            let places = Places::build(&args, host).unwrap();
            let looks = seen(&places);
            Request::build(&args, host, places, &looks, Given::default()).unwrap()
        }
        Command::InstallRocm(args) => {
            let places = Places::install(&args, host).unwrap();
            let looks = seen(&places);
            Request::install(&args, host, places, &looks).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

/// CPython of this version, at `executable`, with pip and `ensurepip`.
pub fn python(executable: &str, version: &str) -> Python {
    let series: Vec<&str> = version.split('.').take(2).collect();
    Python {
        executable: executable.to_owned(),
        version: version.to_owned(),
        series: PythonVersion::parse(&series.join(".")).unwrap(),
        implementation: "cpython".to_owned(),
        prefix: "/usr".to_owned(),
        base_prefix: "/usr".to_owned(),
        site_packages: "/usr/lib/python3/dist-packages".to_owned(),
        platform_tag: "linux_x86_64".to_owned(),
        ensurepip: true,
        bundled_pip: Some("/usr/share/python-wheels/pip-25.0-py3-none-any.whl".to_owned()),
        externally_managed: false,
        operating_system: None,
        distributions: BTreeMap::from([("pip".to_owned(), "25.0".to_owned())]),
        installed_from: BTreeMap::new(),
    }
}

pub fn candidate(python: Python) -> Candidate {
    Candidate { path: python.executable.clone(), answer: Ok(python) }
}

/// An environment that holds these distributions beside pip.
pub fn ready(prefix: &str, distributions: &[(&str, &str)]) -> Ready {
    let mut inside = python(&format!("{prefix}/bin/python"), "3.12.1");
    inside.prefix = prefix.to_owned();
    inside.distributions.extend(distributions.iter().map(|(name, version)| (name.to_string(), version.to_string())));
    Ready { python: inside, interrupted: BTreeSet::new(), halves: BTreeSet::new(), rocm_set: None }
}

pub fn is_ready(ready: Ready) -> EnvironmentState {
    EnvironmentState::Ready(ready.into())
}

pub fn tool(path: &str) -> Tool {
    Tool { path: path.to_owned(), version: Ok("1".to_owned()) }
}

/// A machine with Python 3.12, git and compilers, and nothing else.
pub fn facts() -> Facts {
    let tools = [("git", "/usr/bin/git"), ("cc", "/usr/bin/cc"), ("c++", "/usr/bin/c++"), ("cl", "C:\\vs\\cl.exe")];
    Facts {
        interpreters: vec![candidate(python("/usr/bin/python3.12", "3.12.1"))],
        tools: tools.iter().map(|(name, path)| (name.to_string(), tool(path))).collect(),
        ..Facts::default()
    }
}

/// The same, with a commit for each project.
pub fn locked_facts() -> Facts {
    let locked = |project: Project| Locked {
        repo: format!("https://host/{project}"),
        commit: commit('1'),
        branch: None,
        why: "a pin".to_owned(),
        version: None,
    };
    Facts { lock: Project::ALL.into_iter().map(|project| (project, locked(project))).collect(), ..facts() }
}

/// A checkout at a commit.
pub fn checkout(owner: Owner, head: &str, changes: Option<&str>) -> Checkout {
    let git = GitState {
        head: head.to_owned(),
        upstream: head.to_owned(),
        origin: None,
        branch: None,
        track: None,
        describe: None,
        changes: changes.map(str::to_owned),
        own_commits: None,
        changed: Listed::default(),
        last_changed: None,
        unpushed: Listed::default(),
        owner,
        parts: None,
        committed_at: 0,
    };
    Checkout { git: Some(git), ..Checkout::default() }
}

/// Problems as users read them.
pub fn told(problems: &[Problem]) -> Vec<String> {
    let hint = |problem: &Problem| problem.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    problems.iter().map(|problem| format!("{}{}", problem.text, hint(problem))).collect()
}

/// A job's steps, one line each, without their purposes.
pub fn lines(job: &Job) -> Vec<String> {
    job.steps.iter().map(line).collect()
}

fn line(step: &Step) -> String {
    let text = match &step.action {
        Action::Run(command) => {
            let env = command.env.iter().map(|(key, value)| match value {
                Some(value) => format!("{key}={value} "),
                None => format!("-{key} "),
            });
            let args: Vec<String> = command.args.iter().map(ToString::to_string).collect();
            let notes = format!("{:?} {:?}", command.failure, command.retry).replace("Fatal Never", "");
            format!("[{}] {}{} {} {notes}", command.cwd, env.collect::<String>(), command.program, args.join(" "))
        }
        other => format!("{other:?}"),
    };
    let when = format!("{:?}", step.when).replace("Always", "");
    format!("{} {when}", text.trim_end()).trim_end().to_owned()
}
