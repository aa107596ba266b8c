//! Measures the CPU time and heap of one thread.

use std::time::Duration;

use cpu_time::ThreadTime;
use futures_util::future::LocalBoxFuture;
use tokio::runtime::Runtime;

/// A library, and the work that it does. The work returns how many items it processed.
pub struct Subject {
    /// The library's name, such as `monotable`.
    pub name: &'static str,
    /// The work.
    pub run: Box<dyn Fn() -> LocalBoxFuture<'static, usize>>,
}

/// Creates a subject.
pub fn subject<F: Future<Output = usize> + 'static>(name: &'static str, run: impl Fn() -> F + 'static) -> Subject {
    Subject { name, run: Box::new(move || Box::pin(run())) }
}

/// The cost of one subject's work.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// The name of the subject.
    pub name: &'static str,
    /// The median CPU time of the calling thread, in microseconds.
    pub micros: f64,
    /// The number of allocations.
    pub allocations: u64,
    /// The largest number of allocated bytes at any time.
    pub peak: u64,
}

/// The minimum duration of one sample, and the number of samples.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// The minimum duration of one sample.
    pub sample: Duration,
    /// The number of samples of each subject.
    pub samples: usize,
}

/// Measures the costs of all subjects.
///
/// The samples of the subjects alternate, so that a slowdown of the machine affects all of them.
///
/// # Panics
/// Panics if the subjects do not process the same number of items.
pub fn compare(runtime: &Runtime, subjects: &[Subject], effort: Effort) -> Vec<Cost> {
    let run = |subject: &Subject| runtime.block_on((subject.run)());
    let works: Vec<_> = subjects.iter().map(|subject| (run(subject), run(subject)).0).collect();
    assert!(works.windows(2).all(|pair| pair[0] == pair[1]), "{works:?}: not the same work");

    let time = |subject: &Subject, times: u32| {
        let mut spent = Duration::ZERO;
        // Otherwise the CPU time would include the counting of allocations.
        allocation_counter::opt_out(|| {
            let start = ThreadTime::now();
            for _ in 0..times {
                std::hint::black_box(run(subject));
            }
            spent = start.elapsed();
        });
        spent
    };
    let often = |subject: &Subject| {
        let mut times = 1;
        loop {
            let spent = time(subject, times);
            if spent >= effort.sample {
                return times;
            }
            let factor = effort.sample.as_secs_f64() / spent.as_secs_f64().max(1e-6) * 1.2;
            times = times.max((f64::from(times) * factor.min(100.0)) as u32 + 1);
        }
    };
    let often: Vec<u32> = subjects.iter().map(often).collect();
    let mut samples = vec![Vec::with_capacity(effort.samples); subjects.len()];
    for round in 0..effort.samples {
        for offset in 0..subjects.len() {
            let n = (round + offset) % subjects.len();
            samples[n].push(time(&subjects[n], often[n]).as_secs_f64() * 1e6 / f64::from(often[n]));
        }
    }
    let cost = |(subject, mut samples): (&Subject, Vec<f64>)| {
        samples.sort_by(f64::total_cmp);
        let heap = allocation_counter::measure(|| {
            run(subject);
        });
        Cost {
            name: subject.name,
            micros: samples[samples.len() / 2],
            allocations: heap.count_total,
            peak: heap.bytes_max,
        }
    };
    subjects.iter().zip(samples).map(cost).collect()
}
