//! Prints how many milliseconds the storage format of a large retrospective takes, and its JSON, as
//! medians: `figure <name> <value>`.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use chrono::NaiveDate;
use retropress_summary::{
    Summary,
    document::{self, Context},
    sample,
    storage::{self, Marker},
};

const RUNS: usize = 201;

fn main() {
    println!("figure page_ms {:.4}", storage_ms());
    println!("figure json_ms {:.4}", json_ms());
}

/// From the summary to the finished body of the page.
fn storage_ms() -> f64 {
    let summary = Summary::Retrospective(sample::large_retrospective());
    let context = Context {
        team: "Payments",
        title: "Sprint 22 - Retrospective",
        previous: None,
        today: summary.date().unwrap_or(NaiveDate::MIN),
        pdf_name: "Sprint 22 - Retrospective.pdf",
    };
    let marker = Marker {
        operation_id: "0190b2a4-7c1e-7d7a-9f37-2b6f0d6a1c55",
        reference: "RP-7F3A19",
    };
    median(|| storage::write(&document::build(&summary, &context), &marker))
}

/// What the same costs as the draft it is saved as.
fn json_ms() -> f64 {
    let summary = Summary::Retrospective(sample::large_retrospective());
    median(|| serde_json::to_string(&summary))
}

fn median<T>(work: impl Fn() -> T) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let made = work();
            let took = start.elapsed().as_secs_f64() * 1000.0;
            std::hint::black_box(made);
            took
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
