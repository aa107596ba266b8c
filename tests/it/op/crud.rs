//! Writing, reading and deleting one entity.

use monotable::{Entity, ErrorKind};

use crate::guide::{BaseModel, OrderModel, UserModel};
use crate::support::case::{Env, cases, get_raw, put_raw, s};

cases![
    a_created_item_can_be_read,
    creating_an_item_twice_fails_and_keeps_the_first,
    put_replaces_the_whole_item,
    getting_a_missing_item_returns_none,
    getting_an_item_of_another_entity_fails_and_names_both_entities,
    exists_is_true_for_its_entity_and_fails_for_another,
    deleting_an_item_twice_succeeds,
    an_entity_can_be_passed_as_its_key,
    a_consistent_read_returns_the_last_write,
];

pub fn order(id: &str) -> OrderModel {
    let created_at = "2026-11-20T16:03:33.877713Z".parse().unwrap();
    OrderModel { order_id: id.into(), user_id: "u-1".into(), total: "12.50".into(), created_at }
}

async fn a_created_item_can_be_read(env: Env) {
    let table = env.table::<BaseModel>().await;
    let now = order("o-1").created_at;
    let created = Entity::create(&order("o-1")).on(&table.clone().clock(move || now)).await.unwrap();
    assert_eq!(created, order("o-1"));
    assert_eq!(OrderModel::get("o-1").on(&table).await.unwrap(), Some(order("o-1")));
}

async fn creating_an_item_twice_fails_and_keeps_the_first(env: Env) {
    let table = env.table::<BaseModel>().await;
    Entity::create(&order("o-1")).on(&table).await.unwrap();
    let other = OrderModel { total: "1".into(), ..order("o-1") };
    let error = Entity::create(&other).on(&table).await.unwrap_err();
    assert!(error.is_already_exists() && error.is_condition_failed());
    assert_eq!(error.to_string(), "create OrderModel ORDER#o-1: an item with this key already exists");
    assert_eq!(OrderModel::get("o-1").on(&table).await.unwrap().unwrap().total, "12.50");
}

async fn put_replaces_the_whole_item(env: Env) {
    let table = env.table::<BaseModel>().await;
    let mut item = order("o-1").to_item().unwrap();
    item.insert("left_over".into(), s("x"));
    put_raw(&table, &item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>()).await;
    order("o-1").put().on(&table).await.unwrap();
    assert_eq!(get_raw(&table, "ORDER#o-1", "ORDER#o-1").await.unwrap(), order("o-1").to_item().unwrap());
}

async fn getting_a_missing_item_returns_none(env: Env) {
    let table = env.table::<BaseModel>().await;
    assert_eq!(OrderModel::get("none").on(&table).await.unwrap(), None);
    assert!(!OrderModel::exists("none").on(&table).await.unwrap());
}

/// Stores an item with the key of an order and the discriminator of a user.
async fn impostor(table: &monotable::Connection) {
    let (key, label) = (s("ORDER#o-1"), s("UserModel"));
    put_raw(table, &[("pk", key.clone()), ("sk", key), ("entity_type", label)]).await;
}

async fn getting_an_item_of_another_entity_fails_and_names_both_entities(env: Env) {
    let table = env.table::<BaseModel>().await;
    impostor(&table).await;
    let error = OrderModel::get("o-1").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity);
    assert_eq!(error.to_string(), "decode OrderModel ORDER#o-1: the item belongs to the entity `UserModel`");
}

async fn exists_is_true_for_its_entity_and_fails_for_another(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-2").put().on(&table).await.unwrap();
    assert!(OrderModel::exists("o-2").on(&table).await.unwrap());
    impostor(&table).await;
    assert_eq!(OrderModel::exists("o-1").on(&table).await.unwrap_err().kind(), ErrorKind::WrongEntity);
}

async fn deleting_an_item_twice_succeeds(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-1").put().on(&table).await.unwrap();
    OrderModel::delete("o-1").on(&table).await.unwrap();
    OrderModel::delete("o-1").on(&table).await.unwrap();
    assert!(!OrderModel::exists("o-1").on(&table).await.unwrap());
}

async fn an_entity_can_be_passed_as_its_key(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-1").put().on(&table).await.unwrap();
    assert_eq!(OrderModel::get(&order("o-1")).on(&table).await.unwrap(), Some(order("o-1")));
    assert_eq!(OrderModel::key(&order("o-1")).unwrap(), OrderModel::key("o-1").unwrap());
    // Keys of different entities have the same type.
    let keys = [OrderModel::key("o-1").unwrap(), UserModel::key("u-1").unwrap()];
    assert_eq!(keys.map(|key| key.to_string()), ["ORDER#o-1", "USER#u-1"]);
    OrderModel::delete(&order("o-1")).on(&table).await.unwrap();
    assert!(!OrderModel::exists("o-1").on(&table).await.unwrap());
}

async fn a_consistent_read_returns_the_last_write(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-1").put().on(&table).await.unwrap();
    assert!(OrderModel::get("o-1").consistent().on(&table).await.unwrap().is_some());
    assert!(OrderModel::exists("o-1").consistent().on(&table).await.unwrap());
    assert_eq!(OrderModel::query("o-1").consistent().on(&table).all().await.unwrap(), [order("o-1")]);
}
