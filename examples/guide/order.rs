use chrono::{DateTime, Utc};
use monotable::{Entity, Query, timestamp};
use serde::{Deserialize, Serialize};

use super::BaseModel;

/// | access pattern | index | key |
/// |---|---|---|
/// | one, by its id | table | `ORDER#<order_id>` / `ORDER#<order_id>` |
/// | those of a user | gsi1 | `USER#<user_id>` / `ORDER#<order_id>` |
/// | the newest | gsi2 | `ORDER` / `<created_at>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "ORDER#{order_id}",
    sk = "ORDER#{order_id}",
    gsi1(pk = "USER#{user_id}", sk = "ORDER#{order_id}", name = "list_by_user"),
    gsi2(pk = "ORDER", sk = "{created_at}", name = "by_date"),
)]
pub struct OrderModel {
    #[entity(key_only)]
    pub order_id: String,
    pub user_id: String,
    pub total: String,
    #[serde(with = "monotable::timestamp")]
    pub created_at: DateTime<Utc>,
}

impl OrderModel {
    pub async fn create(order_id: &str, user_id: &str, total: &str) -> monotable::Result<Self> {
        let (order_id, user_id, total) = (order_id.to_owned(), user_id.to_owned(), total.to_owned());
        Entity::create(&Self { order_id, user_id, total, created_at: timestamp::now() }).await
    }

    pub async fn get_by_id(order_id: &str) -> monotable::Result<Option<Self>> {
        Self::get(order_id).await
    }

    /// Newest first.
    pub fn list_recent(limit: usize) -> Query<Self> {
        Self::by_date().descending().limit(limit).erase()
    }
}
