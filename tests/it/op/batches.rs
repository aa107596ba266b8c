//! Batches: order, splitting into requests, unprocessed keys and unprocessed items.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use monotable::op::BatchEntry;
use monotable::{Connection, Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::between::{Between, Fate, first};
use crate::support::case::{Env, cases, n, put_raw, s};
use crate::support::proxy::{Fault, Proxy};

cases![
    batch_get_returns_items_in_the_order_of_the_keys,
    batch_get_of_an_entity_accepts_key_fields,
    an_item_larger_than_400_kb_is_rejected_before_it_is_sent,
    batch_deletes_accept_references_to_entities,
    batch_get_requests_have_up_to_100_keys,
    a_bad_item_fails_a_batch_get_unless_on_bad_item_receives_it,
    batch_write_requests_have_up_to_25_entries,
    a_batch_with_two_entries_for_one_key_is_rejected,
    a_batch_with_an_invalid_key_is_rejected_before_it_is_sent,
    unprocessed_entries_are_retried,
    entries_that_stay_unprocessed_are_in_the_error,
    progress_resets_the_number_of_attempts,
    a_failed_request_does_not_affect_other_requests_of_a_batch,
    throttled_batches_are_retried,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Base {
    Row(Row),
    Other(Other),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ROW#{n:04}", sk = "ROW")]
struct Row {
    #[entity(key_only)]
    n: u32,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "OTHER#{id}", sk = "OTHER#{id}")]
struct Other {
    id: String,
}

fn row(n: u32) -> Row {
    Row { n, text: format!("row {n}") }
}

fn rows(count: u32) -> Vec<Row> {
    (0..count).map(row).collect()
}

async fn batch_get_returns_items_in_the_order_of_the_keys(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    row(1).put().on(&table).await.unwrap();
    let other = Other { id: "o".into() }.put().on(&table).await.unwrap();
    requests.take();
    let keys = [Row::key(1), Other::key("o"), Row::key(9), Row::key(&row(1)), Other::key("o")];
    let found = Base::batch_get(keys).consistent().on(&table).await.unwrap();
    let (one, other) = (Some(Base::Row(row(1))), Some(Base::Other(other)));
    assert_eq!(found, [one.clone(), other.clone(), None, one, other]);
    assert_eq!(requests.take(), 1);
    let none: [monotable::Key<Base>; 0] = [];
    assert_eq!(Base::batch_get(none).on(&table).await.unwrap(), []);
    let error = Base::batch_get([Other::key("a#b")]).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidKey);
    assert_eq!(requests.take(), 0);
}

async fn batch_get_of_an_entity_accepts_key_fields(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    Base::batch_write().put_all(&rows(3)).on(&table).await.unwrap();
    requests.take();
    let found: Vec<Option<Row>> = Row::batch_get([2, 9, 0, 2]).on(&table).await.unwrap();
    assert_eq!(found, [Some(row(2)), None, Some(row(0)), Some(row(2))]);
    assert_eq!(requests.take(), 1);
    let partial = Row::batch_get(&rows(2)).consistent().on(&table).partial().await.unwrap();
    assert_eq!(partial.items, [Some(row(0)), Some(row(1))]);
    let error = Other::batch_get(["o", "a#b"]).on(&table).await.unwrap_err();
    assert_eq!((error.kind(), error.entity_name()), (ErrorKind::InvalidKey, Some("Other")));
}

async fn batch_deletes_accept_references_to_entities(env: Env) {
    let table = env.table::<Base>().await;
    Base::batch_write().put_all(&rows(4)).put(&Other { id: "o".into() }).on(&table).await.unwrap();
    let (first, rest) = (row(0), rows(4));
    let batch = Base::batch_write().delete(&first).delete(&Other { id: "o".into() }).delete_all(&rest[2..]);
    batch.on(&table).await.unwrap();
    assert_eq!(Base::scan().on(&table).all().await.unwrap(), [Base::Row(row(1))]);
    assert_eq!(Base::batch_get([&rest[1], &rest[2]]).on(&table).await.unwrap(), [Some(Base::Row(row(1))), None]);
}

/// Returns an entity whose item has exactly this many bytes.
fn of_size(n: u32, bytes: usize) -> Row {
    let others =
        ["pk", "ROW#0001", "sk", "ROW", "entity_type", "Row", "text"].iter().map(|text| text.len()).sum::<usize>();
    Row { n, text: "x".repeat(bytes - others) }
}

async fn an_item_larger_than_400_kb_is_rejected_before_it_is_sent(env: Env) {
    const MOST: usize = 400 * 1024;
    let (table, requests) = env.counted::<Base>().await;
    // The engine accepts an item of the maximum size, and rejects one more byte.
    of_size(1, MOST).put().on(&table).await.unwrap();
    assert!(put_raw_is_refused(&table, &of_size(2, MOST + 1)).await);
    requests.take();
    let message = "the item has 409601 bytes, but DynamoDB accepts at most 409600 (400 KB)";
    let large = of_size(2, MOST + 1);
    for error in [large.put().on(&table).await.unwrap_err(), large.create().on(&table).await.unwrap_err()] {
        assert_eq!((error.kind(), error.item_key()), (ErrorKind::InvalidRequest, Some("ROW#0002 / ROW")));
        assert!(error.to_string().contains(message), "{error}");
    }
    let error = Base::transact_write().put(&row(3)).put(&large).on(&table).await.unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(requests.take(), 0);
    // A batch writes all other entries.
    let error = Base::batch_write().put(&row(4)).put(&large).put(&row(5)).on(&table).await.unwrap_err();
    assert_eq!((error.kind(), error.item_key()), (ErrorKind::InvalidRequest, Some("ROW#0002 / ROW")));
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(error.unwritten(), [BatchEntry::Put(large.to_item().unwrap())]);
    assert_eq!(Row::batch_get([2, 4, 5]).on(&table).await.unwrap(), [None, Some(row(4)), Some(row(5))]);
}

async fn put_raw_is_refused(table: &Connection, row: &Row) -> bool {
    let item = row.to_item().unwrap().into_inner();
    table.client().put_item().table_name(table.table_name()).set_item(Some(item)).send().await.is_err()
}

async fn batch_get_requests_have_up_to_100_keys(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    Base::batch_write().put_all(&rows(250)).on(&table).await.unwrap();
    assert_eq!(requests.take(), 10);
    let keys: Vec<_> = (0..250).rev().map(Row::key).collect();
    let found = Base::batch_get(keys).on(&table).await.unwrap();
    let expected: Vec<_> = (0..250).rev().map(|n| Some(Base::Row(row(n)))).collect();
    assert_eq!(found, expected);
    assert_eq!(requests.take(), 3);
}

async fn a_bad_item_fails_a_batch_get_unless_on_bad_item_receives_it(env: Env) {
    let table = env.table::<Base>().await;
    row(1).put().on(&table).await.unwrap();
    put_raw(&table, &[("pk", s("ROW#0002")), ("sk", s("ROW")), ("entity_type", s("Row")), ("text", n(1))]).await;
    put_raw(&table, &[("pk", s("ROW#0003")), ("sk", s("ROW")), ("entity_type", s("Unheard"))]).await;
    let get = || Base::batch_get([1, 2, 3].map(Row::key)).on(&table);
    let error = get().await.unwrap_err();
    assert!(error.is_bad_item() && error.to_string().contains("ROW#0002 / ROW: attribute `text`"), "{error}");
    let (sender, errors) = std::sync::mpsc::channel();
    let found = get().on_bad_item(move |error| sender.send(error.kind()).unwrap()).await.unwrap();
    assert_eq!(found, [Some(Base::Row(row(1))), None, None]);
    assert_eq!(errors.iter().collect::<Vec<_>>(), [ErrorKind::Decode, ErrorKind::UnknownEntity]);
}

async fn batch_write_requests_have_up_to_25_entries(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    Base::batch_write().put_all(&rows(30)).put(&Other { id: "o".into() }).on(&table).await.unwrap();
    assert_eq!(requests.take(), 2);
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), 31);
    let write = Base::batch_write().delete(Other::key("o")).delete(Row::key(&row(3)).unwrap()).put(&row(99));
    write.on(&table).await.unwrap();
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), 30);
    requests.take();
    Base::batch_write().on(&table).await.unwrap();
    assert_eq!(requests.take(), 0, "an empty batch must not send a request");
}

async fn a_batch_with_two_entries_for_one_key_is_rejected(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let error = Base::batch_write().put(&row(1)).delete(Row::key(1)).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(
        error.to_string().starts_with("batch_write Base ROW#0001 / ROW: the batch contains this key twice"),
        "{error}"
    );
    assert_eq!(requests.take(), 0);
}

async fn a_batch_with_an_invalid_key_is_rejected_before_it_is_sent(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let error = Base::batch_write().put(&row(1)).put(&Other { id: String::new() }).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidKey);
    assert_eq!(requests.take(), 0);
}

/// Returns a connection for which the first `times` requests of this operation return all entries as unprocessed.
fn leaving(env: &Env, operation: &'static str, times: usize) -> (Connection, Between) {
    let leaves = first(times);
    let between = Between::new(move |seen, body| {
        if seen != operation || !leaves() {
            return Fate::Passed;
        }
        let all = body["RequestItems"].clone();
        Fate::Answered(match operation {
            "BatchGetItem" => json!({ "Responses": {}, "UnprocessedKeys": all }),
            _ => json!({ "UnprocessedItems": all }),
        })
    });
    (env.place("Base", &between.client(&env.engine().client())), between)
}

async fn unprocessed_entries_are_retried(env: Env) {
    env.table::<Base>().await;
    let (table, between) = leaving(&env, "BatchWriteItem", 3);
    Base::batch_write().put_all(&rows(10)).on(&table).await.unwrap();
    assert_eq!(between.seen("BatchWriteItem").len(), 4);
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), 10);
    let (table, between) = leaving(&env, "BatchGetItem", 3);
    let found = Base::batch_get((0..10).map(Row::key)).on(&table).await.unwrap();
    assert_eq!(found.iter().flatten().count(), 10);
    assert_eq!(between.seen("BatchGetItem").len(), 4);
}

async fn entries_that_stay_unprocessed_are_in_the_error(env: Env) {
    env.table::<Base>().await;
    let (table, between) = leaving(&env, "BatchWriteItem", usize::MAX);
    let write = Base::batch_write().put(&row(1)).delete(Row::key(2)).attempts(3).on(&table);
    let error = write.await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert_eq!(between.seen("BatchWriteItem").len(), 3);
    let [BatchEntry::Put(item), BatchEntry::Delete(key)] = error.unwritten() else { panic!("{error:?}") };
    assert_eq!(*item, row(1).to_item().unwrap());
    assert_eq!((key.text("pk"), key.text("sk"), key.len()), (Some("ROW#0002"), Some("ROW"), 2));
    // The unwritten entries can be written later.
    let direct = env.place("Base", &env.engine().client());
    Base::batch_write().entries(error.unwritten().to_vec()).on(&direct).await.unwrap();
    assert_eq!(Row::get(1).on(&direct).await.unwrap(), Some(row(1)));
    let (table, _) = leaving(&env, "BatchGetItem", usize::MAX);
    let error = Base::batch_get([Row::key(1)]).attempts(2).on(&table).await.unwrap_err();
    assert!(error.is_throttled() && error.to_string().contains("1 of 1 items were not read"), "{error}");
}

async fn a_failed_request_does_not_affect_other_requests_of_a_batch(env: Env) {
    env.table::<Base>().await;
    let between = Between::new(|operation, body| match body.to_string().contains("ROW#0030") {
        true if operation == "BatchWriteItem" => Fate::Refused("ValidationException"),
        _ => Fate::Passed,
    });
    let table = env.place("Base", &between.client(&env.engine().client()));
    let error = Base::batch_write().put_all(&rows(60)).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let mut left: Vec<String> = Vec::new();
    for entry in error.unwritten() {
        let BatchEntry::Put(item) = entry else { panic!("{entry:?}") };
        left.push(item.text("pk").unwrap().to_owned());
    }
    assert_eq!(left, (25..50).map(|n| format!("ROW#{n:04}")).collect::<Vec<_>>());
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), 35);
}

async fn throttled_batches_are_retried(env: Env) {
    env.table::<Base>().await;
    for (operation, code) in
        [("BatchWriteItem", "ThrottlingException"), ("BatchGetItem", "ProvisionedThroughputExceededException")]
    {
        let throttles = first(2);
        let between = Between::new(move |seen, _| match seen == operation && throttles() {
            true => Fate::Refused(code),
            false => Fate::Passed,
        });
        let table = env.place("Base", &between.client(&env.engine().client()));
        Base::batch_write().put(&row(1)).on(&table).await.unwrap();
        assert_eq!(Base::batch_get([Row::key(1)]).on(&table).await.unwrap(), [Some(Base::Row(row(1)))]);
        assert_eq!(between.seen(operation).len(), 3);
    }
}

async fn progress_resets_the_number_of_attempts(env: Env) {
    let table = env.table::<Base>().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    // Each response returns the first half of the entries, rounded up, as unprocessed. A single entry is never processed.
    let proxy = Proxy::start(table.endpoint().unwrap(), "", move |_, _, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        Fault::LeaveHalf
    });
    let halved = Connection::new(proxy.await.client(table.client(), 1), table.table_name());
    let error = Base::batch_write().put_all(&rows(16)).attempts(2).on(&halved).await.unwrap_err();
    // The requests have 16, 8, 4, 2, 1 and 1 entries. The last two make no progress.
    assert_eq!((asked.load(Ordering::SeqCst), error.unwritten().len()), (6, 1), "{error}");
    assert!(error.to_string().contains("1 of 16 entries were not written"), "{error}");
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), 15);
    // The same holds for batch gets.
    let between = Between::new(|_, body| {
        let wanted = &body["RequestItems"]["batches"]["Keys"];
        let left = wanted.as_array().map(|keys| keys[..keys.len().div_ceil(2)].to_vec()).unwrap();
        Fate::Answered(json!({ "Responses": {}, "UnprocessedKeys": { "batches": { "Keys": left } } }))
    });
    let halved = Connection::new(between.client(table.client()), "batches");
    let read = Base::batch_get((0..16).map(Row::key)).attempts(2).on(&halved).partial().await.unwrap();
    assert_eq!((between.seen("BatchGetItem").len(), read.unread.len()), (6, 1));
}
