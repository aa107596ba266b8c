//! The requests of a query or a scan, one after the other, and what their items become.

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

/// What a caller does with items that cannot be decoded.
pub(crate) type OnBadItem = Box<dyn FnMut(Error) + Send>;

/// What the next look at the items gives.
pub(crate) enum Next<T> {
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
    plan: Arc<Plan>,
    /// Of a scan in segments, this one of so many.
    segment: Option<(usize, usize)>,
    connection: Option<Connection>,
    on_bad_item: Option<OnBadItem>,
    /// What begins with the first request, which finds the connection: a table's name that changes meanwhile is another read's.
    usage: Option<Usage>,
    pace: Option<Arc<Pace>>,
    /// Where the read starts.
    start: Option<Cursor>,
    /// Where the items at hand began, and where the next request begins.
    began: Option<Attributes>,
    next: Option<Attributes>,
    items: vec::IntoIter<(At, Outcome<T>)>,
    /// The text that the items at hand are in.
    text: Option<SdkBody>,
    /// The item given last: it says where we are.
    last: Option<At>,
    state: State,
    remaining: Option<usize>,
    /// Requests that failed, one after the other.
    failures: u32,
    /// The request for the next items, under way while those at hand are consumed.
    ahead: Option<Background<Result<PageItems<T>>>>,
}

/// What was read is not pinned.
impl<T> Unpin for Pager<T> {}

#[derive(PartialEq)]
enum State {
    /// Before the next request.
    Request,
    /// In the items of a request.
    Items,
    /// At the end of the items of a request that was not the last one.
    Boundary,
    End,
    /// A request has failed, and is not sent again.
    Failed,
}

/// A stream that is asked again after so many failures in a row has ended.
const MOST_FAILURES: u32 = 3;

/// What an item is.
enum Outcome<T> {
    Item(T),
    Bad(Error),
    /// Not asked for.
    Other,
    /// Not looked at.
    Counted,
}

/// What a request brings.
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

    /// Of a scan, the part of one segment.
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

    /// Finds the connection, and where to begin.
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

    /// What is made of an item.
    fn look(&self, count: bool) -> DecodeItem<(At, Outcome<T>)> {
        let (plan, keys, dispatch) = (Arc::clone(&self.plan), self.plan.position_keys(), self.plan.dispatch());
        Box::new(move |stored| {
            // Nothing but the key tells these apart, so an item of no entity is as foreign as one of another.
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

    /// The next request, on its way.
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
        // What cannot be sent is told, wherever it would go.
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

    /// Asks for the next items while those at hand are consumed.
    fn look_ahead(&mut self) {
        if self.state != State::Items || self.next.is_none() || self.ahead.is_some() {
            return;
        }
        let remaining = self.remaining.map(|remaining| remaining.saturating_sub(self.items.len()));
        if remaining != Some(0) {
            // What cannot be sent is told when it is due.
            self.ahead = self.ask(remaining, false).ok().map(Background::start);
        }
    }

    /// The cursor just after the item looked at last.
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

    /// The cursor where the next request begins.
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

    /// From now on it runs elsewhere, where the caller's scope is not.
    pub fn leave_scope(&mut self) {
        if self.connection.is_none() && self.usage.is_none() {
            self.connection = connection::of_scope();
        }
    }

    /// How far it is.
    pub fn progress(&self) -> SegmentProgress {
        let at = |cursor: Option<Cursor>| cursor.map_or(SegmentProgress::Start, SegmentProgress::At);
        match self.state {
            State::End => SegmentProgress::End,
            State::Request | State::Boundary | State::Failed => at(self.next_cursor()),
            // After the last item of the last request there is nothing.
            State::Items if self.items.len() == 0 && self.next.is_none() => SegmentProgress::End,
            State::Items => at(self.position()),
        }
    }

    pub fn has_failed(&self) -> bool {
        self.state == State::Failed
    }

    /// The next look at the items at hand; `None` if the next request is due.
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

    /// The request that is due.
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

    /// `None` for an item that was not asked for.
    fn give(&mut self, (at, looked): (At, Outcome<T>)) -> Option<Next<T>> {
        // Only a page asks for the place before a bad item, and only a bad item pays for it.
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

    /// The next item, or the next bad one's error. After a request that failed it is sent again, if that can help.
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

    /// The same, without a request; `None` if one is due.
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

/// The runtime has ended that the request was sent by.
pub(super) fn shut_down() -> Error {
    Error::new(ErrorKind::Unreachable, "the Tokio runtime was shut down while the request was under way")
}

/// The position of an item in the text of an answer.
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
