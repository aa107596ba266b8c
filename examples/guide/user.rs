use chrono::{DateTime, Utc};
use monotable::{Entity, Query};
use serde::{Deserialize, Serialize};

use super::BaseModel;

/// A user.
///
/// | access pattern | index | key |
/// |---|---|---|
/// | one user by its id | table | `USER#<user_id>` / `USER#<user_id>` |
/// | the newest users | gsi2 | `USER` / `<created_at>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "USER#{user_id}",
    sk = "USER#{user_id}",
    gsi2(pk = "USER", sk = "{created_at}", name = "by_date"),
    builder,
)]
pub struct UserModel {
    #[entity(key_only)]
    pub user_id: String,
    pub username: String,
    pub email: String,
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    pub created_at: DateTime<Utc>,
}

impl UserModel {
    pub async fn create(user_id: &str, username: &str, email: &str) -> monotable::Result<Self> {
        Entity::create(&Self::builder().user_id(user_id).username(username).email(email).build()).await
    }

    pub async fn get_by_id(user_id: &str) -> monotable::Result<Option<Self>> {
        Self::get(user_id).await
    }

    /// Lists the newest users, newest first.
    pub fn list_recent(limit: usize) -> Query<Self> {
        Self::by_date().descending().limit(limit).erase()
    }
}
