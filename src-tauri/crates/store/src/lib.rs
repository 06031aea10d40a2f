//! What is kept on this laptop: one SQLite file.
//!
//! Each public method is one transaction. Texts that only other rooms understand (a draft's content,
//! a configuration) are kept as they are handed in.

mod backup;
#[cfg(feature = "watched-commits")]
pub mod commits;
mod drafts;
mod error;
mod export;
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
mod sealing_key;
mod settings;
mod teams;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use history_list::HistoryList;
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use backup::BACKUPS;
pub use drafts::{
    DraftFilter, DraftOrder, DraftRecord, DraftRow, DraftRows, NewText, PreviousDraft, Standing,
};
pub use error::{Refusal, StoreError};
pub use export::APPLICATION_ID;
pub use health::{Health, OperationSummary};
pub use integrations::IntegrationRecord;
pub use library::Shelf;
pub use network::NetworkRecord;
pub use open::Opened;
pub use operations::{OperationProgress, OperationRecord};
pub use outbox::{OpenOperation, OutboxLane};
pub use publications::{PublicationFilter, PublicationOrder, PublicationRecord, TimelineRecord};
pub use replacement::{Contents, KeptCopy, Replacement};
pub use sealing_key::SealingKey;
pub use teams::TeamRecord;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The database. Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    /// Locked before the connection where both are.
    history: Arc<Mutex<Option<HistoryList>>>,
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

    fn history_list(&self) -> MutexGuard<'_, Option<HistoryList>> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        work(&transaction)
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = work(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }
}
