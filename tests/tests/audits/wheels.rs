//! The good wheels that cases break.

use tests::miniature::Miniature;

use crate::device::synthetic::{GFX942, bundle, elf};

pub const TORCH: &str = "torch-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";

/// A torch for `gfx942`.
pub fn torch() -> Miniature {
    let library = [b"\x7fELF a miniature".as_slice(), &bundle(&[("gfx942", elf(GFX942))])].concat();
    let files: [(&str, &[u8]); 4] = [
        ("torch/__init__.py", b"from . import _C\n"),
        ("torch/_rocm_init.py", ROCM_INIT.as_bytes()),
        ("torch/_C.cpython-312-x86_64-linux-gnu.so", b"\x7fELF a miniature"),
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
