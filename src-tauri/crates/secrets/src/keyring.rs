//! The key's entry in the operating system's keyring.
//!
//! Each platform gives the same six functions: `named`, `probe`, `unlock`, `read`, `read_or_put`
//! and `delete`.

use std::future::Future;
use std::time::Duration;

use crate::KeyringProblem;

#[cfg(any(target_os = "macos", windows))]
mod native;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;

#[cfg(any(target_os = "macos", windows))]
pub(crate) use native::Entry;
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) use secret_service::Entry;

/// For a call that asks nobody anything.
const PROMPT_FREE: Duration = Duration::from_secs(5);
/// For a call that may wait for the user.
const PROMPT: Duration = Duration::from_secs(60);

async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, KeyringProblem>>,
) -> Result<T, KeyringProblem> {
    tokio::time::timeout(limit, call)
        .await
        .unwrap_or(Err(KeyringProblem::TimedOut))
}

/// Something else sits in the entry, or the keyring did not keep what it was given.
#[derive(Debug, thiserror::Error)]
#[error("the keyring's entry does not hold the 32 bytes of a key")]
struct NotAKey;
