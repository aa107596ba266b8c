//! A type of item.

use serde::{Deserializer, Serializer};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::{self, EncodeError, Stored};
use crate::error::{Error, ErrorKind, Result};
use crate::index::{CollectionSort, Primary};
use crate::item::Item;
use crate::key::{self, IntoKey, Key, KeyOf};
use crate::known::{Known, Loaded, Unknown};
use crate::op::{BatchGet, Check, Create, Delete, Exists, Get, Put, Query, Scan, Update};
use crate::operand::Encoded;
use crate::overlap::Exclusive;
use crate::own_key;
use crate::projection::Projection;
use crate::read::TypedKeys;
use crate::readable::{Readable, decode_item};
use crate::schema::EntitySchema;
use crate::segment::SegmentError;
use crate::stamp::Stamp;
use crate::table::Table;
use crate::template::Fields;

/// A type of item, made by `#[derive(Entity)]`: where its items are, and how they are written and read.
///
/// Importing the derive imports this trait, whose functions are the operations on one entity. On the path `Order::get(..)`
/// an inherent function of yours wins over these.
#[diagnostic::on_unimplemented(message = "`{Self}` is no entity", note = "`#[derive(Entity)]` makes it one")]
pub trait Entity: Readable + Clone + Sync {
    /// Keys, discriminator and attributes.
    const SCHEMA: &'static EntitySchema;

    /// Which of its typed queries need no filter.
    #[doc(hidden)]
    const __EXCLUSIVE: Exclusive = Exclusive::__of(Self::SCHEMA, <Self::Table as Table>::SCHEMA);

    /// What serde does. A bound on `Serialize` would repeat one missing derive wherever the entity is used.
    #[doc(hidden)]
    fn __serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    #[doc(hidden)]
    fn __deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Whether a field is a key attribute itself.
    #[doc(hidden)]
    const __HAS_OWN_KEYS: bool = own_key::any(Self::SCHEMA, <Self::Table as Table>::__LAYOUT);

    #[doc(hidden)]
    fn __field(&self, field: usize, out: &mut String) -> Result<bool, SegmentError>;

    /// The text of a field of the primary key that is one.
    #[doc(hidden)]
    fn __text(&self, _: usize) -> Option<&str> {
        None
    }

    /// As `__field`, from attributes.
    #[doc(hidden)]
    fn __derive(field: usize, known: &Known, out: &mut String) -> Result<bool, Unknown>;

    #[doc(hidden)]
    fn __restore(field: usize, text: &str) -> Result<AttributeValue, SegmentError>;

    /// Sets one of the fields that writes keep, if there is such a field.
    #[doc(hidden)]
    fn __stamp(&mut self, _: Stamp<'_>) {}

    /// What that sets it to, as it is stored.
    #[doc(hidden)]
    fn __stamped(_: Stamp<'_>) -> Result<Option<AttributeValue>, EncodeError> {
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

    /// Writes the entity, unless there is an item with its key already: that is an error with
    /// [`is_already_exists`](crate::Error::is_already_exists). Gives the entity back as it is stored: with its version and times.
    ///
    /// Copies the entity, so the operation borrows nothing.
    fn create(&self) -> Create<Self> {
        Create::new(self)
    }

    /// Writes the entity, in the place of an item with its key if there is one. Gives the entity back as it is stored: with its
    /// version and times.
    ///
    /// Copies the entity, so the operation borrows nothing.
    fn put(&self) -> Put<Self> {
        Put::new(self)
    }

    /// Reads one entity by its key: the key's fields, or an entity that has the same.
    fn get<F, K>(key: K) -> Get<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        Get::new(key.__key())
    }

    /// Changes some attributes of the item with this key, and the index keys that are made from them:
    /// `Order::update("o-1").set(Order::TOTAL, "12.50")`. Gives the entity as it is then.
    ///
    /// Of a loaded entity, `Order::update(&order)`, all fields are known that an index key may be made from.
    fn update<F, K>(key: K) -> Update<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        let loaded = key.__loaded();
        Update::new(key.__key(), loaded)
    }

    /// Reads the entities with these keys, in as few requests as there can be: for each key its entity, or `None`, in the order of
    /// the keys. `Order::batch_get(["o-1", "o-2"])`. An item of another entity is an error.
    fn batch_get<F, K>(keys: impl IntoIterator<Item = K>) -> BatchGet<Self::Table, Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        BatchGet::new(keys.into_iter().map(IntoKey::__key))
    }

    /// Whether there is an item with this key.
    fn exists<F, K>(key: K) -> Exists<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        Exists::new(key.__key())
    }

    /// Deletes the item with this key, in one request. It is no error if there is none, unless it is given an entity with a
    /// version, which has to be the stored one.
    fn delete<F, K>(key: K) -> Delete<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        let loaded = key.__loaded();
        Delete::new(key.__key(), loaded)
    }

    /// What has to be so of an item for a transaction to be made: `BaseModel::transact_write().check(User::check("u-1"))`.
    /// Without a condition, that it is there.
    fn check<F, K>(key: K) -> Check<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        Check::new(key.__key())
    }

    /// A key, as operations on several entities take it.
    ///
    /// # Errors
    /// If a value cannot stand in a key.
    fn key<F, K>(key: K) -> Result<Key<Self::Table>>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        key.__key()
    }

    /// The entities of one partition of the table.
    fn query<F, S, A>(partition: A) -> Query<Self, Primary, S>
    where
        Self: PartitionOf<F, S>,
        A: crate::arg::FieldArgs<F>,
    {
        Query::typed(TypedKeys::primary::<Self>(), partition.__texts())
    }

    /// Reads everything in one partition of the table, whatever entity it is of: `User::collection("u-1")` reads the user together with
    /// the orders. The partition is given by this entity's fields. `.only::<..>()` reads a part of the table.
    fn collection<F, S, A>(partition: A) -> Query<Self::Table, Primary, S::Collection>
    where
        Self: PartitionOf<F, S>,
        S: CollectionSort,
        A: crate::arg::FieldArgs<F>,
    {
        Query::collection(TypedKeys::primary::<Self>(), partition.__texts())
    }

    /// All entities of this type, by reading the whole table.
    fn scan() -> Scan<Self> {
        Scan::new(None)
    }

    /// The item as it is stored: attributes, keys and discriminator.
    ///
    /// # Errors
    /// If the entity cannot be encoded, or a value cannot stand in a key.
    fn to_item(&self) -> Result<Item> {
        codec::encode_entity(self)
    }

    /// The entity of a stored item.
    ///
    /// # Errors
    /// If the item is of another entity, or does not fit this one.
    fn from_item(item: Item) -> Result<Self> {
        decode_item(&item)
    }
}

/// Says that the partitions of `Self` in the table are named by the fields `F`, and their sort keys spoken to as `S`.
/// Written by `derive(Entity)`.
pub trait PartitionOf<F, S>: Entity {}

/// An entity as the source of its fields.
pub(crate) struct Of<'a, E>(pub &'a E);

impl<E: Entity> Fields for Of<'_, E> {
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
pub fn key_of<E: Entity>(entity: &E) -> Result<Key<E::Table>> {
    key::primary_key::<E>(&Of(entity))
}

/// For the derive: an entity that an operation was given in the place of a key.
#[doc(hidden)]
pub fn loaded<E: Entity>(entity: &E) -> Result<Loaded> {
    let roots = entity.__roots().map_err(|error| {
        let message = format!("a field that keys are made from: {error}");
        Error::new(ErrorKind::Encode, message).during("encode").entity(E::SCHEMA.name).caused_by(error)
    })?;
    Ok(Loaded { item: entity.to_item()?, roots })
}

/// For the derive: decodes a part of an item that is known to be of the projection's entity.
#[doc(hidden)]
pub fn decode_projection<P: Projection>(stored: &Stored<'_>) -> Result<P> {
    codec::decode_projection(stored)
}

/// For the derive: decodes an item that is known to be of this entity.
#[doc(hidden)]
pub fn decode<E: Entity>(stored: &Stored<'_>) -> Result<E> {
    codec::decode_entity(stored)
}
