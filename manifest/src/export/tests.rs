//! Each format's exact text, and names that would be traps in it.

use super::{github_output_line, sha256sums_line};
use crate::checked::{RelativePath, Sha256};
use crate::folder::FolderFile;
use crate::model::Manifest;

fn digest(digit: char) -> Sha256 {
    Sha256::parse(&digit.to_string().repeat(64)).unwrap()
}

fn manifest(files: &[(&str, char)]) -> Manifest {
    let artifact = |(path, digit): &(&str, char)| {
        let file = FolderFile { path: (*path).to_owned(), size_bytes: 1, sha256: digest(*digit) };
        file.artifact(RelativePath::parse(path).unwrap(), "release")
    };
    Manifest { artifacts: files.iter().map(artifact).collect(), ..Manifest::default() }
}

fn set() -> Manifest {
    manifest(&[
        ("triton-3.7.0+git88b227e2.rocm7.14.0-cp312-cp312-linux_x86_64.whl", 'd'),
        ("torch-2.13.0+rocm10.1.0a20260811_bkc.20260813-cp312-cp312-linux_x86_64.whl", 'a'),
        ("sub/TorchAudio-2.11.0-cp312-cp312-linux_x86_64.whl", 'b'),
        ("amd_torch_device_gfx942-2.13.0-py3-none-any.whl", 'c'),
        ("amd_torch_device_gfx942-2.13-1-py3-none-any.whl", 'e'),
    ])
}

#[test]
fn sums() {
    let digits = |digit: char| digit.to_string().repeat(64);
    assert_eq!(
        set().sha256sums(),
        format!(
            "{}  amd_torch_device_gfx942-2.13-1-py3-none-any.whl\n\
             {}  amd_torch_device_gfx942-2.13.0-py3-none-any.whl\n\
             {}  sub/TorchAudio-2.11.0-cp312-cp312-linux_x86_64.whl\n\
             {}  torch-2.13.0+rocm10.1.0a20260811_bkc.20260813-cp312-cp312-linux_x86_64.whl\n\
             {}  triton-3.7.0+git88b227e2.rocm7.14.0-cp312-cp312-linux_x86_64.whl\n",
            digits('e'),
            digits('c'),
            digits('b'),
            digits('a'),
            digits('d')
        )
    );
    assert_eq!(Manifest::default().sha256sums(), "");
    let zeros = digits('0');
    for (path, line) in [
        ("a b.whl", format!("{zeros}  a b.whl\n")),
        ("-c", format!("{zeros}  -c\n")),
        (r"a\b", format!(r"\{zeros}  a\\b") + "\n"),
        ("a\nb", format!(r"\{zeros}  a\nb") + "\n"),
        ("a\r\\n", format!(r"\{zeros}  a\r\\n") + "\n"),
    ] {
        assert_eq!(sha256sums_line(&digest('0'), path), line);
    }
}

#[test]
fn requirements_and_constraints() {
    let digits = |digit: char| digit.to_string().repeat(64);
    assert_eq!(
        set().requirements().unwrap(),
        format!(
            "amd-torch-device-gfx942==2.13 \\\n    --hash=sha256:{} \\\n    --hash=sha256:{}\n\
             torch==2.13.0+rocm10.1.0a20260811.bkc.20260813 \\\n    --hash=sha256:{}\n\
             torchaudio==2.11.0 \\\n    --hash=sha256:{}\n\
             triton==3.7.0+git88b227e2.rocm7.14.0 \\\n    --hash=sha256:{}\n",
            digits('e'),
            digits('c'),
            digits('a'),
            digits('b'),
            digits('d')
        )
    );
    assert_eq!(
        set().constraints().unwrap(),
        "amd-torch-device-gfx942==2.13\ntorch==2.13.0+rocm10.1.0a20260811.bkc.20260813\ntorchaudio==2.11.0\n\
         triton==3.7.0+git88b227e2.rocm7.14.0\n"
    );
    assert_eq!(Manifest::default().requirements().unwrap(), "");
}

#[test]
fn outputs() {
    assert_eq!(
        set().github_output("dist/manifests/therock-manifest_torch_py3.12_nightly.json").unwrap(),
        "torch_version=2.13.0+rocm10.1.0a20260811_bkc.20260813\ntorchaudio_version=2.11.0\n\
         triton_version=3.7.0+git88b227e2.rocm7.14.0\n\
         manifest_path=dist/manifests/therock-manifest_torch_py3.12_nightly.json\n"
    );
    let all = ["apex", "triton", "torchvision", "torchaudio", "torch"].map(|name| format!("{name}-1-py3-none-any.whl"));
    let files: Vec<(&str, char)> = all.iter().map(|name| (name.as_str(), 'a')).collect();
    assert_eq!(
        manifest(&files).github_output("m").unwrap(),
        "torch_version=1\ntorchaudio_version=1\ntorchvision_version=1\ntriton_version=1\napex_version=1\nmanifest_path=m\n"
    );
}

#[test]
fn no_value_becomes_an_output_of_its_own() {
    let table = [
        ("a", "b=c<<d", "a=b=c<<d\n"),
        ("a", "", "a=\n"),
        ("a_b-C1", "x", "a_b-C1=x\n"),
        ("a", "x\nevil=1", "a<<END_OF_VALUE\nx\nevil=1\nEND_OF_VALUE\n"),
        ("a", "x\nEND_OF_VALUE\nevil=1", "a<<END_OF_VALUE_\nx\nEND_OF_VALUE\nevil=1\nEND_OF_VALUE_\n"),
        ("a", "END_OF_VALUE_\rEND_OF_VALUE\r\n", "a<<END_OF_VALUE__\nEND_OF_VALUE_\rEND_OF_VALUE\r\n\nEND_OF_VALUE__\n"),
    ];
    for (name, value, expected) in table {
        assert_eq!(github_output_line(name, value).unwrap(), expected);
    }
    for name in ["", "a=b", "a<<b", "a\nb", "1a", "-a", "a b", "ä"] {
        let shown = name.replace('\n', "\\n");
        assert_eq!(
            github_output_line(name, "x").unwrap_err().to_string(),
            format!("`{shown}` is not the name of an output: letters, digits, `_` and `-`, and no digit or `-` first")
        );
    }
}

#[test]
fn refusals() {
    let table: [(&[(&str, char)], &str); 3] = [
        (
            &[("odd.whl", 'a')],
            "`odd.whl` is not a wheel's file name: it has 1 of the 5 or 6 fields that dashes separate | give the file a wheel's name, or remove it, and write the manifest anew with `manifest generate`",
        ),
        (
            &[("a b-1-py3-none-any.whl", 'a')],
            "`a b-1-py3-none-any.whl` is not a wheel's file name: it holds ` `, and only ASCII letters, digits and `-_.+!` may be there | give the file a wheel's name, or remove it, and write the manifest anew with `manifest generate`",
        ),
        (
            &[("torch-10.0-py3-none-any.whl", 'a'), ("Torch-9.0-py3-none-any.whl", 'b')],
            "there are wheels of `torch` in two versions: 9.0 and 10.0 | remove the older wheel, and write the manifest anew with `manifest generate`",
        ),
    ];
    for (files, expected) in table {
        let manifest = manifest(files);
        for result in [manifest.requirements(), manifest.constraints(), manifest.github_output("m")] {
            let error = result.unwrap_err();
            assert_eq!(format!("{error} | {}", error.hint().unwrap()), expected);
        }
    }
}

/// Labels are what a file says of itself; what is exported is what its name says.
#[test]
fn labels_inject_nothing() {
    let mut manifest = set();
    let expected = (manifest.requirements().unwrap(), manifest.github_output("m").unwrap());
    for artifact in &mut manifest.artifacts {
        artifact.labels.version = Some("1\n--index-url=https://evil.example".to_owned());
        artifact.labels.distribution = Some("torch\nx".to_owned());
    }
    assert_eq!((manifest.requirements().unwrap(), manifest.github_output("m").unwrap()), expected);
}
