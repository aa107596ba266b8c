//! Articles and tags, a many-to-many relationship. Each link is a separate item. The table lists the tags of an article, and gsi1
//! lists the articles of a tag. This pattern is called an adjacency list.

use monotable::{Entity, Query};
use serde::{Deserialize, Serialize};

use super::BaseModel;

/// An article. It is in the same partition as its tags.
///
/// | access pattern | index | key |
/// |---|---|---|
/// | one article by its id | table | `ARTICLE#<article_id>` / `ARTICLE#<article_id>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = BaseModel, pk = "ARTICLE#{article_id}", sk = "ARTICLE#{article_id}", builder)]
pub struct ArticleModel {
    #[entity(key_only)]
    pub article_id: String,
    pub title: String,
}

impl ArticleModel {
    pub async fn create(article_id: &str, title: &str) -> monotable::Result<Self> {
        Entity::create(&Self::builder().article_id(article_id).title(title).build()).await
    }

    pub async fn get_by_id(article_id: &str) -> monotable::Result<Option<Self>> {
        Self::get(article_id).await
    }
}

/// A tag.
///
/// | access pattern | index | key |
/// |---|---|---|
/// | one tag by its name | table | `TAG#<tag_name>` / `TAG#<tag_name>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = BaseModel, pk = "TAG#{tag_name}", sk = "TAG#{tag_name}", builder)]
pub struct TagModel {
    #[entity(key_only)]
    pub tag_name: String,
    pub description: String,
}

impl TagModel {
    pub async fn create(tag_name: &str, description: &str) -> monotable::Result<Self> {
        Entity::create(&Self::builder().tag_name(tag_name).description(description).build()).await
    }

    pub async fn get_by_id(tag_name: &str) -> monotable::Result<Option<Self>> {
        Self::get(tag_name).await
    }
}

/// A link between an article and a tag.
///
/// | access pattern | index | key |
/// |---|---|---|
/// | the tags of an article | table | `ARTICLE#<article_id>` / `TAG#<tag_name>` |
/// | the articles of a tag | gsi1 | `TAG#<tag_name>` / `ARTICLE#<article_id>` |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    discriminator = "ArticleTag",
    pk = "ARTICLE#{article_id}",
    sk = "TAG#{tag_name}",
    gsi1(pk = "TAG#{tag_name}", sk = "ARTICLE#{article_id}", name = "list_articles_for_tag"),
    builder,
)]
pub struct ArticleTagModel {
    pub article_id: String,
    pub tag_name: String,
}

impl ArticleTagModel {
    /// Adds a tag to an article. Adding the same tag again changes nothing, because the key of the link consists of the two ids.
    pub async fn add(article_id: &str, tag_name: &str) -> monotable::Result<Self> {
        Self::builder().article_id(article_id).tag_name(tag_name).build().put().await
    }

    /// Removes a tag from an article with one request. It is not an error if the article does not have the tag.
    pub async fn remove(article_id: &str, tag_name: &str) -> monotable::Result<()> {
        Self::delete((article_id, tag_name)).await
    }

    pub fn list_tags_for_article(article_id: &str) -> Query<Self> {
        Self::query(article_id).erase()
    }
}
