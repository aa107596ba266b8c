//! A limit to the capacity that reads use in a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Shared by the segments of a scan. What a request uses is known when it is answered, so a request waits until what was used
/// before it is paid for.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: f64,
    paid_at: Mutex<Option<Instant>>,
}

/// A wait that no program sits out.
const LONGEST: f64 = 86_400.0;

impl Pace {
    pub fn new(per_second: f64) -> Self {
        Self { per_second, paid_at: Mutex::new(None) }
    }

    pub async fn wait(&self) {
        let paid_at = *self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(paid_at) = paid_at.filter(|paid_at| *paid_at > Instant::now()) {
            sleep_until(paid_at).await;
        }
    }

    pub fn used(&self, units: f64) {
        let now = Instant::now();
        let seconds = (units / self.per_second).clamp(0.0, LONGEST);
        let mut paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        let from = paid_at.map_or(now, |paid_at| paid_at.max(now));
        *paid_at = Some(from + Duration::from_secs_f64(seconds));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_until_what_was_used_is_paid_for() {
        let pace = Pace::new(10.0);
        let start = Instant::now();
        pace.wait().await;
        assert_eq!(start.elapsed(), Duration::ZERO, "nothing was used yet");
        pace.used(25.0);
        pace.used(5.0);
        pace.wait().await;
        assert_eq!(start.elapsed(), Duration::from_secs(3));
        // What was not used is not saved up.
        tokio::time::sleep(Duration::from_secs(60)).await;
        pace.used(10.0);
        pace.wait().await;
        assert_eq!(start.elapsed(), Duration::from_secs(64));
    }
}
