//! What all hosts of one sandbox share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::Addresses;
use crate::content::Content;
use crate::disk::{Disk, DiskError};
use crate::faults::Faults;
use crate::oauth::{ACCESS_LIFETIME, Permission, SignIns, When};
use crate::rate_limit::{self, RateLimit};
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

/// What the sandbox keeps content under.
pub(crate) const KEPT: [&str; 3] = [FIRST_SITE.kept_as, SECOND_SITE.kept_as, "data-center"];

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
    /// The sign-in's clock is this far ahead.
    pub ahead: Duration,
    /// Access tokens live this long; None as on the real servers.
    pub access_lifetime: Option<Duration>,
    /// API tokens and personal access tokens are past their last day.
    pub tokens_expired: bool,
    /// Cloud: the account has a second site.
    pub second_site: bool,
    /// Data Center: a redirect to `http://localhost` is refused as well.
    pub https_only: bool,
    /// Data Center: what the application link may ask for at most.
    pub link_permission: Permission,
    /// Data Center: it is a Server of the line 7.4, without access tokens and
    /// without OAuth 2.0.
    pub old_server: bool,
    /// Data Center: so many wrong passwords in a row bring the CAPTCHA.
    pub captcha_after: u32,
    pub rate_limit: Option<RateLimit>,
}

/// So many wrong passwords in a row bring Data Center's CAPTCHA.
const CAPTCHA_AFTER: u32 = 5;

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
            ahead: Duration::ZERO,
            access_lifetime: None,
            tokens_expired: false,
            second_site: true,
            https_only: false,
            link_permission: Permission::Write,
            old_server: false,
            captcha_after: CAPTCHA_AFTER,
            rate_limit: None,
        }
    }
}

/// One of the sites of the Cloud edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Site {
    pub cloud_id: &'static str,
    pub name: &'static str,
    /// What its content is kept under.
    kept_as: &'static str,
}

pub(crate) const FIRST_SITE: Site = Site {
    cloud_id: "5a11db0c-0000-4000-8000-c0ffee000001",
    name: "retropress-sandbox",
    kept_as: "cloud",
};

pub(crate) const SECOND_SITE: Site = Site {
    cloud_id: "5a11db0c-0000-4000-8000-c0ffee000002",
    name: "retropress-sandbox-two",
    kept_as: "cloud-2",
};

/// One Cloud site and the Data Center. The second site is a world of its own
/// that shares all but the content with the first.
#[derive(Debug)]
pub(crate) struct World {
    pub addresses: Addresses,
    pub site: Site,
    pub accounts: Accounts,
    pub faults: Faults,
    pub record: Arc<Record>,
    pub rate_limits: Arc<rate_limit::Counts>,
    cloud: Mutex<Content>,
    data_center: Mutex<Content>,
    sign_ins: Arc<Mutex<SignIns>>,
    /// None when nothing is kept, and once the sandbox has stopped.
    disk: Arc<Mutex<Option<Disk>>>,
    switches: Arc<Mutex<Switches>>,
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
        sign_ins: SignIns,
        cloud: Content,
        data_center: Content,
        disk: Option<Disk>,
    ) -> World {
        World {
            addresses,
            site: FIRST_SITE,
            accounts,
            faults: Faults::default(),
            record: Arc::default(),
            rate_limits: Arc::default(),
            cloud: Mutex::new(cloud),
            data_center: Mutex::new(data_center),
            sign_ins: Arc::new(Mutex::new(sign_ins)),
            disk: Arc::new(Mutex::new(disk)),
            switches: Arc::default(),
            failures: Mutex::default(),
        }
    }

    /// The world of the second site; its Data Center is empty and unused.
    pub fn second(&self, cloud: Content) -> World {
        World {
            addresses: self.addresses.clone(),
            site: SECOND_SITE,
            accounts: self.accounts.clone(),
            faults: self.faults.clone(),
            record: Arc::clone(&self.record),
            rate_limits: Arc::clone(&self.rate_limits),
            cloud: Mutex::new(cloud),
            data_center: Mutex::default(),
            sign_ins: Arc::clone(&self.sign_ins),
            disk: Arc::clone(&self.disk),
            switches: Arc::clone(&self.switches),
            failures: Mutex::default(),
        }
    }

    /// What the sign-in's clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.switches().ahead
    }

    /// When a token is given out, and for how long.
    pub fn when(&self) -> When {
        When {
            now: self.now(),
            lifetime: self.switches().access_lifetime.unwrap_or(ACCESS_LIFETIME),
        }
    }

    pub fn sign_ins(&self) -> MutexGuard<'_, SignIns> {
        lock(&self.sign_ins)
    }

    /// Changes what was allowed and given out, and writes it down before
    /// anything is answered.
    pub fn change_sign_ins<T>(
        &self,
        change: impl FnOnce(&mut SignIns) -> T,
    ) -> Result<T, DiskError> {
        let mut sign_ins = self.sign_ins();
        let done = change(&mut sign_ins);
        if let Some(disk) = lock(&self.disk).as_mut() {
            disk.keep_sign_ins(&sign_ins)?;
        }
        Ok(done)
    }

    fn kept_as(&self, edition: Edition) -> &'static str {
        match edition {
            Edition::Cloud => self.site.kept_as,
            Edition::DataCenter => "data-center",
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
            Edition::Cloud => self.cloud_base(self.site),
            Edition::DataCenter => &self.addresses.data_center,
        }
    }

    /// Where a site of Cloud is, without its context path.
    pub fn site_address(&self, site: Site) -> &str {
        let address = self.cloud_base(site);
        address.strip_suffix("/wiki").unwrap_or(address)
    }

    fn cloud_base(&self, site: Site) -> &str {
        if site == SECOND_SITE {
            &self.addresses.second_cloud
        } else {
            &self.addresses.cloud
        }
    }

    /// Writes down what was touched since the last time.
    fn keep(&self, edition: Edition, content: &mut Content) -> Result<(), DiskError> {
        let touched = std::mem::take(&mut content.touched);
        match lock(&self.disk).as_mut() {
            Some(disk) if !touched.is_empty() => {
                disk.keep(self.kept_as(edition), content, &touched)
            }
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
        let editions: &[Edition] = if self.site == FIRST_SITE {
            &[Edition::Cloud, Edition::DataCenter]
        } else {
            &[Edition::Cloud]
        };
        for edition in editions {
            let mut content = self.content(*edition);
            let next_id = content.next_id;
            let kept_as = self.kept_as(*edition);
            *content = samples::content(kept_as);
            content.next_id = content.next_id.max(next_id);
            content.touched.clear();
            if let Some(disk) = lock(&self.disk).as_mut() {
                disk.replace(kept_as, &content)?;
            }
        }
        lock(&self.failures).clear();
        Ok(())
    }
}
