//! The fonts of this computer, for scripts and emoji the bundled ones lack.
//!
//! Nothing is read before a character is asked for that needs it. Then the fonts installed are listed
//! once, with the characters each has; fonts installed later are seen after a restart. Answers do not
//! change while the app runs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use fontdb::{Database, FaceInfo, Stretch, Style};
use retropress_summary::pdf::{FontSource, SystemFace};
use ttf_parser::Face;

/// Larger files are passed over. CJK collections have 20 to 110 MB.
const LARGEST_FILE: usize = 128 * 1024 * 1024;

/// Families that look well beside Noto Sans, best first; each stands for all names it begins. Then
/// come all others by name.
const PREFERRED: [&str; 30] = [
    "Noto Sans CJK SC",
    "Noto Sans CJK",
    "Noto Sans",
    "Noto Naskh",
    "Noto Emoji",
    "Noto Serif",
    "Noto",
    "Segoe UI Symbol",
    "Segoe UI Emoji",
    "Segoe UI",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Microsoft JhengHei",
    "Nirmala",
    "Leelawadee UI",
    "PingFang SC",
    "PingFang",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Apple Symbols",
    "Geeza Pro",
    "Arial Hebrew",
    "Kohinoor",
    "Thonburi",
    "DejaVu Sans",
    "Symbola",
    "WenQuanYi",
    "Droid Sans Fallback",
    "Arial Unicode",
];

/// Families that have a glyph for every character and say nothing with it.
const PLACEHOLDERS: [&str; 5] = [
    "Last Resort",
    "LastResort",
    ".LastResort",
    "Adobe Blank",
    "Noto Sans Blank",
];

/// Every font installed, best first. Cheap to make; lists the fonts when first asked.
#[derive(Default)]
pub struct SystemFonts {
    installed: OnceLock<Installed>,
}

struct Installed {
    database: Database,
    faces: Vec<Candidate>,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    answers: HashMap<char, Option<SystemFace>>,
    files: HashMap<fontdb::ID, Option<SystemFace>>,
}

struct Candidate {
    id: fontdb::ID,
    name: String,
    index: u32,
    /// First and last character of each run the face has, ascending.
    characters: Vec<(u32, u32)>,
}

impl SystemFonts {
    pub fn new() -> Self {
        Self::default()
    }

    #[cfg(test)]
    fn from_database(database: Database) -> Self {
        let fonts = Self::default();
        let _ = fonts.installed.set(Installed::list(database));
        fonts
    }

    fn installed(&self) -> &Installed {
        self.installed.get_or_init(|| {
            let mut database = Database::new();
            database.load_system_fonts();
            let installed = Installed::list(database);
            tracing::debug!(
                faces = installed.faces.len(),
                "listed the fonts of this computer"
            );
            installed
        })
    }
}

impl FontSource for SystemFonts {
    fn find(&self, missing: char) -> Option<SystemFace> {
        let installed = self.installed();
        let mut read = installed
            .read
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.answers.get(&missing) {
            return known.clone();
        }
        let best = installed
            .faces
            .iter()
            .filter(|it| it.has(missing))
            .map(|it| it.neighbours(missing))
            .max();
        let answer = best
            .into_iter()
            .flat_map(|best| {
                // First those made for the script, then those that happen to have the character.
                let made_for = move |it: &Candidate| it.neighbours(missing) * 10 >= best * 8;
                let first = installed
                    .faces
                    .iter()
                    .filter(move |it| it.has(missing) && made_for(it));
                first.chain(
                    installed
                        .faces
                        .iter()
                        .filter(move |it| it.has(missing) && !made_for(it)),
                )
            })
            .filter(|it| installed.outlines(it, missing))
            .find_map(|it| {
                installed
                    .face(it, &mut read.files)
                    .filter(|face| face.can_draw(missing))
            });
        read.answers.insert(missing, answer.clone());
        answer
    }
}

impl Installed {
    fn list(database: Database) -> Self {
        let mut faces: Vec<&FaceInfo> = database.faces().filter(|it| !is_placeholder(it)).collect();
        faces.sort_by_cached_key(|it| rank(it));
        let faces = faces
            .into_iter()
            .filter_map(|it| {
                let characters = database.with_face_data(it.id, characters)??;
                let name = it.post_script_name.clone();
                Some(Candidate {
                    id: it.id,
                    name,
                    index: it.index,
                    characters,
                })
            })
            .collect();
        Self {
            database,
            faces,
            read: Mutex::default(),
        }
    }

    /// Whether the glyph is drawn by lines. A colour bitmap is none.
    fn outlines(&self, candidate: &Candidate, character: char) -> bool {
        let drawn = |data: &[u8], index: u32| {
            let Ok(face) = Face::parse(data, index) else {
                return false;
            };
            face.glyph_index(character).is_some_and(|it| {
                character.is_whitespace() || face.outline_glyph(it, &mut Nowhere).is_some()
            })
        };
        self.database
            .with_face_data(candidate.id, drawn)
            .unwrap_or(false)
    }

    fn face(
        &self,
        it: &Candidate,
        files: &mut HashMap<fontdb::ID, Option<SystemFace>>,
    ) -> Option<SystemFace> {
        files
            .entry(it.id)
            .or_insert_with(|| {
                let data = self
                    .database
                    .with_face_data(it.id, |data, _| data.to_vec())?;
                Some(SystemFace {
                    name: it.name.clone(),
                    data: Arc::new(data),
                    index: it.index,
                })
            })
            .clone()
    }
}

impl Candidate {
    fn has(&self, character: char) -> bool {
        let character = u32::from(character);
        let after = self.characters.partition_point(|it| it.0 <= character);
        after > 0 && character <= self.characters[after - 1].1
    }
}

impl Candidate {
    /// How many of the 128 characters around it the face has: most blocks of Unicode are as large or
    /// smaller, so the face made for a script is told from one that borrows a few of its signs.
    fn neighbours(&self, character: char) -> u32 {
        let first = u32::from(character) & !0x7f;
        let last = first + 0x7f;
        let from = self.characters.partition_point(|it| it.1 < first);
        self.characters[from..]
            .iter()
            .take_while(|it| it.0 <= last)
            .map(|it| it.1.min(last) - it.0.max(first) + 1)
            .sum()
    }
}

fn family(face: &FaceInfo) -> &str {
    face.families.first().map_or("", |it| it.0.as_str())
}

fn is_placeholder(face: &FaceInfo) -> bool {
    PLACEHOLDERS.iter().any(|it| family(face).starts_with(it))
}

/// Upright before slanted, regular before bold, by family, then by name: the same order each time.
fn rank(face: &FaceInfo) -> (usize, bool, bool, u16, bool, String, String, u32) {
    let family = family(face).to_owned();
    let preferred = PREFERRED
        .iter()
        .position(|it| family.starts_with(it))
        .unwrap_or(PREFERRED.len());
    (
        preferred,
        face.monospaced,
        face.style != Style::Normal || face.stretch != Stretch::Normal,
        face.weight.0.abs_diff(400),
        family.contains("Serif"),
        family,
        face.post_script_name.clone(),
        face.index,
    )
}

/// `None` for a face that cannot be embedded: too large, damaged, or without outlines in `glyf` or
/// `CFF`.
fn characters(data: &[u8], index: u32) -> Option<Vec<(u32, u32)>> {
    if data.len() > LARGEST_FILE {
        return None;
    }
    let face = Face::parse(data, index).ok()?;
    if face.tables().glyf.is_none() && face.tables().cff.is_none() {
        return None;
    }
    let mut all = Vec::new();
    for table in face
        .tables()
        .cmap?
        .subtables
        .into_iter()
        .filter(|it| it.is_unicode())
    {
        table.codepoints(|it| all.push(it));
    }
    all.sort_unstable();
    all.dedup();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for character in all {
        match runs.last_mut() {
            Some(last) if last.1 + 1 == character => last.1 = character,
            _ => runs.push((character, character)),
        }
    }
    Some(runs)
}

struct Nowhere;

impl ttf_parser::OutlineBuilder for Nowhere {
    fn move_to(&mut self, _: f32, _: f32) {}
    fn line_to(&mut self, _: f32, _: f32) {}
    fn quad_to(&mut self, _: f32, _: f32, _: f32, _: f32) {}
    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {}
    fn close(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTO: &[u8] = include_bytes!(
        "../../../../ui/node_modules/@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf"
    );

    #[test]
    fn a_face_is_found_by_its_characters_and_read_once() {
        let mut database = Database::new();
        database.load_font_data(NOTO.to_vec());
        let fonts = SystemFonts::from_database(database);
        let (a, b) = (fonts.find('ж').unwrap(), fonts.find('λ').unwrap());
        assert_eq!(a.name, "NotoSans-Regular");
        assert!(Arc::ptr_eq(&a.data, &b.data));
        assert!(fonts.find('漢').is_none());
    }

    #[test]
    fn damaged_fonts_are_passed_over() {
        let mut database = Database::new();
        // The directory stays whole, so that the list takes the font, and the tables are garbage.
        for from in [400, 4_000, 40_000, 400_000] {
            let mut damaged = NOTO.to_vec();
            damaged[from..]
                .iter_mut()
                .enumerate()
                .for_each(|(at, byte)| *byte ^= (at % 251) as u8);
            database.load_font_data(damaged);
            database.load_font_data(NOTO[..from].to_vec());
        }
        let fonts = SystemFonts::from_database(database);
        for character in ['ж', 'a', '漢', '\u{10ffff}'] {
            let _ = fonts.find(character);
        }
    }

    #[test]
    fn without_fonts_there_is_no_answer() {
        assert!(
            SystemFonts::from_database(Database::new())
                .find('a')
                .is_none()
        );
    }
}
