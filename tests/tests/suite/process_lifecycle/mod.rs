//! What runs is ended with all that it started, in time, and nobody else's: the real binary with a compiler that sleeps, spins, floods, does not
//! listen, or starts what outlives it.
#![cfg(target_os = "linux")]

mod exclusion;
mod folders;
mod leftovers;
mod output;
mod shared;
mod signals;
mod time;
