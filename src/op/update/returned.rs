//! The return values of an update.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::error::{Error, ErrorKind, Result};
use crate::expr::update::UpdateClause;
use crate::model::read_target::decode_item;
use crate::model::{EntityModel, TableModel};
use crate::schema::sealed::sealed;
use crate::value::item::Item;

sealed!(SealedReturned<E>);

type Attributes = Option<HashMap<String, AttributeValue>>;

/// The return value of an update: [`ReturnNew`], [`ReturnOld`], [`ReturnUpdated`] or [`ReturnNone`].
pub trait Returned<E: EntityModel>: SealedReturned<E> + Send + 'static {
    /// The type that the update returns.
    type Output: Send;

    #[doc(hidden)]
    const __VALUE: ReturnValue;

    /// Reads the response. `created` says whether the update may have created the item.
    #[doc(hidden)]
    fn __read(attributes: Attributes, created: bool) -> Result<Self::Output>;

    /// Computes the return value from the item after the update; `None` if the item does not contain enough for that.
    #[doc(hidden)]
    fn __after(item: Item, changes: &[UpdateClause]) -> Option<Result<Self::Output>>;
}

fn no_attributes() -> Error {
    Error::new(ErrorKind::Decode, "the response has no attributes")
}

/// The entity after the update. This is the default.
#[derive(Debug)]
pub struct ReturnNew;
/// The entity before the update, or `None` if the update created the item.
#[derive(Debug)]
pub struct ReturnOld;
/// The changed attributes after the update.
#[derive(Debug)]
pub struct ReturnUpdated;
/// Nothing. This is the smallest response.
#[derive(Debug)]
pub struct ReturnNone;

impl<E: EntityModel> Returned<E> for ReturnNew {
    type Output = E;

    const __VALUE: ReturnValue = ReturnValue::AllNew;

    fn __read(attributes: Attributes, _: bool) -> Result<E> {
        decode_item(&attributes.ok_or_else(no_attributes)?)
    }

    fn __after(item: Item, _: &[UpdateClause]) -> Option<Result<E>> {
        Some(decode_item(item.as_ref()))
    }
}
impl<E: EntityModel> SealedReturned<E> for ReturnNew {}

impl<E: EntityModel> Returned<E> for ReturnOld {
    type Output = Option<E>;

    const __VALUE: ReturnValue = ReturnValue::AllOld;

    fn __read(attributes: Attributes, created: bool) -> Result<Option<E>> {
        let layout = <E::Table as TableModel>::__SCHEMA.layout;
        let is_key =
            |name: &str| name == layout.partition_key.name || layout.sort_key.is_some_and(|key| key.name == name);
        // If the item did not exist, DynamoDB and its emulators return no attributes, an empty map, or only the key.
        let was_there = |item: &HashMap<String, AttributeValue>| item.keys().any(|name| !is_key(name));
        match attributes.filter(was_there) {
            Some(item) => decode_item(&item).map(Some),
            None if created => Ok(None),
            None => Err(no_attributes()),
        }
    }

    fn __after(_: Item, _: &[UpdateClause]) -> Option<Result<Option<E>>> {
        None
    }
}
impl<E: EntityModel> SealedReturned<E> for ReturnOld {}

impl<E: EntityModel> Returned<E> for ReturnUpdated {
    type Output = Item;

    const __VALUE: ReturnValue = ReturnValue::UpdatedNew;

    fn __read(attributes: Attributes, _: bool) -> Result<Item> {
        Ok(attributes.unwrap_or_default().into())
    }

    fn __after(mut item: Item, changes: &[UpdateClause]) -> Option<Result<Item>> {
        if changes.iter().any(|change| change.attribute().is_none()) {
            return None;
        }
        item.retain(|name, _| changes.iter().any(|change| change.root() == name));
        Some(Ok(item))
    }
}
impl<E: EntityModel> SealedReturned<E> for ReturnUpdated {}

impl<E: EntityModel> Returned<E> for ReturnNone {
    type Output = ();

    const __VALUE: ReturnValue = ReturnValue::None;

    fn __read(_: Attributes, _: bool) -> Result<()> {
        Ok(())
    }

    fn __after(_: Item, _: &[UpdateClause]) -> Option<Result<()>> {
        Some(Ok(()))
    }
}
impl<E: EntityModel> SealedReturned<E> for ReturnNone {}
