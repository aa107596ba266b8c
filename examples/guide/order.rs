use chrono::{DateTime, Utc};
use monotable::{Entity, Query};
use serde::{Deserialize, Serialize};

use super::BaseModel;

/// An order.
///
/// | access pattern | index | key |
/// |---|---|---|
/// | one order by its id | table | `ORDER#<order_id>` / `ORDER#<order_id>` |
/// | the orders of a user | gsi1 | `USER#<user_id>` / `ORDER#<order_id>` |
/// | the newest orders | gsi2 | `ORDER` / `<created_at>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "ORDER#{order_id}",
    sk = "ORDER#{order_id}",
    gsi1(pk = "USER#{user_id}", sk = "ORDER#{order_id}", name = "list_by_user"),
    gsi2(pk = "ORDER", sk = "{created_at}", name = "by_date"),
    builder,
)]
pub struct OrderModel {
    #[entity(key_only)]
    pub order_id: String,
    pub user_id: String,
    pub total: String,
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    pub created_at: DateTime<Utc>,
}

impl OrderModel {
    pub async fn create(order_id: &str, user_id: &str, total: &str) -> monotable::Result<Self> {
        Entity::create(&Self::builder().order_id(order_id).user_id(user_id).total(total).build()).await
    }

    pub async fn get_by_id(order_id: &str) -> monotable::Result<Option<Self>> {
        Self::get(order_id).await
    }

    /// Lists the newest orders, newest first.
    pub fn list_recent(limit: usize) -> Query<Self> {
        Self::by_date().descending().limit(limit).erase()
    }
}
