//! The entities of the tutorial, all in one table.

#![allow(dead_code, unused_imports, missing_docs, reason = "each example uses some of these items")]

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

/// The entities of the table. A query of the table returns these variants, and a `match` on them is exhaustive.
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
    /// Items that are not of an entity above, for example those of another program. Without this variant, reading one is an
    /// error.
    #[table(unknown)]
    Unknown(Item),
}
