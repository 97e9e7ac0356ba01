//! `cargo xtask` as the cases run it: cargo builds only a package's own programs for its tests.

fn main() -> std::process::ExitCode {
    xtask::main()
}
