//! Managed fields: versions, times and expiry.

use chrono::{DateTime, Utc};
use monotable::{Connection, Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};

use monotable::aws::types::AttributeValue;

use crate::support::between::{Between, Fate};
use crate::support::case::{Env, cases, get_raw, n, put_raw, s};
use crate::support::ledger::{Account, Ledger, Session, account, at, session, table, time};

cases![
    each_write_increments_the_version,
    a_write_of_a_stale_entity_is_rejected,
    an_update_by_key_increments_the_version,
    a_write_adds_a_version_to_an_item_without_one,
    a_delete_of_a_stale_entity_is_rejected,
    writes_set_created_at_and_updated_at,
    a_batch_write_sets_updated_at,
    a_failed_condition_is_explained,
    an_expiry_that_is_not_in_seconds_is_rejected,
    exclude_expired_skips_expired_items,
    a_builder_does_not_need_managed_fields,
    a_create_can_replace_an_expired_item,
];

async fn stored(table: &Connection, id: &str) -> monotable::Item {
    get_raw(table, &format!("ACCOUNT#{id}"), "ACCOUNT").await.unwrap()
}

async fn each_write_increments_the_version(env: Env) {
    let (table, _) = table(&env).await;
    let first = account("a").create().on(&table).await.unwrap();
    assert_eq!(first.version, 1);
    let second = first.put().on(&table).await.unwrap();
    assert_eq!(second.version, 2);
    let third = Account::update(&second).set(Account::BALANCE, 5).on(&table).await.unwrap();
    assert_eq!((third.version, third.balance), (3, 5));
    let fourth = Account::update("a").set(Account::BALANCE, 6).on(&table).await.unwrap();
    assert_eq!(fourth.version, 4);
    assert_eq!(Account::get("a").on(&table).await.unwrap(), Some(fourth.clone()));
    // A put of an entity with version 0 creates the item, and fails if the item exists.
    assert_eq!(account("b").put().on(&table).await.unwrap().version, 1);
    let error = account("b").put().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConditionFailed);
    assert_eq!(stored(&table, "b").await.get("version"), Some(&n(1)));
    // After a delete, a create starts at version 1 again.
    Account::delete(&fourth).on(&table).await.unwrap();
    assert_eq!(fourth.create().on(&table).await.unwrap().version, 1);
}

async fn a_write_of_a_stale_entity_is_rejected(env: Env) {
    let (table, _) = table(&env).await;
    let stale = account("a").create().on(&table).await.unwrap();
    let current = stale.put().on(&table).await.unwrap();
    for error in [
        stale.put().on(&table).await.unwrap_err(),
        Account::update(&stale).set(Account::BALANCE, 9).on(&table).await.unwrap_err(),
        Account::update(&stale)
            .set(Account::BALANCE, 9)
            .set(Account::STATE, "X")
            .upsert()
            .on(&table)
            .await
            .unwrap_err(),
    ] {
        assert!(error.is_condition_failed() && !error.is_outcome_unknown(), "{error}");
        assert_eq!(error.item_key(), Some("ACCOUNT#a / ACCOUNT"));
        let found: Account = error.conflicting_item().unwrap().unwrap();
        assert_eq!(found, current);
    }
    assert_eq!(Account::get("a").on(&table).await.unwrap(), Some(current));
}

async fn an_update_by_key_increments_the_version(env: Env) {
    let (table, _) = table(&env).await;
    let loaded = account("a").create().on(&table).await.unwrap();
    for balance in 1..=3 {
        Account::update("a").set(Account::BALANCE, balance).on(&table).await.unwrap();
    }
    assert_eq!(stored(&table, "a").await.get("version"), Some(&n(4)));
    let error = loaded.put().on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    let request = Account::update("a").set(Account::BALANCE, 1).on(&table).into_request().unwrap();
    assert_eq!(
        request.update_expression(),
        Some("SET #n0 = :v0, #n1 = if_not_exists(#n1, :v1) + :v0, #n2 = :v2, #n3 = :v3, #n4 = :v3")
    );
    assert_eq!(request.condition_expression(), Some("#n5 IN (:v4)"));
}

async fn a_write_adds_a_version_to_an_item_without_one(env: Env) {
    let (table, _) = table(&env).await;
    let mut item = account("a").to_item().unwrap();
    item.remove("version");
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    let loaded = Account::get("a").on(&table).await.unwrap().unwrap();
    assert_eq!(loaded.version, 0);
    assert_eq!(loaded.put().on(&table).await.unwrap().version, 1);
    assert!(loaded.put().on(&table).await.unwrap_err().is_condition_failed());
    put_raw(&table, &attributes).await;
    assert_eq!(Account::update(&loaded).set(Account::BALANCE, 1).on(&table).await.unwrap().version, 1);
}

async fn a_delete_of_a_stale_entity_is_rejected(env: Env) {
    let (table, _) = table(&env).await;
    let stale = account("a").create().on(&table).await.unwrap();
    let current = stale.put().on(&table).await.unwrap();
    let error = Account::delete(&stale).on(&table).await.unwrap_err();
    assert!(error.is_condition_failed() && error.found_item().is_some(), "{error}");
    assert!(Account::exists("a").on(&table).await.unwrap());
    Account::delete(&current).on(&table).await.unwrap();
    let error = Account::delete(&current).on(&table).await.unwrap_err();
    assert!(error.is_condition_failed() && error.found_item().is_none(), "{error}");
    // A delete by key does not check the version, and succeeds for a missing item.
    Account::delete("a").on(&table).await.unwrap();
}

async fn writes_set_created_at_and_updated_at(env: Env) {
    let (table, _) = table(&env).await;
    let created = account("a").create().on(&at(&table, 1)).await.unwrap();
    assert_eq!((created.created_at, created.updated_at), (time(1), time(1)));
    let put = created.put().on(&at(&table, 2)).await.unwrap();
    assert_eq!((put.created_at, put.updated_at), (time(1), time(2)));
    let updated = Account::update("a").set(Account::BALANCE, 1).on(&at(&table, 3)).await.unwrap();
    assert_eq!((updated.created_at, updated.updated_at), (time(1), time(3)));
    // Index keys that use these fields are updated.
    let item = stored(&table, "a").await;
    let text = |seconds| s(&time(seconds).format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string());
    assert_eq!((item.get("gsi1sk"), item.get("gsi2sk")), (Some(&text(1)), Some(&text(3))));
    assert_eq!(item, updated.to_item().unwrap());
    // A time that the caller sets is stored unchanged.
    let own = Account::update("a").set(Account::UPDATED_AT, time(-5)).set(Account::CREATED_AT, time(-9));
    let own = own.on(&at(&table, 4)).await.unwrap();
    assert_eq!((own.created_at, own.updated_at), (time(-9), time(-5)));
    // An upsert of an existing item does not change `created_at`; an upsert of a missing item sets it.
    let upsert = |id: &'static str, seconds| {
        let update = Account::update(id).set(Account::STATE, "OPEN").set(Account::BALANCE, 7).upsert();
        update.on(&at(&table, seconds))
    };
    let known = upsert("a", 5).await.unwrap();
    assert_eq!((known.created_at, known.updated_at), (time(-9), time(5)));
    assert_eq!(stored(&table, "a").await, known.to_item().unwrap());
    let new = upsert("new", 6).await.unwrap();
    assert_eq!((new.created_at, new.updated_at, new.version), (time(6), time(6), 1));
    assert_eq!(stored(&table, "new").await, new.to_item().unwrap());
    // An upsert fails if the existing item does not have an index key built from `created_at`.
    let mut item = stored(&table, "a").await;
    item.retain(|name, _| !name.starts_with("gsi1"));
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &attributes).await;
    let error = upsert("a", 7).await.unwrap_err();
    assert!(error.is_condition_failed() && error.found_item().is_some(), "{error}");
    assert_eq!(stored(&table, "a").await, item);
    // A time may be stored in a text field.
    let session = session("s", None).create().on(&table).await.unwrap();
    assert_eq!(session.born.as_deref(), Some("2026-11-21T00:00:00.000000+00:00"));
    // With the system clock, the returned time has the microsecond precision of the stored time.
    let now = account("c").create().on(&env.place("Ledger", table.client())).await.unwrap();
    assert_eq!(Account::get("c").on(&table).await.unwrap(), Some(now));
}

async fn a_batch_write_sets_updated_at(env: Env) {
    let (table, _) = table(&env).await;
    let sessions = [session("a", None), session("b", Some(5))];
    Ledger::batch_write().put_all(&sessions).on(&at(&table, 1)).await.unwrap();
    let found = Session::query(()).on(&table).all().await.unwrap();
    // A put does not set `created_at`.
    assert_eq!(found, sessions);
    let page = |text: &str| Page { id: 1, text: text.into(), changed: None };
    let pages = env.place("pages", table.client());
    Pages::ensure_table().on(&pages).await.unwrap();
    Pages::batch_write().put(&page("a")).on(&at(&pages, 2)).await.unwrap();
    let found = Page::get(1).on(&pages).await.unwrap().unwrap();
    assert_eq!((found.text.as_str(), found.changed), ("a", Some(time(2))));
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "pages" },
    "tableConfig": { "globalSecondaryIndexes": [] }
}"#)]
enum Pages {
    Page(Page),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Pages, pk = "PAGE#{id}", sk = "PAGE")]
struct Page {
    id: u32,
    text: String,
    #[entity(updated_at)]
    #[serde(default, with = "monotable::timestamp")]
    changed: Option<DateTime<Utc>>,
}

async fn a_failed_condition_is_explained(env: Env) {
    let (table, _) = table(&env).await;
    let stale = account("a").create().on(&table).await.unwrap();
    let said = |error: monotable::Error| error.to_string().split_once(": ").unwrap().1.to_owned();
    let set = || Account::update(&stale).set(Account::BALANCE, 9);
    // The item was deleted.
    Account::delete("a").on(&table).await.unwrap();
    let is_gone = "no item has this key: it was deleted after the entity was read, or was never written";
    let error = said(stale.put().on(&table).await.unwrap_err());
    assert_eq!(error, format!("the condition was not met: {is_gone}"));
    let error = said(stale.put().condition(Account::BALANCE.eq(0)).on(&table).await.unwrap_err());
    assert_eq!(error, format!("the condition was not met: {is_gone}"));
    let error = set().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    // Without a version, the message does not mention an earlier read.
    let put = session("s", None).put().condition(Session::BORN.exists());
    let error = said(put.on(&table).await.unwrap_err());
    assert_eq!(error, "the condition given with `condition` was not met");
    let error = session("s", None).put().must_exist().on(&table).await.unwrap_err();
    assert!(!error.to_string().contains("given with"), "{error}");
    // The message distinguishes a changed version from the caller's condition.
    let new = account("a").create().on(&table).await.unwrap();
    let current = new.put().on(&table).await.unwrap();
    let error = said(new.put().on(&table).await.unwrap_err());
    assert!(error.contains("version has changed") && !error.contains("given with"), "{error}");
    let error = said(current.put().condition(Account::BALANCE.eq(77)).on(&table).await.unwrap_err());
    assert_eq!(error, "the condition given with `condition` was not met");
    let error = said(
        Account::update("a").set(Account::BALANCE, 1).condition(Account::BALANCE.eq(77)).on(&table).await.unwrap_err(),
    );
    assert_eq!(error, "the condition given with `condition` was not met");
    // DynamoDB rejected a write without conditions of the caller, and its item explains nothing.
    let passing = Between::new(|_, _| Fate::Passed);
    let current = Account::get("a").on(&table).await.unwrap().unwrap();
    let current = current.put().on(&env.place("Ledger", &passing.client(table.client()))).await.unwrap();
    let failed = serde_json::json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": passing.seen("PutItem")[0]["Item"],
    });
    let between = Between::new(move |_, _| Fate::Failed(400, failed.clone()));
    let failing = env.place("Ledger", &between.client(table.client()));
    for error in [
        current.put().on(&failing).await.unwrap_err(),
        Account::delete(&current).on(&failing).await.unwrap_err(),
        Account::update(&current).set(Account::BALANCE, 1).on(&failing).await.unwrap_err(),
    ] {
        assert!(error.is_condition_failed() && !error.to_string().contains("given with"), "{error}");
    }
}

async fn an_expiry_that_is_not_in_seconds_is_rejected(env: Env) {
    let (table, _) = table(&env).await;
    session("a", Some(60)).create().on(&table).await.unwrap();
    let item = get_raw(&table, "SESSIONS", "SESSION#a").await.unwrap();
    assert_eq!(item.get("expiresAt"), Some(&n(1_795_219_260)), "date -u -d 2026-11-21T00:01Z +%s");
    let later = Session::update("a").set(Session::EXPIRES_AT, time(90)).on(&table).await.unwrap();
    assert_eq!(later.expires_at, Some(time(90)));
    let never = Session::update("a").remove(Session::EXPIRES_AT).on(&table).await.unwrap();
    assert_eq!(never.expires_at, None);
    let far = DateTime::from_timestamp_millis(i64::MAX / 2_000).unwrap();
    let far = Session { expires_at: Some(far), ..session("far", None) };
    for error in [
        far.put().on(&table).await.unwrap_err(),
        Session::update("a").set(Session::EXPIRES_AT, far.expires_at).on(&table).await.unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("attribute `expiresAt`: a time of expiry is a number of seconds"),
            "{error}"
        );
    }
}

async fn exclude_expired_skips_expired_items(env: Env) {
    let (table, requests) = table(&env).await;
    for (id, expires) in [("past", Some(-1)), ("now", Some(0)), ("soon", Some(1)), ("never", None)] {
        session(id, expires).put().on(&table).await.unwrap();
    }
    requests.take();
    let ids = |sessions: Vec<Session>| sessions.into_iter().map(|session| session.id).collect::<Vec<_>>();
    let alive = Session::query(()).exclude_expired().on(&table).all().await.unwrap();
    assert_eq!(ids(alive), ["never", "soon"]);
    assert_eq!(ids(Session::query(()).on(&table).all().await.unwrap()).len(), 4);
    assert_eq!(Session::scan().exclude_expired().on(&table).count().await.unwrap(), 2);
    assert_eq!(Ledger::query("SESSIONS").exclude_expired().limit(1).on(&table).all().await.unwrap().len(), 1);
    // An item whose expiry is NULL or not a number does not expire.
    for (id, value) in [("null", AttributeValue::Null(true)), ("text", s("soon"))] {
        let key = format!("SESSION#{id}");
        put_raw(&table, &[("pk", s("SESSIONS")), ("sk", s(&key)), ("entity_type", s("Session")), ("expiresAt", value)])
            .await;
    }
    assert_eq!(Ledger::query("SESSIONS").exclude_expired().on(&table).count().await.unwrap(), 4);
    assert!(Session::exists("null").exclude_expired().on(&table).await.unwrap());
    Ledger::batch_write().delete(Session::key("null")).delete(Session::key("text")).on(&table).await.unwrap();
    // The current time comes from the clock of the connection.
    assert_eq!(ids(Session::query(()).exclude_expired().on(&at(&table, 1)).all().await.unwrap()), ["never"]);
    let get = |id: &'static str| Session::get(id).exclude_expired().on(&table);
    assert!(get("now").await.unwrap().is_none());
    assert!(get("soon").await.unwrap().is_some() && get("never").await.unwrap().is_some());
    assert!(!Session::exists("past").exclude_expired().on(&table).await.unwrap());
    assert!(Session::exists("soon").exclude_expired().on(&table).await.unwrap());
    let keys = ["past", "soon", "never"].map(Session::key);
    let found = Ledger::batch_get(keys).exclude_expired().on(&table).await.unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true]);
    let (past, soon) = (Session::get("past").exclude_expired(), Session::get("soon").exclude_expired());
    let (past, soon) = Ledger::transact_get((past, soon)).on(&table).await.unwrap();
    assert!(past.is_none() && soon.is_some());
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "built" } }"#)]
enum BuiltTable {
    Built(Built),
}

fn three() -> u32 {
    3
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = BuiltTable, pk = "BUILT#{id}", sk = "BUILT", builder)]
struct Built {
    #[entity(key_only)]
    id: String,
    r#type: String,
    count: u32,
    note: Option<String>,
    size: Option<u8>,
    #[serde(default = "three")]
    tries: u32,
    #[serde(default)]
    tags: Vec<String>,
    #[entity(version)]
    version: i32,
    #[entity(write_id)]
    write: Option<String>,
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
    #[entity(updated_at)]
    updated_at: Option<String>,
}

async fn a_builder_does_not_need_managed_fields(env: Env) {
    let table = env.table::<BuiltTable>().await;
    // Setters may be called in any order, and the last value counts.
    let built = Built::builder().count(1).r#type("x").id("a").count(2).maybe_size(Some(7)).build();
    assert_eq!((built.id.as_str(), built.count, built.note.as_deref(), built.size), ("a", 2, None, Some(7)));
    assert_eq!((built.tries, built.tags.len(), built.version), (3, 0, 0));
    let stored = built.create().on(&at(&table, 5)).await.unwrap();
    assert_eq!((stored.version, stored.created_at), (1, time(5)));
    assert!(stored.write.is_some_and(|id| !id.is_empty()) && stored.updated_at.is_some());
    // A put stores the `created_at` of the entity, which the builder sets to the current time.
    let put = Built::builder().id("b").r#type("x").count(1).note("n").tries(9).build().put().on(&table).await.unwrap();
    assert!(put.created_at > time(0) && put.note.as_deref() == Some("n") && put.tries == 9);
}

async fn a_create_can_replace_an_expired_item(env: Env) {
    let (table, _) = table(&env).await;
    session("a", Some(5)).create().on(&at(&table, 0)).await.unwrap();
    let again = || session("a", Some(9)).create().replace_expired();
    // It fails before the item has expired, and without `replace_expired`.
    assert!(again().on(&at(&table, 4)).await.unwrap_err().is_already_exists());
    assert!(session("a", Some(9)).create().on(&at(&table, 6)).await.unwrap_err().is_already_exists());
    assert_eq!(again().on(&at(&table, 5)).await.unwrap().expires_at, session("a", Some(9)).expires_at);
    Ledger::transact_write().create(session("a", None).create().replace_expired()).on(&at(&table, 9)).await.unwrap();
    // It fails for an item that does not expire, and for an item of another entity.
    assert!(again().on(&at(&table, 99)).await.unwrap_err().is_already_exists());
    let foreign = [("pk", s("SESSIONS")), ("sk", s("SESSION#b")), ("entity_type", s("Other")), ("expiresAt", n(1))];
    put_raw(&table, &foreign).await;
    let error = session("b", None).create().replace_expired().on(&at(&table, 99)).await.unwrap_err();
    assert!(error.is_already_exists(), "{error}");
    assert_eq!(session("c", None).create().replace_expired().on(&table).await.unwrap().id, "c");
    // A table without `ttlAttribute` is an error.
    let built = Built::builder().id("a").r#type("x").count(1).build().create().replace_expired();
    assert!(built.on(&table).await.unwrap_err().to_string().contains("`ttlAttribute`"));
}
