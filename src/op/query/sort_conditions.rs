//! The conditions on the sort key.

use std::marker::PhantomData;

use crate::error::Result;
use crate::expr::sort_condition::{self, Operator, SortCondition};
use crate::key::args::{OrderedArgs, SortArg, SortKey, UnderArg};
use crate::key::index_kind::{SortKeyFixed, Typed};
use crate::model::read_target::ReadTarget;
use crate::op::query::Query;
use crate::read::plan::Plan;

impl<T: ReadTarget, I, S> Query<T, I, S> {
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
}
