//! What wheels are built with, for the manifest: the ROCm packages, and the programs with their versions.

use manifest::{Extra, Rocm, RocmPackage, Sha256, Toolchain};

use crate::facts::{Facts, Python};
use crate::plan::rocm::is_rocm;
use crate::request::Request;

pub(super) fn rocm(request: &Request, facts: &Facts) -> Rocm {
    let index = request.rocm.index_url.as_ref().or(request.rocm.find_links.as_ref());
    let distributions = facts.environment.python().map(|python| python.distributions.clone()).unwrap_or_default();
    // What was installed on demand, and not replaced by anybody since.
    let set = facts.environment.ready().and_then(|ready| ready.rocm_set.as_ref());
    let sha256 = |name: &str, version: &str| {
        let set = set.filter(|set| set.distributions.get(name).is_some_and(|installed| installed == version))?;
        Sha256::parse(set.sha256.get(name)?).ok()
    };
    let package =
        |(name, version): (String, String)| RocmPackage { sha256: sha256(&name, &version), name, version, extra: Extra::new() };
    Rocm {
        index: index.map(|index| request.secrets.redact(index).into_owned()),
        packages: distributions.into_iter().filter(|(name, _)| is_rocm(name)).map(package).collect(),
        extra: Extra::new(),
    }
}

/// The programs of the environment come before those of the machine, because builds find them first.
pub(super) fn toolchain(python: Option<&Python>, facts: &Facts) -> Toolchain {
    let installed = |name: &str| python.and_then(|python| python.installed(name)).map(str::to_owned);
    let tool = |name: &str| facts.tools.get(name).and_then(|tool| tool.version.clone().ok());
    let compilers = facts.tools.keys().filter(|name| !["git", "cmake", "ninja"].contains(&name.as_str()));
    Toolchain {
        interpreter: python.map(|python| format!("{} {}", python.implementation, python.version)),
        pip: installed("pip"),
        build: installed("build"),
        cmake: installed("cmake").or_else(|| tool("cmake")),
        ninja: installed("ninja").or_else(|| tool("ninja")),
        compilers: compilers.filter_map(|name| Some((name.clone(), tool(name)?))).collect(),
        os: python.and_then(|python| python.operating_system.clone()),
        extra: Extra::new(),
    }
}
