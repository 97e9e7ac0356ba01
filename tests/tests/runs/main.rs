//! The real binary on the demo: real git, venv, pip and wheels.

#[cfg(feature = "full")]
mod again;
mod alone;
mod caches;
mod checkouts;
mod judges;
mod plans;
mod resume;
mod rocm;
mod set;
mod shared;
mod sources;
mod trial;
mod whole;
