//! What a person reads when something failed.

use crate::Error;

/// What happened, why, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub message: String,
    /// Empty when the message says it all.
    pub cause: String,
    pub hint: String,
}

impl Error {
    pub fn words(&self) -> Words {
        unimplemented!()
    }
}
