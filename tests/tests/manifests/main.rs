//! The real binary on folders of miniature wheels: what `manifest` writes, reads and refuses.

mod generate;
mod large;
mod odd;
mod verify;
mod wheels;
