//! The good wheels that cases break.

use tests::library;
use tests::miniature::Miniature;

use crate::audit::device::synthetic::{GFX942, bundle, elf};

pub const TORCH: &str = "torch-2.13.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";

/// A torch for `gfx942`.
pub fn torch() -> Miniature {
    let device = bundle(&[("gfx942", elf(GFX942))]);
    let library = [library::elf(62, &["libm.so.6", "libc.so.6"], Some("$ORIGIN")), device].concat();
    let extension = library::elf(62, &["libtorch_hip.so", "libc.so.6"], Some("$ORIGIN/lib"));
    let files: [(&str, &[u8]); 5] = [
        ("torch/cuda.py", b"from . import _C\n"),
        ("torch/__init__.py", b"from . import _C, cuda\n"),
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

pub const VISION: &str = "torchvision-0.28.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";
pub const AUDIO: &str = "torchaudio-2.11.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";
pub const TRITON: &str = "triton-3.7.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";
pub const APEX: &str = "apex-1.11.0+rocm7.14.0-cp312-cp312-linux_x86_64.whl";

/// A wheel whose package has these extensions, for these targets.
fn package(file: &str, extensions: &[&str], device: &[u8], metadata: &[&str]) -> Miniature {
    let package = file.split('-').next().unwrap();
    let extension = [library::elf(62, &["libc.so.6"], None), device.to_vec()].concat();
    let init = format!("{package}/__init__.py");
    let mut files: Vec<(&str, &[u8])> = vec![(&init, b"# A miniature.\n")];
    files.extend(extensions.iter().map(|name| (*name, extension.as_slice())));
    Miniature::new(file, &files, metadata)
}

/// The set that [`torch`] belongs to.
pub fn others() -> [Miniature; 4] {
    let device = bundle(&[("gfx942", elf(GFX942))]);
    [vision(), audio(), package(TRITON, &["triton/_C/libtriton.so"], &[], &[]), apex(APEX, &device)]
}

/// A torchvision for [`torch`].
pub fn vision() -> Miniature {
    let device = bundle(&[("gfx942", elf(GFX942))]);
    package(VISION, &["torchvision/_C.so"], &device, &["Requires-Dist: torch==2.13.0+rocm7.14.0"])
}

/// A torchaudio, which requires nothing.
pub fn audio() -> Miniature {
    package(AUDIO, &["torchaudio/lib/libtorchaudio.so"], &[], &[])
}

/// An apex.
pub fn apex(file: &str, device: &[u8]) -> Miniature {
    let python = "cpython-312-x86_64-linux-gnu";
    package(file, &[&format!("apex_C.{python}.so"), &format!("amp_C.{python}.so")], device, &[])
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
