//! The time limit of the function.

use std::time::{Duration, SystemTime};

use lambda_http::Context;

/// The time for the response. Without a response before its deadline, Lambda stops the function and reports a failure.
const MARGIN: Duration = Duration::from_millis(500);

/// Returns how long the invocation may still work.
pub fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    left.saturating_sub(MARGIN)
}
