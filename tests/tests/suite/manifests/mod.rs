//! The commands that read and write manifests, run as users run them.

mod diff;
mod examples;
mod export;
mod generate;
mod hostile;
mod large;
mod merge;
mod odd;
mod page;
mod schema;
mod show;
mod verify;
mod wheels;
