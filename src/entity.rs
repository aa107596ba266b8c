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

/// The operations on an entity, for every type that derives `Entity`.
///
/// The derive implements [`EntityModel`], which describes the keys and the attributes of the type. This trait adds the
/// operations. Each of them does nothing until you await it. If you import the derive macro, you also import this trait. If your
/// type has its own function with the name of an operation, `Order::get(..)` calls your function.
#[doc(alias = "Model")]
#[diagnostic::on_unimplemented(message = "`{Self}` is not an entity", note = "add `#[derive(Entity)]` to the type")]
pub trait Entity: EntityModel {
    /// The entity's keys, discriminator and attributes, as constants.
    #[doc(alias = "get_attributes")]
    const SCHEMA: &'static EntitySchema = Self::__SCHEMA;

    /// Writes the entity, unless an item with its key exists.
    ///
    /// Returns the entity as stored, with its version and its times. Clones the entity, so the operation borrows nothing.
    ///
    /// If an item with this key exists, the operation returns an error with
    /// [`is_already_exists`](crate::Error::is_already_exists).
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
    #[doc(alias = "save", alias = "put_item", alias = "PutItem", alias = "insert", alias = "attribute_not_exists")]
    fn create(&self) -> Create<Self> {
        Create::new(self)
    }

    /// Writes the entity, and replaces the item with its key if one exists.
    ///
    /// Returns the entity as stored, with its version and its times. Clones the entity, so the operation borrows nothing.
    ///
    /// If the entity has a version, the stored version must be the same. Otherwise the operation returns an error with
    /// [`is_condition_failed`](crate::Error::is_condition_failed).
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
    #[doc(alias = "save", alias = "put_item", alias = "PutItem", alias = "replace")]
    fn put(&self) -> Put<Self> {
        Put::new(self)
    }

    /// Reads one entity by its key: `Order::get("o-1")`.
    ///
    /// Returns an `Option`, which is `None` if no item has this key. The key is one value, a tuple of the key's fields, or a
    /// reference to an entity with the same key. An item of another entity is an error of the kind
    /// [`WrongEntity`](crate::ErrorKind::WrongEntity).
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html>
    #[doc(alias = "get_item", alias = "GetItem", alias = "refresh", alias = "DoesNotExist", alias = "find")]
    fn get<F, K>(key: K) -> Get<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        Get::new(key.__key())
    }

    /// Changes some attributes of the item with this key: `Order::update("o-1").set(Order::TOTAL, "12.50")`.
    ///
    /// Also rewrites the index keys that use these attributes. Returns the entity after the update. `Order::update(&order)` takes
    /// the other fields of these index keys from the loaded entity.
    ///
    /// If no item has this key, the operation returns an error with [`is_not_found`](crate::Error::is_not_found).
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html>
    #[doc(alias = "update_item", alias = "UpdateItem", alias = "UpdateExpression", alias = "update_expression")]
    fn update<F, K>(key: K) -> Update<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        let loaded = key.__loaded();
        Update::new(key.__key(), loaded)
    }

    /// Reads the entities with these keys: `Order::batch_get(["o-1", "o-2"])`.
    ///
    /// Returns one `Option` for each key, in the order of the keys. Reads up to 100 keys per request. An item of another entity
    /// is an error.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
    #[doc(alias = "batch_get_item", alias = "BatchGetItem")]
    fn batch_get<F, K>(keys: impl IntoIterator<Item = K>) -> BatchGet<Self::Table, Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        BatchGet::new(keys.into_iter().map(IntoKey::__key))
    }

    /// Returns `true` if an item with this key exists.
    ///
    /// The response contains only the key and the discriminator of the item. An item of another entity is an error.
    #[doc(alias = "get_item")]
    fn exists<F, K>(key: K) -> Exists<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        Exists::new(key.__key())
    }

    /// Deletes the item with this key, in one request.
    ///
    /// If no item has this key, the operation succeeds. `Order::delete(&order)`, for an entity with a version, requires that the
    /// item exists and has the same version.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html>
    #[doc(alias = "delete_item", alias = "DeleteItem", alias = "remove")]
    fn delete<F, K>(key: K) -> Delete<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        let loaded = key.__loaded();
        Delete::new(key.__key(), loaded)
    }

    /// Makes a transaction depend on an item that it does not write: `BaseModel::transact_write().check(User::check("u-1"))`.
    ///
    /// The check requires that the item exists and belongs to this entity, and that it meets the condition if you add one.
    #[doc(alias = "ConditionCheck", alias = "condition_check")]
    fn check<F, K>(key: K) -> Check<Self>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        Check::new(key.__key())
    }

    /// Returns the primary key as a value, for operations that accept keys of several entities.
    ///
    /// # Errors
    /// Fails if a value cannot be used in a key: it is empty or too long, or it contains the delimiter.
    #[doc(alias = "hash_key", alias = "range_key", alias = "partition_key", alias = "sort_key")]
    fn key<F, K>(key: K) -> Result<Key<Self::Table>>
    where
        Self: KeyOf<F>,
        K: IntoKey<Self, F>,
    {
        key.__key()
    }

    /// Queries the entities of this type in one partition of the table.
    ///
    /// Requests only sort keys with the entity's prefix, so other items of the partition are neither read nor billed. If another
    /// entity can have the same prefix, the query also filters by the discriminator. The partition is one value, or a tuple of
    /// the partition key's fields.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>
    #[doc(alias = "KeyConditionExpression", alias = "key_condition_expression", alias = "range_key_condition")]
    fn query<F, S, A>(partition: A) -> Query<Self, Primary, S>
    where
        Self: PartitionOf<F, S>,
        A: FieldArgs<F>,
    {
        Query::typed(TypedKeys::primary::<Self>(), partition.__texts())
    }

    /// Queries all items in one partition of the table, of every entity: `User::collection("u-1")` reads the user and the orders
    /// in the user's partition.
    ///
    /// The partition is one value, or a tuple of the fields of this entity's partition key. `.only::<..>()` keeps some of the
    /// entities.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>
    #[doc(alias = "item_collection", alias = "KeyConditionExpression")]
    fn collection<F, S, A>(partition: A) -> Query<Self::Table, Primary, S::Collection>
    where
        Self: PartitionOf<F, S>,
        S: CollectionSort,
        A: FieldArgs<F>,
    {
        Query::collection(TypedKeys::primary::<Self>(), partition.__texts())
    }

    /// Scans the table for entities of this type.
    ///
    /// Reads and bills the whole table. Items of other entities are skipped.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>
    fn scan() -> Scan<Self> {
        Scan::new(None)
    }

    /// Serializes the entity as an item, with its keys and its discriminator. Sends nothing.
    ///
    /// # Errors
    /// Fails if the entity cannot be serialized, or if a value cannot be used in a key.
    #[doc(alias = "serialize", alias = "to_dynamodb_dict")]
    fn to_item(&self) -> Result<Item> {
        crate::model::encode_entity(self)
    }

    /// Deserializes the entity from a stored item.
    ///
    /// # Errors
    /// Fails if the item belongs to another entity, or if one of its attributes does not fit its field.
    #[doc(alias = "from_raw_data", alias = "deserialize", alias = "from_dynamodb_dict")]
    fn from_item(item: Item) -> Result<Self> {
        crate::model::read_target::decode_item(item.as_ref())
    }
}

#[diagnostic::do_not_recommend]
impl<E: EntityModel> Entity for E {}
