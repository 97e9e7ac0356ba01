//! What must be in each of our wheels.

use manifest::{Project, WheelName, shown};

use super::expected::{Expected, platform};
use super::wheel::{Member, Wheel};
use super::{Code, Finding, requires};
use crate::gfx::supports_flash_attention;
use crate::host::Platform;
use crate::plan::torch::{OPENMP, preloaded};

/// The module that loads ROCm's libraries when torch is imported.
const ROCM_INIT: &str = "torch/_rocm_init.py";

/// A file that must be there: the beginning of its name and its possible endings.
struct Needed<'a> {
    begins: &'a str,
    ends: &'a [&'a str],
}

impl Needed<'_> {
    fn is(&self, member: &Member) -> bool {
        let Some(rest) = member.name.strip_prefix(self.begins) else { return false };
        // `_C` is not `_CX`: what follows is the ending, perhaps with a tag before it.
        self.ends.iter().any(|end| rest == *end || rest.ends_with(end) && (rest.starts_with('.') || self.begins.ends_with('/')))
    }
}

/// What is not in one of our wheels, or is not as it must be.
pub fn findings(wheel: &Wheel, project: Project, name: &WheelName, expected: &Expected) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        needed(project, platform(name), expected).iter().filter_map(|needed| absent(wheel, needed)).collect();
    if project == Project::Pytorch
        && let Some(text) = wheel.text(ROCM_INIT)
    {
        let version = expected.rocm.clone().or_else(|| requires::rocm_of(wheel, name));
        findings.extend(
            init_fault(text, platform(name), version.as_deref()).map(|text| Finding::of_member(Code::RocmInit, ROCM_INIT, text)),
        );
    }
    findings
}

fn needed(project: Project, platform: Platform, expected: &Expected) -> Vec<Needed<'static>> {
    let compiled: &[&str] = if platform == Platform::Windows { &[".pyd"] } else { &[".so"] };
    let library: &[&str] = if platform == Platform::Windows { &[".pyd", ".dll"] } else { &[".so"] };
    let file = |begins| Needed { begins, ends: &[""] };
    let extension = |begins| Needed { begins, ends: compiled };
    match project {
        Project::Pytorch => {
            let mut needed = vec![file("torch/__init__.py"), file(ROCM_INIT), extension("torch/_C")];
            match platform {
                Platform::Linux => needed.push(file("torch/lib/libtorch_hip.so")),
                Platform::Windows => {
                    needed.push(file("torch/lib/torch_hip.dll"));
                    needed.push(Needed { begins: "torch/lib/", ends: &[OPENMP] });
                    if has_attention(expected) {
                        needed.extend([file("torch/lib/aotriton_v2.dll"), file("torch/lib/liblzma.dll")]);
                    }
                }
            }
            needed
        }
        Project::PytorchAudio => vec![file("torchaudio/__init__.py"), Needed { begins: "torchaudio/", ends: library }],
        Project::PytorchVision => vec![file("torchvision/__init__.py"), extension("torchvision/_C")],
        Project::Triton => vec![file("triton/__init__.py"), extension("triton/_C/libtriton")],
        // What `--cpp_ext` and `--cuda_ext` build.
        Project::Apex => vec![file("apex/__init__.py"), extension("apex_C"), extension("amp_C")],
    }
}

/// Whether a torch for Windows brings aotriton: triton has no say there. Without targets nobody knows.
fn has_attention(expected: &Expected) -> bool {
    expected.flash_attention.unwrap_or_else(|| expected.gfx.iter().any(|target| supports_flash_attention(target)))
}

fn absent(wheel: &Wheel, needed: &Needed) -> Option<Finding> {
    let mut found = wheel.members.iter().filter(|member| needed.is(member)).peekable();
    if found.peek().is_none() {
        let name = match needed.ends {
            [""] => format!("`{}`", needed.begins),
            ends => ends
                .iter()
                .map(|end| format!("`{}*{end}`", needed.begins).replace("*libomp", "libomp"))
                .collect::<Vec<_>>()
                .join(" or "),
        };
        return Some(Finding::new(Code::Content, format!("there is no {name} in it")));
    }
    let all: Vec<&Member> = found.collect();
    // What could not be unpacked has no hash, and is told already.
    let empty = all.iter().all(|member| member.size == 0 && member.hash.is_some());
    empty.then(|| Finding::of_member(Code::Content, &all[0].name, "it is empty"))
}

/// What is wrong with the module that loads ROCm's libraries.
fn init_fault(text: &str, platform: Platform, version: Option<&str>) -> Option<String> {
    let said = after(text, "check_version=").and_then(|rest| quoted(rest));
    match (said, version) {
        (None, _) => return Some("it checks no version of ROCm".to_owned()),
        (Some(said), Some(version)) if said != version => {
            return Some(format!("it checks for ROCm `{}`, and torch is built with `{}`", shown(said), shown(version)));
        }
        _ => {}
    }
    let list = after(text, "preload_shortnames=[").and_then(|rest| rest.split_once(']')).map(|(list, _)| list);
    let Some(list) = list else { return Some("it loads no libraries".to_owned()) };
    let names: Vec<&str> = list.split(',').filter_map(|name| quoted(name.trim())).collect();
    let expected = preloaded(platform);
    if names == expected {
        return None;
    }
    let missing: Vec<&str> = expected.iter().filter(|name| !names.contains(name)).copied().collect();
    Some(match missing.is_empty() {
        false => format!("it does not load {}", missing.join(", ")),
        true => "it loads other libraries than it should, or in another order".to_owned(),
    })
}

fn after<'a>(text: &'a str, what: &str) -> Option<&'a str> {
    text.split_once(what).map(|(_, rest)| rest)
}

/// The text in the quotes that begin here.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| ['\'', '"'].contains(c))?;
    text[1..].split_once(quote).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_that_loads_rocm() {
        let good = format!(
            "preload_shortnames=[{}],\n check_version='7.14.0')",
            preloaded(Platform::Linux).iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
        );
        for (text, fault) in [
            (good.clone(), None),
            (good.replace("7.14.0", "7.13.0"), Some("it checks for ROCm `7.13.0`, and torch is built with `7.14.0`")),
            (good.replace("check_version=", "x="), Some("it checks no version of ROCm")),
            (good.replace("preload_shortnames", "x"), Some("it loads no libraries")),
            (good.replace("'rccl', ", ""), Some("it does not load rccl")),
            (
                good.replace("'rccl', 'hipfile'", "'hipfile', 'rccl'"),
                Some("it loads other libraries than it should, or in another order"),
            ),
        ] {
            assert_eq!(init_fault(&text, Platform::Linux, Some("7.14.0")).as_deref(), fault);
        }
    }

    #[test]
    fn names_that_are_needed() {
        let is = |begins, ends: &[&str], name: &str| {
            Needed { begins, ends }.is(&Member { name: name.to_owned(), size: 1, hash: None })
        };
        assert!(is("torch/_C", &[".so"], "torch/_C.cpython-312-x86_64-linux-gnu.so"));
        assert!(is("torch/_C", &[".so"], "torch/_C.so"));
        assert!(!is("torch/_C", &[".so"], "torch/_C_flatbuffer.so"));
        assert!(!is("torch/_C", &[".so"], "torch/_C/x.so"));
        assert!(is("torchaudio/", &[".so"], "torchaudio/lib/libtorchaudio.so"));
        assert!(is("torch/lib/x.so", &[""], "torch/lib/x.so"));
        assert!(!is("torch/lib/x.so", &[""], "torch/lib/x.so.1"));
    }
}
