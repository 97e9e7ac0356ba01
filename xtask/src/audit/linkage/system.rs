//! Which libraries a system has, so that no wheel need bring them.

use super::{Format, Machine};

/// Where a library may be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// On every system that the wheel can be installed on.
    Everywhere,
    /// On most, but nothing promises it.
    Common,
    /// Only where something brings it.
    Nowhere,
}

/// What the manylinux policies let every wheel need: the C library, and those of the compiler and of the desktop whose interfaces do not change.
/// Source: <https://github.com/pypa/auditwheel/blob/main/src/auditwheel/policy/manylinux-policy.json>
const MANYLINUX: [&str; 26] = [
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libmvec.so.1",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "libatomic.so.1",
    "libexpat.so.1",
    "libz.so.1",
    "libGL.so.1",
    "libICE.so.6",
    "libSM.so.6",
    "libX11.so.6",
    "libXext.so.6",
    "libXrender.so.1",
    "libglib-2.0.so.0",
    "libgobject-2.0.so.0",
    "libgthread-2.0.so.0",
    "libthread_db.so.1",
    "libBrokenLocale.so.1",
];

/// Part of GCC, and on most systems, but not on the policies' list: minimal images do not have it.
const COMMON: [&str; 1] = ["libgomp.so.1"];

/// The DLLs of Windows 10 and later, and Microsoft's C and C++ libraries: Python brings some of them and its installation needs the others.
const WINDOWS: [&str; 76] = [
    "advapi32.dll",
    "avicap32.dll",
    "avrt.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "cabinet.dll",
    "cfgmgr32.dll",
    "combase.dll",
    "comctl32.dll",
    "comdlg32.dll",
    "concrt140.dll",
    "crypt32.dll",
    "cryptbase.dll",
    "d3d11.dll",
    "d3d12.dll",
    "d3d9.dll",
    "d3dcompiler_47.dll",
    "dbghelp.dll",
    "dnsapi.dll",
    "dwmapi.dll",
    "dwrite.dll",
    "dxgi.dll",
    "evr.dll",
    "gdi32.dll",
    "gdiplus.dll",
    "glu32.dll",
    "hid.dll",
    "imagehlp.dll",
    "imm32.dll",
    "iphlpapi.dll",
    "kernel32.dll",
    "kernelbase.dll",
    "mf.dll",
    "mfplat.dll",
    "mfreadwrite.dll",
    "mpr.dll",
    "msimg32.dll",
    "msvcp140.dll",
    "msvcp140_1.dll",
    "msvcp140_2.dll",
    "msvcp140_atomic_wait.dll",
    "msvcp140_codecvt_ids.dll",
    "msvcrt.dll",
    "mswsock.dll",
    "ncrypt.dll",
    "netapi32.dll",
    "normaliz.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleaut32.dll",
    "opengl32.dll",
    "pdh.dll",
    "powrprof.dll",
    "propsys.dll",
    "psapi.dll",
    "rpcrt4.dll",
    "secur32.dll",
    "setupapi.dll",
    "shell32.dll",
    "shlwapi.dll",
    "synchronization.dll",
    "ucrtbase.dll",
    "user32.dll",
    "userenv.dll",
    "uxtheme.dll",
    "vccorlib140.dll",
    "vcomp140.dll",
    "vcruntime140.dll",
    "vcruntime140_1.dll",
    "vcruntime140_threads.dll",
    "version.dll",
    "winhttp.dll",
    "winmm.dll",
    "wintrust.dll",
    "wldap32.dll",
    "ws2_32.dll",
];

/// Sets of interfaces that Windows resolves by itself.
const API_SETS: [&str; 2] = ["api-ms-win-", "ext-ms-win-"];

/// Where a library may be expected; its name as its format compares it. `python_tag` is the wheel's, such as `cp312`.
pub(super) fn kind(format: Format, machine: Machine, name: &str, python_tag: &str) -> Kind {
    let everywhere = match format {
        Format::Elf => MANYLINUX.contains(&name) || Some(name) == linker(machine),
        Format::Pe => WINDOWS.contains(&name) || API_SETS.iter().any(|set| name.starts_with(set)) || is_python(name, python_tag),
    };
    match everywhere {
        true => Kind::Everywhere,
        false if format == Format::Elf && COMMON.contains(&name) => Kind::Common,
        false => Kind::Nowhere,
    }
}

/// The dynamic linker itself, which C++ libraries name where they keep variables of threads.
fn linker(machine: Machine) -> Option<&'static str> {
    match machine {
        Machine::X86_64 => Some("ld-linux-x86-64.so.2"),
        Machine::Aarch64 => Some("ld-linux-aarch64.so.1"),
        Machine::Other(_) => None,
    }
}

/// The DLL of a Python that the wheel is for: `python3.dll` for all, `python312.dll` for `cp312`. Of another version, it would start a second Python.
fn is_python(name: &str, python_tag: &str) -> bool {
    let of = |tag: &str| tag.strip_prefix("cp").is_some_and(|number| name == format!("python{number}.dll"));
    name == "python3.dll" || python_tag.split('.').any(of)
}
