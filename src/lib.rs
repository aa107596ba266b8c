//! Typed entities in one DynamoDB table.
//!
//! monotable is a library for single-table design. You declare the keys of each entity once, as templates. monotable uses the
//! templates to write, read and query items. A query of the table returns values of an enum with one variant for each entity, so
//! the compiler checks your `match` on them.
//!
//! - [Getting started](#getting-started) leads from an empty project to a first query. It takes about ten minutes.
//! - The sections after it explain each concept once, with tables for reference: [key templates](#key-templates), the attributes
//!   of [`#[derive(Entity)]`](#attributes-of-deriveentity) and [`#[derive(Table)]`](#attributes-of-derivetable), [reads](#reads),
//!   [writes](#writes), [managed fields](#managed-fields), [connections](#connections), [errors](#errors),
//!   [crate features](#crate-features).
//! - The [guide](_documentation) has a chapter on each topic, and pages on `config.json`, on performance, and for
//!   [PynamoDB users](_documentation::pynamodb).
//!
//! # Getting started
//!
//! ## 1. Add the dependencies
//!
//! ```toml
//! [dependencies]
//! monotable = "0.1"
//! serde = { version = "1", features = ["derive"] }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! ## 2. Describe the table
//!
//! Create the file `config.json` next to `Cargo.toml`:
//!
//! ```json
//! {
//!   "runtimeConfigKey": "Shop",
//!   "localDev": { "port": 8000, "tableName": "shop" },
//!   "tableConfig": {
//!     "globalSecondaryIndexes": [
//!       { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" }
//!     ]
//!   }
//! }
//! ```
//!
//! The table has the primary key attributes `pk` and `sk`, unless the file names others. The derive macros read the file at
//! compile time: the index above gives you the function `gsi1()`. [Every setting](_documentation::config) has its own page.
//!
//! ## 3. Declare entities, and use them
//!
//! This is a complete `src/main.rs`:
//!
//! ```
//! # mod program {
//! use monotable::{Entity, Table};
//! use serde::{Deserialize, Serialize};
//!
//! /// The entities of the table.
//! #[derive(Debug, Table)]
//! enum BaseModel {
//!     Order(Order),
//!     Review(Review),
//! }
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
//! #[entity(
//!     table = BaseModel,
//!     pk = "ORDER#{order_id}",
//!     sk = "ORDER#{order_id}",
//!     gsi1(pk = "USER#{user_id}", sk = "ORDER#{order_id}", name = "list_by_user"),
//! )]
//! struct Order {
//!     #[entity(key_only)] // stored only in the key, and read back from it
//!     order_id: String,
//!     user_id: String,
//!     total: String,
//! }
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
//! #[entity(
//!     table = BaseModel,
//!     pk = "REVIEW#{review_id}",
//!     sk = "REVIEW#{review_id}",
//!     gsi1(pk = "USER#{user_id}", sk = "REVIEW#{review_id}"),
//! )]
//! struct Review {
//!     review_id: String,
//!     user_id: String,
//! }
//!
//! # /*
//! #[tokio::main]
//! # */
//! async fn main() -> monotable::Result<()> {
//!     BaseModel::ensure_table().await?; // creates the local table
//!
//!     // Writes an item. If an item with this key exists, `create` returns an error; `put` would replace the item.
//!     let order = Order { order_id: "o-1".into(), user_id: "u-1".into(), total: "12.50".into() };
//!     order.create().await?;
//!     Review { review_id: "r-1".into(), user_id: "u-1".into() }.create().await?;
//!
//!     // Reads an item by its key.
//!     let found: Option<Order> = Order::get("o-1").await?;
//!     assert_eq!(found, Some(order));
//!
//!     // One request returns several entities.
//!     for item in BaseModel::gsi1().query("USER#u-1").all().await? {
//!         match item {
//!             BaseModel::Order(order) => println!("order {}: {}", order.order_id, order.total),
//!             BaseModel::Review(review) => println!("review {}", review.review_id),
//!         }
//!     }
//!
//!     // A query of one entity. The sort condition takes values of the entity's fields.
//!     let orders: Vec<Order> = Order::list_by_user("u-1").ge("o-1").all().await?;
//!     assert_eq!(orders.len(), 1);
//!
//!     // Changes one attribute, and returns the entity after the update.
//!     let order = Order::update("o-1").set(Order::TOTAL, "7.00").await?;
//!     assert_eq!(order.total, "7.00");
//!     Ok(())
//! }
//! # pub fn run() {
//! #     let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! #     runtime.block_on(async {
//! #         let connection = monotable_local::connect::<BaseModel>().await.unwrap();
//! #         connection.scope(main()).await.unwrap();
//! #     });
//! # }
//! # }
//! # fn main() {
//! #     program::run();
//! # }
//! ```
//!
//! ## 4. Run the program
//!
//! With `LOCAL_DEV=true`, the program connects to `http://localhost:8000`, the `localDev.port` of `config.json`. Start DynamoDB
//! Local there, for example in a container:
//!
//! ```sh
//! docker run --detach --publish 8000:8000 public.ecr.aws/aws-dynamodb-local/aws-dynamodb-local:latest
//! LOCAL_DEV=true cargo run
//! ```
//!
//! If you run the program a second time, `create` returns an error, because the order exists. The crate `monotable-local` runs an
//! engine in your program or your tests instead, without a container: see [Testing](_documentation::testing).
//!
//! # Key templates
//!
//! | in a template | meaning |
//! |---|---|
//! | `ORDER#` | this text; write `{{` and `}}` for braces |
//! | `{field}` | the text of a field, which must not contain the delimiter |
//! | `{number:010}` | a non-negative integer, padded with zeros so that its text sorts like the number |
//! | `{path..}` | a field that may contain the delimiter; only at the end of a template |
//! | `{brand\|upper}` | a transformed field: `upper` or `lower`, and for dates and times `year`, `month`, `day` or `hour`. You pass the whole value to a query, for example a `DateTime`, or for `year`, `month` and `day` also a `NaiveDate`. Ranges over a transformed field do not compile |
//! | `{title\|escape}` | a field that may contain the delimiter. The character after the delimiter escapes it (with the delimiter `#`, `#` becomes `$0` and `$` becomes `$1`), so the field can be read back, and its text sorts like the field |
//! | `{repo.owner}` | a field of a nested struct; `types(repo.owner: String)` declares its type |
//!
//! - **Field types.** A field in a template implements [`KeySegment`]: strings, integers, `bool`, `char`, `DateTime<Utc>`,
//!   `NaiveDate`, [`B`], `Uuid` (feature `uuid`), and types that derive [`KeySegment`](derive@KeySegment).
//! - **Key functions.** Instead of a template, `pk = rank(score, day)` calls your function with references to those fields. For
//!   an index it may return `Option`. Operations take the text that the function returns, instead of the fields.
//! - **Sparse indexes.** If a field in the templates of an index is `None`, the item is not in the index.
//! - **Key attributes as fields.** If a template is only a field, its key attribute can be the attribute that stores this field.
//!   The field is then the key, and is stored once.
//! - **Singletons.** An entity without placeholders in its primary key has one item: `Settings::get(())`.
//! - **Delimiter.** Between two placeholders, the text contains the delimiter, unless the first placeholder is padded. So
//!   monotable can read the fields back, and two different items never share a key by accident. The delimiter is `#`, or the one
//!   that `#[table(delimiter = "..")]` sets.
//! - **Order.** DynamoDB compares keys as text. With the template `{name}#{n}`, `foo bar#1` sorts before `foo#1`, because a space
//!   sorts before `#`. Choose a delimiter that sorts before letters and digits: `#` does, `|` does not.
//!
//! More: [Keys](_documentation::keys), [`Key`].
//!
//! # Attributes of `derive(Entity)`
//!
//! | on the struct | meaning |
//! |---|---|
//! | `table = BaseModel` | the table enum, which has a variant for the entity |
//! | `pk = ".."`, `sk = ".."` | the templates of the primary key |
//! | `gsi1(pk = "..", sk = "..", name = "..")` | the templates of an index of `config.json`, and the name of the function that queries it |
//! | `gsi1(.., when = is_open(state))` | the item is indexed only if this function returns `true` |
//! | `types(repo.owner: String)` | the types of nested fields in templates |
//! | `discriminator = ".."` | the text that `entity_type` stores to identify the entity; the default is the name of the struct |
//! | `aliases("..")` | older discriminators that reads accept |
//! | `builder` | creates `Order::builder()`, with a method for each field except those that writes set |
//! | `crate = path` | the path of this crate, if it is not `::monotable` |
//!
//! On a field, `#[entity(key_only)]` stores the field only in the key. [Managed fields](#managed-fields) have their own
//! attributes. serde's attributes determine everything else.
//!
//! For formats that DynamoDB has but serde does not, use these modules in `#[serde(with = "..")]`: [`timestamp`],
//! [`utc_datetime`], [`epoch_seconds`], [`string_set`], [`number_set`], [`binary_set`] and [`json`]. [`B`] stores bytes, and
//! [`N`] exact numbers. The set modules of `serde_dynamo` work, too.
//!
//! # Attributes of `derive(Table)`
//!
//! | on the enum | meaning |
//! |---|---|
//! | `config = "config.json"` | the file, relative to the folder of `Cargo.toml`. The default is the first `config.json` in this folder or in one above it |
//! | `config_json = r#"{..}"#` | the text of the configuration instead of a file |
//! | `delimiter = "\|"` | the character between the parts of a key |
//! | `discriminator = "Type"` | the attribute that stores an item's discriminator, if it is not `entity_type` |
//! | `no_discriminator` | items have no discriminator; the primary key identifies the entity |
//! | `overlap(User, Org)` | allows two entities that can write the same primary key, which otherwise do not compile |
//! | `of = BaseModel` | the enum contains some of the entities of the table `BaseModel`, and has no configuration |
//! | `crate = path` | the path of this crate, if it is not `::monotable` |
//!
//! A variant contains an entity, or a `Box` of one. A variant with `#[table(unknown)]` contains an [`Item`]: it receives the
//! items whose discriminator no entity of the table has. Without such a variant, these items are errors. More:
//! [Adopting an existing table](_documentation::existing).
//!
//! # Reads
//!
//! - [`Entity::get`] reads one item by its key, [`Entity::batch_get`] and [`Table::batch_get`] read many, and
//!   [`Table::transact_get`] reads several in one consistent state of the table.
//! - [`Entity::query`], and the index functions such as `Order::list_by_user`, read the entities of one type in a partition. Sort
//!   conditions take values of the entity's fields: `.ge("o-1")`.
//! - [`Table::query`], and `BaseModel::gsi1().query(..)`, read every entity in a partition and take the text of the keys.
//!   [`Entity::collection`] does the same by typed values. `.only::<..>()` keeps some of the entities.
//! - [`Query`] and [`Scan`] return a list, a [`Page`] with a [`Cursor`], an [`ItemStream`], or a count. [`Segments`] is a
//!   parallel scan.
//! - `.select::<..>()` reads only the attributes of a [`Projection`].
//! - `.filter(..)` takes a [`Condition`], which the constants of an entity's attributes build:
//!   `Order::TOTAL.gt("5") & !Order::NOTE.exists()`. [`path`](fn@path) names an attribute of any entity, or one that is known
//!   only at run time.
//!
//! More: [Queries](_documentation::queries), [Batches](_documentation::batches).
//!
//! # Writes
//!
//! - [`Entity::create`] writes a new item, [`Entity::put`] also replaces an existing one, and [`Entity::delete`] deletes one.
//!   `put` and `delete` take a condition: `.condition(..)`.
//! - [`Entity::update`] changes some attributes: `Order::update("o-1").set(Order::TOTAL, "7").add(Order::VIEWS, 1)`. It also
//!   rewrites the index keys that use these attributes. See [`op::Update`].
//! - [`Table::batch_write`] puts and deletes many items. [`Table::transact_write`] applies several writes, or none of them.
//!
//! More: [Updates](_documentation::updates), [Batches](_documentation::batches), [Transactions](_documentation::transactions).
//!
//! # Managed fields
//!
//! Writes set the fields with these attributes, except for `ttl`:
//!
//! | on a field | meaning |
//! |---|---|
//! | `#[entity(version)]` | the number of writes of the item; 0 before the first write. The type is `u64`, `u32`, `i64` or `i32`. A put, and an update or a delete of a loaded entity, is applied only if the stored version is the same |
//! | `#[entity(created_at)]` | set by `create`, and by an upsert that creates the item. The type is `DateTime<Utc>`, an `Option` of it, or `String` |
//! | `#[entity(updated_at)]` | set by every write. The types are those of `created_at` |
//! | `#[entity(write_id)]` | a random id that every write sets. The type is `String` or an `Option` of it. If a response is lost, monotable uses the id to find out whether the write was applied. Use it for locks, for counters, and for everything that must not be written twice |
//! | `#[entity(ttl)]` | the time of expiry, as a number of seconds since 1970 ([`epoch_seconds`]). `ttlAttribute` in `config.json` names its attribute. `.exclude_expired()` skips expired items that DynamoDB has not deleted yet |
//!
//! # Connections
//!
//! An operation uses the first of these connections that exists:
//!
//! 1. The connection that you pass to the operation: `.on(&connection)`.
//! 2. The connection of the [`Connection::scope`] around it.
//! 3. The connection of [`Table::set_connection`].
//! 4. A connection that monotable makes from the environment, when the first operation needs it:
//!
//! | | `LOCAL_DEV` is exactly `true` | otherwise |
//! |---|---|---|
//! | table | `localDev.tableName` of `config.json` | from AWS AppConfig: application `RUNTIME_CONFIG_APP_ID`, environment `default`, profile `dynamodb`, JSON `{"<runtimeConfigKey>": {"tableName": ".."}}` |
//! | endpoint | `http://localhost:<localDev.port>` | the SDK's default |
//! | credentials | not needed | the SDK's default chain |
//! | region | from the environment or the profile; otherwise `us-east-1` | the SDK's default chain |
//!
//! With `LOCAL_DEV=true`, monotable reads `config.json` when it makes the connection: from the path in `MONOTABLE_CONFIG` if it
//! is set, otherwise from the path that was used at compile time. If the file at the latter path does not exist any more,
//! monotable uses the contents that it had at compile time. A deployed program does not need the file.
//!
//! monotable caches the name from AppConfig for 300 seconds (`POWERTOOLS_PARAMETERS_MAX_AGE`), or for AppConfig's poll interval
//! if that is longer. It refreshes the name while an operation is awaited. More: [Deployment on AWS](_documentation::deployed),
//! [`Connection`].
//!
//! # Errors
//!
//! All operations have the same error type, [`Error`], with an [`ErrorKind`] and predicates such as [`Error::is_not_found`]. If a
//! response was lost and monotable cannot tell whether the write was applied, [`Error::is_outcome_unknown`] is `true`. If a write
//! was applied but its result cannot be returned, [`Error::is_write_applied`] is `true`. More: [Errors](_documentation::errors).
//!
//! # Tracing and capacity
//!
//! Each operation has a `tracing` span `dynamodb` with the fields `operation`, `table`, `index`, `entity`, `requests`, `items`,
//! `read_units` and `write_units`. It never contains the value of an attribute. A [`Meter`] adds up the consumed capacity.
//!
//! # Table administration
//!
//! [`Table::ensure_table`] creates the table, or changes it to match `config.json`. [`Table::describe`] returns what would
//! change, and [`Table::drop_table`] deletes the table. On a table that is not local, you have to allow deletions by the table's
//! name. [`ConfigTable`] does the same for programs without entities.
//!
//! # Crate features
//!
//! - `https` (default): TLS for the SDK's client.
//! - `appconfig` (default): the deployed table's name from AWS AppConfig.
//! - `sso`, `login`, `credential-process`: credentials from `aws sso login`, from `aws login`, and from a profile's
//!   `credential_process`.
//! - `sealed-cursors`: [`Connection::cursor_key`], for cursors whose text clients can neither read nor forge.
//! - `stream`: the module `stream`, for records of DynamoDB Streams. `stream-lambda` converts them from the events of AWS Lambda
//!   (`aws_lambda_events`), `stream-sdk` from the SDK's client (`aws-sdk-dynamodbstreams`).
//! - `uuid`: `uuid::Uuid` in key templates.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/pynamodb.md")]
struct Pynamodb;

#[doc(hidden)]
pub mod __private;
// `doc` is also set for doctests, whose snippets `monotable-guide` already compiles.
#[cfg(all(doc, not(doctest)))]
#[path = "documentation.rs"]
pub mod _documentation;
pub mod bounds;
mod client;
mod codec;
mod entity;
mod error;
mod expr;
mod key;
mod model;
pub mod op;
mod read;
pub mod schema;
mod table;
mod value;

pub use aws_sdk_dynamodb as aws;
pub use monotable_config as config;
pub use monotable_derive::{Entity, KeySegment, Projection, Table};

pub use client::capacity::{Capacity, Meter};
#[cfg(feature = "appconfig")]
pub use client::deployed_table_name;
#[cfg(feature = "https")]
pub use client::http_client;
pub use client::{Connection, ItemStream, OperationFuture, ParallelScanStream, SegmentProgress, Segments, is_local};
pub use entity::Entity;
pub use error::{CancellationReason, Error, ErrorKind, ReasonCode, Result, WrongVariant};
pub use expr::attribute::Attribute;
pub use expr::condition::Condition;
pub use expr::path::{Path, path};
pub use key::segment::{KeySegment, SegmentError};
pub use model::entity::PartitionOf;
pub use model::key::{IntoKey, Key, KeyOf};
pub use model::projection::Projection;
pub use model::read_target::ReadTarget;
pub use model::table::Holds;
pub use op::{ConfigTable, Query, Scan};
pub use read::page::Page;
#[cfg(feature = "stream")]
pub use read::stream;
pub use read::table_plan::Change;
pub use table::Table;
pub use value::attribute_type::AttributeType;
pub use value::binary::B;
pub use value::cursor::Cursor;
pub use value::item::Item;
pub use value::number::N;
pub use value::set::{binary_set, number_set, string_set};
pub use value::{epoch_seconds, json, timestamp, utc_datetime};
