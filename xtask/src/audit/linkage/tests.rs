//! Libraries that are found, and those that are not.

use super::*;
use crate::facts::Distribution;

const TORCH: &str = "torch-2.9.0+rocm7.14-cp312-cp312-linux_x86_64.whl";
const VISION: &str = "torchvision-0.24.0+rocm7.14-cp312-cp312-linux_x86_64.whl";
const WINDOWS: &str = "torch-2.9.0+rocm7.14-cp312-cp312-win_amd64.whl";

fn library(needed: &[&str], run_paths: &[&str]) -> Linkage {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Linkage { format: Format::Elf, machine: Machine::X86_64, soname: None, needed: owned(needed), run_paths: owned(run_paths) }
}

fn dll(needed: &[&str]) -> Linkage {
    Linkage { format: Format::Pe, ..library(needed, &[]) }
}

fn rocm() -> Installed {
    let distribution = |requires: &[&str], libraries: &[&str]| Distribution {
        version: "7.14".to_owned(),
        requires: requires.iter().map(|line| (*line).to_owned()).collect(),
        libraries: libraries.iter().map(|path| (*path).to_owned()).collect(),
    };
    let rocm = ["rocm-sdk-core==7.14", "rocm-sdk-libraries==7.14; extra == \"libraries\"", "rocm-sdk-devel; extra == 'devel'"];
    Installed::from([
        ("rocm".to_owned(), distribution(&rocm, &[])),
        (
            "rocm-sdk-core".to_owned(),
            distribution(&[], &["_rocm_sdk_core/lib/libamdhip64.so.7", "_rocm_sdk_core/bin/amdhip64_7.dll"]),
        ),
        ("rocm-sdk-libraries".to_owned(), distribution(&["rocm"], &["_rocm_sdk_libraries/lib/librocblas.so.5"])),
        ("rocm-sdk-devel".to_owned(), distribution(&[], &["_rocm_sdk_devel/lib/libdevel.so.1"])),
        ("numpy".to_owned(), distribution(&[], &["numpy.libs/libopenblas.so.0"])),
    ])
}

/// A wheel by its file name, its requirements and its libraries.
type Given<'a> = (&'a str, &'a [&'a str], Vec<(&'a str, Linkage)>);

/// The findings as lines: code, member, text.
fn found(wheels: &[Given], installed: Option<&Installed>) -> Vec<String> {
    struct Owned(WheelName, Vec<String>, Vec<(String, Linkage)>);
    let owned = wheels.iter().map(|(name, requires, libraries)| {
        let libraries = libraries.iter().map(|(member, linkage)| ((*member).to_owned(), linkage.clone()));
        let requires = requires.iter().map(|line| (*line).to_owned());
        Owned(WheelName::parse(name).unwrap(), requires.collect(), libraries.collect())
    });
    let owned: Vec<Owned> = owned.collect();
    let linked: Vec<Linked> =
        owned.iter().map(|Owned(name, requires, libraries)| Linked { path: "x.whl", name, requires, libraries }).collect();
    let shown = |finding: Finding| format!("{:?} {}: {}", finding.code, finding.member.unwrap(), finding.text);
    check(&linked, installed).into_iter().map(shown).collect()
}

#[test]
fn libraries_are_found_in_the_wheel_in_what_it_requires_and_on_every_system() {
    let torch: Given = (
        TORCH,
        &["rocm[libraries]==7.14"],
        vec![
            ("torch/_C.cpython-312-x86_64-linux-gnu.so", library(&["libtorch.so", "libc.so.6"], &["$ORIGIN/lib"])),
            ("torch/lib/libtorch.so", library(&["libamdhip64.so.7", "librocblas.so.5", "libm.so.6"], &["$ORIGIN"])),
        ],
    );
    let vision: Given = (
        VISION,
        &["torch==2.9.0+rocm7.14", "numpy"],
        vec![
            (
                "torchvision/_C.so",
                library(&["libtorch.so", "libamdhip64.so.7", "ld-linux-x86-64.so.2"], &["$ORIGIN/../torch/lib"]),
            ),
            ("torchvision/image.so", library(&["libpng16-1234.so.16"], &["${ORIGIN}/../torchvision.libs"])),
            ("torchvision.libs/libpng16-1234.so.16", library(&["libopenblas.so.0"], &[])),
        ],
    );
    assert_eq!(found(&[torch, vision], Some(&rocm())), Vec::<String>::new());
    let windows = vec![
        ("torch/_C.cp312-win_amd64.pyd", dll(&["TORCH_python.dll", "python312.dll", "KERNEL32.dll", "VCRUNTIME140.dll"])),
        ("torch/lib/torch_python.dll", dll(&["amdhip64_7.dll", "api-ms-win-crt-heap-l1-1-0.dll", "MSVCP140.dll"])),
    ];
    assert_eq!(found(&[(WINDOWS, &["rocm==7.14"], windows)], Some(&rocm())), Vec::<String>::new());
}

#[test]
fn what_nothing_brings_is_missing() {
    let cases: [(&str, Linkage, &[&str], &str); 8] = [
        ("torch/_C.so", library(&["libnuma.so.1"], &[]), &["rocm"], "LibraryMissing torch/_C.so: it needs `libnuma.so.1`"),
        ("torch/_C.so", library(&["librocblas.so.5"], &[]), &["rocm"], "LibraryMissing torch/_C.so: it needs `librocblas.so.5`"),
        (
            "torch/_C.so",
            library(&["libdevel.so.1"], &[]),
            &["rocm[libraries]"],
            "LibraryMissing torch/_C.so: it needs `libdevel.so.1`",
        ),
        (
            "torch/_C.so",
            library(&["libamdhip64.so.6"], &[]),
            &["rocm"],
            "LibraryMissing torch/_C.so: it needs `libamdhip64.so.6`",
        ),
        ("torch/_C.so", library(&["libopenblas.so.0"], &[]), &[], "LibraryMissing torch/_C.so: it needs `libopenblas.so.0`"),
        (
            "torch/_C.so",
            library(&["ld-linux-aarch64.so.1"], &[]),
            &[],
            "LibraryMissing torch/_C.so: it needs `ld-linux-aarch64.so.1`",
        ),
        ("torch/_C.pyd", dll(&["python311.dll"]), &["rocm"], "LibraryMissing torch/_C.pyd: it needs `python311.dll`"),
        ("torch/_C.pyd", dll(&["c10.dll"]), &["rocm"], "LibraryMissing torch/_C.pyd: it needs `c10.dll`"),
    ];
    for (member, linkage, requires, expected) in cases {
        let name = if linkage.format == Format::Pe { WINDOWS } else { TORCH };
        let rest = ", which is neither in the wheel nor in what it requires, nor on every system";
        assert_eq!(found(&[(name, requires, vec![(member, linkage)])], Some(&rocm())), [format!("{expected}{rest}")]);
    }
}

#[test]
fn what_is_there_by_luck_is_a_warning() {
    let torch: Given = (TORCH, &[], vec![("torch/lib/libtorch.so", library(&["libgomp.so.1"], &[]))]);
    let vision: Given = (VISION, &[], vec![("torchvision/_C.so", library(&["libtorch.so"], &[]))]);
    let expected = [
        "LibraryOfSystem torch/lib/libtorch.so: it needs `libgomp.so.1`, which most systems have and no package brings",
        "LibraryUndeclared torchvision/_C.so: it needs `libtorch.so` of torch, which the wheel does not require",
    ];
    assert_eq!(found(&[torch, vision], Some(&rocm())), expected);
}

#[test]
fn without_an_environment_what_is_required_is_not_proven() {
    let libraries = vec![("torch/_C.so", library(&["libamdhip64.so.7"], &[]))];
    let expected =
        "LibraryUnproven torch/_C.so: it needs `libamdhip64.so.7`, and whether rocm or what they require has it is not known";
    assert_eq!(found(&[(TORCH, &["rocm", "numpy; python_version < '3'"], libraries.clone())], None), [expected]);
    let missing = "LibraryMissing torch/_C.so: it needs `libamdhip64.so.7`, which is neither in the wheel nor in what it requires, \
                   nor on every system";
    assert_eq!(found(&[(TORCH, &[], libraries)], None), [missing]);
}

#[test]
fn run_paths_stay_in_the_environment() {
    for (member, path, outside) in [
        ("torch/lib/libtorch.so", "$ORIGIN", false),
        ("torch/lib/libtorch.so", "$ORIGIN/", false),
        ("torch/lib/libtorch.so", "$ORIGIN/../../_rocm_sdk_core/lib", false),
        ("torch/lib/libtorch.so", "$ORIGIN/../..", false),
        ("torch/lib/libtorch.so", "$ORIGIN/../../..", true),
        ("torch/lib/libtorch.so", "$ORIGIN/../../../torch/lib", true),
        ("torch/lib/libtorch.so", "${ORIGIN}/./../lib//x", false),
        ("torch-2.9.data/platlib/torch/libtorch.so", "$ORIGIN/../..", true),
        ("torch/lib/libtorch.so", "/opt/rocm/lib", true),
        ("torch/lib/libtorch.so", "lib", true),
        ("torch/lib/libtorch.so", "", true),
        ("torch/lib/libtorch.so", "$ORIGINAL/lib", true),
    ] {
        let expected = format!(
            "RunPathOutside {member}: its run path `{path}` leads out of the environment that the wheel is installed into"
        );
        let found = found(&[(TORCH, &[], vec![(member, library(&[], &[path]))])], None);
        assert_eq!(found, if outside { vec![expected] } else { Vec::new() }, "{member} {path}");
    }
}

#[test]
fn another_machine_is_told_once() {
    let arm = Linkage { machine: Machine::Aarch64, ..library(&["libnone.so"], &["/opt"]) };
    let expected = "WrongMachine torch/_C.so: it is for aarch64, and the wheel for x86-64";
    assert_eq!(found(&[(TORCH, &[], vec![("torch/_C.so", arm.clone())])], None), [expected]);
    let name = "torch-2.9.0-cp312-cp312-manylinux_2_28_aarch64.whl";
    let fits = Linkage { machine: Machine::Aarch64, ..library(&["ld-linux-aarch64.so.1"], &[]) };
    assert_eq!(found(&[(name, &[], vec![("torch/_C.so", fits)])], None), Vec::<String>::new());
    // Launchers for Windows are in wheels for Linux, too.
    let launcher = Linkage { format: Format::Pe, ..arm };
    assert_eq!(found(&[(TORCH, &[], vec![("torch/cli.exe", launcher)])], None), Vec::<String>::new());
}
