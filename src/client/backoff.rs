//! Exponential backoff with jitter: each pause is random, and its upper bound doubles with each failure. Clients that failed at
//! the same time therefore do not retry at the same time.
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>

use std::time::Duration;

use tokio::time::sleep;
use tracing::debug;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Pauses after this number of consecutive failures.
pub(super) async fn pause(failures: u32) {
    let longest = LONGEST.min(FIRST.saturating_mul(2_u32.saturating_pow(failures)));
    let pause = longest.mul_f64(fastrand::f64());
    debug!(pause_ms = pause.as_millis(), failures, "waiting before the request is sent again");
    sleep(pause).await;
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::{FIRST, LONGEST, pause};

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_up_to_the_longest_one() {
        for failures in [0, 3, 40] {
            let begin = Instant::now();
            for _ in 0..64 {
                pause(failures).await;
            }
            let longest = LONGEST.min(FIRST * 2_u32.saturating_pow(failures));
            let waited = begin.elapsed();
            // Each pause is random between zero and the longest one, so the total of 64 pauses is far from both extremes.
            assert!(waited > longest * 10 && waited < longest * 54, "{waited:?} after {failures} failures");
        }
    }
}
