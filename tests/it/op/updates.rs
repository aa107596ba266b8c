//! Updates, and the index keys that use the updated fields.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use libtest_mimic::{Failed, Trial};
use monotable::{Connection, Entity, ErrorKind, Table};
use monotable_local::{Embedded, Engine as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, put_raw, s};

cases![
    set_and_remove_return_the_updated_entity,
    an_update_of_a_missing_item_fails_with_not_found,
    elements_of_a_list_can_be_set_and_removed,
    an_update_recomputes_the_index_keys,
    a_missing_field_of_an_index_key_is_named,
    a_wrong_assumption_fails_the_update,
    an_update_of_a_loaded_entity_checks_the_fields_of_its_index_keys,
    setting_none_removes_both_index_keys_and_setting_some_restores_them,
    an_update_reevaluates_when_and_key_functions,
    an_update_whose_condition_is_not_met_fails,
    an_item_of_another_entity_is_not_updated,
    invalid_updates_are_rejected_before_they_are_sent,
];

pub fn trials() -> Vec<Trial> {
    vec![Trial::test(
        "it::op::updates::an_update_stores_the_same_item_as_a_put",
        an_update_stores_the_same_item_as_a_put,
    )]
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "updates" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "gsi2", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" },
        { "indexName": "gsi3", "partitionKey": "gsi3pk", "sortKey": "gsi3sk" },
        { "indexName": "gsi4", "partitionKey": "gsi4pk", "sortKey": { "name": "gsi4sk", "type": "N" } } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shop {
    city: String,
    street: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = Base,
    types(shop.city: String),
    pk = "ORDER#{order_id}",
    sk = "ORDER#{region|upper}",
    gsi1(pk = "USER#{user_id}", sk = "{status}#{order_id}"),
    gsi2(pk = "COURIER#{courier}", sk = "{created_at}"),
    gsi3(pk = "CITY#{shop.city}", sk = label(total, user_id), when = is_open(status)),
    gsi4(pk = "TOTALS", sk = "{total}"),
)]
struct Order {
    #[entity(key_only)]
    order_id: String,
    region: String,
    user_id: String,
    status: String,
    courier: Option<String>,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
    shop: Shop,
    total: u32,
    note: Option<String>,
    lines: Vec<String>,
}

fn label(total: &u32, user_id: &str) -> Option<String> {
    (*total > 0).then(|| format!("{total:06}#{user_id}"))
}

fn is_open(status: &str) -> bool {
    status == "OPEN"
}

fn time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 0, 0, 0).unwrap()
}

fn order() -> Order {
    Order {
        order_id: "o-1".into(),
        region: "eu".into(),
        user_id: "u-1".into(),
        status: "OPEN".into(),
        courier: Some("c-1".into()),
        created_at: time(),
        shop: Shop { city: "Rome".into(), street: "Via 1".into() },
        total: 5,
        note: Some("fast".into()),
        lines: vec!["tea".into(), "cup".into()],
    }
}

const KEY: (&str, &str) = ("o-1", "eu");

async fn stored(table: &Connection) -> monotable::Item {
    get_raw(table, "ORDER#o-1", "ORDER#EU").await.unwrap()
}

/// Checks that the item is the one that a put of this entity stores.
#[track_caller]
fn is_that_of(item: &monotable::Item, order: &Order) {
    let expected = order.to_item().unwrap();
    let diff: Vec<_> = expected.keys().chain(item.keys()).filter(|name| expected.get(name) != item.get(name)).collect();
    assert!(diff.is_empty(), "{diff:?}: {order:?}");
}

async fn created(env: &Env) -> (Connection, crate::support::case::Requests) {
    let (table, requests) = env.counted::<Base>().await;
    order().create().on(&table).await.unwrap();
    requests.take();
    (table, requests)
}

async fn set_and_remove_return_the_updated_entity(env: Env) {
    let (table, requests) = created(&env).await;
    let update = Order::update(KEY).set(Order::LINES, vec!["pot".to_owned()]).remove(Order::NOTE);
    let changed = update.on(&table).await.unwrap();
    assert_eq!(requests.take(), 1);
    assert_eq!(changed, Order { lines: vec!["pot".into()], note: None, ..order() });
    is_that_of(&stored(&table).await, &changed);
    let changed = Order::update(KEY).set(Order::NOTE, "slow").on(&table).await.unwrap();
    assert_eq!(changed.note.as_deref(), Some("slow"));
    let changed = Order::update(KEY).set(Order::NOTE, None).on(&table).await.unwrap();
    assert_eq!(changed.note, None);
    assert!(!stored(&table).await.contains_key("note"));
}

async fn an_update_of_a_missing_item_fails_with_not_found(env: Env) {
    let (table, _) = env.counted::<Base>().await;
    let error = Order::update(KEY).set(Order::NOTE, "x").on(&table).await.unwrap_err();
    assert!(error.is_not_found() && !error.is_condition_failed());
    assert!(error.to_string().starts_with("update Order ORDER#o-1 / ORDER#EU: no item has this key"), "{error}");
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), 0, "an update must not create the item");
}

async fn elements_of_a_list_can_be_set_and_removed(env: Env) {
    let (table, _) = created(&env).await;
    let update = Order::update(KEY).set_at(Order::LINES.index(1), "pot");
    assert_eq!(update.on(&table).await.unwrap().lines, ["tea", "pot"]);
    let update = Order::update(KEY).remove_at(Order::LINES.index(0));
    assert_eq!(update.on(&table).await.unwrap().lines, ["pot"]);
}

async fn an_update_recomputes_the_index_keys(env: Env) {
    let (table, _) = created(&env).await;
    // The key contains `order_id`, and the update sets `total`, so only `status` and `shop` have to be assumed.
    let update = Order::update(KEY).set(Order::USER_ID, "u-2").set(Order::TOTAL, 7).assuming(Order::STATUS, "OPEN");
    let update = update.assuming(Order::SHOP, Shop { city: "Rome".into(), street: "Via 1".into() });
    let changed = update.on(&table).await.unwrap();
    assert_eq!(changed, Order { user_id: "u-2".into(), total: 7, ..order() });
    is_that_of(&stored(&table).await, &changed);
    assert_eq!(Order::gsi1().query("u-1").on(&table).count().await.unwrap(), 0);
    assert_eq!(Order::gsi1().query("u-2").on(&table).one().await.unwrap(), changed);
    // Whether the item is in gsi2 depends on the optional `courier`.
    let request = Order::update(KEY).set(Order::CREATED_AT, time()).into_request();
    let error = request.unwrap_err();
    assert_eq!(error.attribute_name(), Some("courier"), "{error}");
}

async fn a_missing_field_of_an_index_key_is_named(env: Env) {
    let (table, requests) = created(&env).await;
    let error = Order::update(KEY).set(Order::STATUS, "OPEN").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(
        error.to_string(),
        "update Order ORDER#o-1 / ORDER#EU: attribute `total`: the key of index `gsi3` also depends on `total`, whose value is \
         unknown: set it, state its stored value with `assuming`, or update a loaded entity"
    );
    assert_eq!(requests.take(), 0);
    // An update that removes the item from the index needs no other fields.
    let changed = Order::update(KEY).set(Order::STATUS, "SHUT").on(&table).await.unwrap();
    is_that_of(&stored(&table).await, &changed);
}

async fn a_wrong_assumption_fails_the_update(env: Env) {
    let (table, _) = created(&env).await;
    let update = |courier: &str| {
        Order::update(KEY).set(Order::CREATED_AT, time() + TimeDelta::days(1)).assuming(Order::COURIER, courier)
    };
    assert!(update("c-9").on(&table).await.unwrap_err().is_condition_failed());
    let changed = update("c-1").on(&table).await.unwrap();
    is_that_of(&stored(&table).await, &changed);
}

async fn an_update_of_a_loaded_entity_checks_the_fields_of_its_index_keys(env: Env) {
    let (table, _) = created(&env).await;
    let loaded = Order::get(KEY).on(&table).await.unwrap().unwrap();
    let changed = Order::update(&loaded).set(Order::STATUS, "SHUT").on(&table).await.unwrap();
    assert_eq!(changed, Order { status: "SHUT".into(), ..order() });
    is_that_of(&stored(&table).await, &changed);
    // The update fails if the fields of its index keys have changed since the read.
    let error = Order::update(&loaded).set(Order::USER_ID, "u-3").on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    is_that_of(&stored(&table).await, &changed);
    // A field that is not used in an index key can be updated.
    let noted = Order::update(&loaded).set(Order::NOTE, "x").on(&table).await.unwrap();
    assert_eq!(noted.status, "SHUT");
}

async fn setting_none_removes_both_index_keys_and_setting_some_restores_them(env: Env) {
    let (table, _) = created(&env).await;
    let changed =
        Order::update(KEY).set(Order::COURIER, None).assuming(Order::CREATED_AT, time()).on(&table).await.unwrap();
    let item = stored(&table).await;
    assert!(!item.contains_key("gsi2pk") && !item.contains_key("gsi2sk"), "{item:?}");
    is_that_of(&item, &changed);
    let changed = Order::update(&changed).set(Order::COURIER, "c-2").on(&table).await.unwrap();
    is_that_of(&stored(&table).await, &changed);
    assert_eq!(Order::gsi2().query("c-2").on(&table).one().await.unwrap(), changed);
}

async fn an_update_reevaluates_when_and_key_functions(env: Env) {
    let (table, _) = created(&env).await;
    let mut order = order();
    for (status, total) in [("OPEN", 0), ("OPEN", 9), ("SHUT", 9), ("SHUT", 0), ("OPEN", 3)] {
        let update = Order::update(&order).set(Order::STATUS, status).set(Order::TOTAL, total);
        order = update.on(&table).await.unwrap();
        let item = stored(&table).await;
        is_that_of(&item, &order);
        assert_eq!(item.contains_key("gsi3pk"), status == "OPEN" && total > 0);
    }
    let shop = Shop { city: "Oslo".into(), street: "Gate 1".into() };
    let changed = Order::update(&order).set(Order::SHOP, shop).on(&table).await.unwrap();
    assert_eq!(stored(&table).await.text("gsi3pk"), Some("CITY#Oslo"));
    is_that_of(&stored(&table).await, &changed);
}

async fn an_update_whose_condition_is_not_met_fails(env: Env) {
    let (table, _) = created(&env).await;
    let update = |total| Order::update(KEY).set(Order::NOTE, "x").condition(Order::TOTAL.eq(total));
    let error = update(6).on(&table).await.unwrap_err();
    assert!(error.is_condition_failed());
    assert_eq!(
        Order::from_item(error.found_item().unwrap().clone()).unwrap(),
        order(),
        "the error must contain the stored item"
    );
    assert!(!format!("{error:?}").contains("fast"));
    assert_eq!(update(5).on(&table).await.unwrap().note.as_deref(), Some("x"));
}

async fn an_item_of_another_entity_is_not_updated(env: Env) {
    let (table, _) = created(&env).await;
    let mut item = order().to_item().unwrap();
    item.insert("entity_type".into(), s("Invoice"));
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    let error = Order::update(KEY).set(Order::NOTE, "x").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity);
    assert!(error.to_string().contains("its discriminator is `Invoice`"), "{error}");
    assert_eq!(stored(&table).await, item);
    // An item without a discriminator is not changed either.
    let mut item = item;
    item.remove("entity_type");
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    for update in [Order::update(KEY).set(Order::NOTE, "x"), Order::update(&order()).set(Order::NOTE, "x")] {
        let error = update.on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingDiscriminator, "{error}");
    }
    assert_eq!(stored(&table).await, item);
}

async fn invalid_updates_are_rejected_before_they_are_sent(env: Env) {
    let (table, requests) = created(&env).await;
    let update = || Order::update(KEY);
    for (update, message) in [
        (update(), "the update changes nothing"),
        (update().set(Order::NOTE, "a").remove(Order::NOTE), "`note` and `note` overlap"),
        (update().set(Order::LINES, vec![]).set_at(Order::LINES.index(0), "x"), "`lines` and `lines[0]` overlap"),
        (
            update().set_at(Order::SHOP.path("city"), "Oslo"),
            "an index key depends on `shop`; replace the whole attribute with `set` instead of changing `shop.city`",
        ),
        (Order::update(&order()).set(Order::USER_ID, ""), "field `user_id` is empty"),
        (Order::update(&order()).set(Order::STATUS, "A#B"), "contains the delimiter"),
    ] {
        let error = update.on(&table).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    assert_eq!(requests.take(), 0);
    let shown = format!("{:?}", Order::update(&order()).set(Order::NOTE, "SECRET"));
    assert!(!shown.contains("SECRET"), "{shown}");
    let request = update().set(Order::NOTE, "x").into_request().unwrap();
    assert_eq!(request.update_expression(), Some("SET #n0 = :v0"));
    assert_eq!(request.condition_expression(), Some("#n1 IN (:v1)"));
}

#[derive(Debug, Clone)]
enum Step {
    User(String),
    Status(String),
    Courier(Option<String>),
    Created(i64),
    Shop(String),
    Total(u32),
    Note(Option<String>),
}

fn steps() -> impl Strategy<Value = Step> {
    let text = || prop::sample::select(vec!["a", "b", "OPEN", "SHUT"]).prop_map(str::to_owned);
    prop_oneof![
        text().prop_map(Step::User),
        text().prop_map(Step::Status),
        prop::option::of(text()).prop_map(Step::Courier),
        (0..5_i64).prop_map(Step::Created),
        text().prop_map(Step::Shop),
        (0..3_u32).prop_map(Step::Total),
        prop::option::of(text()).prop_map(Step::Note),
    ]
}

/// Applies a series of updates, each with several fields, to the entity that the previous update returned.
fn an_update_stores_the_same_item_as_a_put() -> Result<(), Failed> {
    let updates = prop::collection::vec(prop::collection::vec(steps(), 1..4), 1..6);
    let engine = Embedded::in_memory()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let table = Connection::new(engine.client(), "updates").with_endpoint(engine.endpoint());
    runtime.block_on(Base::ensure_table().on(&table).send())?;
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    runner
        .run(&updates, |updates| {
            runtime.block_on(async {
                let mut current = order().put().on(&table).await.unwrap();
                for steps in updates {
                    let (mut update, mut expected) = (Order::update(&current), current.clone());
                    let mut kinds = Vec::new();
                    for step in steps {
                        // A field is set once in an update.
                        let kind = std::mem::discriminant(&step);
                        if kinds.contains(&kind) {
                            continue;
                        }
                        kinds.push(kind);
                        update = match step {
                            Step::User(user) => {
                                expected.user_id.clone_from(&user);
                                update.set(Order::USER_ID, user)
                            }
                            Step::Status(status) => {
                                expected.status.clone_from(&status);
                                update.set(Order::STATUS, status)
                            }
                            Step::Courier(courier) => {
                                expected.courier.clone_from(&courier);
                                update.set(Order::COURIER, courier)
                            }
                            Step::Created(days) => {
                                expected.created_at = time() + TimeDelta::days(days);
                                update.set(Order::CREATED_AT, expected.created_at)
                            }
                            Step::Shop(city) => {
                                expected.shop.city = city;
                                update.set(Order::SHOP, &expected.shop)
                            }
                            Step::Total(total) => {
                                expected.total = total;
                                update.set(Order::TOTAL, total)
                            }
                            Step::Note(note) => {
                                expected.note.clone_from(&note);
                                update.set(Order::NOTE, note)
                            }
                        };
                    }
                    current = update.on(&table).await.map_err(|error| TestCaseError::fail(error.to_string()))?;
                    prop_assert_eq!(&current, &expected);
                    prop_assert_eq!(stored(&table).await, expected.to_item().unwrap());
                }
                Ok(())
            })
        })
        .map_err(|error| error.to_string().into())
}
