//! Compiler caches: how builds are led through them, and what is read of them before and after.

use super::{Action, CacheKind, Command, Env, Job, Moment, ReadCache, Step, Value};
use crate::host::{Host, Platform};
use crate::request::{Cache, SccacheScope};

/// The job that comes before every wheel.
pub const BEFORE: &str = "cache";

/// The job that comes after all of them.
pub const AFTER: &str = "cache-statistics";

/// The variables that lead a build through the cache, with the reason.
pub fn launchers(cache: &Cache, platform: Platform) -> (Env, Option<String>) {
    let mut env = Env::new();
    let mut set = |key: &str, value: &str| env.insert(key.to_owned(), Some(Value::text(value)));
    let why = match cache {
        Cache::Off => return (env, None),
        Cache::Ccache(_) => {
            set("CMAKE_C_COMPILER_LAUNCHER", "ccache");
            set("CMAKE_CXX_COMPILER_LAUNCHER", "ccache");
            if platform == Platform::Windows {
                // ccache cannot cache debug information in files of its own.
                set("CMAKE_MSVC_DEBUG_INFORMATION_FORMAT", "Embedded");
            }
            "compiled through ccache: host code"
        }
        Cache::Sccache(program, scope) => {
            set("CMAKE_C_COMPILER_LAUNCHER", program);
            set("CMAKE_CXX_COMPILER_LAUNCHER", program);
            if *scope == SccacheScope::HostAndDevice && platform == Platform::Linux {
                set("HIP_CLANG_LAUNCHER", program);
                "compiled through sccache: host code, and device code by hipcc"
            } else {
                "compiled through sccache: host code"
            }
        }
    };
    (env, Some(why.to_owned()))
}

/// The jobs before and after the wheels, if there is a cache.
pub fn jobs(cache: &Cache, host: &Host) -> Option<(Job, Job)> {
    let (program, kind, name) = match cache {
        Cache::Off => return None,
        Cache::Ccache(program) => (program, CacheKind::Ccache, "ccache"),
        Cache::Sccache(program, _) => (program, CacheKind::Sccache, "sccache"),
    };
    let read = |moment| Action::ReadCache(ReadCache { program: program.clone(), kind, moment });
    let (mut before, mut after) = (Job::new(BEFORE), Job::new(AFTER));
    if kind == CacheKind::Sccache {
        // A server that runs already is an error to sccache, and just what we want.
        let start = Command::new(program, &host.temp_dir(), &["--start-server"]).tolerated();
        before.steps.push(Step::run("starting the server of sccache", start));
    }
    before.steps.push(Step::new(format!("reading the statistics of {name}"), read(Moment::Before)));
    after.steps.push(Step::new(format!("reading what {name} did for these wheels"), read(Moment::After)));
    Some((before, after))
}
