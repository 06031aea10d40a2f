//! Pages into bytes: printpdf writes them; what it leaves out is added to its document afterwards
//! (language, title bar, outline, an ID that is not random).

use std::{
    collections::{BTreeMap, HashSet},
    io::Write,
    rc::Rc,
    sync::Arc,
};

use chrono::{DateTime, Datelike, Timelike, Utc};
use flate2::{Compression, write::ZlibEncoder};
use lopdf::{Dictionary, Object, ObjectId, Stream, StringFormat};
use printpdf::{
    Actions, BorderArray, Codepoint, Color, ColorArray, CustomPdfConformance, Date,
    DateTime as PdfDateTime, DictItem, FontId, FontMetrics, FontType, HighlightingMode, Line,
    LinePoint, LinkAnnotation, Offset, Op, PaintMode, ParsedFont, PdfConformance, PdfDocument,
    PdfFont, PdfFontHandle, PdfFontMetricsStub, PdfPage, PdfSaveOptions, Point, Pt, Rect, Rgb,
    TextItem, TextMatrix, TextRenderingMode, Time,
};

use super::{
    Options, PdfError,
    fonts::{Face, Fonts, Glyph, Subset},
    pages::{Mark, Page},
    style::{Colour, Sheet},
    text::{Piece, Typeset, Word},
};

/// Smaller distances, in thousandths of an em, are not seen.
const UNSEEN: f32 = 1.5;

pub fn write(
    pages: &[Page],
    typeset: &Typeset,
    fonts: &Fonts,
    title: &str,
    sheet: &Sheet,
    options: &Options<'_>,
) -> Result<Vec<u8>, PdfError> {
    let mut embedded = embed(pages, typeset, fonts)?;
    let title = plain(title);
    let mut document = PdfDocument::new(&title);
    let info = &mut document.metadata.info;
    info.author = plain(options.author);
    info.subject = plain(options.subject);
    info.keywords = options.keywords.iter().map(|it| plain(it)).collect();
    info.creator = "Retropress".into();
    info.producer = "Retropress, printpdf 0.12.8".into();
    info.creation_date = date(options.created);
    info.modification_date = date(options.created);
    info.metadata_date = date(options.created);
    // The file claims no standard, and then printpdf embeds no colour profile.
    info.conformance = PdfConformance::Custom(CustomPdfConformance {
        requires_icc_profile: false,
        requires_xmp_metadata: false,
        ..CustomPdfConformance::default()
    });
    for font in embedded.iter_mut().flatten() {
        if let Some(parsed) = font.parsed.take() {
            document
                .resources
                .fonts
                .map
                .insert(font.id.clone(), PdfFont::new(parsed));
        }
    }
    document.pages = pages
        .iter()
        .map(|page| drawn(page, &embedded, sheet))
        .collect();

    let save = PdfSaveOptions {
        optimize: false,
        subset_fonts: false,
        secure: true,
        image_optimization: None,
    };
    let mut file = printpdf::to_lopdf_doc(&document, &save, &mut Vec::new());
    finish(&mut file, pages, sheet)?;
    compress(&mut file, &embedded)?;
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).map_err(PdfError::Write)?;
    Ok(bytes)
}

/// One face in the file, reduced to its glyphs.
struct Embedded {
    id: FontId,
    parsed: Option<ParsedFont>,
    subset: Arc<Subset>,
    /// By the glyph's number in the face: its number in the file and what it is read as.
    glyphs: BTreeMap<u16, (u16, String)>,
    face: Arc<Face>,
}

/// For each face the glyphs used and one text for each, that of the first use.
fn embed(
    pages: &[Page],
    typeset: &Typeset,
    fonts: &Fonts,
) -> Result<Vec<Option<Embedded>>, PdfError> {
    let mut texts: Vec<BTreeMap<u16, String>> = vec![BTreeMap::new(); typeset.faces.len()];
    let mut seen: HashSet<*const Word> = HashSet::new();
    let mut joined: Vec<Rc<Word>> = Vec::new();
    for piece in pieces(pages) {
        if !seen.insert(Rc::as_ptr(&piece.word)) {
            continue;
        }
        let word = &piece.word;
        let mut several = false;
        for cluster in clusters(&word.glyphs) {
            match cluster {
                // A substitute is read as what it stands for, by the text around it alone.
                [glyph] if word.substitute => {
                    texts[word.face]
                        .entry(glyph.id)
                        .or_insert_with(|| "\u{fffd}".into());
                }
                [glyph] => {
                    let read = range(word, glyph);
                    texts[word.face]
                        .entry(glyph.id)
                        .or_insert_with(|| read.to_owned());
                }
                _ => several = true,
            }
        }
        if several {
            joined.push(word.clone());
        }
    }
    // Glyphs that only ever stand for something together: each for its own character if it has one,
    // the first for what is left. Readers that know ActualText do not need this.
    for word in joined {
        let face = &typeset.faces[word.face];
        for cluster in clusters(&word.glyphs).filter(|it| it.len() > 1) {
            let read = range(&word, &cluster[0]);
            let own = |glyph: &Glyph| read.chars().find(|it| face.glyph(*it) == Some(glyph.id));
            let mut left: String = read
                .chars()
                .filter(|it| {
                    !cluster
                        .iter()
                        .any(|glyph| face.glyph(*it) == Some(glyph.id))
                })
                .collect();
            for glyph in cluster {
                let text = match own(glyph) {
                    Some(character) => character.to_string(),
                    None => std::mem::take(&mut left),
                };
                texts[word.face]
                    .entry(glyph.id)
                    .or_insert(if text.is_empty() {
                        "\u{200b}".into()
                    } else {
                        text
                    });
            }
        }
    }
    texts
        .into_iter()
        .zip(&typeset.faces)
        .enumerate()
        .map(|(number, (texts, face))| {
            (!texts.is_empty())
                .then(|| embedded(number, texts, face, fonts))
                .transpose()
        })
        .collect()
}

fn embedded(
    number: usize,
    texts: BTreeMap<u16, String>,
    face: &Arc<Face>,
    fonts: &Fonts,
) -> Result<Embedded, PdfError> {
    let used: Vec<u16> = texts.keys().copied().filter(|it| *it != 0).collect();
    let subset = fonts.subset(face, &used)?;
    let glyphs: BTreeMap<u16, (u16, String)> = texts
        .into_iter()
        .map(|(glyph, text)| {
            // Numbered in order, after glyph 0.
            let at = used.binary_search(&glyph).map_or(0, |it| it + 1);
            (glyph, (u16::try_from(at).unwrap_or(0), text))
        })
        .collect();
    let (ascent, descent, [x_min, y_min, x_max, y_max]) = face.extents();
    let mut tag = fingerprint(face.name.as_bytes());
    for glyph in &used {
        tag = fingerprint_on(tag, &glyph.to_be_bytes());
    }
    let tag: String = (0..6)
        .map(|at| char::from(b'A' + (tag >> (at * 8)) as u8 % 26))
        .collect();
    let parsed = ParsedFont {
        original_bytes: subset.program.clone(),
        font_index: 0,
        font_name: Some(format!("{tag}+{}", face.name)),
        codepoint_to_glyph: BTreeMap::new(),
        glyph_widths: glyphs
            .iter()
            .map(|(glyph, (new, _))| (*new, face.advance_units(*glyph)))
            .collect(),
        units_per_em: face.units_per_em(),
        font_metrics: FontMetrics { ascent, descent },
        font_type: FontType::TrueType,
        pdf_font_metrics: PdfFontMetricsStub {
            units_per_em: face.units_per_em(),
            x_min,
            y_min,
            x_max,
            y_max,
            ..PdfFontMetricsStub::default()
        },
    };
    Ok(Embedded {
        id: FontId(format!("T{number}")),
        parsed: Some(parsed),
        subset,
        glyphs,
        face: face.clone(),
    })
}

fn pieces(pages: &[Page]) -> impl Iterator<Item = &Piece> {
    pages
        .iter()
        .flat_map(|page| &page.marks)
        .filter_map(|mark| match mark {
            Mark::Text { line, .. } => Some(&line.pieces),
            _ => None,
        })
        .flatten()
}

/// Glyphs that stand for the same characters, together.
fn clusters(glyphs: &[Glyph]) -> impl Iterator<Item = &[Glyph]> {
    glyphs.chunk_by(|a, b| a.from == b.from)
}

/// Glyphs that are read together: a cluster, and from left to right the marks over and under it
/// too, which a reader might else take for a line of their own.
fn letters(word: &Word) -> impl Iterator<Item = &[Glyph]> {
    let together = |a: &Glyph, b: &Glyph| a.from == b.from || (!word.rtl && b.advance == 0.0);
    word.glyphs.chunk_by(together)
}

fn range<'a>(word: &'a Word, glyph: &Glyph) -> &'a str {
    word.text
        .get(glyph.from as usize..glyph.to as usize)
        .unwrap_or_default()
}

fn drawn(page: &Page, embedded: &[Option<Embedded>], sheet: &Sheet) -> PdfPage {
    let mut pen = Pen {
        ops: Vec::new(),
        height: sheet.height,
        fill: None,
        stroke: None,
    };
    for mark in &page.marks {
        match mark {
            Mark::Fill {
                x,
                y,
                width,
                height,
                colour,
            } => {
                pen.fill(*colour);
                let rectangle = pen.rectangle(*x, *y, *width, *height, PaintMode::Fill);
                pen.ops.push(Op::DrawRectangle { rectangle });
            }
            Mark::Box { x, y, side, colour } => {
                pen.stroke(*colour, 0.8);
                let rectangle = pen.rectangle(*x, *y, *side, *side, PaintMode::Stroke);
                pen.ops.push(Op::DrawRectangle { rectangle });
            }
            Mark::Path {
                points,
                thickness,
                colour,
            } => {
                pen.stroke(*colour, *thickness);
                let points = points
                    .iter()
                    .map(|(x, y)| LinePoint {
                        p: pen.point(*x, *y),
                        bezier: false,
                    })
                    .collect();
                pen.ops.push(Op::DrawLine {
                    line: Line {
                        points,
                        is_closed: false,
                    },
                });
            }
            Mark::Text { .. } => {}
        }
    }
    pen.ops.push(Op::StartTextSection);
    let mut shown = Shown {
        font: None,
        thick: false,
    };
    for mark in &page.marks {
        if let Mark::Text { x, y, line } = mark {
            for run in line.pieces.chunk_by(|a, b| {
                a.word.face == b.word.face
                    && a.size == b.size
                    && a.colour == b.colour
                    && a.thicken == b.thicken
                    && !a.word.substitute
                    && !b.word.substitute
            }) {
                if let Some(Some(font)) = run.first().map(|it| &embedded[it.word.face]) {
                    pen.text(run, font, *x, *y, &mut shown);
                }
            }
            pen.links(&line.pieces, *x, *y);
        }
    }
    pen.ops.push(Op::EndTextSection);
    let size = Rect {
        mode: None,
        ..Rect::from_wh(Pt(sheet.width), Pt(sheet.height))
    };
    PdfPage {
        media_box: size.clone(),
        trim_box: size.clone(),
        crop_box: size,
        ops: pen.ops,
    }
}

struct Shown {
    font: Option<(FontId, f32)>,
    thick: bool,
}

struct Pen {
    ops: Vec<Op>,
    height: f32,
    fill: Option<Colour>,
    stroke: Option<(Colour, f32)>,
}

impl Pen {
    fn point(&self, x: f32, y: f32) -> Point {
        Point {
            x: Pt(rounded(x)),
            y: Pt(rounded(self.height - y)),
        }
    }

    fn rectangle(&self, x: f32, y: f32, width: f32, height: f32, mode: PaintMode) -> Rect {
        let corner = self.point(x, y + height);
        let (width, height) = (Pt(rounded(width)), Pt(rounded(height)));
        Rect {
            x: corner.x,
            y: corner.y,
            width,
            height,
            mode: Some(mode),
            winding_order: None,
        }
    }

    fn fill(&mut self, colour: Colour) {
        if self.fill.replace(colour) != Some(colour) {
            self.ops.push(Op::SetFillColor {
                col: in_pdf(colour),
            });
        }
    }

    fn stroke(&mut self, colour: Colour, thickness: f32) {
        if self.stroke.replace((colour, thickness)) != Some((colour, thickness)) {
            self.ops.push(Op::SetOutlineColor {
                col: in_pdf(colour),
            });
            self.ops.push(Op::SetOutlineThickness { pt: Pt(thickness) });
        }
    }

    /// Pieces of one face, size and colour, next to each other.
    fn text(&mut self, run: &[Piece], font: &Embedded, x: f32, y: f32, shown: &mut Shown) {
        let (size, colour, thick) = (run[0].size, run[0].colour, run[0].thicken);
        self.fill(colour);
        if shown.thick != thick {
            shown.thick = thick;
            let mode = if thick {
                TextRenderingMode::FillStroke
            } else {
                TextRenderingMode::Fill
            };
            self.ops.push(Op::SetTextRenderingMode { mode });
        }
        if thick {
            self.stroke(colour, rounded(size * 0.03));
        }
        if shown
            .font
            .as_ref()
            .is_none_or(|it| it.0 != font.id || it.1 != size)
        {
            shown.font = Some((font.id.clone(), size));
            let handle = PdfFontHandle::External(font.id.clone());
            self.ops.push(Op::SetFont {
                font: handle,
                size: Pt(size),
            });
        }
        let mut row = Row {
            font,
            size,
            x: 0.0,
            y: 0.0,
            pen: 0.0,
            glyphs: Vec::new(),
        };
        let base = self.height - y;
        for piece in run {
            // From the run's left end, in thousandths of an em.
            let mut at = (piece.x - run[0].x) * 1000.0 / size;
            for cluster in letters(&piece.word) {
                let (Some(first), Some(last)) = (cluster.first(), cluster.last()) else {
                    continue;
                };
                let (from, to) = (first.from.min(last.from), first.to.max(last.to));
                let read = piece
                    .word
                    .text
                    .get(from as usize..to as usize)
                    .unwrap_or_default();
                let raised = cluster
                    .iter()
                    .skip(1)
                    .any(|it| it.dx != 0.0 || it.dy != 0.0);
                let actual =
                    (raised || !row.reads_as(cluster, read, piece.word.rtl)).then_some(read);
                if let Some(text) = actual {
                    row.show(&mut self.ops);
                    let text = DictItem::Bytes(utf16(text));
                    let map = BTreeMap::from([("ActualText".to_owned(), text)]);
                    let properties = DictItem::Dict { map };
                    self.ops.push(Op::BeginMarkedContentWithProperties {
                        tag: "Span".into(),
                        properties,
                    });
                }
                for glyph in cluster {
                    row.put(glyph, at, x + run[0].x, base, &mut self.ops);
                    at += glyph.advance;
                }
                if actual.is_some() {
                    row.show(&mut self.ops);
                    self.ops.push(Op::EndMarkedContentWithProperties);
                }
            }
        }
        row.show(&mut self.ops);
    }

    fn links(&mut self, pieces: &[Piece], x: f32, y: f32) {
        for run in pieces.chunk_by(|a, b| a.link == b.link) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else {
                continue;
            };
            if let Some(address) = &first.link {
                let width = last.x + last.width() - first.x;
                let top = y - first.size;
                let rect =
                    self.rectangle(x + first.x, top, width, first.size * 1.3, PaintMode::Stroke);
                self.ops.push(Op::LinkAnnotation {
                    link: LinkAnnotation::new(
                        rect,
                        Actions::Uri(address.to_string()),
                        Some(BorderArray::Solid([0.0; 3])),
                        Some(ColorArray::Transparent),
                        Some(HighlightingMode::Invert),
                    ),
                });
            }
        }
    }
}

/// Glyphs collected for one showing operator.
struct Row<'a> {
    font: &'a Embedded,
    size: f32,
    x: f32,
    y: f32,
    /// Where the reader's pen stands after the glyphs so far, in thousandths of an em from `x`.
    pen: f32,
    glyphs: Vec<Codepoint>,
}

impl Row<'_> {
    fn reads_as(&self, cluster: &[Glyph], text: &str, rtl: bool) -> bool {
        let read = |glyph: &Glyph| {
            self.font
                .glyphs
                .get(&glyph.id)
                .map_or("", |it| it.1.as_str())
        };
        match cluster {
            [glyph] => read(glyph) == text,
            _ if rtl => cluster.iter().rev().map(read).collect::<String>() == text,
            _ => cluster.iter().map(read).collect::<String>() == text,
        }
    }

    /// Adds a glyph that belongs `at` thousandths of an em to the right of `left`.
    fn put(&mut self, glyph: &Glyph, at: f32, left: f32, base: f32, ops: &mut Vec<Op>) {
        let Some((number, text)) = self.font.glyphs.get(&glyph.id) else {
            return;
        };
        let scale = self.size / 1000.0;
        let x = left + (at + glyph.dx) * scale;
        let y = base + glyph.dy * scale;
        if !self.glyphs.is_empty() && (y - self.y).abs() > 0.01 {
            self.show(ops);
        }
        if self.glyphs.is_empty() {
            (self.x, self.y, self.pen) = (x, y, 0.0);
        }
        let moved = self.pen - (x - self.x) / scale;
        if moved.abs() > UNSEEN
            && let Some(last) = self.glyphs.last_mut()
        {
            let moved = moved.round();
            last.offset += moved;
            self.pen -= moved;
        }
        self.pen += self.font.face.written_width(glyph.id);
        self.glyphs
            .push(Codepoint::with_cid(*number, 0.0, text.clone()));
    }

    fn show(&mut self, ops: &mut Vec<Op>) {
        if self.glyphs.is_empty() {
            return;
        }
        let matrix = TextMatrix::Translate(Pt(rounded(self.x)), Pt(rounded(self.y)));
        ops.push(Op::SetTextMatrix { matrix });
        let items = vec![TextItem::GlyphIds(std::mem::take(&mut self.glyphs))];
        ops.push(Op::ShowText { items });
    }
}

/// What printpdf does not write, or writes by chance.
fn finish(file: &mut lopdf::Document, pages: &[Page], sheet: &Sheet) -> Result<(), PdfError> {
    file.version = "1.7".into();
    let page_ids: Vec<ObjectId> = file.get_pages().into_values().collect();
    let outline = outline(file, pages, &page_ids, sheet);
    if let Ok(catalog) = file.catalog_mut() {
        catalog.remove(b"PageLayout");
        catalog.set("Lang", Object::string_literal("en"));
        let mut preferences = Dictionary::new();
        preferences.set("DisplayDocTitle", true);
        catalog.set("ViewerPreferences", preferences);
        if let Some(outline) = outline {
            catalog.set("Outlines", outline);
        }
    }
    let info = file.trailer.get(b"Info").and_then(Object::as_reference);
    if let Ok(info) = info.and_then(|it| file.get_dictionary_mut(it)) {
        // The first names a standard, the second is empty; the third is a name (ISO 32000-1, table 317).
        info.remove(b"GTS_PDFXVersion");
        info.remove(b"Identifier");
        info.set("Trapped", Object::Name(b"False".to_vec()));
        let empty: Vec<Vec<u8>> = info
            .iter()
            .filter(|(_, value)| value.as_str().is_ok_and(<[u8]>::is_empty))
            .map(|(key, _)| key.clone())
            .collect();
        for key in empty {
            info.remove(&key);
        }
    }
    let mut print = fingerprint(b"Retropress");
    for object in file.objects.values() {
        match object {
            Object::Stream(stream) => print = fingerprint_on(print, &stream.content),
            Object::Dictionary(dictionary) => {
                for (_, value) in dictionary {
                    if let Ok(text) = value.as_str() {
                        print = fingerprint_on(print, text);
                    }
                }
            }
            _ => {}
        }
    }
    let id = Object::String(print.to_be_bytes().to_vec(), StringFormat::Hexadecimal);
    file.trailer.set("ID", vec![id.clone(), id]);
    Ok(())
}

/// Bookmarks for the headings, nested by their levels.
fn outline(
    file: &mut lopdf::Document,
    pages: &[Page],
    page_ids: &[ObjectId],
    sheet: &Sheet,
) -> Option<Object> {
    struct Entry {
        id: ObjectId,
        parent: usize,
        level: u8,
        children: Vec<usize>,
        title: String,
        target: Vec<Object>,
    }
    if pages
        .iter()
        .flat_map(|it| &it.headings)
        .all(|it| plain(&it.text).is_empty())
    {
        return None;
    }
    let root = file.new_object_id();
    let root = Entry {
        id: root,
        parent: 0,
        level: 0,
        children: Vec::new(),
        title: String::new(),
        target: Vec::new(),
    };
    let mut entries = vec![root];
    let mut open = 0;
    for (page, page_id) in pages.iter().zip(page_ids) {
        for heading in &page.headings {
            let title = plain(&heading.text);
            if title.is_empty() {
                continue;
            }
            let level = heading.level.max(1);
            while entries[open].level >= level {
                open = entries[open].parent;
            }
            let top = Object::Real(rounded(sheet.height - heading.y + 8.0));
            let target = vec![
                (*page_id).into(),
                "XYZ".into(),
                Object::Null,
                top,
                Object::Null,
            ];
            let entry = Entry {
                id: file.new_object_id(),
                parent: open,
                level,
                children: Vec::new(),
                title,
                target,
            };
            let at = entries.len();
            entries[open].children.push(at);
            entries.push(entry);
            open = at;
        }
    }
    for (number, entry) in entries.iter().enumerate() {
        let mut dictionary = Dictionary::new();
        if number == 0 {
            dictionary.set("Type", "Outlines");
        } else {
            let siblings = &entries[entry.parent].children;
            let place = siblings.binary_search(&number).unwrap_or(0);
            dictionary.set(
                "Title",
                Object::String(utf16(&entry.title), StringFormat::Hexadecimal),
            );
            dictionary.set("Parent", entries[entry.parent].id);
            dictionary.set("Dest", entry.target.clone());
            if place > 0 {
                dictionary.set("Prev", entries[siblings[place - 1]].id);
            }
            if let Some(next) = siblings.get(place + 1) {
                dictionary.set("Next", entries[*next].id);
            }
        }
        if let (Some(first), Some(last)) = (entry.children.first(), entry.children.last()) {
            dictionary.set("First", entries[*first].id);
            dictionary.set("Last", entries[*last].id);
            // Negative: closed at first (ISO 32000-1, table 153).
            let count = i64::try_from(entry.children.len()).unwrap_or(0);
            dictionary.set("Count", if number == 0 { count } else { -count });
        }
        file.set_object(entry.id, dictionary);
    }
    Some(entries[0].id.into())
}

/// Deflates all streams; the fonts' are at hand.
fn compress(file: &mut lopdf::Document, embedded: &[Option<Embedded>]) -> Result<(), PdfError> {
    let ready = |stream: &Stream| {
        embedded
            .iter()
            .flatten()
            .find(|it| {
                it.subset.program.len() == stream.content.len()
                    && it.subset.program == stream.content
            })
            .map(|it| it.subset.deflated.clone())
    };
    for object in file.objects.values_mut() {
        let Object::Stream(stream) = object else {
            continue;
        };
        if stream.dict.has(b"Filter") {
            continue;
        }
        let deflated = match ready(stream) {
            Some(deflated) => deflated,
            None => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder
                    .write_all(&stream.content)
                    .map_err(PdfError::Write)?;
                encoder.finish().map_err(PdfError::Write)?
            }
        };
        if deflated.len() < stream.content.len() {
            stream.dict.set("Filter", "FlateDecode");
            stream.set_content(deflated);
        }
    }
    Ok(())
}

fn in_pdf(colour: Colour) -> Color {
    let part = |it: u8| (f32::from(it) / 255.0 * 1000.0).round() / 1000.0;
    Color::Rgb(Rgb {
        r: part(colour.0),
        g: part(colour.1),
        b: part(colour.2),
        icc_profile: None,
    })
}

/// To a hundredth of a point: finer is not printed, and the file is smaller.
fn rounded(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

/// For the file's properties: one line, no control characters.
fn plain(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn utf16(text: &str) -> Vec<u8> {
    let mut bytes = vec![0xfe, 0xff];
    for unit in text.encode_utf16() {
        bytes.extend(unit.to_be_bytes());
    }
    bytes
}

fn date(it: DateTime<Utc>) -> PdfDateTime {
    let small = |it: u32| u8::try_from(it).unwrap_or(0);
    PdfDateTime::new_in_offset(
        Date {
            year: it.year().clamp(0, 9999),
            month: small(it.month()),
            day: small(it.day()),
        },
        Time {
            hour: small(it.hour()),
            minute: small(it.minute()),
            second: small(it.second()),
            millisecond: 0,
        },
        Offset {
            hours: 0,
            minutes: 0,
            seconds: 0,
            milliseconds: 0,
        },
    )
}

/// FNV-1a with 128 bits: the same for the same content, nothing more is asked of it.
fn fingerprint(bytes: &[u8]) -> u128 {
    fingerprint_on(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, bytes)
}

fn fingerprint_on(mut print: u128, bytes: &[u8]) -> u128 {
    for byte in bytes {
        print ^= u128::from(*byte);
        print = print.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    print
}
