use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::scan::ScanInput;

use crate::client::{Connection, ItemStream, OnBadItem, OperationFuture, Pager, Segments};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::expr::condition::{Condition as Filter, IntoCondition};
use crate::key::index_kind::{Consistent, Primary};
use crate::model::projection::Projection;
use crate::model::read_target::ReadTarget;
use crate::model::{EntityModel, TableModel};
use crate::op::query::{CompletedByAllOrPageOrFirst, first_request};
use crate::read::page::Page;
use crate::read::plan::{Plan, ReadRequest};
use crate::schema::IndexSchema;
use crate::value::cursor::Cursor;

/// A scan of the whole table or of a whole index. DynamoDB reads, and bills, every item of it.
///
/// `T` is the type that the scan returns, and `I` is the table or the kind of the index.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>
#[must_use = "a scan does nothing until one of `all`, `page`, `stream`, `first` or `count` is awaited"]
pub struct Scan<T, I = Primary> {
    plan: Plan,
    connection: Option<Connection>,
    on_bad_item: Option<OnBadItem>,
    types: PhantomData<fn() -> (T, I)>,
}

impl<T: ReadTarget, I> Scan<T, I> {
    pub(crate) fn new(index: Option<&'static IndexSchema>) -> Self {
        let plan = Plan::new(T::Table::__SCHEMA, T::__TARGET, index);
        Self { plan, connection: None, on_bad_item: None, types: PhantomData }
    }

    /// Makes consistent reads, which see every write that was completed before them. They consume twice the capacity.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>
    pub fn consistent(mut self) -> Self
    where
        I: Consistent,
    {
        self.plan.consistent = true;
        self
    }

    /// Reads only the entities of `P`: one entity, or an enum with `#[table(of = ..)]`. Items of other entities are skipped, but
    /// still read and billed.
    pub fn only<P: ReadTarget<Table = T>>(mut self) -> Scan<P, I>
    where
        T: TableModel,
    {
        self.plan.target = P::__TARGET;
        self.plan.filtered = true;
        Scan { plan: self.plan, connection: self.connection, on_bad_item: self.on_bad_item, types: PhantomData }
    }

    /// Reads only the attributes of the projection `P`. The read consumes as much capacity as one of the whole items.
    ///
    /// Call [`filter`](Self::filter) first if the filter uses attributes of the entity.
    pub fn select<P: Projection<Of = T>>(self) -> Scan<P, I>
    where
        T: EntityModel,
    {
        let Self { plan, connection, on_bad_item, .. } = self;
        Scan { plan: plan.select::<P>(), connection, on_bad_item, types: PhantomData }
    }

    /// Scans only segment `number` of `of` segments, so that several processes can share a scan. Segments are numbered from 0.
    ///
    /// Each segment has its own pages and cursors.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html>
    pub fn segment(mut self, number: usize, of: usize) -> Self {
        self.plan.segment = Some((number, of));
        self
    }

    /// Scans this many segments at the same time.
    pub fn segments(self, segments: usize) -> Segments<T> {
        Segments::new(self.plan, self.connection, self.on_bad_item, segments)
    }

    /// Returns the first request without the table name, and sends nothing.
    ///
    /// # Errors
    /// Fails if monotable rejects the operation before it sends the first request.
    pub fn into_request(self) -> Result<ScanInput> {
        match first_request(&self.plan, self.connection.as_ref())? {
            ReadRequest::Scan(request) => request.build().map_err(unbuilt),
            ReadRequest::Query(_) => Err(Error::new(ErrorKind::InvalidRequest, "a scan has no partition")),
        }
    }

    /// Returns at most this many items. The limit counts items after filtering.
    pub fn limit(mut self, items: usize) -> Self {
        self.plan.limit = Some(items);
        self
    }

    /// Reads at most this many items per request. DynamoDB counts items before filtering.
    pub fn page_size(mut self, items: usize) -> Self {
        self.plan.page_size = Some(i32::try_from(items).unwrap_or(i32::MAX));
        self
    }

    /// Ends a [`page`](Self::page) after this many requests, even if the page is not full.
    ///
    /// The page can then be short or empty, and `next` says whether there is more. Without this setting, a page with a limit
    /// keeps reading until it is full, which takes many requests if few items pass the filter. Only `page` uses the setting.
    pub fn max_requests(mut self, requests: u32) -> Self {
        self.plan.max_requests = Some(requests);
        self
    }

    /// Continues from a cursor that an earlier page of the same read returned. With `None`, the read starts at the beginning.
    pub fn start_at(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.plan.start = cursor.into();
        self
    }

    /// Keeps items matching the condition. Filtered items are still read and billed; `limit` counts items after filtering.
    ///
    /// If you call this method several times, all of the conditions must be met.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.FilterExpression>
    pub fn filter(mut self, condition: impl IntoCondition<T>) -> Self {
        let earlier = self.plan.filter.take().map(Filter::new);
        self.plan.filter = Some(Filter::both(earlier, condition).into_node());
        self
    }

    /// Skips expired items, because DynamoDB deletes items some time after they expire. Like filtered items, they are still read
    /// and billed.
    ///
    /// The operation fails if `config.json` has no `ttlAttribute`.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
    pub fn exclude_expired(mut self) -> Self {
        self.plan.exclude_expired = true;
        self
    }

    /// Limits the read capacity units per second, averaged over the whole scan and all of its segments. Each request waits until
    /// the limit allows the units that were consumed before it.
    pub fn rate_limit(mut self, units_per_second: f64) -> Self {
        self.plan.rate = Some(units_per_second);
        self
    }

    /// Requests the next items while you process the current ones.
    ///
    /// If you drop a stream early, it may have sent one more request than it needed, which is billed.
    pub fn read_ahead(mut self) -> Self {
        self.plan.read_ahead = true;
        self
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Passes the errors of items that cannot be deserialized to this function, and continues with the next item. Without it, the
    /// read returns such an error.
    pub fn on_bad_item(mut self, on_bad_item: impl FnMut(Error) + Send + 'static) -> Self {
        self.on_bad_item = Some(Box::new(on_bad_item));
        self
    }

    fn pager(self) -> Pager<T> {
        Pager::new(self.plan, self.connection, self.on_bad_item)
    }

    /// Returns all items.
    pub fn all(self) -> OperationFuture<Vec<T>> {
        OperationFuture::new(self.pager().all())
    }

    /// Returns one page and the cursor of the next one. With a limit, the page has that many items, unless the read ends earlier;
    /// without a limit, it has the items of one request.
    ///
    /// # Errors
    /// A page ends before an item that cannot be deserialized. The page that would begin with this item fails, and
    /// [`resume`](Error::resume) of the error returns the cursor just after the item.
    pub fn page(self) -> OperationFuture<Page<T>> {
        OperationFuture::new(self.pager().page())
    }

    /// Returns a stream of the items. The stream sends a request when you ask for its items.
    pub fn stream(self) -> ItemStream<T> {
        ItemStream::new(self.pager())
    }

    /// Returns the first item, or `None` if the read finds no item.
    pub fn first(self) -> OperationFuture<Option<T>> {
        OperationFuture::new(self.pager().first())
    }

    /// Returns the number of items, up to the limit. DynamoDB does not return their contents.
    pub fn count(self) -> OperationFuture<usize> {
        OperationFuture::new(self.pager().count())
    }
}

impl<T, I> fmt::Debug for Scan<T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.fmt(f)
    }
}

#[rustfmt::skip]
impl<T: ReadTarget, I: 'static> IntoFuture for Scan<T, I> where Self: CompletedByAllOrPageOrFirst {
    type Output = Result<Vec<T>>;
    type IntoFuture = OperationFuture<Vec<T>>;

    fn into_future(self) -> OperationFuture<Vec<T>> {
        self.all()
    }
}
