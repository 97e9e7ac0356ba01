//! The script that imports a wheel: what is wrong with it is its exit code, and why is its last line.

use std::process::Command;

use tests::{Sandbox, finish, project, pythons};

/// A package, its metadata, the version that is asked for; exit code and last line.
type Case = (&'static str, &'static str, &'static str, &'static str, i32, &'static str);

const CASES: [Case; 12] = [
    ("torch", "__version__ = '2.9'\nclass version: hip = '7.14'", "2.9", "2.9", 0, "torch 2.9 is imported"),
    (
        "torch",
        "__version__ = '2.9+git1-rocm7'\nclass version: hip = '7.14'",
        "2.9+git1.rocm7",
        "2.9+git1-rocm7",
        0,
        "torch 2.9+git1.rocm7 is imported",
    ),
    (
        "torch",
        "raise ImportError('libamdhip64.so.7: cannot\\nopen')",
        "2.9",
        "2.9",
        10,
        "ImportError: libamdhip64.so.7: cannot open",
    ),
    ("torch", "import sys; sys.exit('gone')", "2.9", "2.9", 10, "SystemExit: gone"),
    ("torch", "__version__ = '2.9'", "2.8", "2.9", 11, "version 2.8"),
    ("torch", "__version__ = '2.8'", "2.9", "2.9", 11, "`torch.__version__` 2.8"),
    ("torch", "__version__ = '2.9'\nclass version: hip = None", "2.9", "2.9", 12, "`torch.version.hip` is None"),
    ("torch", "__version__ = '2.9'", "2.9", "2.9", 12, "`torch.version.hip` is None"),
    (
        "torchvision",
        "import sys, types\nsys.modules['torchvision.ops'] = types.ModuleType('ops')",
        "1",
        "1",
        13,
        "there is no `torchvision.ops.nms`",
    ),
    ("triton", "", "1", "1", 0, "triton 1 is imported"),
    ("triton", "", "1", "1 --smoke", 14, "ModuleNotFoundError: No module named 'triton.compiler'; 'triton' is not a package"),
    ("apex", "", "1", "1", 10, "ModuleNotFoundError: No module named 'torch'"),
];

#[test]
fn what_is_wrong_with_a_wheel_is_told_by_the_exit_code() {
    let script = project().join("xtask/src/plan/proof/try_wheel.py");
    for (name, module, installed, asked, code, line) in CASES {
        let sandbox = Sandbox::new();
        sandbox.write(&format!("site/{name}.py"), module);
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {installed}\n");
        sandbox.write(&format!("site/{name}-{installed}.dist-info/METADATA"), &metadata);
        let mut command = Command::new(&pythons()[0].path);
        // Where the script is run for a wheel, `-I` keeps this variable out.
        command.arg("-B").arg(&script).arg(name).args(asked.split(' ')).env("PYTHONPATH", sandbox.path("site"));
        let ended = finish(&mut command);
        assert_eq!((ended.code, ended.stdout.lines().last().unwrap_or_default()), (code, line), "{ended:?}");
    }
}
