//! The words for each thing that can go wrong.

use std::error::Error;

use thiserror::Error;

/// Why the operating system's keyring gave no key.
///
/// The message says what happened, [`hint`](KeyringProblem::hint) what to do about it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyringProblem {
    /// There is no keyring on this computer, or it is not running.
    #[error("No keyring was found on this computer.")]
    Missing,
    /// A keyring program runs, but it holds no keyring yet: it wants a password chosen first.
    #[error("The keyring of this computer has not been set up yet.")]
    Empty,
    /// The keyring is there and wants its password first.
    #[error("The keyring is locked.")]
    Locked,
    /// Somebody, or a rule of the system, said no.
    #[error("Access to the keyring was refused.")]
    Denied,
    /// No answer within the limit: 5 seconds, or 60 where the user was asked something.
    #[error("The keyring did not answer in time.")]
    TimedOut,
    /// Anything else; the source says what, for the log.
    #[error("The keyring answered with an error.")]
    Other(#[source] Box<dyn Error + Send + Sync>),
}

impl KeyringProblem {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing if cfg!(any(target_os = "macos", windows)) => {
                "Sign in to this computer with a desktop session and try again."
            }
            Self::Missing => {
                "Install and start one, for example GNOME Keyring (package gnome-keyring), \
                 KWallet or KeePassXC with its Secret Service, and try again."
            }
            Self::Empty => {
                "Choose a password for it when you are asked, and try again. The computer's \
                 password app (Passwords and Keys, KWallet) can set it up too."
            }
            Self::Locked => {
                "Unlock it with its password, most often the one of your computer, and try again."
            }
            Self::Denied => "Try again and allow access when the computer asks for it.",
            Self::TimedOut => {
                "Look for a window that asks for the keyring's password, answer it, and try \
                 again. If there is none, sign out of the computer and in again."
            }
            Self::Other(_) => "Sign out of the computer and in again, then try once more.",
        }
    }
}

/// Why a secret could not be sealed or opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SealProblem {
    /// The key could not be had.
    #[error(transparent)]
    Keyring(#[from] KeyringProblem),
    /// Sealed with a key that the keyring does not hold any more.
    #[error("The key this secret was locked with is no longer in the keyring.")]
    KeyGone,
    /// The bytes were changed, are not a sealed secret, or belong to other circumstances.
    #[error("The saved secret is damaged.")]
    Damaged,
}

impl SealProblem {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Keyring(problem) => problem.hint(),
            Self::KeyGone | Self::Damaged => "Enter the secret again and save it.",
        }
    }
}
