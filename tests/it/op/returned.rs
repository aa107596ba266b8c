//! The values that writes return, writes that require an existing item, and the cursor of a stream.

use futures_util::StreamExt;
use monotable::{Entity, Error, ErrorKind, Item, ReasonCode, Table};
use serde::{Deserialize, Serialize};

use crate::support::between::{Between, Fate, first};
use crate::support::case::{Env, cases, put_raw, s};

cases![
    a_put_can_return_the_old_item,
    a_put_can_require_an_existing_item,
    a_delete_can_return_the_deleted_item,
    a_delete_can_require_an_existing_item,
    a_write_that_returns_a_bad_old_item_is_reported_as_applied,
    a_batch_accepts_owned_and_borrowed_entities,
    a_table_enum_variant_can_box_its_entity,
    a_stream_has_a_cursor_after_each_item,
    a_write_that_returns_the_old_item_is_not_retried_after_a_lost_response,
    a_stream_whose_first_request_fails_keeps_its_start_cursor,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "returned" },
    "tableConfig": { "globalSecondaryIndexes": [] }
}"#)]
enum Base {
    Note(Note),
    Large(Box<Large>),
    #[table(unknown)]
    Unknown(Item),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "NOTES", sk = "NOTE#{id:04}")]
struct Note {
    id: u32,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "LARGE#{id}", sk = "LARGE")]
struct Large {
    id: u32,
    numbers: [u64; 16],
}

fn note(id: u32, text: &str) -> Note {
    Note { id, text: text.into() }
}

async fn a_put_can_return_the_old_item(env: Env) {
    let table = env.table::<Base>().await;
    assert_eq!(note(1, "a").put().returning_old().on(&table).await.unwrap(), None);
    let old = note(1, "b").put().condition(Note::TEXT.eq("a")).returning_old().on(&table).await.unwrap();
    assert_eq!(old, Some(note(1, "a")));
    let error = note(1, "c").put().condition(Note::TEXT.eq("a")).returning_old().on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    assert_eq!(Note::get(1).on(&table).await.unwrap(), Some(note(1, "b")));
}

async fn a_put_can_require_an_existing_item(env: Env) {
    let table = env.table::<Base>().await;
    let error = note(1, "a").put().must_exist().on(&table).await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("put Note NOTES / NOTE#0001"), "{error}");
    let error = Base::transact_write().put(note(1, "a").put().must_exist()).on(&table).await.unwrap_err();
    assert_eq!(error.cancellation_reasons()[0].code(), &ReasonCode::NotFound, "{error}");
    note(1, "a").put().on(&table).await.unwrap();
    assert_eq!(note(1, "b").put().must_exist().on(&table).await.unwrap(), note(1, "b"));
    // An item of another entity does not count.
    put_raw(&table, &[("pk", s("NOTES")), ("sk", s("NOTE#0002")), ("entity_type", s("Other"))]).await;
    let error = note(2, "a").put().must_exist().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity, "{error}");
}

async fn a_delete_can_return_the_deleted_item(env: Env) {
    let table = env.table::<Base>().await;
    assert_eq!(Note::delete(1).returning_old().on(&table).await.unwrap(), None);
    note(1, "a").put().on(&table).await.unwrap();
    assert_eq!(Note::delete(1).returning_old().on(&table).await.unwrap(), Some(note(1, "a")));
    assert!(!Note::exists(1).on(&table).await.unwrap());
}

async fn a_delete_can_require_an_existing_item(env: Env) {
    let table = env.table::<Base>().await;
    let error = Note::delete(1).must_exist().on(&table).await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("delete Note NOTES / NOTE#0001"), "{error}");
    let error = Base::transact_write().delete(Note::delete(1).must_exist()).on(&table).await.unwrap_err();
    assert_eq!(error.cancellation_reasons()[0].code(), &ReasonCode::NotFound, "{error}");
    note(1, "a").put().on(&table).await.unwrap();
    let error = Note::delete(1).must_exist().condition(Note::TEXT.eq("b")).on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    Note::delete(1).must_exist().on(&table).await.unwrap();
    assert!(!Note::exists(1).on(&table).await.unwrap());
}

async fn a_write_that_returns_a_bad_old_item_is_reported_as_applied(env: Env) {
    let table = env.table::<Base>().await;
    let old = [("pk", s("NOTES")), ("sk", s("NOTE#0001")), ("entity_type", s("Note"))];
    let is_applied = |error: Error| {
        assert!(error.to_string().contains("NOTES / NOTE#0001"), "the error must name the key: {error}");
        error.is_write_applied() && !error.is_outcome_unknown()
    };
    put_raw(&table, &old).await;
    assert!(is_applied(note(1, "a").put().returning_old().on(&table).await.unwrap_err()));
    assert_eq!(Note::get(1).on(&table).await.unwrap(), Some(note(1, "a")));
    put_raw(&table, &old).await;
    assert!(is_applied(Note::delete(1).returning_old().on(&table).await.unwrap_err()));
    assert!(!Note::exists(1).on(&table).await.unwrap());
    // A lost response leaves the outcome unknown.
    let between = Between::new(|_, _| Fate::Late(500));
    let lost = env.place("Base", &between.client(table.client()));
    let error = note(2, "a").put().returning_old().on(&lost).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

async fn a_batch_accepts_owned_and_borrowed_entities(env: Env) {
    let table = env.table::<Base>().await;
    let notes = [note(1, "a"), note(2, "b")];
    Base::batch_write().put_all(&notes).put_all((3..40).map(|id| note(id, "c"))).on(&table).await.unwrap();
    Base::batch_write().put_all(vec![note(40, "d")]).put_all(notes.iter()).on(&table).await.unwrap();
    assert_eq!(Note::query(()).on(&table).count().await.unwrap(), 40);
}

async fn a_table_enum_variant_can_box_its_entity(env: Env) {
    let table = env.table::<Base>().await;
    let large = Large { id: 1, numbers: [7; 16] };
    large.put().on(&table).await.unwrap();
    let found = Base::query("LARGE#1").on(&table).one().await.unwrap();
    assert_eq!(found, Base::Large(Box::new(large.clone())));
    assert_eq!((found.as_large(), found.as_note()), (Some(&large), None));
    assert_eq!(Base::from(large.clone()), found);
    assert_eq!(Large::try_from(found).unwrap(), large);
    assert!(Large::try_from(Base::from(note(1, "a"))).is_err());
    assert_eq!(Large::get(1).on(&table).await.unwrap(), Some(large));
}

async fn a_stream_has_a_cursor_after_each_item(env: Env) {
    let table = env.table::<Base>().await;
    Base::batch_write().put_all((0..10).map(|id| note(id, "a"))).on(&table).await.unwrap();
    let query = || Note::query(()).page_size(3).on(&table);
    let mut stream = query().stream();
    assert_eq!(stream.cursor(), None, "a stream must not have a cursor before the first item");
    let mut ids = Vec::new();
    while let Some(note) = stream.next().await {
        let id = note.unwrap().id;
        ids.push(id);
        let rest: Vec<_> = query().start_at(stream.cursor()).all().await.unwrap();
        assert_eq!(rest.iter().map(|note| note.id).collect::<Vec<_>>(), (id + 1..10).collect::<Vec<_>>());
    }
    assert_eq!(ids, (0..10).collect::<Vec<_>>());
    // After the end, the cursor is still that of the last item. A stream that starts there returns nothing.
    let end = stream.cursor();
    let mut after = query().start_at(end.clone()).stream();
    assert_eq!(after.cursor(), end);
    assert!(after.next().await.is_none() && end.is_some());
    // The same holds for a scan, and for `StreamExt::next`.
    let mut scan = Base::scan().on(&table).stream();
    let first = StreamExt::next(&mut scan).await.unwrap().unwrap();
    let rest = Base::scan().start_at(scan.cursor()).on(&table).all().await.unwrap();
    assert!(rest.len() == 9 && !rest.contains(&first));
}

async fn a_write_that_returns_the_old_item_is_not_retried_after_a_lost_response(env: Env) {
    let table = env.table::<Base>().await;
    // The engine executes the first attempt and only its response is lost. A second attempt would return the item that the first
    // attempt wrote.
    let lost = || {
        let is_lost = first(1);
        let between = Between::new(move |_, _| if is_lost() { Fate::Late(500) } else { Fate::Passed });
        let connection = env.place("Base", &between.retrying_client(table.client()));
        (between, connection)
    };
    note(1, "a").put().on(&table).await.unwrap();
    let (between, connection) = lost();
    let error = note(1, "b").put().returning_old().on(&connection).await.unwrap_err();
    assert!(error.is_outcome_unknown() && between.seen("PutItem").len() == 1, "{error}");
    let (between, connection) = lost();
    let error = Note::delete(1).returning_old().on(&connection).await.unwrap_err();
    assert!(error.is_outcome_unknown() && between.seen("DeleteItem").len() == 1, "{error}");
    assert!(!Note::exists(1).on(&table).await.unwrap());
    // Without `returning_old`, the request is sent again.
    let (between, connection) = lost();
    note(1, "c").put().on(&connection).await.unwrap();
    assert_eq!(between.seen("PutItem").len(), 2);
}

async fn a_stream_whose_first_request_fails_keeps_its_start_cursor(env: Env) {
    let table = env.table::<Base>().await;
    Base::batch_write().put_all((0..4).map(|id| note(id, "a"))).on(&table).await.unwrap();
    let start = Note::query(()).limit(2).on(&table).page().await.unwrap().next;
    let is_refused = first(1);
    let refuse = move |_: &str, _: &_| if is_refused() { Fate::Refused("ValidationException") } else { Fate::Passed };
    let refused = env.place("Base", &Between::new(refuse).client(table.client()));
    let mut stream = Note::query(()).start_at(start.clone()).on(&refused).stream();
    assert!(stream.next().await.unwrap().is_err());
    assert_eq!(stream.cursor(), start);
}
