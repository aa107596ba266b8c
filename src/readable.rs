//! What a read can give: the whole table's enum, a part of it, or one entity.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::Stored;
use crate::error::{Error, ErrorKind, Result};
use crate::item::Item;
use crate::projection::Selected;
use crate::read::Target;
use crate::schema::EntitySchema;
use crate::table::Table;

/// What a read can give: the table's enum, a part of it, or one entity. Implemented by the derives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a table",
    note = "`#[derive(Entity)]` and `#[derive(Table)]` make types that can"
)]
pub trait Readable: Sized + Send + 'static {
    /// The table it is read from.
    type Table: Table;

    #[doc(hidden)]
    const __TARGET: Target;

    /// Of what is read in part, which.
    #[doc(hidden)]
    const __SELECT: Option<&'static [Selected]> = None;

    /// Decodes the item as the entity with this number among the target's.
    #[doc(hidden)]
    fn __decode(entity: usize, stored: &Stored<'_>) -> Result<Self>;

    /// What an item of no known entity becomes; the item comes back where there is no place for it.
    #[doc(hidden)]
    fn __unknown(item: Item) -> Result<Self, Box<Item>> {
        Err(Box::new(item))
    }
}

/// What became of a stored item.
pub(crate) enum Decoded<T> {
    Good(T),
    /// Of this other entity of the table, which was not asked for.
    Foreign(&'static EntitySchema),
    Bad(Error),
}

/// Dispatches on the discriminator.
pub(crate) fn decode<T: Readable>(stored: &Stored<'_>) -> Decoded<T> {
    let table = T::Table::SCHEMA;
    let label = match stored.discriminator() {
        Ok(label) => label,
        Err(error) => return unknown(stored, error),
    };
    if let Some(entity) = T::__TARGET.entity(label) {
        return match T::__decode(entity, stored) {
            Ok(good) => Decoded::Good(good),
            Err(error) => Decoded::Bad(error),
        };
    }
    if let Some(other) = <T::Table as Readable>::__TARGET.entity(label) {
        return Decoded::Foreign(table.entities[other]);
    }
    let message = format!(
        "no entity of `{}` has this discriminator; add it to the enum, or give an entity the alias",
        table.name
    );
    let error = Error::new(ErrorKind::UnknownEntity, message)
        .during("decode")
        .entity(label)
        .key(stored.display_key())
        .attribute(table.layout.discriminator_attribute);
    unknown(stored, error)
}

fn unknown<T: Readable>(stored: &Stored<'_>, error: Error) -> Decoded<T> {
    match T::__unknown(stored.to_item()) {
        Ok(good) => Decoded::Good(good),
        Err(_) => Decoded::Bad(error),
    }
}

/// Decodes one item, where one of another entity is an error.
pub(crate) fn decode_one<T: Readable>(stored: &Stored<'_>) -> Result<T> {
    match decode(stored) {
        Decoded::Good(good) => Ok(good),
        Decoded::Bad(error) => Err(error),
        Decoded::Foreign(other) => {
            let message = format!("the item is of entity `{}`", other.name);
            let error = Error::new(ErrorKind::WrongEntity, message).during("decode").entity(T::__TARGET.name);
            Err(error.key(stored.display_key()))
        }
    }
}

/// As the SDK has it.
pub(crate) fn decode_item<T: Readable>(item: &HashMap<String, AttributeValue>) -> Result<T> {
    decode_one(&Stored::new(item, T::Table::SCHEMA.layout))
}
