//! Sends the requests of a query or a scan one after the other, and decodes their items.

mod finish;

use std::sync::Arc;
use std::vec;

use aws_sdk_dynamodb::operation::query::builders::QueryInputBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanInputBuilder;
use aws_smithy_types::body::SdkBody;
use futures_util::future::BoxFuture;

use crate::client::background::Background;
use crate::client::pace::Pace;
use crate::client::segments::SegmentProgress;
use crate::client::{
    Attributes, Connection, DecodeItem, OperationInfo, Reading, Request, Usage, backoff, connection, default_connection,
};
use crate::codec::{self, Entries};
use crate::error::{Error, ErrorKind, Result};
use crate::model::read_target::{Decoded, Dispatch, ReadTarget, decode};
use crate::model::{At, Stored};
use crate::read::plan::{Plan, ReadRequest};
use crate::schema::{KeyAttribute, TableLayout};
use crate::value::cursor::Cursor;

/// The user's callback for items that cannot be deserialized.
pub(crate) type OnBadItem = Box<dyn FnMut(Error) + Send>;

/// One step through the items.
pub(crate) enum Next<T> {
    Item(T),
    /// An item that cannot be deserialized. `before` is the cursor for a page that ends before it.
    Bad {
        error: Error,
        before: Option<Cursor>,
    },
    /// The end of the items of one request. There may be more.
    Boundary,
    End,
}

/// A query or a scan in progress.
pub(crate) struct Pager<T> {
    plan: Arc<Plan>,
    /// The number of the segment and the number of segments, for a scan in segments.
    segment: Option<(usize, usize)>,
    connection: Option<Connection>,
    on_bad_item: Option<OnBadItem>,
    /// Set by the first request, which finds the connection. The read keeps its table name, even if the name changes in the
    /// meantime.
    usage: Option<Usage>,
    pace: Option<Arc<Pace>>,
    /// The cursor that the read starts at.
    start: Option<Cursor>,
    /// The start key of the request that returned the current items.
    began: Option<Attributes>,
    /// The start key of the next request.
    next: Option<Attributes>,
    items: vec::IntoIter<(At, Outcome<T>)>,
    /// The response body that contains the current items.
    text: Option<SdkBody>,
    /// The last item, for the position of the read.
    last: Option<At>,
    state: State,
    remaining: Option<usize>,
    /// The number of consecutive failures.
    failures: u32,
    /// The next request, in progress while the current items are consumed.
    ahead: Option<Background<Result<PageItems<T>>>>,
}

/// Items are not pinned.
impl<T> Unpin for Pager<T> {}

#[derive(PartialEq)]
enum State {
    /// Before the next request.
    Request,
    /// Within the items of a request.
    Items,
    /// After the items of a request that is not the last one.
    Boundary,
    End,
    /// A request has failed, and is not retried.
    Failed,
}

/// The number of consecutive failures after which a stream ends.
const MOST_FAILURES: u32 = 3;

/// What an item was decoded as.
enum Outcome<T> {
    Item(T),
    Bad(Error),
    /// An item that the caller does not want.
    Other,
    /// An item that is only counted.
    Counted,
}

/// The items of one response.
struct PageItems<T> {
    items: Vec<(At, Outcome<T>)>,
    text: Option<SdkBody>,
    count: usize,
    last_key: Option<Attributes>,
    units: f64,
}

impl<T: ReadTarget> Pager<T> {
    pub fn new(plan: Plan, connection: Option<Connection>, on_bad_item: Option<OnBadItem>) -> Self {
        let start = plan.start.clone();
        let (plan, segment) = (Arc::new(plan), None);
        Self::part(plan, segment, start, connection, on_bad_item, None)
    }

    /// Creates the pager of one segment of a scan.
    pub fn part(
        plan: Arc<Plan>,
        segment: Option<(usize, usize)>,
        start: Option<Cursor>,
        connection: Option<Connection>,
        on_bad_item: Option<OnBadItem>,
        pace: Option<Arc<Pace>>,
    ) -> Self {
        Self {
            segment: segment.or(plan.segment),
            usage: None,
            pace: pace.or_else(|| plan.rate.map(Pace::new).map(Arc::new)),
            start,
            began: None,
            next: None,
            items: Vec::new().into_iter(),
            text: None,
            last: None,
            state: State::Request,
            remaining: plan.limit,
            failures: 0,
            ahead: None,
            plan,
            connection,
            on_bad_item,
        }
    }

    fn operation(&self) -> &'static str {
        if self.plan.partition.is_some() { "query" } else { "scan" }
    }

    /// Finds the connection and the start key of the first request.
    async fn begin(&mut self) -> Result<()> {
        let connection = default_connection::find::<T::Table>(self.connection.take()).await?;
        if let Some(start) = &self.start {
            let place = self.plan.place(Some(connection.table_name()), self.segment);
            self.next = Some(
                start
                    .open(&place, &self.plan.position_keys(), connection.seal().map(AsRef::as_ref))
                    .map_err(Error::invalid_cursor)?,
            );
            self.began = self.next.clone();
        }
        let name = OperationInfo {
            operation: self.operation(),
            entity: self.plan.target.name,
            index: self.plan.index_name(),
            is_once: false,
            is_paced: self.pace.is_some(),
        };
        self.usage = Some(Usage::new(&name, &connection));
        Ok(())
    }

    /// Returns the function that decodes an item.
    fn look(&self, count: bool) -> DecodeItem<(At, Outcome<T>)> {
        let (plan, keys, dispatch) = (Arc::clone(&self.plan), self.plan.position_keys(), self.plan.dispatch());
        Box::new(move |stored| {
            // These items have only their key to identify the entity, so an unknown item is treated like an item of another
            // entity.
            let is_foreign =
                || plan.filtered && matches!(dispatch, Dispatch::Key) && dispatch.label(stored, plan.table).is_err();
            let looked = match plan.excluded() {
                Some((sort_key, excluded)) if has_key(stored, sort_key, excluded) => Outcome::Other,
                _ if count && !plan.counts_by_entity() => Outcome::Counted,
                _ if is_foreign() => Outcome::Other,
                _ if count => match dispatch.label(stored, plan.table) {
                    Ok(label) if plan.target.entity(label).is_none() => Outcome::Other,
                    _ => Outcome::Counted,
                },
                _ => match decode::<T>(stored, dispatch) {
                    Decoded::Good(item) => Outcome::Item(item),
                    Decoded::Foreign(_) => Outcome::Other,
                    Decoded::Bad(error) => Outcome::Bad(error),
                },
            };
            (stored.at(&keys), looked)
        })
    }

    /// Returns the future of the next request.
    fn ask(&self, remaining: Option<usize>, count: bool) -> Result<BoxFuture<'static, Result<PageItems<T>>>> {
        let Some(usage) = &self.usage else { unreachable!("`begin` was called") };
        let connection = usage.connection().clone();
        let request = self.plan.request(remaining, count, connection.now())?;
        let request = request.segment(self.segment).start_at(self.next.clone());
        let look = self.look(count);
        let (pace, layout) = (self.pace.clone(), self.plan.table.layout);
        let asked = async move {
            if let Some(pace) = &pace {
                pace.wait().await;
            }
            let answer = match request {
                ReadRequest::Query(request) => {
                    let answer = Reading { request, layout, look }.send(&connection).await?;
                    let (units, count) = Reading::<QueryInputBuilder, _>::used(&answer);
                    let last_key = answer.output.last_evaluated_key;
                    PageItems { items: answer.items, text: answer.text, count, last_key, units }
                }
                ReadRequest::Scan(request) => {
                    let answer = Reading { request, layout, look }.send(&connection).await?;
                    let (units, count) = Reading::<ScanInputBuilder, _>::used(&answer);
                    let last_key = answer.output.last_evaluated_key;
                    PageItems { items: answer.items, text: answer.text, count, last_key, units }
                }
            };
            if let Some(pace) = &pace {
                pace.used(answer.units);
            }
            Ok(answer)
        };
        Ok(Box::pin(usage.instrument(usage.call().watch(asked))))
    }

    async fn request(&mut self, remaining: Option<usize>, count: bool) -> Result<PageItems<T>> {
        // An invalid request is reported first, even if no connection is found.
        self.plan.check(count)?;
        if self.usage.is_none() {
            self.begin().await?;
        }
        let mut answer = match self.ahead.take() {
            Some(ahead) => ahead.await.ok_or_else(shut_down)??,
            None => self.ask(remaining, count)?.await?,
        };
        if let Some(usage) = &mut self.usage {
            usage.add(false, answer.units, answer.count);
        }
        let last_key = answer.last_key.take().filter(|key| !key.is_empty());
        self.began = std::mem::replace(&mut self.next, last_key);
        Ok(answer)
    }

    /// Starts the next request while the current items are consumed.
    fn look_ahead(&mut self) {
        if self.state != State::Items || self.next.is_none() || self.ahead.is_some() {
            return;
        }
        let remaining = self.remaining.map(|remaining| remaining.saturating_sub(self.items.len()));
        if remaining != Some(0) {
            // If the request is invalid, `fetch` reports it later.
            self.ahead = self.ask(remaining, false).ok().map(Background::start);
        }
    }

    /// Returns the cursor just after the last item.
    pub fn position(&self) -> Option<Cursor> {
        match &self.last {
            Some(At::Keys(keys)) => self.cursor(Some(keys)),
            Some(At::Text(place)) => {
                let text = self.text.as_ref().and_then(SdkBody::bytes).unwrap_or_default();
                let (layout, keys) = (self.plan.table.layout, self.plan.position_keys());
                let mut found = Position { layout, keys: &keys, position: None };
                codec::read_item(text, place.clone(), &mut found)?;
                self.cursor(found.position.as_ref())
            }
            None if self.usage.is_none() => self.start.clone(),
            None => self.cursor(self.began.as_ref()),
        }
    }

    /// Returns the cursor at which the next request starts.
    fn next_cursor(&self) -> Option<Cursor> {
        if self.usage.is_none() { self.start.clone() } else { self.cursor(self.next.as_ref()) }
    }

    fn cursor(&self, key: Option<&Attributes>) -> Option<Cursor> {
        let key = key?;
        let connection = self.usage.as_ref().map(Usage::connection);
        let place = self.plan.place(connection.map(Connection::table_name), self.segment);
        let seal = connection.and_then(Connection::seal).cloned();
        Some(Cursor::new(place, key, &self.plan.position_keys(), seal))
    }

    /// Takes the connection of the current scope, because the pager continues in a task outside of it.
    pub fn leave_scope(&mut self) {
        if self.connection.is_none() && self.usage.is_none() {
            self.connection = connection::of_scope();
        }
    }

    /// Returns how far the read has progressed.
    pub fn progress(&self) -> SegmentProgress {
        let at = |cursor: Option<Cursor>| cursor.map_or(SegmentProgress::Start, SegmentProgress::At);
        match self.state {
            State::End => SegmentProgress::End,
            State::Request | State::Boundary | State::Failed => at(self.next_cursor()),
            // The last item of the last request was consumed.
            State::Items if self.items.len() == 0 && self.next.is_none() => SegmentProgress::End,
            State::Items => at(self.position()),
        }
    }

    pub fn has_failed(&self) -> bool {
        self.state == State::Failed
    }

    /// Takes the next step through the current items. Returns `None` if the next request is due.
    pub fn at_hand(&mut self) -> Option<Next<T>> {
        loop {
            match self.state {
                State::End | State::Failed => return Some(Next::End),
                State::Request => return None,
                State::Boundary => {
                    self.state = State::Request;
                    return Some(Next::Boundary);
                }
                State::Items => {
                    let Some(item) = self.items.next() else {
                        self.state = if self.next.is_some() { State::Boundary } else { State::End };
                        continue;
                    };
                    if let Some(step) = self.give(item) {
                        return Some(step);
                    }
                }
            }
        }
    }

    /// Sends the request that is due.
    pub async fn fetch(&mut self) -> Result<()> {
        if self.failures > 0 {
            backoff::pause(self.failures).await;
        }
        let answer = self.request(self.remaining, false).await;
        match answer {
            Ok(answer) => {
                self.items = answer.items.into_iter();
                self.text = answer.text;
                self.last = None;
                self.failures = 0;
                self.state = State::Items;
                Ok(())
            }
            Err(error) => {
                self.failures += 1;
                if !error.is_transient() || self.failures >= MOST_FAILURES {
                    self.state = State::Failed;
                }
                Err(error.with_operation(self.operation()).entity(self.plan.target.name).resume_at(self.next_cursor()))
            }
        }
    }

    async fn step(&mut self) -> Result<Next<T>> {
        loop {
            match self.at_hand() {
                Some(step) => return Ok(step),
                None => self.fetch().await?,
            }
        }
    }

    /// Returns `None` for an item that the caller does not want.
    fn give(&mut self, (at, looked): (At, Outcome<T>)) -> Option<Next<T>> {
        // Only a page needs the cursor before a bad item, and computing it has a cost.
        let before = if matches!(looked, Outcome::Bad(_)) { self.position() } else { None };
        self.last = Some(at);
        match looked {
            Outcome::Item(item) => {
                if let Some(remaining) = &mut self.remaining {
                    *remaining = remaining.saturating_sub(1);
                }
                Some(Next::Item(item))
            }
            Outcome::Other | Outcome::Counted => None,
            Outcome::Bad(error) => {
                let error = error.resume_at(self.position());
                match &mut self.on_bad_item {
                    Some(on_bad_item) => {
                        on_bad_item(error);
                        None
                    }
                    None => Some(Next::Bad { error, before }),
                }
            }
        }
    }

    fn is_full(&self) -> bool {
        self.remaining == Some(0)
    }

    /// Returns the next item, or the error of the next bad item. Retries a failed request if the error is transient.
    pub async fn next(&mut self) -> Option<Result<T>> {
        loop {
            match self.next_at_hand() {
                Some(next) => return next,
                None => match self.fetch().await {
                    Ok(()) => {}
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }

    /// Does the same as `next`, but sends no request. Returns `None` if a request is due.
    pub fn next_at_hand(&mut self) -> Option<Option<Result<T>>> {
        while !self.is_full() {
            let next = match self.at_hand()? {
                Next::Item(item) => Ok(item),
                Next::Bad { error, .. } => Err(error),
                Next::Boundary => continue,
                Next::End => return Some(None),
            };
            if self.plan.read_ahead {
                self.look_ahead();
            }
            return Some(Some(next));
        }
        Some(None)
    }
}

/// Returns the error for a request whose runtime was shut down.
pub(super) fn shut_down() -> Error {
    Error::new(ErrorKind::Unreachable, "the Tokio runtime was shut down while the request was in progress")
}

/// Reads the position of an item from a response body.
struct Position<'k> {
    layout: &'static TableLayout,
    keys: &'k [KeyAttribute],
    position: Option<Attributes>,
}

impl codec::ItemVisitor for Position<'_> {
    fn expect(&mut self, _: usize) {}

    fn item(&mut self, attributes: Entries<'_>, place: codec::ByteRange) {
        self.position = Some(Stored::in_text(attributes, place, self.layout).position(self.keys));
    }
}

fn has_key(stored: &Stored<'_>, name: &str, text: &str) -> bool {
    stored.get(name).and_then(|value| value.key_text()).as_deref() == Some(text)
}
