//! Uploads into a folder: one that is mounted, or staged for something else to carry away.

use std::io::ErrorKind;

use super::{Sent, changed, conflict};
use crate::command::{Code, Stop};
use crate::file::{self, Copied, FileError, Stored};
use crate::upload::{Object, Present, Verdict};

/// What is there.
pub(super) fn present(object: &Object) -> Result<Present, FileError> {
    // A link to nothing is something that cannot be looked at, and so is a path through a file.
    match file::measure(&object.url) {
        Ok(there) => Ok(Present::Content { size: there.size, sha256: Some(there.sha256) }),
        Err(error) if error.cause.kind() == ErrorKind::NotFound && file::is_free(&object.url) => Ok(Present::Nothing),
        Err(error) => Err(error),
    }
}

/// Copies the file; it is hashed on the way and appears as a whole, if nothing else has appeared.
pub(super) fn send(object: &Object) -> Result<Sent, Stop> {
    let failed = |error: FileError| Stop::Problems(Code::Job, vec![super::again(error.to_string())]);
    let expected = Stored { size: object.size, sha256: object.sha256.clone() };
    match file::copy_new(&object.from, &object.url, &expected).map_err(failed)? {
        Copied::Done => Ok(Sent::Here),
        Copied::Other(now) => Err(changed(object, Ok(now), &format!("`{}` was not made", object.url))),
        Copied::Taken => {
            let there = present(object).map_err(failed)?;
            match object.against(&there) {
                Verdict::Keep => Ok(Sent::Elsewhere),
                _ => Err(Stop::Problems(Code::Unproven, vec![conflict(object, &there)])),
            }
        }
    }
}
