//! How far a command is: its numbered steps, and of a build the crates that are done.

use std::io::{IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Answer;
use crate::program::{about, line, name, seconds};

/// The steps of one command, numbered as they begin.
pub struct Steps {
    begun: usize,
    of: usize,
}

impl Steps {
    pub fn new(of: usize) -> Self {
        Self { begun: 0, of }
    }

    pub fn begin(&mut self, what: &str) {
        self.begun += 1;
        println!("Step {} of {}: {what}", self.begun, self.of);
    }
}

/// Runs cargo and shows how many crates are built, of how many, and about how long the rest takes.
/// Warnings and errors are shown as they come.
///
/// Cargo reports its progress on a terminal only; the settings that make it do so elsewhere are in
/// The Cargo Book, Configuration, `term.progress`.
pub fn build(command: &mut Command) -> Answer {
    println!("$ {}", line(command));
    let started = Instant::now();
    let terminal = std::io::stdout().is_terminal();
    let mut child = command
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "120")
        .env(
            "CARGO_TERM_COLOR",
            if terminal { "always" } else { "never" },
        )
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", name(command)))?;
    let mut shown = Shown::new(terminal);
    if let Some(mut output) = child.stderr.take() {
        let (mut pending, mut chunk) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = output.read(&mut chunk) {
            for &byte in &chunk[..read] {
                match byte {
                    b'\r' | b'\n' => {
                        shown.take(&String::from_utf8_lossy(&pending), started.elapsed());
                        pending.clear();
                    }
                    _ => pending.push(byte),
                }
            }
        }
        shown.take(&String::from_utf8_lossy(&pending), started.elapsed());
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    shown.end();
    if !status.success() {
        return Err(format!("{} ended with {status}", name(command)));
    }
    if let Some(count) = shown.last {
        println!(
            "{} crates built in {}",
            count.of,
            seconds(started.elapsed())
        );
    }
    Ok(())
}

/// How many crates are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    done: u32,
    of: u32,
}

/// Without a terminal, a line is printed this often.
const EVERY: Duration = Duration::from_secs(20);
/// Before that, what is left cannot be estimated.
const ESTIMATED_AFTER: Duration = Duration::from_secs(30);

struct Shown {
    terminal: bool,
    last: Option<Count>,
    printed: Option<Duration>,
}

impl Shown {
    fn new(terminal: bool) -> Self {
        Self {
            terminal,
            last: None,
            printed: None,
        }
    }

    /// A piece of cargo's output: its progress, the name of a crate, or a message.
    fn take(&mut self, text: &str, elapsed: Duration) {
        let plain = plain(text);
        let words = plain.trim();
        if words.is_empty() {
            return;
        }
        if let Some(count) = count(words) {
            self.last = Some(count);
            self.status(&progress(count, elapsed), elapsed);
        } else if !is_routine(words) {
            self.clear();
            println!("{}", text.trim_end());
        }
    }

    fn status(&mut self, text: &str, elapsed: Duration) {
        if self.terminal {
            print!("\r\x1b[K  {text}");
            std::io::stdout().flush().ok();
        } else if self.printed.is_none_or(|it| elapsed >= it + EVERY) {
            println!("  {text}");
            self.printed = Some(elapsed);
        }
    }

    fn clear(&self) {
        if self.terminal && self.last.is_some() {
            print!("\r\x1b[K");
        }
    }

    fn end(&self) {
        self.clear();
        std::io::stdout().flush().ok();
    }
}

fn progress(count: Count, elapsed: Duration) -> String {
    let mut text = format!("{} of {} crates", count.done, count.of);
    if let Some(left) = left(count, elapsed) {
        text.push_str(&format!(", {} left", about(left)));
    }
    text
}

/// Assumes that each crate takes the same time.
fn left(count: Count, elapsed: Duration) -> Option<Duration> {
    if elapsed < ESTIMATED_AFTER || count.done == 0 || count.done > count.of {
        return None;
    }
    Some(elapsed.mul_f64(f64::from(count.of - count.done) / f64::from(count.done)))
}

/// "Building [====>    ] 123/491: tauri, gtk" in cargo's words.
fn count(words: &str) -> Option<Count> {
    let bar = words.strip_prefix("Building [")?;
    let (done, of) = bar.split_once("] ")?.1.split_once('/')?;
    let digits = of.split(|it: char| !it.is_ascii_digit()).next()?;
    Some(Count {
        done: done.trim().parse().ok()?,
        of: digits.parse().ok()?,
    })
}

/// Lines that repeat what the count shows.
fn is_routine(words: &str) -> bool {
    const ROUTINE: [&str; 8] = [
        "Compiling ",
        "Downloading ",
        "Downloaded ",
        "Updating ",
        "Locking ",
        "Fresh ",
        "Finished ",
        "Blocking ",
    ];
    ROUTINE.iter().any(|it| words.starts_with(it)) || words.starts_with("Fetch [")
}

/// Without what colours it on a terminal: "ESC [", parameters and a letter (ECMA-48, section 5.4).
fn plain(text: &str) -> String {
    let (mut plain, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => {
                characters.next();
                for part in characters.by_ref() {
                    if part.is_ascii_alphabetic() {
                        break;
                    }
                }
            }
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_counted_from_cargos_own_progress() {
        let bar = "    Building [=======>          ] 123/491: tauri, gtk(build)";
        let expected = Count { done: 123, of: 491 };
        assert_eq!(count(bar.trim()), Some(expected));
        let coloured = "\x1b[1m\x1b[36m    Building\x1b[0m [=>   ] 123/491: tauri";
        assert_eq!(count(plain(coloured).trim()), Some(expected));
        assert_eq!(count("Compiling tauri v2.12.5"), None);
        assert_eq!(count("Building [=> ] soon"), None);
    }

    #[test]
    fn messages_are_not_taken_for_routine() {
        assert!(is_routine("Compiling tauri v2.12.5"));
        assert!(!is_routine("warning: unused variable: `x`"));
        assert!(!is_routine("error[E0425]: cannot find value"));
    }

    #[test]
    fn what_is_left_is_estimated_from_what_is_done() {
        let half = Count { done: 50, of: 100 };
        assert_eq!(left(half, Duration::from_secs(10)), None);
        let minute = Duration::from_secs(60);
        assert_eq!(left(half, minute), Some(minute));
        assert_eq!(
            progress(half, Duration::from_secs(300)),
            "50 of 100 crates, about 5 minutes left"
        );
        assert_eq!(left(Count { done: 0, of: 9 }, minute), None);
    }
}
