//! From text to lines of glyphs: faces chosen run by run, words shaped, lines broken, right-to-left
//! runs put in visual order (Unicode Standard Annexes 9, 14 and 29).

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

use harfrust::{Buffer, Script};
use unicode_bidi::{BidiInfo, Level, ParagraphBidiInfo};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    fonts::{Face, Fonts, Glyph},
    style::{Colour, Style},
};

/// Longest stretch shaped at once, in graphemes; longer words are shaped in parts.
const RUN_GRAPHEMES: usize = 48;
/// Longest grapheme drawn as one, in characters; a letter under a thousand accents is cut in parts.
const GRAPHEME_CHARACTERS: usize = 16;
/// Stands in for what no font can draw.
const SUBSTITUTES: [char; 2] = ['\u{fffd}', '?'];

/// A stretch of text in one style.
#[derive(Debug, Clone)]
pub struct Span<'a> {
    pub text: &'a str,
    pub style: Style,
}

impl<'a> Span<'a> {
    pub fn new(text: &'a str, style: Style) -> Self {
        Self { text, style }
    }
}

/// One line, its pieces from left to right.
#[derive(Debug, Clone, Default)]
pub struct Line {
    pub pieces: Vec<Piece>,
    pub width: f32,
    /// The paragraph reads from right to left.
    pub rtl: bool,
}

/// Some glyphs of one face, size and colour.
#[derive(Debug, Clone)]
pub struct Piece {
    pub word: Rc<Word>,
    /// From the line's left end, in points.
    pub x: f32,
    pub size: f32,
    pub colour: Colour,
    /// The face has no bold: its outlines are drawn thicker.
    pub thicken: bool,
    /// The address this text leads to.
    pub link: Option<Rc<str>>,
}

impl Piece {
    pub fn width(&self) -> f32 {
        self.word.width * self.size / 1000.0
    }
}

/// A shaped word or a part of one.
#[derive(Debug)]
pub struct Word {
    /// Index into [`Typeset::faces`].
    pub face: usize,
    /// What is read when the word is copied or searched.
    pub text: Box<str>,
    pub glyphs: Vec<Glyph>,
    /// In thousandths of an em.
    pub width: f32,
    pub rtl: bool,
    script: Script,
    /// The glyphs stand in for a character no font has.
    pub substitute: bool,
}

/// What all lines of a document were set in.
pub struct Typeset {
    pub faces: Vec<Arc<Face>>,
    pub missing: Vec<char>,
}

/// Breaks and shapes the text of one document.
pub struct Typesetter<'a> {
    fonts: &'a Fonts,
    faces: Vec<Arc<Face>>,
    words: HashMap<WordKey, Rc<Word>>,
    choices: HashMap<(char, bool), Option<usize>>,
    missing: BTreeSet<char>,
    buffer: Buffer,
}

#[derive(PartialEq, Eq, Hash)]
struct WordKey {
    face: usize,
    rtl: bool,
    script: u32,
    text: Box<str>,
}

/// A part of the text with one face, style, level and script.
struct Run {
    start: usize,
    end: usize,
    face: Option<usize>,
    style: usize,
    level: Level,
    script: Script,
    graphemes: usize,
}

/// What is kept on one line if it can be.
struct Atom {
    word: Vec<(Piece, Level)>,
    space: Vec<(Piece, Level)>,
    width: f32,
    space_width: f32,
}

impl<'a> Typesetter<'a> {
    pub fn new(fonts: &'a Fonts) -> Self {
        Self {
            fonts,
            faces: vec![
                fonts.bundled_face(false).clone(),
                fonts.bundled_face(true).clone(),
            ],
            words: HashMap::new(),
            choices: HashMap::new(),
            missing: BTreeSet::new(),
            buffer: Buffer::new(),
        }
    }

    pub fn finish(self) -> Typeset {
        Typeset {
            faces: self.faces,
            missing: self.missing.into_iter().collect(),
        }
    }

    /// The text in lines of at most `width` points. Line ends in the text are kept. A grapheme wider
    /// than a line stands on one of its own.
    pub fn lines(&mut self, spans: &[Span<'_>], width: f32) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut text = String::new();
        // Where each style ends, in `text`.
        let mut styles: Vec<(usize, Style)> = Vec::new();
        for span in spans {
            for part in clean(span.text) {
                match part {
                    Some(character) => text.push(character),
                    None => {
                        styles.push((text.len(), span.style));
                        self.paragraph(&text, &styles, width, &mut lines);
                        text.clear();
                        styles.clear();
                    }
                }
            }
            styles.push((text.len(), span.style));
        }
        self.paragraph(&text, &styles, width, &mut lines);
        // Empty lines at either end are no text.
        while lines.len() > 1 && lines.last().is_some_and(|it| it.pieces.is_empty()) {
            lines.pop();
        }
        let blank = lines.iter().take_while(|it| it.pieces.is_empty()).count();
        if blank < lines.len() {
            lines.drain(..blank);
        }
        lines
    }

    /// One line of at most `width` points; what does not fit is cut off with an ellipsis.
    pub fn one_line(&mut self, text: &str, style: Style, width: f32) -> Line {
        let graphemes: Vec<&str> = text.graphemes(true).take(300).collect();
        let whole = graphemes.concat();
        let mut lines = self.lines(&[Span::new(&whole, style)], width);
        if lines.len() == 1 && whole.len() == text.len() {
            return lines.pop().unwrap_or_default();
        }
        let (mut low, mut high) = (0, graphemes.len());
        let mut best = Line::default();
        while low < high {
            let middle = (low + high).div_ceil(2);
            let cut = format!("{}\u{2026}", graphemes[..middle].concat().trim_end());
            let mut lines = self.lines(&[Span::new(&cut, style)], width);
            if lines.len() == 1 {
                low = middle;
                best = lines.pop().unwrap_or_default();
            } else {
                high = middle - 1;
            }
        }
        best
    }

    fn paragraph(
        &mut self,
        text: &str,
        styles: &[(usize, Style)],
        width: f32,
        lines: &mut Vec<Line>,
    ) {
        let text = text.trim_end_matches(' ');
        if text.is_empty() {
            lines.push(Line::default());
            return;
        }
        let (base, levels) = levels(text);
        let level_at = |at: usize| levels.get(at).copied().unwrap_or(base);
        let links = links(text);
        let runs = self.runs(text, styles, &level_at);

        let mut filler = Filler {
            width,
            base,
            lines,
            line: Vec::new(),
            filled: 0.0,
        };
        let mut run = 0;
        let mut start = 0;
        for (end, _) in unicode_linebreak::linebreaks(text) {
            let atom = self.atom(text, start..end, &runs, &mut run, styles, &links);
            start = end;
            self.place(atom, &mut filler);
        }
        filler.end_line();
    }

    /// Puts a word on the line, or on the next, or on as many as it needs.
    fn place(&mut self, atom: Atom, filler: &mut Filler<'_>) {
        if filler.filled + atom.width > filler.width + 0.01 && !filler.line.is_empty() {
            filler.end_line();
        }
        if atom.width <= filler.width + 0.01 {
            filler.filled += atom.width;
            filler.line.extend(atom.word);
        } else {
            for (piece, level) in atom.word {
                let mut rest = Some(piece);
                while let Some(piece) = rest.take() {
                    let room = filler.width - filler.filled + 0.01;
                    if piece.width() <= room {
                        filler.push(piece, level);
                    } else if let Some((head, tail)) = self.split(&piece, room) {
                        filler.push(head, level);
                        filler.end_line();
                        rest = Some(tail);
                    } else if filler.line.is_empty() {
                        // Wider than a whole line and not to be divided.
                        match self.split(&piece, f32::INFINITY) {
                            Some((head, tail)) => {
                                filler.push(head, level);
                                filler.end_line();
                                rest = Some(tail);
                            }
                            None => filler.push(piece, level),
                        }
                    } else {
                        filler.end_line();
                        rest = Some(piece);
                    }
                }
            }
        }
        filler.filled += atom.space_width;
        filler.line.extend(atom.space);
    }

    /// The most graphemes that fit into `room`, and the rest. `None` when not one fits. With infinite
    /// room: the first grapheme and the rest, `None` when there is no rest.
    fn split(&mut self, piece: &Piece, room: f32) -> Option<(Piece, Piece)> {
        let word = piece.word.clone();
        if word.substitute {
            return None;
        }
        let mut fits = 0;
        for (at, grapheme) in word.text.grapheme_indices(true) {
            let end = at + grapheme.len();
            let width: f32 = word
                .glyphs
                .iter()
                .filter(|it| (it.from as usize) < end)
                .map(|it| it.advance)
                .sum::<f32>()
                * piece.size
                / 1000.0;
            if room.is_infinite() {
                fits = end;
                break;
            }
            if width > room {
                break;
            }
            fits = end;
        }
        if fits == 0 || fits >= word.text.len() {
            return None;
        }
        let (head, tail) = word.text.split_at(fits);
        let mut part = |text: &str| Piece {
            word: self.shaped(text, word.face, word.rtl, word.script),
            ..piece.clone()
        };
        Some((part(head), part(tail)))
    }

    fn atom(
        &mut self,
        text: &str,
        range: std::ops::Range<usize>,
        runs: &[Run],
        run: &mut usize,
        styles: &[(usize, Style)],
        links: &[(std::ops::Range<usize>, Rc<str>)],
    ) -> Atom {
        let mut atom = Atom {
            word: Vec::new(),
            space: Vec::new(),
            width: 0.0,
            space_width: 0.0,
        };
        let word_end = range.start + text[range.clone()].trim_end_matches(breaking_space).len();
        let mut at = range.start;
        while at < range.end {
            while *run < runs.len() && runs[*run].end <= at {
                *run += 1;
            }
            let Some(it) = runs.get(*run) else { break };
            let in_word = at < word_end;
            let mut end = it.end.min(if in_word { word_end } else { range.end });
            let link = links.get(links.partition_point(|(link, _)| link.end <= at));
            let link = link.and_then(|(link, address)| {
                if link.start <= at {
                    end = end.min(link.end);
                    Some(address.clone())
                } else {
                    end = end.min(link.start);
                    None
                }
            });
            let style = styles[it.style].1;
            let word = match it.face {
                Some(face) => self.shaped(&text[at..end], face, it.level.is_rtl(), it.script),
                None => self.substitute(&text[at..end], style.strong),
            };
            let thicken = style.strong && word.face > 1;
            let colour = if link.is_some() {
                super::style::ACCENT
            } else {
                style.colour
            };
            let piece = Piece {
                word,
                x: 0.0,
                size: style.size,
                colour,
                thicken,
                link,
            };
            if in_word {
                atom.width += piece.width();
                atom.word.push((piece, it.level));
            } else {
                atom.space_width += piece.width();
                atom.space.push((piece, it.level));
            }
            at = end;
        }
        atom
    }

    fn runs(
        &mut self,
        text: &str,
        styles: &[(usize, Style)],
        level_at: &dyn Fn(usize) -> Level,
    ) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut style = 0;
        // Signs that belong to no script look like the letters beside them.
        let mut near = self.first_system_face(text);
        for (at, grapheme) in text.grapheme_indices(true) {
            while style + 1 < styles.len() && styles[style].0 <= at {
                style += 1;
            }
            let strong = styles[style].1.strong;
            let level = level_at(at);
            let mut put = |start: usize, part: &str, face: Option<usize>| {
                let script = script_of(part);
                if let Some(last) = runs.last_mut()
                    && last.face == face
                    && face.is_some()
                    && last.style == style
                    && last.level == level
                    && last.graphemes < RUN_GRAPHEMES
                    && (last.script == script
                        || script == Script::COMMON
                        || last.script == Script::COMMON)
                {
                    last.end = start + part.len();
                    last.graphemes += 1;
                    if last.script == Script::COMMON {
                        last.script = script;
                    }
                    return;
                }
                runs.push(Run {
                    start,
                    end: start + part.len(),
                    face,
                    style,
                    level,
                    script,
                    graphemes: 1,
                });
            };
            let face = self
                .face_beside(grapheme, strong, near)
                .or_else(|| self.face_of_all(grapheme, strong));
            if let Some(face) = face.filter(|it| *it > 1 && script_of(grapheme) != Script::COMMON) {
                near = Some(face);
            }
            match face {
                Some(face) if grapheme.chars().count() <= GRAPHEME_CHARACTERS => {
                    put(at, grapheme, Some(face))
                }
                _ => {
                    // No face has all of it, or it is too long: character by character.
                    for (offset, character) in grapheme.char_indices() {
                        let start = at + offset;
                        let face = self.face_of(character, strong);
                        put(start, &text[start..start + character.len_utf8()], face);
                    }
                }
            }
        }
        debug_assert!(runs.windows(2).all(|it| it[0].end == it[1].start));
        runs
    }

    /// The first face beyond the bundled ones that letters of the text ask for.
    fn first_system_face(&mut self, text: &str) -> Option<usize> {
        text.chars()
            .filter(|it| {
                *it > '\u{590}' && script_of(it.encode_utf8(&mut [0; 4])) != Script::COMMON
            })
            .find_map(|it| self.face_of(it, false).filter(|face| *face > 1))
    }

    /// `near` for a grapheme of no script that the bundled faces lack and that one has.
    fn face_beside(&mut self, grapheme: &str, strong: bool, near: Option<usize>) -> Option<usize> {
        let near = near?;
        let mut characters = grapheme.chars().filter(|it| !ignorable(*it)).peekable();
        characters.peek()?;
        let lacking = grapheme
            .chars()
            .any(|it| !ignorable(it) && !self.faces[usize::from(strong)].has(it));
        let fits = lacking
            && script_of(grapheme) == Script::COMMON
            && characters.all(|it| self.faces[near].draws(it));
        fits.then_some(near)
    }

    /// The face that has every character of a grapheme.
    fn face_of_all(&mut self, grapheme: &str, strong: bool) -> Option<usize> {
        let mut characters = grapheme.chars().filter(|it| !ignorable(*it));
        let Some(first) = characters.next() else {
            return Some(usize::from(strong));
        };
        let face = self.face_of(first, strong)?;
        let mut rest = characters.peekable();
        if rest.peek().is_none() || rest.all(|it| self.faces[face].has(it)) {
            return Some(face);
        }
        // A letter in one face, its accent only in another that may have the letter too.
        let mut others = grapheme.chars().filter(|it| !ignorable(*it));
        others.find_map(|character| {
            let face = self.face_of(character, strong)?;
            grapheme
                .chars()
                .all(|it| ignorable(it) || self.faces[face].has(it))
                .then_some(face)
        })
    }

    fn face_of(&mut self, character: char, strong: bool) -> Option<usize> {
        if let Some(known) = self.choices.get(&(character, strong)) {
            return *known;
        }
        let bundled = usize::from(strong);
        let face = if ignorable(character) || self.faces[bundled].has(character) {
            Some(bundled)
        } else {
            self.fonts.system_face(character).map(|face| {
                self.faces
                    .iter()
                    .position(|it| Arc::ptr_eq(it, &face))
                    .unwrap_or_else(|| {
                        self.faces.push(face);
                        self.faces.len() - 1
                    })
            })
        };
        if face.is_none() {
            self.missing.insert(character);
        }
        self.choices.insert((character, strong), face);
        face
    }

    fn shaped(&mut self, text: &str, face: usize, rtl: bool, script: Script) -> Rc<Word> {
        let key = WordKey {
            face,
            rtl,
            script: u32::from_be_bytes(script.tag().to_be_bytes()),
            text: text.into(),
        };
        if let Some(word) = self.words.get(&key) {
            return word.clone();
        }
        let glyphs = self.faces[face].shape(text, script, rtl, &mut self.buffer);
        let width = glyphs.iter().map(|it| it.advance).sum();
        let word = Rc::new(Word {
            face,
            text: text.into(),
            glyphs,
            width,
            rtl,
            script,
            substitute: false,
        });
        self.words.insert(key, word.clone());
        word
    }

    fn substitute(&mut self, text: &str, strong: bool) -> Rc<Word> {
        let face = usize::from(strong);
        let character = SUBSTITUTES
            .into_iter()
            .find(|it| self.faces[face].has(*it))
            .unwrap_or('?');
        let mut glyphs = self.faces[face].shape(
            character.encode_utf8(&mut [0; 4]),
            Script::COMMON,
            false,
            &mut self.buffer,
        );
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        for glyph in &mut glyphs {
            (glyph.from, glyph.to) = (0, end);
        }
        let width = glyphs.iter().map(|it| it.advance).sum();
        let script = Script::COMMON;
        Rc::new(Word {
            face,
            text: text.into(),
            glyphs,
            width,
            rtl: false,
            script,
            substitute: true,
        })
    }
}

struct Filler<'a> {
    width: f32,
    base: Level,
    lines: &'a mut Vec<Line>,
    line: Vec<(Piece, Level)>,
    filled: f32,
}

impl Filler<'_> {
    fn push(&mut self, piece: Piece, level: Level) {
        self.filled += piece.width();
        self.line.push((piece, level));
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        self.filled = 0.0;
        while line
            .last()
            .is_some_and(|(piece, _)| piece.word.text.chars().all(breaking_space))
        {
            line.pop();
        }
        let levels: Vec<Level> = line.iter().map(|it| it.1).collect();
        let mut pieces: Vec<Option<Piece>> = line.into_iter().map(|it| Some(it.0)).collect();
        let mut set = Line {
            rtl: self.base.is_rtl(),
            ..Line::default()
        };
        for at in BidiInfo::reorder_visual(&levels) {
            if let Some(mut piece) = pieces[at].take() {
                piece.x = set.width;
                set.width += piece.width();
                set.pieces.push(piece);
            }
        }
        self.lines.push(set);
    }
}

/// The paragraph's level and, when it is not all from left to right, the level of each byte.
fn levels(text: &str) -> (Level, Vec<Level>) {
    // Nothing below U+0590 is written from right to left or steers the order.
    if text.chars().all(|it| it < '\u{590}') {
        return (Level::ltr(), Vec::new());
    }
    let info = ParagraphBidiInfo::new(text, None);
    if info.is_pure_ltr {
        return (Level::ltr(), Vec::new());
    }
    (info.paragraph_level, info.levels)
}

/// White space a line may end in.
fn breaking_space(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

/// Characters with no look of their own: joiners, direction marks, variation selectors, tags.
fn ignorable(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text as it can be set: `None` is a line end; control characters and soft hyphens are left out.
fn clean(text: &str) -> impl Iterator<Item = Option<char>> + '_ {
    let mut after_return = false;
    text.chars().filter_map(move |it| {
        let was = std::mem::replace(&mut after_return, it == '\r');
        match it {
            '\n' if was => None,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(None),
            '\t' => Some(Some(' ')),
            '\u{ad}' => None,
            _ if it.is_control() => None,
            _ => Some(Some(it)),
        }
    })
}

fn script_of(grapheme: &str) -> Script {
    for character in grapheme.chars() {
        let script = harfrust::unicode::script(u32::from(character));
        if script != Script::COMMON && script != Script::INHERITED {
            return script;
        }
    }
    Script::COMMON
}

/// Addresses of web pages in the text, http and https alone, as they may stand in a PDF.
fn links(text: &str) -> Vec<(std::ops::Range<usize>, Rc<str>)> {
    let mut links = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("http").map(|it| it + from) {
        let rest = &text[at..];
        let after = rest
            .strip_prefix("https://")
            .or_else(|| rest.strip_prefix("http://"));
        let starts_word = !text[..at].ends_with(|it: char| it.is_alphanumeric());
        let Some(after) = after.filter(|it| {
            starts_word && it.starts_with(|it: char| it.is_alphanumeric() || it == '[')
        }) else {
            from = at + 4;
            continue;
        };
        let scheme = rest.len() - after.len();
        let stop = |it: char| {
            it.is_whitespace() || it.is_control() || matches!(it, '<' | '>' | '"' | '|' | '`')
        };
        let mut address = &rest[..after.find(stop).map_or(rest.len(), |it| it + scheme)];
        loop {
            let open = |it: char| address.matches(it).count();
            let trimmed = match address.chars().next_back() {
                Some(
                    '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '\u{2019}' | '\u{201d}'
                    | '\u{2026}',
                ) => true,
                Some(')') => open(')') > open('('),
                Some(']') => open(']') > open('['),
                _ => false,
            };
            if !trimmed {
                break;
            }
            let mut characters = address.chars();
            characters.next_back();
            address = characters.as_str();
        }
        from = at + address.len().max(1);
        links.push((at..at + address.len(), percent_encoded(address).into()));
    }
    links
}

/// An address in ASCII, as ISO 32000-2, 12.6.4.8 wants it.
fn percent_encoded(address: &str) -> String {
    let mut encoded = String::with_capacity(address.len());
    for byte in address.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'^' | b'{' | b'}') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::style::BODY;

    fn set(text: &str, width: f32) -> Vec<Line> {
        let fonts = Fonts::bundled().unwrap();
        Typesetter::new(&fonts).lines(&[Span::new(text, BODY)], width)
    }

    fn read(line: &Line) -> String {
        line.pieces.iter().map(|it| &*it.word.text).collect()
    }

    #[test]
    fn lines_break_between_words_and_fit() {
        let lines = set("one two three four five six seven", 60.0);
        assert!(lines.len() > 2);
        assert!(
            lines
                .iter()
                .all(|it| it.width <= 60.1 && !read(it).ends_with(' '))
        );
        let words: Vec<String> = lines
            .iter()
            .flat_map(|it| read(it).split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        assert_eq!(
            words,
            ["one", "two", "three", "four", "five", "six", "seven"]
        );
    }

    #[test]
    fn a_word_wider_than_the_line_is_cut_and_loses_nothing() {
        let word = "Донаудампфшифф".repeat(40);
        let lines = set(&word, 100.0);
        assert!(lines.iter().all(|it| it.width <= 100.1));
        assert!(
            lines.iter().rev().skip(1).all(|it| it.width > 85.0),
            "lines are filled"
        );
        assert_eq!(lines.iter().map(read).collect::<String>(), word);
    }

    #[test]
    fn a_line_narrower_than_a_letter_still_ends() {
        assert_eq!(set("WWWW", 1.0).len(), 4);
    }

    #[test]
    fn line_ends_of_all_kinds_are_kept() {
        let lines: Vec<_> = set("a\r\nb\nc\rd\u{2028}e\n\n", 100.0)
            .iter()
            .map(read)
            .collect();
        assert_eq!(lines, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn the_foot_is_cut_with_an_ellipsis() {
        let fonts = Fonts::bundled().unwrap();
        let line = Typesetter::new(&fonts).one_line(&"word ".repeat(100), BODY, 80.0);
        assert!(line.width <= 80.1 && read(&line).ends_with('\u{2026}'));
    }

    #[test]
    fn only_web_addresses_are_links() {
        let found: Vec<_> = links("see (https://a.example/x_(y)), http://b.example. javascript:1 xhttp://c httpss://d file:///e https://ä.example/ü")
            .into_iter()
            .map(|it| it.1.to_string())
            .collect();
        assert_eq!(
            found,
            [
                "https://a.example/x_(y)",
                "http://b.example",
                "https://%C3%A4.example/%C3%BC"
            ]
        );
    }
}
