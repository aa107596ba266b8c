//! The trait that describes an entity, and the functions that generated code calls.

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
use crate::schema::{AttributeSchema, EntitySchema, TableLayout, own_key};
use crate::value::encoded::Encoded;

/// The schema of an entity. It is not part of [`EntityModel`], because generated code names it often. For an entity that is not `Clone`,
/// each mention would be a compile error.
#[doc(hidden)]
pub trait HasSchema {
    const __SCHEMA: &'static EntitySchema;
}

/// The description of an entity: its keys, its attributes, and how they are serialized and deserialized.
///
/// `#[derive(Entity)]` implements this trait. The operations are in [`Entity`](crate::Entity).
#[diagnostic::on_unimplemented(message = "`{Self}` is not an entity", note = "add `#[derive(Entity)]` to the type")]
pub trait EntityModel: ReadTarget + HasSchema + Clone + Sync {
    /// The doc comment of the struct.
    #[doc(hidden)]
    const __DOC: &'static str = "";

    #[doc(hidden)]
    const __ATTRIBUTES: &'static [AttributeSchema] = &[];

    /// The typed queries that do not need a filter.
    #[doc(hidden)]
    const __EXCLUSIVE: UnfilteredQueries =
        UnfilteredQueries::__of(Self::__SCHEMA, <Self::Table as TableModel>::__SCHEMA);

    /// Calls serde. A bound on `Serialize` instead would report a missing derive once for each use of the entity.
    #[doc(hidden)]
    fn __serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    #[doc(hidden)]
    fn __deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Whether any field is a key attribute itself.
    #[doc(hidden)]
    const __HAS_OWN_KEYS: bool = own_key::any(Self::__SCHEMA, <Self::Table as TableModel>::__LAYOUT);

    #[doc(hidden)]
    fn __field(&self, field: usize, out: &mut String) -> Result<bool, SegmentError>;

    /// Returns the text of a field in the primary key if the field is a string.
    #[doc(hidden)]
    fn __text(&self, _: usize) -> Option<&str> {
        None
    }

    /// Does the same as `__field`, from known attributes instead of an entity.
    #[doc(hidden)]
    fn __derive(field: usize, known: &PartialItem, out: &mut String) -> Result<bool, KeyTextError>;

    #[doc(hidden)]
    fn __restore(field: usize, text: &str) -> Result<AttributeValue, SegmentError>;

    /// Sets a managed field, if the entity has it.
    #[doc(hidden)]
    fn __set_managed(&mut self, _: ManagedValue<'_>) {}

    /// Serializes the value that `__set_managed` would set.
    #[doc(hidden)]
    fn __stamped(_: ManagedValue<'_>) -> Result<Option<AttributeValue>, EncodeError> {
        Ok(None)
    }

    /// Serializes the fields that keys use. Each has the name of its attribute.
    #[doc(hidden)]
    fn __roots(&self) -> Result<Vec<(&'static str, Encoded)>, EncodeError> {
        Ok(Vec::new())
    }

    /// Returns the version, if the entity has one.
    #[doc(hidden)]
    fn __version(&self) -> Option<u64> {
        None
    }
}

/// An entity whose partition key in the table has the fields `F`, and whose sort key accepts conditions of the kind `S`.
///
/// `derive(Entity)` implements this trait.
pub trait PartitionOf<F, S> {
    /// Only `derive(Entity)` names this constant, so that no other code implements the trait.
    #[doc(hidden)]
    const __DERIVED: ();
}

/// The description of an entity as a value. Functions that take it are compiled once, instead of once for each entity.
#[derive(Clone, Copy)]
pub(crate) struct EntityType {
    pub schema: &'static EntitySchema,
    pub layout: &'static TableLayout,
}

impl EntityType {
    pub fn of<E: EntityModel>() -> Self {
        Self { schema: E::__SCHEMA, layout: <E::Table as TableModel>::__SCHEMA.layout }
    }
}

/// An entity as the source of field values.
pub(crate) struct Of<'a, E>(pub &'a E);

impl<E: EntityModel> Fields for Of<'_, E> {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        self.0.__field(field, out)
    }

    fn text(&self, field: usize) -> Option<&str> {
        self.0.__text(field)
    }
}

/// Returns the primary key of an entity.
///
/// # Errors
/// Fails if a value cannot be used in a key.
#[doc(hidden)]
pub fn key_of<E: EntityModel>(entity: &E) -> Result<Key<E::Table>> {
    key::primary_key::<E>(&Of(entity))
}

/// For the derive: serializes an entity that an operation received instead of a key.
#[doc(hidden)]
pub fn loaded<E: EntityModel>(entity: &E) -> Result<Loaded> {
    let roots = entity.__roots().map_err(|error| {
        let message = format!("a field that a key uses cannot be serialized: {error}");
        Error::new(ErrorKind::Encode, message).with_operation("encode").entity(E::__SCHEMA.name).caused_by(error)
    })?;
    Ok(Loaded { item: encode_entity(entity)?, roots })
}

/// For the derive: deserializes a projection from an item of its entity.
#[doc(hidden)]
pub fn decode_projection<P: Projection>(stored: &Stored<'_>) -> Result<P> {
    super::decode_projection(stored)
}

/// For the derive: deserializes an item of this entity.
#[doc(hidden)]
pub fn decode<E: EntityModel>(stored: &Stored<'_>) -> Result<E> {
    model::decode_entity(stored)
}
