//! The operations on a table.

use crate::client::{self, Connection};
use crate::error::Result;
use crate::key::index_kind::{Primary, Raw};
use monotable_config::SchemaFile;

use crate::model::TableModel;
use crate::model::read_target::decode_item;
use crate::model::schema_file::schema_file;
use crate::op::{
    BatchGet, BatchWrite, Describe, DropTable, EnsureTable, IntoBatchKey, Query, Scan, TransactGet, TransactGets,
    TransactWrite, admin,
};
use crate::schema::TableSchema;
use crate::value::item::Item;

/// The operations on a table, for every enum that derives `Table`.
///
/// The derive implements [`TableModel`], which describes the table and its entities. This trait adds the operations. Each of them
/// does nothing until you await it. If you import the derive macro, you also import this trait.
#[doc(alias = "BaseModel", alias = "Model", alias = "DiscriminatorAttribute")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    note = "add `#[derive(Table)]` to an enum of the table's entities"
)]
pub trait Table: TableModel {
    /// The table's keys, indexes and entities, as constants.
    const SCHEMA: &'static TableSchema = Self::__SCHEMA;

    /// Queries all items in one partition of the table, of every entity. `partition` is the text of the partition key, such as
    /// `USER#u-1`.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>
    #[doc(alias = "KeyConditionExpression", alias = "key_condition_expression", alias = "range_key_condition")]
    fn query(partition: impl Into<String>) -> Query<Self, Primary, Raw> {
        Query::raw(None, partition.into())
    }

    /// Scans the whole table. Reads and bills every item.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>
    fn scan() -> Scan<Self> {
        Scan::new(None)
    }

    /// Reads the items with these keys, of any entity: `BaseModel::batch_get([User::key("u-1"), Order::key("o-1")])`.
    ///
    /// Returns one `Option` for each key, in the order of the keys. Reads up to 100 keys per request.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
    #[doc(alias = "batch_get_item", alias = "BatchGetItem")]
    fn batch_get<K: IntoBatchKey<Self>>(keys: impl IntoIterator<Item = K>) -> BatchGet<Self> {
        BatchGet::new(keys)
    }

    /// Puts and deletes many items: `BaseModel::batch_write().put(&order).delete(User::key("u-9"))`.
    ///
    /// Writes up to 25 items per request. Some writes can fail while others are applied. If all writes must be applied together,
    /// use [`Table::transact_write`].
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
    #[doc(alias = "batch_write_item", alias = "BatchWriteItem")]
    fn batch_write() -> BatchWrite<Self> {
        BatchWrite::new()
    }

    /// Applies several writes as one transaction: all of them, or none.
    /// `BaseModel::transact_write().create(&order).update(..).check(..)`.
    ///
    /// Costs twice the capacity of the single writes.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
    #[doc(alias = "transact_write_items", alias = "TransactWriteItems", alias = "TransactWrite")]
    fn transact_write() -> TransactWrite<Self> {
        TransactWrite::new()
    }

    /// Reads several items in one consistent state of the table: `BaseModel::transact_get((User::get("u-1"), Order::get("o-1")))`
    /// returns a tuple.
    ///
    /// Costs twice the capacity of the single consistent reads.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html>
    #[doc(alias = "transact_get_items", alias = "TransactGetItems", alias = "TransactGet")]
    fn transact_get<G: TransactGets<Self>>(gets: G) -> TransactGet<Self, G> {
        TransactGet::new(gets)
    }

    /// Deserializes a stored item into the variant of its entity.
    ///
    /// # Errors
    /// Fails if the item does not fit its entity, or if no entity of the table has the item's discriminator and the enum has no
    /// `#[table(unknown)]` variant.
    #[doc(alias = "from_raw_data", alias = "deserialize")]
    fn from_item(item: Item) -> Result<Self> {
        decode_item(item.as_ref())
    }

    /// Creates the table of `config.json`, or changes an existing table to match the file, and waits until the table is ready.
    #[doc(alias = "create_table", alias = "CreateTable", alias = "update_table", alias = "UpdateTable")]
    fn ensure_table() -> EnsureTable {
        admin::ensure_table::<Self>()
    }

    /// Returns DynamoDB's description of the table, and what [`Table::ensure_table`] would change.
    #[doc(alias = "describe_table", alias = "DescribeTable")]
    fn describe() -> Describe {
        admin::describe::<Self>()
    }

    /// Deletes the table and all its items, and waits until it is deleted.
    #[doc(alias = "delete_table", alias = "DeleteTable")]
    fn drop_table() -> DropTable {
        admin::drop_table::<Self>()
    }

    /// Returns the table's indexes and entities, with their keys, named queries and attributes, as the contents of a
    /// `schema.json` file.
    ///
    /// Tools read this file, because they do not compile the program. To keep it up to date, compare it in a test:
    ///
    /// ```no_run
    /// # use monotable::Table;
    /// # fn test<BaseModel: Table>() -> std::io::Result<()> {
    /// let schema = BaseModel::schema().to_json();
    /// if std::env::var_os("UPDATE_SCHEMA").is_some() {
    ///     std::fs::write("schema.json", &schema)?;
    /// }
    /// let current = std::fs::read_to_string("schema.json")? == schema;
    /// assert!(current, "schema.json is out of date: run `UPDATE_SCHEMA=1 cargo test`");
    /// # Ok(()) }
    /// ```
    fn schema() -> SchemaFile {
        schema_file::<Self>()
    }

    /// Connects to the table that the environment selects.
    ///
    /// With `LOCAL_DEV=true`, this is the local table of `config.json`. Otherwise, with `RUNTIME_CONFIG_APP_ID`, it is the
    /// deployed table, whose name is in AWS AppConfig.
    ///
    /// # Errors
    /// Fails if `config.json` cannot be read, if AppConfig does not return the name, or if the environment does not select a
    /// table.
    fn connect() -> impl Future<Output = Result<Connection>> + Send {
        Self::connect_with(std::convert::identity)
    }

    /// Connects like [`Table::connect`], with other settings for the SDK's client, such as timeouts and retries:
    /// `BaseModel::connect_with(|settings| settings.timeout_config(timeouts))`.
    ///
    /// The table's name and its endpoint still come from the environment. A local connection also keeps its own HTTP client,
    /// which does not use a proxy. If you do not set a timeout, a request to a deployed table is sent again if it has no response
    /// after 10 seconds.
    ///
    /// # Errors
    /// Fails in the same cases as [`Table::connect`].
    fn connect_with(
        settings: impl FnOnce(aws_sdk_dynamodb::config::Builder) -> aws_sdk_dynamodb::config::Builder + Send,
    ) -> impl Future<Output = Result<Connection>> + Send {
        client::connect::<Self>(settings)
    }

    /// Returns the local table's name in the `config.json` that the program was compiled with.
    fn local_table_name() -> &'static str {
        Self::__CONFIG.local_table_name
    }

    /// Sets the connection of this table's operations, for the whole program.
    ///
    /// `.on(..)` and [`Connection::scope`] override it.
    ///
    /// # Errors
    /// Fails if the table already uses another connection.
    #[doc(alias = "Meta")]
    fn set_connection(connection: &Connection) -> Result<()> {
        client::set_connection::<Self>(connection)
    }

    /// Returns the name of the table that an operation would use here.
    ///
    /// # Errors
    /// Fails in the same cases as [`Table::connect`].
    fn table_name() -> impl Future<Output = Result<String>> + Send {
        async { client::table_name::<Self>().await }
    }
}

#[diagnostic::do_not_recommend]
impl<T: TableModel> Table for T {}
