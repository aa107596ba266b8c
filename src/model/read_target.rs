//! The types that a read can return, and the dispatch of a stored item to its entity.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Stored, TableModel};
use crate::schema::projection::Selected;
use crate::schema::target::EntitySet;
use crate::schema::{EntitySchema, TableSchema, Template};
use crate::value::item::Item;

/// A type that a read can return: a table enum, an enum of a part of the table, an entity, or a projection.
///
/// The derive macros implement this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a table",
    note = "use a type that derives `Entity`, `Projection` or `Table`"
)]
pub trait ReadTarget: Sized + Send + 'static {
    /// The table that contains the items.
    type Table: TableModel;

    #[doc(hidden)]
    const __TARGET: EntitySet;

    /// The attributes that a projection selects; `None` for a type that is read as a whole.
    #[doc(hidden)]
    const __SELECT: Option<&'static [Selected]> = None;

    /// Deserializes the item as the entity with this number among the target's entities.
    #[doc(hidden)]
    fn __decode(entity: usize, stored: &Stored<'_>) -> Result<Self>;

    /// Converts an unknown item. Returns the item if the type has no variant for unknown items.
    #[doc(hidden)]
    fn __unknown(item: Item) -> Result<Self, Box<Item>> {
        Err(Box::new(item))
    }
}

/// The result of deserializing a stored item.
pub(crate) enum Decoded<T> {
    Good(T),
    /// The item belongs to this entity of the table, which is not part of the target.
    Foreign(&'static EntitySchema),
    Bad(Error),
}

/// How a read identifies an item's entity.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dispatch {
    /// By this attribute.
    Discriminator(&'static str),
    /// By the primary key, which only one entity's templates can render.
    Key,
}

impl Dispatch {
    /// Returns the dispatch of a read that returns whole items.
    pub fn of(table: &TableSchema) -> Self {
        table.layout.discriminator_attribute.map_or(Self::Key, Self::Discriminator)
    }

    /// Returns the discriminator of the item's entity.
    pub fn label<'s>(self, stored: &Stored<'s>, table: &TableSchema) -> Result<&'s str> {
        match self {
            Self::Discriminator(attribute) => stored.discriminator(attribute),
            Self::Key => by_key(stored, table).map(|entity| entity.discriminator),
        }
    }
}

/// Returns the entities whose templates match the item's key.
pub(crate) fn entities_of_key(stored: &Stored<'_>, table: &TableSchema) -> impl Iterator<Item = &'static EntitySchema> {
    let layout = table.layout;
    let sort = layout.sort_key.map(|key| stored.key_text(&key).unwrap_or_default());
    let partition = stored.key_text(&layout.partition_key).unwrap_or_default();
    let fits = move |entity: &&'static EntitySchema| {
        let is_in = |template: &Template, text: &str| template.parse(text, layout.delimiter).is_some();
        let sort = entity.primary.sort.as_ref().zip(sort.as_deref());
        is_in(&entity.primary.partition, &partition) && sort.is_none_or(|(template, text)| is_in(template, text))
    };
    table.entities.iter().copied().filter(fits)
}

/// Returns the entity whose templates match the item's key.
#[cold]
#[inline(never)]
pub(crate) fn by_key(stored: &Stored<'_>, table: &TableSchema) -> Result<&'static EntitySchema> {
    let mut entities = entities_of_key(stored, table);
    let message = match (entities.next(), entities.next()) {
        (Some(entity), None) => return Ok(entity),
        (Some(one), Some(other)) => {
            format!("the key matches the templates of both `{}` and `{}`", one.name, other.name)
        }
        (None, _) => format!("the key does not match the templates of any entity of `{}`", table.name),
    };
    Err(Error::new(ErrorKind::UnknownEntity, message).with_operation("decode").key(stored.display_key()))
}

/// Deserializes an item as its entity.
pub(crate) fn decode<T: ReadTarget>(stored: &Stored<'_>, dispatch: Dispatch) -> Decoded<T> {
    let table = T::Table::__SCHEMA;
    let label = match dispatch.label(stored, table) {
        Ok(label) => label,
        Err(error) => return unknown(stored, error),
    };
    if let Some(entity) = T::__TARGET.entity(label) {
        return match T::__decode(entity, stored) {
            Ok(good) => Decoded::Good(good),
            Err(error) => Decoded::Bad(error),
        };
    }
    if let Some(other) = <T::Table as ReadTarget>::__TARGET.entity(label) {
        return Decoded::Foreign(table.entities[other]);
    }
    let message = format!(
        "no entity of `{}` has this discriminator; add the entity to the enum, or the discriminator to the `aliases` of \
         an entity",
        table.name
    );
    let error =
        Error::new(ErrorKind::UnknownEntity, message).with_operation("decode").entity(label).key(stored.display_key());
    match dispatch {
        Dispatch::Discriminator(attribute) => unknown(stored, error.attribute(attribute)),
        Dispatch::Key => unknown(stored, error),
    }
}

fn unknown<T: ReadTarget>(stored: &Stored<'_>, error: Error) -> Decoded<T> {
    match T::__unknown(stored.to_item()) {
        Ok(good) => Decoded::Good(good),
        Err(_) => Decoded::Bad(error),
    }
}

/// Deserializes one item. An item of another entity is an error.
pub(crate) fn decode_one<T: ReadTarget>(stored: &Stored<'_>) -> Result<T> {
    match decode(stored, Dispatch::of(T::Table::__SCHEMA)) {
        Decoded::Good(good) => Ok(good),
        Decoded::Bad(error) => Err(error),
        Decoded::Foreign(other) => {
            let message = format!("the item belongs to the entity `{}`", other.name);
            let error = Error::new(ErrorKind::WrongEntity, message).with_operation("decode").entity(T::__TARGET.name);
            Err(error.key(stored.display_key()))
        }
    }
}

/// Deserializes an item in the SDK's form.
pub(crate) fn decode_item<T: ReadTarget>(item: &HashMap<String, AttributeValue>) -> Result<T> {
    decode_one(&Stored::new(item, T::Table::__SCHEMA.layout))
}
