//! The operations on one entity.

use crate::error::Result;
use crate::key::args::FieldArgs;
use crate::key::index_kind::{CollectionSort, Primary};
use crate::model::EntityModel;
use crate::model::entity::PartitionOf;
use crate::model::key::{IntoKey, Key, KeyOf};
use crate::op::{BatchGet, Check, Create, Delete, Exists, Get, Put, Query, Scan, Update};
use crate::read::plan::TypedKeys;
use crate::schema::EntitySchema;
use crate::value::item::Item;

/// A type of item. `#[derive(Entity)]` says where its items are, and how they are written and read; the functions of this trait are
/// the operations on them.
///
/// Importing the derive imports this trait. On the path `Order::get(..)` an inherent function of yours wins over these.
#[diagnostic::on_unimplemented(message = "`{Self}` is not an entity", note = "`#[derive(Entity)]` makes it one")]
pub trait Entity: EntityModel {
    /// Keys, discriminator and attributes.
    const SCHEMA: &'static EntitySchema = Self::__SCHEMA;

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
        A: FieldArgs<F>,
    {
        Query::typed(TypedKeys::primary::<Self>(), partition.__texts())
    }

    /// Reads everything in one partition of the table, whatever entity it is of: `User::collection("u-1")` reads the user together with
    /// the orders. The partition is given by this entity's fields. `.only::<..>()` reads a part of the table.
    fn collection<F, S, A>(partition: A) -> Query<Self::Table, Primary, S::Collection>
    where
        Self: PartitionOf<F, S>,
        S: CollectionSort,
        A: FieldArgs<F>,
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
        crate::model::encode_entity(self)
    }

    /// The entity of a stored item.
    ///
    /// # Errors
    /// If the item is of another entity, or does not fit this one.
    fn from_item(item: Item) -> Result<Self> {
        crate::model::read_target::decode_item(&item)
    }
}

#[diagnostic::do_not_recommend]
impl<E: EntityModel> Entity for E {}
