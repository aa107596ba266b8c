//! A type of item.

use serde::{Deserializer, Serializer};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::EncodeError;
use crate::error::{Error, ErrorKind, Result};
use crate::key::segment::SegmentError;
use crate::key::template::Fields;
use crate::model::key::{self, Key};
use crate::model::managed::ManagedValue;
use crate::model::partial_item::{KeyTextError, Loaded, PartialItem};
use crate::model::projection::Projection;
use crate::model::read_target::ReadTarget;
use crate::model::{self, Stored, TableModel, encode_entity};
use crate::schema::overlap::UnfilteredQueries;
use crate::schema::{EntitySchema, own_key};
use crate::value::encoded::Encoded;

/// What `#[derive(Entity)]` says of a type of item: where its items are, and how they are written and read. The operations on it are
/// in [`Entity`](crate::Entity).
#[diagnostic::on_unimplemented(message = "`{Self}` is not an entity", note = "`#[derive(Entity)]` makes it one")]
pub trait EntityModel: ReadTarget + Clone + Sync {
    #[doc(hidden)]
    const __SCHEMA: &'static EntitySchema;

    /// Which of its typed queries need no filter.
    #[doc(hidden)]
    const __EXCLUSIVE: UnfilteredQueries =
        UnfilteredQueries::__of(Self::__SCHEMA, <Self::Table as TableModel>::__SCHEMA);

    /// What serde does. A bound on `Serialize` would repeat one missing derive wherever the entity is used.
    #[doc(hidden)]
    fn __serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    #[doc(hidden)]
    fn __deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Whether a field is a key attribute itself.
    #[doc(hidden)]
    const __HAS_OWN_KEYS: bool = own_key::any(Self::__SCHEMA, <Self::Table as TableModel>::__LAYOUT);

    #[doc(hidden)]
    fn __field(&self, field: usize, out: &mut String) -> Result<bool, SegmentError>;

    /// The text of a field of the primary key that is one.
    #[doc(hidden)]
    fn __text(&self, _: usize) -> Option<&str> {
        None
    }

    /// As `__field`, from attributes.
    #[doc(hidden)]
    fn __derive(field: usize, known: &PartialItem, out: &mut String) -> Result<bool, KeyTextError>;

    #[doc(hidden)]
    fn __restore(field: usize, text: &str) -> Result<AttributeValue, SegmentError>;

    /// Sets one of the fields that writes keep, if there is such a field.
    #[doc(hidden)]
    fn __set_managed(&mut self, _: ManagedValue<'_>) {}

    /// What that sets it to, as it is stored.
    #[doc(hidden)]
    fn __stamped(_: ManagedValue<'_>) -> Result<Option<AttributeValue>, EncodeError> {
        Ok(None)
    }

    /// The values of the fields that keys are made from, by their attributes.
    #[doc(hidden)]
    fn __roots(&self) -> Result<Vec<(&'static str, Encoded)>, EncodeError> {
        Ok(Vec::new())
    }

    /// How often the item was written, if it counts that.
    #[doc(hidden)]
    fn __version(&self) -> Option<u64> {
        None
    }
}

/// Says that the partitions of `Self` in the table are named by the fields `F`, and their sort keys spoken to as `S`.
/// Written by `derive(Entity)`.
pub trait PartitionOf<F, S>: EntityModel {}

/// An entity as the source of its fields.
pub(crate) struct Of<'a, E>(pub &'a E);

impl<E: EntityModel> Fields for Of<'_, E> {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        self.0.__field(field, out)
    }

    fn text(&self, field: usize) -> Option<&str> {
        self.0.__text(field)
    }
}

/// The primary key of an entity.
///
/// # Errors
/// If a value cannot stand in a key.
#[doc(hidden)]
pub fn key_of<E: EntityModel>(entity: &E) -> Result<Key<E::Table>> {
    key::primary_key::<E>(&Of(entity))
}

/// For the derive: an entity that an operation was given in the place of a key.
#[doc(hidden)]
pub fn loaded<E: EntityModel>(entity: &E) -> Result<Loaded> {
    let roots = entity.__roots().map_err(|error| {
        let message = format!("a field that keys are made from: {error}");
        Error::new(ErrorKind::Encode, message).with_operation("encode").entity(E::__SCHEMA.name).caused_by(error)
    })?;
    Ok(Loaded { item: encode_entity(entity)?, roots })
}

/// For the derive: decodes a part of an item that is known to be of the projection's entity.
#[doc(hidden)]
pub fn decode_projection<P: Projection>(stored: &Stored<'_>) -> Result<P> {
    super::decode_projection(stored)
}

/// For the derive: decodes an item that is known to be of this entity.
#[doc(hidden)]
pub fn decode<E: EntityModel>(stored: &Stored<'_>) -> Result<E> {
    model::decode_entity(stored)
}
