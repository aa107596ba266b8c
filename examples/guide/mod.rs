//! The entities of the tutorial: one table, and everything that it holds.

#![allow(dead_code, unused_imports, missing_docs, reason = "each example uses some of it")]

mod article;
mod example;
mod order;
mod review;
mod user;

pub use article::{ArticleModel, ArticleTagModel, TagModel};
pub use example::ExampleModel;
pub use order::OrderModel;
pub use review::ReviewModel;
pub use user::UserModel;

use monotable::{Item, Table};

/// Everything the table holds. A query on it gives these variants, and a `match` has to name them all.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
pub enum BaseModel {
    Example(ExampleModel),
    User(UserModel),
    Order(OrderModel),
    Review(ReviewModel),
    Article(ArticleModel),
    Tag(TagModel),
    ArticleTag(ArticleTagModel),
    /// What another program may have put there. Without this variant such an item would be an error.
    #[table(unknown)]
    Unknown(Item),
}
