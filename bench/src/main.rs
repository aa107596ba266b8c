//! What monotable costs beside the SDK, serde_dynamo and modyne: CPU time, allocations and heap.
//!
//! `cargo run --release -p monotable-bench` prints tables, with `-- --json` one object of ratios, with `-- --embedded` the same
//! work on the embedded engine.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a program that measures"
)]

mod canned;
mod entities;
mod many;
mod measure;
mod report;
mod rivals;
mod work;

fn main() {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| options.iter().any(|given| given == option);
    if let Some(unknown) = options.iter().find(|option| !["--json", "--embedded"].contains(&option.as_str())) {
        eprintln!("`{unknown}` is no option; there are --json and --embedded");
        std::process::exit(2);
    }
    if has("--embedded") {
        report::embedded();
    } else {
        report::canned(has("--json"));
    }
}
