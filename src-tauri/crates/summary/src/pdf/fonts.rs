//! Faces, which characters they can draw, and how they shape words.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use flate2::{Compression, write::ZlibEncoder};
use harfrust::{
    Buffer, BufferFlags, ClusterLevel, Direction, Feature, Script, ShapeOptions, ShapePlan,
    ShaperFont, Tag,
    font::{Font, glyph::GlyphSourceOrder},
};
use subsetter::GlyphRemapper;

use super::PdfError;

static REGULAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/NotoSans-Regular.ttf"));
static STRONG: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/NotoSans-SemiBold.ttf"));

/// Subsets kept for the next PDF, per process. A draft's preview is written again and again with
/// nearly always the same characters.
const SUBSETS_KEPT: usize = 12;

/// The faces a PDF is set in. Parsed once and kept for the app's life; may be shared by threads.
pub struct Fonts {
    bundled: [Arc<Face>; 2],
    source: Option<Arc<dyn FontSource>>,
    found: Mutex<Found>,
    subsets: Mutex<Vec<(SubsetKey, Arc<Subset>)>>,
}

/// Where fonts beyond the bundled ones come from. The answer for a character must not change while
/// the app runs, or the same document would give different files.
pub trait FontSource: Send + Sync {
    /// A face that can draw `missing`; see [`SystemFace::can_draw`].
    fn find(&self, missing: char) -> Option<SystemFace>;
}

/// A font file of this computer.
#[derive(Clone)]
pub struct SystemFace {
    /// PostScript name of the face.
    pub name: String,
    pub data: Arc<Vec<u8>>,
    /// Which face of a collection; 0 for a single font.
    pub index: u32,
}

impl fmt::Debug for SystemFace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({} bytes, face {})",
            self.name,
            self.data.len(),
            self.index
        )
    }
}

impl SystemFace {
    /// Whether the face has an outline for `character` and can be embedded: `glyf` or `CFF` outlines.
    /// Colour bitmaps (Apple Color Emoji, Noto Color Emoji) and CFF2 cannot. Damaged fonts cannot.
    pub fn can_draw(&self, character: char) -> bool {
        Face::from_system(self).is_some_and(|face| face.draws(character))
    }
}

#[derive(Default)]
struct Found {
    faces: Vec<(String, u32, Option<Arc<Face>>)>,
    by_character: HashMap<char, Option<Arc<Face>>>,
}

impl Fonts {
    /// The bundled faces alone: Latin, Greek, Cyrillic, Devanagari.
    ///
    /// # Errors
    /// [`PdfError::Font`] when the app was built with damaged fonts.
    pub fn bundled() -> Result<Self, PdfError> {
        let face = |data: &'static [u8], name: &str| {
            Face::new(name.to_owned(), Data::Static(data), 0)
                .map(Arc::new)
                .ok_or_else(|| PdfError::Font(name.to_owned()))
        };
        Ok(Self {
            bundled: [
                face(REGULAR, "NotoSans-Regular")?,
                face(STRONG, "NotoSans-SemiBold")?,
            ],
            source: None,
            found: Mutex::default(),
            subsets: Mutex::default(),
        })
    }

    /// With the fonts of this computer for what the bundled ones lack.
    #[must_use]
    pub fn with_system(mut self, source: Arc<dyn FontSource>) -> Self {
        self.source = Some(source);
        self.found = Mutex::default();
        self
    }

    pub(super) fn bundled_face(&self, strong: bool) -> &Arc<Face> {
        &self.bundled[usize::from(strong)]
    }

    /// The face of this computer for a character. Depends on the character alone and never on what
    /// was asked before, so that the same document always looks the same.
    pub(super) fn system_face(&self, character: char) -> Option<Arc<Face>> {
        let source = self.source.as_ref()?;
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.by_character.get(&character) {
            return known.clone();
        }
        let face = source.find(character).and_then(|it| {
            let known = found
                .faces
                .iter()
                .find(|(name, index, _)| *name == it.name && *index == it.index);
            match known {
                Some((_, _, face)) => face.clone(),
                None => {
                    let face = Face::from_system(&it).map(Arc::new);
                    found.faces.push((it.name, it.index, face.clone()));
                    face
                }
            }
        });
        let face = face.filter(|it| it.draws(character));
        found.by_character.insert(character, face.clone());
        face
    }

    /// The face reduced to `glyphs` (sorted, without glyph 0), from memory when it was asked before.
    pub(super) fn subset(&self, face: &Face, glyphs: &[u16]) -> Result<Arc<Subset>, PdfError> {
        let key = SubsetKey {
            name: face.name.clone(),
            index: face.index,
            glyphs: glyphs.to_vec(),
        };
        {
            let mut kept = self.subsets.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = kept.iter().position(|(it, _)| *it == key) {
                let entry = kept.remove(at);
                let subset = entry.1.clone();
                kept.push(entry);
                return Ok(subset);
            }
        }
        let subset = Arc::new(face.subset(glyphs)?);
        let mut kept = self.subsets.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SUBSETS_KEPT {
            kept.remove(0);
        }
        kept.push((key, subset.clone()));
        Ok(subset)
    }
}

#[derive(PartialEq, Eq)]
struct SubsetKey {
    name: String,
    index: u32,
    glyphs: Vec<u16>,
}

/// A font program with few glyphs, and how it goes into the file.
pub(super) struct Subset {
    pub program: Vec<u8>,
    pub deflated: Vec<u8>,
}

enum Data {
    Static(&'static [u8]),
    Shared(Arc<Vec<u8>>),
}

pub(super) struct Face {
    pub name: String,
    index: u32,
    data: Data,
    font: Font,
    units_per_em: u16,
    plans: Mutex<Vec<(Script, Direction, Arc<ShapePlan>)>>,
}

/// A glyph where it stands in a word; lengths in thousandths of an em.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    pub id: u16,
    pub advance: f32,
    pub dx: f32,
    pub dy: f32,
    /// The bytes of the text this glyph stands for, together with its neighbours of the same range.
    pub from: u32,
    pub to: u32,
}

impl Face {
    fn new(name: String, data: Data, index: u32) -> Option<Self> {
        let font = match &data {
            Data::Static(bytes) => Font::new(*bytes, index)?,
            Data::Shared(bytes) => {
                let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = bytes.clone();
                Font::new(bytes, index)?
            }
        };
        let units_per_em = font.metrics().units_per_em;
        if units_per_em == 0 {
            return None;
        }
        let face = Self {
            name,
            index,
            data,
            font,
            units_per_em,
            plans: Mutex::default(),
        };
        // A face whose outlines cannot be taken out is of no use, however well it shapes.
        subsetter::subset(face.bytes(), index, &GlyphRemapper::new()).ok()?;
        Some(face)
    }

    fn from_system(face: &SystemFace) -> Option<Self> {
        let name: String = face
            .name
            .chars()
            .filter(|it| it.is_ascii_alphanumeric() || *it == '-')
            .collect();
        let name = if name.is_empty() {
            "Unnamed".to_owned()
        } else {
            name
        };
        Self::new(name, Data::Shared(face.data.clone()), face.index)
    }

    fn bytes(&self) -> &[u8] {
        match &self.data {
            Data::Static(bytes) => bytes,
            Data::Shared(bytes) => bytes,
        }
    }

    /// Whether the face maps the character to a glyph.
    pub fn has(&self, character: char) -> bool {
        self.font.charmap().map_unicode(character).is_some()
    }

    pub fn glyph(&self, character: char) -> Option<u16> {
        self.font
            .charmap()
            .map_unicode(character)
            .and_then(|it| u16::try_from(it.to_u32()).ok())
    }

    /// Whether something is seen: a mapped glyph with an outline, or white space.
    pub fn draws(&self, character: char) -> bool {
        let Some(glyph) = self.font.charmap().map_unicode(character) else {
            return false;
        };
        character.is_whitespace()
            || self
                .font
                .glyph_metrics()
                .with_extents_source_order(GlyphSourceOrder::BASE_OUTLINES)
                .extents(glyph)
                .is_some_and(|it| it.width != 0.0 && it.height != 0.0)
    }

    fn thousandths(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.units_per_em)
    }

    /// Width of a glyph as it is written into the file, where widths are whole numbers.
    pub fn written_width(&self, glyph: u16) -> f32 {
        self.thousandths(f32::from(self.advance_units(glyph)))
            .floor()
    }

    pub fn advance_units(&self, glyph: u16) -> u16 {
        self.font
            .glyph_metrics()
            .h_advance(u32::from(glyph).into())
            .round()
            .clamp(0.0, 65535.0) as u16
    }

    pub fn units_per_em(&self) -> u16 {
        self.units_per_em
    }

    /// Ascender and descender in font units, and the box around all glyphs.
    pub fn extents(&self) -> (i16, i16, [i16; 4]) {
        let metrics = self.font.metrics();
        let whole = |it: f64| it.round().clamp(-32768.0, 32767.0) as i16;
        let (ascent, descent) = metrics.h_line().map_or((800.0, -200.0), |it| {
            (it.ascender.to_f64(), it.descender.to_f64())
        });
        let it = &metrics.bounds;
        let sides = [it.x_min, it.y_min, it.x_max, it.y_max].map(|side| whole(side.to_f64()));
        (whole(ascent), whole(descent), sides)
    }

    fn plan(&self, script: Script, direction: Direction) -> Arc<ShapePlan> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, plan)) = plans.iter().find(|it| it.0 == script && it.1 == direction) {
            return plan.clone();
        }
        let plan = Arc::new(ShapePlan::new(
            &self.font,
            direction,
            Some(script),
            None,
            features(script),
        ));
        plans.push((script, direction, plan.clone()));
        plan
    }

    /// Glyphs of one word in the order they are drawn, left to right.
    pub fn shape(&self, word: &str, script: Script, rtl: bool, buffer: &mut Buffer) -> Vec<Glyph> {
        let direction = if rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        };
        buffer.reset();
        buffer.push_str(word);
        buffer.set_direction(direction);
        buffer.set_script(Some(script));
        buffer.set_cluster_level(ClusterLevel::MonotoneCharacters);
        buffer.set_flags(BufferFlags::REMOVE_DEFAULT_IGNORABLES);
        let plan = self.plan(script, direction);
        let options = ShapeOptions::new()
            .plan(Some(&*plan))
            .features(features(script));
        if harfrust::shape(&ShaperFont::new(&self.font), buffer, options).is_err() {
            return self.unshaped(word, rtl);
        }
        let mut glyphs: Vec<Glyph> = buffer
            .glyph_infos()
            .iter()
            .zip(buffer.glyph_positions())
            .map(|(info, at)| Glyph {
                id: u16::try_from(info.glyph_id).unwrap_or(0),
                advance: self.thousandths(at.x_advance as f32),
                dx: self.thousandths(at.x_offset as f32),
                dy: self.thousandths(at.y_offset as f32),
                from: info.cluster,
                to: info.cluster,
            })
            .collect();
        let end = u32::try_from(word.len()).unwrap_or(u32::MAX);
        let mut next = end;
        let mut current = end;
        let mut close = |glyph: &mut Glyph| {
            if glyph.from != current {
                next = if current == end { end } else { current };
                current = glyph.from;
            }
            glyph.to = next;
        };
        // Clusters rise in reading order; the end of one is the start of the next.
        if rtl {
            glyphs.iter_mut().for_each(&mut close);
        } else {
            glyphs.iter_mut().rev().for_each(&mut close);
        }
        glyphs
    }

    fn unshaped(&self, word: &str, rtl: bool) -> Vec<Glyph> {
        let mut glyphs: Vec<Glyph> = word
            .char_indices()
            .filter_map(|(at, character)| {
                let id = self.glyph(character)?;
                let from = u32::try_from(at).ok()?;
                let to = from + character.len_utf8() as u32;
                let advance = self.thousandths(f32::from(self.advance_units(id)));
                Some(Glyph {
                    id,
                    advance,
                    dx: 0.0,
                    dy: 0.0,
                    from,
                    to,
                })
            })
            .collect();
        if rtl {
            glyphs.reverse();
        }
        glyphs
    }

    fn subset(&self, glyphs: &[u16]) -> Result<Subset, PdfError> {
        use std::io::Write;

        let remapper = GlyphRemapper::new_from_glyphs(glyphs);
        let program = subsetter::subset(self.bytes(), self.index, &remapper)
            .map_err(|error| PdfError::Font(format!("{}: {error}", self.name)))?;
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&program).map_err(PdfError::Write)?;
        let deflated = encoder.finish().map_err(PdfError::Write)?;
        Ok(Subset { program, deflated })
    }
}

/// Ligatures are a matter of taste in alphabets, and a word without them is found by every reader;
/// Arabic has those it must have as another feature; the other scripts need all.
fn features(script: Script) -> &'static [Feature] {
    const fn off(tag: &[u8; 4]) -> Feature {
        Feature {
            tag: Tag::new(tag),
            value: 0,
            start: Feature::GLOBAL_START,
            end: Feature::GLOBAL_END,
        }
    }
    static PLAIN: [Feature; 2] = [off(b"liga"), off(b"clig")];
    match script {
        Script::LATIN
        | Script::GREEK
        | Script::CYRILLIC
        | Script::COMMON
        | Script::ARABIC
        | Script::HEBREW => &PLAIN,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_shared_by_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Fonts>();
    }

    #[test]
    fn each_glyph_knows_its_bytes() -> Result<(), PdfError> {
        let fonts = Fonts::bundled()?;
        let glyphs =
            fonts
                .bundled_face(false)
                .shape("aé\u{301}ж", Script::LATIN, false, &mut Buffer::new());
        let ranges: Vec<_> = glyphs.iter().map(|it| (it.from, it.to)).collect();
        assert_eq!(ranges, [(0, 1), (1, 3), (3, 5), (5, 7)]);
        Ok(())
    }

    #[test]
    fn a_damaged_face_draws_nothing() {
        for data in [Vec::new(), vec![0; 64], REGULAR[..4096].to_vec()] {
            let face = SystemFace {
                name: "Damaged".into(),
                data: Arc::new(data),
                index: 0,
            };
            assert!(!face.can_draw('a'));
        }
    }
}
