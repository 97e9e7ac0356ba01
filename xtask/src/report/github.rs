//! What a run tells on its page on GitHub: a table of the wheels, and the options that were chosen. Everything in it may come from a branch
//! name or a flag, so nothing of it is taken for markup.

use std::fmt::Write;

use manifest::{Job, JobStatus, Manifest, Need, Origin};

use crate::event::Failed;
use crate::plan::JobName;
use crate::redact::for_terminal;

/// The summary of a run, as GitHub's Markdown.
pub fn summary(manifest: &Manifest, path: &str) -> String {
    let mut text = String::new();
    let of = |value: &Option<String>| code(value.as_deref().unwrap_or("unknown"));
    let status = manifest.status.map_or("unknown".to_owned(), |status| status.to_string());
    let _ = writeln!(
        text,
        "### PyTorch wheels: {status}\n\n{} for Python {}, {}, ROCm {}\n",
        of(&manifest.pytorch_git_ref),
        of(&manifest.python_version),
        of(&manifest.pytorch_rocm_arch),
        of(&manifest.rocm_sdk_version)
    );
    let _ = writeln!(text, "| wheel | size | time | SHA-256 | |\n| --- | ---: | ---: | --- | --- |");
    for artifact in &manifest.artifacts {
        let job = artifact.source.and_then(|project| manifest.jobs.iter().find(|job| job.project == project));
        let time = job.and_then(|job| job.duration).map(|time| super::duration(time.as_secs_f64())).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} | {time} | {} | {} |",
            code(artifact.relative_path.as_str()),
            super::size(artifact.size_bytes),
            code(artifact.sha256.as_str()),
            job.map(what_became_of).unwrap_or("kept")
        );
    }
    for missing in &manifest.missing {
        let job = manifest.jobs.iter().find(|job| job.project == missing.project);
        let what = job.map_or("missing", what_became_of);
        let may = if missing.need == Need::Optional { ", and optional" } else { "" };
        let _ = writeln!(text, "| {} | | | | {what}{may} |", code(missing.project.distribution()));
    }
    let chosen: Vec<_> = manifest.options.iter().filter(|option| option.origin != Origin::Default).collect();
    if !chosen.is_empty() {
        let _ = writeln!(text, "\n| option | value |\n| --- | --- |");
        for option in chosen {
            let value = option.value.as_str().map_or_else(|| option.value.to_string(), str::to_owned);
            let _ = writeln!(text, "| {} | {} |", code(&option.name), code(&value));
        }
    }
    let _ = writeln!(text, "\nManifest: {}", code(path));
    text
}

/// The line by which a failure stands at the head of a run's page, and beside its log.
pub fn annotation(job: &JobName, failed: &Failed) -> String {
    let finding = &failed.finding;
    let mut text = finding.error.clone().unwrap_or_else(|| failed.cause.clone());
    text.extend(finding.command.iter().map(|command| format!("\nby: {command}")));
    let _ = write!(text, "\nkind: {}", finding.class);
    text.extend(finding.target.iter().map(|target| format!("\nwhile making: {target}")));
    text.extend(finding.hint().map(|hint| format!("\nhint: {hint}")));
    let _ = write!(text, "\nlog: {}", failed.log);
    let title = format!("{job}: {}", failed.sentence());
    format!("::error title={}::{}", escaped(&title).replace(':', "%3A").replace(',', "%2C"), escaped(&text))
}

/// A text that is one line and ends no command, as the runner reads it.
fn escaped(text: &str) -> String {
    for_terminal(text).replace('%', "%25").replace('\n', "%0A")
}

fn what_became_of(job: &Job) -> &'static str {
    match job.status {
        JobStatus::Built => "built",
        JobStatus::Reused => "reused",
        JobStatus::Failed => "failed",
        JobStatus::Skipped => "skipped",
        JobStatus::Interrupted => "interrupted",
        JobStatus::TimedOut => "timed out",
    }
}

/// A text in which nothing is markup, not even the bars of a table.
fn code(text: &str) -> String {
    let mut safe = String::from("<code>");
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '|' => safe.push_str("&#124;"),
            '`' | '*' | '_' | '~' | '[' | ']' | '!' | '\\' | '@' | '#' | ':' => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe.push_str("</code>");
    safe
}

#[cfg(test)]
mod tests {
    use manifest::{Artifact, Extra, Labels, Missing, OptionValue, Project, RelativePath, Sha256, Status};

    use super::*;
    use crate::failure::{Class, Finding};

    #[test]
    fn an_annotation_is_one_line_whatever_is_in_it() {
        let failed = Failed {
            purpose: "building torch".to_owned(),
            cause: "exited with 1".to_owned(),
            command: None,
            cut: None,
            exit_code: Some(1),
            signal: None,
            finding: Finding {
                class: Class::Disk,
                target: Some("a,b.o".to_owned()),
                command: Some("cc -c b.c".to_owned()),
                error: Some("100%::stop-commands::x\r\n\u{1b}[31mNo space".to_owned()),
            },
            tail: Vec::new(),
            log: "C:\\logs\\torch.log".to_owned(),
        };
        let hint = Class::Disk.hint().unwrap();
        assert_eq!(
            annotation(&JobName("torch".to_owned()), &failed),
            format!(
                "::error title=torch%3A building torch exited with 1::100%25::stop-commands::x\u{fffd}%0A\u{fffd}[31mNo space%0Aby: cc -c b.c%0Akind: disk\
                 %0Awhile making: a,b.o%0Ahint: {hint}%0Alog: C:\\logs\\torch.log"
            )
        );
    }

    #[test]
    fn a_summary_has_no_markup_but_its_own() {
        let wheel = "torch-2.0-cp312-cp312-linux_x86_64.whl";
        let option = |name: &str, value: &str, origin| OptionValue {
            name: name.to_owned(),
            value: value.into(),
            origin,
            extra: Extra::new(),
        };
        let manifest = Manifest {
            python_version: Some("3.12".to_owned()),
            pytorch_git_ref: Some("x|</code>\n# y".to_owned()),
            pytorch_rocm_arch: Some("gfx942".to_owned()),
            artifacts: vec![Artifact {
                relative_path: RelativePath::parse(wheel).unwrap(),
                size_bytes: 2048,
                sha256: Sha256::parse(&"0".repeat(64)).unwrap(),
                source: Some(Project::Pytorch),
                labels: Labels::new("release"),
                planned_version: None,
                requires_dist: None,
                gfx_targets: None,
                split_from: None,
                extra: Extra::new(),
            }],
            missing: vec![Missing { project: Project::Apex, need: Need::Required, extra: Extra::new() }],
            options: vec![option("ref", "a", Origin::Flag), option("jobs", "auto", Origin::Default)],
            ..Manifest::new(Status::Failed)
        };
        let hash = "0".repeat(64);
        let expected = format!(
            "### PyTorch wheels: failed\n\n\
             <code>x&#124;&lt;/code&gt; &#35; y</code> for Python <code>3.12</code>, <code>gfx942</code>, ROCm <code>unknown</code>\n\n\
             | wheel | size | time | SHA-256 | |\n| --- | ---: | ---: | --- | --- |\n\
             | <code>torch-2.0-cp312-cp312-linux&#95;x86&#95;64.whl</code> | 2.0 KiB |  | <code>{hash}</code> | kept |\n\
             | <code>apex</code> | | | | missing |\n\n\
             | option | value |\n| --- | --- |\n| <code>ref</code> | <code>a</code> |\n\n\
             Manifest: <code>/m.json</code>\n"
        );
        assert_eq!(summary(&manifest, "/m.json"), expected);
    }
}
