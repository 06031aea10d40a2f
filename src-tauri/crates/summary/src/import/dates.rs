//! Dates as people write them.

use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use super::DateOrder;

/// Years a meeting can be in; other numbers are no year.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A date found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub range: Range<usize>,
    pub date: Written,
}

/// What was written, before it is known in which order days and months stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Can be read in one way only.
    Clear(NaiveDate),
    /// Three numbers, each as it stands; the year is the last, or may be the first if short.
    Numbers {
        first: u32,
        second: u32,
        third: u32,
        short_year: bool,
        dotted: bool,
    },
    /// Day and month without a year.
    NoYear { day: u32, month: u32 },
}

impl Written {
    /// The date, numbers read in this order; in the other one where that is no date.
    pub fn read(self, order: DateOrder) -> Option<NaiveDate> {
        match self {
            Self::Clear(date) => Some(date),
            Self::NoYear { .. } => None,
            Self::Numbers {
                first,
                second,
                third,
                short_year,
                dotted,
            } => {
                let year = |year: u32| if short_year { 2000 + year } else { year };
                let dmy = || day(year(third), second, first);
                let mdy = || day(year(third), first, second);
                let ymd = || {
                    if short_year {
                        day(year(first), second, third)
                    } else {
                        None
                    }
                };
                match order {
                    _ if dotted && !short_year => dmy().or_else(mdy),
                    DateOrder::DayMonthYear => dmy().or_else(mdy).or_else(ymd),
                    DateOrder::MonthDayYear => mdy().or_else(dmy).or_else(ymd),
                    DateOrder::YearMonthDay => ymd().or_else(dmy).or_else(mdy),
                }
            }
        }
    }

    /// The date; one without a year is the first on or after the day given.
    pub fn read_after(self, order: DateOrder, earliest: Option<NaiveDate>) -> Option<NaiveDate> {
        let Self::NoYear { day, month } = self else {
            return self.read(order);
        };
        let earliest = earliest?;
        (earliest.year()..=earliest.year() + 4)
            .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
            .find(|date| *date >= earliest)
    }
}

fn day(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok().filter(|it| YEARS.contains(it))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// All dates with a year, and those of a day and a named month, in the order of the text.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let starts = bytes[at].is_ascii_alphanumeric()
            && (at == 0 || !joins(text, at) || bytes[at - 1] == b'_');
        if starts && let Some((date, end)) = date_at(text, at) {
            found.push(Found {
                range: at..end,
                date,
            });
            at = end;
            continue;
        }
        at += 1;
    }
    found
}

/// The first date that can be read.
pub fn first(text: &str, order: DateOrder) -> Option<(Range<usize>, NaiveDate)> {
    find(text)
        .into_iter()
        .find_map(|it| Some((it.range, it.date.read(order)?)))
}

/// Whether a word or number goes on across this place.
fn joins(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let here = text[at..].chars().next();
    match (before, here) {
        (Some(before), Some(here)) if before.is_alphanumeric() && here.is_alphanumeric() => true,
        // "4.0.0.1" and "1/2/3/2024" hold no date.
        (Some('.' | '/' | '-'), Some(here)) if here.is_ascii_digit() => {
            text[..at - 1].ends_with(|it: char| it.is_ascii_digit())
        }
        _ => false,
    }
}

fn date_at(text: &str, at: usize) -> Option<(Written, usize)> {
    let mut reader = At { text, at };
    let found = if text.as_bytes()[at].is_ascii_digit() {
        reader.numbers().or_else(|| {
            reader.at = at;
            reader.day_and_month()
        })
    } else {
        reader.month_and_day()
    }?;
    Some((found, reader.at))
}

struct At<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> At<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, any: &[char]) {
        self.at += self.rest().len() - self.rest().trim_start_matches(any).len();
    }

    fn take(&mut self, text: &str) -> bool {
        let here = self.rest().as_bytes().get(..text.len());
        let taken = here.is_some_and(|it| it.eq_ignore_ascii_case(text.as_bytes()));
        if taken {
            self.at += text.len();
        }
        taken
    }

    /// A number of at most 8 digits, and how many it has.
    fn number(&mut self) -> Option<(u32, usize)> {
        let digits = self
            .rest()
            .bytes()
            .take(9)
            .take_while(u8::is_ascii_digit)
            .count();
        if digits == 0 || digits > 8 {
            return None;
        }
        let number = self.rest()[..digits].parse().ok()?;
        self.at += digits;
        Some((number, digits))
    }

    /// Whether neither the word nor the number goes on.
    fn ends(&self) -> bool {
        let mut after = self.rest().chars();
        let more = matches!(after.next(), Some('.' | '/' | '-'))
            && after.next().is_some_and(|it| it.is_ascii_digit());
        !more && !joins(self.text, self.at)
    }

    /// 2021-04-05, 2021-04-05T10:00, 20210405, 4/5/2021, 4.5.2021, 04-05-21.
    fn numbers(&mut self) -> Option<Written> {
        let (first, first_digits) = self.number()?;
        if first_digits == 8 {
            let date = day(first / 10_000, first / 100 % 100, first % 100)?;
            return self.ends().then_some(Written::Clear(date));
        }
        let separator = self
            .rest()
            .chars()
            .next()
            .filter(|it| matches!(it, '-' | '/' | '.'))?;
        self.at += 1;
        if separator == '.' {
            self.skip(&[' ']);
        }
        let (second, second_digits) = self.number()?;
        if !self.rest().starts_with(separator) {
            return None;
        }
        self.at += 1;
        if separator == '.' {
            self.skip(&[' ']);
        }
        let (third, third_digits) = self.number()?;
        if second_digits > 2 {
            return None;
        }
        if first_digits == 4 {
            let date = day(first, second, third).filter(|_| third_digits <= 2)?;
            self.time();
            return self.ends().then_some(Written::Clear(date));
        }
        let dotted = separator == '.';
        let short_year = third_digits == 2;
        let numbers = Written::Numbers {
            first,
            second,
            third,
            short_year,
            dotted,
        };
        // "1.2.21" is a version more often than a date.
        let version = dotted && short_year && (first_digits, second_digits) != (2, 2);
        let plausible = first_digits <= 2 && (short_year || third_digits == 4) && !version;
        (plausible && self.ends() && numbers.read(DateOrder::DayMonthYear).is_some())
            .then_some(numbers)
    }

    fn time(&mut self) {
        if self.rest().starts_with(['T', 't'])
            && self.rest()[1..].starts_with(|it: char| it.is_ascii_digit())
        {
            let of_time =
                |it: char| it.is_ascii_digit() || matches!(it, ':' | '.' | '+' | '-' | 'Z' | 'z');
            self.at += 1;
            self.at += self.rest().len() - self.rest().trim_start_matches(of_time).len();
        }
    }

    /// 5 April 2021, 5th of April, 2021, 5-Apr-2021, 5. April.
    fn day_and_month(&mut self) -> Option<Written> {
        let (day_of_month, digits) = self.number()?;
        if digits > 2 {
            return None;
        }
        self.ordinal();
        self.skip(&[' ', '.', '-', '/', '\u{A0}']);
        self.take("of ");
        let month = self.month()?;
        self.year(day_of_month, month)
    }

    /// April 5th, 2021, Apr 5 2021, May 5.
    fn month_and_day(&mut self) -> Option<Written> {
        let month = self.month()?;
        self.skip(&[' ', '-', '/', '\u{A0}']);
        let (day_of_month, digits) = self.number()?;
        if digits > 2 {
            return None;
        }
        self.ordinal();
        if !self.ends() {
            return None;
        }
        self.year(day_of_month, month)
    }

    fn ordinal(&mut self) {
        let _ = ["st", "nd", "rd", "th"].iter().any(|it| self.take(it));
    }

    fn month(&mut self) -> Option<u32> {
        let letters = self
            .rest()
            .bytes()
            .take(10)
            .take_while(u8::is_ascii_alphabetic)
            .count();
        let word = self.rest()[..letters].to_ascii_lowercase();
        let place = MONTHS.iter().position(|it| {
            *it == word || (it.starts_with(&word) && (letters == 3 || word == "sept"))
        })?;
        self.at += letters;
        self.take(".");
        u32::try_from(place + 1).ok()
    }

    fn year(&mut self, day_of_month: u32, month: u32) -> Option<Written> {
        let without = self.at;
        self.skip(&[' ', ',', '-', '/', '\u{A0}', '\'', '’']);
        if let Some((year, 4)) = self.number()
            && self.ends()
            && let Some(date) = day(year, month, day_of_month)
        {
            return Some(Written::Clear(date));
        }
        self.at = without;
        // 29 February is a day of some years.
        NaiveDate::from_ymd_opt(2024, month, day_of_month)?;
        self.ends().then_some(Written::NoYear {
            day: day_of_month,
            month,
        })
    }
}

/// The order the dates of some notes stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub order: DateOrder,
    pub in_doubt: bool,
}

/// Finds the order from dates that can be read in one way only, then from the one in which the
/// dates of the headings run steadily up or down.
pub fn order(lines: &[&str], headings: &[String]) -> Order {
    let (mut dmy, mut mdy, mut ymd, mut open, mut clear) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for found in lines.iter().flat_map(|line| find(line)) {
        match found.date {
            Written::Clear(_) => clear += 1,
            Written::NoYear { .. } => {}
            Written::Numbers {
                dotted: true,
                short_year: false,
                ..
            } => dmy += 1,
            Written::Numbers {
                first,
                second,
                short_year,
                ..
            } => match (first, second) {
                (32.., _) if short_year => ymd += 1,
                (13.., 1..=12) => dmy += 1,
                (1..=12, 13..) => mdy += 1,
                (first, second) if first == second => {}
                _ => open += 1,
            },
        }
    }
    let in_order = |order| Order {
        order,
        in_doubt: open > 0 && dmy > 0 && mdy > 0,
    };
    if ymd > dmy.max(mdy) {
        return in_order(DateOrder::YearMonthDay);
    }
    if dmy != mdy {
        return in_order(if dmy > mdy {
            DateOrder::DayMonthYear
        } else {
            DateOrder::MonthDayYear
        });
    }
    if open == 0 {
        let order = if clear > 0 && dmy == 0 {
            DateOrder::YearMonthDay
        } else {
            DateOrder::DayMonthYear
        };
        return Order {
            order,
            in_doubt: false,
        };
    }
    let turns = |order| turns(headings, order);
    let (as_dmy, as_mdy) = (
        turns(DateOrder::DayMonthYear),
        turns(DateOrder::MonthDayYear),
    );
    let order = if as_mdy < as_dmy {
        DateOrder::MonthDayYear
    } else {
        DateOrder::DayMonthYear
    };
    Order {
        order,
        in_doubt: true,
    }
}

/// How often the dates of the headings change between rising and falling.
fn turns(headings: &[String], order: DateOrder) -> usize {
    let dates: Vec<NaiveDate> = headings
        .iter()
        .filter_map(|it| first(it, order))
        .map(|it| it.1)
        .collect();
    let steps: Vec<_> = dates.windows(2).map(|pair| pair[0].cmp(&pair[1])).collect();
    steps.windows(2).filter(|pair| pair[0] != pair[1]).count()
}
