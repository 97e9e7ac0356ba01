//! How much room there is on the disks.

/// What a disk has free where a folder stands, or will stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The folder or file that was asked about.
    pub path: String,
    /// Which disk: paths with equal texts share their room.
    pub mount: String,
    /// What users who are not root may still write there, in bytes.
    pub free: u64,
    /// What builds left there, in bytes.
    pub held: u64,
}
