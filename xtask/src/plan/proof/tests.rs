//! The commands of a trial.

use super::*;
use crate::cli::Wish;
use crate::host::{Environment, Memory, Platform, Terminal};
use crate::version::Specifier;

fn host(platform: Platform, env: &[(&str, &str)]) -> Host {
    Host {
        platform,
        machine: "x86_64".to_owned(),
        cwd: "/w".to_owned(),
        env: Environment(env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
        cpus: 2,
        memory: Memory { available: None, limit: None },
        terminal: Terminal::Dumb,
    }
}

fn wish() -> RocmWish {
    RocmWish {
        install: Wish::Unsaid,
        index_url: Some("https://user:secret@example.org/simple".to_owned()),
        find_links: None,
        pip_cache_dir: Some("/cache".to_owned()),
        specifier: Specifier::parse("==7.14.0").unwrap(),
        pre: Wish::Yes,
        extras: vec!["device-gfx942".to_owned()],
    }
}

/// Each command as one line: job, program, arguments, hidden variables.
fn commands(proof: &Proof) -> Vec<String> {
    let mut lines = Vec::new();
    for (_, job) in proof.attempts() {
        for step in job.steps {
            if let Action::Run(command) = step.action {
                let args: Vec<String> = command.args.iter().map(ToString::to_string).collect();
                let hidden: Vec<&str> = command.env.keys().map(String::as_str).collect();
                lines.push(format!("{}: {} {} | {}", job.name, command.program, args.join(" "), hidden.join(" ")));
            }
        }
    }
    lines
}

fn wheels(names: &[&str]) -> Vec<(String, WheelName)> {
    let wheel = |name: &&str| {
        let name = format!("{name}-cp312-cp312-linux_x86_64.whl");
        (format!("/out/{name}"), WheelName::parse(&name).unwrap())
    };
    names.iter().map(wheel).collect()
}

#[test]
fn a_set_is_installed_by_its_files_and_imported_torch_first() {
    let host = host(
        Platform::Linux,
        &[("LD_LIBRARY_PATH", "/rocm"), ("PIP_TARGET", "/x"), ("PYTHONPATH", "/y"), ("PIP_INDEX_URL", "https://mirror")],
    );
    let (wish, wheels) = (wish(), wheels(&["apex-1.11.0+rocm7.14.0", "torch-2.9.0+rocm7.14.0"]));
    let proof = Proof {
        host: &host,
        python: "/py/bin/python3.12",
        pip: Pip::Of("/w/py3.12/venv/bin/python".to_owned()),
        dir: "/w/py3.12/audit".to_owned(),
        rocm: Some(&wish),
        wheels: &wheels,
        trial: Trial::Smoke,
    };
    let python = "/w/py3.12/audit/venv/bin/python";
    let pip = format!("/w/py3.12/venv/bin/python -I -m pip --python {python}");
    let install = format!("{pip} install --no-input --disable-pip-version-check");
    let hidden = "LD_LIBRARY_PATH PIP_TARGET PYTHONPATH";
    let script = "/w/py3.12/audit/try_wheel.py";
    let expected = [
        format!("audit-environment: /py/bin/python3.12 -I -m venv --without-pip /w/py3.12/audit/venv | {hidden}"),
        format!(
            "audit-rocm: {install} --pre --index-url https://user:secret@example.org/simple --cache-dir /cache rocm[libraries]==7.14.0 | {hidden}"
        ),
        format!(
            "audit-install: {install} --cache-dir /cache /out/apex-1.11.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl \
             /out/torch-2.9.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl | {hidden}"
        ),
        format!("audit-check: {pip} check | {hidden}"),
        format!("audit-torch: {python} -I -B {script} torch 2.9.0+rocm7.14.0 --smoke | {hidden}"),
        format!("audit-apex: {python} -I -B {script} apex 1.11.0+rocm7.14.0 --smoke | {hidden}"),
    ];
    assert_eq!(commands(&proof), expected);
    assert_eq!(proof.clean_up().steps.len(), 1);
}

#[test]
fn without_a_known_rocm_nothing_but_the_wheels_is_installed() {
    let host = host(Platform::Windows, &[]);
    let wheels = wheels(&["triton-3.7.0"]);
    let dir = r"C:\work\py3.12\audit".to_owned();
    let pip = Pip::Bundled(r"C:\py\Lib\ensurepip\_bundled\pip-25.0-py3-none-any.whl".to_owned());
    let proof = Proof { host: &host, python: r"C:\py\python.exe", pip, dir, rocm: None, wheels: &wheels, trial: Trial::Import };
    let names: Vec<String> = proof.attempts().into_iter().map(|(_, job)| job.name.0).collect();
    assert_eq!(names, ["audit-environment", "audit-install", "audit-check", "audit-triton"]);
    let python = r"C:\work\py3.12\audit\venv\Scripts\python.exe";
    let pip = format!(r"{python} -I C:\py\Lib\ensurepip\_bundled\pip-25.0-py3-none-any.whl\pip");
    assert_eq!(commands(&proof)[2], format!("audit-check: {pip} check | "));
    assert_eq!(commands(&proof)[3], format!(r"audit-triton: {python} -I -B C:\work\py3.12\audit\try_wheel.py triton 3.7.0 | "));
}
