//! `checkout`, with real git: what stands there afterwards, what is said, and what must not be lost.

mod flags;
#[allow(dead_code, reason = "what locks need of it is more")]
#[path = "../locks/forge.rs"]
mod forge;
mod from_manifest;
mod hostile;
mod kept;
mod killed;
mod repositories;
mod stores;
