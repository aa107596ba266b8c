//! The text of cursors: it parses to the same cursor, belongs to one read, and is rejected if it was damaged or forged.

use libtest_mimic::{Failed, Trial};
use monotable::aws::{Client, types::AttributeValue};
use monotable::{Connection, Cursor, Entity, ErrorKind, Query, ReadTarget, Table};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, holds};

cases![
    a_read_resumes_from_the_text_of_a_cursor,
    a_cursor_of_another_read_is_rejected,
    a_sealed_cursor_hides_the_item_key_and_needs_its_cursor_key,
    a_forged_cursor_is_rejected,
    the_cursor_of_an_error_can_be_converted_to_text,
];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("it::read::cursors::a_damaged_cursor_text_is_rejected", a_damaged_cursor_text_is_rejected),
        Trial::test("it::read::cursors::any_text_parses_to_a_cursor_or_fails", any_text_parses_to_a_cursor_or_fails),
    ]
}

/// A table with keys of all three types.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Cursors", "localDev": { "port": 8000, "tableName": "cursors" },
    "tableConfig": {
        "partitionKey": "pk", "sortKey": { "name": "sk", "type": "N" },
        "globalSecondaryIndexes": [
            { "indexName": "first", "partitionKey": "gsi1pk", "sortKey": { "name": "gsi1sk", "type": "B" } },
            { "indexName": "second", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" } ] }
}"#)]
enum Base {
    Row(Row),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    pk = "ROWS#{group}",
    sk = "{n}",
    gsi1(pk = "ALL#{group}", sk = "{n:04}"),
    gsi2(pk = "EVERY", sk = "{group}#{n:04}"),
)]
struct Row {
    group: String,
    n: u32,
}

/// Another table, with the default layout.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Other {
    Thing(Thing),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Other, pk = "ROWS#{group}", sk = "{n:04}")]
struct Thing {
    group: String,
    n: u32,
}

const ROWS: u32 = 12;

async fn filled(env: &Env) -> Connection {
    let table = env.table::<Base>().await;
    for group in ["a", "b"] {
        for n in 0..ROWS {
            Row { group: group.into(), n }.put().on(&table).await.unwrap();
        }
    }
    table
}

fn group(name: &str) -> Query<Base> {
    Base::query(format!("ROWS#{name}")).erase()
}

/// Reads all pages, and converts each cursor to text and back.
async fn by_texts<T: ReadTarget, I, S>(query: impl Fn() -> Query<T, I, S>, table: &Connection) -> Vec<T> {
    let mut all = Vec::new();
    let mut text: Option<String> = None;
    loop {
        let cursor = text.map(|text| text.parse::<Cursor>().unwrap());
        let page = query().limit(5).page_size(3).start_at(cursor).on(table).page().await.unwrap();
        all.extend(page.items);
        text = page.next.map(|cursor| cursor.to_string());
        if text.is_none() {
            return all;
        }
    }
}

async fn a_read_resumes_from_the_text_of_a_cursor(env: Env) {
    let open = filled(&env).await;
    let sealed = open.clone().cursor_key([7; 32]);
    for table in [&open, &sealed] {
        assert_eq!(by_texts(|| group("a"), table).await, group("a").on(table).all().await.unwrap());
        let index = || Base::gsi1().query("ALL#a").descending();
        assert_eq!(by_texts(index, table).await, index().on(table).all().await.unwrap());
        assert_eq!(by_texts(|| Row::gsi2().query(()), table).await.len(), 2 * ROWS as usize);

        let page = Base::scan().limit(5).on(table).page().await.unwrap();
        let next = page.next.unwrap();
        let json = serde_json::to_string(&next).unwrap();
        assert_eq!(json, format!("\"{next}\""), "a cursor must serialize as its text");
        let back: Cursor = serde_json::from_str(&json).unwrap();
        assert_eq!(back, next);
        assert!(next.to_string().chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{next}");
        let rest = Base::scan().start_at(back).on(table).all().await.unwrap();
        assert_eq!(page.items.len() + rest.len(), 2 * ROWS as usize);
    }
}

async fn some_cursor(table: &Connection) -> Cursor {
    group("a").limit(5).on(table).page().await.unwrap().next.unwrap()
}

#[track_caller]
fn is_refused<T: std::fmt::Debug>(answer: monotable::Result<T>, why: &str) {
    let error = answer.expect_err("the cursor must be rejected");
    assert_eq!(error.kind(), ErrorKind::InvalidCursor, "{error}");
    assert!(error.to_string().contains(why), "{error}");
    assert!(error.resume().is_none(), "the error must not have a cursor to resume from");
}

async fn a_cursor_of_another_read_is_rejected(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    for n in 0..ROWS {
        Row { group: "a".into(), n }.put().on(&table).await.unwrap();
    }
    let sealed = table.clone().cursor_key([7; 32]);
    let other_name = |table: &Connection| Connection::new(table.client().clone(), "another-table");
    let other_table = env.table::<Other>().await;
    for (table, elsewhere, other_table) in [
        (&table, other_name(&table), other_table.clone()),
        (&sealed, other_name(&table).cursor_key([7; 32]), other_table.cursor_key([7; 32])),
    ] {
        let given = some_cursor(table).await;
        let parsed: Cursor = given.to_string().parse().unwrap();
        requests.take();
        for cursor in [given, parsed] {
            let why = "another table, index or partition";
            is_refused(group("b").start_at(cursor.clone()).on(table).all().await, why);
            is_refused(Base::gsi1().query("ROWS#a").start_at(cursor.clone()).on(table).all().await, why);
            is_refused(Base::scan().start_at(cursor.clone()).on(table).page().await, why);
            is_refused(Base::scan().start_at(cursor.clone()).on(table).count().await, why);
            is_refused(group("a").start_at(cursor.clone()).on(&elsewhere).all().await, why);
            is_refused(Other::query("ROWS#a").start_at(cursor).on(&other_table).all().await, "query Other: the cursor");
        }
        assert_eq!(requests.take(), 0, "a rejected cursor must not cause a request");
    }
    // A typed query of the same partition is the same read.
    let cursor = some_cursor(&table).await;
    assert_eq!(Row::query("a").start_at(cursor).on(&table).all().await.unwrap().len(), 7);
}

async fn a_sealed_cursor_hides_the_item_key_and_needs_its_cursor_key(env: Env) {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let open = filled(&env).await;
    let bytes = |cursor: &Cursor| URL_SAFE_NO_PAD.decode(cursor.to_string()).unwrap();
    let shows_key = |cursor: &Cursor| bytes(cursor).windows(6).any(|window| window == b"ROWS#a");
    let plain = some_cursor(&open).await;
    assert!(shows_key(&plain));

    let sealed = open.clone().cursor_key([7; 32]);
    let cursor = some_cursor(&sealed).await;
    assert!(!shows_key(&cursor));
    // Two sealed cursors have different bytes, even where the keys are equal.
    let next = group("a").limit(5).start_at(cursor.clone()).on(&sealed).page().await.unwrap().next.unwrap();
    assert_ne!(bytes(&cursor)[1..9], bytes(&next)[1..9]);

    let parsed: Cursor = cursor.to_string().parse().unwrap();
    let other = open.clone().cursor_key([8; 32]);
    is_refused(group("a").start_at(parsed.clone()).on(&other).all().await, "sealed with another key");
    is_refused(group("a").start_at(parsed.clone()).on(&open).all().await, "set the key that it was sealed with");
    is_refused(group("a").start_at(parsed).into_request().map(drop), "set the key that it was sealed with");
    let parsed: Cursor = cursor.to_string().parse().unwrap();
    let request = group("a").start_at(parsed).on(&sealed).into_request().unwrap();
    assert_eq!(
        request.exclusive_start_key().unwrap()["sk"],
        AttributeValue::N("4".into()),
        "a connection with the key must open the cursor"
    );
    let parsed: Cursor = plain.to_string().parse().unwrap();
    is_refused(group("a").start_at(parsed).on(&sealed).all().await, "is not sealed");
    // A cursor that was not converted to text needs no seal.
    assert_eq!(group("a").start_at(plain).on(&sealed).all().await.unwrap().len(), 7);
    assert_eq!(format!("{sealed:?}"), format!("{other:?}"), "`Debug` must not show the cursor key");
    assert_eq!(format!("{cursor:?}"), "Cursor { .. }", "`Debug` must not show the item key");
}

/// The text of an unsealed cursor cannot be trusted. A well-formed text with invalid contents must be rejected by monotable or by
/// DynamoDB.
async fn a_forged_cursor_is_rejected(env: Env) {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use sha2::{Digest, Sha256};
    let open = filled(&env).await;
    let bytes = URL_SAFE_NO_PAD.decode(some_cursor(&open).await.to_string()).unwrap();
    let made_up = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes[..bytes.len() - 6].to_vec();
        change(&mut bytes);
        let sum = Sha256::digest(&bytes);
        bytes.extend(&sum[..6]);
        URL_SAFE_NO_PAD.encode(bytes).parse::<Cursor>().unwrap()
    };
    assert_eq!(
        group("a").start_at(made_up(&|_| {})).on(&open).all().await.unwrap().len(),
        7,
        "the unchanged cursor must be accepted"
    );
    let changes: [(&str, &dyn Fn(&mut Vec<u8>)); 5] = [
        ("truncated", &|bytes| bytes.truncate(20)),
        ("without a key", &|bytes| bytes.truncate(13)),
        ("longer", &|bytes| bytes.push(0)),
        ("of another type", &|bytes| bytes[13] = b'X'),
        ("not UTF-8", &|bytes| bytes[16] = 0xff),
    ];
    for (name, change) in changes {
        let error = group("a").start_at(made_up(change)).on(&open).all().await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::InvalidCursor, "{name}: {error}");
    }
    // A key of another partition with the fingerprint of this one. DynamoDB rejects it, or returns only items of this partition.
    let partition = made_up(&|bytes| bytes[21] = b'b');
    let answer = group("a").start_at(partition).on(&open).all().await;
    assert!(answer.is_err() || answer.unwrap().iter().all(|row| matches!(row, Base::Row(row) if row.group == "a")));
}

async fn the_cursor_of_an_error_can_be_converted_to_text(env: Env) {
    let table = filled(&env).await.cursor_key([1; 32]);
    let bad = [("pk", "ROWS#a"), ("entity_type", "Row")];
    let mut item: std::collections::HashMap<String, AttributeValue> =
        bad.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).collect();
    item.insert("sk".to_owned(), AttributeValue::N("5.5".to_owned()));
    table.client().put_item().table_name(table.table_name()).set_item(Some(item)).send().await.unwrap();
    let page = group("a").on(&table).page().await.unwrap();
    assert_eq!(page.items.len(), 6);
    let error = group("a").start_at(page.next).on(&table).page().await.unwrap_err();
    let after: Cursor = error.resume().unwrap().to_string().parse().unwrap();
    assert_eq!(group("a").start_at(after).on(&table).all().await.unwrap().len(), 6);
}

/// Returns the texts of an open cursor and of a sealed one.
fn texts() -> [String; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = monotable_local::Embedded::in_memory().unwrap();
    runtime.block_on(async {
        let client: Client = monotable_local::Engine::client(&engine);
        let open = Connection::new(client, "cursors");
        Base::ensure_table().on(&open).await.unwrap();
        for n in 0..ROWS {
            Row { group: "a".into(), n }.put().on(&open).await.unwrap();
        }
        let sealed = open.clone().cursor_key([7; 32]);
        [some_cursor(&open).await.to_string(), some_cursor(&sealed).await.to_string()]
    })
}

fn a_damaged_cursor_text_is_rejected() -> Result<(), Failed> {
    let texts = texts();
    let damage = (0..2_usize, any::<prop::sample::Index>(), "[A-Za-z0-9_-]", 0..4_u8);
    // This client cannot reach a table, so a request fails with another kind of error.
    let nowhere = monotable::aws::Config::builder()
        .behavior_version(monotable::aws::config::BehaviorVersion::latest())
        .region(monotable::aws::config::Region::from_static("us-east-1"))
        .endpoint_url("http://127.0.0.1:9")
        .credentials_provider(monotable::aws::config::Credentials::new("UNUSED", "UNUSED", None, None, "test"))
        .build();
    let open = Connection::new(Client::from_conf(nowhere), "cursors");
    let connections = [open.clone(), open.cursor_key([7; 32])];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    holds(damage, |(which, place, letter, kind)| {
        let text = &texts[which];
        let place = place.index(text.len());
        let damaged = match kind {
            0 => text[..place].to_owned(),
            1 => format!("{}{letter}{}", &text[..place], &text[place..]),
            2 => format!("{}{}", &text[..place], &text[place + 1..]),
            _ => format!("{}{letter}{}", &text[..place], &text[place + 1..]),
        };
        prop_assume!(damaged != *text);
        let Ok(cursor) = damaged.parse::<Cursor>() else { return Ok(()) };
        let error = runtime.block_on(group("a").start_at(cursor).on(&connections[which]).all()).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::InvalidCursor, "{}", error);
        Ok(())
    })
}

fn any_text_parses_to_a_cursor_or_fails() -> Result<(), Failed> {
    holds(any::<String>(), |text| {
        if let Ok(cursor) = text.parse::<Cursor>() {
            prop_assert_eq!(cursor.to_string(), text);
        }
        Ok(())
    })
}
