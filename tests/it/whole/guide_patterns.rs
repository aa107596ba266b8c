//! Every access pattern of the guide takes one request.

use monotable::Table;

use crate::guide::{
    ArticleModel, ArticleTagModel, BaseModel, ExampleModel, OrderModel, ReviewModel, TagModel, UserModel,
};
use crate::support::case::{Env, Requests, cases};

cases![
    each_access_pattern_of_examples_is_one_request,
    each_access_pattern_of_users_and_orders_is_one_request,
    one_query_returns_items_of_several_entities,
    entities_share_an_index_in_separate_partitions,
    each_access_pattern_of_articles_and_tags_is_one_request,
    creating_an_item_twice_fails_and_adding_a_link_twice_succeeds
];

/// Asserts that exactly one request was sent since the last call.
fn one(requests: &Requests) {
    assert_eq!(requests.take(), 1, "requests");
}

async fn each_access_pattern_of_examples_is_one_request(env: Env) {
    let (table, requests) = env.counted::<BaseModel>().await;
    table
        .scope(async {
            for (id, category) in [("1", "a"), ("2", "b"), ("3", "a")] {
                ExampleModel::create(id, "name", category).await.unwrap();
                one(&requests);
            }
            let first = ExampleModel::get_by_id("1").await.unwrap().unwrap();
            one(&requests);
            assert_eq!((first.id.as_str(), first.updated_at), ("1", first.created_at));
            assert!(ExampleModel::get_by_id("9").await.unwrap().is_none());
            requests.take();

            let ids = |examples: Vec<ExampleModel>| examples.into_iter().map(|example| example.id).collect::<Vec<_>>();
            assert_eq!(ids(ExampleModel::list_by_category("a").all().await.unwrap()), ["1", "3"]);
            one(&requests);
            let second = ExampleModel::get_by_id("2").await.unwrap().unwrap();
            requests.take();
            // Both ends are inclusive, and the newest comes first.
            let between = ExampleModel::list_created_between(first.created_at, second.created_at);
            assert_eq!(ids(between.all().await.unwrap()), ["2", "1"]);
            one(&requests);
            assert_eq!(ids(ExampleModel::list_by_date(2).all().await.unwrap()), ["3", "2"]);
            one(&requests);
        })
        .await;
}

async fn each_access_pattern_of_users_and_orders_is_one_request(env: Env) {
    let (table, requests) = env.counted::<BaseModel>().await;
    table
        .scope(async {
            UserModel::create("u-1", "ada", "ada@example.com").await.unwrap();
            UserModel::create("u-2", "grace", "grace@example.com").await.unwrap();
            for (id, user) in [("o-1", "u-1"), ("o-2", "u-2"), ("o-3", "u-1")] {
                OrderModel::create(id, user, "1.00").await.unwrap();
            }
            requests.take();
            assert_eq!(UserModel::get_by_id("u-1").await.unwrap().unwrap().username, "ada");
            one(&requests);
            let recent = UserModel::list_recent(10).all().await.unwrap();
            one(&requests);
            assert_eq!(recent.iter().map(|user| user.user_id.as_str()).collect::<Vec<_>>(), ["u-2", "u-1"]);

            // The one-to-many relationship works in both directions without copies.
            let order = OrderModel::get_by_id("o-3").await.unwrap().unwrap();
            one(&requests);
            let of_user = OrderModel::list_by_user(order.user_id).all().await.unwrap();
            one(&requests);
            assert_eq!(of_user.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>(), ["o-1", "o-3"]);
            let recent = OrderModel::list_recent(2).all().await.unwrap();
            one(&requests);
            assert_eq!(recent.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>(), ["o-3", "o-2"]);
        })
        .await;
}

async fn one_query_returns_items_of_several_entities(env: Env) {
    let (table, requests) = env.counted::<BaseModel>().await;
    table
        .scope(async {
            for id in ["o-1", "o-2"] {
                OrderModel::create(id, "u-1", "1.00").await.unwrap();
            }
            let review = ReviewModel::create("r-1", "u-1", 5).await.unwrap();
            requests.take();
            let everything = BaseModel::gsi1().query("USER#u-1").all().await.unwrap();
            one(&requests);
            assert_eq!(everything.iter().filter_map(BaseModel::as_order).count(), 2);
            assert_eq!(everything.last().and_then(BaseModel::as_review), Some(&review));
            let orders = BaseModel::gsi1().query("USER#u-1").begins_with("ORDER#").all().await.unwrap();
            one(&requests);
            assert!(orders.len() == 2 && orders.iter().all(|order| order.as_order().is_some()));
            assert_eq!(ReviewModel::list_by_user("u-1").all().await.unwrap(), [review]);
            one(&requests);
        })
        .await;
}

async fn entities_share_an_index_in_separate_partitions(env: Env) {
    let (table, requests) = env.counted::<BaseModel>().await;
    table
        .scope(async {
            UserModel::create("x", "ada", "a@example.com").await.unwrap();
            OrderModel::create("x", "x", "1").await.unwrap();
            ExampleModel::create("x", "n", "c").await.unwrap();
            requests.take();
            // The index has three partitions, so no list contains items of different entities.
            assert_eq!(BaseModel::gsi2().query("USER").all().await.unwrap().len(), 1);
            assert_eq!(UserModel::list_recent(9).all().await.unwrap().len(), 1);
            assert_eq!(OrderModel::list_recent(9).all().await.unwrap().len(), 1);
            assert_eq!(ExampleModel::list_by_date(9).all().await.unwrap().len(), 1);
            assert_eq!(requests.take(), 4);
        })
        .await;
}

async fn each_access_pattern_of_articles_and_tags_is_one_request(env: Env) {
    let (table, requests) = env.counted::<BaseModel>().await;
    table
        .scope(async {
            let article = ArticleModel::create("a-1", "Keys").await.unwrap();
            ArticleModel::create("a-2", "Indexes").await.unwrap();
            TagModel::create("rust", "the language").await.unwrap();
            for (article, tag) in [("a-1", "rust"), ("a-1", "aws"), ("a-2", "rust")] {
                ArticleTagModel::add(article, tag).await.unwrap();
            }
            requests.take();
            assert_eq!(ArticleModel::get_by_id("a-1").await.unwrap(), Some(article.clone()));
            one(&requests);
            assert_eq!(TagModel::get_by_id("rust").await.unwrap().unwrap().description, "the language");
            one(&requests);
            let tags = ArticleTagModel::list_tags_for_article("a-1").all().await.unwrap();
            one(&requests);
            assert_eq!(tags.iter().map(|link| link.tag_name.as_str()).collect::<Vec<_>>(), ["aws", "rust"]);
            let articles = ArticleTagModel::list_articles_for_tag("rust").all().await.unwrap();
            one(&requests);
            assert_eq!(articles.iter().map(|link| link.article_id.as_str()).collect::<Vec<_>>(), ["a-1", "a-2"]);

            // The article and its tags are one item collection.
            let collection = BaseModel::query("ARTICLE#a-1").all().await.unwrap();
            one(&requests);
            assert_eq!(collection.iter().find_map(BaseModel::as_article), Some(&article));
            assert_eq!(collection.iter().filter_map(BaseModel::as_article_tag).count(), 2);

            ArticleTagModel::remove("a-1", "aws").await.unwrap();
            one(&requests);
            ArticleTagModel::remove("a-1", "no such tag").await.unwrap();
            one(&requests);
            assert_eq!(ArticleTagModel::list_tags_for_article("a-1").count().await.unwrap(), 1);
        })
        .await;
}

async fn creating_an_item_twice_fails_and_adding_a_link_twice_succeeds(env: Env) {
    let table = env.table::<BaseModel>().await;
    table
        .scope(async {
            ExampleModel::create("1", "n", "c").await.unwrap();
            assert!(ExampleModel::create("1", "n", "c").await.unwrap_err().is_already_exists());
            // A link is put, so adding it twice succeeds.
            ArticleTagModel::add("a", "t").await.unwrap();
            ArticleTagModel::add("a", "t").await.unwrap();
        })
        .await;
}
