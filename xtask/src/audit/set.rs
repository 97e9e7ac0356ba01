//! Whether the wheels of a set belong together, as far as their names and metadata tell.

use manifest::{Project, WheelName};

use super::{Code, Finding, requirement};

/// Looks for wheels that were asked for and are not there, that require others in versions that the set does not have, or are built for another ROCm
/// than the others. `rocm` is the version of the ROCm packages, if it is known.
pub fn check(asked: &[Project], wheels: &[(&WheelName, &[String])], rocm: Option<&str>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = asked.iter().filter_map(|project| absent(*project, wheels)).collect();
    let about = |wheel: String, text: String| Finding { wheel: Some(wheel), ..Finding::new(Code::SetMismatch, text) };
    findings.extend(requirement::mismatches(wheels, rocm).into_iter().map(|(wheel, text)| about(wheel, text)));
    let torch = wheels.iter().find(|(name, _)| name.project() == Some(Project::Pytorch)).or(wheels.first());
    if let Some((torch, ours)) = torch.and_then(|(name, _)| Some((name, rocm_label(name)?))) {
        for (name, theirs) in wheels.iter().filter_map(|(name, _)| Some((name, rocm_label(name)?))) {
            if theirs != ours {
                let text = format!("its version names `{theirs}`, and that of {} `{ours}`", torch.distribution());
                findings.push(about(name.to_string(), text));
            }
        }
    }
    findings
}

fn absent(project: Project, wheels: &[(&WheelName, &[String])]) -> Option<Finding> {
    let there = wheels.iter().any(|(name, _)| name.project() == Some(project));
    let text = format!("{} was asked for, and the set has no wheel of it", project.distribution());
    (!there).then(|| Finding::new(Code::SetIncomplete, text))
}

/// The ROCm that a version names: `rocm7.14.0` of `2.9.0+rocm7.14.0` and of `3.7.0+git1a2b3c4d.rocm7.14.0`. What follows it is not compared.
fn rocm_label(name: &WheelName) -> Option<String> {
    let version = name.parsed_version().to_string();
    let (_, local) = version.split_once('+')?;
    let label = &local[local.find("rocm")?..];
    // A wheel built again adds `.postN`, and nightly ones their commit.
    let end = [".git", ".post"].iter().filter_map(|mark| label.find(mark)).min().unwrap_or(label.len());
    Some(label[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(asked: &[Project], names: &[&str], requires: &[&str]) -> Vec<String> {
        let names: Vec<WheelName> =
            names.iter().map(|name| WheelName::parse(&format!("{name}-cp312-cp312-linux_x86_64.whl")).unwrap()).collect();
        let requires: Vec<String> = requires.iter().map(|line| (*line).to_owned()).collect();
        let mut wheels: Vec<(&WheelName, &[String])> = names.iter().map(|name| (name, &[][..])).collect();
        wheels[0].1 = &requires;
        let shown = |finding: Finding| format!("{:?} {}", finding.code, finding.text);
        check(asked, &wheels, Some("7.14.0")).into_iter().map(shown).collect()
    }

    #[test]
    fn a_set_that_fits_has_no_findings() {
        let names =
            ["torch-2.9.0+rocm7.14.0.post2", "triton-3.7.0+git1a2b3c4d.rocm7.14.0", "torchaudio-2.9.0+rocm7.14.0.git1a2b3c4d"];
        let asked = [Project::Pytorch, Project::Triton, Project::PytorchAudio];
        let requires = ["rocm[libraries]==7.14.0", "triton==3.7.0+git1a2b3c4d-rocm7.14.0", "filelock"];
        assert_eq!(found(&asked, &names, &requires), Vec::<String>::new());
        assert_eq!(found(&asked[..1], &["torch-2.9.0", "triton-3.7.0"], &[]), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_told() {
        let names = ["torch-2.9.0+rocm7.14.0", "torchaudio-2.9.0+rocm7.13.0"];
        let expected = [
            "SetIncomplete apex was asked for, and the set has no wheel of it",
            "SetMismatch it requires `torchaudio<2.9`, and the set has torchaudio 2.9.0+rocm7.13.0",
            "SetMismatch its version names `rocm7.13.0`, and that of torch `rocm7.14.0`",
        ];
        assert_eq!(found(&[Project::Pytorch, Project::Apex], &names, &["torchaudio<2.9"]), expected);
    }
}
