//! Strips onto pages: what stays together, where a page ends, table heads repeated, the foot.

use std::rc::Rc;

use super::{
    style::{self, Colour, Sheet},
    text::{Line, Typesetter},
};

/// Something drawn, measured from the upper left corner of its strip or page, y downwards.
#[derive(Debug, Clone)]
pub enum Mark {
    /// A line of text; `y` is its base line.
    Text { x: f32, y: f32, line: Line },
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        colour: Colour,
    },
    Box {
        x: f32,
        y: f32,
        side: f32,
        colour: Colour,
    },
    /// Strokes through the points.
    Path {
        points: Vec<(f32, f32)>,
        thickness: f32,
        colour: Colour,
    },
}

impl Mark {
    pub fn below(self, dy: f32) -> Self {
        self.moved(0.0, dy)
    }

    fn moved(self, dx: f32, dy: f32) -> Self {
        match self {
            Self::Text { x, y, line } => Self::Text {
                x: x + dx,
                y: y + dy,
                line,
            },
            Self::Fill {
                x,
                y,
                width,
                height,
                colour,
            } => Self::Fill {
                x: x + dx,
                y: y + dy,
                width,
                height,
                colour,
            },
            Self::Box { x, y, side, colour } => Self::Box {
                x: x + dx,
                y: y + dy,
                side,
                colour,
            },
            Self::Path {
                points,
                thickness,
                colour,
            } => Self::Path {
                points: points.into_iter().map(|(x, y)| (x + dx, y + dy)).collect(),
                thickness,
                colour,
            },
        }
    }
}

/// A part of the document that is never cut: mostly one line across the page.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    pub height: f32,
    /// Kept free above, except at the top of a page.
    pub gap: f32,
    /// Stands on the same page as the next strip, as far as a page holds both.
    pub keep: bool,
    /// The head of the table this strip belongs to; repeated when the strip starts a page.
    pub head: Option<Rc<Strip>>,
    /// Goes on with the row of the strip before.
    pub inside: bool,
    pub marks: Vec<Mark>,
    /// Level and text of a heading, for the outline.
    pub heading: Option<(u8, String)>,
}

#[derive(Debug, Default)]
pub struct Page {
    pub marks: Vec<Mark>,
    pub headings: Vec<Heading>,
}

#[derive(Debug)]
pub struct Heading {
    pub level: u8,
    pub text: String,
    /// From the page's upper edge.
    pub y: f32,
}

/// Between a repeated head and a row that goes on.
const INSIDE: f32 = 4.0;

/// Fills as many pages as are needed, and at least one.
pub fn fill(strips: Vec<Strip>, sheet: &Sheet) -> Vec<Page> {
    let room = sheet.room();
    // Height of each strip with all those that are kept with it.
    let mut together = vec![0.0_f32; strips.len()];
    for at in (0..strips.len()).rev() {
        let strip = &strips[at];
        together[at] = strip.height;
        if let Some(next) = strips.get(at + 1).filter(|_| strip.keep) {
            together[at] += next.gap + together[at + 1];
        }
    }
    let pairs: Vec<f32> = (0..strips.len())
        .map(|at| {
            let next = strips.get(at + 1).filter(|_| strips[at].keep);
            strips[at].height + next.map_or(0.0, |it| it.gap + it.height)
        })
        .collect();

    let mut pages = vec![Page::default()];
    let mut y = 0.0_f32;
    for (at, strip) in strips.into_iter().enumerate() {
        let head_height = strip.head.as_ref().map_or(0.0, |it| it.height + INSIDE);
        // What does not fit on a page at all is cut, though not right after its first strip.
        let needed = if together[at] + head_height <= room {
            together[at]
        } else {
            pairs[at].min(room)
        };
        if y > 0.0 && y + strip.gap + needed > room + 0.01 {
            pages.push(Page::default());
            y = 0.0;
        }
        let Some(page) = pages.last_mut() else {
            continue;
        };
        if y == 0.0 {
            if let Some(head) = &strip.head {
                page.marks.extend(
                    head.marks
                        .iter()
                        .cloned()
                        .map(|it| it.moved(sheet.side, sheet.top)),
                );
                y = head.height + if strip.inside { INSIDE } else { 0.0 };
            }
        } else {
            y += strip.gap;
        }
        if let Some((level, text)) = strip.heading {
            page.headings.push(Heading {
                level,
                text,
                y: sheet.top + y,
            });
        }
        page.marks.extend(
            strip
                .marks
                .into_iter()
                .map(|it| it.moved(sheet.side, sheet.top + y)),
        );
        y += strip.height;
    }
    pages
}

/// Title, reference and "2 / 5" at the foot of each page.
pub fn add_footers(
    pages: &mut [Page],
    title: &str,
    reference: &str,
    sheet: &Sheet,
    typesetter: &mut Typesetter<'_>,
) {
    let count = pages.len();
    let measure = sheet.measure();
    let y = sheet.height - 36.0;
    let reference = typesetter.one_line(reference, style::SMALL, measure * 0.3);
    let title = typesetter.one_line(title, style::SMALL, measure * 0.88 - reference.width - 24.0);
    for (number, page) in pages.iter_mut().enumerate() {
        let number =
            typesetter.one_line(&format!("{} / {count}", number + 1), style::SMALL, measure);
        let right = sheet.side + measure;
        page.marks.push(Mark::Fill {
            x: sheet.side,
            y: y - 14.0,
            width: measure,
            height: 0.5,
            colour: style::LINE,
        });
        page.marks.push(Mark::Text {
            x: sheet.side,
            y,
            line: title.clone(),
        });
        let x = right - measure * 0.1 - reference.width - 12.0;
        page.marks.push(Mark::Text {
            x,
            y,
            line: reference.clone(),
        });
        page.marks.push(Mark::Text {
            x: right - number.width,
            y,
            line: number,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::Paper;

    fn strip(height: f32, keep: bool) -> Strip {
        Strip {
            height,
            keep,
            ..Strip::default()
        }
    }

    fn heading(text: &str) -> Strip {
        Strip {
            heading: Some((2, text.into())),
            ..strip(20.0, true)
        }
    }

    fn page_of(pages: &[Page], text: &str) -> Option<usize> {
        pages
            .iter()
            .position(|it| it.headings.iter().any(|heading| heading.text == text))
    }

    #[test]
    fn a_heading_goes_with_what_follows() {
        let sheet = Sheet::new(Paper::A4);
        let pages = fill(
            vec![
                strip(sheet.room() - 25.0, false),
                heading("a"),
                strip(13.0, false),
            ],
            &sheet,
        );
        assert_eq!((pages.len(), page_of(&pages, "a")), (2, Some(1)));
    }

    #[test]
    fn a_heading_stays_when_what_follows_fits() {
        let sheet = Sheet::new(Paper::A4);
        let pages = fill(
            vec![
                strip(sheet.room() - 40.0, false),
                heading("a"),
                strip(13.0, false),
            ],
            &sheet,
        );
        assert_eq!((pages.len(), page_of(&pages, "a")), (1, Some(0)));
    }

    #[test]
    fn more_kept_together_than_a_page_holds_is_cut_without_empty_pages() {
        let sheet = Sheet::new(Paper::A4);
        let pages = fill(
            (0..1000).map(|it| heading(&it.to_string())).collect(),
            &sheet,
        );
        assert!(pages.iter().all(|it| !it.headings.is_empty()));
        assert!(pages.len() <= 1000 / ((sheet.room() / 20.0) as usize - 1) + 1);
    }

    #[test]
    fn nothing_is_one_page() {
        assert_eq!(fill(Vec::new(), &Sheet::new(Paper::Letter)).len(), 1);
    }
}
