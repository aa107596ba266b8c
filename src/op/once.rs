use std::fmt;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::client::{self, Connection, Operation, OperationFuture, TransactRequest};
use crate::error::text;
use crate::error::{Error, ErrorKind, ReasonCode, Result};
use crate::model::EntityModel;
use crate::model::managed::Moment;
use crate::op::update::{ReturnNone, Update};
use crate::op::write_part::{self, UpdatePart, WritePart};
use crate::op::{awaitable, guard, transact};

/// An update that is applied exactly once, even if it has to be sent several times. See [`Update::exactly_once`].
#[must_use = "operations do nothing until awaited"]
pub struct ExactlyOnce<E: EntityModel> {
    update: Update<E, ReturnNone>,
    retries: u32,
    connection: Option<Connection>,
}

impl<E: EntityModel> ExactlyOnce<E> {
    pub(super) fn new(mut update: Update<E, ReturnNone>) -> Self {
        let connection = update.connection().take();
        Self { update, retries: 0, connection }
    }

    /// Retries the update, up to this many times, if another transaction on the item is in progress, or if it was throttled.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<()> {
        client::send(self)
    }

    fn part(&self, at: &Moment) -> Result<TransactWriteItem> {
        write_part::update(&self.update, at)
    }
}

impl<E: EntityModel> Operation for ExactlyOnce<E> {
    type Table = E::Table;
    type Request = TransactRequest;
    type Output = ();

    const NAME: &'static str = "update";
    const ENTITY: &'static str = E::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn request(&self, at: &Moment) -> Result<TransactRequest> {
        Ok(TransactRequest { items: vec![self.part(at)?], token: None, retries: self.retries })
    }

    /// Reports an error as [`Update`] would: the transaction has one part, and so one cancellation reason.
    fn read(self, answer: Result<TransactWriteItemsOutput>, at: &Moment) -> Result<()> {
        let Err(error) = answer else { return Ok(()) };
        let key = self.update.key()?.to_string();
        let (guards, has_condition) = (self.update.all_guards(at), self.update.has_condition());
        let part: Box<dyn WritePart<E::Table>> = Box::new(UpdatePart(self.update));
        let error = transact::with_reasons(error, &[part], at);
        let reason = error.cancellation_reasons().iter().find(|reason| reason.is_cause());
        let (code, found) = match reason {
            Some(reason) => (reason.code().clone(), reason.found_item().cloned()),
            None => return Err(error.entity(E::__SCHEMA.name).key(key)),
        };
        let plain = match code {
            ReasonCode::ConditionFailed => Error::new(ErrorKind::ConditionFailed, text::CONDITION_NOT_MET),
            ReasonCode::NotFound => Error::new(ErrorKind::NotFound, text::NOTHING_TO_UPDATE),
            ReasonCode::WrongEntity(label) => Error::other_entity(&label),
            ReasonCode::MissingDiscriminator => {
                Error::no_discriminator(E::__SCHEMA.discriminator_attribute.unwrap_or_default())
            }
            ReasonCode::Conflict => {
                Error::new(ErrorKind::Conflict, format!("{}; try again", text::TRANSACTION_IN_PROGRESS))
            }
            ReasonCode::Throttled => Error::new(ErrorKind::Throttled, text::THROTTLED),
            _ => return Err(error.entity(E::__SCHEMA.name).key(key)),
        };
        let plain = match found {
            Some(item) => plain.with_found_item(item),
            None => plain,
        };
        let plain = guard::explain(plain, &guards, has_condition);
        Err(plain.entity(E::__SCHEMA.name).key(key).caused_by(error))
    }
}

awaitable!([E: EntityModel] ExactlyOnce<E> => ());

impl<E: EntityModel> fmt::Debug for ExactlyOnce<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExactlyOnce").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
