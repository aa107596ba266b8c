//! Limits the read capacity units that a read uses per second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Delays requests so that a read stays within its rate. The segments of a scan share one.
///
/// The capacity of a request is known only from its response. Each request therefore waits until the time that the earlier
/// requests need at this rate has passed.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: f64,
    paid_at: Mutex<Option<Instant>>,
}

/// The longest wait, in seconds: longer than any program needs.
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
    async fn a_request_waits_for_the_capacity_of_earlier_requests() {
        let pace = Pace::new(10.0);
        let start = Instant::now();
        pace.wait().await;
        assert_eq!(start.elapsed(), Duration::ZERO, "nothing was used yet");
        pace.used(25.0);
        pace.used(5.0);
        pace.wait().await;
        assert_eq!(start.elapsed(), Duration::from_secs(3));
        // Unused capacity is not saved.
        tokio::time::sleep(Duration::from_secs(60)).await;
        pace.used(10.0);
        pace.wait().await;
        assert_eq!(start.elapsed(), Duration::from_secs(64));
    }
}
