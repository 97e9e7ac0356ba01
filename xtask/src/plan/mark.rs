//! What is noted in the tool's own checkouts, so that it knows its work from somebody's.

use serde::Serialize;

use crate::facts::Part;

/// What `Action::MarkCheckout` notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It is whole, and the changes that are in it now are the tool's.
    CheckedOut {
        /// The ref that it was made for.
        reference: String,
        /// What the steps before made in it.
        #[serde(skip)]
        parts: Vec<Part>,
    },
    /// A build begins, which may write into it.
    Building,
    /// The build has ended; what it wrote is there now.
    Built,
    /// Its files are about to be brought to another commit. Refused if changes are in it that were not seen before.
    Moving {
        /// The digest of the changes that were seen.
        changes: Option<String>,
    },
}
