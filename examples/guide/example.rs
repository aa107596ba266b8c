use chrono::{DateTime, Utc};
use monotable::{Entity, Query};
use serde::{Deserialize, Serialize};

use super::BaseModel;

/// An example.
///
/// | access pattern | index | key |
/// |---|---|---|
/// | one example by its id | table | `EXAMPLE#<id>` / `EXAMPLE#<id>` |
/// | the examples of a category | gsi1 | `CATEGORY#<category>` / `EXAMPLE#<id>` |
/// | the examples of a period, newest first | gsi2 | `EXAMPLE` / `<created_at>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "EXAMPLE#{id}",
    sk = "EXAMPLE#{id}",
    gsi1(pk = "CATEGORY#{category}", sk = "EXAMPLE#{id}", name = "list_by_category"),
    gsi2(pk = "EXAMPLE", sk = "{created_at}", name = "by_date"),
    builder,
)]
pub struct ExampleModel {
    #[entity(key_only)]
    pub id: String,
    pub name: String,
    pub category: String,
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    pub created_at: DateTime<Utc>,
    #[entity(updated_at)]
    #[serde(with = "monotable::timestamp")]
    pub updated_at: DateTime<Utc>,
}

impl ExampleModel {
    pub async fn create(id: &str, name: &str, category: &str) -> monotable::Result<Self> {
        Entity::create(&Self::builder().id(id).name(name).category(category).build()).await
    }

    pub async fn get_by_id(id: &str) -> monotable::Result<Option<Self>> {
        Self::get(id).await
    }

    /// Lists the examples created between two times, both inclusive, newest first.
    pub fn list_created_between(start: DateTime<Utc>, end: DateTime<Utc>) -> Query<Self> {
        Self::by_date().between(start, end).descending().erase()
    }

    /// Lists the newest examples, newest first.
    pub fn list_by_date(limit: usize) -> Query<Self> {
        Self::by_date().descending().limit(limit).erase()
    }
}
