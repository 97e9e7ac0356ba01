//! What the builds' environment holds, in tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xtask::plan::{Action, Hole, Value as Text};

use crate::plan::case::{base, build_command, environment, job, plan_of};

/// The machine of the contract's fixture: nothing inherited but `PATH`, an SDK in `/r`, and an interpreter that is called `py`.
fn fixture() -> Value {
    let python = json!({"executable": "py", "prefix": "/usr"});
    let rocm = json!({
        "package_version": "7.14.0",
        "sdk_version": "7.14.0",
        "root": "/r",
        "bin": "/r/bin",
        "cmake": "/r/lib/cmake",
    });
    base(
        "linux.json",
        json!({
            "host": {"env": {"HOME": null, "PATH": "/usr/bin"}},
            "facts": {
                "environment": {"what": {"python": python}},
                "rocm": {"what": rocm},
                "checkouts": {"pytorch": {"texts": {"version.txt": "2.13.0"}}},
            },
        }),
    )
}

const FIXTURE_ARGS: [&str; 6] = [
    "--python=3.12",
    "--ref=release/2.13",
    "--gfx=gfx942,gfx1100",
    "--version-suffix=+rocm7.14.0",
    "--use-sccache",
    "--only=triton,pytorch",
];

/// Common to torch and triton, as the contract's fixture has it.
const COMMON: [(&str, &str); 16] = [
    ("PYTHONUTF8", "1"),
    ("CMAKE_PREFIX_PATH", "/r/lib/cmake"),
    ("ROCM_HOME", "/r"),
    ("ROCM_PATH", "/r"),
    ("PYTORCH_ROCM_ARCH", "gfx942;gfx1100"),
    ("USE_KINETO", "ON"),
    ("PATH", "/r/bin:/usr/bin"),
    ("USE_GLOO", "ON"),
    ("TRITON_APPEND_CMAKE_ARGS", "-DCMAKE_FIND_USE_CMAKE_ENVIRONMENT_PATH=FALSE"),
    ("CPPFLAGS", " -Wno-error=maybe-uninitialized -Wno-error=uninitialized -Wno-error=restrict "),
    ("HIP_DEVICE_LIB_PATH", "/r/lib/llvm/amdgcn/bitcode"),
    ("BLAS", "OpenBLAS"),
    ("OpenBLAS_HOME", "/r/lib/host-math"),
    ("OpenBLAS_LIB_NAME", "rocm-openblas"),
    ("CMAKE_C_COMPILER_LAUNCHER", "/usr/local/bin/sccache"),
    ("CMAKE_CXX_COMPILER_LAUNCHER", "/usr/local/bin/sccache"),
];

const TORCH: [(&str, &str); 15] = [
    ("HIP_CLANG_LAUNCHER", "/usr/local/bin/sccache"),
    ("TRITON_WHEEL_VERSION_SUFFIX", ""),
    (
        "CXXFLAGS",
        " -Wno-error=maybe-uninitialized -Wno-error=uninitialized -Wno-error=restrict -I/r/lib/rocm_sysdeps/include -I/r/include/roctracer ",
    ),
    ("LDFLAGS", "-L/r/lib/rocm_sysdeps/lib "),
    ("USE_ROCM", "ON"),
    ("USE_CUDA", "OFF"),
    ("USE_MPI", "OFF"),
    ("USE_NUMA", "OFF"),
    ("PYTORCH_BUILD_VERSION", "2.13.0+rocm7.14.0"),
    ("PYTORCH_BUILD_NUMBER", "1"),
    ("PYTORCH_EXTRA_INSTALL_REQUIREMENTS", "rocm[libraries]==7.14.0|triton==3.7.0+git88b227e2.rocm7.14.0"),
    ("USE_FLASH_ATTENTION", "ON"),
    ("USE_MEM_EFF_ATTENTION", "ON"),
    ("PKG_CONFIG_PATH", "/r/lib/rocm_sysdeps/lib/pkgconfig"),
    ("LD_LIBRARY_PATH", "/r/lib/rocm_sysdeps/lib"),
];

const TRITON: [(&str, &str); 3] = [
    ("HIP_CLANG_LAUNCHER", "/usr/local/bin/sccache"),
    ("TRITON_WHEEL_VERSION_SUFFIX", "+rocm7.14.0"),
    ("CXXFLAGS", " -Wno-error=maybe-uninitialized -Wno-error=uninitialized -Wno-error=restrict "),
];

fn table(rows: &[&[(&str, &str)]]) -> BTreeMap<String, String> {
    rows.iter().flat_map(|rows| rows.iter()).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_contracts_fixture_holds_exactly() {
    let plan = plan_of(&FIXTURE_ARGS, fixture()).unwrap();
    let built = |hole| match hole {
        Hole::Requirement(_) => Some("triton==3.7.0+git88b227e2.rocm7.14.0".to_owned()),
        _ => None,
    };
    for (name, own) in [("torch", &TORCH[..]), ("triton", &TRITON[..])] {
        let command = build_command(&plan, name);
        let fill = |value: &Text| value.filled(built).unwrap();
        let mut found: BTreeMap<String, String> =
            command.env.iter().map(|(key, value)| (key.clone(), fill(value.as_ref().unwrap()))).collect();
        // The two variables that the contract's fixture does not have are tested for themselves.
        assert!(found.remove("MAX_JOBS").is_some() && found.remove("SOURCE_DATE_EPOCH").is_some());
        assert_eq!(found, table(&[&COMMON, own]), "{name}");
    }
    let command = build_command(&plan, "torch");
    let args: Vec<String> = command.args.iter().map(ToString::to_string).collect();
    let force = "-Cwheel.force-include.torch/_rocm_init.py=torch/_rocm_init.py";
    assert_eq!((command.program.as_str(), args.join(" ")), ("py", format!("-m build --wheel --no-isolation {force}")));
}

#[test]
fn the_sources_date_is_told_unless_there_is_one() {
    let date = |args: &[&str], env: Value| {
        let seen = base("linux.json", json!({"host": {"env": env}}));
        let args = [&["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--only=pytorch,apex"], args].concat();
        let plan = plan_of(&args, seen).unwrap();
        ["torch", "apex"].map(|name| environment(&plan, name).remove("SOURCE_DATE_EPOCH"))
    };
    let owned = |dates: [Option<&str>; 2]| dates.map(|date| date.map(str::to_owned));
    assert_eq!(date(&[], json!({})), owned([Some("1786400001"), Some("1786400005")]));
    assert_eq!(date(&[], json!({"SOURCE_DATE_EPOCH": "7"})), owned([None, None]), "it is inherited");
    assert_eq!(date(&["--env=SOURCE_DATE_EPOCH=8"], json!({})), owned([Some("8"), Some("8")]));
    assert_eq!(date(&["--env=apex:SOURCE_DATE_EPOCH=8"], json!({})), owned([Some("1786400001"), Some("8")]));
    assert_eq!(date(&["--unset-env=SOURCE_DATE_EPOCH"], json!({})), owned([Some("(hidden)"), Some("(hidden)")]));
}

/// The SDK's own libraries come before inherited ones, in every build but triton's; pip and the trial of torch do not see them.
#[test]
fn system_libraries_reach_the_builds_and_nothing_else() {
    let inherited = json!({"host": {"env": {"LD_LIBRARY_PATH": "/a:/b", "PKG_CONFIG_PATH": ""}}});
    for (seen, libraries) in [(json!({}), "/sdk/lib/rocm_sysdeps/lib"), (inherited, "/sdk/lib/rocm_sysdeps/lib:/a:/b")] {
        let plan = plan_of(&["--python=3.12", "--ref=nightly", "--gfx=gfx942"], base("linux.json", seen)).unwrap();
        for name in ["torch", "torchaudio", "torchvision", "apex"] {
            let env = environment(&plan, name);
            assert_eq!(env["LD_LIBRARY_PATH"], libraries, "{name}");
            assert_eq!(env["PKG_CONFIG_PATH"], "/sdk/lib/rocm_sysdeps/lib/pkgconfig", "{name}");
        }
        assert!(!environment(&plan, "triton").contains_key("LD_LIBRARY_PATH"));
        let runs = plan.build.iter().flat_map(|job| &job.steps).filter_map(|step| match &step.action {
            Action::Run(command) => Some((step.purpose.as_str(), command)),
            _ => None,
        });
        let with_environment: Vec<&str> =
            runs.filter(|(_, command)| !command.env.is_empty()).map(|(purpose, _)| purpose).collect();
        assert_eq!(
            with_environment,
            ["building triton", "building torch", "building torchaudio", "building torchvision", "building apex"]
        );
    }
    let windows = plan_of(&["--python=3.12", "--ref=nightly", "--gfx=gfx1201"], base("windows.json", json!({}))).unwrap();
    assert!(!environment(&windows, "torch").contains_key("LD_LIBRARY_PATH"));
}

/// An environment that nobody activated: what its pip installed is found after the SDK's programs, and once.
#[test]
fn the_environments_programs_are_found() {
    let path = |inherited: &str, prefix: &str| {
        let python = json!({"executable": format!("{prefix}/bin/python"), "prefix": prefix});
        let patch = json!({"host": {"env": {"PATH": inherited}}, "facts": {"environment": {"what": {"python": python}}}});
        let args = ["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--only=triton"];
        environment(&plan_of(&args, base("linux.json", patch)).unwrap(), "triton").remove("PATH").unwrap()
    };
    assert_eq!(path("/usr/bin:/bin", "/e"), "/sdk/bin:/e/bin:/usr/bin:/bin");
    assert_eq!(path("/e/bin:/usr/bin", "/e"), "/sdk/bin:/e/bin:/usr/bin", "it is active");
    assert_eq!(path("/bin", "/usr"), "/sdk/bin:/bin", "it is no environment of its own");
    assert_eq!(path("", "/usr"), "/sdk/bin", "an empty entry would be the current directory");
}

#[test]
fn wheels_side_by_side_share_the_compilers() {
    let all = "pytorch,pytorch_audio,pytorch_vision,apex,triton";
    let three = "pytorch_audio,pytorch_vision,apex";
    type Row = (&'static str, &'static [(&'static str, &'static str)]);
    let waits: [(&str, &str, Row); 5] = [
        (
            "12",
            all,
            (
                "triton: | torch:triton | torchaudio:torch | torchvision:torch | apex:torch",
                &[("triton", "12"), ("torch", "12"), ("torchaudio", "4"), ("torchvision", "4"), ("apex", "4")],
            ),
        ),
        (
            "2",
            all,
            (
                "triton: | torch:triton | torchaudio:torch | torchvision:torch | apex:torch > torchaudio",
                &[("torch", "2"), ("torchaudio", "1"), ("apex", "1")],
            ),
        ),
        ("1", three, ("torchaudio: | torchvision: > torchaudio | apex: > torchvision", &[("torchaudio", "1"), ("apex", "1")])),
        ("5", "triton,pytorch_audio,apex", ("triton: | torchaudio:triton | apex:triton", &[("triton", "5"), ("apex", "2")])),
        ("5", "pytorch,pytorch_audio", ("torch: | torchaudio:torch", &[("torch", "5"), ("torchaudio", "5")])),
    ];
    let there = json!({"torch": "2.13.0a0+rocm7.14.0", "build": "1.3.0", "setuptools": "80.9.0", "wheel": "0.45.1"});
    for (jobs, only, (expected, shares)) in waits {
        let seen = base("linux.json", json!({"facts": {"environment": {"what": {"python": {"distributions": there}}}}}));
        let args = ["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--jobs", jobs, "--only", only];
        let plan = plan_of(&args, seen).unwrap();
        let line = |job: &xtask::plan::Job| {
            let waits: Vec<&str> = job.waits_for.iter().map(|name| name.0.as_str()).collect();
            let follows = job.follows.iter().map(|name| format!(" > {name}")).collect::<String>();
            format!("{}:{}{follows}", job.name, waits.join(" "))
        };
        assert_eq!(plan.build.iter().map(line).collect::<Vec<_>>().join(" | "), expected, "{jobs} for {only}");
        for (name, share) in shares {
            assert_eq!(environment(&plan, name)["MAX_JOBS"], *share, "{jobs} for {only}: {name}");
        }
    }
}

#[test]
fn an_inherited_number_of_jobs_counts() {
    let plan = |args: &[&str]| {
        let seen = base("linux.json", json!({"host": {"env": {"MAX_JOBS": "6"}}}));
        let args = [&["--python=3.12", "--ref=nightly", "--gfx=gfx942", "--only=pytorch,pytorch_audio,apex"], args].concat();
        let plan = plan_of(&args, seen).unwrap();
        let why = job(&plan, "apex").why.iter().find(|why| why.starts_with("compilers")).unwrap().clone();
        (environment(&plan, "torch")["MAX_JOBS"].clone(), environment(&plan, "apex")["MAX_JOBS"].clone(), why)
    };
    let inherited = "compilers at once: 3 for each of 2 wheels side by side, of 6: the variable `MAX_JOBS` says so";
    assert_eq!(plan(&[]), ("6".to_owned(), "3".to_owned(), inherited.to_owned()));
    let flag = "compilers at once: 2 for each of 2 wheels side by side, of 4: `--jobs` says so";
    assert_eq!(plan(&["--jobs=4"]), ("4".to_owned(), "2".to_owned(), flag.to_owned()));
    assert_eq!(plan(&["--env=MAX_JOBS=9"]).0, "9");
}

#[test]
fn flash_attention_by_the_contracts_table() {
    const ON: &str = "--enable-pytorch-flash-attention";
    const OFF: &str = "--no-enable-pytorch-flash-attention";
    let asked = "flash attention on: `--enable-pytorch-flash-attention` says so";
    let refused = "flash attention off: `--no-enable-pytorch-flash-attention` says so";
    let without = "torch is built without flash attention, because triton is not built; `--build-triton` changes that";
    let hopeless = "flash attention is asked for, but aotriton supports none of gfx906: torch's configuration may fail";
    let mixed = "flash attention on: gfx942, gfx1201 are supported by aotriton";
    // Machine, flags, targets, selection; what is said of it, and the warning.
    type Row<'a> = (&'a str, &'a [&'a str], &'a str, &'a str, &'a str, &'a str);
    let rows: [Row; 11] = [
        ("linux.json", &[ON], "gfx942", "triton,pytorch", asked, ""),
        ("linux.json", &[ON], "gfx906", "triton,pytorch", asked, hopeless),
        ("windows.json", &[ON], "gfx1201", "pytorch", asked, ""),
        ("linux.json", &[OFF], "gfx942", "triton,pytorch", refused, ""),
        ("windows.json", &[OFF], "gfx942", "pytorch", refused, ""),
        ("linux.json", &[], "gfx942", "pytorch", "flash attention off: triton is not built", without),
        ("linux.json", &[], "gfx942", "triton,pytorch", "flash attention on: gfx942 is supported by aotriton", ""),
        ("linux.json", &[], "gfx906,gfx942,gfx1201", "triton,pytorch", mixed, ""),
        (
            "linux.json",
            &[],
            "gfx906,gfx1030",
            "triton,pytorch",
            "flash attention off: aotriton supports none of gfx906, gfx1030",
            "",
        ),
        ("windows.json", &[], "gfx1100", "pytorch", "flash attention on: gfx1100 is supported by aotriton", ""),
        ("windows.json", &[], "gfx1030", "pytorch", "flash attention off: aotriton supports none of gfx1030", ""),
    ];
    for (machine, flags, gfx, only, why, warning) in rows {
        let args = [&["--python=3.12", "--ref=nightly", "--gfx", gfx, "--only", only], flags].concat();
        let plan = plan_of(&args, base(machine, json!({}))).unwrap();
        let env = environment(&plan, "torch");
        let switch = if why.starts_with("flash attention on") { "ON" } else { "OFF" };
        assert_eq!((env["USE_FLASH_ATTENTION"].as_str(), env["USE_MEM_EFF_ATTENTION"].as_str()), (switch, switch), "{why}");
        assert!(job(&plan, "torch").why.contains(&why.to_owned()), "{:?}", job(&plan, "torch").why);
        assert_eq!(plan.warnings, if warning.is_empty() { Vec::new() } else { vec![warning.to_owned()] });
    }
}
