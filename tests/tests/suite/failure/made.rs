//! Failures that the real programs make here. Their words differ between versions, so of an error the telling part is compared.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use tests::Sandbox;
use xtask::failure::{Class, Finding};

use super::found;
use crate::environment;

/// A failure: what stands in the folder, what is run in it by the shell, and what must be read off it.
struct Case {
    files: &'static [(&'static str, &'static str)],
    script: &'static str,
    class: Class,
    target: Option<&'static str>,
    error: &'static str,
}

#[track_caller]
fn check(cases: &[Case]) {
    let mut wrong = String::new();
    for case in cases {
        let sandbox = Sandbox::new();
        case.files.iter().for_each(|(path, text)| sandbox.write(path, text));
        // A `python3` with pip, which that of the system need not have.
        let path = [environment::bin(), std::env::var_os("PATH").unwrap_or_default()];
        let path = std::env::join_paths(path.iter().flat_map(std::env::split_paths)).unwrap();
        let finding = run(sandbox.command("/bin/sh").args(["-c", case.script]).env("PATH", path));
        let error = finding.error.clone().unwrap_or_default();
        let target = finding.target.as_deref();
        let right = finding.class == case.class && target == case.target && error.contains(case.error);
        if !right {
            wrong.push_str(&format!("{}\n{finding:#?}\n", case.script));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is read off a program that must fail, its two outputs together.
#[track_caller]
fn run(command: &mut Command) -> Finding {
    let (mut reader, writer) = std::io::pipe().unwrap();
    command.stdin(std::process::Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    // The ends that it writes to are open here, too, as long as the command lives.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut output = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut output).unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "{command:?}");
    found(&String::from_utf8_lossy(&output), status.signal() == Some(9) || status.code() == Some(137))
}

const KILLED: (&str, &str) = ("bin/cc1", "#!/bin/sh\nkill -9 $$\n");

#[test]
fn of_a_compiler_a_linker_git_python_and_pip() {
    check(&[
        Case {
            files: &[("a.c", "int f(void) { return x; }\n")],
            script: "cc -fdiagnostics-color=always -c a.c",
            class: Class::Compile,
            target: None,
            error: "a.c:1:22: error: ",
        },
        Case {
            files: &[("a.c", "#include \"there_is_no.h\"\n")],
            script: "cc -c a.c",
            class: Class::MissingHeader,
            target: None,
            error: "there_is_no.h",
        },
        Case {
            files: &[("error: x/a.c", "int f(int x) { int error; return x; }\nint g(void) { int y; return 0; }\n")],
            script: "cc -Wall -c 'error: x/a.c' -o a.o; cc -Wall -Werror=unused-variable -c 'error: x/a.c' -o a.o",
            class: Class::Compile,
            target: None,
            error: "a.c:1:20: error: ",
        },
        Case {
            files: &[("a.c", "int nowhere(void); int main(void) { return nowhere(); }\n")],
            script: "cc a.c -o a",
            class: Class::Link,
            target: None,
            error: "undefined reference to `nowhere'",
        },
        Case {
            files: &[("a.c", "int main(void) { return 0; }\n")],
            script: "cc a.c -o a -lthere_is_none",
            class: Class::MissingLibrary,
            target: None,
            error: "cannot find -lthere_is_none",
        },
        Case {
            files: &[("a.c", "int main(void) { return 0; }\n")],
            script: "cc --offload-arch=gfx942 -c a.c",
            class: Class::UnsupportedTarget,
            target: None,
            error: "--offload-arch=gfx942",
        },
        Case {
            files: &[("a.c", "int main(void) { return 0; }\n")],
            script: "cc -S a.c -o /dev/full",
            class: Class::Disk,
            target: None,
            error: "No space left on device",
        },
        Case {
            files: &[("a.c", ""), KILLED],
            script: "chmod +x bin/cc1; cc -B bin -c a.c",
            class: Class::Memory,
            target: None,
            error: "Killed signal terminated program cc1",
        },
        Case {
            files: &[],
            script: "ulimit -v 400000; python3 -c 'bytearray(1 << 30)'",
            class: Class::Memory,
            target: None,
            error: "MemoryError",
        },
        Case { files: &[], script: "sh -c 'kill -9 $$'; exit 137", class: Class::Memory, target: None, error: "" },
        Case {
            files: &[],
            script: "there-is-no-hipcc --version",
            class: Class::MissingTool,
            target: None,
            error: "there-is-no-hipcc: not found",
        },
        Case {
            files: &[],
            script: "git init -q . && git fetch http://127.0.0.1:1/x.git",
            class: Class::Network,
            target: None,
            error: "fatal: unable to access 'http://127.0.0.1:1/x.git/'",
        },
        Case {
            files: &[],
            script: "python3 -m pip install --no-index there-is-none",
            class: Class::MissingPackage,
            target: None,
            error: "ERROR: Could not find a version that satisfies the requirement there-is-none",
        },
        Case {
            files: &[],
            script: "python3 -m pip install --retries 1 --index-url http://127.0.0.1:1/ there-is-none",
            class: Class::Network,
            target: None,
            error: "there-is-none",
        },
        Case {
            files: &[
                ("p/pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"),
                ("p/backend.py", "import there_is_none\n"),
            ],
            script: "git rev-parse; python3 -m pip install --no-build-isolation --target t ./p",
            class: Class::MissingPackage,
            target: None,
            error: "ModuleNotFoundError: No module named 'there_is_none'",
        },
    ]);
}

#[cfg(feature = "full")]
#[test]
fn of_ninja_make_cmake_and_sccache() {
    const BAD: (&str, &str) = ("bad.c", "int f(void) { return x; }\n");
    const NINJA: &str = "rule cc\n  command = cc -fdiagnostics-color=always -c $in -o $out\n\
                         build slow.o: cc slow.c\nbuild bad.o: cc bad.c\nbuild good.o: cc good.c\n";
    check(&[
        Case {
            files: &[BAD, ("slow.c", "#warning error: is a word\n"), ("good.c", ""), ("build.ninja", NINJA)],
            script: "git rev-parse; ninja -v -k 0",
            class: Class::Compile,
            target: Some("bad.o"),
            error: "bad.c:1:22: error: ",
        },
        Case {
            files: &[
                ("bad.c", ""),
                ("slow.c", ""),
                ("good.c", ""),
                ("build.ninja", "rule cc\n  command = cc -B bin -c $in -o $out\nbuild bad.o: cc bad.c\n"),
                KILLED,
            ],
            script: "chmod +x bin/cc1; ninja",
            class: Class::Memory,
            target: Some("bad.o"),
            error: "Killed signal terminated program cc1",
        },
        Case {
            files: &[BAD, ("good.c", ""), ("Makefile", "all: good.o bad.o\n")],
            script: "make -j2",
            class: Class::Compile,
            target: Some("bad.o"),
            error: "bad.c:1:22: error: ",
        },
        Case {
            files: &[("Makefile", "all:\n\tthere-is-no-hipcc -c a.hip\n")],
            script: "make",
            class: Class::MissingTool,
            target: Some("all"),
            error: "there-is-no-hipcc",
        },
        Case {
            files: &[("Makefile", "all: there-is-none.c\n")],
            script: "make",
            class: Class::Other,
            target: None,
            error: "No rule to make target 'there-is-none.c'",
        },
        Case {
            files: &[("CMakeLists.txt", "cmake_minimum_required(VERSION 3.16)\nproject(x NONE)\nfind_package(hip REQUIRED)\n")],
            script: "cmake -S . -B build",
            class: Class::MissingLibrary,
            target: None,
            error: "CMake Error at CMakeLists.txt:3 (find_package): By not providing \"Findhip.cmake\"",
        },
        Case {
            files: &[("CMakeLists.txt", "cmake_minimum_required(VERSION 3.16)\nproject(x C)\n")],
            script: "cmake -S . -B build -DCMAKE_C_COMPILER=there-is-none",
            class: Class::MissingTool,
            target: None,
            error: "CMake Error at CMakeLists.txt:2 (project): The CMAKE_C_COMPILER: there-is-none is not a full path",
        },
        Case {
            files: &[("CMakeLists.txt", "message(FATAL_ERROR \"error: no such thing\")\n")],
            script: "cmake -S . -B build",
            class: Class::Configure,
            target: None,
            error: "CMake Error at CMakeLists.txt:1 (message): error: no such thing",
        },
        Case {
            files: &[("Makefile", "a.o: a.c\n\tsccache cc -c a.c -o a.o\n"), ("a.c", "")],
            script: "SCCACHE_SERVER_PORT=1 SCCACHE_BUCKET=x SCCACHE_REGION=auto SCCACHE_ENDPOINT=127.0.0.1:1 AWS_ACCESS_KEY_ID=x \
                     AWS_SECRET_ACCESS_KEY=x make",
            class: Class::Cache,
            target: Some("a.o"),
            error: "sccache: ",
        },
        Case {
            files: &[("a.py", "print('char x[] = {' + '1,' * 2000000 + '};')\n")],
            script: "python3 a.py > big.c; prlimit --as=120000000 cc -c big.c",
            class: Class::Memory,
            target: None,
            error: "out of memory allocating",
        },
    ]);
}
