//! Sends an update, and interprets the response.

use std::fmt;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use crate::client::{self, Connection, Operation, OperationFuture};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::expr::update::{self, Action};
use crate::model::EntityModel;
use crate::model::managed::Moment;
use crate::op::update::Update;
use crate::op::update::returned::Returned;
use crate::op::{Expressions, awaitable, guard, outcome, version};
use crate::value::document_path::shown;

/// Names the nested paths in the error. DynamoDB rejects a path whose parent does not exist, but does not name the path.
fn with_parents(actions: &[Action], error: Error) -> Error {
    let nested = update::changes(actions).unwrap_or_default();
    let nested = nested.iter().filter(|change| change.attribute().is_none());
    let nested: Vec<_> = nested.map(|change| format!("`{}`", shown(&change.steps))).collect();
    if error.kind() != ErrorKind::InvalidRequest || nested.is_empty() {
        return error;
    }
    let message = format!(
        "{}. If a path is the cause: DynamoDB changes {} only if the containing map or list exists; set the whole \
         attribute first",
        error.message().trim_end_matches('.'),
        nested.join(", ")
    );
    error.with_message(message, None)
}

impl<E: EntityModel, R: Returned<E>> Update<E, R> {
    /// Returns the request without the table name, and sends nothing.
    ///
    /// # Errors
    /// Fails if the update would fail before its request is sent.
    pub fn into_request(self) -> Result<UpdateItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<R::Output> {
        client::send(self)
    }
}

impl<E: EntityModel, R: Returned<E>> Operation for Update<E, R> {
    type Table = E::Table;
    type Request = UpdateItemInputBuilder;
    type Output = R::Output;

    const NAME: &'static str = "update";
    const ENTITY: &'static str = E::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn is_once(&self) -> bool {
        self.edit.actions.iter().any(Action::is_once)
    }

    fn request(&self, at: &Moment) -> Result<UpdateItemInputBuilder> {
        let Expressions { key, update, condition, names, values } = self.expressions(at)?;
        Ok(UpdateItemInputBuilder::default()
            .set_key(Some(key))
            .set_update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(R::__VALUE)
            // The error needs the item to tell whether it exists, and which guard it does not meet.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn read(self, response: Result<UpdateItemOutput>, at: &Moment) -> Result<R::Output> {
        let key = self.key()?.to_string();
        let named = |error: Error| error.entity(E::__SCHEMA.name).key(key.clone());
        let error = match response {
            Ok(response) => {
                let output = R::__read(response.attributes, self.edit.is_upsert);
                return output.map_err(|error| named(error.applied(Self::NAME)));
            }
            Err(error) => error,
        };
        if let Some(item) = error.found_item().filter(|_| outcome::is_ours(E::__SCHEMA, &error, at)) {
            let output = R::__after(item.clone(), &self.changes(at)?).unwrap_or_else(|| {
                Err(Error::new(ErrorKind::Decode, "the response with the requested attributes was lost"))
            });
            return output.map_err(|error| named(error.applied(Self::NAME)));
        }
        let before = self.edit.loaded.as_ref().and_then(|loaded| version::of(E::__SCHEMA, &loaded.as_ref().ok()?.item));
        let error = outcome::settled(E::__SCHEMA, error, before).explain_conflict(E::__SCHEMA, !self.edit.is_upsert);
        let error = with_parents(&self.edit.actions, error);
        Err(named(guard::explain(error, &self.all_guards(at), self.has_condition())))
    }
}

awaitable!([E: EntityModel, R: Returned<E>] Update<E, R> => R::Output);

impl<E: EntityModel, R> fmt::Debug for Update<E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
