//! What is wrong with a request, or with the world for it.

/// Something wrong with what was typed or with the world, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// What was tried, on what, and why it cannot be: a lower-case fragment.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem whose text says all.
    pub fn new(text: impl Into<String>) -> Self {
        Problem { text: text.into(), hint: None }
    }

    /// With advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
