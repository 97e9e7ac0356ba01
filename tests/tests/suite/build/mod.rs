//! The real binary on the demo: real git, venv, pip and wheels.

#[cfg(feature = "full")]
mod again;
mod alone;
mod caches;
mod checkouts;
#[cfg(all(feature = "full", target_os = "linux"))]
mod disk;
mod judges;
mod optional;
mod plans;
mod resume;
mod rocm;
mod set;
mod shared;
mod sources;
mod trial;
mod whole;
