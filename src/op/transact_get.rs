//! Read transactions: all of the reads see one consistent state of the table.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsOutput;
use aws_sdk_dynamodb::types::{Get as GetItem, TransactGetItem};
use chrono::{DateTime, Utc};

use crate::client::{self, Attributes, Connection, Operation, OperationFuture, TransactGetRequest};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::key::key_text::of_attribute;
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::read_target::{ReadTarget, decode_item};
use crate::model::{EntityModel, TableModel};
use crate::op::{Get, IntoBatchKey, awaitable, transact};
use crate::schema::sealed::sealed;

sealed!(SealedTransactGets<T>);

/// The reads of a `transact_get`: a tuple of [`Get`]s, a `Vec` of them, or a `Vec` or an array of keys.
#[diagnostic::on_unimplemented(
    message = "a `transact_get` of `{T}` cannot read `{Self}`",
    note = "pass a tuple of up to 10 `get`s, such as `(User::get(\"u-1\"), Order::get(\"o-1\"))`, a `Vec` of `get`s, or a `Vec` or an array of keys"
)]
pub trait TransactGets<T: TableModel>: SealedTransactGets<T> + Send + 'static {
    /// A tuple of `Option`s, or a `Vec` of them.
    type Output: Send;

    #[doc(hidden)]
    fn __items(&self) -> Result<Vec<TransactGetItem>>;

    /// Decodes the items, which are in the order of the reads.
    #[doc(hidden)]
    fn __read(self, items: Vec<Option<Attributes>>, now: DateTime<Utc>) -> Result<Self::Output>;
}

/// A read of up to 100 items in one consistent state of the table, at twice the capacity of single reads.
///
/// If another transaction is in progress on one of the items, [`is_conflict`](Error::is_conflict) of the error is `true`.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html>
#[doc(alias = "transact_get_items")]
#[must_use = "operations do nothing until awaited"]
pub struct TransactGet<T, G> {
    gets: G,
    retries: u32,
    connection: Option<Connection>,
    table: PhantomData<fn() -> T>,
}

fn item<E: EntityModel, P: ReadTarget<Table = E::Table>>(get: &Get<E, P>) -> Result<TransactGetItem> {
    let (key, projection, placeholders) = get.parts()?;
    let get = GetItem::builder()
        .table_name("")
        .set_key(Some(key.to_attributes()?))
        .set_projection_expression(projection)
        .set_expression_attribute_names(placeholders.into_maps().0);
    Ok(TransactGetItem::builder().get(get.build().map_err(unbuilt)?).build())
}

macro_rules! tuples {
    ($($($entity:ident $read:ident $name:ident),+;)*) => {$(
        impl<T: TableModel, $($entity, $read),+> TransactGets<T> for ($(Get<$entity, $read>,)+)
        where
            $($entity: EntityModel<Table = T>, $read: ReadTarget<Table = T>,)+
        {
            type Output = ($(Option<$read>,)+);

            fn __items(&self) -> Result<Vec<TransactGetItem>> {
                let ($($name,)+) = self;
                Ok(vec![$(item($name)?),+])
            }

            fn __read(self, items: Vec<Option<Attributes>>, now: DateTime<Utc>) -> Result<Self::Output> {
                let ($($name,)+) = self;
                let mut items = items.into_iter();
                Ok(($($name.found(items.next().flatten().as_ref(), now)?,)+))
            }
        }
        impl<T: TableModel, $($entity, $read),+> SealedTransactGets<T> for ($(Get<$entity, $read>,)+)
        where
            $($entity: EntityModel<Table = T>, $read: ReadTarget<Table = T>,)+
        {}
    )*};
}

tuples! {
    A P a;
    A P a, B Q b;
    A P a, B Q b, C R c;
    A P a, B Q b, C R c, D S d;
    A P a, B Q b, C R c, D S d, E U e;
    A P a, B Q b, C R c, D S d, E U e, F V f;
    A P a, B Q b, C R c, D S d, E U e, F V f, G W g;
    A P a, B Q b, C R c, D S d, E U e, F V f, G W g, H X h;
    A P a, B Q b, C R c, D S d, E U e, F V f, G W g, H X h, I Y i;
    A P a, B Q b, C R c, D S d, E U e, F V f, G W g, H X h, I Y i, J Z j;
}

impl<T: TableModel, E: EntityModel<Table = T>, P: ReadTarget<Table = T>> TransactGets<T> for Vec<Get<E, P>> {
    type Output = Vec<Option<P>>;

    fn __items(&self) -> Result<Vec<TransactGetItem>> {
        self.iter().map(item).collect()
    }

    fn __read(self, items: Vec<Option<Attributes>>, now: DateTime<Utc>) -> Result<Vec<Option<P>>> {
        self.into_iter().zip(items).map(|(get, item)| get.found(item.as_ref(), now)).collect()
    }
}
impl<T: TableModel, E: EntityModel<Table = T>, P: ReadTarget<Table = T>> SealedTransactGets<T> for Vec<Get<E, P>> {}

fn key_item<T: TableModel>(key: Result<Key<T>>) -> Result<TransactGetItem> {
    let get = GetItem::builder().table_name("").set_key(Some(key?.to_attributes()?));
    Ok(TransactGetItem::builder().get(get.build().map_err(unbuilt)?).build())
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty;)*) => {$(
        impl<T: TableModel, $($generics)*> TransactGets<T> for $list {
            type Output = Vec<Option<T>>;

            fn __items(&self) -> Result<Vec<TransactGetItem>> {
                self.iter().map(IntoBatchKey::__key).map(key_item).collect()
            }

            fn __read(self, items: Vec<Option<Attributes>>, _: DateTime<Utc>) -> Result<Vec<Option<T>>> {
                items.into_iter().map(|item| item.map(|item| decode_item(&item)).transpose()).collect()
            }
        }
        impl<T: TableModel, $($generics)*> SealedTransactGets<T> for $list {}
    )*};
}

lists! {
    [] Vec<Key<T>>;
    [] Vec<Result<Key<T>>>;
    [K: IntoBatchKey<T> + Send + 'static, const N: usize] [K; N];
}

impl<T: TableModel, G> TransactGet<T, G> {
    pub(crate) fn new(gets: G) -> Self {
        Self { gets, retries: 0, connection: None, table: PhantomData }
    }

    /// Retries the transaction up to this many times, with exponential backoff, if other transactions or throttling were the only
    /// reasons why it was cancelled. The default is 0.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<G::Output>
    where
        G: TransactGets<T>,
    {
        client::send(self)
    }
}

impl<T: TableModel, G: TransactGets<T>> Operation for TransactGet<T, G> {
    type Table = T;
    type Request = TransactGetRequest;
    type Output = G::Output;

    const NAME: &'static str = "transact_get";
    const ENTITY: &'static str = T::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn request(&self, _: &Moment) -> Result<TransactGetRequest> {
        let items = self.gets.__items()?;
        let refuse = |message: String| Error::new(ErrorKind::InvalidRequest, message).entity(T::__SCHEMA.name);
        transact::check_number(items.len()).map_err(refuse)?;
        let mut seen = HashSet::with_capacity(items.len());
        for get in items.iter().flat_map(|item| &item.get) {
            let mut key: Vec<_> = get.key.iter().map(|(name, value)| (name, of_attribute(value))).collect();
            key.sort_unstable();
            if !seen.insert(key) {
                let message = "the transaction reads the same item twice; read it only once".to_owned();
                return Err(refuse(message).key(transact::key_of::<T>(&get.key)));
            }
        }
        Ok(TransactGetRequest { items, retries: self.retries })
    }

    fn read(self, answer: Result<TransactGetItemsOutput>, at: &Moment) -> Result<G::Output> {
        let told = |error: Error| {
            let items = self.gets.__items().unwrap_or_default();
            let keys = items.iter().flat_map(|item| &item.get).map(|get| transact::key_of::<T>(&get.key));
            let reasons = error.cancellation_reasons().to_vec().into_iter().zip(keys);
            let reasons = reasons.map(|(reason, key)| reason.of(None, "get", T::__SCHEMA.name, key)).collect();
            error.cancelled_for(reasons).entity(T::__SCHEMA.name)
        };
        let items = answer.map_err(told)?.responses.unwrap_or_default();
        // For an item that does not exist, some engines return an empty item.
        let items = items.into_iter().map(|response| response.item.filter(|item| !item.is_empty()));
        self.gets.__read(items.collect(), at.time)
    }
}

awaitable!([T: TableModel, G: TransactGets<T>] TransactGet<T, G> => G::Output);

impl<T: TableModel, G> fmt::Debug for TransactGet<T, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactGet").field("table", &T::__SCHEMA.name).finish_non_exhaustive()
    }
}
