//! Compares the CPU time, allocations and heap of monotable with those of the SDK, serde_dynamo and modyne.
//!
//! `cargo run --release -p monotable-bench` prints a table. Options:
//!
//! - `-- --json` prints one JSON object of ratios.
//! - `-- --embedded` does the same work on the embedded engine.
//! - `-- --dynamodb-local` does some of it on DynamoDB Local, also with PynamoDB.
//! - `-- --pictures` draws the pictures of docs/performance.md again.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a program that measures"
)]

mod canned;
mod entities;
mod floor;
mod many;
mod measure;
mod picture;
mod report;
mod rivals;
mod work;

const OPTIONS: [&str; 4] = ["--json", "--embedded", "--dynamodb-local", "--pictures"];

fn main() {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| options.iter().any(|given| given == option);
    if let Some(unknown) = options.iter().find(|option| !OPTIONS.contains(&option.as_str())) {
        eprintln!("`{unknown}` is no option; there are {}", OPTIONS.join(", "));
        std::process::exit(2);
    }
    if has("--embedded") {
        report::embedded();
    } else if has("--dynamodb-local") {
        report::dynamodb_local();
    } else if has("--pictures") {
        report::pictures();
    } else {
        report::canned(has("--json"));
    }
}
