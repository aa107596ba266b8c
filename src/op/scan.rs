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
use crate::op::query::{CompletedByAllOrPageOrFirst, first_request, reading};
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
}

reading!(Scan<T, I>);
#[rustfmt::skip]
impl<T: ReadTarget, I: 'static> IntoFuture for Scan<T, I> where Self: CompletedByAllOrPageOrFirst {
    type Output = Result<Vec<T>>;
    type IntoFuture = OperationFuture<Vec<T>>;

    fn into_future(self) -> OperationFuture<Vec<T>> {
        self.all()
    }
}
