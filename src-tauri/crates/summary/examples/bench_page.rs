//! Prints how many milliseconds the storage format of a large retrospective takes, as the median.

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
    println!("{:.3}", storage_ms());
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
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let page = storage::write(&document::build(&summary, &context), &marker);
            let took = start.elapsed().as_secs_f64() * 1000.0;
            std::hint::black_box(page);
            took
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
