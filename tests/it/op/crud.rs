//! Writing, reading and deleting one entity.

use monotable::{Entity, ErrorKind};

use crate::guide::{BaseModel, OrderModel, UserModel};
use crate::support::case::{Env, cases, get_raw, put_raw, s};

cases![
    create_then_get,
    create_twice_is_already_exists_and_keeps_the_first,
    put_replaces_the_whole_item,
    get_of_nothing_is_none,
    get_through_the_wrong_type_names_both,
    exists_tells_and_refuses_another_type,
    delete_twice_is_no_error,
    an_entity_is_a_key_of_itself,
    consistent_reads_see_the_write,
];

pub fn order(id: &str) -> OrderModel {
    let created_at = "2026-11-20T16:03:33.877713Z".parse().unwrap();
    OrderModel { order_id: id.into(), user_id: "u-1".into(), total: "12.50".into(), created_at }
}

async fn create_then_get(env: Env) {
    let table = env.table::<BaseModel>().await;
    let now = order("o-1").created_at;
    let created = Entity::create(&order("o-1")).on(&table.clone().clock(move || now)).await.unwrap();
    assert_eq!(created, order("o-1"));
    assert_eq!(OrderModel::get("o-1").on(&table).await.unwrap(), Some(order("o-1")));
}

async fn create_twice_is_already_exists_and_keeps_the_first(env: Env) {
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

async fn get_of_nothing_is_none(env: Env) {
    let table = env.table::<BaseModel>().await;
    assert_eq!(OrderModel::get("none").on(&table).await.unwrap(), None);
    assert!(!OrderModel::exists("none").on(&table).await.unwrap());
}

/// An item with an order's key that says it is a user.
async fn impostor(table: &monotable::Connection) {
    let (key, label) = (s("ORDER#o-1"), s("UserModel"));
    put_raw(table, &[("pk", key.clone()), ("sk", key), ("entity_type", label)]).await;
}

async fn get_through_the_wrong_type_names_both(env: Env) {
    let table = env.table::<BaseModel>().await;
    impostor(&table).await;
    let error = OrderModel::get("o-1").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity);
    assert_eq!(error.to_string(), "decode OrderModel ORDER#o-1: the item is of entity `UserModel`");
}

async fn exists_tells_and_refuses_another_type(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-2").put().on(&table).await.unwrap();
    assert!(OrderModel::exists("o-2").on(&table).await.unwrap());
    impostor(&table).await;
    assert_eq!(OrderModel::exists("o-1").on(&table).await.unwrap_err().kind(), ErrorKind::WrongEntity);
}

async fn delete_twice_is_no_error(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-1").put().on(&table).await.unwrap();
    OrderModel::delete("o-1").on(&table).await.unwrap();
    OrderModel::delete("o-1").on(&table).await.unwrap();
    assert!(!OrderModel::exists("o-1").on(&table).await.unwrap());
}

async fn an_entity_is_a_key_of_itself(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-1").put().on(&table).await.unwrap();
    assert_eq!(OrderModel::get(&order("o-1")).on(&table).await.unwrap(), Some(order("o-1")));
    assert_eq!(OrderModel::key(&order("o-1")).unwrap(), OrderModel::key("o-1").unwrap());
    // Keys of different entities are of one type.
    let keys = [OrderModel::key("o-1").unwrap(), UserModel::key("u-1").unwrap()];
    assert_eq!(keys.map(|key| key.to_string()), ["ORDER#o-1", "USER#u-1"]);
    OrderModel::delete(&order("o-1")).on(&table).await.unwrap();
    assert!(!OrderModel::exists("o-1").on(&table).await.unwrap());
}

async fn consistent_reads_see_the_write(env: Env) {
    let table = env.table::<BaseModel>().await;
    order("o-1").put().on(&table).await.unwrap();
    assert!(OrderModel::get("o-1").consistent().on(&table).await.unwrap().is_some());
    assert!(OrderModel::exists("o-1").consistent().on(&table).await.unwrap());
    assert_eq!(OrderModel::query("o-1").consistent().on(&table).all().await.unwrap(), [order("o-1")]);
}
