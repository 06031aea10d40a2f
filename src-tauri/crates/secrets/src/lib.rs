//! What is sealed: secrets are encrypted under a key that only the operating system's keyring keeps.
//! It holds one for each name, and forgetting one leaves the others.
//!
//! [`Vault::seal`] turns a secret into bytes that may be stored anywhere; [`Vault::open`] turns
//! them back. Both take `bound_to`, the circumstances a secret belongs to: a sealed value copied
//! elsewhere does not open there. What a secret is for is not this crate's business, and neither
//! is where the sealed bytes are kept.
//!
//! | to find | look in |
//! |---|---|
//! | how a secret is encrypted, and the format of the bytes | `seal` |
//! | how the key is read from and written to the keyring | `keyring`, one file for each kind |
//! | the words for each thing that can go wrong | `problem` |

mod keyring;
mod problem;
mod seal;
mod vault;

pub use problem::{KeyringProblem, SealProblem};
pub use vault::Vault;
