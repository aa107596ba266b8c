//! What users of other libraries for single tables suffer from, a case each: none of it happens here.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone, Utc};
use monotable::aws::types::AttributeValue;
use monotable::{Connection, Cursor, Entity, ErrorKind, N, Table};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::between::{Between, Fate, first};
use crate::support::case::{Env, Requests, cases, get_raw, n, put_raw, s};

cases![
    t01_an_index_key_that_is_stale_after_an_update,
    t02_an_atomic_add_to_a_field_of_a_key,
    t03_a_part_of_a_composite_key_in_an_update,
    t04_a_missing_part_of_a_key,
    t05_a_value_that_goes_and_leaves_its_key,
    t06_keys_in_small_letters,
    t07_a_delimiter_in_a_value,
    t08_two_entities_with_one_template,
    t09_a_prefix_that_is_another_ones_beginning,
    t10_a_range_over_the_end_of_an_entity,
    t11_an_item_without_an_identifier_is_invisible,
    t12_an_identifier_that_the_index_does_not_store,
    t13_a_query_gives_other_entities_or_too_few,
    t14_limits_filters_and_empty_pages,
    t15_a_cursor_where_a_limit_cuts_a_page,
    t16_a_cursor_that_leaks_or_is_forged,
    t17_unprocessed_entries_of_a_batch_are_lost,
    t18_numbers_lose_digits,
    t19_numbers_in_keys_that_are_text,
    t20_null_absent_and_empty,
    t21_holes_in_optimistic_locks,
    t22_results_of_several_types,
    t25_expired_items_are_given,
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

/// Whose keys begin as those of a task do.
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

async fn t01_an_index_key_that_is_stale_after_an_update(env: Env) {
    let (table, _) = with_task(&env).await;
    let changed = Task::update(&task("1")).set(Task::STATUS, "DONE").set(Task::SCORE, 9).on(&table).await.unwrap();
    assert_eq!(Task::by_status("OPEN").on(&table).all().await.unwrap(), []);
    assert_eq!(Task::by_status("DONE").on(&table).one().await.unwrap(), changed);
    assert_eq!(stored(&table, "1").await, changed.to_item().unwrap());
}

/// On the field of a key it does not compile: `ui::add_to_a_field_of_an_index_key`.
async fn t02_an_atomic_add_to_a_field_of_a_key(env: Env) {
    let (table, _) = with_task(&env).await;
    let before = stored(&table, "1").await;
    assert_eq!(Task::update(("t", "1")).add(Task::TOTAL, 3).on(&table).await.unwrap().total, 3);
    let after = stored(&table, "1").await;
    assert_eq!((after.get("gsi1pk"), after.get("gsi1sk")), (before.get("gsi1pk"), before.get("gsi1sk")));
}

async fn t03_a_part_of_a_composite_key_in_an_update(env: Env) {
    let (table, requests) = with_task(&env).await;
    let update = || Task::update(("t", "1")).set(Task::SCORE, 8);
    let error = update().on(&table).await.unwrap_err();
    assert!(
        error.to_string().contains("made from `status` too") || error.to_string().contains("made from `owner` too"),
        "{error}"
    );
    assert_eq!(requests.take(), 0);
    // What is said of the others is checked where the item is, without a read.
    let known = |owner: &'static str| update().assuming(Task::OWNER, owner).assuming(Task::STATUS, "OPEN");
    assert!(known("bob").on(&table).await.unwrap_err().is_condition_failed());
    known("ann").on(&table).await.unwrap();
    assert_eq!(stored(&table, "1").await.get("gsi1sk"), Some(&s("000008#ann")));
}

async fn t04_a_missing_part_of_a_key(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let nobody = Task { owner: String::new(), ..task("1") };
    let error = nobody.put().on(&table).await.unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidKey && error.to_string().contains("field `owner` is empty"), "{error}");
    assert_eq!(requests.take(), 0);
    Task { status: None, ..task("1") }.put().on(&table).await.unwrap();
    let item = stored(&table, "1").await;
    assert!(!item.contains_key("gsi1pk") && !item.contains_key("gsi1sk"), "none of the two, and no shared partition");
}

async fn t05_a_value_that_goes_and_leaves_its_key(env: Env) {
    let (table, _) = with_task(&env).await;
    let changed = Task::update(&task("1")).remove(Task::STATUS).on(&table).await.unwrap();
    assert_eq!(changed.status, None);
    assert_eq!(Task::by_status("OPEN").on(&table).all().await.unwrap(), []);
    let item = stored(&table, "1").await;
    assert!(["status", "gsi1pk", "gsi1sk"].iter().all(|name| !item.contains_key(*name)), "{item:?}");
    let upsert = Task::update(&changed)
        .set(Task::STATUS, None)
        .set(Task::SCORE, 1)
        .set(Task::OWNER, "ann")
        .set(Task::TOTAL, 5_u64)
        .upsert();
    assert_eq!(upsert.on(&table).await.unwrap().total, 5);
}

async fn t06_keys_in_small_letters(env: Env) {
    let table = env.table::<Base>().await;
    for id in ["Ab", "aB", "ab"] {
        task(id).create().on(&table).await.unwrap();
    }
    assert_eq!(Task::get(("t", "aB")).on(&table).await.unwrap().unwrap().id, "aB");
    assert_eq!(Task::query("t").on(&table).count().await.unwrap(), 3);
}

async fn t07_a_delimiter_in_a_value(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    for task in [Task { team: "x#b".into(), ..task("1") }, Task { id: "x#b".into(), ..task("1") }] {
        let error = task.put().on(&table).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidKey && error.to_string().contains("delimiter `#`"), "{error}");
    }
    assert!(Task::get(("x#b", "z")).on(&table).await.is_err());
    assert_eq!(requests.take(), 0);
}

/// Two that can write one key do not compile: `ui::same_primary_key`.
async fn t08_two_entities_with_one_template(env: Env) {
    let table = env.table::<Base>().await;
    task("1").create().on(&table).await.unwrap();
    note("1").create().on(&table).await.unwrap();
    assert_eq!(Base::query("TEAM#t").on(&table).count().await.unwrap(), 2);
}

async fn t09_a_prefix_that_is_another_ones_beginning(env: Env) {
    let table = env.table::<Base>().await;
    task("1").put().on(&table).await.unwrap();
    for id in 0..20 {
        note(&id.to_string()).put().on(&table).await.unwrap();
    }
    let request = Task::query("t").into_request().unwrap();
    assert!(request.filter_expression().is_none(), "the prefix `TASK#` is the entity's alone: {request:?}");
    assert_eq!(Task::query("t").on(&table).all().await.unwrap(), [task("1")]);
}

async fn t10_a_range_over_the_end_of_an_entity(env: Env) {
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
    // The engine looked at no neighbour.
    let answer = Task::query("t").gt("1").into_request().unwrap();
    let looked = table.client().query().table_name(table.table_name());
    let looked = looked
        .set_key_condition_expression(answer.key_condition_expression)
        .set_expression_attribute_names(answer.expression_attribute_names)
        .set_expression_attribute_values(answer.expression_attribute_values);
    assert_eq!(looked.send().await.unwrap().scanned_count, 1);
}

async fn t11_an_item_without_an_identifier_is_invisible(env: Env) {
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

async fn t12_an_identifier_that_the_index_does_not_store(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    doc("d").put().on(&table).await.unwrap();
    requests.take();
    let error = Doc::gsi2().query(()).on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("the index `gsi2` does not store `id` of `Doc`"), "{error}");
    // Nor is a filter on what it does not store one that lets nothing through.
    let error = Base::gsi2().query("DOCS").filter(monotable::path("big").eq(1)).on(&table).count().await.unwrap_err();
    assert!(error.to_string().contains("the index `gsi2` does not store `big`, which the filter is about"), "{error}");
    assert_eq!(requests.take(), 0);
}

async fn t13_a_query_gives_other_entities_or_too_few(env: Env) {
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

async fn t14_limits_filters_and_empty_pages(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let tasks: Vec<_> = (0..60).map(|id| Task { total: id, ..task(&format!("{id:02}")) }).collect();
    Base::batch_write().put_all(&tasks).on(&table).await.unwrap();
    requests.take();
    let query = || Task::query("t").filter(Task::TOTAL.ge(55_u64)).on(&table);
    // The first pages that the engine gives are empty.
    assert_eq!(query().page_size(10).first().await.unwrap().unwrap().total, 55);
    assert_eq!(requests.take(), 6);
    assert_eq!(query().limit(2).all().await.unwrap().len(), 2);
    assert_eq!(requests.take(), 1, "no request per item");
    assert_eq!(Task::query("t").filter(Task::TOTAL.eq(55_u64)).page_size(10).on(&table).one().await.unwrap().total, 55);
    assert_eq!(query().page_size(10).count().await.unwrap(), 5);
}

async fn t15_a_cursor_where_a_limit_cuts_a_page(env: Env) {
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

async fn t16_a_cursor_that_leaks_or_is_forged(env: Env) {
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
    // Of another partition, not sealed, and damaged.
    let error = Task::query("other").start_at(next.parse::<Cursor>().unwrap()).on(&sealed).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    let error = Task::query("t").start_at(plain.clone()).on(&sealed).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    let error = Task::query("other").start_at(plain).on(&table).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    assert_eq!(requests.take(), 0);
}

async fn t17_unprocessed_entries_of_a_batch_are_lost(env: Env) {
    let table = env.table::<Base>().await;
    let tasks: Vec<_> = (0..40).map(|id| task(&id.to_string())).collect();
    Base::batch_write().put_all(&tasks).on(&table).await.unwrap();
    let is_first = first(1);
    // Everything is left over the first time.
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

async fn t18_numbers_lose_digits(env: Env) {
    let table = env.table::<Base>().await;
    let exact = Doc { exact: N("123456789012345678.90123456789012345678".parse().unwrap()), ..doc("d") };
    let stored = exact.put().on(&table).await.unwrap();
    assert_eq!(Doc::get("d").on(&table).await.unwrap(), Some(stored));
    let largest = Task { total: 9_007_199_254_740_993, ..task("1") };
    largest.put().on(&table).await.unwrap();
    assert_eq!(Task::get(("t", "1")).on(&table).await.unwrap(), Some(largest));
}

async fn t19_numbers_in_keys_that_are_text(env: Env) {
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

async fn t20_null_absent_and_empty(env: Env) {
    let table = env.table::<Base>().await;
    let tags = BTreeMap::from([("a".to_owned(), Some(String::new()))]);
    Doc { at: None, title: String::new(), tags, ..doc("d") }.put().on(&table).await.unwrap();
    let item = get_raw(&table, "DOC#d", "DOC").await.unwrap();
    assert!(!item.contains_key("at"));
    assert_eq!(item.get("title"), Some(&s("")));
    let found = Doc::get("d").on(&table).await.unwrap().unwrap();
    assert_eq!((found.at, found.title.as_str(), found.tags["a"].as_deref()), (None, "", Some("")));
    // A NULL of another program's reads as nothing, also where a key is made from the field.
    let mut item: Vec<_> = task("1").to_item().unwrap().into_inner().into_iter().collect();
    item.retain(|(name, _)| !name.starts_with("gsi") && name != "status");
    item.push(("status".to_owned(), AttributeValue::Null(true)));
    let item: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &item).await;
    assert_eq!(Task::get(("t", "1")).on(&table).await.unwrap().unwrap().status, None);
}

async fn t21_holes_in_optimistic_locks(env: Env) {
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

async fn t22_results_of_several_types(env: Env) {
    let table = env.table::<Base>().await;
    task("1").put().on(&table).await.unwrap();
    note("1").put().on(&table).await.unwrap();
    let all = Base::query("TEAM#t").on(&table).all().await.unwrap();
    assert_eq!(all, [Base::Task(task("1")), Base::TaskNote(note("1"))]);
    let found = Base::batch_get([TaskNote::key(("t", "1")), Task::key(("t", "1"))]).on(&table).await.unwrap();
    assert_eq!(found, [Some(Base::TaskNote(note("1"))), Some(Base::Task(task("1")))]);
}

async fn t25_expired_items_are_given(env: Env) {
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
