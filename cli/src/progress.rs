//! What a person sees while something takes long.

use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::output::Output;

/// Shorter work needs no line.
const QUIET: Duration = Duration::from_secs(1);

/// Waits for work. If it takes more than a second, a line on the terminal says what it is, until the work is done.
pub async fn during<T>(output: Output, what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(QUIET, &mut work).await {
        return done;
    }
    let _bar = bar(output, what);
    work.await
}

/// A line on standard error, if that is a terminal. It disappears when it is dropped, also if the work is given up.
fn bar(output: Output, what: &str) -> ProgressBar {
    if output.is_json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    let bar = ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        .with_elapsed(QUIET)
        .with_message(what.to_owned())
        .with_finish(ProgressFinish::AndClear);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
