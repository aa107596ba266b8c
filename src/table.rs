//! The operations on a table.

use crate::client::{self, Connection};
use crate::error::Result;
use crate::key::index_kind::{Primary, Raw};
use crate::model::TableModel;
use crate::model::read_target::decode_item;
use crate::op::{
    BatchGet, BatchWrite, Describe, DropTable, EnsureTable, IntoBatchKey, Query, Scan, TransactGet, TransactGets,
    TransactWrite, admin,
};
use crate::schema::TableSchema;
use crate::value::item::Item;

/// A table. `#[derive(Table)]` on the enum of the entities that it holds says what it is; the functions of this trait are the
/// operations on it. Importing the derive imports this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    note = "`#[derive(Table)]` on an enum of entities makes it one"
)]
pub trait Table: TableModel {
    /// Layout and entities, as inert data.
    const SCHEMA: &'static TableSchema = Self::__SCHEMA;

    /// The items of one partition of the table, whatever they are. `partition` is the key's text, such as `USER#u-1`.
    fn query(partition: impl Into<String>) -> Query<Self, Primary, Raw> {
        Query::raw(None, partition.into())
    }

    /// Every item of the table.
    fn scan() -> Scan<Self> {
        Scan::new(None)
    }

    /// Reads the items with these keys, in as few requests as there can be: for each key its entity, or `None`, in the order
    /// of the keys. `BaseModel::batch_get([User::key("u-1"), Order::key("o-1")])`.
    fn batch_get<K: IntoBatchKey<Self>>(keys: impl IntoIterator<Item = K>) -> BatchGet<Self> {
        BatchGet::new(keys)
    }

    /// Puts and deletes, in as few requests as there can be: `BaseModel::batch_write().put(&order).delete(User::key("u-9"))`.
    /// Not all or nothing.
    fn batch_write() -> BatchWrite<Self> {
        BatchWrite::new()
    }

    /// Writes that are made together, or not at all: `BaseModel::transact_write().create(&order).update(..).check(..)`.
    fn transact_write() -> TransactWrite<Self> {
        TransactWrite::new()
    }

    /// Reads that see one state of the table: `BaseModel::transact_get((User::get("u-1"), Order::get("o-1")))` gives a tuple.
    fn transact_get<G: TransactGets<Self>>(gets: G) -> TransactGet<Self, G> {
        TransactGet::new(gets)
    }

    /// Decodes a stored item into its variant.
    ///
    /// # Errors
    /// If it is of no known entity and the enum has no `#[table(unknown)]`, or if it does not fit its entity.
    fn from_item(item: Item) -> Result<Self> {
        decode_item(&item)
    }

    /// Creates the table of `config.json`, or brings the one that is there in line with it, and waits until it can be used.
    fn ensure_table() -> EnsureTable {
        admin::ensure_table::<Self>()
    }

    /// Looks at the table: what DynamoDB says of it, and what [`Table::ensure_table`] would change.
    fn describe() -> Describe {
        admin::describe::<Self>()
    }

    /// Deletes the table with all that it holds, and waits until it is gone.
    fn drop_table() -> DropTable {
        admin::drop_table::<Self>()
    }

    /// Makes a connection as the environment says: with `LOCAL_DEV=true` to the local table of `config.json`, with
    /// `RUNTIME_CONFIG_APP_ID` to the deployed one, whose name AWS AppConfig has.
    ///
    /// # Errors
    /// If `config.json` cannot be read, AppConfig does not give the name, or the environment does not say where the table is.
    fn connect() -> impl Future<Output = Result<Connection>> + Send {
        Self::connect_with(std::convert::identity)
    }

    /// The same, with other settings for the SDK's client, such as its timeouts and retries:
    /// `BaseModel::connect_with(|settings| settings.timeout_config(timeouts))`. The table's name, and where it is, come from the
    /// environment all the same; a local connection also keeps its HTTP client, which uses no proxy.
    ///
    /// Without a setting, a request to a deployed table that has no answer after 10 seconds is sent again.
    ///
    /// # Errors
    /// As [`Table::connect`].
    fn connect_with(
        settings: impl FnOnce(aws_sdk_dynamodb::config::Builder) -> aws_sdk_dynamodb::config::Builder + Send,
    ) -> impl Future<Output = Result<Connection>> + Send {
        client::connect::<Self>(settings)
    }

    /// The local table's name in the `config.json` that the program was built with.
    fn local_table_name() -> &'static str {
        Self::__CONFIG.local_table_name
    }

    /// Sets the connection that this table's operations use from now on, unless `.on(..)` or
    /// [`Connection::scope`] gives another.
    ///
    /// # Errors
    /// If another connection is in use already.
    fn set_connection(connection: &Connection) -> Result<()> {
        client::set_connection::<Self>(connection)
    }

    /// The name of the table that operations go to, as they would find it.
    ///
    /// # Errors
    /// As [`Table::connect`].
    fn table_name() -> impl Future<Output = Result<String>> + Send {
        async { client::table_name::<Self>().await }
    }
}

#[diagnostic::do_not_recommend]
impl<T: TableModel> Table for T {}
