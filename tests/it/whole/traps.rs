//! Common problems with single-table libraries, one case each. None of them occurs with monotable.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone, Utc};
use monotable::aws::types::AttributeValue;
use monotable::{Connection, Cursor, Entity, ErrorKind, N, Table};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::between::{Between, Fate, first};
use crate::support::case::{Env, Requests, cases, get_raw, n, put_raw, s};

cases![
    an_update_does_not_leave_a_stale_index_key,
    an_atomic_add_does_not_change_index_keys,
    an_update_of_a_part_of_a_composite_key_needs_the_other_parts,
    a_missing_part_of_a_key_is_rejected_or_removes_the_index_keys,
    removing_a_value_removes_its_index_keys,
    keys_keep_upper_and_lower_case,
    a_delimiter_in_a_value_is_rejected,
    entities_with_one_partition_key_have_separate_sort_keys,
    a_query_does_not_match_a_longer_prefix,
    a_sort_condition_does_not_read_items_of_other_entities,
    an_item_without_a_known_discriminator_is_an_error,
    a_read_or_filter_of_an_attribute_that_the_index_lacks_is_rejected,
    a_query_of_a_shared_partition_returns_exactly_its_entity,
    a_limit_with_a_filter_reads_past_empty_pages,
    a_cursor_resumes_after_a_limit_in_the_middle_of_a_page,
    a_cursor_does_not_leak_keys_and_cannot_be_forged,
    unprocessed_keys_of_a_batch_are_retried,
    numbers_keep_all_digits,
    padded_numbers_in_keys_sort_numerically,
    null_missing_and_empty_values_are_distinguished,
    every_kind_of_write_checks_the_version,
    a_query_returns_items_of_several_entities,
    exclude_expired_skips_items_that_dynamodb_has_not_deleted,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "traps" },
    "tableConfig": { "ttlAttribute": "expires", "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "gsi2", "partitionKey": "gsi2pk", "sortKey": "gsi2sk", "projection": ["title"] } ] }
}"#)]
enum Base {
    Task(Task),
    TaskNote(TaskNote),
    Doc(Doc),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    pk = "TEAM#{team}",
    sk = "TASK#{id}",
    gsi1(pk = "STATUS#{status}", sk = "{score:06}#{owner}", name = "by_status"),
)]
struct Task {
    team: String,
    id: String,
    status: Option<String>,
    score: u32,
    owner: String,
    total: u64,
    note: Option<String>,
    #[entity(ttl)]
    expires: Option<u64>,
}

/// An entity whose sort keys begin with the same letters as those of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "TEAM#{team}", sk = "TASKNOTE#{id}", gsi1(pk = "STATUS#{status}", sk = "{id}"))]
struct TaskNote {
    team: String,
    id: String,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "DOC#{id}", sk = "DOC", gsi2(pk = "DOCS", sk = "{id}"))]
struct Doc {
    id: String,
    #[entity(version)]
    version: u32,
    title: String,
    big: i128,
    exact: N<bigdecimal::BigDecimal>,
    at: Option<DateTime<Utc>>,
    tags: BTreeMap<String, Option<String>>,
}

fn task(id: &str) -> Task {
    Task {
        team: "t".into(),
        id: id.into(),
        status: Some("OPEN".into()),
        score: 7,
        owner: "ann".into(),
        total: 0,
        note: None,
        expires: None,
    }
}

fn note(id: &str) -> TaskNote {
    TaskNote { team: "t".into(), id: id.into(), status: "OPEN".into() }
}

fn doc(id: &str) -> Doc {
    Doc {
        id: id.into(),
        version: 0,
        title: "x".into(),
        big: 12_345_678_901_234_567_890_123_456_789_012_345_678,
        exact: N("0.1".parse().unwrap()),
        at: Some(Utc.with_ymd_and_hms(2026, 11, 21, 0, 0, 0).unwrap()),
        tags: BTreeMap::new(),
    }
}

async fn stored(table: &Connection, id: &str) -> monotable::Item {
    get_raw(table, "TEAM#t", &format!("TASK#{id}")).await.unwrap()
}

async fn with_task(env: &Env) -> (Connection, Requests) {
    let (table, requests) = env.counted::<Base>().await;
    task("1").create().on(&table).await.unwrap();
    requests.take();
    (table, requests)
}

async fn an_update_does_not_leave_a_stale_index_key(env: Env) {
    let (table, _) = with_task(&env).await;
    let changed = Task::update(&task("1")).set(Task::STATUS, "DONE").set(Task::SCORE, 9).on(&table).await.unwrap();
    assert_eq!(Task::by_status("OPEN").on(&table).all().await.unwrap(), []);
    assert_eq!(Task::by_status("DONE").on(&table).one().await.unwrap(), changed);
    assert_eq!(stored(&table, "1").await, changed.to_item().unwrap());
}

/// `add` to a field of an index key does not compile: `ui::add_to_index_key_field`.
async fn an_atomic_add_does_not_change_index_keys(env: Env) {
    let (table, _) = with_task(&env).await;
    let before = stored(&table, "1").await;
    assert_eq!(Task::update(("t", "1")).add(Task::TOTAL, 3).on(&table).await.unwrap().total, 3);
    let after = stored(&table, "1").await;
    assert_eq!((after.get("gsi1pk"), after.get("gsi1sk")), (before.get("gsi1pk"), before.get("gsi1sk")));
}

async fn an_update_of_a_part_of_a_composite_key_needs_the_other_parts(env: Env) {
    let (table, requests) = with_task(&env).await;
    let update = || Task::update(("t", "1")).set(Task::SCORE, 8);
    let error = update().on(&table).await.unwrap_err();
    assert!(
        error.to_string().contains("also depends on `status`") || error.to_string().contains("also depends on `owner`"),
        "{error}"
    );
    assert_eq!(requests.take(), 0);
    // The assumed values are checked by a condition, without a read.
    let known = |owner: &'static str| update().assuming(Task::OWNER, owner).assuming(Task::STATUS, "OPEN");
    assert!(known("bob").on(&table).await.unwrap_err().is_condition_failed());
    known("ann").on(&table).await.unwrap();
    assert_eq!(stored(&table, "1").await.get("gsi1sk"), Some(&s("000008#ann")));
}

async fn a_missing_part_of_a_key_is_rejected_or_removes_the_index_keys(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let without_owner = Task { owner: String::new(), ..task("1") };
    let error = without_owner.put().on(&table).await.unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidKey && error.to_string().contains("field `owner` is empty"), "{error}");
    assert_eq!(requests.take(), 0);
    Task { status: None, ..task("1") }.put().on(&table).await.unwrap();
    let item = stored(&table, "1").await;
    assert!(
        !item.contains_key("gsi1pk") && !item.contains_key("gsi1sk"),
        "without a status, the item must not have the index keys"
    );
}

async fn removing_a_value_removes_its_index_keys(env: Env) {
    let (table, _) = with_task(&env).await;
    let changed = Task::update(&task("1")).remove(Task::STATUS).on(&table).await.unwrap();
    assert_eq!(changed.status, None);
    assert_eq!(Task::by_status("OPEN").on(&table).all().await.unwrap(), []);
    let item = stored(&table, "1").await;
    assert!(["status", "gsi1pk", "gsi1sk"].iter().all(|name| !item.contains_key(name)), "{item:?}");
    let upsert = Task::update(&changed)
        .set(Task::STATUS, None)
        .set(Task::SCORE, 1)
        .set(Task::OWNER, "ann")
        .set(Task::TOTAL, 5_u64)
        .upsert();
    assert_eq!(upsert.on(&table).await.unwrap().total, 5);
}

async fn keys_keep_upper_and_lower_case(env: Env) {
    let table = env.table::<Base>().await;
    for id in ["Ab", "aB", "ab"] {
        task(id).create().on(&table).await.unwrap();
    }
    assert_eq!(Task::get(("t", "aB")).on(&table).await.unwrap().unwrap().id, "aB");
    assert_eq!(Task::query("t").on(&table).count().await.unwrap(), 3);
}

async fn a_delimiter_in_a_value_is_rejected(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    for task in [Task { team: "x#b".into(), ..task("1") }, Task { id: "x#b".into(), ..task("1") }] {
        let error = task.put().on(&table).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidKey && error.to_string().contains("delimiter `#`"), "{error}");
    }
    assert!(Task::get(("x#b", "z")).on(&table).await.is_err());
    assert_eq!(requests.take(), 0);
}

/// Two entities that can have the same primary key do not compile: `ui::two_entities_with_same_primary_key`.
async fn entities_with_one_partition_key_have_separate_sort_keys(env: Env) {
    let table = env.table::<Base>().await;
    task("1").create().on(&table).await.unwrap();
    note("1").create().on(&table).await.unwrap();
    assert_eq!(Base::query("TEAM#t").on(&table).count().await.unwrap(), 2);
}

async fn a_query_does_not_match_a_longer_prefix(env: Env) {
    let table = env.table::<Base>().await;
    task("1").put().on(&table).await.unwrap();
    for id in 0..20 {
        note(&id.to_string()).put().on(&table).await.unwrap();
    }
    let request = Task::query("t").into_request().unwrap();
    assert!(
        request.filter_expression().is_none(),
        "only `Task` has the prefix `TASK#`, so no filter is needed: {request:?}"
    );
    assert_eq!(Task::query("t").on(&table).all().await.unwrap(), [task("1")]);
}

async fn a_sort_condition_does_not_read_items_of_other_entities(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    task("1").put().on(&table).await.unwrap();
    task("5").put().on(&table).await.unwrap();
    for id in 0..20 {
        note(&id.to_string()).put().on(&table).await.unwrap();
    }
    let counted = |query: monotable::Query<Task, _, _>| {
        let between = Between::new(|_, _| Fate::Passed);
        let through = Connection::new(between.client(table.client()), table.table_name());
        async move {
            let tasks = query.on(&through).all().await.unwrap();
            (tasks.len(), between.seen("Query").len())
        }
    };
    requests.take();
    assert_eq!(counted(Task::query("t").gt("1")).await, (1, 1));
    assert_eq!(counted(Task::query("t").le("1")).await, (1, 1));
    assert_eq!(counted(Task::query("t").between("0", "9")).await, (2, 1));
    // The engine read only matching items.
    let answer = Task::query("t").gt("1").into_request().unwrap();
    let looked = table.client().query().table_name(table.table_name());
    let looked = looked
        .set_key_condition_expression(answer.key_condition_expression)
        .set_expression_attribute_names(answer.expression_attribute_names)
        .set_expression_attribute_values(answer.expression_attribute_values);
    assert_eq!(looked.send().await.unwrap().scanned_count, 1);
}

async fn an_item_without_a_known_discriminator_is_an_error(env: Env) {
    let (table, _) = with_task(&env).await;
    put_raw(&table, &[("pk", s("TEAM#t")), ("sk", s("TASK#0"))]).await;
    put_raw(&table, &[("pk", s("TEAM#t")), ("sk", s("TASK#2")), ("entity_type", s("TaskV2"))]).await;
    let mut told = Vec::new();
    let mut stream = Task::query("t").on(&table).stream();
    while let Some(item) = stream.next().await {
        told.push(item.map(|task| task.id).map_err(|error| (error.kind(), error.item_key().unwrap().to_owned())));
    }
    let bad = |kind, id: &str| Err((kind, format!("TEAM#t / TASK#{id}")));
    let expected = [bad(ErrorKind::MissingDiscriminator, "0"), Ok("1".to_owned()), bad(ErrorKind::UnknownEntity, "2")];
    assert_eq!(told, expected);
}

async fn a_read_or_filter_of_an_attribute_that_the_index_lacks_is_rejected(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    doc("d").put().on(&table).await.unwrap();
    requests.take();
    let error = Doc::gsi2().query(()).on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("the index `gsi2` does not store `id` of `Doc`"), "{error}");
    // A filter on an attribute that the index does not project is rejected, instead of matching nothing.
    let error = Base::gsi2().query("DOCS").filter(monotable::path("big").eq(1)).on(&table).count().await.unwrap_err();
    assert!(error.to_string().contains("the index `gsi2` does not store `big`, which the filter uses"), "{error}");
    assert_eq!(requests.take(), 0);
}

async fn a_query_of_a_shared_partition_returns_exactly_its_entity(env: Env) {
    let table = env.table::<Base>().await;
    for id in ["1", "2"] {
        task(id).put().on(&table).await.unwrap();
        note(id).put().on(&table).await.unwrap();
    }
    let ids: Vec<_> = Task::by_status("OPEN").on(&table).all().await.unwrap().into_iter().map(|task| task.id).collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(TaskNote::gsi1().query("OPEN").on(&table).count().await.unwrap(), 2);
    assert_eq!(Base::gsi1().query("STATUS#OPEN").on(&table).all().await.unwrap().len(), 4);
}

async fn a_limit_with_a_filter_reads_past_empty_pages(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let tasks: Vec<_> = (0..60).map(|id| Task { total: id, ..task(&format!("{id:02}")) }).collect();
    Base::batch_write().put_all(&tasks).on(&table).await.unwrap();
    requests.take();
    let query = || Task::query("t").filter(Task::TOTAL.ge(55_u64)).on(&table);
    // The first pages from the engine are empty after filtering.
    assert_eq!(query().page_size(10).first().await.unwrap().unwrap().total, 55);
    assert_eq!(requests.take(), 6);
    assert_eq!(query().limit(2).all().await.unwrap().len(), 2);
    assert_eq!(requests.take(), 1, "the query must take one request");
    assert_eq!(Task::query("t").filter(Task::TOTAL.eq(55_u64)).page_size(10).on(&table).one().await.unwrap().total, 55);
    assert_eq!(query().page_size(10).count().await.unwrap(), 5);
}

async fn a_cursor_resumes_after_a_limit_in_the_middle_of_a_page(env: Env) {
    let table = env.table::<Base>().await;
    let tasks: Vec<_> = (0..25).map(|id| task(&format!("{id:02}"))).collect();
    Base::batch_write().put_all(&tasks).on(&table).await.unwrap();
    for filter in [false, true] {
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let query = Task::by_status("OPEN").limit(4).start_at(cursor.take()).on(&table);
            let query = if filter { query.filter(Task::TOTAL.eq(0_u64)) } else { query };
            let page = query.page().await.unwrap();
            ids.extend(page.items.into_iter().map(|task| task.id));
            match page.next {
                Some(next) => cursor = Some(next.to_string().parse::<Cursor>().unwrap()),
                None => break,
            }
        }
        ids.sort_unstable();
        assert_eq!(ids, (0..25).map(|id| format!("{id:02}")).collect::<Vec<_>>());
    }
}

async fn a_cursor_does_not_leak_keys_and_cannot_be_forged(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    for team in ["t", "other"] {
        for id in ["1", "2"] {
            Task { team: team.into(), ..task(id) }.put().on(&table).await.unwrap();
        }
    }
    let sealed = table.clone().cursor_key([7; 32]);
    let next = Task::query("t").limit(1).on(&sealed).page().await.unwrap().next.unwrap().to_string();
    assert!(!next.contains("TEAM"), "{next}");
    let plain = Task::query("t").limit(1).on(&table).page().await.unwrap().next.unwrap().to_string();
    let plain: Cursor = plain.parse().unwrap();
    requests.take();
    // Cursors of another partition, and a cursor that is not sealed.
    let error = Task::query("other").start_at(next.parse::<Cursor>().unwrap()).on(&sealed).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    let error = Task::query("t").start_at(plain.clone()).on(&sealed).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    let error = Task::query("other").start_at(plain).on(&table).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    assert_eq!(requests.take(), 0);
}

async fn unprocessed_keys_of_a_batch_are_retried(env: Env) {
    let table = env.table::<Base>().await;
    let tasks: Vec<_> = (0..40).map(|id| task(&id.to_string())).collect();
    Base::batch_write().put_all(&tasks).on(&table).await.unwrap();
    let is_first = first(1);
    // The first response returns all keys as unprocessed.
    let between = Between::new(move |operation, body| match operation {
        "BatchGetItem" if is_first() => Fate::Answered(json!({ "UnprocessedKeys": body["RequestItems"] })),
        _ => Fate::Passed,
    });
    let through = Connection::new(between.client(table.client()), table.table_name());
    let keys = tasks.iter().map(Task::key::<(String, String), _>);
    let found = Base::batch_get(keys).on(&through).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    assert_eq!(between.seen("BatchGetItem").len(), 2);
}

async fn numbers_keep_all_digits(env: Env) {
    let table = env.table::<Base>().await;
    let exact = Doc { exact: N("123456789012345678.90123456789012345678".parse().unwrap()), ..doc("d") };
    let stored = exact.put().on(&table).await.unwrap();
    assert_eq!(Doc::get("d").on(&table).await.unwrap(), Some(stored));
    let largest = Task { total: 9_007_199_254_740_993, ..task("1") };
    largest.put().on(&table).await.unwrap();
    assert_eq!(Task::get(("t", "1")).on(&table).await.unwrap(), Some(largest));
}

async fn padded_numbers_in_keys_sort_numerically(env: Env) {
    let table = env.table::<Base>().await;
    for (id, score) in [("a", 2), ("b", 10), ("c", 100)] {
        Task { score, ..task(id) }.put().on(&table).await.unwrap();
    }
    let scores: Vec<_> =
        Task::by_status("OPEN").ge(3).on(&table).all().await.unwrap().into_iter().map(|task| task.score).collect();
    assert_eq!(scores, [10, 100]);
    let error = Task { score: 1_234_567, ..task("d") }.put().on(&table).await.unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidKey, "{error}");
}

async fn null_missing_and_empty_values_are_distinguished(env: Env) {
    let table = env.table::<Base>().await;
    let tags = BTreeMap::from([("a".to_owned(), Some(String::new()))]);
    Doc { at: None, title: String::new(), tags, ..doc("d") }.put().on(&table).await.unwrap();
    let item = get_raw(&table, "DOC#d", "DOC").await.unwrap();
    assert!(!item.contains_key("at"));
    assert_eq!(item.get("title"), Some(&s("")));
    let found = Doc::get("d").on(&table).await.unwrap().unwrap();
    assert_eq!((found.at, found.title.as_str(), found.tags["a"].as_deref()), (None, "", Some("")));
    // A NULL written by another program is read as `None`, also in a field of an index key.
    let mut item: Vec<_> = task("1").to_item().unwrap().into_inner().into_iter().collect();
    item.retain(|(name, _)| !name.starts_with("gsi") && name != "status");
    item.push(("status".to_owned(), AttributeValue::Null(true)));
    let item: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &item).await;
    assert_eq!(Task::get(("t", "1")).on(&table).await.unwrap().unwrap().status, None);
}

async fn every_kind_of_write_checks_the_version(env: Env) {
    let table = env.table::<Base>().await;
    let stale = doc("d").create().on(&table).await.unwrap();
    let current = Doc::update("d").set(Doc::TITLE, "y").on(&table).await.unwrap();
    assert_eq!(current.version, 2);
    for error in [
        stale.put().on(&table).await.unwrap_err(),
        Doc::update(&stale).set(Doc::TITLE, "z").on(&table).await.unwrap_err(),
        Doc::delete(&stale).on(&table).await.unwrap_err(),
        Base::transact_write().delete(&stale).on(&table).await.unwrap_err(),
        Base::transact_write().put(&stale).on(&table).await.unwrap_err(),
    ] {
        assert!(error.is_condition_failed(), "{error}");
    }
    assert_eq!(Doc::get("d").on(&table).await.unwrap(), Some(current));
}

async fn a_query_returns_items_of_several_entities(env: Env) {
    let table = env.table::<Base>().await;
    task("1").put().on(&table).await.unwrap();
    note("1").put().on(&table).await.unwrap();
    let all = Base::query("TEAM#t").on(&table).all().await.unwrap();
    assert_eq!(all, [Base::Task(task("1")), Base::TaskNote(note("1"))]);
    let found = Base::batch_get([TaskNote::key(("t", "1")), Task::key(("t", "1"))]).on(&table).await.unwrap();
    assert_eq!(found, [Some(Base::TaskNote(note("1"))), Some(Base::Task(task("1")))]);
}

async fn exclude_expired_skips_items_that_dynamodb_has_not_deleted(env: Env) {
    let table = env.table::<Base>().await;
    let now = 1_795_219_200;
    for (id, expires) in [("1", Some(now - 1)), ("2", Some(now + 1)), ("3", None)] {
        Task { expires, ..task(id) }.put().on(&table).await.unwrap();
    }
    let table = table.clock(move || DateTime::from_timestamp(now as i64, 0).unwrap());
    let alive = Task::query("t").exclude_expired().on(&table).all().await.unwrap();
    assert_eq!(alive.iter().map(|task| task.id.as_str()).collect::<Vec<_>>(), ["2", "3"]);
    assert_eq!(get_raw(&table, "TEAM#t", "TASK#1").await.unwrap().get("expires"), Some(&n(now as i64 - 1)));
}
