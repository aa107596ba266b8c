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

/// The items of one partition, of the table or of an index: what `T` says of them.
///
/// `I` is what is queried and `S` what a sort condition can be given; [`Query::erase`] forgets both, for a signature such as
/// `fn newest(n: usize) -> Query<Order>`.
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

    /// Items whose sort key begins with these fields: the first one, or a tuple of the first ones. A condition that follows is about
    /// the others: `Order::by_status("u-1").under(Status::Open).between(from, to)`. So only what a range is over has to be ordered.
    pub fn under<A, M>(self, values: A) -> Query<T, I, Typed<A::Rest>>
    where
        S: SortKey,
        A: UnderArg<S::Fields, M>,
    {
        let Self { plan, connection, on_bad_item, .. } = self;
        Query { plan: plan.under(values.__under()), connection, on_bad_item, types: PhantomData }
    }

    /// Items whose sort key is this; of a tuple with some of its fields, all that begin with them.
    pub fn eq<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
    {
        self.compare(Operator::Eq, value)
    }

    /// Items before this one; with some of the fields, before the first that begins with them.
    pub fn lt<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Lt, value)
    }

    /// Items up to and with this one; with some of the fields, to the last that begins with them.
    pub fn le<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Le, value)
    }

    /// Items after this one; with some of the fields, after the last that begins with them.
    pub fn gt<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Gt, value)
    }

    /// Items from this one on; with some of the fields, from the first that begins with them.
    pub fn ge<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        S::Fields: OrderedArgs<M>,
    {
        self.compare(Operator::Ge, value)
    }

    /// Items from `lower` to `upper`, both included.
    pub fn between<A, M, B, N>(self, lower: A, upper: B) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
        B: SortArg<S::Fields, N>,
        S::Fields: OrderedArgs<M> + OrderedArgs<N>,
    {
        self.sorted(|plan| sort_condition::between(plan.shape(), lower.__sort(), upper.__sort()))
    }

    /// Items whose sort key begins with this; of a tuple, whose last value is the beginning of its field.
    pub fn begins_with<A, M>(self, value: A) -> Query<T, I, SortKeyFixed>
    where
        S: SortKey,
        A: SortArg<S::Fields, M>,
    {
        self.compare(Operator::BeginsWith, value)
    }

    /// In the order of the sort key, which is the default.
    pub fn ascending(mut self) -> Self {
        self.plan.descending = false;
        self
    }

    /// Against the order of the sort key.
    pub fn descending(mut self) -> Self {
        self.plan.descending = true;
        self
    }

    /// Sees every write that ended before it, at twice the capacity.
    pub fn consistent(mut self) -> Self
    where
        I: Consistent,
    {
        self.plan.consistent = true;
        self
    }

    /// Reads only these of the table's entities: one of them, or a part of the table. Others are skipped.
    pub fn only<P: ReadTarget<Table = T>>(mut self) -> Query<P, I, S>
    where
        T: TableModel,
    {
        self.plan.target = P::__TARGET;
        self.plan.filtered = true;
        self.cast()
    }

    /// Reads these of their attributes alone. A filter is given before.
    pub fn select<P: Projection<Of = T>>(self) -> Query<P, I, S>
    where
        T: EntityModel,
    {
        let Self { plan, connection, on_bad_item, .. } = self;
        Query { plan: plan.select::<P>(), connection, on_bad_item, types: PhantomData }
    }

    /// Forgets which index is queried and what sort condition it can have: a type that is easy to name.
    pub fn erase(self) -> Query<T> {
        self.cast()
    }

    /// The first request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<QueryInput> {
        match first_request(&self.plan, self.connection.as_ref())? {
            ReadRequest::Query(request) => request.build().map_err(unbuilt),
            ReadRequest::Scan(_) => Err(Error::new(ErrorKind::InvalidRequest, "a query has a partition")),
        }
    }

    /// The only item.
    ///
    /// # Errors
    /// `NotFound` if there is none, `NotUnique` if there are more.
    pub fn one(self) -> OperationFuture<T> {
        OperationFuture::new(self.pager().one())
    }
}

/// What queries and scans have in common. `$state` is the query's third parameter.
macro_rules! reading {
    ($read:ident<T, I $(, $state:ident)?>) => {
        impl<T: ReadTarget, I $(, $state)?> $read<T, I $(, $state)?> {
            /// Reads no more than this many items. Items that a filter takes away do not count.
            pub fn limit(mut self, items: usize) -> Self {
                self.plan.limit = Some(items);
                self
            }

            /// Looks at this many items in each request, at most.
            pub fn page_size(mut self, items: usize) -> Self {
                self.plan.page_size = Some(i32::try_from(items).unwrap_or(i32::MAX));
                self
            }

            /// Ends a [`page`](Self::page) after this many requests, if it is not full by then: it may be short, or empty, and `next` says
            /// whether there is more. With a filter that few items pass, a page with a limit would otherwise keep reading until it is full.
            /// `all`, `stream` and `count` do not heed it.
            pub fn max_requests(mut self, requests: u32) -> Self {
                self.plan.max_requests = Some(requests);
                self
            }

            /// Goes on from a cursor that an earlier page of the same read gave.
            pub fn start_at(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
                self.plan.start = cursor.into();
                self
            }

            /// Only items like this. They are looked at, and billed, all the same; a limit counts those that are left. Of
            /// several filters, all.
            pub fn filter(mut self, condition: impl IntoCondition<T>) -> Self {
                let condition = condition.__condition();
                let condition = match self.plan.filter.take() {
                    Some(other) => Filter::new(other).and(condition),
                    None => condition,
                };
                self.plan.filter = Some(condition.into_node());
                self
            }

            /// Not those whose time of expiry has come: DynamoDB deletes them some time after. It needs the `ttlAttribute` of
            /// `config.json`.
            pub fn exclude_expired(mut self) -> Self {
                self.plan.exclude_expired = true;
                self
            }

            /// Uses no more read capacity units in a second than this, over the whole of the read: the next request waits
            /// until what was used before it is paid for.
            pub fn rate_limit(mut self, units_per_second: f64) -> Self {
                self.plan.rate = Some(units_per_second);
                self
            }

            /// Asks for the next items while those at hand are consumed. A stream that is dropped early may have read, and
            /// been billed for, one request more.
            pub fn read_ahead(mut self) -> Self {
                self.plan.read_ahead = true;
                self
            }

            /// Sends it through this connection.
            pub fn on(mut self, connection: &Connection) -> Self {
                self.connection = Some(connection.clone());
                self
            }

            /// Hands over items that cannot be decoded, and goes on without them.
            pub fn on_bad_item(mut self, on_bad_item: impl FnMut(Error) + Send + 'static) -> Self {
                self.on_bad_item = Some(Box::new(on_bad_item));
                self
            }

            fn pager(self) -> Pager<T> {
                Pager::new(self.plan, self.connection, self.on_bad_item)
            }

            /// All of the items.
            pub fn all(self) -> OperationFuture<Vec<T>> {
                OperationFuture::new(self.pager().all())
            }

            /// With a limit, that many items if there are so many; without, those of one request. A page ends before an
            /// item that cannot be decoded; the page that would begin with it is the error, whose
            /// [`resume`](Error::resume) is the cursor just after it.
            pub fn page(self) -> OperationFuture<Page<T>> {
                OperationFuture::new(self.pager().page())
            }

            /// The items one by one, each request sent when its items are wanted.
            pub fn stream(self) -> ItemStream<T> {
                ItemStream::new(self.pager())
            }

            /// The first item, if there is one.
            pub fn first(self) -> OperationFuture<Option<T>> {
                OperationFuture::new(self.pager().first())
            }

            /// How many items there are, up to the limit. Their contents are not read.
            pub fn count(self) -> OperationFuture<usize> {
                OperationFuture::new(self.pager().count())
            }
        }

        impl<T, I $(, $state)?> fmt::Debug for $read<T, I $(, $state)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.plan.fmt(f)
            }
        }
    };
}

/// No query or scan is awaited as it is, so none has this trait. The compiler shows the line with its name to who tries to.
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

reading!(Query<T, I, S>);
pub(super) use reading;

/// The first request as it is shown, which goes nowhere. `connection`: that of `.on(..)`.
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
