//! The operations. They do nothing until they are awaited.
//!
//! Each operation builds its request and interprets the response. The module `client` does the I/O.

pub(crate) mod admin;
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
struct Expressions {
    key: HashMap<String, AttributeValue>,
    update: Option<String>,
    condition: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Option<HashMap<String, AttributeValue>>,
}

/// Implements `.on(..)`, `.send()`, `.await` and `Debug` for an operation. The brackets contain a second type parameter.
macro_rules! awaitable {
    ($operation:ident $([$param:ident: $bound:path])? -> $output:ty) => {
        impl<E: EntityModel $(, $param: $bound)?> $operation<E $(, $param)?> {
            /// Sends the operation through this connection.
            pub fn on(mut self, connection: &Connection) -> Self {
                self.connection = Some(connection.clone());
                self
            }

            /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
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

/// Implements the methods of reads by key. The brackets contain a second type parameter.
macro_rules! by_key {
    ($operation:ident $([$param:ident: $bound:path])?) => {
        impl<E: EntityModel $(, $param: $bound)?> $operation<E $(, $param)?> {
            /// Treats an expired item as missing, because DynamoDB deletes items some time after they expire.
            ///
            /// The operation fails if `config.json` has no `ttlAttribute`.
            ///
            /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
            pub fn exclude_expired(mut self) -> Self {
                self.exclude_expired = true;
                self
            }

            /// Makes a consistent read, which sees every write that was completed before it. It consumes twice the capacity.
            ///
            /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>
            pub fn consistent(mut self) -> Self {
                self.consistent = true;
                self
            }

            /// Returns the request without the table name, and sends nothing.
            ///
            /// # Errors
            /// Fails if monotable rejects the operation before it sends the request.
            pub fn into_request(self) -> Result<GetItemInput> {
                self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.request.build().map_err(unbuilt)
            }
        }
    };
}
use by_key;

/// Implements `.condition(..)` for an operation with the field `condition`.
macro_rules! conditional {
    () => {
        /// Requires the stored item to meet this condition. If it does not, nothing is changed, and
        /// [`is_condition_failed`](crate::Error::is_condition_failed) of the error is `true`.
        ///
        /// If you call this method several times, all of the conditions must be met.
        ///
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>
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

/// Implements `.on(..)`, `.send()`, `.await` and `Debug` for an operation on the table itself. The method `run` does the work.
macro_rules! on_table {
    ($operation:ident, $name:literal -> $output:ty) => {
        impl $operation {
            /// Uses the table of this connection.
            pub fn on(mut self, connection: &crate::client::Connection) -> Self {
                self.target.on(connection);
                self
            }

            /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
            pub fn send(self) -> crate::client::OperationFuture<$output> {
                crate::client::OperationFuture::new(async {
                    let name = self.target.name.clone();
                    self.run().await.map_err(|error| error.with_operation($name).entity(name))
                })
            }
        }

        impl IntoFuture for $operation {
            type Output = crate::error::Result<$output>;
            type IntoFuture = crate::client::OperationFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }

        impl std::fmt::Debug for $operation {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($operation))
            }
        }
    };
}
use on_table;
