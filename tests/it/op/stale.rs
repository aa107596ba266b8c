//! Updates of a loaded entity whose item has changed since, and fields that serde omits.

use monotable::{Connection, Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, n, put_raw, s};

cases![
    a_changed_field_of_an_index_key_that_is_not_stored_is_detected,
    a_changed_field_of_a_when_function_is_detected,
    a_changed_field_of_a_key_function_is_detected,
    a_field_contained_in_the_stored_key_is_not_in_the_condition,
    an_upsert_does_not_restore_stale_fields,
    a_failed_condition_on_a_version_field_or_key_is_named,
    a_field_that_serde_omits_can_be_in_an_index_key,
    a_field_that_serde_omits_can_be_an_argument_of_a_key_function,
    conditions_match_fields_that_serde_omits,
    a_set_stores_the_same_item_as_a_put,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "stale" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "gsi2", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" },
        { "indexName": "gsi3", "partitionKey": "gsi3pk", "sortKey": "gsi3sk" } ] }
}"#)]
enum Desk {
    Ticket(Ticket),
    Player(Player),
    Medal(Medal),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Desk,
    pk = "TICKET#{id}",
    sk = "TICKET",
    gsi1(pk = "AGENT#{agent}", sk = "{priority:04}"),
    gsi2(pk = "QUEUE", sk = "{topic}", when = is_urgent(priority, topic)),
    gsi3(pk = label(topic, weight), sk = "{id}"),
)]
struct Ticket {
    id: String,
    agent: Option<String>,
    priority: u32,
    topic: String,
    weight: u32,
    #[entity(version)]
    #[serde(default, skip_serializing_if = "is_zero")]
    revision: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_urgent(priority: &u32, topic: &str) -> bool {
    *priority < 3 || topic == "fire"
}

fn label(topic: &str, weight: &u32) -> String {
    format!("{topic}#{}", if *weight > 5 { "heavy" } else { "light" })
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Desk, pk = "PLAYER#{id}", sk = "PLAYER", gsi1(pk = "PLAYERS", sk = "{rank:04}#{name}"))]
struct Player {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    rank: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Desk, pk = "MEDAL#{id}", sk = "MEDAL", gsi3(pk = class(name, points), sk = "{id}"))]
struct Medal {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    points: u32,
}

fn class(name: &str, points: &u32) -> Option<String> {
    (name != "none").then(|| format!("{name}#{}", if *points > 5 { "gold" } else { "tin" }))
}

fn ticket() -> Ticket {
    Ticket { id: "t".into(), agent: None, priority: 1, topic: "ink".into(), weight: 1, revision: 0 }
}

fn player() -> Player {
    Player { id: "p".into(), name: "Ann".into(), rank: 0, tags: Vec::new() }
}

/// Checks that the stored item is the one that a put of its entity would store. Returns the entity.
async fn is_whole(table: &Connection) -> Ticket {
    let item = get_raw(table, "TICKET#t", "TICKET").await.unwrap();
    let ticket = Ticket::from_item(item.clone()).unwrap();
    assert_eq!(item, ticket.to_item().unwrap());
    ticket
}

/// Changes an attribute without changing the version, as a program that does not know versions would.
async fn change(
    table: &Connection,
    attribute: &str,
    value: monotable::aws::types::AttributeValue,
    keys: &[(&str, &str)],
) {
    let mut item = get_raw(table, "TICKET#t", "TICKET").await.unwrap();
    item.insert(attribute.to_owned(), value);
    for (name, text) in keys {
        item.insert((*name).to_owned(), s(text));
    }
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(table, &attributes).await;
}

async fn a_changed_field_of_an_index_key_that_is_not_stored_is_detected(env: Env) {
    let table = env.table::<Desk>().await;
    ticket().create().on(&table).await.unwrap();
    let second = Ticket::get("t").on(&table).await.unwrap().unwrap();
    change(&table, "priority", n(2), &[]).await;
    let error = Ticket::update(&second).set(Ticket::AGENT, "ann").on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    assert_eq!(error.attribute_name(), Some("priority"), "{error}");
    is_whole(&table).await;
    let fresh = Ticket::get("t").on(&table).await.unwrap().unwrap();
    Ticket::update(&fresh).set(Ticket::AGENT, "ann").on(&table).await.unwrap();
    assert_eq!(is_whole(&table).await.agent.as_deref(), Some("ann"));
}

async fn a_changed_field_of_a_when_function_is_detected(env: Env) {
    let table = env.table::<Desk>().await;
    let loaded = Ticket { topic: "fire".into(), weight: 9, ..ticket() }.create().on(&table).await.unwrap();
    // The key of gsi2 does not change, because the topic is enough for `is_urgent`.
    change(&table, "priority", n(9), &[]).await;
    let error = Ticket::update(&loaded).set(Ticket::TOPIC, "ink").on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    is_whole(&table).await;
}

async fn a_changed_field_of_a_key_function_is_detected(env: Env) {
    let table = env.table::<Desk>().await;
    let loaded = ticket().create().on(&table).await.unwrap();
    // The key does not change, because both weights are light.
    change(&table, "weight", n(2), &[]).await;
    let error = Ticket::update(&loaded).set(Ticket::TOPIC, "oil").on(&table).await.unwrap_err();
    assert_eq!((error.is_condition_failed(), error.attribute_name()), (true, Some("weight")), "{error}");
    is_whole(&table).await;
}

async fn a_field_contained_in_the_stored_key_is_not_in_the_condition(env: Env) {
    let table = env.table::<Desk>().await;
    let player = Player { rank: 7, ..player() }.create().on(&table).await.unwrap();
    let request = Player::update(&player).set(Player::NAME, "Bob").into_request().unwrap();
    let names = request.expression_attribute_names().unwrap();
    assert!(!names.values().any(|name| name == "rank"), "{names:?}");
}

async fn an_upsert_does_not_restore_stale_fields(env: Env) {
    let table = env.table::<Desk>().await;
    let loaded = ticket().create().on(&table).await.unwrap();
    change(&table, "weight", n(2), &[]).await;
    let upsert = Ticket::update(&loaded).set(Ticket::PRIORITY, 8_u32).upsert();
    let error = upsert.on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    assert_eq!(is_whole(&table).await.weight, 2);
}

async fn a_failed_condition_on_a_version_field_or_key_is_named(env: Env) {
    let table = env.table::<Desk>().await;
    let loaded = ticket().create().on(&table).await.unwrap();
    let current = Ticket::update(&loaded).set(Ticket::WEIGHT, 2_u32).on(&table).await.unwrap();
    let version = Ticket::update(&loaded).set(Ticket::PRIORITY, 3_u32).on(&table).await.unwrap_err();
    let put = loaded.put().on(&table).await.unwrap_err();
    let delete = Ticket::delete(&loaded).on(&table).await.unwrap_err();
    for error in [version, put, delete] {
        assert!(error.to_string().contains("the item's version has changed since the entity was read"), "{error}");
        assert!(error.is_condition_failed() && !error.is_outcome_unknown());
    }
    change(&table, "gsi3pk", s("other"), &[]).await;
    let error = Ticket::update(&current).set(Ticket::TOPIC, "oil").on(&table).await.unwrap_err();
    assert_eq!(error.attribute_name(), Some("gsi3pk"), "{error}");
    let own = Ticket::delete("t").condition(Ticket::WEIGHT.eq(9_u32)).on(&table).await.unwrap_err();
    assert!(own.to_string().contains("the condition given with `condition` was not met"), "{own}");
    let assumed = Player::update("p").set(Player::NAME, "Eve").assuming(Player::RANK, 9_u32);
    player().create().on(&table).await.unwrap();
    let error = assumed.on(&table).await.unwrap_err();
    assert_eq!(error.attribute_name(), Some("rank"), "{error}");
    assert!(error.to_string().contains("not the one given to `assuming`"), "{error}");
    // A transaction names the condition of the failed part.
    let error = Desk::transact_write().update(Ticket::update(&loaded).set(Ticket::PRIORITY, 3_u32));
    let error = error.put(&player()).on(&table).await.unwrap_err();
    assert!(error.to_string().contains("version has changed"), "{error}");
}

async fn a_field_that_serde_omits_can_be_in_an_index_key(env: Env) {
    let table = env.table::<Desk>().await;
    let player = player().create().on(&table).await.unwrap();
    let renamed = Player::update(&player).set(Player::NAME, "Bob").on(&table).await.unwrap();
    let item = || async { get_raw(&table, "PLAYER#p", "PLAYER").await.unwrap() };
    assert_eq!(item().await, renamed.to_item().unwrap());
    let ranked = Player::update("p").set(Player::RANK, 3_u32).assuming(Player::NAME, "Bob").on(&table).await.unwrap();
    assert_eq!(item().await, ranked.to_item().unwrap());
    // A value that serde omits does not equal another stored value.
    let assumed = Player::update("p").set(Player::NAME, "Eve").assuming(Player::RANK, 0_u32);
    let error = assumed.on(&table).await.unwrap_err();
    assert_eq!((error.is_condition_failed(), error.attribute_name()), (true, Some("rank")), "{error}");
    let back = Player::update("p").set(Player::RANK, 0_u32).assuming(Player::NAME, "Bob").on(&table).await.unwrap();
    assert_eq!(item().await, back.to_item().unwrap());
    assert!(!item().await.contains_key("rank"));
    // `assuming` a value that serde omits also matches an item in which another program stores it.
    let assumed = || Player::update("p").set(Player::NAME, "Eve").assuming(Player::RANK, 0_u32);
    assumed().on(&table).await.unwrap();
    Player::update("p").set_at(monotable::path("tags"), ["x"]).on(&table).await.unwrap();
    let mut stored = item().await;
    stored.insert("rank".into(), n(0));
    let attributes: Vec<_> = stored.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    assumed().on(&table).await.unwrap();
    let upsert = Player::update("q").set(Player::NAME, "New").set(Player::RANK, 0_u32).upsert();
    let made = upsert.on(&table).await.unwrap();
    assert_eq!(get_raw(&table, "PLAYER#q", "PLAYER").await.unwrap(), made.to_item().unwrap());
}

async fn a_field_that_serde_omits_can_be_an_argument_of_a_key_function(env: Env) {
    let table = env.table::<Desk>().await;
    let item = || async { get_raw(&table, "MEDAL#m", "MEDAL").await.unwrap() };
    let loaded = Medal { id: "m".into(), name: "none".into(), points: 0 }.create().on(&table).await.unwrap();
    // Another program changes the omitted field. The key function returns `None`, so no key shows it.
    let mut changed = item().await;
    changed.insert("points".into(), n(9));
    let attributes: Vec<_> = changed.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    let error = Medal::update(&loaded).set(Medal::NAME, "run").on(&table).await.unwrap_err();
    assert_eq!((error.is_condition_failed(), error.attribute_name()), (true, Some("points")), "{error}");
    let fresh = Medal::get("m").on(&table).await.unwrap().unwrap();
    let named = Medal::update(&fresh).set(Medal::NAME, "run").on(&table).await.unwrap();
    assert_eq!(item().await, named.to_item().unwrap());
    let back = Medal::update(&named).set(Medal::POINTS, 0_u32).on(&table).await.unwrap();
    assert_eq!(item().await, back.to_item().unwrap());
    assert_eq!(item().await.text("gsi3pk"), Some("run#tin"));
}

async fn conditions_match_fields_that_serde_omits(env: Env) {
    let table = env.table::<Desk>().await;
    player().create().on(&table).await.unwrap();
    Player { id: "q".into(), rank: 4, ..player() }.create().on(&table).await.unwrap();
    let count = |condition| Player::scan().filter(condition).on(&table).count();
    assert_eq!(count(Player::RANK.eq(0_u32)).await.unwrap(), 1);
    assert_eq!(count(Player::RANK.ne(0_u32)).await.unwrap(), 1);
    assert_eq!(count(Player::RANK.gt(0_u32)).await.unwrap(), 1);
    assert_eq!(count(Player::RANK.in_([0_u32, 4])).await.unwrap(), 2);
    assert_eq!(count(Player::RANK.in_([0_u32])).await.unwrap(), 1);
    assert_eq!(count(Player::TAGS.eq(Vec::new())).await.unwrap(), 2);
}

async fn a_set_stores_the_same_item_as_a_put(env: Env) {
    let table = env.table::<Desk>().await;
    let tagged = Player { tags: vec!["x".into()], ..player() }.create().on(&table).await.unwrap();
    let set = Player::update(&tagged).set(Player::TAGS, Vec::new()).on(&table).await.unwrap();
    assert_eq!(get_raw(&table, "PLAYER#p", "PLAYER").await.unwrap(), set.to_item().unwrap());
    Player::update("p").append(Player::TAGS, ["a", "b"]).on(&table).await.unwrap();
    assert_eq!(Player::get("p").on(&table).await.unwrap().unwrap().tags, ["a", "b"]);
    let error = Player::update("p").set_at(monotable::path("name"), 5).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
}
