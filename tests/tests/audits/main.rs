//! What the audit finds in wheels, libraries and object files.

mod device;
