//! The operations. They do nothing until they are awaited.
//!
//! Each operation builds its request and interprets the response. The module `client` does the I/O.

pub(crate) mod admin;
mod batch;
mod check;
mod delete;
mod entity_write;
mod exists;
mod found;
mod get;
mod guard;
mod index;
mod old;
mod once;
mod outcome;
mod put;
mod query;
mod returning;
mod scan;
mod transact;
mod transact_get;
mod update;
mod version;
mod write_part;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::Result;
use crate::expr::condition::{self, Node};
use crate::expr::placeholders::Placeholders;
use crate::op::guard::Guard;

pub use admin::{ConfigTable, Describe, DropTable, EnsureTable};
pub use batch::{BatchGet, BatchPut, BatchWrite, IntoBatchKey, PartialRead, Unversioned};
pub use check::Check;
pub use delete::Delete;
pub use exists::Exists;
pub use get::Get;
pub use index::{EntityIndexOf, Index};
pub use old::ReturningOld;
pub use once::ExactlyOnce;
pub use put::{Create, Put};
pub use query::Query;
pub use returning::{Returning, ReturningParts, Writes};
pub use scan::Scan;
pub use transact::TransactWrite;
pub use transact_get::{TransactGet, TransactGets};
pub use update::{ReturnNew, ReturnNone, ReturnOld, ReturnUpdated, Returned, Update};
pub use write_part::{IntoCreate, IntoDelete, IntoPut};

pub use crate::read::table_plan::Description;
pub use crate::value::batch_entry::BatchEntry;

/// The key and the expressions of a write request. The expressions share their placeholders.
#[derive(Default)]
pub(crate) struct Expressions {
    key: HashMap<String, AttributeValue>,
    update: Option<String>,
    condition: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Option<HashMap<String, AttributeValue>>,
}

impl Expressions {
    /// Returns the expressions of a write with these guards and with the condition of the caller.
    fn guarded(guards: &[Guard], own: Option<&Node>) -> Result<Self> {
        Self::condition(guards.iter().map(|guard| &guard.node).chain(own))
    }

    /// Returns expressions that consist only of a condition.
    fn condition<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Result<Self> {
        let mut placeholders = Placeholders::default();
        let condition = condition::all(nodes, &mut placeholders)?;
        let (names, values) = placeholders.into_maps();
        Ok(Self { condition, names, values, ..Self::default() })
    }
}

/// Makes an operation awaitable: `.await` does the same as its method `send`. A generic impl for all operations is not possible,
/// because `IntoFuture` is a foreign trait. The brackets contain the generic parameters.
macro_rules! awaitable {
    ([$($generics:tt)*] $operation:ty => $output:ty) => {
        impl<$($generics)*> IntoFuture for $operation {
            type Output = crate::error::Result<$output>;
            type IntoFuture = crate::client::OperationFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }
    };
}
use awaitable;
