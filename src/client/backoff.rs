//! Pauses before a request is repeated: random up to a time that doubles, so that those who failed together do not come back
//! together.
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>

use std::time::Duration;

use tokio::time::sleep;
use tracing::debug;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits after so many requests that failed, one after the other.
pub(super) async fn pause(failures: u32) {
    let longest = LONGEST.min(FIRST.saturating_mul(2_u32.saturating_pow(failures)));
    let pause = longest.mul_f64(fastrand::f64());
    debug!(pause_ms = pause.as_millis(), failures, "waiting before the request is sent again");
    sleep(pause).await;
}
