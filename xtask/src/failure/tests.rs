//! What is read off single lines, and off lines that are no failure.

use super::*;

fn found(output: &str) -> Finding {
    let mut watch = Watch::default();
    output.lines().for_each(|line| watch.line(line));
    watch.finding(false)
}

#[test]
fn one_line_tells_the_class() {
    for (line, class) in [
        ("a.c:1:2: error: expected ';'", Class::Compile),
        ("a.cpp:12: error: x", Class::Compile),
        ("\u{1b}[01m\u{1b}[Ka.c:1:2:\u{1b}[m\u{1b}[K \u{1b}[01;31m\u{1b}[Kerror: \u{1b}[m\u{1b}[Kno", Class::Compile),
        ("a.c:1:2: Fehler: »x« nicht deklariert", Class::Compile),
        ("a.c:1:2: error: format not a string literal [-Werror=format-security]", Class::Compile),
        ("cc1plus: error: unrecognized command line option '-fno'", Class::Usage),
        (r"c:\a b\x.cpp(12): error C2065: 'x': undeclared identifier", Class::Compile),
        ("x.cpp(3): fatal error C1083: Cannot open include file: 'a.h': No such file or directory", Class::MissingHeader),
        ("cl : fatal error C1060: compiler is out of heap space", Class::Memory),
        ("LINK : fatal error LNK1181: cannot open input file 'Math.lib'", Class::MissingLibrary),
        ("x.obj : error LNK2019: unresolved external symbol f", Class::Link),
        ("a.c:1:10: fatal error: x.h: No such file or directory", Class::MissingHeader),
        ("a.c:1:10: schwerwiegender Fehler: x.h: Datei oder Verzeichnis nicht gefunden", Class::MissingHeader),
        ("/usr/bin/ld: a.c:(.text+0x5): undefined reference to `f'", Class::Link),
        ("/usr/bin/ld: cannot find -lfoo: No such file or directory", Class::MissingLibrary),
        ("ld.lld: error: undefined symbol: f", Class::Link),
        ("ld.lld: error: unable to find library -lfoo", Class::MissingLibrary),
        ("nvcc error   : 'cicc' died due to signal 9 (Kill signal)", Class::Memory),
        ("make: *** [Makefile:2: all] Error 137", Class::Memory),
        ("make: *** [Makefile:2: all] Killed", Class::Memory),
        ("FAILED: [code=137] a.o", Class::Memory),
        ("error: command '/usr/bin/gcc' failed with exit code 1", Class::Other),
        ("error: Command '['g++', '-c']' returned non-zero exit status 1.", Class::Other),
        ("error: Command '['g++', '-c']' died with <Signals.SIGKILL: 9>.", Class::Memory),
        ("error: command 'gcc' failed: No such file or directory", Class::MissingTool),
        ("/bin/sh: 1: hipcc: not found", Class::MissingTool),
        ("bash: line 1: hipcc: command not found", Class::MissingTool),
        ("clang: error: unable to execute command: Killed", Class::Memory),
        ("x.hip:3:1: internal compiler error: Segmentation fault", Class::Crash),
        ("ERROR: No matching distribution found for rocm==7", Class::MissingPackage),
        ("setup.py: error: unrecognized arguments: --x", Class::Usage),
        ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 64.0 GiB", Class::Memory),
        ("terminate called after throwing an instance of 'std::bad_alloc'", Class::Memory),
        ("  what():  std::bad_alloc", Class::Memory),
        ("a.cpp:1:2: error: 'OutOfMemoryError' is not a member of 'c10'", Class::Compile),
        ("a.cpp:3:9: error: expected type-specifier before 'std::bad_alloc'", Class::Compile),
        ("sccache: error: Timed out waiting for server startup", Class::Cache),
        ("OSError: [Errno 28] No space left on device", Class::Disk),
        ("fatal: unable to access 'https://a/': The requested URL returned error: 502", Class::Network),
    ] {
        assert_eq!(found(line).class, class, "{line}");
    }
}

#[test]
fn what_is_no_failure_tells_nothing() {
    for line in [
        "a.cpp: In function 'int f(const std::bad_alloc&)':",
        "a.cpp: In instantiation of 'void g(MemoryError) [with T = c10::OutOfMemoryError]':",
        "[1/2] c++ -DMESSAGE=\"a.c:1:2: error: no\" -c a.c",
        "[ 50%] Building CXX object src/error: x/a.o",
        "/src/my: error: folder/a.c:1:2: warning: unused variable 'error' [-Wunused]",
        "a.c:1:2: warning: this is an error: really",
        "a.c:1:2: note: candidate: error: x",
        "   12 |   throw std::runtime_error(\"a.c:1:2: error: no\");",
        "      | error: ~~~",
        "-- Performing Test HAVE_X: error: Failed",
        "-- Could NOT find MKL (missing: MKL_LIBRARIES)",
        "CMake Warning at a.cmake:1 (message):",
        "-Werror=return-type -Wno-error=old-style-cast",
        "copying a/error: x.py -> build",
        "tests passed: 3, failed: 0",
        "compiling error: handling is a hobby",
        "",
    ] {
        assert_eq!(found(line), Finding::default(), "{line}");
    }
}

#[test]
fn the_first_failed_block_counts() {
    let output = "\
fatal: not a git repository (or any of the parent directories): .git
[1/9] Building C object a.o
a.c:3:1: warning: unused error: x
\u{1b}[31mFAILED: \u{1b}[0m[code=1] b.o b.d
cc -c b.c -DERROR=\"b.c:9:9: error: no\"
In file included from b.c:1:
b.h:7:1: warning: error: is a word
b.h:9:1: error: the first
b.h:10:1: error: the second
[2/9] Building C object c.o
FAILED: d.o
cc -c d.c
c++: fatal error: Killed signal terminated program cc1plus
ninja: build stopped: subcommand failed.
Traceback (most recent call last):
  File \"setup.py\", line 1, in <module>
subprocess.CalledProcessError: Command '['ninja']' returned non-zero exit status 1.
";
    let expected = Finding {
        class: Class::Compile,
        target: Some("b.o".to_owned()),
        command: Some("cc -c b.c -DERROR=\"b.c:9:9: error: no\"".to_owned()),
        error: Some("b.h:9:1: error: the first".to_owned()),
    };
    assert_eq!(found(output), expected);
}

#[test]
fn a_cause_is_told_before_what_comes_of_it() {
    for (output, class, error) in [
        (
            "a.c:1:1: error: nonsense\nptxas fatal   : Internal error: writing file\ncc1: error: x: No space left on device\n",
            Class::Disk,
            "cc1: error: x: No space left on device",
        ),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n\
             ERROR: Could not find a version that satisfies the requirement x\n",
            Class::Network,
            "ERROR: Could not find a version that satisfies the requirement x",
        ),
        (
            "    Traceback (most recent call last):\n      File \"a\", line 1\n        f()\n\n    ModuleNotFoundError: No module named 'x'\n\
             ERROR: Failed building wheel for y\n",
            Class::MissingPackage,
            "ModuleNotFoundError: No module named 'x'",
        ),
        (
            "CMake Error at CMakeLists.txt:3 (find_package):\n\n  By not providing \"Findx.cmake\" in it\n\nCall Stack (most recent call first):\n",
            Class::MissingLibrary,
            "CMake Error at CMakeLists.txt:3 (find_package): By not providing \"Findx.cmake\" in it",
        ),
        (
            "CMake Error: The source directory \"/x\" does not exist.\n",
            Class::Configure,
            "CMake Error: The source directory \"/x\" does not exist.",
        ),
    ] {
        let finding = found(output);
        assert_eq!((finding.class, finding.error.as_deref()), (class, Some(error)), "{output}");
    }
}

#[test]
fn who_is_killed_says_nothing() {
    assert_eq!(Watch::default().finding(true).class, Class::Memory);
    assert_eq!(Watch::default().finding(false), Finding::default());
    let mut watch = Watch::default();
    watch.line("a.c:1:2: error: no");
    assert_eq!(watch.finding(true).class, Class::Compile);
}

#[test]
fn long_lines_are_cut_and_never_in_a_character() {
    let mut watch = Watch::default();
    watch.line(&format!("a.c:1:2: error: {}", "ü".repeat(40_000)));
    let error = watch.finding(false).error.unwrap();
    assert!(error.len() <= LONGEST + '…'.len_utf8() && error.ends_with("ü…"), "{error}");
    watch.line(&format!("FAILED: {}", "x ".repeat(40_000)));
    watch.line(&"ü".repeat(40_000));
    assert!(watch.finding(false).command.unwrap().len() <= LONGEST + 3);
}

#[test]
fn every_class_has_the_name_that_it_is_written_by() {
    for class in Class::ALL {
        assert_eq!(serde_json::to_value(class).unwrap(), class.name());
    }
}
