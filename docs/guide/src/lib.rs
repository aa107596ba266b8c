//! A guide to `monotable`, one module per chapter. `cargo test --doc -p monotable-guide` compiles and runs the snippets, and those
//! in the documentation of the derives.
//!
//! The snippets of the guide share a table enum with users, orders and sessions, and sample items. [`run`] gives each snippet its
//! own table.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use monotable::aws::Client;
use monotable::aws::config::retry::RetryConfig;
use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region};
use monotable::{Connection, Entity, KeySegment, Table, timestamp};
use serde::{Deserialize, Serialize};

#[doc = include_str!("../../chapters/keys.md")]
pub mod keys {}

#[doc = include_str!("../../chapters/queries.md")]
pub mod queries {}

#[doc = include_str!("../../chapters/updates.md")]
pub mod updates {}

#[doc = include_str!("../../chapters/batches.md")]
pub mod batches {}

#[doc = include_str!("../../chapters/transactions.md")]
pub mod transactions {}

#[doc = include_str!("../../chapters/errors.md")]
pub mod errors {}

#[doc = include_str!("../../chapters/deployed.md")]
pub mod deployed {}

#[doc = include_str!("../../chapters/existing.md")]
pub mod existing {}

#[doc = include_str!("../../chapters/testing.md")]
pub mod testing {}

#[doc = include_str!("../../chapters/connections.md")]
pub mod connections {}

#[doc = include_str!("../../chapters/connections/lambda.md")]
pub mod lambda {}

#[doc = include_str!("../../chapters/tool.md")]
pub mod tool {}

// `monotable-derive` cannot compile the snippets in its documentation, because it does not depend on monotable.
#[cfg(doctest)]
#[doc = include_str!("../../../derive/docs/entity.md")]
struct DeriveEntity;

#[cfg(doctest)]
#[doc = include_str!("../../../derive/docs/table.md")]
struct DeriveTable;

#[cfg(doctest)]
#[doc = include_str!("../../../derive/docs/projection.md")]
struct DeriveProjection;

#[cfg(doctest)]
#[doc = include_str!("../../../derive/docs/key_segment.md")]
struct DeriveKeySegment;

/// The table enum of the guide.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Guide",
    "localDev": { "port": 8000, "tableName": "guide" },
    "tableConfig": {
        "ttlAttribute": "expires_at",
        "globalSecondaryIndexes": [
            { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
            { "indexName": "gsi2pk-gsi2sk-index", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" } ] }
}"#)]
pub enum BaseModel {
    /// A user, who places orders.
    User(User),
    /// An order of a user.
    Order(Order),
    /// A login of a user.
    Session(Session),
}

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = BaseModel, pk = "USER#{user_id}", sk = "USER#{user_id}", builder)]
pub struct User {
    /// Stored only in the key.
    #[entity(key_only)]
    pub user_id: String,
    /// The name that other users see.
    pub name: String,
    /// Whether the user may order.
    pub status: UserStatus,
    /// The number of orders.
    #[serde(default)]
    pub orders: u32,
    /// Labels, stored as a string set.
    #[serde(default, with = "monotable::string_set")]
    pub tags: BTreeSet<String>,
    /// Incremented by every write.
    #[entity(version)]
    #[serde(default)]
    pub version: u64,
}

/// Whether a user may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserStatus {
    /// May order.
    Active,
    /// May not order.
    Blocked,
}

/// An order. One index lists the orders of a user, the other one the orders with a status, by creation time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "ORDER#{order_id}",
    sk = "ORDER#{order_id}",
    gsi1(pk = "USER#{user_id}", sk = "ORDER#{order_id}", name = "list_by_user"),
    gsi2(pk = "ORDERS#{status}", sk = "{created_at}", name = "list_by_status"),
    builder,
)]
pub struct Order {
    /// Stored only in the key.
    #[entity(key_only)]
    pub order_id: String,
    /// The user who ordered.
    pub user_id: String,
    /// Whether the order has shipped.
    pub status: OrderStatus,
    /// The total price in cents.
    pub total: u32,
    /// The ordered products.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// A message from the user.
    pub note: Option<String>,
    /// Set by `create`.
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    pub created_at: DateTime<Utc>,
    /// Set by every write.
    #[entity(updated_at)]
    #[serde(with = "monotable::timestamp")]
    pub updated_at: DateTime<Utc>,
}

/// Whether an order has shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, KeySegment)]
pub enum OrderStatus {
    /// Not shipped; the order can be changed.
    Open,
    /// Shipped; the order cannot be changed any more.
    Shipped,
}

/// One product of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The product.
    pub product: String,
    /// The number of pieces.
    pub quantity: u32,
    /// The price of one piece in cents.
    pub price: u32,
}

/// A session, which expires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "SESSION#{token}",
    sk = "SESSION#{token}",
    gsi1(pk = "USER#{user_id}", sk = "SESSION#{token}"),
)]
pub struct Session {
    /// Stored only in the key.
    #[entity(key_only)]
    pub token: String,
    /// The user who is logged in.
    pub user_id: String,
    /// When the session expires. DynamoDB deletes the item some time later.
    #[entity(ttl)]
    #[serde(with = "monotable::epoch_seconds")]
    pub expires_at: DateTime<Utc>,
}

impl User {
    /// Makes an active user without orders. Writes nothing.
    pub fn new(user_id: &str, name: &str) -> Self {
        Self::builder().user_id(user_id).name(name).status(UserStatus::Active).build()
    }
}

impl Order {
    /// Makes an open order. Writes nothing.
    pub fn new(order_id: &str, user_id: &str, total: u32) -> Self {
        Self::builder().order_id(order_id).user_id(user_id).status(OrderStatus::Open).total(total).build()
    }
}

impl Session {
    /// Makes a session that expires after `lasts`. Writes nothing.
    pub fn new(token: &str, user_id: &str, lasts: TimeDelta) -> Self {
        Self {
            token: token.to_owned(),
            user_id: user_id.to_owned(),
            expires_at: (timestamp::now() + lasts).trunc_subsecs(0),
        }
    }
}

/// Returns the start of a day in November 2026, in UTC.
pub fn november(day: u8) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_757 + i64::from(day))
}

/// Writes the items that most snippets read.
///
/// These are the user `u-1`, the open orders `o-1` (12.50, of November 20th) and `o-2` (7.00, of November 21st), the shipped order
/// `o-3` (99.90, of November 22nd), the session `s-1`, and the expired session `s-2`.
///
/// # Errors
/// Returns an error if an item cannot be written.
pub async fn fill() -> monotable::Result<()> {
    User::new("u-1", "Ada").create().await?;
    for (order_id, status, total, day) in [
        ("o-1", OrderStatus::Open, 1250, 20),
        ("o-2", OrderStatus::Open, 700, 21),
        ("o-3", OrderStatus::Shipped, 9990, 22),
    ] {
        let order = Order { status, created_at: november(day), ..Order::new(order_id, "u-1", total) };
        order.put().await?;
    }
    Session::new("s-1", "u-1", TimeDelta::hours(1)).create().await?;
    Session::new("s-2", "u-1", TimeDelta::hours(-1)).create().await?;
    Ok(())
}

/// Runs an example on its own table.
///
/// # Panics
/// Panics if the example returns an error.
pub fn run<F: Future<Output = monotable::Result<()>>>(example: F) {
    run_on::<BaseModel>(example);
}

/// Runs an example on its own table, of another table enum than [`BaseModel`].
///
/// # Panics
/// Panics if the example returns an error.
#[allow(clippy::unwrap_used, reason = "an example fails by panicking")]
pub fn run_on<T: Table>(example: impl Future<Output = monotable::Result<()>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connection = monotable_local::connect::<T>().await.unwrap();
        T::ensure_table().on(&connection).await.unwrap();
        connection.scope(example).await.unwrap();
    });
}

/// Makes a connection to a port where no server listens. Every request through it fails.
pub fn nowhere() -> Connection {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url("http://127.0.0.1:9")
        .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "guide"))
        .retry_config(RetryConfig::disabled())
        .build();
    Connection::new(Client::from_conf(config), "nowhere")
}
