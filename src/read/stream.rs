//! Records of DynamoDB Streams, as typed changes of entities.
//!
//! A [`Record`] is one change of one item. It comes from an event of AWS Lambda (feature `stream-lambda`) or from the SDK's client
//! for streams (feature `stream-sdk`). [`Record::change`] returns the item before and after the change as values of the table enum:
//!
//! ```
//! # use monotable::{Entity, Item, Table};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Debug, Table)]
//! # enum BaseModel { Order(Order) }
//! # #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
//! # #[entity(table = BaseModel, pk = "ORDER#{order_id}", sk = "ORDER#{order_id}")]
//! # struct Order { order_id: String, total: String }
//! use monotable::stream::{Change, Record};
//!
//! fn handle(record: &Record) -> monotable::Result<()> {
//!     match record.change::<BaseModel>()? {
//!         Change::Inserted { new: BaseModel::Order(order) } => println!("a new order over {}", order.total),
//!         Change::Removed { old: BaseModel::Order(order) } if record.is_expiry() => println!("{} expired", order.order_id),
//!         _ => {}
//!     }
//!     Ok(())
//! }
//! # let order = Order { order_id: "o-1".into(), total: "7".into() };
//! # handle(&Record::inserted::<BaseModel>(order.to_item().unwrap())).unwrap();
//! ```
//!
//! An error concerns only this record, and the record keeps its items: [`Record::old_item`] and [`Record::new_item`]. An item of an
//! unknown entity is an error, or the variant with `#[table(unknown)]` if the enum has one.
//!
//! The view type of the stream decides which items a record contains. [`Change::Incomplete`] is a change without the items that the
//! other variants need, for example every change in a stream with `KEYS_ONLY`.

use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind, Result};
use crate::model::key::Key;
use crate::model::read_target::{Decoded, Dispatch, ReadTarget, by_key, decode, decode_item, entities_of_key};
use crate::model::{Stored, TableModel};
use crate::schema::KeyAttribute;
use crate::value::item::Item;

#[cfg(feature = "stream-lambda")]
mod lambda;
#[cfg(feature = "stream-sdk")]
mod sdk;

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// The item is new.
    Insert,
    /// The item existed, and its attributes have changed.
    Modify,
    /// The item was deleted.
    Remove,
}

impl ChangeKind {
    #[cfg(any(feature = "stream-lambda", feature = "stream-sdk"))]
    fn parse(name: &str) -> Result<Self> {
        match name {
            "INSERT" => Ok(Self::Insert),
            "MODIFY" => Ok(Self::Modify),
            "REMOVE" => Ok(Self::Remove),
            other => Err(damaged(format!("`{other}` is not one of the events INSERT, MODIFY and REMOVE"))),
        }
    }
}

/// A change of an item, with the entity before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<T> {
    /// The item is new.
    Inserted {
        /// The entity after the change.
        new: T,
    },
    /// The item has changed.
    Modified {
        /// The entity before the change. A stream with the view type `NEW_IMAGE` does not contain it.
        old: Option<T>,
        /// The entity after the change.
        new: T,
    },
    /// The item was deleted.
    Removed {
        /// The entity before the change.
        old: T,
    },
    /// The view type of the stream does not contain the items that the other variants need. [`Record::key`] identifies the item.
    Incomplete {
        /// What happened.
        kind: ChangeKind,
        /// The entity before the change, if a stream with the view type `OLD_IMAGE` contains it.
        old: Option<T>,
    },
}

/// A record of a stream: one change of one item.
///
/// `Debug` shows no attribute values.
#[derive(Debug, Clone, PartialEq)]
#[doc(alias = "StreamRecord", alias = "EventRecord")]
pub struct Record {
    kind: ChangeKind,
    keys: Item,
    old: Option<Item>,
    new: Option<Item>,
    sequence_number: Option<String>,
    event_id: Option<String>,
    created_at: Option<DateTime<Utc>>,
    is_expiry: bool,
}

/// One of a record's items, from the point of view of a target.
enum Image<T> {
    Absent,
    /// The item belongs to another entity.
    Foreign,
    Of(T),
}

impl Record {
    /// Creates a record from its parts: what happened, the key attributes, and the items before and after the change. An empty item is
    /// the same as none.
    pub fn new(kind: ChangeKind, keys: Item, old: Option<Item>, new: Option<Item>) -> Self {
        let [old, new] = [old, new].map(|item| item.filter(|item| !item.is_empty()));
        Self { kind, keys, old, new, sequence_number: None, event_id: None, created_at: None, is_expiry: false }
    }

    /// Creates the record of a new item in the table `T`, for tests.
    pub fn inserted<T: TableModel>(new: Item) -> Self {
        Self::new(ChangeKind::Insert, keys_of::<T>(&new), None, Some(new))
    }

    /// Creates the record of a changed item in the table `T`, for tests.
    pub fn modified<T: TableModel>(old: Item, new: Item) -> Self {
        Self::new(ChangeKind::Modify, keys_of::<T>(&new), Some(old), Some(new))
    }

    /// Creates the record of a deleted item in the table `T`, for tests.
    pub fn removed<T: TableModel>(old: Item) -> Self {
        Self::new(ChangeKind::Remove, keys_of::<T>(&old), Some(old), None)
    }

    /// Sets the sequence number.
    #[must_use]
    pub fn with_sequence_number(mut self, sequence_number: impl Into<String>) -> Self {
        self.sequence_number = Some(sequence_number.into());
        self
    }

    /// Sets whether DynamoDB deleted the item because it had expired.
    #[must_use]
    pub fn with_expiry(mut self, is_expiry: bool) -> Self {
        self.is_expiry = is_expiry;
        self
    }

    /// Returns what happened.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// Returns the key attributes.
    pub fn keys(&self) -> &Item {
        &self.keys
    }

    /// Returns the item before the change, if the record contains it.
    pub fn old_item(&self) -> Option<&Item> {
        self.old.as_ref()
    }

    /// Returns the item after the change, if the record contains it.
    pub fn new_item(&self) -> Option<&Item> {
        self.new.as_ref()
    }

    /// Returns the record's number in its shard. A Lambda function reports it if the record fails.
    pub fn sequence_number(&self) -> Option<&str> {
        self.sequence_number.as_deref()
    }

    /// Returns the id of the record. It stays the same if the record is delivered again.
    pub fn event_id(&self) -> Option<&str> {
        self.event_id.as_deref()
    }

    /// Returns the approximate time of the change.
    pub fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    /// Returns whether DynamoDB deleted the item because it had expired (time to live), and not a program.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html>
    #[doc(alias = "ttl", alias = "userIdentity")]
    pub fn is_expiry(&self) -> bool {
        self.is_expiry
    }

    /// Returns the key of the item.
    ///
    /// # Errors
    /// Fails if the record does not contain the key attributes of the table, or if their bytes are not text.
    pub fn key<T: TableModel>(&self) -> Result<Key<T>> {
        let stored = self.stored_keys::<T>();
        let layout = stored.layout();
        let text = |key: &KeyAttribute| match stored.key_text(key) {
            Some(text) => Ok(text.into_owned()),
            None => Err(damaged("the record has no text for this key attribute".to_owned()).attribute(key.name)),
        };
        let entity = by_key(&stored, T::__SCHEMA).map_or(T::__SCHEMA.name, |entity| entity.name);
        let partition = text(&layout.partition_key)?;
        let sort = layout.sort_key.as_ref().map(text).transpose()?;
        Ok(Key::new(entity, partition, sort))
    }

    /// Returns the change, with the items as values of the table enum.
    ///
    /// # Errors
    /// Fails if an item does not fit its entity, or if no entity of the table has the item's discriminator and the enum has no
    /// `#[table(unknown)]` variant.
    pub fn change<T: TableModel>(&self) -> Result<Change<T>> {
        let image = |item: &Option<Item>| match item {
            None => Ok(Image::Absent),
            Some(item) => decode_item(item.as_ref()).map(Image::Of),
        };
        let change = self.seen_as(image(&self.old)?, image(&self.new)?);
        Ok(change.unwrap_or(Change::Incomplete { kind: self.kind, old: None }))
    }

    /// Returns the change as it concerns an entity, or a part of the table; `None` if the item belongs to another entity.
    ///
    /// If an item of this entity was replaced by an item of another entity, it is [`Change::Removed`], and in the other direction
    /// [`Change::Inserted`]. If the record contains no item, its key identifies the entity.
    ///
    /// # Errors
    /// Fails if an item of this entity does not fit it, if an item has no discriminator, or if the key could be that of several
    /// entities.
    pub fn change_of<T: ReadTarget>(&self) -> Result<Option<Change<T>>> {
        if self.old.is_none() && self.new.is_none() {
            let is_of_target = self.is_key_of::<T>()?;
            return Ok(is_of_target.then_some(Change::Incomplete { kind: self.kind, old: None }));
        }
        Ok(self.seen_as(image_of(self.old.as_ref())?, image_of(self.new.as_ref())?))
    }

    fn seen_as<T>(&self, old: Image<T>, new: Image<T>) -> Option<Change<T>> {
        use Image::{Absent, Foreign, Of};
        match (self.kind, old, new) {
            (ChangeKind::Insert, _, Of(new)) | (ChangeKind::Modify, Foreign, Of(new)) => Some(Change::Inserted { new }),
            (ChangeKind::Modify, Of(old), Of(new)) => Some(Change::Modified { old: Some(old), new }),
            (ChangeKind::Modify, Absent, Of(new)) => Some(Change::Modified { old: None, new }),
            (ChangeKind::Remove, Of(old), _) | (ChangeKind::Modify, Of(old), Foreign) => Some(Change::Removed { old }),
            (ChangeKind::Modify, Of(old), Absent) => Some(Change::Incomplete { kind: self.kind, old: Some(old) }),
            _ => None,
        }
    }

    fn is_key_of<T: ReadTarget>(&self) -> Result<bool> {
        let (stored, table) = (self.stored_keys::<T::Table>(), T::Table::__SCHEMA);
        let mut entities =
            entities_of_key(&stored, table).map(|entity| T::__TARGET.entity(entity.discriminator).is_some());
        let Some(first) = entities.next() else { return Ok(false) };
        match entities.all(|other| other == first) {
            true => Ok(first),
            // Names the entities.
            false => by_key(&stored, table).map(|_| first),
        }
    }

    fn stored_keys<T: TableModel>(&self) -> Stored<'_> {
        Stored::new(self.keys.as_ref(), T::__SCHEMA.layout)
    }
}

fn image_of<T: ReadTarget>(item: Option<&Item>) -> Result<Image<T>> {
    let Some(item) = item else { return Ok(Image::Absent) };
    let table = T::Table::__SCHEMA;
    match decode(&Stored::new(item.as_ref(), table.layout), Dispatch::of(table)) {
        Decoded::Good(entity) => Ok(Image::Of(entity)),
        Decoded::Foreign(_) => Ok(Image::Foreign),
        Decoded::Bad(error) if error.kind() == ErrorKind::UnknownEntity => Ok(Image::Foreign),
        Decoded::Bad(error) => Err(error),
    }
}

/// Whether this identity is the process that deletes expired items.
#[cfg(any(feature = "stream-lambda", feature = "stream-sdk"))]
fn is_expiry(identity_type: &str, principal: &str) -> bool {
    identity_type == "Service" && principal == "dynamodb.amazonaws.com"
}

fn keys_of<T: TableModel>(item: &Item) -> Item {
    let layout = T::__SCHEMA.layout;
    let names = [Some(layout.partition_key), layout.sort_key].into_iter().flatten().map(|key| key.name);
    names.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
}

/// Returns the error of a record that DynamoDB does not send in this form.
fn damaged(message: String) -> Error {
    Error::new(ErrorKind::Decode, message).with_operation("decode")
}
