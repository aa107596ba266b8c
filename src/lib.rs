//! Typed entities in one DynamoDB table.
//!
//! Each entity declares its keys as templates, once; writing, reading and querying all use that declaration. A query of the
//! table gives an enum, each item decoded into its own variant by its discriminator.
//!
//! ```
//! use monotable::{Entity, Table};
//! use serde::{Deserialize, Serialize};
//!
//! /// Everything this table holds.
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
//!     #[entity(key_only)] // lives in the key alone, and is read back from it
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
//! # async fn run() -> monotable::Result<()> {
//! let order = Order { order_id: "o-1".into(), user_id: "u-1".into(), total: "12.50".into() };
//! let order = order.create().await?; // an error if there is one with this key
//! let found: Option<Order> = Order::get("o-1").await?;
//!
//! // One request, many types.
//! for item in BaseModel::gsi1().query("USER#u-1").all().await? {
//!     match item {
//!         BaseModel::Order(order) => println!("order {}", order.total),
//!         BaseModel::Review(review) => println!("review {}", review.review_id),
//!     }
//! }
//! // One type, conditions in its fields.
//! let orders: Vec<Order> = Order::list_by_user("u-1").ge("o-1").all().await?;
//! # Ok(()) }
//! # monotable_local_run(run());
//! # fn monotable_local_run<F: std::future::Future<Output = monotable::Result<()>>>(run: F) {
//! #     let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! #     runtime.block_on(async {
//! #         let connection = monotable_local::connect::<BaseModel>().await.unwrap();
//! #         BaseModel::ensure_table().on(&connection).await.unwrap();
//! #         connection.scope(run).await.unwrap();
//! #     });
//! # }
//! ```
//!
//! # Templates
//!
//! | in a template | is |
//! |---|---|
//! | `ORDER#` | itself; `{{` and `}}` are braces |
//! | `{field}` | the field's text, in which the delimiter may not be. A template that is a field alone can be for the key attribute under whose name the field is stored: then the field is the key |
//! | `{number:010}` | a non-negative integer, padded with zeros so that text order is number order |
//! | `{path..}` | a field that may contain the delimiter, last in its template |
//! | `{brand\|upper}` | a transformed field: `upper`, `lower`; of dates `year`, `month`, `day`, `hour`. A call gives the whole value, such as a `DateTime`, or for `year`, `month` and `day` a `NaiveDate`; there are no ranges over it |
//! | `{title\|escape}` | a field that may contain the delimiter, which is escaped by the character that follows it (`#` is `$0`, and `$` is `$1`); read back, and in the same order |
//! | `{repo.owner}` | a field of a field, whose type `types(repo.owner: String)` says |
//!
//! In the place of a template, `pk = rank(score, day)` takes the text of a function of these fields, given as references; of
//! an index it may be an `Option`. A call gives what the function gave, as text. No placeholder at all is a singleton: `Settings::get(())`.
//!
//! Between two placeholders stands the delimiter (`#`, or `#[table(delimiter = "..")]`), so keys are read back, and no two
//! items share one by accident. Keys are compared as texts: of `{name}#{n}`, names that go on after `#` would, such as
//! `foo bar` (a space sorts before `#`), come before `foo` itself in a range. So choose a delimiter that sorts before letters
//! and digits, as `#` does and `|` does not. A `None` in the templates of an index keeps the item out of it.
//!
//! # The attributes of `#[derive(Entity)]`
//!
//! | on the struct | |
//! |---|---|
//! | `table = BaseModel` | the enum that has a variant for it |
//! | `pk = ".."`, `sk = ".."` | the templates of the primary key |
//! | `gsi1(pk = "..", sk = "..", name = "..")` | those of an index of `config.json`, and the name of its query |
//! | `gsi1(.., when = is_open(state))` | only items of which the function says so stand in the index |
//! | `types(repo.owner: String)` | the types of nested fields that templates name |
//! | `discriminator = ".."` | what is stored as the item's type, in `entity_type`; otherwise the struct's name |
//! | `aliases("..")` | older discriminators that reads accept |
//! | `builder` | `Order::builder()`, with a function for each field but those that writes set |
//! | `crate = path` | where this crate is, if not at `::monotable` |
//!
//! On a field, `#[entity(key_only)]`: the field is stored only in the key; and what [writes keep](#fields-that-writes-keep). Everything
//! else is serde's; for what DynamoDB has and serde
//! has not there are [`timestamp`], [`utc_datetime`], [`string_set`], [`number_set`], [`binary_set`], [`json`], [`B`] and [`N`]. The set
//! modules of `serde_dynamo` work, too.
//!
//! # The attributes of `#[derive(Table)]`
//!
//! | on the enum | |
//! |---|---|
//! | `config = "config.json"` | the file, from the manifest's folder; otherwise it is searched from there upwards |
//! | `config_json = r#"{..}"#` | its text, in the code |
//! | `delimiter = "\|"` | what separates the parts of a key |
//! | `discriminator = "Type"` | the attribute that holds an item's discriminator, if it is not `entity_type` |
//! | `no_discriminator` | items have none: their primary keys tell their entities |
//! | `overlap(User, Org)` | these two may write one primary key; otherwise two entities that can do not compile |
//! | `of = BaseModel` | the enum is a part of that table: its entities, and no configuration of its own |
//!
//! A variant holds an entity, or a `Box` of one. On a variant, `#[table(unknown)]`: what becomes of items that are of no known entity; its field is an [`Item`].
//!
//! # Where operations go
//!
//! In this order: `.on(&connection)`; the connection of the enclosing [`Connection::scope`]; the one given to
//! [`Table::set_connection`]; one that is made from the environment:
//!
//! | | `LOCAL_DEV` is exactly `true` | otherwise |
//! |---|---|---|
//! | table | `localDev.tableName` of `config.json` | what AWS AppConfig says: application `RUNTIME_CONFIG_APP_ID`, environment `default`, profile `dynamodb`, JSON `{"<runtimeConfigKey>": {"tableName": ".."}}` |
//! | endpoint | `http://localhost:<localDev.port>` | the SDK's |
//! | credentials | none are needed | the SDK's default chain |
//! | region | the environment's or the profile's, else `us-east-1` | the SDK's default chain |
//!
//! `config.json` is read when that connection is made, from `MONOTABLE_CONFIG`, else where it was at build time, else as it was
//! then; deployed, it is not needed. The name from AppConfig is kept for 300 seconds (`POWERTOOLS_PARAMETERS_MAX_AGE`), or
//! AppConfig's poll interval if that is longer, and refreshed within the await of an operation.
//!
//! # Conditions
//!
//! An entity's attributes are constants, `Order::TOTAL`, that make [`Condition`]s: `Order::TOTAL.gt("5") & !Order::NOTE.exists()`.
//! `put` and `delete` take them with `.condition(..)`, queries and scans with `.filter(..)`. For items of any entity, and for names
//! that are known only when the program runs, there is [`path`](fn@path).
//!
//! # Updates
//!
//! `Order::update("o-1").set(Order::TOTAL, "7").add(Order::VIEWS, 1)` changes these attributes, and the index keys that are made from
//! them: see [`op::Update`]. [`Table::transact_write`] makes several writes or none.
//!
//! Where an answer is lost on the way, [`Error::is_outcome_unknown`] says that nobody knows whether a write was made. Where a write
//! was made but its result cannot be given, [`Error::is_write_applied`] says so.
//!
//! # Fields that writes keep
//!
//! | on a field | |
//! |---|---|
//! | `#[entity(version)]` | how often the item was written, 0 before the first time: `u64` and the like. A put, an update or a delete of what was read is made only if the stored version is the same |
//! | `#[entity(created_at)]` | set by `create`, and by an upsert that makes the item: `DateTime<Utc>`, an `Option` of it, or a `String` |
//! | `#[entity(updated_at)]` | set by every write |
//! | `#[entity(write_id)]` | a random id that every write sets, a `String`: it decides whether a write was made whose answer was lost. For locks, counters, and whatever must not be written twice |
//! | `#[entity(ttl)]` | when the item expires, in seconds ([`epoch_seconds`]); the `ttlAttribute` of `config.json` names it. `.exclude_expired()` leaves out what DynamoDB has not deleted yet |
//!
//! # What goes on
//!
//! Each operation is a `tracing` span `dynamodb` with `operation`, `table`, `index`, `entity`, `requests`, `items`, `read_units` and
//! `write_units`; no value of an attribute is ever in it. A [`Meter`] sums the capacity.
//!
//! # The table itself
//!
//! [`Table::ensure_table`] creates it, or brings it in line with `config.json`; [`Table::describe`] says what that would
//! change; [`Table::drop_table`] deletes it. On a table that is not local, what deletes has to be allowed by name.
//!
//! # Crate features
//!
//! - `https` (default): TLS for the SDK's client.
//! - `appconfig` (default): the deployed table's name from AWS AppConfig.
//! - `sso`, `login`, `credential-process`: credentials of `aws sso login`, of `aws login`, and of a profile's `credential_process`.
//! - `sealed-cursors`: [`Connection::cursor_key`], for cursors whose text clients can neither read nor forge.
//! - `uuid`: `uuid::Uuid` in key templates.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/pynamodb.md")]
struct Pynamodb;

#[doc(hidden)]
pub mod __private;
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
#[cfg(feature = "https")]
pub use client::http_client;
pub use client::{Connection, ItemStream, OperationFuture, ParallelScanStream, SegmentProgress, Segments, is_local};
pub use entity::Entity;
pub use error::{CancellationReason, Error, ErrorKind, ReasonCode, Result, WrongVariant};
pub use expr::attribute::Attribute;
pub use expr::condition::{AttributeType, Condition};
pub use expr::path::{Path, path};
pub use key::segment::{KeySegment, SegmentError};
pub use model::entity::PartitionOf;
pub use model::key::{IntoKey, Key, KeyOf};
pub use model::projection::Projection;
pub use model::read_target::ReadTarget;
pub use model::table::Holds;
pub use op::{ConfigTable, Query, Scan};
pub use read::page::Page;
pub use read::table_plan::Change;
pub use table::Table;
pub use value::binary::B;
pub use value::cursor::Cursor;
pub use value::item::Item;
pub use value::number::N;
pub use value::set::{binary_set, number_set, string_set};
pub use value::{epoch_seconds, json, timestamp, utc_datetime};
