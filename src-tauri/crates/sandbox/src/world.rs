//! What all hosts of one sandbox share.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Addresses;
use crate::content::Content;
use crate::disk::{Disk, DiskError};
use crate::faults::Faults;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::samples;
use crate::sign_in::Accounts;

/// Which of the two Confluences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    Cloud,
    DataCenter,
}

impl Edition {
    pub fn name(self) -> &'static str {
        match self {
            Edition::Cloud => "cloud",
            Edition::DataCenter => "data-center",
        }
    }
}

/// How the sandbox behaves at the moment.
#[derive(Debug, Clone)]
pub(crate) struct Switches {
    /// Every request waits this long.
    pub delay: Duration,
    /// Lists and searches are this far behind.
    pub lag: Duration,
    /// Scopes of the scoped API token.
    pub scopes: Vec<String>,
    /// Data Center: people who do not sign in may look, and see nothing.
    pub anonymous: bool,
    /// Data Center: names and passwords are accepted.
    pub basic: bool,
    /// Data Center: everything is answered by a single sign-on page.
    pub sign_in_page: bool,
    /// The largest attachment, in bytes.
    pub largest_file: usize,
}

impl Default for Switches {
    fn default() -> Switches {
        Switches {
            delay: Duration::ZERO,
            lag: Duration::ZERO,
            scopes: samples::SCOPES.iter().map(|s| (*s).to_owned()).collect(),
            anonymous: false,
            basic: true,
            sign_in_page: false,
            largest_file: 100 * 1024 * 1024,
        }
    }
}

#[derive(Debug)]
pub(crate) struct World {
    pub addresses: Addresses,
    pub accounts: Accounts,
    pub faults: Faults,
    pub record: Record,
    cloud: Mutex<Content>,
    data_center: Mutex<Content>,
    /// None when nothing is kept, and once the sandbox has stopped.
    disk: Mutex<Option<Disk>>,
    switches: Mutex<Switches>,
    /// Wrong passwords in a row, by user name.
    pub failures: Mutex<HashMap<String, u32>>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub fn new(
        addresses: Addresses,
        accounts: Accounts,
        cloud: Content,
        data_center: Content,
        disk: Option<Disk>,
    ) -> World {
        World {
            addresses,
            accounts,
            faults: Faults::default(),
            record: Record::default(),
            cloud: Mutex::new(cloud),
            data_center: Mutex::new(data_center),
            disk: Mutex::new(disk),
            switches: Mutex::new(Switches::default()),
            failures: Mutex::new(HashMap::new()),
        }
    }

    pub fn content(&self, edition: Edition) -> MutexGuard<'_, Content> {
        match edition {
            Edition::Cloud => lock(&self.cloud),
            Edition::DataCenter => lock(&self.data_center),
        }
    }

    pub fn switches(&self) -> Switches {
        lock(&self.switches).clone()
    }

    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.switches));
    }

    /// Where the pages of one edition are found, without a trailing slash.
    pub fn base(&self, edition: Edition) -> &str {
        match edition {
            Edition::Cloud => &self.addresses.cloud,
            Edition::DataCenter => &self.addresses.data_center,
        }
    }

    /// Writes down what was touched since the last time.
    fn keep(&self, edition: Edition, content: &mut Content) -> Result<(), DiskError> {
        let touched = std::mem::take(&mut content.touched);
        match lock(&self.disk).as_mut() {
            Some(disk) if !touched.is_empty() => disk.keep(edition, content, &touched),
            _ => Ok(()),
        }
    }

    /// Changes the content of one edition and writes the change down.
    pub fn change<T>(
        &self,
        edition: Edition,
        change: impl FnOnce(&mut Content) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut content = self.content(edition);
        let done = change(&mut content)?;
        self.keep(edition, &mut content)
            .map_err(|error| Refusal::Disk(error.to_string()))?;
        Ok(done)
    }

    /// Closes the file, so that another sandbox may open it.
    pub fn close(&self) {
        lock(&self.disk).take();
    }

    /// Back to the sample content. Ids go on from where they were.
    pub fn empty(&self) -> Result<(), DiskError> {
        for edition in [Edition::Cloud, Edition::DataCenter] {
            let mut content = self.content(edition);
            let next_id = content.next_id;
            *content = samples::content(edition);
            content.next_id = content.next_id.max(next_id);
            content.touched.clear();
            if let Some(disk) = lock(&self.disk).as_mut() {
                disk.replace(edition, &content)?;
            }
        }
        lock(&self.failures).clear();
        Ok(())
    }
}
