//! The results of writes whose response was lost, truncated or unreadable. A write that was applied must not be reported as
//! failed, and monotable must not guess who wrote an item.

use std::sync::Arc;
use std::time::Duration;

use monotable::aws::types::AttributeValue;
use monotable::{Connection, Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::observed::Namesake;
use crate::support::between::{Between, Fate, first};
use crate::support::case::{Env, cases, get_raw, n, put_raw, s};
use crate::support::proxy::Fault::{self, DropAfter, DropBefore, FailBefore, None as Well};
use crate::support::proxy::Proxy;

cases![
    an_update_with_an_unreadable_response_is_reported_as_applied,
    two_equal_increments_of_one_version_do_not_both_succeed,
    two_creates_of_one_item_do_not_both_succeed,
    a_write_id_distinguishes_own_and_other_writes,
    a_lost_old_item_is_reported_with_the_key,
    a_write_followed_by_another_write_has_an_unknown_outcome,
    a_create_followed_by_a_delete_and_a_create_has_an_unknown_outcome,
    every_write_stores_a_new_write_id,
    a_runtime_that_ends_during_a_write_leaves_the_outcome_unknown,
    a_reset_connection_is_not_reported_as_a_missing_endpoint,
    a_version_at_the_maximum_of_its_type_is_not_incremented,
    an_item_of_another_entity_is_not_deleted_or_replaced,
    an_interceptor_named_monotable_does_not_replace_monotables_own,
    a_batch_detects_that_its_serializer_is_not_used,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(
    config_json = r#"{
        "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "outcomes" },
        "tableConfig": { "globalSecondaryIndexes": [] }
    }"#,
    overlap(Person, Company)
)]
enum Base {
    Tally(Tally),
    Lock(Lock),
    Sure(Sure),
    Person(Person),
    Company(Company),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "TALLY#{id}", sk = "TALLY")]
struct Tally {
    id: String,
    #[entity(version)]
    version: u32,
    count: u64,
    note: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "LOCK#{id}", sk = "LOCK")]
struct Lock {
    id: String,
    holder: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "SURE#{id}", sk = "SURE")]
struct Sure {
    id: String,
    #[entity(version)]
    version: u32,
    count: u64,
    #[entity(write_id)]
    write_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "PARTY#{id}", sk = "PARTY")]
struct Person {
    id: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "PARTY#{id}", sk = "PARTY")]
struct Company {
    id: String,
    name: String,
}

fn tally() -> Tally {
    Tally { id: "t".into(), version: 0, count: 0, note: None }
}

fn lock() -> Lock {
    Lock { id: "l".into(), holder: "me".into() }
}

fn sure() -> Sure {
    Sure { id: "s".into(), version: 0, count: 0, write_id: None }
}

/// Creates the table. Returns a direct connection, and one through a proxy that injects these faults into its first requests.
async fn through(env: &Env, faults: &'static [Fault]) -> (Connection, Connection) {
    let table = env.table::<Base>().await;
    let proxy = Proxy::start(table.endpoint().unwrap(), "", |_, _, number| faults.get(number).copied().unwrap_or(Well));
    let faulty = Connection::new(proxy.await.client(table.client(), 3), table.table_name());
    (table, faulty)
}

async fn an_update_with_an_unreadable_response_is_reported_as_applied(env: Env) {
    let table = env.table::<Base>().await;
    let mut item = Tally { count: 1, ..tally() }.create().on(&table).await.unwrap().to_item().unwrap();
    item.insert("note".into(), s("of an older program"));
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    let error = Tally::update("t").set(Tally::COUNT, 7_u64).on(&table).await.unwrap_err();
    assert!(error.is_write_applied() && !error.is_outcome_unknown() && !error.is_condition_failed(), "{error}");
    assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::Decode, Some("note")));
    let shown = error.to_string();
    assert!(shown.starts_with("update Tally TALLY#t / TALLY: attribute `note`: the write was applied"), "{shown}");
    assert_eq!(get_raw(&table, "TALLY#t", "TALLY").await.unwrap().as_ref()["count"], n(7));
    // A response without the requested item.
    let between = Between::new(|operation, _| match operation {
        "UpdateItem" => Fate::Answered(json!({})),
        _ => Fate::Passed,
    });
    let silent = Connection::new(between.client(table.client()), table.table_name());
    let error = Tally::update("t").set(Tally::COUNT, 8_u64).on(&silent).await.unwrap_err();
    assert!(error.is_write_applied() && error.to_string().contains("no attributes"), "{error}");
    assert!(error.to_string().starts_with("update Tally TALLY#t / TALLY: "), "{error}");
    // An update requires an item, so `None` would be wrong for the old one.
    let old = Tally::update("t").set(Tally::COUNT, 9_u64).returning_old();
    let error = old.on(&silent).await.unwrap_err();
    assert!(error.is_write_applied() && error.to_string().contains("no attributes"), "{error}");
    let upsert = Tally::update("t").set(Tally::COUNT, 9_u64).upsert().returning_old();
    assert_eq!(upsert.on(&silent).await.unwrap(), None);
}

async fn two_equal_increments_of_one_version_do_not_both_succeed(env: Env) {
    // The first attempt of the second put does not reach the engine, and the first put has already written the same item.
    let (table, faulty) = through(&env, &[FailBefore]).await;
    let read = tally().create().on(&table).await.unwrap();
    let next = Tally { count: read.count + 1, ..read.clone() };
    next.put().on(&table).await.unwrap();
    let error = next.put().on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && error.is_outcome_unknown(), "{error}");
    assert_eq!(error.conflicting_item::<Tally>().unwrap().unwrap().count, 1);
    let (table, faulty) = through(&env, &[DropBefore]).await;
    let read = Tally::get("t").on(&table).await.unwrap().unwrap();
    let update = || Tally::update(&read).set(Tally::COUNT, 2_u64);
    update().on(&table).await.unwrap();
    let error = update().on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && error.is_outcome_unknown(), "{error}");
}

async fn two_creates_of_one_item_do_not_both_succeed(env: Env) {
    let (table, faulty) = through(&env, &[FailBefore]).await;
    lock().create().on(&table).await.unwrap();
    let error = lock().create().on(&faulty).await.unwrap_err();
    assert!(error.is_already_exists() && error.is_outcome_unknown(), "{error}");
}

async fn a_write_id_distinguishes_own_and_other_writes(env: Env) {
    // Only the responses are lost, so the stored item is always the one that this client wrote.
    let (table, faulty) =
        through(&env, &[DropAfter, Well, DropAfter, Well, DropAfter, Well, FailBefore, Well, DropBefore]).await;
    let first = sure().create().on(&faulty).await.unwrap();
    let second = Sure { count: 1, ..first }.put().on(&faulty).await.unwrap();
    let third = Sure::update(&second).set(Sure::COUNT, 2_u64).on(&faulty).await.unwrap();
    assert_eq!(Sure::get("s").on(&table).await.unwrap(), Some(third.clone()));
    assert_eq!((third.version, third.count), (3, 2));
    // Another client writes the same contents.
    let same = Sure { count: 3, ..third.clone() };
    let theirs = same.put().on(&table).await.unwrap();
    let error = same.put().on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && !error.is_outcome_unknown(), "{error}");
    let update = || Sure::update(&theirs).set(Sure::COUNT, 4_u64);
    update().on(&table).await.unwrap();
    let error = update().on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && !error.is_outcome_unknown(), "{error}");
    // No response was lost, so the version of the found item does not matter.
    let error = sure().create().on(&table).await.unwrap_err();
    assert!(error.is_already_exists() && !error.is_outcome_unknown(), "{error}");
}

async fn a_lost_old_item_is_reported_with_the_key(env: Env) {
    let table = env.table::<Base>().await;
    let loaded = sure().create().on(&table).await.unwrap();
    // Without monotable's interceptor, the SDK sends the request again. The write id shows that the first attempt was applied.
    let is_lost = first(1);
    let between = Between::new(move |_, _| if is_lost() { Fate::Late(500) } else { Fate::Passed });
    let config = between.retrying_client(&env.engine().client()).config().to_builder().interceptor(Namesake).build();
    let unwatched = Connection::new(monotable::aws::Client::from_conf(config), table.table_name());
    let put = Sure { count: 1, ..loaded }.put().returning_old();
    let error = put.on(&unwatched).await.unwrap_err();
    assert!(error.is_write_applied() && error.to_string().contains("SURE#s / SURE"), "{error}");
    assert_eq!(Sure::get("s").on(&table).await.unwrap().unwrap().count, 1);
}

async fn a_write_followed_by_another_write_has_an_unknown_outcome(env: Env) {
    let table = env.table::<Base>().await;
    sure().create().on(&table).await.unwrap();
    // The first attempt is applied and its response is lost. Before the second attempt, another client writes the item.
    let (is_first, others) = (first(1), table.clone());
    let between = Between::new(move |operation, _| match operation {
        "UpdateItem" if is_first() => Fate::Late(500),
        "UpdateItem" => {
            let others = others.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async { Sure::update("s").set(Sure::COUNT, 9_u64).on(&others).await.unwrap() });
            })
            .join()
            .unwrap();
            Fate::Passed
        }
        _ => Fate::Passed,
    });
    let faulty = Connection::new(between.retrying_client(table.client()), table.table_name());
    let update = Sure::update("s").set(Sure::COUNT, 1_u64).condition(Sure::COUNT.eq(0_u64));
    let error = update.on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && error.is_outcome_unknown(), "{error}");
    assert_eq!(error.conflicting_item::<Sure>().unwrap().unwrap().count, 9);
}

async fn a_create_followed_by_a_delete_and_a_create_has_an_unknown_outcome(env: Env) {
    let table = env.table::<Base>().await;
    // The first attempt is applied and its response is lost. Before the second attempt, another client deletes the item and
    // creates another one.
    let (is_first, others) = (first(1), table.clone());
    let between = Between::new(move |operation, _| match operation {
        "PutItem" if is_first() => Fate::Late(500),
        "PutItem" => {
            let others = others.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    Tally::delete("t").on(&others).await.unwrap();
                    Tally { count: 9, ..tally() }.create().on(&others).await.unwrap();
                });
            })
            .join()
            .unwrap();
            Fate::Passed
        }
        _ => Fate::Passed,
    });
    let faulty = Connection::new(between.retrying_client(table.client()), table.table_name());
    let error = tally().create().on(&faulty).await.unwrap_err();
    assert!(error.is_already_exists() && error.is_outcome_unknown(), "{error}");
    assert_eq!(error.conflicting_item::<Tally>().unwrap().unwrap().count, 9);
}

async fn every_write_stores_a_new_write_id(env: Env) {
    let table = env.table::<Base>().await;
    let stored = || async { get_raw(&table, "SURE#s", "SURE").await.unwrap().text("write_id").unwrap().to_owned() };
    let mut seen = Vec::new();
    let created = sure().create().on(&table).await.unwrap();
    assert_eq!(created.write_id, Some(stored().await));
    seen.push(stored().await);
    let put = created.put().on(&table).await.unwrap();
    assert_eq!(put.write_id, Some(stored().await));
    seen.push(stored().await);
    let updated = Sure::update("s").set(Sure::COUNT, 1_u64).on(&table).await.unwrap();
    assert_eq!(updated.write_id, Some(stored().await));
    seen.push(stored().await);
    Base::transact_write().put(&updated).on(&table).await.unwrap();
    seen.push(stored().await);
    Sure::update("s").set(Sure::COUNT, 3_u64).exactly_once().on(&table).await.unwrap();
    seen.push(stored().await);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "{seen:?}");
    // DynamoDB accepts a repeated token only if the requests are equal, so the write id is derived from the token.
    let fixed = table.clone().clock(|| "2026-11-26T00:00:00Z".parse().unwrap());
    let other = Sure { id: "o".into(), ..sure() };
    for _ in 0..2 {
        Base::transact_write().create(&other).token("one token").on(&fixed).await.unwrap();
    }
}

async fn a_runtime_that_ends_during_a_write_leaves_the_outcome_unknown(env: Env) {
    let table = env.table::<Base>().await;
    Tally { count: 1, ..tally() }.create().on(&table).await.unwrap();
    let proxy = Proxy::start(table.endpoint().unwrap(), "", |operation, _, _| match operation {
        "UpdateItem" => Fault::SlowAnswer,
        _ => Well,
    });
    let shared = Connection::new(proxy.await.client(table.client(), 1), table.table_name());
    // The HTTP connection belongs to a runtime that ends while another runtime waits for a response on it.
    let ends = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (of_ends, barrier) = (shared.clone(), Arc::new(std::sync::Barrier::new(2)));
    ends.spawn(async move { Tally::get("t").on(&of_ends).await.unwrap() }).await.unwrap();
    let (of_stays, ready) = (shared.clone(), Arc::clone(&barrier));
    let stays = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let add = Tally::update("t").add(Tally::COUNT, 1).on(&of_stays).send();
            ready.wait();
            add.await
        })
    });
    barrier.wait();
    tokio::time::sleep(Duration::from_millis(150)).await;
    ends.shutdown_background();
    // The proxy runs in this runtime, so the current thread must not block.
    let result = tokio::task::spawn_blocking(move || stays.join().unwrap()).await.unwrap();
    let stored = get_raw(&table, "TALLY#t", "TALLY").await.unwrap();
    match result {
        Ok(_) => panic!("the request must fail, because the runtime of its HTTP connection has ended"),
        Err(error) => {
            assert!(error.is_outcome_unknown(), "{error}");
            assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
            assert!(!error.to_string().contains("not sent"), "{error}");
        }
    }
    assert_eq!(stored.as_ref()["count"], n(2), "the update must be applied");
}

async fn a_reset_connection_is_not_reported_as_a_missing_endpoint(env: Env) {
    let (_, faulty) = through(&env, &[Fault::Reset, Fault::Reset, Fault::Reset]).await;
    let error = Lock::get("l").on(&faulty).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("was closed") && !error.to_string().contains("refused"), "{error}");
}

async fn a_version_at_the_maximum_of_its_type_is_not_incremented(env: Env) {
    let table = env.table::<Base>().await;
    let mut item = tally().create().on(&table).await.unwrap().to_item().unwrap();
    item.insert("version".into(), AttributeValue::N(u32::MAX.to_string()));
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    let last = Tally::get("t").on(&table).await.unwrap().unwrap();
    assert_eq!(last.version, u32::MAX);
    let of_loaded = Tally::update(&last).set(Tally::COUNT, 5_u64).on(&table).await.unwrap_err();
    assert!(of_loaded.to_string().contains("maximum of its type"), "{of_loaded}");
    let of_key = Tally::update("t").set(Tally::COUNT, 5_u64).on(&table).await.unwrap_err();
    assert_eq!((of_key.is_condition_failed(), of_key.attribute_name()), (true, Some("version")), "{of_key}");
    let put = last.put().on(&table).await.unwrap_err();
    let in_transaction = Base::transact_write().put(&last).on(&table).await.unwrap_err();
    for error in [put, in_transaction] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains("maximum of its type"), "{error}");
    }
    assert_eq!(Tally::get("t").on(&table).await.unwrap(), Some(last), "the item must stay readable");
}

async fn an_item_of_another_entity_is_not_deleted_or_replaced(env: Env) {
    let table = env.table::<Base>().await;
    let company = Company { id: "p".into(), name: "Ink".into() }.create().on(&table).await.unwrap();
    let stored = || async { get_raw(&table, "PARTY#p", "PARTY").await };
    let error = Person::delete("p").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity, "{error}");
    let error = Person { id: "p".into(), name: "Ann".into() }.put().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity, "{error}");
    for error in [
        Base::transact_write().delete(Person::delete("p")).on(&table).await.unwrap_err(),
        Base::transact_write().delete(Person::key("p")).on(&table).await.unwrap_err(),
        Base::transact_write().put(&Person { id: "p".into(), name: "Ann".into() }).on(&table).await.unwrap_err(),
        Base::transact_write().put(&lock()).check(Person::check("p")).on(&table).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("its discriminator is `Company`"), "{error}");
    }
    assert_eq!(stored().await.unwrap(), company.to_item().unwrap());
    // An item without a discriminator is not deleted either.
    put_raw(&table, &[("pk", s("PARTY#q")), ("sk", s("PARTY"))]).await;
    let error = Person::delete("q").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingDiscriminator, "{error}");
    Company::delete("p").on(&table).await.unwrap();
    Company::delete("p").on(&table).await.unwrap();
    assert_eq!(stored().await, None);
}

#[derive(Debug)]
struct OtherMonotable;

impl monotable::aws::config::Intercept for OtherMonotable {
    fn name(&self) -> &'static str {
        "monotable"
    }
}

async fn an_interceptor_named_monotable_does_not_replace_monotables_own(env: Env) {
    let table = env.table::<Base>().await;
    Tally { count: 1, ..tally() }.create().on(&table).await.unwrap();
    let proxy = Proxy::start(table.endpoint().unwrap(), "", |operation, _, _| match operation {
        "UpdateItem" => Fault::FailAfter,
        _ => Well,
    });
    let client = proxy.await.client(table.client(), 3);
    let config = client.config().to_builder().interceptor(OtherMonotable).build();
    let faulty = Connection::new(monotable::aws::Client::from_conf(config), table.table_name());
    let error = Tally::update("t").add(Tally::COUNT, 1).on(&faulty).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(
        get_raw(&table, "TALLY#t", "TALLY").await.unwrap().as_ref()["count"],
        n(2),
        "the update must be sent once"
    );
}

/// Restores the SDK's own serializer, to simulate a later SDK that ignores monotable's.
#[derive(Debug)]
struct Undo;

impl monotable::aws::config::Intercept for Undo {
    fn name(&self) -> &'static str {
        "Undo"
    }

    fn modify_before_serialization(
        &self,
        _: &mut monotable::aws::config::interceptors::BeforeSerializationInterceptorContextMut<'_>,
        _: &monotable::aws::config::RuntimeComponents,
        config: &mut monotable::aws::config::ConfigBag,
    ) -> Result<(), monotable::aws::error::BoxError> {
        use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
        use aws_smithy_runtime_api::client::ser_de::SharedRequestSerializer;
        let layer = monotable::aws::operation::batch_write_item::BatchWriteItem::new().config();
        if let Some(sdk) = layer.as_ref().and_then(|layer| layer.load::<SharedRequestSerializer>()) {
            config.interceptor_state().store_put(sdk.clone());
        }
        Ok(())
    }
}

async fn a_batch_detects_that_its_serializer_is_not_used(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let config = table.client().config().to_builder().interceptor(Undo).build();
    let client = monotable::aws::Client::from_conf(config);
    let undone = Connection::new(client.clone(), table.table_name());
    requests.take();
    Base::batch_write().put(&lock()).on(&undone).await.unwrap();
    let at_first = requests.take();
    Base::batch_write().put(&Lock { id: "m".into(), ..lock() }).on(&undone).await.unwrap();
    let second = requests.take();
    // Other connections of the same client.
    let others = [client.clone(), undone.client().clone()].map(|client| Connection::new(client, table.table_name()));
    for other in others {
        Base::batch_write().put(&Lock { id: "n".into(), ..lock() }).on(&other).await.unwrap();
    }
    assert_eq!(
        (at_first, second, requests.take()),
        (2, 1, 2),
        "only the first batch of a client must take an additional request"
    );
    // Another client.
    let other = Connection::new(monotable::aws::Client::from_conf(client.config().clone()), table.table_name());
    Base::batch_write().put(&Lock { id: "o".into(), ..lock() }).on(&other).await.unwrap();
    assert_eq!(requests.take(), 2);
    assert_eq!(Lock::scan().on(&table).count().await.unwrap(), 4);
}
