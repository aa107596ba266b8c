//! A web site for deals, with brands and categories that users like and watch, and messages to users.
//!
//! | access pattern | how |
//! |---|---|
//! | the deals of a day, newest first | gsi1: `DEALS#<day>` |
//! | the deals of a brand or a category on a day, in upper or lower case | gsi2, gsi3: upper-cased keys |
//! | the front page and the editors' choice | singletons that contain copies of deals |
//! | the names of all brands | a singleton with a set |
//! | like a brand once | `create`, next to the number of likes |
//! | watch a brand, and list its watchers | item collections |
//! | the messages of a user, or only the unread ones | item collection; gsi1 with `when` |

use std::collections::BTreeSet;

use chrono::{DateTime, TimeZone, Utc};
use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases};

cases![
    deals_of_a_day_are_listed_newest_first,
    deals_are_listed_by_brand_and_by_category,
    a_singleton_is_read_without_key_arguments,
    a_user_likes_a_brand_once_and_many_users_watch_it,
    only_unread_messages_are_in_the_index,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Deals", "localDev": { "port": 8000, "tableName": "deals" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "gsi2", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" },
        { "indexName": "gsi3", "partitionKey": "gsi3pk", "sortKey": "gsi3sk" } ] }
}"#)]
enum Deals {
    Deal(Deal),
    Brand(Brand),
    Brands(Brands),
    BrandLike(BrandLike),
    BrandWatch(BrandWatch),
    FrontPage(FrontPage),
    EditorsChoice(EditorsChoice),
    User(User),
    Message(Message),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Deals,
    pk = "DEAL#{deal_id}",
    sk = "DEAL#{deal_id}",
    gsi1(pk = "DEALS#{created_at|day}", sk = "DEAL#{created_at}#{deal_id}", name = "of_day"),
    gsi2(pk = "BRAND#{brand|upper}#{created_at|day}", sk = "DEAL#{created_at}", name = "of_brand"),
    gsi3(pk = "CATEGORY#{category|upper}#{created_at|day}", sk = "DEAL#{created_at}", name = "of_category"),
)]
struct Deal {
    #[entity(key_only)]
    deal_id: String,
    title: String,
    brand: String,
    category: String,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Deals, pk = "BRAND#{name|upper}", sk = "BRAND#{name|upper}")]
struct Brand {
    name: String,
    likes: u32,
    watchers: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Deals, pk = "BRANDS", sk = "BRANDS")]
struct Brands {
    #[serde(default, with = "monotable::string_set")]
    names: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Deals, pk = "BRANDLIKE#{brand|upper}#{username}", sk = "BRANDLIKE#{brand|upper}#{username}")]
struct BrandLike {
    brand: String,
    username: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Deals, pk = "BRANDWATCH#{brand|upper}", sk = "USER#{username}")]
struct BrandWatch {
    brand: String,
    username: String,
}

/// The part of a deal that pages show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Teaser {
    deal_id: String,
    title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Deals, pk = "FRONTPAGE", sk = "FRONTPAGE")]
struct FrontPage {
    deals: Vec<Teaser>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Deals, pk = "EDITORSCHOICE", sk = "EDITORSCHOICE")]
struct EditorsChoice {
    deals: Vec<Teaser>,
}

/// A user. All users are in one partition of gsi1, from which a job sends messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Deals, pk = "USER#{username}", sk = "USER#{username}", gsi1(pk = "USERS", sk = "USER#{username}"))]
struct User {
    #[entity(key_only)]
    username: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Deals,
    pk = "MESSAGES#{username}",
    sk = "MESSAGE#{sent_at}#{message_id}",
    gsi1(
        pk = "MESSAGES#{username}",
        sk = "MESSAGE#{sent_at}#{message_id}",
        when = is_unread(read_at),
        name = "unread_of",
    ),
)]
struct Message {
    #[entity(key_only)]
    username: String,
    #[entity(key_only)]
    #[serde(with = "monotable::timestamp")]
    sent_at: DateTime<Utc>,
    #[entity(key_only)]
    message_id: String,
    text: String,
    #[serde(default, with = "monotable::timestamp")]
    read_at: Option<DateTime<Utc>>,
}

fn is_unread(read_at: &Option<DateTime<Utc>>) -> bool {
    read_at.is_none()
}

fn at(day: u32, hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, hour, 30, 0).unwrap()
}

fn deal(deal_id: &str, brand: &str, created_at: DateTime<Utc>) -> Deal {
    let (title, category) = (format!("{brand} {deal_id}"), "Shoes".to_owned());
    Deal { deal_id: deal_id.into(), title, brand: brand.into(), category, created_at }
}

fn ids(deals: &[Deal]) -> Vec<&str> {
    deals.iter().map(|deal| deal.deal_id.as_str()).collect()
}

async fn filled(env: &Env) -> monotable::Connection {
    let table = env.table::<Deals>().await;
    for (id, brand, created_at) in [
        ("d-1", "Acme", at(20, 8)),
        ("d-2", "ACME", at(20, 9)),
        ("d-3", "Other", at(20, 10)),
        ("d-4", "acme", at(21, 8)),
    ] {
        deal(id, brand, created_at).create().on(&table).await.unwrap();
    }
    table
}

async fn deals_of_a_day_are_listed_newest_first(env: Env) {
    let table = filled(&env).await;
    let of_day = Deal::of_day(at(20, 0)).descending().on(&table).all().await.unwrap();
    assert_eq!(ids(&of_day), ["d-3", "d-2", "d-1"]);
    // The next page starts after the last one.
    let page = Deal::of_day(at(20, 0)).descending().limit(2).on(&table).page().await.unwrap();
    let rest = Deal::of_day(at(20, 0)).descending().start_at(page.next).on(&table).all().await.unwrap();
    assert_eq!(ids(&rest), ["d-1"]);
    let since = Deal::of_day(at(20, 0)).ge(at(20, 9)).on(&table).all().await.unwrap();
    assert_eq!(ids(&since), ["d-2", "d-3"]);
    assert_eq!(Deal::gsi1pk(at(20, 23)).unwrap(), "DEALS#2026-11-20");
}

async fn deals_are_listed_by_brand_and_by_category(env: Env) {
    let table = filled(&env).await;
    let of_brand = Deal::of_brand("aCmE", at(20, 0)).on(&table).all().await.unwrap();
    assert_eq!(ids(&of_brand), ["d-1", "d-2"]);
    assert_eq!(of_brand[1].brand, "ACME", "the field must keep its case");
    let of_category = Deal::of_category("shoes", at(21, 0)).on(&table).all().await.unwrap();
    assert_eq!(ids(&of_category), ["d-4"]);
}

async fn a_singleton_is_read_without_key_arguments(env: Env) {
    let table = filled(&env).await;
    assert_eq!(FrontPage::get(()).on(&table).await.unwrap(), None);
    let teaser = |deal: &Deal| Teaser { deal_id: deal.deal_id.clone(), title: deal.title.clone() };
    let deals: Vec<_> = Deal::of_day(at(20, 0)).descending().limit(2).on(&table).all().await.unwrap();
    let page = FrontPage { deals: deals.iter().map(teaser).collect() }.put().on(&table).await.unwrap();
    let choice = EditorsChoice { deals: vec![] }.put().on(&table).await.unwrap();
    assert_eq!(FrontPage::get(()).on(&table).await.unwrap(), Some(page));
    assert_eq!(EditorsChoice::get(()).on(&table).await.unwrap(), Some(choice));
    let brands = Brands { names: BTreeSet::from(["Acme".into(), "Other".into()]) }.put().on(&table).await.unwrap();
    assert_eq!(Brands::get(()).on(&table).await.unwrap(), Some(brands));
}

async fn a_user_likes_a_brand_once_and_many_users_watch_it(env: Env) {
    let table = env.table::<Deals>().await;
    let brand = Brand { name: "Acme".into(), likes: 0, watchers: 2 }.create().on(&table).await.unwrap();
    assert_eq!(Brand::get("ACME").on(&table).await.unwrap(), Some(brand));
    let like = BrandLike { brand: "Acme".into(), username: "ada".into() };
    like.create().on(&table).await.unwrap();
    let again = BrandLike { brand: "acme".into(), ..like };
    assert!(again.create().on(&table).await.unwrap_err().is_already_exists());
    for username in ["ada", "eve"] {
        BrandWatch { brand: "Acme".into(), username: username.into() }.create().on(&table).await.unwrap();
    }
    let watchers = BrandWatch::query("acme").on(&table).all().await.unwrap();
    assert_eq!(watchers.iter().map(|watch| watch.username.as_str()).collect::<Vec<_>>(), ["ada", "eve"]);
    User { username: "ada".into(), name: "Ada".into() }.create().on(&table).await.unwrap();
    assert_eq!(User::gsi1().query(()).on(&table).count().await.unwrap(), 1);
}

async fn only_unread_messages_are_in_the_index(env: Env) {
    let table = env.table::<Deals>().await;
    let message = |id: &str, hour, read_at| Message {
        username: "ada".into(),
        sent_at: at(20, hour),
        message_id: id.into(),
        text: "a deal".into(),
        read_at,
    };
    for (id, hour) in [("m-1", 8), ("m-2", 9), ("m-3", 10)] {
        message(id, hour, None).create().on(&table).await.unwrap();
    }
    message("m-2", 9, Some(at(21, 0))).put().on(&table).await.unwrap();
    let ids = |messages: Vec<Message>| messages.into_iter().map(|message| message.message_id).collect::<Vec<_>>();
    let unread = Message::unread_of("ada").descending().on(&table).all().await.unwrap();
    assert_eq!(ids(unread), ["m-3", "m-1"]);
    let all = Message::query("ada").descending().on(&table).all().await.unwrap();
    assert_eq!(ids(all), ["m-3", "m-2", "m-1"]);
    // The message becomes unread again.
    message("m-2", 9, None).put().on(&table).await.unwrap();
    assert_eq!(Message::unread_of("ada").on(&table).count().await.unwrap(), 3);
}
