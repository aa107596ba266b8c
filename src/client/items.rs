//! The stream of a query or a scan.

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

/// A stream of the items of a query or a scan.
///
/// The stream sends a request when you need its items, or earlier with `read_ahead`. An item that cannot be deserialized is an
/// error at its position, and the stream continues after it.
///
/// If a request fails, the stream returns the error. If the error is transient
/// ([`Error::is_transient`](crate::Error::is_transient)), for example because the request was throttled or got no response, the
/// stream sends the request again when you ask for the next item. It skips and repeats nothing. The stream ends after three
/// consecutive failures, or after an error that is not transient.
#[must_use = "a stream does nothing until it is polled"]
pub struct ItemStream<T>(State<T>);

enum State<T> {
    /// Items are available, or the next request is due.
    AtHand(Box<Pager<T>>),
    /// A request is in progress. The cursor is the position of the stream in the meantime.
    Asking(BoxFuture<'static, Asked<T>>, Option<Cursor>),
    /// The stream has ended. The cursor is just after the last item.
    End(Option<Cursor>),
}

/// The result of a request, and the pager that sent it.
type Asked<T> = (Result<()>, Box<Pager<T>>);

/// Items are not pinned.
impl<T> Unpin for ItemStream<T> {}

impl<T: ReadTarget> ItemStream<T> {
    pub(crate) fn new(pager: Pager<T>) -> Self {
        Self(State::AtHand(Box::new(pager)))
    }

    /// Returns the next item, like `StreamExt::next`. You do not have to import a trait.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Returns the cursor just after the last item that the stream returned.
    ///
    /// Pass it to `start_at` of the same kind of read to continue there. Before the first item, it is the cursor that the stream
    /// was started with.
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
        f.write_str("ItemStream")
    }
}
