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

/// The items of the whole table, or of a whole index: it reads, and bills, all of them.
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

    /// Sees every write that ended before it, at twice the capacity.
    pub fn consistent(mut self) -> Self
    where
        I: Consistent,
    {
        self.plan.consistent = true;
        self
    }

    /// Reads only these of the table's entities: one of them, or a part of the table. Others are skipped.
    pub fn only<P: ReadTarget<Table = T>>(mut self) -> Scan<P, I>
    where
        T: TableModel,
    {
        self.plan.target = P::__TARGET;
        self.plan.filtered = true;
        Scan { plan: self.plan, connection: self.connection, on_bad_item: self.on_bad_item, types: PhantomData }
    }

    /// Reads these of their attributes alone. A filter is given before.
    pub fn select<P: Projection<Of = T>>(self) -> Scan<P, I>
    where
        T: EntityModel,
    {
        let Self { plan, connection, on_bad_item, .. } = self;
        Scan { plan: plan.select::<P>(), connection, on_bad_item, types: PhantomData }
    }

    /// One of so many segments, numbered from 0: for several processes that scan a table together. Each has its own pages and
    /// cursors.
    pub fn segment(mut self, number: usize, of: usize) -> Self {
        self.plan.segment = Some((number, of));
        self
    }

    /// In so many segments at a time.
    pub fn segments(self, segments: usize) -> Segments<T> {
        Segments::new(self.plan, self.connection, self.on_bad_item, segments)
    }

    /// The first request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
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
