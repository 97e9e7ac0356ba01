//! Which of the variables that a build inherits may give another wheel: what the five projects, their tools and the compilers read.
//!
//! The names are those of the projects' `setup.py` and CMake files, and of the manuals of gcc, clang, hipcc, binutils, MSVC, CMake, setuptools and
//! pip. What says only where, how fast or how loudly something is done does not count.

use crate::redact::is_secret_name;

/// What the names of variables begin with that builds read.
const STARTS: [&str; 72] = [
    "ACL_",
    "AOTRITON_",
    "APEX_",
    "ATEN_",
    "BLAS",
    "BUILD_",
    "C10_",
    "CAFFE2_",
    "CMAKE_",
    "CPUINFO_",
    "CUDA",
    "CUDNN_",
    "CUPTI_",
    "CUSPARSELT_",
    "DISTUTILS_",
    "EIGEN",
    "FBGEMM_",
    "FFMPEG_",
    "FORCE_",
    "GFLAGS_",
    "GLOG_",
    "GLOO_",
    "HCC_",
    "HIP",
    "INSTALL_",
    "INTEL_",
    "JPEG_",
    "KINETO_",
    "LAPACK",
    "LIBKINETO_",
    "LIBTORCH",
    "LLVM_",
    "MAGMA",
    "MIMALLOC_",
    "MIOPEN",
    "MKL",
    "MSVC_",
    "NCCL_",
    "NINJA",
    "NNPACK_",
    "NUMA_",
    "NVCC_",
    "ONNX_",
    "OPENBLAS",
    "OPENSSL_",
    "PKG_CONFIG",
    "PNG_",
    "PROTOBUF_",
    "PROTOC",
    "PYBIND11_",
    "PYTHON",
    "PYTORCH_",
    "QNNPACK_",
    "RCCL",
    "ROC",
    "SETUPTOOLS_",
    "SKBUILD_",
    "SLEEF_",
    "SOX_",
    "TENSORPIPE_",
    "THRUST_",
    "TORCH",
    "TRITON_",
    "UCC_",
    "UCX_",
    "USE_",
    "VCPKG_",
    "VERSION_NAME",
    "VULKAN_",
    "WITH_",
    "XNNPACK_",
    "ZLIB_",
];

/// What the names of such variables end with: flags of any language, and where CMake and the projects look for a package.
const ENDS: [&str; 9] =
    ["FLAGS", "_INCLUDE_DIR", "_INCLUDE_PATH", "_LIBRARIES", "_LIBRARY", "_LIB_DIR", "_ROOT", "_ROOT_DIR", "_SYSPATH"];

/// Variables of builds by their whole names.
const BUILDS: [&str; 29] = [
    "AMDGPU_TARGETS",
    "CONDA_PREFIX",
    "DEBUG",
    "DEBUG_CUDA",
    "DESIRED_CUDA",
    "DESTDIR",
    "DEVICE_LIB_PATH",
    "DIST_EXTRA_CONFIG",
    "EXPERIMENTAL_SINGLE_THREAD_POOL",
    "GLIBCXX_USE_CXX11_ABI",
    "GPU_ARCHS",
    "GPU_TARGETS",
    "HSA_PATH",
    "JAVA_HOME",
    "PIP_BUILD_CONSTRAINT",
    "PIP_CONFIG_SETTINGS",
    "PIP_CONSTRAINT",
    "PIP_NO_BINARY",
    "PIP_ONLY_BINARY",
    "PIP_PRE",
    "PIP_PREFER_BINARY",
    "REL_WITH_DEB_INFO",
    "SELECTED_OP_LIST",
    "STATIC_DISPATCH_BACKEND",
    "SYSROOT",
    "TRACING_BASED",
    "WERROR",
    "_GLIBCXX_USE_CXX11_ABI",
    "_PYTHON_HOST_PLATFORM",
];

/// The variables of compilers, linkers and their like, by their whole names; and which of them is taken.
const COMPILERS: [&str; 51] = [
    "AR",
    "AS",
    "ASM",
    "BLDSHARED",
    "CC",
    "CCC_ADD_ARGS",
    "CCC_OVERRIDE_OPTIONS",
    "CCSHARED",
    "CL",
    "CLANG_NO_DEFAULT_CONFIG",
    "COMPILER_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "CPP",
    "CXX",
    "CXXCPP",
    "C_INCLUDE_PATH",
    "F77",
    "F90",
    "FC",
    "GCC_EXEC_PREFIX",
    "GNUTARGET",
    "INCLUDE",
    "LD",
    "LDCXXSHARED",
    "LDEMULATION",
    "LDSHARED",
    "LD_RUN_PATH",
    "LIB",
    "LIBPATH",
    "LIBRARY_PATH",
    "LINK",
    "MACOSX_DEPLOYMENT_TARGET",
    "NM",
    "OBJC",
    "OBJCOPY",
    "OBJCPLUS_INCLUDE_PATH",
    "OBJCXX",
    "OBJC_INCLUDE_PATH",
    "RANLIB",
    "RC",
    "SDKROOT",
    "STRIP",
    "UCRTVERSION",
    "VCTOOLSINSTALLDIR",
    "VCTOOLSVERSION",
    "WINDOWSSDKDIR",
    "WINDOWSSDKVERSION",
    "ZERO_AR_DATE",
    "_CL_",
    "_LINK_",
];

/// Variables of builds that say where, how fast or how loudly something is done, but not what.
const WITHOUT_EFFECT: [&str; 35] = [
    "APEX_NVCC_THREADS",
    "BUILD_DISPLAY_NAME",
    "BUILD_ID",
    "BUILD_TAG",
    "BUILD_URL",
    "BUILD_VARIANT",
    "CMAKE_BUILD_PARALLEL_LEVEL",
    "CMAKE_COLOR_DIAGNOSTICS",
    "CMAKE_INSTALL_PARALLEL_LEVEL",
    "CMAKE_VERBOSE_MAKEFILE",
    "FORCE_COLOR",
    "HIPCC_VERBOSE",
    "MAKEFLAGS",
    "MAX_JOBS",
    "NINJA_STATUS",
    "NVCC_THREADS",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONFAULTHANDLER",
    "PYTHONIOENCODING",
    "PYTHONPYCACHEPREFIX",
    "PYTHONUNBUFFERED",
    "PYTHONVERBOSE",
    "PYTHONWARNINGS",
    "PYTHON_COLORS",
    "PYTHON_HISTORY",
    "SOURCE_DATE_EPOCH",
    "TORCH_EXTENSIONS_DIR",
    "TORCH_HOME",
    "TORCH_LOGS",
    "TRITON_BUILD_WITH_CCACHE",
    "TRITON_HOME",
    "TRITON_PARALLEL_LINK_JOBS",
    "USE_CCACHE",
    "USE_SCCACHE",
];

/// What the names of such variables end with.
const ENDS_WITHOUT_EFFECT: [&str; 5] = ["_CACHE_DIR", "_CACHE_PATH", "_LAUNCHER", "_LOG_LEVEL", "_VISIBLE_DEVICES"];

/// Whether a build of one of the five projects reads an inherited variable of this name.
pub fn is_read_by_builds(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    BUILDS.contains(&name.as_str())
        || COMPILERS.contains(&name.as_str())
        || STARTS.iter().any(|start| name.starts_with(start))
        || ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether another value of a variable that a build reads may give another wheel.
pub fn has_effect(name: &str) -> bool {
    !WITHOUT_EFFECT.contains(&name) && !ENDS_WITHOUT_EFFECT.iter().any(|end| name.ends_with(end)) && !is_secret_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By who reads them.
    const COUNT: [(&str, &str); 11] = [
        (
            "torch",
            "DEBUG REL_WITH_DEB_INFO DEBUG_CUDA USE_CUSTOM_DEBINFO USE_XNNPACK BUILD_TEST INSTALL_TEST _GLIBCXX_USE_CXX11_ABI WERROR BLAS \
             WITH_BLAS MKL_THREADING MKLDNN_CPU_RUNTIME ATEN_THREADING ATEN_NO_TEST ONNX_ML ONNX_NAMESPACE CAFFE2_USE_MSVC_STATIC_RUNTIME \
             EXPERIMENTAL_SINGLE_THREAD_POOL INTEL_MKL_DIR INTEL_OMP_DIR JAVA_HOME MSVC_Z7_OVERRIDE Numa_INCLUDE_DIR Numa_LIBRARIES \
             OPENSSL_ROOT_DIR UBSAN_FLAGS SELECTED_OP_LIST STATIC_DISPATCH_BACKEND TRACING_BASED CUDA_HOST_COMPILER CUDNN_LIB_DIR \
             NCCL_ROOT_DIR ACL_ROOT_DIR TORCH_PACKAGE_NAME LIBTORCH_PACKAGE_NAME PYTORCH_BUILD_VERSION PYTORCH_EXTRA_INSTALL_REQUIREMENTS \
             PYTORCH_ROCM_ARCH OpenBLAS_HOME MAGMA_HOME UCC_HOME UCX_HOME VULKAN_SDK CONDA_PREFIX SYSROOT",
        ),
        ("aotriton", "AOTRITON_INSTALLED_PREFIX AOTRITON_INSTALL_FROM_SOURCE AOTRITON_CI_SUPPLIED_SHA1"),
        ("audio", "BUILD_SOX BUILD_RNNT USE_FFMPEG USE_OPENMP FFMPEG_ROOT TORCH_CUDA_ARCH_LIST CUDA_HOME BUILD_VERSION"),
        (
            "vision",
            "FORCE_CUDA FORCE_MPS NVCC_FLAGS TORCHVISION_USE_PNG TORCHVISION_INCLUDE TORCHVISION_PACKAGE_NAME BUILD_PREFIX VERSION_NAME \
             PYTORCH_VERSION_GE",
        ),
        (
            "triton",
            "TRITON_BUILD_WITH_O1 TRITON_PLUGIN_DIRS TRITON_APPEND_CMAKE_ARGS LLVM_SYSPATH JSON_SYSPATH PYBIND11_SYSPATH \
             CUPTI_INCLUDE_PATH",
        ),
        ("apex", "APEX_BUILD_CPP_OPS APEX_COMMIT APEX_SKIP_CUDA_CHECK DESIRED_CUDA GPU_ARCHS"),
        (
            "hipcc and ROCm",
            "DEVICE_LIB_PATH HIP_DEVICE_LIB_PATH HIPCC_COMPILE_FLAGS_APPEND HIP_PLATFORM HCC_AMDGPU_TARGET HSA_PATH ROCM_PATH ROCBLAS_PATH \
             MIOPEN_PATH RCCL_PATH THRUST_PATH AMDGPU_TARGETS GPU_TARGETS",
        ),
        (
            "gcc, clang and binutils",
            "CC CXX CPP FC LD AR AS NM RANLIB STRIP OBJCOPY CFLAGS CXXFLAGS LDFLAGS ASMFLAGS CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH \
             OBJC_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX LD_RUN_PATH LDEMULATION GNUTARGET CCC_OVERRIDE_OPTIONS \
             CLANG_NO_DEFAULT_CONFIG SDKROOT",
        ),
        ("MSVC", "CL _CL_ LINK _LINK_ INCLUDE LIB LIBPATH VCToolsVersion WindowsSDKVersion"),
        (
            "CMake and pkg-config",
            "CMAKE_GENERATOR CMAKE_PREFIX_PATH ZLIB_ROOT CUDACXX CUDAARCHS DESTDIR PKG_CONFIG_PATH PKG_CONFIG_LIBDIR",
        ),
        (
            "Python's builders",
            "SETUPTOOLS_USE_DISTUTILS SETUPTOOLS_SCM_PRETEND_VERSION DISTUTILS_USE_SDK DIST_EXTRA_CONFIG LDSHARED ARCHFLAGS SKBUILD_BUILD_TYPE \
             _PYTHON_HOST_PLATFORM PYTHONPATH PYTHONNOUSERSITE PIP_CONSTRAINT PIP_BUILD_CONSTRAINT PIP_PRE PIP_NO_BINARY",
        ),
    ];

    #[test]
    fn what_decides_what_is_built_counts() {
        for (who, names) in COUNT {
            for name in names.split_whitespace() {
                assert!(is_read_by_builds(name) && has_effect(name), "{who} reads {name}");
            }
        }
    }

    #[test]
    fn what_says_only_where_how_fast_or_how_loudly_does_not() {
        let names = "MAX_JOBS MAKEFLAGS CMAKE_BUILD_PARALLEL_LEVEL APEX_NVCC_THREADS TRITON_PARALLEL_LINK_JOBS NINJA_STATUS FORCE_COLOR \
                     CLICOLOR_FORCE GCC_COLORS HIPCC_VERBOSE VERBOSE PYTHONUNBUFFERED PYTHONWARNINGS TORCH_LOGS PYTORCH_CPP_LOG_LEVEL \
                     TORCH_HOME TRITON_CACHE_DIR TORCHINDUCTOR_CACHE_DIR PIP_CACHE_DIR CCACHE_DIR SCCACHE_BUCKET CMAKE_C_COMPILER_LAUNCHER \
                     HIP_CLANG_LAUNCHER USE_CCACHE HIP_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES PYTORCH_TOKEN TORCH_PASSWORD PIP_INDEX_URL \
                     SOURCE_DATE_EPOCH DEPENDENCIES_OUTPUT TMPDIR HOME LANG EDITOR XDG_RUNTIME_DIR BUILD_URL BUILD_ID";
        for name in names.split_whitespace() {
            assert!(!is_read_by_builds(name) || !has_effect(name), "{name}");
        }
    }

    #[test]
    fn the_tables_are_sorted_and_name_nothing_twice() {
        let tables = [&STARTS[..], &ENDS, &BUILDS, &COMPILERS, &WITHOUT_EFFECT, &ENDS_WITHOUT_EFFECT];
        for table in tables {
            assert!(table.windows(2).all(|pair| pair[0] < pair[1]), "{table:?}");
        }
    }
}
