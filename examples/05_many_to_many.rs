//! # 5. Many to many
//!
//! An article has many tags, and a tag has many articles. Each link is an item. Its key in the table names the article and then
//! the tag, and its key in gsi1 names the tag and then the article, so you can query it from both sides. This is called an
//! adjacency list. The link is in its article's partition, so one request reads an article with all its tags.

mod guide;

use guide::{ArticleModel, ArticleTagModel, BaseModel};
use monotable::{Entity, Table};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = monotable_local::connect::<BaseModel>().await?;
    BaseModel::set_connection(&connection)?;
    BaseModel::ensure_table().await?;
    for (id, title) in [("a-1", "Keys"), ("a-2", "Indexes")] {
        ArticleModel::delete(id).await?;
        ArticleModel::create(id, title).await?;
    }
    for (article, tag) in [("a-1", "rust"), ("a-1", "aws"), ("a-2", "rust")] {
        ArticleTagModel::add(article, tag).await?;
    }

    let tags = ArticleTagModel::list_tags_for_article("a-1").all().await?;
    println!("tags of a-1: {}", tags.iter().map(|link| link.tag_name.as_str()).collect::<Vec<_>>().join(", "));
    let articles = ArticleTagModel::list_articles_for_tag("rust").all().await?;
    println!(
        "articles of rust: {}",
        articles.iter().map(|link| link.article_id.as_str()).collect::<Vec<_>>().join(", ")
    );

    println!("a-1 and its tags, in one request:");
    for item in BaseModel::query("ARTICLE#a-1").all().await? {
        match item {
            BaseModel::Article(article) => println!("  the article: {}", article.title),
            BaseModel::ArticleTag(link) => println!("  a tag: {}", link.tag_name),
            other => println!("  {other:?}"),
        }
    }

    // This is one request, and it succeeds even if the link does not exist.
    ArticleTagModel::remove("a-1", "aws").await?;
    println!("after a removal: {} tag(s)", ArticleTagModel::list_tags_for_article("a-1").count().await?);
    Ok(())
}
