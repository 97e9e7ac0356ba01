//! Every integration test in one binary, so that one link serves them all. A module is a topic.
//!
//! `cargo test --test suite build::` runs one topic. Slow fixtures are shared: environments are copied, builds are lent from a pool.

mod audit;
mod build;
mod checkout;
mod cli_errors;
mod environment;
mod failure;
mod forge;
mod lock;
mod manifests;
mod network_faults;
mod plan;
mod pool;
mod process_lifecycle;
mod tidy;
mod upload;
mod wheel_names;
mod workflows;
