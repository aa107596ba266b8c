//! A stream of items.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::future::BoxFuture;

use crate::client::pager::Pager;
use crate::error::Result;
use crate::model::read_target::ReadTarget;
use crate::value::cursor::Cursor;

/// A stream of items, page by page. A bad item is an error in its place, and the stream goes on after it. So is a request that
/// failed: where it was throttled, or no answer came, it is sent again when the next item is wanted, with nothing skipped or
/// repeated; after three such failures in a row, or another one, the stream ends.
#[must_use = "a stream does nothing until it is polled"]
pub struct ItemStream<T>(State<T>);

enum State<T> {
    /// Between two items.
    AtHand(Box<Pager<T>>),
    /// A request is under way. Where the stream is meanwhile.
    Asking(BoxFuture<'static, Asked<T>>, Option<Cursor>),
    /// After the last item. The cursor just after it.
    End(Option<Cursor>),
}

/// What a request brought, and the pager back.
type Asked<T> = (Result<()>, Box<Pager<T>>);

/// What was read is not pinned.
impl<T> Unpin for ItemStream<T> {}

impl<T: ReadTarget> ItemStream<T> {
    pub(crate) fn new(pager: Pager<T>) -> Self {
        Self(State::AtHand(Box::new(pager)))
    }

    /// The next item: what a `Stream`'s `next` gives, without its trait.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The cursor just after the item given last, from which another read of the same kind goes on (`start_at`); before the first
    /// item, that with which the stream was started.
    pub fn cursor(&self) -> Option<Cursor> {
        match &self.0 {
            State::AtHand(pager) => pager.position(),
            State::Asking(_, cursor) | State::End(cursor) => cursor.clone(),
        }
    }
}

impl<T: ReadTarget> Stream for ItemStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            match &mut self.0 {
                State::AtHand(pager) => {
                    if let Some(next) = pager.next_at_hand() {
                        if next.is_none() {
                            self.0 = State::End(pager.position());
                        }
                        return Poll::Ready(next);
                    }
                    let cursor = pager.position();
                    let State::AtHand(mut pager) = std::mem::replace(&mut self.0, State::End(None)) else {
                        unreachable!("matched above")
                    };
                    let asking = async move { (pager.fetch().await, pager) };
                    self.0 = State::Asking(Box::pin(asking), cursor);
                }
                State::Asking(asking, _) => {
                    let (asked, pager) = ready!(asking.as_mut().poll(context));
                    self.0 = State::AtHand(pager);
                    if let Err(error) = asked {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::End(_) => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for ItemStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Items")
    }
}
