//! The commands that read and write manifests, run as users run them.

mod diff;
mod examples;
mod export;
mod hostile;
mod merge;
mod page;
mod schema;
mod show;
