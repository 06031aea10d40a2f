//! Where in the notes each summary begins.

use super::{
    DateOrder, HeadingRole,
    blocks::{self, Block, Kind},
    dates,
    inline::plain,
    section::{Choices, heading_id},
    words,
};

/// The beginning of a section; its heading may stand below the title of the whole document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    pub from: usize,
    pub heading: Option<usize>,
}

struct Candidate {
    at: usize,
    level: u8,
    dated: bool,
    meeting: bool,
    /// It says what stands below it, such as "Actions".
    has_role: bool,
    chosen: Option<HeadingRole>,
}

/// Finds the headings that start a summary: those with a date at the level where most of them
/// stand, else those that name a meeting, else a single title at the top.
pub fn starts(blocks: &[Block], choices: &Choices, order: DateOrder) -> Vec<Start> {
    if blocks.is_empty() {
        return Vec::new();
    }
    let candidates = candidates(blocks, choices, order);
    let chosen = chosen_and_guessed(blocks, &candidates);
    let (kept, titles) = without_titles(&chosen);

    let mut starts = Vec::with_capacity(kept.len() + 1);
    let mut free_from = 0;
    let before = &blocks[..kept.first().map_or(blocks.len(), |it| it.at)];
    let has_content = before
        .iter()
        .any(|it| matches!(it.kind, Kind::Item { .. } | Kind::Table(_)));
    if kept.is_empty() || has_content {
        let titled = candidates.first().is_some_and(|it| {
            it.at == 0 && !it.has_role && it.chosen.is_none() && !kept.is_empty()
        });
        starts.push(Start {
            from: 0,
            heading: titled.then_some(0),
        });
        free_from = before.len();
    }
    for start in kept {
        let mut from = if starts.is_empty() {
            free_from
        } else {
            start.at
        };
        while from > free_from && titles.binary_search(&(from - 1)).is_ok() {
            from -= 1;
        }
        starts.push(Start {
            from,
            heading: Some(start.at),
        });
        free_from = start.at + 1;
    }
    starts
}

fn candidates(blocks: &[Block], choices: &Choices, order: DateOrder) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = blocks
        .iter()
        .enumerate()
        .filter_map(|(at, block)| {
            let Kind::Heading { level, text } = &block.kind else {
                return None;
            };
            let text = plain(text);
            let said = words::normal(&text);
            Some(Candidate {
                at,
                level: *level,
                dated: dates::first(&text, order).is_some(),
                meeting: words::is_meeting(&said),
                has_role: words::role(&said).is_some(),
                chosen: choices.get(&heading_id(&text)).copied(),
            })
        })
        .collect();
    // "Actions from 4 April" below "Sprint 12" is no meeting of its own.
    let meeting = candidates
        .iter()
        .filter(|it| it.meeting && !it.has_role)
        .map(|it| it.level)
        .min();
    for it in &mut candidates {
        it.dated &= !(it.has_role && meeting.is_some_and(|level| level < it.level));
    }
    candidates
}

fn chosen_and_guessed<'a>(blocks: &[Block], candidates: &'a [Candidate]) -> Vec<&'a Candidate> {
    let guessed = || candidates.iter().filter(|it| it.chosen.is_none());
    let dated_at = |level: u8| guessed().filter(|it| it.dated && it.level == level).count();
    let dated = (1..=blocks::DATED)
        .rev()
        .max_by_key(|it| dated_at(*it))
        .filter(|it| dated_at(*it) > 0);
    let meeting = guessed()
        .filter(|it| it.meeting && it.level <= blocks::BOLD)
        .map(|it| it.level)
        .min();
    let first_block = blocks
        .iter()
        .position(|it| !matches!(it.kind, Kind::Fact { .. }));
    let title = guessed().next().filter(|it| {
        let alone = guessed().skip(1).all(|other| other.level > it.level);
        Some(it.at) == first_block && !it.has_role && it.level <= 2 && alone
    });
    let starts = |it: &&Candidate| match it.chosen {
        Some(role) => role == HeadingRole::Summary,
        None => match (dated, meeting) {
            (Some(level), _) => it.dated && it.level <= level || it.meeting && it.level == level,
            (None, Some(level)) => it.meeting && it.level == level,
            (None, None) => title.is_some_and(|title| title.at == it.at),
        },
    };
    candidates.iter().filter(starts).collect()
}

/// Leaves out headings that stand right above several deeper ones: they title the document. Gives
/// their places too.
fn without_titles<'a>(chosen: &[&'a Candidate]) -> (Vec<&'a Candidate>, Vec<usize>) {
    let mut kept = Vec::with_capacity(chosen.len());
    let mut titles = Vec::new();
    for (place, it) in chosen.iter().enumerate() {
        let title = it.chosen.is_none()
            && place + 2 < chosen.len()
            && chosen[place + 1].at == it.at + 1
            && chosen[place + 1].level > it.level;
        if title {
            titles.push(it.at);
        } else {
            kept.push(*it);
        }
    }
    (kept, titles)
}
