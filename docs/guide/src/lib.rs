//! A guide to `monotable`, a module for each chapter. `cargo test --doc -p monotable-guide` compiles and runs the snippets.
//!
//! Here is what they share: a table of users, orders and sessions, some items for it, and [`run`], in which each of them
//! has such a table to itself.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use monotable::aws::Client;
use monotable::aws::config::retry::RetryConfig;
use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region};
use monotable::{Connection, Entity, KeySegment, Table, timestamp};
use serde::{Deserialize, Serialize};

#[doc = include_str!("../chapters/keys.md")]
pub mod keys {}

#[doc = include_str!("../chapters/queries.md")]
pub mod queries {}

#[doc = include_str!("../chapters/updates.md")]
pub mod updates {}

#[doc = include_str!("../chapters/batches.md")]
pub mod batches {}

#[doc = include_str!("../chapters/transactions.md")]
pub mod transactions {}

#[doc = include_str!("../chapters/errors.md")]
pub mod errors {}

#[doc = include_str!("../chapters/deployed.md")]
pub mod deployed {}

#[doc = include_str!("../chapters/existing.md")]
pub mod existing {}

#[doc = include_str!("../chapters/testing.md")]
pub mod testing {}

/// Everything that the table of the guide holds.
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
    /// Who orders.
    User(User),
    /// What was ordered.
    Order(Order),
    /// Who is logged in.
    Session(Session),
}

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = BaseModel, pk = "USER#{user_id}", sk = "USER#{user_id}", builder)]
pub struct User {
    /// Lives in the key alone.
    #[entity(key_only)]
    pub user_id: String,
    /// What others see.
    pub name: String,
    /// Whether the user may order.
    pub status: UserStatus,
    /// How many orders there are.
    #[serde(default)]
    pub orders: u32,
    /// A set of texts.
    #[serde(default, with = "monotable::string_set")]
    pub tags: BTreeSet<String>,
    /// Grows with every write.
    #[entity(version)]
    #[serde(default)]
    pub version: u64,
}

/// Whether a user may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserStatus {
    /// Yes.
    Active,
    /// No.
    Blocked,
}

/// An order: listed by its user, and by its status in the order of time.
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
    /// Lives in the key alone.
    #[entity(key_only)]
    pub order_id: String,
    /// Who ordered.
    pub user_id: String,
    /// How far it is.
    pub status: OrderStatus,
    /// In cents.
    pub total: u32,
    /// What was ordered.
    #[serde(default)]
    pub lines: Vec<Line>,
    /// What the user wrote to it.
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

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, KeySegment)]
pub enum OrderStatus {
    /// It can be changed.
    Open,
    /// It cannot be changed any more.
    Shipped,
}

/// A part of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub product: String,
    /// How many.
    pub quantity: u32,
    /// Of one, in cents.
    pub price: u32,
}

/// A session, which ends by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "SESSION#{token}",
    sk = "SESSION#{token}",
    gsi1(pk = "USER#{user_id}", sk = "SESSION#{token}"),
)]
pub struct Session {
    /// Lives in the key alone.
    #[entity(key_only)]
    pub token: String,
    /// Whose it is.
    pub user_id: String,
    /// DynamoDB deletes it some time after.
    #[entity(ttl)]
    #[serde(with = "monotable::epoch_seconds")]
    pub expires_at: DateTime<Utc>,
}

impl User {
    /// An active user without orders, not written yet.
    pub fn new(user_id: &str, name: &str) -> Self {
        Self::builder().user_id(user_id).name(name).status(UserStatus::Active).build()
    }
}

impl Order {
    /// An open order, not written yet.
    pub fn new(order_id: &str, user_id: &str, total: u32) -> Self {
        Self::builder().order_id(order_id).user_id(user_id).status(OrderStatus::Open).total(total).build()
    }
}

impl Session {
    /// A session that ends so long from now.
    pub fn new(token: &str, user_id: &str, lasts: TimeDelta) -> Self {
        Self {
            token: token.to_owned(),
            user_id: user_id.to_owned(),
            expires_at: (timestamp::now() + lasts).trunc_subsecs(0),
        }
    }
}

/// The start of a day of November 2026.
pub fn november(day: u8) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_757 + i64::from(day))
}

/// Writes what most snippets read: the user `u-1`, who has the open orders `o-1` (12.50, of November 20th) and `o-2` (7.00,
/// of the 21st), the shipped order `o-3` (99.90, of the 22nd), the session `s-1`, and `s-2`, which has expired.
///
/// # Errors
/// If one cannot be written.
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

/// Runs an example on a table of its own.
///
/// # Panics
/// With the example's error.
pub fn run<F: Future<Output = monotable::Result<()>>>(example: F) {
    run_on::<BaseModel>(example);
}

/// The same on another table than the guide's.
///
/// # Panics
/// With the example's error.
#[allow(clippy::unwrap_used, reason = "an example fails by panicking")]
pub fn run_on<T: Table>(example: impl Future<Output = monotable::Result<()>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connection = monotable_local::connect::<T>().await.unwrap();
        T::ensure_table().on(&connection).await.unwrap();
        connection.scope(example).await.unwrap();
    });
}

/// A connection to a port where nothing listens: whatever is sent through it is an error.
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
