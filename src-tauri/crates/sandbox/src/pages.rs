//! The rules for pages: titles, versions, parents, the trash.

use std::time::Instant;

use chrono::Utc;
use serde_json::Value;

use crate::content::{Content, Id, Label, Page, Person, Property, Status, Touched, Version};
use crate::refusal::Refusal;
use crate::storage_format;

/// A title may be this long, in characters. (Confluence Cloud REST v1 schemas.)
const LONGEST_TITLE: usize = 255;

/// A page's body may be this large, in bytes. (Confluence Cloud REST v2: 5 MB.)
pub(crate) const LARGEST_BODY: usize = 5 * 1024 * 1024;

/// Where a new page goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing was said: below the space's homepage.
    Default,
    /// At the root of the space, beside its homepage.
    Root,
    Below(Id),
}

#[derive(Debug)]
pub(crate) struct NewPage {
    pub space: Id,
    pub place: Place,
    pub title: String,
    pub body: String,
    pub draft: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Change {
    pub title: Option<String>,
    pub body: Option<String>,
    /// What the caller says the new version's number is.
    pub number: u32,
    pub message: String,
    pub minor: bool,
    pub parent: Option<Id>,
    /// Stays (or becomes) a draft instead of being published.
    pub draft: bool,
}

fn macro_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn checked_body(body: &str) -> Result<String, Refusal> {
    if body.len() > LARGEST_BODY {
        return Err(Refusal::TooLarge);
    }
    storage_format::rewrite(body, &mut macro_id)
        .map_err(|error| Refusal::NotWellFormed(error.to_string()))
}

fn checked_title(title: &str, draft: bool) -> Result<String, Refusal> {
    let title = title.trim();
    if title.is_empty() && !draft {
        return Err(Refusal::Invalid("Title is required".to_owned()));
    }
    if title.chars().count() > LONGEST_TITLE {
        return Err(Refusal::Invalid(format!(
            "Title cannot be longer than {LONGEST_TITLE} characters"
        )));
    }
    Ok(title.to_owned())
}

impl Content {
    /// A title is taken, whatever its case, by a live and by an archived page;
    /// the trash and drafts take none. A page nobody sees takes its title too.
    fn free_title(&self, space: Id, title: &str, except: Option<Id>) -> Result<(), Refusal> {
        let wanted = title.to_lowercase();
        let taken = self.pages.values().any(|page| {
            page.space == space
                && Some(page.id) != except
                && matches!(page.status, Status::Current | Status::Archived)
                && page.title().to_lowercase() == wanted
        });
        if !taken {
            return Ok(());
        }
        let key = self.spaces.get(&space).map(|s| s.key.clone());
        Err(Refusal::TitleTaken {
            title: title.to_owned(),
            key: key.unwrap_or_default(),
        })
    }

    fn parent_in(&self, space: Id, parent: Id) -> Result<(), Refusal> {
        match self.page(parent) {
            Some(page) if matches!(page.status, Status::Trashed | Status::Draft) => {
                Err(Refusal::NoParent(parent))
            }
            Some(page) if page.space != space => Err(Refusal::Invalid(
                "The parent is in another space".to_owned(),
            )),
            Some(_) => Ok(()),
            None => Err(Refusal::NoParent(parent)),
        }
    }

    fn last_position(&self, parent: Option<Id>, space: Id) -> i64 {
        self.pages
            .values()
            .filter(|p| p.space == space && p.parent == parent)
            .map(|p| p.position)
            .max()
            .map_or(0, |last| last + 1)
    }

    /// A page somebody may see and change.
    fn writable(&self, id: Id) -> Result<&Page, Refusal> {
        let page = self.page(id).ok_or(Refusal::NoPage(id))?;
        if self.may_write(page.space) {
            Ok(page)
        } else {
            Err(Refusal::MayNotChange(id))
        }
    }

    pub fn create_page(&mut self, by: &Person, new: NewPage) -> Result<Id, Refusal> {
        let space = self.space(new.space).ok_or(Refusal::NoSpace(new.space))?;
        let homepage = space.homepage;
        if !self.may_write(new.space) {
            return Err(Refusal::MayNotCreate(new.space));
        }
        let title = checked_title(&new.title, new.draft)?;
        let parent = match new.place {
            Place::Default => Some(homepage),
            Place::Root => None,
            Place::Below(parent) => {
                self.parent_in(new.space, parent)?;
                Some(parent)
            }
        };
        let body = checked_body(&new.body)?;
        if !new.draft {
            self.free_title(new.space, &title, None)?;
        }
        let id = self.new_id();
        let now = Utc::now();
        let page = Page {
            id,
            space: new.space,
            parent,
            position: self.last_position(parent, new.space),
            status: if new.draft {
                Status::Draft
            } else {
                Status::Current
            },
            restricted: false,
            author: by.account_id.to_owned(),
            created: now,
            versions: vec![Version {
                number: 1,
                at: now,
                by: by.account_id.to_owned(),
                message: String::new(),
                minor: false,
                title,
                body,
            }],
            labels: Vec::new(),
            properties: std::collections::BTreeMap::new(),
            changed: Some(Instant::now()),
            before: None,
        };
        self.pages.insert(id, page);
        self.touched.insert(Touched::Page(id));
        Ok(id)
    }

    pub fn update_page(&mut self, by: &Person, id: Id, change: Change) -> Result<(), Refusal> {
        let page = self.writable(id)?;
        let space = page.space;
        let old_parent = page.parent;
        let status = page.status;
        let current = page.number();
        if status == Status::Archived {
            return Err(Refusal::IsArchived(id));
        }
        let title = match &change.title {
            Some(title) => checked_title(title, change.draft)?,
            None => page.title().to_owned(),
        };
        // A draft is published, and saved, as version 1.
        let expected = if status == Status::Draft {
            1
        } else {
            current + 1
        };
        if change.number != expected {
            return Err(Refusal::StaleVersion {
                current,
                provided: change.number,
            });
        }
        // Restoring from the trash changes the status alone. (REST v2, update page.)
        let body = match &change.body {
            Some(body) if status != Status::Trashed => checked_body(body)?,
            _ => page.body().to_owned(),
        };
        let title = if status == Status::Trashed {
            page.title().to_owned()
        } else {
            title
        };
        if let Some(parent) = change.parent {
            if parent == id {
                return Err(Refusal::OwnParent);
            }
            self.parent_in(space, parent)?;
            let below_itself = self
                .pages
                .get(&parent)
                .is_some_and(|p| self.ancestors(p).iter().any(|a| a.id == id));
            if below_itself {
                return Err(Refusal::Invalid(
                    "A page cannot be moved below one of its own children".to_owned(),
                ));
            }
        }
        if !change.draft {
            self.free_title(space, &title, Some(id))?;
        }
        let homepage = self.spaces.get(&space).map(|s| s.homepage);
        let parent = match (change.parent, status) {
            (Some(parent), _) => Some(parent),
            (None, Status::Trashed) => homepage.filter(|home| *home != id),
            (None, _) => old_parent,
        };
        let position = self.last_position(parent, space);
        let Some(page) = self.pages.get_mut(&id) else {
            return Err(Refusal::NoPage(id));
        };
        if page.parent != parent {
            page.parent = parent;
            page.position = position;
        }
        let version = Version {
            number: expected,
            at: Utc::now(),
            by: by.account_id.to_owned(),
            message: change.message,
            minor: change.minor,
            title,
            body,
        };
        if status == Status::Draft {
            page.versions = vec![version];
            if !change.draft {
                page.set_status(Status::Current);
                page.before = None;
            }
        } else {
            page.versions.push(version);
            if status == Status::Trashed {
                page.set_status(Status::Current);
            }
        }
        self.touched.insert(Touched::Page(id));
        Ok(())
    }

    /// Moves a page to the trash; its children move up to its parent.
    pub fn trash_page(&mut self, id: Id) -> Result<(), Refusal> {
        let page = match self.writable(id) {
            Err(Refusal::MayNotChange(id)) => return Err(Refusal::MayNotDelete(id)),
            other => other?,
        };
        if page.status == Status::Trashed {
            return Err(Refusal::NoPage(id));
        }
        if self.is_homepage(page) {
            return Err(Refusal::Invalid(
                "The homepage of a space cannot be deleted".to_owned(),
            ));
        }
        let parent = page.parent;
        let orphans: Vec<Id> = self
            .pages
            .values()
            .filter(|p| p.parent == Some(id))
            .map(|p| p.id)
            .collect();
        for orphan in orphans {
            if let Some(page) = self.pages.get_mut(&orphan) {
                page.parent = parent;
                self.touched.insert(Touched::Page(orphan));
            }
        }
        if let Some(page) = self.pages.get_mut(&id) {
            page.parent = None;
            page.set_status(Status::Trashed);
        }
        self.touched.insert(Touched::Page(id));
        Ok(())
    }

    /// Removes a page from the trash, or a draft, for good.
    pub fn purge_page(&mut self, id: Id) -> Result<(), Refusal> {
        if self.purged.contains(&id) {
            return Err(Refusal::PurgedAlready);
        }
        let page = match self.writable(id) {
            Err(Refusal::MayNotChange(id)) => return Err(Refusal::MayNotDelete(id)),
            other => other?,
        };
        if !matches!(page.status, Status::Trashed | Status::Draft) {
            return Err(Refusal::Invalid(
                "Only a page in the trash can be purged".to_owned(),
            ));
        }
        self.pages.remove(&id);
        self.purged.insert(id);
        let files: Vec<Id> = self
            .attachments
            .values()
            .filter(|a| a.page == id)
            .map(|a| a.id)
            .collect();
        for file in files {
            self.attachments.remove(&file);
            self.touched.insert(Touched::Attachment(file));
        }
        self.touched.insert(Touched::Page(id));
        self.touched.insert(Touched::Purged(id));
        Ok(())
    }

    pub fn archive_page(&mut self, id: Id) -> Result<(), Refusal> {
        self.writable(id)?;
        if let Some(page) = self.pages.get_mut(&id) {
            page.set_status(Status::Archived);
        }
        self.touched.insert(Touched::Page(id));
        Ok(())
    }

    /// Adds labels; one that is there already is left as it is.
    pub fn add_labels(&mut self, id: Id, labels: &[(String, String)]) -> Result<(), Refusal> {
        self.writable(id)?;
        for (prefix, name) in labels {
            if name.is_empty() || name.len() > 255 || name.chars().any(is_unfit_for_a_label) {
                return Err(Refusal::Invalid(format!("Invalid label: {name}")));
            }
            if !["global", "my", "team", "system"].contains(&prefix.as_str()) {
                return Err(Refusal::Invalid(format!("Invalid label prefix: {prefix}")));
            }
        }
        for (prefix, name) in labels {
            let label_id = self.new_id();
            let name = name.to_lowercase();
            if let Some(page) = self.pages.get_mut(&id)
                && !page
                    .labels
                    .iter()
                    .any(|l| l.name == name && l.prefix == *prefix)
            {
                page.labels.push(Label {
                    id: label_id,
                    prefix: prefix.clone(),
                    name,
                });
            }
        }
        self.touched.insert(Touched::Page(id));
        Ok(())
    }

    pub fn remove_label(&mut self, id: Id, name: &str) -> Result<(), Refusal> {
        self.writable(id)?;
        if let Some(page) = self.pages.get_mut(&id) {
            page.labels.retain(|label| label.name != name);
        }
        self.touched.insert(Touched::Page(id));
        Ok(())
    }

    /// Creates a property (`number` None or 1) or writes its next version.
    pub fn put_property(
        &mut self,
        by: &Person,
        id: Id,
        key: &str,
        value: Value,
        number: Option<u32>,
    ) -> Result<(), Refusal> {
        let old = self.writable(id)?.properties.get(key).cloned();
        let property = self.next_property(by, old, key, value, number)?;
        if let Some(page) = self.pages.get_mut(&id) {
            page.properties.insert(key.to_owned(), property);
        }
        self.touched.insert(Touched::Page(id));
        Ok(())
    }

    /// The same for an attachment of a page that may be written.
    pub fn put_attachment_property(
        &mut self,
        by: &Person,
        id: Id,
        key: &str,
        value: Value,
        number: Option<u32>,
    ) -> Result<(), Refusal> {
        let attachment = self.attachment(None, id).ok_or(Refusal::NoContent(id))?;
        let (page, old) = (attachment.page, attachment.properties.get(key).cloned());
        self.writable(page)?;
        let property = self.next_property(by, old, key, value, number)?;
        if let Some(attachment) = self.attachments.get_mut(&id) {
            attachment.properties.insert(key.to_owned(), property);
        }
        self.touched.insert(Touched::Attachment(id));
        Ok(())
    }

    fn next_property(
        &mut self,
        by: &Person,
        old: Option<Property>,
        key: &str,
        value: Value,
        number: Option<u32>,
    ) -> Result<Property, Refusal> {
        if key.is_empty() || key.chars().count() > 255 {
            return Err(Refusal::Invalid("Invalid property key".to_owned()));
        }
        let (id, version) = match old {
            Some(old) if number == Some(old.version + 1) => (old.id, old.version + 1),
            Some(old) => {
                return Err(Refusal::StaleVersion {
                    current: old.version,
                    provided: number.unwrap_or(1),
                });
            }
            None => (self.new_id(), 1),
        };
        Ok(Property {
            id,
            value,
            version,
            at: Utc::now(),
            by: by.account_id.to_owned(),
        })
    }

    pub fn delete_property(&mut self, id: Id, key: &str) -> Result<(), Refusal> {
        self.writable(id)?;
        let removed = self
            .pages
            .get_mut(&id)
            .and_then(|page| page.properties.remove(key));
        self.touched.insert(Touched::Page(id));
        removed
            .map(|_| ())
            .ok_or_else(|| Refusal::NoProperty(key.to_owned()))
    }
}

fn is_unfit_for_a_label(c: char) -> bool {
    c.is_whitespace() || "!#&()*,.:;<>?@[]^".contains(c)
}
