//! Puts and deletes that return the old entity.

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::types::ReturnValue;

use crate::client::{self, Connection, Operation, OperationFuture, OperationInfo};
use crate::error::{Error, ErrorKind, Result};
use crate::model::EntityModel;
use crate::model::managed::Moment;
use crate::model::read_target::decode_item;
use crate::op::{Delete, Put};

/// A [`Put`] or a [`Delete`] that returns the old entity, or `None` if no item had the key.
#[must_use = "operations do nothing until awaited"]
pub struct ReturningOld<O>(O);

impl<O> ReturningOld<O> {
    pub(super) fn new(operation: O) -> Self {
        Self(operation)
    }
}

macro_rules! returning_old {
    ($($operation:ident $request:ty, $key:ident;)*) => {$(
        impl<E: EntityModel> ReturningOld<$operation<E>> {
            /// Sends the operation through this connection.
            pub fn on(self, connection: &Connection) -> Self {
                Self(self.0.on(connection))
            }

            /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
            pub fn send(self) -> OperationFuture<Option<E>> {
                client::send(self)
            }
        }

        impl<E: EntityModel> Operation for ReturningOld<$operation<E>> {
            type Table = E::Table;
            type Request = $request;
            type Output = Option<E>;

            const NAME: &'static str = <$operation<E> as Operation>::NAME;

            fn connection(&mut self) -> Option<Connection> {
                Operation::connection(&mut self.0)
            }

            /// Does not repeat a request that may have arrived: the second attempt would find the result of the first one
            /// instead of the old item.
            fn name(&self) -> OperationInfo {
                OperationInfo { is_once: true, ..self.0.name() }
            }

            fn request(&self, at: &Moment) -> Result<$request> {
                Ok(self.0.request(at)?.return_values(ReturnValue::AllOld))
            }

            fn read(
                self,
                response: Result<<$request as client::Request>::Response>,
                at: &Moment,
            ) -> Result<Option<E>> {
                let key = self.0.$key().map(|key| key.to_string()).unwrap_or_default();
                let old = response.as_ref().ok().map(|response| response.attributes.clone().unwrap_or_default());
                self.0.read(response, at)?;
                // The write id proves that the write was applied, but the response with the old item was lost.
                let lost = || Err(Error::new(ErrorKind::Decode, "the response with the old item was lost"));
                let old = match old {
                    Some(old) if old.is_empty() => return Ok(None),
                    Some(old) => decode_item::<E>(&old),
                    None => lost(),
                };
                old.map(Some).map_err(|error| error.entity(E::__SCHEMA.name).key(key).applied(Self::NAME))
            }
        }

        impl<E: EntityModel> IntoFuture for ReturningOld<$operation<E>> {
            type Output = Result<Option<E>>;
            type IntoFuture = OperationFuture<Option<E>>;

            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }

        impl<E: EntityModel> std::fmt::Debug for ReturningOld<$operation<E>> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple("ReturningOld").field(&self.0).finish()
            }
        }
    )*};
}

returning_old! {
    Put PutItemInputBuilder, entity_key;
    Delete DeleteItemInputBuilder, key;
}
