//! Reading and writing many items at once, in as few requests as DynamoDB allows.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};

use crate::client::{self, ATTEMPTS, Attributes, Connection, OnBadItem, Sending};
use crate::entity::{self, Entity};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::item::Item;
use crate::key::Key;
use crate::readable::{Decoded, decode};
use crate::table::Table;

/// A key, or what [`Entity::key`] gives.
pub trait IntoBatchKey<T> {
    #[doc(hidden)]
    fn __key(self) -> Result<Key<T>>;
}

impl<T> IntoBatchKey<T> for Key<T> {
    fn __key(self) -> Result<Key<T>> {
        Ok(self)
    }
}

impl<T> IntoBatchKey<T> for &Key<T> {
    fn __key(self) -> Result<Key<T>> {
        Ok(self.clone())
    }
}

impl<T> IntoBatchKey<T> for Result<Key<T>> {
    fn __key(self) -> Result<Key<T>> {
        self
    }
}

/// Reads the items with these keys, in requests of up to 100, some at a time: for each key its entity, or `None`, in the
/// order of the keys. A key may be there twice.
///
/// What a request leaves unread, or a throttled one, is asked for again, after longer and longer times.
#[must_use = "operations do nothing until awaited"]
pub struct BatchGet<T: Table> {
    keys: Result<Vec<Key<T>>>,
    consistent: bool,
    on_bad_item: Option<OnBadItem>,
    attempts: u32,
    connection: Option<Connection>,
}

impl<T: Table> BatchGet<T> {
    pub(crate) fn new<K: IntoBatchKey<T>>(keys: impl IntoIterator<Item = K>) -> Self {
        let keys = keys.into_iter().map(IntoBatchKey::__key).collect();
        Self { keys, consistent: false, on_bad_item: None, attempts: ATTEMPTS, connection: None }
    }

    /// Sees every write that ended before it, at twice the capacity.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Hands over items that cannot be decoded, whose place is `None`, and goes on without them.
    pub fn on_bad_item(mut self, on_bad_item: impl FnMut(Error) + Send + 'static) -> Self {
        self.on_bad_item = Some(Box::new(on_bad_item));
        self
    }

    /// Gives up after so many requests in a row that got nowhere, 10 by default: some ten seconds.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sends it through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// The future, for functions such as `join!` that take one. `.await` calls this.
    pub fn send(self) -> Sending<Vec<Option<T>>> {
        Sending::new(async move { self.run().await.map_err(|error| error.during("batch_get").entity(T::SCHEMA.name)) })
    }

    async fn run(self) -> Result<Vec<Option<T>>> {
        let Self { keys, consistent, mut on_bad_item, attempts, connection } = self;
        let keys = keys?;
        let mut wanted: Vec<Attributes> = Vec::with_capacity(keys.len());
        let mut seen = HashSet::with_capacity(keys.len());
        for key in &keys {
            // DynamoDB refuses a key that is there twice.
            if seen.insert(key) {
                wanted.push(key.to_attributes()?);
            }
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let layout = T::SCHEMA.layout;
        let mut found: HashMap<(Option<String>, Option<String>), Attributes> = HashMap::with_capacity(wanted.len());
        for item in client::batch_get::<T>(connection, wanted, consistent, attempts).await? {
            let text = |name: &str| item.get(name).and_then(crate::key::text);
            let place = (text(layout.partition_key.name), layout.sort_key.and_then(|key| text(key.name)));
            found.insert(place, item);
        }
        let decoded = keys.iter().map(|key| {
            let place = (Some(key.partition().to_owned()), key.sort().map(str::to_owned));
            let Some(item) = found.get(&place) else { return Ok(None) };
            let mut stored = crate::codec::Stored::new(item.clone().into(), layout);
            match decode::<T>(&mut stored) {
                Decoded::Good(good) => Ok(Some(good)),
                Decoded::Foreign(error) | Decoded::Bad(error) => match &mut on_bad_item {
                    Some(on_bad_item) => {
                        on_bad_item(error);
                        Ok(None)
                    }
                    None => Err(error),
                },
            }
        });
        decoded.collect()
    }
}

/// One entry of a batch write, as DynamoDB has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BatchEntry {
    /// A whole item.
    Put(Item),
    /// The key attributes of the item to delete.
    Delete(Item),
}

/// Puts and deletes, in requests of up to 25, some at a time; in no order, and not all or nothing.
///
/// What a request leaves unwritten, or a throttled one, is sent again, after longer and longer times. What could not be
/// written in the end is in the error, exactly: [`Error::unwritten`], which [`BatchWrite::entries`] takes.
#[must_use = "operations do nothing until awaited"]
pub struct BatchWrite<T: Table> {
    entries: Result<Vec<BatchEntry>>,
    attempts: u32,
    connection: Option<Connection>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> BatchWrite<T> {
    pub(crate) fn new() -> Self {
        Self { entries: Ok(Vec::new()), attempts: ATTEMPTS, connection: None, table: PhantomData }
    }

    fn push(mut self, entry: Result<BatchEntry>) -> Self {
        self.entries = self.entries.and_then(|mut entries| {
            entries.push(entry?);
            Ok(entries)
        });
        self
    }

    /// Writes this entity, in the place of an item with its key if there is one.
    pub fn put<E: Entity<Table = T>>(self, entity: &E) -> Self {
        let item = entity.to_item().map_err(|error| match entity::key_of(entity) {
            Ok(key) => error.key(key.to_string()),
            Err(_) => error,
        });
        self.push(item.map(BatchEntry::Put))
    }

    /// Writes these entities.
    pub fn put_all<'e, E: Entity<Table = T>>(self, entities: impl IntoIterator<Item = &'e E>) -> Self {
        entities.into_iter().fold(self, Self::put)
    }

    /// Deletes the item with this key. It is no error if there is none.
    pub fn delete(self, key: impl IntoBatchKey<T>) -> Self {
        let key = key.__key().and_then(|key| key.to_attributes());
        self.push(key.map(|key| BatchEntry::Delete(key.into())))
    }

    /// What an earlier batch could not write.
    pub fn entries(self, entries: impl IntoIterator<Item = BatchEntry>) -> Self {
        entries.into_iter().fold(self, |batch, entry| batch.push(Ok(entry)))
    }

    /// Gives up after so many requests in a row that got nowhere, 10 by default: some ten seconds.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sends it through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// The future, for functions such as `join!` that take one. `.await` calls this.
    pub fn send(self) -> Sending<()> {
        Sending::new(
            async move { self.run().await.map_err(|error| error.during("batch_write").entity(T::SCHEMA.name)) },
        )
    }

    async fn run(self) -> Result<()> {
        let layout = T::SCHEMA.layout;
        let entries = self.entries?;
        let mut seen = HashSet::with_capacity(entries.len());
        for entry in &entries {
            let (BatchEntry::Put(item) | BatchEntry::Delete(item)) = entry;
            let text = |name: &str| item.get(name).and_then(crate::key::text).unwrap_or_default();
            let (partition, sort) = (text(layout.partition_key.name), layout.sort_key.map(|key| text(key.name)));
            let shown = crate::key::display(&partition, sort.as_deref());
            if !seen.insert((partition, sort)) {
                let message = "the key is there twice; a batch has no order, so write it once";
                return Err(Error::new(ErrorKind::InvalidRequest, message).key(shown));
            }
        }
        let requests = entries.into_iter().map(BatchEntry::into_request).collect::<Result<_>>()?;
        client::batch_write::<T>(self.connection, requests, self.attempts).await
    }
}

impl BatchEntry {
    fn into_request(self) -> Result<WriteRequest> {
        let request = WriteRequest::builder();
        Ok(match self {
            Self::Put(item) => {
                let put = PutRequest::builder().set_item(Some(item.into_inner())).build().map_err(unbuilt)?;
                request.put_request(put).build()
            }
            Self::Delete(key) => {
                let delete = DeleteRequest::builder().set_key(Some(key.into_inner())).build().map_err(unbuilt)?;
                request.delete_request(delete).build()
            }
        })
    }

    /// `None` for a request that is neither, which DynamoDB does not have.
    pub(crate) fn of(request: WriteRequest) -> Option<Self> {
        let put = request.put_request.map(|put| Self::Put(put.item.into()));
        put.or_else(|| request.delete_request.map(|delete| Self::Delete(delete.key.into())))
    }
}

impl<T: Table> IntoFuture for BatchGet<T> {
    type Output = Result<Vec<Option<T>>>;
    type IntoFuture = Sending<Vec<Option<T>>>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<T: Table> IntoFuture for BatchWrite<T> {
    type Output = Result<()>;
    type IntoFuture = Sending<()>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<T: Table> fmt::Debug for BatchGet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.keys.as_ref().map_or(0, Vec::len);
        f.debug_struct("BatchGet").field("table", &T::SCHEMA.name).field("keys", &count).finish_non_exhaustive()
    }
}

impl<T: Table> fmt::Debug for BatchWrite<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.entries.as_ref().map_or(0, Vec::len);
        f.debug_struct("BatchWrite").field("table", &T::SCHEMA.name).field("entries", &count).finish_non_exhaustive()
    }
}
