//! Parallel scans.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde::{Deserialize, Serialize};

use crate::client::background::Background;
use crate::client::pace::Pace;
use crate::client::pager::{self, Next, OnBadItem, Pager};
use crate::client::{Connection, OperationFuture};
use crate::error::{Error, ErrorKind, Result};
use crate::model::read_target::ReadTarget;
use crate::read::plan::{MAX_SEGMENTS, Plan};
use crate::value::cursor::Cursor;

/// The progress of one segment of a scan.
///
/// You can store it with serde, and pass it to [`Segments::resume`] later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SegmentProgress {
    /// Nothing has been read yet.
    Start,
    /// Everything up to this cursor has been read.
    At(Cursor),
    /// Everything has been read.
    End,
}

/// A parallel scan: reads several segments at the same time.
///
/// It returns each item once, in no particular order.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html>
#[must_use = "a scan does nothing until one of `all`, `stream` or `count` is awaited"]
pub struct Segments<T> {
    plan: Plan,
    connection: Option<Connection>,
    on_bad_item: Option<OnBadItem>,
    segments: usize,
    progress: Option<Vec<SegmentProgress>>,
    reads: PhantomData<fn() -> T>,
}

impl<T: ReadTarget> Segments<T> {
    pub(crate) fn new(
        plan: Plan,
        connection: Option<Connection>,
        on_bad_item: Option<OnBadItem>,
        segments: usize,
    ) -> Self {
        Self { plan, connection, on_bad_item, segments, progress: None, reads: PhantomData }
    }

    /// Continues an earlier scan from its [`progress`](ParallelScanStream::progress).
    ///
    /// Both scans must have the same number of segments.
    pub fn resume(mut self, progress: impl IntoIterator<Item = SegmentProgress>) -> Self {
        self.progress = Some(progress.into_iter().collect());
        self
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns all items, in no particular order.
    ///
    /// # Errors
    /// Fails with the first error of a request, or of an item that cannot be deserialized unless the scan has `on_bad_item`.
    pub fn all(self) -> OperationFuture<Vec<T>> {
        OperationFuture::new(async move {
            let (mut items, mut stream) = (Vec::new(), self.stream());
            while let Some(item) = stream.next().await {
                items.push(item?);
            }
            Ok(items)
        })
    }

    /// Returns a stream of the items. Each segment sends its next request when its items are used up.
    pub fn stream(self) -> ParallelScanStream<T> {
        ParallelScanStream::new(self)
    }

    /// Returns the number of items, up to the limit. DynamoDB reads and bills them, but does not return their contents.
    pub fn count(self) -> OperationFuture<usize> {
        OperationFuture::new(async move {
            let limit = self.plan.limit.unwrap_or(usize::MAX);
            let mut counts: FuturesUnordered<_> = self.pagers()?.into_iter().flatten().map(Pager::count).collect();
            let mut total: usize = 0;
            while let Some(count) = counts.next().await {
                total = total.saturating_add(count?);
            }
            Ok(total.min(limit))
        })
    }

    /// Creates a pager for each segment; `None` for a segment that has been read completely.
    fn pagers(self) -> Result<Vec<Option<Pager<T>>>> {
        let name = self.plan.target.name;
        let refuse =
            |message: String| Err(Error::new(ErrorKind::InvalidRequest, message).with_operation("scan").entity(name));
        let count = self.segments;
        if !(1..=MAX_SEGMENTS).contains(&count) {
            return refuse(format!("a scan cannot have {count} segments: use 1 to {MAX_SEGMENTS}"));
        }
        if self.plan.segment.is_some() {
            return refuse("a scan cannot use both `segment` and `segments`: remove one of them".to_owned());
        }
        if self.plan.start.is_some() {
            return refuse(
                "a scan with `segments` cannot start at a single cursor: continue it with `resume` from its progress"
                    .to_owned(),
            );
        }
        let progress = self.progress.unwrap_or_else(|| vec![SegmentProgress::Start; count]);
        if progress.len() != count {
            let message =
                format!("the progress has {} segments, but this scan has {count}: use the same number", progress.len());
            return refuse(message);
        }
        let pace = self.plan.rate.map(Pace::new).map(Arc::new);
        let on_bad_item = self.on_bad_item.map(|on_bad_item| Arc::new(Mutex::new(on_bad_item)));
        let plan = Arc::new(self.plan);
        let pager = |(number, progress)| {
            let start = match progress {
                SegmentProgress::Start => None,
                SegmentProgress::At(cursor) => Some(cursor),
                SegmentProgress::End => return None,
            };
            let on_bad_item = on_bad_item.clone().map(|shared| -> OnBadItem {
                // A poisoned lock is harmless: only the callback itself can panic.
                Box::new(move |error| shared.lock().unwrap_or_else(PoisonError::into_inner)(error))
            });
            let (plan, pace) = (Arc::clone(&plan), pace.clone());
            Some(Pager::part(plan, Some((number, count)), start, self.connection.clone(), on_bad_item, pace))
        };
        Ok(progress.into_iter().enumerate().map(pager).collect())
    }
}

impl<T> fmt::Debug for Segments<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Segments").field(&self.segments).field(&self.plan).finish()
    }
}

type Fetching<T> = Background<(usize, Pager<T>, Result<()>)>;

/// The stream of a parallel scan.
///
/// It returns the items in no particular order. As with [`ItemStream`](crate::ItemStream), an item that cannot be deserialized
/// and a request that failed are errors at their position.
#[must_use = "a stream does nothing until it is polled"]
pub struct ParallelScanStream<T> {
    /// The error that was found before the scan started.
    refused: Option<Error>,
    /// The segments that have items available, or whose next request is due.
    ready: VecDeque<(usize, Pager<T>)>,
    fetching: FuturesUnordered<Fetching<T>>,
    /// The progress of the segments that are not ready.
    progress: Vec<SegmentProgress>,
    remaining: Option<usize>,
}

impl<T: ReadTarget> ParallelScanStream<T> {
    fn new(segments: Segments<T>) -> Self {
        let (remaining, progress) = (segments.plan.limit, segments.progress.clone());
        let (refused, pagers) = match segments.pagers() {
            Ok(pagers) => (None, pagers),
            Err(error) => (Some(error), Vec::new()),
        };
        let progress = progress.unwrap_or_else(|| vec![SegmentProgress::Start; pagers.len()]);
        let ready = pagers.into_iter().enumerate().filter_map(|(number, pager)| Some((number, pager?))).collect();
        Self { refused, ready, fetching: FuturesUnordered::new(), progress, remaining }
    }

    /// Returns the progress of each segment, for [`Segments::resume`].
    ///
    /// It includes exactly the items that the stream has returned, so a resumed scan skips and repeats nothing.
    pub fn progress(&self) -> Vec<SegmentProgress> {
        let mut progress = self.progress.clone();
        for (number, pager) in &self.ready {
            progress[*number] = pager.progress();
        }
        progress
    }

    /// Returns the next item, like `StreamExt::next`. You do not have to import a trait.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn fetch(&mut self, number: usize, mut pager: Pager<T>) {
        self.progress[number] = pager.progress();
        pager.leave_scope();
        self.fetching.push(Background::start(Box::pin(async move {
            let fetched = pager.fetch().await;
            (number, pager, fetched)
        })));
    }
}

impl<T: ReadTarget> Stream for ParallelScanStream<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self.get_mut();
        if let Some(error) = this.refused.take() {
            return Poll::Ready(Some(Err(error)));
        }
        loop {
            if this.remaining == Some(0) {
                return Poll::Ready(None);
            }
            while let Poll::Ready(Some(fetched)) = this.fetching.poll_next_unpin(context) {
                let Some((number, pager, fetched)) = fetched else { return Poll::Ready(Some(Err(pager::shut_down()))) };
                this.ready.push_back((number, pager));
                if let Err(error) = fetched {
                    return Poll::Ready(Some(Err(error)));
                }
            }
            let Some((number, mut pager)) = this.ready.pop_front() else {
                return if this.fetching.is_empty() { Poll::Ready(None) } else { Poll::Pending };
            };
            let step = match pager.at_hand() {
                None => {
                    this.fetch(number, pager);
                    continue;
                }
                // A segment that failed has not been read completely.
                Some(Next::End) => {
                    if !pager.has_failed() {
                        this.progress[number] = SegmentProgress::End;
                    }
                    continue;
                }
                Some(step) => step,
            };
            this.ready.push_front((number, pager));
            match step {
                Next::Item(item) => {
                    if let Some(remaining) = &mut this.remaining {
                        *remaining -= 1;
                    }
                    return Poll::Ready(Some(Ok(item)));
                }
                Next::Bad { error, .. } => return Poll::Ready(Some(Err(error))),
                Next::Boundary | Next::End => {}
            }
        }
    }
}

impl<T> fmt::Debug for ParallelScanStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParallelScanStream").field("segments", &self.progress.len()).finish_non_exhaustive()
    }
}
