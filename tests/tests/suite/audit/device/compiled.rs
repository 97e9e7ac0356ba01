//! Device code that clang compiled, and what LLVM's own programs say of it and of ours.

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tests::{Sandbox, finish};

use super::chance::{assert_inside, change, changed};
use super::scanned::{scanned, told};
use super::synthetic::*;

/// A kernel that needs no header of HIP's.
const KERNEL: &str = r#"
struct dim3 { unsigned x, y, z; };
extern "C" int hipLaunchKernel(const void *, dim3, dim3, void **, unsigned long long, void *);
__attribute__((global)) void KERNEL(float *to, const float *from) { to[__builtin_amdgcn_workitem_id_x()] += from[0]; }
"#;

/// What every compilation is given.
const HIP: [&str; 6] = ["-x", "hip", "-nogpuinc", "-nogpulib", "--no-offload-new-driver", "-O2"];

struct Compiler {
    sandbox: Sandbox,
}

impl Compiler {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("kernel.hip", KERNEL);
        Compiler { sandbox }
    }

    /// Runs a program in the sandbox's folder and returns what it printed.
    #[track_caller]
    fn run(&self, program: &str, args: &[&str]) -> String {
        finish(self.sandbox.command(program).args(args)).expect(0).stdout
    }

    /// Compiles the kernel to a file of this name, which is the kernel's name, too.
    #[track_caller]
    fn compile(&self, name: &str, flags: &[&str], targets: &[&str]) -> PathBuf {
        let targets: Vec<String> = targets.iter().map(|target| format!("--offload-arch={target}")).collect();
        let kernel = format!("-DKERNEL={}", name.split('.').next().unwrap());
        let ours = [kernel.as_str(), "-c", "kernel.hip", "-o", name];
        let args: Vec<&str> = HIP.iter().chain(flags).copied().chain(targets.iter().map(String::as_str)).chain(ours).collect();
        self.run("clang-22", &args);
        self.sandbox.path(name)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.sandbox.path(name)).unwrap()
    }

    /// The targets and forms of what we find in a file, which must be whole.
    #[track_caller]
    fn found(&self, name: &str) -> Vec<String> {
        let (objects, faults) = told(&self.bytes(name));
        assert_eq!(faults, Vec::<String>::new(), "{name}");
        objects.iter().map(|object| object.rsplit_once(' ').unwrap().0.to_owned()).collect()
    }

    /// What `llvm-objdump` takes out of a file: each id and size, the host's left out.
    fn objdump(&self, name: &str) -> Vec<String> {
        let text = self.run("llvm-objdump-22", &["--offloading", name]);
        let files = text.lines().filter_map(|line| line.strip_prefix("Extracting offload bundle: "));
        let one = |file: &str| {
            let (_, target) = file.split_once("--")?;
            Some(format!("{target} {}", self.sandbox.path(file).metadata().unwrap().len()))
        };
        let mut found: Vec<String> = files.filter(|file| file.contains("amdgcn")).filter_map(one).collect();
        found.sort();
        found
    }

    /// The same of the section in which an object has its one bundle.
    fn listed_in(&self, object: &str) -> Vec<String> {
        self.run("llvm-objcopy-22", &["-O", "binary", "--only-section=.hip_fatbin", object, "section"]);
        self.listed(&self.bytes("section"))
    }

    /// The ids that clang's own program lists, the host's left out.
    fn listed(&self, bundle: &[u8]) -> Vec<String> {
        std::fs::write(self.sandbox.path("bundle"), bundle).unwrap();
        let text = self.run("clang-offload-bundler-22", &["-list", "-type=bc", "-input=bundle"]);
        let mut ids: Vec<String> = text.lines().filter(|id| !id.starts_with("host-")).map(str::to_owned).collect();
        ids.sort();
        ids
    }
}

/// Every target of the tool's table, and what else clang can compile for, in the spelling of their ids.
const TARGETS: [&str; 32] = [
    "gfx900",
    "gfx906",
    "gfx908",
    "gfx90a",
    "gfx90c",
    "gfx942",
    "gfx950",
    "gfx1010",
    "gfx1011",
    "gfx1012",
    "gfx1030",
    "gfx1031",
    "gfx1032",
    "gfx1033",
    "gfx1034",
    "gfx1035",
    "gfx1036",
    "gfx1100",
    "gfx1101",
    "gfx1102",
    "gfx1103",
    "gfx1150",
    "gfx1151",
    "gfx1152",
    "gfx1153",
    "gfx1200",
    "gfx1201",
    "gfx1250",
    "gfx9-4-generic",
    "gfx10-3-generic",
    "gfx11-generic",
    "gfx12-generic",
];

/// Combinations of features that one object may hold.
const FEATURES: [&str; 4] =
    ["gfx90a:sramecc+:xnack+", "gfx90a:sramecc+:xnack-", "gfx942:sramecc-:xnack+", "gfx942:sramecc-:xnack-"];

fn sorted(targets: &[&str], form: &str) -> Vec<String> {
    let mut lines: Vec<String> = targets.iter().map(|target| format!("{target} {form}")).collect();
    lines.sort();
    lines
}

#[test]
fn objects_hold_what_was_compiled() {
    let compiler = Compiler::new();
    for (name, flags, form) in [
        ("plain.o", &["-fPIC"][..], "bundle"),
        ("packed.o", &["-fPIC", "--offload-compress"], "compressed-bundle-v3"),
        ("windows.obj", &["-target", "x86_64-pc-windows-msvc"], "bundle"),
        ("mingw.obj", &["-target", "x86_64-w64-windows-gnu", "--offload-compress"], "compressed-bundle-v3"),
    ] {
        for targets in [&TARGETS[..], &FEATURES, &["gfx942"]] {
            compiler.compile(name, flags, targets);
            let mut found = compiler.found(name);
            found.sort();
            assert_eq!(found, sorted(targets, form), "{name}");
            if name == "plain.o" {
                let (ours, _) = told(&compiler.bytes(name));
                let mut ours: Vec<String> = ours.iter().map(|object| object.replace(&format!(" {form} "), " ")).collect();
                ours.sort();
                assert_eq!(compiler.objdump(name), ours);
            }
            if name == "packed.o" {
                // `llvm-objdump` 22 looks for the entries of compressed bundles in the file itself, and crashes.
                let ids: Vec<String> = sorted(targets, "").iter().map(|target| id(target.trim_end())).collect();
                assert_eq!(compiler.listed_in(name), ids);
            }
        }
    }
}

#[test]
fn bare_code_objects_say_what_they_are_for() {
    let compiler = Compiler::new();
    for target in TARGETS.iter().chain(&FEATURES) {
        for version in ["4", "5", "6"] {
            if target.ends_with("-generic") && version != "6" {
                continue;
            }
            let model = format!("-mcode-object-version={version}");
            compiler.compile("bare.hsaco", &["--offload-device-only", "--no-gpu-bundle-output", &model], &[target]);
            let size = compiler.bytes("bare.hsaco").len();
            assert_eq!(told(&compiler.bytes("bare.hsaco")), (vec![format!("{target} code-object {size}")], vec![]), "{version}");
        }
        // LLVM spells the features of the flags otherwise.
        let header = compiler.run("llvm-readelf-22", &["-h", "bare.hsaco"]);
        let flags = header.lines().find(|line| line.trim_start().starts_with("Flags:")).unwrap();
        let base = target.split(':').next().unwrap();
        assert!(flags.contains(&format!(", {base}")), "{flags}");
        for feature in target.split(':').skip(1) {
            assert!(flags.contains(feature) || flags.contains(feature.trim_end_matches('+')), "{flags} {feature}");
        }
    }
}

#[test]
fn a_library_holds_the_bundles_of_all_its_objects() {
    let compiler = Compiler::new();
    compiler.compile("one.o", &["-fPIC"], &["gfx942", "gfx1100"]);
    compiler.compile("two.o", &["-fPIC", "--offload-compress"], &["gfx942", "gfx1100"]);
    compiler.compile("three.o", &["-fPIC", "--offload-compress"], &["gfx90a:xnack-"]);
    compiler.compile("four.o", &["-fPIC"], &["gfx1201"]);
    let objects = ["one.o", "two.o", "three.o", "four.o"];
    compiler.run("ld.lld-22", &[&["-shared", "--unresolved-symbols=ignore-all", "-o", "lib.so"], &objects[..]].concat());
    let (plain, packed) = ("bundle", "compressed-bundle-v3");
    let expected = [
        format!("gfx1100 {plain}"),
        format!("gfx942 {plain}"),
        format!("gfx1100 {packed}"),
        format!("gfx942 {packed}"),
        format!("gfx90a:xnack- {packed}"),
        format!("gfx1201 {plain}"),
    ];
    assert_eq!(compiler.found("lib.so"), expected);
    // Every cut of the library that takes a byte of device code is noticed.
    let whole = compiler.bytes("lib.so");
    let last = xtask::inspect::device::scan(&mut &whole[..], &mut xtask::inspect::device::Spent::default())
        .unwrap()
        .objects
        .pop()
        .unwrap();
    for cut in [1, 100, last.size / 2] {
        let end = (last.offset + last.size - cut) as usize;
        assert_eq!(told(&whole[..end]).1.len(), 1, "{cut}");
    }
}

/// Bundles by clang's own bundler: both versions, and one that lies.
#[test]
fn bundles_of_the_bundler_are_read() {
    let compiler = Compiler::new();
    for target in ["gfx942", "gfx1201"] {
        compiler.compile("code.hsaco", &["--offload-device-only", "--no-gpu-bundle-output"], &[target]);
        std::fs::rename(compiler.sandbox.path("code.hsaco"), compiler.sandbox.path(target)).unwrap();
    }
    let bundled = |version: &str, kind: &str, second: &str| {
        let targets =
            format!("-targets=host-x86_64-unknown-linux-gnu,{kind}-amdgcn-amd-amdhsa--gfx942,{kind}-amdgcn-amd-amdhsa--gfx1201");
        let mut command = compiler.sandbox.command("clang-offload-bundler-22");
        command.env("COMPRESSED_BUNDLE_FORMAT_VERSION", version).args(["-type=o", "-output=out", targets.as_str()]);
        command.args(["-input=/dev/null", "-input=gfx942"]).arg(format!("-input={second}"));
        if !version.is_empty() {
            command.arg("-compress");
        }
        finish(&mut command).expect(0);
        told(&compiler.bytes("out"))
    };
    for (version, form) in [("", "bundle"), ("2", "compressed-bundle-v2"), ("3", "compressed-bundle-v3")] {
        for kind in ["hip", "hipv4"] {
            let (objects, faults) = bundled(version, kind, "gfx1201");
            let starts: Vec<&str> = objects.iter().map(|object| object.rsplit_once(' ').unwrap().0).collect();
            assert_eq!((starts, faults), (vec![&*format!("gfx942 {form}"), &*format!("gfx1201 {form}")], vec![]));
        }
        let (_, faults) = bundled(version, "hipv4", "gfx942");
        let text = "the bundle's entry `hipv4-amdgcn-amd-amdhsa--gfx1201` holds code for `gfx942`";
        assert!(faults.len() == 1 && faults[0].ends_with(text), "{faults:?}");
    }
}

/// What our tests write is what clang's own program reads.
#[test]
fn our_writer_writes_as_clang_does() {
    let compiler = Compiler::new();
    let two = bundle(&[("gfx1100", elf(GFX1100)), ("gfx942", elf(GFX942))]);
    let featured = bundle(&[("gfx90a:xnack+", elf(GFX90A_XNACK))]);
    for (bundle, ids) in [(two, vec![id("gfx1100"), id("gfx942")]), (featured, vec![id("gfx90a:xnack+")])] {
        assert_eq!(compiler.listed(&bundle), ids);
        for version in 1..=3 {
            assert_eq!(compiler.listed(&compressed(version, &bundle)), ids, "version {version}");
        }
    }
    let header = |bytes: &[u8]| {
        std::fs::write(compiler.sandbox.path("bare"), bytes).unwrap();
        compiler.run("llvm-readelf-22", &["-h", "bare"])
    };
    assert!(header(&elf(GFX942)).contains("0x54c, gfx942, xnack, sramecc"), "{}", header(&elf(GFX942)));
    assert!(header(&elf(GFX90A_XNACK)).contains("gfx90a, xnack+, sramecc"), "{}", header(&elf(GFX90A_XNACK)));
}

/// A real library, with code of both kinds, changed at random.
#[test]
fn changed_libraries_are_read_to_their_end() {
    let compiler = Compiler::new();
    compiler.compile("one.o", &["-fPIC"], &["gfx942", "gfx90a:xnack-"]);
    compiler.compile("two.o", &["-fPIC", "--offload-compress"], &["gfx942", "gfx1100"]);
    compiler.run("ld.lld-22", &["-shared", "--unresolved-symbols=ignore-all", "-o", "lib.so", "one.o", "two.o"]);
    let whole = compiler.bytes("lib.so");
    let changes = (prop::collection::vec(change(), 1..6), any::<Option<prop::sample::Index>>());
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) });
    runner
        .run(&changes, |(changes, cut)| {
            let bytes = changed(whole.clone(), &changes, cut);
            assert_inside(&scanned(&bytes), bytes.len() as u64);
            Ok(())
        })
        .unwrap();
}
