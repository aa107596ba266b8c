use monotable::Entity;
use serde::{Deserialize, Serialize};

use super::BaseModel;

/// A review.
///
/// | access pattern | index | key |
/// |---|---|---|
/// | one review by its id | table | `REVIEW#<review_id>` / `REVIEW#<review_id>` |
/// | the reviews of a user, in the same partition as the user's orders | gsi1 | `USER#<user_id>` / `REVIEW#<review_id>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "REVIEW#{review_id}",
    sk = "REVIEW#{review_id}",
    gsi1(pk = "USER#{user_id}", sk = "REVIEW#{review_id}", name = "list_by_user"),
    builder,
)]
pub struct ReviewModel {
    #[entity(key_only)]
    pub review_id: String,
    pub user_id: String,
    pub stars: u8,
    pub text: Option<String>,
}

impl ReviewModel {
    pub async fn create(review_id: &str, user_id: &str, stars: u8) -> monotable::Result<Self> {
        Entity::create(&Self::builder().review_id(review_id).user_id(user_id).stars(stars).build()).await
    }

    pub async fn get_by_id(review_id: &str) -> monotable::Result<Option<Self>> {
        Self::get(review_id).await
    }
}
