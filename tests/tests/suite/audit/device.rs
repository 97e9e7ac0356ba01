//! Device code: in files made here, always; in objects of a compiler and in wheels of others, with `--features full`.

mod chance;
#[cfg(feature = "full")]
mod compiled;
mod listed;
mod scanned;
pub mod synthetic;
#[cfg(feature = "full")]
mod wheels;
