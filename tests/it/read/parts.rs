//! Table enums with a part of the entities, and conversions between a table enum and its entities.

use monotable::{Entity, ErrorKind, Item, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, put_raw, s};

cases![
    an_item_collection_is_read_with_one_request,
    a_table_enum_with_some_entities_skips_the_others,
    a_failed_conversion_returns_the_value,
    unknown_items_have_a_variant_or_cause_an_error,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Shop {
    User(User),
    Order(Order),
    Note(Note),
    #[table(unknown)]
    Unknown(Item),
}

/// A user and the user's orders.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(of = Shop)]
enum UserAndOrders {
    User(User),
    Order(Order),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "USER#{user_id}", sk = "USER#{user_id}")]
struct User {
    #[entity(key_only)]
    user_id: String,
}

/// An order in the same partition as its user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, discriminator = "OrderModel", pk = "USER#{user_id}", sk = "ORDER#{order_id}")]
struct Order {
    user_id: String,
    #[entity(key_only)]
    order_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "USER#{user_id}", sk = "NOTE#{number:03}")]
struct Note {
    user_id: String,
    number: u16,
}

fn user() -> User {
    User { user_id: "u".into() }
}

fn order(id: &str) -> Order {
    Order { user_id: "u".into(), order_id: id.into() }
}

fn note() -> Note {
    Note { user_id: "u".into(), number: 1 }
}

async fn filled(env: &Env) -> (monotable::Connection, crate::support::case::Requests) {
    let (table, requests) = env.counted::<Shop>().await;
    user().put().on(&table).await.unwrap();
    order("1").put().on(&table).await.unwrap();
    order("2").put().on(&table).await.unwrap();
    note().put().on(&table).await.unwrap();
    requests.take();
    (table, requests)
}

async fn an_item_collection_is_read_with_one_request(env: Env) {
    let (table, requests) = filled(&env).await;
    let items = Shop::query("USER#u").on(&table).all().await.unwrap();
    assert_eq!(items, [note().into(), order("1").into(), order("2").into(), user().into()]);
    let orders = Order::query("u").on(&table).all().await.unwrap();
    assert_eq!(orders, [order("1"), order("2")]);
    assert_eq!(requests.take(), 2);
}

async fn a_table_enum_with_some_entities_skips_the_others(env: Env) {
    let (table, requests) = filled(&env).await;
    let expected = [UserAndOrders::Order(order("1")), UserAndOrders::Order(order("2")), UserAndOrders::User(user())];
    assert_eq!(UserAndOrders::query("USER#u").on(&table).all().await.unwrap(), expected);
    assert_eq!(UserAndOrders::query("USER#u").begins_with("ORDER#").on(&table).count().await.unwrap(), 2);
    assert_eq!(requests.take(), 2);
    assert_eq!(UserAndOrders::scan().on(&table).all().await.unwrap().len(), 3);
    let notes: Vec<Note> = Shop::query("USER#u").only::<Note>().on(&table).all().await.unwrap();
    assert_eq!(notes, [note()]);
}

async fn a_failed_conversion_returns_the_value(_: Env) {
    let whole: Shop = order("1").into();
    assert_eq!(whole.as_order(), Some(&order("1")));
    assert_eq!(whole.as_user(), None);
    let error = User::try_from(whole).unwrap_err();
    assert_eq!(error.to_string(), "the value is not a `User`");
    assert_eq!(Order::try_from(error.into_inner()).unwrap(), order("1"));
}

async fn unknown_items_have_a_variant_or_cause_an_error(env: Env) {
    let (table, _) = filled(&env).await;
    let stranger = [("pk", s("USER#u")), ("sk", s("X")), ("entity_type", s("Stranger"))];
    put_raw(&table, &stranger).await;
    let found = Shop::query("USER#u").eq("X").on(&table).one().await.unwrap();
    let expected: Item = stranger.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    assert_eq!(found, Shop::Unknown(expected.clone()));
    assert_eq!(Shop::from_item(expected.clone()).unwrap(), found);
    assert_eq!(Order::from_item(expected).unwrap_err().kind(), ErrorKind::UnknownEntity);
    assert_eq!(User::from_item(order("1").to_item().unwrap()).unwrap_err().kind(), ErrorKind::WrongEntity);
}
