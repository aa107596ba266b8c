//! The operations: inert until awaited, each a request before it is sent and a reading of the answer. No I/O in here.

mod admin;
mod batch;
mod check;
mod delete;
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

pub use admin::{Describe, DropTable, EnsureTable};
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

/// The parts of a write's request, with the placeholders that they share.
#[derive(Default)]
struct Expressions {
    key: HashMap<String, AttributeValue>,
    update: Option<String>,
    condition: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Option<HashMap<String, AttributeValue>>,
}

/// What every operation has: `.on(..)`, `.send()` and `.await`. In brackets, a further parameter.
macro_rules! awaitable {
    ($operation:ident $([$param:ident: $bound:path])? -> $output:ty) => {
        impl<E: EntityModel $(, $param: $bound)?> $operation<E $(, $param)?> {
            /// Sends it through this connection.
            pub fn on(mut self, connection: &Connection) -> Self {
                self.connection = Some(connection.clone());
                self
            }

            /// The future, for functions such as `join!` that take one. `.await` calls this.
            pub fn send(self) -> OperationFuture<$output> {
                client::send(self)
            }
        }

        impl<E: EntityModel $(, $param: $bound)?> IntoFuture for $operation<E $(, $param)?> {
            type Output = crate::error::Result<$output>;
            type IntoFuture = OperationFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }

        impl<E: EntityModel $(, $param: $bound)?> std::fmt::Debug for $operation<E $(, $param)?> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($operation)).field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
            }
        }
    };
}
use awaitable;

/// What reading by a key has. In brackets, a further parameter.
macro_rules! by_key {
    ($operation:ident $([$param:ident: $bound:path])?) => {
        impl<E: EntityModel $(, $param: $bound)?> $operation<E $(, $param)?> {
            /// As if it were not there, if its time of expiry has come: DynamoDB deletes it some time after. It needs the
            /// `ttlAttribute` of `config.json`.
            pub fn exclude_expired(mut self) -> Self {
                self.exclude_expired = true;
                self
            }

            /// Sees every write that ended before it, at twice the capacity.
            pub fn consistent(mut self) -> Self {
                self.consistent = true;
                self
            }

            /// The request, less the table's name.
            ///
            /// # Errors
            /// If it would be refused before it is sent.
            pub fn into_request(self) -> Result<GetItemInput> {
                self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.request.build().map_err(unbuilt)
            }
        }
    };
}
use by_key;

/// `.condition(..)` of an operation that has the field.
macro_rules! conditional {
    () => {
        /// Only if the stored item is like this; otherwise it is an error with
        /// [`is_condition_failed`](crate::Error::is_condition_failed), and nothing is changed. Of several conditions, all.
        pub fn condition(mut self, condition: impl IntoCondition<E>) -> Self {
            let condition = condition.__condition();
            self.condition = Some(match self.condition.take() {
                Some(other) => other.and(condition),
                None => condition,
            });
            self
        }
    };
}
use conditional;

/// What every operation on the table itself has; `run` is what it does.
macro_rules! on_table {
    ($operation:ident, $name:literal -> $output:ty) => {
        impl<T: TableModel> $operation<T> {
            /// Sends it through this connection.
            pub fn on(mut self, connection: &Connection) -> Self {
                self.connection = Some(connection.clone());
                self
            }

            /// The future, for functions such as `join!` that take one. `.await` calls this.
            pub fn send(self) -> OperationFuture<$output> {
                OperationFuture::new(async {
                    self.run().await.map_err(|error| error.with_operation($name).entity(T::__SCHEMA.name))
                })
            }
        }

        impl<T: TableModel> IntoFuture for $operation<T> {
            type Output = Result<$output>;
            type IntoFuture = OperationFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }

        impl<T> std::fmt::Debug for $operation<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($operation))
            }
        }
    };
}
use on_table;
