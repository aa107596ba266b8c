//! Batches: reads and writes of many items, in as few requests as DynamoDB allows.

use std::borrow::Cow;
use std::collections::HashSet;
use std::collections::hash_map::{self, HashMap};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::client::{
    self, ATTEMPTS, Attributes, BatchGetRequest, Connection, OnBadItem, OperationFuture, OperationInfo, Usage,
};
use crate::codec;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::placeholders::Placeholders;
use crate::expr::projection;
use crate::model::encode_json::write_request;
use crate::model::key::Key;
use crate::model::managed::{self, Moment};
use crate::model::projection::Projection;
use crate::model::read_target::{ReadTarget, decode_one};
use crate::model::{EntityModel, Stored, TableModel, WriteText, entity};
use crate::op::awaitable;
use crate::read::expiry;
use crate::schema::KeyAttribute;
use crate::schema::sealed::sealed;
use crate::value::batch_entry::BatchEntry;
use crate::value::item::Item;

sealed!(SealedBatchPut<T, M>);

mod batch_key;
mod key_text;

pub use batch_key::{IntoBatchKey, Unversioned};

use key_text::{KeyText, canonical_text, key_text, key_text_of_item};

/// A read of many items by their keys. Returns an element for each key, in the order of the keys: its entity, or `None` if no
/// item has the key.
///
/// The batch sends requests of up to 100 keys, and up to four requests at a time. You can give the same key twice; it is
/// requested only once. Unprocessed keys and throttled requests are retried with exponential backoff.
///
/// `P` is the type that the read returns: the table enum, one entity ([`Entity::batch_get`](crate::Entity::batch_get)), or a
/// [`Projection`] of one.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
#[doc(alias = "batch_get_item")]
#[must_use = "operations do nothing until awaited"]
pub struct BatchGet<T: TableModel, P = T> {
    keys: Result<Vec<Key<T>>>,
    consistent: bool,
    on_bad_item: Option<OnBadItem>,
    attempts: u32,
    exclude_expired: bool,
    connection: Option<Connection>,
    types: PhantomData<fn() -> P>,
}

impl<T: TableModel, P> BatchGet<T, P> {
    pub(crate) fn new<K: IntoBatchKey<T>>(keys: impl IntoIterator<Item = K>) -> Self {
        let keys = keys.into_iter().map(|key| key.__key()).collect();
        Self {
            keys,
            consistent: false,
            on_bad_item: None,
            attempts: ATTEMPTS,
            exclude_expired: false,
            connection: None,
            types: PhantomData,
        }
    }
}

impl<T: TableModel> BatchGet<T> {
    /// Reads only the attributes of the projection `P`. The read consumes as much capacity as one of the whole items.
    ///
    /// An item of another entity is an error.
    pub fn select<P: Projection<Table = T>>(self) -> BatchGet<T, P> {
        let Self { keys, consistent, on_bad_item, attempts, exclude_expired, connection, .. } = self;
        BatchGet { keys, consistent, on_bad_item, attempts, exclude_expired, connection, types: PhantomData }
    }
}

impl<T: TableModel, P: ReadTarget<Table = T>> BatchGet<T, P> {
    /// Treats expired items as missing, because DynamoDB deletes items some time after they expire.
    ///
    /// The operation fails if `config.json` has no `ttlAttribute`.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
    pub fn exclude_expired(mut self) -> Self {
        self.exclude_expired = true;
        self
    }

    /// Makes consistent reads, which see every write that was completed before them. They consume twice the capacity.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Passes the errors of items that cannot be deserialized to this function, and returns `None` for these items. Without it,
    /// such an item fails the batch.
    pub fn on_bad_item(mut self, on_bad_item: impl FnMut(Error) + Send + 'static) -> Self {
        self.on_bad_item = Some(Box::new(on_bad_item));
        self
    }

    /// Gives up after this many consecutive requests without progress. The default is 10, which takes about ten seconds.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<Vec<Option<P>>> {
        OperationFuture::new(async move {
            let partial = self.run().await.map_err(named::<T>)?;
            match partial.error {
                None => Ok(partial.items),
                Some(error) => Err(error),
            }
        })
    }

    /// Reads the items. If a request fails, returns the items that were read, the keys that were not, and the error.
    ///
    /// An item that cannot be deserialized still fails the whole batch, unless you call [`BatchGet::on_bad_item`].
    pub fn partial(self) -> OperationFuture<PartialRead<T, P>> {
        OperationFuture::new(async move { self.run().await.map_err(named::<T>) })
    }

    async fn run(self) -> Result<PartialRead<T, P>> {
        let Self { keys, consistent, mut on_bad_item, attempts, exclude_expired, connection, .. } = self;
        let keys = keys?;
        let layout = T::__SCHEMA.layout;
        let expires = exclude_expired.then(|| expiry::ttl_attribute(layout)).transpose()?;
        let mut wanted: Vec<Attributes> = Vec::with_capacity(keys.len());
        let mut times: HashMap<KeyText, usize> = HashMap::with_capacity(keys.len());
        for key in &keys {
            let times = times.entry(key_text(key)).or_default();
            // DynamoDB rejects a request that contains the same key twice.
            if *times == 0 {
                wanted.push(key.to_attributes()?);
            }
            *times += 1;
        }
        if wanted.is_empty() {
            return Ok(PartialRead { items: Vec::new(), unread: Vec::new(), error: None });
        }
        let mut placeholders = Placeholders::default();
        let projection = projection::expression::<P>(
            T::__SCHEMA.layout.discriminator_attribute.as_slice(),
            expires,
            &mut placeholders,
        );
        let connection = client::find::<T>(connection).await?;
        let now = connection.now();
        let look = move |stored: &Stored<'_>| {
            let text = |key: &KeyAttribute| stored.key_text(key).map(|text| canonical_text(key, text));
            let place = (text(&layout.partition_key)?, layout.sort_key.as_ref().and_then(text));
            // Ignores an item that was not requested.
            let further = times.get(&place)?.checked_sub(1)?;
            if expires.is_some_and(|attribute| expiry::is_expired(stored, attribute, now)) {
                return None;
            }
            let first = decode_one::<P>(stored);
            let further: Vec<_> = (0..further).map(|_| decode_one::<P>(stored)).collect();
            Some((place, (first, further)))
        };
        let names = placeholders.into_maps().0;
        let asked = BatchGetRequest { look: Arc::new(look), layout, consistent, projection, names, attempts };
        let name = OperationInfo { operation: GET, entity: T::__SCHEMA.name, ..OperationInfo::default() };
        let mut usage = Usage::new(&name, &connection);
        let read = client::batch_get(&mut usage, wanted, asked).await;
        let mut found: HashMap<_, _> = read.items.into_iter().flatten().collect();
        let (error, unread) = match read.failure {
            None => (None, Vec::new()),
            Some((error, left)) => {
                let left: Vec<Item> = left.into_iter().map(Item::from).collect();
                let places: HashSet<KeyText> = left.iter().map(|item| key_text_of_item::<T>(item)).collect();
                let unread = keys.iter().filter(|key| places.contains(&key_text(key))).cloned().collect();
                (Some(named::<T>(error.with_unread(left))), unread)
            }
        };
        let decoded = keys.iter().map(|key| {
            let hash_map::Entry::Occupied(mut of_key) = found.entry(key_text(key)) else { return Ok(None) };
            let decoded = match of_key.get_mut().1.pop() {
                Some(further) => further,
                None => of_key.remove().0,
            };
            match (decoded, &mut on_bad_item) {
                (Err(error), Some(on_bad_item)) => {
                    on_bad_item(error);
                    Ok(None)
                }
                (decoded, _) => decoded.map(Some),
            }
        });
        Ok(PartialRead { items: decoded.collect::<Result<_>>()?, unread, error })
    }
}

fn named<T: TableModel>(error: Error) -> Error {
    error.with_operation(GET).entity(T::__SCHEMA.name)
}

/// The result of [`BatchGet::partial`]: the items that a batch read, and the keys that it could not read.
#[non_exhaustive]
pub struct PartialRead<T, P> {
    /// The items in the order of the keys. An element is `None` if no item has the key, or if the key is in `unread`.
    pub items: Vec<Option<P>>,
    /// The keys that were not read, in the order of the keys.
    pub unread: Vec<Key<T>>,
    /// The error of the failed request; `None` if all keys were read.
    pub error: Option<Error>,
}

impl<T, P> fmt::Debug for PartialRead<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (items, unread) = (self.items.len(), self.unread.len());
        f.debug_struct("PartialRead")
            .field("items", &items)
            .field("unread", &unread)
            .field("error", &self.error)
            .finish()
    }
}

const GET: &str = "batch_get";
const WRITE: &str = "batch_write";

/// An encoded entry, with the text of its key.
type Encoded = (KeyText, WriteText);

enum Entry {
    Ready(Encoded),
    /// An entity with managed fields, which are set when the batch is sent.
    Put(Box<dyn FnOnce(&Moment) -> Result<Encoded> + Send>),
}

fn put<E: EntityModel>(entity: &E) -> Result<Encoded> {
    match WriteText::put(entity) {
        Ok((text, key)) => Ok((key_text(&key), text)),
        Err(error) => Err(match entity::key_of(entity) {
            Ok(key) => error.key(key.to_string()),
            Err(_) => error,
        }),
    }
}

/// A batch of puts and deletes. The entries have no order, and some can fail while others succeed.
///
/// The batch sends requests of up to 25 entries, and up to four requests at a time. Unprocessed items and throttled requests are
/// retried with exponential backoff.
///
/// If some entries cannot be written in the end, [`Error::unwritten`] contains exactly these entries: pass them to
/// [`BatchWrite::entries`]. An item over 400 KB is not sent. It is in `unwritten` too, and the other entries are written.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
#[doc(alias = "batch_write_item")]
#[must_use = "operations do nothing until awaited"]
pub struct BatchWrite<T: TableModel> {
    entries: Result<Vec<Entry>>,
    attempts: u32,
    connection: Option<Connection>,
    table: PhantomData<fn() -> T>,
}

/// An entity that a batch can put, or a reference to one. `M` only keeps the two implementations apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity that a batch on `{T}` can put",
    note = "a batch has no conditions, so write an entity with a version with `put`, or in a transaction: `transact_write`"
)]
pub trait BatchPut<T: TableModel, M>: SealedBatchPut<T, M> {
    #[doc(hidden)]
    fn __add(self, batch: BatchWrite<T>) -> BatchWrite<T>;
}

/// A marker for [`BatchPut`]: the batch takes the entity itself.
#[derive(Debug)]
pub struct Owned;
/// A marker for [`BatchPut`]: the batch takes a reference to the entity.
#[derive(Debug)]
pub struct Borrowed;

impl<E: EntityModel + Unversioned> BatchPut<E::Table, Owned> for E {
    fn __add(self, batch: BatchWrite<E::Table>) -> BatchWrite<E::Table> {
        batch.put(&self)
    }
}
impl<E: EntityModel + Unversioned> SealedBatchPut<E::Table, Owned> for E {}

impl<E: EntityModel + Unversioned> BatchPut<E::Table, Borrowed> for &E {
    fn __add(self, batch: BatchWrite<E::Table>) -> BatchWrite<E::Table> {
        batch.put(self)
    }
}
impl<E: EntityModel + Unversioned> SealedBatchPut<E::Table, Borrowed> for &E {}

impl<T: TableModel> BatchWrite<T> {
    pub(crate) fn new() -> Self {
        Self { entries: Ok(Vec::new()), attempts: ATTEMPTS, connection: None, table: PhantomData }
    }

    fn push(mut self, entry: Result<Entry>) -> Self {
        self.entries = self.entries.and_then(|mut entries| {
            entries.push(entry?);
            Ok(entries)
        });
        self
    }

    /// Writes this entity, and replaces the item with its key if one exists.
    pub fn put<E: EntityModel<Table = T> + Unversioned>(self, entity: &E) -> Self {
        if !managed::changes(E::__SCHEMA) {
            return self.push(put(entity).map(Entry::Ready));
        }
        let entity = entity.clone();
        self.push(Ok(Entry::Put(Box::new(move |at| {
            put(&*managed::apply_managed_fields(Cow::<E>::Owned(entity), at, false)?)
        }))))
    }

    /// Writes these entities: `.put_all(&orders)`, or `.put_all(orders)`.
    pub fn put_all<M, P: BatchPut<T, M>>(self, entities: impl IntoIterator<Item = P>) -> Self {
        entities.into_iter().fold(self, |batch, entity| entity.__add(batch))
    }

    /// Deletes the item with this key. If no item has the key, nothing happens.
    ///
    /// An item of another entity is deleted too, because a batch has no conditions.
    #[expect(clippy::needless_pass_by_value, reason = "a key is given as it comes, also by reference")]
    pub fn delete(self, key: impl IntoBatchKey<T>) -> Self {
        let entry = key.__key().and_then(|key| encoded::<T>(&BatchEntry::Delete(key.to_attributes()?.into())));
        self.push(entry.map(Entry::Ready))
    }

    /// Deletes the items with these keys: `.delete_all(&orders)`.
    pub fn delete_all<K: IntoBatchKey<T>>(self, keys: impl IntoIterator<Item = K>) -> Self {
        keys.into_iter().fold(self, Self::delete)
    }

    /// Adds entries that an earlier batch could not write: see [`Error::unwritten`].
    pub fn entries(self, entries: impl IntoIterator<Item = BatchEntry>) -> Self {
        entries.into_iter().fold(self, |batch, entry| batch.push(encoded::<T>(&entry).map(Entry::Ready)))
    }

    /// Gives up after this many consecutive requests without progress. The default is 10, which takes about ten seconds.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<()> {
        OperationFuture::new(async move {
            self.run().await.map_err(|error| error.with_operation(WRITE).entity(T::__SCHEMA.name))
        })
    }

    async fn run(self) -> Result<()> {
        let found = client::find::<T>(self.connection).await;
        let at = client::moment::<T>(found.as_ref().ok());
        let entries = self.entries?;
        let (mut seen, mut writes) = (HashSet::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        let mut large = Vec::new();
        for entry in entries {
            let (place, text) = match entry {
                Entry::Ready(encoded) => encoded,
                Entry::Put(encode) => encode(&at)?,
            };
            if !seen.insert(place) {
                let message = "the batch contains this key twice; entries have no order, so add it only once";
                let (BatchEntry::Put(item) | BatchEntry::Delete(item)) = text.to_entry();
                let shown = Stored::new(item.as_ref(), T::__SCHEMA.layout).display_key();
                return Err(Error::new(ErrorKind::InvalidRequest, message).key(shown));
            }
            match too_large::<T>(&text) {
                None => writes.push(text),
                Some(error) => large.push((error, text.to_entry())),
            }
        }
        let name = OperationInfo { operation: WRITE, entity: T::__SCHEMA.name, ..OperationInfo::default() };
        let sent = client::batch_write(&mut Usage::new(&name, &found?), writes, self.attempts).await;
        let (errors, large): (Vec<Error>, Vec<BatchEntry>) = large.into_iter().unzip();
        let Some(first) = errors.into_iter().next() else { return sent };
        match sent {
            Ok(()) => Err(first.with_unwritten(large)),
            Err(error) => {
                let message =
                    format!("{}; and {}: {}", error.message(), first.item_key().unwrap_or("?"), first.message());
                let unwritten = error.unwritten().iter().cloned().chain(large).collect();
                Err(error.with_message(message, None).with_unwritten(unwritten))
            }
        }
    }
}

/// Returns the error of an item that is too large. DynamoDB would reject the whole request that contains it.
fn too_large<T: TableModel>(text: &WriteText) -> Option<Error> {
    // The JSON of an item is longer than the item, so most items need not be measured.
    if text.as_bytes().len() <= codec::MAX_ITEM {
        return None;
    }
    match text.to_entry() {
        BatchEntry::Put(item) => {
            let error = codec::check_size(&item).err()?;
            Some(error.key(Stored::new(item.as_ref(), T::__SCHEMA.layout).display_key()))
        }
        BatchEntry::Delete(_) => None,
    }
}

/// Encodes an entry as DynamoDB's write request.
fn encoded<T: TableModel>(entry: &BatchEntry) -> Result<Encoded> {
    let (BatchEntry::Put(item) | BatchEntry::Delete(item)) = entry;
    let (place, stored) = (key_text_of_item::<T>(item), Stored::new(item.as_ref(), T::__SCHEMA.layout));
    let text = WriteText::of(&write_request(entry.clone())?).map_err(|error| error.key(stored.display_key()))?;
    Ok((place, text))
}

awaitable!([T: TableModel, P: ReadTarget<Table = T>] BatchGet<T, P> => Vec<Option<P>>);

awaitable!([T: TableModel] BatchWrite<T> => ());

impl<T: TableModel, P> fmt::Debug for BatchGet<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.keys.as_ref().map_or(0, Vec::len);
        f.debug_struct("BatchGet").field("table", &T::__SCHEMA.name).field("keys", &count).finish_non_exhaustive()
    }
}

impl<T: TableModel> fmt::Debug for BatchWrite<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.entries.as_ref().map_or(0, Vec::len);
        f.debug_struct("BatchWrite").field("table", &T::__SCHEMA.name).field("entries", &count).finish_non_exhaustive()
    }
}
