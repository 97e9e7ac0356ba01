//! `checkout`, with real git: what stands there afterwards, what is said, and what must not be lost.

mod flags;
mod from_manifest;
mod hostile;
mod kept;
mod killed;
mod repositories;
mod stores;
