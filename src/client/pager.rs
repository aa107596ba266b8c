//! The requests of a query or a scan, one after the other, and what their items become.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_core::Stream;
use futures_util::stream::{self, StreamExt};

use super::{Attributes, Connection, Request, connection};
use crate::codec::Stored;
use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};
use crate::item::Item;
use crate::page::Page;
use crate::read::{Plan, ReadRequest};
use crate::readable::{Decoded, Readable, decode};

/// What a caller does with items that cannot be decoded.
pub(crate) type OnBadItem = Box<dyn FnMut(Error) + Send>;

/// What the next look at the items gives.
enum Step<T> {
    Item(T),
    /// `before`: where a page that ends before the item goes on.
    Bad {
        error: Error,
        before: Option<Cursor>,
    },
    /// The items of one request are used up, and there may be more.
    Boundary,
    End,
}

/// A read under way.
pub(crate) struct Pager<T> {
    plan: Plan,
    connection: Option<Connection>,
    on_bad_item: Option<OnBadItem>,
    /// Where the items at hand began, and where the next request begins.
    began: Option<Attributes>,
    next: Option<Attributes>,
    /// Before the first request, for the cursor to begin at is not opened yet.
    is_new: bool,
    items: vec::IntoIter<Attributes>,
    /// The item looked at last, its attributes taken: it says where we are.
    last: Option<Stored>,
    state: State,
    remaining: Option<usize>,
    reads: std::marker::PhantomData<fn() -> T>,
}

#[derive(PartialEq)]
enum State {
    /// Before the next request.
    Request,
    /// In the items of a request.
    Items,
    /// At the end of the items of a request that was not the last one.
    Boundary,
    End,
}

impl<T: Readable> Pager<T> {
    pub fn new(plan: Plan, connection: Option<Connection>, on_bad_item: Option<OnBadItem>) -> Self {
        Self {
            began: None,
            next: None,
            is_new: true,
            items: Vec::new().into_iter(),
            last: None,
            state: State::Request,
            remaining: plan.limit,
            plan,
            connection,
            on_bad_item,
            reads: std::marker::PhantomData,
        }
    }

    fn operation(&self) -> &'static str {
        if self.plan.partition.is_some() { "query" } else { "scan" }
    }

    async fn request(&mut self, remaining: Option<usize>, count: bool) -> Result<(Vec<Attributes>, usize)> {
        let request = self.plan.request(remaining, count)?;
        if self.is_new {
            // Once: a table's name that changes meanwhile is another read's.
            self.connection = Some(connection::find::<T::Table>(self.connection.take()).await?);
        }
        let Some(connection) = &self.connection else {
            unreachable!("a read that is not new has found its connection")
        };
        if self.is_new
            && let Some(start) = &self.plan.start
        {
            let place = self.plan.place(Some(connection.table_name()));
            self.next = Some(start.open(&place, &self.plan.position_keys(), connection.seal().map(AsRef::as_ref))?);
        }
        self.is_new = false;
        let answer = match request.start_at(self.next.clone()) {
            ReadRequest::Query(request) => {
                request.send(connection).await.map(|answer| (answer.items, answer.count, answer.last_evaluated_key))
            }
            ReadRequest::Scan(request) => {
                request.send(connection).await.map(|answer| (answer.items, answer.count, answer.last_evaluated_key))
            }
        };
        let (items, count, last_key) = answer?;
        let last_key = last_key.filter(|key| !key.is_empty());
        self.began = std::mem::replace(&mut self.next, last_key);
        Ok((items.unwrap_or_default(), usize::try_from(count).unwrap_or_default()))
    }

    /// The cursor just after the item looked at last.
    fn position(&self) -> Option<Cursor> {
        match &self.last {
            Some(last) => self.cursor(Some(&last.position(&self.plan.position_keys()))),
            None => self.cursor(self.began.as_ref()),
        }
    }

    /// The cursor where the next request begins.
    fn next_cursor(&self) -> Option<Cursor> {
        if self.is_new { self.plan.start.clone() } else { self.cursor(self.next.as_ref()) }
    }

    fn cursor(&self, key: Option<&Attributes>) -> Option<Cursor> {
        let key = key?;
        let connection = self.connection.as_ref();
        let place = self.plan.place(connection.map(Connection::table_name));
        let seal = connection.and_then(Connection::seal).cloned();
        Some(Cursor::new(place, key, &self.plan.position_keys(), seal))
    }

    async fn step(&mut self) -> Result<Step<T>> {
        loop {
            match self.state {
                State::End => return Ok(Step::End),
                State::Boundary => {
                    self.state = State::Request;
                    return Ok(Step::Boundary);
                }
                State::Request => {
                    let answer = self.request(self.remaining, false).await;
                    let (items, _) = answer.map_err(|error| {
                        self.state = State::End;
                        error.during(self.operation()).entity(self.plan.target.name).resume_at(self.next_cursor())
                    })?;
                    self.items = items.into_iter();
                    self.last = None;
                    self.state = State::Items;
                }
                State::Items => {
                    let Some(item) = self.items.next() else {
                        self.state = if self.next.is_some() { State::Boundary } else { State::End };
                        continue;
                    };
                    if let Some(step) = self.look_at(item) {
                        return Ok(step);
                    }
                }
            }
        }
    }

    /// `None` for an item that was not asked for.
    fn look_at(&mut self, item: Attributes) -> Option<Step<T>> {
        let mut stored = Stored::new(Item::from(item), self.plan.table.layout);
        if let Some((sort_key, excluded)) = self.plan.excluded()
            && stored.get(sort_key).and_then(crate::key::text).as_deref() == Some(excluded)
        {
            self.last = Some(stored);
            return None;
        }
        let decoded = decode::<T>(&mut stored);
        // Only a page asks for the place before a bad item, and only a bad item pays for it.
        let before = if matches!(decoded, Decoded::Bad(_)) { self.position() } else { None };
        self.last = Some(stored);
        match decoded {
            Decoded::Good(good) => {
                if let Some(remaining) = &mut self.remaining {
                    *remaining = remaining.saturating_sub(1);
                }
                Some(Step::Item(good))
            }
            Decoded::Foreign(_) => None,
            Decoded::Bad(error) => {
                let error = error.resume_at(self.position());
                match &mut self.on_bad_item {
                    Some(on_bad_item) => {
                        on_bad_item(error);
                        None
                    }
                    None => Some(Step::Bad { error, before }),
                }
            }
        }
    }

    fn is_full(&self) -> bool {
        self.remaining == Some(0)
    }

    /// The next item, or the next bad one's error. After a request that failed there is nothing more; its error's
    /// `resume` says where to begin again.
    pub async fn next(&mut self) -> Option<Result<T>> {
        while !self.is_full() {
            match self.step().await {
                Ok(Step::Item(item)) => return Some(Ok(item)),
                Ok(Step::Bad { error, .. }) | Err(error) => return Some(Err(error)),
                Ok(Step::Boundary) => {}
                Ok(Step::End) => return None,
            }
        }
        None
    }

    pub async fn all(mut self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    pub async fn first(mut self) -> Result<Option<T>> {
        self.remaining = Some(1.min(self.remaining.unwrap_or(1)));
        self.next().await.transpose()
    }

    pub async fn one(mut self) -> Result<T> {
        self.remaining = Some(2);
        let name = self.plan.target.name;
        let fail = |kind, message: &str| Err(Error::new(kind, message).during("query").entity(name));
        let Some(one) = self.next().await.transpose()? else {
            return fail(ErrorKind::NotFound, "there is no such item");
        };
        match self.next().await.transpose()? {
            None => Ok(one),
            Some(_) => fail(ErrorKind::NotUnique, "there is more than one such item"),
        }
    }

    /// With a limit, as many items as that if there are so many; without, the items of one request.
    pub async fn page(mut self) -> Result<Page<T>> {
        if self.is_full() {
            let error = Error::new(ErrorKind::InvalidRequest, "a page of 0 items gets nowhere; ask for 1 item or more");
            return Err(error.during(self.operation()).entity(self.plan.target.name));
        }
        let start = self.plan.start.clone();
        let mut items = Vec::new();
        loop {
            if self.is_full() {
                let more = self.items.len() > 0;
                let next = if more { self.position() } else { self.next_cursor() };
                return Ok(Page { items, next });
            }
            // A request that fails loses the items before it, so the page is to be read again as a whole.
            match self.step().await.map_err(|error| error.resume_at(start.clone()))? {
                Step::Item(item) => items.push(item),
                Step::Bad { error, .. } if items.is_empty() => return Err(error),
                Step::Bad { before, .. } => return Ok(Page { items, next: before }),
                Step::Boundary if self.remaining.is_none() => {
                    return Ok(Page { items, next: self.next_cursor() });
                }
                Step::Boundary => {}
                Step::End => return Ok(Page { items, next: None }),
            }
        }
    }

    /// How many items there are, as far as the limit.
    pub async fn count(mut self) -> Result<usize> {
        let mut total: usize = 0;
        loop {
            let limit = self.plan.limit.unwrap_or(usize::MAX);
            if total >= limit {
                return Ok(limit);
            }
            let remaining = self.plan.limit.map(|limit| limit - total);
            let counted = self.request(remaining, true).await;
            let (items, count) = counted.map_err(|error| error.during("count").entity(self.plan.target.name))?;
            let excluded = self.plan.excluded().map_or(0, |(sort_key, excluded)| {
                let is_excluded =
                    |item: &&Attributes| item.get(sort_key).and_then(crate::key::text).as_deref() == Some(excluded);
                items.iter().filter(is_excluded).count()
            });
            total += count - excluded.min(count);
            if self.next.is_none() {
                return Ok(total.min(limit));
            }
        }
    }
}

/// A stream of items, page by page. A bad item is an error in its place, and the stream goes on after it.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T>(Pin<Box<dyn Stream<Item = Result<T>> + Send>>);

impl<T: Readable> Items<T> {
    pub(crate) fn new(pager: Pager<T>) -> Self {
        let items = stream::unfold(pager, |mut pager| async move {
            let item = pager.next().await?;
            Some((item, pager))
        });
        // At its end it stays there, however often it is asked.
        Self(Box::pin(items.fuse()))
    }

    /// The next item: what a `Stream`'s `next` gives, without its trait.
    pub async fn next(&mut self) -> Option<Result<T>> {
        std::future::poll_fn(|context| self.0.as_mut().poll_next(context)).await
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Items")
    }
}
