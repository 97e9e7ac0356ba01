//! The whole text of each example, and texts that a terminal would obey.

use serde_json::{Value, json};

use crate::index::Index;
use crate::model::Manifest;

const INCOMPLETE: &str = include_str!("../../schema/examples/incomplete.json");
const FLATTENED: &str = include_str!("../../schema/examples/flattened.json");
const INDEX: &str = include_str!("../../schema/examples/index.json");

#[test]
fn a_build() {
    let expected = r"build    linux-x86_64, Python 3.12, release/2.13, gfx942,gfx1201 (gfx94X-dcgpu)
status   incomplete
missing  triton, apex (optional)
release  nightly
ROCm     7.14.0, suffix +rocm7.14.0, from https://nightly.repo.amd.com/rocm/whl-next
CI       ROCm/TheRock, Release wheels, job build, https://github.com/ROCm/TheRock/actions/runs/123456
wheels
  gfx942/amd_torch_device_gfx942-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl  2.0 KiB  bbbbbbbbbbbb
  torch-2.13.0+rocm7.14.0-1-cp312-cp312-linux_x86_64.whl                         1.0 KiB  aaaaaaaaaaaa
  2 wheels                                                                       2.9 KiB
sources
  pytorch         111111111111  https://github.com/ROCm/pytorch    2.13.0+rocm7.14.0, release/2.13, changed
  pytorch_audio   222222222222  https://github.com/pytorch/audio   2.11.0+rocm7.14.0
  pytorch_vision  333333333333  https://github.com/pytorch/vision  0.28.0+rocm7.14.0
  triton          444444444444  https://github.com/ROCm/triton     3.7.0+rocm7.14.0
  apex            555555555555  https://github.com/ROCm/apex       1.11.0+rocm7.14.0
  therock         666666666666  https://github.com/ROCm/TheRock    7.14.0, main
ROCm packages
  rocm           7.14.0
  rocm-sdk-core  7.14.0
toolchain
  interpreter  cpython 3.12.4
  pip          24.0
  build        1.2.1
  cmake        3.29.2
  ninja        1.11.1
  os           AlmaLinux 8.10
  clang        AMD clang 22.0.0
  gcc          gcc 13.3.1
options
  jobs        16            (detected)
  gfx         gfx94X-dcgpu  (flag)
  keep-going  true          (variable)
jobs
  pytorch        built    1h30m  ROCm 7.13.0 -> 7.14.0
  triton         failed   12.5s  no wheel yet           exit code 1, memory, cc1plus: out of memory
  pytorch_audio  failed   3.0s   `pytorch` was rebuilt  signal 9
  apex           skipped         waits for `triton`
";
    assert_eq!(Manifest::parse(INCOMPLETE).unwrap().summary(), expected);
}

#[test]
fn a_list_of_sources() {
    let expected = r"status  none: a list of sources
sources
  pytorch        111111111111  https://github.com/ROCm/pytorch.git   release/2.7
  pytorch_audio  222222222222  https://github.com/pytorch/audio.git
  therock        unknown       https://github.com/ROCm/TheRock.git   main
";
    assert_eq!(Manifest::parse(FLATTENED).unwrap().summary(), expected);
    assert_eq!(Manifest::default().summary(), "status  none: a list of sources\n");
}

#[test]
fn an_index() {
    let expected = r"index of 1 run, 1 missing
runs
  linux-x86_64, Python 3.12, nightly, gfx942 (gfx94X-dcgpu)  complete  3 wheels  3.2 KiB  lacks apex (optional)
missing
  linux-x86_64, Python 3.13, nightly, gfx942
";
    assert_eq!(Index::parse(INDEX).unwrap().summary(), expected);
    let mut index: Value = serde_json::from_str(INDEX).unwrap();
    index["runs"] = json!([serde_json::from_str::<Value>(INCOMPLETE).unwrap(), {"schema_version": 1}]);
    index["missing"] = json!([]);
    let expected = r"index of 2 runs, 0 missing
runs
  linux-x86_64, Python 3.12, release/2.13, gfx942,gfx1201 (gfx94X-dcgpu)  incomplete  2 wheels  2.9 KiB  lacks triton, apex (optional)
  unknown                                                                 none        0 wheels  0.0 KiB
";
    assert_eq!(Index::parse(&index.to_string()).unwrap().summary(), expected);
}

/// Every text of the file becomes one that moves the cursor, breaks the line and turns the direction; addresses get a password.
#[test]
fn nothing_foreign_is_left_as_it_is() {
    const EVIL: &str = "\u{1b}[2J\u{9b}1m\r\nmissing  \u{202e}\u{200b}x";
    const KEPT: [&str; 14] = [
        "schema_version",
        "status",
        "commit",
        "sha256",
        "dirty",
        "relative_path",
        "project",
        "origin",
        "need",
        "source",
        "ref",
        "repo",
        "index",
        "size_bytes",
    ];
    fn spoil(key: &str, value: &mut Value) {
        match value {
            Value::String(text) if matches!(key, "repo" | "index") => {
                *text = format!("https://user:password@host/{}", EVIL.replace(char::is_control, ""))
            }
            Value::String(text) if !KEPT.contains(&key) => *text = EVIL.to_owned(),
            Value::Array(items) => items.iter_mut().for_each(|item| spoil(key, item)),
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| spoil(key, value)),
            _ => {}
        }
    }
    let mut build: Value = serde_json::from_str(INCOMPLETE).unwrap();
    spoil("", &mut build);
    build[EVIL] = json!(EVIL);
    build["toolchain"]["compilers"][EVIL] = json!(EVIL);
    let manifest = Manifest::parse(&build.to_string()).unwrap();
    let index = Index {
        runs: vec![manifest.clone()],
        missing: manifest.identity().into_iter().collect(),
        ..Index::parse(INDEX).unwrap()
    };
    for text in [manifest.summary(), index.summary()] {
        let is_plain = |c: char| c == '\n' || c == ' ' || c == '…' || c.is_ascii_graphic();
        assert!(text.chars().all(is_plain), "{text}");
        assert!(!text.contains("password") && !text.contains("user"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("missing")).count(), 1, "{text}");
    }
    let lines = |text: &str| text.lines().count();
    // One more for each key that was added.
    assert_eq!(lines(&manifest.summary()), lines(&Manifest::parse(INCOMPLETE).unwrap().summary()) + 2);
}
