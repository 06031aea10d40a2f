//! The rules for files attached to pages, and how an upload is read.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::http::HeaderMap;
use chrono::Utc;

use crate::content::{Attachment, Content, FileVersion, Id, Person, Touched};
use crate::refusal::Refusal;

/// One part of an upload: `file`, `comment`, `minorEdit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    /// As sent, in UTF-8; the encoded form `filename*` is not understood.
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Bytes,
}

/// What an upload says.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub file_name: String,
    pub media_type: String,
    pub bytes: Bytes,
    pub comment: String,
    pub minor: bool,
}

/// Reads a `multipart/form-data` body into its parts; None when it is none.
pub(crate) async fn parts(headers: &HeaderMap, body: &Bytes) -> Option<Vec<Part>> {
    let content_type = headers.get("content-type")?.to_str().ok()?;
    let boundary = multer::parse_boundary(content_type).ok()?;
    let stream = axum::body::Body::from(body.clone()).into_data_stream();
    let mut form = multer::Multipart::new(stream, boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field
                .headers()
                .get("content-type")
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            bytes: field.bytes().await.ok()?,
        });
    }
    Some(parts)
}

/// Puts the parts together.
///
/// Cloud reads a comment whose part does not declare UTF-8 as Latin-1;
/// `latin1_comments` says whether this server does.
pub(crate) fn upload(parts: &[Part], latin1_comments: bool) -> Result<Upload, Refusal> {
    let file = parts
        .iter()
        .find(|part| part.name == "file")
        .ok_or_else(|| Refusal::Invalid("The multipart body has no part named file".to_owned()))?;
    let name = file.file_name.clone().unwrap_or_default();
    // Some clients send a path; a server keeps its last part.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
        return Err(Refusal::Invalid(
            "The file of an attachment needs a name of 1 to 255 characters".to_owned(),
        ));
    }
    let text = |wanted: &str| {
        parts.iter().find(|part| part.name == wanted).map(|part| {
            let declared = part
                .content_type
                .as_deref()
                .is_some_and(|t| t.to_ascii_lowercase().contains("charset=utf-8"));
            if declared || !latin1_comments {
                String::from_utf8_lossy(&part.bytes).into_owned()
            } else {
                part.bytes.iter().map(|byte| char::from(*byte)).collect()
            }
        })
    };
    Ok(Upload {
        file_name: name.to_owned(),
        media_type: file
            .content_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes: file.bytes.clone(),
        comment: text("comment").unwrap_or_default(),
        minor: text("minorEdit").is_some_and(|value| value.trim() == "true"),
    })
}

impl Content {
    fn may_attach(&self, page: Id) -> Result<(), Refusal> {
        let found = self
            .page(page)
            .filter(|p| p.status != crate::content::Status::Trashed)
            .ok_or(Refusal::NoContent(page))?;
        if self.may_write(found.space) {
            Ok(())
        } else {
            Err(Refusal::MayNotAttach(page))
        }
    }

    /// A file somebody may see, on the page it says it is on.
    pub fn attachment(&self, page: Option<Id>, id: Id) -> Option<&Attachment> {
        self.attachments
            .get(&id)
            .filter(|a| page.is_none_or(|page| a.page == page))
            .filter(|a| self.page(a.page).is_some())
    }

    pub fn attachment_named(&self, page: Id, name: &str) -> Option<Id> {
        self.attachments
            .values()
            .find(|a| a.page == page && !a.trashed && a.name == name)
            .map(|a| a.id)
    }

    /// Attaches a file; with `or_new_version` an existing one of the same name
    /// gets a new version, without it the name is refused.
    pub fn attach(
        &mut self,
        by: &Person,
        page: Id,
        upload: Upload,
        or_new_version: bool,
        largest: usize,
    ) -> Result<Id, Refusal> {
        self.may_attach(page)?;
        if upload.bytes.len() > largest {
            return Err(Refusal::FileTooLarge);
        }
        match self.attachment_named(page, &upload.file_name) {
            Some(id) if or_new_version => self.attach_version(by, page, id, upload, largest),
            Some(_) => Err(Refusal::NameTaken(upload.file_name)),
            None => {
                let id = self.new_id();
                let attachment = Attachment {
                    id,
                    page,
                    name: upload.file_name.clone(),
                    file_id: uuid::Uuid::new_v4().to_string(),
                    trashed: false,
                    created: Utc::now(),
                    versions: vec![file_version(by, 1, upload)],
                    properties: std::collections::BTreeMap::new(),
                    changed: Some(Instant::now()),
                };
                self.attachments.insert(id, attachment);
                self.touched.insert(Touched::Attachment(id));
                Ok(id)
            }
        }
    }

    /// Gives a file its next version.
    pub fn attach_version(
        &mut self,
        by: &Person,
        page: Id,
        id: Id,
        upload: Upload,
        largest: usize,
    ) -> Result<Id, Refusal> {
        self.may_attach(page)?;
        if upload.bytes.len() > largest {
            return Err(Refusal::FileTooLarge);
        }
        let attachment = self
            .attachments
            .get_mut(&id)
            .filter(|a| a.page == page && !a.trashed)
            .ok_or(Refusal::NoContent(id))?;
        let number = attachment.latest().map_or(1, |version| version.number + 1);
        attachment.versions.push(file_version(by, number, upload));
        self.touched.insert(Touched::Attachment(id));
        Ok(id)
    }

    /// Changes a file's name or comment.
    pub fn describe_attachment(
        &mut self,
        page: Id,
        id: Id,
        name: Option<String>,
        comment: Option<String>,
    ) -> Result<(), Refusal> {
        self.may_attach(page)?;
        if let Some(name) = &name
            && self
                .attachment_named(page, name)
                .is_some_and(|other| other != id)
        {
            return Err(Refusal::NameTaken(name.clone()));
        }
        let attachment = self
            .attachments
            .get_mut(&id)
            .filter(|a| a.page == page && !a.trashed)
            .ok_or(Refusal::NoContent(id))?;
        if let Some(name) = name {
            attachment.name = name;
        }
        if let (Some(comment), Some(version)) = (comment, attachment.versions.last_mut()) {
            version.comment = comment;
        }
        self.touched.insert(Touched::Attachment(id));
        Ok(())
    }

    pub fn trash_attachment(&mut self, id: Id) -> Result<(), Refusal> {
        let page = self
            .attachment(None, id)
            .filter(|a| !a.trashed)
            .map(|a| a.page)
            .ok_or(Refusal::NoContent(id))?;
        self.may_attach(page)?;
        if let Some(attachment) = self.attachments.get_mut(&id) {
            attachment.trashed = true;
        }
        self.touched.insert(Touched::Attachment(id));
        Ok(())
    }
}

fn file_version(by: &Person, number: u32, upload: Upload) -> FileVersion {
    FileVersion {
        number,
        at: Utc::now(),
        by: by.account_id.to_owned(),
        comment: upload.comment,
        media_type: upload.media_type,
        minor: upload.minor,
        bytes: Arc::from(upload.bytes.as_ref()),
    }
}
