//! One thing at a time for each draft: a publish that is asked for twice is rendered once.
//!
//! A convenience: that there is one operation is made sure of where it is written down.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use tokio::sync::OwnedMutexGuard;

use crate::lock;

#[derive(Default)]
pub(super) struct Turns {
    drafts: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    /// Waits for whoever is at the draft.
    pub async fn of(&self, draft_id: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut drafts = lock(&self.drafts);
            drafts.retain(|_, it| it.strong_count() > 0);
            match drafts.get(draft_id).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    let turn = Arc::default();
                    drafts.insert(draft_id.to_owned(), Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }
}
