use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::query::QueryInput;

use crate::client::{Connection, ItemStream, OnBadItem, OperationFuture, Pager};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::expr::condition::{Condition as Filter, IntoCondition};
use crate::expr::sort_condition::{self, Operator, SortCondition};
use crate::key::args::{OrderedArgs, SortArg, SortKey, Texts, UnderArg};
use crate::key::index_kind::{Consistent, Primary, SortKeyFixed, Typed};
use crate::model::projection::Projection;
use crate::model::read_target::ReadTarget;
use crate::model::{EntityModel, TableModel};
use crate::read::page::Page;
use crate::read::plan::{Plan, ReadRequest, TypedKeys};
use crate::schema::IndexSchema;
use crate::value::cursor::Cursor;

/// A query of one partition of the table or of an index.
///
/// `T` is the type that the query returns: the table enum, an enum of some of its entities, one entity, or a projection. `I` is
/// the table or the kind of the index, and `S` defines which sort conditions the query accepts. [`Query::erase`] removes `I` and
/// `S` from the type, so that the signature of a function can be `fn newest(n: usize) -> Query<Order>`.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>
#[doc(alias = "KeyConditionExpression")]
#[doc(alias = "range_key_condition")]
#[must_use = "a query does nothing until one of `all`, `page`, `stream`, `first`, `one` or `count` is awaited"]
pub struct Query<T, I = Primary, S = SortKeyFixed> {
    plan: Plan,
    connection: Option<Connection>,
    on_bad_item: Option<OnBadItem>,
    types: PhantomData<fn() -> (T, I, S)>,
}

impl<T: ReadTarget, I, S> Query<T, I, S> {
    fn of(plan: Plan) -> Self {
        Self { plan, connection: None, on_bad_item: None, types: PhantomData }
    }

    pub(crate) fn raw(index: Option<&'static IndexSchema>, partition: String) -> Self {
        Self::of(Plan::new(T::Table::__SCHEMA, T::__TARGET, index).raw(partition))
    }

    pub(crate) fn typed(typed: TypedKeys, partition: Texts) -> Self {
        Self::of(Plan::new(T::Table::__SCHEMA, T::__TARGET, typed.index).typed(typed, partition))
    }

    pub(crate) fn collection(typed: TypedKeys, partition: Texts) -> Self {
        Self::of(Plan::new(T::Table::__SCHEMA, T::__TARGET, typed.index).collection(typed, partition))
    }

    fn cast<U, V, W>(self) -> Query<U, V, W> {
        Query { plan: self.plan, connection: self.connection, on_bad_item: self.on_bad_item, types: PhantomData }
    }

    fn sorted(mut self, condition: impl FnOnce(&Plan) -> Result<SortCondition>) -> Query<T, I, SortKeyFixed> {
        let condition = condition(&self.plan);
        if let Some(partition) = &mut self.plan.partition {
            partition.condition = condition;
        }
        self.cast()
    }

    fn compare<A, M>(self, operator: Operator, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
    {
        self.sorted(|plan| sort_condition::compare(plan.shape(), operator, value.__sort()))
    }

    /// Selects items whose sort key begins with these fields: the first one, or a tuple of the first ones.
    ///
    /// A sort condition that follows applies to the remaining fields:
    /// `Order::by_status("u-1").under(Status::Open).between(from, to)`. Only the fields of that condition then have to sort like
    /// their values.
    pub fn under<A, M>(self, values: A) -> Query<T, I, Typed<A::Rest>>
    where
        S: SortKey,
        A: UnderArg<S::Fields, M>,
    {
        let Self { plan, connection, on_bad_item, .. } = self;
        Query { plan: plan.under(values.__under()), connection, on_bad_item, types: PhantomData }
    }

    /// Selects items whose sort key equals `value`. If `value` has only the first fields of the key, all keys that begin with
    /// them match.
    pub fn eq<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
    {
        self.compare(Operator::Eq, value)
    }

    /// Selects items before `value`. If `value` has only the first fields of the key, keys that begin with them are not included.
    pub fn lt<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Lt, value)
    }

    /// Selects items up to `value`, including it. If `value` has only the first fields of the key, keys that begin with
    /// them are included.
    pub fn le<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Le, value)
    }

    /// Selects items after `value`. If `value` has only the first fields of the key, keys that begin with them are not included.
    pub fn gt<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Gt, value)
    }

    /// Selects items from `value` on, including it. If `value` has only the first fields of the key, keys that begin with
    /// them are included.
    pub fn ge<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Ge, value)
    }

    /// Selects items from `lower` to `upper`, both included. If `upper` has only the first fields of the key, keys that begin
    /// with them are included.
    pub fn between<A, M, B, N>(self, lower: A, upper: B) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        B: SortArg<S::Fields, N>,
        S::Fields: OrderedArgs<M> + OrderedArgs<N>,
    {
        self.sorted(|plan| sort_condition::between(plan.shape(), lower.__sort(), upper.__sort()))
    }

    /// Selects items whose sort key begins with `value`. The last value of a tuple can be only the beginning of its field.
    pub fn begins_with<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
    {
        self.compare(Operator::BeginsWith, value)
    }

    /// Returns the items in ascending order of the sort key, which is the default.
    pub fn ascending(mut self) -> Self {
        self.plan.descending = false;
        self
    }

    /// Returns the items in descending order of the sort key.
    pub fn descending(mut self) -> Self {
        self.plan.descending = true;
        self
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
    pub fn only<P: ReadTarget<Table = T>>(mut self) -> Query<P, I, S>
    where
        T: TableModel,
    {
        self.plan.target = P::__TARGET;
        self.plan.filtered = true;
        self.cast()
    }

    /// Reads only the attributes of the projection `P`. The read consumes as much capacity as one of the whole items.
    ///
    /// Call [`filter`](Self::filter) first if the filter uses attributes of the entity.
    pub fn select<P: Projection<Of = T>>(self) -> Query<P, I, S>
    where
        T: EntityModel,
    {
        let Self { plan, connection, on_bad_item, .. } = self;
        Query { plan: plan.select::<P>(), connection, on_bad_item, types: PhantomData }
    }

    /// Removes the index and the sort conditions from the type, so that the type is easy to name.
    ///
    /// The query keeps its sort condition, but does not accept another one.
    pub fn erase(self) -> Query<T> {
        self.cast()
    }

    /// Returns the first request without the table name, and sends nothing.
    ///
    /// # Errors
    /// Fails if monotable rejects the operation before it sends the first request.
    pub fn into_request(self) -> Result<QueryInput> {
        match first_request(&self.plan, self.connection.as_ref())? {
            ReadRequest::Query(request) => request.build().map_err(unbuilt),
            ReadRequest::Scan(_) => Err(Error::new(ErrorKind::InvalidRequest, "a query needs a partition")),
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
    /// If you call this method several times, all of the conditions must be met. A query cannot filter by the keys that it
    /// queries.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.FilterExpression.html>
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

    /// Limits the read capacity units per second, averaged over the whole query. Each request waits until the limit allows the
    /// units that were consumed before it.
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

    /// Returns the only item of the query.
    ///
    /// # Errors
    /// Fails with `NotFound` if the query selects no item, and with `NotUnique` if it selects more than one.
    pub fn one(self) -> OperationFuture<T> {
        OperationFuture::new(self.pager().one())
    }
}

impl<T, I, S> fmt::Debug for Query<T, I, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.fmt(f)
    }
}

/// A trait that nothing implements, so that `.await` on a query or a scan does not compile. The compiler's message quotes the
/// line that contains this name, and the name lists the methods to call instead.
#[doc(hidden)]
pub trait CompletedByAllOrPageOrFirst {}

#[rustfmt::skip]
impl<T: ReadTarget, I: 'static, S: 'static> IntoFuture for Query<T, I, S> where Self: CompletedByAllOrPageOrFirst {
    type Output = Result<Vec<T>>;
    type IntoFuture = OperationFuture<Vec<T>>;

    fn into_future(self) -> OperationFuture<Vec<T>> {
        self.all()
    }
}

/// Returns the first request for `into_request`, which sends nothing. `connection` is the one that was passed to `.on(..)`.
pub(super) fn first_request(plan: &Plan, connection: Option<&Connection>) -> Result<ReadRequest> {
    let place = plan.place(connection.map(Connection::table_name), plan.segment);
    let seal = connection.and_then(Connection::seal).map(AsRef::as_ref);
    let start = plan.start.as_ref().map(|start| start.open(&place, &plan.position_keys(), seal));
    let now = connection.map_or_else(Connection::system_time, Connection::now);
    Ok(plan
        .request(plan.limit, false, now)?
        .segment(plan.segment)
        .start_at(start.transpose().map_err(Error::invalid_cursor)?))
}
