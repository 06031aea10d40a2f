//! What is kept on this laptop: one SQLite file.
//!
//! Each public method is one transaction. Texts that only other rooms understand (a draft's content,
//! a configuration) are kept as they are handed in.

mod alone;
mod backup;
#[cfg(feature = "watched-commits")]
pub mod commits;
mod drafts;
mod error;
mod export;
mod files;
mod forget;
mod health;
mod history_list;
mod integrations;
mod library;
mod network;
mod open;
mod operations;
mod outbox;
mod publications;
mod replacement;
mod schema;
mod sealing_key;
mod settings;
mod soundness;
mod teams;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use history_list::HistoryList;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::runtime::{Handle, RuntimeFlavor};

pub use backup::Recovery;
pub use drafts::{
    DraftFilter, DraftOrder, DraftRecord, DraftRow, DraftRows, NewText, PreviousDraft, Standing,
};
pub use error::{Refusal, StoreError};
pub use export::APPLICATION_ID;
pub use files::BACKUPS;
pub use forget::SecretsLeft;
pub use health::{Health, OperationSummary};
pub use integrations::IntegrationRecord;
pub use library::Shelf;
pub use network::NetworkRecord;
pub use open::Opened;
pub use operations::{
    Basis, OperationHead, OperationProgress, OperationRecord, PageBasis, Rendered,
};
pub use outbox::OutboxLane;
pub use publications::{PublicationFilter, PublicationOrder, PublicationRecord, TimelineRecord};
pub use replacement::{Contents, CopyKind, CopyProblem, KeptCopy, Replacement};
pub use sealing_key::SealingKey;
pub use soundness::Soundness;
pub use teams::TeamRecord;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The database. Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    /// Locked before the connection where both are.
    history: Arc<Mutex<Option<HistoryList>>>,
    /// Held while files beside the database are made, renamed or removed. Locked before the connection.
    files: Arc<Mutex<()>>,
    folder: PathBuf,
}

impl Store {
    /// The folder the database lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolled it back: the connection is sound.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn history_list(&self) -> MutexGuard<'_, Option<HistoryList>> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        blocking(|| {
            let mut connection = self.connection();
            let transaction = connection.transaction()?;
            work(&transaction)
        })
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        blocking(|| {
            let mut connection = self.connection();
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        })
    }
}

/// Runs work that waits for the disk or for another holder of the database. On a worker of a
/// multi-thread runtime, the other tasks of that worker continue on another thread meanwhile.
///
/// Every method of [`Store`] stays an ordinary function, so it can be called where nothing can be
/// awaited. A database thread with a channel would make each of them async and each caller with them,
/// for the same effect: there is one connection, and one caller at a time has it.
///
/// A current-thread runtime has no other thread for its tasks. `block_in_place` panics there and inside
/// a `LocalSet`, which clippy.toml therefore disallows.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
