//! Scripts that pass for an interpreter with an SDK.

use super::*;
use crate::facts::Python;
use crate::observe::tests::World;

/// An interpreter that answers the questions as this function of the shell says; `$1` is a question.
fn python(world: &World, script: &str) -> Python {
    Python {
        executable: world.program("python", &ASK.replace("SCRIPT", script)),
        version: "3.12.1".to_owned(),
        series: crate::version::PythonVersion::parse("3.12").unwrap(),
        implementation: "cpython".to_owned(),
        prefix: world.at(""),
        base_prefix: "/usr".to_owned(),
        site_packages: world.at("site"),
        platform_tag: "linux_x86_64".to_owned(),
        ensurepip: true,
        bundled_pip: None,
        externally_managed: false,
        operating_system: None,
        distributions: [("rocm".to_owned(), "7.14.0a20260501".to_owned())].into(),
        installed_from: std::collections::BTreeMap::new(),
    }
}

/// What `ask_rocm_sdk.py` does, without Python: the code, standard output and standard error of each question as JSON.
const ASK: &str = r#"
[ "$1" = -c ] || exit 64
shift 2
ask() { (SCRIPT
); }
separator='['
for question; do
    err=$(ask "$question" 2>&1 >/dev/null)
    out=$(ask "$question" 2>/dev/null)
    code=$?
    printf '%s{"code": %s, "stdout": "%s", "stderr": "%s"}' "$separator" $code "$(printf %s "$out" | tr '\n' '|' | sed 's/|/\\n/g')" "$err"
    separator=,
done
echo ']'
"#;

fn answers(world: &World) -> String {
    let root = world.at("sdk");
    format!(
        "case \"$1\" in version) echo 7.14.0;; 'path --root') echo '{root}';; 'path --bin') echo '{root}/bin';; 'path --cmake') echo '{root}/lib';; esac"
    )
}

#[test]
fn an_sdk_that_answers_is_ready() {
    let world = World::new();
    world.write("sdk/bin/x", "");
    world.write("sdk/lib/rocm_sysdeps/x", "");
    let python = python(&world, &format!("echo warning >&2; {}", answers(&world)));
    let expected = Rocm {
        package_version: "7.14.0a20260501".to_owned(),
        sdk_version: "7.14.0".to_owned(),
        root: world.at("sdk"),
        bin: world.at("sdk/bin"),
        cmake: world.at("sdk/lib"),
        present: ["lib/rocm_sysdeps".to_owned()].into(),
    };
    assert_eq!(state(&world.host, &python), RocmState::Ready(expected));
}

#[test]
fn an_sdk_that_would_unpack_itself_is_not_asked() {
    let world = World::new();
    let asked = world.at("asked");
    let python = python(&world, &format!("touch '{asked}'"));
    for tar in ["_devel.tar", "_devel.tar.xz"] {
        let tar = world.write(&format!("site/rocm_sdk_devel/{tar}"), "");
        assert_eq!(state(&world.host, &python), RocmState::Packed);
        file::remove_all(&tar).unwrap();
    }
    let mut python = python;
    python.distributions.clear();
    assert_eq!(state(&world.host, &python), RocmState::Absent);
    assert_eq!(file::look(&asked), Seen::Missing);
}

#[test]
fn an_sdk_that_does_not_answer_is_broken() {
    let world = World::new();
    world.write("sdk/lib/x", "");
    world.write("sdk/bin", "a file");
    let answers = answers(&world);
    let but = |answer: &str| format!("[ \"$1\" = 'path --root' ] && {{ {answer}; exit; }}\n{answers}");
    let cases = [
        (but("echo no module >&2; exit 1"), "`rocm_sdk path --root` exited with 1: no module".to_owned()),
        (but("echo"), "`rocm_sdk path --root` prints nothing".to_owned()),
        (but("echo a; echo b"), "`rocm_sdk path --root` prints 2 lines instead of one".to_owned()),
        (but("echo ."), "`rocm_sdk path --root` prints `.`, which is not an absolute path".to_owned()),
        (but("echo /none"), "`rocm_sdk path --root` prints `/none`, which is not there".to_owned()),
        (answers.clone(), format!("`rocm_sdk path --bin` prints `{}`, which is not a folder", world.at("sdk/bin"))),
        (format!("[ \"$1\" = version ] && exit 3\n{answers}"), "`rocm_sdk version` exited with 3".to_owned()),
    ];
    for (script, expected) in cases {
        assert_eq!(state(&world.host, &python(&world, &script)), RocmState::Broken(expected));
    }
}
