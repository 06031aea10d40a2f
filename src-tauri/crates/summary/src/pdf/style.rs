//! Measures and colours of the paper, in points (1/72 inch) unless said otherwise.

use super::Paper;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

pub const TEXT: Colour = Colour(0x1b, 0x22, 0x26);
pub const TEXT_2: Colour = Colour(0x4c, 0x58, 0x5f);
pub const LINE: Colour = Colour(0xd5, 0xdb, 0xde);
pub const ACCENT: Colour = Colour(0x14, 0x61, 0x7b);
pub const GOOD: Colour = Colour(0x1b, 0x6a, 0x3c);
pub const BAD: Colour = Colour(0xa4, 0x29, 0x1f);
pub const WHITE: Colour = Colour(0xff, 0xff, 0xff);
const DARK: Colour = Colour(0x18, 0x21, 0x26);

/// Answers from worst to best, rust to petrol: told apart by colour-blind readers too.
const ANSWERS: [Colour; 5] = [
    Colour(0xb0, 0x50, 0x2a),
    Colour(0xec, 0xc1, 0xa6),
    Colour(0xd3, 0xda, 0xde),
    Colour(0x9f, 0xcb, 0xd9),
    Colour(0x14, 0x61, 0x7b),
];

/// The colour of one step of a scale of `steps`; scales of another length than five are spread over
/// the same five colours.
pub fn answer(step: usize, steps: usize) -> Colour {
    let last = steps.max(2) - 1;
    let place = step.min(last) as f32 * 4.0 / last as f32;
    let below = (place.floor() as usize).min(4);
    let above = (below + 1).min(4);
    let part = place - below as f32;
    let mix = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
    let (a, b) = (ANSWERS[below], ANSWERS[above]);
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// The text colour with the greater contrast on `ground`, by WCAG 2.2's relative luminance.
pub fn on(ground: Colour) -> Colour {
    let luminance = |it: Colour| {
        let part = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(it.0) + 0.7152 * part(it.1) + 0.0722 * part(it.2)
    };
    let contrast = |a: f32, b: f32| (a.max(b) + 0.05) / (a.min(b) + 0.05);
    let ground = luminance(ground);
    if contrast(luminance(WHITE), ground) >= contrast(luminance(DARK), ground) {
        WHITE
    } else {
        DARK
    }
}

/// How a stretch of text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub strong: bool,
    pub size: f32,
    pub colour: Colour,
}

impl Style {
    pub const fn new(size: f32, colour: Colour) -> Self {
        Self {
            strong: false,
            size,
            colour,
        }
    }

    pub const fn strong(size: f32, colour: Colour) -> Self {
        Self {
            strong: true,
            size,
            colour,
        }
    }
}

pub const BODY: Style = Style::new(9.5, TEXT);
pub const BODY_STRONG: Style = Style::strong(9.5, TEXT);
pub const SMALL: Style = Style::new(8.0, TEXT_2);
pub const TITLE: Style = Style::strong(20.0, TEXT);

/// Distance between base lines of [`BODY`] and of everything in a table.
pub const LEADING: f32 = 13.5;

pub fn heading(level: u8) -> Style {
    match level {
        0..=2 => Style::strong(13.0, TEXT),
        3 => Style::strong(10.5, TEXT),
        _ => Style::strong(9.5, TEXT_2),
    }
}

/// The sheet of paper and what is kept free around the text.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    pub width: f32,
    pub height: f32,
    pub side: f32,
    pub top: f32,
    pub bottom: f32,
}

impl Sheet {
    pub fn new(paper: Paper) -> Self {
        let (width, height) = match paper {
            Paper::A4 => (595.28, 841.89),
            Paper::Letter => (612.0, 792.0),
        };
        Self {
            width,
            height,
            side: 56.0,
            top: 54.0,
            bottom: 66.0,
        }
    }

    /// Width of a line of text.
    pub fn measure(&self) -> f32 {
        self.width - 2.0 * self.side
    }

    /// Height of the part that is filled with text.
    pub fn room(&self) -> f32 {
        self.height - self.top - self.bottom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_steps_have_the_five_colours_and_their_contrast() {
        let colours: Vec<_> = (0..5).map(|step| answer(step, 5)).collect();
        assert_eq!(colours, ANSWERS);
        let texts: Vec<_> = colours.iter().map(|it| on(*it)).collect();
        assert_eq!(texts, [WHITE, DARK, DARK, DARK, WHITE]);
    }

    #[test]
    fn other_scales_run_from_first_to_last_without_a_colour_twice() {
        for steps in 2..=7 {
            let colours: Vec<_> = (0..steps).map(|step| answer(step, steps)).collect();
            assert_eq!((colours[0], colours[steps - 1]), (ANSWERS[0], ANSWERS[4]));
            assert!((1..steps).all(|i| colours[i] != colours[i - 1]));
        }
    }
}
