//! The good wheels that cases break.

use tests::library;
use tests::miniature::Miniature;

use crate::device::synthetic::{GFX942, bundle, elf};

pub const TORCH: &str = "torch-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";

/// A torch for `gfx942`.
pub fn torch() -> Miniature {
    let device = bundle(&[("gfx942", elf(GFX942))]);
    let library = [library::elf(62, &["libm.so.6", "libc.so.6"], Some("$ORIGIN")), device].concat();
    let extension = library::elf(62, &["libtorch_hip.so", "libc.so.6"], Some("$ORIGIN/lib"));
    let files: [(&str, &[u8]); 4] = [
        ("torch/__init__.py", b"from . import _C\n"),
        ("torch/_rocm_init.py", ROCM_INIT.as_bytes()),
        ("torch/_C.cpython-312-x86_64-linux-gnu.so", &extension),
        ("torch/lib/libtorch_hip.so", &library),
    ];
    Miniature::new(
        TORCH,
        &files,
        &["Requires-Dist: filelock", "Requires-Dist: rocm[libraries]==7.14.0", "Requires-Dist: triton==3.7.0+rocm7.14.0"],
    )
}

/// What loads ROCm's libraries.
const ROCM_INIT: &str = "
def initialize():
    import rocm_sdk
    rocm_sdk.initialize_process(
        preload_shortnames=['amd_comgr', 'amd_smi', 'amdhip64', 'hiprtc', 'hipblas', 'hipfft', 'hiprand', 'hipsparse', 'hipsparselt', \
'hipsolver', 'hipblaslt', 'miopen', 'hipdnn', 'rocm_sysdeps_liblzma', 'rocm-openblas', 'rocm_smi64', 'rocprofiler-sdk', \
'rocprofiler-sdk-roctx', 'roctracer64', 'roctx64', 'rccl', 'hipfile'],
        check_version='7.14.0')
";
