//! A summary as a PDF: one [`Document`], set on A4 or Letter.
//!
//! The way through the files: [`blocks`] says how each block of the document looks and cuts it into
//! strips, [`pages`] puts the strips on pages, [`text`] breaks and shapes words, [`fonts`] finds the
//! face for each character, [`file`] writes the result with printpdf.
//!
//! The same document, fonts and options give the same bytes.

mod blocks;
mod file;
mod fonts;
mod pages;
mod style;
mod text;

use chrono::{DateTime, Utc};

pub use fonts::{FontSource, Fonts, SystemFace};

use crate::document::Document;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 210 x 297 mm.
    A4,
    /// 8.5 x 11 inches.
    Letter,
}

/// What a PDF says beside the document itself.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    pub paper: Paper,
    /// Who publishes; empty when nobody is named.
    pub author: &'a str,
    /// One line about the content, for the file's properties; empty for none.
    pub subject: &'a str,
    pub keywords: &'a [String],
    /// Creation date in the file's properties, to the second.
    pub created: DateTime<Utc>,
    /// Printed at the foot of each page, to find the summary again; empty for none.
    pub reference: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub pages: u32,
    /// Characters no font could draw, sorted, each once. In their place stands U+FFFD, or a question
    /// mark; copied or searched, the text still has them.
    pub missing: Vec<char>,
}

#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error("a font of the app cannot be read: {0}")]
    Font(String),
    #[error("the PDF could not be written")]
    Write(#[source] std::io::Error),
}

/// Sets the document and writes the file. Memory and time grow with the text; nothing in it makes
/// this fail.
///
/// # Errors
/// [`PdfError::Font`] when a face cannot be reduced to the glyphs used.
pub fn write(document: &Document, fonts: &Fonts, options: &Options<'_>) -> Result<Pdf, PdfError> {
    let mut typesetter = text::Typesetter::new(fonts);
    let sheet = style::Sheet::new(options.paper);
    let strips = blocks::strips(document, &sheet, &mut typesetter);
    let mut pages = pages::fill(strips, &sheet);
    pages::add_footers(
        &mut pages,
        &document.title,
        options.reference,
        &sheet,
        &mut typesetter,
    );
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let typeset = typesetter.finish();
    let bytes = file::write(&pages, &typeset, fonts, &document.title, &sheet, options)?;
    Ok(Pdf {
        bytes,
        pages: count,
        missing: typeset.missing,
    })
}
